/* source_harness.h - one target of one source, polled by hand: the real loop, the real HTTP client,
 * a clock that the test owns, and in place of the scheduler the functions below. Include it in one
 * file of a test only; it defines what backend/source/source.h declares. */
#ifndef SPARKOPS_TESTS_SOURCE_HARNESS_H
#define SPARKOPS_TESTS_SOURCE_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "../../backend/source/source.h"
#include "files.h"
#include "path_server.h"

/* 2026-11-20T20:30:00Z */
#define HARNESS_NOW INT64_C(1795206600000)

struct target {
	const struct source_ops *ops;
	struct target_spec spec;
	struct config cfg;
	struct config_job job;
	struct config_cluster cluster;
	struct clock clock;
	uv_loop_t loop;
	struct http *http;
	struct http_client *client;
	void *state;
	uint64_t polls;
	/* What the poll ended in. */
	int ends, told; /* told: rows in between */
	bool is_failed, is_same;
	struct dataset *rows; /* the last good ones */
	int64_t code;
	char problem[512], note[200];
	int64_t again_ms; /* 0: it did not ask for another poll */
};

void *target_state(struct target *t)
{
	return t->state;
}

const struct target_spec *target_spec(const struct target *t)
{
	return &t->spec;
}

const struct config *target_config(const struct target *t)
{
	return &t->cfg;
}

const struct clock *target_clock(const struct target *t)
{
	return &t->clock;
}

uv_loop_t *target_loop(const struct target *t)
{
	return (uv_loop_t *)(uintptr_t)&t->loop;
}

struct http_client *target_http(struct target *t)
{
	if (!t->client)
		t->client = http_client_new(t->http);
	return t->client;
}

uint64_t target_polls(const struct target *t)
{
	return t->polls;
}

const struct dataset *target_sibling(const struct target *t ATTR_UNUSED,
				     enum source_id source ATTR_UNUSED)
{
	return NULL;
}

const struct ledger_view *target_ledger(const struct target *t)
{
	(void)t;
	return NULL;
}

void source_done(struct target *t, struct dataset *rows, int64_t code)
{
	dataset_unref(t->rows);
	t->rows = rows;
	t->code = code;
	t->ends++;
	uv_stop(&t->loop);
}

void source_same(struct target *t, int64_t code)
{
	t->is_same = true;
	t->code = code;
	t->ends++;
	uv_stop(&t->loop);
}

void source_failed(struct target *t, const struct http_reply *reply ATTR_UNUSED, const char *fmt,
		   ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->problem, sizeof(t->problem), fmt, ap);
	va_end(ap);
	t->is_failed = true;
	t->ends++;
	uv_stop(&t->loop);
}

void source_progress(struct target *t, struct dataset *rows)
{
	dataset_unref(t->rows);
	t->rows = rows;
	t->told++;
}

void source_again(struct target *t, int64_t delay_ms)
{
	t->again_ms = delay_ms;
}

void source_note(struct target *t, const char *note)
{
	snprintf(t->note, sizeof(t->note), "%s", note);
}

static ATTR_UNUSED struct target *harness_new(const struct source_ops *ops, const char *where)
{
	struct target *t = xcalloc(1, sizeof(*t));

	curl_global_init(CURL_GLOBAL_DEFAULT);
	t->ops = ops;
	t->cfg.refs = 1; /* ours; http_new() takes another */
	t->job.name = TEXT("health-analytics");
	t->cluster.name = TEXT("lab");
	t->spec = (struct target_spec){&t->job, &t->cluster, where, "config"};
	t->clock = clock_fixed(HARNESS_NOW, 1000 * 1000);
	t->state = xcalloc(1, ops->state_size);
	assert_int_equal(uv_loop_init(&t->loop), 0);
	t->http = http_new(&t->loop, &t->cfg);
	assert_non_null(t->http);
	if (ops->start)
		ops->start(t);
	return t;
}

/* A poll, to its one end. */
static ATTR_UNUSED void harness_poll(struct target *t)
{
	t->ends = 0;
	t->is_failed = t->is_same = false;
	t->problem[0] = '\0';
	t->again_ms = 0;
	t->ops->poll(t);
	while (t->ends == 0 && uv_run(&t->loop, UV_RUN_DEFAULT) != 0)
		;
	assert_int_equal(t->ends, 1);
	t->polls++;
}

static ATTR_UNUSED void harness_later(struct target *t, int64_t ms)
{
	t->clock.fixed_wall_ms += ms;
	t->clock.fixed_mono_ms += ms;
}

/* Ends everything; an open handle or a leak fails the test. */
static ATTR_UNUSED void harness_free(struct target *t)
{
	if (t->ops->abort)
		t->ops->abort(t);
	if (t->ops->stop)
		t->ops->stop(t);
	if (t->client)
		http_client_free(t->client);
	http_stop(t->http);
	uv_run(&t->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&t->loop), 0);
	dataset_unref(t->rows);
	free(t->state);
	free(t);
}

/* All rows of a dataset as JSON lines, in the order of their schemas; the caller frees. */
static ATTR_UNUSED char *harness_json(const struct dataset *d)
{
	struct buf out;

	buf_init(&out, (size_t)64 << 20);
	buf_puts(&out, "");
	for (size_t i = 0; d && i < d->nsets; i++) {
		const struct rowset *set = &d->sets[i];

		for (size_t k = 0; k < set->n; k++) {
			buf_printf(&out, "{\"%s\":{", set->schema->name);
			for (size_t f = 0; f < set->schema->nfields; f++) {
				const struct field *field = &set->schema->fields[f];

				buf_printf(&out, "%s\"%s\":", f ? "," : "", field->name);
				field_json(field, set->rows[k], &out);
			}
			buf_puts(&out, "}}\n");
		}
	}
	return out.data ? out.data : xstrdup("");
}

#endif

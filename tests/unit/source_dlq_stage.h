/* source_dlq_stage.h - the dlq source on a real loop with real files and pool threads; the
 * scheduler around it is played here. Included by the tests of backend/source/dlq.c only. */
#ifndef SPARKOPS_TESTS_SOURCE_DLQ_STAGE_H
#define SPARKOPS_TESTS_SOURCE_DLQ_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "../../include/ledger_view.h"
#include "../../backend/source/source.h"
#include "../../include/row/dlq.h"
#include "../../include/row/health.h"

struct target {
	uv_loop_t *loop;
	struct config cfg;
	struct config_job job;
	struct target_spec spec;
	void *state;
	struct dataset *health;
	const struct ledger_view *ledger; /* a reference */
	/* what the source said */
	const struct dataset *rows, *detail;
	int done, same, failed, partly, progress, again;
	char problem[400];
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
	(void)t;
	return &clock_real;
}

uv_loop_t *target_loop(const struct target *t)
{
	return t->loop;
}

static ATTR_UNUSED void take(struct target *t, struct dataset *rows)
{
	dataset_unref(t->rows);
	t->rows = rows;
}

void source_done(struct target *t, struct dataset *rows, int64_t code)
{
	assert_true(is_absent(code));
	t->done++;
	take(t, rows);
}

void source_same(struct target *t, int64_t code)
{
	assert_true(is_absent(code));
	t->same++;
}

void source_failed(struct target *t, const struct http_reply *reply, const char *fmt, ...)
{
	va_list args;

	assert_null(reply);
	va_start(args, fmt);
	vsnprintf(t->problem, sizeof(t->problem), fmt, args);
	va_end(args);
	t->failed++;
}

void source_partly(struct target *t, const char *why)
{
	snprintf(t->problem, sizeof(t->problem), "%s", why);
	t->partly++;
}

void source_progress(struct target *t, struct dataset *rows)
{
	t->progress++;
	take(t, rows);
}

void source_again(struct target *t, int64_t delay_ms)
{
	assert_true(delay_ms >= 0);
	t->again++;
}

void source_detail(struct target *t, struct dataset *rows)
{
	dataset_unref(t->detail);
	t->detail = rows;
}

const struct dataset *target_sibling(const struct target *t, enum source_id source)
{
	return source == SOURCE_HEALTH ? t->health : NULL;
}

const struct ledger_view *target_ledger(const struct target *t)
{
	return t->ledger;
}

static char dir[64];

static ATTR_UNUSED int begin(void **state)
{
	static const char *const unit[] = {"{context.range}", NULL};
	struct target *t = xcalloc(1, sizeof(*t));

	snprintf(dir, sizeof(dir), "/tmp/sparkops-source-XXXXXX");
	t->loop = xcalloc(1, sizeof(*t->loop));
	if (!mkdtemp(dir) || uv_loop_init(t->loop))
		return -1;
	t->job.name = TEXT("etl");
	t->job.dlq = dir;
	t->job.replay.unit = unit;
	t->job.replay.max_age_ms = ABSENT;
	t->cfg.dlq_limit = 1000;
	t->cfg.njobs = 1;
	t->cfg.jobs = &t->job;
	t->spec = (struct target_spec){&t->job, NULL, dir, "config"};
	t->state = xcalloc(1, source_dlq.state_size);
	source_dlq.start(t);
	*state = t;
	return 0;
}

static ATTR_UNUSED int end(void **state)
{
	struct target *t = *state;
	char path[200];

	if (t->state)
		source_dlq.stop(t);
	uv_run(t->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(t->loop), 0);
	dataset_unref(t->rows);
	dataset_unref(t->detail);
	dataset_unref(t->health);
	ledger_view_unref(t->ledger);
	free(t->state);
	free(t->loop);
	free(t);
	snprintf(path, sizeof(path), "%s/failed_batches_20261120.json", dir);
	unlink(path);
	rmdir(dir);
	return 0;
}

static ATTR_UNUSED void put(const char *bytes, int times)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/failed_batches_20261120.json", dir);
	FILE *out = fopen(path, "ab");
	assert_non_null(out);
	while (times--)
		fputs(bytes, out);
	fclose(out);
}

/* One whole poll, ended by exactly one answer. */
static ATTR_UNUSED void poll_once(struct target *t)
{
	int before = t->done + t->same + t->failed + t->partly;

	source_dlq.poll(t);
	uv_run(t->loop, UV_RUN_DEFAULT);
	assert_int_equal(t->done + t->same + t->failed + t->partly, before + 1);
}

static ATTR_UNUSED const struct dlq_folder_row *folder(const struct target *t)
{
	return dataset_one(t->rows, &schema_dlq_folder);
}

static ATTR_UNUSED const struct dlq_entry_row *newest(const struct target *t)
{
	return dataset_one(t->rows, &schema_dlq_entry);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

#endif

/* discover_host.h - discovery on a real loop, with JVMs made by hand whose ports
 * are real servers. */
#ifndef SPARKOPS_TESTS_DISCOVER_HOST_H
#define SPARKOPS_TESTS_DISCOVER_HOST_H

#include <curl/curl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "found_stage.h"

#include "../../backend/discover/discover.h"
#include "../../include/row/health.h"
#include "fault_server.h"
#include "path_server.h"

struct host {
	uv_loop_t loop;
	struct http *http;
	struct discover *discover;
	struct clock clk;    /* the real one, put forward by late_ms() */
	struct stage *stage; /* the JVMs and the written configuration */
	const struct config *cfg;
	int changes, idles;
	char woke[64]; /* who was silent and answers */
	struct fault_server *faults;
};

static ATTR_UNUSED void on_changed(void *data, const struct config *cfg)
{
	struct host *h = data;

	config_unref(h->cfg);
	h->cfg = cfg;
	h->changes++;
}

static ATTR_UNUSED void on_idle(void *data)
{
	struct host *h = data;

	h->idles++;
	uv_stop(&h->loop);
}

static inline int64_t late_wall(const struct clock *c)
{
	return clock_wall(&clock_real) + c->fixed_wall_ms;
}

static inline int64_t late_mono(const struct clock *c)
{
	return clock_mono(&clock_real) + c->fixed_mono_ms;
}

static ATTR_UNUSED void on_woke(void *data, const char *job)
{
	struct host *h = data;

	snprintf(h->woke, sizeof(h->woke), "%s", job);
}

static ATTR_UNUSED struct host *host_new(const char *yaml)
{
	struct host *h = xcalloc(1, sizeof(*h));
	const struct discover_calls calls = {on_changed, on_idle, on_woke, h};

	h->stage = stage_new(yaml);
	assert_int_equal(uv_loop_init(&h->loop), 0);
	h->http = http_new(&h->loop, h->stage->base);
	h->clk = (struct clock){late_wall, late_mono, 0, 0};
	h->discover = discover_new(&h->loop, h->http, &h->clk, h->stage->base, &calls);
	h->faults = fault_start();
	return h;
}

static ATTR_UNUSED void host_free(struct host *h)
{
	discover_stop(h->discover);
	http_stop(h->http);
	uv_run(&h->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&h->loop), 0);
	discover_free(h->discover);
	config_unref(h->cfg);
	assert_int_equal(fault_heads(h->faults), 0);
	fault_stop(h->faults);
	stage_free(h->stage);
	free(h);
}

static ATTR_UNUSED void hear(struct host *h, enum source_id source, const char *job,
			     struct dataset *rows)
{
	struct section *s = section_new();

	s->source = source;
	s->job = job ? arena_strdup(&s->arena, job) : NULL;
	s->data = rows;
	discover_section(h->discover, s);
	section_unref(s);
}

/* A poll of the jvm source, and all that follows from it. */
static ATTR_UNUSED void look(struct host *h)
{
	struct dataset *d = dataset_new();
	int idles = h->idles;

	dataset_add_pointers(d, &schema_jvm, (const void *const *)h->stage->list, h->stage->n);
	hear(h, SOURCE_JVM, NULL, d);
	assert_true(discover_is_busy(h->discover));
	while (h->idles == idles)
		uv_run(&h->loop, UV_RUN_DEFAULT);
	assert_false(discover_is_busy(h->discover));
}

/* A look that much later. */
static ATTR_UNUSED void look_later(struct host *h, int64_t ms)
{
	h->clk.fixed_wall_ms += ms;
	h->clk.fixed_mono_ms += ms;
	look(h);
}

static ATTR_UNUSED int64_t port_of(const char *base)
{
	return strtol(strrchr(base, ':') + 1, NULL, 10);
}

static ATTR_UNUSED struct path_server *ui_new(const char *name)
{
	struct path_server *s = path_start();
	char body[256];

	snprintf(body, sizeof(body), "[{\"id\":\"app-1\",\"name\":\"%s\",\"attempts\":[]}]", name);
	path_set_other(s, 302, "text/html", "");
	path_set_text(s, "/api/v1/version", 200, "application/json", "{\"spark\":\"3.5.9\"}");
	path_set_text(s, "/api/v1/applications", 200, "application/json", body);
	return s;
}

static ATTR_UNUSED void health_says(struct path_server *s, const char *path)
{
	path_set_text(s, path, 200, "application/json",
		      "{\"status\":\"initializing\",\"last_batch_id\":null,\"errors_count\":0}");
}

static ATTR_UNUSED struct path_server *health_new(const char *path)
{
	struct path_server *s = path_start();

	health_says(s, path);
	return s;
}

static ATTR_UNUSED const struct config_job *only_job(const struct host *h)
{
	assert_non_null(h->cfg);
	assert_int_equal(h->cfg->njobs, 1);
	return h->cfg->jobs;
}

/* A driver of `etl` that listens on this UI's port, with a Python on that one's. */
static ATTR_UNUSED struct jvm_row *pair(struct host *h, struct path_server *ui,
					struct path_server *health)
{
	struct jvm_row *jvm = stage_driver(h->stage, 100, NULL);

	if (ui)
		stage_port(jvm, port_of(path_base(ui)), 1);
	if (!health)
		return jvm;
	stage_python(h->stage, jvm, 90);
	stage_python_port(jvm, port_of(path_base(health)), 128);
	return jvm;
}

static ATTR_UNUSED int host_begin(void **state ATTR_UNUSED)
{
	return (int)curl_global_init(CURL_GLOBAL_DEFAULT);
}

#endif

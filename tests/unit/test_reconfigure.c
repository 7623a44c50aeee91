/* test_reconfigure.c - discovery brings many configurations in months of running: each one that is
 * not in force any more is freed, and so is each target that has gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "../../backend/scheduler.h"
#include "../../backend/target.h"
#include "fault_server.h"

/* Of the sanitizer's run time; its header is not everywhere. */
size_t __sanitizer_get_current_allocated_bytes(void);

enum { TIMES = 1000, WARM = 100, JOBS = 5, SLACK_BYTES = 1 << 20 };

struct world {
	uv_loop_t loop;
	struct fault_server *server;
	struct publish *publish;
	struct scheduler *scheduler;
	struct http *http;
	const struct config *base, *last;
	int port;
};

static void on_settled(void *data ATTR_UNUSED)
{
}

/* Jobs that come and go: at each time others. */
static const struct config *config_of(const struct world *w, int n)
{
	struct config_job jobs[JOBS] = {0};
	struct config_found found[JOBS] = {0};
	struct config_finds finds = {.njobs = JOBS, .jobs = jobs};
	char names[JOBS][32], urls[JOBS][64];

	for (int i = 0; i < JOBS; i++) {
		snprintf(names[i], sizeof(names[i]), "job-%d", i ? n * JOBS + i : 0);
		snprintf(urls[i], sizeof(urls[i]), "http://127.0.0.1:%d/%d", w->port, i);
		found[i] = (struct config_found){.jvm_id = names[i], .gone_at = n};
		jobs[i].name = (const struct text *)(const void *)names[i];
		jobs[i].ui = jobs[i].health = urls[i];
		jobs[i].dlq = "/tmp";
		jobs[i].found_by = names[i];
		jobs[i].found = &found[i];
	}
	return config_with_found(w->base, &finds);
}

static void turn(struct world *w, int n)
{
	const struct config *cfg = config_of(w, n);

	config_unref(w->last);
	w->last = cfg;
	publish_config(w->publish, cfg);
	scheduler_reconfigure(w->scheduler, cfg);
	for (int i = 0; i < 20; i++)
		uv_run(&w->loop, UV_RUN_NOWAIT);
	publish_now(w->publish);
}

static void world_begin(struct world *w, const char *yaml)
{
	struct buf mistakes;
	struct err err;

	memset(w, 0, sizeof(*w));
	buf_init(&mistakes, 1 << 16);
	assert_int_equal(config_parse("test", yaml, strlen(yaml), &w->base, &mistakes), 0);
	buf_release(&mistakes);
	assert_int_equal(uv_loop_init(&w->loop), 0);
	w->server = fault_start();
	w->port = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	w->last = config_ref(w->base);
	w->http = http_new(&w->loop, w->base);
	w->publish = publish_new(w->base, &clock_real, &err);
	publish_start(w->publish, &w->loop);
	w->scheduler = scheduler_new(w->base, &clock_real, w->publish);
	scheduler_start(w->scheduler, &w->loop, w->http, on_settled, NULL);
}

static void world_end(struct world *w)
{
	scheduler_stop(w->scheduler);
	http_stop(w->http);
	publish_stop(w->publish);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w->loop), 0);
	scheduler_free(w->scheduler);
	publish_free(w->publish);
	config_unref(w->last);
	config_unref(w->base);
	fault_stop(w->server);
}

static void a_thousand_configurations(void **state ATTR_UNUSED)
{
	struct world w;
	size_t warm = 0;

	world_begin(&w, "interval: 200ms\njobs: [{name: mine, dlq: /tmp}]");
	for (int n = 0; n < TIMES; n++) {
		turn(&w, n);
		if (n == WARM)
			warm = __sanitizer_get_current_allocated_bytes();
	}
	assert_in_range(__sanitizer_get_current_allocated_bytes(), 0, warm + SLACK_BYTES);
	/* whoever was here at the beginning is the same still, with all that it knows */
	assert_int_equal(w.last->njobs, 1 + JOBS);
	assert_true(scheduler_stats(w.scheduler).targets >= 2 + 3 * JOBS);
	world_end(&w);
}

/* The health target of that configuration's only job, once it was polled so often. */
static const struct section *health_after(struct world *w, const struct config *cfg, uint64_t polls)
{
	const struct target *health = NULL;

	config_unref(w->last);
	w->last = cfg;
	publish_config(w->publish, cfg);
	scheduler_reconfigure(w->scheduler, cfg);
	for (size_t i = 0; i < w->scheduler->ntargets; i++)
		if (w->scheduler->targets[i]->source == SOURCE_HEALTH)
			health = w->scheduler->targets[i];
	assert_non_null(health);
	while (health->polls < polls)
		uv_run(&w->loop, UV_RUN_ONCE);
	return health->section;
}

/* The texts that stay are there once, whatever the number of answers; how it was found may be said
 * in other words later, and is then, with all that is known. */
static void what_a_target_is_called_is_kept_once(void **state ATTR_UNUSED)
{
	struct config_found found = {.jvm_id = "x", .gone_at = ABSENT};
	struct config_job job = {.name = TEXT("found"), .found = &found, .found_by = "java 1"};
	struct config_finds finds = {.njobs = 1, .jobs = &job};
	const struct section *first, *s;
	struct world w;
	char url[64];

	world_begin(&w, "interval: 200ms\ndiscover: no");
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", w.port);
	job.health = url;
	first = section_ref(health_after(&w, config_with_found(w.base, &finds), 1));
	assert_string_equal(first->job, "found");
	assert_string_equal(first->where, url);
	assert_string_equal(first->found_by, "java 1");
	s = health_after(&w, config_with_found(w.base, &finds), 3);
	assert_ptr_not_equal(s, first);
	assert_ptr_equal(s->where, first->where);
	assert_ptr_equal(s->job, first->job);
	job.found_by = "java 2";
	s = health_after(&w, config_with_found(w.base, &finds), 3);
	assert_string_equal(s->found_by, "java 2");
	assert_string_equal(s->where, url);
	assert_int_equal(s->state, first->state);
	assert_ptr_equal(s->data, first->data);
	s = health_after(&w, config_with_found(w.base, &finds), 5);
	assert_string_equal(s->found_by, "java 2");
	world_end(&w);
	assert_string_equal(first->where, url); /* whoever holds one may read it */
	section_unref(first);
}

/* What was written stays what it is; what was found is copied, and limited as any job. */
static void what_was_found_stands_behind(void **state ATTR_UNUSED)
{
	static const char yaml[] =
		"actions: [kill]\njobs: [{name: a, ui: \"http://h:1\", expect: sometimes}]\n"
		"clusters: [{name: c, master: \"http://h:2\"}]";
	static const char *const files[] = {"/x.log", NULL}, *const argv[] = {"python", NULL},
				 *const workers[] = {"http://w/log/?x", NULL};
	struct config_found found = {.jvm_id = "1@2", .argv = argv, .gone_at = ABSENT};
	struct config_job jobs[] = {
		{.name = TEXT("b"), .health = "http://h:3", .found = &found, .found_by = "java 1"},
		{.name = TEXT("a"), .health = "http://h:4", .found = &found},
	};
	struct config_job more[] = {{.name = TEXT("a"),
				     .ui = "http://h:5",
				     .health = "http://h:6",
				     .dlq = "/q",
				     .log = {.files = files, .workers = workers},
				     .found_by = "java 2"},
				    {.name = TEXT("none"), .ui = "http://h:7"}};
	struct config_cluster cluster = {.name = TEXT("d"), .master = "http://h:8"};
	struct config_service service = {"livy", "http://h:9", "java 3"};
	struct config_finds finds = {2, 1, 1, 2, jobs, more, &cluster, &service, "nothing"};
	const struct config *base, *c;
	struct buf mistakes;

	buf_init(&mistakes, 1 << 16);
	assert_int_equal(config_parse("test", yaml, strlen(yaml), &base, &mistakes), 0);
	buf_release(&mistakes);
	c = config_with_found(base, &finds);
	config_unref(base);
	memset(jobs, 0, sizeof(jobs));
	assert_int_equal(c->njobs, 2);
	assert_string_equal(c->jobs[0].ui, "http://h:1");
	assert_string_equal(c->jobs[0].health, "http://h:6");
	assert_string_equal(c->jobs[0].dlq, "/q");
	assert_string_equal(c->jobs[0].log.files[0], "/x.log");
	assert_string_equal(c->jobs[0].log.workers[0], "http://w/log/?x");
	assert_null(c->jobs[0].log.workers[1]);
	assert_string_equal(c->jobs[0].found_by, "config; java 2");
	assert_null(c->jobs[0].found);
	assert_string_equal(text_str(c->jobs[1].name), "b");
	assert_int_equal(c->jobs[1].actions, ACT_KILL);
	assert_int_equal(c->jobs[1].stale_after_ms, 300000);
	assert_true(is_absent(c->jobs[1].trigger_interval_ms));
	assert_false(c->jobs[1].expect_always);
	assert_string_equal(c->jobs[1].found->argv[0], "python");
	assert_int_equal(c->nclusters, 2);
	assert_string_equal(c->clusters[1].master, "http://h:8");
	assert_int_equal(c->nservices, 1);
	assert_string_equal(c->services[0].kind, "livy");
	assert_string_equal(c->looked, "nothing");
	config_unref(c);
}

static int begin(void **state ATTR_UNUSED)
{
	return (int)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* By name, whatever order they were written in, and with those that were found later. */
static void a_job_is_found_by_its_name(void **state ATTR_UNUSED)
{
	const struct config_job found = {.name = TEXT("aaa"), .found_by = "process"};
	const struct config_finds finds = {.njobs = 1, .jobs = &found};
	static const char yaml[] = "jobs:\n  - {name: zeta, ui: \"http://h:1\"}\n"
				   "  - {name: alpha, ui: \"http://h:2\"}\n"
				   "  - {name: mid, ui: \"http://h:3\"}\n";
	const struct config *c, *more;
	struct buf mistakes;

	buf_init(&mistakes, 1 << 16);
	assert_int_equal(config_parse("test", yaml, strlen(yaml), &c, &mistakes), 0);
	more = config_with_found(c, &finds);
	assert_ptr_equal(config_job(c, "zeta"), &c->jobs[0]);
	assert_ptr_equal(config_job(c, "alpha"), &c->jobs[1]);
	assert_ptr_equal(config_job(c, "mid"), &c->jobs[2]);
	assert_null(config_job(c, "aaa"));
	assert_null(config_job(c, "zeta2"));
	assert_null(config_job(c, NULL));
	assert_ptr_equal(config_job(more, "zeta"), &more->jobs[0]);
	assert_ptr_equal(config_job(more, "aaa"), &more->jobs[3]);
	config_unref(more);
	config_unref(c);
	buf_release(&mistakes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_is_found_by_its_name),
		cmocka_unit_test(a_thousand_configurations),
		cmocka_unit_test(what_a_target_is_called_is_kept_once),
		cmocka_unit_test(what_was_found_stands_behind),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}

/* The spark source on recorded answers of Spark 3.5.9 and 4.3.0, served by a real server: the rows
 * they make, the order and pace of the questions, other applications, strangers, huge bodies. */
#include "recorded_driver.h"

#include "../../backend/source/spark_rows.h"

static const struct {
	const char *folder, *id;
	int64_t at; /* shortly after it was recorded */
} drivers[] = {
	{"3.5/driver-streaming", "local-1795206163999", INT64_C(1795206250000)},
	{"3.5/driver-standalone", "app-20261120203237-0000", INT64_C(1795206830000)},
	{"4.3/driver-streaming", "local-1795207103525", INT64_C(1795207200000)},
	{"4.3/driver-standalone", "app-20261120204358-0000", INT64_C(1795207470000)},
};

static void recorded_drivers(void **state ATTR_UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
		struct target *t = new_driver(drivers[i].folder, drivers[i].id);
		char path[512], *json;

		t->clock.fixed_wall_ms = drivers[i].at;
		harness_poll(t);
		if (t->is_failed)
			fail_msg("%s: %s", drivers[i].folder, t->problem);
		json = harness_json(t->rows);
		snprintf(path, sizeof(path), FIXTURE "%s/rows.jsonl", drivers[i].folder);
		file_golden(path, json);
		free(json);
		assert_int_equal(path_connections(server), 1);
		free_driver(t);
	}
}

static const struct app_row *app_of(const struct target *t)
{
	const struct app_row *app = dataset_one(t->rows, &schema_app);

	assert_non_null(app);
	return app;
}

static void asks_in_turn(void **state ATTR_UNUSED)
{
	struct target *t = new_driver(drivers[1].folder, drivers[1].id);

	harness_poll(t);
	/* version, applications, executors, all jobs, two stages, environment, metrics */
	assert_int_equal(path_total(server), 8);
	assert_int_equal(path_asked(server, api("jobs")), 1);
	assert_int_equal(path_asked(server, api("jobs?status=running")), 0);
	harness_later(t, 2000);
	harness_poll(t); /* executors, running jobs, active stages */
	assert_int_equal(path_total(server), 11);
	assert_int_equal(path_asked(server, api("jobs?status=running")), 1);
	harness_later(t, 2000);
	harness_poll(t);
	assert_true(t->is_same);
	harness_later(t, 2000);
	harness_poll(t);
	assert_int_equal(path_asked(server, "/metrics/json/"), 2);
	assert_int_equal(path_asked(server, "/api/v1/applications"), 1);
	harness_later(t, 10000);
	harness_poll(t);
	assert_int_equal(path_asked(server, "/api/v1/applications"), 2);
	assert_int_equal(path_asked(server, api("stages?status=failed&details=false")), 2);
	assert_int_equal(path_asked(server, api("jobs")), 1);
	harness_later(t, 50000);
	harness_poll(t);
	assert_int_equal(path_asked(server, api("jobs")), 2);
	assert_int_equal(path_asked(server, "/api/v1/version"), 1);
	assert_int_equal(path_asked(server, api("environment")), 1);
	assert_int_equal(path_connections(server), 1);
	free_driver(t);
}

/* Without a running job there are no active stages: they are not asked, and not shown. */
static void idle_drivers_are_asked_less(void **state ATTR_UNUSED)
{
	struct target *t = new_driver(drivers[1].folder, drivers[1].id);

	harness_poll(t);
	assert_int_equal(dataset_rows(t->rows, &schema_stage)->n, 1);
	path_set_text(server, api("jobs?status=running"), 200, JSON, "[ ]");
	harness_later(t, 2000);
	harness_poll(t);
	assert_false(t->is_same);
	assert_int_equal(dataset_rows(t->rows, &schema_stage)->n, 0);
	harness_later(t, 2000);
	harness_poll(t);
	assert_true(t->is_same);
	assert_int_equal(path_asked(server, api("stages?status=active&details=false")), 1);
	free_driver(t);
}

static int64_t seconds;

static int64_t tick(const struct clock *c)
{
	return c->fixed_mono_ms + 1000 * seconds++;
}

/* A driver that takes seconds for each answer shows what it said so far, at the first look only. */
/* Nothing moves: its thread list is asked for, and not again at once. */
static void a_still_driver_shows_its_threads(void **state ATTR_UNUSED)
{
	struct target *t = new_driver("4.3/driver-streaming", "local-1795207103525");
	const struct thread_sign_row *row;

	serve(api("executors/driver/threads"), JSON, "3.5/hang-deadlock", "threads.json");
	t->clock.fixed_wall_ms = INT64_C(1795207200000) + 40 * 60000;
	path_set_text(server, api("jobs"), 200, JSON, "[ ]");
	path_set_text(server, api("jobs?status=running"), 200, JSON, "[ ]");
	harness_poll(t);
	row = dataset_one(t->rows, &schema_thread_sign);
	assert_non_null(row);
	assert_non_null(row->deadlock);
	assert_true(text_is(row->application_id, "local-1795207103525"));
	harness_later(t, 2000);
	harness_poll(t);
	assert_int_equal(path_asked(server, api("executors/driver/threads")), 1);
	assert_non_null(dataset_one(t->rows, &schema_thread_sign));
	harness_later(t, 29000);
	harness_poll(t);
	assert_int_equal(path_asked(server, api("executors/driver/threads")), 2);
	/* a job begins: a list of before that shows no deadlock says nothing any more */
	serve(api("executors/driver/threads"), JSON, "4.3/driver-streaming", "threads.json");
	harness_later(t, 31000);
	harness_poll(t);
	row = dataset_one(t->rows, &schema_thread_sign);
	assert_null(row->deadlock);
	serve(api("jobs?status=running"), JSON, "3.5/driver-standalone", "jobs-running.json");
	harness_later(t, 2000);
	harness_poll(t);
	assert_null(dataset_one(t->rows, &schema_thread_sign));
	assert_int_equal(path_asked(server, api("executors/driver/threads")), 3);
	free_driver(t);
}

static void a_slow_first_look_tells_in_between(void **state ATTR_UNUSED)
{
	struct target *t = new_driver(drivers[1].folder, drivers[1].id);

	t->clock.mono_ms = tick;
	harness_poll(t);
	assert_in_range(t->told, 1, 7);
	assert_int_equal(dataset_rows(t->rows, &schema_executor)->n, 3);
	t->told = 0;
	harness_poll(t);
	assert_int_equal(t->told, 0);
	free_driver(t);
}

/* What did not change is the same rows again, also in a dataset that changed elsewhere. */
static void unchanged_rows_are_shared(void **state ATTR_UNUSED)
{
	struct target *t = new_driver(drivers[1].folder, drivers[1].id);
	const void *before;

	harness_poll(t);
	harness_later(t, 2000);
	harness_poll(t);
	before = dataset_one(t->rows, &schema_executor);
	path_set_text(
		server, "/metrics/json/", 200, "text/json",
		"{\"gauges\":{\"a.b.driver.jvm.heap.used\":{\"value\":77},"
		"\"a.b.driver.jvm.heap.max\":{\"value\":100},"
		"\"a.b.driver.ExecutorMetrics.JVMHeapMemory\":{\"value\":5}},\"counters\":{"
		"\"x.driver.LiveListenerBus.queue.appStatus.numDroppedEvents\":{\"count\":3},"
		"\"x.driver.LiveListenerBus.queue.streams.numDroppedEvents\":{\"count\":4}}}");
	harness_later(t, 5000);
	harness_poll(t);
	assert_false(t->is_same);
	assert_ptr_equal(dataset_one(t->rows, &schema_executor), before);
	assert_int_equal(app_of(t)->driver_heap_used_bytes, 77);
	assert_int_equal(app_of(t)->driver_heap_max_bytes, 100);
	assert_int_equal(app_of(t)->dropped_events, 7);
	free_driver(t);
}

/* Gauges that are 0 before the first heartbeat, that fail, that are no numbers. */
static void odd_gauges(void **state ATTR_UNUSED)
{
	struct target *t = new_driver(drivers[0].folder, drivers[0].id);

	path_set_text(server, "/metrics/json/", 200, "text/json",
		      "{\"gauges\":{\"l.driver.ExecutorMetrics.JVMHeapMemory\":{\"value\":0},"
		      "\"l.driver.spark.streaming.q.a.latency\":{\"error\":\"x\"},"
		      "\"l.driver.spark.streaming.b.latency\":{\"value\":1500},"
		      "\"l.driver.spark.streaming.c.latency\":{\"value\":0},"
		      "\"l.driver.spark.streaming.b.inputRate-total\":{\"value\":\"NaN\"},"
		      "\"l.driver.spark.streaming.c.inputRate-total\":{\"value\":2.5}}}");
	harness_poll(t);
	assert_true(is_absent(app_of(t)->driver_heap_used_bytes));
	assert_int_equal(app_of(t)->streaming_queries, 2);
	assert_true(app_of(t)->stream_latency_s == 1.5);
	assert_true(app_of(t)->stream_input_rate == 2.5);
	assert_true(is_absent(app_of(t)->dropped_events));
	free_driver(t);
}

static void metrics_and_environment_may_be_missing(void **state ATTR_UNUSED)
{
	struct target *t = new_driver(drivers[1].folder, drivers[1].id);

	path_set_text(server, "/metrics/json/", 404, "text/html", "<html>");
	path_set_text(server, api("environment"), 403, "text/html", "<html>");
	harness_poll(t);
	assert_false(t->is_failed);
	assert_true(is_absent(app_of(t)->driver_memory_bytes));
	assert_true(is_absent(app_of(t)->driver_heap_used_bytes));
	harness_later(t, 30000);
	harness_poll(t);
	assert_int_equal(path_asked(server, "/metrics/json/"), 1);
	harness_later(t, 30000);
	harness_poll(t);
	assert_int_equal(path_asked(server, "/metrics/json/"), 2);
	assert_int_equal(path_asked(server, api("environment")), 2);
	free_driver(t);
}

static void another_application_is_asked_anew(void **state ATTR_UNUSED)
{
	struct target *t = new_driver(drivers[1].folder, drivers[1].id);

	harness_poll(t);
	path_set_text(server, api("allexecutors"), 404, "text/plain", "unknown app");
	snprintf(app_path, sizeof(app_path), "/api/v1/applications/app-new-1/");
	path_set_text(server, "/api/v1/applications", 200, JSON,
		      "[{\"id\":\"app-new-1\",\"name\":\"again\",\"attempts\":[{\"startTimeEpoch\":"
		      "1795206500000,\"appSparkVersion\":\"4.3.0\",\"sparkUser\":\"root\"}]}]");
	path_set_text(
		server, api("environment"), 200, JSON,
		"{\"sparkProperties\":[[\"spark.executor.memory\",\"1024\"],"
		"[\"spark.master\",\"yarn\"],[\"spark.executor.cores\",\"x\"],"
		"[\"spark.executor.instances\",\"6\"],"
		"[\"spark.executor.memoryOverhead\",\"2048\"],"
		"[\"spark.memory.fraction\",\"0.55\"],[\"spark.default.parallelism\",\"8\"]]}");
	path_set_text(server, api("allexecutors"), 200, JSON, "[]");
	path_set_text(server, api("jobs"), 200, JSON, "[]");
	path_set_text(server, api("stages?status=active&details=false"), 200, JSON, "[]");
	path_set_text(server, api("stages?status=failed&details=false"), 200, JSON, "[]");
	harness_later(t, 2000);
	harness_poll(t);
	if (t->is_failed)
		fail_msg("%s", t->problem);
	assert_string_equal(text_str(app_of(t)->application_id), "app-new-1");
	assert_string_equal(text_str(app_of(t)->spark_version), "4.3.0");
	assert_int_equal(app_of(t)->executor_memory_bytes, 1 << 30);
	assert_int_equal(app_of(t)->driver_memory_bytes, 1 << 30);
	assert_int_equal(app_of(t)->default_parallelism, 8);
	assert_int_equal(app_of(t)->executor_instances, 6);
	assert_int_equal(app_of(t)->executor_overhead_bytes, (int64_t)2 << 30);
	assert_true(is_absent(app_of(t)->executor_cores));
	assert_true(fabs(app_of(t)->memory_fraction - 0.55) < 1e-12);
	assert_int_equal(app_of(t)->is_local, TRI_FALSE);
	assert_int_equal(dataset_rows(t->rows, &schema_executor)->n, 0);
	assert_int_equal(dataset_rows(t->rows, &schema_spark_job)->n, 0);
	free_driver(t);
}

static void strangers_are_named(void **state ATTR_UNUSED)
{
	static const struct {
		int code;
		const char *type, *body, *want;
	} cases[] = {
		{200, "text/html;charset=utf-8", "<title>Spark Master at spark://h:7077</title>",
		 "a standalone master, not a driver's UI"},
		{200, "text/html;charset=utf-8", "<title>Spark Worker at h</title>",
		 "a worker's UI"},
		{200, "text/html;charset=utf-8", "<html>", "got text/html; is this the right"},
		{200, "text/html", "Spark is starting up. Please wait a while",
		 "still starting up"},
		{302, "text/plain", "", "a redirect"},
		{403, "text/html", "", "may not read"},
		{404, JSON, "{}", "not a Spark driver's UI"},
		{200, JSON, "{\"status\":\"healthy\"}", "no member `spark`"},
		{200, JSON, "{\"spark\" :", "half an answer"},
		{200, JSON, "<html>", "HTML, not JSON"},
		{200, JSON, "", "an empty answer"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct target *t;

		server = path_start();
		path_set_other(server, cases[i].code, cases[i].type, cases[i].body);
		t = harness_new(&source_spark, path_base(server));
		harness_poll(t);
		assert_true(t->is_failed);
		if (!strstr(t->problem, cases[i].want))
			fail_msg("`%s` instead of `%s`", t->problem, cases[i].want);
		assert_int_equal(path_total(server), 1);
		free_driver(t);
	}
}

static void odd_applications(void **state ATTR_UNUSED)
{
	static const char *const cases[][2] = {
		{"[]", "no application yet"},
		{"[{\"id\":\"a\"},{\"id\":\"b\"}]", "a history server with 2 applications"},
		{"[{\"name\":\"a\"}]", "without `id`"},
		{"[{\"id\":\"..\"}]", "has no id"},
		{"[{\"id\":\"\"}]", "has no id"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct target *t = new_driver(drivers[0].folder, drivers[0].id);

		path_set_text(server, "/api/v1/applications", 200, JSON, cases[i][0]);
		harness_poll(t);
		assert_true(t->is_failed);
		if (!strstr(t->problem, cases[i][1]))
			fail_msg("`%s` instead of `%s`", t->problem, cases[i][1]);
		free_driver(t);
	}
}

/* An id stays one segment of the path, whatever is in it. */
static void a_hostile_id(void **state ATTR_UNUSED)
{
	struct target *t = new_driver(drivers[0].folder, drivers[0].id);

	snprintf(app_path, sizeof(app_path), "/api/v1/applications/%s/",
		 "..%2F..%2Fx%3Fy%5Cx00%23%C3%A4");
	path_set_text(server, "/api/v1/applications", 200, JSON,
		      "[{\"id\":\"../../x?y\\u0000#\xc3\xa4\"}]");
	path_set_text(server, api("allexecutors"), 200, JSON, "[]");
	path_set_text(server, api("jobs"), 200, JSON, "[]");
	path_set_text(server, api("stages?status=active&details=false"), 200, JSON, "[]");
	path_set_text(server, api("stages?status=failed&details=false"), 200, JSON, "[]");
	harness_poll(t);
	if (t->is_failed)
		fail_msg("%s", t->problem);
	assert_string_equal(text_str(app_of(t)->application_id), "../../x?y\\x00#\xc3\xa4");
	free_driver(t);
}

/* What cannot be used is said beside what can, until it is well again. */
static void what_is_left_out_is_said(void **state ATTR_UNUSED)
{
	struct target *t = new_driver(drivers[1].folder, drivers[1].id);

	path_set_text(server, api("environment"), 200, JSON, "[]");
	harness_poll(t);
	assert_false(t->is_failed);
	assert_true(is_absent(app_of(t)->executor_memory_bytes)); /* and not Spark's default */
	assert_string_equal(t->note, "its answer to environment is not what belongs there");
	serve(api("environment"), JSON, drivers[1].folder, "environment.json");
	path_set_text(server, api("allexecutors"), 200, JSON, "[{},{\"id\":\"1\"},{}]");
	harness_later(t, 61000);
	harness_poll(t);
	assert_false(t->is_failed);
	assert_false(is_absent(app_of(t)->executor_memory_bytes));
	assert_int_equal(dataset_rows(t->rows, &schema_executor)->n, 1);
	assert_string_equal(t->note, "2 rows of its allexecutors have no id: left out");
	path_set_text(server, api("allexecutors"), 200, JSON, "{}");
	harness_later(t, 61000);
	harness_poll(t);
	assert_true(t->is_failed);
	assert_non_null(strstr(t->problem, "its answer to allexecutors is unreadable: no array "
					   "where an array of executors belongs"));
	serve(api("allexecutors"), JSON, drivers[1].folder, "allexecutors.json");
	harness_later(t, 61000);
	harness_poll(t);
	assert_false(t->is_failed);
	assert_string_equal(t->note, "");
	free_driver(t);
}

/* A poll that breaks off keeps what it learnt for the next one. */
static void a_break_in_the_middle(void **state ATTR_UNUSED)
{
	struct target *t = new_driver(drivers[1].folder, drivers[1].id);

	path_set_text(server, api("jobs"), 0, JSON, "");
	harness_poll(t);
	assert_true(t->is_failed);
	assert_null(t->rows);
	path_set_text(server, api("jobs"), 200, JSON, "[ {\"jobId\" : 1, \"status\" : \"RUNN");
	harness_later(t, 61000);
	harness_poll(t);
	assert_true(t->is_failed);
	assert_non_null(strstr(t->problem, "its answer to jobs is unreadable: half an answer"));
	path_set_text(server, api("jobs"), 404, "text/plain", "unknown app");
	harness_later(t, 61000);
	harness_poll(t);
	assert_non_null(strstr(t->problem, "has the application just ended?"));
	serve(api("jobs"), JSON, drivers[1].folder, "jobs.json");
	harness_later(t, 61000);
	harness_poll(t);
	assert_false(t->is_failed);
	assert_false(t->is_same);
	assert_int_equal(dataset_rows(t->rows, &schema_executor)->n, 3);
	free_driver(t);
}

/* Over 1 MiB the thread pool decodes. */
static void a_large_body(void **state ATTR_UNUSED)
{
	struct target *t = new_driver(drivers[1].folder, drivers[1].id);
	enum { N = 3000 };
	struct buf b;

	buf_init(&b, 16 << 20);
	buf_puts(&b, "[");
	for (int i = 0; i < N; i++)
		buf_printf(&b,
			   "%s{\"id\":\"%d\",\"hostPort\":\"host:1\",\"totalGCTime\":1,"
			   "\"totalDuration\":"
			   "4,\"filler\":\"%0400d\"}",
			   i ? "," : "", i, 0);
	buf_puts(&b, "]");
	path_set(server, api("allexecutors"), 200, JSON, b.data, b.len);
	buf_release(&b);
	harness_poll(t);
	if (t->is_failed)
		fail_msg("%s", t->problem);
	assert_int_equal(dataset_rows(t->rows, &schema_executor)->n, N);
	for (int i = 0; i < N; i += 500) {
		const struct executor_row *x = dataset_rows(t->rows, &schema_executor)->rows[i];

		assert_string_equal(text_str(x->job), "health-analytics");
		assert_string_equal(text_str(x->application_id), drivers[1].id);
		assert_int_equal(x->gc_pct, 25);
	}
	harness_later(t, 2000);
	harness_poll(t);
	harness_later(t, 2000);
	harness_poll(t);
	assert_true(t->is_same);
	free_driver(t);
}

/* The target ends while the pool decodes for it: no crash, no leak, no late rows. */
static void forgotten_in_the_pool(void **state ATTR_UNUSED)
{
	struct target *t = new_driver(drivers[1].folder, drivers[1].id);
	char *body = xmalloc(8 << 20);

	memset(body, ' ', 8 << 20);
	body[0] = '[';
	body[(8 << 20) - 1] = ']';
	path_set(server, api("allexecutors"), 200, JSON, body, 8 << 20);
	free(body);
	t->ops->poll(t);
	while (path_asked(server, api("allexecutors")) == 0 || http_is_busy(t->client)) {
		uv_run(&t->loop, UV_RUN_ONCE);
		assert_int_equal(t->ends, 0);
	}
	free_driver(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_drivers),
		cmocka_unit_test(asks_in_turn),
		cmocka_unit_test(idle_drivers_are_asked_less),
		cmocka_unit_test(a_still_driver_shows_its_threads),
		cmocka_unit_test(a_slow_first_look_tells_in_between),
		cmocka_unit_test(unchanged_rows_are_shared),
		cmocka_unit_test(odd_gauges),
		cmocka_unit_test(metrics_and_environment_may_be_missing),
		cmocka_unit_test(another_application_is_asked_anew),
		cmocka_unit_test(strangers_are_named),
		cmocka_unit_test(odd_applications),
		cmocka_unit_test(a_hostile_id),
		cmocka_unit_test(what_is_left_out_is_said),
		cmocka_unit_test(a_break_in_the_middle),
		cmocka_unit_test(a_large_body),
		cmocka_unit_test(forgotten_in_the_pool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

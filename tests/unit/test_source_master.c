/* The master source on recorded answers of Spark 3.5.9 and 4.3.0, and on what is no master. */
#include "source_harness.h"

#include "../../backend/source/master_rows.h"

#define FIXTURE "tests/fixture/spark/"

static struct path_server *server;

static struct target *new_master(const char *fixture)
{
	size_t len;
	char *body;

	server = path_start();
	path_set_other(server, 200, "text/html;charset=utf-8", "<title>Spark Master at x</title>");
	path_set_text(server, "/json", 302, "text/plain", "");
	if (fixture) {
		body = file_read(fixture, &len);
		path_set(server, "/json/", 200, "text/json;charset=utf-8", body, len);
		free(body);
	}
	return harness_new(&source_master, path_base(server));
}

static void free_master(struct target *t)
{
	assert_int_equal(path_not_get(server), 0);
	assert_int_equal(path_asked(server, "/json"), 0);
	harness_free(t);
	path_stop(server);
}

static void recorded_masters(void **state ATTR_UNUSED)
{
	static const char *const folders[] = {"3.5/cluster",      "4.3/cluster", "3.5/executor-oom",
					      "4.3/executor-oom", "3.5/drivers", "4.3/drivers"};

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		char path[200], *json;
		struct target *t;

		snprintf(path, sizeof(path), FIXTURE "%s/master.json", folders[i]);
		t = new_master(path);
		harness_poll(t);
		if (t->is_failed)
			fail_msg("%s: %s", path, t->problem);
		json = harness_json(t->rows);
		snprintf(path, sizeof(path), FIXTURE "%s/master-rows.jsonl", folders[i]);
		file_golden(path, json);
		free(json);
		harness_poll(t);
		assert_true(t->is_same);
		assert_int_equal(path_connections(server), 1);
		free_master(t);
	}
}

/* It knows nothing: no cores is not 0 cores. */
static void a_standby_master(void **state ATTR_UNUSED)
{
	static const char body[] =
		"{\"url\":\"spark://b:7077\",\"workers\":[],\"aliveworkers\":0,\"cores\":0,"
		"\"coresused\":0,\"memory\":0,\"memoryused\":0,\"activeapps\":[],"
		"\"completedapps\":[],\"status\":\"STANDBY\"}";
	struct target *t = new_master(NULL);
	const struct master_row *m;

	path_set_text(server, "/json/", 200, "text/json", body);
	harness_poll(t);
	assert_false(t->is_failed);
	m = dataset_one(t->rows, &schema_master);
	assert_string_equal(text_str(m->status), "STANDBY");
	assert_string_equal(text_str(m->cluster), "lab");
	assert_true(is_absent(m->alive_workers) && is_absent(m->cores) &&
		    is_absent(m->memory_bytes));
	assert_int_equal(dataset_rows(t->rows, &schema_worker)->n, 0);
	free_master(t);
}

static void odd_values(void **state ATTR_UNUSED)
{
	static const char body[] =
		"{\"url\":\"u\",\"status\":\"ALIVE\",\"cores\":\"two\",\"memory\":"
		"9223372036854775807,"
		"\"memoryused\":-5,\"workers\":[{\"id\":7},{\"id\":\"w\",\"memory\":1,"
		"\"lastheartbeat\":-1},null,{}],"
		"\"activeapps\":[{\"id\":\"a\",\"starttime\":\"1795206757559\",\"duration\":1500,"
		"\"name\":\"x\\u202ey\"}],\"completedapps\":[{\"id\":\"b\"}]}";
	struct err err = {0};
	size_t strays;
	struct dataset *d = master_read("c", body, strlen(body), &strays, &err);
	const struct cluster_app_row *app;
	const struct worker_row *w;
	const struct master_row *m;

	assert_non_null(d);
	m = dataset_one(d, &schema_master);
	assert_true(is_absent(m->cores) && is_absent(m->memory_bytes) &&
		    is_absent(m->memory_used_bytes));
	w = dataset_one(d, &schema_worker);
	assert_string_equal(text_str(w->worker_id), "w");
	assert_int_equal(w->memory_bytes, 1 << 20);
	assert_true(is_absent(w->last_heartbeat_at));
	assert_int_equal(dataset_rows(d, &schema_worker)->n, 1);
	assert_int_equal(strays, 3); /* 7, null and {} */
	app = dataset_one(d, &schema_cluster_app);
	assert_int_equal(app->started_at, INT64_C(1795206757559));
	assert_true(app->duration_s == 1.5);
	assert_int_equal(app->is_active, TRI_TRUE);
	assert_string_equal(text_str(app->name), "x<U+202E>y");
	assert_int_equal(dataset_rows(d, &schema_cluster_app)->n, 2);
	dataset_unref(d);
}

/* An object where a list belongs is no row of it. */
static void lists_of_another_shape(void **state ATTR_UNUSED)
{
	static const struct {
		const char *body, *problem;
	} table[] = {
		{"{\"url\":\"u\",\"status\":\"ALIVE\",\"workers\":{}}",
		 "`workers` is no array where an array of workers belongs"},
		{"{\"url\":\"u\",\"status\":\"ALIVE\",\"activeapps\":5}",
		 "`activeapps` is no array"},
		{"{\"url\":\"u\",\"status\":\"ALIVE\",\"completeddrivers\":{\"id\":\"d\"}}",
		 "`completeddrivers` is no array"},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct err err = {0};
		size_t strays;

		assert_null(master_read("c", table[i].body, strlen(table[i].body), &strays, &err));
		if (!strstr(err.message, table[i].problem))
			fail_msg("%s", err.message);
	}
}

/* As deploy/JsonProtocol writes them: the start is a string there, unlike an application's. */
static void drivers_of_cluster_mode(void **state ATTR_UNUSED)
{
	static const char body[] =
		"{\"url\":\"u\",\"status\":\"ALIVE\",\"activedrivers\":[{\"id\":\"driver-1\","
		"\"starttime\":\"1795206757559\",\"state\":\"RUNNING\",\"cores\":2,\"memory\":1024,"
		"\"resources\":{},\"submitdate\":\"Fri Nov 20 20:32:37 UTC 2026\",\"worker\":"
		"\"worker-20261120203211-127.0.0.1-43365\",\"mainclass\":\"org.example.Main\"},"
		"{\"id\":\"driver-2\",\"state\":\"SUBMITTED\",\"worker\":\"None\",\"memory\":-1}],"
		"\"completeddrivers\":[{\"id\":\"driver-0\",\"state\":\"KILLED\"}]}";
	struct err err = {0};
	size_t strays;
	struct dataset *d = master_read("c", body, strlen(body), &strays, &err);
	const struct rowset *rows = dataset_rows(d, &schema_cluster_driver);
	const struct cluster_driver_row *one;

	assert_int_equal(rows->n, 3);
	one = rows->rows[0];
	assert_string_equal(text_str(one->cluster), "c");
	assert_string_equal(text_str(one->driver_id), "driver-1");
	assert_string_equal(text_str(one->main_class), "org.example.Main");
	assert_string_equal(text_str(one->worker), "worker-20261120203211-127.0.0.1-43365");
	assert_int_equal(one->started_at, INT64_C(1795206757559));
	assert_int_equal(one->cores, 2);
	assert_int_equal(one->memory_bytes, INT64_C(1) << 30);
	assert_int_equal(one->is_active, TRI_TRUE);
	one = rows->rows[1];
	assert_null(one->worker);
	assert_true(is_absent(one->memory_bytes) && is_absent(one->started_at));
	assert_int_equal(one->is_active, TRI_TRUE);
	one = rows->rows[2];
	assert_string_equal(text_str(one->state), "KILLED");
	assert_int_equal(one->is_active, TRI_FALSE);
	dataset_unref(d);
}

static void strangers_are_named(void **state ATTR_UNUSED)
{
	static const struct {
		int code;
		const char *type, *body, *want;
	} cases[] = {
		{200, "text/html", "<html>", "got text/html; is this the right"},
		{302, "text/plain", "", "a redirect"},
		{404, "text/plain", "", "answers 404 to /json/"},
		{200, "text/json", "{\"id\":\"worker-1\",\"masterurl\":\"spark://m\"}",
		 "not a standalone master"},
		{200, "text/json", "[]", "not a standalone master"},
		{200, "text/json", "{\"url\":\"u\",\"status\":\"ALIVE\",\"workers\":[{", "half an"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct target *t = new_master(NULL);

		path_set_text(server, "/json/", cases[i].code, cases[i].type, cases[i].body);
		harness_poll(t);
		assert_true(t->is_failed);
		if (!strstr(t->problem, cases[i].want))
			fail_msg("`%s` instead of `%s`", t->problem, cases[i].want);
		free_master(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_masters),        cmocka_unit_test(a_standby_master),
		cmocka_unit_test(lists_of_another_shape),  cmocka_unit_test(odd_values),
		cmocka_unit_test(drivers_of_cluster_mode), cmocka_unit_test(strangers_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The service source on recorded answers of Spark 3.5.9 and 4.3.0 and Livy 0.9.0, and on what is
 * none of these. */
#include "source_harness.h"

#include "../../include/row/service.h"

#define FIXTURE "tests/fixture/service/"

static struct path_server *server;
static struct config_service service;

static void answer_file(const char *path, const char *type, const char *fixture)
{
	char name[200], *body;
	size_t len;

	snprintf(name, sizeof(name), FIXTURE "%s", fixture);
	body = file_read(name, &len);
	path_set(server, path, 200, type, body, len);
	free(body);
}

static struct target *new_service(const char *kind)
{
	struct target *t;

	server = path_start();
	path_set_other(server, 200, "text/html;charset=utf-8", "<title>Spark</title>");
	t = harness_new(&source_service, path_base(server));
	service = (struct config_service){kind, path_base(server), "java 1 listens on :1"};
	t->cfg.services = &service;
	t->cfg.nservices = 1;
	return t;
}

static const struct service_row *poll_row(struct target *t)
{
	harness_poll(t);
	if (t->is_failed)
		fail_msg("%s", t->problem);
	return dataset_one(t->rows, &schema_service);
}

static void free_service(struct target *t)
{
	assert_int_equal(path_not_get(server), 0);
	assert_true(path_connections(server) <= 1);
	harness_free(t);
	path_stop(server);
}

static void workers(void **state ATTR_UNUSED)
{
	static const char *const fixtures[] = {"worker-3.5.json", "worker-4.3.json"};

	for (size_t i = 0; i < ARRAY_LEN(fixtures); i++) {
		struct target *t = new_service("worker");
		const struct service_row *row;

		answer_file("/json/", "text/json;charset=utf-8", fixtures[i]);
		row = poll_row(t);
		assert_string_equal(text_str(row->kind), "worker");
		assert_string_equal(text_str(row->where), path_base(server));
		assert_string_equal(text_str(row->says), "2 executors, 2 of 2 cores");
		assert_string_equal(text_str(row->cluster),
				    i ? "spark://127.0.0.1:7177" : "spark://127.0.0.1:7077");
		assert_null(row->version);
		free_service(t);
	}
}

static void a_history_server(void **state ATTR_UNUSED)
{
	struct target *t = new_service("history");
	const struct service_row *row;

	answer_file("/api/v1/version", "application/json", "history-version.json");
	answer_file("/api/v1/applications?limit=100", "application/json",
		    "history-applications.json");
	row = poll_row(t);
	assert_string_equal(text_str(row->version), "3.5.9");
	assert_string_equal(text_str(row->says), "1 application");
	path_set_text(server, "/api/v1/applications?limit=100", 200, "application/json", " []");
	row = poll_row(t);
	assert_string_equal(text_str(row->says), "0 applications");
	free_service(t);
}

static void livy(void **state ATTR_UNUSED)
{
	struct target *t = new_service("livy");
	const struct service_row *row;

	answer_file("/version", "application/json;charset=utf-8", "livy-version.json");
	answer_file("/sessions?from=0&size=1", "application/json", "livy-sessions.json");
	answer_file("/batches?from=0&size=1", "application/json", "livy-batches.json");
	row = poll_row(t);
	assert_string_equal(text_str(row->version), "0.9.0-incubating");
	assert_non_null(strstr(text_str(row->says), "1 session, "));
	assert_non_null(strstr(text_str(row->says), " batches"));
	assert_int_equal(path_total(server), 3);
	free_service(t);
}

static void what_is_not_said_is_not_known(void **state ATTR_UNUSED)
{
	struct target *t = new_service("worker");
	const struct service_row *row;

	path_set_text(server, "/json/", 200, "application/json",
		      "{\"id\":\"w\",\"masterurl\":\"spark://x\\u001b[2J\",\"cores\":\"two\"}");
	row = poll_row(t);
	assert_null(row->says);
	assert_string_equal(text_str(row->cluster), "spark://x\\x1b[2J");
	free_service(t);
}

static void strangers(void **state ATTR_UNUSED)
{
	static const struct {
		const char *kind, *path;
		int code;
		const char *type, *body, *want;
	} table[] = {
		{"worker", "/json/", 200, "text/html", "<html>",
		 "but not as a worker does: without `id` and `masterurl`"},
		{"worker", "/json/", 200, "text/json", "{\"workers\":[]}", "without `id`"},
		{"worker", "/json/", 302, "text/html", "", "a redirect"},
		{"worker", "/json/", 200, "text/json", "{", "answers to /json/: "},
		{"worker", "/json/", 0, "", "", "closed without an answer"},
		{"history", "/api/v1/version", 200, "application/json", "{}", "without `spark`"},
		{"livy", "/version", 200, "application/json", "[]", "without `version`"},
		{"livy", "/version", 401, "text/html", "", "credentials"},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct target *t = new_service(table[i].kind);

		path_set_text(server, table[i].path, table[i].code, table[i].type, table[i].body);
		harness_poll(t);
		assert_true(t->is_failed);
		if (!strstr(t->problem, table[i].want))
			fail_msg("%zu: %s", i, t->problem);
		assert_null(t->rows);
		free_service(t);
	}
}

/* Half of it: the poll failed, whatever the first document said. */
static void a_second_document_that_is_none(void **state ATTR_UNUSED)
{
	struct target *t = new_service("history");

	answer_file("/api/v1/version", "application/json", "history-version.json");
	path_set_text(server, "/api/v1/applications?limit=100", 200, "application/json", "{}");
	harness_poll(t);
	assert_true(t->is_failed);
	assert_non_null(strstr(t->problem, "without a list"));
	free_service(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(workers),   cmocka_unit_test(a_history_server),
		cmocka_unit_test(livy),      cmocka_unit_test(what_is_not_said_is_not_known),
		cmocka_unit_test(strangers), cmocka_unit_test(a_second_document_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

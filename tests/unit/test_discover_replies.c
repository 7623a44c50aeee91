/* test_discover_replies.c - what listens is known by what it answers, whatever it answers. */
#include "discover_host.h"

#include "../../backend/discover/ask.h"

static const char *raw_answer(const char *type, const char *body)
{
	static char out[2048];

	snprintf(out, sizeof(out),
		 "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", type,
		 strlen(body), body);
	return out;
}

/* What listens there is none of ours: said in a sentence, asked once. */
static void strangers(void **state ATTR_UNUSED)
{
	static const struct {
		enum fault_kind kind;
		const char *answer, *want;
	} table[] = {
		{FAULT_NONE, "\x15\x03\x03\x00\x02\x02\x32", "does not speak HTTP (TLS"},
		{FAULT_NONE, "!x\n", "does not speak HTTP (TLS"},
		{FAULT_RESET_AT, "", "does not speak HTTP (TLS"},
		{FAULT_CLOSE_AT, "", "closed without an answer"},
		{FAULT_HEADERS, "", "headers are over"},
		{FAULT_ENDLESS, "", "does not|runs here|body is over|no answer"},
		{FAULT_REFUSED, "", "refuses connections to 127.0.0.1"},
		{FAULT_NONE,
		 "HTTP/1.1 302 Found\r\nLocation: https://x/\r\nContent-Length: 0\r\n\r\n",
		 "a redirect, which is not followed"},
		{FAULT_NONE, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "credentials"},
		{FAULT_NONE, "html", "answers 200 and text/html, but as nothing known here"},
		{FAULT_NONE, "[]", "answers 200 and application/json"},
		{FAULT_NONE, "{\"spark\":3}", "answers 200 and application/json"},
		{FAULT_NONE, "{\"status\":\"ok\"}", "answers 200 and application/json"},
		{FAULT_NONE, "{\"status\":1,\"errors_count\":2}", "answers 200"},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct host *h = host_new("");
		const char *answer = table[i].answer;
		struct jvm_row *jvm = stage_driver(h->stage, 100, "etl");
		int port;

		if (answer[0] == '{' || answer[0] == '[')
			answer = raw_answer("application/json", answer);
		else if (answer[0] == 'h')
			answer = raw_answer("text/html", "<html>");
		port = fault_port(h->faults, table[i].kind, 0, answer, strlen(answer));
		stage_port(jvm, port, 1);
		look(h);
		look(h);
		assert_null(only_job(h)->ui);
		assert_null(only_job(h)->health);
		if (table[i].kind != FAULT_ENDLESS && !strstr(only_job(h)->found_by, table[i].want))
			fail_msg("%zu: %s", i, only_job(h)->found_by);
		assert_true(fault_accepts(h->faults, port) <= 3);
		host_free(h);
	}
}

/* Its name comes from outside: nothing in it can act on a terminal. */
static void poisoned_names(void **state ATTR_UNUSED)
{
	struct host *h = host_new("");
	struct path_server *ui = ui_new("x\\u001b[31m\\u202ey\\nz");

	pair(h, ui, NULL);
	look(h);
	assert_string_equal(text_str(only_job(h)->name), "x\\x1b[31m<U+202E>y\\nz");
	host_free(h);
	path_stop(ui);
}

static void a_ui_without_a_name_is_one(void **state ATTR_UNUSED)
{
	struct host *h = host_new("");
	struct path_server *ui = ui_new("etl");

	path_set_text(ui, "/api/v1/applications", 403, "text/plain", "no");
	pair(h, ui, NULL)->script = TEXT("/srv/x.py");
	look(h);
	assert_string_equal(text_str(only_job(h)->name), "x");
	assert_string_equal(only_job(h)->ui, path_base(ui));
	host_free(h);
	path_stop(ui);
}

static void daemons_are_told_by_a_field(void **state ATTR_UNUSED)
{
	static const struct {
		enum jvm_role role;
		const char *path, *body;
		size_t nclusters, nservices;
	} table[] = {
		{JVM_MASTER, "/json/", "{\"url\":\"spark://h:7077\",\"workers\":[]}", 1, 0},
		{JVM_MASTER, "/json/", "{\"url\":\"spark://h:7077\"}", 1,
		 0}, /* shown, as one that fails */
		{JVM_WORKER, "/json/", "{\"id\":\"w\",\"masterurl\":\"spark://h:7077\"}", 0, 1},
		{JVM_HISTORY, "/api/v1/version", "{\"spark\":\"4.3.0\"}", 0, 1},
		{JVM_LIVY, "/version", "{\"version\":\"0.9.0\",\"revision\":\"e8\"}", 0, 1},
		{JVM_LIVY, "/version", "{\"version\":\"0.9.0\"}", 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct host *h = host_new("");
		struct path_server *s = path_start();
		struct jvm_row *jvm = stage_driver(h->stage, 100, NULL);

		path_set_other(s, 200, "text/html", "<title>Spark</title>");
		path_set_text(s, table[i].path, 200, "application/json", table[i].body);
		jvm->role = table[i].role;
		stage_port(jvm, port_of(path_base(s)), 1);
		h->stage->book.ephemeral_from = 0;
		look(h);
		assert_int_equal(h->cfg ? h->cfg->nclusters : 0, table[i].nclusters);
		if (table[i].role != JVM_LIVY)
			assert_int_equal(h->cfg ? h->cfg->nservices : 0, table[i].nservices);
		host_free(h);
		path_stop(s);
	}
}

/* As 3.5.9 and 4.3.0 were seen to begin: their page, then for a moment none, then a redirect of
 * everything, then a first answer that takes seconds. On a slow host each of these is what a look
 * meets; none is the last word. */
static void a_ui_that_begins(void **state ATTR_UNUSED)
{
	static const char version[] = "/api/v1/version";
	static const struct {
		int code;
		const char *body;
		bool is_found; /* at the next look, when it is up */
	} table[] = {
		{200, "Spark is starting up. Please wait a while", true},
		{404, "<title>Error 404 Not Found</title>", true},
		{302, "", true},
		{503, "<title>Error 503</title>", true},
		{-1, "", true},
		{200, "<title>something else</title>", false},
		{403, "", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct host *h = host_new("");
		struct path_server *ui = ui_new("etl");

		path_set_text(ui, version, table[i].code, "text/html", table[i].body);
		if (!table[i].is_found)
			path_set_other(ui, table[i].code, "text/html", table[i].body);
		pair(h, ui, NULL)->app_name = TEXT("etl");
		look(h);
		assert_null(only_job(h)->ui);
		look_later(h, 500);
		assert_int_equal(path_asked(ui, version), 1);
		path_set_text(ui, version, 200, "application/json", "{\"spark\":\"3.5.9\"}");
		look_later(h, 1000);
		assert_int_equal(path_asked(ui, version), table[i].is_found ? 2 : 1);
		assert_int_equal(only_job(h)->ui != NULL, table[i].is_found);
		host_free(h);
		path_stop(ui);
	}
}

/* A health server of Python's own kind, on a port that was given: too busy for 400 ms once. */
static void a_health_server_that_was_busy(void **state ATTR_UNUSED)
{
	struct host *h = host_new("");
	struct path_server *health = health_new("/health");
	struct jvm_row *jvm = pair(h, NULL, health);

	jvm->app_name = TEXT("etl");
	stage_port(jvm, 40000, 50)->is_linked = true;
	stage_python_port(jvm, 40001, 5)->is_loopback = true;
	((struct jvm_port *)(uintptr_t)&jvm->parent_listens.v[0])->is_loopback = true;
	((struct jvm_port *)(uintptr_t)&jvm->parent_listens.v[0])->backlog = 5;
	path_set_text(health, "/health", -1, "", "");
	look(h);
	assert_null(only_job(h)->health);
	health_says(health, "/health");
	look_later(h, 1000);
	assert_string_equal(only_job(h)->health, path_base(health));
	host_free(h);
	path_stop(health);
}

/* A silent port that nothing but a UI would have is the job's UI already, and is polled less and
 * less: when it answers, that is passed on. */
static void a_silent_ui_wakes(void **state ATTR_UNUSED)
{
	struct host *h = host_new("");
	struct path_server *ui = ui_new("etl");
	struct jvm_row *jvm = pair(h, ui, NULL);

	jvm->app_name = TEXT("etl");
	jvm->ui_port = port_of(path_base(ui));
	path_set_text(ui, "/api/v1/version", -1, "", "");
	look(h);
	assert_string_equal(only_job(h)->ui, path_base(ui));
	assert_string_equal(h->woke, "");
	path_set_text(ui, "/api/v1/version", 200, "application/json", "{\"spark\":\"3.5.9\"}");
	look_later(h, 1000);
	assert_string_equal(h->woke, "etl");
	h->woke[0] = '\0';
	look_later(h, 1000);
	assert_string_equal(h->woke, "");
	host_free(h);
	path_stop(ui);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strangers),
		cmocka_unit_test(poisoned_names),
		cmocka_unit_test(a_ui_without_a_name_is_one),
		cmocka_unit_test(daemons_are_told_by_a_field),
		cmocka_unit_test(a_ui_that_begins),
		cmocka_unit_test(a_health_server_that_was_busy),
		cmocka_unit_test(a_silent_ui_wakes),
	};

	return cmocka_run_group_tests(tests, host_begin, NULL);
}

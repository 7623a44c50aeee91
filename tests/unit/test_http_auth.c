/* test_http_auth.c - credentials go where the configuration says, nowhere else,
 * and into no text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "files.h"
#include "http_world.h"

static char folder[] = "/tmp/sparkops-auth-XXXXXX";
static char token_file[64], password_file[64];

static int group_setup(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(token_file, sizeof(token_file), "%s/token", folder);
	snprintf(password_file, sizeof(password_file), "%s/password", folder);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	unlink(token_file);
	unlink(password_file);
	return rmdir(folder);
}

static void prefixes_end_where_parts_end(void **state)
{
	(void)state;
	assert_true(http_url_matches("https://spark.example/x", "https://spark.example/"));
	assert_true(http_url_matches("https://spark.example/x", "https://spark.example"));
	assert_true(http_url_matches("https://SPARK.example", "https://spark.example"));
	assert_true(http_url_matches("https://spark.example/a/b?c", "https://spark.example/a"));
	assert_false(http_url_matches("https://spark.example/ab", "https://spark.example/a"));
	assert_false(http_url_matches("https://spark.example/A", "https://spark.example/a"));
	assert_false(http_url_matches("https://spark.example.org/", "https://spark.example"));
	assert_false(http_url_matches("https://spark.example@evil/", "https://spark.example"));
	assert_false(http_url_matches("https://spark.example:81/", "https://spark.example"));
	assert_false(http_url_matches("http://spark.example/", "https://spark.example/"));
	assert_false(http_url_matches("https://spark.example/a/../b", "https://spark.example/a"));
	assert_false(http_url_matches("https://spark", "https://spark.example/"));
}

static void only_tls_and_loopback_are_private(void **state)
{
	(void)state;
	assert_true(http_url_is_private("https://spark.example/"));
	assert_true(http_url_is_private("http://127.0.0.1:4040/"));
	assert_true(http_url_is_private("http://127.9.9.9"));
	assert_true(http_url_is_private("http://localhost:1/x"));
	assert_true(http_url_is_private("http://[::1]:8080/"));
	assert_false(http_url_is_private("http://spark.example/"));
	assert_false(http_url_is_private("http://127.evil.example/"));
	assert_false(http_url_is_private("http://localhost.evil.example/"));
	assert_false(http_url_is_private("http://127.0.0.1@evil.example/"));
	assert_false(http_url_is_private("http://10.0.0.1/"));
	assert_false(http_url_is_private("ftp://127.0.0.1/"));
}

static struct answer ask_with(struct world *w, const struct config_auth *auth, const char *url)
{
	struct config cfg = {.nauths = 1, .auths = auth, .refs = 100};
	struct http_client *c = http_client_new(w->http);
	struct answer a;

	http_reconfigure(w->http, &cfg);
	a = ask_by(w, c, url);
	http_client_free(c);
	http_reconfigure(w->http, NULL);
	return a;
}

static void bearer_and_basic_are_sent(void **state)
{
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	struct config_auth auth = {.bearer_file = token_file};
	char match[128], url[128], head[4096];

	auth.match = fault_url(port, "/in/", match);
	file_write(token_file, "canary-one\n", 11);
	assert_int_equal(ask_with(w, &auth, fault_url(port, "/in/x", url)).result, HTTP_ANSWERED);
	fault_last(w->server, port, head, sizeof(head));
	assert_non_null(strstr(head, "Authorization: Bearer canary-one\r\n"));
	assert_int_equal(ask_with(w, &auth, fault_url(port, "/out", url)).result, HTTP_ANSWERED);
	fault_last(w->server, port, head, sizeof(head));
	assert_null(strstr(head, "canary"));

	auth = (struct config_auth){.match = match, .user = "me", .password_file = password_file};
	file_write(password_file, "canary-two\r\n", 12);
	assert_int_equal(ask_with(w, &auth, fault_url(port, "/in/x", url)).result, HTTP_ANSWERED);
	fault_last(w->server, port, head, sizeof(head));
	assert_non_null(strstr(head, "Authorization: Basic bWU6Y2FuYXJ5LXR3bw==\r\n"));

	auth = (struct config_auth){.match = match, .bearer_env = "SPARKOPS_TEST_TOKEN"};
	setenv("SPARKOPS_TEST_TOKEN", "canary-three", 1);
	assert_int_equal(ask_with(w, &auth, fault_url(port, "/in/x", url)).result, HTTP_ANSWERED);
	fault_last(w->server, port, head, sizeof(head));
	assert_non_null(strstr(head, "Authorization: Bearer canary-three\r\n"));
	unsetenv("SPARKOPS_TEST_TOKEN");
}

static void one_client_changes_with_the_url(void **state)
{
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	char match[128], url[128], head[4096];
	struct config_auth auth = {.bearer_file = token_file};
	struct config cfg = {.nauths = 1, .auths = &auth, .refs = 100};
	struct http_client *c = http_client_new(w->http);
	bool want[] = {true, true, false, true};

	auth.match = fault_url(port, "/in/", match);
	file_write(token_file, "canary\n", 7);
	http_reconfigure(w->http, &cfg);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		ask_by(w, c, fault_url(port, want[i] ? "/in/x" : "/out", url));
		fault_last(w->server, port, head, sizeof(head));
		assert_true((strstr(head, "canary") != NULL) == want[i]);
	}
	assert_int_equal(fault_accepts(w->server, port), 1);
	http_client_free(c);
	http_reconfigure(w->http, NULL);
}

static void a_changed_secret_is_read_after_a_refusal(void **state)
{
	struct world *w = *state;
	static const char no[] = "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n";
	int port = fault_port(w->server, FAULT_NONE, 0, no, sizeof(no) - 1);
	char match[128], url[128], head[4096];
	struct config_auth auth = {.bearer_file = token_file};
	struct config cfg = {.nauths = 1, .auths = &auth, .refs = 100};
	struct http_client *c = http_client_new(w->http);

	auth.match = fault_url(port, "/", match);
	file_write(token_file, "old\n", 4);
	http_reconfigure(w->http, &cfg);
	assert_int_equal(ask_by(w, c, fault_url(port, "/", url)).code, 401);
	file_write(token_file, "new\n", 4);
	assert_int_equal(ask_by(w, c, url).code, 401);
	fault_last(w->server, port, head, sizeof(head));
	assert_non_null(strstr(head, "Bearer new\r\n"));
	http_client_free(c);
	http_reconfigure(w->http, NULL);
}

/* One handle serves four targets in turn, and none hears of another's credentials, whichever came
 * before it. */
static void credentials_stay_with_their_target(void **state)
{
	struct world *w = *state;
	enum { TARGETS = 4 };
	static const char *const said[TARGETS] = {"Authorization: Bearer canary-one\r\n",
						  "Authorization: Basic bWU6Y2FuYXJ5LXR3bw==\r\n",
						  NULL, NULL};
	struct config_auth auths[2] = {{.bearer_file = token_file},
				       {.user = "me", .password_file = password_file}};
	struct config cfg = {.nauths = 2, .auths = auths, .refs = 100};
	char urls[TARGETS][128], head[4096];
	struct http_client *c[TARGETS];
	const CURL *only = NULL;
	int ports[TARGETS];

	for (size_t i = 0; i < TARGETS; i++) {
		c[i] = http_client_new(w->http);
		ports[i] = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
		fault_url(ports[i], "/x", urls[i]);
	}
	auths[0].match = urls[0];
	auths[1].match = urls[1];
	file_write(token_file, "canary-one", 10);
	file_write(password_file, "canary-two", 10);
	http_reconfigure(w->http, &cfg);
	for (size_t turn = 0; turn < TARGETS * TARGETS * 2; turn++) {
		/* each after each: 0 0 1 0 2 0 3 0, 0 1 1 1 2 1 3 1, ... */
		size_t i = turn % 2 ? turn / (2 * TARGETS) : turn / 2 % TARGETS;
		const char *authorization;

		assert_int_equal(ask_by(w, c[i], urls[i]).result, HTTP_ANSWERED);
		assert_int_equal(w->http->nidle, 1);
		only = only ? only : w->http->idle->easy;
		assert_ptr_equal(w->http->idle->easy, only);
		fault_last(w->server, ports[i], head, sizeof(head));
		authorization = strstr(head, "Authorization");
		assert_true(said[i] ? authorization && strstr(head, said[i]) : !authorization);
		assert_true(!authorization || !strstr(authorization + 1, "Authorization"));
	}
	for (size_t i = 0; i < TARGETS; i++) {
		assert_int_equal(fault_accepts(w->server, ports[i]), 1);
		http_client_free(c[i]);
	}
	http_reconfigure(w->http, NULL);
}

static void what_must_not_be_sent_is_not(void **state)
{
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	struct config_auth auth = {.match = "http://10.255.255.1/", .bearer_file = token_file};
	char match[128], url[128];
	struct answer a;

	file_write(token_file, "canary\n", 7);
	a = ask_with(w, &auth, "http://10.255.255.1/x");
	assert_int_equal(a.result, HTTP_OTHER);
	assert_true(a.is_unasked);
	assert_string_equal(a.problem,
			    "not asked: credentials are only sent by https or to loopback");
	auth.match = fault_url(port, "/", match);
	file_write(token_file, "canary\r\nX-Evil: 1\n", 18); /* would be a header of its own */
	a = ask_with(w, &auth, fault_url(port, "/", url));
	assert_int_equal(a.result, HTTP_OTHER);
	assert_null(strstr(a.problem, "canary"));
	file_write(token_file, "can\0ary\n", 8);
	a = ask_with(w, &auth, url);
	assert_int_equal(a.result, HTTP_OTHER);
	unlink(token_file);
	a = ask_with(w, &auth, url);
	assert_int_equal(a.result, HTTP_OTHER);
	assert_non_null(strstr(a.problem, "/token cannot be read: No such file"));
	assert_int_equal(fault_accepts(w->server, port), 0);
	file_write(token_file, "x", 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_end_where_parts_end),
		cmocka_unit_test(only_tls_and_loopback_are_private),
		TEST(bearer_and_basic_are_sent),
		TEST(one_client_changes_with_the_url),
		TEST(a_changed_secret_is_read_after_a_refusal),
		TEST(credentials_stay_with_their_target),
		TEST(what_must_not_be_sent_is_not),
	};
	int failed;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	failed = cmocka_run_group_tests(tests, group_setup, group_teardown);
	curl_global_cleanup();
	return failed;
}

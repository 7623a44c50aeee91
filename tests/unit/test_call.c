/* test_call.c - a request that changes something goes out once, and how far it came is never
 * guessed: each way it can end, with a real server that does it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <curl/curl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../backend/net/call.h"
#include "fault_server.h"

struct world {
	struct fault_server *server;
	struct arena arena;
	struct call_answer answer;
	struct err err;
};

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->server = fault_start();
	arena_init(&w->arena);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	fault_stop(w->server);
	arena_release(&w->arena);
	free(w);
	return 0;
}

static struct call post(const char *url, const char *body)
{
	return (struct call){.method = "POST",
			     .url = url,
			     .body = body,
			     .len = body ? strlen(body) : 0,
			     .connect_ms = 500,
			     .total_ms = 500,
			     .cancel_fd = -1};
}

/* Posts to a port that behaves like that; the port's number. */
static int try_at(struct world *w, enum fault_kind kind, size_t amount, const char *answer)
{
	int port = fault_port(w->server, kind, amount, answer, answer ? strlen(answer) : 0);
	char url[128];
	struct call c = post(fault_url(port, "/do", url), "{\"a\": 1}");

	assert_int_equal(call_http(&c, NULL, &w->arena, &w->answer, &w->err), 0);
	assert_true((w->answer.fate == CALL_ANSWERED) == (w->answer.problem == NULL));
	return port;
}

static void an_answer_is_the_code_and_the_body(void **state)
{
	struct world *w = *state;
	char head[4096];
	int port =
		try_at(w, FAULT_NONE, 0,
		       "HTTP/1.1 202 Yes\r\nContent-Type: text/x\r\nContent-Length: 3\r\n\r\nyes");

	assert_int_equal(w->answer.fate, CALL_ANSWERED);
	assert_int_equal(w->answer.code, 202);
	assert_string_equal(w->answer.body, "yes");
	assert_string_equal(w->answer.content_type, "text/x");
	assert_null(w->answer.location);
	assert_true(is_absent(w->answer.retry_after_ms));
	fault_last(w->server, port, head, sizeof(head));
	assert_memory_equal(head, "POST /do HTTP/1.1\r\n", 19);
	assert_non_null(strstr(head, "\r\n\r\n{\"a\": 1}"));
	assert_null(strstr(head, "Expect"));
	assert_null(strstr(head, "Content-Type"));
}

static void headers_are_sent_as_they_are(void **state)
{
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	struct config_pair headers[] = {{"Content-Type", "application/json"},
					{"Idempotency-Key", "0123"},
					{"X-Sparkops-Batch-Id", ""}};
	char url[128], head[4096];
	struct call c = post(fault_url(port, "/", url), NULL);

	c.headers = headers;
	c.nheaders = 3;
	assert_int_equal(call_http(&c, NULL, &w->arena, &w->answer, &w->err), 0);
	fault_last(w->server, port, head, sizeof(head));
	assert_non_null(strstr(head, "\r\nContent-Type: application/json\r\n"));
	assert_non_null(strstr(head, "\r\nIdempotency-Key: 0123\r\n"));
	assert_non_null(strstr(head, "\r\nX-Sparkops-Batch-Id:\r\n"));
	assert_non_null(strstr(head, "\r\nContent-Length: 0\r\n"));

	headers[1].value = "01\r\nX-Evil: 1";
	assert_int_equal(call_http(&c, NULL, &w->arena, &w->answer, &w->err), -ERR_REFUSED);
	assert_int_equal(fault_requests(w->server, port), 1);
}

static void every_method_keeps_its_name(void **state)
{
	static const char *const methods[] = {"GET", "DELETE", "PUT", "PATCH"};
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	char url[128], head[4096];

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		struct call c = post(fault_url(port, "/x", url), i < 2 ? NULL : "{}");

		c.method = methods[i];
		assert_int_equal(call_http(&c, NULL, &w->arena, &w->answer, &w->err), 0);
		assert_int_equal(w->answer.code, 200);
		fault_last(w->server, port, head, sizeof(head));
		assert_memory_equal(head, methods[i], strlen(methods[i]));
		assert_true((strstr(head, "\r\n\r\n{}") != NULL) == (i >= 2));
	}
}

/* Nothing that an answer can say makes us send a second request. */
static void it_is_sent_once(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 307 Again\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: "
		"0\r\n\r\n",
		"HTTP/1.1 408 Late\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 417 What\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 503 Later\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"};
	static const int codes[] = {302, 307, 401, 408, 417, 503};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		int port = try_at(w, FAULT_NONE, 0, answers[i]);

		assert_int_equal(w->answer.fate, CALL_ANSWERED);
		assert_int_equal(w->answer.code, codes[i]);
		assert_int_equal(fault_accepts(w->server, port), 1);
		assert_int_equal(fault_requests(w->server, port), 1);
		if (codes[i] < 400)
			assert_string_equal(w->answer.location, "/other");
	}
	assert_int_equal(w->answer.retry_after_ms, 7000);
}

static void each_call_has_its_own_connection(void **state)
{
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	char url[128];
	struct call c = post(fault_url(port, "/", url), "{}");

	for (int i = 0; i < 3; i++)
		assert_int_equal(call_http(&c, NULL, &w->arena, &w->answer, &w->err), 0);
	assert_int_equal(fault_accepts(w->server, port), 3);
}

static void refused_was_not_sent(void **state)
{
	struct world *w = *state;

	try_at(w, FAULT_REFUSED, 0, NULL);
	assert_int_equal(w->answer.fate, CALL_NOT_SENT);
	assert_non_null(strstr(w->answer.problem, "connection refused"));
	assert_non_null(strstr(w->answer.problem, "nothing was sent"));
}

static void without_a_connection_nothing_was_sent(void **state)
{
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_DEAF, 0, NULL, 0), fds[8];
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	char url[128];
	struct call c = post(fault_url(port, "/", url), "{}");

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) { /* fills its queue */
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)!connect(fds[i], (struct sockaddr *)&at, sizeof(at));
	}
	c.connect_ms = 200;
	assert_int_equal(call_http(&c, NULL, &w->arena, &w->answer, &w->err), 0);
	assert_int_equal(w->answer.fate, CALL_NOT_SENT);
	assert_non_null(strstr(w->answer.problem, "no connection within 0.2 s"));
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
}

static void without_a_handshake_nothing_was_sent(void **state)
{
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_NONE, 0, "hello\r\n", 7);
	char url[128];
	struct call c = post(url, "{}");

	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", port);
	c.connect_ms = c.total_ms = 60000; /* it answers at once, or when the machine lets it */
	assert_int_equal(call_http(&c, NULL, &w->arena, &w->answer, &w->err), 0);
	assert_int_equal(w->answer.fate, CALL_NOT_SENT);
	assert_non_null(strstr(w->answer.problem, "does not speak TLS"));

	c = post(url, "{}");
	port = fault_port(w->server, FAULT_SILENT, 0, NULL, 0);
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", port);
	assert_int_equal(call_http(&c, NULL, &w->arena, &w->answer, &w->err), 0);
	assert_int_equal(w->answer.fate, CALL_NOT_SENT);
}

static void silence_after_the_whole_request_is_sent(void **state)
{
	struct world *w = *state;

	try_at(w, FAULT_SILENT, 0, NULL);
	assert_int_equal(w->answer.fate, CALL_SENT);
	assert_int_equal(w->answer.code, 0);
	assert_non_null(strstr(w->answer.problem, "no answer within 0.5 s"));
	try_at(w, FAULT_DEAF, 0, NULL); /* in its queue: it may be read later */
	assert_int_equal(w->answer.fate, CALL_SENT);
}

static void half_a_request_is_cut(void **state)
{
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_DEAF, 0, NULL, 0);
	size_t len = 64 << 20; /* more than the kernel takes for somebody who does not read */
	char *body = xmalloc(len + 1), url[128];
	struct call c = post(fault_url(port, "/", url), NULL);

	memset(body, ' ', len);
	c.body = body;
	c.len = len;
	assert_int_equal(call_http(&c, NULL, &w->arena, &w->answer, &w->err), 0);
	assert_int_equal(w->answer.fate, CALL_CUT);
	assert_non_null(strstr(w->answer.problem, "not taken whole"));
	free(body);
}

static void half_an_answer_is_cut(void **state)
{
	static const struct {
		enum fault_kind kind;
		size_t amount;
		long code;
	} cases[] = {{FAULT_RESET_AT, 0, 0},  {FAULT_CLOSE_AT, 0, 0},    {FAULT_CLOSE_AT, 10, 0},
		     {FAULT_RESET_AT, 10, 0}, {FAULT_CLOSE_AT, 30, 200}, {FAULT_CLOSE_AT, 85, 200},
		     {FAULT_TRICKLE, 100, 0}, {FAULT_HEADERS, 0, 200}};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int port = try_at(w, cases[i].kind, cases[i].amount, NULL);

		assert_int_equal(w->answer.fate, CALL_CUT);
		assert_int_equal(w->answer.code, cases[i].code);
		assert_true(strstr(w->answer.problem, "received") ||
			    strstr(w->answer.problem, "done"));
		assert_int_equal(fault_requests(w->server, port), 1);
	}
}

static void a_body_without_end_is_capped(void **state)
{
	struct world *w = *state;

	try_at(w, FAULT_ENDLESS, 0, NULL);
	assert_int_equal(w->answer.fate, CALL_ANSWERED);
	assert_int_equal(w->answer.code, 200);
	assert_int_equal(w->answer.len, 1 << 20);
}

static void cancelled_before_it_began_it_was_not_sent(void **state)
{
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	char url[128];
	struct call c = post(fault_url(port, "/", url), "{}");

	c.cancel_fd = eventfd(1, EFD_CLOEXEC);
	assert_int_equal(call_http(&c, NULL, &w->arena, &w->answer, &w->err), 0);
	assert_int_equal(w->answer.fate, CALL_NOT_SENT);
	assert_string_equal(w->answer.problem, "cancelled; nothing was sent");
	assert_int_equal(fault_requests(w->server, port), 0);
	close(c.cancel_fd);
}

struct cancel {
	struct fault_server *server;
	int port, fd;
};

static void *cancel_when_it_came(void *data)
{
	const struct cancel *c = data;
	uint64_t one = 1;

	while (!fault_requests(c->server, c->port))
		poll(NULL, 0, 1);
	if (write(c->fd, &one, sizeof(one)) < 0)
		abort();
	return NULL;
}

static void cancelled_on_its_way_it_is_cut(void **state)
{
	struct world *w = *state;
	struct cancel cancel = {.server = w->server, .fd = eventfd(0, EFD_CLOEXEC)};
	char url[128];
	pthread_t thread;
	struct call c;

	cancel.port = fault_port(w->server, FAULT_SILENT, 0, NULL, 0);
	c = post(fault_url(cancel.port, "/", url), "{}");
	c.total_ms = 60000;
	c.cancel_fd = cancel.fd;
	assert_int_equal(pthread_create(&thread, NULL, cancel_when_it_came, &cancel), 0);
	assert_int_equal(call_http(&c, NULL, &w->arena, &w->answer, &w->err), 0);
	pthread_join(thread, NULL);
	assert_int_equal(w->answer.fate, CALL_CUT);
	assert_non_null(strstr(w->answer.problem, "cancelled"));
	assert_true(w->answer.took_ms < 30000);
	close(cancel.fd);
}

static void addresses_that_are_none_are_not_tried(void **state)
{
	static const char *const urls[] = {"file:///etc/passwd", "ftp://127.0.0.1/", "127.0.0.1:1/",
					   "http://127.0.0.1:1/\r\nX: y", ""};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct call c = post(urls[i], NULL);

		assert_true(call_http(&c, NULL, &w->arena, &w->answer, &w->err) < 0);
		assert_non_null(strstr(w->err.message, "not sent"));
	}
}

static void the_environment_is_not_asked(void **state)
{
	static const char *const names[] = {"http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"};
	struct world *w = *state;
	int trap = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	char url[128];

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		setenv(names[i], fault_url(trap, "", url), 1);
	try_at(w, FAULT_NONE, 0, NULL);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unsetenv(names[i]);
	assert_int_equal(w->answer.code, 200);
	assert_int_equal(fault_accepts(w->server, trap), 0);
}

static void credentials_come_from_the_configuration(void **state)
{
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	char url[128], match[128], head[4096];
	struct config_auth auth = {.bearer_env = "SPARKOPS_TEST_TOKEN"};
	struct config cfg = {.nauths = 1, .auths = &auth, .refs = 100};
	struct call c = post(fault_url(port, "/in/x", url), "{}");

	auth.match = fault_url(port, "/in/", match);
	assert_true(call_http(&c, &cfg, &w->arena, &w->answer, &w->err) < 0);
	assert_int_equal(fault_accepts(w->server, port), 0); /* no secret: not sent at all */
	setenv("SPARKOPS_TEST_TOKEN", "canary", 1);
	assert_int_equal(call_http(&c, &cfg, &w->arena, &w->answer, &w->err), 0);
	fault_last(w->server, port, head, sizeof(head));
	assert_non_null(strstr(head, "\r\nAuthorization: Bearer canary\r\n"));
	c.url = fault_url(port, "/out", url);
	assert_int_equal(call_http(&c, &cfg, &w->arena, &w->answer, &w->err), 0);
	fault_last(w->server, port, head, sizeof(head));
	assert_null(strstr(head, "canary"));
	auth.match = c.url = "http://192.0.2.1/"; /* not tried: the secret would go in the clear */
	assert_int_equal(call_http(&c, &cfg, &w->arena, &w->answer, &w->err), -ERR_REFUSED);
	unsetenv("SPARKOPS_TEST_TOKEN");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(an_answer_is_the_code_and_the_body),
		T(headers_are_sent_as_they_are),
		T(every_method_keeps_its_name),
		T(it_is_sent_once),
		T(each_call_has_its_own_connection),
		T(refused_was_not_sent),
		T(without_a_connection_nothing_was_sent),
		T(without_a_handshake_nothing_was_sent),
		T(silence_after_the_whole_request_is_sent),
		T(half_a_request_is_cut),
		T(half_an_answer_is_cut),
		T(a_body_without_end_is_capped),
		T(cancelled_before_it_began_it_was_not_sent),
		T(cancelled_on_its_way_it_is_cut),
		T(addresses_that_are_none_are_not_tried),
		T(the_environment_is_not_asked),
		T(credentials_come_from_the_configuration),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

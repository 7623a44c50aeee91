/* test_http.c - what is asked and what comes back over the bridge between libcurl and libuv; names
 * that hang. getaddrinfo is ours here, so that a name can hang; curl_multi_socket_action is
 * wrapped, so that it can fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "http_world.h"

static atomic_int look_ups, is_stalled_over;
static int fail_next_action;

static void nap(int ms)
{
	struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};

	nanosleep(&t, NULL);
}

/* Names under .stall hang until the test lets go; .good is loopback, .both has an address before
 * that at which nobody listens. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **res)
{
	static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	const char *dot = node ? strrchr(node, '.') : NULL;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (dot && strcmp(dot, ".stall") == 0) {
		look_ups++;
		for (int i = 0; i < 3000 && !is_stalled_over; i++)
			nap(10);
		return EAI_AGAIN;
	}
	if (dot && strcmp(dot, ".good") == 0) {
		look_ups++;
		return real("127.0.0.1", service, hints, res);
	}
	if (dot && strcmp(dot, ".both") == 0) {
		struct addrinfo any = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
		int rc = real("::1", service, &any, res);

		return rc ? rc : real("127.0.0.1", service, &any, &(*res)->ai_next);
	}
	return real(node, service, hints, res);
}

CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int bits, int *running)
{
	static CURLMcode (*real)(CURLM *, curl_socket_t, int, int *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "curl_multi_socket_action");
	if (fail_next_action) {
		fail_next_action = 0;
		return CURLM_INTERNAL_ERROR;
	}
	return real(multi, fd, bits, running);
}

static void answers_and_keeps_the_connection(void **state)
{
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	struct http_client *c = http_client_new(w->http);
	char url[128], head[4096];

	for (int i = 0; i < 20; i++) {
		struct answer a = ask_by(w, c, fault_url(port, i % 2 ? "/health" : "/x?y", url));

		assert_int_equal(a.result, HTTP_ANSWERED);
		assert_int_equal(a.code, 200);
		assert_string_equal(a.body, "{\"status\":\"ok\"}");
		assert_int_equal(a.is_new, i == 0);
	}
	assert_int_equal(fault_accepts(w->server, port), 1);
	assert_int_equal(fault_requests(w->server, port), 20);
	assert_int_equal(fault_heads(w->server), 0);
	fault_last(w->server, port, head, sizeof(head));
	assert_non_null(strstr(head, "GET /health HTTP/1.1\r\n"));
	assert_non_null(strstr(head, "User-Agent: sparkops/" SPARKOPS_VERSION "\r\n"));
	assert_non_null(strstr(head, "Accept-Encoding: gzip\r\n"));
	assert_null(strstr(head, "Authorization"));
	http_client_free(c);
}

static void redirects_are_answers(void **state)
{
	struct world *w = *state;
	char text[256];
	int other = fault_port(w->server, FAULT_NONE, 0, NULL, 0), port;
	struct answer a;

	snprintf(
		text, sizeof(text),
		"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n",
		other);
	port = fault_port(w->server, FAULT_NONE, 0, text, strlen(text));
	a = ask(w, port, "/");
	assert_int_equal(a.result, HTTP_ANSWERED);
	assert_int_equal(a.code, 302);
	assert_int_equal(fault_accepts(w->server, other), 0);
	assert_int_equal(fault_requests(w->server, port), 1);
}

static void codes_types_and_retry_after(void **state)
{
	struct world *w = *state;
	static const char busy[] =
		"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy";
	static const char html[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
				   "Content-Length: 12\r\n\r\n<html></html";
	static const char packed[] = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
				     "Content-Length: 5\r\n\r\nplain";
	static const char nine[] = "hello, no status line\r\n\r\n";
	struct answer a = ask(w, fault_port(w->server, FAULT_NONE, 0, busy, sizeof(busy) - 1), "/");

	assert_int_equal(a.code, 503);
	assert_int_equal(a.retry_after_ms, 7000);
	assert_string_equal(a.body, "busy");
	a = ask(w, fault_port(w->server, FAULT_NONE, 0, html, sizeof(html) - 1), "/");
	assert_int_equal(a.result, HTTP_ANSWERED);
	assert_string_equal(a.body, "<html></html");
	assert_true(is_absent(a.retry_after_ms));
	a = ask(w, fault_port(w->server, FAULT_CLOSING, 0, nine, sizeof(nine) - 1), "/");
	assert_int_equal(a.result, HTTP_BROKEN);
	assert_true(a.is_nonsense);
	assert_string_equal(a.problem, "answers, but not in HTTP; is this the right port?");
	a = ask(w, fault_port(w->server, FAULT_CLOSING, 0, packed, sizeof(packed) - 1), "/");
	assert_int_equal(a.result, HTTP_BROKEN);
	assert_true(a.is_nonsense);
	assert_string_equal(a.problem, "answers, but with a body that cannot be unpacked");
	a = ask(w, fault_port(w->server, FAULT_RESET_AT, 30, html, sizeof(html) - 1), "/");
	assert_int_equal(a.result, HTTP_BROKEN);
	assert_false(a.is_nonsense);
}

static void the_environment_changes_nothing(void **state)
{
	struct world *w = *state;
	int trap = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	int port = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY",
					    "all_proxy",  "ALL_PROXY",   NULL};
	char proxy[64], home[] = "/tmp/sparkops-home-XXXXXX", netrc[64], head[4096];
	FILE *f;

	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", trap);
	for (size_t i = 0; names[i]; i++)
		setenv(names[i], proxy, 1);
	assert_non_null(mkdtemp(home));
	snprintf(netrc, sizeof(netrc), "%s/.netrc", home);
	f = fopen(netrc, "w");
	assert_non_null(f);
	fputs("machine 127.0.0.1 login me password canary\n", f);
	fclose(f);
	setenv("HOME", home, 1);
	setenv("NETRC", netrc, 1);
	assert_int_equal(ask(w, port, "/").result, HTTP_ANSWERED);
	assert_int_equal(fault_accepts(w->server, trap), 0);
	fault_last(w->server, port, head, sizeof(head));
	assert_null(strstr(head, "Authorization"));
	assert_null(strstr(head, "Proxy"));
	for (size_t i = 0; names[i]; i++)
		unsetenv(names[i]);
	unlink(netrc);
	rmdir(home);
}

static void odd_urls_are_refused(void **state)
{
	struct world *w = *state;
	static const char *const urls[] = {"file:///etc/passwd", "gopher://127.0.0.1/", "",
					   "http://", "http://me:secret@127.0.0.1:1/"};
	struct http_client *c = http_client_new(w->http);

	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct answer a = ask_by(w, c, urls[i]);

		assert_int_equal(a.result, HTTP_OTHER);
		assert_null(strstr(a.problem, "secret"));
	}
	http_client_free(c);
}

static void no_tls_is_said_so(void **state)
{
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	struct http_client *c = http_client_new(w->http);
	struct answer a;
	char url[128];

	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", port);
	a = ask_by(w, c, url);
	assert_int_equal(a.result, HTTP_TLS);
	assert_true(a.problem[0]);
	assert_false(a.is_unasked);
	http_client_free(c);
}

/* Our own lack of descriptors is said as what it is. */
static void no_descriptor_is_not_its_fault(void **state)
{
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	int other = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	struct http_client *c = http_client_new(w->http);
	struct rlimit old, none;
	struct answer a;
	char url[128];

	/* libcurl and libuv have what they need; what its handle remembers of the first address is
	 * nothing to the next target */
	snprintf(url, sizeof(url), "http://name.both:%d/", port);
	assert_int_equal(ask_by(w, c, url).result, HTTP_ANSWERED);
	assert_int_equal(w->http->nidle, 1);
	http_client_free(c);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	a = ask(w, other, "/");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_int_equal(a.result, HTTP_OTHER);
	assert_true(a.is_unasked);
	assert_string_equal(a.problem, "Too many open files");
}

/* A look-up that hangs: others are answered meanwhile, its own request ends in time, and it can be
 * cancelled without waiting for it. The turns of the loop are what must not wait. */
static void a_stalled_name_blocks_nobody(void **state)
{
	struct world *w = *state;
	char url[128];
	struct http_client *bad = http_client_new(w->http), *good = http_client_new(w->http);
	struct answer a = {.world = w}, b = {.world = w};
	int port = fault_port(w->server, FAULT_NONE, 0, NULL, 0), during = 0;

	look_ups = is_stalled_over = 0;

	http_get(bad, "http://name.stall:80/", &limits, on_answer, &a);
	fault_url(port, "/", url);
	while (!a.n) {
		struct answer one = ask_by(w, good, url);
		assert_int_equal(one.result, HTTP_ANSWERED);
		during++;
	}
	assert_true(during > 10); /* a loop that waits for the name gets to one or two */
	assert_int_equal(a.result, HTTP_TIMED_OUT);
	assert_string_equal(a.problem, "no connection within 0.5 s");
	http_get(bad, "http://other.stall:80/", &limits, on_answer, &b);
	for (int i = 0; i < 2000 && look_ups < 2; i++) {
		uv_run(&w->loop, UV_RUN_NOWAIT);
		nap(1);
	}
	assert_int_equal(look_ups, 2);
	http_client_free(bad); /* while the look-up hangs for 30 s */
	assert_int_equal(is_stalled_over, 0);
	assert_int_equal(ask_by(w, good, url).result, HTTP_ANSWERED);
	assert_int_equal(b.n, 0);
	is_stalled_over = 1;
	http_client_free(good);
}

static void a_name_is_looked_up_again_only_after_a_failure(void **state)
{
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_CLOSING, 0, NULL, 0);
	int refused = fault_port(w->server, FAULT_REFUSED, 0, NULL, 0);
	struct http_client *c = http_client_new(w->http), *d = http_client_new(w->http);
	char url[128];

	look_ups = 0;
	snprintf(url, sizeof(url), "http://here.good:%d/", port);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask_by(w, c, url).result, HTTP_ANSWERED);
	assert_int_equal(look_ups, 1);
	snprintf(url, sizeof(url), "http://here.good:%d/", refused);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask_by(w, d, url).result, HTTP_REFUSED);
	assert_int_equal(look_ups, 4);
	http_client_free(c);
	http_client_free(d);
}

static void connections_survive_from_poll_to_poll(void **state)
{
	enum { TARGETS = 300, ROUNDS = 5 };
	struct world *w = *state;
	struct http_client *c[TARGETS];
	struct answer a = {.world = w};
	int ports[TARGETS];
	char url[128];

	for (int i = 0; i < TARGETS; i++) {
		c[i] = http_client_new(w->http);
		ports[i] = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	}
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < TARGETS; i++)
			http_get(c[i], fault_url(ports[i], "/", url), &limits, on_answer, &a);
		wait_answers(w, &a, (round + 1) * TARGETS);
	}
	/* and the bytes of the answers and the handles do not */
	assert_in_range(w->http->nspares, 1, HTTP_SPARES);
	assert_in_range(w->http->nidle, 1, HTTP_IDLE);
	for (int i = 0; i < TARGETS; i++) {
		assert_null(c[i]->body.data);
		assert_int_equal(fault_accepts(w->server, ports[i]), 1);
		assert_int_equal(fault_requests(w->server, ports[i]), ROUNDS);
		http_client_free(c[i]);
	}
	assert_int_equal(http_stats(w->http).connections, TARGETS);
}

static void long_answers_are_whole(void **state)
{
	enum { LEN = 700 * 1000, HEAD = 64 };
	struct world *w = *state;
	struct http_client *c = http_client_new(w->http);
	char *answer = xcalloc(1, HEAD + LEN), url[128];
	int head = snprintf(answer, HEAD, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", LEN);
	int port;

	memset(answer + head, 'x', LEN);
	port = fault_port(w->server, FAULT_NONE, 0, answer, (size_t)head + LEN);
	assert_false(c->is_long);
	for (int i = 0; i < 3; i++) {
		struct answer a = ask_by(w, c, fault_url(port, "/", url));

		assert_int_equal(a.result, HTTP_ANSWERED);
		assert_int_equal(a.len, LEN);
		assert_true(c->is_long && c->body.size > LEN); /* it keeps its buffer */
	}
	http_client_free(c);
	free(answer);
}

/* What curl keeps of a failure is nobody's: such a handle is not used again. */
static void a_handle_that_failed_goes(void **state)
{
	struct world *w = *state;
	static const enum fault_kind kinds[] = {FAULT_REFUSED, FAULT_RESET_AT, FAULT_SILENT};
	struct http_client *c = http_client_new(w->http);
	char url[128];

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		int good = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
		int bad = fault_port(w->server, kinds[i], 0, NULL, 0);

		assert_int_equal(ask_by(w, c, fault_url(good, "/", url)).result, HTTP_ANSWERED);
		assert_int_equal(w->http->nidle, 1);
		assert_int_not_equal(ask_by(w, c, fault_url(bad, "/", url)).result, HTTP_ANSWERED);
		assert_int_equal(w->http->nidle, 0);
	}
	http_client_free(c);
}

static void an_error_of_curl_begins_anew(void **state)
{
	struct world *w = *state;
	int silent = fault_port(w->server, FAULT_SILENT, 0, NULL, 0);
	int fine = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	struct http_client *c = http_client_new(w->http), *d = http_client_new(w->http);
	struct answer a = {.world = w}, b = {.world = w};
	char url[128];

	assert_int_equal(ask_by(w, d, fault_url(fine, "/", url)).result, HTTP_ANSWERED);
	http_get(c, fault_url(silent, "/", url), &limits, on_answer, &a);
	http_get(d, fault_url(fine, "/", url), &limits, on_answer, &b);
	fail_next_action = 1;
	wait_answers(w, &a, 1);
	wait_answers(w, &b, 1);
	assert_int_equal(a.result, HTTP_OTHER);
	assert_int_equal(http_stats(w->http).rebuilt, 1);
	assert_int_equal(ask_by(w, d, fault_url(fine, "/", url)).result, HTTP_ANSWERED);
	http_client_free(c);
	http_client_free(d);
}

static void on_answer_free(void *data, const struct http_reply *r)
{
	struct answer *a = data;

	assert_ptr_equal(a->world->http->current->data, a);
	http_client_free(a->world->http->current);
	on_answer(data, r); /* its body is still there */
	assert_string_equal(a->body, "{\"status\":\"ok\"}");
}

static void on_answer_again(void *data, const struct http_reply *r)
{
	struct answer *a = data;
	struct http_client *c = a->world->http->current;

	on_answer(data, r);
	if (a->n < 5)
		http_get(c, a->again, &limits, on_answer_again, a);
	assert_string_equal(r->body, "{\"status\":\"ok\"}");
}

static void callbacks_may_free_and_ask(void **state)
{
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_NONE, 0, NULL, 0);
	struct http_client *c = http_client_new(w->http), *d = http_client_new(w->http);
	struct answer a = {.world = w};
	char url[128];

	http_get(c, fault_url(port, "/", url), &limits, on_answer_free, &a);
	wait_answers(w, &a, 1);
	a.n = 0;
	a.again = url;
	http_get(d, url, &limits, on_answer_again, &a);
	wait_answers(w, &a, 5);
	http_client_free(d);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(answers_and_keeps_the_connection),
		TEST(redirects_are_answers),
		TEST(codes_types_and_retry_after),
		TEST(the_environment_changes_nothing),
		TEST(odd_urls_are_refused),
		TEST(no_tls_is_said_so),
		TEST(no_descriptor_is_not_its_fault),
		TEST(a_stalled_name_blocks_nobody),
		TEST(a_name_is_looked_up_again_only_after_a_failure),
		TEST(connections_survive_from_poll_to_poll),
		TEST(long_answers_are_whole),
		TEST(a_handle_that_failed_goes),
		TEST(an_error_of_curl_begins_anew),
		TEST(callbacks_may_free_and_ask),
	};
	int failed;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	curl_global_cleanup();
	return failed;
}

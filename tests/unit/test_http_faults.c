/* test_http_faults.c - servers that do wrong: silence, trickles, bombs, resets, half answers; and
 * the end of everything while they are at it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "http_world.h"

static void silent_servers_end_in_time(void **state)
{
	struct world *w = *state;
	struct answer a = ask(w, fault_port(w->server, FAULT_SILENT, 0, NULL, 0), "/");

	/* the last transfer: no other one brings the news */
	assert_int_equal(a.result, HTTP_TIMED_OUT);
	assert_string_equal(a.problem, "connected, but no answer within 0.8 s");
	a = ask(w, fault_port(w->server, FAULT_DEAF, 0, NULL, 0), "/");
	assert_int_equal(a.result, HTTP_TIMED_OUT);
	a = ask(w, fault_port(w->server, FAULT_TRICKLE, 200, NULL, 0), "/");
	assert_int_equal(a.result, HTTP_TIMED_OUT);
	a = ask(w, fault_port(w->server, FAULT_REFUSED, 0, NULL, 0), "/");
	assert_int_equal(a.result, HTTP_REFUSED);
}

static void a_body_of_one_byte_at_a_time_is_given_up(void **state)
{
	struct world *w = *state;
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n";
	int port = fault_port(w->server, FAULT_TRICKLE, 20, head, sizeof(head) - 1);
	struct http_limits patient = {.connect_ms = 500, .total_ms = 60000, .body_cap = 100000};
	struct http_client *c = http_client_new(w->http);
	struct answer a = {.world = w};
	static char long_answer[sizeof(head) + 10000];
	char url[128];

	memset(long_answer, 'x', sizeof(long_answer));
	memcpy(long_answer, head, sizeof(head) - 1);
	fault_change(w->server, port, FAULT_TRICKLE, 20, long_answer, sizeof(head) - 1 + 10000);
	http_get(c, fault_url(port, "/", url), &patient, on_answer, &a);
	wait_answers(w, &a, 1);
	assert_int_equal(a.result, HTTP_TIMED_OUT);
	assert_string_equal(a.problem, "the answer comes slower than 1024 bytes a second");
	http_client_free(c);
}

static size_t gzip_bomb(char **out, size_t unpacked)
{
	static char zeros[65536];
	z_stream z = {0};
	size_t cap = unpacked / 500 + 65536, head;

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
	*out = xmalloc(cap);
	head = (size_t)snprintf(
		*out, cap,
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n");
	z.next_out = (unsigned char *)*out + head;
	z.avail_out = (unsigned)(cap - head);
	for (size_t done = 0; done < unpacked; done += sizeof(zeros)) {
		z.next_in = (unsigned char *)zeros;
		z.avail_in = sizeof(zeros);
		assert_int_equal(deflate(&z, Z_NO_FLUSH), Z_OK);
	}
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return cap - z.avail_out;
}

static void decoded_bytes_are_capped(void **state)
{
	struct world *w = *state;
	char *bomb;
	size_t len = gzip_bomb(&bomb, 64U << 20);
	struct answer a = ask(w, fault_port(w->server, FAULT_CLOSING, 0, bomb, len), "/");

	assert_true(len < limits.body_cap); /* it is what it unpacks to that is too large */
	assert_int_equal(a.result, HTTP_TOO_LARGE);
	assert_true(a.len <= limits.body_cap);
	assert_string_equal(a.problem, "its body is over 1024 KiB");
	free(bomb);
	len = gzip_bomb(&bomb, 512U << 10); /* under the cap it is unpacked */
	a = ask(w, fault_port(w->server, FAULT_CLOSING, 0, bomb, len), "/");
	assert_int_equal(a.result, HTTP_ANSWERED);
	assert_int_equal(a.len, 512U << 10);
	free(bomb);
	a = ask(w, fault_port(w->server, FAULT_ENDLESS, 0, NULL, 0), "/");
	assert_int_equal(a.result, HTTP_TOO_LARGE);
	a = ask(w, fault_port(w->server, FAULT_HEADERS, 0, NULL, 0), "/");
	assert_int_equal(a.result, HTTP_TOO_LARGE);
	assert_string_equal(a.problem, "its headers are over 64 KiB");
}

static void resets_at_every_byte(void **state)
{
	struct world *w = *state;
	static const char whole[] =
		"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}";
	size_t len = sizeof(whole) - 1;
	int port = fault_port(w->server, FAULT_RESET_AT, 0, whole, len);
	struct http_client *c = http_client_new(w->http);
	char url[128];

	fault_url(port, "/", url);
	for (size_t i = 0; i < len; i++) {
		struct answer a;

		for (int with_reset = 0; with_reset < 2; with_reset++) {
			fault_change(w->server, port, with_reset ? FAULT_RESET_AT : FAULT_CLOSE_AT,
				     i, whole, len);
			a = ask_by(w, c, url);
			assert_int_equal(a.result, HTTP_BROKEN);
			assert_true(a.problem[0]);
		}
	}
	fault_change(w->server, port, FAULT_NONE, 0, NULL, 0);
	assert_int_equal(ask_by(w, c, url).result, HTTP_ANSWERED);
	http_client_free(c);
}

/* Descriptors are used again by the hundred while others are idle; one that stayed registered
 * would make its successor deaf. */
static void reused_descriptors_are_heard(void **state)
{
	struct world *w = *state;
	static const char half[] = "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"st";
	int broken =
		fault_port(w->server, FAULT_RESET_AT, sizeof(half) - 1, half, sizeof(half) - 1);
	int closing = fault_port(w->server, FAULT_CLOSING, 0, NULL, 0);
	struct http_client *a = http_client_new(w->http), *b = http_client_new(w->http);
	char url_a[128], url_b[128];

	fault_url(broken, "/", url_a);
	fault_url(closing, "/", url_b);
	for (int i = 0; i < 300; i++) {
		struct answer one = {.world = w}, two = {.world = w};

		http_get(a, url_a, &limits, on_answer, &one);
		http_get(b, url_b, &limits, on_answer, &two);
		wait_answers(w, &one, 1);
		wait_answers(w, &two, 1);
		assert_int_equal(one.result, HTTP_BROKEN);
		assert_int_equal(two.result, HTTP_ANSWERED);
	}
	http_client_free(a);
	http_client_free(b);
}

/* A server hangs up at the moment when its kept connection is used again: asked anew by libcurl, as
 * often as that happens - it counts them for each handle, and gives up at the sixth. */
static void a_server_that_hangs_up_is_asked_again(void **state)
{
	struct world *w = *state;
	int port = fault_port(w->server, FAULT_ONCE, 0, NULL, 0);
	struct http_client *c = http_client_new(w->http);
	char url[128];

	fault_url(port, "/", url);
	for (unsigned i = 0; i < 20; i++) {
		struct answer a = ask_by(w, c, url);

		assert_string_equal(a.problem, "");
		assert_int_equal(a.result, HTTP_ANSWERED);
		assert_true(a.is_new);
		assert_int_equal(fault_requests(w->server, port), i + 1);
	}
	http_client_free(c);
}

static void half_a_document_passes_as_bytes(void **state)
{
	struct world *w = *state;
	static const char half[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\":[1,\n";
	struct answer a = ask(w, fault_port(w->server, FAULT_NONE, 0, half, sizeof(half) - 1), "/");

	assert_int_equal(a.result, HTTP_ANSWERED);
	assert_int_equal(a.len, 9);
	assert_memory_equal(a.body, "{\"a\":[1,\n", 9);
}

static void stops_with_transfers_in_flight(void **state)
{
	for (int i = 0; i < 200; i++) {
		struct world w = {.server = ((struct world *)*state)->server};
		struct http_client *c[6];
		struct answer a = {.world = &w};
		enum fault_kind kinds[] = {FAULT_NONE,    FAULT_SILENT,  FAULT_DEAF,
					   FAULT_ENDLESS, FAULT_REFUSED, FAULT_NONE};
		static int ports[ARRAY_LEN(kinds)];
		char url[128];

		uv_loop_init(&w.loop);
		w.http = http_new(&w.loop, NULL);
		for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
			if (i == 0)
				ports[k] = fault_port(w.server, kinds[k], 0, NULL, 0);
			c[k] = http_client_new(w.http);
			http_get(c[k], fault_url(ports[k], "/", url), &limits, on_answer, &a);
		}
		for (int turn = 0; turn < i % 7; turn++)
			uv_run(&w.loop, UV_RUN_ONCE);
		for (size_t k = 0; i % 2 && k < ARRAY_LEN(kinds); k++)
			http_client_free(c[k]);
		http_stop(w.http);
		for (size_t k = 0; i % 2 == 0 && k < ARRAY_LEN(kinds); k++)
			http_client_free(c[k]);
		uv_run(&w.loop, UV_RUN_DEFAULT);
		assert_int_equal(uv_loop_close(&w.loop), 0);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(silent_servers_end_in_time),
		TEST(a_body_of_one_byte_at_a_time_is_given_up),
		TEST(decoded_bytes_are_capped),
		TEST(resets_at_every_byte),
		TEST(reused_descriptors_are_heard),
		TEST(a_server_that_hangs_up_is_asked_again),
		TEST(half_a_document_passes_as_bytes),
		TEST(stops_with_transfers_in_flight),
	};
	int failed;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	curl_global_cleanup();
	return failed;
}

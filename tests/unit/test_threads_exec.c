/* test_threads_exec.c - several acts at once: requests and commands from threads of their own,
 * under ThreadSanitizer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../../backend/net/call.h"
#include "../../backend/net/exec.h"
#include "fault_server.h"

enum { THREADS = 4, ROUNDS = 12 };

struct world {
	struct fault_server *server;
	int ports[3];
	atomic_uint ended, answered;
};

static void call_once(struct world *w, struct arena *a, int port)
{
	char url[128];
	struct call c = {.method = "POST",
			 .url = fault_url(port, "/", url),
			 .body = "{}",
			 .len = 2,
			 .connect_ms = 2000,
			 .total_ms = 5000,
			 .cancel_fd = -1};
	struct call_answer answer;
	struct err err;

	if (call_http(&c, NULL, a, &answer, &err) == 0 && answer.fate == CALL_ANSWERED)
		w->answered++;
}

static void run_once(struct world *w, struct arena *a, int code)
{
	const char *script = arena_printf(a, "echo %d; exit %d", code, code);
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	struct exec e = {.argv = argv, .timeout_ms = 20000, .cancel_fd = -1};
	struct exec_result r;
	struct err err;

	if (exec_run(&e, a, &r, &err) == 0 && r.exit_code == code &&
	    strtol(r.output, NULL, 10) == code)
		w->ended++;
}

static void *act(void *data)
{
	struct world *w = data;
	struct arena a;

	arena_init(&a);
	for (int i = 0; i < ROUNDS; i++) {
		call_once(w, &a, w->ports[i % 3]);
		run_once(w, &a, i + 1);
	}
	arena_release(&a);
	return NULL;
}

static void acts_do_not_disturb_each_other(void **state)
{
	struct world w = {.server = fault_start()};
	pthread_t threads[THREADS];

	(void)state;
	w.ports[0] = fault_port(w.server, FAULT_NONE, 0, NULL, 0);
	w.ports[1] = fault_port(w.server, FAULT_RESET_AT, 0, NULL, 0);
	w.ports[2] = fault_port(w.server, FAULT_CLOSING, 0, NULL, 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, act, &w), 0);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(w.ended, THREADS * ROUNDS);
	assert_int_equal(w.answered, THREADS * ROUNDS * 2 / 3);
	fault_stop(w.server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acts_do_not_disturb_each_other),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

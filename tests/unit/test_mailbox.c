/* test_mailbox.c - requests from another thread reach the loop in order, all of them, and who finds
 * the queue full is told so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "../../backend/mailbox.h"

enum { MANY = 20000 };

struct world {
	uv_loop_t loop;
	struct mailbox *mailbox;
	int64_t taken, refused;
	bool is_stopped;
};

static void on_take(void *data, const struct request *r)
{
	struct world *w = data;

	assert_int_equal(r->line, w->taken);
	w->taken++;
}

static void on_stop(void *data)
{
	struct world *w = data;

	assert_false(w->is_stopped);
	w->is_stopped = true;
	mailbox_close(w->mailbox);
}

static void *send_many(void *data)
{
	struct world *w = data;
	struct request r = {.kind = REQUEST_POLL_NOW};

	for (r.line = 0; r.line < MANY; r.line++) {
		while (mailbox_put(w->mailbox, &r, NULL)) {
			w->refused++;
			sched_yield();
		}
	}
	mailbox_ask_stop(w->mailbox);
	return NULL;
}

static void all_arrive_in_order(void **state)
{
	struct world w = {0};
	pthread_t sender;

	(void)state;
	uv_loop_init(&w.loop);
	w.mailbox = mailbox_new(&w.loop, on_take, on_stop, &w);
	assert_int_equal(pthread_create(&sender, NULL, send_many, &w), 0);
	uv_run(&w.loop, UV_RUN_DEFAULT);
	pthread_join(sender, NULL);
	assert_true(w.is_stopped);
	/* what still waited when the end was asked for is dropped; nothing before it is */
	assert_true(w.taken > MANY - 65 && w.taken <= MANY);
	assert_int_equal(uv_loop_close(&w.loop), 0);
	mailbox_free(w.mailbox);
}

static void a_full_one_refuses(void **state)
{
	struct world w = {0};
	struct request r = {.kind = REQUEST_POLL_NOW};
	struct err err;

	(void)state;
	uv_loop_init(&w.loop);
	w.mailbox = mailbox_new(&w.loop, on_take, on_stop, &w);
	for (r.line = 0; r.line < 64; r.line++)
		assert_int_equal(mailbox_put(w.mailbox, &r, &err), 0);
	assert_int_equal(mailbox_put(w.mailbox, &r, &err), -ERR_LIMIT);
	assert_string_equal(err.message, "64 requests wait already; try again");
	uv_run(&w.loop, UV_RUN_NOWAIT); /* one wake-up takes them all */
	assert_int_equal(w.taken, 64);
	assert_int_equal(mailbox_put(w.mailbox, &r, &err), 0);
	mailbox_ask_stop(w.mailbox);
	assert_int_equal(mailbox_put(w.mailbox, &r, &err), -ERR_REFUSED);
	uv_run(&w.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&w.loop), 0);
	assert_int_equal(mailbox_put(w.mailbox, &r, &err), -ERR_REFUSED);
	mailbox_free(w.mailbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_arrive_in_order),
		cmocka_unit_test(a_full_one_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

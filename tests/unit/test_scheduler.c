/* test_scheduler.c - when targets are polled and what is concluded from silence, over real sockets
 * and a loop of its own. */
#include "toy_source.h"

#include <setjmp.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "../../backend/poll_queue.h"
#include "fault_server.h"

struct world {
	uv_loop_t loop;
	uv_timer_t guard, probe;
	bool is_late;
	int64_t lag_max_ms; /* written by measure_lag() until it is joined */
	atomic_bool is_measured;
	struct config *cfg;
	struct fault_server *server;
	struct publish *publish;
	struct scheduler *scheduler;
	struct http *http;
	bool is_settled;
};

static struct config *config_make(int64_t interval_ms)
{
	const struct config *c;
	struct buf mistakes;

	buf_init(&mistakes, 4096);
	assert_int_equal(config_parse("test", "interval: 1s\n", 13, &c, &mistakes), 0);
	buf_release(&mistakes);
	((struct config *)(uintptr_t)c)->interval_ms = interval_ms;
	return (struct config *)(uintptr_t)c;
}

static int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	ntoys = 0;
	toys_sleep = toys_repeat = false;
	toy_started = toy_stopped = toy_aborted = 0;
	uv_loop_init(&w->loop);
	uv_timer_init(&w->loop, &w->guard);
	uv_timer_init(&w->loop, &w->probe);
	w->guard.data = w->probe.data = w;
	w->server = fault_start();
	*state = w;
	return 0;
}

static int add_toy(struct world *w, enum fault_kind kind, size_t amount, const char *body)
{
	char answer[512];
	int port;

	snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
		 strlen(body), body);
	port = fault_port(w->server, kind, amount, answer, strlen(answer));
	fault_url(port, "/toy", toy_urls[ntoys++]);
	return port;
}

static void on_world_settled(void *data)
{
	struct world *w = data;

	w->is_settled = true;
}

static void begin(struct world *w, int64_t interval_ms)
{
	struct err err;

	w->cfg = config_make(interval_ms);
	w->publish = publish_new(w->cfg, &clock_real, &err);
	w->scheduler = scheduler_new(w->cfg, &clock_real, w->publish);
	publish_now(w->publish);
	w->http = http_new(&w->loop, w->cfg);
	uv_update_time(&w->loop);
	publish_start(w->publish, &w->loop);
	scheduler_start(w->scheduler, &w->loop, w->http, on_world_settled, w);
}

static int teardown(void **state)
{
	struct world *w = *state;

	if (w->scheduler) {
		scheduler_stop(w->scheduler);
		http_stop(w->http);
		publish_stop(w->publish);
	}
	uv_close((uv_handle_t *)&w->guard, NULL);
	uv_close((uv_handle_t *)&w->probe, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&w->loop) || toy_started != toy_stopped)
		return -1;
	if (w->scheduler) {
		scheduler_free(w->scheduler);
		publish_free(w->publish);
		config_unref(w->cfg);
	}
	fault_stop(w->server);
	free(w);
	return 0;
}

static void on_guard(uv_timer_t *t)
{
	struct world *w = t->data;

	w->is_late = true;
}

/* What this machine adds: how much too long a thread of its own sleeps that does nothing else. */
static void *measure_lag(void *data)
{
	struct world *w = data;
	struct timespec ten = {0, 10000000};

	while (!w->is_measured) {
		int64_t began = (int64_t)(uv_hrtime() / 1000000U);

		nanosleep(&ten, NULL);
		w->lag_max_ms =
			max_i64(w->lag_max_ms, (int64_t)(uv_hrtime() / 1000000U) - began - 10);
	}
	return NULL;
}

#define WAIT(w, condition)                                                                         \
	do {                                                                                       \
		(w)->is_late = false;                                                              \
		uv_timer_start(&(w)->guard, on_guard, 300000, 0);                                  \
		while (!(condition) && !(w)->is_late)                                              \
			uv_run(&(w)->loop, UV_RUN_ONCE);                                           \
		uv_timer_stop(&(w)->guard);                                                        \
		assert_true(condition);                                                            \
	} while (0)

static const struct section *section_of(struct world *w, size_t i)
{
	return w->scheduler->targets[i]->section;
}

static void polls_and_keeps_rows(void **state)
{
	struct world *w = *state;
	static const char broken[] = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
	int port = add_toy(w, FAULT_NONE, 0, "{\"status\":\"ok\",\"wheels\":4}");
	const struct section *s;
	const struct toy_row *row;

	begin(w, 100);
	assert_int_equal(w->scheduler->ntargets, 2); /* named twice, one target; and this host */
	assert_int_equal(section_of(w, 0)->state, SECTION_WAITING);
	WAIT(w, fault_requests(w->server, port) >= 5);
	WAIT(w, w->is_settled); /* this host, too */
	s = section_of(w, 0);
	assert_int_equal(s->state, SECTION_OK);
	assert_int_equal(s->code, 200);
	assert_int_equal(s->silent_probes, 0);
	row = dataset_one(s->data, &schema_toy);
	assert_int_equal(row->wheels, 4);
	fault_change(w->server, port, FAULT_NONE, 0, broken, sizeof(broken) - 1);
	WAIT(w, section_of(w, 0)->state == SECTION_FAILED);
	s = section_of(w, 0);
	assert_string_equal(s->problem, "not 200");
	assert_int_equal(s->silent_probes, 0); /* it did answer */
	row = dataset_one(s->data, &schema_toy);
	assert_int_equal(row->wheels, 4); /* the last good rows stay */
	assert_true(s->tried_at >= s->good_at);
	assert_int_equal(fault_accepts(w->server, port), 1);
}

static void nonsense_is_an_answer(void **state)
{
	struct world *w = *state;
	static const char ssh[] = "SSH-2.0-OpenSSH_9.2\r\n";
	int port = add_toy(w, FAULT_NONE, 0, "{}");

	fault_change(w->server, port, FAULT_CLOSING, 0, ssh, sizeof(ssh) - 1);
	begin(w, 100);
	WAIT(w, section_of(w, 0)->state == SECTION_FAILED);
	assert_non_null(strstr(section_of(w, 0)->problem, "answers, but not in HTTP"));
	assert_int_equal(section_of(w, 0)->silent_probes, 0);
}

/* A hung program takes no connections: the first one waits in its queue, and no other joins it. */
static void a_full_queue_is_asked_nothing(void **state)
{
	struct world *w = *state;
	int deaf = add_toy(w, FAULT_DEAF, 0, "{}");

	begin(w, 100);
	WAIT(w, section_of(w, 0)->silent_probes >= 4);
	assert_int_equal(poll_queue(w->scheduler->queues, toy_urls[0], INT32_MAX), 1);
	assert_int_equal(fault_accepts(w->server, deaf), 0);
	assert_non_null(strstr(section_of(w, 0)->problem, "1 connection waits at its port"));
	assert_int_equal(section_of(w, 0)->state, SECTION_LATE);
	assert_true(section_of(w, 0)->silent_ms > 0);
	assert_int_equal(poll_queue(w->scheduler->queues, "http://192.0.2.1:80/", 0), 0);
	assert_int_equal(poll_queue(w->scheduler->queues, "/srv/jobs/dlq", 0), 0);
}

/* Counts unanswered probes, keeps the rows, and never opens a second connection to who is silent,
 * however often somebody asks for it. */
static void silence_is_counted_in_probes(void **state)
{
	struct world *w = *state;
	int silent = add_toy(w, FAULT_SILENT, 0, "{}");
	int deaf;

	add_toy(w, FAULT_REFUSED, 0, "{}");
	deaf = add_toy(w, FAULT_DEAF, 0, "{}");

	begin(w, 100);
	WAIT(w, section_of(w, 0)->silent_probes == 1);
	while (section_of(w, 0)->silent_probes < 3) {
		WAIT(w, w->scheduler->targets[0]->is_polling);
		for (int i = 0; i < 20; i++)
			scheduler_poll_now(w->scheduler, "");
		WAIT(w, !w->scheduler->targets[0]->is_polling);
		for (int i = 0; i < 20; i++)
			scheduler_poll_now(w->scheduler, "");
		assert_true(w->scheduler->targets[0]->due_ms >=
			    (int64_t)uv_now(&w->loop) + 30); /* its back-off stands */
		assert_true(fault_clients(silent) <= 1);
		assert_true(fault_clients(deaf) <= 1);
	}
	assert_int_equal(section_of(w, 0)->state, SECTION_LATE);
	assert_string_equal(section_of(w, 0)->problem, "connected, but no answer within 0.4 s");
	assert_true(section_of(w, 0)->silent_ms > 800);
	assert_true(section_of(w, 0)->next_at >= section_of(w, 0)->tried_at + 50);
	assert_false(section_of(w, 0)->is_refused);
	assert_int_equal(fault_open_most(w->server, silent), 1);
	assert_true(fault_accepts(w->server, silent) <= 4);
	assert_int_equal(fault_heads(w->server), 0);
	WAIT(w, section_of(w, 1)->silent_probes >= 1);
	assert_true(section_of(w, 1)->is_refused);
	assert_int_equal(section_of(w, 1)->state, SECTION_FAILED);
	WAIT(w, section_of(w, 2)->silent_probes >= 2);
	assert_true(fault_clients(deaf) <= 1);
	assert_int_equal(fault_accepts(w->server, deaf), 0);
	fault_change(w->server, silent, FAULT_NONE, 0, NULL, 0);
	WAIT(w, section_of(w, 0)->state == SECTION_OK);
	assert_int_equal(section_of(w, 0)->silent_probes, 0);
	assert_int_equal(section_of(w, 0)->silent_ms, 0);
	assert_true(is_absent(section_of(w, 0)->next_at));
}

static void the_breaker_opens_and_closes(void **state)
{
	struct world *w = *state;
	int port = add_toy(w, FAULT_CLOSE_AT, 0, "{\"status\":\"x\"}");
	char good[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

	begin(w, 20);
	WAIT(w, w->scheduler->targets[0]->failures == 4);
	assert_int_equal(scheduler_stats(w->scheduler).open_breakers, 0);
	WAIT(w, w->scheduler->targets[0]->failures == 5);
	assert_int_equal(scheduler_stats(w->scheduler).open_breakers, 1);
	fault_change(w->server, port, FAULT_NONE, 0, good, sizeof(good) - 1);
	WAIT(w, w->scheduler->targets[0]->breaker == BREAKER_HALF);
	assert_int_equal(w->scheduler->targets[0]->failures, 5);
	fault_change(w->server, port, FAULT_CLOSE_AT, 0, good, sizeof(good) - 1);
	WAIT(w, w->scheduler->targets[0]->breaker == BREAKER_OPEN);
	fault_change(w->server, port, FAULT_NONE, 0, good, sizeof(good) - 1);
	WAIT(w, w->scheduler->targets[0]->breaker == BREAKER_CLOSED);
	assert_int_equal(w->scheduler->targets[0]->failures, 0);
	assert_int_equal(scheduler_stats(w->scheduler).open_breakers, 0);
}

static void retry_after_is_obeyed(void **state)
{
	struct world *w = *state;
	static const char busy[] =
		"HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n";
	int port = add_toy(w, FAULT_NONE, 0, "{}");
	int64_t due;

	fault_change(w->server, port, FAULT_NONE, 0, busy, sizeof(busy) - 1);
	begin(w, 20);
	WAIT(w, w->scheduler->targets[0]->polls == 1);
	due = w->scheduler->targets[0]->due_ms;
	assert_true(due >= (int64_t)uv_now(&w->loop) + 2500);
	scheduler_poll_now(w->scheduler, "");
	assert_int_equal(w->scheduler->targets[0]->due_ms, due);
	WAIT(w, fault_requests(w->server, port) == 2);
	assert_true((int64_t)uv_now(&w->loop) >= due);
}

static void a_poll_without_end_is_aborted(void **state)
{
	struct world *w = *state;

	add_toy(w, FAULT_NONE, 0, "{}");
	toys_sleep = true;
	begin(w, 100);
	WAIT(w, section_of(w, 0)->state == SECTION_LATE);
	assert_memory_equal(section_of(w, 0)->problem, "not done within ", 16);
	assert_int_equal(toy_aborted, 1);
	toys_sleep = false;
	WAIT(w, section_of(w, 0)->state == SECTION_OK);
}

/* Half of 200 targets are dead or silent; the schedule of the others is kept to a quarter of a
 * second, beyond what this machine itself adds. */
static void the_dead_delay_nobody(void **state)
{
	enum { TARGETS = 200, INTERVAL = 500, ROUNDS = 6 };
	struct world *w = *state;
	int ports[TARGETS];
	pthread_t lag;
	unsigned least = UINT32_MAX, most = 0;
	static const enum fault_kind kinds[] = {FAULT_NONE, FAULT_SILENT, FAULT_NONE,
						FAULT_DEAF, FAULT_NONE,   FAULT_REFUSED,
						FAULT_NONE, FAULT_TRICKLE};

	for (int i = 0; i < TARGETS; i++)
		ports[i] = add_toy(w, kinds[(size_t)i % ARRAY_LEN(kinds)], 100, "{\"wheels\":1}");
	assert_int_equal(pthread_create(&lag, NULL, measure_lag, w), 0);
	begin(w, INTERVAL);
	WAIT(w, fault_requests(w->server, ports[0]) >= ROUNDS);
	w->is_measured = true;
	pthread_join(lag, NULL);
	for (int i = 0; i < TARGETS; i += 2) {
		unsigned n = fault_requests(w->server, ports[i]);

		least = n < least ? n : least;
		most = n > most ? n : most;
		assert_int_equal(fault_accepts(w->server, ports[i]), 1);
		assert_int_equal(section_of(w, (size_t)i)->state, SECTION_OK);
	}
	assert_true(least + 3 >= ROUNDS && most <= ROUNDS + 3);
	assert_true(scheduler_stats(w->scheduler).late_max_ms <= 250 + w->lag_max_ms);
	for (int i = 1; i < TARGETS; i += 4) {
		if (kinds[(size_t)i % ARRAY_LEN(kinds)] == FAULT_SILENT)
			assert_int_equal(fault_open_most(w->server, ports[i]), 1);
	}
}

static void on_block(uv_timer_t *t)
{
	struct timespec two = {2, 300000000};

	(void)t;
	nanosleep(&two, NULL);
}

/* We were away for more than two seconds: what was under way says nothing about its target. */
static void our_own_absence_is_no_silence(void **state)
{
	struct world *w = *state;
	const struct snapshot *s;
	uint64_t polls;

	add_toy(w, FAULT_SILENT, 0, "{}");
	begin(w, 100);
	WAIT(w, section_of(w, 0)->silent_probes == 1);
	WAIT(w, w->scheduler->targets[0]->is_polling);
	polls = w->scheduler->targets[0]->polls;
	uv_timer_start(&w->probe, on_block, 0, 0);
	WAIT(w, scheduler_stats(w->scheduler).gaps == 1);
	assert_true(polls >= 1);
	/* the poll that was under way ends; the next may begin in the same turn of the loop */
	WAIT(w, w->scheduler->targets[0]->polls > polls);
	assert_int_equal(section_of(w, 0)->silent_probes, 1);
	assert_int_equal(w->scheduler->targets[0]->failures, 1);
	WAIT(w, section_of(w, 0)->silent_probes == 2);
	publish_now(w->publish);
	s = publish_latest(w->publish);
	assert_null(s->banner); /* two seconds of five minutes: windows go on */
	snapshot_unref(s);
}

static void a_new_configuration_keeps_what_stays(void **state)
{
	struct world *w = *state;
	int a = add_toy(w, FAULT_NONE, 0, "{\"wheels\":1}");
	int b = add_toy(w, FAULT_NONE, 0, "{\"wheels\":2}"), c;
	struct config *other = config_make(100);
	char url[128];

	begin(w, 100);
	WAIT(w, section_of(w, 0)->good_at != ABSENT && section_of(w, 1)->good_at != ABSENT);
	snprintf(url, sizeof(url), "%s", toy_urls[1]);
	c = add_toy(w, FAULT_NONE, 0, "{\"wheels\":3}");
	memcpy(toy_urls[0], toy_urls[2], sizeof(url)); /* c and b are left */
	ntoys = 2;
	scheduler_reconfigure(w->scheduler, other);
	assert_int_equal(w->scheduler->ntargets, 3);
	assert_int_equal(section_of(w, 0)->state, SECTION_WAITING);
	assert_int_equal(section_of(w, 1)->state, SECTION_OK);
	assert_string_equal(section_of(w, 1)->where, url);
	assert_int_equal(toy_stopped, 1);
	WAIT(w, section_of(w, 0)->state == SECTION_OK);
	assert_int_equal(fault_accepts(w->server, b), 1);
	assert_int_equal(fault_accepts(w->server, c), 1);
	assert_true(fault_accepts(w->server, a) == 1);
	config_unref(other);
}

static size_t asked_with_first(const struct world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < ntoys; i++)
		n += w->scheduler->targets[i]->asked_ms == w->scheduler->targets[0]->asked_ms &&
		     w->scheduler->targets[i]->polls > 1;
	return n;
}

/* A few targets share one wake-up, and none is asked sooner for it than after 0.9
 * of the interval. */
static void a_few_are_asked_together(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 20; i++)
		add_toy(w, FAULT_NONE, 0, "{\"wheels\":1}");
	begin(w, 500);
	WAIT(w, asked_with_first(w) == ntoys);
	WAIT(w, scheduler_stats(w->scheduler).in_flight == 0);
	for (size_t i = 0; i < ntoys; i++) {
		const struct target *t = w->scheduler->targets[i];

		assert_true(t->early_ms >= t->asked_ms + 450 && t->due_ms >= t->early_ms);
		assert_true(t->due_ms <=
			    max_i64(t->asked_ms + 550, (int64_t)uv_now(&w->loop) + 50));
	}
	/* this host's processes are not looked at so often */
	assert_int_equal(poll_interval(w->scheduler->targets[ntoys]), 2000);
}

/* What is only fresher waits for the full second; what is new does not. */
static void news_is_gathered(void **state)
{
	struct world *w = *state;
	const struct snapshot *s;
	uint64_t seq;
	int64_t began, looks; /* at this host: its JVMs are news each time */

	for (int i = 0; i < 20; i++)
		add_toy(w, FAULT_NONE, 0, "{\"wheels\":1}");
	toys_repeat = true;
	begin(w, 100);
	WAIT(w, w->is_settled);
	WAIT(w, !publish_is_behind(w->publish) || scheduler_stats(w->scheduler).polls > 60);
	began = (int64_t)uv_now(&w->loop);
	s = publish_latest(w->publish);
	seq = s->seq;
	looks = (int64_t)w->scheduler->targets[20]->polls;
	snapshot_unref(s);
	WAIT(w, scheduler_stats(w->scheduler).polls > 600);
	s = publish_latest(w->publish);
	looks = (int64_t)w->scheduler->targets[20]->polls - looks;
	assert_true((int64_t)(s->seq - seq) <=
		    ((int64_t)uv_now(&w->loop) - began) / 1000 + 2 + looks);
	assert_true(s->seq > seq);
	assert_int_equal(s->nsections, 21); /* and this host */
	snapshot_unref(s);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(polls_and_keeps_rows),          TEST(nonsense_is_an_answer),
		TEST(a_full_queue_is_asked_nothing), TEST(silence_is_counted_in_probes),
		TEST(the_breaker_opens_and_closes),  TEST(retry_after_is_obeyed),
		TEST(a_poll_without_end_is_aborted), TEST(the_dead_delay_nobody),
		TEST(our_own_absence_is_no_silence), TEST(a_new_configuration_keeps_what_stays),
		TEST(a_few_are_asked_together),      TEST(news_is_gathered),
	};
	int failed;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	curl_global_cleanup();
	return failed;
}

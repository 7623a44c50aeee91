/* test_window.c - counters into windows: what is known, what is only at least so, and what is not
 * known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../backend/rule/window.h"

enum { MIN = 60000, NOW = 1000 * MIN };

#define UNKNOWN ABSENT

static void first_look_knows_what_the_start_proves(void **state)
{
	static const struct {
		int64_t errors, born_ago; /* -1: start unknown */
		int64_t in_5m, in_1h;
	} table[] = {
		{0, -1, 0, 0},             /* none since whenever it began */
		{7, -1, UNKNOWN, UNKNOWN}, /* some, some time */
		{7, 2 * MIN, 7, 7},        /* all within its life of two minutes */
		{7, 45 * MIN, UNKNOWN, 7},
		{7, 30 * 24 * 60 * (int64_t)MIN, UNKNOWN, UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct counter c;
		int64_t born = table[i].born_ago < 0 ? ABSENT : NOW - table[i].born_ago;

		counter_init(&c);
		assert_int_equal(counter_read(&c, NOW, table[i].errors, born, LIFE_UNTOLD), ABSENT);
		assert_int_equal(counter_tally(&c, NOW, WINDOW_5M).n, table[i].in_5m);
		assert_int_equal(counter_tally(&c, NOW, WINDOW_1H).n, table[i].in_1h);
		counter_release(&c);
	}
}

static void increases_leave_the_window_in_time(void **state)
{
	struct counter c;

	(void)state;
	counter_init(&c);
	counter_read(&c, NOW, 0, ABSENT, LIFE_UNTOLD);
	for (int64_t t = 2000; t <= 600000; t += 2000)
		counter_read(&c, NOW + t, t >= 10000 ? 3 : 0, ABSENT, LIFE_UNTOLD);
	assert_int_equal(counter_tally(&c, NOW + 10000, WINDOW_5M).n, 3);
	assert_int_equal(counter_tally(&c, NOW + 10000 + WINDOW_5M - 1, WINDOW_5M).n, 3);
	assert_int_equal(counter_tally(&c, NOW + 10000 + WINDOW_5M, WINDOW_5M).n, 0);
	assert_int_equal(counter_tally(&c, NOW + 10000 + WINDOW_5M, WINDOW_1H).n, 3);
	/* ten minutes of looks do not cover an hour later */
	assert_int_equal(counter_tally(&c, NOW + 10000 + WINDOW_1H, WINDOW_1H).n, ABSENT);
	assert_int_equal(counter_tally(&c, NOW + 10000 + WINDOW_1H, WINDOW_1H).at_least, 0);
	assert_int_equal(steps_last_at(&c.steps), NOW + 10000);
	counter_release(&c);
}

static void a_count_that_cannot_be_is_the_most_that_can(void **state)
{
	struct counter c;

	(void)state;
	counter_init(&c);
	counter_read(&c, NOW, 0, ABSENT, LIFE_UNTOLD);
	for (int i = 1; i < 3000; i++)
		counter_read(&c, NOW + i * 1000, INT64_MAX - i % 2, ABSENT, LIFE_NEW);
	assert_int_equal(counter_tally(&c, NOW + 3000 * 1000, WINDOW_5M).at_least, INT64_MAX);
	counter_release(&c);
}

static void a_long_gap_is_not_guessed_into_a_window(void **state)
{
	struct counter c;
	struct tally t;

	(void)state;
	counter_init(&c);
	counter_read(&c, NOW, 0, ABSENT, LIFE_UNTOLD);
	counter_read(&c, NOW + 20 * MIN, 4, ABSENT, LIFE_UNTOLD);
	t = counter_tally(&c, NOW + 20 * MIN, WINDOW_5M);
	assert_int_equal(t.n, ABSENT);
	assert_int_equal(t.at_least, 0);
	assert_int_equal(counter_tally(&c, NOW + 20 * MIN, WINDOW_1H).n, 4);
	/* one more, seen at once: at least that */
	counter_read(&c, NOW + 20 * MIN + 2000, 5, ABSENT, LIFE_UNTOLD);
	t = counter_tally(&c, NOW + 20 * MIN + 2000, WINDOW_5M);
	assert_int_equal(t.n, ABSENT);
	assert_int_equal(t.at_least, 1);
	/* a gap in which nothing rose hides nothing */
	counter_read(&c, NOW + 50 * MIN, 5, ABSENT, LIFE_UNTOLD);
	assert_int_equal(counter_tally(&c, NOW + 50 * MIN, WINDOW_5M).n, 0);
	counter_release(&c);
}

static void a_restart_begins_at_zero_and_keeps_the_window(void **state)
{
	struct counter c;

	(void)state;
	counter_init(&c);
	counter_read(&c, NOW, 40, ABSENT, LIFE_UNTOLD);
	counter_read(&c, NOW + 2000, 42, ABSENT, LIFE_UNTOLD);
	/* the counter went down: a new process, 3 errors old */
	assert_int_equal(counter_read(&c, NOW + 4000, 3, NOW + 3000, LIFE_UNTOLD), 3);
	assert_int_equal(counter_tally(&c, NOW + 10 * MIN, WINDOW_1H).at_least, 5);
	/* a new life whose counter is already higher */
	assert_int_equal(counter_read(&c, NOW + 6000, 9, NOW + 5000, LIFE_NEW), 9);
	assert_int_equal(counter_tally(&c, NOW + 6000, WINDOW_5M).at_least, 14);
	/* windows begin anew: nothing is left of it */
	counter_restart(&c);
	assert_int_equal(counter_tally(&c, NOW + 6000, WINDOW_5M).n, ABSENT);
	assert_int_equal(counter_read(&c, NOW + 7000, 0, ABSENT, LIFE_UNTOLD), ABSENT);
	assert_int_equal(counter_tally(&c, NOW + 7000, WINDOW_5M).n, 0);
	assert_int_equal(counter_read(&c, NOW + 7000, ABSENT, ABSENT, LIFE_UNTOLD), ABSENT);
	counter_release(&c);
}

static void a_job_that_fails_all_the_time_stays_small(void **state)
{
	struct counter c;
	int64_t n = 0;

	(void)state;
	counter_init(&c);
	counter_read(&c, NOW, 0, ABSENT, LIFE_UNTOLD);
	for (int64_t t = 200; t <= 2 * WINDOW_1H; t += 200)
		counter_read(&c, NOW + t, ++n, ABSENT, LIFE_UNTOLD);
	assert_true(c.steps.n <= 512);
	assert_in_range(counter_tally(&c, NOW + 2 * WINDOW_1H, WINDOW_5M).n, 1470, 1530);
	assert_in_range(counter_tally(&c, NOW + 2 * WINDOW_1H, WINDOW_1H).n, 17900, 18100);
	counter_release(&c);
}

static void buckets_have_gaps_where_nobody_looked(void **state)
{
	struct arena a;
	struct minutes m;
	struct series s;
	static const float dated[] = {5, 6, 7};

	(void)state;
	arena_init(&a);
	minutes_init(&m);
	assert_int_equal(minutes_series(&m, NOW, 15, 1, &a).n, 0);
	minutes_add(&m, NOW, NOW + 2000, 4);
	minutes_add(&m, NOW + 2000, NOW + 4000, 0);
	minutes_add(&m, NOW + 4 * MIN, NOW + 4 * MIN + 1000, 2);
	s = minutes_series(&m, NOW + 4 * MIN + 1000, 15, 1, &a);
	assert_int_equal(s.n, 15);
	assert_int_equal(s.end_at, NOW + 5 * MIN);
	assert_float_equal(s.v[14], 2, 0);
	assert_float_equal(s.v[10], 4, 0);
	assert_true(isnan(s.v[11]) && isnan(s.v[13]) && isnan(s.v[0]));
	/* a minute that is not over says nothing yet */
	s = minutes_whole(&m, NOW + 4 * MIN + 1000, 15, 1, &a);
	assert_int_equal(s.end_at, NOW + 4 * MIN);
	assert_float_equal(s.v[11], 4, 0);
	assert_true(isnan(s.v[14]));
	assert_float_equal(minutes_whole(&m, NOW + 5 * MIN, 15, 1, &a).v[14], 2, 0);
	/* dates fill only what is empty */
	minutes_fill(&m, NOW + 4 * MIN + 1000,
		     &(struct series){.end_at = NOW + 5 * MIN, .step_ms = MIN, .n = 3, .v = dated});
	s = minutes_series(&m, NOW + 4 * MIN + 1000, 15, 1, &a);
	assert_float_equal(s.v[12], 5, 0);
	assert_float_equal(s.v[13], 6, 0);
	assert_float_equal(s.v[14], 2, 0);
	/* a long interval is spread over its minutes */
	minutes_add(&m, NOW + 10 * MIN, NOW + 15 * MIN, 50);
	s = minutes_series(&m, NOW + 15 * MIN, 15, 1, &a);
	assert_float_equal(s.v[9], 10, 0.001);
	assert_float_equal(s.v[13], 10, 0.001);
	/* two hours later it is all gone */
	assert_int_equal(minutes_series(&m, NOW + 150 * MIN, 15, 1, &a).n, 0);
	minutes_add(&m, NOW + 150 * MIN, NOW + 150 * MIN, 1);
	s = minutes_series(&m, NOW + 150 * MIN, MINUTES, 1, &a);
	assert_float_equal(s.v[59], 1, 0);
	for (size_t i = 0; i < 59; i++)
		assert_true(isnan(s.v[i]));
	arena_release(&a);
}

static void a_rate_needs_a_minute(void **state)
{
	int64_t step = MINUTE_MS / SAMPLES_PER_WINDOW;
	struct samples s = {0};

	(void)state;
	assert_true(isnan(samples_rate(&s, NOW, MINUTE_MS, 90000)));
	for (int64_t t = 0; t <= 50000; t += 500)
		samples_add(&s, NOW + t, t / 10, step);
	assert_true(isnan(samples_rate(&s, NOW + 50000, MINUTE_MS, 90000)));
	for (int64_t t = 50000; t <= 120000; t += 2000)
		samples_add(&s, NOW + t, t / 10, step);
	assert_float_equal(samples_rate(&s, NOW + 120000, MINUTE_MS, 90000), 100, 0.01);
	/* old readings give no rate, and neither does another life's counter */
	assert_true(isnan(samples_rate(&s, NOW + 300000, MINUTE_MS, 90000)));
	samples_add(&s, NOW + 122000, 5, step);
	assert_true(isnan(samples_rate(&s, NOW + 122000, MINUTE_MS, 90000)));
}

/* A batch of 600 records a minute, read every second: never 0, once two of them are covered. */
static void a_rate_does_not_fall_to_0_between_batches(void **state)
{
	int64_t window = rate_window(60);
	struct samples s = {0};

	(void)state;
	assert_int_equal(window, 120000);
	assert_int_equal(rate_window(4), MINUTE_MS);
	assert_int_equal(rate_window(ABSENT_REAL), MINUTE_MS);
	assert_int_equal(rate_window(1e9), RATE_WINDOW_MAX_MS);
	for (int64_t t = 0; t <= 600000; t += 1000) {
		double rate;

		samples_add(&s, NOW + t, t / 60000 * 600, window / SAMPLES_PER_WINDOW);
		rate = samples_rate(&s, NOW + t, window, window * 3 / 2);
		if (t < 120000)
			continue;
		assert_true(rate > 4 && rate < 11);
	}
}

static void quiet_is_learnt(void **state)
{
	struct quiet q;
	int64_t t = NOW, batches = 0;

	(void)state;
	quiet_init(&q);
	assert_int_equal(quiet_limit(&q, ABSENT), ABSENT);
	assert_int_equal(quiet_limit(&q, 60000), 60000);
	quiet_read(&q, t, batches, ABSENT);
	for (int i = 0; i < 5; i++)
		quiet_read(&q, t += 3 * MIN, batches += 3, 100);
	assert_int_equal(quiet_limit(&q, ABSENT), ABSENT); /* four gaps are no custom */
	quiet_read(&q, t += 3 * MIN, batches += 3, 100);
	assert_int_equal(quiet_limit(&q, ABSENT), 30 * MIN);
	assert_int_equal(quiet_for(&q, t + MIN, batches), ABSENT); /* no batch ran since */
	assert_int_equal(quiet_for(&q, t + 40 * MIN, batches + 40), 40 * MIN);
	quiet_init(&q);
	quiet_read(&q, t, batches, ABSENT);
	for (int i = 0; i < 8; i++)
		quiet_read(&q, t += 2000, ++batches, 100);
	assert_int_equal(quiet_limit(&q, ABSENT), QUIET_LEAST_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_look_knows_what_the_start_proves),
		cmocka_unit_test(increases_leave_the_window_in_time),
		cmocka_unit_test(a_count_that_cannot_be_is_the_most_that_can),
		cmocka_unit_test(a_long_gap_is_not_guessed_into_a_window),
		cmocka_unit_test(a_restart_begins_at_zero_and_keeps_the_window),
		cmocka_unit_test(a_job_that_fails_all_the_time_stays_small),
		cmocka_unit_test(buckets_have_gaps_where_nobody_looked),
		cmocka_unit_test(a_rate_needs_a_minute),
		cmocka_unit_test(a_rate_does_not_fall_to_0_between_batches),
		cmocka_unit_test(quiet_is_learnt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

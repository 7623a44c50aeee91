/* test_history_runs.c - runs of --once one after the other over one history: whoever runs it and
 * how often, each finds the errors of its windows. */
#include "rule_stage.h"

#include <stdlib.h>

#include "../../backend/store/history.h"
#include "../../backend/rule/window.h"
#include "files.h"

static const char place[] = "http://127.0.0.1:5001";

/* Errors by the time that has passed: three early, six at once, then one a minute. */
static int64_t errors_at(int64_t ms)
{
	int64_t n = ms >= 0 ? 40 : 0;

	n += ms >= 21 * S ? 3 : 0;
	n += ms >= 15 * MIN + 41 * S ? 6 : 0;
	return ms > 30 * MIN ? n + (ms - 30 * MIN) / MIN : n;
}

/* One run: a process of its own, what the ones before left, and what it leaves. */
static struct job_row run_once(struct history *h, int64_t ms)
{
	struct history_readings seen;
	struct rules_counters left;
	struct health_row *answer;
	struct err err = {0};
	struct job_row row;
	struct stage s;
	struct arena a;

	arena_init(&a);
	stage_init(&s, 1);
	s.cfg.is_once = true;
	s.at = NOW + ms;
	s.clock = clock_fixed(s.at, 0);
	if (history_get(h, place, s.at, &a, &seen, &err) != 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < seen.n; i++)
		rules_seed(s.rules, "alpha", &seen.v[i]);
	answer = healthy(&s, "alpha");
	answer->start_time = NOW - 30 * 24 * 60 * (int64_t)MIN;
	answer->uptime_seconds = (double)(s.at - answer->start_time) / 1000;
	answer->errors_count = errors_at(ms);
	look(&s);
	row = *job(&s, "alpha");
	assert_true(rules_counters(s.rules, "alpha", &left));
	assert_int_equal(history_put(h, place, &left, NULL), 0);
	stage_release(&s);
	arena_release(&a);
	return row;
}

static void check_window(int64_t got, int64_t ms, int64_t window_ms, int64_t blur_ms)
{
	int64_t least = errors_at(ms) - errors_at(ms - window_ms + 30 * S);
	int64_t most = errors_at(ms) - errors_at(ms - window_ms - blur_ms);

	if (is_absent(got) || got < least || got > most)
		fail_msg("after %lld s: %lld errors in %lld s, not %lld to %lld",
			 (long long)ms / 1000, (long long)got, (long long)window_ms / 1000,
			 (long long)least, (long long)most);
}

static struct history *history_begin(char folder[static 64])
{
	struct err err = {0};
	struct history *h;

	snprintf(folder, 64, "/tmp/sparkops-history-XXXXXX");
	assert_non_null(mkdtemp(folder));
	h = history_open(folder, &err);
	assert_non_null(h);
	return h;
}

static void every_run_finds_the_errors_of_its_windows(void **state)
{
	static const struct {
		int64_t every, late; /* late: by how much, every other time */
		int64_t other;       /* somebody else's, ABSENT */
		int64_t by_hand;     /* one each second for a minute from then on, ABSENT */
	} table[] = {
		{MIN, 0, ABSENT, ABSENT},
		{MIN, 900, MIN, ABSENT},
		{MIN, 900, ABSENT, 15 * MIN + 20 * S},
		{5 * MIN, 0, ABSENT, ABSENT},
		{5 * MIN, 2 * S, ABSENT, ABSENT},
		{5 * MIN, 2 * S, 5 * MIN, 15 * MIN + 20 * S},
		{5 * MIN, 2 * S, 7 * S, ABSENT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		char folder[64];
		struct history *h = history_begin(folder);

		for (int64_t ms = 0; ms <= 70 * MIN; ms += S) {
			bool is_late = ms / table[i].every % 2;
			int64_t due = ms % table[i].every;
			int64_t from = table[i].by_hand;
			int64_t at = ms + (due == 0 && is_late ? table[i].late : 0);
			bool is_due = due == 0 ||
				      (!is_absent(from) && ms >= from && ms < from + MIN) ||
				      (table[i].other > 0 && ms % table[i].other == 0);
			struct job_row row;

			if (!is_due)
				continue;
			row = run_once(h, at);
			if (ms >= 5 * MIN)
				check_window(row.errors_5m, at, WINDOW_5M, 30 * S);
			if (ms >= 60 * MIN)
				check_window(row.errors_1h, at, WINDOW_1H, 6 * MIN);
		}
		history_close(h);
		folder_remove(folder);
	}
}

/* Cron, a person a second later, and the person again. */
static void errors_are_not_forgotten_by_looking_twice(void **state)
{
	char folder[64];
	struct history *h = history_begin(folder);

	(void)state;
	run_once(h, 10 * MIN);
	run_once(h, 15 * MIN + 40 * S);
	for (int64_t ms = 15 * MIN + 41 * S; ms < 20 * MIN + 30 * S; ms += S) {
		struct job_row row = run_once(h, ms);

		assert_int_equal(row.errors_5m, 6);
		assert_int_equal(row.verdict, VERDICT_UNHEALTHY);
		ms += ms < 16 * MIN ? 0 : 29 * S;
	}
	history_close(h);
	folder_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_run_finds_the_errors_of_its_windows),
		cmocka_unit_test(errors_are_not_forgotten_by_looking_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_rule_moves.c - what moves in the answers of a job and what does not: an uptime that stands
 * alone, dates without a zone, counters that are corrected. */
#include "rule_stage.h"

/* Every 2 s a batch more, until `stop`; asked_at as the source has it: of the first such body. */
static struct health_row *goes_on(struct stage *s, int64_t t, int64_t stop)
{
	int64_t last = NOW + min_i64(t, stop);
	struct health_row *h = healthy(s, "alpha");

	h->batches_processed = 100 + min_i64(t, stop) / (2 * S);
	h->records_processed = h->batches_processed * 50;
	h->last_processed_at = last;
	h->seconds_since_last_batch = (double)(s->at - last) / 1000;
	return h;
}

static void an_uptime_that_stands_alone(void **state)
{
	static const double uptimes[] = {0, 36000};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(uptimes); i++) {
		struct stage s;

		stage_init(&s, 1);
		s.jobs[0].stale_after_ms = 8 * S;
		for (int64_t t = 0; t <= 200 * S; t += 2 * S) {
			int64_t stopped = t - 120 * S;
			struct health_row *h;

			s.at = NOW + t;
			h = goes_on(&s, t, 120 * S);
			h->uptime_seconds = uptimes[i];
			h->seconds_since_last_batch = 0; /* stands, too */
			look(&s);
			assert_int_equal(job(&s, "alpha")->verdict,
					 stopped > 8 * S ? VERDICT_STALE : VERDICT_HEALTHY);
			assert_false(says(job(&s, "alpha"), "stand still"));
		}
		stage_release(&s);
	}
}

/* Neither uptime nor seconds: the dates are hours off, and only batches that are seen to come tell
 * when the last one ended. */
static void dates_without_a_zone(void **state)
{
	static const int64_t hours[] = {-3, 3, 0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hours); i++) {
		int64_t off = hours[i] * 60 * MIN;
		struct stage s;

		stage_init(&s, 1);
		s.jobs[0].stale_after_ms = 60 * S;
		for (int64_t t = 0; t <= 300 * S; t += S) {
			struct health_row *h;
			const struct job_row *row;

			s.at = NOW + t;
			h = goes_on(&s, t, 200 * S);
			h->is_zoneless = TRI_TRUE;
			h->last_processed_at += off;
			h->start_time += off;
			h->uptime_seconds = h->seconds_since_last_batch = ABSENT_REAL;
			look(&s);
			row = job(&s, "alpha");
			if (t == 0 && off) {
				assert_int_equal(row->verdict, VERDICT_UNKNOWN);
				assert_true(says(row, off < 0 ? "dated 3h ago" : "dated 3h ahead"));
				assert_true(isnan(row->last_batch_age_s));
			} else if (t >= 2 * S) {
				assert_int_equal(row->verdict,
						 t > 260 * S ? VERDICT_STALE : VERDICT_HEALTHY);
				assert_in_range((int64_t)row->last_batch_age_s, 0,
						max_i64(t - 200 * S, 0) / S + 2);
				assert_in_range((int64_t)row->uptime_s, 45 * 60, 51 * 60);
			}
		}
		stage_release(&s);
	}
}

/* Nothing moves from our first look on: stale, once we have watched that for long enough. */
static void a_stop_without_a_zone(void **state)
{
	static const struct {
		int64_t ago; /* s, by the date as it stands */
		enum verdict first, after_a_minute, after_six;
	} table[] = {
		{10, VERDICT_HEALTHY, VERDICT_HEALTHY, VERDICT_STALE},
		{290, VERDICT_HEALTHY, VERDICT_STALE, VERDICT_STALE},
		{3 * 3600, VERDICT_UNKNOWN, VERDICT_UNKNOWN, VERDICT_STALE},
		{-3 * 3600, VERDICT_UNKNOWN, VERDICT_UNKNOWN, VERDICT_STALE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct stage s;

		stage_init(&s, 1);
		for (int64_t t = 0; t <= 6 * MIN; t += 5 * S) {
			struct health_row *h;
			enum verdict v = t < 5 * S      ? table[i].first
					 : t == MIN     ? table[i].after_a_minute
					 : t == 6 * MIN ? table[i].after_six
							: VERDICT_COUNT;

			s.at = NOW + t;
			h = healthy(&s, "alpha");
			h->is_zoneless = TRI_TRUE;
			h->last_processed_at = NOW - table[i].ago * S;
			h->uptime_seconds = h->seconds_since_last_batch = ABSENT_REAL;
			look(&s);
			if (v != VERDICT_COUNT)
				assert_int_equal(job(&s, "alpha")->verdict, v);
		}
		stage_release(&s);
	}
}

/* One look after another run: what that one read is watched, too. */
static void an_earlier_run_watched(void **state)
{
	static const struct {
		int64_t ago, batches;
		enum verdict verdict;
	} table[] = {
		{10 * MIN, 100, VERDICT_STALE},
		{10 * MIN, 90, VERDICT_HEALTHY},
		{MIN, 100, VERDICT_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const struct rules_counters c = {.at = NOW - table[i].ago,
						 .errors = 0,
						 .batches = table[i].batches,
						 .records = 14000,
						 .start_time = NOW - 45 * MIN,
						 .restarts = 0};
		struct health_row *h;
		struct stage s;

		stage_init(&s, 1);
		s.cfg.is_once = true;
		rules_seed(s.rules, "alpha", &c);
		h = healthy(&s, "alpha");
		h->is_zoneless = TRI_TRUE;
		h->last_processed_at = NOW - 3 * 60 * (int64_t)MIN;
		h->uptime_seconds = h->seconds_since_last_batch = ABSENT_REAL;
		look(&s);
		assert_int_equal(job(&s, "alpha")->verdict, table[i].verdict);
		stage_release(&s);
	}
}

/* Its start is the same and its uptime goes on: then a counter that falls was corrected. */
static void a_counter_that_falls(void **state)
{
	static const struct {
		int64_t start, uptime; /* s; of the second answer: what is added */
		int64_t second, third; /* errors_5m after 0 3 1 and after 2 */
		int64_t restarts;
	} table[] = {
		{0, 2, 3, 4, 0}, {2000, -2700, 4, 5, 1}, /* another life: that one is new */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		static const int64_t errors[] = {0, 3, 1, 2};
		struct stage s;

		stage_init(&s, 1);
		for (int k = 0; k < 4; k++) {
			struct health_row *h;

			s.at = NOW + k * 2 * S;
			h = healthy(&s, "alpha");
			h->errors_count = errors[k];
			h->start_time += k >= 2 ? table[i].start * S : 0;
			h->uptime_seconds += k >= 2 ? (double)table[i].uptime : 0;
			look(&s);
			if (k >= 2)
				assert_int_equal(job(&s, "alpha")->errors_5m,
						 k == 2 ? table[i].second : table[i].third);
		}
		assert_int_equal(job(&s, "alpha")->restarts, table[i].restarts);
		stage_release(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_uptime_that_stands_alone),
		cmocka_unit_test(dates_without_a_zone),
		cmocka_unit_test(a_stop_without_a_zone),
		cmocka_unit_test(an_earlier_run_watched),
		cmocka_unit_test(a_counter_that_falls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

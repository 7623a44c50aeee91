/* test_rule_queue.c - a job and its dead-letter queue about the same errors: what has a date in the
 * queue is an error of the last minutes, whether the job counts it or not. */
#include "rule_stage.h"

enum { DATES_MAX = 64 };

/* A queue of n entries, the first dated `newest` ms ago, each other one `step` ms before; counted
 * `ago` ms ago. */
static void queue_counted(struct stage *s, int64_t n, int64_t newest, int64_t step, int64_t ago)
{
	struct section *one = section(s, SOURCE_DLQ, "alpha", "/srv/dlq");
	struct dataset *d = dataset_new();
	struct dlq_folder_row *folder = ARENA_NEW(&d->arena, struct dlq_folder_row);
	struct dlq_entry_row *e = ARENA_ARRAY(&d->arena, struct dlq_entry_row, DATES_MAX);

	field_clear_row(&schema_dlq_folder, folder);
	folder->entries = n;
	folder->counted_at = s->at - ago;
	folder->counted_5m = folder->counted_1h = 0;
	folder->indexed_pct = 100;
	assert_in_range(n, 0, DATES_MAX);
	for (int64_t i = 0; i < n; i++) {
		field_clear_row(&schema_dlq_entry, &e[i]);
		e[i].at = s->at - newest - i * step;
		folder->counted_5m += e[i].at > folder->counted_at - 5 * MIN;
		folder->counted_1h += e[i].at > folder->counted_at - 60 * MIN;
		folder->last_at = max_i64(folder->last_at, e[i].at);
	}
	dataset_add(d, &schema_dlq_folder, folder, 1);
	dataset_add(d, &schema_dlq_entry, e, (size_t)n);
	one->data = d;
	put(s, one);
}

static void queue(struct stage *s, int64_t n, int64_t newest, int64_t step)
{
	queue_counted(s, n, newest, step, 0);
}

/* An entry every few seconds, and a job that counts none of them: that is so at every look, not
 * only once the queue has come to rest. */
static void a_growing_queue_is_never_green(void **state)
{
	static const struct {
		int64_t every;
		enum verdict in_the_end;
	} table[] = {{5 * S, VERDICT_UNHEALTHY},
		     {20 * S, VERDICT_UNHEALTHY},
		     {90 * S, VERDICT_DEGRADED}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		int64_t before = 0;
		struct stage s;

		stage_init(&s, 1);
		for (int64_t t = 0; t <= 150 * S; t += 2 * S) {
			int64_t n = 1 + t / table[i].every;

			s.at = NOW + t;
			healthy(&s, "alpha");
			queue(&s, n, t % table[i].every, table[i].every);
			look(&s);
			assert_int_equal(job(&s, "alpha")->errors_5m, n);
			assert_int_equal(job(&s, "alpha")->errors_1h, n);
			assert_int_equal(job(&s, "alpha")->verdict,
					 n < 5 ? VERDICT_DEGRADED : VERDICT_UNHEALTHY);
			assert_true(n >= before);
			before = n;
		}
		assert_int_equal(job(&s, "alpha")->verdict, table[i].in_the_end);
		assert_true(says(job(&s, "alpha"), "in 5 minutes that it does not count"));
		stage_release(&s);
	}
}

/* One look only: nothing has to settle for the number, but what has just come may yet be counted.
 */
static void one_look_at_a_queue(void **state)
{
	static const struct {
		int64_t n, newest, step, counted;
		int64_t in_5m, in_1h;
		enum verdict verdict;
		const char *uncounted; /* NULL: nobody says that it does not count */
	} table[] = {
		{7, 5100, 3 * S, 0, 7, 7, VERDICT_UNHEALTHY, "got 7 entries"},
		{7, 100, 3 * S, 0, 7, 7, VERDICT_UNHEALTHY, "got 5 entries"},
		{1, 100, 0, 0, 1, 1, VERDICT_DEGRADED, NULL},
		{1, 6 * S, 0, 0, 1, 1, VERDICT_DEGRADED, "got 1 entry in"},
		{3, 100, 60 * S, 3, 3, 3, VERDICT_DEGRADED, NULL},
		{3, 6 * MIN, 60 * S, 0, 0, 3, VERDICT_HEALTHY, NULL},
		{0, 0, 0, 0, 0, 0, VERDICT_HEALTHY, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct stage s;

		stage_init(&s, 1);
		s.cfg.is_once = true;
		healthy(&s, "alpha")->errors_count = table[i].counted;
		queue(&s, table[i].n, table[i].newest, table[i].step);
		look(&s);
		assert_int_equal(job(&s, "alpha")->errors_5m, table[i].in_5m);
		assert_int_equal(job(&s, "alpha")->errors_1h, table[i].in_1h);
		assert_int_equal(job(&s, "alpha")->verdict, table[i].verdict);
		assert_int_equal(says(job(&s, "alpha"), "that it does not count"),
				 table[i].uncounted != NULL);
		if (table[i].uncounted)
			assert_true(says(job(&s, "alpha"), table[i].uncounted));
		stage_release(&s);
	}
}

/* What failed before its start is an error of these minutes, and no contradiction. */
static void a_life_before_is_not_to_be_counted(void **state)
{
	struct health_row *h;
	struct stage s;

	(void)state;
	stage_init(&s, 1);
	h = healthy(&s, "alpha");
	h->start_time = NOW - 2 * MIN;
	h->uptime_seconds = 120;
	queue(&s, 7, 150 * S, 3 * S);
	look(&s);
	assert_int_equal(job(&s, "alpha")->errors_5m, 7);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNHEALTHY);
	assert_false(says(job(&s, "alpha"), "does not count"));
	stage_release(&s);
}

/* Job and queue count the same errors; the folder's count is of some seconds ago. What leaves the
 * window leaves both, and the job that counted it is not said to count it not. */
static void what_left_the_window_left_both(void **state)
{
	int64_t errors = 3;
	struct stage s;

	(void)state;
	stage_init(&s, 1);
	for (int64_t t = 0; t <= 6 * MIN; t += 2 * S) {
		s.at = NOW + t;
		queue_counted(&s, 1, t, 0, t % (26 * S));
		healthy(&s, "alpha")->errors_count = errors + (t >= 2 * S);
		look(&s);
		assert_false(says(job(&s, "alpha"), "does not count"));
		if (t > 5 * MIN + 8 * S)
			assert_int_equal(job(&s, "alpha")->errors_5m, 0);
	}
	stage_release(&s);
}

/* Without a folder the dates of /health/dlq prove what they can. */
static void dates_of_health_dlq(void **state)
{
	static const struct {
		const char *word;
		int64_t errors, total, first, last; /* seconds ago */
		int64_t in_5m;
		enum verdict verdict;
		const char *evidence;
	} table[] = {
		{"healthy", 0, 7, 60, 6, 7, VERDICT_UNHEALTHY, "got 7 entries in 5 minutes"},
		{"healthy", 0, 7, 60, 1, 7, VERDICT_UNHEALTHY, "7 errors in the last 5 minutes"},
		{"healthy", 0, 7, 7200, 10, ABSENT, VERDICT_DEGRADED, "at least 1 error in the"},
		{"healthy", 0, 7, 7200, 400, 0, VERDICT_HEALTHY, "no error in the last 5"},
		{"healthy", 0, 7, 7200, -86400, 0, VERDICT_HEALTHY, "no error in the last hour"},
		{"degraded", 7, 7, 7200, 10, ABSENT, VERDICT_DEGRADED, "at least 1 error in the"},
		{"unhealthy", 7, 7, 7200, 10, ABSENT, VERDICT_UNHEALTHY, "not all of them dated"},
		{"unhealthy", 7, 7, 200, 10, 7, VERDICT_UNHEALTHY, "7 errors in the last 5"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct health_row *h;
		struct stage s;

		stage_init(&s, 1);
		h = healthy(&s, "alpha");
		h->status = (const struct text *)(const void *)table[i].word;
		h->errors_count = table[i].errors;
		h->start_time = NOW - 24 * 60 * (int64_t)MIN;
		h->uptime_seconds = 24 * 3600;
		h->dlq_total_entries = table[i].total;
		h->dlq_first_at = NOW - table[i].first * S;
		h->dlq_last_at = NOW - table[i].last * S;
		h->dlq_asked_at = NOW;
		look(&s);
		if (job(&s, "alpha")->verdict != (int)table[i].verdict ||
		    !says(job(&s, "alpha"), table[i].evidence))
			fail_msg("%zu: %s: %s", i, verdict_names[job(&s, "alpha")->verdict],
				 text_str(job(&s, "alpha")->evidence.v[0]));
		assert_int_equal(job(&s, "alpha")->errors_5m, table[i].in_5m);
		stage_release(&s);
	}
}

/* Of a job without a health endpoint no start is known that its errors could be counted from. */
static void a_queue_knows_no_start(void **state)
{
	static struct count type = {(const struct text *)"A", 1};
	struct dlq_folder_row *folder;
	struct stage s;

	(void)state;
	stage_init(&s, 1);
	queue(&s, 2, 10 * S, S);
	folder = (struct dlq_folder_row *)(uintptr_t)dataset_one(s.sections[0]->data,
								 &schema_dlq_folder);
	folder->error_types = (struct counts){1, &type}; /* it has no date */
	look(&s);
	assert_int_equal(job(&s, "alpha")->errors_5m, 2);
	assert_true(says(job(&s, "alpha"), "1 x A in its dead-letter queue"));
	stage_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_growing_queue_is_never_green),
		cmocka_unit_test(one_look_at_a_queue),
		cmocka_unit_test(a_life_before_is_not_to_be_counted),
		cmocka_unit_test(what_left_the_window_left_both),
		cmocka_unit_test(dates_of_health_dlq),
		cmocka_unit_test(a_queue_knows_no_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_rule.c - look after look at one job: windows, restarts, gaps of our own loop, silence; and
 * that nothing is made anew without need. */
#include "rule_stage.h"

static void the_first_look(void **state)
{
	struct stage s;
	const struct job_row *row;
	struct health_row *h;

	(void)state;
	stage_init(&s, 1);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNKNOWN);
	h = healthy(&s, "alpha");
	h->errors_by_type = (struct counts){0};
	h->ready = TRI_TRUE;
	look(&s);
	row = job(&s, "alpha");
	assert_int_equal(row->verdict, VERDICT_HEALTHY);
	assert_int_equal(row->since, NOW);
	assert_int_equal(row->errors_5m, 0);
	assert_int_equal(row->errors_1h, 0);
	assert_int_equal(row->restarts, 0);
	assert_int_equal(row->batch_id.number, 42);
	assert_float_equal(row->last_batch_age_s, 4, 0.001);
	assert_float_equal(row->uptime_s, 2700, 0.001);
	assert_float_equal(row->records_per_s, 5.49, 0.001); /* its own average: no minute yet */
	assert_int_equal(row->ready, TRI_TRUE);
	assert_int_equal(row->live, TRI_ABSENT);
	assert_true(is_absent(row->dlq_entries) && is_absent(row->pid) && !row->application_id);
	assert_int_equal(row->headroom_basis, -1);
	assert_int_equal(row->error_type_series_n, row->errors_by_type.n);
	assert_int_equal(dataset_rows(s.out.incidents, &schema_job)->n, 0);
	assert_int_equal(dataset_rows(s.out.targets, &schema_target)->n, 1);
	assert_null(s.out.banner);
	stage_release(&s);
}

static void windows_by_looking(void **state)
{
	struct stage s;
	const struct job_row *row;

	(void)state;
	stage_init(&s, 1);
	watch(&s, 2 * S, 0, 1, 20);
	row = job(&s, "alpha");
	/* three errors, some time in a month: nothing dates them */
	assert_true(is_absent(row->errors_5m));
	assert_int_equal(row->verdict, VERDICT_DEGRADED);
	assert_true(says(row, "3 errors since start, nothing dates them"));
	watch(&s, 6 * MIN, 0, 1, 20);
	row = job(&s, "alpha");
	assert_int_equal(row->errors_5m, 0);
	assert_true(is_absent(row->errors_1h));
	assert_int_equal(row->verdict, VERDICT_DEGRADED);
	assert_float_equal(row->records_per_s, 10, 0.01);
	watch(&s, 56 * MIN, 0, 1, 20);
	row = job(&s, "alpha");
	assert_int_equal(row->errors_1h, 0);
	assert_int_equal(row->verdict, VERDICT_HEALTHY);
	assert_true(says(row, "a full hour without errors contradicts it"));
	assert_int_equal(row->activity.n, 15);
	assert_float_equal(row->activity.v[10], 30, 0.01);
	assert_float_equal(row->chart_records_per_s.v[50], 10, 0.01);
	/* a steady job looks steady in every second of a minute, also in its first ones */
	for (int i = 0; i < 35; i++) {
		watch(&s, 2 * S, 0, 1, 20);
		row = job(&s, "alpha");
		assert_float_equal(row->activity.v[14], 30, 0.01);
		assert_float_equal(row->chart_batches.v[59], 30, 0.01);
		assert_float_equal(row->chart_records_per_s.v[59], 10, 0.01);
	}
	watch(&s, 10 * S, 1, 1, 20);
	row = job(&s, "alpha");
	assert_int_equal(row->errors_5m, 5);
	assert_int_equal(row->verdict, VERDICT_UNHEALTHY);
	assert_true(row->nevents > 0);
	watch(&s, 5 * MIN + 10 * S, 0, 1, 20);
	assert_int_equal(job(&s, "alpha")->errors_5m, 0);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_DEGRADED);
	stage_release(&s);
}

static void quiet_jobs_are_seen(void **state)
{
	struct stage s;
	const struct job_row *row;

	(void)state;
	stage_init(&s, 1);
	watch(&s, 2 * S, -0, 1, 20);
	watch(&s, 62 * MIN, 0, 1, 20);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_HEALTHY);
	watch(&s, 14 * MIN, 0, 1, 0);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_HEALTHY);
	watch(&s, 2 * MIN, 0, 1, 0);
	row = job(&s, "alpha");
	assert_int_equal(row->verdict, VERDICT_DEGRADED);
	assert_true(says(row, "quiet: batches run, but none brought a record for 16m (limit 15m)"));
	assert_float_equal(row->records_per_s, 0, 0);
	watch(&s, 2 * S, 0, 1, 1);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_HEALTHY);
	stage_release(&s);
}

static void restarts_are_counted_once(void **state)
{
	struct stage s;
	struct health_row *h;
	const struct job_row *row;

	(void)state;
	stage_init(&s, 1);
	healthy(&s, "alpha");
	look(&s);
	/* another zone of the same start is no restart */
	s.at += 2 * S;
	h = healthy(&s, "alpha");
	h->start_time -= 3600000;
	look(&s);
	assert_int_equal(job(&s, "alpha")->restarts, 0);
	s.at += 10 * S;
	h = healthy(&s, "alpha");
	h->start_time = s.at - 3 * S;
	h->uptime_seconds = 3;
	h->batches_processed = 0;
	h->records_processed = 0;
	h->errors_count = 2;
	h->last_processed_at = ABSENT;
	h->seconds_since_last_batch = ABSENT_REAL;
	h->status = TEXT("initializing");
	look(&s);
	row = job(&s, "alpha");
	assert_int_equal(row->restarts, 1);
	assert_int_equal(row->errors_5m, 2);
	assert_int_equal(row->verdict,
			 VERDICT_UNHEALTHY); /* every batch of its short life failed */
	assert_true(row->nevents >= 2);
	assert_true(isnan(row->last_batch_age_s));
	s.at += 2 * S;
	look(&s);
	assert_int_equal(job(&s, "alpha")->restarts, 1);
	stage_release(&s);
}

/* Errors that go on are one event: the ring is for what else happened. */
static void a_flood_of_errors_hides_no_event(void **state)
{
	const struct job_row *row;
	struct stage s;

	(void)state;
	stage_init(&s, 1);
	watch(&s, 2 * S, 0, 1, 20);
	watch(&s, 62 * MIN, 0, 1, 20);
	watch(&s, 4 * MIN, 1, 1, 20);
	row = job(&s, "alpha");
	assert_in_range(row->nevents, 2, 8);
	assert_non_null(strstr(text_str(row->events[2].what), "degraded, was healthy"));
	assert_non_null(strstr(text_str(row->events[row->nevents - 1].what), " more errors"));
	assert_int_equal(row->events[row->nevents - 1].at, s.at);
	stage_release(&s);
}

static void a_gap_of_our_own_begins_windows_again(void **state)
{
	struct stage s;
	const struct job_row *row;

	(void)state;
	stage_init(&s, 1);
	watch(&s, 2 * S, 0, 1, 20);
	watch(&s, 62 * MIN, 0, 1, 20);
	assert_int_equal(job(&s, "alpha")->errors_1h, 0);
	s.at += 20 * MIN;
	s.gap_ms = 20 * MIN;
	watch(&s, 2 * S, 0, 1, 20);
	row = job(&s, "alpha");
	assert_true(is_absent(row->errors_5m) && is_absent(row->errors_1h));
	assert_non_null(s.out.banner);
	assert_non_null(strstr(s.out.banner, "did not look for 20m"));
	assert_non_null(
		strstr(text_str(row->events[row->nevents - 1].what), "degraded, was healthy"));
	watch(&s, 5 * MIN + 2 * S, 0, 1, 20);
	assert_int_equal(job(&s, "alpha")->errors_5m, 0);
	assert_null(s.out.banner);
	stage_release(&s);
}

static void stale_and_frozen(void **state)
{
	struct stage s;
	const struct job_row *row;
	const struct section *first;

	(void)state;
	stage_init(&s, 1);
	healthy(&s, "alpha");
	look(&s);
	first = s.sections[0];
	/* the same body again and again: asked_at stays, only good_at moves */
	for (int i = 0; i < 40; i++) {
		struct section *again;

		s.at += 2 * S;
		again = section(&s, SOURCE_HEALTH, "alpha", "http://127.0.0.1:5001");
		again->data = dataset_ref(s.sections[0]->data);
		put(&s, again);
		look(&s);
	}
	(void)first;
	row = job(&s, "alpha");
	assert_int_equal(row->verdict, VERDICT_DEGRADED);
	assert_true(says(row, "stand still: the same uptime for 1m20"));
	assert_float_equal(row->last_batch_age_s, 84, 0.001);
	for (int i = 0; i < 120; i++) {
		struct section *again;

		s.at += 2 * S;
		again = section(&s, SOURCE_HEALTH, "alpha", "http://127.0.0.1:5001");
		again->data = dataset_ref(s.sections[0]->data);
		put(&s, again);
		look(&s);
	}
	row = job(&s, "alpha");
	assert_int_equal(row->verdict, VERDICT_STALE);
	assert_true(says(row, "no batch for 5m24 (limit 5m)"));
	assert_true(says(row, "its own word is healthy all the same"));
	assert_in_range(row->since, NOW + 294 * S, NOW + 298 * S);
	stage_release(&s);
}

static void silence_is_counted_in_probes(void **state)
{
	struct stage s;
	const struct job_row *row;

	(void)state;
	stage_init(&s, 1);
	healthy(&s, "alpha");
	look(&s);
	for (int64_t n = 1; n <= 2; n++) {
		s.at += 4 * S;
		fail_probe(&s, SOURCE_HEALTH, "alpha", "http://127.0.0.1:5001", n, (n - 1) * 4 * S);
		look(&s);
		row = job(&s, "alpha");
		assert_int_equal(row->verdict, VERDICT_HEALTHY);
		assert_true(row->is_old);
	}
	s.at += 4 * S;
	fail_probe(&s, SOURCE_HEALTH, "alpha", "http://127.0.0.1:5001", 3, 8 * S);
	look(&s);
	row = job(&s, "alpha");
	assert_int_equal(row->verdict, VERDICT_UNREACHABLE);
	assert_int_equal(row->exit_class, EXIT_UNKNOWN);
	assert_true(says(row, "no answer to 3 probes in 8s"));
	assert_int_equal(row->since, s.at - 8 * S);
	/* what cannot be known now is not shown as if it were */
	assert_true(isnan(row->uptime_s) && isnan(row->records_per_s));
	assert_true(is_absent(row->errors_5m));
	assert_int_equal(row->batch_id.number, 42);
	s.at += 2 * S;
	fail_probe(&s, SOURCE_HEALTH, "alpha", "http://127.0.0.1:5001", 0, 0);
	look(&s);
	row = job(&s, "alpha");
	assert_int_equal(row->verdict, VERDICT_UNREACHABLE);
	assert_int_equal(row->exit_class, EXIT_CRITICAL);
	s.at += 2 * S;
	healthy(&s, "alpha");
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_HEALTHY);
	assert_int_equal(job(&s, "alpha")->since, s.at);
	stage_release(&s);
}

/* The mean of its life says nothing of now, where no batch came within the window. */
static void a_rate_is_of_now(void **state)
{
	struct stage s;
	struct health_row *h;

	(void)state;
	stage_init(&s, 1);
	healthy(&s, "alpha");
	look(&s);
	assert_float_equal(job(&s, "alpha")->records_per_s, 5.49, 0.001);
	stage_release(&s);
	stage_init(&s, 1);
	h = healthy(&s, "alpha");
	h->seconds_since_last_batch = 900;
	h->last_processed_at = s.at - 900 * S;
	h->records_per_second = 410;
	look(&s);
	assert_float_equal(job(&s, "alpha")->records_per_s, 0, 0);
	stage_release(&s);
	/* batches a minute apart: one 90 s ago is within two of them */
	stage_init(&s, 1);
	s.jobs[0].trigger_interval_ms = MIN;
	h = healthy(&s, "alpha");
	h->seconds_since_last_batch = 90;
	h->last_processed_at = s.at - 90 * S;
	look(&s);
	assert_float_equal(job(&s, "alpha")->records_per_s, 5.49, 0.001);
	stage_release(&s);
}

/* A start that lies ahead is a time of another zone: no uptime, and no errors of just now. */
static void a_start_in_the_future_tells_nothing(void **state)
{
	struct stage s;
	struct health_row *h;

	(void)state;
	stage_init(&s, 1);
	h = healthy(&s, "alpha");
	h->start_time = s.at + 9 * 60 * MIN;
	h->uptime_seconds = h->seconds_since_last_batch = ABSENT_REAL;
	h->errors_count = 7;
	look(&s);
	assert_true(isnan(job(&s, "alpha")->uptime_s));
	assert_true(is_absent(job(&s, "alpha")->errors_5m));
	assert_int_not_equal(job(&s, "alpha")->verdict, VERDICT_UNHEALTHY);
	stage_release(&s);
	/* a clock that is a second ahead is no zone */
	stage_init(&s, 1);
	h = healthy(&s, "alpha");
	h->start_time = s.at + S;
	h->uptime_seconds = ABSENT_REAL;
	look(&s);
	assert_float_equal(job(&s, "alpha")->uptime_s, 0, 0);
	stage_release(&s);
}

static void put_waiting(struct stage *s, enum source_id source)
{
	struct section *one = section(s, source, "alpha", "http://127.0.0.1:5001");

	one->state = SECTION_WAITING;
	one->tried_at = one->good_at = one->code = ABSENT;
	put(s, one);
}

/* One look that is over waits for nothing, and what came in meanwhile is no news. */
static void one_look_does_not_wait(void **state)
{
	struct stage s;

	(void)state;
	stage_init(&s, 1);
	put_waiting(&s, SOURCE_HEALTH);
	put_waiting(&s, SOURCE_SPARK);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNKNOWN);
	assert_true(says(job(&s, "alpha"), "waiting for the first answer"));
	s.cfg.is_once = true;
	s.at += S;
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNREACHABLE);
	assert_true(says(job(&s, "alpha"), "no answer to 1 probe from its health endpoint"));
	assert_false(says(job(&s, "alpha"), "waiting"));
	healthy(&s, "alpha");
	s.at += S;
	look(&s);
	assert_int_equal(job(&s, "alpha")->nevents, 0);
	stage_release(&s);
}

/* Health endpoint and UI come to the same state within one look: that is news as well. */
static void both_answers_at_once(void **state)
{
	struct stage s;

	(void)state;
	stage_init(&s, 1);
	put_waiting(&s, SOURCE_HEALTH);
	put_waiting(&s, SOURCE_SPARK);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNKNOWN);
	s.at += 50;
	fail_probe(&s, SOURCE_HEALTH, "alpha", "http://127.0.0.1:5001", 0, 0);
	fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 0, 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNREACHABLE);
	assert_true(says(job(&s, "alpha"), "connection refused"));
	stage_release(&s);
}

/* Why nobody answers, where it is more than silence. */
static void a_name_that_is_not_known_is_said(void **state)
{
	struct section *one;
	struct stage s;

	(void)state;
	stage_init(&s, 1);
	one = section(&s, SOURCE_HEALTH, "alpha", "http://nowhere:5001");
	one->state = SECTION_FAILED;
	one->silent_probes = 1;
	one->good_at = ABSENT;
	one->problem = "the host's name is not known";
	put(&s, one);
	look(&s);
	assert_true(says(job(&s, "alpha"), "no answer to 1 probe from its health endpoint "
					   "http://nowhere:5001: the host's name is not known"));
	one = section(&s, SOURCE_HEALTH, "alpha", "http://nowhere:5001");
	one->state = SECTION_LATE;
	one->silent_probes = 1;
	one->good_at = ABSENT;
	one->problem = "no answer within 4 s";
	put(&s, one);
	s.at += S;
	look(&s);
	assert_false(says(job(&s, "alpha"), "within 4 s"));
	stage_release(&s);
}

static void worst_first_and_shared_when_nothing_changed(void **state)
{
	static const char *const names[] = {"alpha", "beta", "gamma"};
	struct stage s;
	const struct rowset *set;
	const struct dataset *jobs, *executors_before;
	struct health_row *h;

	(void)state;
	stage_init(&s, 3);
	for (size_t i = 0; i < 3; i++)
		h = healthy(&s, names[i]);
	h->errors_count = 5;
	h->uptime_seconds = 60;
	look(&s);
	set = dataset_rows(s.out.jobs, &schema_job);
	assert_string_equal(text_str(((const struct job_row *)set->rows[0])->name), "gamma");
	assert_string_equal(text_str(((const struct job_row *)set->rows[1])->name), "alpha");
	jobs = dataset_ref(s.out.jobs);
	executors_before = s.out.executors;
	s.at += 50;
	look(&s);
	assert_ptr_equal(s.out.jobs, jobs);
	assert_ptr_equal(s.out.executors, executors_before);
	s.at += S;
	look(&s);
	assert_ptr_not_equal(s.out.jobs, jobs);
	dataset_unref(jobs);
	stage_release(&s);
}

static void another_configuration_keeps_the_windows(void **state)
{
	struct stage s;
	struct config cfg;
	struct config_job jobs[2] = {job_config("beta"), job_config("alpha")};
	const struct rowset *set;

	(void)state;
	stage_init(&s, 1);
	watch(&s, 2 * S, 0, 1, 20);
	watch(&s, 6 * MIN, 0, 1, 20);
	assert_int_equal(job(&s, "alpha")->errors_5m, 0);
	cfg = (struct config){.interval_ms = 2 * S, .njobs = 2, .jobs = jobs};
	rules_reconfigure(s.rules, &cfg);
	look(&s);
	set = dataset_rows(s.out.jobs, &schema_job);
	assert_int_equal(set->n, 2);
	assert_int_equal(job(&s, "alpha")->errors_5m, 0);
	assert_int_equal(job(&s, "beta")->verdict, VERDICT_UNKNOWN);
	cfg.njobs = 1;
	rules_reconfigure(s.rules, &cfg);
	look(&s);
	assert_int_equal(dataset_rows(s.out.jobs, &schema_job)->n, 1);
	stage_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_look),
		cmocka_unit_test(windows_by_looking),
		cmocka_unit_test(quiet_jobs_are_seen),
		cmocka_unit_test(restarts_are_counted_once),
		cmocka_unit_test(a_flood_of_errors_hides_no_event),
		cmocka_unit_test(a_gap_of_our_own_begins_windows_again),
		cmocka_unit_test(stale_and_frozen),
		cmocka_unit_test(silence_is_counted_in_probes),
		cmocka_unit_test(a_rate_is_of_now),
		cmocka_unit_test(a_start_in_the_future_tells_nothing),
		cmocka_unit_test(one_look_does_not_wait),
		cmocka_unit_test(both_answers_at_once),
		cmocka_unit_test(a_name_that_is_not_known_is_said),
		cmocka_unit_test(worst_first_and_shared_when_nothing_changed),
		cmocka_unit_test(another_configuration_keeps_the_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

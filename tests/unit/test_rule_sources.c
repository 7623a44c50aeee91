/* test_rule_sources.c - what several sources say together: an earlier run's counters, dates of the
 * dead-letter queue, Spark's executors, and contradictions. */
#include "rule_stage.h"

static void what_an_earlier_run_saw(void **state)
{
	static const struct {
		int64_t ago, errors_then, errors_now;
		int64_t in_5m, in_1h;
	} table[] = {
		{10 * MIN, 7, 7, 0, ABSENT},
		{70 * MIN, 7, 7, 0, 0},
		{3 * MIN, 7, 9, ABSENT, ABSENT},
		{25 * 60 * (int64_t)MIN, 7, 7, ABSENT, ABSENT}, /* older than a day */
		{-5 * MIN, 7, 7, ABSENT, ABSENT},               /* from the future */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct count type = {TEXT("Timeout"), table[i].errors_then};
		struct rules_counters c = {.at = NOW - table[i].ago,
					   .errors = table[i].errors_then,
					   .batches = 50,
					   .records = 1000,
					   .restarts = 2,
					   .start_time = NOW - 40 * 24 * 60 * (int64_t)MIN,
					   .errors_by_type = {1, &type}};
		struct rules_counters now;
		struct health_row *h;
		struct stage s;

		stage_init(&s, 1);
		rules_seed(s.rules, "alpha", &c);
		rules_seed(s.rules, "nobody", &c);
		assert_false(rules_counters(s.rules, "alpha", &now));
		h = healthy(&s, "alpha");
		h->start_time = c.start_time;
		h->uptime_seconds = (double)(NOW - c.start_time) / 1000;
		h->errors_count = table[i].errors_now;
		type.n = table[i].errors_now;
		h->errors_by_type = (struct counts){1, &type};
		look(&s);
		assert_int_equal(job(&s, "alpha")->errors_5m, table[i].in_5m);
		assert_int_equal(job(&s, "alpha")->errors_1h, table[i].in_1h);
		assert_true(rules_counters(s.rules, "alpha", &now));
		assert_int_equal(now.errors, table[i].errors_now);
		assert_int_equal(now.at, NOW);
		assert_int_equal(now.restarts,
				 is_absent(table[i].in_5m) && table[i].ago != 3 * MIN ? 0 : 2);
		assert_int_equal(now.errors_by_type.n, 1);
		stage_release(&s);
	}
}

/* A run a minute, as cron does it: each window is what the readings cover, over a restart, too. */
static void many_earlier_runs(void **state)
{
	struct stage s;
	struct health_row *h;
	struct count type = {TEXT("Timeout"), 0};

	(void)state;
	stage_init(&s, 1);
	for (int64_t m = 65; m >= 1; m--) {
		bool is_before = m > 3;
		struct rules_counters c = {.at = NOW - m * MIN,
					   .errors = is_before ? (m > 20  ? 7
								  : m > 4 ? 9
									  : 10)
							       : 1,
					   .batches = 100,
					   .records = 5000,
					   .restarts = is_before ? 2 : 3,
					   .start_time = is_before
								 ? NOW - 40 * 24 * 60 * (int64_t)MIN
								 : NOW - 3 * MIN - 30 * S};

		type.n = c.errors;
		c.errors_by_type = (struct counts){1, &type};
		rules_seed(s.rules, "alpha", &c);
	}
	h = healthy(&s, "alpha");
	h->start_time = NOW - 3 * MIN - 30 * S;
	h->uptime_seconds = 210;
	h->errors_count = type.n = 2;
	h->errors_by_type = (struct counts){1, &type};
	h->status = TEXT("degraded");
	look(&s);
	assert_int_equal(job(&s, "alpha")->restarts, 3);
	assert_int_equal(job(&s, "alpha")->errors_5m, 3);
	assert_int_equal(job(&s, "alpha")->errors_1h, 5);
	stage_release(&s);
}

static void a_queue_dates_the_first_look(void **state)
{
	struct stage s;
	struct health_row *h;
	struct section *one;
	struct dataset *d;
	struct dlq_folder_row *folder;
	struct dlq_entry_row *entry;
	const struct job_row *row;

	(void)state;
	stage_init(&s, 1);
	h = healthy(&s, "alpha");
	h->errors_count = 9;
	h->status = TEXT("unhealthy");
	h->start_time = NOW - 30 * 24 * 60 * (int64_t)MIN;
	h->uptime_seconds = (double)(NOW - h->start_time) / 1000;
	/* /health/dlq alone: nothing newer than two hours */
	h->dlq_total_entries = 9;
	h->dlq_last_at = NOW - 120 * MIN;
	h->dlq_first_at = NOW - 20 * 24 * 60 * (int64_t)MIN;
	h->dlq_asked_at = NOW;
	look(&s);
	row = job(&s, "alpha");
	assert_int_equal(row->errors_1h, 0);
	assert_int_equal(row->verdict, VERDICT_HEALTHY);
	assert_int_equal(row->dlq_entries, 9);
	assert_true(is_absent(row->dlq_pending));
	/* the folder knows better */
	one = section(&s, SOURCE_DLQ, "alpha", "/srv/dlq");
	d = dataset_new();
	folder = ARENA_NEW(&d->arena, struct dlq_folder_row);
	field_clear_row(&schema_dlq_folder, folder);
	folder->entries = 11;
	folder->pending = 10;
	folder->bad_lines = 2;
	folder->counted_at = NOW;
	folder->counted_5m = 2;
	folder->counted_1h = 4;
	folder->last_at = NOW - 20 * S;
	dataset_add(d, &schema_dlq_folder, folder, 1);
	entry = ARENA_NEW(&d->arena, struct dlq_entry_row);
	field_clear_row(&schema_dlq_entry, entry);
	dataset_add(d, &schema_dlq_entry, entry, 1);
	one->data = d;
	put(&s, one);
	s.at += 2 * S;
	look(&s);
	row = job(&s, "alpha");
	assert_int_equal(row->errors_5m, 2);
	assert_int_equal(row->errors_1h, 4);
	assert_int_equal(row->verdict, VERDICT_DEGRADED);
	assert_int_equal(row->dlq_entries, 11);
	assert_int_equal(row->dlq_pending, 10);
	assert_int_equal(row->dlq_bad_lines, 2);
	assert_int_equal(dataset_rows(s.out.dlq, &schema_dlq_entry)->n, 1);
	assert_ptr_equal(dataset_rows(s.out.dlq, &schema_dlq_entry)->rows[0], entry);
	assert_int_equal(dataset_rows(s.out.dlq, &schema_dlq_folder)->n, 1);
	stage_release(&s);
}

static void queue(struct stage *s, int64_t entries, int64_t in_5m)
{
	struct section *one = section(s, SOURCE_DLQ, "alpha", "/srv/dlq");
	struct dataset *d = dataset_new();
	struct dlq_folder_row *folder = ARENA_NEW(&d->arena, struct dlq_folder_row);

	field_clear_row(&schema_dlq_folder, folder);
	folder->entries = entries;
	folder->counted_at = s->at;
	folder->counted_5m = folder->counted_1h = in_5m;
	folder->last_at = s->at - 20 * S;
	dataset_add(d, &schema_dlq_folder, folder, 1);
	one->data = d;
	put(s, one);
}

/* A queue that is not seen whole, or not seen any more, proves no zero. */
static void what_is_not_seen_is_not_counted(void **state)
{
	float minutes[60] = {[57] = 6};
	const struct dataset *data;
	struct stage s;

	(void)state;
	stage_init(&s, 1);
	queue(&s, 8, ABSENT); /* a file of today cannot be read; the others show six */
	data = s.sections[0]->data;
	((struct dlq_folder_row *)(uintptr_t)dataset_one(data, &schema_dlq_folder))->trend =
		(struct series){s.at, MIN, 60, minutes};
	look(&s);
	assert_true(is_absent(job(&s, "alpha")->errors_5m));
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNHEALTHY);
	queue(&s, 8, 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->errors_5m, 0);
	s.at += 2 * MIN; /* nobody has read it since */
	look(&s);
	assert_true(is_absent(job(&s, "alpha")->errors_5m));
	stage_release(&s);
}

/* An earlier run counted three, this one eight, and the queue dates all of them. */
static void what_an_earlier_run_counted_is_not_dated_again(void **state)
{
	const struct rules_counters c = {.at = NOW - 90 * S,
					 .errors = 3,
					 .batches = 90,
					 .records = 14000,
					 .start_time = NOW - 45 * MIN,
					 .restarts = 0};
	struct stage s;

	(void)state;
	stage_init(&s, 1);
	rules_seed(s.rules, "alpha", &c);
	healthy(&s, "alpha")->errors_count = 8;
	queue(&s, 8, 8);
	look(&s);
	assert_int_equal(job(&s, "alpha")->errors_5m, 8);
	s.at += 10 * S;
	healthy(&s, "alpha")->errors_count = 9;
	queue(&s, 9, 9);
	look(&s);
	assert_int_equal(job(&s, "alpha")->errors_5m, 9);
	stage_release(&s);
}

/* Dates from before the first look and what was seen since add up, and nothing is counted twice. */
static void dates_and_looks_add_up(void **state)
{
	static const struct {
		int64_t entries_then, errors_then, in_5m_then; /* at the first look */
		int64_t new_errors, new_entries;               /* 10 s later */
		int64_t first, second;                         /* errors_5m */
	} table[] = {
		{9, 9, 2, 3, 3, 2, 5}, {9, 9, 2, 3, 0, 2, 5},           {9, 9, 0, 0, 0, 0, 0},
		{9, 9, 0, 1, 1, 0, 1}, {2, 7, 2, 1, 1, ABSENT, ABSENT}, {2, 7, 0, 1, 0, 0, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct stage s;
		struct health_row *h;

		stage_init(&s, 1);
		for (int k = 0; k < 2; k++) {
			s.at = NOW + k * 10 * S;
			h = healthy(&s, "alpha");
			h->errors_count = table[i].errors_then + k * table[i].new_errors;
			h->start_time = NOW - 30 * 24 * 60 * (int64_t)MIN;
			h->uptime_seconds = (double)(s.at - h->start_time) / 1000;
			queue(&s, table[i].entries_then + k * table[i].new_entries,
			      table[i].in_5m_then + k * table[i].new_entries);
			look(&s);
			assert_int_equal(job(&s, "alpha")->errors_5m,
					 k ? table[i].second : table[i].first);
		}
		stage_release(&s);
	}
}

static int first_job; /* that Spark still lists */

static void executors(struct stage *s, int64_t lost_at)
{
	struct section *one = section(s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040");
	struct dataset *d = dataset_new();
	struct app_row *app = ARENA_NEW(&d->arena, struct app_row);
	struct executor_row *e = ARENA_ARRAY(&d->arena, struct executor_row, 2);
	struct spark_job_row *j = ARENA_ARRAY(&d->arena, struct spark_job_row, 3);

	field_clear_row(&schema_app, app);
	app->application_id = TEXT("app-1");
	app->is_local = TRI_FALSE;
	app->started_at = NOW - 90 * MIN;
	app->driver_memory_bytes = (int64_t)1 << 30;
	app->driver_heap_used_bytes = (int64_t)1 << 29;
	app->executor_memory_bytes = (int64_t)1 << 29;
	dataset_add(d, &schema_app, app, 1);
	for (int i = 0; i < 2; i++) {
		field_clear_row(&schema_executor, &e[i]);
		e[i].executor_id = i ? TEXT("7") : TEXT("driver");
		e[i].application_id = TEXT("app-1");
		e[i].active = TRI_TRUE;
		e[i].cores = i * 2;
	}
	if (!is_absent(lost_at)) {
		e[1].active = TRI_FALSE;
		e[1].removed_at = lost_at;
		e[1].removed_reason = TEXT("Command exited with code 52");
	}
	dataset_add(d, &schema_executor, e, 2);
	for (int i = 0; i < 3; i++) {
		field_clear_row(&schema_spark_job, &j[i]);
		j[i].job_id = first_job + i;
		j[i].status = TEXT("SUCCEEDED");
		j[i].submitted_at = NOW - (12 - i) * MIN;
	}
	dataset_add(d, &schema_spark_job, j, 3);
	one->data = d;
	put(s, one);
}

/* Spark forgets its oldest jobs: of the minute where its list begins some may be missing, which
 * would look as if the job had been slow then. */
static void a_minute_half_forgotten_is_none(void **state)
{
	struct stage s;
	const struct job_row *row;

	(void)state;
	stage_init(&s, 1);
	first_job = 500;
	executors(&s, ABSENT);
	first_job = 0;
	look(&s);
	row = job(&s, "alpha");
	assert_true(isnan(row->activity.v[3]));
	assert_float_equal(row->activity.v[4], 1, 0);
	assert_float_equal(row->activity.v[5], 1, 0);
	assert_float_equal(row->activity.v[10], 0, 0);
	stage_release(&s);
}

static void spark_completes_the_job(void **state)
{
	struct stage s;
	const struct job_row *row;
	const struct executor_row *e;

	(void)state;
	stage_init(&s, 1);
	s.jobs[0].task_memory_bytes = (int64_t)128 << 20;
	executors(&s, ABSENT);
	look(&s);
	row = job(&s, "alpha");
	assert_int_equal(row->verdict, VERDICT_HEALTHY);
	assert_string_equal(text_str(row->application_id), "app-1");
	assert_float_equal(row->uptime_s, 5400, 0.001);
	assert_float_equal(row->heap_pct, 50, 0.001);
	assert_int_equal(row->heap_max_bytes, (int64_t)1 << 30);
	assert_int_equal(row->headroom_basis, BASIS_ESTIMATE);
	assert_float_equal(row->headroom_ratio, 512.0 / 384, 0.001);
	/* jobs of before we came fill the sparkline */
	assert_int_equal(row->activity.n, 15);
	assert_float_equal(row->activity.v[3], 1, 0);
	assert_true(isnan(row->activity.v[1]));
	assert_float_equal(row->activity.v[10], 0, 0);
	assert_int_equal(dataset_rows(s.out.executors, &schema_executor)->n, 2);
	e = dataset_rows(s.out.executors, &schema_executor)->rows[1];
	assert_string_equal(text_str(e->job), "alpha");
	assert_int_equal(e->configured_bytes, (int64_t)1 << 29);
	s.at += 2 * S;
	executors(&s, NOW);
	look(&s);
	row = job(&s, "alpha");
	assert_int_equal(row->verdict, VERDICT_DEGRADED);
	assert_int_equal(row->lost_to_oom_1h, 1);
	assert_int_equal(row->headroom_basis, BASIS_DISPROVED);
	assert_true(isnan(row->headroom_ratio));
	assert_true(says(row, "1 executor lost to exit 52"));
	/* an hour later it is over, although Spark says the same as before */
	s.at = NOW + 61 * MIN;
	look(&s);
	assert_int_equal(job(&s, "alpha")->lost_to_oom_1h, 0);
	assert_int_equal(job(&s, "alpha")->headroom_basis, -1);
	stage_release(&s);
}

static void contradictions_between_sources(void **state)
{
	struct stage s;
	struct section *master;
	struct dataset *d;
	struct cluster_app_row *app;

	(void)state;
	stage_init(&s, 1);
	healthy(&s, "alpha");
	executors(&s, ABSENT);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_HEALTHY);
	s.at += 2 * S;
	fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 0, 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_DEGRADED);
	assert_true(says(job(&s, "alpha"), "says healthy, but its driver is gone"));
	assert_true(is_absent(job(&s, "alpha")->heap_used_bytes));
	/* and the master knows that it was killed */
	master = section(&s, SOURCE_MASTER, "", "http://127.0.0.1:8080");
	d = dataset_new();
	app = ARENA_NEW(&d->arena, struct cluster_app_row);
	field_clear_row(&schema_cluster_app, app);
	app->application_id = TEXT("app-1");
	app->state = TEXT("KILLED");
	dataset_add(d, &schema_cluster_app, app, 1);
	master->data = d;
	put(&s, master);
	s.at += 2 * S;
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_CRASHED);
	assert_true(says(job(&s, "alpha"), "the master says its application is KILLED"));
	stage_release(&s);
}

static void a_dead_driver(struct stage *s, int step)
{
	static struct count type = {(const struct text *)"Py4JNetworkError", 3};
	struct health_row *h;
	struct section *one;
	struct dataset *d;
	struct dlq_folder_row *folder;
	struct dlq_group_row *group;

	if (step == 0) {
		h = healthy(s, "alpha");
		h->errors_count = 3;
		h->errors_by_type = (struct counts){1, &type};
		h->last_processed_at = s->at - 15 * MIN;
		h->seconds_since_last_batch = 15 * 60;
	} else if (step == 1) {
		fail_probe(s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 0, 0);
	} else {
		one = section(s, SOURCE_DLQ, "alpha", "/var/dlq/alpha");
		d = dataset_new();
		folder = ARENA_NEW(&d->arena, struct dlq_folder_row);
		group = ARENA_NEW(&d->arena, struct dlq_group_row);
		field_clear_row(&schema_dlq_folder, folder);
		folder->entries = 3;
		folder->indexed_pct = 100;
		field_clear_row(&schema_dlq_group, group);
		group->error_type = type.key;
		group->count = 3;
		group->last_at = NOW - 14 * MIN;
		dataset_add(d, &schema_dlq_folder, folder, 1);
		dataset_add(d, &schema_dlq_group, group, 1);
		one->data = d;
		put(s, one);
	}
}

static void wait_for_all(struct stage *s)
{
	static const enum source_id sources[] = {SOURCE_HEALTH, SOURCE_SPARK, SOURCE_DLQ};

	for (size_t i = 0; i < 3; i++) {
		struct section *one = section(s, sources[i], "alpha", "http://127.0.0.1:1");

		one->state = SECTION_WAITING;
		one->tried_at = one->good_at = ABSENT;
		put(s, one);
	}
	look(s);
}

/* The first answers come in any order; since when it is dead stands in the queue. */
static void since_when_does_not_depend_on_who_answers_first(void **state)
{
	static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					 {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	struct stage s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		stage_init(&s, 1);
		wait_for_all(&s);
		for (size_t k = 0; k < 3; k++) {
			s.at += 200;
			a_dead_driver(&s, orders[i][k]);
			look(&s);
		}
		assert_int_equal(job(&s, "alpha")->verdict, VERDICT_CRASHED);
		assert_int_equal(job(&s, "alpha")->since, NOW - 14 * MIN);
		/* and it stays so */
		s.at += 2 * S;
		a_dead_driver(&s, 0);
		look(&s);
		assert_int_equal(job(&s, "alpha")->since, NOW - 14 * MIN);
		stage_release(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(since_when_does_not_depend_on_who_answers_first),
		cmocka_unit_test(what_an_earlier_run_saw),
		cmocka_unit_test(many_earlier_runs),
		cmocka_unit_test(a_queue_dates_the_first_look),
		cmocka_unit_test(what_an_earlier_run_counted_is_not_dated_again),
		cmocka_unit_test(dates_and_looks_add_up),
		cmocka_unit_test(spark_completes_the_job),
		cmocka_unit_test(a_minute_half_forgotten_is_none),
		cmocka_unit_test(contradictions_between_sources),
		cmocka_unit_test(what_is_not_seen_is_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_rule_once.c - what one look can know: a job that died long ago is no better because its
 * errors are, and no verdict is as old as the process that looks. */
#include "jvm_stage.h"

#include "../../include/row/log.h"

static struct jvm_port ports[2];

/* An hour after its start; its last batch ended 20 min ago, its heap was full a minute later. */
static void begin(struct stage *s)
{
	struct health_row *h;

	stage_init(s, 1);
	s->cfg.is_once = true;
	s->jobs[0].ui = "http://127.0.0.1:4040";
	h = healthy(s, "alpha");
	h->status = TEXT("unhealthy");
	h->start_time = NOW - 60 * MIN;
	h->uptime_seconds = 3600;
	h->seconds_since_last_batch = 1200;
	h->last_processed_at = NOW - 20 * MIN;
}

static struct log_mark_row *marks(struct stage *s, size_t n)
{
	struct section *one = section(s, SOURCE_LOG, "alpha", "/srv/jobs/job.log");
	struct dataset *d = dataset_new();
	struct log_mark_row *row = ARENA_ARRAY(&d->arena, struct log_mark_row, n);

	for (size_t i = 0; i < n; i++)
		field_clear_row(&schema_log_mark, &row[i]);
	row[0].kind = LOG_KIND_OOM;
	row[0].name = row[0].text = TEXT("OutOfMemoryError: Java heap space");
	row[0].at = NOW - 19 * MIN;
	dataset_add(d, &schema_log_mark, row, n);
	one->data = d;
	put(s, one);
	return row;
}

static struct jvm_row *driver(struct stage *s)
{
	struct jvm_row *row = jvm_rows(s, 1);

	jvm_plain(row, "18423@1", 18423, JVM_DRIVER);
	jvm_listens(row, ports, 4040, 40417);
	row->counters_since = NOW - 2 * S;
	row->cpu_pct = 0;
	return row;
}

static void nothing_got_better(void **state)
{
	const struct job_row *row;
	struct stage s;

	(void)state;
	begin(&s);
	marks(&s, 1);
	fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 1, 0);
	look(&s);
	row = job(&s, "alpha");
	assert_int_equal(row->verdict, VERDICT_UNHEALTHY);
	assert_int_equal(row->exit_class, EXIT_CRITICAL);
	assert_int_equal(row->since, NOW - 19 * MIN);
	assert_true(says(row, "OutOfMemoryError: Java heap space 19m ago by its log, and no batch "
			      "since"));
	assert_true(says(row, "no answer to 1 probe from its driver's UI"));
	/* connections wait at its driver, which does nothing: it hangs since its last batch */
	driver(&s);
	ports[0].queue = 2;
	ports[0].queue_since = NOW - 2 * S;
	look(&s);
	row = job(&s, "alpha");
	assert_int_equal(row->verdict, VERDICT_HUNG);
	assert_int_equal(row->since, NOW - 20 * MIN);
	assert_int_equal(jvm(&s, 18423)->verdict, JVM_IS_HUNG);
	assert_true(jvm_says(jvm(&s, 18423), "2 connections wait at :4040, nobody accepts"));
	stage_release(&s);
}

static void it_may_have_recovered(void **state)
{
	struct log_mark_row *m;
	struct stage s;

	(void)state;
	begin(&s); /* its UI answers */
	marks(&s, 1);
	driver_answers(&s, "alpha", "app-1", 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_STALE);
	stage_release(&s);
	begin(&s); /* a new session */
	m = marks(&s, 2);
	m[1].kind = LOG_KIND_RECOVERED;
	m[1].name = m[1].text = TEXT("new Spark session");
	m[1].at = NOW - 18 * MIN;
	fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 1, 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_STALE);
	stage_release(&s);
	begin(&s); /* a batch since */
	marks(&s, 1)->at = NOW - 21 * MIN;
	fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 1, 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_STALE);
	stage_release(&s);
}

/* Nobody listens where it was: by no look is that a job with errors. */
static void its_ports_are_left(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	marks(&s, 1);
	fail_probe(&s, SOURCE_HEALTH, "alpha", "http://127.0.0.1:5001", 0, 0);
	fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 0, 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNREACHABLE);
	stage_release(&s);
}

/* What earlier runs left stands in for a date, if it is the same and not too old. */
static void no_verdict_is_as_old_as_the_look(void **state)
{
	static const struct {
		struct rules_standing stood;
		int64_t since;
		int exit_class; /* stale_after is 5 min */
	} table[] = {
		{{ABSENT, ABSENT, VERDICT_UNREACHABLE}, ABSENT, EXIT_UNKNOWN},
		{{NOW - MIN, NOW - 9 * MIN, VERDICT_UNREACHABLE}, NOW - 9 * MIN, EXIT_CRITICAL},
		{{NOW - MIN, NOW - 4 * MIN, VERDICT_UNREACHABLE}, NOW - 4 * MIN, EXIT_UNKNOWN},
		{{NOW - MIN, NOW - 9 * MIN, VERDICT_HEALTHY}, ABSENT, EXIT_UNKNOWN},
		{{NOW - 90 * MIN, NOW - 99 * MIN, VERDICT_UNREACHABLE}, ABSENT, EXIT_UNKNOWN},
		{{NOW + MIN, NOW - 9 * MIN, VERDICT_UNREACHABLE}, ABSENT, EXIT_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct rules_standing left;
		struct stage s;

		stage_init(&s, 1);
		s.cfg.is_once = true;
		if (!is_absent(table[i].stood.at))
			rules_seed_standing(s.rules, "alpha", &table[i].stood);
		fail_probe(&s, SOURCE_HEALTH, "alpha", "http://127.0.0.1:5001", 1, 0);
		look(&s);
		assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNREACHABLE);
		assert_int_equal(job(&s, "alpha")->since, table[i].since);
		assert_int_equal(job(&s, "alpha")->exit_class, table[i].exit_class);
		/* and the next run finds when this one saw it first */
		assert_true(rules_standing(s.rules, "alpha", &left));
		assert_int_equal(left.verdict, VERDICT_UNREACHABLE);
		assert_int_equal(left.at, NOW);
		assert_int_equal(left.since, is_absent(table[i].since) ? NOW : table[i].since);
		stage_release(&s);
	}
}

/* Dates move when the oldest line leaves the log: then the run before knows better. */
static void a_date_is_not_younger_than_the_run_before(void **state)
{
	struct rules_standing stood = {NOW - MIN, NOW - 50 * MIN, VERDICT_STALE};
	struct stage s;

	(void)state;
	begin(&s); /* stale for 15 min; a batch since that run says otherwise */
	rules_seed_standing(s.rules, "alpha", &stood);
	driver_answers(&s, "alpha", "app-1", 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->since, NOW - 15 * MIN);
	stage_release(&s);
	begin(&s);
	stood.since = NOW - 17 * MIN;
	rules_seed_standing(s.rules, "alpha", &stood);
	driver_answers(&s, "alpha", "app-1", 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->since, NOW - 17 * MIN);
	stage_release(&s);
}

/* That it is a zombie at the first look does not date its end; its last batch does. */
static void the_end_that_nobody_saw(void **state)
{
	struct jvm_row *row;
	struct stage s;

	(void)state;
	begin(&s);
	row = driver(&s);
	row->state = 'Z';
	row->threads = 1;
	row->exit_code = 52;
	row->state_since = row->counters_since;
	fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 0, 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_CRASHED);
	assert_int_equal(job(&s, "alpha")->since, NOW - 20 * MIN);
	stage_release(&s);
	begin(&s);
	row = driver(&s);
	row->state = 'Z';
	row->threads = 1;
	row->exit_code = 52;
	row->counters_since = NOW - 10 * MIN;
	row->state_since = NOW - 3 * MIN; /* it was watched for longer than that */
	fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 0, 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->since, NOW - 3 * MIN);
	stage_release(&s);
}

/* By the list of its Spark jobs, a minute old at most, and by what runs since before. */
static void how_its_spark_jobs_ended(void **state)
{
	static const struct {
		int64_t failed_at, succeeded_at, runs_since; /* before now; ABSENT */
		enum verdict verdict;
	} table[] = {
		{10 * S, ABSENT, ABSENT, VERDICT_UNHEALTHY},
		{10 * S, 6 * MIN, ABSENT, VERDICT_UNHEALTHY},
		{10 * S, 4 * MIN, ABSENT, VERDICT_DEGRADED},
		{10 * S, ABSENT, 4 * MIN, VERDICT_UNHEALTHY},
		{10 * S, ABSENT, 6 * MIN, VERDICT_DEGRADED},
		{6 * MIN, ABSENT, ABSENT, VERDICT_HEALTHY},
		{ABSENT, 10 * S, ABSENT, VERDICT_HEALTHY},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		int64_t runs_since = table[i].runs_since;
		struct app_row *app;
		struct stage s;

		stage_init(&s, 1);
		s.cfg.is_once = true;
		s.jobs[0].ui = "http://127.0.0.1:4040";
		if (!is_absent(runs_since))
			s.at -= runs_since - 30 * S; /* driver_answers() has them run for 30 s */
		app = driver_answers(&s, "alpha", "app-1", !is_absent(runs_since));
		s.at = NOW;
		app->jobs_failed_5m = 3;
		if (!is_absent(table[i].failed_at))
			app->job_failed_at = NOW - table[i].failed_at;
		if (!is_absent(table[i].succeeded_at))
			app->job_succeeded_at = NOW - table[i].succeeded_at;
		look(&s);
		assert_int_equal(job(&s, "alpha")->verdict, table[i].verdict);
		if (table[i].verdict != VERDICT_HEALTHY)
			assert_true(says(job(&s, "alpha"), "3"));
		stage_release(&s);
	}
}

static void what_its_other_endpoints_say_counts(void **state)
{
	struct stage s;

	(void)state;
	stage_init(&s, 1);
	s.cfg.is_once = true;
	healthy(&s, "alpha")->live = TRI_FALSE;
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_DEGRADED);
	assert_true(says(job(&s, "alpha"), "/health/live says that it is not alive"));
	stage_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_got_better),
		cmocka_unit_test(it_may_have_recovered),
		cmocka_unit_test(its_ports_are_left),
		cmocka_unit_test(no_verdict_is_as_old_as_the_look),
		cmocka_unit_test(a_date_is_not_younger_than_the_run_before),
		cmocka_unit_test(the_end_that_nobody_saw),
		cmocka_unit_test(how_its_spark_jobs_ended),
		cmocka_unit_test(what_its_other_endpoints_say_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

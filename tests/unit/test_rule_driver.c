/* test_rule_driver.c - look after look at a driver that ends: what tells a crash from an end, what
 * its job shows of its process, and executors that only their JVMs show. */
#include "jvm_stage.h"

#include "../../include/row/log.h"

static struct jvm_port ports[2];

static struct jvm_row *driver(struct stage *s, const char *id, int64_t pid)
{
	struct jvm_row *row = jvm_rows(s, 1);

	jvm_plain(row, id, pid, JVM_DRIVER);
	jvm_listens(row, ports, 4040, 40417);
	row->parent_pid = row->ppid = 18401;
	row->parent_gone = TRI_FALSE;
	row->heap_used_bytes = 300;
	row->heap_max_bytes = 400;
	return row;
}

/* A job that was found: its end is no alarm unless it left a sign. */
static void begin(struct stage *s)
{
	static const struct config_found found = {.jvm_id = "18423@1", .gone_at = ABSENT};

	stage_init(s, 1);
	s->jobs[0].ui = "http://127.0.0.1:4040";
	s->jobs[0].found = &found;
}

static void mark(struct stage *s, int kind, const char *name, int64_t at)
{
	struct section *one = section(s, SOURCE_LOG, "alpha", "/srv/jobs/job.log");
	struct dataset *d = dataset_new();
	struct log_mark_row *row = ARENA_NEW(&d->arena, struct log_mark_row);

	field_clear_row(&schema_log_mark, row);
	row->kind = kind;
	row->name = (const struct text *)(const void *)name;
	row->at = at;
	dataset_add(d, &schema_log_mark, row, 1);
	one->data = d;
	put(s, one);
}

static void later(struct stage *s)
{
	s->at += 2 * S;
}

static void what_its_process_shows(void **state)
{
	struct stage s;
	const struct job_row *row;

	(void)state;
	begin(&s);
	driver(&s, "18423@1", 18423);
	look(&s);
	row = job(&s, "alpha");
	assert_int_equal(row->pid, 18423);
	assert_int_equal(row->heap_used_bytes, 300);
	assert_int_equal(row->heap_max_bytes, 400);
	assert_float_equal(row->heap_pct, 75, 0.01);
	stage_release(&s);
}

/* What a job seemed to be before all of it was asked once was never seen: no event claims it. */
static void the_first_answers_are_no_news(void **state)
{
	struct section *waits;
	struct stage s;

	(void)state;
	begin(&s);
	waits = section(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040");
	waits->state = SECTION_WAITING;
	waits->tried_at = waits->good_at = waits->code = ABSENT;
	put(&s, waits);
	driver(&s, "18423@1", 18423)->started_at = s.at - 12 * S;
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_INITIALIZING);
	healthy(&s, "alpha")->errors_count = 1;
	later(&s);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNKNOWN);
	driver_answers(&s, "alpha", "app-1", 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_HEALTHY);
	assert_int_equal(job(&s, "alpha")->nevents, 0);
	later(&s);
	healthy(&s, "alpha")->errors_count = 2;
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_DEGRADED);
	assert_int_equal(job(&s, "alpha")->nevents, 2);
	stage_release(&s);
}

/* Nothing ran when its UI answered last. */
static void an_end_without_a_sign(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	driver(&s, "18423@1", 18423);
	driver_answers(&s, "alpha", "app-1", 0);
	look(&s);
	later(&s);
	jvm_rows(&s, 0);
	fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 0, 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_ENDED);
	assert_true(says(job(&s, "alpha"), "its driver java 18423 ended, and nothing says"));
	assert_true(is_absent(job(&s, "alpha")->pid));
	assert_int_equal(job(&s, "alpha")->exit_class, 0);
	/* for one that is expected always it is a crash */
	s.jobs[0].expect_always = true;
	s.at += S;
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_CRASHED);
	stage_release(&s);
}

/* What ran when its UI answered last could not have ended by itself. */
static void an_end_in_the_middle_of_work(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	driver(&s, "18423@1", 18423);
	driver_answers(&s, "alpha", "app-1", 1); /* one task of four in 30 s */
	look(&s);
	later(&s);
	jvm_rows(&s, 0);
	fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 0, 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_CRASHED);
	assert_true(says(job(&s, "alpha"), "1 Spark job ran that had about 90 s to go"));
	stage_release(&s);
}

static void the_end_of_a_stream(void **state)
{
	struct stage s;

	(void)state;
	for (int is_in_order = 0; is_in_order < 2; is_in_order++) {
		begin(&s);
		driver(&s, "18423@1", 18423);
		driver_answers(&s, "alpha", "app-1", 0)->streaming_queries = 1;
		look(&s);
		later(&s);
		if (is_in_order) {
			/* its context was stopped while its Python still lived */
			jvm_listens(driver(&s, "18423@1", 18423), ports, 0, 40417);
			look(&s);
			later(&s);
		}
		jvm_rows(&s, 0);
		fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 0, 0);
		look(&s);
		assert_int_equal(job(&s, "alpha")->verdict,
				 is_in_order ? VERDICT_ENDED : VERDICT_CRASHED);
		if (!is_in_order)
			assert_true(says(job(&s, "alpha"), "while a streaming query was active"));
		stage_release(&s);
	}
}

static void last_words_in_its_log(void **state)
{
	static const struct {
		int kind;
		int64_t before; /* how long before its end it was written */
		enum verdict verdict;
	} table[] = {
		{LOG_KIND_OOM, 20 * S, VERDICT_CRASHED},
		{LOG_KIND_OOM, 20 * MIN, VERDICT_ENDED}, /* it recovered from that */
		{LOG_KIND_KILLED, 5 * S, VERDICT_CRASHED},
		{LOG_KIND_RETRY, 5 * S, VERDICT_ENDED},
	};
	struct stage s;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		begin(&s);
		driver(&s, "18423@1", 18423);
		driver_answers(&s, "alpha", "app-1", 0);
		mark(&s, table[i].kind, "OutOfMemoryError: Java heap space", NOW - table[i].before);
		look(&s);
		later(&s);
		jvm_rows(&s, 0);
		fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 0, 0);
		look(&s);
		assert_int_equal(job(&s, "alpha")->verdict, table[i].verdict);
		stage_release(&s);
	}
}

/* A stopped context whose Python goes on to call it is a crash; one that nobody calls has ended. */
static void a_stopped_context_that_is_still_called(void **state)
{
	struct stage s;

	(void)state;
	for (int is_called = 0; is_called < 2; is_called++) {
		begin(&s);
		driver(&s, "18423@1", 18423);
		driver_answers(&s, "alpha", "app-1", 0);
		look(&s);
		for (int i = 0; i < 3; i++) {
			later(&s);
			jvm_listens(driver(&s, "18423@1", 18423), ports, 0, 40417);
			fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 0, 0);
			if (is_called)
				mark(&s, LOG_KIND_STOPPED_CONTEXT, "stopped SparkContext", s.at);
			look(&s);
		}
		assert_int_equal(job(&s, "alpha")->verdict,
				 is_called ? VERDICT_CRASHED : VERDICT_ENDED);
		assert_true(says(job(&s, "alpha"),
				 is_called ? "its log said before: stopped SparkContext"
					   : "its SparkContext is stopped, and nothing says"));
		stage_release(&s);
	}
}

/* Discovery asked its ports; what a UI holds was never got. Another's port that was given to its
 * job by hand, or one of the driver before it, was never its own. */
static void a_ui_that_closes_before_it_gave_data(void **state)
{
	static const struct config_found of_another = {.jvm_id = "17001@1", .gone_at = ABSENT};
	struct stage s;

	(void)state;
	for (int is_its = 1; is_its >= 0; is_its--) {
		begin(&s);
		if (!is_its)
			s.jobs[0].found = &of_another;
		driver(&s, "18423@1", 18423);
		look(&s);
		for (int i = 0; i < 3; i++) {
			later(&s);
			jvm_listens(driver(&s, "18423@1", 18423), ports, 0, 40417);
			fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 0, 0);
			look(&s);
		}
		assert_int_equal(jvm(&s, 18423)->verdict == JVM_IS_STRANDED, is_its);
		if (is_its)
			assert_true(jvm_says(jvm(&s, 18423), ":4040 any more, it was open 6s ago"));
		stage_release(&s);
	}
}

static void exit_codes_and_the_kernel(void **state)
{
	struct stage s;
	struct jvm_row *row;

	(void)state;
	begin(&s);
	for (int i = 0; i < 3; i++) {
		row = driver(&s, "18423@1", 18423);
		row->state = i ? 'Z' : 'S';
		row->threads = i ? 1 : 71;
		row->exit_code = i ? 137 : ABSENT;
		row->oom_kills_seen = 0;
		if (i)
			row->listens.n = 0;
		look(&s);
		later(&s);
	}
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_CRASHED);
	assert_int_equal(job(&s, "alpha")->pid, 18423);
	assert_true(says(job(&s, "alpha"), "exit code 137"));
	/* its parent has fetched the code: it is still known */
	jvm_rows(&s, 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_CRASHED);
	assert_true(says(job(&s, "alpha"), "it left with exit code 137"));
	/* anybody may have sent it */
	assert_non_null(strstr(text_str(job(&s, "alpha")->next), "it was killed (SIGKILL)"));
	stage_release(&s);
	begin(&s);
	driver(&s, "18423@1", 18423)->oom_kills_seen = 1;
	look(&s);
	later(&s);
	jvm_rows(&s, 0);
	look(&s);
	assert_true(says(job(&s, "alpha"), "the kernel ended 1 process of its control group"));
	assert_non_null(strstr(text_str(job(&s, "alpha")->next), "more spark.driver.memory"));
	stage_release(&s);
}

/* The last words of a Python that ended well are no failure; one that goes on calling fails. */
static void an_orderly_end_has_noise(void **state)
{
	struct stage s;

	(void)state;
	for (int is_retried = 0; is_retried < 2; is_retried++) {
		begin(&s);
		driver(&s, "18423@1", 18423);
		look(&s);
		for (int i = 0; i < 8; i++) {
			struct jvm_row *row;

			later(&s);
			row = driver(&s, "18423@1", 18423);
			row->state = 'Z';
			row->threads = 1;
			row->exit_code = 0;
			row->listens.n = 0;
			row->state_since = s.at - i * 2000;
			if (!i || is_retried)
				mark(&s, LOG_KIND_DEAD_SESSION, "Py4J: no JVM", s.at);
			look(&s);
		}
		assert_int_equal(job(&s, "alpha")->verdict,
				 is_retried ? VERDICT_CRASHED : VERDICT_ENDED);
		stage_release(&s);
	}
}

/* Nobody looked: that is no end. And a source that fails says nothing of who is gone. */
static void unseen_is_not_gone(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	look(&s);
	assert_int_not_equal(job(&s, "alpha")->verdict, VERDICT_ENDED);
	jvm_rows(&s, 0);
	look(&s);
	assert_int_not_equal(job(&s, "alpha")->verdict, VERDICT_ENDED);
	driver(&s, "18423@1", 18423);
	driver_answers(&s, "alpha", "app-1", 0);
	look(&s);
	later(&s);
	for (size_t i = 0; i < s.nsections; i++)
		if (s.sections[i]->source == SOURCE_JVM)
			((struct section *)(uintptr_t)s.sections[i])->state = SECTION_FAILED;
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_HEALTHY);
	stage_release(&s);
}

static const struct executor_row *executor(const struct stage *s, const char *id)
{
	const struct rowset *set = dataset_rows(s->out.executors, &schema_executor);

	for (size_t i = 0; i < set->n; i++) {
		const struct executor_row *row = set->rows[i];

		if (row->executor_id && text_is(row->executor_id, id))
			return row;
	}
	return NULL;
}

static void executors_without_http(void **state)
{
	struct stage s;
	struct jvm_row *rows;

	(void)state;
	begin(&s);
	for (int i = 0; i < 2; i++) {
		rows = jvm_rows(&s, 2);
		jvm_plain(&rows[0], "18423@1", 18423, JVM_DRIVER);
		jvm_listens(&rows[0], ports, 4040, 40417);
		jvm_plain(&rows[1], "18500@1", 18500, JVM_EXECUTOR);
		rows[1].driver_port = 40417;
		rows[1].driver_host = TEXT("127.0.0.1");
		rows[1].executor_id = TEXT("3");
		rows[1].application_id = TEXT("app-1");
		rows[1].cores = 2;
		rows[1].heap_used_bytes = 100;
		rows[1].heap_max_bytes = 400;
		rows[1].gc_pct = 5;
		look(&s);
		later(&s);
	}
	assert_non_null(executor(&s, "3"));
	assert_int_equal(executor(&s, "3")->cores, 2);
	assert_int_equal(executor(&s, "3")->active, TRI_TRUE);
	assert_int_equal(executor(&s, "3")->heap_used_bytes, 100);
	assert_float_equal(executor(&s, "3")->gc_pct, 5, 0.01);
	assert_true(text_is(executor(&s, "3")->job, "alpha"));
	assert_true(text_is(executor(&s, "3")->application_id, "app-1"));
	assert_non_null(executor(&s, "driver"));
	/* as soon as its UI answers, that lists them */
	driver_answers(&s, "alpha", "app-1", 0);
	look(&s);
	assert_null(executor(&s, "3"));
	stage_release(&s);
}

/* Its driver lists it until the heartbeat is overdue; an executor of another host says nothing. */
static void a_listed_executor_whose_process_is_gone(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	for (int i = 0; i < 3; i++) {
		struct jvm_row *rows = jvm_rows(&s, i < 2 ? 2 : 1);
		struct section *one = section(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040");
		struct dataset *d = dataset_new();
		struct executor_row *e = ARENA_ARRAY(&d->arena, struct executor_row, 2);

		jvm_plain(&rows[0], "18423@1", 18423, JVM_DRIVER);
		jvm_listens(&rows[0], ports, 4040, 40417);
		if (i < 2) {
			jvm_plain(&rows[1], "18500@1", 18500, JVM_EXECUTOR);
			rows[1].driver_port = 40417;
			rows[1].driver_host = TEXT("127.0.0.1");
			rows[1].executor_id = TEXT("3");
			rows[1].application_id = TEXT("app-1");
		}
		for (int k = 0; k < 2; k++) {
			field_clear_row(&schema_executor, &e[k]);
			e[k].application_id = TEXT("app-1");
			e[k].executor_id = k ? TEXT("4") : TEXT("3");
			e[k].active = TRI_TRUE;
		}
		dataset_add(d, &schema_executor, e, 2);
		one->data = d;
		put(&s, one);
		look(&s);
		later(&s);
		look(&s);
		assert_int_equal(executor(&s, "3")->is_gone, i == 2);
		assert_int_equal(executor(&s, "3")->active, TRI_TRUE);
		assert_false(executor(&s, "4")->is_gone);
	}
	stage_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_its_process_shows),
		cmocka_unit_test(the_first_answers_are_no_news),
		cmocka_unit_test(an_end_without_a_sign),
		cmocka_unit_test(an_end_in_the_middle_of_work),
		cmocka_unit_test(the_end_of_a_stream),
		cmocka_unit_test(last_words_in_its_log),
		cmocka_unit_test(a_stopped_context_that_is_still_called),
		cmocka_unit_test(a_ui_that_closes_before_it_gave_data),
		cmocka_unit_test(exit_codes_and_the_kernel),
		cmocka_unit_test(an_orderly_end_has_noise),
		cmocka_unit_test(unseen_is_not_gone),
		cmocka_unit_test(executors_without_http),
		cmocka_unit_test(a_listed_executor_whose_process_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_rule_jvms.c - look after look at this host's JVMs: whose they are, how they are, and what
 * that means for a restart. */
#include "jvm_stage.h"

static struct jvm_port ports[4][2];

/* A driver with its Python, and job alpha's UI at :4040. */
static struct jvm_row *driver(struct stage *s, const char *id, int64_t pid)
{
	struct jvm_row *row = jvm_rows(s, 1);

	jvm_plain(row, id, pid, JVM_DRIVER);
	jvm_listens(row, ports[0], 4040, 40417);
	row->parent_pid = row->ppid = 18401;
	row->parent_gone = TRI_FALSE;
	return row;
}

static void begin(struct stage *s)
{
	stage_init(s, 2);
	s->jobs[0].ui = "http://127.0.0.1:4040";
}

static void whose_and_how(void **state)
{
	struct stage s;
	struct jvm_row *rows;
	const struct dataset *before;

	(void)state;
	begin(&s);
	look(&s);
	assert_null(s.out.jvms); /* nobody looked */
	rows = jvm_rows(&s, 3);
	jvm_plain(&rows[0], "18423@1", 18423, JVM_DRIVER);
	jvm_listens(&rows[0], ports[0], 4040, 40417);
	rows[0].heap_used_bytes = 50;
	rows[0].heap_max_bytes = 200;
	jvm_plain(&rows[1], "18500@1", 18500, JVM_EXECUTOR);
	rows[1].driver_port = 40417;
	rows[1].driver_host = TEXT("127.0.0.1");
	rows[1].executor_id = TEXT("3");
	jvm_plain(&rows[2], "7@1", 7, JVM_MASTER);
	driver_answers(&s, "alpha", "app-1", 0);
	look(&s);
	look(&s);
	assert_true(text_is(jvm(&s, 18423)->job, "alpha"));
	assert_true(text_is(jvm(&s, 18423)->belongs, "driver of alpha"));
	assert_true(text_is(jvm(&s, 18500)->belongs, "executor 3 of alpha"));
	assert_null(jvm(&s, 7)->job);
	assert_null(jvm(&s, 7)->belongs);
	assert_int_equal(jvm(&s, 18423)->verdict, JVM_IS_BUSY);
	assert_float_equal(jvm(&s, 18423)->heap_pct, 25, 0.01);
	/* made anew only when something changed, and never because time passes */
	before = s.out.jvms;
	for (int i = 0; i < 5; i++) {
		s.at += 1500;
		look(&s);
		if (i)
			assert_ptr_equal(s.out.jvms, before);
		before = s.out.jvms;
	}
	assert_true(text_is(jvm(&s, 18423)->application_id, "app-1"));
	stage_release(&s);
}

/* Two looks within a second: the job's heap is that of its JVM in the same answer. */
static void a_job_is_as_new_as_its_jvm(void **state)
{
	static const int64_t used[] = {50, 60};
	struct stage s;

	(void)state;
	begin(&s);
	driver_answers(&s, "alpha", "app-1", 0);
	for (size_t i = 0; i < ARRAY_LEN(used); i++) {
		struct jvm_row *row = driver(&s, "18423@1", 18423);

		row->heap_used_bytes = used[i];
		row->heap_max_bytes = 200;
		look(&s);
		look(&s); /* joined */
		assert_int_equal(jvm(&s, 18423)->heap_used_bytes, used[i]);
		assert_int_equal(job(&s, "alpha")->heap_used_bytes, used[i]);
		s.at += 300;
	}
	stage_release(&s);
}

/* Ages end where the source looked last: what nobody watches does not grow. */
static void unwatched_time_is_no_sign(void **state)
{
	struct stage s;
	struct jvm_row *row;

	(void)state;
	begin(&s);
	row = driver(&s, "18423@1", 18423);
	driver_answers(&s, "alpha", "app-1", 0);
	look(&s);
	s.at += 2 * S;
	row = driver(&s, "18423@1", 18423);
	row->cpu_idle_since = row->gc_moved_at = s.at - 1 * S;
	row->cpu_pct = 0;
	fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 5, 20 * S);
	look(&s);
	s.at += 300 * S;
	look(&s);
	assert_int_equal(jvm(&s, 18423)->verdict, JVM_IS_UNKNOWN);
	s.at += 2 * S;
	row = driver(&s, "18423@1", 18423);
	row->cpu_idle_since = row->gc_moved_at = s.at - 35 * S;
	row->cpu_pct = 0;
	look(&s);
	assert_int_equal(jvm(&s, 18423)->verdict, JVM_IS_HUNG);
	/* our own loop was away: that time counts for nothing */
	s.at += 300 * S;
	s.gap_ms = 298 * S;
	row = driver(&s, "18423@1", 18423);
	row->cpu_idle_since = row->gc_moved_at = s.at - 320 * S;
	row->cpu_pct = 0;
	look(&s);
	assert_int_not_equal(jvm(&s, 18423)->verdict, JVM_IS_HUNG);
	stage_release(&s);
}

static void two_looks_for_stranded_and_orphan(int64_t every)
{
	struct stage s;

	begin(&s);
	driver(&s, "18423@1", 18423);
	driver_answers(&s, "alpha", "app-1", 0);
	look(&s);
	s.at += every;
	jvm_listens(driver(&s, "18423@1", 18423), ports[0], 0, 40417);
	fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 0, 0);
	look(&s);
	assert_int_not_equal(jvm(&s, 18423)->verdict, JVM_IS_STRANDED);
	s.at += every;
	jvm_listens(driver(&s, "18423@1", 18423), ports[0], 0, 40417);
	look(&s);
	assert_int_equal(jvm(&s, 18423)->verdict, JVM_IS_STRANDED);
	assert_true(jvm_says(jvm(&s, 18423), "nothing listens at its UI :4040 any more"));
	for (int i = 0; i < 2; i++) {
		s.at += every;
		driver(&s, "18423@1", 18423)->parent_gone = TRI_TRUE;
		look(&s);
		assert_int_equal(jvm(&s, 18423)->verdict == JVM_IS_ORPHAN, i);
	}
	stage_release(&s);
}

/* However far apart they are: one that was late is followed soon. */
static void stranded_and_orphan_take_two_looks(void **state)
{
	(void)state;
	two_looks_for_stranded_and_orphan(2 * S);
	two_looks_for_stranded_and_orphan(600);
}

/* Who begins to look at a job that was stranded before says so, too, at the second look. */
static void stranded_before_the_first_look(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	s.jobs[0].match_app_name = "alpha";
	for (int i = 0; i < 2; i++) {
		struct jvm_row *row = driver(&s, "18423@1", 18423);

		jvm_listens(row, ports[0], 0, 40417);
		row->app_name = TEXT("alpha");
		row->ui_port = ABSENT;
		row->started_at = s.at - 3600 * S;
		fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 0, 0);
		look(&s);
		assert_int_equal(jvm(&s, 18423)->verdict == JVM_IS_STRANDED, i);
		s.at += 2 * S;
	}
	stage_release(&s);
}

/* :4040 was never this driver's: another application answers there. */
static void anothers_ui_is_not_its_own(void **state)
{
	static struct jvm_port python[1] = {{.port = 5001}};
	struct stage s;

	(void)state;
	begin(&s);
	s.jobs[0].health = "http://127.0.0.1:5001";
	driver_answers(&s, "alpha", "app-9", 0);
	for (int i = 0; i < 4; i++) {
		struct jvm_row *row = driver(&s, "18423@1", 18423);

		jvm_listens(row, ports[0], 4041, 40417);
		row->parent_listens = (struct jvm_ports){1, python};
		look(&s);
		s.at += 2 * S;
	}
	assert_true(text_is(jvm(&s, 18423)->job, "alpha"));
	assert_int_equal(jvm(&s, 18423)->verdict, JVM_IS_BUSY);
	assert_null(jvm(&s, 18423)->application_id);
	stage_release(&s);
}

static const struct section *last_ui(const struct stage *s)
{
	for (size_t i = 0; i < s->nsections; i++)
		if (s->sections[i]->source == SOURCE_SPARK)
			return s->sections[i];
	fail_msg("its UI has not answered");
	return NULL;
}

/* A list of threads with a cycle in the next answer of its UI, beside one running job. */
static void answers_locked(struct stage *s, const struct text *cycle)
{
	struct thread_sign_row *row;
	struct dataset *d;

	driver_answers(s, "alpha", "app-1", 1);
	d = (struct dataset *)(uintptr_t)last_ui(s)->data;
	row = ARENA_NEW(&d->arena, struct thread_sign_row);
	field_clear_row(&schema_thread_sign, row);
	row->asked_at = s->at;
	row->threads = 80;
	row->deadlock = cycle;
	dataset_add(d, &schema_thread_sign, row, 1);
}

/* Neither a silent UI nor a job that moves ends it; a list without it does. */
static void a_deadlock_stands(void **state)
{
	static const struct text *const cycle = TEXT("A waits for B waits for A");
	struct stage s;

	(void)state;
	begin(&s);
	driver(&s, "18423@1", 18423);
	answers_locked(&s, cycle);
	look(&s);
	for (int i = 0; i < 4; i++) {
		s.at += 40 * S;
		driver(&s, "18423@1", 18423);
		fail_probe(&s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", i, i * 10 * S);
		look(&s);
		assert_int_equal(jvm(&s, 18423)->verdict, JVM_IS_HUNG);
		assert_true(jvm_says(jvm(&s, 18423), "2 of its 80 threads"));
	}
	s.at += 2 * S;
	driver(&s, "18423@1", 18423);
	answers_locked(&s, NULL);
	look(&s);
	assert_int_equal(jvm(&s, 18423)->verdict, JVM_IS_BUSY);
	stage_release(&s);
}

/* The list of all jobs comes once a minute: one that ended in between moved then, not now. */
static void a_late_list_is_no_move(void **state)
{
	static const struct text *const cycle = TEXT("A waits for B waits for A");
	struct stage s;
	struct spark_job_row *job;

	(void)state;
	begin(&s);
	for (int i = 0; i < 2; i++) {
		struct jvm_row *row = driver(&s, "18423@1", 18423);

		row->cpu_pct = 1;
		answers_locked(&s, i ? cycle : NULL);
		job = (struct spark_job_row *)(uintptr_t)dataset_one(last_ui(&s)->data,
								     &schema_spark_job);
		job->job_id = i;
		job->status = TEXT("SUCCEEDED");
		job->submitted_at = job->completed_at = s.at - 50 * S;
		look(&s);
		s.at += i ? 0 : 60 * S;
	}
	s.at += 2 * S;
	driver(&s, "18423@1", 18423);
	look(&s);
	assert_true(jvm_says(jvm(&s, 18423), "no Spark job or task has moved for 52s"));
	stage_release(&s);
}

static void one_restart_has_many_signs(void **state)
{
	struct stage s;
	struct health_row *h;

	(void)state;
	begin(&s);
	driver(&s, "18423@1", 18423);
	driver_answers(&s, "alpha", "app-1", 0);
	healthy(&s, "alpha");
	look(&s);
	assert_int_equal(job(&s, "alpha")->restarts, 0);
	/* another process, then its health endpoint, then its application */
	s.at += 20 * S;
	driver(&s, "19001@1", 19001);
	look(&s);
	s.at += 5 * S;
	h = healthy(&s, "alpha");
	h->start_time = s.at - 4 * S;
	h->uptime_seconds = 4;
	h->batches_processed = 0;
	look(&s);
	s.at += 5 * S;
	driver_answers(&s, "alpha", "app-2", 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->restarts, 1);
	/* the next one begins with its health endpoint */
	s.at += 60 * S;
	h = healthy(&s, "alpha");
	h->start_time = s.at - 4 * S;
	h->uptime_seconds = 4;
	h->batches_processed = 0;
	look(&s);
	s.at += 5 * S;
	driver(&s, "19501@1", 19501);
	driver_answers(&s, "alpha", "app-3", 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->restarts, 2);
	stage_release(&s);
}

/* Its settings come last, and say that it is local; its id says so from the first answer on. */
static void a_local_driver_has_its_executor(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	driver(&s, "18423@1", 18423);
	driver_answers(&s, "alpha", "app-1", 1)->is_local = TRI_ABSENT;
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_DEGRADED);
	assert_true(says(job(&s, "alpha"), "no executor is alive"));
	driver_answers(&s, "alpha", "local-1", 1)->is_local = TRI_ABSENT;
	s.at += 2 * S;
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_HEALTHY);
	stage_release(&s);
}

static void an_earlier_driver_is_named(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	driver(&s, "18423@1", 18423);
	driver_answers(&s, "alpha", "app-1", 0);
	look(&s);
	for (int i = 0; i < 2; i++) {
		struct jvm_row *rows;

		s.at += 2 * S;
		rows = jvm_rows(&s, 2);
		jvm_plain(&rows[0], "18423@1", 18423, JVM_DRIVER);
		jvm_listens(&rows[0], ports[0], 0, 40417);
		jvm_plain(&rows[1], "19001@1", 19001, JVM_DRIVER);
		rows[1].started_at = s.at;
		jvm_listens(&rows[1], ports[1], 4040, 40999);
		look(&s);
	}
	assert_true(text_is(jvm(&s, 19001)->belongs, "driver of alpha"));
	assert_true(text_is(jvm(&s, 18423)->belongs, "earlier driver of alpha"));
	assert_true(text_is(jvm(&s, 18423)->job, "alpha"));
	stage_release(&s);
}

static void another_configuration(void **state)
{
	struct stage s;
	struct config cfg;

	(void)state;
	begin(&s);
	driver(&s, "18423@1", 18423);
	driver_answers(&s, "alpha", "app-1", 0);
	look(&s);
	cfg = s.cfg;
	cfg.njobs = 1;
	rules_reconfigure(s.rules, &cfg);
	look(&s);
	assert_true(text_is(jvm(&s, 18423)->belongs, "driver of alpha"));
	assert_int_equal(job(&s, "alpha")->restarts, 0);
	cfg.njobs = 0;
	rules_reconfigure(s.rules, &cfg);
	look(&s);
	assert_null(jvm(&s, 18423)->job);
	stage_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whose_and_how),
		cmocka_unit_test(a_job_is_as_new_as_its_jvm),
		cmocka_unit_test(unwatched_time_is_no_sign),
		cmocka_unit_test(stranded_and_orphan_take_two_looks),
		cmocka_unit_test(stranded_before_the_first_look),
		cmocka_unit_test(anothers_ui_is_not_its_own),
		cmocka_unit_test(a_deadlock_stands),
		cmocka_unit_test(a_late_list_is_no_move),
		cmocka_unit_test(one_restart_has_many_signs),
		cmocka_unit_test(a_local_driver_has_its_executor),
		cmocka_unit_test(an_earlier_driver_is_named),
		cmocka_unit_test(another_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

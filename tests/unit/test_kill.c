/* The question before a JVM is ended: who, why as it is now, what is lost; what is refused and what
 * would make it so. On stand-in JVMs; verdicts are made. */
#include "kill_stage.h"

/* --- who --- */

static void the_question(void **state)
{
	struct animal a;

	(void)state;
	zoo_driver(&a);
	capture(a.id, NULL);
	assert_null(ask());
	has(&plan.target, arena_printf(&arena, "java %d   user ", a.pid));
	has(&plan.target, "org.apache.spark.deploy.SparkSubmit   “copy”");
	has(&plan.target, arena_printf(&arena, ":%" PRId64, a.ui));
	has(&plan.target, "host ");
	assert_string_equal(text_str(plan.verdict), "hung");
	assert_int_equal(plan.nsigns, 2);
	assert_false(plan.signs[0].has_ended);
	has(&plan.steps, "save a thread dump (5 s)");
	has(&plan.steps, "SIGTERM");
	has(&plan.steps, "wait 30 s, then ask again for SIGKILL");
	assert_string_equal(text_str(plan.to_type), digits_of(a.pid));
	assert_null(plan.warning);
	assert_int_equal(plan.changes, 0);
	assert_string_equal(stage.target,
			    arena_printf(&arena, "java %d (SparkSubmit, copy)", a.pid));
	zoo_end(&a);
	assert_non_null(strstr(ask(), "has ended"));
}

static void a_stopped_one(void **state)
{
	struct animal a;

	(void)state;
	zoo_driver(&a);
	kill(a.pid, SIGSTOP);
	zoo_await(a.pid, 'T');
	stage.request.force_after_ms = 30000;
	capture(a.id, NULL);
	assert_null(ask());
	has(&plan.steps, "no thread dump: it is stopped");
	has(&plan.steps, "SIGTERM, then SIGCONT");
	has(&plan.steps, "wait 30 s, then SIGKILL");
	zoo_end(&a);
}

/* What its Python will do is said: it stays. */
static void what_stays_of_a_pair(void **state)
{
	struct animal a;

	(void)state;
	zoo_pair(&a);
	capture(a.id, NULL);
	assert_null(ask());
	has(&plan.stays, arena_printf(&arena, "python %d", a.pid));
	has(&plan.stays, "which will retry");
	zoo_end(&a);
}

static void a_dead_one_offers_its_python(void **state)
{
	struct animal a;

	(void)state;
	zoo_pair(&a);
	(void)act_look(&stage);
	zoo_tell(a.java, "die 52");
	zoo_await(a.java, 'Z');
	capture(a.id, NULL);
	assert_null(ask());
	assert_string_equal(text_str(plan.title), "Its JVM is dead. End its Python?");
	has(&plan.target, arena_printf(&arena, "python %d   user ", a.pid));
	has(&plan.target, "job.py");
	has(&plan.target,
	    arena_printf(&arena, "parent of java %" PRId64 ", which is dead with exit code 52",
			 a.java));
	assert_string_equal(text_str(plan.to_type), digits_of(a.pid));
	assert_int_equal(action_kill.run(&stage), ACTION_STATE_DONE);
	assert_false(zoo_lives(a.pid));
	assert_string_equal(stage.outcome, arena_printf(&arena, "python %d ended", a.pid));
	assert_null(strstr(stage.steps, "dump"));
	zoo_end(&a);
}

static void a_job_means_its_driver(void **state)
{
	struct animal a;

	(void)state;
	zoo_driver(&a);
	of_job("copy", a.pid);
	stage.job.name = TEXT("copy");
	stage.job.pid = a.pid;
	capture(NULL, "copy");
	assert_null(ask());
	has(&plan.target, arena_printf(&arena, "java %d", a.pid));
	zoo_end(&a);
}

static void a_job_without_a_jvm_here(void **state)
{
	static const char yaml[] = "discover: false\njobs:\n"
				   "  - {name: far, ui: \"http://etl-7.example:4040\"}\n"
				   "  - {name: near, ui: \"http://127.0.0.1:1\"}\n";
	struct buf mistakes;

	(void)state;
	buf_init(&mistakes, 4096);
	assert_int_equal(config_parse("test", yaml, strlen(yaml), &stage.cfg, &mistakes), 0);
	buf_release(&mistakes);
	capture(NULL, "far");
	assert_non_null(strstr(ask(), "far runs on etl-7.example: run the line below there"));
	has(&plan.paste, "ssh -t etl-7.example sparkops kill --job 'far'");
	memset(stage.state, 0, action_kill.state_size);
	capture(NULL, "near");
	assert_non_null(strstr(ask(), "no JVM of near is seen on this host"));
	memset(stage.state, 0, action_kill.state_size);
	capture(NULL, NULL);
	assert_non_null(strstr(ask(), "kill wants a JVM"));
}

static void of_another_user(void **state)
{
	struct animal a;

	(void)state;
	if (geteuid() != 0) {
		print_message("not root: no JVM of another user\n");
		return;
	}
	zoo_start(&a, &(struct birth){.real = 65534, .effective = 65534, .saved = 65534});
	capture(a.id, NULL);
	assert_non_null(strstr(ask(), "belongs to nobody"));
	has(&plan.paste, arena_printf(&arena, "sudo -u nobody sparkops kill --pid %s", a.id));
	zoo_end(&a);
}

/* --- why, as it is now --- */

static void signs_that_end_are_struck_out(void **state)
{
	struct animal a;

	(void)state;
	zoo_driver(&a);
	capture(a.id, NULL);
	assert_null(ask());
	judged(JVM_IS_HUNG, "no HTTP answer to 10 probes for 120 s", NULL);
	assert_null(ask());
	assert_int_equal(plan.nsigns, 2);
	assert_string_equal(text_str(plan.signs[0].what), "no HTTP answer to 10 probes for 120 s");
	assert_false(plan.signs[0].has_ended);
	assert_false(plan.signs[1].has_ended); /* one look without it may be chance */
	assert_null(ask());
	assert_true(plan.signs[1].has_ended);
	assert_int_equal(plan.changes, 0);
	assert_null(plan.says);
	judged(JVM_IS_BUSY, "4 tasks run", "uses 80 % CPU");
	assert_null(ask());
	assert_string_equal(text_str(plan.verdict), "hung");
	assert_int_equal(plan.changes, 1);
	assert_string_equal(text_str(plan.says), "it is busy now, no longer hung: 4 tasks run");
	assert_null(ask());
	assert_true(plan.signs[0].has_ended && plan.signs[1].has_ended);
	assert_int_equal(plan.changes, 1); /* once, not with every look */
	judged(JVM_IS_HUNG, "no HTTP answer to 3 probes for 20 s", NULL);
	assert_null(ask());
	assert_null(plan.says);
	zoo_end(&a);
}

/* While signs come and go a person types; only one that works again takes that back. */
static void what_was_typed_stays_while_it_is_in_trouble(void **state)
{
	static const int others[] = {JVM_IS_UNKNOWN, JVM_IS_STOPPED, JVM_IS_THRASHING};
	struct animal a;

	(void)state;
	zoo_driver(&a);
	capture(a.id, NULL);
	assert_null(ask());
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		judged(others[i], "no HTTP answer to 9 probes for 118 s", NULL);
		assert_null(ask());
		assert_int_equal(plan.changes, 0);
	}
	for (made_silent = 9; made_silent >= 0; made_silent -= 9) { /* it answers nobody; it does */
		judged(JVM_IS_BUSY, "uses 40 % CPU", NULL);
		assert_null(ask());
		assert_int_equal(plan.changes, made_silent == 0);
	}
	zoo_end(&a);
}

static void answered_a_moment_ago(void **state)
{
	struct section *s = section_new();
	const struct section *list[] = {s};
	struct animal a;

	(void)state;
	zoo_driver(&a);
	of_job("copy", a.pid);
	capture(a.id, NULL);
	assert_null(ask());
	s->source = SOURCE_SPARK;
	s->job = "copy";
	s->state = SECTION_OK;
	stage.now.sections = list;
	stage.now.nsections = 1;
	judged(JVM_IS_IDLE, "uses 0.4 % CPU", NULL);
	s->good_at = stage.now.at - 3100;
	stage.is_frozen = true;
	assert_null(ask());
	assert_string_equal(text_str(plan.says), "answered 3 s ago");
	section_unref(s);
	stage.now.nsections = 0;
	zoo_end(&a);
}

static void nothing_is_sent_to_one_that_works_again(void **state)
{
	struct animal a;

	(void)state;
	zoo_driver(&a);
	capture(a.id, NULL);
	assert_null(ask());
	judged(JVM_IS_BUSY, "4 tasks run", NULL);
	assert_int_equal(action_kill.run(&stage), ACTION_STATE_REFUSED);
	assert_string_equal(stage.outcome, "it works again: nothing was sent");
	assert_true(zoo_lives(a.pid));
	zoo_end(&a);
}

static void a_healthy_one_warns(void **state)
{
	struct animal a;

	(void)state;
	zoo_driver(&a);
	of_job("copy", a.pid);
	judged(JVM_IS_BUSY, "4 tasks run", NULL);
	stage.job.name = TEXT("copy");
	stage.job.verdict = VERDICT_HEALTHY;
	stage.job.last_batch_age_s = 4.2;
	capture(a.id, "copy");
	assert_null(ask());
	assert_string_equal(text_str(plan.warning), "this job is healthy: last batch 4 s ago");
	if (action_kill.run(&stage) != ACTION_STATE_DONE) /* as a person decided */
		fail_msg("%s: %s", stage.steps, stage.outcome);
	assert_false(zoo_lives(a.pid));
	zoo_end(&a);
}

static void what_is_lost(void **state)
{
	struct section *s = section_new();
	const struct section *list[] = {s};
	struct dataset *d = dataset_new(), *e = dataset_new();
	struct spark_job_row *job = ARENA_NEW(&d->arena, struct spark_job_row);
	struct executor_row *rows = ARENA_ARRAY(&e->arena, struct executor_row, 3);
	struct animal a;

	(void)state;
	zoo_driver(&a);
	field_clear_row(&schema_spark_job, job);
	job->application_id = TEXT("app-1");
	job->job_id = 9;
	job->status = TEXT("RUNNING");
	job->num_tasks = 8;
	job->num_completed_tasks = 5;
	dataset_add(d, &schema_spark_job, job, 1);
	dataset_add(d, &schema_spark_job, job, 1); /* two look at one application: told once */
	for (int i = 0; i < 3; i++) {
		field_clear_row(&schema_executor, &rows[i]);
		rows[i].application_id = TEXT("app-1");
		rows[i].executor_id = i ? TEXT("1") : TEXT("driver");
		rows[i].active = TRI_TRUE;
	}
	dataset_add(e, &schema_executor, rows, 3);
	s->data = d;
	stage.now.sections = list;
	stage.now.nsections = 1;
	stage.now.executors = e;
	capture(a.id, NULL);
	struct victim *v = stage.state; /* its first member */
	snprintf(v->application_id, sizeof(v->application_id), "app-1");
	assert_null(ask());
	assert_string_equal(text_str(plan.loses.v[0]), "job 9 at 62 %");
	has(&plan.loses, "2 executors");
	stage.now.nsections = 0;
	stage.now.executors = NULL;
	section_unref(s);
	dataset_unref(e);
	zoo_end(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_question),
		TEST(a_stopped_one),
		TEST(what_stays_of_a_pair),
		TEST(a_dead_one_offers_its_python),
		TEST(a_job_means_its_driver),
		TEST(a_job_without_a_jvm_here),
		TEST(of_another_user),
		TEST(signs_that_end_are_struck_out),
		TEST(what_was_typed_stays_while_it_is_in_trouble),
		TEST(answered_a_moment_ago),
		TEST(nothing_is_sent_to_one_that_works_again),
		TEST(a_healthy_one_warns),
		TEST(what_is_lost),
	};

	return cmocka_run_group_tests(tests, zoo_open, zoo_close);
}

/* A kill whose question nobody reads, or whose target is not there: what a script may do, what is
 * done already, and a driver that is known only a moment later. */
#include "kill_stage.h"

/* --- not yet, or not any more --- */

/* Its JVM may be found, or known to be its own, a moment after the question opened. */
static void a_driver_that_is_known_later(void **state)
{
	static struct section scan = {.source = SOURCE_JVM, .state = SECTION_WAITING};
	static const struct section *const list[] = {&scan};
	struct animal a, neighbour;

	(void)state;
	zoo_driver(&a);
	zoo_driver(&neighbour);
	stage.now.sections = list;
	stage.now.nsections = 1;
	capture(NULL, "copy");
	assert_non_null(strstr(ask(), "the JVMs of this host are not known yet"));
	assert_null(plan.to_type);
	scan.state = SECTION_OK;
	assert_non_null(strstr(ask(), "no JVM of copy is seen on this host"));
	assert_non_null(strstr(ask(), "waits for one"));
	of_job("copy", a.pid);
	assert_null(ask());
	has(&plan.target, arena_printf(&arena, "java %d", a.pid));
	assert_string_equal(text_str(plan.to_type), digits_of(a.pid));
	assert_string_equal(stage.target,
			    arena_printf(&arena, "java %d (SparkSubmit, copy)", a.pid));
	assert_int_equal(action_kill.run(&stage), ACTION_STATE_DONE);
	stage.now.nsections = 0;
	zoo_end(&neighbour);
	zoo_end(&a);
}

/* What was cut off is settled by a look at this host, not by none. */
static void what_was_cut_off_waits_for_the_first_look(void **state)
{
	static const struct section scan = {.source = SOURCE_JVM, .state = SECTION_WAITING};
	static const struct section *const list[] = {&scan};
	static const struct act_cut cut;

	(void)state;
	stage.now.sections = list;
	stage.now.nsections = 1;
	stage.cut = &cut;
	capture(NULL, "copy");
	assert_non_null(strstr(ask(), "the JVMs of this host are not known yet"));
	stage.now.nsections = 0;
	assert_null(ask());
}

/* --- without a person --- */

static void what_yes_may_do(void **state)
{
	struct animal a;

	(void)state;
	zoo_driver(&a);
	stage.request.is_yes = true;
	capture(a.id, NULL);
	for (int i = 0; i < JVM_IS_UNKNOWN + 1; i++) {
		bool is_usual = i == JVM_IS_HUNG || i == JVM_IS_STRANDED || i == JVM_IS_ORPHAN ||
				i == JVM_IS_THRASHING || i == JVM_IS_DEAD;
		judged(i, "a sign", NULL);
		if ((ask() == NULL) != is_usual)
			fail_msg("%s: %s", jvm_verdict_names[i], ask() ? ask() : "would act");
	}
	judged(JVM_IS_BUSY, "4 tasks run", NULL);
	assert_non_null(
		strstr(ask(), "its JVM is busy: 4 tasks run. With --yes only what is hung"));
	stage.request.only_if = "busy";
	assert_null(ask());
	zoo_end(&a);
}

/* Gone already is what a script wanted; what was cut off is settled by it. */
static void nothing_to_do(void **state)
{
	static const struct act_cut cut;
	struct animal a;

	(void)state;
	zoo_driver(&a);
	(void)act_look(&stage);
	zoo_end(&a);
	capture(a.id, NULL);
	assert_non_null(strstr(ask(), "has ended"));
	stage.request.is_yes = true;
	assert_null(ask());
	assert_int_equal(action_kill.run(&stage), ACTION_STATE_DONE);
	assert_string_equal(stage.outcome,
			    arena_printf(&arena, "nothing to do: java %d has ended", a.pid));
	stage.request.is_yes = false;
	stage.request.is_dry_run = true;
	assert_string_equal(ask(), arena_printf(&arena, "nothing to do: java %d has ended", a.pid));
	stage.request.is_dry_run = false;
	stage.cut = &cut;
	assert_null(ask());
	assert_int_equal(action_kill.run(&stage), ACTION_STATE_DONE);
	assert_string_equal(stage.steps, "");
}

/* It ends while a script looks. */
static void nothing_to_do_any_more(void **state)
{
	struct animal a;

	(void)state;
	zoo_driver(&a);
	stage.request.is_dry_run = true;
	capture(a.id, NULL);
	assert_null(ask());
	zoo_end(&a);
	assert_string_equal(ask(), arena_printf(&arena, "nothing to do: java %d has ended", a.pid));
	stage.request.is_dry_run = false;
	stage.request.is_yes = true;
	assert_null(ask());
}

static char own[48];
static int64_t child;

/* As if this process were its Python. */
static void adopt(struct jvm_row *row)
{
	dress(row);
	if (row->pid == child)
		row->parent_id = (const struct text *)(const void *)own;
}

/* Who names the JVM wanted what is so already; who names its parent wants that to end. */
static void a_dead_one_below_our_ancestor(void **state)
{
	struct animal a;

	(void)state;
	zoo_driver(&a);
	zoo_id(getpid(), own);
	child = a.java;
	stage.dress = adopt;
	(void)act_look(&stage);
	zoo_tell(a.java, "die 52");
	zoo_await(a.java, 'Z');
	stage.request.is_dry_run = true;
	capture(a.id, NULL);
	assert_non_null(strstr(ask(), "nothing to do: java "));
	assert_non_null(strstr(ask(), "is dead already, and what is left of it stays"));
	capture(own, NULL);
	assert_non_null(strstr(ask(), "sparkops itself runs below process"));
	assert_null(strstr(ask(), "nothing to do"));
	stage.request.is_dry_run = false;
	stage.request.is_yes = true;
	assert_non_null(strstr(ask(), "sparkops itself runs below process"));
	zoo_end(&a);
}

/* The job whose driver it is may give the reason: it is crashed, or hung, its JVM stopped. */
static void what_yes_may_do_to_a_job(void **state)
{
	struct animal a;

	(void)state;
	zoo_driver(&a);
	of_job("copy", a.pid);
	stage.job.name = TEXT("copy");
	stage.job.verdict = VERDICT_HUNG;
	stage.job.last_batch_age_s = 4;
	stage.request.is_yes = true;
	judged(JVM_IS_STOPPED, "stopped by a signal for 40 s", NULL);
	capture(NULL, "copy");
	assert_null(ask());
	stage.job.verdict = VERDICT_HEALTHY;
	judged(JVM_IS_BUSY, NULL, NULL);
	assert_non_null(
		strstr(ask(), "its JVM is busy; its job is healthy, last batch 4 s ago. With"));
	stage.job.verdict = VERDICT_CRASHED;
	assert_null(ask());
	zoo_end(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_driver_that_is_known_later),
		TEST(what_was_cut_off_waits_for_the_first_look),
		TEST(what_yes_may_do),
		TEST(nothing_to_do),
		TEST(nothing_to_do_any_more),
		TEST(a_dead_one_below_our_ancestor),
		TEST(what_yes_may_do_to_a_job),
	};

	return cmocka_run_group_tests(tests, zoo_open, zoo_close);
}

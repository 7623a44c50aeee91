/* test_next_act.c - where this sparkops may act, the next step is a key that does all of it; where
 * it may not, the commands that a person types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../backend/rule/jvms.h"
#include "../../backend/rule/verdict.h"

static const char *const argv[] = {"/srv/start", "--resume", NULL};
static const struct jvm_port ports[] = {{.port = 4040}, {.port = 40417}};
static const struct jvm_port python_ports[] = {{.port = 8000}};

static struct arena arena;
static struct config_job cfg;
static struct jvm_row jvm;
static struct again again;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	cfg = (struct config_job){.name = TEXT("migration"),
				  .actions = ACT_KILL | ACT_REPLAY | ACT_RESTART | ACT_RECOVER};
	cfg.restart.command.argv = argv;
	cfg.restart.wait_after_oom_ms = 10000;
	cfg.restart.wait_ms = 5000;
	jvm = (struct jvm_row){.pid = 18423,
			       .state = 'S',
			       .verdict = JVM_IS_HUNG,
			       .is_ours = TRI_TRUE,
			       .parent_pid = ABSENT,
			       .listens = {2, ports}};
	again = (struct again){.jvm = &jvm,
			       .cfg = &cfg,
			       .python_pid = ABSENT,
			       .was_seen = true,
			       .may_act = true,
			       .is_out_of_memory = true};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static void with_python(void)
{
	jvm.parent_pid = 18401;
	jvm.parent_id = TEXT("18401@7");
	jvm.parent_listens = (struct jvm_ports){1, python_ports};
}

static void is(const char *want)
{
	assert_string_equal(text_str(driver_again(&again, &arena)), want);
}

static void one_key_does_the_runbook(void **state)
{
	(void)state;
	cfg.resume.http.url = "http://h/m";
	again.resume = "AGENTSVES";
	is("V recover: kill 18423, prove :4040 :40417 free, wait 10 s, restart and resume from "
	   "AGENTSVES");
	again.resume = NULL;
	again.is_out_of_memory = false;
	is("V recover: kill 18423, prove :4040 :40417 free, wait 5 s, restart and resume");
	cfg.resume.http.url = NULL;
	again.memory = "spark.driver.memory above 512m";
	is("V recover: kill 18423, prove :4040 :40417 free, wait 5 s, restart; give it "
	   "spark.driver.memory above 512m first, or it runs out again");
}

static void the_pair_ends_but_for_a_service(void **state)
{
	(void)state;
	with_python();
	is("V recover: kill 18423, end python 18401, prove :4040 :40417 :8000 free, wait 10 s, "
	   "restart");
	jvm.state = 'Z';
	jvm.threads = 1;
	jvm.verdict = JVM_IS_DEAD;
	jvm.listens.n = 0;
	is("V recover: end python 18401, prove :8000 free, wait 10 s, restart");
	cfg.restart.command.argv = NULL;
	cfg.restart.http.url = "http://h/restart";
	is("V recover: wait 10 s, restart");
}

/* As many as the question of V names. */
static void every_port_of_its_python_is_named(void **state)
{
	static const struct jvm_port many[] = {{.port = 8000}, {.port = 35001}, {.port = 35002}};

	(void)state;
	with_python();
	jvm.parent_listens = (struct jvm_ports){ARRAY_LEN(many), many};
	jvm.state = 'Z';
	jvm.threads = 1;
	jvm.verdict = JVM_IS_DEAD;
	jvm.listens.n = 0;
	is("V recover: end python 18401, prove :8000 :35001 :35002 free, wait 10 s, restart");
}

static void a_stopped_one_may_be_continued(void **state)
{
	(void)state;
	jvm.verdict = JVM_IS_STOPPED;
	jvm.state = 'T';
	is("continue it (kill -CONT 18423) if nobody stopped it on purpose, else V recover: kill "
	   "18423, prove :4040 :40417 free, wait 10 s, restart");
}

static void without_a_hook_the_keys_that_are_there(void **state)
{
	(void)state;
	cfg.restart.command.argv = NULL;
	with_python();
	is("K kill 18423, K end its python 18401, see :4040 :40417 :8000 free, wait 10 s, start it "
	   "again, or write `restart:` for it (B shows the line): then V does all that");
	jvm.state = 'Z';
	jvm.threads = 1;
	jvm.verdict = JVM_IS_DEAD;
	jvm.listens.n = 0;
	is("K end python 18401 (java 18423 is dead already and goes with it), see :8000 free, wait "
	   "10 s, start it again, or write `restart:` for it (B shows the line): then V does all "
	   "that");
}

/* Read-only, not allowed, somebody else's, never seen: no key is promised. */
static void what_is_not_possible_is_not_named(void **state)
{
	(void)state;
	again.may_act = false;
	is("kill 18423 (kill -9 if it stays), see :4040 :40417 free (ss -ltn), wait 10 s, run its "
	   "restart command (/srv/start ...)");
	again.may_act = true;
	cfg.actions = 0;
	is("kill 18423 (kill -9 if it stays), see :4040 :40417 free (ss -ltn), wait 10 s, run its "
	   "restart command (/srv/start ...)");
	cfg.actions = ACT_RECOVER;
	jvm.is_ours = TRI_FALSE;
	jvm.user = TEXT("etl");
	is("run `sudo -u etl sparkops` to see the ports of java 18423 and end it");
	again.jvm = NULL;
	again.was_seen = false;
	is("log in where its driver runs and end what is left of it, wait 10 s, run its restart "
	   "command (/srv/start ...)");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(one_key_does_the_runbook),
		T(the_pair_ends_but_for_a_service),
		T(every_port_of_its_python_is_named),
		T(a_stopped_one_may_be_continued),
		T(without_a_hook_the_keys_that_are_there),
		T(what_is_not_possible_is_not_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

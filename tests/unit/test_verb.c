/* A verb on a terminal and without one: what it asks, what it sends, how it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../tui/verb.h"
#include "verb_stage.h"

/* --- what it does --- */

static void test_typed(void **state)
{
	char asked[4096];

	(void)state;
	start("kill --job migration", true);
	waits("Kill this JVM?");
	waits("java 18423");
	waits("hung, because");
	waits("accept queue full");
	waits("facts   7 entries, 7 units"); /* what is so is nothing that is done */
	waits("does    save a thread dump");
	waits("Type 8423 to confirm: ");
	type("8423\n");
	tell("s");
	waits("14:03:31 thread dump saved");
	tell("s");
	waits("14:03:31 SIGTERM sent");
	tell("sd");
	waits("14:03:33 it ended");
	waits("done: ended by SIGTERM");
	waits("proof: :4040 :40417 free");
	assert_int_equal(ends(asked, sizeof(asked)), 0);
	assert_string_equal(asked, "PLAN job=migration jvm= yes=0\nDO typed=8423\nFORGET\n");
}

static void test_what_is_no_answer(void **state)
{
	static const char *const typed[] = {"yes\n", "\n", "423\n", "84233\n", "\x04"};
	char asked[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(typed); i++) {
		start("kill --job migration", true);
		waits("Type 8423 to confirm: ");
		type(typed[i]);
		waits("not confirmed: nothing was done");
		assert_int_equal(ends(asked, sizeof(asked)), 1);
		assert_null(strstr(asked, "DO"));
	}
}

/* What was typed before the question stood there counts for nothing. */
static void test_type_ahead(void **state)
{
	char asked[4096];

	(void)state;
	start_typed("kill --job migration", true, "8423\n8423\nyes\n");
	waits("Kill this JVM?");
	waits("to confirm: ");
	type("no\n");
	waits("nothing was done");
	assert_int_equal(ends(asked, sizeof(asked)), 1);
	assert_null(strstr(asked, "DO"));
}

static void test_what_changes_is_asked_again(void **state)
{
	char asked[4096];

	(void)state;
	start("kill --job migration", true);
	waits("to confirm: ");
	type("842");
	tell("c");
	waits("answered 3 s ago");
	waits("Type 8423 to confirm: ");
	type("3\n");
	waits("nothing was done");
	assert_int_equal(ends(asked, sizeof(asked)), 1);
	start("kill --job migration", true);
	waits("to confirm: ");
	tell("r");
	waits("it has ended by itself");
	assert_int_equal(ends(asked, sizeof(asked)), 1);
	assert_null(strstr(asked, "DO"));
	start("kill --job migration", true);
	waits("to confirm: ");
	tell("x");
	waits("the question closed by itself");
	assert_int_equal(ends(asked, sizeof(asked)), 1);
}

/* Standard output holds one object and nothing else: the question stands on standard error. */
static void test_an_object_behind_a_question(void **state)
{
	char asked[4096];

	(void)state;
	start("kill --job migration --json", true);
	waits("Type 8423 to confirm: ");
	type("8423\n");
	tell("sd");
	waits("\"exit\": 0, \"state\": \"done\"");
	assert_int_equal(ends(asked, sizeof(asked)), 0);
	assert_null(strstr(tty.text, "proof: "));
}

static void test_values(void **state)
{
	char asked[4096];

	(void)state;
	now.has_values = true;
	start("recover --job migration", true);
	waits("asks    table to resume from (--set resume_from=...): AGENTSVES");
	waits("why (--set reason=...), no default");
	waits("table to resume from [AGENTSVES]: ");
	type("\n");
	waits("why: ");
	type("out of memory\n");
	waits("Type 8423 to confirm: ");
	type("8423\n");
	tell("d");
	assert_int_equal(ends(asked, sizeof(asked)), 0);
	assert_non_null(
		strstr(asked, "DO typed=8423 resume_from=AGENTSVES reason=out of memory\n"));

	/* what is wrong is asked for again at once */
	start("recover --job migration", true);
	waits("table to resume from [AGENTSVES]: ");
	type("WRONG\n");
	waits("WRONG is no table");
	waits("table to resume from [AGENTSVES]: ");
	type("RIGHT\n");
	waits("why: ");
	type("out of memory\n");
	waits("Type 8423 to confirm: ");
	type("8423\n");
	tell("d");
	assert_int_equal(ends(asked, sizeof(asked)), 0);
	assert_non_null(strstr(asked, "DO typed=8423 resume_from=RIGHT reason=out of memory\n"));

	start("recover --job migration --set resum_from=X --yes", false);
	waits("migration asks for no value \"resum_from\"; did you mean \"resume_from\"?");
	assert_int_equal(ends(asked, sizeof(asked)), 64);
	assert_string_equal(asked, "");

	/* what --yes would be refused for, a dry run says */
	start("recover --job migration --dry-run", false);
	waits("with --yes it would be refused: reason is not given and has no default");
	assert_int_equal(ends(asked, sizeof(asked)), 1);
	start("recover --job migration --dry-run --reason why --json", false);
	waits("\"exit\": 0, \"state\": \"would act\"");
	assert_int_equal(ends(asked, sizeof(asked)), 0);

	start("recover --job migration --set resume_from=X", true);
	waits("Migrating table");
	waits("why: ");
	type("\n");
	waits("not confirmed: nothing was done");
	assert_int_equal(ends(asked, sizeof(asked)), 1);
}

static void test_sigkill_is_a_decision(void **state)
{
	char asked[4096];

	(void)state;
	start("kill --job migration", true);
	waits("to confirm: ");
	type("8423\n");
	type("no\n"); /* before it was asked: nothing */
	tell("sk");
	waits("send SIGKILL?");
	waits("Type yes to confirm: ");
	type("yes\n");
	waits("done: ended by SIGTERM");
	assert_int_equal(ends(asked, sizeof(asked)), 0);
	assert_non_null(strstr(asked, "DO typed=8423\nANSWER\n"));

	start("kill --job migration", true);
	waits("to confirm: ");
	type("8423\n");
	tell("sk");
	waits("Type yes to confirm: ");
	type("y\n");
	waits("failed: ended by SIGTERM");
	assert_int_equal(ends(asked, sizeof(asked)), 2);
	assert_non_null(strstr(asked, "CANCEL\n"));
}

static void test_a_signal_does_not_cut_it(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	char asked[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		now.is_finishing = i != 0;
		start("kill --job migration --yes", false);
		tell("s");
		waits("thread dump saved");
		kill(tty.pid, signals[i]);
		waits(i == 0 ? "it stops after what is in flight" : "it goes on to its end");
		tell("sd");
		waits("done");
		assert_int_equal(ends(asked, sizeof(asked)), 0);
		assert_non_null(strstr(asked, "LEAVE 1\n"));
	}
	/* a replay ends between two entries */
	now.is_finishing = true;
	start("replay --job migration --all --yes", false);
	tell("s");
	waits("thread dump saved");
	kill(tty.pid, SIGTERM);
	waits("it stops after the entry in flight");
	tell("sd");
	waits("done");
	assert_int_equal(ends(asked, sizeof(asked)), 0);
	/* before it was confirmed nothing has begun */
	start("kill --job migration", true);
	waits("to confirm: ");
	kill(tty.pid, SIGTERM);
	waits("kill: ended by signal 15: nothing was done");
	assert_int_equal(ends(asked, sizeof(asked)), 128 + SIGTERM);
	assert_null(strstr(asked, "DO"));
}

static void test_without_a_terminal(void **state)
{
	char asked[4096];

	(void)state;
	start("kill --job migration", false);
	waits("kill asks before it acts, and there is no terminal to ask on");
	assert_int_equal(ends(asked, sizeof(asked)), 64);
	assert_string_equal(asked, "");

	start("kill --job migration --yes", false);
	tell("sd");
	waits("thread dump saved");
	assert_int_equal(ends(asked, sizeof(asked)), 0);
	assert_string_equal(asked, "PLAN job=migration jvm= yes=1\nDO typed=\nFORGET\n");

	/* nobody can be asked: it goes on until the backend decides */
	start("kill --job migration --yes", false);
	tell("k");
	tell("f");
	waits("failed: ended by SIGTERM");
	assert_int_equal(ends(asked, sizeof(asked)), 2);
	assert_null(strstr(asked, "ANSWER"));

	start("kill --job migration --yes --json", false);
	tell("su");
	waits("\"verb\": \"kill\", \"dry_run\": false, \"exit\": 3, \"state\": \"in doubt\"");
	waits("\"verdict\": \"hung\"");
	waits("\"evidence\": [\"no answer for 118 s\"");
	waits("\"action\": {\"number\": 7");
	assert_int_equal(ends(asked, sizeof(asked)), 3);
}

static void test_refused(void **state)
{
	char asked[4096];

	(void)state;
	now.refused = "healthy, last batch 4 s ago";
	start("kill --job migration --yes", false);
	waits("sparkops: kill: healthy, last batch 4 s ago");
	assert_int_equal(ends(asked, sizeof(asked)), 1);
	assert_null(strstr(asked, "DO"));
	start("kill --job migration --dry-run", false);
	waits("refused healthy, last batch 4 s ago");
	assert_int_equal(ends(asked, sizeof(asked)), 1);
	start("kill --job migration --dry-run --json", false);
	waits("\"exit\": 1, \"state\": \"refused\"");
	waits("\"refused\": \"healthy, last batch 4 s ago\"");
	assert_int_equal(ends(asked, sizeof(asked)), 1);
	/* with patience evidence may come */
	start("kill --job migration --yes --timeout 60s", false);
	tell("o");
	tell("d");
	waits("done");
	assert_int_equal(ends(asked, sizeof(asked)), 0);
	now.refused = NULL;
	start("kill --job migration --dry-run", false);
	waits("Kill this JVM?");
	assert_int_equal(ends(asked, sizeof(asked)), 0);
	assert_null(strstr(asked, "DO"));
}

static void test_a_pid(void **state)
{
	char asked[4096], line[100], want[100];

	(void)state;
	start("kill --pid 18423@99 --yes", false);
	tell("d");
	assert_int_equal(ends(asked, sizeof(asked)), 0);
	assert_non_null(strstr(asked, "jvm=18423@99 "));
	/* START is that of the moment it was named */
	snprintf(line, sizeof(line), "kill --pid %d --dry-run", (int)getpid());
	start(line, false);
	assert_int_equal(ends(asked, sizeof(asked)), 0);
	snprintf(want, sizeof(want), "jvm=%d@", (int)getpid());
	assert_non_null(strstr(asked, want));
	assert_true(strtoll(strstr(asked, "@") + 1, NULL, 10) > 0);
	start("kill --pid 999999999 --dry-run", false);
	waits("there is no process 999999999 on this host");
	assert_int_equal(ends(asked, sizeof(asked)), 1);
	start("kill --pid 999999999 --dry-run --json", false);
	waits("\"exit\": 1, \"state\": \"refused\", \"says\": \"there is no process");
	assert_int_equal(ends(asked, sizeof(asked)), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_typed),
		TEST(test_what_is_no_answer),
		TEST(test_type_ahead),
		TEST(test_what_changes_is_asked_again),
		TEST(test_an_object_behind_a_question),
		TEST(test_values),
		TEST(test_sigkill_is_a_decision),
		TEST(test_a_signal_does_not_cut_it),
		TEST(test_without_a_terminal),
		TEST(test_refused),
		TEST(test_a_pid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

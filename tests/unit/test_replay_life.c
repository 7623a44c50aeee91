/* Several failed batches one after the other: the canary, what comes back, the pace and what stops
 * it, and two who want the same. */
#include "replay_stage.h"

/* --- what comes back --- */

static const char *returning;
static struct replay_manner comes_back(int batch, const char *last_ts, const char *type)
{
	returning = stage_line(batch, last_ts, type, -1);
	return (struct replay_manner){
		.code = 200, .has_effect = true, .append = returning, .file = stage_file};
}

static void the_first_one_settles(void **state)
{
	const char *first = stage_entry(1, "a");
	struct action_request all = stage_all();

	(void)state;
	stage_entry(2, "b");
	stage_entry(3, "c");
	struct replay_manner m = comes_back(1, "a", "Timeout");
	server_behave(stage_server, &m);
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	assert_int_equal(server_posts(stage_server), 1);
	assert_non_null(strstr(stage_act->outcome, "came back"));
	assert_non_null(strstr(stage_act->outcome, "2 not sent"));
	const struct ledger_attempt *t = stage_known_line(first);
	assert_int_equal(t->state, DLQ_FAILED);
	assert_non_null(strstr(t->outcome, "came back as line 4 of failed_batches_20260101.json"));
	/* the new line inherits the attempts, the old one is not sent beside it */
	stage_behave(200, true);
	assert_null(stage_ask(&all));
	assert_true(stage_has_fact("3 entries, 3 units"));
	assert_true(stage_has_fact("left out: 1 whose failure came back"));
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_DONE);
	assert_int_equal(stage_known_line(returning)->number, 2);
}

/* What bounds the choice does not blind the watch. */
static void bounds_do_not_hide_a_return(void **state)
{
	struct action_request r = action_request_of(ACTION_PLAN, ACTION_REPLAY);

	(void)state;
	stage_entry(1, "a");
	stage_entry(2, "b");
	r.error_type = "Timeout";
	r.until_ms = clock_wall(&clock_real) - 60000;
	struct replay_manner m = comes_back(1, "a", "Timeout");
	server_behave(stage_server, &m);
	assert_int_equal(stage_run(&r), ACTION_STATE_FAILED);
	assert_int_equal(server_posts(stage_server), 1);
}

static void another_failure_is_no_return(void **state)
{
	const char *first = stage_entry(1, "a");
	struct action_request all = stage_all();

	(void)state;
	struct replay_manner m = comes_back(1, "a", "SchemaError");
	server_behave(stage_server, &m);
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_int_equal(stage_known_line(first)->state, DLQ_DONE);
	m = comes_back(2, "b", "Timeout");
	assert_int_equal(stage_known_line(first)->state, DLQ_DONE);
}

static void a_unit_comes_back_under_its_key(void **state)
{
	const char *first = stage_entry(1, "a");
	const char *covered = stage_entry(2, "a");
	struct action_request all = stage_all();

	(void)state;
	stage_config(STAGE_HTTP STAGE_UNIT);
	struct replay_manner m = comes_back(9, "a", "Timeout");
	server_behave(stage_server, &m);
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	assert_int_equal(stage_known_line(first)->state, DLQ_FAILED);
	assert_int_equal(stage_known_line(covered)->covered_by, stage_known_line(first)->id);
	stage_behave(200, true);
	assert_null(stage_ask(&all));
	assert_true(stage_has_fact("3 entries, 1 unit"));
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_DONE);
	assert_int_equal(stage_known_line(first)->number, 2);
	assert_int_equal(stage_known_line(returning)->state, DLQ_DONE);
}

/* It came back after the replay had ended: found at the next look, without anything written by the
 * question. */
static void what_came_back_later_is_found(void **state)
{
	struct action_request all = stage_all();
	const char *first;

	(void)state;
	stage_today();
	first = stage_entry(1, "a");
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	stage_append(stage_line(1, "a", "Timeout", -1));
	assert_null(stage_ask(&all));
	assert_true(stage_has_fact("1 entry"));
	assert_int_equal(stage_known_line(first)->state, DLQ_DONE);
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_DONE);
	assert_int_equal(stage_known_line(first)->state, DLQ_FAILED);
	/* the same failure long after is another one */
	stage_append(stage_line(1, "a", "Timeout", -200));
	assert_null(stage_ask(&all));
	assert_true(stage_has_fact("1 entry"));
}

static void what_the_hook_says_is_told(void **state)
{
	struct replay_manner no = {.code = 400,
				   .headers = "Content-Type: text/plain\r\n",
				   .says = "\n  no such \033[31mbatch  \nTraceback ..."};
	struct action_request all = stage_all();

	(void)state;
	stage_entry(1, "a");
	server_behave(stage_server, &no);
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	assert_non_null(strstr(stage_act->outcome, "answered 400: turned down: \"no such "));
	assert_non_null(strstr(stage_act->steps, "batch\""));
	assert_null(strchr(stage_act->outcome, '\033'));
	assert_null(strstr(stage_act->outcome, "Traceback"));
	stage_config("      command: [/bin/sh, -c, \"seq 1 20; echo no such table; exit 3\"]\n");
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	assert_non_null(strstr(stage_act->outcome, "exit 3: failed: \"19 | 20 | no such table\""));
	assert_null(strstr(stage_act->outcome, "18"));
}

/* The first of several is the one that shows whether it works. */
static void a_doubtful_first_one_stops_the_rest(void **state)
{
	struct action_request all = stage_all();

	(void)state;
	for (int i = 0; i < 5; i++)
		stage_entry(i, "x");
	stage_behave(500, true);
	assert_int_equal(stage_run(&all), ACTION_STATE_IN_DOUBT);
	assert_int_equal(server_posts(stage_server), 1);
	assert_non_null(strstr(stage_act->outcome, "4 not sent: the first one is in doubt"));
	assert_string_equal(stage_act->asked, "");
	/* what is in doubt is left out, and that is said */
	stage_behave(200, true);
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_int_equal(server_posts(stage_server), 5);
	assert_string_equal(stage_act->outcome,
			    "4 of 4 done; 1 in doubt was left out: M or --hash decides");
}

static void a_failed_first_one_stops_the_rest(void **state)
{
	struct action_request all = stage_all();

	(void)state;
	for (int i = 0; i < 5; i++)
		stage_entry(i, "x");
	stage_behave(400, false);
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	assert_int_equal(server_posts(stage_server), 1);
	assert_non_null(strstr(stage_act->outcome, "4 not sent: the first one failed"));
}

/* One that is gone says nothing of the others. */
static void a_gone_first_one_does_not_stop_the_rest(void **state)
{
	struct action_request all = stage_all();

	(void)state;
	for (int i = 0; i < 3; i++)
		stage_entry(i, "x");
	assert_null(stage_ask(&all));
	stage_shell("sed -i 1s/no.servers/xo.servers/ %s", stage_file);
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_FAILED);
	assert_int_equal(server_posts(stage_server), 2);
	assert_non_null(strstr(stage_act->outcome, "2 of 3 done; 1 refused: line 1 of "));
}

/* --- the pace and what stops it --- */

static void the_pace_is_kept(void **state)
{
	struct action_request all = stage_all();

	(void)state;
	for (int i = 0; i < 5; i++)
		stage_entry(i, "x");
	all.per_s = 0.5;
	assert_null(stage_ask(&all));
	assert_true(stage_has_fact("at 30 a minute"));
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_DONE);
	assert_int_equal(stage_act->slept_ms, 4 * 2000);
	assert_int_equal(server_posts(stage_server), 5);
}

static void three_failures_in_a_row_pause_it(void **state)
{
	struct replay_manner good = {.code = 200, .has_effect = true};
	struct action_request all = stage_all();

	(void)state;
	for (int i = 0; i < 6; i++)
		stage_entry(i, "x");
	stage_behave(500, false);
	server_behave_for(stage_server, &good, 1);
	assert_int_equal(stage_run(&all), ACTION_STATE_IN_DOUBT);
	assert_int_equal(server_posts(stage_server), 4);
	assert_non_null(strstr(stage_act->asked, "3 failures in a row"));
	assert_non_null(strstr(stage_act->outcome, "2 not sent: 3 failures in a row"));
	/* a person may let it go on */
	for (int i = 6; i < 9; i++)
		stage_entry(i, "x");
	stage_act->answer = WOKEN_ANSWERED;
	stage_behave(400, false);
	server_behave_for(stage_server, &good, 1);
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	assert_int_equal(server_posts(stage_server), 9);
}

static void cancel(struct act *a)
{
	a->is_cancelled = true;
}

static void it_stops_after_the_entry_in_flight(void **state)
{
	struct action_request all = stage_all();

	(void)state;
	for (int i = 0; i < 5; i++)
		stage_entry(i, "x");
	stage_act->on_sleep = cancel;
	assert_int_equal(stage_run(&all), ACTION_STATE_CANCELLED);
	assert_int_equal(server_posts(stage_server), 1);
	assert_non_null(strstr(stage_act->outcome, "1 of 5 done; 4 not sent: cancelled"));
	stage_act->is_cancelled = false;
	stage_act->on_sleep = NULL;
	assert_null(stage_ask(&all));
	assert_true(stage_has_fact("4 entries"));
}

/* --- two at a time --- */

static void a_folder_is_replayed_by_one(void **state)
{
	struct action_request all = stage_all();
	struct err err;
	int fd;

	(void)state;
	stage_entry(1, "x");
	assert_int_equal(replay_lock(stage_dlq, &fd, &err), 0);
	assert_null(stage_ask(&all));
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_REFUSED);
	assert_non_null(strstr(stage_act->outcome, "another sparkops"));
	assert_non_null(strstr(stage_act->outcome,
			       arena_printf(&stage_arena, "process %d", (int)getpid())));
	assert_int_equal(server_posts(stage_server), 0);
	close(fd);
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
}

static void another_ledger_is_named(void **state)
{
	struct action_request all = stage_all();
	char other[128];

	(void)state;
	stage_entry(1, "x");
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	snprintf(other, sizeof(other), "%s/elsewhere", stage_dir);
	stage_shell("mkdir %s && cp -a %s %s/sparkops", other, stage_state, other);
	setenv("XDG_STATE_HOME", other, 1);
	assert_null(stage_ask(&(struct action_request){.is_all = true,
						       .since_ms = ABSENT,
						       .until_ms = ABSENT,
						       .limit = ABSENT,
						       .max_attempts = ABSENT,
						       .is_yes = true}));
	stage_entry(2, "y");
	assert_null(stage_ask(&all));
	unsetenv("XDG_STATE_HOME");
	assert_true(stage_has_fact("another ledger"));
	assert_true(stage_has_fact("elsewhere/sparkops/ledger.db"));
}

/* Is the ledger named while a sparkops runs that was started so? It ends with its input. */
static bool names_ledger_of(const char *option, const char *value)
{
	struct action_request all = stage_all();
	int up[2], down[2];
	bool is_named;
	char c;
	pid_t other;

	assert_true(pipe(up) == 0 && pipe(down) == 0);
	other = fork();
	if (other == 0) {
		dup2(down[0], STDIN_FILENO);
		dup2(up[1], STDOUT_FILENO);
		close(down[1]);
		if (chdir(stage_dir) == 0)
			execl("./sparkops", "sparkops", "replay", option, value, (char *)NULL);
		_exit(1);
	}
	close(up[1]);
	close(down[0]);
	assert_int_equal(read(up[0], &c, 1), 1);
	assert_null(stage_ask(&all));
	is_named = stage_has_fact("/other/ledger.db, knows 1 entry of this folder");
	close(down[1]);
	close(up[0]);
	waitpid(other, NULL, 0);
	return is_named;
}

/* A console that runs with a state folder of its own, wherever that is. */
static void a_ledger_of_a_console_that_runs_is_named(void **state)
{
	struct action_request all = stage_all();

	(void)state;
	stage_entry(1, "x");
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	stage_shell("cd %s && cp -a %s other && printf '#!/bin/sh\\necho up\\nread over\\n' "
		    ">sparkops && chmod +x sparkops",
		    stage_dir, stage_state);
	stage_entry(2, "y");
	assert_true(names_ledger_of("--state-dir", "other"));
	assert_true(names_ledger_of("--state-dir=other", NULL));
	assert_false(names_ledger_of("--state-dir", stage_state)); /* that is ours */
	assert_null(stage_ask(&all));
	assert_false(stage_has_fact("another ledger"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_begin, stage_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_one_settles),
		TEST(bounds_do_not_hide_a_return),
		TEST(another_failure_is_no_return),
		TEST(a_unit_comes_back_under_its_key),
		TEST(what_came_back_later_is_found),
		TEST(what_the_hook_says_is_told),
		TEST(a_doubtful_first_one_stops_the_rest),
		TEST(a_failed_first_one_stops_the_rest),
		TEST(a_gone_first_one_does_not_stop_the_rest),
		TEST(the_pace_is_kept),
		TEST(three_failures_in_a_row_pause_it),
		TEST(it_stops_after_the_entry_in_flight),
		TEST(a_folder_is_replayed_by_one),
		TEST(another_ledger_is_named),
		TEST(a_ledger_of_a_console_that_runs_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

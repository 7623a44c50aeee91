/* Nothing is sent twice without a person's decision, and what a person decided is kept: units and
 * the marks on them, failures that came back and were done, what is refused on the way. */
#include "replay_stage.h"

static const char *lines[8];
static size_t nlines;

static const char *entry(int batch, const char *last_ts)
{
	const char *line = stage_line(batch, last_ts, "Timeout", 600 - batch);

	stage_append(line);
	lines[nlines++] = line;
	return line;
}

static int begin(void **state)
{
	nlines = 0;
	return stage_begin(state);
}

static const char *key_of(const char *line)
{
	char hex[65];

	stage_hash(line, hex);
	return arena_strndup(&stage_arena, hex, 32);
}

static void mark(const char *const *v, size_t n, int state)
{
	struct ledger_attempt marked[8];

	for (size_t i = 0; i < n; i++)
		marked[i] = (struct ledger_attempt){.key = key_of(v[i]), .job = "etl"};
	assert_int_equal(ledger_mark_all(stage_act->ledger, marked, n, state, "looked", NULL), 0);
}

static struct action_request scripted(void)
{
	struct action_request all = stage_all();

	all.is_yes = true;
	return all;
}

static void nothing_is_left(void)
{
	struct action_request all = scripted();
	unsigned posts = server_posts(stage_server);

	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_non_null(strstr(stage_act->outcome, "nothing to do"));
	assert_int_equal(server_posts(stage_server), posts);
}

/* --- units --- */

/* One decision, one attempt more, under the key that it had. */
static void a_unit_that_was_marked_keeps_its_key(void **state)
{
	struct action_request all = scripted();

	(void)state;
	stage_config(STAGE_HTTP STAGE_UNIT);
	for (int i = 0; i < 3; i++)
		entry(i, "09:40");
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	mark(lines, 3, DLQ_PENDING);
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_int_equal(server_posts(stage_server), 2);
	assert_int_equal(server_effects(stage_server, key_of(lines[0])), 2);
	nothing_is_left();
	for (int i = 0; i < 3; i++)
		assert_int_equal(stage_known_line(lines[i])->state, DLQ_DONE);
	assert_int_equal(stage_known_line(lines[0])->number, 2);
	assert_int_equal(stage_known_line(lines[2])->covered_by, stage_known_line(lines[0])->id);
}

/* Marked one by one, by whatever did not know the unit: its key is that of what was sent. */
static void a_covered_line_is_never_the_key(void **state)
{
	struct action_request all = scripted();

	(void)state;
	stage_config(STAGE_HTTP STAGE_UNIT);
	for (int i = 0; i < 3; i++)
		entry(i, "09:40");
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	mark(&lines[1], 1, DLQ_PENDING);
	(void)!stage_ask(&all);
	(void)!action_replay.run(stage_act);
	assert_int_equal(server_effects(stage_server, key_of(lines[1])), 0);
	/* all the same where the first one left the folder */
	stage_shell("sed -i 1d %s", stage_file);
	mark(lines, 3, DLQ_PENDING);
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_int_equal(server_effects(stage_server, NULL), 2);
	assert_int_equal(server_effects(stage_server, key_of(lines[0])), 2);
	nothing_is_left();
}

/* Sent one by one before units were configured; what failed then is part of the unit now. */
static void what_failed_alone_is_covered(void **state)
{
	struct action_request all = scripted();

	(void)state;
	entry(1, "a");
	entry(2, "a");
	stage_behave(400, false);
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	mark(&lines[0], 1, DLQ_GIVEN_UP);
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	mark(&lines[0], 1, DLQ_PENDING);
	stage_behave(200, true);
	stage_config(STAGE_HTTP STAGE_UNIT);
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_int_equal(server_effects(stage_server, NULL), 1);
	nothing_is_left();
}

static void a_unit_that_was_given_up_is_not_sent(void **state)
{
	char hex[65];
	const char *hashes[] = {hex};
	struct action_request all = scripted(), one = action_request_of(ACTION_PLAN, ACTION_REPLAY);

	(void)state;
	stage_config(STAGE_HTTP STAGE_UNIT);
	for (int i = 0; i < 3; i++)
		entry(i, "09:40");
	stage_behave(500, false);
	assert_int_equal(stage_run(&all), ACTION_STATE_IN_DOUBT);
	/* its attempt and one of its lines; of the others nothing is written */
	mark((const char *[]){lines[0], lines[2]}, 2, DLQ_GIVEN_UP);
	stage_behave(200, true);
	nothing_is_left();
	assert_non_null(strstr(stage_act->outcome, "3 given up"));
	/* one that is newer is no decision to send it */
	stage_append(stage_line(7, "09:40", "Timeout", -200));
	assert_non_null(strstr(stage_ask(&all), "its unit was given up"));
	assert_int_equal(server_posts(stage_server), 1);
	/* a person is, with a reason */
	stage_hash(lines[1], hex);
	one.hashes = hashes;
	one.nhashes = 1;
	assert_null(stage_ask(&one));
	assert_int_equal(stage_plan.nasks, 1);
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_REFUSED);
	struct action_value why = {"reason", "the range is mended"};
	stage_act->values = &why;
	stage_act->nvalues = 1;
	assert_int_equal(stage_run(&one), ACTION_STATE_DONE);
	assert_int_equal(server_effects(stage_server, key_of(lines[0])), 1);
	assert_string_equal(stage_known_line(lines[0])->reason, "the range is mended");
}

static void a_limit_counts_units(void **state)
{
	struct action_request all = scripted();

	(void)state;
	stage_config(STAGE_HTTP STAGE_UNIT);
	for (int i = 0; i < 6; i++)
		entry(i, i == 1 || i == 5 ? "b" : "a");
	stage_append(stage_line(7, "a", "SchemaError", 60));
	all.limit = 1;
	assert_null(stage_ask(&all));
	assert_true(stage_has_fact("5 entries, 1 unit"));
	all.is_all = false;
	all.error_type = "Timeout";
	assert_null(stage_ask(&all));
	assert_true(stage_has_fact("4 entries, 1 unit"));
	assert_true(stage_has_fact("1 more entry of the same unit becomes done with it"));
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_DONE);
	all.limit = 2;
	assert_null(stage_ask(&all));
	assert_true(stage_has_fact("2 entries, 1 unit, 4 already covered"));
	assert_int_equal(server_posts(stage_server), 1);
}

/* --- what came back --- */

static const char *come_back(int line)
{
	const char *back = stage_line(line, "x", "Timeout", -1);
	struct replay_manner m = {
		.code = 200, .has_effect = true, .append = back, .file = stage_file};
	struct action_request all = scripted();

	server_behave_for(stage_server, &m, 1);
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	return back;
}

static void what_came_back_and_was_done_is_done(void **state)
{
	struct action_request all = scripted();

	(void)state;
	entry(1, "x");
	entry(2, "y");
	come_back(1);
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_int_equal(server_posts(stage_server), 3);
	nothing_is_left();
	assert_int_equal(stage_known_line(lines[0])->state, DLQ_FAILED);
	/* but not where that came back, too */
	stage_append(stage_line(1, "z", "Timeout", -2));
	assert_null(stage_ask(&all));
	assert_true(stage_has_fact("left out: 2 whose failure came back"));
}

/* --- on the way --- */

static const char *hold_reason = "vacuum runs";

static void hold_now(struct act *a)
{
	a->on_sleep = NULL;
	assert_int_equal(ledger_hold(a->ledger, "etl", ABSENT, hold_reason, NULL), 0);
}

static void a_hold_stops_it(void **state)
{
	struct action_request all = scripted();

	(void)state;
	for (int i = 0; i < 4; i++)
		entry(i, "x");
	stage_act->on_sleep = hold_now;
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	assert_int_equal(server_posts(stage_server), 1);
	assert_non_null(strstr(stage_act->outcome, "1 of 4 done; 3 not sent: the job is held by "));
	assert_non_null(strstr(stage_act->outcome, "vacuum runs"));
	assert_int_equal(ledger_release(stage_act->ledger, "etl", NULL), 0);
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	/* before the first */
	entry(5, "x");
	assert_null(stage_ask(&all));
	assert_int_equal(ledger_hold(stage_act->ledger, "etl", ABSENT, "vacuum", NULL), 0);
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_REFUSED);
	assert_int_equal(server_posts(stage_server), 4);
}

/* Who holds it may have much to say. */
static void a_hold_of_many_words_stops_it(void **state)
{
	static char words[20001];
	struct action_request all = scripted();

	(void)state;
	memset(words, 'x', sizeof(words) - 1);
	hold_reason = words;
	entry(1, "x");
	entry(2, "x");
	stage_act->on_sleep = hold_now;
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	assert_non_null(strstr(stage_act->outcome, "1 of 2 done; 1 not sent: the job is held by "));
}

static const char *other;
static int other_state;
static void somebody_else(struct act *a)
{
	struct ledger_attempt t = {.key = key_of(other), .job = "etl", .ended_at = ABSENT};

	a->on_sleep = NULL;
	assert_int_equal(ledger_begin(a->ledger, &t, NULL), 0);
	t.state = other_state;
	t.ended_at = ABSENT;
	assert_int_equal(ledger_end(a->ledger, &t, NULL), 0);
}

/* What somebody else did meanwhile is done; what he left in doubt is not. */
static void what_others_took_is_told_as_it_is(void **state)
{
	struct action_request all = scripted();

	(void)state;
	entry(1, "x");
	other = entry(2, "x");
	other_state = DLQ_DONE;
	stage_act->on_sleep = somebody_else;
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_string_equal(stage_act->outcome, "1 of 2 done; 1 done or given up by somebody else "
						"meanwhile");
	entry(3, "x");
	other = entry(4, "x");
	other_state = DLQ_DOUBT;
	stage_act->on_sleep = somebody_else;
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	assert_non_null(strstr(stage_act->outcome, "1 of 2 done; 1 not taken: attempt 1 of it is "
						   "in doubt"));
	assert_int_equal(server_posts(stage_server), 2);
}

/* Many that lack what the hook names: nothing is tried, so nothing failed. */
static void what_all_lack_is_refused(void **state)
{
	struct action_request all = scripted();

	(void)state;
	for (int i = 0; i < 5; i++)
		entry(i, "x");
	stage_config("      http: {url: \"%/replay/{context.table}\"}\n");
	const char *refused = stage_ask(&all);
	assert_non_null(refused);
	assert_non_null(strstr(refused, "none of the 5 can be sent"));
	assert_non_null(strstr(refused, "{context.table}"));
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_REFUSED);
	assert_int_equal(server_posts(stage_server), 0);
	assert_int_equal(stage_act->slept_ms, 0);
	/* one among them is sent, and is not waited for */
	stage_append("{\"batch_id\": 9, \"timestamp\": \"2026-01-01T00:00:00Z\", \"context\": "
		     "{\"table\": \"T9\"}}");
	stage_config("      http: {url: \"%/replay/{context.table}\"}\n      max_age: 3650d\n");
	all.since_ms = 0;
	assert_null(stage_ask(&all));
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_FAILED);
	assert_int_equal(server_posts(stage_server), 1);
	assert_non_null(strstr(stage_act->outcome, "1 of 6 done; 5 refused: line "));
	assert_null(strstr(stage_act->outcome, "in a row"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, stage_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_unit_that_was_marked_keeps_its_key),
		TEST(a_covered_line_is_never_the_key),
		TEST(what_failed_alone_is_covered),
		TEST(a_unit_that_was_given_up_is_not_sent),
		TEST(a_limit_counts_units),
		TEST(what_came_back_and_was_done_is_done),
		TEST(a_hold_stops_it),
		TEST(a_hold_of_many_words_stops_it),
		TEST(what_others_took_is_told_as_it_is),
		TEST(what_all_lack_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

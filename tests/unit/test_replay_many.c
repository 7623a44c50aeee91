/* Which failed batches a replay takes: units, bounds, hashes, and what wants a reason. */
#include "replay_stage.h"

/* --- units --- */

static void one_outage_is_one_replay(void **state)
{
	const char *first = stage_entry(1, "09:40"), *second = stage_entry(2, "09:40"),
		   *other = stage_entry(3, "09:41");
	const char *third = stage_entry(4, "09:40");
	struct action_request all = stage_all();
	char hex[65];

	(void)state;
	stage_config(STAGE_HTTP STAGE_UNIT);
	assert_null(stage_ask(&all));
	assert_string_equal(stage_fact(0), "4 entries, 2 units, 0 already covered");
	assert_string_equal(text_str(stage_plan.to_type), "2");
	assert_int_equal(stage_plan.paste.n, 2);
	assert_non_null(strstr(text_str(stage_plan.paste.v[0]), "curl -sS -X POST"));
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_DONE);
	assert_int_equal(server_posts(stage_server), 2);
	assert_string_equal(stage_ask(&all), "nothing to do: 4 are done already");
	stage_hash(first, hex);
	hex[32] = '\0';
	assert_int_equal(server_effects(stage_server, hex), 1);
	assert_int_equal(stage_known_line(second)->state, DLQ_DONE);
	assert_int_equal(stage_known_line(second)->covered_by, stage_known_line(first)->id);
	assert_int_equal(stage_known_line(third)->covered_by, stage_known_line(first)->id);
	assert_int_equal(stage_known_line(other)->covered_by, 0);
	assert_non_null(strstr(stage_ask(&all), "nothing to do"));
}

/* Of one entry the question shows what is really asked, of several what it is made from. */
static void the_question_fills_the_probe_in(void **state)
{
	struct action_request all = stage_all();
	const char *line = stage_entry(1, "a");
	char hex[65], asks[120];

	(void)state;
	stage_config(STAGE_HTTP STAGE_PROBE);
	stage_hash(line, hex);
	assert_null(stage_ask(&all));
	snprintf(asks, sizeof(asks), "/replayed/%.32s: was it done already?", hex);
	assert_non_null(strstr(text_str(stage_plan.steps.v[0]), asks));
	assert_non_null(strstr(text_str(stage_plan.steps.v[1]), "/replay/1 with"));
	snprintf(asks, sizeof(asks), "/replayed/%.32s: is it done?", hex);
	assert_non_null(strstr(text_str(stage_plan.steps.v[2]), asks));
	stage_entry(2, "b");
	assert_null(stage_ask(&all));
	assert_non_null(strstr(text_str(stage_plan.steps.v[0]), "/replayed/{key}: was it"));
}

/* Whichever entry of a unit is named: the key is that of the first, and the first is sent. */
static void the_key_is_that_of_the_first(void **state)
{
	const char *first, *second;
	char hex[65], key[65], head[8192], body[8192];
	const char *hashes[] = {hex};
	struct action_request r = action_request_of(ACTION_PLAN, ACTION_REPLAY);

	(void)state;
	stage_today();
	first = stage_entry(1, "09:40");
	second = stage_entry(2, "09:40");
	stage_config(STAGE_HTTP STAGE_UNIT);
	stage_hash(second, hex);
	stage_hash(first, key);
	key[32] = '\0';
	hex[10] = '\0';
	r.hashes = hashes;
	r.nhashes = 1;
	assert_int_equal(stage_run(&r), ACTION_STATE_DONE);
	assert_int_equal(server_effects(stage_server, key), 1);
	server_last(stage_server, head, sizeof(head), body, sizeof(body));
	assert_string_equal(body, first);
	/* and stays so when the first one is gone */
	stage_shell("sed -i 1d %s", stage_file);
	/* one from before that is covered, one that failed long after is not */
	stage_entry(3, "09:40");
	assert_non_null(strstr(stage_ask(&(struct action_request){.is_all = true,
								  .since_ms = ABSENT,
								  .until_ms = ABSENT,
								  .limit = ABSENT,
								  .max_attempts = ABSENT}),
			       "done already"));
	stage_append(stage_line(4, "09:40", "Timeout", -200));
	struct action_request all = stage_all();
	stage_behave(200, true);
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_int_equal(server_effects(stage_server, key), 2);
	assert_int_equal(stage_known(key)->number, 2);
}

/* --- selection --- */

static void bounds_are_kept(void **state)
{
	struct action_request r = stage_all();
	int64_t now = clock_wall(&clock_real);

	(void)state;
	for (int i = 0; i < 10; i++)
		stage_append(
			stage_line(i, "x", i % 2 ? "Timeout" : "SchemaError", (10 - i) * 3600));
	r.since_ms = now - 5 * 3600 * 1000 - 60000;
	r.until_ms = now - 2 * 3600 * 1000 + 60000;
	assert_null(stage_ask(&r));
	assert_true(stage_has_fact("4 entries, 4 units"));
	assert_true(stage_has_fact("types: "));
	r = stage_all();
	r.limit = 3;
	assert_null(stage_ask(&r));
	assert_true(stage_has_fact("3 entries"));
	assert_non_null(strstr(text_str(stage_plan.paste.v[0]), "/replay/0"));
	r = action_request_of(ACTION_PLAN, ACTION_REPLAY);
	r.error_type = "SchemaError";
	assert_null(stage_ask(&r));
	assert_true(stage_has_fact("5 entries"));
	assert_string_equal(stage_act->target, "entries of SchemaError");
	r.limit = 1;
	assert_null(stage_ask(&r));
	assert_memory_equal(stage_act->target, "entry ", 6);
	r.limit = ABSENT;
	r.error_type = "Nothing";
	assert_non_null(strstr(stage_ask(&r), "no such entry"));
}

static void old_ones_are_taken_only_when_meant(void **state)
{
	char hex[65], other[65];
	const char *hashes[] = {hex, other};
	const char *old = stage_line(1, "x", "Timeout", 8 * 86400),
		   *young = stage_line(2, "x", "Timeout", 60);
	struct action_request all = stage_all(), r = action_request_of(ACTION_PLAN, ACTION_REPLAY);

	(void)state;
	stage_append(old);
	assert_non_null(strstr(stage_ask(&all), "old"));
	stage_append(young);
	assert_null(stage_ask(&all));
	assert_true(stage_has_fact("1 entry"));
	assert_true(stage_has_fact("left out: 1 old"));
	all.since_ms = 0;
	assert_null(stage_ask(&all));
	assert_true(stage_has_fact("2 entries"));
	stage_hash(old, hex);
	stage_hash(young, other);
	r.hashes = hashes;
	r.nhashes = 1;
	assert_null(stage_ask(&r));
	r.nhashes = 2;
	assert_null(stage_ask(&r));
	assert_true(stage_has_fact("left out: 1 old"));
}

static void a_hash_must_be_one(void **state)
{
	const char *hashes[1];
	struct action_request r = action_request_of(ACTION_PLAN, ACTION_REPLAY);

	(void)state;
	stage_entry(1, "x");
	stage_append("not JSON");
	r.hashes = hashes;
	r.nhashes = 1;
	hashes[0] = "1234567";
	assert_non_null(strstr(stage_ask(&r), "8 to 64"));
	hashes[0] = "ABCDEF00";
	assert_non_null(strstr(stage_ask(&r), "8 to 64"));
	hashes[0] = "0123456789abcdef";
	assert_non_null(strstr(stage_ask(&r), "no entry of the folder"));
	char hex[65];
	stage_hash("not JSON", hex);
	hashes[0] = hex;
	assert_non_null(strstr(stage_ask(&r), "never an entry"));
}

static void often_wants_a_reason(void **state)
{
	const char *line = stage_entry(1, "x");
	char hex[65];
	const char *hashes[] = {hex};
	struct action_request all = stage_all(),
			      one = action_request_of(ACTION_PLAN, ACTION_REPLAY);

	(void)state;
	stage_behave(400, false);
	for (int i = 0; i < 3; i++)
		assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	assert_non_null(strstr(stage_ask(&all), "too often"));
	all.max_attempts = 5;
	assert_null(stage_ask(&all));
	assert_int_equal(stage_plan.nasks, 1);
	all.is_yes = true;
	assert_non_null(strstr(stage_ask(&all), "reason"));
	stage_hash(line, hex);
	one.hashes = hashes;
	one.nhashes = 1;
	assert_null(stage_ask(&one));
	assert_int_equal(stage_plan.nasks, 1);
	struct action_value why = {"reason", "the schema is mended"};
	stage_act->values = &why;
	stage_act->nvalues = 1;
	stage_behave(200, true);
	assert_int_equal(stage_run(&one), ACTION_STATE_DONE);
	assert_int_equal(stage_known_line(line)->number, 4);
	assert_string_equal(stage_known_line(line)->reason, "the schema is mended");
}

static void done_is_sent_again_only_for_a_reason(void **state)
{
	const char *line = stage_entry(1, "x");
	char hex[65];
	const char *hashes[] = {hex};
	struct action_request all = stage_all(),
			      one = action_request_of(ACTION_PLAN, ACTION_REPLAY);

	(void)state;
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_string_equal(stage_ask(&all), "nothing to do: it is done already");
	stage_hash(line, hex);
	one.hashes = hashes;
	one.nhashes = 1;
	assert_null(stage_ask(&one));
	assert_int_equal(stage_plan.nasks, 1);
	/* the ledger says no to whoever sends it all the same */
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_REFUSED);
	assert_int_equal(server_posts(stage_server), 1);
	/* a script finds nothing to do */
	one.is_yes = true;
	assert_null(stage_ask(&one));
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_DONE);
	assert_non_null(strstr(stage_act->outcome, "nothing to do"));
	assert_int_equal(server_posts(stage_server), 1);
}

static void record(const char *key, const char *job, const char *unit, const char *file)
{
	struct ledger_attempt t = {.key = key,
				   .hash = key,
				   .job = job,
				   .unit = unit,
				   .batch_id = "1",
				   .error_type = "Timeout",
				   .file = file,
				   .line = 1,
				   .ended_at = ABSENT};
	struct err err;

	assert_int_equal(ledger_begin(stage_act->ledger, &t, &err), 0);
	t.state = DLQ_DONE;
	t.proof = "hook";
	t.outcome = "answered 200";
	assert_int_equal(ledger_end(stage_act->ledger, &t, &err), 0);
}

/* A key is one for every name of the job; a unit is one within its job. */
static void another_name_keeps_the_keys(void **state)
{
	struct action_request all = stage_all();
	char hex[65];

	(void)state;
	stage_config(STAGE_HTTP STAGE_UNIT);
	stage_hash(stage_entry(1, "a"), hex);
	record("00000000000000000000000000000001", "other", "a",
	       "/elsewhere/failed_batches_20260101.json");
	assert_null(stage_ask(&all));
	assert_true(stage_has_fact("1 entry, 1 unit"));
	hex[32] = '\0';
	record(hex, "the name it had", "a", stage_file);
	assert_non_null(strstr(stage_ask(&all), "nothing to do"));
	/* what covers the unit covers a line of it from before, whatever the job's name */
	stage_entry(2, "a");
	assert_non_null(strstr(stage_ask(&all), "nothing to do"));
}

static void a_long_queue_is_read_whole(void **state)
{
	struct action_request all = stage_all();
	FILE *f = fopen(stage_file, "we");

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 20000; i++)
		fprintf(f,
			"{\"batch_id\": %d, \"timestamp\": \"2026-01-01T00:00:00Z\", \"error\": "
			"{\"type\": \"Timeout\"}, \"context\": {\"last_ts\": \"%d\"}}\n",
			i, i / 100);
	fclose(f);
	stage_config(STAGE_HTTP STAGE_UNIT "      max_age: 3650d\n");
	all.since_ms = 0;
	assert_null(stage_ask(&all));
	assert_true(stage_has_fact("20000 entries, 200 units"));
	assert_int_equal(stage_plan.paste.n, 101);
	stage_config(STAGE_HTTP);
	assert_null(stage_ask(&all));
	assert_true(stage_has_fact("20000 entries, 20000 units"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_begin, stage_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_outage_is_one_replay),
		TEST(the_question_fills_the_probe_in),
		TEST(the_key_is_that_of_the_first),
		TEST(bounds_are_kept),
		TEST(old_ones_are_taken_only_when_meant),
		TEST(a_hash_must_be_one),
		TEST(often_wants_a_reason),
		TEST(done_is_sent_again_only_for_a_reason),
		TEST(another_name_keeps_the_keys),
		TEST(a_long_queue_is_read_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A failed batch is given to the job again: every meaning of an answer, what is proved, and what is
 * refused before anything is sent. */
#include "replay_stage.h"

static const char *line_of(int batch)
{
	const char *line = stage_line(batch, "09:40", "Timeout", 600 - batch);

	stage_append(line);
	return line;
}

static void behave(int code, bool has_effect, const char *headers)
{
	struct replay_manner m = {.code = code, .has_effect = has_effect, .headers = headers};

	server_behave(stage_server, &m);
}

static void it_gets_the_exact_bytes(void **state)
{
	char head[8192], body[8192], hex[65];
	const char *line = line_of(42);
	struct action_request all = stage_all();

	(void)state;
	stage_hash(line, hex);
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_non_null(strstr(text_str(stage_plan.steps.v[0]), "/replay/42 with the entry"));
	server_last(stage_server, head, sizeof(head), body, sizeof(body));
	assert_string_equal(body, line);
	assert_non_null(strstr(head, "POST /replay/42 HTTP/1.1\r\n"));
	assert_non_null(
		strstr(head, arena_printf(&stage_arena, "\r\nIdempotency-Key: %.32s\r\n", hex)));
	assert_non_null(strstr(head, "\r\nX-Sparkops-Job: etl\r\n"));
	assert_non_null(strstr(head, "\r\nX-Sparkops-Batch-Id: 42\r\n"));
	assert_non_null(strstr(head, "\r\nX-Sparkops-Attempt: 1\r\n"));
	assert_non_null(strstr(head, "\r\nContent-Type: application/json\r\n"));
	const struct ledger_attempt *t = stage_known_line(line);
	assert_int_equal(t->state, DLQ_DONE);
	assert_string_equal(t->proof, "hook");
	assert_string_equal(t->batch_id, "42");
	assert_string_equal(t->error_type, "Timeout");
	assert_int_equal(t->line, 1);
	assert_int_equal(t->number, 1);
	assert_string_equal(t->file, stage_file);
}

static void lines_may_end_in_cr_lf(void **state)
{
	char head[8192], body[8192];
	const char *line = stage_line(7, "a", "Timeout", 60);
	struct action_request all = stage_all();

	(void)state;
	stage_append(arena_printf(&stage_arena, "%s\r", line));
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	server_last(stage_server, head, sizeof(head), body, sizeof(body));
	assert_string_equal(body, line);
	assert_non_null(stage_known_line(line));
}

struct meaning {
	int code;
	bool has_effect;
	int state; /* of the entry */
	enum action_state outcome;
};

static void every_answer_has_its_meaning(void **state)
{
	static const struct meaning meanings[] = {
		{200, true, DLQ_DONE, ACTION_STATE_DONE},
		{201, true, DLQ_DONE, ACTION_STATE_DONE},
		{204, true, DLQ_DONE, ACTION_STATE_DONE},
		{409, false, DLQ_DONE, ACTION_STATE_DONE},
		{202, true, DLQ_DOUBT, ACTION_STATE_IN_DOUBT},
		{206, true, DLQ_DOUBT, ACTION_STATE_IN_DOUBT},
		{302, true, DLQ_DOUBT, ACTION_STATE_IN_DOUBT},
		{500, true, DLQ_DOUBT, ACTION_STATE_IN_DOUBT},
		{502, false, DLQ_DOUBT, ACTION_STATE_IN_DOUBT},
		{400, false, DLQ_FAILED, ACTION_STATE_FAILED},
		{404, false, DLQ_FAILED, ACTION_STATE_FAILED},
		{SERVER_CLOSES, true, DLQ_DOUBT, ACTION_STATE_IN_DOUBT},
		{SERVER_RESETS, true, DLQ_DOUBT, ACTION_STATE_IN_DOUBT},
		{SERVER_SILENT, true, DLQ_DOUBT, ACTION_STATE_IN_DOUBT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
		const struct meaning *m = &meanings[i];
		const char *line = line_of((int)i);
		char hex[65];
		const char *hashes[] = {hex};
		struct action_request r = action_request_of(ACTION_PLAN, ACTION_REPLAY);
		stage_hash(line, hex);
		r.hashes = hashes;
		r.nhashes = 1;
		behave(m->code, m->has_effect, NULL);
		unsigned before = server_posts(stage_server);
		enum action_state outcome = stage_run(&r);
		const struct ledger_attempt *t = stage_known_line(line);
		if (outcome != m->outcome || t->state != m->state)
			fail_msg("%d: %s, entry %s: %s", m->code, stage_act->outcome,
				 dlq_state_names[t->state], t->outcome);
		assert_int_equal(server_posts(stage_server), before + 1);
	}
}

static void nobody_there_is_a_failure(void **state)
{
	const char *line = line_of(1);
	struct action_request all = stage_all();

	(void)state;
	stage_config("      http: {url: \"http://127.0.0.1:1/replay/{batch_id}\"}\n");
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	assert_int_equal(stage_known_line(line)->state, DLQ_FAILED);
	/* and may go again without a word */
	stage_config(STAGE_HTTP);
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_int_equal(stage_known_line(line)->number, 2);
}

static void later_is_later(void **state)
{
	struct replay_manner busy = {.code = 429, .headers = "Retry-After: 7\r\n", .says = ""};
	const char *line = line_of(1);
	struct action_request all = stage_all();

	(void)state;
	server_behave_for(stage_server, &busy, 2);
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_int_equal(stage_act->slept_ms, 14000);
	assert_non_null(
		strstr(stage_act->steps, "later: answered 429: not now; tries again in 7 s"));
	assert_non_null(strstr(stage_act->said, "answered 429: not now; tries again in 7 s"));
	assert_int_equal(server_posts(stage_server), 3);
	assert_int_equal(server_effects(stage_server, NULL), 1);
	assert_int_equal(stage_known_line(line)->number, 1);
}

static void later_has_an_end(void **state)
{
	const char *line = line_of(1);
	struct action_request all = stage_all();

	(void)state;
	behave(503, false, "Retry-After: 86400\r\n");
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	assert_int_equal(server_posts(stage_server), 1);
	assert_non_null(strstr(stage_act->outcome, "try again later"));
	behave(503, false, NULL);
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	assert_int_equal(server_posts(stage_server), 6);
	assert_int_equal(stage_known_line(line)->state, DLQ_FAILED);
}

/* --- probes --- */

static void the_probe_is_asked_first(void **state)
{
	const char *line = line_of(1);
	char hex[65];
	struct action_request all = stage_all();

	(void)state;
	stage_config(STAGE_HTTP STAGE_PROBE);
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_int_equal(server_gets(stage_server), 2);
	assert_string_equal(stage_known_line(line)->proof, "probe");
	/* what the job knows to be done is not sent, whatever the ledger knows */
	stage_hash(line, hex);
	hex[32] = '\0';
	ledger_close(stage_act->ledger);
	stage_shell("rm -rf %s", stage_state);
	stage_act->ledger = ledger_open(stage_state, false, NULL);
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_int_equal(server_posts(stage_server), 1);
	assert_int_equal(server_effects(stage_server, hex), 1);
	assert_non_null(strstr(stage_act->outcome, "before"));
}

static void a_probe_that_says_nothing_stops_it(void **state)
{
	const char *line = line_of(1);
	struct action_request all = stage_all();
	struct replay_manner m = {.code = 200, .probe = 500};

	(void)state;
	stage_config(STAGE_HTTP STAGE_PROBE);
	server_behave(stage_server, &m);
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	assert_int_equal(server_posts(stage_server), 0);
	assert_int_equal(stage_known_line(line)->state, DLQ_FAILED);
	assert_non_null(strstr(stage_known_line(line)->outcome, "not sent"));
}

static void accepted_is_done_when_the_probe_says_so(void **state)
{
	const char *line = line_of(1);
	struct action_request all = stage_all();
	struct replay_manner m = {.code = 202, .has_effect = true, .late = 4};

	(void)state;
	stage_config(STAGE_HTTP STAGE_PROBE);
	server_behave(stage_server, &m);
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_int_equal(server_posts(stage_server), 1);
	assert_string_equal(stage_known_line(line)->proof, "probe");
}

static void accepted_and_never_done_is_doubt(void **state)
{
	const char *line = line_of(1);
	struct action_request all = stage_all();
	struct replay_manner m = {.code = 202};

	(void)state;
	stage_config(STAGE_HTTP STAGE_PROBE "      returns_within: 20s\n");
	server_behave(stage_server, &m);
	assert_int_equal(stage_run(&all), ACTION_STATE_IN_DOUBT);
	assert_int_equal(stage_act->slept_ms, 20000);
	assert_int_equal(stage_known_line(line)->state, DLQ_DOUBT);
}

static void done_that_the_job_does_not_know_is_doubt(void **state)
{
	const char *line = line_of(1);
	struct action_request all = stage_all();

	(void)state;
	stage_config(STAGE_HTTP STAGE_PROBE);
	behave(200, false, NULL);
	assert_int_equal(stage_run(&all), ACTION_STATE_IN_DOUBT);
	assert_int_equal(stage_known_line(line)->state, DLQ_DOUBT);
}

/* A cut connection, and the probe knows better. */
static void the_probe_settles_doubt(void **state)
{
	const char *line = line_of(1), *other = line_of(2);
	char hex[65], other_hex[65];
	const char *hashes[] = {hex, other_hex};
	struct action_request all = stage_all(),
			      one = action_request_of(ACTION_PLAN, ACTION_REPLAY);

	(void)state;
	stage_hash(line, hex);
	stage_hash(other, other_hex);
	all.limit = 1;
	behave(SERVER_CLOSES, true, NULL);
	assert_int_equal(stage_run(&all), ACTION_STATE_IN_DOUBT);
	behave(SERVER_CLOSES, false, NULL);
	assert_int_equal(stage_run(&all), ACTION_STATE_IN_DOUBT);
	/* in bulk never */
	assert_non_null(stage_ask(&all));
	one.hashes = hashes;
	one.nhashes = 1;
	assert_non_null(strstr(stage_ask(&one), "in doubt"));
	/* with a probe it may be asked for by name */
	behave(200, true, NULL);
	stage_config(STAGE_HTTP STAGE_PROBE);
	one.nhashes = 2;
	assert_int_equal(stage_run(&one), ACTION_STATE_DONE);
	assert_int_equal(stage_known_line(line)->state, DLQ_DONE);
	assert_int_equal(stage_known_line(line)->number, 1);
	assert_string_equal(stage_known_line(line)->proof, "probe");
	assert_int_equal(stage_known_line(other)->state, DLQ_DONE);
	assert_int_equal(stage_known_line(other)->number, 2);
	hex[32] = other_hex[32] = '\0';
	assert_int_equal(server_effects(stage_server, hex), 1);
	assert_int_equal(server_effects(stage_server, other_hex), 1);
}

/* --- refused before anything is sent --- */

static void what_lacks_is_refused(void **state)
{
	struct action_request all = stage_all();

	(void)state;
	stage_append("{\"batch_id\": 5, \"timestamp\": \"2026-11-20T00:00:00Z\"}");
	stage_config("      http: {url: \"%/replay/{batch_id}?t={context.last_ts}\"}\n      "
		     "max_age: 3650d\n");
	const char *refused = stage_ask(&all);
	assert_non_null(refused);
	assert_non_null(strstr(refused, "{context.last_ts}"));
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_REFUSED);
	assert_non_null(strstr(stage_act->outcome, "{context.last_ts}"));
	assert_int_equal(server_posts(stage_server), 0);
}

static void a_changed_line_is_refused(void **state)
{
	char hex[65];
	const char *line = line_of(3), *hashes[] = {hex};
	struct action_request r = action_request_of(ACTION_PLAN, ACTION_REPLAY);

	(void)state;
	stage_hash(line, hex);
	r.hashes = hashes;
	r.nhashes = 1;
	assert_null(stage_ask(&r));
	stage_shell("sed -i s/no.servers/xo.servers/ %s", stage_file);
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_REFUSED);
	assert_non_null(strstr(stage_act->steps, "is not there any more"));
	assert_non_null(strstr(stage_act->outcome, "line 1 of failed_batches_20260101.json is not "
						   "there any more"));
	assert_non_null(strstr(stage_act->outcome, "nothing was sent"));
	assert_int_equal(server_posts(stage_server), 0);
	assert_null(stage_known_line(line));
	/* asked anew: nothing has that hash */
	assert_non_null(strstr(stage_ask(&r), "no entry of the folder has a hash"));
}

static void a_vanished_file_is_refused(void **state)
{
	struct action_request all = stage_all();

	(void)state;
	line_of(3);
	assert_null(stage_ask(&all));
	unlink(stage_file);
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_REFUSED);
	assert_int_equal(server_posts(stage_server), 0);
}

static void a_packed_file_is_the_same(void **state)
{
	char head[8192], body[8192];
	const char *line;
	struct action_request all = stage_all();

	(void)state;
	for (int i = 0; i < 50; i++)
		stage_append(i % 2 ? "no JSON" : "{\"batch_id\": 1}");
	line = line_of(42);
	stage_config(STAGE_HTTP "      max_age: 1h\n");
	assert_null(stage_ask(&all));
	stage_shell("gzip %s", stage_file);
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_DONE);
	server_last(stage_server, head, sizeof(head), body, sizeof(body));
	assert_string_equal(body, line);
	/* and is known when it was packed before */
	assert_non_null(strstr(stage_ask(&all), "done"));
}

static void a_rotated_file_is_the_same(void **state)
{
	struct action_request all = stage_all();

	(void)state;
	const char *line = line_of(42);
	assert_null(stage_ask(&all));
	stage_shell("mv %s %s.1; echo '{}' > %s", stage_file, stage_file, stage_file);
	assert_int_equal(action_replay.run(stage_act), ACTION_STATE_DONE);
	assert_int_equal(stage_known_line(line)->state, DLQ_DONE);
}

static void a_job_without_a_hook_is_told_what_to_write(void **state)
{
	struct action_request all = stage_all();

	(void)state;
	line_of(1);
	stage_config("");
	assert_non_null(strstr(stage_ask(&all), "replay: {http:"));
}

/* --- commands --- */

static void a_command_is_told_everything(void **state)
{
	struct action_request all = stage_all();
	const char *line = line_of(42);
	char hex[65], said[8192] = "";

	(void)state;
	stage_hash(line, hex);
	stage_shell(
		"printf '#!/bin/sh\\necho \"$1\"; env | grep SPARKOPS | sort; cat > %s/body; exit "
		"$CODE\\n' > %s/hook; chmod +x %s/hook",
		stage_dir, stage_dir, stage_dir);
	stage_config(arena_printf(
		&stage_arena,
		"      command: [%s/hook, \"{batch_id}\"]\n      env: {CODE: \"0\"}\n", stage_dir));
	assert_int_equal(stage_run(&all), ACTION_STATE_DONE);
	assert_non_null(strstr(text_str(stage_plan.steps.v[0]), "/hook 42 with the entry"));
	struct ledger_list list;
	struct err err;
	hex[32] = '\0';
	assert_int_equal(ledger_attempts(stage_act->ledger, hex, &stage_arena, &list, &err), 0);
	assert_int_equal(list.n, 1);
	assert_string_equal(list.v[0].proof, "hook");
	assert_non_null(list.v[0].output);
	assert_non_null(strstr(list.v[0].output, "42\nSPARKOPS_ATTEMPT=1\nSPARKOPS_BATCH_ID=42\n"
						 "SPARKOPS_ERROR_TYPE=Timeout\n"));
	assert_non_null(
		strstr(list.v[0].output, arena_printf(&stage_arena, "SPARKOPS_KEY=%s\n", hex)));
	assert_non_null(strstr(list.v[0].output, "SPARKOPS_JOB=etl\n"));
	assert_non_null(strstr(list.v[0].output, "SPARKOPS_LINE=1\n"));
	FILE *f = fopen(arena_printf(&stage_arena, "%s/body", stage_dir), "re");
	assert_non_null(f);
	(void)!fread(said, 1, sizeof(said) - 1, f);
	fclose(f);
	assert_string_equal(said, line);
}

static void every_exit_code_has_its_meaning(void **state)
{
	static const struct {
		const char *does;
		int state;
	} exits[] = {{"exit 0", DLQ_DONE},      {"exit 100", DLQ_DONE}, {"exit 101", DLQ_DOUBT},
		     {"exit 75", DLQ_FAILED},   {"exit 1", DLQ_FAILED}, {"exit 255", DLQ_FAILED},
		     {"kill -9 $$", DLQ_DOUBT}, {"sleep 20", DLQ_DOUBT}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(exits); i++) {
		const char *line = line_of((int)i);
		struct action_request all = stage_all();
		stage_config(arena_printf(
			&stage_arena, "      command: [/bin/sh, -c, \"%s\"]\n      timeout: 1s\n",
			exits[i].does));
		stage_run(&all);
		const struct ledger_attempt *t = stage_known_line(line);
		if (t->state != exits[i].state)
			fail_msg("%s: %s: %s", exits[i].does, dlq_state_names[t->state],
				 t->outcome);
		if (t->state != DLQ_FAILED)
			continue;
		assert_int_equal(
			ledger_mark(stage_act->ledger, t->key, "etl", DLQ_GIVEN_UP, "test", NULL),
			0);
	}
}

static void a_command_that_is_not_there_is_a_failure(void **state)
{
	const char *line = line_of(1);
	struct action_request all = stage_all();

	(void)state;
	stage_config("      command: [/nowhere/hook]\n");
	assert_int_equal(stage_run(&all), ACTION_STATE_FAILED);
	assert_int_equal(stage_known_line(line)->state, DLQ_FAILED);
}

static void without_the_disk_nothing_is_sent(void **state)
{
	struct action_request all = stage_all();

	(void)state;
	line_of(1);
	assert_null(stage_ask(&all));
	struct ledger *l = stage_act->ledger;
	stage_act->ledger = ledger_open(stage_state, true, NULL);
	assert_int_not_equal(action_replay.run(stage_act), ACTION_STATE_DONE);
	assert_int_equal(server_posts(stage_server), 0);
	ledger_close(stage_act->ledger);
	stage_act->ledger = l;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_begin, stage_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_gets_the_exact_bytes),
		TEST(lines_may_end_in_cr_lf),
		TEST(every_answer_has_its_meaning),
		TEST(nobody_there_is_a_failure),
		TEST(later_is_later),
		TEST(later_has_an_end),
		TEST(the_probe_is_asked_first),
		TEST(a_probe_that_says_nothing_stops_it),
		TEST(accepted_is_done_when_the_probe_says_so),
		TEST(accepted_and_never_done_is_doubt),
		TEST(done_that_the_job_does_not_know_is_doubt),
		TEST(the_probe_settles_doubt),
		TEST(what_lacks_is_refused),
		TEST(a_changed_line_is_refused),
		TEST(a_vanished_file_is_refused),
		TEST(a_packed_file_is_the_same),
		TEST(a_rotated_file_is_the_same),
		TEST(a_job_without_a_hook_is_told_what_to_write),
		TEST(a_command_is_told_everything),
		TEST(every_exit_code_has_its_meaning),
		TEST(a_command_that_is_not_there_is_a_failure),
		TEST(without_the_disk_nothing_is_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

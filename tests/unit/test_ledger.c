/* The ledger: attempts that nobody sends twice, doubt that nothing but a decision ends, marks and
 * holds. */
#include "ledger_stage.h"

#include "../../include/clock.h"

#define OTHER "ffffffffffffffffffffffffffffffff"

static void attempts_are_numbered(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	struct ledger_attempt a = stage_attempt(STAGE_KEY), b = stage_attempt(STAGE_KEY);
	struct err err = {0};

	assert_int_equal(ledger_begin(l, &a, &err), 0);
	assert_int_equal(a.number, 1);
	assert_int_equal(ledger_begin(l, &b, &err), -ERR_REFUSED);
	assert_non_null(strstr(err.message, "attempt 1 of it is under way"));
	a.state = DLQ_FAILED;
	a.outcome = "500";
	a.output = "many words";
	a.ended_at = ABSENT;
	assert_int_equal(ledger_end(l, &a, &err), 0);
	assert_int_equal(ledger_begin(l, &b, &err), 0);
	assert_int_equal(b.number, 2);
	b.state = DLQ_DONE;
	b.proof = "probe";
	b.ended_at = ABSENT;
	assert_int_equal(ledger_end(l, &b, &err), 0);
	/* settled is settled */
	b.state = DLQ_DOUBT;
	assert_int_equal(ledger_end(l, &b, &err), -ERR_REFUSED);
	/* but what was done may come back */
	b.state = DLQ_FAILED;
	b.outcome = "came back as line 9";
	assert_int_equal(ledger_end(l, &b, &err), 0);

	struct ledger_list list;
	struct arena arena;
	arena_init(&arena);
	assert_int_equal(ledger_attempts(l, STAGE_KEY, &arena, &list, &err), 0);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.v[0].output, "many words");
	assert_string_equal(list.v[1].outcome, "came back as line 9");
	assert_int_equal(ledger_states(l, "health", &arena, &list, &err), 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.v[0].state, DLQ_FAILED);
	assert_int_equal(list.v[0].number, 2);
	assert_int_equal(ledger_states(l, "another", &arena, &list, &err), 0);
	assert_int_equal(list.n, 0);
	arena_release(&arena);
	ledger_close(l);
}

static void inherited_attempts_count(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	struct ledger_attempt a = stage_attempt(STAGE_KEY);
	struct err err;

	a.number = 4;
	assert_int_equal(ledger_begin(l, &a, &err), 0);
	assert_int_equal(a.number, 4);
	ledger_close(l);
}

static void what_is_done_wants_a_reason(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	struct ledger_attempt a = stage_attempt(STAGE_KEY);
	struct err err;

	assert_int_equal(ledger_begin(l, &a, &err), 0);
	a.state = DLQ_DONE;
	a.ended_at = ABSENT;
	assert_int_equal(ledger_end(l, &a, &err), 0);
	a = stage_attempt(STAGE_KEY);
	assert_int_equal(ledger_begin(l, &a, &err), -ERR_REFUSED);
	assert_non_null(strstr(err.message, "only for a reason"));
	a.reason = "the table was restored from a backup";
	assert_int_equal(ledger_begin(l, &a, &err), 0);
	assert_int_equal(a.number, 2);

	a = stage_attempt(OTHER);
	assert_int_equal(ledger_mark(l, OTHER, "health", DLQ_GIVEN_UP, "poison", &err), 0);
	assert_int_equal(ledger_begin(l, &a, &err), -ERR_REFUSED);
	assert_int_equal(ledger_mark(l, OTHER, "health", DLQ_PENDING, "no", &err), 0);
	assert_int_equal(ledger_begin(l, &a, &err), 0);
	assert_int_equal(a.number, 1);
	ledger_close(l);
}

/* A sparkops that ends between intent and outcome leaves doubt, and only a decision ends it. */
static void an_orphan_is_in_doubt(void **unused ATTR_UNUSED)
{
	struct ledger *l;
	struct ledger_attempt a = stage_attempt(STAGE_KEY);
	struct ledger_list list;
	struct arena arena;
	struct err err;
	pid_t child = fork();
	int64_t n = 0;

	if (child == 0) {
		l = stage_ledger();
		if (ledger_begin(l, &a, &err) == 0)
			raise(SIGKILL);
		_exit(1);
	}
	stage_wait_killed(child);
	arena_init(&arena);
	l = stage_ledger();
	/* seen as what it is before anybody wrote it down */
	assert_int_equal(ledger_states(l, NULL, &arena, &list, &err), 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.v[0].state, DLQ_DOUBT);
	assert_int_equal(ledger_begin(l, &a, &err), -ERR_REFUSED);
	assert_non_null(strstr(err.message, "in doubt"));
	assert_int_equal(ledger_settle_orphans(l, &n, &err), 0);
	assert_int_equal(n, 0); /* the refusal wrote it */
	assert_int_equal(ledger_begin(l, &a, &err), -ERR_REFUSED);
	assert_int_equal(
		ledger_mark(l, STAGE_KEY, "health", DLQ_PENDING, "the job's log has it not", &err),
		0);
	assert_int_equal(ledger_begin(l, &a, &err), 0);
	assert_int_equal(a.number, 2);
	assert_int_equal(ledger_mark(l, STAGE_KEY, "health", DLQ_DONE, "?", &err), -ERR_REFUSED);
	assert_non_null(strstr(err.message, "under way"));
	assert_int_equal(ledger_attempts(l, STAGE_KEY, &arena, &list, &err), 0);
	assert_int_equal(list.v[0].state, DLQ_FAILED);
	assert_non_null(strstr(list.v[0].outcome, "marked pending by"));
	ledger_close(l);
	arena_release(&arena);
	stage_verify();
}

static void orphans_are_settled_at_once(void **unused ATTR_UNUSED)
{
	struct ledger_attempt a;
	struct ledger *l;
	struct err err;
	char key[33];
	pid_t child = fork();
	int64_t n;

	if (child == 0) {
		l = stage_ledger();
		for (int i = 0; i < 5; i++) {
			snprintf(key, sizeof(key), "%032d", i);
			a = stage_attempt(key);
			if (ledger_begin(l, &a, &err) != 0)
				_exit(1);
		}
		raise(SIGKILL);
	}
	stage_wait_killed(child);
	l = stage_ledger();
	a = stage_attempt(STAGE_KEY);
	assert_int_equal(ledger_begin(l, &a, &err), 0); /* ours is none */
	assert_int_equal(ledger_settle_orphans(l, &n, &err), 0);
	assert_int_equal(n, 5);
	assert_int_equal(ledger_settle_orphans(l, &n, &err), 0);
	assert_int_equal(n, 0);
	ledger_close(l);
	stage_verify();
}

static void a_unit_covers_its_entries(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	struct ledger_attempt a = stage_attempt(STAGE_KEY), entries[4],
			      doubtful = stage_attempt(OTHER);
	struct ledger_list list;
	struct arena arena;
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		entries[i] = stage_attempt(NULL);
	entries[0].key = STAGE_KEY; /* itself */
	entries[1].key = "00000000000000000000000000000001";
	entries[2].key = "00000000000000000000000000000002";
	entries[3].key = OTHER;
	assert_int_equal(ledger_begin(l, &doubtful, &err), 0);
	assert_int_equal(ledger_begin(l, &a, &err), 0);
	a.state = DLQ_DONE;
	a.proof = "hook";
	a.ended_at = ABSENT;
	assert_int_equal(ledger_end(l, &a, &err), 0);
	assert_int_equal(ledger_cover(l, &a, entries, 4, &err), 0);
	assert_int_equal(ledger_cover(l, &a, entries, 4, &err), 0); /* nothing is added */
	arena_init(&arena);
	assert_int_equal(ledger_states(l, "health", &arena, &list, &err), 0);
	assert_int_equal(list.n, 4);
	assert_int_equal(list.v[0].state, DLQ_DONE);
	assert_int_equal(list.v[0].covered_by, a.id);
	assert_string_equal(list.v[0].proof, "hook");
	assert_int_equal(list.v[1].number, 1);
	assert_string_equal(list.v[2].key, STAGE_KEY);
	assert_int_equal(list.v[2].covered_by, 0);
	assert_int_equal(list.v[3].state, DLQ_PENDING);
	assert_true(is_absent(list.v[3].ended_at));
	arena_release(&arena);
	ledger_close(l);
}

static void marks_and_their_history(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	struct ledger_list list;
	struct arena arena;
	struct err err;
	struct ledger_attempt both[2] = {stage_attempt(STAGE_KEY), stage_attempt(OTHER)};

	arena_init(&arena);
	assert_int_equal(ledger_mark_all(l, both, 2, DLQ_DONE, "by hand", &err), 0);
	assert_int_equal(ledger_mark(l, STAGE_KEY, "health", DLQ_FAILED, "x", &err), -ERR_USAGE);
	assert_int_equal(ledger_states(l, "health", &arena, &list, &err), 0);
	assert_int_equal(list.n, 2);
	assert_int_equal(list.v[0].id, 0);
	assert_int_equal(list.v[0].state, DLQ_DONE);
	assert_string_equal(list.v[0].proof, "person");
	assert_non_null(strstr(list.v[0].outcome, "by hand"));
	ledger_close(l);
	arena_release(&arena);
	stage_verify();
}

static void holds_come_and_go(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	struct ledger_attempt a = stage_attempt(STAGE_KEY);
	struct ledger_holds holds;
	struct arena arena;
	struct err err;
	int64_t now = clock_wall(&clock_real);

	arena_init(&arena);
	assert_null(ledger_held(l, "health", &arena));
	assert_int_equal(ledger_hold(l, "health", now + 3600000, "vacuum runs", &err), 0);
	assert_non_null(strstr(ledger_held(l, "health", &arena), ": vacuum runs"));
	assert_non_null(strstr(ledger_held(l, "health", &arena), " until "));
	assert_null(ledger_held(l, "another", &arena));
	assert_int_equal(ledger_begin(l, &a, &err), -ERR_REFUSED);
	assert_non_null(strstr(err.message, "held by"));
	assert_int_equal(ledger_hold(l, "past", now - 1, "x", &err), 0);
	assert_null(ledger_held(l, "past", &arena));
	assert_int_equal(ledger_hold(l, "ever", ABSENT, NULL, &err), 0);
	assert_int_equal(ledger_holds(l, &arena, &holds, &err), 0);
	assert_int_equal(holds.n, 2);
	assert_string_equal(holds.v[0].job, "ever");
	assert_true(is_absent(holds.v[0].until));
	assert_int_equal(ledger_release(l, "health", &err), 0);
	assert_null(ledger_held(l, "health", &arena));
	assert_int_equal(ledger_begin(l, &a, &err), 0);
	ledger_close(l);
	arena_release(&arena);
	stage_verify();
}

/* Several processes, each as fast as it can, at the same keys: one each. */
static void a_race_has_one_winner(void **unused ATTR_UNUSED)
{
	enum { RACERS = 4, KEYS = 100 };
	pid_t racers[RACERS];
	int winners = 0, status;
	struct err err;

	ledger_close(stage_ledger());
	for (size_t i = 0; i < RACERS; i++) {
		racers[i] = fork();
		if (racers[i] != 0)
			continue;
		struct ledger *l = stage_ledger();
		int won = 0;
		for (int k = 0; k < KEYS; k++) {
			char key[33];
			struct ledger_attempt a;
			snprintf(key, sizeof(key), "%032d", k);
			a = stage_attempt(key);
			int rc = ledger_begin(l, &a, &err);
			won += rc == 0;
			if (rc != 0 && rc != -ERR_REFUSED)
				_exit(99);
			if (rc == 0) {
				a.state = DLQ_DONE;
				a.ended_at = ABSENT;
				if (ledger_end(l, &a, &err) != 0)
					_exit(98);
			}
		}
		_exit(won);
	}
	for (size_t i = 0; i < RACERS; i++) {
		assert_int_equal(waitpid(racers[i], &status, 0), racers[i]);
		assert_true(WIFEXITED(status));
		assert_in_range(WEXITSTATUS(status), 0, KEYS);
		winners += WEXITSTATUS(status);
	}
	assert_int_equal(winners, KEYS);
	stage_verify();
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, stage_begin, stage_end)
	const struct CMUnitTest tests[] = {
		T(attempts_are_numbered),       T(inherited_attempts_count),
		T(what_is_done_wants_a_reason), T(an_orphan_is_in_doubt),
		T(orphans_are_settled_at_once), T(a_unit_covers_its_entries),
		T(marks_and_their_history),     T(holds_come_and_go),
		T(a_race_has_one_winner),
	};

	audit_mirror_to(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the chain does not cover itself, and must agree with it: attempts, marks and holds. */
#include "audit_stage.h"

/* The rows of attempts are changed as they end; the audit knows each change. */
static void attempts_stand_as_the_audit_says(void **unused ATTR_UNUSED)
{
	static const struct {
		const char *sql, *says;
	} cases[] = {
		{"UPDATE attempt SET state = 3, blocks = 0 WHERE number = 1",
		 "it is failed, row 4 says done"},
		{"UPDATE attempt SET ended_at = NULL WHERE id = 1", "it is open, row 4 says done"},
		{"DELETE FROM attempt WHERE id = 2", "attempt 2 is missing"},
		{"INSERT INTO attempt (key, number, began_at, state, blocks) VALUES ('x', 1, 1, 2, "
		 "0)",
		 "nothing in the audit began it"},
	};
	struct ledger_attempt a = {.key = "00000000000000000000000000000001"}, b = a;
	struct audit_verdict v;
	struct ledger *l;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		stage_end(NULL);
		stage_begin(NULL);
		l = stage_ledger();
		a.number = b.number = 0;
		b.key = "00000000000000000000000000000002";
		put(l, "intent", 0, "a replay");
		assert_int_equal(ledger_begin(l, &a, NULL), 0);
		assert_int_equal(ledger_begin(l, &b, NULL), 0);
		a.state = DLQ_DONE;
		a.ended_at = ABSENT;
		assert_int_equal(ledger_end(l, &a, NULL), 0);
		ledger_close(l);
		stage_verify();
		tamper(cases[i].sql);
		v = verify();
		if (v.is_whole || v.kind != AUDIT_ATTEMPT || strstr(v.says, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].sql, v.says);
	}
}

/* Marks in rows 4 and 6, holds in 7, 8 and 9. */
static void make_some(void)
{
	struct ledger_attempt a = {.key = "00000000000000000000000000000001", .job = "j"};
	struct ledger *l = stage_ledger();

	assert_int_equal(ledger_begin(l, &a, NULL), 0);
	a.state = DLQ_DOUBT;
	a.ended_at = ABSENT;
	assert_int_equal(ledger_end(l, &a, NULL), 0);
	assert_int_equal(ledger_mark(l, a.key, "j", DLQ_DONE, NULL, NULL), 0);
	put(l, "intent", 0, "something else");
	assert_int_equal(ledger_mark(l, "22", "j", DLQ_GIVEN_UP, "poison", NULL), 0);
	assert_int_equal(ledger_hold(l, "j", ABSENT, "vacuum", NULL), 0);
	assert_int_equal(ledger_hold(l, "j", 9000000000000, "again", NULL), 0);
	assert_int_equal(ledger_hold(l, "other", ABSENT, NULL, NULL), 0);
	assert_int_equal(ledger_release(l, "other", NULL), 0);
	ledger_close(l);
}

/* Marks and holds: the word of a person is not another hand's to change. */
static void marks_and_holds_stand_as_the_audit_says(void **unused ATTR_UNUSED)
{
	static const struct {
		const char *sql;
		enum audit_kind kind;
		int64_t row;
		const char *says;
	} cases[] = {
		{"UPDATE mark SET state = 2 WHERE id = 2", AUDIT_MARK, 6,
		 "mark 2 was changed by another hand: its state is \"done\", row 6 says "
		 "\"given-up\""},
		{"UPDATE mark SET state = 77 WHERE id = 2", AUDIT_MARK, 6, "its state is \"77\""},
		{"UPDATE mark SET reason = 'me' || char(27) WHERE id = 1", AUDIT_MARK, 4,
		 "its reason is \"me"},
		{"UPDATE mark SET user = NULL WHERE id = 1", AUDIT_MARK, 4, "its user is \"none\""},
		{"UPDATE mark SET after = 99 WHERE id = 1", AUDIT_MARK, 4,
		 "its attempt is \"99\", row 4 says \"1\""},
		{"DELETE FROM mark WHERE id = 1", AUDIT_MARK, 4, "mark 1 is missing"},
		{"DELETE FROM mark", AUDIT_MARK, 4, "mark 1 is missing"},
		{"INSERT INTO mark (key, job, state, reason, at, user, after) VALUES"
		 " ('k', 'j', 2, 'r', 1, 'u', 0)",
		 AUDIT_MARK, ABSENT, "mark 3 is in the ledger, and nothing in the audit made it"},
		{"UPDATE hold SET released_at = 5, released_by = 'me' WHERE id = 2", AUDIT_HOLD, 8,
		 "hold 2 was changed by another hand: its release is \"me\", row 8 says \"none\""},
		{"UPDATE hold SET released_at = NULL WHERE id = 1", AUDIT_HOLD, 7,
		 "its release is \"none\""},
		{"UPDATE hold SET until = 5 WHERE id = 2", AUDIT_HOLD, 8,
		 "its end is \"5\", row 8 says \"9000000000000\""},
		{"UPDATE hold SET job = 'another' WHERE id = 3", AUDIT_HOLD, 9, "its job is"},
		{"DELETE FROM hold WHERE id = 3", AUDIT_HOLD, 9, "hold 3 is missing"},
		{"INSERT INTO hold (job, at) VALUES ('j', 1)", AUDIT_HOLD, ABSENT, "hold 4 is in"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct audit_verdict v;

		stage_end(NULL);
		stage_begin(NULL);
		make_some();
		stage_verify();
		tamper(cases[i].sql);
		v = verify();
		if (v.is_whole || v.kind != cases[i].kind || v.first_bad != cases[i].row ||
		    strstr(v.says, cases[i].says) == NULL || strchr(v.says, 27) != NULL)
			fail_msg("%s: %s (row %lld)", cases[i].sql, v.says, (long long)v.first_bad);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, stage_begin, stage_end)
	const struct CMUnitTest tests[] = {
		T(attempts_stand_as_the_audit_says),
		T(marks_and_holds_stand_as_the_audit_says),
	};

	audit_mirror_to(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* store/audit_marks.c - do marks and holds stand as the audit says?
 *
 * Each was written in one transaction with its row of the chain, so the n-th of the one is the n-th
 * of the other. What follows from the order of the chain is compared as well: the attempt behind
 * which a mark was made, since a later one would take its word back, and the end of a hold, which
 * is the next row about holds of its job. */
#include <stdio.h>
#include <string.h>

#include "ledger_parts.h"

enum { COLUMNS_MAX = 7, SHOWN = 36 };

/* Two lists of the same columns, the first of which is a number from 1 on; behind those of `said`
 * stands the row of the audit. */
struct comparison {
	enum audit_kind kind;
	const char *name; /* "mark" */
	const char *columns[COLUMNS_MAX];
	sqlite3_stmt *said, *is;
};

static sqlite3_stmt *marks_said(struct ledger *l, struct err *err)
{
	/* an attempt's number stands behind the word of ATTEMPT_DETAIL */
	return store_query(
		l->db, err,
		"SELECT row_number() OVER (ORDER BY seq), target, job, state,"
		" coalesce(says, 'no reason given'), user, after, seq FROM"
		" (SELECT seq, kind, target, job, state, says, user, coalesce(max(CASE kind"
		" WHEN 'attempt' THEN CAST(substr(detail, 9) AS INTEGER) END)"
		" OVER (PARTITION BY target ORDER BY seq), 0) AS after"
		" FROM audit WHERE kind IN ('attempt', 'mark')) WHERE kind = 'mark' ORDER BY seq",
		"");
}

static sqlite3_stmt *marks_are(struct ledger *l, struct err *err)
{
	return store_query(l->db, err,
			   "SELECT id, key, job, CASE state WHEN ?1 THEN ?2 WHEN ?3 THEN ?4"
			   " WHEN ?5 THEN ?6 ELSE state END, reason, user, after"
			   " FROM mark ORDER BY id",
			   "isisis", (int64_t)DLQ_DONE, dlq_state_names[DLQ_DONE],
			   (int64_t)DLQ_GIVEN_UP, dlq_state_names[DLQ_GIVEN_UP],
			   (int64_t)DLQ_PENDING, dlq_state_names[DLQ_PENDING]);
}

static sqlite3_stmt *holds_said(struct ledger *l, struct err *err)
{
	return store_query(
		l->db, err,
		"SELECT row_number() OVER (ORDER BY seq), job, CASE detail WHEN 'until -1' THEN "
		"NULL"
		" ELSE CAST(substr(detail, 7) AS INTEGER) END, says, user, released, seq FROM"
		" (SELECT seq, job, state, detail, says, user, lead(coalesce(user, '?'))"
		" OVER (PARTITION BY job ORDER BY seq) AS released"
		" FROM audit WHERE kind = 'hold') WHERE state = 'on' ORDER BY seq",
		"");
}

static sqlite3_stmt *holds_are(struct ledger *l, struct err *err)
{
	return store_query(l->db, err,
			   "SELECT id, job, until, reason, user, CASE WHEN released_at IS NULL"
			   " THEN NULL ELSE coalesce(released_by, '?') END FROM hold ORDER BY id",
			   "");
}

/* --- one beside the other --- */

static bool is_same(sqlite3_stmt *a, sqlite3_stmt *b, int i)
{
	int size;

	if (sqlite3_column_type(a, i) != sqlite3_column_type(b, i))
		return false;
	if (sqlite3_column_type(a, i) == SQLITE_NULL)
		return true;
	if (sqlite3_column_type(a, i) == SQLITE_INTEGER)
		return sqlite3_column_int64(a, i) == sqlite3_column_int64(b, i);
	size = sqlite3_column_bytes(a, i);
	return size == sqlite3_column_bytes(b, i) &&
	       (size == 0 ||
		memcmp(sqlite3_column_blob(a, i), sqlite3_column_blob(b, i), (size_t)size) == 0);
}

static const char *shown(sqlite3_stmt *q, int i, char out[static SHOWN])
{
	const char *s = (const char *)sqlite3_column_text(q, i);

	text_clean_to(out, SHOWN, s == NULL ? "none" : s, s == NULL ? 4 : strlen(s));
	return out;
}

static int say(struct audit_verdict *v, const struct comparison *c, int64_t seq, int64_t number,
	       const char *what)
{
	v->kind = c->kind;
	v->first_bad = seq > 0 ? seq : ABSENT;
	v->is_whole = false;
	snprintf(v->says, sizeof(v->says), "%s %lld %.170s", c->name, (long long)number, what);
	return 1;
}

static int64_t row_of(const struct comparison *c)
{
	return sqlite3_column_int64(c->said, sqlite3_column_count(c->said) - 1);
}

static int check_columns(const struct comparison *c, struct audit_verdict *v)
{
	char what[200], is[SHOWN], said[SHOWN];

	for (int i = 1; i < sqlite3_column_count(c->is); i++) {
		if (is_same(c->said, c->is, i))
			continue;
		snprintf(what, sizeof(what),
			 "was changed by another hand: its %s is \"%s\", row %lld says \"%s\"",
			 c->columns[i], shown(c->is, i, is), (long long)row_of(c),
			 shown(c->said, i, said));
		return say(v, c, row_of(c), sqlite3_column_int64(c->is, 0), what);
	}
	return 0;
}

/* 0: they are the same, up to the end of both; 1: they are not, v says where; -1: unreadable. */
static int walk(const struct comparison *c, struct audit_verdict *v)
{
	for (;;) {
		int said = sqlite3_step(c->said), is = sqlite3_step(c->is), bad;
		int64_t expected, found;

		if ((said != SQLITE_ROW && said != SQLITE_DONE) ||
		    (is != SQLITE_ROW && is != SQLITE_DONE))
			return -1;
		if (said == SQLITE_DONE && is == SQLITE_DONE)
			return 0;
		expected = said == SQLITE_ROW ? sqlite3_column_int64(c->said, 0) : INT64_MAX;
		found = is == SQLITE_ROW ? sqlite3_column_int64(c->is, 0) : INT64_MAX;
		if (found > expected)
			return say(v, c, row_of(c), expected, "is missing in the ledger");
		if (found < expected)
			return say(v, c, 0, found,
				   "is in the ledger, and nothing in the audit made it");
		bad = check_columns(c, v);
		if (bad != 0)
			return bad;
	}
}

static int compare(struct ledger *l, struct comparison *c, struct audit_verdict *v, struct err *err)
{
	int rc = c->said != NULL && c->is != NULL ? walk(c, v) : -1;

	if (rc < 0)
		rc = store_failed(l->db, l->path, err);
	sqlite3_finalize(c->said);
	sqlite3_finalize(c->is);
	return rc;
}

static int check_marks(struct ledger *l, struct audit_verdict *v, struct err *err)
{
	struct comparison marks = {
		.kind = AUDIT_MARK,
		.name = "mark",
		.columns = {"number", "entry", "job", "state", "reason", "user", "attempt"},
		.said = marks_said(l, err),
		.is = marks_are(l, err)};

	return compare(l, &marks, v, err);
}

static int check_holds(struct ledger *l, struct audit_verdict *v, struct err *err)
{
	struct comparison holds = {.kind = AUDIT_HOLD,
				   .name = "hold",
				   .columns = {"number", "job", "end", "reason", "user", "release"},
				   .said = holds_said(l, err),
				   .is = holds_are(l, err)};

	return compare(l, &holds, v, err);
}

int marks_check(struct ledger *l, struct audit_verdict *v, struct err *err)
{
	int rc = check_marks(l, v, err);

	return rc != 0 ? rc : check_holds(l, v, err);
}

/* store/ledger_mark.c - a person's word about entries, and holds on jobs. Nothing here is ever
 * deleted: what was said before stays to be read. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../../include/clock.h"
#include "ledger_parts.h"

/* --- marks --- */

/* An attempt that is open or in doubt. */
static int settle(struct ledger *l, const char *key, const char *job, int state,
		  const char *outcome, struct err *err)
{
	int64_t now = clock_wall(&clock_real);
	/* "It is still pending" means of what was in doubt: it did not happen. */
	int settled = state == DLQ_PENDING ? DLQ_FAILED : state;
	struct ledger_attempt t = {.key = key,
				   .job = job,
				   .outcome = outcome,
				   .proof = state == DLQ_DONE ? "person" : NULL};
	bool is_open = false;
	sqlite3_stmt *q =
		store_query(l->db, err,
			    "SELECT ended_at, pid, start_ticks, boot, began_at, number, id,"
			    " line FROM attempt WHERE key = ?1 AND blocks = 1",
			    "s", key);
	int rc;

	if (q == NULL)
		return -ERR_IO;
	if (sqlite3_step(q) == SQLITE_ROW) {
		is_open = is_absent(store_int(q, 0)) &&
			  !who_is_gone(store_int(q, 1), store_int(q, 2),
				       (const char *)sqlite3_column_text(q, 3), store_int(q, 4));
		t.number = store_int(q, 5);
		t.id = store_int(q, 6);
		t.line = store_int(q, 7);
	}
	sqlite3_finalize(q);
	if (is_open)
		return err_set(err, ERR_REFUSED,
			       "attempt %lld of %.32s is under way: wait for its end",
			       (long long)t.number, key);
	if (t.id == 0)
		return 0;
	q = store_query(
		l->db, err,
		"UPDATE attempt SET blocks = 0, state = ?2, ended_at = coalesce(ended_at, ?3),"
		" proof = ?4, outcome = ?5 WHERE id = ?1",
		"iiiss", t.id, (int64_t)settled, now, t.proof, outcome);
	rc = store_run(l->db, q, err);
	return rc != 0 ? rc : attempt_note(l, &t, dlq_state_names[settled], err);
}

static int mark_one(struct ledger *l, const struct ledger_attempt *entry, int state,
		    const char *reason, struct err *err)
{
	char outcome[300];
	struct audit_entry e = {.at = ABSENT,
				.intent = entry->intent,
				.kind = "mark",
				.action = "mark",
				.job = entry->job,
				.target = entry->key,
				.says = reason,
				.state = dlq_state_names[state]};
	sqlite3_stmt *q;
	int rc;

	snprintf(outcome, sizeof(outcome), "marked %s by %s: %.200s", dlq_state_names[state],
		 l->who.user, reason == NULL ? "no reason given" : reason);
	rc = settle(l, entry->key, entry->job, state, outcome, err);
	if (rc != 0)
		return rc;
	q = store_query(
		l->db, err,
		"INSERT INTO mark (key, job, state, reason, at, user, after) VALUES (?1, ?2,"
		" ?3, ?4, ?5, ?6, (SELECT coalesce(max(id), 0) FROM attempt WHERE key = ?1))",
		"ssisis", entry->key, entry->job, (int64_t)state,
		reason == NULL ? "no reason given" : reason, clock_wall(&clock_real), l->who.user);
	rc = store_run(l->db, q, err);
	return rc != 0 ? rc : audit_add(l, &e, err);
}

int ledger_mark_all(struct ledger *l, const struct ledger_attempt *entries, size_t n, int state,
		    const char *reason, struct err *err)
{
	int rc;

	if (state != DLQ_DONE && state != DLQ_GIVEN_UP && state != DLQ_PENDING)
		return err_set(err, ERR_USAGE, "marked as done, given-up or pending");
	rc = ledger_write(l, err);
	if (rc != 0)
		return rc;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = mark_one(l, &entries[i], state, reason, err);
	return ledger_commit(l, rc, err);
}

int ledger_mark(struct ledger *l, const char *key, const char *job, int state, const char *reason,
		struct err *err)
{
	struct ledger_attempt one = {.key = key, .job = job};

	return ledger_mark_all(l, &one, 1, state, reason, err);
}

/* --- holds --- */

static int release(struct ledger *l, const char *job, struct err *err)
{
	return store_run(l->db,
			 store_query(l->db, err,
				     "UPDATE hold SET released_at = ?2, released_by = ?3"
				     " WHERE job = ?1 AND released_at IS NULL",
				     "sis", job, clock_wall(&clock_real), l->who.user),
			 err);
}

int ledger_hold(struct ledger *l, const char *job, int64_t until, const char *reason,
		struct err *err)
{
	char detail[64];
	struct audit_entry e = {.at = ABSENT,
				.kind = "hold",
				.action = "hold",
				.job = job,
				.says = reason,
				.detail = detail,
				.state = "on"};
	int rc = ledger_write(l, err);

	snprintf(detail, sizeof(detail), "until %lld", is_absent(until) ? -1LL : (long long)until);
	if (rc != 0)
		return rc;
	rc = release(l, job, err);
	if (rc == 0)
		rc = store_run(l->db,
			       store_query(l->db, err,
					   "INSERT INTO hold (job, until, reason, at, user) VALUES"
					   " (?1, ?2, ?3, ?4, ?5)",
					   "sisis", job, until, reason, clock_wall(&clock_real),
					   l->who.user),
			       err);
	rc = rc != 0 ? rc : audit_add(l, &e, err);
	return ledger_commit(l, rc, err);
}

int ledger_release(struct ledger *l, const char *job, struct err *err)
{
	struct audit_entry e = {
		.at = ABSENT, .kind = "hold", .action = "hold", .job = job, .state = "off"};
	int rc = ledger_write(l, err);

	if (rc != 0)
		return rc;
	rc = release(l, job, err);
	rc = rc != 0 ? rc : audit_add(l, &e, err);
	return ledger_commit(l, rc, err);
}

/* "by ann until 16:00: vacuum runs" */
static const char *hold_says(sqlite3_stmt *q, struct arena *a)
{
	static const int64_t day_ms = 86400000;
	int64_t until = store_int(q, 1), now = clock_wall(&clock_real);
	const char *user = (const char *)sqlite3_column_text(q, 2);
	const char *reason = (const char *)sqlite3_column_text(q, 3);
	char when[48] = "";
	time_t t = (time_t)(until / 1000);
	struct tm tm;

	if (!is_absent(until) && localtime_r(&t, &tm) != NULL)
		strftime(when, sizeof(when),
			 until - now < day_ms ? " until %H:%M" : " until %Y-%m-%d %H:%M", &tm);
	return arena_printf(a, "by %s%s%s%s", user == NULL ? "?" : user, when,
			    reason == NULL ? "" : ": ", reason == NULL ? "" : reason);
}

#define HELD                                                                                       \
	"SELECT job, until, user, reason FROM hold WHERE released_at IS NULL AND"                  \
	" (until IS NULL OR until > ?2) AND (?1 IS NULL OR job = ?1) ORDER BY job, id"

int ledger_holds(struct ledger *l, struct arena *a, struct ledger_holds *out, struct err *err)
{
	struct ledger_hold_row *v = NULL;
	size_t size = 0;
	sqlite3_stmt *q =
		store_query(l->db, err, HELD, "si", (const char *)NULL, clock_wall(&clock_real));
	int step;

	*out = (struct ledger_holds){0};
	if (q == NULL)
		return -ERR_IO;
	while ((step = sqlite3_step(q)) == SQLITE_ROW) {
		if (out->n == size) {
			struct ledger_hold_row *more =
				ARENA_ARRAY(a, struct ledger_hold_row, 2 * size + 16);
			if (size > 0)
				memcpy(more, v, size * sizeof(*v));
			v = more;
			size = 2 * size + 16;
		}
		v[out->n++] = (struct ledger_hold_row){.job = store_text(q, 0, a),
						       .says = hold_says(q, a),
						       .until = store_int(q, 1)};
	}
	sqlite3_finalize(q);
	out->v = v;
	return step == SQLITE_DONE ? 0 : store_failed(l->db, l->path, err);
}

const char *ledger_held(struct ledger *l, const char *job, struct arena *a)
{
	sqlite3_stmt *q =
		store_query(l->db, NULL, HELD " DESC LIMIT 1", "si", job, clock_wall(&clock_real));
	const char *says = NULL;

	/* What cannot be read is no permission. */
	if (q == NULL)
		return "by nobody knows whom: the ledger cannot be read";
	if (sqlite3_step(q) == SQLITE_ROW)
		says = hold_says(q, a);
	else if (sqlite3_errcode(l->db) != SQLITE_DONE)
		says = "by nobody knows whom: the ledger cannot be read";
	sqlite3_finalize(q);
	return says;
}

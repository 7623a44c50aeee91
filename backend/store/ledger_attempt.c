/* store/ledger_attempt.c - attempts to replay an entry: begun before the first byte leaves, ended
 * with what is known of them.
 *
 * DESIGN. `blocks` is 1 while an attempt is open or in doubt, and a partial unique index allows one
 * such row a key: that nobody sends twice is the database's doing, not that of an if. Each change
 * is a row of the audit too, in the same transaction. */
#include <stdio.h>
#include <string.h>

#include "../../include/clock.h"
#include "../failpoint.h"
#include "ledger_parts.h"

#define ATTEMPT_SELECT                                                                             \
	"SELECT a.id, a.key, a.hash, a.job, a.unit, a.batch_id, a.error_type, a.file, a.line,"     \
	" a.number, a.began_at, a.ended_at, a.state, a.proof, a.outcome, a.covered_by, a.intent,"  \
	" a.reason, a.user, a.pid, a.start_ticks, a.boot"
enum { COL_PID = 19, COL_MORE = 22 };

static const char gone[] = "its sparkops ended before it was known what came of it";

/* A number that no sparkops wrote is in doubt. */
int attempt_state(sqlite3_stmt *q, int column)
{
	int64_t state = sqlite3_column_int64(q, column);

	return state >= DLQ_PENDING && state <= DLQ_OLD ? (int)state : DLQ_DOUBT;
}

static void read_attempt(sqlite3_stmt *q, struct arena *a, struct ledger_attempt *t)
{
	*t = (struct ledger_attempt){
		.id = sqlite3_column_int64(q, 0),
		.key = store_text(q, 1, a),
		.hash = store_text(q, 2, a),
		.job = store_text(q, 3, a),
		.unit = store_text(q, 4, a),
		.batch_id = store_text(q, 5, a),
		.error_type = store_text(q, 6, a),
		.file = store_text(q, 7, a),
		.line = store_int(q, 8),
		.number = sqlite3_column_int64(q, 9),
		.began_at = store_int(q, 10),
		.ended_at = store_int(q, 11),
		.state = attempt_state(q, 12),
		.proof = store_text(q, 13, a),
		.outcome = store_text(q, 14, a),
		.covered_by = sqlite3_column_int64(q, 15),
		.intent = sqlite3_column_int64(q, 16),
		.reason = store_text(q, 17, a),
		.user = store_text(q, 18, a),
	};
}

static bool is_orphan(sqlite3_stmt *q, const struct ledger_attempt *t)
{
	return is_absent(t->ended_at) &&
	       who_is_gone(store_int(q, COL_PID), store_int(q, COL_PID + 1),
			   (const char *)sqlite3_column_text(q, COL_PID + 2), t->began_at);
}

/* An open attempt of a process that is not there any more is in doubt, also before anybody wrote
 * that down. */
static void read_as_it_is(sqlite3_stmt *q, struct arena *a, struct ledger_attempt *t)
{
	read_attempt(q, a, t);
	if (!is_orphan(q, t))
		return;
	t->state = DLQ_DOUBT;
	t->ended_at = t->began_at;
	t->outcome = gone;
}

int attempt_note(struct ledger *l, const struct ledger_attempt *t, const char *state,
		 struct err *err)
{
	char detail[200];
	struct audit_entry e = {.at = ABSENT,
				.intent = t->intent,
				.kind = "attempt",
				.action = "replay",
				.job = t->job,
				.target = t->key,
				.says = t->outcome != NULL ? t->outcome : t->reason,
				.detail = detail,
				.state = state,
				.proof = t->proof};

	snprintf(detail, sizeof(detail), ATTEMPT_DETAIL "number %lld of its key, line %lld",
		 (long long)t->id, (long long)t->number, (long long)t->line);
	return audit_add(l, &e, err);
}

/* --- begin --- */

static int to_doubt(struct ledger *l, const struct ledger_attempt *t, struct err *err)
{
	struct ledger_attempt end = *t;
	sqlite3_stmt *q = store_query(
		l->db, err,
		"UPDATE attempt SET state = ?2, ended_at = ?3, outcome = ?4 WHERE id = ?1", "iiis",
		t->id, (int64_t)DLQ_DOUBT, clock_wall(&clock_real), gone);
	int rc = store_run(l->db, q, err);

	end.outcome = gone;
	return rc != 0 ? rc : attempt_note(l, &end, dlq_state_names[DLQ_DOUBT], err);
}

/* The attempt of that key that is open or in doubt; id 0: there is none. An orphan is in doubt from
 * now on. */
static int find_blocking(struct ledger *l, const char *key, struct arena *a,
			 struct ledger_attempt *t, struct err *err)
{
	sqlite3_stmt *q = store_query(
		l->db, err, ATTEMPT_SELECT " FROM attempt a WHERE key = ?1 AND blocks = 1", "s",
		key);
	bool has_gone = false;

	*t = (struct ledger_attempt){0};
	if (q == NULL)
		return -ERR_IO;
	if (sqlite3_step(q) == SQLITE_ROW) {
		read_attempt(q, a, t);
		has_gone = is_orphan(q, t);
	}
	sqlite3_finalize(q);
	if (!has_gone)
		return 0;
	t->state = DLQ_DOUBT;
	t->ended_at = clock_wall(&clock_real);
	return to_doubt(l, t, err);
}

/* What a person or a proof has closed is sent again only for a reason. */
static int check_closed(struct ledger *l, const struct ledger_attempt *want, int *closed,
			struct err *err)
{
	sqlite3_stmt *q = store_query(
		l->db, err,
		"SELECT coalesce((SELECT state FROM mark WHERE key = ?1 AND after >="
		" (SELECT coalesce(max(id), 0) FROM attempt WHERE key = ?1) ORDER BY id DESC LIMIT "
		"1),"
		" (SELECT state FROM attempt WHERE key = ?1 ORDER BY id DESC LIMIT 1), ?2)",
		"si", want->key, (int64_t)DLQ_PENDING);
	int state = DLQ_PENDING;

	if (q == NULL)
		return -ERR_IO;
	if (sqlite3_step(q) == SQLITE_ROW)
		state = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	if (want->reason != NULL || (state != DLQ_DONE && state != DLQ_GIVEN_UP))
		return 0;
	*closed = state;
	return err_set(err, ERR_REFUSED, "it is %s already: it is sent again only for a reason",
		       state == DLQ_DONE ? "done" : "given up");
}

static int check_free(struct ledger *l, struct ledger_attempt *want, struct err *err)
{
	struct ledger_attempt open;
	struct arena a;
	const char *held;
	int rc;

	arena_init(&a);
	want->state = DLQ_PENDING;
	held = want->job == NULL ? NULL : ledger_held(l, want->job, &a);
	rc = held != NULL ? err_set(err, ERR_REFUSED, "the job is held %s", held)
			  : find_blocking(l, want->key, &a, &open, err);
	if (rc == 0 && open.id != 0 && is_absent(open.ended_at))
		rc = err_set(err, ERR_REFUSED, "attempt %lld of it is under way, by %s",
			     (long long)open.number, open.user);
	else if (rc == 0 && open.id != 0)
		rc = err_set(err, ERR_REFUSED,
			     "attempt %lld of it is in doubt (%s): say what happened (M, or "
			     "sparkops mark), or let its probe say it",
			     (long long)open.number, open.outcome != NULL ? open.outcome : "?");
	else if (rc == 0)
		rc = check_closed(l, want, &want->state, err);
	arena_release(&a);
	return rc;
}

static int next_number(struct ledger *l, const char *key, int64_t *number, struct err *err)
{
	sqlite3_stmt *q = store_query(
		l->db, err, "SELECT coalesce(max(number), 0) + 1 FROM attempt WHERE key = ?1", "s",
		key);

	if (q == NULL)
		return -ERR_IO;
	if (sqlite3_step(q) == SQLITE_ROW)
		*number = max_i64(*number, sqlite3_column_int64(q, 0));
	sqlite3_finalize(q);
	return 0;
}

static int insert(struct ledger *l, struct ledger_attempt *t, bool blocks, struct err *err)
{
	sqlite3_stmt *q;
	int rc = next_number(l, t->key, &t->number, err);

	if (rc != 0)
		return rc;
	q = store_query(
		l->db, err,
		"INSERT INTO attempt (key, hash, job, unit, batch_id, error_type, file, line,"
		" number, began_at, ended_at, state, proof, outcome, covered_by, intent,"
		" reason, user, pid, start_ticks, boot, blocks) VALUES (?1, ?2, ?3, ?4, ?5,"
		" ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,"
		" ?21, ?22)",
		"sssssssiiiiissiissiisi", t->key, t->hash, t->job, t->unit, t->batch_id,
		t->error_type, t->file, t->line, t->number, t->began_at, t->ended_at,
		(int64_t)t->state, t->proof, t->outcome, t->covered_by, t->intent, t->reason,
		l->who.user, l->who.pid, l->who.start_ticks, l->who.boot, (int64_t)blocks);
	rc = store_run(l->db, q, err);
	t->id = sqlite3_last_insert_rowid(l->db);
	t->user = l->who.user;
	return rc != 0 ? rc : attempt_note(l, t, blocks ? "open" : dlq_state_names[t->state], err);
}

int ledger_begin(struct ledger *l, struct ledger_attempt *t, struct err *err)
{
	int rc, refused = 0;

	failpoint("ledger.begin");
	rc = ledger_write(l, err);
	if (rc != 0)
		return rc;
	rc = check_free(l, t, err);
	if (rc == -ERR_REFUSED) { /* an orphan that was found is in doubt from now on */
		refused = rc;
		rc = 0;
	} else if (rc == 0) {
		t->began_at = clock_wall(&clock_real);
		t->ended_at = ABSENT;
		t->state = DLQ_PENDING;
		t->proof = t->outcome = NULL;
		t->covered_by = 0;
		rc = insert(l, t, true, err);
	}
	rc = ledger_commit(l, rc, err);
	failpoint("ledger.begun");
	return rc != 0 ? rc : refused;
}

/* --- end --- */

static int update(struct ledger *l, const struct ledger_attempt *t, struct err *err)
{
	sqlite3_stmt *q = store_query(
		l->db, err,
		"UPDATE attempt SET state = ?2, ended_at = ?3, proof = ?4, outcome = ?5,"
		" output = coalesce(?6, output), covered_by = ?7, blocks = ?8"
		" WHERE id = ?1 AND (blocks = 1 OR (state = ?9 AND ?2 = ?10))",
		"iiisssiiii", t->id, (int64_t)t->state,
		is_absent(t->ended_at) ? clock_wall(&clock_real) : t->ended_at, t->proof,
		t->outcome, t->output, t->covered_by, (int64_t)(t->state == DLQ_DOUBT),
		(int64_t)DLQ_DONE, (int64_t)DLQ_FAILED);
	int rc = store_run(l->db, q, err);

	if (rc == 0 && sqlite3_changes(l->db) == 0)
		rc = err_set(err, ERR_REFUSED,
			     "attempt %lld was settled by somebody else meanwhile",
			     (long long)t->number);
	return rc;
}

int ledger_end(struct ledger *l, const struct ledger_attempt *t, struct err *err)
{
	int rc;

	failpoint("ledger.end");
	rc = ledger_write(l, err);
	if (rc != 0)
		return rc;
	rc = update(l, t, err);
	rc = rc != 0 ? rc : attempt_note(l, t, dlq_state_names[t->state], err);
	rc = ledger_commit(l, rc, err);
	failpoint("ledger.ended");
	return rc;
}

static int cover_one(struct ledger *l, const struct ledger_attempt *by,
		     const struct ledger_attempt *entry, struct err *err)
{
	struct ledger_attempt t = *entry, open;
	struct arena a;
	int rc, closed;

	t.reason = NULL; /* that the unit was sent again is no reason to cover what is closed */
	arena_init(&a);
	rc = find_blocking(l, t.key, &a, &open, err);
	if (rc == 0 && open.id == 0)
		rc = check_closed(l, &t, &closed, err);
	if (rc == 0 && open.id == 0) {
		t.began_at = t.ended_at = clock_wall(&clock_real);
		t.state = DLQ_DONE;
		t.proof = by->proof;
		t.covered_by = by->id;
		t.intent = by->intent;
		t.outcome =
			arena_printf(&a, "covered by attempt %lld of its unit", (long long)by->id);
		rc = insert(l, &t, false, err);
	}
	arena_release(&a);
	return rc == -ERR_REFUSED ? 0 : rc;
}

int ledger_cover(struct ledger *l, const struct ledger_attempt *by,
		 const struct ledger_attempt *entries, size_t n, struct err *err)
{
	int rc = ledger_write(l, err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < n && rc == 0; i++)
		if (by->key == NULL || strcmp(entries[i].key, by->key) != 0)
			rc = cover_one(l, by, &entries[i], err);
	return ledger_commit(l, rc, err);
}

int ledger_settle_orphans(struct ledger *l, int64_t *n, struct err *err)
{
	sqlite3_stmt *q;
	struct arena a;
	struct ledger_attempt t;
	int rc = ledger_write(l, err), step;

	*n = 0;
	if (rc != 0)
		return rc;
	arena_init(&a);
	q = store_query(l->db, err,
			ATTEMPT_SELECT " FROM attempt a WHERE blocks = 1 AND ended_at IS NULL", "");
	rc = q == NULL ? -ERR_IO : 0;
	while (rc == 0 && (step = sqlite3_step(q)) == SQLITE_ROW) {
		read_attempt(q, &a, &t);
		if (!is_orphan(q, &t))
			continue;
		rc = to_doubt(l, &t, err);
		*n += 1;
	}
	sqlite3_finalize(q);
	arena_release(&a);
	return ledger_commit(l, rc, err);
}

/* --- how it stands --- */

struct listing {
	struct arena *a;
	struct ledger_attempt *v;
	size_t n, size;
};

static struct ledger_attempt *add(struct listing *list)
{
	if (list->n == list->size) {
		size_t size = list->size == 0 ? 64 : 2 * list->size;
		struct ledger_attempt *v = ARENA_ARRAY(list->a, struct ledger_attempt, size);
		if (list->n > 0)
			memcpy(v, list->v, list->n * sizeof(*v));
		list->v = v;
		list->size = size;
	}
	return &list->v[list->n++];
}

static int list_all(struct ledger *l, sqlite3_stmt *q, struct listing *list, struct err *err)
{
	int step;

	if (q == NULL)
		return -ERR_IO;
	while ((step = sqlite3_step(q)) == SQLITE_ROW) {
		struct ledger_attempt *t = add(list);
		read_as_it_is(q, list->a, t);
		if (sqlite3_column_count(q) <= COL_MORE)
			continue;
		if (sqlite3_column_type(q, COL_MORE) == SQLITE_NULL) {
			t->output = store_text(q, COL_MORE + 4, list->a);
			continue;
		}
		t->state = attempt_state(q, COL_MORE);
		t->proof = t->state == DLQ_DONE ? "person" : NULL;
		t->mark = sqlite3_column_int64(q, COL_MORE + 5);
		t->ended_at = store_int(q, COL_MORE + 1);
		t->outcome = arena_printf(list->a, "marked %s by %s: %s", dlq_state_names[t->state],
					  (const char *)sqlite3_column_text(q, COL_MORE + 2),
					  (const char *)sqlite3_column_text(q, COL_MORE + 3));
	}
	sqlite3_finalize(q);
	return step == SQLITE_DONE ? 0 : store_failed(l->db, l->path, err);
}

int ledger_states(struct ledger *l, const char *job, struct arena *a, struct ledger_list *out,
		  struct err *err)
{
	struct listing list = {.a = a};
	sqlite3_stmt *q = store_query(
		l->db, err,
		ATTEMPT_SELECT
		", m.state, m.at, m.user, m.reason, NULL, m.id FROM attempt a LEFT JOIN mark m ON "
		"m.id ="
		" (SELECT max(id) FROM mark WHERE key = a.key AND after >= a.id)"
		" WHERE a.id = (SELECT max(id) FROM attempt WHERE key = a.key)"
		" AND (?1 IS NULL OR a.job = ?1)"
		" UNION ALL SELECT 0, m.key, NULL, m.job, NULL, NULL, NULL, NULL, NULL, 0, m.at,"
		" m.at, m.state, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, m.state, m.at,"
		" m.user, m.reason, NULL, m.id FROM mark m"
		" WHERE m.id = (SELECT max(id) FROM mark WHERE key = m.key)"
		" AND NOT EXISTS (SELECT 1 FROM attempt WHERE key = m.key)"
		" AND (?1 IS NULL OR m.job = ?1) ORDER BY 2",
		"s", job);
	int rc = list_all(l, q, &list, err);

	*out = (struct ledger_list){list.n, list.v};
	return rc;
}

int ledger_attempts(struct ledger *l, const char *key, struct arena *a, struct ledger_list *out,
		    struct err *err)
{
	struct listing list = {.a = a};
	sqlite3_stmt *q =
		store_query(l->db, err,
			    ATTEMPT_SELECT ", NULL, NULL, NULL, NULL, a.output"
					   " FROM attempt a WHERE a.key = ?1 ORDER BY a.id",
			    "s", key);
	int rc = list_all(l, q, &list, err);

	*out = (struct ledger_list){list.n, list.v};
	return rc;
}

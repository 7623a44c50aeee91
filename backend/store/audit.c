/* store/audit.c - rows of the audit written and read. */
#include "audit.h"

#include <stdio.h>
#include <string.h>

#include "../../include/clock.h"
#include "ledger_parts.h"

static void fill_who(struct ledger *l, struct audit_entry *e)
{
	const struct who *w = &l->who;

	e->uid = w->uid;
	e->login_uid = w->login_uid;
	e->pid = w->pid;
	e->start_ticks = w->start_ticks;
	e->user = w->user;
	e->host = w->host;
	e->tty = w->tty[0] == '\0' ? NULL : w->tty;
	e->client = w->client[0] == '\0' ? NULL : w->client;
	e->boot = w->boot;
}

/* Number and hash of the last row. */
static int read_last(struct ledger *l, int64_t *seq, char hash[static 65], struct err *err)
{
	sqlite3_stmt *q = store_query(l->db, err,
				      "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", "");
	int step;

	if (q == NULL)
		return -ERR_IO;
	*seq = 0;
	hash[0] = '\0';
	step = sqlite3_step(q);
	if (step == SQLITE_ROW) {
		*seq = sqlite3_column_int64(q, 0);
		snprintf(hash, 65, "%s", (const char *)sqlite3_column_text(q, 1));
	}
	sqlite3_finalize(q);
	return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_failed(l->db, l->path, err);
}

#define PLACE(name) ", ?"

static int insert(struct ledger *l, const struct audit_entry *e, struct err *err)
{
	sqlite3_stmt *q = store_query(
		l->db, err, "INSERT INTO audit VALUES (?" AUDIT_COLUMNS(PLACE, PLACE) ")", "");
	int i = 1;

	if (q == NULL)
		return -ERR_IO;
#define INT(name)                                                                                  \
	if (is_absent(e->name))                                                                    \
		sqlite3_bind_null(q, i++);                                                         \
	else                                                                                       \
		sqlite3_bind_int64(q, i++, e->name);
#define TEXT_(name) sqlite3_bind_text(q, i++, e->name, -1, SQLITE_STATIC);
	AUDIT_COLUMNS(INT, TEXT_)
#undef INT
#undef TEXT_
	sqlite3_bind_text(q, i, e->hash, -1, SQLITE_STATIC);
	return store_run(l->db, q, err);
}

int audit_add(struct ledger *l, struct audit_entry *e, struct err *err)
{
	char before[65], hash[65], head[100];
	int rc = read_last(l, &e->seq, before, err);

	if (rc != 0)
		return rc;
	e->seq++;
	if (is_absent(e->at))
		e->at = clock_wall(&clock_real);
	fill_who(l, e);
	audit_hash(e, before, hash);
	e->hash = hash;
	rc = insert(l, e, err);
	snprintf(head, sizeof(head), "%lld %s", (long long)e->seq, hash);
	if (rc == 0)
		rc = store_run(
			l->db,
			store_query(l->db, err, "REPLACE INTO meta VALUES ('head', ?1)", "s", head),
			err);
	audit_mirror_line(e, &l->mirror);
	e->hash = NULL;
	return rc;
}

int audit_put(struct ledger *l, const struct audit_entry *e, int64_t *seq, struct err *err)
{
	struct audit_entry mine = *e;
	int rc = ledger_write(l, err);

	if (rc != 0)
		return rc;
	rc = ledger_commit(l, audit_add(l, &mine, err), err);
	if (rc == 0 && seq != NULL)
		*seq = mine.seq;
	return rc;
}

static int end_the_cut(struct ledger *l, const struct audit_entry *by, struct err *err)
{
	char says[64];
	struct audit_entry e = {.at = ABSENT,
				.intent = by->continues,
				.kind = "outcome",
				.action = by->action,
				.job = by->job,
				.target = by->target,
				.says = says,
				.state = "cut"};

	snprintf(says, sizeof(says), "followed by number %lld", (long long)by->seq);
	return audit_add(l, &e, err);
}

static bool is_listed(const char *const *list, const char *word)
{
	for (size_t i = 0; word != NULL && list[i] != NULL; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

/* Of what ends or starts a job only one is at it: two would start it twice. Whose process is gone
 * is at nothing any more. */
static int refuse_beside(struct ledger *l, const struct audit_entry *e, const char *const *jobs,
			 struct arena *a, struct err *err)
{
	static const char *const alone[] = {"kill", "restart", "recover", NULL};
	struct audit_list open;
	char at[40];

	if (jobs == NULL || !is_listed(alone, e->action))
		return 0;
	if (audit_open_intents(l, a, &open, err) != 0)
		return -ERR_IO;
	for (size_t i = 0; i < open.n; i++) {
		const struct audit_entry *o = &open.v[i];

		if (o->seq == e->continues || !is_listed(alone, o->action) ||
		    !is_listed(jobs, o->job) || audit_is_gone(o))
			continue;
		clock_rfc3339(o->at, at);
		return err_set(err, ERR_REFUSED,
			       "%s of %.200s by %.60s (process %lld) runs since %.8s UTC: wait for "
			       "it",
			       o->action, o->job, o->user != NULL ? o->user : "?",
			       (long long)o->pid, at + 11);
	}
	return 0;
}

int audit_intend(struct ledger *l, const struct audit_entry *e, const char *const *jobs,
		 int64_t *seq, struct err *err)
{
	struct audit_entry mine = *e;
	struct arena a;
	const char *held = NULL;
	int rc = ledger_write(l, err);

	if (rc != 0)
		return rc;
	arena_init(&a);
	for (size_t i = 0; held == NULL && jobs != NULL && jobs[i] != NULL; i++)
		held = ledger_held(l, jobs[i], &a);
	if (held != NULL)
		rc = err_set(err, ERR_REFUSED, "held %.300s", held);
	rc = rc != 0 ? rc : refuse_beside(l, &mine, jobs, &a, err);
	rc = rc != 0 ? rc : audit_add(l, &mine, err);
	if (rc == 0 && mine.continues > 0)
		rc = end_the_cut(l, &mine, err);
	rc = ledger_commit(l, rc, err);
	arena_release(&a);
	if (rc == 0)
		*seq = mine.seq;
	return rc;
}

/* --- reading --- */

void audit_read(sqlite3_stmt *q, struct arena *a, struct audit_entry *e)
{
	int i = 0;

#define INT(name) e->name = store_int(q, i++);
#define TEXT_(name) e->name = store_text(q, i++, a);
	AUDIT_COLUMNS(INT, TEXT_)
#undef INT
#undef TEXT_
	e->hash = store_text(q, i, a);
}

static int read_all(struct ledger *l, sqlite3_stmt *q, struct arena *a, struct audit_list *out,
		    struct err *err)
{
	struct audit_entry *v = NULL;
	size_t size = 0;
	int step;

	*out = (struct audit_list){0};
	if (q == NULL)
		return -ERR_IO;
	while ((step = sqlite3_step(q)) == SQLITE_ROW) {
		if (out->n == size) {
			struct audit_entry *more =
				ARENA_ARRAY(a, struct audit_entry, 2 * size + 16);
			if (size > 0)
				memcpy(more, v, size * sizeof(*v));
			v = more;
			size = 2 * size + 16;
		}
		audit_read(q, a, &v[out->n++]);
	}
	sqlite3_finalize(q);
	out->v = v;
	return step == SQLITE_DONE ? 0 : store_failed(l->db, l->path, err);
}

int audit_list(struct ledger *l, struct arena *a, int64_t most, struct audit_list *out,
	       struct err *err)
{
	return read_all(
		l, store_query(l->db, err, AUDIT_SELECT "ORDER BY seq DESC LIMIT ?1", "i", most), a,
		out, err);
}

int audit_actions(struct ledger *l, struct arena *a, int64_t most, struct audit_list *out,
		  struct err *err)
{
	/* Rows of an intent stand at its number, so that they come together,
	 * newest action first. */
	return read_all(l,
			store_query(l->db, err,
				    AUDIT_SELECT
				    "WHERE kind IN ('step', 'outcome', 'intent', 'reveal') AND"
				    " CASE intent WHEN 0 THEN seq ELSE intent END IN"
				    " (SELECT seq FROM audit WHERE kind IN ('intent', 'reveal')"
				    " ORDER BY seq DESC LIMIT ?1)"
				    " ORDER BY CASE intent WHEN 0 THEN seq ELSE intent END DESC,"
				    " seq",
				    "i", most),
			a, out, err);
}

int audit_open_intents(struct ledger *l, struct arena *a, struct audit_list *out, struct err *err)
{
	return read_all(
		l,
		store_query(l->db, err,
			    AUDIT_SELECT
			    "WHERE kind = 'intent' AND NOT EXISTS (SELECT 1 FROM audit o WHERE"
			    " o.intent = audit.seq AND o.intent > 0 AND o.kind = 'outcome')"
			    " ORDER BY seq",
			    ""),
		a, out, err);
}

int audit_of(struct ledger *l, int64_t intent, struct arena *a, struct audit_list *out,
	     struct err *err)
{
	return read_all(l,
			store_query(l->db, err,
				    AUDIT_SELECT "WHERE seq = ?1 OR (intent = ?1 AND intent > 0)"
						 " ORDER BY seq",
				    "i", intent),
			a, out, err);
}

bool audit_is_gone(const struct audit_entry *e)
{
	return who_is_gone(e->pid, e->start_ticks, e->boot, e->at);
}

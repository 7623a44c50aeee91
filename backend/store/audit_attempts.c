/* store/audit_attempts.c - do the attempts of the ledger stand as the audit says? Their rows are
 * changed when they end, so the chain does not cover them; but each change is a
 * row of the chain. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_parts.h"

enum { IDS_MAX = 50000000 };

/* What the audit said last of an attempt. */
struct attempt_word {
	int64_t seq; /* 0: nothing */
	int state;   /* -1: open */
};

static int state_of(const char *word)
{
	for (int i = 0; word != NULL && dlq_state_names[i] != NULL; i++)
		if (strcmp(dlq_state_names[i], word) == 0)
			return i;
	return -1;
}

void attempt_check_row(struct attempt_check *c, const struct audit_entry *e)
{
	long long id = 0;

	if (e->kind == NULL || strcmp(e->kind, "attempt") != 0 || e->detail == NULL ||
	    sscanf(e->detail, ATTEMPT_DETAIL, &id) != 1 || id <= 0 || id > IDS_MAX)
		return;
	if ((size_t)id >= c->n) {
		size_t n = (size_t)id * 2 + 64;
		c->v = xrealloc(c->v, n * sizeof(*c->v));
		memset(c->v + c->n, 0, (n - c->n) * sizeof(*c->v));
		c->n = n;
	}
	c->v[id] = (struct attempt_word){e->seq, state_of(e->state)};
}

static int say(struct audit_verdict *v, int64_t id, int64_t seq, const char *what)
{
	v->kind = AUDIT_ATTEMPT;
	v->first_bad = seq > 0 ? seq : ABSENT;
	v->is_whole = false;
	snprintf(v->says, sizeof(v->says), "attempt %lld %s", (long long)id, what);
	return 1;
}

static int check(const struct attempt_check *c, sqlite3_stmt *q, struct audit_verdict *v)
{
	int64_t id = sqlite3_column_int64(q, 0);
	const struct attempt_word *w = id > 0 && (size_t)id < c->n ? &c->v[id] : NULL;
	int state = sqlite3_column_type(q, 2) == SQLITE_NULL ? -1 : attempt_state(q, 1);
	char what[120];

	if (w == NULL || w->seq == 0)
		return say(v, id, 0, "is in the ledger, and nothing in the audit began it");
	if (w->state == state)
		return 0;
	snprintf(what, sizeof(what), "was changed by another hand: it is %s, row %lld says %s",
		 state < 0 ? "open" : dlq_state_names[state], (long long)w->seq,
		 w->state < 0 ? "open" : dlq_state_names[w->state]);
	return say(v, id, w->seq, what);
}

int attempt_check_end(struct ledger *l, struct attempt_check *c, struct audit_verdict *v,
		      struct err *err)
{
	sqlite3_stmt *q;
	int step = SQLITE_DONE, rc = 0;

	q = v == NULL ? NULL
		      : store_query(l->db, err,
				    "SELECT id, state, ended_at FROM attempt ORDER BY id", "");
	while (q != NULL && rc == 0 && (step = sqlite3_step(q)) == SQLITE_ROW) {
		rc = check(c, q, v);
		if (rc == 0)
			c->v[sqlite3_column_int64(q, 0)].seq = 0; /* seen */
	}
	sqlite3_finalize(q);
	for (size_t id = 1; v != NULL && rc == 0 && step == SQLITE_DONE && id < c->n; id++)
		if (c->v[id].seq > 0)
			rc = say(v, (int64_t)id, c->v[id].seq, "is missing in the ledger");
	free(c->v);
	if (v != NULL && (q == NULL || (rc == 0 && step != SQLITE_DONE)))
		return store_failed(l->db, l->path, err);
	return rc;
}

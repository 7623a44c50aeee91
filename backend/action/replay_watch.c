/* action/replay_watch.c - does the failure of what was replayed come back as a new entry?
 *
 * A hook that says "done" has perhaps only begun: the job writes the same failure into its queue
 * again. Such an attempt failed, whatever was said of it. It is found in the folder and the ledger
 * alone, so it is found as well at the next start. */
#include <stdlib.h>
#include <string.h>

#include "replay.h"

/* An attempt whose failure may come back. */
struct watched {
	unsigned char unit[QUEUE_UNIT];
	const struct ledger_attempt *t;
};

static int by_unit(const void *a, const void *b)
{
	const struct watched *x = a, *y = b;

	return memcmp(x->unit, y->unit, QUEUE_UNIT);
}

/* The word of a person stands; what covers nothing by itself follows what covered it. */
static bool may_return(const struct ledger_attempt *t)
{
	return t->id && !t->covered_by && (t->unit || t->batch_id) &&
	       (t->state == DLQ_DONE || t->state == DLQ_DOUBT) &&
	       (!t->proof || strcmp(t->proof, "person") != 0);
}

static size_t watched_of(const struct queue *q, const struct ledger_list *known,
			 struct watched *out)
{
	size_t n = 0;

	for (size_t i = 0; i < known->n; i++) {
		const struct ledger_attempt *t = &known->v[i];
		if (!may_return(t) || (queue_has_units(q) && !t->unit))
			continue;
		queue_digest(queue_has_units(q) ? t->unit : t->batch_id, out[n].unit);
		out[n++].t = t;
	}
	if (n)
		qsort(out, n, sizeof(*out), by_unit);
	return n;
}

/* What was sent or covered was there before, whatever its clock says. */
static bool was_there(const struct queue_entry *e, const struct ledger_list *known,
		      const struct ledger_attempt *t)
{
	char hex[2 * QUEUE_HASH + 1];

	queue_hex(e->hash, QUEUE_HASH, hex);
	if (t->hash && !strcmp(t->hash, hex))
		return true;
	hex[32] = '\0';
	const struct ledger_attempt *own = replay_known(known, hex);
	return own && own->covered_by == t->id;
}

static bool is_return(const struct queue *q, const struct queue_entry *e,
		      const struct ledger_attempt *t, int64_t within_ms)
{
	return !is_absent(e->at) && e->at > t->began_at && e->at <= t->began_at + within_ms &&
	       !strcmp(queue_type(q, e), t->error_type ? t->error_type : "");
}

size_t replay_find_returns(const struct queue *q, const struct ledger_list *known,
			   int64_t within_ms, struct replay_return *out)
{
	struct watched *v = xcalloc(known->n + 1, sizeof(*v));
	size_t nv = watched_of(q, known, v), n = 0;

	for (size_t i = 0; i < queue_count(q) && nv; i++) {
		const struct queue_entry *e = queue_entry(q, i);
		struct watched want = {{0}, NULL};
		memcpy(want.unit, e->unit, QUEUE_UNIT);
		struct watched *w =
			queue_has_unit(e) ? bsearch(&want, v, nv, sizeof(*v), by_unit) : NULL;
		while (w && w > v && !by_unit(w - 1, &want))
			w--;
		for (; w && w < v + nv && !by_unit(w, &want); w++) {
			if (!w->t || !is_return(q, e, w->t, within_ms) || was_there(e, known, w->t))
				continue;
			out[n++] = (struct replay_return){w->t, i};
			w->t = NULL;
		}
	}
	free(v);
	return n;
}

int replay_fail_returns(struct ledger *l, const struct queue *q, const struct ledger_list *known,
			int64_t within_ms, struct replay_return *out, struct err *err)
{
	size_t n = replay_find_returns(q, known, within_ms, out), kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct ledger_attempt t = *out[i].t;
		const struct queue_entry *e = queue_entry(q, out[i].at);
		struct buf says;

		buf_init(&says, 400);
		buf_printf(&says, REPLAY_CAME_BACK "%u of %.250s", e->line, queue_file(q, e));
		t.state = DLQ_FAILED;
		t.proof = NULL;
		t.ended_at = ABSENT;
		t.outcome = says.data;
		int rc = ledger_end(l, &t, err);
		buf_release(&says);
		if (rc && rc != -ERR_REFUSED)
			return rc;
		if (!rc)
			out[kept++] = out[i];
	}
	return (int)kept;
}

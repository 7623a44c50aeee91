/* action/replay_pick.c - which entries a replay takes, as the ledger stands. Pure.
 *
 * In bulk (all, a type, a group) pending and failed entries are taken, oldest first: never what is
 * in doubt, never old ones unless --since names a time, never what was tried often. One that is
 * named by its hash may be all that, with a reason where a person must have one. */
#include <stdlib.h>
#include <string.h>

#include "replay.h"

/* Units by the entry that is first in each. */
struct choosing {
	const struct queue *q;
	const struct replay_want *want;
	struct stand stand;
	struct arena *a;
	struct replay_pick *out;
	uint32_t *entries;
	struct replay_unit *units;
	uint32_t *unit_at;   /* by number of the first entry: unit + 1 */
	bool *is_doubtful;   /* by number of the first entry: its unit was left out as that */
	bool is_named;       /* by hash */
	const char *why_not; /* the last one that was left out */
};

/* --- taking --- */

static struct replay_unit *unit_of(struct choosing *c, uint32_t i)
{
	uint32_t first = queue_entry(c->q, i)->first;

	if (c->unit_at[first])
		return &c->units[c->unit_at[first] - 1];
	struct replay_unit *u = &c->units[c->out->nunits++];
	c->unit_at[first] = (uint32_t)c->out->nunits;
	*u = (struct replay_unit){.first = first, .state = DLQ_PENDING};
	stand_key(&c->stand, first, u->key);
	const struct ledger_attempt *t = stand_unit(&c->stand, first);
	if (t) {
		u->attempts = t->id ? t->number : 0;
		u->state = t->state;
		u->outcome = t->outcome;
	}
	u->inherited = stand_inherited(&c->stand, queue_entry(c->q, first));
	u->attempts = max_i64(u->attempts, u->inherited);
	return u;
}

static int64_t attempts_of(const struct choosing *c, uint32_t i)
{
	uint32_t first = queue_entry(c->q, i)->first;
	const struct ledger_attempt *t = stand_unit(&c->stand, first);

	return max_i64(t && t->id ? t->number : 0,
		       stand_inherited(&c->stand, queue_entry(c->q, first)));
}

static bool leave_out(struct choosing *c, size_t *counter, const char *why)
{
	++*counter;
	c->why_not = why;
	return false;
}

/* Also what failed later in it is not sent without a person's word. */
static bool is_unit_given_up(const struct choosing *c, uint32_t first)
{
	const struct ledger_attempt *t = stand_unit(&c->stand, first);

	return t && t->state == DLQ_GIVEN_UP;
}

/* May it be taken, and is a reason needed? */
static bool may_take(struct choosing *c, uint32_t i, bool *needs_reason)
{
	struct replay_pick *out = c->out;
	const struct queue_entry *e = queue_entry(c->q, i);
	bool is_one = c->is_named && c->want->nhashes == 1;
	const struct ledger_attempt *own;
	int state = stand_state(&c->stand, i, &own);
	bool is_given_up = is_unit_given_up(c, e->first);

	*needs_reason = false;
	if (state == DLQ_DOUBT && !(c->is_named && c->want->has_probe)) {
		out->ndoubtful += !c->is_doubtful[e->first];
		c->is_doubtful[e->first] = true;
		return leave_out(
			c, &out->ndoubt,
			"in doubt: whether it was done is not known; M says what happened");
	}
	if (state == DLQ_DONE && (!c->is_named || (c->want->is_yes && !c->want->reason)))
		return leave_out(c, &out->ndone, "done already");
	if (state == DLQ_GIVEN_UP && !c->is_named)
		return leave_out(c, &out->ngiven_up, "given up");
	if (is_given_up && !c->is_named)
		return leave_out(c, &out->nlater,
				 "its unit was given up: M says that it is pending again, or "
				 "--hash takes it with a reason");
	if (!c->is_named && stand_has_come_back(own) && queue_has_later(c->q, i))
		return leave_out(c, &out->nreturned, "its failure came back as a later line");
	if (!is_one && is_absent(c->want->since_ms) && queue_is_old(c->q, e))
		return leave_out(c, &out->nold, "old: taken by --since, or one by one");
	int64_t tries = attempts_of(c, i);
	if (!c->is_named && tries >= c->want->max_attempts)
		return leave_out(c, &out->ntried, "tried too often: more needs a reason");
	*needs_reason = state == DLQ_DONE || state == DLQ_GIVEN_UP || is_given_up ||
			tries >= min_i64(c->want->max_attempts, REPLAY_ATTEMPTS);
	return true;
}

/* Of units: what is in one that was taken comes along. */
static bool is_over_limit(const struct choosing *c, uint32_t first)
{
	return !is_absent(c->want->limit) && !c->unit_at[first] &&
	       (int64_t)c->out->nunits >= c->want->limit;
}

static void take(struct choosing *c, uint32_t i)
{
	struct replay_pick *out = c->out;
	bool needs_reason;

	if (out->nentries == REPLAY_ENTRIES_MAX || is_over_limit(c, queue_entry(c->q, i)->first) ||
	    !may_take(c, i, &needs_reason))
		return;
	struct replay_unit *u = unit_of(c, i);
	int64_t at = queue_time(queue_entry(c->q, i));
	u->nentries++;
	u->needs_reason |= needs_reason;
	out->needs_reason |= needs_reason;
	out->oldest = is_absent(out->oldest) ? at : min_i64(out->oldest, at);
	out->newest = is_absent(out->newest) ? at : max_i64(out->newest, at);
	c->entries[out->nentries++] = i;
}

/* --- choosing --- */

static bool is_hex(const char *s)
{
	size_t n = strlen(s);

	return n >= 8 && n <= 64 && !s[strspn(s, "0123456789abcdef")];
}

static int choose_hashes(struct choosing *c, size_t *n, struct err *err)
{
	for (size_t i = 0; i < c->want->nhashes; i++) {
		const char *hash = c->want->hashes[i];
		size_t at = 0;
		if (!is_hex(hash))
			return err_set(err, ERR_REFUSED,
				       "%.80s is no hash; it would be 8 to 64 of 0-9 a-f", hash);
		size_t found = queue_prefix(c->q, hash, &at);
		if (!found)
			return err_set(err, ERR_REFUSED,
				       "no entry of the folder has a hash that begins with %s; "
				       "the line changed or is gone, or was never an entry",
				       hash);
		if (found > 1)
			return err_set(err, ERR_REFUSED,
				       "%zu entries have a hash that begins with %s; give more "
				       "digits",
				       found, hash);
		c->entries[(*n)++] = (uint32_t)at;
	}
	return 0;
}

static bool fits(const struct choosing *c, const struct queue_entry *e)
{
	const struct replay_want *w = c->want;

	return (w->is_all || (w->group && w->group == e->group) ||
		(w->error_type && !strcmp(w->error_type, queue_type(c->q, e)))) &&
	       (is_absent(w->since_ms) || queue_time(e) >= w->since_ms) &&
	       (is_absent(w->until_ms) || queue_time(e) <= w->until_ms);
}

struct dated {
	int64_t at;
	uint32_t i;
};

static int by_time(const void *x, const void *y)
{
	const struct dated *a = x, *b = y;

	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->i < b->i ? -1 : a->i > b->i;
}

/* Oldest first, each once. */
static void take_all(struct choosing *c, const uint32_t *wanted, size_t n)
{
	struct dated *order = xcalloc(n + 1, sizeof(*order));

	for (size_t i = 0; i < n; i++)
		order[i] = (struct dated){queue_time(queue_entry(c->q, wanted[i])), wanted[i]};
	if (n)
		qsort(order, n, sizeof(*order), by_time);
	for (size_t i = 0; i < n; i++)
		if (!i || order[i].i != order[i - 1].i)
			take(c, order[i].i);
	free(order);
}

static int nothing_to_do(const struct choosing *c, struct err *err)
{
	const struct replay_pick *p = c->out;
	size_t closed = p->ndone + p->ngiven_up;
	size_t left = closed + p->ndoubt + p->nlater + p->nold + p->ntried + p->nreturned;

	if (!left)
		return err_set(err, ERR_MISSING,
			       "nothing to do: there is no such entry in the folder");
	if (left == p->ndone)
		return left == 1 ? err_set(err, ERR_MISSING, "nothing to do: it is done already")
				 : err_set(err, ERR_MISSING, "nothing to do: %zu are done already",
					   left);
	if (left == closed)
		return err_set(err, ERR_MISSING, "nothing to do: %zu done already, %zu given up",
			       p->ndone, p->ngiven_up);
	return err_set(err, ERR_REFUSED, "%s%s",
		       left == 1 ? "" : "none of them may be taken: ", c->why_not);
}

/* What was not asked for, but becomes done with its unit. */
static void count_others(struct choosing *c)
{
	const struct ledger_attempt *own;

	for (uint32_t i = 0; queue_has_units(c->q) && i < queue_count(c->q); i++) {
		int state = c->unit_at[queue_entry(c->q, i)->first]
				    ? stand_state(&c->stand, i, &own)
				    : DLQ_DONE;
		c->out->nothers += state == DLQ_PENDING || state == DLQ_FAILED;
	}
	for (size_t i = 0; i < c->out->nentries && queue_has_units(c->q); i++) {
		int state = stand_state(&c->stand, c->entries[i], &own);
		c->out->nothers -= state == DLQ_PENDING || state == DLQ_FAILED;
	}
}

static int choose(struct choosing *c, struct err *err)
{
	size_t n = 0, all = queue_count(c->q);
	uint32_t *wanted = c->entries;
	int rc = 0;

	if (c->is_named)
		rc = choose_hashes(c, &n, err);
	for (size_t i = 0; i < all && !c->is_named; i++)
		if (fits(c, queue_entry(c->q, i)))
			wanted[n++] = (uint32_t)i;
	if (rc)
		return rc;
	c->entries = ARENA_ARRAY(c->a, uint32_t, n + 1);
	take_all(c, wanted, n);
	count_others(c);
	c->out->entries = c->entries;
	c->out->units = c->units;
	return c->out->nentries ? 0 : nothing_to_do(c, err);
}

int replay_choose(const struct queue *q, const struct replay_want *want,
		  const struct ledger_list *known, struct arena *a, struct replay_pick *out,
		  struct err *err)
{
	size_t n = queue_count(q), most = n > want->nhashes ? n : want->nhashes;
	struct choosing c = {.q = q,
			     .want = want,
			     .a = a,
			     .out = out,
			     .entries = xcalloc(most + 1, sizeof(*c.entries)),
			     .unit_at = xcalloc(n + 1, sizeof(*c.unit_at)),
			     .is_doubtful = xcalloc(n + 1, sizeof(*c.is_doubtful)),
			     .is_named = want->nhashes > 0,
			     .why_not = "there is none"};
	uint32_t *wanted = c.entries;

	*out = (struct replay_pick){.oldest = ABSENT, .newest = ABSENT};
	c.units = ARENA_ARRAY(a, struct replay_unit, min_size(most, REPLAY_ENTRIES_MAX) + 1);
	stand_init(&c.stand, q, known);
	int rc = choose(&c, err);
	free(wanted);
	free(c.unit_at);
	stand_release(&c.stand);
	free(c.is_doubtful);
	return rc;
}

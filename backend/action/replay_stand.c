/* action/replay_stand.c - how entries stand: their own word, that of their unit, and that of the
 * line as which their failure came back. Pure but for replay_read_known(). */
#include "replay_stand.h"

#include <stdlib.h>
#include <string.h>

#include "../../include/row/dlq.h"

int replay_read_known(struct ledger *l, const char *job, const char *folder, struct arena *a,
		      struct ledger_list *out, struct err *err)
{
	struct ledger_list list;
	size_t n = strlen(folder);
	int rc = ledger_states(l, NULL, a, &list, err);

	if (rc)
		return rc;
	struct ledger_attempt *v = ARENA_ARRAY(a, struct ledger_attempt, list.n + 1);
	for (size_t i = 0; i < list.n; i++) {
		v[i] = list.v[i];
		if ((v[i].job && !strcmp(v[i].job, job)) ||
		    (v[i].file && !strncmp(v[i].file, folder, n) && v[i].file[n] == '/'))
			continue;
		v[i].unit = v[i].batch_id = NULL;
	}
	*out = (struct ledger_list){list.n, v};
	return 0;
}

const struct ledger_attempt *replay_known(const struct ledger_list *known, const char *key)
{
	size_t low = 0, high = known->n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(known->v[mid].key, key);
		if (!order)
			return &known->v[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

bool stand_has_come_back(const struct ledger_attempt *t)
{
	return t && t->state == DLQ_FAILED && t->outcome &&
	       !strncmp(t->outcome, REPLAY_CAME_BACK, sizeof(REPLAY_CAME_BACK) - 1);
}

/* Of two keys under which a unit was sent, what is in doubt counts, then the older one. */
static bool is_before(const struct ledger_attempt *t, const struct ledger_attempt *other)
{
	if (!other || (t->state == DLQ_DOUBT) != (other->state == DLQ_DOUBT))
		return !other || t->state == DLQ_DOUBT;
	return t->id < other->id;
}

/* Lines have no unit: what came back is found by batch. */
static void add_line(struct stand *s, const struct ledger_attempt *t)
{
	if (stand_has_come_back(t))
		s->returned[s->nreturned++] = t;
	if (t->number > 1)
		s->again[s->nagain++] = t;
}

void stand_init(struct stand *s, const struct queue *q, const struct ledger_list *known)
{
	size_t n = queue_count(q);

	*s = (struct stand){.q = q,
			    .known = known,
			    .units = xcalloc(n + 1, sizeof(*s->units)),
			    .returned = xcalloc(known->n + 1, sizeof(*s->returned)),
			    .again = xcalloc(known->n + 1, sizeof(*s->again))};
	for (size_t i = 0; i < known->n; i++) {
		const struct ledger_attempt *t = &known->v[i];
		if (!t->id || t->covered_by)
			continue;
		size_t first = t->unit ? queue_unit_first(q, t->unit) : n;
		if (first < n && is_before(t, s->units[first]))
			s->units[first] = t;
		if (!t->unit)
			add_line(s, t);
	}
}

void stand_release(struct stand *s)
{
	free(s->units);
	free(s->returned);
	free(s->again);
}

static const struct ledger_attempt *own_of(const struct stand *s, uint32_t i)
{
	char key[33];

	queue_hex(queue_entry(s->q, i)->hash, 16, key);
	return replay_known(s->known, key);
}

void stand_key(const struct stand *s, uint32_t first, char key[33])
{
	if (s->units[first])
		memcpy(key, s->units[first]->key, 33);
	else
		queue_hex(queue_entry(s->q, first)->hash, 16, key);
}

const struct ledger_attempt *stand_unit(const struct stand *s, uint32_t first)
{
	return s->units[first] ? s->units[first] : own_of(s, first);
}

static struct dlq_word word_of(const struct ledger_attempt *t)
{
	if (!t)
		return (struct dlq_word){0};
	return (struct dlq_word){t->id, t->covered_by, t->began_at, t->state, t->mark};
}

enum dlq_whose stand_whose(const struct ledger_attempt *own, const struct ledger_attempt *unit,
			   int64_t at)
{
	struct dlq_word mine = word_of(own), its = word_of(unit);

	return dlq_whose(own ? &mine : NULL, !unit ? NULL : own == unit ? &mine : &its, at);
}

static bool is_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

/* The newest attempt at the line as which it came back, and so on; itself where there is none. */
static const struct ledger_attempt *last_of(const struct stand *s, const struct ledger_attempt *t)
{
	const struct ledger_attempt *last = t;

	if (!stand_has_come_back(t) || t->unit || !t->batch_id)
		return t;
	for (size_t i = 0; i < s->nagain; i++) {
		const struct ledger_attempt *u = s->again[i];
		if (u->id > last->id && u->number > last->number && u->batch_id &&
		    is_text(u->batch_id, t->batch_id) && is_text(u->error_type, t->error_type))
			last = u;
	}
	return last;
}

int stand_state(const struct stand *s, uint32_t i, const struct ledger_attempt **own)
{
	const struct queue_entry *e = queue_entry(s->q, i);
	const struct ledger_attempt *unit = stand_unit(s, e->first);

	*own = own_of(s, i);
	if (unit && unit->id && is_absent(unit->ended_at))
		return DLQ_DOUBT;
	enum dlq_whose whose = stand_whose(*own, unit, queue_time(e));
	if (whose == WORD_OF_UNIT)
		return unit->state;
	if (whose == WORD_OF_NONE)
		return DLQ_PENDING;
	const struct ledger_attempt *last = last_of(s, *own);
	return last->state == DLQ_DONE || last->state == DLQ_GIVEN_UP ? last->state : (*own)->state;
}

int64_t stand_inherited(const struct stand *s, const struct queue_entry *e)
{
	int64_t most = 0;

	for (size_t i = 0; i < s->nreturned; i++) {
		const struct ledger_attempt *t = s->returned[i];
		if (queue_time(e) >= t->began_at &&
		    queue_is_same_failure(s->q, e, t->batch_id, t->error_type))
			most = max_i64(most, t->number);
	}
	return most;
}

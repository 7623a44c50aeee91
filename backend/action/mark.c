/* action/mark.c - a person's word about entries of a dead-letter queue: done, given up or pending.
 *
 * Entries are meant by the hash of their bytes, and with them all others of their units and what
 * was sent for those: a unit is one replay, and a word for half of it would be broken by the next
 * one. One that left its folder can still be named: the ledger knows it. Nothing outside the ledger
 * is touched. */
#include <stdlib.h>
#include <string.h>

#include "../store/ledger.h"
#include "act.h"
#include "replay_stand.h"

enum { KEY_SIZE = 33, MOST = 100000, SHOWN = 3, FACTS = 3 };

struct mark {
	struct arena arena;
	struct queue *queue; /* of no folder: empty */
	char *folder;        /* as the ledger knows it */
	size_t n;
	struct ledger_attempt *v; /* what was asked for: key, job, type */
	size_t *at;               /* their numbers in the queue, or its count */
	bool *is_named;           /* by number in the queue */
};

/* All that is marked. */
struct reach {
	size_t n;
	struct ledger_attempt *v;
	struct ledger_list known;
	const struct ledger_attempt *doubt; /* an attempt that it settles; NULL */
};

/* --- which --- */

static bool has_key(const struct mark *m, const char *key)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->v[i].key, key) == 0)
			return true;
	return false;
}

static struct ledger_attempt *add(struct act *a, struct mark *m, const char *key, size_t at)
{
	struct ledger_attempt *t = &m->v[m->n];

	m->at[m->n++] = at;
	*t = (struct ledger_attempt){.key = arena_strdup(&m->arena, key),
				     .job = arena_strdup(&m->arena, act_job_name(a))};
	return t;
}

static void key_of(const struct queue_entry *e, char key[KEY_SIZE])
{
	queue_hex(e->hash, (KEY_SIZE - 1) / 2, key);
}

static void add_entry(struct act *a, struct mark *m, size_t at)
{
	const struct queue_entry *e = queue_entry(m->queue, at);
	char key[KEY_SIZE];

	if (m->n == MOST || m->is_named[at])
		return;
	key_of(e, key);
	add(a, m, key, at)->error_type = queue_type(m->queue, e);
	m->is_named[at] = true;
}

/* By its hash, in the folder or, where it is not there any more, in the ledger. */
static int add_hash(struct act *a, struct mark *m, const char *hash, struct err *err)
{
	size_t at = 0, found = queue_prefix(m->queue, hash, &at);
	size_t len = min_size(strlen(hash), KEY_SIZE - 1);
	struct ledger_list known = {0};
	const char *key = NULL;

	if (found == 1) {
		add_entry(a, m, at);
		return 0;
	}
	if (found == 0 && act_ledger(a) != NULL &&
	    ledger_states(act_ledger(a), NULL, &m->arena, &known, err) != 0)
		return -ERR_REFUSED;
	for (size_t i = 0; i < known.n; i++) {
		if (strncmp(known.v[i].key, hash, len) != 0)
			continue;
		found++;
		key = known.v[i].key;
	}
	if (found > 1)
		return err_set(err, ERR_REFUSED,
			       "%zu entries have a hash that begins with %.64s; give more digits",
			       found, hash);
	if (found == 0)
		return err_set(
			err, ERR_REFUSED,
			"no entry of the folder and none of the ledger has a hash that begins "
			"with %.64s",
			hash);
	if (!has_key(m, key))
		add(a, m, key, queue_count(m->queue));
	return 0;
}

static int add_all(struct act *a, struct mark *m, struct err *err)
{
	const struct action_request *r = act_request(a);
	size_t n = queue_count(m->queue), most = r->nhashes > n ? r->nhashes : n;
	int rc = 0;

	m->v = ARENA_ARRAY(&m->arena, struct ledger_attempt, most + 1);
	m->at = ARENA_ARRAY(&m->arena, size_t, most + 1);
	m->is_named = ARENA_ARRAY(&m->arena, bool, n + 1);
	for (size_t i = 0; i < r->nhashes && rc == 0; i++)
		rc = add_hash(a, m, r->hashes[i], err);
	for (size_t i = 0; i < n && r->nhashes == 0; i++) {
		const struct queue_entry *e = queue_entry(m->queue, i);
		if ((r->group != 0 && e->group == r->group) ||
		    (r->error_type != NULL && strcmp(queue_type(m->queue, e), r->error_type) == 0))
			add_entry(a, m, i);
	}
	if (rc == 0 && m->n == 0)
		rc = err_set(err, ERR_REFUSED, "no entry of %s is meant: there is nothing to mark",
			     act_job_name(a));
	return rc;
}

static bool is_over(void *data)
{
	return act_is_cancelled(data);
}

static int read_folder(struct act *a, struct mark *m, struct err *err)
{
	const struct config_job *job = act_job(a);
	const struct action_request *r = act_request(a);
	char *real = job->dlq == NULL ? NULL : realpath(job->dlq, NULL);
	struct queue_look look = {.folder = job->dlq == NULL ? "" : job->dlq,
				  .job = text_str(job->name),
				  .unit = job->replay.unit,
				  .zone_ms = ABSENT,
				  .now = act_look(a)->at,
				  .max_age_ms = job->replay.max_age_ms};
	struct queue_wish wish = {.all = r->nhashes > 0,
				  .group = r->group,
				  .error_type = r->error_type,
				  .since_ms = ABSENT,
				  .until_ms = ABSENT};

	/* where there is none, no file of the ledger lies in it */
	m->folder = real != NULL ? real : xstrdup(job->dlq == NULL ? "none" : job->dlq);
	m->queue = queue_new(&look, &wish);
	return job->dlq == NULL ? 0 : queue_read(m->queue, is_over, a, err);
}

static int capture(struct act *a, struct err *err)
{
	struct mark *m = act_state(a);
	const struct action_request *r = act_request(a);
	int rc;

	arena_init(&m->arena);
	if (act_job_name(a) == NULL || act_job(a) == NULL)
		return err_set(err, ERR_REFUSED, "there is no job %s",
			       act_job_name(a) == NULL ? "named: --job NAME" : act_job_name(a));
	if (r->nhashes == 0 && r->group == 0 && r->error_type == NULL)
		return err_set(
			err, ERR_REFUSED,
			"say which: --hash, --type or --group (in the console: M on an entry, "
			"a group, or marked ones)");
	rc = read_folder(a, m, err);
	rc = rc != 0 ? rc : add_all(a, m, err);
	return rc == 0 ? 0 : -ERR_REFUSED;
}

static void release(struct act *a)
{
	struct mark *m = act_state(a);

	queue_free(m->queue);
	free(m->folder);
	arena_release(&m->arena);
}

/* --- what --- */

/* An option of the command line, or the field of the question. */
static const char *given(const struct action_request *r, const char *option, const char *name)
{
	const char *value = request_value(r, name);

	return option != NULL ? option : value != NULL && *value != '\0' ? value : NULL;
}

/* DLQ_DONE unless said otherwise; -1: it is none of the three, and err says so. */
static int state_of(const struct action_request *r, struct err *err)
{
	static const int states[] = {DLQ_DONE, DLQ_GIVEN_UP, DLQ_PENDING};
	const char *as = given(r, r->as, "as");

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (as == NULL || strcmp(as, dlq_state_names[states[i]]) == 0)
			return states[i];
	if (strcmp(as, "given up") == 0)
		return DLQ_GIVEN_UP;
	(void)!err_set(err, ERR_REFUSED,
		       "\"%.100s\" is no mark; it would be done, given-up or pending", as);
	return -1;
}

/* While the question is open, where it can still be put right. */
static int accepts(const struct action_request *r, struct err *err)
{
	return state_of(r, err) < 0 ? -ERR_REFUSED : 0;
}

/* --- with what else --- */

static void add_key(struct act *a, struct reach *r, const char *key, struct arena *arena)
{
	r->v[r->n++] = (struct ledger_attempt){.key = arena_strdup(arena, key),
					       .job = arena_strdup(arena, act_job_name(a))};
}

/* Its failure came back as a line that is named. */
static bool is_back_as_named(const struct mark *m, const struct reach *r, size_t i)
{
	const struct queue_entry *e = queue_entry(m->queue, i), *later;
	char key[KEY_SIZE];

	key_of(e, key);
	if (queue_has_units(m->queue) || !queue_has_unit(e) ||
	    !stand_has_come_back(replay_known(&r->known, key)))
		return false;
	for (size_t k = i + 1; k < queue_count(m->queue); k++) {
		later = queue_entry(m->queue, k);
		if (m->is_named[k] && later->type == e->type &&
		    memcmp(later->unit, e->unit, QUEUE_UNIT) == 0)
			return true;
	}
	return false;
}

/* is_meant: by number of the first entry, units that are marked. */
static void add_entries(struct act *a, const struct mark *m, int state, const bool *is_meant,
			struct reach *r, struct arena *arena)
{
	char key[KEY_SIZE];

	for (size_t i = 0; i < queue_count(m->queue); i++) {
		const struct queue_entry *e = queue_entry(m->queue, i);
		/* to send the old line beside the new one is not asked for */
		if (m->is_named[i] ||
		    (!is_meant[e->first] && (state == DLQ_PENDING || !is_back_as_named(m, r, i))))
			continue;
		key_of(e, key);
		add_key(a, r, key, arena);
	}
}

/* Of an entry that left the folder the ledger knows the unit. */
static bool is_of_unit(const struct mark *m, const struct reach *r, const char *unit)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct ledger_attempt *t;
		if (m->at[i] < queue_count(m->queue))
			continue;
		t = replay_known(&r->known, m->v[i].key);
		if (t != NULL && t->unit != NULL && strcmp(t->unit, unit) == 0)
			return true;
	}
	return false;
}

/* What was sent for the units, also where that entry left the folder. */
static void add_sent(struct act *a, const struct mark *m, const bool *is_meant, struct reach *r,
		     struct arena *arena)
{
	size_t n = queue_count(m->queue);

	for (size_t i = 0; i < r->known.n; i++) {
		const struct ledger_attempt *t = &r->known.v[i];
		size_t first = t->unit == NULL ? n : queue_unit_first(m->queue, t->unit);
		if (t->id != 0 && t->unit != NULL && t->covered_by == 0 &&
		    ((first < n && is_meant[first]) || is_of_unit(m, r, t->unit)))
			add_key(a, r, t->key, arena);
	}
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct ledger_attempt *)a)->key,
		      ((const struct ledger_attempt *)b)->key);
}

/* Each once. */
static void sort_reach(struct reach *r)
{
	size_t n = 0;

	if (r->n > 0)
		qsort(r->v, r->n, sizeof(*r->v), by_key);
	for (size_t i = 0; i < r->n; i++) {
		const struct ledger_attempt *t = replay_known(&r->known, r->v[i].key);
		if (n > 0 && strcmp(r->v[n - 1].key, r->v[i].key) == 0)
			continue;
		r->v[n++] = r->v[i];
		if (t != NULL && t->state == DLQ_DOUBT && r->doubt == NULL)
			r->doubt = t;
	}
	r->n = n;
}

static int reach_of(struct act *a, const struct mark *m, int state, struct arena *arena,
		    struct reach *r, struct err *err)
{
	size_t n = queue_count(m->queue);
	bool *is_meant = ARENA_ARRAY(arena, bool, n + 1);

	*r = (struct reach){0};
	if (act_ledger(a) != NULL && replay_read_known(act_ledger(a), act_job_name(a), m->folder,
						       arena, &r->known, err) != 0)
		return -ERR_REFUSED;
	r->v = ARENA_ARRAY(arena, struct ledger_attempt, m->n + n + r->known.n + 1);
	memcpy(r->v, m->v, m->n * sizeof(*m->v));
	r->n = m->n;
	for (size_t i = 0; i < n; i++)
		is_meant[queue_entry(m->queue, i)->first] |= m->is_named[i];
	add_entries(a, m, state, is_meant, r, arena);
	add_sent(a, m, is_meant, r, arena);
	sort_reach(r);
	return 0;
}

/* --- the question --- */

static const struct text *tell_states(const struct mark *m, const struct reach *r,
				      struct arena *arena)
{
	int64_t counts[DLQ_OLD + 1] = {0};
	const char *says = "";
	struct stand s;

	stand_init(&s, m->queue, &r->known);
	for (size_t i = 0; i < m->n; i++) {
		const struct ledger_attempt *t = replay_known(&r->known, m->v[i].key);
		bool is_here = m->at[i] < queue_count(m->queue);
		counts[is_here     ? stand_state(&s, (uint32_t)m->at[i], &t)
		       : t == NULL ? DLQ_PENDING
				   : t->state]++;
	}
	stand_release(&s);
	for (int i = 0; dlq_state_names[i] != NULL; i++)
		if (counts[i] > 0)
			says = arena_printf(arena, "%s%s%lld %s", says, *says == '\0' ? "" : ", ",
					    (long long)counts[i], dlq_state_names[i]);
	return text_format(arena, "%zu %s: %s", m->n, m->n == 1 ? "entry" : "entries", says);
}

static struct texts tell_facts(const struct mark *m, const struct reach *r, struct arena *arena)
{
	const struct text **v = ARENA_ARRAY(arena, const struct text *, FACTS);
	const struct ledger_attempt *t = r->doubt;
	size_t n = 0, more = r->n - m->n;

	v[n++] = tell_states(m, r, arena);
	if (more > 0)
		v[n++] = text_format(arena, "marked as well: %zu more %s", more,
				     queue_has_units(m->queue)
					     ? "of the same unit, which is one replay"
					     : "that was sent for it or came back as it");
	if (t != NULL)
		v[n++] = text_format(arena, "settles attempt %lld%s, which is in doubt: %s",
				     (long long)t->number, t->unit != NULL ? " of the unit" : "",
				     t->outcome == NULL ? "?" : t->outcome);
	return (struct texts){n, v};
}

static void plan_asks(struct act *a, struct plan_row *p, struct arena *arena)
{
	const struct action_request *r = act_request(a);
	struct plan_ask *asks = ARENA_ARRAY(arena, struct plan_ask, 2);

	if (r->as == NULL)
		asks[p->nasks++] = (struct plan_ask){TEXT("as"), TEXT("done, given-up or pending"),
						     TEXT("done"), NULL};
	if (r->reason == NULL)
		asks[p->nasks++] = (struct plan_ask){TEXT("reason"), TEXT("why"), NULL, NULL};
	p->asks = asks;
}

static const struct text *tell_step(int state)
{
	return state == DLQ_DONE ? TEXT("written in the ledger as done: not sent any more")
	       : state == DLQ_GIVEN_UP
		       ? TEXT("written in the ledger as given up: not sent any more")
		       : TEXT("written in the ledger as pending: the next replay sends it");
}

static void plan(struct act *a, struct plan_row *p, struct arena *arena)
{
	struct mark *m = act_state(a);
	const struct text **lines = ARENA_ARRAY(arena, const struct text *, SHOWN + 2);
	struct reach reach;
	struct err err = {0};
	int state = state_of(act_request(a), &err);
	size_t n = 0;

	lines[n++] = text_format(arena, "%zu %s of %s", m->n, m->n == 1 ? "entry" : "entries",
				 act_job_name(a));
	for (size_t i = 0; i < m->n && i < SHOWN; i++)
		lines[n++] = text_format(arena, "%s %s", m->v[i].key,
					 m->v[i].error_type == NULL ? "" : m->v[i].error_type);
	p->target = (struct texts){n, lines};
	if (reach_of(a, m, state, arena, &reach, &err) == 0)
		p->facts = tell_facts(m, &reach, arena);
	plan_asks(a, p, arena);
	if (m->n > 1)
		p->to_type = text_format(arena, "%zu", m->n);
	if (err.code != ERR_NONE) {
		p->refused = text_clean(arena, err.message, strlen(err.message));
		return;
	}
	lines[n] = tell_step(state);
	p->steps = (struct texts){1, &lines[n]};
}

/* --- the mark --- */

static enum action_state run(struct act *a)
{
	struct mark *m = act_state(a);
	const char *reason = given(act_request(a), act_request(a)->reason, "reason");
	struct reach r = {0};
	struct err err = {0};
	int state = state_of(act_request(a), &err);
	int rc = reach_of(a, m, state, &m->arena, &r, &err);

	for (size_t i = 0; i < r.n; i++)
		r.v[i].intent = (int64_t)act_number(a);
	if (rc != 0 || ledger_mark_all(act_ledger(a), r.v, r.n, state, reason, &err) != 0) {
		act_outcome(a, "nothing was marked: %s", err.message);
		return ACTION_STATE_FAILED;
	}
	act_outcome(a, "%zu %s%s marked %s: %s", m->n, m->n == 1 ? "entry" : "entries",
		    r.n == m->n ? ""
				: arena_printf(&m->arena, " and %zu more of the same replay",
					       r.n - m->n),
		    dlq_state_names[state], reason == NULL ? "" : reason);
	return ACTION_STATE_DONE;
}

const struct action_ops action_mark = {.state_size = sizeof(struct mark),
				       .capture = capture,
				       .plan = plan,
				       .accepts = accepts,
				       .run = run,
				       .release = release,
				       .needs_proof = true};

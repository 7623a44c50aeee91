/* action/mark.c - a person's word about entries of a dead-letter queue: done, given up or pending.
 *
 * Entries are meant by the hash of their bytes, and what is doubtful is settled for the unit that
 * they belong to as well, since that is what was sent. One that left its folder can still be named:
 * the ledger knows it. Nothing outside the ledger is touched. */
#include <stdlib.h>
#include <string.h>

#include "../store/ledger.h"
#include "act.h"
#include "replay_queue.h"

enum { KEY_SIZE = 33, MOST = 100000, SHOWN = 3 };

struct mark {
	struct arena arena;
	struct queue *queue; /* NULL: no folder */
	size_t n;
	struct ledger_attempt *v; /* what is marked: key, hash, job */
	size_t nnamed;            /* of these, what was asked for; the rest are their units */
};

/* --- which --------------------------------------------------------------------------------- */

static bool has_key(const struct mark *m, const char *key)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->v[i].key, key) == 0)
			return true;
	return false;
}

static struct ledger_attempt *add(struct act *a, struct mark *m, const char *key)
{
	struct ledger_attempt *t = &m->v[m->n++];

	*t = (struct ledger_attempt){.key = arena_strdup(&m->arena, key),
				     .job = arena_strdup(&m->arena, act_job_name(a))};
	return t;
}

static void add_entry(struct act *a, struct mark *m, const struct queue_entry *e, bool once)
{
	char key[KEY_SIZE];

	queue_hex(e->hash, (KEY_SIZE - 1) / 2, key);
	if (m->n < MOST && !(once && has_key(m, key)))
		add(a, m, key)->error_type = queue_type(m->queue, e);
}

/* By its hash, in the folder or, where it is not there any more, in the ledger. */
static int add_hash(struct act *a, struct mark *m, const char *hash, struct err *err)
{
	size_t at = 0, found = m->queue == NULL ? 0 : queue_prefix(m->queue, hash, &at);
	size_t len = min_size(strlen(hash), KEY_SIZE - 1);
	struct ledger_list known = {0};
	const char *key = NULL;

	if (found == 1) {
		add_entry(a, m, queue_entry(m->queue, at), true);
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
		add(a, m, key);
	return 0;
}

static int add_all(struct act *a, struct mark *m, struct err *err)
{
	const struct action_request *r = act_request(a);
	size_t most = r->nhashes;
	int rc = 0;

	if (m->queue != NULL && queue_count(m->queue) > most)
		most = queue_count(m->queue);
	/* and their units */
	m->v = ARENA_ARRAY(&m->arena, struct ledger_attempt, 2 * min_size(most, MOST) + 1);
	for (size_t i = 0; i < r->nhashes && rc == 0; i++)
		rc = add_hash(a, m, r->hashes[i], err);
	for (size_t i = 0; m->queue != NULL && r->nhashes == 0 && i < queue_count(m->queue); i++) {
		const struct queue_entry *e = queue_entry(m->queue, i);
		if ((r->group != 0 && e->group == r->group) ||
		    (r->error_type != NULL && strcmp(queue_type(m->queue, e), r->error_type) == 0))
			add_entry(a, m, e, false);
	}
	if (rc == 0 && m->n == 0)
		rc = err_set(err, ERR_REFUSED, "no entry of %s is meant: there is nothing to mark",
			     act_job_name(a));
	m->nnamed = m->n;
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
	struct queue_look look = {.folder = job->dlq,
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

	if (job->dlq == NULL)
		return 0;
	m->queue = queue_new(&look, &wish);
	return queue_read(m->queue, is_over, a, err);
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
	arena_release(&m->arena);
}

/* --- what ---------------------------------------------------------------------------------- */

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

static const struct ledger_attempt *find(const struct ledger_list *known, const char *key)
{
	size_t low = 0, high = known->n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(known->v[mid].key, key);
		if (order == 0)
			return &known->v[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static const struct text *tell_states(const struct mark *m, const struct ledger_list *known,
				      struct arena *arena)
{
	int64_t counts[DLQ_OLD + 1] = {0};
	const char *says = "";

	for (size_t i = 0; i < m->nnamed; i++) {
		const struct ledger_attempt *t = find(known, m->v[i].key);
		counts[t == NULL ? DLQ_PENDING : t->state]++;
	}
	for (int i = 0; dlq_state_names[i] != NULL; i++)
		if (counts[i] > 0)
			says = arena_printf(arena, "%s%s%lld %s", says, *says == '\0' ? "" : ", ",
					    (long long)counts[i], dlq_state_names[i]);
	return text_format(arena, "%zu %s: %s", m->nnamed, m->nnamed == 1 ? "entry" : "entries",
			   says);
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
	const struct text **lines = ARENA_ARRAY(arena, const struct text *, SHOWN + 3);
	struct ledger_list known = {0};
	struct err err = {0};
	int state = state_of(act_request(a), &err);
	size_t n = 0;

	if (act_ledger(a) != NULL)
		(void)!ledger_states(act_ledger(a), NULL, arena, &known, NULL);
	lines[n++] = text_format(arena, "%zu %s of %s", m->nnamed,
				 m->nnamed == 1 ? "entry" : "entries", act_job_name(a));
	for (size_t i = 0; i < m->nnamed && i < SHOWN; i++)
		lines[n++] = text_format(arena, "%s %s", m->v[i].key,
					 m->v[i].error_type == NULL ? "" : m->v[i].error_type);
	p->target = (struct texts){n, lines};
	lines[n] = tell_states(m, &known, arena);
	p->facts = (struct texts){1, &lines[n++]};
	plan_asks(a, p, arena);
	if (m->nnamed > 1)
		p->to_type = text_format(arena, "%zu", m->nnamed);
	if (state < 0) {
		p->refused = text_clean(arena, err.message, strlen(err.message));
		return;
	}
	lines[n] = tell_step(state);
	p->steps = (struct texts){1, &lines[n]};
}

/* --- the mark ------------------------------------------------------------------------------ */

/* What was sent for a unit has the key of its first entry: its doubt is settled, too. */
static void add_units(struct act *a, struct mark *m)
{
	struct ledger_list known;

	m->n = m->nnamed;
	if (m->queue == NULL || !queue_has_units(m->queue) ||
	    ledger_states(act_ledger(a), NULL, &m->arena, &known, NULL) != 0)
		return;
	for (size_t i = 0; i < known.n; i++) {
		const struct ledger_attempt *t = &known.v[i];
		size_t first;
		if (t->state != DLQ_DOUBT || t->unit == NULL || has_key(m, t->key))
			continue;
		first = queue_unit_first(m->queue, t->unit);
		for (size_t k = 0; k < m->nnamed && first < queue_count(m->queue); k++) {
			size_t at;
			if (queue_prefix(m->queue, m->v[k].key, &at) != 1 ||
			    queue_entry(m->queue, at)->first != first)
				continue;
			add(a, m, t->key);
			break;
		}
	}
}

static enum action_state run(struct act *a)
{
	struct mark *m = act_state(a);
	const char *reason = given(act_request(a), act_request(a)->reason, "reason");
	struct err err = {0};
	int state = state_of(act_request(a), &err);

	add_units(a, m);
	for (size_t i = 0; i < m->n; i++)
		m->v[i].intent = (int64_t)act_number(a);
	if (ledger_mark_all(act_ledger(a), m->v, m->n, state, reason, &err) != 0) {
		act_outcome(a, "nothing was marked: %s", err.message);
		return ACTION_STATE_FAILED;
	}
	act_outcome(a, "%zu %s marked %s: %s", m->nnamed, m->nnamed == 1 ? "entry" : "entries",
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

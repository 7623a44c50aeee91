/* store/ledger_view.c - see include/ledger_view.h. */
#include "ledger_view.h"

#include <stdlib.h>
#include <string.h>

#include "../../include/text.h"

enum { KEY_LEN = 32 };

static const char *clean(struct arena *a, const char *s)
{
	return s == NULL ? NULL : text_str(text_clean(a, s, strlen(s)));
}

static void take_states(struct ledger_view *v, const struct ledger_list *list)
{
	struct ledger_view_state *states =
		ARENA_ARRAY(&v->arena, struct ledger_view_state, list->n + 1);

	for (size_t i = 0; i < list->n; i++) {
		const struct ledger_attempt *t = &list->v[i];
		states[i] = (struct ledger_view_state){
			.key = arena_strdup(&v->arena, t->key),
			.state = t->state,
			.attempts = t->number,
			.at = is_absent(t->ended_at) ? t->began_at : t->ended_at,
			.id = t->id,
			.covered_by = t->covered_by,
			.mark = t->mark,
			.proof = clean(&v->arena, t->proof),
			.outcome = clean(&v->arena, t->outcome),
			.job = clean(&v->arena, t->job),
			.unit = clean(&v->arena, t->unit),
			.error_type = clean(&v->arena, t->error_type),
			.batch_id = clean(&v->arena, t->batch_id),
			.file = t->file ? arena_strdup(&v->arena, t->file) : NULL,
			.began_at = t->id > 0 ? t->began_at : ABSENT,
			.is_open = t->id > 0 && is_absent(t->ended_at),
		};
	}
	v->states = states;
	v->nstates = list->n;
}

static void take_holds(struct ledger_view *v, const struct ledger_holds *list)
{
	struct ledger_view_hold *holds =
		ARENA_ARRAY(&v->arena, struct ledger_view_hold, list->n + 1);

	for (size_t i = 0; i < list->n; i++)
		holds[i] = (struct ledger_view_hold){.job = arena_strdup(&v->arena, list->v[i].job),
						     .says = clean(&v->arena, list->v[i].says),
						     .until = list->v[i].until};
	v->holds = holds;
	v->nholds = list->n;
}

const struct ledger_view *ledger_view_make(struct ledger *l, struct err *err)
{
	struct ledger_view *v = xcalloc(1, sizeof(*v));
	struct ledger_list states;
	struct ledger_holds holds;
	struct arena a;
	int rc;

	v->refs = 1;
	arena_init(&v->arena);
	arena_init(&a);
	rc = ledger_states(l, NULL, &a, &states, err);
	rc = rc != 0 ? rc : ledger_holds(l, &a, &holds, err);
	if (rc == 0) {
		take_states(v, &states);
		take_holds(v, &holds);
	} else {
		ledger_view_unref(v);
		v = NULL;
	}
	arena_release(&a);
	return v;
}

const struct ledger_view *ledger_view_ref(const struct ledger_view *v)
{
	if (v != NULL)
		__atomic_add_fetch((int *)(uintptr_t)&v->refs, 1, __ATOMIC_RELAXED);
	return v;
}

void ledger_view_unref(const struct ledger_view *v)
{
	struct ledger_view *mine = (struct ledger_view *)(uintptr_t)v;

	if (v == NULL || __atomic_sub_fetch(&mine->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	arena_release(&mine->arena);
	free(mine);
}

const struct ledger_view_hold *ledger_view_held(const struct ledger_view *v, const char *job,
						int64_t now)
{
	for (size_t i = 0; v != NULL && i < v->nholds; i++)
		if (strcmp(v->holds[i].job, job) == 0 &&
		    (is_absent(v->holds[i].until) || v->holds[i].until > now))
			return &v->holds[i];
	return NULL;
}

static int by_key(const void *key, const void *state)
{
	return strncmp(key, ((const struct ledger_view_state *)state)->key, KEY_LEN);
}

const struct ledger_view_state *ledger_view_find(const struct ledger_view *v, const char *key)
{
	return v == NULL || v->nstates == 0
		       ? NULL
		       : bsearch(key, v->states, v->nstates, sizeof(*v->states), by_key);
}

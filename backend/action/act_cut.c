/* action/act_cut.c - sequences whose sparkops was ended in the middle: found in the audit, told in
 * a sentence, and handed to who goes on with them.
 *
 * A sequence that goes on is an intent of its own that names the one before it; its steps are those
 * of the whole row of them. */
#include <stdio.h>
#include <string.h>

#include "act_parts.h"

enum { CHAIN_MAX = 20 };

struct steps {
	size_t n;
	const char *names[STEPS_MAX], *says[STEPS_MAX];
	int64_t at;
};

static void add_steps(struct steps *s, const struct audit_list *rows)
{
	for (size_t i = 0; i < rows->n && s->n < STEPS_MAX; i++) {
		const struct audit_entry *e = &rows->v[i];
		if (strcmp(e->kind, "step") != 0)
			continue;
		s->names[s->n] = e->state;
		s->says[s->n++] = e->says;
		s->at = e->at;
	}
}

/* The oldest of the row first. */
static void walk(struct ledger *l, const struct audit_entry *e, struct steps *s,
		 struct arena *arena, int depth)
{
	struct audit_list rows, before;

	if (e->continues > 0 && depth < CHAIN_MAX &&
	    audit_of(l, e->continues, arena, &before, NULL) == 0 && before.n > 0)
		walk(l, &before.v[0], s, arena, depth + 1);
	s->at = max_i64(s->at, e->at);
	if (audit_of(l, e->seq, arena, &rows, NULL) == 0)
		add_steps(s, &rows);
}

static const struct act_cut *cut_of(struct ledger *l, const struct audit_entry *e,
				    struct arena *arena)
{
	struct act_cut *cut = ARENA_NEW(arena, struct act_cut);
	struct steps *s = ARENA_NEW(arena, struct steps);

	walk(l, e, s, arena, 0);
	*cut = (struct act_cut){.number = e->seq,
				.detail = e->detail,
				.nsteps = s->n,
				.names = s->names,
				.says = s->says,
				.at = s->at};
	return cut;
}

static bool is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Of the same kind and job; without a job of the same target. */
static bool is_of(const struct act *a, const struct audit_entry *e)
{
	return is_same(e->action, action_words[a->request.action]) && is_same(e->job, a->job) &&
	       (a->job != NULL || is_same(e->target, a->target)) && audit_is_gone(e);
}

const struct act_cut *cut_find(struct act *a)
{
	struct audit_list open;

	if (a->has_cut_looked || a->ledger == NULL)
		return a->cut;
	a->has_cut_looked = true;
	if (audit_open_intents(a->ledger, &a->arena, &open, NULL) != 0)
		return NULL;
	for (size_t i = open.n; i > 0 && a->cut == NULL; i--)
		if (is_of(a, &open.v[i - 1]))
			a->cut = cut_of(a->ledger, &open.v[i - 1], &a->arena);
	return a->cut;
}

const struct act_cut *act_cut(struct act *a)
{
	return cut_find(a);
}

static const struct action_ops *ops_of(const char *word)
{
	for (size_t i = 0; i < ACTION_COUNT; i++)
		if (is_same(word, action_words[i]))
			return action_registry[i];
	return NULL;
}

const char *cut_says(struct ledger *l, const struct audit_entry *e, struct arena *arena)
{
	const struct act_cut *cut = cut_of(l, e, arena);
	const struct action_ops *ops = ops_of(e->action);
	const char *last = cut->nsteps > 0 ? cut->names[cut->nsteps - 1] : NULL;
	const char *next = ops != NULL && ops->cut_says != NULL ? ops->cut_says(cut, arena) : NULL;

	return arena_printf(arena, "%s%s%s%s",
			    last == NULL ? "its sparkops ended before the first step was noted"
					 : "stopped after ",
			    last == NULL ? "" : last, next == NULL ? "" : "; ",
			    next == NULL ? "" : next);
}

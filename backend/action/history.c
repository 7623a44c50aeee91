/* action/history.c - the audit as rows of the `actions` view: what was done by whom, in this run
 * and earlier ones, here and by others who share the ledger. */
#include <stdio.h>
#include <string.h>

#include "act_parts.h"

enum { ROWS_MAX = 200, NOTICE_MS = 24 * 3600000 };

struct rows {
	struct ledger *ledger;
	struct dataset *d;
	struct action_row *v;
	size_t n;
};

static const struct text *clean(struct arena *a, const char *s)
{
	return s == NULL ? NULL : text_clean(a, s, strlen(s));
}

static int find(const char *word, const char *const *words)
{
	for (int i = 0; word != NULL && words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

static void begin_row(struct rows *r, const struct audit_entry *e)
{
	struct arena *a = &r->d->arena;
	struct action_row *row = &r->v[r->n++];

	field_clear_row(&schema_action, row);
	row->number = e->seq;
	row->plan = ABSENT;
	row->action = find(e->action, action_words);
	row->word = clean(a, e->action);
	row->job = clean(a, e->job);
	row->target = clean(a, e->target);
	row->who = clean(a, e->user);
	row->host = clean(a, e->host);
	row->began_at = e->at;
	row->state = ACTION_STATE_DONE;
	if (strcmp(e->kind, "reveal") == 0) {
		row->ended_at = e->at;
		row->outcome = clean(a, e->says);
	}
}

static void add_step(struct rows *r, struct action_row *row, const struct audit_entry *e)
{
	struct arena *a = &r->d->arena;
	const struct text **v = ARENA_ARRAY(a, const struct text *, row->steps.n + 1);
	char at[16];

	if (row->steps.n > 0)
		memcpy(v, row->steps.v, row->steps.n * sizeof(*v));
	v[row->steps.n] = text_format(a, "%s %s", act_clock(e->at, at),
				      e->says == NULL ? "" : text_str(clean(a, e->says)));
	row->steps = (struct texts){row->steps.n + 1, v};
	row->step = clean(a, e->says);
}

static void end_row(struct rows *r, struct action_row *row, const struct audit_entry *e)
{
	struct arena *a = &r->d->arena;
	int state = find(e->state, action_state_names);

	row->state = state < 0 ? ACTION_STATE_IN_DOUBT : state;
	row->ended_at = e->at;
	row->outcome = clean(a, e->says);
	row->proof = clean(a, e->proof);
	row->step = NULL;
}

/* Nobody wrote its outcome: somebody is at it, or was. */
static void open_row(struct rows *r, struct action_row *row, const struct audit_entry *e)
{
	if (!audit_is_gone(e)) {
		row->state = ACTION_STATE_RUNS;
		return;
	}
	row->state = ACTION_STATE_CUT;
	row->step = NULL;
	row->outcome = clean(&r->d->arena, cut_says(r->ledger, e, &r->d->arena));
}

static void make_rows(struct rows *r, const struct audit_list *list)
{
	const struct audit_entry *intent = NULL;
	bool is_open = false;

	r->v = ARENA_ARRAY(&r->d->arena, struct action_row, list->n + 1);
	for (size_t i = 0; i < list->n; i++) {
		const struct audit_entry *e = &list->v[i];
		bool begins = e->intent == 0;
		if (begins && is_open)
			open_row(r, &r->v[r->n - 1], intent);
		if (begins) {
			begin_row(r, e);
			intent = e;
			is_open = strcmp(e->kind, "intent") == 0;
		} else if (r->n > 0 && strcmp(e->kind, "step") == 0) {
			add_step(r, &r->v[r->n - 1], e);
		} else if (r->n > 0 && strcmp(e->kind, "outcome") == 0) {
			end_row(r, &r->v[r->n - 1], e);
			is_open = false;
		}
	}
	if (is_open)
		open_row(r, &r->v[r->n - 1], intent);
}

const struct dataset *history_rows(struct ledger *l, struct err *err)
{
	struct rows r = {.ledger = l, .d = dataset_new()};
	struct audit_list list;
	struct arena a;

	arena_init(&a);
	if (audit_actions(l, &a, ROWS_MAX, &list, err) == 0) {
		make_rows(&r, &list);
		dataset_add(r.d, &schema_action, r.v, r.n);
	} else {
		dataset_unref(r.d);
		r.d = NULL;
	}
	arena_release(&a);
	return r.d;
}

/* A key acts on the job under the cursor: that row is named. */
const struct text *history_notice(const struct action_row *r, struct arena *a)
{
	const char *says = r->outcome != NULL ? text_str(r->outcome) : "";
	const char *key = r->job != NULL ? strstr(says, "; ") : NULL;

	if (key == NULL)
		return text_format(a, "%s of %s %s", text_str(r->word),
				   r->job != NULL      ? text_str(r->job)
				   : r->target != NULL ? text_str(r->target)
						       : "?",
				   says);
	return text_format(a, "%s of %s %.*s; on %s's row %s", text_str(r->word), text_str(r->job),
			   (int)(key - says), says, text_str(r->job), key + 2);
}

/* The newest sequence that was cut off lately and that nothing of its job came after. */
const struct action_row *history_cut(const struct dataset *rows, int64_t now)
{
	const struct rowset *set = dataset_rows(rows, &schema_action);

	for (size_t i = 0; i < set->n; i++) {
		const struct action_row *r = set->rows[i];
		bool is_answered = false;
		if (r->state != ACTION_STATE_CUT || !is_absent(r->ended_at) ||
		    now - r->began_at > NOTICE_MS)
			continue;
		for (size_t k = 0; k < i && !is_answered; k++) {
			const struct action_row *later = set->rows[k];
			is_answered = later->job != NULL && r->job != NULL &&
				      text_cmp(later->job, r->job) == 0 &&
				      later->state == ACTION_STATE_DONE;
		}
		if (!is_answered)
			return r;
	}
	return NULL;
}

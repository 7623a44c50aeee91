/* action/act_plan.c - the plan of an act, and the one place that says who may do what: read-only,
 * `actions:`, holds, a ledger that cannot be written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "act_parts.h"

enum { PLAN_TEXT_CAP = 16 << 20 };

static const char *const titles[] = {
#define X(id, symbol, word, key, permission, title) [ACTION_##id] = title,
	ACTION_LIST(X)
#undef X
};
static const unsigned permissions[] = {
#define X(id, symbol, word, key, permission, title) [ACTION_##id] = permission,
	ACTION_LIST(X)
#undef X
};

/* --- who may --- */

/* `actions:` of a job is what its file allows, within what the whole configuration allows. */
static const struct text *check_permission(struct act *a, const char *job, struct arena *arena)
{
	unsigned want = permissions[a->request.action];
	const struct config_job *j = config_job(a->cfg, job);
	/* kill-spark is the permission to kill */
	const char *word = want == ACT_KILL ? "kill" : action_words[a->request.action];

	if ((a->cfg->actions & want) != want)
		return text_format(arena,
				   "%s is not among the actions: of the configuration; it may be "
				   "done to no job",
				   word);
	if (j != NULL && (j->actions & want) != want)
		return text_format(arena, "%s is not among the actions: of %s in the configuration",
				   word, job);
	return NULL;
}

static const struct text *check_hold(struct act *a, const char *job, struct arena *arena)
{
	const char *held = NULL;

	if (job != NULL && a->ledger != NULL && !a->ops->is_bookkeeping)
		held = ledger_held(a->ledger, job, arena);
	return held == NULL
		       ? NULL
		       : text_format(arena, "%s is held %s; H, or sparkops hold --off, ends it",
				     job, held);
}

static const struct text *check_place(struct act *a, struct arena *arena)
{
	if (a->acts->is_read_only || a->cfg->read_only)
		return TEXT("read-only: nothing is done from here");
	if (a->ledger != NULL && a->unwritable.code != ERR_NONE)
		return text_format(arena, "nothing is done that cannot be written down first: %s",
				   a->unwritable.message);
	if (a->ledger == NULL)
		return text_format(arena, "nothing is done that cannot be written down first: %s",
				   a->ledger_err.message);
	return NULL;
}

static const struct text *refused(struct act *a, struct arena *arena)
{
	const char *const jobs[] = {a->job, a->other_job};
	const struct text *why = check_place(a, arena);

	for (size_t i = 0; i < ARRAY_LEN(jobs) && why == NULL; i++)
		if (i == 0 || jobs[i] != NULL)
			why = check_permission(a, jobs[i], arena);
	for (size_t i = 0; i < ARRAY_LEN(jobs) && why == NULL; i++)
		why = check_hold(a, jobs[i], arena);
	return why;
}

void act_is_of(struct act *a, const char *job)
{
	if (a->job == NULL)
		a->job = arena_strdup(&a->arena, job);
	else if (strcmp(a->job, job) != 0 &&
		 (a->other_job == NULL || strcmp(a->other_job, job) != 0))
		a->other_job = arena_strdup(&a->arena, job);
}

/* A JVM's job counts as well as the one that was named: a hold on either is one. */
void act_find_jobs(struct act *a)
{
	const struct jvm_row *jvm = a->request.jvm == NULL ? NULL : act_jvm_row(a, a->request.jvm);

	if (a->job == NULL)
		a->job = a->request.job;
	if (jvm != NULL && jvm->job != NULL)
		act_is_of(a, text_str(jvm->job));
}

/* --- the plan --- */

static void keep_target(struct act *a, const struct plan_row *p)
{
	const char *what = a->request.jvm != NULL     ? a->request.jvm
			   : a->request.spark != NULL ? a->request.spark
						      : a->request.job;
	const char *target = p->target.n > 0 ? text_str(p->target.v[0]) : what;

	if (target != NULL && !a->has_target &&
	    (a->target == NULL || strcmp(a->target, target) != 0))
		a->target = arena_strdup(&a->arena, target);
}

struct dataset *act_make_plan(struct act *a)
{
	struct dataset *d = dataset_new();
	struct plan_row *p = ARENA_NEW(&d->arena, struct plan_row);
	const char *label = a->cfg->label == NULL ? NULL : text_str(a->cfg->label);
	const struct text *why;

	act_find_jobs(a);
	p->number = (int64_t)a->plan;
	p->action = (int)a->request.action;
	p->title = text_format(&d->arena, "%s?", titles[a->request.action]);
	p->button = text_format(
		&d->arena, "%s",
		a->request.action == ACTION_KILL_SPARK ? "kill" : action_words[a->request.action]);
	if (a->captured.code != ERR_NONE)
		p->refused =
			text_clean(&d->arena, a->captured.message, strlen(a->captured.message));
	else
		a->ops->plan(a, p, &d->arena);
	if (label != NULL)
		p->title = text_format(&d->arena, "%s (%s)", text_str(p->title), label);
	p->job = a->job == NULL ? NULL : text_clean(&d->arena, a->job, strlen(a->job));
	why = refused(a, &d->arena);
	if (why != NULL)
		p->refused = why;
	keep_target(a, p);
	dataset_add(d, &schema_plan, p, 1);
	return d;
}

const struct plan_row *act_plan_of(const struct dataset *d)
{
	return d == NULL ? NULL : dataset_one(d, &schema_plan);
}

/* All of it as one text, to see whether it is another one. */
static void write_plan(const struct plan_row *p, struct buf *out)
{
	field_json_row(&schema_plan, p, out);
	buf_printf(out, "%lld %s %s %s", (long long)p->changes,
		   p->to_type == NULL ? "" : text_str(p->to_type),
		   p->says == NULL ? "" : text_str(p->says), text_str(p->button));
	for (size_t i = 0; i < p->nsigns; i++)
		buf_printf(out, "\n%d %s", p->signs[i].has_ended, text_str(p->signs[i].what));
	for (size_t i = 0; i < p->nasks; i++)
		buf_printf(out, "\n%s=%s %s", text_str(p->asks[i].name),
			   p->asks[i].fallback == NULL ? "-" : text_str(p->asks[i].fallback),
			   p->asks[i].evidence == NULL ? "-" : text_str(p->asks[i].evidence));
}

void act_show_plan(struct act *a, struct dataset *d)
{
	struct acts *s = a->acts;
	const struct dataset *old = d;
	struct buf text;
	bool is_new;

	buf_init(&text, PLAN_TEXT_CAP);
	write_plan(act_plan_of(d), &text);
	is_new = a->plan_text == NULL || strcmp(a->plan_text, text.data) != 0;
	if (is_new) {
		free(a->plan_text);
		a->plan_text = xstrdup(text.data);
		acts_lock(s);
		old = a->question;
		a->question = d;
		s->has_new_plans = true;
		acts_ring(s);
		acts_unlock(s);
	}
	dataset_unref(old);
	buf_release(&text);
}

/* --- the answer --- */

const char *request_value(const struct action_request *r, const char *name)
{
	for (size_t i = 0; i < r->nvalues; i++)
		if (strcmp(r->values[i].name, name) == 0)
			return r->values[i].value;
	return NULL;
}

static bool is_given(const struct plan_ask *ask, const struct action_request *r)
{
	const char *value = request_value(r, text_str(ask->name));

	if (ask->fallback != NULL)
		return true;
	if (text_is(ask->name, "reason") && r->reason != NULL)
		return r->reason[0] != '\0';
	if (text_is(ask->name, "as") && r->as != NULL)
		return true;
	return value != NULL && value[0] != '\0';
}

int plan_accepts(const struct plan_row *p, const struct action_request *r, struct err *err)
{
	if (p->refused != NULL)
		return err_set(err, ERR_REFUSED, "%s", text_str(p->refused));
	for (size_t i = 0; i < p->nasks; i++)
		if (!is_given(&p->asks[i], r))
			return err_set(
				err, ERR_REFUSED, "%s: it has to be given (--set %s=...)",
				text_str(p->asks[i].ask != NULL ? p->asks[i].ask : p->asks[i].name),
				text_str(p->asks[i].name));
	if (p->to_type == NULL || r->is_yes)
		return 0;
	if (r->typed == NULL || strcmp(r->typed, text_str(p->to_type)) != 0)
		return err_set(err, ERR_REFUSED, "what was typed is not %s", text_str(p->to_type));
	return 0;
}

/* Is `word` one of a list with commas? */
static bool is_listed(const char *list, const char *word)
{
	size_t len = strlen(word);

	while (list != NULL && *list != '\0') {
		size_t n = strcspn(list, ",");
		if (n == len && strncasecmp(list, word, n) == 0)
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

bool act_verdict_ok(const struct act *a, const char *verdict)
{
	if (!a->request.is_yes)
		return true;
	return verdict != NULL &&
	       (is_listed("hung,crashed,stranded,orphan,dead,thrashing", verdict) ||
		is_listed(a->request.only_if, verdict));
}

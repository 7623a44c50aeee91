/* question.c - the life of a question. What keys do to it is in questionkeys.c, how it looks in
 * questiondraw.c.
 *
 * The number of the plan is all that leads back to the target: it was captured by identity when the
 * key came, and no row is looked up again. So a list that is reordered behind the box, or a cursor
 * that moves, changes nothing. */
#include "question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acting.h"
#include "target.h"
#include "ui.h"

bool question_is_open(const struct ui *ui)
{
	return ui->question.plan != 0;
}

bool question_is_typed(const struct question *q)
{
	return !*q->to_type || !strcmp(q->typed, q->to_type);
}

static int64_t mono(const struct ui *ui)
{
	return clock_mono(ui->clock);
}

static void open_box(struct ui *ui, uint64_t plan, enum action_id action)
{
	struct question *q = &ui->question;

	memset(q, 0, sizeof(*q));
	q->plan = plan;
	q->action = action;
	q->opened_at = q->key_at = mono(ui);
	q->seen_at = ABSENT;
	ui->wish.flush = true;
	*ui->message = '\0';
	ui->is_dirty = true;
}

static bool is_held(const struct ui *ui, const char *job)
{
	const struct job_row *row = job ? ui_job_row(ui, job) : NULL;

	return row && row->hold;
}

int question_ask(struct ui *ui, enum action_id action, struct err *err)
{
	struct target t;
	int64_t plan;
	int rc;

	if (ui->cfg->read_only || ui->cfg->is_wall)
		return err_set(err, ERR_REFUSED, "read-only: nothing is done from here");
	rc = target_here(ui, action, &ui->frame, &t, err);
	if (rc < 0)
		return rc;
	if (t.goes_to) {
		ui_go(ui, &view_dlq, t.goes_to);
		return 0;
	}
	if (ui_by_hand(ui, err) < 0)
		return -ERR_REFUSED;
	if (question_is_open(ui))
		return err_set(err, ERR_REFUSED, "another question is open");
	t.request.is_off = action == ACTION_HOLD && is_held(ui, t.request.job);
	plan = ui_act(ui, &t.request, err);
	if (plan < 0)
		return (int)plan;
	open_box(ui, (uint64_t)plan, t.request.action);
	ui->question.is_off = t.request.is_off;
	snprintf(ui->question.note, sizeof(ui->question.note), "%s", t.note);
	question_snapshot(ui);
	return 0;
}

void question_decide(struct ui *ui, const struct action_row *row, const char *to_type)
{
	struct question *q = &ui->question;

	open_box(ui, (uint64_t)row->plan,
		 row->action >= 0 && row->action < ACTION_COUNT ? (enum action_id)row->action
								: ACTION_KILL);
	q->is_decision = true;
	q->has_fields = true;
	snprintf(q->to_type, sizeof(q->to_type), "%s", to_type);
}

/* --- what it shows --- */

static const struct text *ours(struct arena *a, const char *s)
{
	return text_clean(a, s, strlen(s));
}

/* A decision has no plan of its own: it is told from the row of the action that waits. */
static const struct plan_row *plan_of_decision(struct ui *ui)
{
	const struct action_row *row = acting_row(ui, ui->question.plan);
	bool ends_process =
		ui->question.action == ACTION_KILL || ui->question.action == ACTION_RECOVER;
	struct plan_row *p;
	const struct text **target;

	if (!row || row->state != ACTION_STATE_ASKS)
		return NULL;
	p = ARENA_NEW(&ui->frame, struct plan_row);
	target = ARENA_ARRAY(&ui->frame, const struct text *, 1);
	p->number = row->plan;
	p->action = row->action;
	p->job = row->job;
	p->title = ours(&ui->frame, ends_process ? "Send SIGKILL?" : "Go on?");
	p->button = ours(&ui->frame, ends_process ? "kill -9" : "go on");
	*target = row->target ? row->target : ours(&ui->frame, "-");
	p->target = (struct texts){1, target};
	p->facts = row->steps;
	p->warning = row->asks;
	p->to_type = *ui->question.to_type ? ours(&ui->frame, ui->question.to_type) : NULL;
	return p;
}

const struct plan_row *question_plan(struct ui *ui)
{
	const struct rowset *plans =
		ui->newest ? dataset_rows(ui->newest->plan, &schema_plan) : NULL;

	if (!question_is_open(ui))
		return NULL;
	if (ui->question.is_decision)
		return plan_of_decision(ui);
	for (size_t i = 0; plans && i < plans->n; i++) {
		const struct plan_row *p = plans->rows[i];

		if (p->number == (int64_t)ui->question.plan)
			return p;
	}
	return NULL;
}

/* --- closing --- */

static void forget(struct ui *ui)
{
	struct action_request r = action_request_of(ACTION_FORGET, ui->question.action);
	struct err err = {0};

	r.plan = ui->question.plan;
	if (ui->question.is_decision)
		return; /* it goes on asking: the actions view leads back */
	if (ui_act(ui, &r, &err) < 0)
		return; /* it is gone already */
}

void question_close(struct ui *ui, const char *why)
{
	if (!question_is_open(ui))
		return;
	forget(ui);
	ui->question.plan = 0;
	ui->drops_burst = ui->is_burst;
	if (why) {
		ui_say(ui, "%s", why);
		ui->is_message_bad = true;
	}
	ui->is_dirty = true;
}

/* --- the plan lives --- */

static void clear_typed(struct ui *ui, const char *why)
{
	struct question *q = &ui->question;

	*q->typed = '\0';
	if (q->focus == q->nfields + 1)
		q->focus = q->nfields;
	snprintf(q->says, sizeof(q->says), "%s", why);
	if (!is_absent(q->seen_at))
		q->seen_at = mono(ui); /* deaf again: an Enter on its way must not close it */
}

static size_t fields_of(const struct plan_row *p, struct question_field *v)
{
	size_t n = min_size(p->nasks, QUESTION_FIELDS);

	for (size_t i = 0; i < n; i++) {
		const struct plan_ask *a = &p->asks[i];

		snprintf(v[i].name, sizeof(v[i].name), "%.63s", a->name ? text_str(a->name) : "");
		snprintf(v[i].found, sizeof(v[i].found), "%.255s",
			 a->fallback ? text_str(a->fallback) : "");
		memcpy(v[i].text, v[i].found, sizeof(v[i].text));
	}
	return n;
}

/* What was given for a name stays; that another value is asked for, or was found, is to be read. */
static void follow_fields(struct ui *ui, const struct plan_row *p)
{
	struct question *q = &ui->question;
	struct question_field now[QUESTION_FIELDS];
	size_t n = fields_of(p, now);
	bool is_same = q->has_fields && n == q->nfields;

	for (size_t i = 0; i < n; i++) {
		const struct question_field *f = q->fields;

		while (f < q->fields + q->nfields && strcmp(f->name, now[i].name))
			f++;
		if (f == q->fields + q->nfields)
			is_same = false;
		else if (strcmp(f->text, f->found))
			memcpy(now[i].text, f->text, sizeof(f->text));
		else if (strcmp(f->found, now[i].found))
			is_same = false;
	}
	if (is_same)
		return;
	if (q->has_fields)
		clear_typed(ui, "what it asks for has changed");
	memcpy(q->fields, now, n * sizeof(now[0]));
	q->nfields = n;
	q->focus = n; /* Cancel */
}

static void follow_plan(struct ui *ui, const struct plan_row *p)
{
	struct question *q = &ui->question;
	const char *to_type = p->to_type ? text_str(p->to_type) : "";
	bool had_typed = *q->typed;

	follow_fields(ui, p);
	if (!q->has_fields)
		q->changes = p->changes;
	q->has_fields = true;
	if (p->changes != q->changes) {
		q->changes = p->changes;
		q->read = q->top = 0;
		clear_typed(ui, had_typed ? "this changed while it was asked: what was typed is "
					    "cleared"
					  : "");
	}
	if (strcmp(to_type, q->to_type)) {
		if (*q->to_type)
			clear_typed(ui, "what must be typed has changed");
		snprintf(q->to_type, sizeof(q->to_type), "%.63s", to_type);
	}
	if (p->refused && q->focus != q->nfields)
		clear_typed(ui, "");
}

void question_snapshot(struct ui *ui)
{
	const struct plan_row *p = question_plan(ui);

	if (!question_is_open(ui))
		return;
	ui->is_dirty = true;
	if (p && !ui->question.is_decision)
		follow_plan(ui, p);
	else if (!p && !is_absent(ui->question.seen_at))
		question_close(ui, ui->question.is_decision
					   ? "the action does not ask any more; the actions view "
					     "says how it stands"
					   : "the question is over: what it was about is gone");
}

void question_rearm(struct ui *ui)
{
	if (question_is_open(ui))
		ui->question.seen_at = ABSENT;
}

void question_tick(struct ui *ui)
{
	if (question_is_open(ui) && mono(ui) - ui->question.key_at >= QUESTION_IDLE_MS)
		question_close(ui, "no answer for 60 s: taken as no, nothing was done");
}

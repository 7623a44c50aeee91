/* acting.c - actions that run, as seen from the console. The backend does them and goes on doing
 * them whatever is shown here. */
#include "acting.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "ui.h"

static bool is_running(const struct action_row *row)
{
	return row->state == ACTION_STATE_RUNS || row->state == ACTION_STATE_ASKS;
}

static const struct rowset *rows_of(const struct ui *ui)
{
	return ui->newest ? dataset_rows(ui->newest->actions, &schema_action) : NULL;
}

const struct action_row *acting_row(const struct ui *ui, uint64_t plan)
{
	const struct rowset *rows = rows_of(ui);

	for (size_t i = 0; plan && rows && i < rows->n; i++) {
		const struct action_row *row = rows->rows[i];

		if (row->plan == (int64_t)plan)
			return row;
	}
	return NULL;
}

static struct acting_own *own(struct ui *ui, int64_t plan)
{
	for (size_t i = 0; i < ui->acting.n; i++)
		if ((int64_t)ui->acting.v[i].plan == plan)
			return &ui->acting.v[i];
	return NULL;
}

static void drop(struct acting *a, size_t i)
{
	memmove(&a->v[i], &a->v[i + 1], (a->n - i - 1) * sizeof(a->v[0]));
	a->n--;
}

void acting_begin(struct ui *ui, const struct plan_row *p, const struct question *q)
{
	struct acting *a = &ui->acting;
	struct acting_own *o;

	if (a->n == ACTING_MAX)
		drop(a, 0);
	o = &a->v[a->n++];
	*o = (struct acting_own){.plan = q->plan};
	snprintf(o->to_type, sizeof(o->to_type), "%s", q->to_type);
	ui_say(ui, "%s%s%.100s", p->button ? text_str(p->button) : action_words[q->action],
	       p->job ? " of " : "", p->job ? text_str(p->job) : "");
}

void acting_name(const struct action_row *row, char *out, size_t size)
{
	const struct text *what = row->target ? row->target : row->job;

	const char *whole = what ? text_str(what) : "", *more = strstr(whole, "   ");

	/* The first piece says who; user, start and host stand in the actions view. */
	snprintf(out, size, "%.40s%s%.*s", row->word ? text_str(row->word) : "action",
		 what ? " of " : "", more ? (int)min_i64(more - whole, 200) : 200, whole);
}

void acting_line(const struct action_row *row, char *out, size_t size)
{
	const struct text *how = row->state == ACTION_STATE_ASKS ? row->asks
				 : is_running(row)               ? row->step
								 : row->outcome;
	char name[256];

	acting_name(row, name, sizeof(name));
	if (how && row->state == ACTION_STATE_RUNS)
		snprintf(out, size, "%s: %.300s", name, text_str(how));
	else
		snprintf(out, size, "%s: %s%s%.300s", name,
			 row->state >= 0 ? action_state_names[row->state] : "-", how ? ": " : "",
			 how ? text_str(how) : "");
}

/* What confirms a decision when its question is not remembered: the last four digits of the PID. */
static void digits_of(const struct action_row *row, char out[static 64])
{
	const char *s = row->target ? text_str(row->target) : "";
	const char *end;

	*out = '\0';
	while (*s && !isdigit((unsigned char)*s))
		s++;
	for (end = s; isdigit((unsigned char)*end);)
		end++;
	if (end - s > 4)
		s = end - 4;
	snprintf(out, 64, "%.*s", (int)(end - s), s);
}

int acting_decide(struct ui *ui, const struct action_row *row, struct err *err)
{
	const struct acting_own *o = own(ui, row->plan);
	char digits[64];

	if (row->state != ACTION_STATE_ASKS)
		return err_set(err, ERR_MISSING, "this one asks nothing");
	if (is_absent(row->plan))
		return err_set(err, ERR_REFUSED, "it is asked where it was begun, not here");
	if (ui_by_hand(ui, err) < 0)
		return -ERR_REFUSED;
	digits_of(row, digits);
	question_decide(ui, row, o && *o->to_type ? o->to_type : digits);
	return 0;
}

int acting_cancel(struct ui *ui, const struct action_row *row, struct err *err)
{
	struct action_request r = action_request_of(ACTION_CANCEL, ACTION_KILL);
	int rc;

	if (!is_running(row))
		return err_set(err, ERR_MISSING, "this one has ended");
	if (is_absent(row->plan))
		return err_set(err, ERR_REFUSED, "it runs in another sparkops: cancel it there");
	if (row->action >= 0 && row->action < ACTION_COUNT)
		r.action = (enum action_id)row->action;
	r.plan = (uint64_t)row->plan;
	rc = (int)min_i64(ui_act(ui, &r, err), 0);
	if (!rc)
		ui_say(ui, "it stops after what is in flight");
	return rc;
}

static void say_end(struct ui *ui, const struct action_row *row)
{
	char line[600];

	acting_line(row, line, sizeof(line));
	ui_say(ui, "%.280s%s%.100s", line, row->proof ? "; " : "",
	       row->proof ? text_str(row->proof) : "");
	ui->is_message_bad = row->state != ACTION_STATE_DONE;
}

/* Where nobody is in the middle of typing. */
static bool is_free(const struct ui *ui)
{
	return !question_is_open(ui) && ui->prompt.kind == PROMPT_NONE;
}

void acting_snapshot(struct ui *ui)
{
	struct acting *a = &ui->acting;

	for (size_t i = 0; i < a->n;) {
		struct acting_own *o = &a->v[i];
		const struct action_row *row = acting_row(ui, o->plan);

		if (row && !is_running(row)) {
			say_end(ui, row);
			drop(a, i);
			continue;
		}
		if (row && row->state == ACTION_STATE_RUNS)
			o->has_asked = false;
		if (row && row->state == ACTION_STATE_ASKS && !o->has_asked && is_free(ui)) {
			o->has_asked = true;
			question_decide(ui, row, o->to_type);
		}
		i++;
	}
	ui->is_dirty = ui->is_dirty || acting_is_on(ui);
}

static const struct action_row *first_running(const struct ui *ui, size_t *n)
{
	const struct rowset *rows = rows_of(ui);
	const struct action_row *first = NULL;

	*n = 0;
	for (size_t i = 0; rows && i < rows->n; i++) {
		const struct action_row *row = rows->rows[i];

		if (!is_running(row))
			continue;
		++*n;
		if (!first || (row->state == ACTION_STATE_ASKS && first->state != row->state))
			first = row;
	}
	return first;
}

bool acting_is_on(const struct ui *ui)
{
	size_t n;

	return first_running(ui, &n) != NULL;
}

bool acting_draw(const struct ui *ui, struct area a)
{
	size_t n;
	const struct action_row *row = first_running(ui, &n);
	char line[640], more[64] = "";
	int room = a.w - 2;

	if (!row)
		return false;
	acting_line(row, line, sizeof(line));
	if (n > 1)
		snprintf(more, sizeof(more), "  %zu more; :actions", n - 1);
	else if (row->state == ACTION_STATE_ASKS)
		snprintf(more, sizeof(more), "  :actions, Enter decides");
	if (text_width(more) < room / 2)
		room -= text_width(more);
	else
		*more = '\0';
	room = draw_str_cut(a, 1, 0, room,
			    row->state == ACTION_STATE_ASKS ? STYLE_CRIT : STYLE_WARN, line);
	draw_str(a, room, 0, STYLE_DIM, more);
	return true;
}

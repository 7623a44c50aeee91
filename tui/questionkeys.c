/* questionkeys.c - what keys do to a question, and the answer that leaves it.
 *
 * Enter acts in one place alone, answer(), and comes there only with the focus on the action, by
 * itself and not by repeating itself. */
#include "question.h"

#include <stdio.h>
#include <string.h>

#include "acting.h"
#include "ui.h"

static void load_field(struct question *q)
{
	if (q->focus < q->nfields)
		prompt_set(&q->line, q->fields[q->focus].text);
}

/* --- the answer --------------------------------------------------------------------------------
 */

static void fill_answer(const struct question *q, struct action_value *values,
			struct action_request *r)
{
	for (size_t i = 0; i < q->nfields; i++) {
		const struct question_field *f = &q->fields[i];

		values[i] = (struct action_value){f->name, f->text};
		if (!strcmp(f->name, "reason"))
			r->reason = f->text;
		else if (!strcmp(f->name, "as"))
			r->as = f->text;
	}
	r->plan = q->plan;
	r->typed = q->typed;
	r->is_off = q->is_off;
	r->values = values;
	r->nvalues = q->nfields;
}

/* A value that must be given and is not. */
static const struct plan_ask *missing(const struct question *q, const struct plan_row *p,
				      size_t *at)
{
	for (size_t i = 0; i < q->nfields && i < p->nasks; i++)
		if (!*q->fields[i].text && !p->asks[i].fallback) {
			*at = i;
			return &p->asks[i];
		}
	return NULL;
}

static bool is_ready(struct ui *ui, const struct plan_row *p)
{
	struct question *q = &ui->question;
	size_t at = 0;
	const struct plan_ask *ask = missing(q, p, &at);

	if (p->refused)
		return false;
	if (ask) {
		q->focus = at;
		load_field(q);
		snprintf(q->says, sizeof(q->says), "%.120s must be given first",
			 ask->ask    ? text_str(ask->ask)
			 : ask->name ? text_str(ask->name)
				     : "this");
		return false;
	}
	if (!question_is_typed(q)) {
		snprintf(q->says, sizeof(q->says), "type %s first: nothing was done", q->to_type);
		return false;
	}
	if (q->read < q->must) {
		int n = q->must - q->read;

		snprintf(q->says, sizeof(q->says),
			 "%d line%s below %s not been on the screen: PgDn first, nothing was done",
			 n, n == 1 ? "" : "s", n == 1 ? "has" : "have");
		return false;
	}
	return true;
}

static void answer(struct ui *ui)
{
	struct question *q = &ui->question;
	const struct plan_row *p = question_plan(ui);
	struct action_value values[QUESTION_FIELDS];
	struct action_request r;
	struct err err = {0};

	if (!p || !is_ready(ui, p))
		return;
	r = action_request_of(q->is_decision ? ACTION_ANSWER : ACTION_DO, q->action);
	fill_answer(q, values, &r);
	/* Refused at once: the question stays, and says why; when its plan is gone it closes. */
	if (ui_act(ui, &r, &err) < 0) {
		snprintf(q->says, sizeof(q->says), "%.199s", err.message);
		return;
	}
	if (!q->is_decision)
		acting_begin(ui, p, q);
	q->plan = 0;
	ui->is_dirty = true;
}

/* --- keys --------------------------------------------------------------------------------------
 */

static void move_focus(struct question *q, size_t by)
{
	q->focus = (q->focus + by) % (q->nfields + 2);
	load_field(q);
}

/* Typing it right moves the focus to the action, typing on moves it back. */
static void typed_changed(struct question *q)
{
	if (question_is_typed(q))
		q->focus = q->nfields + 1;
	else if (q->focus == q->nfields + 1)
		q->focus = q->nfields;
}

static bool type_key(struct question *q, uint32_t key)
{
	size_t n = strlen(q->typed);

	if (!*q->to_type)
		return false;
	if (key == KEY_BACKSPACE)
		q->typed[n ? n - 1 : 0] = '\0';
	else if (key == (KEY_CTRL | 'u'))
		*q->typed = '\0';
	else if (key > ' ' && key < 0x7F && n + 1 < sizeof(q->typed))
		q->typed[n] = (char)key, q->typed[n + 1] = '\0';
	else
		return false;
	typed_changed(q);
	return true;
}

/* `as` is one of three words: the arrows go round, a letter chooses. */
static bool choose(struct question *q, uint32_t key)
{
	static const char *const words[] = {"done", "given-up", "pending"};
	struct question_field *f = &q->fields[q->focus];
	size_t at = 0;

	if (q->action != ACTION_MARK || strcmp(f->name, "as"))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strcmp(words[i], f->text))
			at = i;
	if (key == KEY_RIGHT || key == KEY_SPACE)
		at++;
	else if (key == KEY_LEFT)
		at += ARRAY_LEN(words) - 1;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (key == (uint32_t)words[i][0])
			at = i;
	snprintf(f->text, sizeof(f->text), "%s", words[at % ARRAY_LEN(words)]);
	load_field(q);
	return true;
}

static void field_key(struct question *q, uint32_t key)
{
	if (key == KEY_ENTER) {
		move_focus(q, q->focus + 1 < q->nfields || *q->to_type ? 1 : 2);
		return;
	}
	if (choose(q, key))
		return;
	switch (prompt_key(&q->line, key)) {
	case PROMPT_CHANGED:
		snprintf(q->fields[q->focus].text, sizeof(q->fields[0].text), "%.255s",
			 q->line.text);
		break;
	default:
		break;
	}
}

static bool scroll(struct question *q, uint32_t key)
{
	int by = key == KEY_UP ? -1 : key == KEY_DOWN ? 1 : key == KEY_PGUP ? -q->page : q->page;
	int last = q->height > q->page ? q->height - q->page : 0;

	if (key != KEY_UP && key != KEY_DOWN && key != KEY_PGUP && key != KEY_PGDN)
		return false;
	q->top = (int)min_i64(max_i64(q->top + by, 0), last);
	return true;
}

static void button_key(struct ui *ui, uint32_t key, bool is_repeat)
{
	struct question *q = &ui->question;
	const struct plan_row *p = question_plan(ui);

	if (key == KEY_LEFT || key == KEY_RIGHT) {
		if (p && !p->refused)
			q->focus = q->nfields + (key == KEY_RIGHT);
		return;
	}
	if (key == KEY_ENTER && q->focus == q->nfields) {
		question_close(ui, NULL);
		return;
	}
	if (key == KEY_ENTER && !is_repeat) {
		answer(ui);
		return;
	}
	if (key == 'y' && p && p->paste.n && !strchr(q->to_type, 'y')) {
		question_copy(ui);
		return;
	}
	type_key(q, key);
}

void question_copy(struct ui *ui)
{
	const struct plan_row *p = question_plan(ui);

	buf_clear(&ui->clip);
	for (size_t i = 0; p && i < p->paste.n; i++)
		buf_printf(&ui->clip, "%s%s", i ? "\n" : "", text_str(p->paste.v[i]));
	if (!ui->clip.len)
		return;
	ui->wish.copy = ui->clip_way != CLIP_NONE;
	snprintf(ui->question.says, sizeof(ui->question.says), "%s", clip_says(ui->clip_way));
}

/* Nobody has read it yet. */
static bool is_deaf(const struct ui *ui)
{
	return is_absent(ui->question.seen_at) ||
	       clock_mono(ui->clock) - ui->question.seen_at < QUESTION_DEAF_MS;
}

static void key_event(struct ui *ui, const struct key_event *ev)
{
	struct question *q = &ui->question;
	int64_t now = clock_mono(ui->clock), before = q->key_at;
	bool is_repeat = ev->key == q->last_key && now - before < QUESTION_REPEAT_MS;
	const struct plan_row *p = question_plan(ui);

	if (ev->key == KEY_ESC || ev->key == (KEY_CTRL | 'c')) {
		question_close(ui, NULL);
		if (ev->key != KEY_ESC)
			ui->wish.quit = true;
		return;
	}
	if (ev->key == (KEY_CTRL | 'l')) {
		ui->wish.redraw_all = true;
		return;
	}
	if (is_deaf(ui) || !p)
		return;
	q->key_at = now;
	q->last_key = ev->key;
	*q->says = '\0';
	if (ev->is_burst && (ev->key == KEY_ENTER || ev->key == KEY_TAB)) {
		snprintf(q->says, sizeof(q->says),
			 "that came together with other keys and was not taken: press it again");
		return;
	}
	if ((ev->key == KEY_TAB || ev->key == KEY_BACKTAB) && !p->refused)
		move_focus(q, ev->key == KEY_TAB ? 1 : q->nfields + 1);
	else if (ev->key == 'y' && p->refused)
		question_copy(ui);
	else if (scroll(q, ev->key))
		return;
	else if (q->focus < q->nfields)
		field_key(q, ev->key);
	else
		button_key(ui, ev->key, is_repeat);
}

void question_event(struct ui *ui, const struct key_event *ev)
{
	struct question *q = &ui->question;

	ui->is_dirty = true;
	switch (ev->kind) {
	case KEY_EVENT_KEY:
		key_event(ui, ev);
		break;
	case KEY_EVENT_PASTE:
		/* A value may be pasted, a confirmation must be typed. */
		if (!is_deaf(ui) && q->focus < q->nfields && !choose(q, KEY_NONE)) {
			prompt_paste(&q->line, ev->key);
			snprintf(q->fields[q->focus].text, sizeof(q->fields[0].text), "%.255s",
				 q->line.text);
		} else {
			snprintf(q->says, sizeof(q->says), "a paste was dropped: this is typed");
		}
		break;
	case KEY_EVENT_MOUSE:
		if (ev->button == 64 || ev->button == 65)
			scroll(q, ev->button == 64 ? KEY_UP : KEY_DOWN);
		break;
	case KEY_EVENT_PASTE_END:
		break;
	}
}

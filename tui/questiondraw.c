/* questiondraw.c - how a question looks: what is behind it goes faint, a box as wide as a line is
 * read with ease, who is meant and why above, what happens then, the buttons last.
 *
 * The text is drawn twice, the first time into nothing to learn how long it is: what does not fit
 * scrolls, the row with the buttons never does. Nothing about a target is cut: it wraps. */
#include <stdio.h>
#include <string.h>

#include "flow.h"
#include "question.h"
#include "ui.h"

enum { BOX_W = 84, MARGIN_X = 2, ENTRY_W = 7, BUTTONS_MARGIN = 9, LEAST_TEXT = 3 };

static void label(struct flow *f, const char *name)
{
	flow_text(f, 0, STYLE_DIM, name);
	f->indent = f->x + 2;
	f->x = f->indent;
}

/* --- the text ------------------------------------------------------------------------------------
 */

/* Pieces that stand three blanks apart: the first is who, of "user NAME" the name is strong. */
static void target_line(struct flow *f, const char *s, bool is_first)
{
	bool is_head = true;

	while (*s) {
		const char *end = strstr(s, "  ");
		size_t n = end ? (size_t)(end - s) : strlen(s);
		char *piece = arena_printf(f->frame, "%.*s", (int)n, s);

		if (!is_head && is_first && !strncmp(piece, "user ", 5)) {
			flow_text(f, 3, STYLE_TEXT, "user");
			flow_text(f, 1, STYLE_STRONG, piece + 5);
		} else {
			flow_text(f, 3,
				  !is_head   ? STYLE_TEXT
				  : is_first ? STYLE_STRONG
					     : STYLE_DIM,
				  piece);
		}
		is_head = false;
		s += n;
		s += strspn(s, " ");
	}
	flow_end_line(f);
}

static void evidence(struct flow *f, const struct plan_row *p)
{
	const char *dot = f->glyphs->dot;

	if (!p->nsigns && !p->verdict)
		return;
	if (p->verdict) {
		flow_text(f, 0, STYLE_WARN, text_str(p->verdict));
		flow_put(f, STYLE_DIM, p->nsigns ? ", because" : "", p->nsigns ? 9 : 0);
		f->x += 2;
	}
	f->indent = 0;
	for (size_t i = 0; i < p->nsigns; i++) {
		const struct plan_sign *s = &p->signs[i];

		/* no line begins with a dot */
		if (i && f->x + 1 + text_width(dot) > f->a.w)
			flow_new_line(f);
		else if (i)
			flow_text(f, 1, STYLE_DIM, dot);
		flow_text(f, i ? 1 : 0, s->has_ended ? STYLE_ENDED : STYLE_TEXT,
			  s->what ? text_str(s->what) : "-");
		if (s->has_ended) /* not every terminal strikes out */
			flow_text(f, 1, STYLE_WARN, "(ended)");
	}
	flow_end_line(f);
}

static void listed(struct flow *f, const char *name, const struct texts *t)
{
	if (!t->n)
		return;
	label(f, name);
	for (size_t i = 0; i < t->n; i++) {
		if (i)
			flow_put(f, STYLE_TEXT, ",", 1);
		flow_text(f, 1, STYLE_TEXT, text_str(t->v[i]));
	}
	flow_end_line(f);
}

static void steps(struct flow *f, const struct texts *t)
{
	for (size_t i = 0; i < t->n; i++) {
		char number[16];
		int w = snprintf(number, sizeof(number), "%zu", i + 1) + 1;

		if (f->x && f->x + 3 + w + text_width(text_str(t->v[i])) > f->a.w)
			flow_new_line(f);
		flow_text(f, 3, STYLE_DIM, number);
		f->indent = ++f->x; /* a long one goes on below its own first word */
		flow_text(f, 0, STYLE_TEXT, text_str(t->v[i]));
		f->indent = 0;
	}
	if (t->n)
		flow_end_line(f);
}

static void lines(struct flow *f, enum style st, const struct texts *t)
{
	for (size_t i = 0; i < t->n; i++) {
		flow_text(f, 0, st, text_str(t->v[i]));
		flow_end_line(f);
	}
}

static void one_line(struct flow *f, enum style st, const char *s)
{
	if (!*s)
		return;
	flow_text(f, 0, st, s);
	flow_end_line(f);
}

static void paste(struct flow *f, const struct plan_row *p)
{
	if (!p->paste.n)
		return;
	flow_end_line(f);
	one_line(f, STYLE_DIM, p->refused ? "to run instead (y copies):" : "the same by hand:");
	for (size_t i = 0; i < p->paste.n; i++)
		flow_raw(f, STYLE_KEY, text_str(p->paste.v[i]));
}

/* --- fields
 * --------------------------------------------------------------------------------------- */

static void draw_entry(struct flow *f, int w, const char *s, int cursor)
{
	int y = f->y - f->top;
	struct area a;

	if (y >= 0 && y < f->a.h) {
		a = area_sub(area_row(f->a, y), f->x, 0, w, 1);
		area_fill(a, STYLE_FIELD);
		/* The end of a long value is what is edited. */
		while (text_width(s) > w - 2) {
			uint32_t cp;
			int columns;

			s += text_next(s, &cp, &columns);
		}
		draw_str(a, 1, 0, STYLE_FIELD, s);
		if (cursor >= 0) {
			a.s->cursor_x = a.x + (int)min_i64(1 + cursor, w - 1);
			a.s->cursor_y = a.y;
		}
	}
	f->x += w;
}

static void field(struct flow *f, const struct question *q, const struct plan_row *p, size_t i)
{
	const struct plan_ask *ask = &p->asks[i];
	bool is_here = q->focus == i;
	int w;

	if (is_here)
		f->focus_y = f->y;
	flow_text(f, 0, is_here ? STYLE_STRONG : STYLE_DIM,
		  ask->ask    ? text_str(ask->ask)
		  : ask->name ? text_str(ask->name)
			      : "value");
	f->x += 2;
	if (f->x > f->a.w - 12)
		flow_new_line(f);
	w = (int)min_i64(f->a.w - f->x, 48);
	draw_entry(f, w, q->fields[i].text, is_here ? text_width_n(q->line.text, q->line.at) : -1);
	flow_end_line(f);
	if (ask->evidence) {
		f->x = f->indent = 2;
		flow_text(f, 0, STYLE_DIM, text_str(ask->evidence));
		flow_end_line(f);
	}
}

static void body(struct flow *f, const struct question *q, const struct plan_row *p)
{
	flow_end_line(f);
	for (size_t i = 0; i < p->target.n; i++)
		target_line(f, text_str(p->target.v[i]), i == 0);
	evidence(f, p);
	if (p->refused) {
		if (p->target.n || p->nsigns || p->verdict)
			flow_end_line(f);
		one_line(f, STYLE_WARN, text_str(p->refused));
		paste(f, p);
		return;
	}
	listed(f, "loses", &p->loses);
	listed(f, "stays", &p->stays);
	if (p->warning)
		one_line(f, STYLE_COUNT_WARN, text_str(p->warning));
	if (p->says)
		one_line(f, STYLE_COUNT_WARN, text_str(p->says));
	if (p->steps.n || p->facts.n)
		flow_end_line(f);
	lines(f, STYLE_TEXT, &p->facts);
	steps(f, &p->steps);
	if (q->nfields)
		flow_end_line(f);
	for (size_t i = 0; i < q->nfields && i < p->nasks; i++)
		field(f, q, p, i);
	paste(f, p); /* what may be long last: a field that is out of sight is not seen */
}

static void whole_text(struct flow *f, const struct question *q, const struct plan_row *p)
{
	f->focus_y = -1;
	f->x = f->y = f->indent = 0;
	if (p) {
		body(f, q, p);
	} else {
		flow_end_line(f);
		one_line(f, STYLE_DIM, "looking at it ...");
	}
	one_line(f, STYLE_WARN, q->note);
	one_line(f, STYLE_WARN, q->says);
}

/* --- box and buttons
 * ------------------------------------------------------------------------------- */

static void vertical(struct area a, int x, enum style st)
{
	for (int y = 1; y < a.h - 1; y++)
		draw_str(a, x, y, st, a.s->glyphs->side);
}

static void box(struct area a, enum style st, const char *title, const char *foot)
{
	const struct glyphs *g = a.s->glyphs;
	int x;

	area_fill(a, STYLE_TEXT);
	for (x = 1; x < a.w - 1; x++) {
		draw_str(a, x, 0, st, g->rule);
		draw_str(a, x, a.h - 1, st, g->rule);
	}
	vertical(a, 0, st);
	vertical(a, a.w - 1, st);
	draw_str(a, 0, 0, st, g->corner[0]);
	draw_str(a, a.w - 1, 0, st, g->corner[1]);
	draw_str(a, 0, a.h - 1, st, g->corner[2]);
	draw_str(a, a.w - 1, a.h - 1, st, g->corner[3]);
	x = draw_str(a, 2, 0, STYLE_STRONG, " ");
	x = draw_str_cut(a, x, 0, a.w - 6, STYLE_STRONG, title);
	draw_str(a, x, 0, STYLE_STRONG, " ");
	if (*foot)
		draw_strf(a, a.w - text_width(foot) - 4, a.h - 1, STYLE_DIM, " %s ", foot);
}

static int button(struct area a, int right, bool has_focus, enum style st, const char *word)
{
	int w = text_width(word) + 4;
	struct area b = area_sub(a, right - w, 0, w, 1);

	if (has_focus) {
		b = area_on(b, GROUND_CURSOR);
		area_fill(b, STYLE_STRONG);
		st = STYLE_STRONG;
	}
	draw_str(b, 2, 0, st, word);
	return right - w;
}

static const char *word_of(const struct question *q, const struct plan_row *p)
{
	return p->button ? text_str(p->button) : action_words[q->action];
}

static int entry_width(const struct plan_row *p)
{
	return (int)max_i64(ENTRY_W, text_width(text_str(p->to_type)) + 3);
}

/* Lines of the buttons: what must be typed stands above them where one line does not hold all. */
static int button_lines(const struct question *q, const struct plan_row *p, int w)
{
	if (!p || p->refused || !p->to_type)
		return 1;
	return text_width("Type  to confirm:  ") + text_width(text_str(p->to_type)) +
				       entry_width(p) + text_width("  [ Cancel ]   [  ]") +
				       text_width(word_of(q, p)) >
			       w
		       ? 2
		       : 1;
}

static void draw_buttons(struct ui *ui, const struct plan_row *p, struct area a)
{
	const struct question *q = &ui->question;
	struct flow f = {.frame = &ui->frame, .glyphs = ui->glyphs, .a = a};
	struct area low = area_row(a, a.h - 1);
	bool is_possible = p && !p->refused;
	int right = a.w >= BOX_W - 2 * MARGIN_X ? a.w - BUTTONS_MARGIN + 1 : a.w;

	if (is_possible) {
		right = button(low, right, q->focus == q->nfields + 1,
			       question_is_typed(q) ? STYLE_TEXT : STYLE_FAINT, word_of(q, p)) -
			3;
	}
	button(low, right, q->focus == q->nfields, STYLE_TEXT, is_possible ? "Cancel" : "Close");
	if (!is_possible || !p->to_type)
		return;
	f.x = draw_str(a, 0, 0, STYLE_TEXT, "Type ");
	f.x = draw_str(a, f.x, 0, STYLE_STRONG, text_str(p->to_type));
	f.x = draw_str(a, f.x, 0, STYLE_TEXT, " to confirm:") + 2;
	draw_entry(&f, entry_width(p), q->typed,
		   q->focus >= q->nfields ? text_width(q->typed) : -1);
}

static void make_faint(struct area a)
{
	for (int y = a.y; y < a.y + a.h; y++)
		for (int x = a.x; x < a.x + a.w; x++) {
			struct cell *c = &a.s->cells[y * a.s->w + x];

			c->style = STYLE_FAINT;
			c->ground = GROUND_NONE;
		}
}

static void scroll_to(struct question *q, const struct flow *f)
{
	int last = q->height > q->page ? q->height - q->page : 0;

	if (q->follows_focus && f->focus_y >= 0) {
		if (f->focus_y < q->top)
			q->top = f->focus_y;
		if (f->focus_y + 2 > q->top + q->page)
			q->top = f->focus_y + 2 - q->page;
	}
	q->follows_focus = false;
	q->top = (int)min_i64(max_i64(q->top, 0), last);
}

static const char *title_of(const struct question *q, const struct plan_row *p)
{
	static const char *const titles[] = {
#define X(id, symbol, word, key, permission, title) title,
		ACTION_LIST(X)
#undef X
	};

	return p && p->title ? text_str(p->title) : titles[q->action];
}

bool question_draw(struct ui *ui, struct area all)
{
	struct question *q = &ui->question;
	const struct plan_row *p = question_plan(ui);
	int w = (int)min_i64(BOX_W, all.w - 4), h, rows = button_lines(q, p, w - 2 * MARGIN_X);
	struct flow f = {.frame = &ui->frame, .glyphs = ui->glyphs};
	char foot[48] = "";
	struct area a;

	if (all.s->w < QUESTION_MIN_W || all.s->h < QUESTION_MIN_H)
		return false;
	f.a = area_sub(all, 0, 0, w - 2 * MARGIN_X, 0);
	whole_text(&f, q, p);
	q->height = f.y;
	q->page = (int)min_i64(f.y, all.h - 3 - rows); /* frame, a blank and the buttons */
	scroll_to(q, &f);
	if (q->page < LEAST_TEXT && q->page < f.y)
		return false;
	h = q->page + 3 + rows;
	make_faint(all);
	a = area_sub(all, (all.w - w) / 2, (all.h - h) / 3, w, h);
	if (q->height > q->page)
		snprintf(foot, sizeof(foot), "%d of %d lines, %s %s", q->top + q->page, q->height,
			 ui->glyphs->arrow_up, ui->glyphs->arrow_down);
	box(a, p && p->refused ? STYLE_FRAME : STYLE_CRIT, title_of(q, p), foot);
	f.a = area_sub(a, MARGIN_X, 1, w - 2 * MARGIN_X, q->page);
	f.top = q->top;
	whole_text(&f, q, p);
	draw_buttons(ui, p, area_sub(a, MARGIN_X, h - 1 - rows, w - 2 * MARGIN_X, rows));
	if (p && is_absent(q->seen_at))
		q->seen_at = clock_mono(ui->clock);
	return true;
}

static int key(struct area a, int x, const char *name, const char *word)
{
	if (x + text_width(name) + text_width(word) + 2 > a.w)
		return x;
	x = draw_str(a, x, 0, STYLE_BAR_STRONG, name);
	return draw_str(a, x + 1, 0, STYLE_BAR_DIM, word) + 2;
}

void question_draw_keys(struct ui *ui, struct area a)
{
	const struct question *q = &ui->question;
	const struct plan_row *p = question_plan(ui);
	const char *no = p && p->refused ? "close" : "cancel";
	struct area all = a;
	char name[80];
	int x = 1;

	area_fill(a, STYLE_BAR);
	a = area_sub(a, 0, 0, a.w - text_width("Esc  ") - text_width(no) - 1, 1); /* that stays */
	if (p && !p->refused) {
		if (*q->to_type)
			snprintf(name, sizeof(name), "%s Enter", q->to_type);
		else
			snprintf(name, sizeof(name), "Tab Enter");
		x = key(a, x, name, word_of(q, p));
		x = key(a, x, "Tab", q->nfields ? "next field" : "next button");
	}
	if (p && p->paste.n && !strchr(q->to_type, 'y'))
		x = key(a, x, "y", "copy the lines");
	x = key(all, x, "Esc", no);
	if (q->height > q->page)
		key(all, x, "PgDn", "more");
}

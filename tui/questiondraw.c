/* questiondraw.c - how a question looks: what is behind it goes faint, a box as wide as a line is
 * read with ease, what it says (questiontext.c), the buttons last.
 *
 * All is drawn twice, the first time into nothing to learn how long it is. Where it is too long for
 * the terminal it is packed, what is least first. What does not fit then scrolls, but for what is
 * typed into and the buttons: those are always in sight. */
#include <stdio.h>
#include <string.h>

#include "questiontext.h"
#include "ui.h"

enum { BOX_W = 84, MARGIN_X = 2, ENTRY_W = 7, BUTTONS_MARGIN = 9, LEAST_TEXT = 2 };

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
	question_entry(&f, entry_width(p), q->typed,
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

static const char *title_of(const struct question *q, const struct plan_row *p)
{
	static const char *const titles[] = {
#define X(id, symbol, word, key, permission, title) title,
		ACTION_LIST(X)
#undef X
	};

	return p && p->title ? text_str(p->title) : titles[q->action];
}

/* How it is laid out in an area. */
struct sheet {
	int w, page, text, must, lower, buttons;
};

static struct sheet lay_out(struct ui *ui, const struct plan_row *p, struct area all)
{
	const struct question *q = &ui->question;
	struct flow f = {.frame = &ui->frame, .glyphs = ui->glyphs};
	struct sheet s = {.w = (int)min_i64(BOX_W, q->pack ? all.w : all.w - 4)};

	f.a = area_sub(all, 0, 0, s.w - 2 * MARGIN_X, 0);
	s.text = question_upper(&f, q, p, &s.must);
	s.lower = question_lower(&f, q, p);
	s.buttons = button_lines(q, p, f.a.w);
	s.page = (int)min_i64(s.text, all.h - 2 - s.lower - s.buttons);
	return s;
}

/* As airy as fits: all of it, else all that must be read. */
static struct sheet pack(struct ui *ui, const struct plan_row *p, struct area all)
{
	struct question *q = &ui->question;
	struct sheet s;

	for (q->pack = PACK_NOTHING; q->pack <= PACK_PASTE; q->pack++) {
		s = lay_out(ui, p, all);
		if (s.page == s.text)
			return s;
	}
	for (q->pack = PACK_NOTHING; q->pack <= PACK_EVIDENCE; q->pack++) {
		s = lay_out(ui, p, all);
		if (s.page >= s.must)
			return s;
	}
	q->pack = PACK_EVIDENCE;
	return lay_out(ui, p, all);
}

/* False: it was seen whole, and the terminal became too small for that. */
static bool follow_size(struct question *q, const struct sheet *s, const struct screen *screen)
{
	bool is_resized = q->w && (q->w != screen->w || q->h != screen->h);
	int last = s->text - s->page;

	if (is_resized && q->is_whole && s->page < s->must)
		return false;
	if (is_resized && q->w != screen->w)
		q->read = 0; /* its lines are others */
	q->w = screen->w;
	q->h = screen->h;
	q->is_whole = s->page >= s->must;
	q->page = s->page;
	q->height = s->text;
	q->must = s->must;
	q->top = (int)min_i64(max_i64(q->top, 0), last);
	q->read = (int)max_i64(q->read, q->top + q->page);
	return s->page == s->text || s->page >= LEAST_TEXT;
}

bool question_draw(struct ui *ui, struct area all)
{
	struct question *q = &ui->question;
	const struct plan_row *p = question_plan(ui);
	struct flow f = {.frame = &ui->frame, .glyphs = ui->glyphs};
	char foot[48] = "";
	struct sheet s;
	struct area a;
	int h;

	if (all.s->w < QUESTION_MIN_W || all.s->h < QUESTION_MIN_H)
		return false;
	s = pack(ui, p, all);
	if (p && !follow_size(q, &s, all.s))
		return false;
	h = s.page + s.lower + s.buttons + 2;
	make_faint(all);
	a = area_sub(all, (all.w - s.w) / 2, (all.h - h) / 3, s.w, h);
	if (p && q->height > q->page)
		snprintf(foot, sizeof(foot), "%d of %d lines, %s %s", q->top + q->page, q->height,
			 ui->glyphs->arrow_up, ui->glyphs->arrow_down);
	else if (p && question_is_folded(q, p))
		snprintf(foot, sizeof(foot), "the same by hand: y copies it");
	box(a, p && p->refused ? STYLE_FRAME : STYLE_CRIT, title_of(q, p), foot);
	a = area_sub(a, MARGIN_X, 1, s.w - 2 * MARGIN_X, h - 2);
	f.a = area_sub(a, 0, 0, a.w, s.page);
	f.top = q->top;
	question_upper(&f, q, p, &s.must);
	f.a = area_sub(a, 0, s.page, a.w, s.lower);
	question_lower(&f, q, p);
	draw_buttons(ui, p, area_sub(a, 0, s.page + s.lower, a.w, s.buttons));
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
	if (p && q->height > q->page)
		key(all, x, "PgDn", "more");
}

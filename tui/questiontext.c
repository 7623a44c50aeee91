/* questiontext.c - see questiontext.h. Nothing about a target is cut: it wraps. */
#include "questiontext.h"

#include <stdio.h>
#include <string.h>

#include "ui.h"

static void label(struct flow *f, const char *name)
{
	flow_text(f, 0, STYLE_DIM, name);
	f->indent = f->x + 2;
	f->x = f->indent;
}

/* --- the text --- */

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

static void gap(struct flow *f, const struct question *q)
{
	if (q->pack < PACK_BLANKS)
		flow_end_line(f);
}

/* One that has ended is to be seen. */
static bool is_short(const struct question *q, const struct plan_row *p)
{
	for (size_t i = 0; i < p->nsigns; i++)
		if (p->signs[i].has_ended)
			return false;
	return q->pack >= PACK_EVIDENCE;
}

static void evidence(struct flow *f, const struct question *q, const struct plan_row *p)
{
	const char *dot = f->glyphs->dot;
	int room = is_short(q, p) ? f->a.w - text_width("  + 99 more") : 0;

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

		if (i && room && f->x + 3 + text_width(s->what ? text_str(s->what) : "-") > room) {
			flow_text(f, 2, STYLE_DIM,
				  arena_printf(f->frame, "+ %zu more", p->nsigns - i));
			break;
		}
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

bool question_is_folded(const struct question *q, const struct plan_row *p)
{
	return q->pack >= PACK_PASTE && p->paste.n && !p->refused && p->action != ACTION_REPLAY &&
	       !strchr(q->to_type, 'y');
}

static void paste(struct flow *f, const struct question *q, const struct plan_row *p)
{
	if (!p->paste.n || question_is_folded(q, p))
		return;
	gap(f, q);
	one_line(f, STYLE_DIM, p->refused ? "to run instead (y copies):" : "the same by hand:");
	for (size_t i = 0; i < p->paste.n; i++)
		flow_raw(f, STYLE_KEY, text_str(p->paste.v[i]));
}

/* --- fields
 * --------------------------------------------------------------------------------------- */

void question_entry(struct flow *f, int w, const char *s, int cursor)
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

	flow_text(f, 0, is_here ? STYLE_STRONG : STYLE_DIM,
		  ask->ask    ? text_str(ask->ask)
		  : ask->name ? text_str(ask->name)
			      : "value");
	f->x += 2;
	if (f->x > f->a.w - 12)
		flow_new_line(f);
	w = (int)min_i64(f->a.w - f->x, 48);
	question_entry(f, w, q->fields[i].text,
		       is_here ? text_width_n(q->line.text, q->line.at) : -1);
	flow_end_line(f);
	if (ask->evidence && q->pack >= PACK_EVIDENCE) {
		draw_str_cut(area_sub(f->a, 2, f->y++, f->a.w - 2, 1), 0, 0, f->a.w - 2, STYLE_DIM,
			     text_str(ask->evidence));
	} else if (ask->evidence) {
		f->x = f->indent = 2;
		flow_text(f, 0, STYLE_DIM, text_str(ask->evidence));
		flow_end_line(f);
	}
}

static void body(struct flow *f, const struct question *q, const struct plan_row *p)
{
	gap(f, q);
	for (size_t i = 0; i < p->target.n; i++)
		target_line(f, text_str(p->target.v[i]), i == 0);
	evidence(f, q, p);
	if (p->refused) {
		if (p->target.n || p->nsigns || p->verdict)
			gap(f, q);
		one_line(f, STYLE_WARN, text_str(p->refused));
		return;
	}
	listed(f, "loses", &p->loses);
	listed(f, "stays", &p->stays);
	if (p->warning)
		one_line(f, STYLE_COUNT_WARN, text_str(p->warning));
	if (p->says)
		one_line(f, STYLE_COUNT_WARN, text_str(p->says));
	if (p->steps.n || p->facts.n)
		gap(f, q);
	lines(f, STYLE_TEXT, &p->facts);
	steps(f, &p->steps);
}

int question_upper(struct flow *f, const struct question *q, const struct plan_row *p, int *must)
{
	f->x = f->y = f->indent = 0;
	if (p) {
		body(f, q, p);
	} else {
		flow_end_line(f);
		one_line(f, STYLE_DIM, "looking at it ...");
	}
	one_line(f, STYLE_WARN, q->note);
	*must = f->y;
	if (p)
		paste(f, q, p);
	return f->y;
}

int question_lower(struct flow *f, const struct question *q, const struct plan_row *p)
{
	size_t n = p && !p->refused ? min_size(q->nfields, p->nasks) : 0;

	f->x = f->y = f->indent = f->top = 0;
	if (n)
		gap(f, q);
	for (size_t i = 0; i < n; i++)
		field(f, q, p, i);
	if (*q->says)
		one_line(f, STYLE_WARN, q->says);
	else
		gap(f, q);
	return f->y;
}

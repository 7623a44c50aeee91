/* tabledraw.c - how rows look: columns by layout_columns, one pass over the visible rows, roles by
 * the rules of the column, of old data and of the cursor. */
#include "tabletype.h"

#include <stdio.h>
#include <string.h>

#include "../include/clock.h"

enum { MARGIN = 3, RIGHT_MARGIN = 1 };

struct placed {
	const struct column *column;
	const struct field *field;
	struct column_place at, gauge;
};

static bool is_text(const struct table *t, const struct column *c)
{
	const struct field *f = field_find(t->spec.schema, c->name);

	if (c->align != ALIGN_AUTO)
		return c->align == ALIGN_LEFT;
	return f && (f->type == FIELD_TEXT || f->type == FIELD_TEXTS || f->type == FIELD_COUNTS);
}

/* How wide a column may grow: as its values need, and no wider than it wants. A text at the end of
 * the row takes what is left, so that it begins beside its neighbour. */
static int most(const struct table *t, const struct column *c, int natural)
{
	if (c->max && !c[1].name && is_text(t, c))
		return SCREEN_MAX_W;
	return natural && natural < c->max ? natural : c->max;
}

static int width_of(const struct column *c, const struct field *f, const void *row, int at_least)
{
	char shown[512];

	if (c->format) {
		c->format(row, shown, sizeof(shown));
		return text_width(shown);
	}
	const struct text *v = *(const struct text *const *)FIELD_OF(row, f);
	/* A cell takes a byte at least. */
	return !v || text_len(v) <= (size_t)at_least
		       ? 0
		       : text_width_n(text_str(v), min_size(text_len(v), 2000));
}

static int note_width(const struct table *t, const struct column *c, const void *row)
{
	const char *note = c->flags & COLUMN_SUBJECT && t->spec.note ? t->spec.note(row) : NULL;

	return note ? 1 + text_width(note) : 0;
}

/* Columns grow only as far as their texts need, so that spare room is not torn into the table. */
void table_measure(struct table *t)
{
	size_t k = 0;

	t->names = 0;
	for (const struct column *c = t->spec.columns; c && c->name && k < LAYOUT_COLUMNS;
	     c++, k++) {
		const struct field *f = field_find(t->spec.schema, c->name);
		int widest = c->width;

		t->natural[k] = 0;
		if (c->max <= c->width || !f || (c->format ? !c[1].name : f->type != FIELD_TEXT))
			continue;
		t->natural[k] = c->width;
		for (size_t i = 0; i < t->n; i++) {
			int note = note_width(t, c, t->rows[i]);
			int w = width_of(c, f, t->rows[i], note ? 0 : widest);

			widest = (int)max_i64(widest, w);
			t->natural[k] = (int)max_i64(t->natural[k], w + note);
		}
		if (c->flags & COLUMN_NAMES)
			t->names = (int)min_i64(widest, c->max);
	}
}

/* A column with a gauge is two wishes: the gauge may be dropped alone. */
static size_t place(const struct table *t, int width, struct placed *out)
{
	struct column_want wants[LAYOUT_COLUMNS];
	struct column_place places[LAYOUT_COLUMNS];
	size_t n = 0, ncolumns = 0;

	for (const struct column *c = t->spec.columns; c && c->name; c++) {
		int gap = c->gap ? c->gap : 1, natural = t->natural[c - t->spec.columns];

		if (n + 2 > LAYOUT_COLUMNS)
			break;
		if (n == 0)
			gap = 0;
		if (c->gauge) {
			wants[n++] = (struct column_want){
				.gap = gap, .width = c->gauge - 1, .weight = c->gauge_weight};
			gap = 1;
		}
		wants[n++] = (struct column_want){.gap = gap,
						  .width = c->width ? c->width : 10,
						  .max = most(t, c, natural),
						  .weight = c->weight,
						  .is_joined = c->gauge > 0,
						  .first = c->flags & COLUMN_NAMES ? t->names : 0};
	}
	layout_columns(width, wants, n, places);
	n = 0;
	for (const struct column *c = t->spec.columns; c && c->name && ncolumns < LAYOUT_COLUMNS;
	     c++) {
		struct placed *p = &out[ncolumns++];

		p->column = c;
		p->field = field_find(t->spec.schema, c->name);
		p->gauge = (struct column_place){-1, 0};
		if (c->gauge)
			p->gauge = places[n++];
		p->at = places[n++];
		if (n >= LAYOUT_COLUMNS)
			break;
	}
	return ncolumns;
}

static bool is_right(const struct placed *p)
{
	if (p->column->align != ALIGN_AUTO)
		return p->column->align == ALIGN_RIGHT;
	return p->field && (p->field->type == FIELD_INT || p->field->type == FIELD_REAL ||
			    p->field->type == FIELD_IDENT);
}

/* Headings stay where they are: the arrow of the column that sorts takes the cell behind its own,
 * the gap where it must. */
static void draw_title(const struct table *t, struct area a, const struct placed *p)
{
	bool is_sorted = t->sort && p->field == t->sort;
	const char *name = p->column->title ? p->column->title
			   : p->field       ? p->field->title
					    : p->column->name;
	const char *arrow = t->is_inverted ? a.s->glyphs->arrow_down : a.s->glyphs->arrow_up;
	enum style st = is_sorted ? STYLE_STRONG : STYLE_DIM;
	int x = p->gauge.x >= 0 ? p->gauge.x : p->at.x, end;
	int w = p->at.w + (p->gauge.x >= 0 ? p->gauge.w : 0);

	if (is_right(p) && !p->column->gauge) {
		draw_right(a, x, 0, w, st, name);
		end = x + w;
	} else {
		end = draw_str_cut(a, x, 0, w, st, name);
	}
	if (is_sorted)
		draw_str(a, end, 0, st, arrow);
}

static void draw_heading(const struct table *t, struct area a, const struct placed *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i].at.x >= 0)
			draw_title(t, a, &p[i]);
}

struct row_state {
	const void *row;
	bool is_old, is_cursor;
	const char *note;
	bool is_note_beside; /* the subject leaves room for it */
};

static bool is_zero(const struct field *f, const void *row)
{
	if (f->type == FIELD_INT)
		return *(const int64_t *)FIELD_OF(row, f) == 0;
	return f->type == FIELD_REAL && *(const double *)FIELD_OF(row, f) == 0.0;
}

static enum style cell_style(const struct placed *p, const struct row_state *r)
{
	const struct column *c = p->column;
	enum style st = c->flags & COLUMN_SPARK ? STYLE_SPARK : STYLE_TEXT;

	if (c->flags & COLUMN_ZERO_DIM && is_zero(p->field, r->row))
		st = STYLE_DIM;
	else if (c->style)
		st = c->style(r->row);
	if (r->is_old && !(c->flags & COLUMN_KEEPS))
		return c->flags & COLUMN_SPARK ? STYLE_FAINT : STYLE_DIM;
	if (r->is_cursor && c->flags & COLUMN_SUBJECT && st == STYLE_TEXT)
		return STYLE_STRONG;
	return st;
}

static double number_of(const struct field *f, const void *row)
{
	if (f->type == FIELD_REAL)
		return *(const double *)FIELD_OF(row, f);
	if (f->type == FIELD_INT && !field_is_absent(f, row))
		return (double)*(const int64_t *)FIELD_OF(row, f);
	return ABSENT_REAL;
}

static void draw_series(struct area a, const struct placed *p, const struct row_state *r,
			enum style st)
{
	const struct column *c = p->column;
	const struct series *all = FIELD_OF(r->row, p->field);
	float kept[SCREEN_MAX_W];
	struct series s = *all;

	if (c->flags & COLUMN_ZERO_GAP) {
		s.n = min_size(all->n, min_size((size_t)p->at.w, ARRAY_LEN(kept)));
		for (size_t i = 0; i < s.n; i++) {
			float v = all->v[all->n - s.n + i];

			kept[i] = v > 0 ? v : (float)NAN;
		}
		s.v = kept;
	}
	draw_spark(area_sub(a, p->at.x, 0, p->at.w, 1), st, &s, c->top ? c->top(r->row) : 0);
}

/* Half a port is another port. */
static void cut_list(char *list, int columns, const char *ellipsis)
{
	char *end;

	if (text_width(list) <= columns)
		return;
	end = list + text_fit(list, columns - 1);
	while (end > list && end[-1] != ' ')
		end--;
	if (end > list)
		memcpy(end, ellipsis, strlen(ellipsis) + 1);
}

static void draw_cell(struct area a, const struct placed *p, const struct row_state *r)
{
	enum style st;
	char value[512];

	if (p->at.x < 0 || !p->field)
		return;
	st = cell_style(p, r);
	if (p->column->flags & COLUMN_SPARK) {
		draw_series(a, p, r, st);
		return;
	}
	if (r->note && p->column->flags & (r->is_note_beside ? COLUMN_SUBJECT : COLUMN_YIELDS)) {
		draw_right(a, p->at.x, 0, p->at.w, STYLE_WARN, r->note);
		if (!r->is_note_beside)
			return;
	}
	if (p->column->format)
		p->column->format(r->row, value, sizeof(value));
	else if (p->field->type == FIELD_TIME)
		format_time(*(const int64_t *)FIELD_OF(r->row, p->field), a.s->now,
			    clock_local_offset_ms(a.s->now), value, sizeof(value));
	else
		field_format(p->field, r->row, value, sizeof(value));
	if (p->gauge.x >= 0) {
		double pct = number_of(p->field, r->row);
		int gap = text_width(value) < p->at.w; /* 100% does not touch it either */

		draw_gauge(a, p->gauge.x, 0, p->gauge.w + gap, pct,
			   r->is_old ? STYLE_FAINT : gauge_style(pct));
	}
	if (p->column->flags & COLUMN_WORDS)
		cut_list(value, p->at.w, a.s->glyphs->ellipsis);
	if (is_right(p))
		draw_right(a, p->at.x, 0, p->at.w, st, value);
	else
		draw_str_cut(a, p->at.x, 0, p->at.w, st, value);
}

/* Names identify: none is cut for a note. */
static void place_note(const struct table *t, const struct placed *p, size_t n, struct row_state *r)
{
	char name[512];

	r->note = t->spec.note ? t->spec.note(r->row) : NULL;
	r->is_note_beside = false;
	for (size_t i = 0; r->note && i < n; i++)
		if (p[i].column->flags & COLUMN_SUBJECT && p[i].field) {
			field_format(p[i].field, r->row, name, sizeof(name));
			r->is_note_beside = text_width(name) + 1 + text_width(r->note) <= p[i].at.w;
		}
}

/* By how much the note is wider than the column P that yields to it; its neighbour gives that. */
static int note_excess(const struct placed *p, const struct row_state *r)
{
	if (!r->note || r->is_note_beside || !(p->column->flags & COLUMN_YIELDS))
		return 0;
	return (int)max_i64(0, text_width(r->note) - p->at.w);
}

static void draw_row(const struct table *t, struct area a, const struct placed *p, size_t n,
		     const struct row_state *r)
{
	struct area cells = area_sub(a, MARGIN, 0, a.w - MARGIN - RIGHT_MARGIN, 1);

	if (r->is_cursor)
		area_fill(a, STYLE_TEXT);
	if (t->spec.mark) {
		enum style st = STYLE_TEXT;
		const char *glyph = t->spec.mark(a.s->glyphs, r->row, &st);

		if (r->is_old && st == STYLE_OK) /* what is old is never green */
			st = STYLE_DIM;
		if (glyph)
			draw_str(area_sub(a, 0, 0, MARGIN, 1), 1, 0, st, glyph);
	}
	if (table_is_marked(t, r->row))
		draw_str(a, t->spec.mark ? 0 : 1, 0, STYLE_STRONG, a.s->glyphs->mark);
	for (size_t i = 0; i < n; i++) {
		struct placed cell = p[i];

		cell.at.x -= note_excess(&p[i], r);
		cell.at.w += note_excess(&p[i], r);
		if (i + 1 < n)
			cell.at.w -= note_excess(&p[i + 1], r);
		draw_cell(cells, &cell, r);
	}
}

static void scroll(struct table *t, int height)
{
	size_t page = height > 0 ? (size_t)height : 1;

	/* More room: what went off the top for want of it comes back. */
	if (height > t->page && t->cursor < page)
		t->top = 0;
	t->page = height;
	if (t->cursor < t->top)
		t->top = t->cursor;
	if (t->cursor >= t->top + page)
		t->top = t->cursor - page + 1;
	if (t->top + page > t->nshown)
		t->top = t->nshown > page ? t->nshown - page : 0;
}

void table_draw(struct table *t, struct area a, bool is_focused)
{
	struct placed p[LAYOUT_COLUMNS];
	size_t n = place(t, a.w - MARGIN - RIGHT_MARGIN, p);

	t->dropped = 0;
	for (size_t i = 0; i < n; i++)
		t->dropped |= (uint64_t)(p[i].at.x < 0) << i;
	t->drawn_y = a.y;
	t->seen_hash = t->cursor_hash;
	draw_heading(t, area_sub(a, MARGIN, 0, a.w - MARGIN, 1), p, n);
	scroll(t, a.h - 1);
	for (int y = 1; y < a.h; y++) {
		size_t i = t->top + (size_t)y - 1;
		struct row_state r;
		struct area line = area_row(a, y);

		if (i >= t->nshown)
			break;
		r.row = t->rows[t->order[i]];
		place_note(t, p, n, &r);
		r.is_old = (t->spec.is_old && t->spec.is_old(r.row)) ||
			   (t->is_old && t->is_old(t->old_data, r.row));
		r.is_cursor = is_focused && i == t->cursor;
		if (r.is_cursor)
			line = area_on(line, GROUND_CURSOR);
		draw_row(t, line, p, n, &r);
	}
}

int table_height(const struct table *t)
{
	return (int)min_size(t->nshown, SCREEN_MAX_H) + 1;
}

void table_facts(const struct table *t, char *out, size_t size)
{
	size_t marked, hidden;
	int n;

	if (*t->filter_text)
		n = snprintf(out, size, "/%.60s  %zu of %zu", t->filter_text, t->nshown, t->n);
	else
		n = snprintf(out, size, "%zu", t->n);
	if (t->sort && n >= 0 && (size_t)n < size)
		n += snprintf(out + n, size - (size_t)n, ", by %s", t->sort->title);
	else if (t->spec.order && n >= 0 && (size_t)n < size)
		n += snprintf(out + n, size - (size_t)n, ", %s", t->spec.order);
	marked = table_marked(t, &hidden);
	if (marked && n >= 0 && (size_t)n < size)
		n += snprintf(out + n, size - (size_t)n, ", %zu marked", marked);
	if (marked && hidden && n >= 0 && (size_t)n < size)
		snprintf(out + n, size - (size_t)n, " (%zu hidden)", hidden);
}

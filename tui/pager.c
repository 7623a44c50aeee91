/* pager.c - lines of spans, a position, wrapping and search. The position is a line, so that
 * wrapping and new sizes keep what one was reading at the top. */
#include "pager.h"

#include <string.h>
#include <strings.h>

enum { INDENT = 3, MOST_ROWS = 400 };

void pager_set(struct pager *p, const struct line *lines, size_t n)
{
	bool at_end = p->top + (size_t)(p->page > 0 ? p->page : 1) >= p->n;

	p->lines = lines;
	p->n = n;
	if (p->is_tail && at_end && p->page > 0)
		p->top = n > (size_t)p->page ? n - (size_t)p->page : 0;
	if (p->top >= n)
		p->top = n ? n - 1 : 0;
}

static bool line_has(const struct line *l, const char *needle)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->spans[i].text && strcasestr(text_str(l->spans[i].text), needle))
			return true;
	return false;
}

/* Where a line goes on that is wrapped: below its last span, as in a list. */
static int indent_of(struct area a, const struct line *l)
{
	int x = 1;

	for (size_t i = 0; i + 1 < l->n; i++)
		x += l->spans[i].text ? text_width(text_str(l->spans[i].text)) : 0;
	return l->n > 1 && x < a.w / 2 ? x : INDENT;
}

/* Bytes that come into w columns: up to a blank where one can be broken at. A word that the line
 * below may hold whole does not begin on a line that holds something. */
static size_t piece(const char *s, int w, bool is_begun)
{
	size_t fit = text_fit(s, w), first = strspn(s, " "), n = fit;

	if (!s[fit])
		return fit;
	while (n > first && s[n] != ' ')
		n--;
	return n > first ? n : is_begun ? 0 : fit;
}

/* Draws one line from column 0, wrapped into the rows from y on; returns rows used, also where the
 * area has no height. */
static int draw_wrapped(struct area a, int y, const struct line *l)
{
	int x = 1, rows = 1, indent = indent_of(a, l), most = a.h ? a.h - y : MOST_ROWS;

	for (size_t i = 0; i < l->n; i++) {
		const char *s = l->spans[i].text ? text_str(l->spans[i].text) : "";

		while (*s) {
			size_t n = piece(s, a.w - 1 - x, x > indent);
			int end = x + text_width_n(s, n);

			draw_str(area_sub(a, 0, y, end, 1), x, 0, l->spans[i].style, s);
			s += n;
			if (!*s) {
				x = end;
				break;
			}
			if (!n && x <= indent)
				return rows; /* not even one character fits */
			s += *s == ' ';
			if (rows == most)
				return rows;
			x = indent;
			y++;
			rows++;
		}
	}
	return rows;
}

static void draw_plain(struct area a, int y, const struct line *l)
{
	int x = 1;

	for (size_t i = 0; i < l->n && x < a.w - 1; i++)
		if (l->spans[i].text)
			x = draw_cut(a, x, y, a.w - 1 - x, l->spans[i].style, l->spans[i].text);
}

void pager_draw(struct pager *p, struct area a)
{
	size_t i = p->top;
	int y = 0;

	if (p->is_tail && !p->page)
		i = p->top = p->n > (size_t)a.h ? p->n - (size_t)a.h : 0;
	p->page = a.h;
	p->width = a.w;
	for (; y < a.h && i < p->n; i++) {
		if (*p->search && line_has(&p->lines[i], p->search))
			draw_str(a, 0, y, STYLE_MATCH, a.s->glyphs->crumb);
		if (p->is_wrapped) {
			y += draw_wrapped(a, y, &p->lines[i]);
		} else {
			draw_plain(a, y, &p->lines[i]);
			y++;
		}
	}
	p->end = i;
}

/* The first line of as many as fill so many rows before that one. */
static size_t back_from(const struct pager *p, size_t line, int room)
{
	const struct area none = {.w = p->width};

	while (line > 0) {
		room -= p->is_wrapped ? draw_wrapped(none, 0, &p->lines[line - 1]) : 1;
		if (room < 0)
			break;
		line--;
	}
	return line;
}

/* A page repeats a line of the one before. */
void pager_move(struct pager *p, enum move m)
{
	size_t last = back_from(p, p->n, p->page), up = back_from(p, p->top, p->page - 1);
	size_t down = p->end > p->top + 1 ? p->end - 1 : p->top + 1;

	last = min_size(last, p->n ? p->n - 1 : 0);
	switch (m) {
	case MOVE_DOWN:
		p->top += p->top < last;
		break;
	case MOVE_UP:
		p->top -= p->top > 0;
		break;
	case MOVE_PAGE_DOWN:
		p->top = min_size(down, last > p->top ? last : p->top);
		break;
	case MOVE_PAGE_UP:
		p->top = up < p->top ? up : p->top - (p->top > 0);
		break;
	case MOVE_FIRST:
		p->top = 0;
		break;
	case MOVE_LAST:
		p->top = last;
		break;
	}
}

bool pager_search(struct pager *p, int direction)
{
	for (size_t i = p->top + (size_t)direction; i < p->n; i += (size_t)direction)
		if (*p->search && line_has(&p->lines[i], p->search)) {
			p->top = i;
			return true;
		}
	return false;
}

bool pager_error(struct pager *p, int direction)
{
	for (size_t i = p->top + (size_t)direction; i < p->n; i += (size_t)direction)
		if (p->lines[i].is_error) {
			p->top = i;
			return true;
		}
	return false;
}

void pager_copy(const struct pager *p, struct buf *out)
{
	for (size_t i = 0; i < p->n; i++) {
		if (i)
			buf_putc(out, '\n');
		for (size_t k = 0; k < p->lines[i].n; k++)
			if (p->lines[i].spans[k].text)
				buf_puts(out, text_str(p->lines[i].spans[k].text));
	}
}

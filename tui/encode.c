/* encode.c - the difference of two grids as terminal bytes.
 *
 * Measured on a 200x60 screen (PERFORMANCE section 4): ncurses' own update spends 90 to 430 writes,
 * 1.1 to 1.5 times the least bytes and 20 times the CPU of a plain comparison of cells, most of it
 * on leaving colours. So: runs of changed cells; between two runs the cheapest of moving and of
 * printing again what stands there; attributes only where they change; blanks at the end of a line
 * erased. After a character whose width terminals disagree about, the cursor is set anew, so that
 * a disagreement costs one cell and not a row. */
#include "encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct look plain = {COLOUR_DEFAULT, COLOUR_DEFAULT, 0};

static struct look look_of(const struct encoder *e, const struct cell *c)
{
	struct look l = e->theme->looks[c->style][c->ground];

	/* A blank has no foreground: do not change one for it. */
	if (c->ch == ' ' && !(l.attrs & (ATTR_REVERSE | ATTR_UNDERLINE))) {
		l.fg = e->has_look ? e->look.fg : l.fg;
		l.attrs = (uint8_t)(e->has_look ? e->look.attrs & ATTR_BOLD : l.attrs & ATTR_BOLD);
	}
	return l;
}

static bool same_look(struct look a, struct look b)
{
	return a.fg == b.fg && a.bg == b.bg && a.attrs == b.attrs;
}

/* Would a person see a difference? */
static bool same_cell(const struct encoder *e, const struct screen *old, const struct cell *a,
		      const struct screen *now, const struct cell *b)
{
	struct look la, lb;

	if (a->ch == ' ' && b->ch == ' ') {
		la = e->theme->looks[a->style][a->ground];
		lb = e->theme->looks[b->style][b->ground];
		if ((la.attrs | lb.attrs) & (ATTR_REVERSE | ATTR_UNDERLINE))
			return same_look(la, lb);
		return la.bg == lb.bg;
	}
	return screen_same(old, a, now, b);
}

static size_t colour_params(char *out, size_t size, bool background, int colour)
{
	int base = background ? 40 : 30;

	if (colour < 0)
		return (size_t)snprintf(out, size, "%d;", base + 9);
	if (colour < 8)
		return (size_t)snprintf(out, size, "%d;", base + colour);
	return (size_t)snprintf(out, size, "%d;5;%d;", base + 8, colour);
}

static void ansi_look(struct encoder *e, struct look l, struct buf *out)
{
	static const struct {
		uint8_t attr;
		char digit;
	} attrs[] = {
		{ATTR_BOLD, '1'}, {ATTR_UNDERLINE, '4'}, {ATTR_REVERSE, '7'}, {ATTR_STRIKE, '9'}};
	struct look from = e->has_look ? e->look : plain;
	char p[64];
	size_t n = 0;

	/* Attributes go away with a reset only; it is also the shortest way to plain. */
	if (!e->has_look || from.attrs & ~l.attrs || same_look(l, plain)) {
		if (same_look(l, plain)) {
			buf_puts(out, "\x1b[m");
			return;
		}
		p[n++] = '0';
		p[n++] = ';';
		from = plain;
	}
	for (size_t i = 0; i < ARRAY_LEN(attrs); i++)
		if (l.attrs & ~from.attrs & attrs[i].attr) {
			p[n++] = attrs[i].digit;
			p[n++] = ';';
		}
	if (l.fg != from.fg)
		n += colour_params(p + n, sizeof(p) - n, false, l.fg);
	if (l.bg != from.bg)
		n += colour_params(p + n, sizeof(p) - n, true, l.bg);
	if (!n)
		return;
	buf_puts(out, "\x1b[");
	buf_putn(out, p, n - 1);
	buf_putc(out, 'm');
}

static void library_look(const struct encoder *e, struct look l, struct buf *out)
{
	char s[64];

	buf_puts(out, e->ti->reset);
	if (l.attrs & ATTR_BOLD)
		buf_puts(out, e->ti->bold);
	if (l.attrs & ATTR_UNDERLINE)
		buf_puts(out, e->ti->underline);
	if (l.attrs & ATTR_REVERSE)
		buf_puts(out, e->ti->reverse);
	if (l.fg >= 0)
		buf_putn(out, s, terminfo_colour(false, l.fg, s, sizeof(s)));
	if (l.bg >= 0)
		buf_putn(out, s, terminfo_colour(true, l.bg, s, sizeof(s)));
}

static void set_look(struct encoder *e, struct look l, struct buf *out)
{
	if (e->has_look && same_look(e->look, l))
		return;
	if (e->ti->is_ansi)
		ansi_look(e, l, out);
	else
		library_look(e, l, out);
	e->look = l;
	e->has_look = true;
}

/* Shapes of our own, which are one column wide wherever they exist. */
static bool is_ours(uint32_t cp)
{
	return cp < 0x300 || (cp >= 0x2500 && cp < 0x2600) || cp == 0x2716 || cp == 0x2026 ||
	       (cp >= 0x2190 && cp <= 0x2193) || cp == 0x203A;
}

static void put_cell(struct encoder *e, const struct screen *s, int x, struct buf *out)
{
	const struct cell *c = screen_at(s, x, e->y);
	char bytes[24];
	size_t n = screen_cell_utf8(s, c, bytes);
	int columns = x + 1 < s->w && !c[1].ch ? 2 : 1;

	if (e->is_utf8 || c->ch < 0x80) {
		buf_putn(out, bytes, e->is_utf8 ? n : 1);
	} else {
		buf_putc(out, '?');
		if (columns == 2)
			buf_putc(out, ' ');
	}
	e->x = x + columns;
	if (e->is_utf8 && (columns == 2 || c->comb || !is_ours(c->ch)))
		e->x = -1;
	if (e->x >= s->w)
		e->x = -1; /* waits at the margin: terminals differ in where they think it is */
}

static void move_absolute(struct encoder *e, int x, int y, struct buf *out)
{
	char s[64];

	if (!e->ti->is_ansi)
		buf_putn(out, s, terminfo_move(x, y, s, sizeof(s)));
	else if (!x && !y)
		buf_puts(out, "\x1b[H");
	else if (!x)
		buf_printf(out, "\x1b[%dH", y + 1);
	else
		buf_printf(out, "\x1b[%d;%dH", y + 1, x + 1);
	e->x = x;
	e->y = y;
}

static int digits(int v)
{
	return v < 10 ? 1 : v < 100 ? 2 : 3;
}

/* May the gap be printed again instead of jumped over? Only cells of the look in force. */
static bool can_reprint(const struct encoder *e, const struct screen *s, int from, int to)
{
	for (int x = from; x < to; x++) {
		const struct cell *c = screen_at(s, x, e->y);

		if (c->ch < 0x20 || c->ch > 0x7E || c->comb || !e->has_look ||
		    !same_look(look_of(e, c), e->look))
			return false;
	}
	return true;
}

static void move_to(struct encoder *e, const struct screen *s, int x, int y, struct buf *out)
{
	if (e->x == x && e->y == y)
		return;
	if (e->y == y && e->x >= 0 && e->x < x && e->ti->is_ansi) {
		int gap = x - e->x, cost = gap == 1 ? 3 : 3 + digits(gap);

		if (gap <= cost && can_reprint(e, s, e->x, x)) {
			while (e->x < x)
				put_cell(e, s, e->x, out);
		} else if (gap == 1) {
			buf_puts(out, "\x1b[C");
		} else {
			buf_printf(out, "\x1b[%dC", gap);
		}
		e->x = x;
		return;
	}
	/* One line down: a new line is shorter than a position. */
	if (e->y >= 0 && y == e->y + 1 && e->ti->is_ansi) {
		int cost = x ? 4 + digits(x) + 1 : 2;

		if (!x || cost < 4 + digits(y + 1) + digits(x + 1)) {
			buf_puts(out, "\r\n");
			e->y = y;
			e->x = 0;
			if (x)
				buf_printf(out, "\x1b[%dC", x);
			e->x = x;
			return;
		}
	}
	move_absolute(e, x, y, out);
}

/* First column from which the line is blank on the terminal's own background. */
static int blank_from(const struct encoder *e, const struct screen *s, int y)
{
	int x = s->w;

	while (x > 0) {
		const struct cell *c = screen_at(s, x - 1, y);
		struct look l = e->theme->looks[c->style][c->ground];

		if (c->ch != ' ' || l.bg >= 0 || l.attrs & (ATTR_REVERSE | ATTR_UNDERLINE))
			break;
		x--;
	}
	return x;
}

static size_t encode_row(struct encoder *e, const struct screen *old, const struct screen *now,
			 int y, struct buf *out)
{
	int blank = -1, last = now->w;
	size_t changed = 0;

	if (y == now->h - 1 && !e->ti->has_safe_corner)
		last--;
	for (int x = 0; x < last; x++) {
		const struct cell *c = screen_at(now, x, y);
		bool half = !c->ch;

		if (same_cell(e, old, screen_at(old, x, y), now, c))
			continue;
		changed++;
		if (half)
			continue; /* its left half was written, or is the same */
		if (blank < 0)
			blank = blank_from(e, now, y);
		if (x >= blank && now->w - x > 4 && *e->ti->erase_line) {
			move_to(e, now, x, y, out);
			if (!e->has_look || e->look.bg >= 0 ||
			    e->look.attrs & (ATTR_REVERSE | ATTR_UNDERLINE))
				set_look(e, plain, out);
			buf_puts(out, e->ti->erase_line);
			for (x++; x < now->w; x++)
				changed += !same_cell(e, old, screen_at(old, x, y), now,
						      screen_at(now, x, y));
			break;
		}
		move_to(e, now, x, y, out);
		set_look(e, look_of(e, c), out);
		put_cell(e, now, x, out);
	}
	return changed;
}

size_t encode_frame(struct encoder *e, const struct screen *old, const struct screen *now,
		    struct buf *out)
{
	struct screen blank;
	size_t changed = 0;
	bool fresh = !old || old->w != now->w || old->h != now->h;

	if (fresh) {
		screen_init(&blank, now->glyphs);
		screen_resize(&blank, now->w, now->h);
		e->has_look = false;
		set_look(e, plain, out);
		buf_puts(out, e->ti->clear);
		e->x = e->y = -1;
		old = &blank;
	}
	for (int y = 0; y < now->h; y++) {
		size_t row = sizeof(struct cell) * (size_t)now->w;

		if (now->ncombs || old->ncombs ||
		    memcmp(screen_at(old, 0, y), screen_at(now, 0, y), row))
			changed += encode_row(e, old, now, y, out);
	}
	if (fresh)
		screen_release(&blank);
	return changed;
}

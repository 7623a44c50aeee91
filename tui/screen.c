/* screen.c - the grid itself: cells, combining marks, areas. No text layout, no colours. */
#include "draw.h"

#include <stdlib.h>
#include <string.h>

#include "../include/text.h"

void screen_init(struct screen *s, const struct glyphs *g)
{
	memset(s, 0, sizeof(*s));
	s->glyphs = g;
	s->cursor_x = s->cursor_y = -1;
}

void screen_release(struct screen *s)
{
	free(s->cells);
	free(s->combs);
	s->cells = NULL;
	s->combs = NULL;
	s->w = s->h = 0;
	s->ncombs = s->combs_size = 0;
}

static int clamp(int v, int low, int high)
{
	return v < low ? low : v > high ? high : v;
}

void screen_resize(struct screen *s, int w, int h)
{
	w = clamp(w, 1, SCREEN_MAX_W);
	h = clamp(h, 1, SCREEN_MAX_H);
	if (w != s->w || h != s->h || !s->cells) {
		s->cells = xrealloc(s->cells, sizeof(struct cell) * (size_t)w * (size_t)h);
		s->w = w;
		s->h = h;
	}
	screen_clear(s);
}

void screen_clear(struct screen *s)
{
	static const struct cell blank = {' ', 0, STYLE_DEFAULT, GROUND_NONE};
	size_t n = (size_t)s->w * (size_t)s->h;

	for (size_t i = 0; i < n; i++)
		s->cells[i] = blank;
	s->ncombs = 0;
	s->cursor_x = s->cursor_y = -1;
}

const struct cell *screen_at(const struct screen *s, int x, int y)
{
	return &s->cells[(size_t)y * (size_t)s->w + (size_t)x];
}

bool screen_same(const struct screen *a, const struct cell *ca, const struct screen *b,
		 const struct cell *cb)
{
	if (ca->ch != cb->ch || ca->style != cb->style || ca->ground != cb->ground)
		return false;
	if (!ca->comb || !cb->comb)
		return ca->comb == cb->comb;
	return !memcmp(&a->combs[ca->comb - 1], &b->combs[cb->comb - 1], sizeof(struct comb));
}

size_t screen_cell_utf8(const struct screen *s, const struct cell *c, char out[static 24])
{
	size_t n;

	if (!c->ch)
		return 0;
	n = text_encode(c->ch, out);
	if (c->comb)
		for (int i = 0; i < CELL_COMBINING && s->combs[c->comb - 1].ch[i]; i++)
			n += text_encode(s->combs[c->comb - 1].ch[i], out + n);
	return n;
}

size_t screen_row(const struct screen *s, int y, char *out, size_t size)
{
	size_t n = 0;

	for (int x = 0; x < s->w; x++) {
		char one[24];
		size_t k = screen_cell_utf8(s, screen_at(s, x, y), one);

		if (n + k + 1 > size)
			break;
		memcpy(out + n, one, k);
		n += k;
	}
	if (size)
		out[n] = '\0';
	return n;
}

struct area area_all(struct screen *s)
{
	return (struct area){s, 0, 0, s->w, s->h, GROUND_NONE};
}

struct area area_rect(struct screen *s, struct rect r)
{
	return area_sub(area_all(s), r.x, r.y, r.w, r.h);
}

struct area area_sub(struct area a, int x, int y, int w, int h)
{
	int x2 = clamp(x + w, 0, a.w), y2 = clamp(y + h, 0, a.h);

	x = clamp(x, 0, a.w);
	y = clamp(y, 0, a.h);
	return (struct area){a.s,     a.x + x, a.y + y, x2 > x ? x2 - x : 0, y2 > y ? y2 - y : 0,
			     a.ground};
}

struct area area_row(struct area a, int y)
{
	return area_sub(a, 0, y, a.w, 1);
}

struct area area_on(struct area a, enum ground g)
{
	a.ground = g;
	return a;
}

/* A wide character of which one half is overwritten leaves a blank in its other half. */
static void split_wide(struct screen *s, int x, int y)
{
	struct cell *row = &s->cells[(size_t)y * (size_t)s->w];

	if (!row[x].ch && x > 0) {
		row[x - 1].ch = ' ';
		row[x - 1].comb = 0;
	}
	if (x + 1 < s->w && !row[x + 1].ch)
		row[x + 1].ch = ' ';
}

/* The cells of n columns from x on, as far as they lie in the area (x and n become those), about to
 * be overwritten. NULL: none do. */
static struct cell *take_cells(struct area a, int *x, int y, int *n)
{
	int from = *x < 0 ? 0 : *x, to = *x + *n > a.w ? a.w : *x + *n;

	if (y < 0 || y >= a.h || from >= to)
		return NULL;
	*x = from;
	*n = to - from;
	split_wide(a.s, a.x + from, a.y + y);
	split_wide(a.s, a.x + to - 1, a.y + y);
	return &a.s->cells[(size_t)(a.y + y) * (size_t)a.s->w + (size_t)(a.x + from)];
}

void area_repeat(struct area a, int x, int y, int n, enum style st, uint32_t cp)
{
	struct cell *c = take_cells(a, &x, y, &n);

	for (int i = 0; c && i < n; i++)
		c[i] = (struct cell){cp, 0, (uint8_t)st, (uint8_t)a.ground};
}

void area_ascii(struct area a, int x, int y, int n, enum style st, const char *s)
{
	int from = x;
	struct cell *c = take_cells(a, &x, y, &n);

	s += x - from;
	for (int i = 0; c && i < n; i++)
		c[i] = (struct cell){(unsigned char)s[i], 0, (uint8_t)st, (uint8_t)a.ground};
}

void area_fill(struct area a, enum style st)
{
	for (int y = 0; y < a.h; y++)
		area_repeat(a, 0, y, a.w, st, ' ');
}

void area_put(struct area a, int x, int y, enum style st, uint32_t cp, int columns)
{
	struct cell *c;

	if (x < 0 || y < 0 || y >= a.h || x + columns > a.w)
		return;
	if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
		cp = '?'; /* the door did not see this one: nothing may act on the terminal */
	split_wide(a.s, a.x + x, a.y + y);
	c = &a.s->cells[(size_t)(a.y + y) * (size_t)a.s->w + (size_t)(a.x + x)];
	*c = (struct cell){cp, 0, (uint8_t)st, (uint8_t)a.ground};
	if (columns == 2) {
		split_wide(a.s, a.x + x + 1, a.y + y);
		c[0].ch = cp;
		c[1] = (struct cell){0, 0, (uint8_t)st, (uint8_t)a.ground};
	}
}

void area_combine(struct area a, int x, int y, uint32_t cp)
{
	struct screen *s = a.s;
	struct cell *c;
	struct comb *m;

	if (x < 0 || y < 0 || y >= a.h || x >= a.w)
		return;
	c = &s->cells[(size_t)(a.y + y) * (size_t)s->w + (size_t)(a.x + x)];
	if (!c->ch && x > 0)
		c--;
	if (!c->comb) {
		if (s->ncombs >= UINT16_MAX - 1)
			return;
		if (s->ncombs == s->combs_size) {
			s->combs_size = s->combs_size ? s->combs_size * 2 : 64;
			s->combs = xrealloc(s->combs, sizeof(struct comb) * s->combs_size);
		}
		memset(&s->combs[s->ncombs], 0, sizeof(struct comb));
		c->comb = (uint16_t)++s->ncombs;
	}
	m = &s->combs[c->comb - 1];
	for (int i = 0; i < CELL_COMBINING; i++)
		if (!m->ch[i]) {
			m->ch[i] = cp;
			return;
		}
}

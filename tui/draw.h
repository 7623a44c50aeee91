/* draw.h - the picture: a grid of cells, and what draws into it.
 *
 * Pure: no terminal, no colours, no clock. A view draws into an `area`, a rectangle of the grid
 * with its own coordinates; whatever lies outside is cut off, so no draw call can fail or overflow.
 * The grid is what golden screens are compared with; term.c sends the difference between two of
 * them.
 *
 * Text: `draw_text` takes what the one door made (include/text.h), `draw_str` what the program
 * itself says (literals, formatted numbers). Should a control character come in all the same, the
 * cell shows `?`. */
#ifndef SPARKOPS_DRAW_H
#define SPARKOPS_DRAW_H

#include "../include/base.h"
#include "../include/field.h"
#include "../include/row/job.h"
#include "../include/text.h"
#include "layout.h"
#include "style.h"

enum { SCREEN_MAX_W = 500, SCREEN_MAX_H = 300, CELL_COMBINING = 4 };

struct cell {
	uint32_t ch;    /* code point; 0: the right half of a wide character */
	uint16_t comb;  /* 1 + index of its combining marks, 0: none */
	uint8_t style;  /* enum style */
	uint8_t ground; /* enum ground */
};

struct comb {
	uint32_t ch[CELL_COMBINING]; /* 0 ends */
};

/* The shapes that exist twice, for UTF-8 and for --ascii. */
struct glyphs {
	const char *rule, *track, *ellipsis, *arrow_up, *arrow_down, *crumb, *dot, *began, *means;
	const char *gauge[9]; /* eighths; [8] is a full cell */
	const char *spark[8]; /* lowest to highest */
	const char *full_block;
	const char *side, *corner[4]; /* of a box: top left, top right, bottom left, bottom right */
	const char *verdict[VERDICT_COUNT];
	const char *mark; /* of a marked row */
	bool is_ascii;    /* gauges in brackets */
};
extern const struct glyphs glyphs_unicode, glyphs_ascii;

struct screen {
	int w, h;
	struct cell *cells; /* row by row */
	struct comb *combs;
	size_t ncombs, combs_size;
	const struct glyphs *glyphs;
	int cursor_x, cursor_y; /* of the prompt; -1: hidden */
	int64_t now;            /* wall ms of the picture: dates are drawn beside it */
};

void screen_init(struct screen *s, const struct glyphs *g);
void screen_release(struct screen *s);
void screen_resize(struct screen *s, int w, int h); /* clears; sizes are clamped to the limits */
void screen_clear(struct screen *s);
const struct cell *screen_at(const struct screen *s, int x, int y);
bool screen_same(const struct screen *a, const struct cell *ca, const struct screen *b,
		 const struct cell *cb);
/* One row as UTF-8, all columns; for tests and for copying. Returns bytes. */
size_t screen_row(const struct screen *s, int y, char *out, size_t size);
/* One cell as UTF-8, with its combining marks; 0 bytes for the right half of a wide one. */
size_t screen_cell_utf8(const struct screen *s, const struct cell *c, char out[static 24]);

/* A rectangle to draw in. (0, 0) is its top left; by value. */
struct area {
	struct screen *s;
	int x, y, w, h;
	enum ground ground; /* of every cell drawn through it */
};

struct area area_all(struct screen *s);
struct area area_rect(struct screen *s, struct rect r);
struct area area_sub(struct area a, int x, int y, int w, int h);
struct area area_row(struct area a, int y); /* one line of it */
struct area area_on(struct area a, enum ground g);
void area_fill(struct area a, enum style st); /* blanks */
/* One character of 1 or 2 columns; a combining mark onto the cell at x. */
void area_put(struct area a, int x, int y, enum style st, uint32_t cp, int columns);
void area_combine(struct area a, int x, int y, uint32_t cp);
/* n columns at once: the same printable character of one column, or that many of
 * printable ASCII. */
void area_repeat(struct area a, int x, int y, int n, enum style st, uint32_t cp);
void area_ascii(struct area a, int x, int y, int n, enum style st, const char *s);

/* All return the column after the last cell drawn. */
int draw_str(struct area a, int x, int y, enum style st, const char *own);
int draw_strf(struct area a, int x, int y, enum style st, const char *fmt, ...) ATTR_PRINTF(5, 6);
int draw_text(struct area a, int x, int y, enum style st, const struct text *t);
/* Cut to at most `w` columns, the last of them then being `…`. */
int draw_cut(struct area a, int x, int y, int w, enum style st, const struct text *t);
int draw_str_cut(struct area a, int x, int y, int w, enum style st, const char *own);
/* Wrapped at blanks into at most `most` lines from the top of a, the last of them cut; returns how
 * many they are, also where a has no height. */
int draw_paragraph(struct area a, int most, enum style st, const char *own);
/* Ends at column x + w - 1. */
void draw_right(struct area a, int x, int y, int w, enum style st, const char *own);

/* `── title ────── facts ──` over the whole width; title and facts are cut when they must be, the
 * facts go first. facts may be NULL. */
void draw_rule(struct area a, int y, enum style title_style, const char *title, const char *facts);

/* Gauge of w cells in eighths on a thin track; NaN draws a dim `-`. */
void draw_gauge(struct area a, int x, int y, int w, double pct, enum style filled);
/* The level's role: below 60 ok, from 60 warn, from 80 bad, from 90 crit. */
enum style gauge_style(double pct);
/* The newest buckets that fit into the area's first line; the newest on the right when the series
 * is full, from the left otherwise. `top` is the value of the full height, 0: the largest shown.
 * NaN leaves a gap. Never as high as a whole cell, so that rows stay apart. */
void draw_spark(struct area a, enum style st, const struct series *v, double top);
/* A chart of the area's height: columns in eighths, scale with the largest value at the left top.
 * unit is for the label. */
void draw_chart(struct area a, enum style st, const struct series *v, enum unit unit);

/* Mark and role of a verdict (look/README.md). */
const char *verdict_mark(const struct glyphs *g, int verdict);
enum style verdict_style(int verdict);

#endif

/* big.h - letters that are read from five metres, made of half blocks (of `#` with --ascii).
 *
 * A font of five dots height, two to five wide. At scale 1 a dot is one column wide and half a line
 * high, which is nearly a square; at scale k it is k times as large. Small letters are drawn as
 * capitals; a character that the font does not have stands there in its ordinary size. Pure. */
#ifndef SPARKOPS_BIG_H
#define SPARKOPS_BIG_H

#include "draw.h"

enum { BIG_MAX = 8 };

int big_height(const struct glyphs *g, int scale); /* lines; scale 0 is ordinary text */
int big_width(int scale, const char *own);         /* columns */
/* Return the column after the last dot. own: as for draw_str(). */
int big_draw(struct area a, int x, int y, int scale, enum style st, const char *own);
/* In the first line of a, cut to its width. */
int big_draw_cut(struct area a, int scale, enum style st, const char *own);
/* Wrapped at blanks, a blank line of dots between lines; at most `most` of them, the last one cut.
 * Returns the height taken; draws nothing where a has no height. */
int big_paragraph(struct area a, int most, int scale, enum style st, const char *own);
int big_pitch(const struct glyphs *g, int scale); /* from one line to the next */
/* The largest scale up to `scale` at which it is not wider than w; 0 where none is. */
int big_fit(int w, int scale, const char *own);

#endif

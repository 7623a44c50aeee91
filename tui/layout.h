/* layout.h - screen size and wishes in, rectangles out. Pure; includes nothing of the rest, so that
 * every size can be swept by a test. Nothing it returns overlaps or leaves the rectangle given. */
#ifndef SPARKOPS_LAYOUT_H
#define SPARKOPS_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

struct rect {
	int x, y, w, h;
};

/* The frame around every view. */
enum { LAYOUT_MIN_W = 20, LAYOUT_MIN_H = 5, LAYOUT_SMALL_W = 40, LAYOUT_SMALL_H = 7 };
struct frame_layout {
	bool is_tiny;  /* below the floor: only `body`, one line with the worst thing */
	bool is_small; /* the top is two lines, which name the worst job: there may be no room for
			  its row */
	struct rect top, banner, body, bottom; /* h == 0: not there; a prompt or message takes
						  the place of `bottom` */
};
void layout_frame(int w, int h, bool banner, struct frame_layout *out);

/* Panes one below the other. Each gets its `min` lines in order of `weight` (highest first; a pane
 * that cannot have its min gets 0), then the rest up to `want`, again by weight; what nobody wants
 * stays empty at the end. `gap` blank lines stand above it unless it is the first shown. */
struct pane_want {
	int min, want, gap, weight;
};
enum { LAYOUT_PANES = 8 };
void layout_stack(struct rect r, const struct pane_want *p, size_t n, struct rect *out);
/* Panes side by side with `gap` columns between; equal shares in proportion to weight, none below
 * its min (then it is left out, lowest weight first). `want` is not used. */
void layout_side(struct rect r, const struct pane_want *p, size_t n, struct rect *out);

/* Columns of a table: which are shown, where each begins and how wide it is. weight 0 is never left
 * out (where not all of these fit, the last that does gets the rest); the others are added by
 * weight, the highest first, until one does not fit. Each grows to `first` before the next are
 * added. Spare room goes to the
 * columns that `max` lets grow, in order; what is left then stands before the last column.
 * x < 0: not shown. */
struct column_want {
	int gap, width, max, weight;
	bool is_joined; /* stays beside the one before it */
	int first;      /* as wide before columns of less weight are added */
};
struct column_place {
	int x, w;
};
enum { LAYOUT_COLUMNS = 48 };
void layout_columns(int width, const struct column_want *c, size_t n, struct column_place *out);

#endif

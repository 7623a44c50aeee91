/* overview_parts.h - the overview's parts, for overview*.c only. */
#ifndef SPARKOPS_VIEW_OVERVIEW_PARTS_H
#define SPARKOPS_VIEW_OVERVIEW_PARTS_H

#include "../ui.h"

enum { LABEL_X = 1, TEXT_X = 10 };

/* A line of the lower pane: a label or time, and what happened. */
static inline void overview_line(struct area a, int y, const char *label, enum style label_style,
				 enum style what_style, const char *what)
{
	draw_str_cut(a, LABEL_X, y, TEXT_X - LABEL_X - 1, label_style, label);
	draw_str_cut(a, TEXT_X, y, a.w - 2 - TEXT_X, what_style, what);
}

/* No job is there to show. */
void overview_empty(struct ui *ui, struct area a);

#endif

/* overview_parts.h - the overview's parts, for overview*.c only. */
#ifndef SPARKOPS_VIEW_OVERVIEW_PARTS_H
#define SPARKOPS_VIEW_OVERVIEW_PARTS_H

#include "../ui.h"

enum { LABEL_X = 1, TEXT_X = 10 };

/* A line of the lower pane: a label or time, and what happened. */
void overview_line(struct area a, int y, const char *label, enum style label_style,
		   enum style what_style, const char *what);
/* No job is there to show. */
void overview_empty(struct ui *ui, struct area a);

#endif

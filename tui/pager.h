/* pager.h - lines of text to scroll through: help, messages, one DLQ entry. Lines are made by the
 * view, in its arena; the pager keeps only the position, the wrapping and the search. */
#ifndef SPARKOPS_PAGER_H
#define SPARKOPS_PAGER_H

#include "../include/buf.h"
#include "draw.h"
#include "table.h"

struct span {
	enum style style;
	const struct text *text;
};
struct line {
	size_t n;
	const struct span *spans;
	bool is_error; /* `e` and `E` stop here */
};

struct pager {
	const struct line *lines; /* borrowed until the next pager_set */
	size_t n;
	size_t top;      /* first line shown */
	int page, width; /* of the area it was drawn in last */
	size_t end;      /* line after the last one drawn */
	bool is_wrapped;
	bool is_tail; /* stays at the end while lines are added */
	char search[128];
};

void pager_set(struct pager *p, const struct line *lines, size_t n);
void pager_draw(struct pager *p, struct area a);
void pager_move(struct pager *p, enum move m);
/* direction +1 or -1; false: no further one */
bool pager_search(struct pager *p, int direction);
bool pager_error(struct pager *p, int direction);
/* All of it as it is shown, a line each. */
void pager_copy(const struct pager *p, struct buf *out);

#endif

/* flow.h - text that flows into lines of an area, for boxes whose length is learnt by drawing them
 * into nothing first. Nothing is cut: what is too long goes on below. Pure. */
#ifndef SPARKOPS_FLOW_H
#define SPARKOPS_FLOW_H

#include "../include/arena.h"
#include "draw.h"

struct flow {
	struct arena *frame;
	const struct glyphs *glyphs;
	struct area a; /* of height 0 while the length is learnt */
	int x, y;      /* y counts from the first line of the text, not of the area */
	int top;       /* first line shown */
	int indent;
};

void flow_new_line(struct flow *f); /* the text goes on, below its indent */
void flow_end_line(struct flow *f); /* what follows is something else */
/* n bytes as they stand, here. */
void flow_put(struct flow *f, enum style st, const char *s, size_t n);
/* Words after a gap; all of them on the next line where only that holds them whole. */
void flow_text(struct flow *f, int gap, enum style st, const char *s);
/* A line as it stands, blanks in front included; where it is broken a mark says that it goes on. */
void flow_raw(struct flow *f, enum style st, const char *s);

#endif

/* questiontext.h - what a question says, as text that flows: the part that scrolls where it is too
 * long, and the part that is always in sight. */
#ifndef SPARKOPS_QUESTIONTEXT_H
#define SPARKOPS_QUESTIONTEXT_H

#include "flow.h"
#include "question.h"

/* What is left out so that the rest fits (question.pack); each level with those before it: blank
 * lines, evidence beyond one line, the lines to paste where the steps say the same. */
enum { PACK_NOTHING, PACK_BLANKS, PACK_EVIDENCE, PACK_PASTE };

/* Who is meant and why above, what happens then, the same by hand last: must is the lines before
 * that. p NULL: it has not come. Lines taken. */
int question_upper(struct flow *f, const struct question *q, const struct plan_row *p, int *must);
/* The lines to paste are not shown: the key that copies them is said. Those of a replay are what is
 * sent; of the other actions the steps say it. */
bool question_is_folded(const struct question *q, const struct plan_row *p);
/* What stands above the buttons: what is asked for, and why a key did nothing. Lines taken. */
int question_lower(struct flow *f, const struct question *q, const struct plan_row *p);
/* Where something is typed, w columns from here. cursor: column in s, or -1. */
void question_entry(struct flow *f, int w, const char *s, int cursor);

#endif

/* foot.h - the bottom line: the keys that matter here and now. */
#ifndef SPARKOPS_FOOT_H
#define SPARKOPS_FOOT_H

#include "draw.h"

struct ui;

/* What a key would do nothing with is faint. Where the line is too short the last keys go first;
 * help and the way out never do. */
void foot_draw(struct ui *ui, struct area bottom);

#endif

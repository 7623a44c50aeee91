/* turns.h - who waits for whom where there is more work than cores. */
#ifndef SPARKOPS_TURNS_H
#define SPARKOPS_TURNS_H

#include <stdbool.h>

/* The calling thread wants to run as soon as it wakes, for a moment. What it starts does not. */
void turns_short(void);
/* The calling thread and all that it starts work for long, and give way to whatever wakes.
 * leaves_core: where there are several, one is left to others altogether. */
void turns_long(bool leaves_core);

#endif

/* turns.h - who waits for whom where there is more work than cores. */
#ifndef SPARKOPS_TURNS_H
#define SPARKOPS_TURNS_H

/* The calling thread wants to run as soon as it wakes, for a moment. What it starts does not. */
void turns_short(void);
/* The calling thread and all that it starts work for long, and give way to whatever wakes; of
 * several cores one is left to others altogether. */
void turns_long(void);

#endif

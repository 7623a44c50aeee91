/* ending.h - the signals that end a front end without a screen (INT, TERM, HUP): blocked but for
 * the waits, so that none is lost between a look and a wait. Main thread only. */
#ifndef SPARKOPS_ENDING_H
#define SPARKOPS_ENDING_H

#include <poll.h>

#include "../include/base.h"

void ending_catch(void); /* before other threads */
int ending_signal(void); /* the last that came, 0: none */
int ending_take(void);   /* the same, and forgets it */
/* poll(2) that lets them through; ms < 0: for ever. < 0 with EINTR when one came. */
int ending_poll(struct pollfd *p, size_t n, int64_t ms);

#endif

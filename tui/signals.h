/* signals.h - signals as events of the loop, and the last words when one is fatal. Main thread. */
#ifndef SPARKOPS_SIGNALS_H
#define SPARKOPS_SIGNALS_H

#include "../include/base.h"

struct signal_events {
	bool quit;    /* INT, TERM, QUIT */
	bool hang_up; /* HUP */
	bool resize, suspend, resumed;
};

/* Installs handlers for every signal that would end the process. Returns a descriptor to poll for
 * reading, or -1. on_death must be signal-safe. */
int signals_open(void (*on_death)(void));
/* While it is on, no signal that asks to leave ends the process by itself, a second one neither. */
void signals_hold(bool is_on);
void signals_close(void); /* puts the handlers back that were there */
/* What came since the last call; empties the descriptor. */
struct signal_events signals_take(void);
/* Threads started between these two get no signals: all are for the main thread. */
void signals_block(void);
void signals_unblock(void);

#endif

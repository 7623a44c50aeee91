/* log/held.h - programs that write logs, started before read-only mode closes the doors.
 *
 * Nothing can be started after that, so every `command` and `journal` of the configuration is
 * started early and waits here until the log that follows it begins (log_child_init takes it). A
 * log that ends while the configuration is read again gives its program back. One that ended by
 * itself cannot be had again, and its target says so. Any thread. */
#ifndef SPARKOPS_LOG_HELD_H
#define SPARKOPS_LOG_HELD_H

#include "child.h"

struct config;

/* [main] Before threads. From now on nothing else is started. */
void held_start(const struct config *cfg);
bool held_is_last(void); /* read-only: what is not held cannot be started */
/* The one with these arguments, taken over; false: there is none. */
bool held_take(const char *const *argv, struct log_child *out);
void held_give(struct log_child *c); /* takes it over, empties c */

#endif

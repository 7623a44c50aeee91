/* warden.h - sees to it that no stand-in process outlives the world, whatever way the world ends,
 * kill -9 included: a process of its own that waits for the end of a pipe, then kills all whose
 * environment bears the world's token, and removes what they left in /tmp. */
#ifndef WORLD_WARDEN_H
#define WORLD_WARDEN_H

#include <stdbool.h>

struct warden {
	char token[64]; /* NAME=VALUE, to be in the environment of every process it shall end */
	int pid, pipe;
};

/* Before any thread is started. False: it could not. */
bool warden_start(struct warden *warden);

/* Kills PID if it bears the token, waits until its ports are free, and removes what it left, if it
 * is one or is gone. 0: nothing.
 */
void warden_end(const struct warden *warden, int pid);

/* Has them all ended, and waits for that. */
void warden_stop(struct warden *warden);

#endif

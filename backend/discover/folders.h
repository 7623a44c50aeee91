/* discover/folders.h - is the folder there that a job calls its dead-letter queue? The job may run
 * in a container or name a mount that hangs: it is looked for on a pool thread, one at a time. */
#ifndef SPARKOPS_DISCOVER_FOLDERS_H
#define SPARKOPS_DISCOVER_FOLDERS_H

#include <uv.h>

#include "../../include/base.h"

struct folders;
typedef void folders_found_fn(void *data, const char *job, const char *folder);
typedef void folders_idle_fn(void *data);

struct folders_calls {
	folders_found_fn *found; /* it is there */
	folders_idle_fn *idle;   /* none is looked for any more */
	void *data;
};

struct folders *folders_new(uv_loop_t *loop, const struct folders_calls *calls);
/* The job says that this absolute path is its folder; what is known already costs nothing. */
void folders_say(struct folders *f, const char *job, const char *folder, int64_t now_ms);
bool folders_are_busy(const struct folders *f);
void folders_stop(struct folders *f); /* no callbacks any more */
void folders_free(struct folders *f); /* after the loop has ended */

#endif

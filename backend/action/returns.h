/* action/returns.h - replayed failures that come back while nobody replays.
 *
 * A replay looks itself, as long as it runs; this looks on, also at what an earlier run or another
 * sparkops sent. Loop thread; the work is done on a pool thread. */
#ifndef SPARKOPS_ACTION_RETURNS_H
#define SPARKOPS_ACTION_RETURNS_H

#include <uv.h>

#include "../publish.h"

struct returns;
typedef void returns_found_fn(void *data);

/* found: the ledger was written to. */
struct returns *returns_new(uv_loop_t *loop, const char *state_dir, returns_found_fn *found,
			    void *data);
/* Something may be new: looks at the newest snapshot, unless it is looking already. */
void returns_look(struct returns *r, struct publish *p, const struct config *cfg);
void returns_free(struct returns *r); /* a look under way ends by itself */

#endif

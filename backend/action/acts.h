/* action/acts.h - all actions of this process: the door of the pipeline.
 *
 * Takes requests from any thread, starts the threads of acts, and hands what they say to the loop,
 * which publishes it. One place enforces who may: read_only, `actions:`, holds. */
#ifndef SPARKOPS_ACTION_ACTS_H
#define SPARKOPS_ACTION_ACTS_H

#include <uv.h>

#include "../../include/action.h"
#include "../publish.h"

struct acts;
struct mailbox;
struct request;

/* [main] A ledger that cannot be opened makes actions refused with the reason. With cfg->read_only
 * nothing is opened for writing and there is no action. */
struct acts *acts_new(const struct config *cfg, struct publish *publish, struct mailbox *mailbox);
void acts_start(struct acts *s, uv_loop_t *loop);                /* [loop] */
void acts_reconfigure(struct acts *s, const struct config *cfg); /* [loop] */
void acts_snapshot(struct acts *s);                              /* [loop] there is a newer one */
/* [any] PLAN: the number of the plan. Else 0. < 0: -ERR_REFUSED ... why. */
MUST_CHECK int64_t acts_request(struct acts *s, const struct action_request *r, struct err *err);
/* [loop] Writes down who sees an entry unmasked, then calls `then` with the same request; if it
 * cannot be written, the detail says why. */
typedef void acts_revealed_fn(void *data, const struct request *r);
void acts_reveal(struct acts *s, const struct request *request, acts_revealed_fn *then, void *data);
size_t acts_running(struct acts *s); /* [any] what was answered and has not ended */
void acts_leave(struct acts *s);     /* [any] questions close, what does not finish is cancelled */
void acts_stop(struct acts *s); /* [loop] closes its handles; acts have ended or are detached */
void acts_free(struct acts *s);

#endif

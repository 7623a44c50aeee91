/* mailbox.h - wishes on their way from any thread to the loop: a bounded queue and a doorbell. */
#ifndef SPARKOPS_MAILBOX_H
#define SPARKOPS_MAILBOX_H

#include <uv.h>

#include "../include/backend.h"

struct mailbox;
typedef void mailbox_fn(void *data, const struct request *r); /* [loop] */
typedef void mailbox_stop_fn(void *data);                     /* [loop] once */

struct mailbox *mailbox_new(uv_loop_t *loop, mailbox_fn *take, mailbox_stop_fn *stop, void *data);
/* [any] Copies r. -ERR_LIMIT when too many wait, -ERR_REFUSED when it is closed. */
MUST_CHECK int mailbox_put(struct mailbox *m, const struct request *r, struct err *err);
void mailbox_ask_stop(struct mailbox *m); /* [any] nothing is taken any more; calls stop */
void mailbox_close(struct mailbox *m);    /* [loop] */
void mailbox_free(struct mailbox *m);     /* after the loop has closed its handles */

#endif

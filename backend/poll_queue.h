/* poll_queue.h - does anybody take the connections that wait at a port of this host?
 *
 * Spark's UI has a listen queue of one: two connections of ours, and a third is not even made;
 * closing them does not take them out. So before a port that is silent is asked again, the kernel
 * is asked whether the last one still waits there (sock_diag(7)). One answer of the kernel serves
 * all targets for half a second. */
#ifndef SPARKOPS_POLL_QUEUE_H
#define SPARKOPS_POLL_QUEUE_H

#include "../include/base.h"

struct poll_queues;
struct poll_queues *poll_queues_new(void);
void poll_queues_free(struct poll_queues *q); /* NULL is fine */
/* Connections that nobody has accepted at the port of that URL; 0 where none waits, or where that
 * is not known: another host's, no URL. now_ms: monotonic. Sends nothing. */
int64_t poll_queue(struct poll_queues *q, const char *url, int64_t now_ms);

#endif

/* visit.h - connections held by libmicrohttpd: accepting them, answering on them, making them wait.
 * A request that must wait (slow, silent) suspends its connection until it is due. */
#ifndef WORLD_VISIT_H
#define WORLD_VISIT_H

#include <stdbool.h>

struct service;
struct world;

/* Starts the HTTP server without a socket. False: it could not. */
bool visit_start(struct world *world);

/* Takes the connected socket FD, which came through SERVICE. */
void visit_take(struct service *service, int fd);

/* Cuts all connections of SERVICE. */
void visit_cut(struct service *service);

/* Lets all waiting requests of SERVICE be looked at again, after its faults changed. */
void visit_wake(struct service *service);

void visit_stop(struct world *world);

/* Answers kept for a service that stays unchanged. */
void visit_forget(struct service *service);

#endif

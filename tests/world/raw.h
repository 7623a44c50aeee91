/* raw.h - answers that no well-behaved HTTP server would give: one byte at a time, cut off by a
 * reset, without an end. */
#ifndef WORLD_RAW_H
#define WORLD_RAW_H

#include <stdbool.h>

struct service;

/* True if the faults of SERVICE want its new connections here. */
bool raw_wanted(const struct service *service);

/* Takes the connected socket FD; it is closed when its fault has been acted out. */
void raw_take(struct service *service, int fd);

/* Ends all connections of all services. */
void raw_stop(struct service *services, int count);

#endif

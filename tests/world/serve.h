/* serve.h - the ports of the stand-in cluster. Listeners are our own sockets on the libuv loop, so
 * that one can be closed, or left with nobody who accepts, while the others live; accepted sockets
 * are handed to one libmicrohttpd daemon whose epoll descriptor is polled by the same loop. That
 * keeps a thousand jobs cheap and everything on one thread. */
#ifndef WORLD_SERVE_H
#define WORLD_SERVE_H

#include <stdbool.h>

struct answer;
struct request;
struct service;
struct world;

/* A socket bound to 127.0.0.1:PORT (0: any) that does not listen yet: connections are refused, who
 * binds that very port can listen there, and nobody is given it by chance. -1: it cannot. */
int serve_bind(int port);

/* The port of such a socket. */
int serve_port(int fd);

/* Opens every port of WORLD. False: it could not, and said why on standard error. */
bool serve_open(struct world *world);

/* Brings the sockets of SERVICE in line with its faults, after they changed. */
void serve_apply(struct service *service);

/* The answer of SERVICE to REQUEST, faults of content included; counts and traces it. */
void serve_answer(struct service *service, const struct request *request, struct answer *answer);

/* Closes all ports and connections; the loop then only has to run out. */
void serve_close(struct world *world);

#endif

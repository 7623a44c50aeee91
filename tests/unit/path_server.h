/* path_server.h - an HTTP server on loopback that answers paths with what it was told: keep-alive,
 * one thread, counts what came. Every call may be made from any thread. */
#ifndef SPARKOPS_TESTS_PATH_SERVER_H
#define SPARKOPS_TESTS_PATH_SERVER_H

#include <stddef.h>

struct path_server;

struct path_server *path_start(void);
void path_stop(struct path_server *s);
/* Base URL, without a trailing slash. */
const char *path_base(const struct path_server *s);
/* From the next request on: target is path and query. body is copied; code 0: the connection is
 * closed without an answer; code -1: silence. */
void path_set(struct path_server *s, const char *target, int code, const char *type,
	      const void *body, size_t len);
void path_set_text(struct path_server *s, const char *target, int code, const char *type,
		   const char *body);
/* Anything else: 404 text/plain until this is called. */
void path_set_other(struct path_server *s, int code, const char *type, const char *body);
unsigned path_asked(struct path_server *s, const char *target); /* GETs of it so far */
unsigned path_total(struct path_server *s);                     /* requests of any kind */
unsigned path_not_get(struct path_server *s);                   /* with another method */
unsigned path_connections(struct path_server *s);               /* accepted so far */
unsigned path_most_at_once(struct path_server *s);              /* open at the same time */

#endif

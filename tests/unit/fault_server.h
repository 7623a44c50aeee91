/* fault_server.h - an HTTP server on loopback that does wrong on order: one thread, any number of
 * ports, each with its own behaviour, and counts of what came. Every call may be made from any
 * thread. */
#ifndef SPARKOPS_TESTS_FAULT_SERVER_H
#define SPARKOPS_TESTS_FAULT_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault_kind {
	FAULT_NONE,     /* the answer, whole, connection kept */
	FAULT_SILENT,   /* accepts, reads, says nothing */
	FAULT_DEAF,     /* listens with a backlog of one and never accepts */
	FAULT_REFUSED,  /* nobody listens */
	FAULT_TRICKLE,  /* `amount` ms between two bytes of the answer */
	FAULT_RESET_AT, /* `amount` bytes of the answer, then a reset */
	FAULT_CLOSE_AT, /* `amount` bytes of the answer, then the end */
	FAULT_ENDLESS,  /* a chunked body without end */
	FAULT_HEADERS,  /* headers without end */
	FAULT_CLOSING,  /* the answer, then the connection is closed without notice */
	FAULT_ONCE, /* the answer to the first request of a connection; at the next one it ends */
	FAULT_SLOW, /* the answer after `amount` ms */
};

struct fault_server;

struct fault_server *fault_start(void);
void fault_stop(struct fault_server *s);
/* A new port; answer (copied) is the whole response, head included; NULL: a small JSON object. */
int fault_port(struct fault_server *s, enum fault_kind kind, size_t amount, const void *answer,
	       size_t len);
/* From the next request on. Not to or from DEAF and REFUSED. */
void fault_change(struct fault_server *s, int port, enum fault_kind kind, size_t amount,
		  const void *answer, size_t len);
unsigned fault_accepts(struct fault_server *s, int port);
unsigned fault_requests(struct fault_server *s, int port);
unsigned fault_open_most(struct fault_server *s, int port); /* connections at the same time */
unsigned fault_heads(struct fault_server *s);               /* HEAD requests on all ports */
/* Copies the last request's head on that port. */
void fault_last(struct fault_server *s, int port, char *out, size_t size);
/* Connections to that port that somebody on this host has open or is opening, as the kernel's table
 * says: also those that a DEAF port never sees. */
unsigned fault_clients(int port);
const char *fault_url(int port, const char *path, char out[static 128]);

#endif

/* port.h - a listening port of a stand-in: its own socket, with the backlog the real one has, and
 * a thread that accepts. What is accepted is served by a thread of its own. */
#ifndef WORLD_JVM_PORT_H
#define WORLD_JVM_PORT_H

#include <stdbool.h>

#include "thread.h"

#define PORT_VISITS 16

struct port {
	int number; /* once open */
	int fd;
	const char *visitor;               /* what those that serve are called */
	const char *thread;                /* what its acceptor is called */
	void (*serve)(int, struct port *); /* one connection; whoever calls it closes the socket */
	void *data;                        /* of serve */
	struct gate *gate;
	pthread_mutex_t lock;    /* of visits */
	int visits[PORT_VISITS]; /* the sockets being served, 0: none; beyond these, not cut */
	bool is_shut, is_cut;
	bool is_dual; /* an IPv6 socket that speaks IPv4, as a JVM's are */
};

/* Binds 127.0.0.1:NUMBER, or one of the next
 * MORE ones if that is taken; NUMBER 0: any of those that the variable WORLD_PORTS names, which who
 * started the process keeps from others (they stay free when it has ended), or else any at all.
 * False: it could not, and errno says why. */
bool port_open(struct port *port, int number, int more, int backlog);

/* Nobody listens any more: connections are refused. */
void port_shut(struct port *port);

/* Cuts the connections that are being served. */
void port_cut(struct port *port);

/* Kinds of serving. A relay passes bytes to and from 127.0.0.1:*(int *)data; a sink takes what
 * comes and says nothing. */
void port_relay(int fd, struct port *port);
void port_sink(int fd, struct port *port);

#endif

/* port.c - see port.h. Sockets block: each connection has its own thread, as it has in a servlet
 * container. A reset on one side of a relay becomes a reset on the other. */
#include "port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE_BYTES 16384

struct visit {
	int fd;
	struct port *port;
};

static int bind_port(int number, bool is_dual)
{
	const struct sockaddr_in6 dual = {
		.sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)number),
		.sin6_addr = {.s6_addr = {[10] = 0xff, 0xff, 127, 0, 0, 1}},
	};
	const struct sockaddr_in plain = {.sin_family = AF_INET,
					  .sin_port = htons((uint16_t)number),
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int yes = 1, no = 0;
	int fd = socket(is_dual ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 && is_dual) /* no IPv6 here: a JVM does without, too */
		return bind_port(number, false);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (is_dual)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	if ((is_dual ? bind(fd, (const struct sockaddr *)&dual, sizeof(dual))
		     : bind(fd, (const struct sockaddr *)&plain, sizeof(plain))) == 0)
		return fd;
	close(fd);
	return -1;
}

static int number_of(int fd)
{
	struct sockaddr_in6 own; /* the port is at the same place in both families */
	socklen_t size = sizeof(own);
	return getsockname(fd, (struct sockaddr *)&own, &size) ? 0 : ntohs(own.sin6_port);
}

/* Writes NOW where WAS stands among the visits of PORT. */
static void note(struct port *port, int was, int now)
{
	int i = 0;

	pthread_mutex_lock(&port->lock);
	while (i < PORT_VISITS && port->visits[i] != was)
		i++;
	if (i < PORT_VISITS)
		port->visits[i] = now;
	if (now && port->is_cut)
		shutdown(now, SHUT_RDWR);
	pthread_mutex_unlock(&port->lock);
}

static void *serve_one(void *data)
{
	struct visit visit = *(struct visit *)data;

	free(data);
	note(visit.port, 0, visit.fd);
	visit.port->serve(visit.fd, visit.port);
	note(visit.port, visit.fd, 0);
	close(visit.fd);
	return NULL;
}

/* Waits for a connection before the gate, takes it behind: what comes to a hanging process stays
 * in the kernel's queue. */
static void *accept_all(void *data)
{
	struct port *port = data;
	struct pollfd wait = {.fd = port->fd, .events = POLLIN};

	for (;;) {
		if (poll(&wait, 1, -1) < 0 && errno != EINTR)
			break;
		gate_pass(port->gate);
		int fd = accept4(port->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0)
			break;
		struct visit *visit = malloc(sizeof(*visit));
		*visit = (struct visit){fd, port};
		thread_start(port->visitor, serve_one, visit);
	}
	close(port->fd);
	return NULL;
}

static bool open_at(struct port *port, int number, int backlog)
{
	port->fd = bind_port(number, port->is_dual);
	if (port->fd < 0)
		return false;
	if (listen(port->fd, backlog) == 0)
		return true;
	close(port->fd);
	return false;
}

/* One of those that are kept from others, or else any. */
static bool open_any(struct port *port, int backlog)
{
	const char *kept = getenv("WORLD_PORTS");
	char *rest;

	for (long number = kept ? strtol(kept, &rest, 10) : 0; number > 0;
	     number = strtol(rest + (*rest == ','), &rest, 10))
		if (open_at(port, (int)number, backlog))
			return true;
	return open_at(port, 0, backlog);
}

bool port_open(struct port *port, int number, int more, int backlog)
{
	bool is_open = number == 0 && open_any(port, backlog);

	for (int n = number; number && n <= number + more && !is_open; n++)
		is_open = open_at(port, n, backlog);
	if (!is_open)
		return false;
	port->number = number_of(port->fd);
	pthread_mutex_init(&port->lock, NULL);
	thread_start(port->thread, accept_all, port);
	return true;
}

void port_shut(struct port *port)
{
	shutdown(port->fd, SHUT_RD); /* wakes its acceptor, which closes it */
}

void port_cut(struct port *port)
{
	pthread_mutex_lock(&port->lock);
	port->is_cut = true;
	for (int i = 0; i < PORT_VISITS; i++)
		if (port->visits[i])
			shutdown(port->visits[i], SHUT_RDWR);
	pthread_mutex_unlock(&port->lock);
}

static void reset(int fd)
{
	const struct linger now = {1, 0};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

/* False: that was all, or TO is not there any more. */
static bool pass_on(int from, int to)
{
	char piece[PIECE_BYTES];
	ssize_t size = recv(from, piece, sizeof(piece), 0);

	if (size < 0 && errno == ECONNRESET)
		reset(to);
	if (size <= 0)
		return false;
	for (ssize_t done = 0, n; done < size; done += n) {
		n = send(to, piece + done, (size_t)(size - done), MSG_NOSIGNAL);
		if (n < 0)
			return false;
	}
	return true;
}

static int connect_to(int number)
{
	const struct sockaddr_in there = {.sin_family = AF_INET,
					  .sin_port = htons((uint16_t)number),
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&there, sizeof(there)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

void port_relay(int fd, struct port *port)
{
	struct pollfd ends[2] = {{.fd = fd, .events = POLLIN}, {.events = POLLIN}};

	ends[1].fd = connect_to(*(const int *)port->data);
	if (ends[1].fd < 0) {
		reset(fd);
		return;
	}
	bool goes_on = true;
	while (goes_on && (poll(ends, 2, -1) > 0 || errno == EINTR)) {
		gate_pass(port->gate);
		for (int i = 0; i < 2 && goes_on; i++)
			if (ends[i].revents)
				goes_on = pass_on(ends[i].fd, ends[1 - i].fd);
	}
	close(ends[1].fd);
}

void port_sink(int fd, struct port *port)
{
	char piece[PIECE_BYTES];
	(void)port;
	while (recv(fd, piece, sizeof(piece), 0) > 0) {
	}
}

/* jvm/sockets.h - who listens where, and who is connected to it, by socket inode.
 *
 * NETLINK_SOCK_DIAG says inode, backlog and accept queue of every listening socket in one answer
 * (sock_diag(7)); where it is not to be had, and for other network namespaces, /proc/PID/net/tcp
 * and tcp6 say all but the backlog (proc(5)). Nothing is sent to anybody. Any thread. */
#ifndef SPARKOPS_JVM_SOCKETS_H
#define SPARKOPS_JVM_SOCKETS_H

#include "proc.h"

struct socket {
	uint64_t inode;
	int64_t uid;
	int32_t port, peer_port; /* peer: of a connection */
	int64_t queue, backlog;  /* listening: not yet accepted; backlog ABSENT if not said */
	bool is_loopback;        /* bound to 127.0.0.0/8 or ::1 */
};
struct sockets {
	struct socket *v; /* sorted by inode */
	size_t n, size;
};

/* All listening TCP sockets of our own network namespace; false: the kernel does not say. */
MUST_CHECK bool sockets_listening(struct sockets *s);
/* Connections over loopback, both ends. */
MUST_CHECK bool sockets_connected(struct sockets *s);
/* Listening and connected TCP sockets of the namespace of that process, from its net/tcp and
 * net/tcp6. */
MUST_CHECK bool sockets_read(const struct proc *p, int64_t pid, struct sockets *listening,
			     struct sockets *connected);
/* Adds the rows of one such file to what is wanted (either may be NULL); sockets_sort() then. */
void sockets_parse(const char *bytes, size_t len, struct sockets *listening,
		   struct sockets *connected);
void sockets_add(struct sockets *s, const struct socket *one);
void sockets_sort(struct sockets *s);
const struct socket *sockets_find(const struct sockets *s, uint64_t inode);
void sockets_free(struct sockets *s);

/* Numbers N of the sockets /tmp/.java_pidN that somebody is connected to, or waits at, right now:
 * a tool talks to that JVM. */
struct attached {
	int64_t *v;
	size_t n, size;
};
MUST_CHECK bool sockets_attached(struct attached *a);

#endif

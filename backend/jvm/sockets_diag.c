/* jvm/sockets_diag.c - the kernel's own list of sockets, sock_diag(7): one request, one answer of
 * many messages. It knows what /proc/net/tcp does not: the backlog given to listen(2). */
#include "sockets.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_SIZE = 32768, TCP_CONNECTED = 1, TCP_LISTENS = 10 };

static const char *message_body(const struct nlmsghdr *h)
{
	return (const char *)h + NLMSG_HDRLEN;
}

typedef void message_fn(void *data, const struct nlmsghdr *h);

/* false: an error message, or one that ends the list badly. */
static bool take_messages(const char *bytes, size_t len, message_fn *take, void *data,
			  bool *is_done)
{
	for (size_t at = 0; len - at >= sizeof(struct nlmsghdr);) {
		struct nlmsghdr h;

		memcpy(&h, bytes + at, sizeof(h));
		if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > len - at)
			return false;
		if (h.nlmsg_type == NLMSG_ERROR)
			return false;
		if (h.nlmsg_type == NLMSG_DONE) {
			*is_done = true;
			return true;
		}
		take(data, (const struct nlmsghdr *)(const void *)(bytes + at));
		at += min_size(NLMSG_ALIGN(h.nlmsg_len), len - at);
	}
	return true;
}

/* Sends the request and takes its whole answer. */
static bool ask_kernel(int fd, const void *request, size_t len, message_fn *take, void *data)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	char *answer;
	bool is_done = false, is_right = true;

	if (sendto(fd, request, len, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) !=
	    (ssize_t)len)
		return false;
	answer = xmalloc(ANSWER_SIZE);
	while (!is_done && is_right) {
		ssize_t n = recv(fd, answer, ANSWER_SIZE, 0);

		if (n < 0 && errno == EINTR)
			continue;
		is_right = n > 0 && take_messages(answer, (size_t)n, take, data, &is_done);
	}
	free(answer);
	return is_right;
}

static int diag_socket(void)
{
	/* the kernel answers at once; the limit is for a sandbox that swallows requests */
	const struct timeval limit = {.tv_sec = 1};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

/* --- TCP --- */

static bool is_loopback(const struct inet_diag_msg *m, const uint32_t address[4])
{
	const unsigned char *b = (const unsigned char *)address;
	static const unsigned char one[16] = {[15] = 1}, mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (m->idiag_family == AF_INET)
		return b[0] == 127;
	return memcmp(b, one, 16) == 0 || (memcmp(b, mapped, 12) == 0 && b[12] == 127);
}

static void on_tcp(void *data, const struct nlmsghdr *h)
{
	struct sockets *s = data;
	struct inet_diag_msg m;
	struct socket one;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(m)))
		return;
	memcpy(&m, message_body(h), sizeof(m));
	if (!m.idiag_inode || (m.idiag_state == TCP_CONNECTED && !is_loopback(&m, m.id.idiag_dst)))
		return;
	one = (struct socket){
		.inode = m.idiag_inode,
		.uid = m.idiag_uid,
		.port = ntohs(m.id.idiag_sport),
		.peer_port = ntohs(m.id.idiag_dport),
		.queue = m.idiag_rqueue,
		.backlog = m.idiag_state == TCP_LISTENS ? (int64_t)m.idiag_wqueue : ABSENT,
		.is_loopback = is_loopback(&m, m.id.idiag_src),
	};
	sockets_add(s, &one);
}

static bool tcp_sockets(struct sockets *s, unsigned state)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} request = {
		.h = {.nlmsg_len = sizeof(request),
		      .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.r = {.sdiag_protocol = IPPROTO_TCP, .idiag_states = 1u << state},
	};
	static const unsigned char families[] = {AF_INET, AF_INET6};
	int fd = diag_socket();
	bool is_right = fd >= 0;

	s->n = 0;
	for (size_t i = 0; is_right && i < ARRAY_LEN(families); i++) {
		request.r.sdiag_family = families[i];
		is_right = ask_kernel(fd, &request, sizeof(request), on_tcp, s);
	}
	if (fd >= 0)
		close(fd);
	sockets_sort(s);
	return is_right;
}

bool sockets_listening(struct sockets *s)
{
	return tcp_sockets(s, TCP_LISTENS);
}

bool sockets_connected(struct sockets *s)
{
	return tcp_sockets(s, TCP_CONNECTED);
}

/* --- attach sockets --- */

static void attached_add(struct attached *a, const char *name, size_t len)
{
	static const char before[] = "/tmp/.java_pid";
	size_t n = sizeof(before) - 1;
	int64_t pid = 0;

	if (len <= n || memcmp(name, before, n) != 0)
		return;
	for (size_t i = n; i < len && name[i] >= '0' && name[i] <= '9' && pid < INT32_MAX; i++)
		pid = pid * 10 + (name[i] - '0');
	if (a->n == a->size) {
		a->size = a->size ? a->size * 2 : 8;
		a->v = xrealloc(a->v, a->size * sizeof(*a->v));
	}
	a->v[a->n++] = pid;
}

/* A listener counts when somebody waits at it; what it accepted bears its name. */
static void on_unix(void *data, const struct nlmsghdr *h)
{
	const struct rtattr *name = NULL, *queue = NULL;
	struct unix_diag_msg m;
	struct unix_diag_rqlen waits = {0};
	const struct rtattr *at;
	size_t left;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(m)))
		return;
	memcpy(&m, message_body(h), sizeof(m));
	at = (const struct rtattr *)(const void *)(message_body(h) + NLMSG_ALIGN(sizeof(m)));
	left = h->nlmsg_len - NLMSG_LENGTH(sizeof(m));
	for (; left >= sizeof(*at) && at->rta_len >= sizeof(*at) && at->rta_len <= left;) {
		size_t step = min_size(RTA_ALIGN(at->rta_len), left);

		if (at->rta_type == UNIX_DIAG_NAME)
			name = at;
		else if (at->rta_type == UNIX_DIAG_RQLEN)
			queue = at;
		left -= step;
		at = (const struct rtattr *)(const void *)((const char *)at + step);
	}
	if (queue && queue->rta_len >= RTA_LENGTH(sizeof(waits)))
		memcpy(&waits, (const char *)queue + RTA_LENGTH(0), sizeof(waits));
	if (name && (m.udiag_state == TCP_CONNECTED || waits.udiag_rqueue))
		attached_add(data, (const char *)name + RTA_LENGTH(0),
			     name->rta_len - RTA_LENGTH(0));
}

bool sockets_attached(struct attached *a)
{
	struct {
		struct nlmsghdr h;
		struct unix_diag_req r;
	} request = {
		.h = {.nlmsg_len = sizeof(request),
		      .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		.r = {.sdiag_family = AF_UNIX,
		      .udiag_states = 1u << TCP_CONNECTED | 1u << TCP_LISTENS,
		      .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_RQLEN},
	};
	int fd = diag_socket();
	bool is_right;

	a->n = 0;
	is_right = fd >= 0 && ask_kernel(fd, &request, sizeof(request), on_unix, a);
	if (fd >= 0)
		close(fd);
	return is_right;
}

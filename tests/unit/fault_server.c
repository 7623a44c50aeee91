/* fault_server.c - see fault_server.h. epoll with a tick of 5 ms for what is slow on purpose. */
#include "fault_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../include/base.h"

enum { HEAD_MAX = 4096, TICK_MS = 5 };

struct port {
	int fd, number, epoll;
	enum fault_kind kind;
	size_t amount, len;
	char *answer;
	unsigned accepts, requests, open_now, open_most;
	char last[HEAD_MAX];
};

struct conn {
	struct conn *next;
	struct port *port;
	int fd;
	size_t got, sent;
	bool is_asked, has_answered, is_gone;
	int64_t due;
	char head[HEAD_MAX];
};

struct fault_server {
	pthread_mutex_t lock;
	pthread_t thread;
	int epoll, wake;
	bool is_stopping;
	struct port **ports;
	size_t nports;
	struct conn *conns;
	unsigned heads;
};

static const char small_answer[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
				   "Content-Length: 15\r\n\r\n{\"status\":\"ok\"}";

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void conn_close(struct conn *c, bool with_reset)
{
	struct linger linger = {1, 0};

	if (with_reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	/* closing is not enough while a child that was forked meanwhile still has it */
	epoll_ctl(c->port->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	close(c->fd);
	c->is_gone = true;
	c->port->open_now--;
}

static bool conn_send(struct conn *c, const char *bytes, size_t len)
{
	return send(c->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 || errno == EAGAIN;
}

static void conn_send_up_to(struct conn *c, size_t end)
{
	while (c->sent < end) {
		ssize_t n = send(c->fd, c->port->answer + c->sent, end - c->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN)
			conn_close(c, false);
		if (n < 0)
			return;
		c->sent += (size_t)n;
	}
}

static void conn_ready_again(struct conn *c)
{
	c->is_asked = false;
	c->got = c->sent = 0;
}

static void answer_trickle(struct conn *c)
{
	if (now_ms() < c->due)
		return;
	c->due = now_ms() + (int64_t)c->port->amount;
	conn_send_up_to(c, c->sent + 1);
	if (!c->is_gone && c->sent == c->port->len)
		conn_ready_again(c);
}

static void answer_endless(struct conn *c)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
	static const char line[] = "X-Filler: 0123456789012345678901234567890123456789\r\n";
	static char chunk[4096 + 8];
	bool is_fine = true;

	if (c->port->kind == FAULT_HEADERS) {
		if (!c->sent)
			is_fine = conn_send(c, "HTTP/1.1 200 OK\r\n", 17);
		for (int i = 0; i < 200 && is_fine; i++)
			is_fine = conn_send(c, line, sizeof(line) - 1);
	} else {
		memcpy(chunk, "1000\r\n", 6);
		memset(chunk + 6, ' ', 4096);
		memcpy(chunk + 6 + 4096, "\r\n", 2);
		if (!c->sent)
			is_fine = conn_send(c, head, sizeof(head) - 1);
		for (int i = 0; i < 40 && is_fine; i++) {
			ssize_t n = send(c->fd, chunk, sizeof(chunk), MSG_NOSIGNAL | MSG_DONTWAIT);

			is_fine = n >= 0 || errno == EAGAIN;
			if (n != (ssize_t)sizeof(chunk))
				break;
		}
	}
	c->sent = 1;
	if (!is_fine)
		conn_close(c, false);
}

static void conn_answer(struct conn *c)
{
	const struct port *p = c->port;

	switch (p->kind) {
	case FAULT_SLOW:
		if (now_ms() < c->due)
			return;
		/* fall through */
	case FAULT_NONE:
	case FAULT_ONCE:
	case FAULT_CLOSING:
		conn_send_up_to(c, p->len);
		if (c->is_gone || c->sent < p->len)
			return;
		if (p->kind == FAULT_CLOSING) /* as servers do: a reset might overtake the answer */
			shutdown(c->fd, SHUT_WR);
		else
			conn_ready_again(c);
		return;
	case FAULT_TRICKLE:
		answer_trickle(c);
		return;
	case FAULT_RESET_AT:
	case FAULT_CLOSE_AT:
		conn_send_up_to(c, min_size(p->amount, p->len));
		if (!c->is_gone)
			conn_close(c, p->kind == FAULT_RESET_AT);
		return;
	case FAULT_ENDLESS:
	case FAULT_HEADERS:
		answer_endless(c);
		return;
	case FAULT_SILENT:
	case FAULT_DEAF:
	case FAULT_REFUSED:
		return;
	}
}

static void conn_read(struct fault_server *s, struct conn *c)
{
	ssize_t n = recv(c->fd, c->head + c->got, sizeof(c->head) - 1 - c->got, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		conn_close(c, false);
		return;
	}
	c->got += (size_t)n;
	c->head[c->got] = '\0';
	if (c->is_asked || (c->head[0] != 0x16 && !strstr(c->head, "\r\n\r\n"))) /* 0x16: TLS */
		return;
	if (c->port->kind == FAULT_ONCE && c->has_answered) {
		conn_close(c, false);
		return;
	}
	c->is_asked = c->has_answered = true;
	c->port->requests++;
	if (strncmp(c->head, "HEAD", 4) == 0)
		s->heads++;
	memcpy(c->port->last, c->head, c->got + 1);
	c->due = now_ms() + (c->port->kind == FAULT_SLOW ? (int64_t)c->port->amount : 0);
	conn_answer(c);
}

static void port_accept(struct fault_server *s, struct port *p)
{
	struct epoll_event ev = {.events = EPOLLIN};
	int fd = accept4(p->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
	struct conn *c;

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	p->accepts++;
	if (++p->open_now > p->open_most)
		p->open_most = p->open_now;
	c = xcalloc(1, sizeof(*c));
	c->fd = fd;
	c->port = p;
	c->next = s->conns;
	s->conns = c;
	ev.data.ptr = c;
	epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &ev);
}

static bool conns_sweep(struct fault_server *s)
{
	bool is_slow = false;

	for (struct conn **at = &s->conns, *c; (c = *at) != NULL;) {
		if (!c->is_gone && c->is_asked) {
			is_slow = true;
			conn_answer(c);
		}
		if (c->is_gone) {
			*at = c->next;
			free(c);
		} else {
			at = &c->next;
		}
	}
	return is_slow;
}

static bool is_port(const struct fault_server *s, const void *p)
{
	for (size_t i = 0; i < s->nports; i++) {
		if (s->ports[i] == p)
			return true;
	}
	return false;
}

static void *serve(void *data)
{
	struct fault_server *s = data;
	struct epoll_event ev[64];
	bool is_slow = false;

	for (;;) {
		int n = epoll_wait(s->epoll, ev, ARRAY_LEN(ev), is_slow ? TICK_MS : -1);

		pthread_mutex_lock(&s->lock);
		if (s->is_stopping) {
			pthread_mutex_unlock(&s->lock);
			return NULL;
		}
		for (int i = 0; i < n; i++) {
			struct conn *c = ev[i].data.ptr;

			if (!c)
				continue;
			if (is_port(s, c))
				port_accept(s, ev[i].data.ptr);
			else if (!c->is_gone)
				conn_read(s, c);
		}
		is_slow = conns_sweep(s);
		pthread_mutex_unlock(&s->lock);
	}
}

struct fault_server *fault_start(void)
{
	struct fault_server *s = xcalloc(1, sizeof(*s));
	struct epoll_event ev = {.events = EPOLLIN};

	pthread_mutex_init(&s->lock, NULL);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->wake = eventfd(0, EFD_CLOEXEC);
	epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->wake, &ev);
	if (pthread_create(&s->thread, NULL, serve, s))
		BUG("no thread");
	return s;
}

void fault_stop(struct fault_server *s)
{
	uint64_t one = 1;
	struct conn *next;

	pthread_mutex_lock(&s->lock);
	s->is_stopping = true;
	pthread_mutex_unlock(&s->lock);
	if (write(s->wake, &one, sizeof(one)) < 0)
		BUG("eventfd");
	pthread_join(s->thread, NULL);
	for (struct conn *c = s->conns; c; c = next) {
		next = c->next;
		if (!c->is_gone)
			close(c->fd);
		free(c);
	}
	for (size_t i = 0; i < s->nports; i++) {
		close(s->ports[i]->fd);
		free(s->ports[i]->answer);
		free(s->ports[i]);
	}
	free(s->ports);
	close(s->epoll);
	close(s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static void port_set(struct port *p, enum fault_kind kind, size_t amount, const void *answer,
		     size_t len)
{
	if (!answer) {
		answer = small_answer;
		len = sizeof(small_answer) - 1;
	}
	free(p->answer);
	p->answer = xmalloc(len + 1);
	memcpy(p->answer, answer, len);
	p->len = len;
	p->kind = kind;
	p->amount = amount;
}

int fault_port(struct fault_server *s, enum fault_kind kind, size_t amount, const void *answer,
	       size_t len)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t size = sizeof(at);
	struct port *p = xcalloc(1, sizeof(*p));
	struct epoll_event ev = {.events = EPOLLIN, .data = {.ptr = p}};

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&at, sizeof(at)) ||
	    getsockname(p->fd, (struct sockaddr *)&at, &size))
		BUG("no port: %s", strerror(errno));
	if (kind != FAULT_REFUSED && listen(p->fd, kind == FAULT_DEAF ? 1 : 512))
		BUG("listen: %s", strerror(errno));
	p->number = ntohs(at.sin_port);
	p->epoll = s->epoll;
	port_set(p, kind, amount, answer, len);
	pthread_mutex_lock(&s->lock);
	s->ports = xrealloc(s->ports, (s->nports + 1) * sizeof(struct port *));
	s->ports[s->nports++] = p;
	if (kind != FAULT_REFUSED && kind != FAULT_DEAF)
		epoll_ctl(s->epoll, EPOLL_CTL_ADD, p->fd, &ev);
	pthread_mutex_unlock(&s->lock);
	return p->number;
}

/* With the lock held. */
static struct port *port_find(struct fault_server *s, int number)
{
	for (size_t i = 0; i < s->nports; i++) {
		if (s->ports[i]->number == number)
			return s->ports[i];
	}
	BUG("no port %d here", number);
}

void fault_change(struct fault_server *s, int port, enum fault_kind kind, size_t amount,
		  const void *answer, size_t len)
{
	pthread_mutex_lock(&s->lock);
	port_set(port_find(s, port), kind, amount, answer, len);
	pthread_mutex_unlock(&s->lock);
}

unsigned fault_accepts(struct fault_server *s, int port)
{
	unsigned n;

	pthread_mutex_lock(&s->lock);
	n = port_find(s, port)->accepts;
	pthread_mutex_unlock(&s->lock);
	return n;
}

unsigned fault_requests(struct fault_server *s, int port)
{
	unsigned n;

	pthread_mutex_lock(&s->lock);
	n = port_find(s, port)->requests;
	pthread_mutex_unlock(&s->lock);
	return n;
}

unsigned fault_open_most(struct fault_server *s, int port)
{
	unsigned n;

	pthread_mutex_lock(&s->lock);
	n = port_find(s, port)->open_most;
	pthread_mutex_unlock(&s->lock);
	return n;
}

unsigned fault_heads(struct fault_server *s)
{
	unsigned n;

	pthread_mutex_lock(&s->lock);
	n = s->heads;
	pthread_mutex_unlock(&s->lock);
	return n;
}

void fault_last(struct fault_server *s, int port, char *out, size_t size)
{
	pthread_mutex_lock(&s->lock);
	snprintf(out, size, "%s", port_find(s, port)->last);
	pthread_mutex_unlock(&s->lock);
}

unsigned fault_clients(int port)
{
	FILE *f = fopen("/proc/net/tcp", "re");
	char line[256];
	unsigned n = 0;

	if (!f)
		BUG("no /proc/net/tcp");
	while (fgets(line, sizeof(line), f)) {
		unsigned to, state;

		if (sscanf(line, " %*u: %*x:%*x %*x:%x %x", &to, &state) == 2 &&
		    to == (unsigned)port && state <= 2)
			n++;
	}
	fclose(f);
	return n;
}

const char *fault_url(int port, const char *path, char out[static 128])
{
	snprintf(out, 128, "http://127.0.0.1:%d%s", port, path);
	return out;
}

/* path_server.c - see path_server.h. Small requests only: a head fits into one buffer. */
#include "path_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../include/buf.h"

enum { ROUTES_MAX = 64, CONNS_MAX = 32 };

struct route {
	char *target, *type, *body;
	size_t len;
	int code;
	unsigned asked;
};

struct conn {
	int fd;
	char head[4096];
	size_t len;
};

struct path_server {
	pthread_t thread;
	pthread_mutex_t lock;
	int listener, wake[2];
	char base[64];
	struct route routes[ROUTES_MAX], other;
	size_t nroutes;
	struct conn conns[CONNS_MAX];
	size_t nconns;
	unsigned total, not_get, connections, most;
};

static void route_set(struct route *r, int code, const char *type, const void *body, size_t len)
{
	free(r->type);
	free(r->body);
	r->code = code;
	r->type = xstrdup(type);
	r->body = xmalloc(len + 1);
	memcpy(r->body, body, len);
	r->len = len;
}

static struct route *find_route(struct path_server *s, const char *target)
{
	for (size_t i = 0; i < s->nroutes; i++)
		if (strcmp(s->routes[i].target, target) == 0)
			return &s->routes[i];
	return NULL;
}

void path_set(struct path_server *s, const char *target, int code, const char *type,
	      const void *body, size_t len)
{
	struct route *r;

	pthread_mutex_lock(&s->lock);
	r = find_route(s, target);
	if (!r) {
		if (s->nroutes == ROUTES_MAX)
			BUG("more than %d routes", ROUTES_MAX);
		r = &s->routes[s->nroutes++];
		r->target = xstrdup(target);
	}
	route_set(r, code, type, body, len);
	pthread_mutex_unlock(&s->lock);
}

void path_set_text(struct path_server *s, const char *target, int code, const char *type,
		   const char *body)
{
	path_set(s, target, code, type, body, strlen(body));
}

void path_set_other(struct path_server *s, int code, const char *type, const char *body)
{
	pthread_mutex_lock(&s->lock);
	route_set(&s->other, code, type, body, strlen(body));
	pthread_mutex_unlock(&s->lock);
}

static bool send_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t got = send(fd, p, n, MSG_NOSIGNAL);

		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

/* Answers one whole head; false: the connection is over. */
static bool answer(struct path_server *s, struct conn *c)
{
	char method[16], target[2048];
	struct buf out;
	struct route *r;
	bool ok = false;

	if (sscanf(c->head, "%15s %2047s", method, target) != 2)
		return false;
	buf_init(&out, (size_t)128 << 20);
	pthread_mutex_lock(&s->lock);
	s->total++;
	if (strcmp(method, "GET") != 0)
		s->not_get++;
	r = find_route(s, target);
	if (!r)
		r = &s->other;
	r->asked++;
	if (r->code > 0) {
		buf_printf(&out,
			   "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
			   "Location: /elsewhere/\r\n\r\n",
			   r->code, r->type, r->len);
		buf_putn(&out, r->body, r->len);
	}
	ok = r->code != 0;
	pthread_mutex_unlock(&s->lock);
	if (ok && out.len)
		ok = send_all(c->fd, out.data, out.len);
	buf_release(&out);
	return ok;
}

static bool readable(struct path_server *s, struct conn *c)
{
	ssize_t n = recv(c->fd, c->head + c->len, sizeof(c->head) - 1 - c->len, 0);
	char *end;

	if (n <= 0)
		return false;
	c->len += (size_t)n;
	c->head[c->len] = '\0';
	end = strstr(c->head, "\r\n\r\n");
	if (!end)
		return c->len < sizeof(c->head) - 1;
	c->len = 0;
	return answer(s, c);
}

static void accept_one(struct path_server *s)
{
	int fd = accept(s->listener, NULL, NULL);

	if (fd < 0)
		return;
	if (s->nconns == CONNS_MAX) {
		close(fd);
		return;
	}
	s->conns[s->nconns++] = (struct conn){.fd = fd};
	pthread_mutex_lock(&s->lock);
	s->connections++;
	if (s->nconns > s->most)
		s->most = (unsigned)s->nconns;
	pthread_mutex_unlock(&s->lock);
}

static void *serve(void *data)
{
	struct path_server *s = data;
	struct pollfd fds[CONNS_MAX + 2];

	for (;;) {
		size_t n = s->nconns;

		fds[0] = (struct pollfd){.fd = s->wake[0], .events = POLLIN};
		fds[1] = (struct pollfd){.fd = s->listener, .events = POLLIN};
		for (size_t i = 0; i < n; i++)
			fds[i + 2] = (struct pollfd){.fd = s->conns[i].fd, .events = POLLIN};
		if (poll(fds, n + 2, -1) < 0 || fds[0].revents)
			break;
		for (size_t i = n; i-- > 0;) {
			if (!fds[i + 2].revents || readable(s, &s->conns[i]))
				continue;
			close(s->conns[i].fd);
			s->conns[i] = s->conns[--s->nconns];
		}
		if (fds[1].revents)
			accept_one(s);
	}
	return NULL;
}

struct path_server *path_start(void)
{
	struct path_server *s = xcalloc(1, sizeof(*s));
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);

	pthread_mutex_init(&s->lock, NULL);
	route_set(&s->other, 404, "text/plain", "nothing here", 12);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(s->listener, 8) < 0 ||
	    getsockname(s->listener, (struct sockaddr *)&at, &len) < 0 || pipe(s->wake) < 0)
		BUG("no listening socket on loopback");
	snprintf(s->base, sizeof(s->base), "http://127.0.0.1:%d", ntohs(at.sin_port));
	if (pthread_create(&s->thread, NULL, serve, s) != 0)
		BUG("no thread");
	return s;
}

void path_stop(struct path_server *s)
{
	if (write(s->wake[1], "x", 1) == 1)
		pthread_join(s->thread, NULL);
	for (size_t i = 0; i < s->nconns; i++)
		close(s->conns[i].fd);
	close(s->listener);
	close(s->wake[0]);
	close(s->wake[1]);
	for (size_t i = 0; i <= s->nroutes; i++) {
		struct route *r = i < s->nroutes ? &s->routes[i] : &s->other;

		free(r->target);
		free(r->type);
		free(r->body);
	}
	pthread_mutex_destroy(&s->lock);
	free(s);
}

const char *path_base(const struct path_server *s)
{
	return s->base;
}

static unsigned read_count(struct path_server *s, const unsigned *count)
{
	unsigned v;

	pthread_mutex_lock(&s->lock);
	v = *count;
	pthread_mutex_unlock(&s->lock);
	return v;
}

unsigned path_asked(struct path_server *s, const char *target)
{
	struct route *r;

	pthread_mutex_lock(&s->lock);
	r = find_route(s, target);
	pthread_mutex_unlock(&s->lock);
	return r ? read_count(s, &r->asked) : 0;
}

unsigned path_total(struct path_server *s)
{
	return read_count(s, &s->total);
}

unsigned path_not_get(struct path_server *s)
{
	return read_count(s, &s->not_get);
}

unsigned path_connections(struct path_server *s)
{
	return read_count(s, &s->connections);
}

unsigned path_most_at_once(struct path_server *s)
{
	return read_count(s, &s->most);
}

/* http_socket.c - libcurl's sockets and its timer on the libuv loop.
 *
 * curl says which descriptors it wants to hear of (on_interest) and when it wants to be called at
 * the latest (on_deadline); libuv says what happened. After every call into curl the finished
 * transfers are read to the end: a count that drops does not say which one ended, and the last one
 * that times out has no successor that would bring the news.
 *
 * Life of a descriptor. One curl opened through us (on_open) closes through us (on_close), so its
 * uv_poll may stay registered for reading while the connection is idle between two polls: no
 * epoll_ctl per request. All others (the resolver's pipe) are closed behind our back and are
 * stopped the moment curl says REMOVE. In both cases the poll is stopped before the descriptor is
 * closed: epoll would otherwise keep the old file, and the next connection that gets the same
 * number would never be heard. One exception is libcurl's: 7.88.1 closes a socket that is still
 * connecting by itself and says REMOVE afterwards (lib/cf-socket.c, cf_socket_close()). Closing has
 * taken it out of the epoll set already; on_open() drops what is left of it. */
#include "http_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../include/log.h"

enum { SHARD_CLIENTS = 64 };

struct http_socket {
	uv_poll_t poll;
	struct http *http;
	struct http_shard *shard; /* whose curl wants to hear of it */
	struct http_client *user; /* who used it last; NULL: nobody we know */
	int fd;
	int events; /* what libuv watches */
	int wanted; /* what curl wants to hear */
	bool is_ours;
	bool is_polled; /* poll was initialised */
};

static void shard_rebuild(struct http_shard *shard, CURLMcode why);

static void act(struct http_shard *shard, curl_socket_t fd, int bits)
{
	int running = 0;
	CURLMcode rc = curl_multi_socket_action(shard->multi, fd, bits, &running);

	if (rc != CURLM_OK)
		shard_rebuild(shard, rc);
	http_drain(shard);
}

void on_http_closed(uv_handle_t *handle)
{
	struct http *h = handle->data;

	if (--h->nhandles)
		return;
	while (h->shards) {
		struct http_shard *shard = h->shards;

		h->shards = shard->next;
		free(shard);
	}
	while (h->nspares)
		buf_release(&h->spares[--h->nspares]);
	free(h->sockets);
	free(h);
}

static void on_socket_closed(uv_handle_t *handle)
{
	struct http_socket *s = CONTAINER_OF(handle, struct http_socket, poll);
	struct http *h = s->http;

	handle->data = h;
	on_http_closed(handle);
	free(s);
}

static struct http_socket *socket_find(const struct http *h, int fd)
{
	return fd >= 0 && (size_t)fd < h->nsockets ? h->sockets[fd] : NULL;
}

static void socket_release(struct http_socket *s)
{
	struct http *h = s->http;

	h->sockets[s->fd] = NULL;
	if (!s->is_polled) {
		free(s);
		return;
	}
	uv_poll_stop(&s->poll);
	uv_close((uv_handle_t *)&s->poll, on_socket_closed);
}

static struct http_socket *socket_add(struct http *h, int fd)
{
	struct http_socket *s = xcalloc(1, sizeof(*s));

	if ((size_t)fd >= h->nsockets) {
		size_t n = h->nsockets ? h->nsockets : 64;

		while (n <= (size_t)fd)
			n *= 2;
		h->sockets = xrealloc(h->sockets, n * sizeof(struct http_socket *));
		memset(h->sockets + h->nsockets, 0,
		       (n - h->nsockets) * sizeof(struct http_socket *));
		h->nsockets = n;
	}
	s->http = h;
	s->fd = fd;
	h->sockets[fd] = s;
	return s;
}

static void on_readiness(uv_poll_t *handle, int status, int events)
{
	struct http_socket *s = CONTAINER_OF(handle, struct http_socket, poll);
	int bits = 0;

	if (status < 0) {
		/* libuv has stopped the watcher; whoever ignores this is deaf until a timeout. With
		 * what curl waits for, so that it reads the error itself: a kept connection that
		 * was closed meanwhile is then replaced by a new one instead of failing. */
		s->events = 0;
		bits = CURL_CSELECT_ERR;
		events = s->wanted;
	}
	if (!s->wanted || s->http->is_stopping) {
		/* an idle connection: the server closed it, curl will see that when it wants it */
		uv_poll_stop(handle);
		s->events = 0;
		return;
	}
	if (events & UV_READABLE)
		bits |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		bits |= CURL_CSELECT_OUT;
	act(s->shard, s->fd, bits);
}

static void socket_watch(struct http_socket *s)
{
	int rc = 0;

	/* Level triggered: to hear more than was asked is harmless for an idle or reading
	 * connection, but writable is always true. */
	if (s->wanted == s->events || (!s->wanted && s->events == UV_READABLE && s->is_ours))
		return;
	if (!s->wanted) {
		uv_poll_stop(&s->poll);
		s->events = 0;
		return;
	}
	if (!s->is_polled) {
		rc = uv_poll_init_socket(s->http->loop, &s->poll, s->fd);
		if (rc == 0) {
			s->is_polled = true;
			s->http->nhandles++;
		}
	}
	if (rc == 0)
		rc = uv_poll_start(&s->poll, s->wanted, on_readiness);
	s->events = rc == 0 ? s->wanted : 0;
	if (rc)
		log_msg(LOG_WARN, "descriptor %d cannot be watched: %s", s->fd, uv_strerror(rc));
}

static int on_interest(CURL *easy, curl_socket_t fd, int what, void *data, void *unused)
{
	struct http_shard *shard = data;
	struct http *h = shard->http;
	struct http_socket *s = socket_find(h, fd);
	char *asks = NULL;

	(void)unused;
	if (h->is_stopping)
		return 0;
	if (what == CURL_POLL_REMOVE) {
		if (!s)
			return 0;
		s->wanted = 0;
		if (s->is_ours)
			socket_watch(s);
		else
			socket_release(s);
		return 0;
	}
	if (!s)
		s = socket_add(h, fd);
	if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &asks) == CURLE_OK)
		s->user = asks ? ((struct http_transfer *)(void *)asks)->client : NULL;
	s->shard = shard;
	s->wanted =
		(what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
	socket_watch(s);
	return 0;
}

static curl_socket_t on_open(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_transfer *t = data;
	struct http *h = t->client->http;
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	struct http_socket *s;

	(void)purpose;
	t->open_errno = fd < 0 ? errno : 0;
	if (fd < 0)
		return CURL_SOCKET_BAD;
	h->stats.connections++;
	s = socket_find(h, fd);
	if (s)
		socket_release(s); /* closed behind our back */
	socket_add(h, fd)->is_ours = true;
	return fd;
}

static int on_close(void *data, curl_socket_t fd)
{
	struct http *h = data;
	struct http_socket *s = socket_find(h, fd);

	if (s)
		socket_release(s);
	return close(fd);
}

static void shard_arm(struct http_shard *shard, int64_t now);

static void on_timer(uv_timer_t *timer)
{
	struct http_shard *shard = timer->data;
	int64_t now = (int64_t)uv_now(timer->loop);

	shard->armed_ms = INT64_MAX;
	if (now < shard->due_ms) {
		shard_arm(shard, now);
		return;
	}
	shard->due_ms = INT64_MAX;
	act(shard, CURL_SOCKET_TIMEOUT, 0);
}

/* curl moves its deadline with every transfer, mostly to a later time: a timer that fires too early
 * costs less than one that is set again and again. */
static void shard_arm(struct http_shard *shard, int64_t now)
{
	if (shard->due_ms >= shard->armed_ms)
		return;
	shard->armed_ms = shard->due_ms;
	uv_timer_start(&shard->timer, on_timer, (uint64_t)max_i64(shard->due_ms - now, 0), 0);
}

static int on_deadline(CURLM *multi, long timeout_ms, void *data)
{
	struct http_shard *shard = data;
	int64_t now = (int64_t)uv_now(shard->http->loop);

	(void)multi;
	if (shard->http->is_stopping)
		return 0;
	/* 0 must not call curl from here: the timer fires in this turn of the loop */
	shard->due_ms = timeout_ms < 0 ? INT64_MAX : now + timeout_ms;
	shard_arm(shard, now);
	return 0;
}

/* A connection outlives the transfer that opened it. */
void http_socket_options(struct http *h, struct http_transfer *t)
{
	curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETDATA, h);
}

static void multi_start(struct http_shard *shard)
{
	shard->due_ms = shard->armed_ms = INT64_MAX;
	shard->multi = curl_multi_init();
	if (!shard->multi)
		BUG("libcurl has no memory");
	curl_multi_setopt(shard->multi, CURLMOPT_SOCKETFUNCTION, on_interest);
	curl_multi_setopt(shard->multi, CURLMOPT_SOCKETDATA, shard);
	curl_multi_setopt(shard->multi, CURLMOPT_TIMERFUNCTION, on_deadline);
	curl_multi_setopt(shard->multi, CURLMOPT_TIMERDATA, shard);
	curl_multi_setopt(shard->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	/* else curl keeps four per transfer of the moment, and nearly every poll connects anew */
	curl_multi_setopt(shard->multi, CURLMOPT_MAXCONNECTS, (long)SHARD_CLIENTS * 4);
}

struct http_shard *http_shard_take(struct http *h)
{
	struct http_shard *shard = h->shards;

	while (shard && shard->nclients >= SHARD_CLIENTS)
		shard = shard->next;
	if (!shard) {
		shard = xcalloc(1, sizeof(*shard));
		shard->http = h;
		shard->next = h->shards;
		h->shards = shard;
		uv_timer_init(h->loop, &shard->timer);
		shard->timer.data = shard;
		h->nhandles++;
		multi_start(shard);
	}
	shard->nclients++;
	return shard;
}

/* After an error of a multi handle the state of all its transfers is uncertain: all of them end
 * now, and a new one takes its place. */
static void shard_rebuild(struct http_shard *shard, CURLMcode why)
{
	struct http *h = shard->http;

	log_msg(LOG_ERROR, "libcurl: %s; its transfers begin anew", curl_multi_strerror(why));
	h->stats.rebuilt++;
	for (struct http_client *c = h->clients; c; c = c->next) {
		if (c->shard != shard || !c->transfer || c->is_replying)
			continue;
		curl_multi_remove_handle(shard->multi, c->transfer->easy);
		http_reply_soon(c, HTTP_OTHER, "the transfers of this program had to begin anew");
	}
	uv_timer_stop(&shard->timer);
	curl_multi_cleanup(shard->multi);
	multi_start(shard);
}

/* A client goes: its idle connections are told so, curl sweeps them up. */
void http_sockets_forget(struct http *h, const struct http_client *c)
{
	for (size_t i = 0; i < h->nsockets; i++) {
		struct http_socket *s = h->sockets[i];

		if (!s || s->user != c)
			continue;
		s->user = NULL;
		if (s->is_ours && !s->wanted)
			shutdown(s->fd, SHUT_RDWR);
	}
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct http_shard *shard = handle->data;

	handle->data = shard->http;
	on_http_closed(handle);
}

void http_shards_stop(struct http *h)
{
	for (struct http_shard *shard = h->shards; shard; shard = shard->next) {
		curl_multi_cleanup(shard->multi);
		uv_close((uv_handle_t *)&shard->timer, on_timer_closed);
	}
	for (size_t i = 0; i < h->nsockets; i++) {
		if (h->sockets[i])
			socket_release(h->sockets[i]);
	}
}

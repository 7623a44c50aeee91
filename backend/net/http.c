/* http.c - clients, requests and replies: what is asked, what may come back, and how it is called
 * when nothing does. A client is small: what a request needs, it has only while it is under way
 * (http_transfer.c). */
#include "http_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "../../include/log.h"

enum {
	ADDRESS_LIFE_S = 3600,
	LONG_BODY = 64 * 1024,  /* read in larger pieces */
	SPARE_BODY = 64 * 1024, /* buffers up to this go on to the next client */
	OWN_BODY = 512 * 1024,  /* from here on they stay with theirs */
};

static const uint64_t SECOND_NS = 1000000000U;

/* One connection per target and some for the rest: the soft limit of 1,024 is too low. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

struct http *http_new(uv_loop_t *loop, const struct config *cfg)
{
	struct http *h = xcalloc(1, sizeof(*h));

	raise_descriptor_limit();
	h->loop = loop;
	h->auths = http_auths_new(cfg);
	uv_timer_init(loop, &h->soon);
	h->soon.data = h;
	h->nhandles = 1;
	return h;
}

void http_reconfigure(struct http *h, const struct config *cfg)
{
	struct http_auths *old = h->auths;

	h->auths = http_auths_new(cfg);
	http_auths_free(old);
}

static void client_detach(struct http_client *c)
{
	struct http_transfer *t = c->transfer;

	if (t && !c->is_replying)
		curl_multi_remove_handle(c->shard->multi, t->easy);
	if (t)
		http_transfer_give(c->http, t, false);
	c->transfer = NULL;
	c->http = NULL;
}

void http_stop(struct http *h)
{
	struct http_client *next;

	h->is_stopping = true;
	for (struct http_client *c = h->clients; c; c = next) {
		next = c->next;
		client_detach(c);
		c->next = c->prev = NULL;
	}
	h->clients = h->replies = h->current = NULL;
	http_transfers_free(h);
	http_shards_stop(h);
	http_auths_free(h->auths);
	uv_close((uv_handle_t *)&h->soon, on_http_closed);
}

static void body_end(struct http *h, struct http_client *c, struct buf *body)
{
	bool is_idle = h->current == c && !c->transfer, is_used = body->size / 4 <= body->len;

	buf_clear(body);
	if (body->data && body->size <= SPARE_BODY && h->nspares < HTTP_SPARES)
		h->spares[h->nspares++] = *body;
	else if (is_idle && is_used && body->size >= OWN_BODY)
		c->body = *body;
	else
		buf_release(body);
}

struct http_client *http_client_new(struct http *h)
{
	struct http_client *c = xcalloc(1, sizeof(*c));

	c->http = h;
	c->next = h->clients;
	if (c->next)
		c->next->prev = c;
	h->clients = c;
	h->nclients++;
	c->shard = http_shard_take(h);
	c->retry_after_ms = ABSENT;
	buf_init(&c->body, 0);
	return c;
}

static void replies_remove(struct http *h, const struct http_client *c)
{
	struct http_client **at = &h->replies;

	while (*at && *at != c)
		at = &(*at)->next_reply;
	if (*at)
		*at = c->next_reply;
}

void http_client_free(struct http_client *c)
{
	struct http *h;

	if (!c)
		return;
	h = c->http;
	if (h) {
		replies_remove(h, c);
		if (h->current == c)
			h->current = NULL;
		if (c->next)
			c->next->prev = c->prev;
		if (c->prev)
			c->prev->next = c->next;
		else
			h->clients = c->next;
		h->nclients--;
		c->shard->nclients--;
		client_detach(c);
		http_sockets_forget(h, c);
	}
	buf_release(&c->body);
	free(c);
}

bool http_is_busy(const struct http_client *c)
{
	return c->transfer;
}

int64_t http_retry_after(const struct http_client *c)
{
	return c->retry_after_ms;
}

struct http_stats http_stats(const struct http *h)
{
	return h->stats;
}

/* Hands the reply over; the callback may free the client, or ask again at once. */
static void reply_deliver(struct http_transfer *t, struct http_reply *r)
{
	struct http_client *c = t->client;
	struct http *h = c->http;
	struct buf body = c->body;

	r->body = body.data ? body.data : "";
	r->len = body.len;
	r->took_ms = (int64_t)((uv_hrtime() - t->began_ns) / 1000000U);
	buf_init(&c->body, 0);
	c->transfer = NULL;
	c->is_replying = false;
	c->is_long = c->is_long || body.len > LONG_BODY;
	c->retry_after_ms = r->retry_after_ms;
	h->current = c;
	c->done(c->data, r);
	body_end(h, c, &body);
	h->current = NULL;
	http_transfer_give(h, t, r->result == HTTP_ANSWERED);
}

static void on_soon(uv_timer_t *timer)
{
	struct http *h = timer->data;
	struct http_client *c;

	/* those that are added by the callbacks have their own turn */
	for (size_t n = h->nclients; n && (c = h->replies) != NULL; n--) {
		struct http_transfer *t = c->transfer;
		struct http_reply r = {.result = t->result,
				       .content_type = "",
				       .retry_after_ms = ABSENT,
				       .problem = t->problem,
				       .is_unasked = true};

		h->replies = c->next_reply;
		buf_clear(&c->body);
		reply_deliver(t, &r);
	}
	if (h->replies)
		uv_timer_start(&h->soon, on_soon, 0, 0);
}

void http_reply_soon(struct http_client *c, enum http_result result, const char *problem)
{
	struct http *h = c->http;
	struct http_transfer *t = c->transfer;
	struct http_client **at = &h->replies;

	c->is_replying = true;
	t->result = result;
	text_clean_to(t->problem, sizeof(t->problem), problem, strlen(problem));
	c->next_reply = NULL;
	while (*at)
		at = &(*at)->next_reply;
	*at = c;
	uv_timer_start(&h->soon, on_soon, 0, 0);
}

void http_get(struct http_client *c, const char *url, const struct http_limits *limits,
	      http_done_fn *done, void *data)
{
	struct http *h = c->http;
	struct http_transfer *t;
	struct err err;
	CURLMcode rc;

	if (!h)
		return; /* stopped: no callbacks any more */
	if (c->transfer)
		BUG("a second request while one is in flight");
	c->transfer = t = http_transfer_take(c);
	c->done = done;
	c->data = data;
	c->body.cap = limits->body_cap;
	h->stats.requests++;
	if (!http_is_web_url(url)) {
		http_reply_soon(c, HTTP_OTHER, "only http:// and https:// are asked");
		return;
	}
	if (http_auth_apply(t, url, &err)) {
		http_reply_soon(c, HTTP_OTHER, err.message);
		return;
	}
	http_transfer_aim(t, url, limits);
	/* the old address may be wrong */
	if (!c->resolved_ns || t->began_ns - c->resolved_ns > ADDRESS_LIFE_S * SECOND_NS) {
		c->resolved_ns = t->began_ns;
		http_transfer_forget_address(t, url);
	}
	rc = curl_multi_add_handle(c->shard->multi, t->easy);
	if (rc != CURLM_OK)
		http_reply_soon(c, HTTP_OTHER, curl_multi_strerror(rc));
}

/* A redirect loop, a proxy or a login page are answers like any other: the code says so. */
static void transfer_finish(struct http_transfer *t, CURLcode code)
{
	struct http_reply r = {.content_type = "", .retry_after_ms = ABSENT};
	long connects = 0;
	curl_off_t wait_s = 0;
	char *type = NULL;

	r.result = http_result_of(t, code);
	http_describe(t, r.result, code);
	r.is_nonsense = http_is_nonsense(r.result, code);
	r.is_unasked = http_is_unasked(t, code);
	curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connects);
	r.is_new_connection = connects > 0;
	t->connects += (unsigned)max_i64(connects, 0);
	if (r.result == HTTP_ANSWERED) {
		curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &r.code);
		curl_easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type);
		if (type)
			r.content_type = type;
		if (r.code == 429 || r.code == 503)
			curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &wait_s);
		if (wait_s > 0)
			r.retry_after_ms = min_i64((int64_t)wait_s, 86400) * 1000;
		if (r.code == 401)
			http_auth_refused(t);
	} else {
		r.problem = t->problem;
		if (r.result != HTTP_BROKEN && r.result != HTTP_TOO_LARGE)
			t->client->resolved_ns = 0;
	}
	reply_deliver(t, &r);
}

void http_drain(struct http_shard *shard)
{
	CURLMsg *m;
	int left = 0;

	while (!shard->http->is_stopping &&
	       (m = curl_multi_info_read(shard->multi, &left)) != NULL) {
		CURLcode code = m->data.result;
		CURL *easy = m->easy_handle;
		char *t = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
		curl_multi_remove_handle(shard->multi, easy);
		transfer_finish((struct http_transfer *)(void *)t, code);
	}
}

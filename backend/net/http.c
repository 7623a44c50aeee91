/* http.c - clients, requests and replies: what is asked, what may come back, and how it is called
 * when nothing does.
 *
 * The easy handle of a client is set up once and kept, and only what changed since the last request
 * is set again. Everything that could make us do what nobody configured is off: redirects, proxies
 * and .netrc of the environment, cookies, other protocols, HTTP/0.9. libcurl 7.88's own limits do
 * not hold (MAXFILESIZE counts packed bytes and ignores chunked bodies; headers end at 300 KB),
 * so both are counted here. QUICK_EXIT keeps a name look-up that hangs from blocking the loop. */
#include "http_parts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

#include "../../include/log.h"

enum {
	SLOW_AFTER_S = 5,   /* from the first byte of the body on ... */
			    /* ... fewer than this a second is given up */
	IDLE_MAX_S = 3700,  /* above the longest interval, 1 h */
	HTTPS_LIFE_S = 300, /* a certificate is looked at again */
	ADDRESS_LIFE_S = 3600,
	LONG_BODY = 64 * 1024,   /* read in larger pieces */
	SPARE_BODY = 256 * 1024, /* larger ones stay with their client */
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
	h->auths = http_auths_new(cfg, NULL);
	uv_timer_init(loop, &h->soon);
	h->soon.data = h;
	h->nhandles = 1;
	return h;
}

void http_reconfigure(struct http *h, const struct config *cfg)
{
	struct http_auths *old = h->auths;

	h->auths = http_auths_new(cfg, old);
	http_auths_free(old);
}

static void client_detach(struct http_client *c)
{
	if (c->is_busy && !c->is_replying)
		curl_multi_remove_handle(c->shard->multi, c->easy);
	curl_easy_cleanup(c->easy);
	c->easy = NULL;
	c->is_busy = false;
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
	http_shards_stop(h);
	http_auths_free(h->auths);
	uv_close((uv_handle_t *)&h->soon, on_http_closed);
}

static size_t on_header(char *bytes, size_t size, size_t n, void *data)
{
	struct http_client *c = data;

	c->has_head = size * n <= 2 && (bytes[0] == '\r' || bytes[0] == '\n');
	c->header_bytes += size * n;
	if (c->header_bytes > HTTP_HEADER_CAP) {
		c->is_over = true;
		return 0;
	}
	return size * n;
}

/* Hundreds of clients wait most of the time: buffers go from one to the next. */
static void body_begin(struct http_client *c)
{
	struct http *h = c->http;
	size_t cap = c->body.cap;

	if (c->body.data || !h->nspares)
		return;
	c->body = h->spares[--h->nspares];
	c->body.cap = cap;
}

static void body_end(struct http *h, struct http_client *c, struct buf *body)
{
	bool is_idle = h->current == c && !c->is_busy, is_used = body->size / 4 <= body->len;

	buf_clear(body);
	if (body->data && body->size <= SPARE_BODY && h->nspares < HTTP_SPARES)
		h->spares[h->nspares++] = *body;
	else if (is_idle && is_used && body->size > SPARE_BODY)
		c->body = *body;
	else
		buf_release(body);
}

static size_t on_body(char *bytes, size_t size, size_t n, void *data)
{
	struct http_client *c = data;
	size_t len = size * n;
	uint64_t now = uv_hrtime();

	if (!c->first_byte_ns)
		c->first_byte_ns = now;
	body_begin(c);
	if (!buf_add(&c->body, bytes, len)) {
		c->is_over = true;
		return CURL_WRITEFUNC_ERROR;
	}
	if (now - c->first_byte_ns > SLOW_AFTER_S * SECOND_NS &&
	    c->body.len < (now - c->first_byte_ns) / SECOND_NS * HTTP_SLOW_BYTES) {
		c->is_slow = true;
		return CURL_WRITEFUNC_ERROR;
	}
	return len;
}

void http_easy_safe(CURL *e)
{
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "sparkops/" SPARKOPS_VERSION);
}

static void easy_setup(struct http_client *c)
{
	CURL *e = c->easy;

	http_easy_safe(e);
	curl_easy_setopt(e, CURLOPT_PRIVATE, c);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->tls_why);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(e, CURLOPT_BUFFERSIZE, (long)HTTP_READ_BYTES);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, (long)IDLE_MAX_S);
	/* Any other value makes curl walk over all addresses it knows at the end of each transfer;
	 * http_forget_address() sees to it that they do not grow old. */
	curl_easy_setopt(e, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
	http_socket_options(c->http, e);
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
	c->easy = curl_easy_init();
	if (!c->easy)
		BUG("libcurl has no memory");
	easy_setup(c);
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
	curl_slist_free_all(c->headers);
	curl_slist_free_all(c->forget);
	buf_release(&c->body);
	free(c->url);
	free(c);
}

bool http_is_busy(const struct http_client *c)
{
	return c->is_busy;
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
static void reply_deliver(struct http_client *c, struct http_reply *r)
{
	struct http *h = c->http;
	struct buf body = c->body;

	r->body = body.data ? body.data : "";
	r->len = body.len;
	r->took_ms = (int64_t)((uv_hrtime() - c->began_ns) / 1000000U);
	buf_init(&c->body, 0);
	c->is_busy = c->is_replying = false;
	if (!c->is_long && body.len > LONG_BODY) {
		c->is_long = true;
		curl_easy_setopt(c->easy, CURLOPT_BUFFERSIZE, (long)CURL_MAX_WRITE_SIZE);
	}
	c->retry_after_ms = r->retry_after_ms;
	h->current = c;
	c->done(c->data, r);
	body_end(h, c, &body);
	h->current = NULL;
}

static void on_soon(uv_timer_t *timer)
{
	struct http *h = timer->data;
	struct http_client *c;

	/* those that are added by the callbacks have their own turn */
	for (size_t n = h->nclients; n && (c = h->replies) != NULL; n--) {
		struct http_reply r = {.result = c->result,
				       .content_type = "",
				       .retry_after_ms = ABSENT,
				       .problem = c->problem,
				       .is_unasked = true};

		h->replies = c->next_reply;
		buf_clear(&c->body);
		reply_deliver(c, &r);
	}
	if (h->replies)
		uv_timer_start(&h->soon, on_soon, 0, 0);
}

void http_reply_soon(struct http_client *c, enum http_result result, const char *problem)
{
	struct http *h = c->http;
	struct http_client **at = &h->replies;

	c->is_replying = true;
	c->result = result;
	text_clean_to(c->problem, sizeof(c->problem), problem, strlen(problem));
	c->next_reply = NULL;
	while (*at)
		at = &(*at)->next_reply;
	*at = c;
	uv_timer_start(&h->soon, on_soon, 0, 0);
}

/* Why the name or the address is looked up again at the next request: the old one may be wrong. */
static void http_forget_address(struct http_client *c, const char *url)
{
	CURLU *parts = curl_url();
	char *host = NULL, *port = NULL, entry[320];
	struct in_addr literal;

	curl_slist_free_all(c->forget);
	c->forget = NULL;
	if (parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	    host[0] != '[' && inet_pton(AF_INET, host, &literal) != 1) {
		snprintf(entry, sizeof(entry), "-%.250s:%s", host, port);
		c->forget = curl_slist_append(NULL, entry);
	}
	curl_easy_setopt(c->easy, CURLOPT_RESOLVE, c->forget);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(parts);
}

bool http_is_web_url(const char *url)
{
	return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

static void easy_set_url(struct http_client *c, const char *url)
{
	if (c->url && strcmp(c->url, url) == 0)
		return;
	free(c->url);
	c->url = xstrdup(url);
	curl_easy_setopt(c->easy, CURLOPT_URL, url);
	curl_easy_setopt(c->easy, CURLOPT_MAXLIFETIME_CONN,
			 strncasecmp(url, "https:", 6) == 0 ? (long)HTTPS_LIFE_S : 0L);
}

static void easy_set_limits(struct http_client *c, const struct http_limits *limits)
{
	if (limits->connect_ms != c->limits.connect_ms)
		curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)limits->connect_ms);
	if (limits->total_ms != c->limits.total_ms)
		curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, (long)limits->total_ms);
	c->limits = *limits;
}

void http_get(struct http_client *c, const char *url, const struct http_limits *limits,
	      http_done_fn *done, void *data)
{
	struct http *h = c->http;
	struct err err;
	CURLMcode rc;

	if (!h)
		return; /* stopped: no callbacks any more */
	if (c->is_busy)
		BUG("a second request while one is in flight");
	c->is_busy = true;
	c->is_over = c->is_slow = c->has_head = false;
	c->header_bytes = 0;
	c->first_byte_ns = 0;
	c->began_ns = uv_hrtime();
	c->done = done;
	c->data = data;
	c->body.cap = limits->body_cap;
	h->stats.requests++;
	if (!http_is_web_url(url)) {
		http_reply_soon(c, HTTP_OTHER, "only http:// and https:// are asked");
		return;
	}
	if (http_auth_apply(c, url, &err)) {
		http_reply_soon(c, HTTP_OTHER, err.message);
		return;
	}
	easy_set_url(c, url);
	easy_set_limits(c, limits);
	if (!c->resolved_ns || c->began_ns - c->resolved_ns > ADDRESS_LIFE_S * SECOND_NS) {
		c->resolved_ns = c->began_ns;
		http_forget_address(c, url);
	}
	rc = curl_multi_add_handle(c->shard->multi, c->easy);
	if (rc != CURLM_OK)
		http_reply_soon(c, HTTP_OTHER, curl_multi_strerror(rc));
}

/* A redirect loop, a proxy or a login page are answers like any other: the code says so. */
static void client_finish(struct http_client *c, CURLcode code)
{
	struct http_reply r = {.content_type = "", .retry_after_ms = ABSENT};
	long connects = 0;
	curl_off_t wait_s = 0;
	char *type = NULL;

	r.result = http_result_of(c, code);
	http_describe(c, r.result, code);
	r.is_unasked = http_is_unasked(c, code);
	curl_easy_getinfo(c->easy, CURLINFO_NUM_CONNECTS, &connects);
	r.is_new_connection = connects > 0;
	if (r.result == HTTP_ANSWERED) {
		curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &r.code);
		curl_easy_getinfo(c->easy, CURLINFO_CONTENT_TYPE, &type);
		if (type)
			r.content_type = type;
		if (r.code == 429 || r.code == 503)
			curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &wait_s);
		if (wait_s > 0)
			r.retry_after_ms = min_i64((int64_t)wait_s, 86400) * 1000;
		if (r.code == 401)
			http_auth_refused(c);
	} else {
		r.problem = c->problem;
		if (r.result != HTTP_BROKEN && r.result != HTTP_TOO_LARGE)
			c->resolved_ns = 0;
	}
	if (c->forget) {
		curl_easy_setopt(c->easy, CURLOPT_RESOLVE, NULL);
		curl_slist_free_all(c->forget);
		c->forget = NULL;
	}
	reply_deliver(c, &r);
}

void http_drain(struct http_shard *shard)
{
	CURLMsg *m;
	int left = 0;

	while (!shard->http->is_stopping &&
	       (m = curl_multi_info_read(shard->multi, &left)) != NULL) {
		CURLcode code = m->data.result;
		CURL *easy = m->easy_handle;
		char *c = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &c);
		curl_multi_remove_handle(shard->multi, easy);
		client_finish((struct http_client *)(void *)c, code);
	}
}

/* http_transfer.c - easy handles: what they are made with, what is put in for one request and taken
 * out after it.
 *
 * Connections and addresses live in the multi handle, so a request needs no handle of its own from
 * poll to poll. One that goes to the next client answered its last request whole (of a failure curl
 * keeps this and that) and has lost what was its target's; what depends on the target and always
 * has a value (address, limits, size of the reads) is set for each request.
 *
 * A kept connection that turns out dead when it is used is replaced by curl, once for a request;
 * but it counts that for the life of a handle and reports the sixth as a failure. So a handle goes
 * when it has made as many connections.
 *
 * Everything that could make us do what nobody configured is off: redirects, proxies and .netrc of
 * the environment, cookies, other protocols, HTTP/0.9. libcurl 7.88's own limits do not hold
 * (MAXFILESIZE counts packed bytes and ignores chunked bodies; headers end at 300 KB), so both are
 * counted here. QUICK_EXIT keeps a name look-up that hangs from blocking the loop. */
#include "http_parts.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	SLOW_AFTER_S = 5,   /* from the first byte of the body on ... */
			    /* ... fewer than this a second is given up */
	IDLE_MAX_S = 3700,  /* above the longest interval, 1 h */
	HTTPS_LIFE_S = 300, /* a certificate is looked at again */
	CONNECTS_MAX = 5,   /* as often curl replaces a dead connection for a handle */
};

static const uint64_t SECOND_NS = 1000000000U;

static size_t on_header(char *bytes, size_t size, size_t n, void *data)
{
	struct http_transfer *t = data;

	t->has_head = size * n <= 2 && (bytes[0] == '\r' || bytes[0] == '\n');
	t->header_bytes += size * n;
	if (t->header_bytes > HTTP_HEADER_CAP) {
		t->is_over = true;
		return 0;
	}
	return size * n;
}

/* Buffers go from one client to the next, too. */
static void body_begin(struct http_client *c)
{
	struct http *h = c->http;
	size_t cap = c->body.cap;

	if (c->body.data || !h->nspares)
		return;
	c->body = h->spares[--h->nspares];
	c->body.cap = cap;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *data)
{
	struct http_transfer *t = data;
	struct buf *body = &t->client->body;
	size_t len = size * n;
	uint64_t now = uv_hrtime();

	if (!t->first_byte_ns)
		t->first_byte_ns = now;
	body_begin(t->client);
	if (!buf_add(body, bytes, len)) {
		t->is_over = true;
		return CURL_WRITEFUNC_ERROR;
	}
	if (now - t->first_byte_ns > SLOW_AFTER_S * SECOND_NS &&
	    body->len < (now - t->first_byte_ns) / SECOND_NS * HTTP_SLOW_BYTES) {
		t->is_slow = true;
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

/* How long curl shall keep an address: for ever, as http_transfer_forget_address() sees to it that
 * none grows old. Any value but -1 makes it walk over all that it knows at the end of each
 * transfer; but with -1 curl 8.1 to 8.15 drops them all there, and 8.16 takes no such value
 * (Curl_hostcache_prune() of lib/hostip.c; curl issue 18959). */
static long addresses_are_kept_s(void)
{
	unsigned v = curl_version_info(CURLVERSION_NOW)->version_num;

	return v >= 0x080100 && v < 0x081100 ? INT_MAX : -1L;
}

static struct http_transfer *transfer_new(struct http *h)
{
	struct http_transfer *t = xcalloc(1, sizeof(*t));
	CURL *e = t->easy = curl_easy_init();

	if (!e)
		BUG("libcurl has no memory");
	http_easy_safe(e);
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->tls_why);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, (long)IDLE_MAX_S);
	curl_easy_setopt(e, CURLOPT_DNS_CACHE_TIMEOUT, addresses_are_kept_s());
	http_socket_options(h, t);
	return t;
}

static void transfer_free(struct http_transfer *t)
{
	curl_easy_cleanup(t->easy);
	free(t);
}

struct http_transfer *http_transfer_take(struct http_client *c)
{
	struct http *h = c->http;
	struct http_transfer *t = h->idle;

	if (t) {
		h->idle = t->next;
		h->nidle--;
	} else {
		t = transfer_new(h);
	}
	t->client = c;
	t->header_bytes = 0;
	t->began_ns = uv_hrtime();
	t->first_byte_ns = 0;
	t->is_over = t->is_slow = t->has_head = false;
	t->open_errno = 0;
	t->tls_why[0] = '\0';
	return t;
}

bool http_is_web_url(const char *url)
{
	return strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0;
}

void http_transfer_aim(struct http_transfer *t, const char *url, const struct http_limits *limits)
{
	bool is_tls = strncasecmp(url, "https:", 6) == 0;
	size_t piece = t->client->is_long ? CURL_MAX_WRITE_SIZE : HTTP_READ_BYTES;

	t->limits = *limits;
	curl_easy_setopt(t->easy, CURLOPT_URL, url);
	curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)limits->connect_ms);
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)limits->total_ms);
	curl_easy_setopt(t->easy, CURLOPT_MAXLIFETIME_CONN, is_tls ? (long)HTTPS_LIFE_S : 0L);
	curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE, (long)piece);
}

void http_transfer_forget_address(struct http_transfer *t, const char *url)
{
	CURLU *parts = curl_url();
	char *host = NULL, *port = NULL, entry[320];
	struct in_addr literal;

	if (parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	    host[0] != '[' && inet_pton(AF_INET, host, &literal) != 1) {
		snprintf(entry, sizeof(entry), "-%.250s:%s", host, port);
		t->forget = curl_slist_append(NULL, entry);
		curl_easy_setopt(t->easy, CURLOPT_RESOLVE, t->forget);
	}
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(parts);
}

void http_transfer_give(struct http *h, struct http_transfer *t, bool is_well)
{
	http_auth_clear(t);
	if (t->forget)
		curl_easy_setopt(t->easy, CURLOPT_RESOLVE, NULL);
	curl_slist_free_all(t->forget);
	t->forget = NULL;
	t->client = NULL;
	if (!is_well || t->connects >= CONNECTS_MAX || h->is_stopping || h->nidle == HTTP_IDLE) {
		transfer_free(t);
		return;
	}
	t->next = h->idle;
	h->idle = t;
	h->nidle++;
}

void http_transfers_free(struct http *h)
{
	while (h->idle) {
		struct http_transfer *t = h->idle;

		h->idle = t->next;
		transfer_free(t);
	}
	h->nidle = 0;
}

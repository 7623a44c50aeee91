/* net/http.h - the one bridge between libcurl's multi-socket interface and libuv. GET only.
 *
 * One http_client per target, which has at most one request in flight; its connection survives from
 * poll to poll. Everything happens on the loop thread. Every reply, also a failure, comes by the
 * callback, never from inside http_get(). */
#ifndef SPARKOPS_NET_HTTP_H
#define SPARKOPS_NET_HTTP_H

#include <uv.h>

#include "../../include/config.h"

enum http_result {
	HTTP_ANSWERED,  /* any HTTP status; look at code */
	HTTP_REFUSED,   /* connection refused: the host is there, nobody listens */
	HTTP_TIMED_OUT, /* connect or total timeout, or too slow */
	HTTP_NO_NAME,   /* name not resolved */
	HTTP_BROKEN,    /* reset, half an answer, protocol error */
	HTTP_TOO_LARGE, /* decoded body or headers over the cap */
	HTTP_TLS,       /* certificate or handshake */
	HTTP_OTHER,
};

struct http_reply {
	enum http_result result;
	long code;                /* 0 unless answered */
	const char *content_type; /* "" if none; raw bytes from outside */
	const char *body;         /* NUL-terminated; valid during the callback only */
	size_t len;
	int64_t took_ms;
	int64_t retry_after_ms; /* ABSENT */
	const char *problem;    /* why not answered: a sentence without the URL; NULL when answered;
				   cleaned */
	bool is_new_connection;
	bool is_nonsense; /* something answered: no HTTP, or what cannot be unpacked */
	bool is_unasked;  /* the request never left this host: says nothing about the target */
};

struct http_limits {
	int64_t connect_ms, total_ms;
	size_t body_cap; /* decoded bytes */
};

struct http;
struct http_client;
typedef void http_done_fn(void *data, const struct http_reply *reply);

/* cfg may be NULL: no credentials. curl_global_init() must have run. */
struct http *http_new(uv_loop_t *loop, const struct config *cfg);
/* Cancels everything (no callbacks any more), closes its handles; freed when the loop has closed
 * them. */
void http_stop(struct http *h);

/* Other credentials, from the next request on. */
void http_reconfigure(struct http *h, const struct config *cfg);

struct http_client *http_client_new(struct http *h);
void http_client_free(struct http_client *c); /* cancels: no callback */
/* url must be absolute http or https; done is called exactly once, later. A second call while one
 * is in flight is a BUG. */
void http_get(struct http_client *c, const char *url, const struct http_limits *limits,
	      http_done_fn *done, void *data);
bool http_is_busy(const struct http_client *c);
/* What the last answer wished (429, 503), in ms; ABSENT. */
int64_t http_retry_after(const struct http_client *c);

/* Figures for the benchmarks and the sources view. */
struct http_stats {
	uint64_t requests, connections, rebuilt;
};
struct http_stats http_stats(const struct http *h);

#endif

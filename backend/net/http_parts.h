/* net/http_parts.h - what the files of http.h and call.c share. Nobody else includes it. */
#ifndef SPARKOPS_NET_HTTP_PARTS_H
#define SPARKOPS_NET_HTTP_PARTS_H

#include <curl/curl.h>

#include "http.h"

enum {
	HTTP_HEADER_CAP = 64 * 1024,
	HTTP_SLOW_BYTES = 1024, /* a second; slower bodies are given up */
	HTTP_SPARES = 2,        /* a body comes whole in one go nearly always */
	HTTP_IDLE = 8,
	HTTP_READ_BYTES = 4096, /* curl's own: 16 KB for each transfer under way */
};

struct http_socket;
struct http_auths;

/* One multi handle and the clients that share it. libcurl walks over all connections of a multi
 * handle whenever a transfer ends, so a thousand targets are dealt out to several. */
struct http_shard {
	struct http *http;
	CURLM *multi;
	uv_timer_t timer;         /* curl's one timer */
	int64_t due_ms, armed_ms; /* loop time: when curl wants to be called, when it fires */
	size_t nclients;
	struct http_shard *next;
};

struct http {
	uv_loop_t *loop;
	struct http_shard *shards;
	uv_timer_t soon;              /* for answers that need no network */
	struct http_socket **sockets; /* by descriptor; NULL where curl has none */
	size_t nsockets;
	struct http_client *clients; /* all of them, doubly linked */
	struct http_client *replies; /* those whose answer is known without the network */
	/* for the next bodies: a client has one only while it reads */
	struct buf spares[HTTP_SPARES];
	size_t nspares;
	struct http_transfer *idle; /* for the next requests */
	size_t nidle;
	struct http_client *current; /* whose callback runs; NULL when it freed itself meanwhile */
	struct http_auths *auths;
	size_t nclients;
	unsigned nhandles; /* uv handles that are not closed yet: the last one frees us */
	bool is_stopping;
	struct http_stats stats;
};

struct http_client {
	struct http *http; /* NULL once http_stop() was called */
	struct http_shard *shard;
	struct http_client *next, *prev, *next_reply;
	struct http_transfer *transfer; /* NULL: nothing is asked */
	struct buf body;
	uint64_t resolved_ns;   /* when the address was last looked up; 0: at the next request */
	int64_t retry_after_ms; /* of the last reply */
	http_done_fn *done;
	void *data;
	bool is_replying; /* the answer is known without the network */
	bool is_long;     /* it once gave an answer that is better read in large pieces */
};

/* One request, and the easy handle that asks. A handle is 5 KB, and of hundreds of clients few wait
 * for an answer at a time: so handles go from one to the next, but only after a whole answer, and
 * an idle one has nothing of a target: no credentials, no header, no name. */
struct http_transfer {
	struct http_client *client; /* NULL: idle */
	struct http_transfer *next; /* idle, too */
	CURL *easy;
	struct http_limits limits;
	struct curl_slist *headers,
		*forget; /* Authorization; the name whose address is forgotten */
	size_t header_bytes;
	uint64_t began_ns, first_byte_ns;
	unsigned connects; /* in the life of the handle */
	bool has_auth;     /* credentials are in the handle */
	bool is_over, is_slow;
	bool has_head;  /* the blank line after the last head came; curl does not insist on it */
	int open_errno; /* why no socket could be had, 0; curl does not say */
	enum http_result result; /* of an answer without the network */
	char problem[400];
	char tls_why[CURL_ERROR_SIZE]; /* curl's own words about a handshake */
};

/* http_socket.c: the bridge. */
struct http_shard *http_shard_take(struct http *h); /* with room for one more client */
void http_shards_stop(struct http *h);
void http_sockets_forget(struct http *h, const struct http_client *c);
void http_socket_options(struct http *h, struct http_transfer *t);
void on_http_closed(uv_handle_t *handle); /* counts the handles of h, which is in handle->data */

/* http_transfer.c: everything that could make us do what nobody configured is off. */
void http_easy_safe(CURL *easy);
bool http_is_web_url(const char *url);
/* An idle one or a new one, for this client's next request. */
struct http_transfer *http_transfer_take(struct http_client *c);
void http_transfer_aim(struct http_transfer *t, const char *url, const struct http_limits *limits);
/* The name is looked up again by this request. */
void http_transfer_forget_address(struct http_transfer *t, const char *url);
/* Its request is over; is_well: by a whole answer. */
void http_transfer_give(struct http *h, struct http_transfer *t, bool is_well);
void http_transfers_free(struct http *h); /* the idle ones */

/* http.c, called by the bridge. */
void http_drain(struct http_shard *shard);
void http_reply_soon(struct http_client *c, enum http_result result, const char *problem);

/* http_reply.c: curl's code as our result, and the sentence for t->problem. */
enum http_result http_result_of(const struct http_transfer *t, CURLcode code);
bool http_is_nonsense(enum http_result result, CURLcode code);
bool http_is_unasked(const struct http_transfer *t, CURLcode code);
void http_describe(struct http_transfer *t, enum http_result result, CURLcode code);
void http_describe_tls(CURLcode code, const char *tls_why, char *out, size_t size);

/* http_auth.c: secrets are read from their files when needed and never kept in a text. */
struct http_auths *http_auths_new(const struct config *cfg);
void http_auths_free(struct http_auths *a);
/* Puts what the configuration says for that URL into the easy handle, which has none. 0; or -ERR_
 * and a sentence when it must not be sent. */
MUST_CHECK int http_auth_apply(struct http_transfer *t, const char *url, struct err *err);
void http_auth_clear(struct http_transfer *t);
/* The same for one request: fresh from the file, put into the easy handle or added to its headers,
 * which the caller sets and frees. cfg may be NULL. Any thread. */
MUST_CHECK int http_auth_once(const struct config *cfg, CURL *easy, struct curl_slist **headers,
			      const char *url, struct err *err);
/* The server did not accept it: read the file again next time. */
void http_auth_refused(struct http_transfer *t);

/* Pure; for tests too. */
bool http_url_matches(const char *url, const char *prefix);
bool http_url_is_private(const char *url); /* https, or http to loopback */

#endif

/* net/call.c - one request, once, and how far it came.
 *
 * What matters when nobody answered is whether the other end may have done it, so that is counted
 * and not guessed. Before curl writes the first byte it tells us (on_begin): until then nothing can
 * have been received. What it wrote comes by its debug callback: the whole head and the whole body
 * gone and then silence is "sent"; anything less is "cut". curl repeats a request by itself in two
 * cases: on a kept connection that turns out to be closed (here each has its own), and when 417
 * answers `Expect: 100-continue` (never sent). */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../include/buf.h"
#include "../../include/clock.h"
#include "call.h"
#include "http_parts.h"

enum { BODY_CAP = 1 << 20, ROUND_MS = 1000 };

struct transfer {
	const struct call *call;
	struct arena *arena;
	CURL *easy;
	CURLM *multi;
	struct curl_slist *headers;
	struct buf body;
	size_t head_in;    /* bytes of the answer's head */
	size_t body_out;   /* bytes of the body that left */
	char last_out[4];  /* of the head */
	bool has_head_out; /* its blank line left */
	bool has_head_in;  /* its blank line came */
	bool is_begun;     /* from here on something may have been received */
	bool is_head_over, is_body_over, is_cancelled;
	int64_t began_ms;
	CURLcode result;
	char tls_why[CURL_ERROR_SIZE];
};

static int64_t now_ms(void)
{
	return clock_mono(&clock_real);
}

/* --- what curl tells --- */

static bool is_cancel_asked(const struct transfer *t)
{
	struct pollfd fd = {.fd = t->call->cancel_fd, .events = POLLIN};

	return fd.fd >= 0 && poll(&fd, 1, 0) > 0;
}

/* The last moment at which it can be stopped without a trace. */
static int on_begin(void *data, char *ip, char *own_ip, int port, int own_port)
{
	struct transfer *t = data;

	(void)ip, (void)own_ip, (void)port, (void)own_port;
	t->is_cancelled = is_cancel_asked(t);
	if (t->is_cancelled)
		return CURL_PREREQFUNC_ABORT;
	t->is_begun = true;
	return CURL_PREREQFUNC_OK;
}

static int on_debug(CURL *easy, curl_infotype type, char *bytes, size_t len, void *data)
{
	struct transfer *t = data;

	(void)easy;
	if (type == CURLINFO_DATA_OUT)
		t->body_out += len;
	if (type != CURLINFO_HEADER_OUT)
		return 0;
	for (size_t i = 0; i < len; i++) {
		memmove(t->last_out, t->last_out + 1, sizeof(t->last_out) - 1);
		t->last_out[sizeof(t->last_out) - 1] = bytes[i];
	}
	t->has_head_out = memcmp(t->last_out, "\r\n\r\n", 4) == 0;
	return 0;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *data)
{
	struct transfer *t = data;

	t->has_head_in = size * n <= 2 && (bytes[0] == '\r' || bytes[0] == '\n');
	t->head_in += size * n;
	t->is_head_over = t->head_in > HTTP_HEADER_CAP;
	return t->is_head_over ? 0 : size * n;
}

/* The code came before: what does not fit is not waited for. */
static size_t on_body(char *bytes, size_t size, size_t n, void *data)
{
	struct transfer *t = data;
	size_t len = min_size(size * n, BODY_CAP - t->body.len);

	buf_putn(&t->body, bytes, len);
	t->is_body_over = len < size * n;
	return t->is_body_over ? CURL_WRITEFUNC_ERROR : size * n;
}

/* --- how it is asked --- */

static bool is_clean(const char *s)
{
	return !strpbrk(s, "\r\n");
}

static void add_header(struct transfer *t, const char *name, const char *value)
{
	t->headers = curl_slist_append(
		t->headers, arena_printf(t->arena, "%s%s%s", name, *value ? ": " : ";", value));
}

static bool has_header(const struct call *c, const char *name)
{
	for (size_t i = 0; i < c->nheaders; i++) {
		if (strcasecmp(c->headers[i].name, name) == 0)
			return true;
	}
	return false;
}

static int set_headers(struct transfer *t, const struct config *cfg, struct err *err)
{
	const struct call *c = t->call;

	for (size_t i = 0; i < c->nheaders; i++) {
		if (!is_clean(c->headers[i].name) || !is_clean(c->headers[i].value))
			return err_set(err, ERR_REFUSED,
				       "not sent: the header %.60s holds a line break",
				       c->headers[i].name);
		add_header(t, c->headers[i].name, c->headers[i].value);
	}
	t->headers = curl_slist_append(t->headers, "Expect:");
	if (!has_header(c, "Content-Type")) /* curl's own guess is a form */
		t->headers = curl_slist_append(t->headers, "Content-Type:");
	if (http_auth_once(cfg, t->easy, &t->headers, c->url, err))
		return -(int)err->code;
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	return 0;
}

static void set_method(struct transfer *t)
{
	const struct call *c = t->call;

	if (c->body || strcmp(c->method, "POST") == 0) {
		curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, c->body ? c->body : "");
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->len);
	}
	curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, c->method);
}

static void set_callbacks(struct transfer *t)
{
	CURL *e = t->easy;

	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_begin);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, t);
	curl_easy_setopt(e, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(e, CURLOPT_DEBUGDATA, t);
	curl_easy_setopt(e, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->tls_why);
}

static int prepare(struct transfer *t, const struct config *cfg, struct err *err)
{
	const struct call *c = t->call;

	if (!is_clean(c->url) || !http_is_web_url(c->url))
		return err_set(err, ERR_USAGE, "not sent: %.200s is no http:// or https:// address",
			       c->url);
	if (strcasecmp(c->method, "HEAD") == 0)
		BUG("HEAD does what GET does, and says nothing");
	http_easy_safe(t->easy);
	set_callbacks(t);
	set_method(t);
	curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)c->connect_ms);
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)c->total_ms);
	if (curl_easy_setopt(t->easy, CURLOPT_URL, c->url))
		return err_set(err, ERR_USAGE, "not sent: %.200s is no address", c->url);
	return set_headers(t, cfg, err);
}

/* --- the transfer --- */

static void run(struct transfer *t)
{
	struct curl_waitfd extra = {.fd = t->call->cancel_fd, .events = CURL_WAIT_POLLIN};
	unsigned nextra = extra.fd >= 0 ? 1 : 0;
	int running = 1, left = 0;
	CURLMsg *m;

	t->result = CURLE_FAILED_INIT;
	curl_multi_add_handle(t->multi, t->easy);
	while (curl_multi_perform(t->multi, &running) == CURLM_OK && running) {
		if (is_cancel_asked(t)) {
			t->is_cancelled = true;
			break;
		}
		if (curl_multi_poll(t->multi, &extra, nextra, ROUND_MS, NULL))
			break;
	}
	while ((m = curl_multi_info_read(t->multi, &left)) != NULL) {
		if (m->msg == CURLMSG_DONE)
			t->result = m->data.result;
	}
}

static bool is_answered(const struct transfer *t)
{
	return t->has_head_in && (t->result == CURLE_OK || t->is_body_over);
}

static bool is_sent_whole(const struct transfer *t)
{
	return t->has_head_out && t->body_out >= t->call->len;
}

/* Also by bytes that are no whole line yet. curl starts this clock early for a long upload. */
static bool has_begun_to_answer(const struct transfer *t)
{
	curl_off_t first_byte_us = 0;

	curl_easy_getinfo(t->easy, CURLINFO_STARTTRANSFER_TIME_T, &first_byte_us);
	return t->head_in || (is_sent_whole(t) && first_byte_us);
}

static enum call_fate fate_of(const struct transfer *t)
{
	if (is_answered(t))
		return CALL_ANSWERED;
	if (!t->is_begun)
		return CALL_NOT_SENT;
	if (t->result == CURLE_OPERATION_TIMEDOUT && is_sent_whole(t) && !has_begun_to_answer(t))
		return CALL_SENT;
	return CALL_CUT;
}

/* --- what became of it, in a sentence --- */

static const char *why_not_sent(const struct transfer *t, struct arena *a)
{
	char line[CURL_ERROR_SIZE + 80];
	long os_errno = 0;

	curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os_errno);
	switch (t->result) {
	case CURLE_COULDNT_RESOLVE_HOST:
		return "the host's name is not known";
	case CURLE_OPERATION_TIMEDOUT:
		return arena_printf(a, "no connection within %g s",
				    (double)min_i64(t->call->connect_ms, t->call->total_ms) /
					    1000.0);
	case CURLE_COULDNT_CONNECT:
		return os_errno == ECONNREFUSED ? "connection refused: nothing listens there"
		       : os_errno               ? arena_strdup(a, strerror((int)os_errno))
						: "no connection";
	case CURLE_LOGIN_DENIED:
		return "a user name in the URL is not used: put it under `auth:`";
	default:
		http_describe_tls(t->result, t->tls_why, line, sizeof(line));
		return arena_strdup(a, line);
	}
}

static const char *describe(const struct transfer *t, enum call_fate fate, struct arena *a)
{
	const char *seconds = arena_printf(a, "%g s", (double)t->call->total_ms / 1000.0);

	if (fate == CALL_NOT_SENT)
		return arena_printf(a, "%s; nothing was sent",
				    t->is_cancelled ? "cancelled" : why_not_sent(t, a));
	if (fate == CALL_SENT)
		return arena_printf(a, "sent whole, and no answer within %s", seconds);
	if (t->is_cancelled)
		return "cancelled after it began to be sent: it may have been received";
	if (t->is_head_over)
		return arena_printf(a, "the head of its answer is over %d KiB: it was received",
				    HTTP_HEADER_CAP / 1024);
	if (has_begun_to_answer(t))
		return arena_printf(a, "an answer began and %s: it may have been done",
				    t->result == CURLE_OPERATION_TIMEDOUT ? "did not end in time"
									  : "ended half-way");
	if (t->result == CURLE_OPERATION_TIMEDOUT)
		return arena_printf(
			a, "it was not taken whole within %s: it may have been received", seconds);
	return "the connection broke without an answer: it may have been received";
}

/* --- the answer --- */

static const char *header_of(const struct transfer *t, const char *name, struct arena *a)
{
	struct curl_header *h = NULL;

	if (curl_easy_header(t->easy, name, 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
		return NULL;
	return arena_strdup(a, h->value);
}

static void fill(const struct transfer *t, struct arena *a, struct call_answer *out)
{
	curl_off_t wait_s = 0;

	*out = (struct call_answer){.fate = fate_of(t), .retry_after_ms = ABSENT};
	out->took_ms = now_ms() - t->began_ms;
	if (t->head_in)
		curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &out->code);
	out->content_type = header_of(t, "Content-Type", a);
	out->location = header_of(t, "Location", a);
	out->len = t->body.len;
	out->body = arena_strndup(a, t->body.data ? t->body.data : "", t->body.len);
	if (out->code == 429 || out->code == 503)
		curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &wait_s);
	if (wait_s > 0)
		out->retry_after_ms = min_i64((int64_t)wait_s, 86400) * 1000;
	if (out->fate != CALL_ANSWERED)
		out->problem = describe(t, out->fate, a);
}

int call_http(const struct call *c, const struct config *cfg, struct arena *a,
	      struct call_answer *out, struct err *err)
{
	struct transfer t = {.call = c, .arena = a, .began_ms = now_ms()};
	int rc;

	t.easy = curl_easy_init();
	t.multi = curl_multi_init();
	if (!t.easy || !t.multi)
		BUG("libcurl has no memory");
	buf_init(&t.body, BODY_CAP);
	rc = prepare(&t, cfg, err);
	if (!rc) {
		run(&t);
		fill(&t, a, out);
		curl_multi_remove_handle(t.multi, t.easy);
	}
	curl_multi_cleanup(t.multi);
	curl_easy_cleanup(t.easy);
	curl_slist_free_all(t.headers);
	buf_release(&t.body);
	return rc;
}

/* net/call.h - one HTTP request that changes something: sent once, never repeated, never followed.
 *
 * Blocks: an act's thread. Reads of the console go through http.h; this is the only place from
 * which anything but GET leaves, and read-only mode does not have it. Proxy and netrc are off,
 * redirects are not followed, bodies are capped, credentials come from `auth:`. */
#ifndef SPARKOPS_NET_CALL_H
#define SPARKOPS_NET_CALL_H

#include "../../include/arena.h"
#include "../../include/config.h"

struct call {
	const char *method, *url;
	size_t nheaders;
	const struct config_pair *headers;
	const void *body; /* NULL: none */
	size_t len;
	int64_t connect_ms, total_ms;
	int cancel_fd; /* -1 */
};

/* How far it came: what may have happened at the other end. */
enum call_fate {
	CALL_ANSWERED,
	CALL_NOT_SENT, /* refused, no name, not connected: certainly nothing was received */
	CALL_SENT,     /* sent whole, and silent at the deadline */
	CALL_CUT       /* reset, half sent, half an answer, cancelled: it may have been received */
};
struct call_answer {
	enum call_fate fate;
	long code;
	const char *content_type, *location, *body; /* raw bytes, NUL-terminated; in a */
	size_t len;
	int64_t took_ms, retry_after_ms; /* ABSENT */
	const char *problem;             /* a sentence unless answered, cleaned */
};
/* < 0 only when nothing was tried (a URL that is none). */
MUST_CHECK int call_http(const struct call *c, const struct config *cfg, struct arena *a,
			 struct call_answer *out, struct err *err);

#endif

/* source/answer.h - what the HTTP sources have in common: telling JSON from the rest, saying what
 * came instead, and knowing a body again. No source by itself. */
#ifndef SPARKOPS_SOURCE_ANSWER_H
#define SPARKOPS_SOURCE_ANSWER_H

#include "../../include/field.h"
#include "../json.h"
#include "../net/http.h"

/* By what the last good body is known again, so that the same one is not decoded: its length and a
 * hash of 128 bits, which costs what a comparison costs and, for hundreds of targets, megabytes
 * less than their bodies. No secret is in the hash and none is needed: who answers could make two
 * bodies that look the same, but would only hide his own news, and to be silent is simpler. */
struct kept_body {
	uint64_t print[2];
	size_t len;
	bool is_set;
};

bool kept_is(const struct kept_body *k, const struct http_reply *r);
void kept_set(struct kept_body *k, const struct http_reply *r);
void kept_drop(struct kept_body *k);

/* Does it call itself JSON? application/json and text/json, parameters ignored. */
bool answer_is_json(const struct http_reply *r);
/* `text/html`, `no content type`; cleaned. */
void answer_type(const struct http_reply *r, char out[static 64]);
/* Why an answer with that code is not what was asked for: a redirect, credentials, ...; NULL: the
 * code says nothing. */
const char *answer_code_problem(const struct http_reply *r, char out[static 160]);

/* Of which kinds of oddities a target's log speaks already. */
struct odd_said {
	uint64_t wrong; /* as in struct json_flags */
	unsigned kinds;
};

/* Logs what was odd in an answer that was taken (`errors_count` is no number, a NaN, ...), once per
 * kind: *said remembers. */
void answer_log_odd(const char *where, const char *path, const struct schema *s,
		    const struct json_flags *f, struct odd_said *said);

/* Percent-encodes s, so that it stays one segment of a path whatever it is made of; what does not
 * fit is left out. */
void answer_segment(char *out, size_t size, const char *s);
/* WHERE + path into out; false when it does not fit. */
MUST_CHECK bool answer_url(char *out, size_t size, const char *where, const char *path);

#endif

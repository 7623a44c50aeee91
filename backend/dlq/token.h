/* dlq/token.h - single JSON tokens, as the lines of a dead-letter queue hold them.
 *
 * A span is a token as it stands in the line, a string with its quotes; len 0 means that it was not
 * there. Tolerant where Python's json.dumps is: NaN, Infinity, -Infinity, lone surrogates. */
#ifndef SPARKOPS_DLQ_TOKEN_H
#define SPARKOPS_DLQ_TOKEN_H

#include "../../include/buf.h"
#include "../../include/text.h"

struct span {
	const char *p;
	size_t len;
};

/* The end of the number or literal that begins at p, NULL when none does. What follows is not
 * looked at. */
const char *token_scalar(const char *p, const char *end);
static inline bool token_is_string(struct span t)
{
	return t.len && t.p[0] == '"';
}
/* Appends what a string token stands for, as UTF-8 (a lone surrogate becomes U+FFFD). A token that
 * was cut is taken as far as it goes. */
void token_decode(struct span t, struct buf *out);
/* Text for people: of a string what it stands for, of a number or literal its own letters; NULL for
 * null, containers and what was not there. */
const struct text *token_text(struct span t, struct arena *a);
/* A batch id: an integer, or exact text (a string, or a number that 64 bits do not hold). */
enum token_id { TOKEN_ID_NONE, TOKEN_ID_NUMBER, TOKEN_ID_TEXT };
enum token_id token_id(struct span t, int64_t *number);
/* A date: text as clock_parse() reads it, or a number of seconds or milliseconds since 1970. ms is
 * as if a naive time were UTC; ABSENT when unreadable. */
int64_t token_time(struct span t, bool *is_naive);
/* Is the string this key, whatever escapes it is written with? */
bool token_is(struct span t, const char *key);
/* Is every byte part of well-formed UTF-8 (no surrogates, nothing over U+10FFFF)? */
bool token_is_utf8(const char *p, size_t len);

#endif

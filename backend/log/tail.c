/* log/tail.c - reads the answer of a worker's /log/. An error comes with status 200 too, as a log
 * of 0 bytes whose text begins with `Error: `. */
#include <string.h>

#include "tail.h"

struct cursor {
	const char *p, *end;
	bool is_wrong;
};

static void word(struct cursor *c, const char *text)
{
	size_t n = strlen(text);

	c->is_wrong |= (size_t)(c->end - c->p) < n || memcmp(c->p, text, n) != 0;
	if (!c->is_wrong)
		c->p += n;
}

static int64_t number(struct cursor *c)
{
	int64_t v = 0;
	const char *from = c->p;

	while (c->p < c->end && *c->p >= '0' && *c->p <= '9' && v < INT64_MAX / 100)
		v = v * 10 + (*c->p++ - '0');
	c->is_wrong |= c->p == from;
	return v;
}

bool worker_tail_read(const char *body, size_t len, struct worker_tail *out)
{
	const char *newline = memchr(body, '\n', len);
	struct cursor c = {body, newline ? newline : body, !newline};

	word(&c, "==== Bytes ");
	out->from = number(&c);
	word(&c, "-");
	out->to = number(&c);
	word(&c, " of ");
	out->total = number(&c);
	word(&c, " of ");
	if (c.is_wrong || out->from > out->to || out->to > out->total)
		return false;
	out->bytes = newline + 1;
	/* What lies behind the bytes that were promised is no part of the log. */
	out->len = min_size((size_t)(body + len - out->bytes), (size_t)(out->to - out->from));
	return out->total > 0 || memcmp(out->bytes, "Error", min_size(out->len, 5)) != 0 ||
	       body + len == out->bytes;
}

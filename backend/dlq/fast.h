/* dlq/fast.h - the quick reader of lines that lie in memory whole: what line.h says of them, an
 * order of magnitude faster. The two must agree on every line; a test and a fuzz target compare
 * them. */
#ifndef SPARKOPS_DLQ_FAST_H
#define SPARKOPS_DLQ_FAST_H

#include "line.h"

enum { FAST_MAX = 256 * 1024, FAST_PAD = 64 };

struct fast;
struct fast_line {
	size_t from, len; /* without its newline */
	enum line_kind kind;
	struct span places[LINE_PLACES]; /* of an entry; of a container only its first byte */
};

/* At most that width of registers, as far as the processor has it; less than FAST_WIDEST is for
 * tests. */
enum fast_width { FAST_NARROW, FAST_WIDE, FAST_WIDEST };
struct fast *fast_new(enum fast_width width);
void fast_free(struct fast *f);
/* Whole lines: the last byte is a newline, at most FAST_MAX bytes, and FAST_PAD more may be read.
 * The bytes are borrowed until the last fast_next(). */
void fast_begin(struct fast *f, const char *p, size_t len);
/* The next line; false: there is none. */
bool fast_next(struct fast *f, struct fast_line *line);

#endif

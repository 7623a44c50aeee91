/* dlq/marks.h - between the two passes of the quick reader; private to marks.c and fast.c. */
#ifndef SPARKOPS_DLQ_MARKS_H
#define SPARKOPS_DLQ_MARKS_H

#include "fast.h"

struct fast {
	enum fast_width width;
	const char *p;
	size_t len;
	uint32_t *marks; /* positions, ending with that of the last newline */
	size_t nmarks;
	const uint32_t *next;
	size_t from;     /* beginning of the next line */
	uint32_t *wrong; /* where a string holds what it may not, in order */
	size_t nwrong, wrong_at;
	uint32_t *high; /* blocks with bytes over 0x7f, by their first such byte */
	size_t nhigh, high_at;
	unsigned char *levels; /* 1: object */
	/* carried from block to block */
	uint64_t was_escaped, was_string, was_scalar;
};

/* The first pass: fills marks, wrong and high from p. */
void marks_find(struct fast *f);

#endif

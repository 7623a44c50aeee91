/* buf.h - bytes that grow up to a hard cap.
 *
 * Whatever comes from outside is gathered in one of these, so that nobody can make us take more
 * than was decided. */
#ifndef SPARKOPS_BUF_H
#define SPARKOPS_BUF_H

#include "base.h"

struct buf {
	char *data; /* always followed by a NUL once something was added; NULL while empty */
	size_t len, size, cap;
	bool is_over; /* an addition was refused because of the cap */
};

void buf_init(struct buf *b, size_t cap);
void buf_release(struct buf *b);
void buf_clear(struct buf *b); /* keeps the memory */
/* False: over the cap, nothing added. */
MUST_CHECK bool buf_add(struct buf *b, const void *data, size_t len);
/* For texts of our own, where passing the cap is a bug. */
void buf_puts(struct buf *b, const char *s);
void buf_putn(struct buf *b, const char *s, size_t n);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) ATTR_PRINTF(2, 3);

#endif

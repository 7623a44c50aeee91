/* encode.h - from two pictures to the bytes between them. Pure, but for terminfo's strings. */
#ifndef SPARKOPS_ENCODE_H
#define SPARKOPS_ENCODE_H

#include "draw.h"
#include "terminfo.h"
#include "theme.h"

struct encoder {
	const struct terminfo *ti;
	const struct theme *theme;
	bool is_utf8;
	/* what the terminal is known to be at */
	int x, y;         /* -1: unknown */
	struct look look; /* attributes in force */
	bool has_look;
};

/* Bytes that make `now` out of `old`, appended. old NULL: the screen is cleared first. Returns the
 * number of cells that changed. */
size_t encode_frame(struct encoder *e, const struct screen *old, const struct screen *now,
		    struct buf *out);

#endif

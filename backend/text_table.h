/* text_table.h - ranges of characters that are not simply one column wide; sorted, for a binary
 * search. */
#ifndef SPARKOPS_TEXT_TABLE_H
#define SPARKOPS_TEXT_TABLE_H

#include "../include/base.h"

enum text_class { TEXT_MARK = 0, TEXT_PLAIN = 1, TEXT_WIDE = 2, TEXT_HIDDEN = 3 };

struct text_range {
	uint32_t first, last;
	int kind; /* enum text_class */
};

extern const struct text_range text_ranges[];
extern const size_t text_nranges;

#endif

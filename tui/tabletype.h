/* tabletype.h - the inside of a table, for table.c and tabledraw.c only. */
#ifndef SPARKOPS_TABLETYPE_H
#define SPARKOPS_TABLETYPE_H

#include "../include/config.h"
#include "table.h"

struct table {
	struct table_spec spec;
	struct column *own_columns; /* of a generic table */
	uint64_t version;
	table_old_fn *is_old;
	const void *old_data;

	size_t n, size;    /* rows, and room in the four arrays */
	const void **rows; /* as they came */
	uint64_t *hashes;  /* of their keys */
	uint32_t *order;   /* rows shown, in order: nshown indexes */
	uint32_t *scratch;
	size_t nshown;

	const struct field *sort; /* NULL: as they come */
	bool is_inverted;
	struct filter *filter;
	struct filter_column shown[LAYOUT_COLUMNS]; /* what the filter looks at */
	char filter_text[256];
	char filter_problem[160];

	size_t cursor, top; /* index into order; first row drawn */
	uint64_t cursor_hash, seen_hash;
	bool has_cursor;             /* the operator moved it: from then on it follows its row */
	int drawn_y;                 /* line of the screen of its heading */
	int page;                    /* rows drawn last time */
	uint64_t dropped;            /* columns that had no room last time, a bit each */
	int natural[LAYOUT_COLUMNS]; /* widest text of columns that may grow; 0: not measured */
	int names;                   /* of the one that names: without notes, at most its max */

	uint64_t *marks;
	size_t nmarks, marks_size;
};

/* How wide the texts of its columns are; after each change of its rows. */
void table_measure(struct table *t);

#endif

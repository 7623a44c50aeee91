/* table.h - the generic table: any rows by their schema.
 *
 * A view gives a column list and the table does the rest: sorting, filter, marks, a cursor that
 * follows the thing and not the row number, dropping columns by weight when the screen is narrow.
 * The order is made once per version of the rows, and only visible rows are formatted. Main thread
 * only. The rows belong to the caller (a snapshot he holds) and must stay until the next
 * table_set_rows. */
#ifndef SPARKOPS_TABLE_H
#define SPARKOPS_TABLE_H

#include "../include/err.h"
#include "../include/snapshot.h"
#include "draw.h"

enum align { ALIGN_AUTO, ALIGN_LEFT, ALIGN_RIGHT }; /* auto: numbers and times right */

enum column_flags {
	COLUMN_SUBJECT = 1,   /* what the row is about: strong under the cursor */
	COLUMN_KEEPS = 2,     /* keeps its role in a row whose data is old */
	COLUMN_SPARK = 4,     /* a FIELD_SERIES drawn as a sparkline */
	COLUMN_ZERO_DIM = 8,  /* a zero is dim */
	COLUMN_ZERO_GAP = 16, /* of a sparkline: a bucket of nothing is left empty */
	COLUMN_NAMES = 32,    /* grows before columns are added that may be dropped */
	COLUMN_YIELDS = 64,   /* its place is the note's where that has none beside the subject */
	COLUMN_WORDS = 128    /* a list: cut between two of it, never inside one */
};

struct column {
	const char *name; /* field of the schema; NULL ends the list */
	int width;        /* cells; 0: 10 */
	enum align align;
	const char *title; /* NULL: the field's */
	int gap;           /* blanks before it; 0: 1 */
	int weight;        /* 0: never dropped; else the lowest is dropped first */
	int max;           /* may grow to this where there is room; 0: fixed */
	unsigned flags;
	int gauge, gauge_weight; /* a gauge of so many cells before the number; dropped by its own
				    weight */
	/* Optional; NULL: field_format, STYLE_TEXT, the largest value shown. */
	size_t (*format)(const void *row, char *out, size_t size);
	enum style (*style)(const void *row);
	double (*top)(const void *row); /* of a sparkline: value of the full height */
};

struct table_spec {
	const struct schema *schema;
	const struct column *columns;
	const char *order; /* in words, the order in which rows come: "worst first"; may be NULL */
	/* Optional: the shape in the margin and its role. NULL glyph: none. */
	const char *(*mark)(const struct glyphs *g, const void *row, enum style *st);
	bool (*is_old)(const void *row); /* optional: drawn dim */
	/* Optional: a word that stands at the end of the subject's column, or where that would cut
	 * the subject in the column that yields. NULL: none. */
	const char *(*note)(const void *row);
};

struct table;
struct table *table_new(const struct table_spec *spec); /* the spec must outlive it */
void table_free(struct table *t);
/* The same table with columns made of the schema's field list, for `:table`. */
struct table *table_new_generic(const struct schema *s);

/* New rows. `version` says when they differ (snapshot seq): with the same version, filter and sort
 * nothing is done. */
void table_set_rows(struct table *t, const struct rowset *rows, uint64_t version);

/* Heading and rows. Remembers its height for paging. is_focused: draws the cursor. */
void table_draw(struct table *t, struct area a, bool is_focused);
int table_height(const struct table *t); /* lines wanted: heading and all rows shown */
/* `9, worst first`, `3 of 9 match stale, by JOB`, for a rule's right side. */
void table_facts(const struct table *t, char *out, size_t size);
const struct table_spec *table_spec(const struct table *t);
/* Rows for which this is true are drawn dim as well; asked while drawing, NULL: none. */
typedef bool table_old_fn(const void *data, const void *row);
void table_set_old(struct table *t, table_old_fn *is_old, const void *data);

enum move { MOVE_DOWN, MOVE_UP, MOVE_PAGE_DOWN, MOVE_PAGE_UP, MOVE_FIRST, MOVE_LAST };
void table_move(struct table *t, enum move m);
/* Line of the screen where its heading was drawn last. */
int table_top(const struct table *t);
bool table_click(struct table *t, int line);     /* line of the area it was drawn in; true: a row */
const void *table_cursor(const struct table *t); /* the row, or NULL when there is none */
/* The row that was under the cursor when it was last drawn or moved, wherever it is now; NULL: it
 * is gone. What an action means is what was seen. */
const void *table_seen(const struct table *t);
size_t table_count(const struct table *t); /* rows the filter shows */
size_t table_total(const struct table *t);
const void *table_row(const struct table *t, size_t i); /* i-th shown */
bool table_select(struct table *t, const void *row);    /* cursor to the row with the same key */
bool table_is_untouched(const struct table *t); /* the cursor was never moved: it is on the first */

MUST_CHECK int table_sort(struct table *t, const char *field,
			  struct err *err); /* "" or NULL: as they come */
void table_sort_next(struct table *t);      /* the next column shown; after the last as they come */
void table_sort_invert(struct table *t);
void table_filter(struct table *t, const char *expression); /* NULL or "": none */
const char *table_filter_text(const struct table *t);       /* "" when none */
const char *table_filter_problem(const struct table *t);    /* a name in it that is none; "" */

void table_mark(struct table *t); /* toggles the row under the cursor, moves down */
void table_unmark_all(struct table *t);
bool table_is_marked(const struct table *t, const void *row);
size_t table_marked(const struct table *t,
		    size_t *hidden); /* marked rows; of those hidden by the filter */

#endif

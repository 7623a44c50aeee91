/* dlq/page.h - rows from a folder: what a snapshot holds, a page of older entries, one line in
 * full. Reads the lines of the rows from their files again; on a pool thread. */
#ifndef SPARKOPS_DLQ_PAGE_H
#define SPARKOPS_DLQ_PAGE_H

#include "../../include/row/dlq.h"
#include "../../include/snapshot.h"
#include "standing.h"

/* What the rows need to know besides the folder. Strings are borrowed. */
struct page_look {
	const char *job;                  /* name */
	const char *const *unit;          /* templates, NULL-terminated, or NULL */
	int64_t limit;                    /* entries of a snapshot, 0: all */
	int64_t max_age_ms;               /* older entries are old; 0 or ABSENT: none is */
	int64_t now;                      /* wall ms */
	int64_t zone_ms;                  /* of times without a zone; ABSENT: this host's */
	const struct ledger_view *ledger; /* NULL: nothing was replayed yet */
};

/* Which lines: [from, from + count) of those that fit, newest first. */
struct page_wish {
	int64_t from, count;
	uint64_t group; /* 0: any */
	bool is_bad;    /* bad lines instead of entries */
};

/* Newest entries and bad lines, groups, and the folder; one reference. */
struct dataset *page_snapshot(struct folder *f, const struct page_look *look);
/* dlq_entry rows. */
struct dataset *page_entries(const struct folder *f, const struct page_look *look,
			     const struct page_wish *wish);
/* detail rows: the line as pretty JSON. line ABSENT: the one at that offset. */
struct dataset *page_line(const struct folder *f, const char *file, int64_t line, int64_t offset,
			  bool is_masked);
/* Would the windows (5 min, 1 h, trends) of a snapshot made now differ from those
 * made at `then`? */
bool page_is_outdated(const struct folder *f, const struct page_look *look, int64_t then);

/* lines.c: the rows of a wish, in the arena of d. */
struct dlq_entry_row *page_rows(struct dataset *d, const struct folder *f,
				const struct page_look *look, const struct page_wish *wish,
				size_t *n);
/* Is an entry of that time (ABSENT, or days ahead: by its file's day) too old to
 * be taken along? */
bool page_is_old(const struct page_look *look, int64_t at, int64_t day);

/* unit.c: the templates filled in, or NULL when the line lacks something. */
struct unit_values {
	const struct line_fields *fields;
	const struct dlq_entry_row *row;
};
const struct text *unit_text(struct arena *a, const char *const *templates,
			     const struct unit_values *v);
/* The value of a key of an object that is known to be valid JSON; len 0: not there. The last of
 * equal keys wins. */
struct span json_member(struct span object, const char *key, size_t len);

/* pretty.c: a valid JSON line as lines for people. */
void pretty_rows(struct dataset *d, const char *json, size_t len, bool is_masked);

#endif

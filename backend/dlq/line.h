/* dlq/line.h - is this line an entry, and what does it say?
 *
 * An entry is a line holding one JSON object, at any depth; a line of blanks is nothing; every
 * other line is a bad line. This reader takes a line in pieces of any size, with memory that does
 * not grow with the line (but for a bit per level of nesting), so that a line of a gigabyte is read
 * like any other; fast.h is the quick way for lines that lie in memory whole, and must agree with
 * this one. Only values at their right place count: top, or inside the top `error`
 * and `context`. */
#ifndef SPARKOPS_DLQ_LINE_H
#define SPARKOPS_DLQ_LINE_H

#include "token.h"

enum line_kind { LINE_BLANK, LINE_BAD, LINE_ENTRY };

/* Where a value may sit; the last of equal keys wins. */
enum line_place {
	LINE_BATCH_ID,
	LINE_TIMESTAMP,
	LINE_ERROR_TYPE,    /* error.type */
	LINE_ERROR_MESSAGE, /* error.message */
	LINE_ERROR_ADVICE,  /* error.recommendation */
	LINE_TOP_TYPE,      /* error_type */
	LINE_TOP_MESSAGE,   /* error_message */
	LINE_TOP_WORDS,     /* message */
	LINE_TOP_ADVICE,    /* recommendation */
	LINE_ERROR,         /* error, when it is a text */
	LINE_CONTEXT,       /* the whole context object */
	LINE_PLACES,
};

/* The values that matter, after the choice between places. */
struct line_fields {
	struct span batch_id, at, type, message, advice, context;
};
struct line_fields line_choose(const struct span places[static LINE_PLACES]);
/* The place of a key: of the top object (is_error false) or of its error object; -1: none of ours.
 * The key is a string token. */
int line_place_of(struct span key, bool is_error);
/* Forgets what an earlier key of the same place said. */
void line_forget(struct span places[static LINE_PLACES], int place);

struct line_scan {
	int state;
	int place;     /* where the value that is being read goes, -1 nowhere */
	bool is_key;   /* the string that is being read is a key */
	bool is_plain; /* no byte that is neither blank nor byte order mark was seen */
	bool in_error; /* inside the top error object */
	int hex, utf8; /* digits of \u, bytes of a character that are still to come */
	unsigned char utf8_min, utf8_max; /* of the next byte */
	const char *word;                 /* rest of a literal */
	int bom;
	uint8_t *stack; /* a bit per level: 1 is an object */
	size_t depth, stack_size;
	size_t context_depth; /* inside the context object: its depth, else 0 */
	struct buf key;
	struct buf values[LINE_PLACES];
	int64_t at; /* bytes taken so far */
	int64_t bad_at;
};

void line_scan_init(struct line_scan *s);
void line_scan_release(struct line_scan *s);
/* at_file_start: a byte order mark is let pass. */
void line_scan_begin(struct line_scan *s, bool at_file_start);
/* Bytes of the line without its newline. */
void line_scan_feed(struct line_scan *s, const char *p, size_t len);
enum line_kind line_scan_end(struct line_scan *s);
/* After an entry; valid until the next begin. Values are cut after 64 KiB. */
struct line_fields line_scan_fields(const struct line_scan *s);

#endif

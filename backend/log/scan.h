/* log/scan.h - what is known of a log's lines: how many, how many errors, which of them are marks.
 *
 * Bytes are fed in their order; only lines that hold a known text are ever looked at as lines. One
 * owner at a time; no locks. */
#ifndef SPARKOPS_LOG_SCAN_H
#define SPARKOPS_LOG_SCAN_H

#include "../../include/field.h"
#include "signature.h"

enum {
	SCAN_MARKS = 200,  /* kept, the newest */
	SCAN_TEXT = 400,   /* bytes of a mark's line */
	SCAN_LINE = 65536, /* bytes of a line that are looked at for its level and time */
};

struct scan_mark {
	int64_t at, last_at; /* wall ms, ABSENT */
	bool is_dated;
	int64_t line,
		offset; /* the line is counted from the first byte fed since log_scan_rotate() */
	const struct signature *what;
	int64_t exit_code; /* ABSENT */
	int64_t count;
	char text[SCAN_TEXT];
	size_t len;
};

/* What had to give way to newer marks and still explains them: the first of its kind (out of
 * memory, a stopped context) since which no half hour went by without a mark. Retries on a dead
 * session fill all places within an hour, and its death must not be forgotten for them. */
struct scan_roots {
	struct scan_mark *v; /* at most one of a kind */
	size_t n;
	int64_t last_at; /* of the last mark that gave way; ABSENT */
	bool is_anew;    /* what came before is another story */
};

struct log_scan {
	struct signatures *signatures; /* one reference */
	int64_t lines;                 /* newlines since the first byte or log_scan_rotate() */
	int64_t errors, nmarks;        /* all that were seen */
	int64_t last_at;               /* time stamp of the last dated line looked at */
	int64_t dated_to;              /* offset up to which last_at was looked for */
	int64_t not_before;            /* older dated marks are counted and not kept; ABSENT */
	int64_t known_to;              /* dated marks up to there were seen before; ABSENT */
	int64_t undated_at;            /* time of marks that nothing dates; ABSENT */
	int64_t written_after;         /* what is fed now was not there then; ABSENT */
	int64_t not_after; /* a stamp beyond it is none: it lies in the future; ABSENT */
	/* Is told what is fed, so that a test sees that nothing is left out. NULL: nobody. */
	void (*watch)(void *data, const char *p, size_t len);
	void *watch_data;
	struct scan_peeked {
		int64_t offset; /* of the line that was looked at before it was complete; ABSENT */
		size_t len;
		int64_t at; /* of its mark: that stays */
		enum { MARK_NONE, MARK_COUNTED, MARK_REPEATED, MARK_ADDED } did;
		int64_t last_at; /* of the mark that it repeated */
	} peeked;
	struct scan_mark *marks; /* a ring, see log_scan_mark_at() */
	size_t n, size, first;
	struct scan_roots roots;
};

/* Takes the reference. */
void log_scan_init(struct log_scan *s, struct signatures *signatures);
void log_scan_release(struct log_scan *s);
/* Bytes from that offset on, which is where a line begins. */
void log_scan_feed(struct log_scan *s, const char *p, size_t len, int64_t offset);
/* Looks at a last line that has no newline yet, without counting it. When more of it is looked at
 * or fed later, that decides: what was a mark may turn out harmless. */
void log_scan_peek(struct log_scan *s, const char *p, size_t len, int64_t offset);
/* Another file begins at offset 0: what was kept gets offsets below 0. */
void log_scan_rotate(struct log_scan *s, int64_t size);
static inline struct scan_mark *log_scan_mark_at(const struct log_scan *s,
						 size_t i) /* oldest first */
{
	return &s->marks[(s->first + i) % SCAN_MARKS];
}

/* The roots where of `before`, what was scanned before s, only the newest `nkept` marks are kept;
 * before NULL: nothing was. To be released. */
struct scan_roots log_scan_roots(const struct log_scan *before, size_t nkept,
				 const struct log_scan *s);
void scan_roots_add(struct scan_roots *r, const struct scan_mark *m); /* it gives way */
void scan_roots_release(struct scan_roots *r);

/* The time stamp of the last line in p that has one, up to `most` lines back; ABSENT: none. */
int64_t log_scan_last_stamp(const char *p, size_t len, int most);

int64_t count_newlines(const char *p, size_t len);

#endif

/* log_parts.h - what the three parts of the log view share: the window of lines that is held, what
 * is asked for, and where the cursor is.
 *
 * The window is made of parts, datasets that follow one another in the log without a hole: pages
 * that were asked for, or, at the end, what the section of the log holds. */
#ifndef SPARKOPS_VIEW_LOG_PARTS_H
#define SPARKOPS_VIEW_LOG_PARTS_H

#include "../../include/row/log.h"
#include "../ui.h"

enum { LOG_PARTS = 4, LOG_PAGE = 500, LOG_CONTEXT_BYTES = 16384, LOG_NEAR = 60 };

/* What the answer to the request under way is for. */
enum log_want {
	LOG_WANT_NOTHING,
	LOG_WANT_END,
	LOG_WANT_OLDER,
	LOG_WANT_NEWER,
	LOG_WANT_AT,
	LOG_WANT_FOUND
};

struct log_own {
	char job[256], place[1024];
	char filter[128]; /* only lines that hold it are shown; "": all */
	char search[128]; /* the last filter: n and N look for it when all lines are shown */
	const struct log_file_row *file; /* of the place; NULL: not known */
	const struct section *section;   /* that follows it */
	size_t nplaces, place_at;

	const struct dataset *parts[LOG_PARTS]; /* one reference of each, in the order of the log */
	size_t nparts;
	const struct log_line_row **rows; /* of all parts, in the view's arena */
	size_t nrows, cursor, top;
	int64_t cursor_at, top_at; /* offsets of these lines: each stays where it is read */
	int64_t bytes;             /* of the log, at the last look */
	bool is_following, is_at_begin, is_at_end;
	int64_t covered; /* following with a filter: up to here nothing new is shown */

	enum log_want want;
	const struct dataset *before; /* the detail when it was asked for, one reference */
	int64_t asked_at, wanted_at;  /* wall ms; the offset a page is asked around */
	int direction;                /* of a search */
	int64_t search_from;          /* where a search that was cut short goes on; ABSENT */
	char what[24];                /* `error`, `match`: of a search, for messages */

	bool is_wrapped, is_jump; /* is_jump: the cursor comes with the lines around it */
	int page;                 /* lines drawn last time */
};

static inline struct log_own *log_own(struct view_state *v)
{
	return v->own;
}

/* log_window.c: which lines are held, and asking for others. */
void log_choose(struct ui *ui, struct view_state *v, int step); /* 0: the job's first place */
void log_refresh(struct ui *ui, struct view_state *v);          /* a new snapshot */
void log_release(struct log_own *o);
void log_forget(struct log_own *o);                   /* the window: all is asked for anew */
void log_follow(struct ui *ui, struct view_state *v); /* to the end, and stay there */
void log_go_to(struct ui *ui, struct view_state *v, int64_t offset);
void log_move_to(struct ui *ui, struct view_state *v, int64_t row); /* clamped */
/* The next line in that direction that is an error or mark, or, with `text`, holds it. */
MUST_CHECK int log_find(struct ui *ui, struct view_state *v, const char *text, int direction,
			struct err *err);
const struct log_line_row *log_cursor(const struct log_own *o);
/* The mark of that line, where it is known: how often it came. */
const struct log_mark_row *log_mark_of(const struct log_own *o, const struct log_line_row *line);

void log_draw(struct ui *ui, struct view_state *v, struct area a);

#endif

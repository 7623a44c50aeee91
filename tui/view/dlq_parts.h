/* dlq_parts.h - what the two halves of the dlq view share: its state and its tables. */
#ifndef SPARKOPS_VIEW_DLQ_PARTS_H
#define SPARKOPS_VIEW_DLQ_PARTS_H

#include "../../include/row/dlq.h"
#include "../ui.h"

enum { DLQ_KIND_MAX = 200 };
enum dlq_level { DLQ_LEVEL_GROUPS, DLQ_LEVEL_ENTRIES, DLQ_LEVEL_ENTRY };
/* The pane of each level has its number. */

struct dlq_own {
	enum dlq_level level;
	char kind[DLQ_KIND_MAX]; /* groups of this kind of error only; "": all */
	char job[256];           /* of the group opened */
	uint64_t group;
	bool is_bad;     /* bad lines instead of a group */
	int64_t from;    /* first entry of the page shown, newest is 0 */
	int64_t all;     /* entries of the group, or bad lines of the folder; ABSENT */
	int64_t made_at; /* of the folder's rows when the page was asked for; -1: ask */
	char file[256];
	int64_t line;
	char hash[72]; /* of that line; "": not known */
	bool is_unmasked;
	char title[300];
	const struct view_old *old;
};

static inline struct dlq_own *dlq_own(struct view_state *v)
{
	return v->own;
}

/* Groups of one job, groups of all jobs with a column for the job, entries. */
extern const struct table_spec dlq_group_spec, dlq_all_group_spec, dlq_entry_spec;

enum { DLQ_PAGE = 1000 }; /* entries that are asked for at once */

void dlq_draw(struct ui *ui, struct view_state *v, struct area a);

#endif

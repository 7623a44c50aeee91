/* ledger_view.h - what the ledger says of jobs and entries, frozen: holds by job, states by key.
 *
 * Made on a pool thread whenever the ledger changed; whoever needs it holds a reference (atomic)
 * and looks up without waiting. */
#ifndef SPARKOPS_LEDGER_VIEW_H
#define SPARKOPS_LEDGER_VIEW_H

#include "arena.h"

struct ledger_view_hold {
	const char *job, *says; /* "by ann until 16:00: vacuum runs", cleaned */
	int64_t until;          /* wall ms; ABSENT: for ever */
};
struct ledger_view_state {
	const char *key;     /* first 32 hex digits of the hash of a line */
	int state;           /* enum dlq_state; open attempts are DLQ_PENDING with is_open */
	int64_t attempts;    /* 0: only marked */
	int64_t at;          /* wall ms of the last thing that happened to it */
	int64_t id;          /* of the last attempt; 0: only marked */
	int64_t covered_by;  /* 0 */
	const char *proof;   /* probe hook person; NULL */
	const char *outcome; /* cleaned; NULL */
	const char *job, *unit, *error_type, *batch_id; /* of the attempt; NULL */
	const char *file;                               /* full path; NULL: only marked */
	int64_t began_at; /* of the last attempt; ABSENT: only marked */
	bool is_open;     /* it is being sent right now */
	int64_t mark;     /* state is what a person said since: the number of that word; 0: not */
};

struct ledger_view {
	size_t nholds, nstates;
	const struct ledger_view_hold *holds;
	const struct ledger_view_state *states; /* by key */
	/* private */
	int refs;
	struct arena arena;
};

const struct ledger_view *ledger_view_ref(const struct ledger_view *v); /* NULL is fine */
void ledger_view_unref(const struct ledger_view *v);                    /* NULL is fine */
/* NULL: the job is not held at that time, or v is NULL. */
const struct ledger_view_hold *ledger_view_held(const struct ledger_view *v, const char *job,
						int64_t now);
/* key: at least the first 32 hex digits of the hash. NULL: nothing is known of it: pending. */
const struct ledger_view_state *ledger_view_find(const struct ledger_view *v, const char *key);

#endif

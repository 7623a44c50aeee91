/* target.h - who an action means here: identity copied from the row that was seen.
 *
 * What is under the cursor decides, by the schema of its row, so that every view, `:table` too,
 * acts alike. Nothing here touches anything: a request is filled, or a sentence says why there is
 * nothing to act on. */
#ifndef SPARKOPS_TARGET_H
#define SPARKOPS_TARGET_H

#include "../include/action.h"
#include "../include/arena.h"

struct ui;

struct target {
	struct action_request request; /* PLAN; strings of the snapshot shown and of the arena */
	const struct job_row *job;     /* in the snapshot shown, where that was looked at; NULL */
	const char *goes_to; /* job whose DLQ is opened instead: R of a job asks there; NULL */
	char note[160];      /* what was left out: "2 marked rows hidden by the filter"; "" */
};

/* 0, or < 0: why not. */
MUST_CHECK int target_here(struct ui *ui, enum action_id action, struct arena *a, struct target *t,
			   struct err *err);
/* The same, and whether it may be: read-only mode, `actions:` of the configuration, holds. What the
 * bottom line and help show dim. The backend asks all of it again. */
bool target_may(struct ui *ui, enum action_id action, struct err *err);

#endif

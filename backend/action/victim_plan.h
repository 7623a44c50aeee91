/* action/victim_plan.h - what a question says of a victim, and whether it still holds. Private to
 * victim*.c and kill*.c. */
#ifndef SPARKOPS_ACTION_VICTIM_PLAN_H
#define SPARKOPS_ACTION_VICTIM_PLAN_H

#include "victim.h"

/* "118 s", "12 min", "4h51m", "6d". */
const char *victim_span(struct arena *a, int64_t ms);
/* "its job is healthy, last batch 4 s ago" */
const char *victim_job_words(const struct job_row *job, struct arena *a);
#define VICTIM_UNASKED                                                                             \
	"With --yes only what is hung, crashed, stranded, orphan, dead or thrashing is ended, "    \
	"unless --if names more"
/* It was shown as being in trouble, and the newest snapshot says that it works again. */
MUST_CHECK bool victim_got_well(struct act *a, struct victim *v);

#endif

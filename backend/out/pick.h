/* out/pick.h - which rows an output shows; shared by json.c and text.c. */
#ifndef SPARKOPS_OUT_PICK_H
#define SPARKOPS_OUT_PICK_H

#include "../../include/out.h"
#include "../../include/row/job.h"

/* The rows of that schema that belong to the wanted job, in the arena. */
struct rowset pick_rows(const struct snapshot *s, const struct schema *schema, const char *job,
			struct arena *a);
/* Worst of all first by exit code (2, 1, 3, 0), then by verdict; NULL: no job. */
const struct job_row *pick_worst(const struct rowset *jobs);
/* Worst verdict, in the order of VERDICT_LIST; -1: no job. */
int pick_verdict(const struct rowset *jobs);
int pick_exit_code(const struct rowset *jobs);

#endif

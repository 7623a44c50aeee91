/* verb_say.h - what a verb says: the plan as text, its steps as they come, the outcome as one JSON
 * object. */
#ifndef SPARKOPS_VERB_SAY_H
#define SPARKOPS_VERB_SAY_H

#include <stdio.h>

#include "../include/row/action.h"

/* Nobody may read: a failed write is no reason to stop. */
void say_plan(FILE *f, const struct plan_row *p);
/* Steps of the row from number `from` on; how many there are now. */
size_t say_steps(FILE *f, const struct action_row *row, size_t from);
void say_outcome(FILE *f, const struct action_row *row);

struct verb_report {
	const char *verb;
	bool is_dry_run;
	int code;
	const char *state;               /* a name of ACTION_STATE_LIST, or "would act" */
	const char *says;                /* why, where there is no action row; NULL */
	const struct plan_row *plan;     /* NULL */
	const struct action_row *action; /* NULL */
};
void say_json(FILE *f, const struct verb_report *r);

/* Begins an object with what every --json begins with, no closing brace. */
void say_json_head(struct buf *out);

#endif

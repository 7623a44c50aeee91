/* verb_wait.h - a verb while it runs: what it holds, and how it waits for whatever is next. */
#ifndef SPARKOPS_VERB_WAIT_H
#define SPARKOPS_VERB_WAIT_H

#include <stdio.h>

#include "../include/arena.h"
#include "../include/backend.h"
#include "../include/row/action.h"
#include "options.h"

struct verb {
	const struct options *o;
	const struct verb_options *args;
	struct backend *b;
	struct action_request request;
	FILE *say; /* standard output; beside --json standard error */
	char jvm[64];
	const struct snapshot *s; /* the newest that was looked at */
	int64_t plan;             /* number of its plan, 0: none yet */
	char line[512];           /* what was typed last, without its line end */
	size_t len;
	struct arena arena; /* values that were typed */
};

enum verb_woken {
	WOKEN_BY_NEWS, /* v->s is newer */
	WOKEN_BY_LINE, /* v->line is whole */
	WOKEN_BY_END,  /* the terminal is gone, or Ctrl-D */
	WOKEN_BY_SIGNAL,
	WOKEN_BY_TIME
};

void verb_look(struct verb *v); /* takes the newest snapshot */
/* ms < 0: for ever. */
enum verb_woken verb_wait(struct verb *v, bool is_reading, int64_t ms);
/* What was typed so far is not meant for what comes now. */
void verb_flush(struct verb *v);

const struct plan_row *verb_plan(const struct verb *v);     /* in v->s; NULL */
const struct action_row *verb_action(const struct verb *v); /* the same */
MUST_CHECK int verb_send(struct verb *v, enum action_step step, struct err *err);

/* Shows the plan and asks. NULL: it was answered as it must be, and v->request is complete;
 * else why nothing is done. */
const char *verb_ask(struct verb *v);
/* Of what the plan asks for, the first that was not given and has no default; NULL. */
const struct plan_ask *verb_lacks(const struct verb *v, const struct plan_row *p);

#endif

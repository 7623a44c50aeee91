/* action/start.h - a job is started again: its hook, ready, resume, and the proof that it came.
 *
 * Used by restart and recover; written by restart.c and its neighbours. An act's thread. */
#ifndef SPARKOPS_ACTION_START_H
#define SPARKOPS_ACTION_START_H

#include "act.h"

struct start {
	bool after_oom;
	int64_t wait_ms;          /* 5 s, 10 s after an OOM, or as configured */
	int64_t began_at;         /* wall ms: what comes after it is new */
	char application_id[128]; /* of the old one, "" */
	int64_t start_time;       /* of the old one, ABSENT */
	char jvm[48];             /* of the old one, "" */
	int64_t batches;          /* ABSENT */
};

/* What is there before; fills asks, steps, warnings of the plan (same memory, same OOM ...). */
void start_capture(struct act *a, struct start *s);
void start_plan(struct act *a, const struct start *s, struct plan_row *p, struct arena *arena);
/* Each -> DONE, or how it failed with act_outcome(). Steps are written before anything is sent. */
MUST_CHECK enum action_state start_wait(struct act *a, const struct start *s);
MUST_CHECK enum action_state start_do(struct act *a, struct start *s);
MUST_CHECK enum action_state start_ready(struct act *a, const struct start *s);
MUST_CHECK enum action_state start_resume(struct act *a, const struct start *s);
/* New start time or application, first batch or Spark job. */
MUST_CHECK enum action_state start_prove(struct act *a, const struct start *s);
/* A new JVM or application of this job is there already: says which, or NULL. */
const char *start_came_back(struct act *a, const struct start *s, struct arena *arena);

#endif

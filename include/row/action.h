/* row/action.h - what would be done (a plan, while its question is open) and what was done. */
#ifndef SPARKOPS_ROW_ACTION_H
#define SPARKOPS_ROW_ACTION_H

#include "../action.h"
#include "../field.h"

/* One line of evidence in a question; has_ended: it is struck out. */
struct plan_sign {
	const struct text *what;
	bool has_ended;
};
/* A value that must be given before it can be done (restart and resume). */
struct plan_ask {
	const struct text *name, *ask;
	const struct text *fallback; /* the default; NULL: it must be typed */
	const struct text *evidence; /* where the default was found: the log's line; NULL */
};

/* One row in snapshot.plan. */
struct plan_row {
	int64_t number;
	int action;                /* enum action_id */
	const struct text *job;    /* NULL: a JVM of no job */
	const struct text *title;  /* "Kill this JVM?" */
	const struct text *button; /* "kill" */
	struct texts target;       /* identity, two or three lines: process, class, job, ports */
	size_t nsigns;
	const struct plan_sign *signs; /* evidence, live */
	const struct text *verdict;    /* "hung", NULL */
	struct texts steps;            /* "save a thread dump (5 s)", "SIGTERM", "wait 30 s ..." */
	struct texts loses, stays;     /* what is lost and what stays */
	struct texts facts; /* replay: "12 entries, 3 units, 2 already covered", "oldest ..." */
	const struct text *warning; /* one bright line: "this job is healthy: last batch 4 s ago" */
	const struct text *refused; /* why not, and what would make it possible; NULL: it is */
	const struct text *to_type; /* "8423"; NULL: nothing */
	struct texts paste;         /* lines to run elsewhere: the dry run, or for another host */
	const struct text *says;    /* what changed while it was open: "answered 3 s ago" */
	int64_t changes; /* grows when what was typed must be cleared: the verdict has changed */
	size_t nasks;
	const struct plan_ask *asks;
};
extern const struct schema schema_plan;

#define ACTION_STATE_LIST(X)                                                                       \
	X(RUNS, "runs")                                                                            \
	X(ASKS, "asks") /* waits for a decision: SIGKILL? */                                       \
	X(DONE, "done") /* done and proved, or nothing to do */                                    \
	X(REFUSED, "refused")                                                                      \
	X(FAILED, "failed") /* tried */                                                            \
	X(IN_DOUBT, "in doubt")                                                                    \
	X(CUT, "cut") /* its sparkops ended in the middle */                                       \
	X(CANCELLED, "cancelled")
enum action_state {
#define X(id, name) ACTION_STATE_##id,
	ACTION_STATE_LIST(X)
#undef X
};
extern const char *const action_state_names[];

/* `actions` view and `actions` of --json: newest first. From the audit, of this
 * and earlier runs. */
struct action_row {
	int64_t number; /* of its intent in the audit; ABSENT: none was written (refused) */
	int64_t plan;   /* of this run: number of its plan; ABSENT */
	int action;     /* enum action_id; -1: none of the list (reveal) */
	const struct text *word; /* "kill" */
	const struct text *job;
	const struct text *target; /* "java 18423 (SparkSubmit, migration)" */
	int state;                 /* enum action_state */
	const struct text *who, *host;
	int64_t began_at, ended_at;
	const struct text *step;    /* what it does now: "SIGTERM sent, waits 12 s of 30 s" */
	const struct text *outcome; /* in a sentence */
	const struct text *proof;   /* "process gone after 2.1 s, :4040 :40417 free" */
	struct texts steps;         /* what was done, each with its time in front */
	const struct text *asks;    /* ACTION_STATE_ASKS: the question */
};
extern const struct schema schema_action;

#endif

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

/* One row in snapshot.plan. */
struct plan_row {
	int64_t number;
	int action;               /* enum action_id */
	const struct text *title; /* "Kill this JVM?" */
	struct texts target;      /* identity, two or three lines: process, class, job, ports */
	size_t nsigns;
	const struct plan_sign *signs; /* "hung, because": evidence, live */
	const struct text *verdict;    /* "hung", NULL */
	struct texts steps;            /* "save a thread dump (5 s)", "SIGTERM", "wait 30 s ..." */
	struct texts loses, stays;     /* what is lost and what stays */
	const struct text *warning; /* one bright line: "this job is healthy: last batch 4 s ago" */
	const struct text
		*refused; /* why it is not possible, and what would make it so; NULL: it is */
	const struct text *to_type; /* "8423"; NULL: nothing */
	const struct text *paste;   /* the line to run there, for another host or a dry run */
	const struct text *says;    /* what changed while it was open: "answered 3 s ago" */
	struct texts asks;          /* names of values that must be given */
};
extern const struct schema schema_plan;

enum action_state {
	ACTION_RUNS,
	ACTION_ASKS, /* waits for a decision: SIGKILL? */
	ACTION_DONE, /* done and proved */
	ACTION_REFUSED,
	ACTION_FAILED,
	ACTION_IN_DOUBT,
	ACTION_CUT, /* its sparkops ended in the middle */
	ACTION_CANCELLED
};
extern const char *const action_state_names[];

/* `actions` view: newest first. From the audit, of this and earlier runs. */
struct action_row {
	int64_t number; /* of its intent in the audit */
	int action;     /* enum action_id */
	const struct text *job;
	const struct text *target; /* "java 18423 (SparkSubmit, migration)" */
	int state;                 /* enum action_state */
	const struct text *who, *host;
	int64_t began_at, ended_at;
	const struct text *step;    /* what it does now: "SIGTERM sent, waits 12 s of 30 s" */
	const struct text *outcome; /* in a sentence */
	const struct text *proof;   /* "process gone after 2.1 s, :4040 :40417 free" */
	struct texts steps;         /* what was done, with times */
	const struct text *asks;    /* ACTION_ASKS: the question */
};
extern const struct schema schema_action;

#endif

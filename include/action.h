/* action.h - the list of actions, and what is asked of the backend when one is wanted.
 *
 * To add an action:
 *   1. backend/action/x.c: `const struct action_ops action_x` (see backend/action/act.h): plan
 *      (what exactly would happen, may it, what must be typed) and run
 *   2. one line here.
 * Question, typed confirmation, audit, progress rows, command-line verb, read-only refusal and the
 * key's dim state come without more code.
 *
 * A person's way: the front end asks for a plan (ACTION_PLAN) of a target whose identity it copied
 * from the row that was seen; the plan comes back in snapshot.plan under the number that
 * backend_act() gave, and is made anew with each snapshot while it is open, so that its evidence is
 * live; ACTION_DO names that plan and carries what was typed. The backend checks everything again
 * before it touches anything: nothing that a front end says is believed. */
#ifndef SPARKOPS_ACTION_H
#define SPARKOPS_ACTION_H

#include "base.h"
#include "err.h"

/* X(id, symbol, word, key, permission, title): permission is what `actions:` of the configuration
 * must hold, 0: nothing (but no hold and no read-only either way). */
#define ACTION_LIST(X)                                                                             \
	X(KILL, kill, "kill", 'K', ACT_KILL, "Kill this JVM")                                      \
	X(KILL_SPARK, kill_spark, "kill-spark", 'K', ACT_KILL, "Kill this in Spark")               \
	X(REPLAY, replay, "replay", 'R', ACT_REPLAY, "Replay")                                     \
	X(RESTART, restart, "restart", 'B', ACT_RESTART, "Restart this job")                       \
	X(RECOVER, recover, "recover", 'V', ACT_RECOVER, "Recover this job")                       \
	X(MARK, mark, "mark", 'M', 0, "Mark entries")                                              \
	X(HOLD, hold, "hold", 'H', 0, "Hold this job")

enum action_id {
#define X(id, symbol, word, key, permission, title) ACTION_##id,
	ACTION_LIST(X)
#undef X
		ACTION_COUNT
};
extern const char *const action_words[]; /* kill ..., NULL-terminated, by action_id */

enum action_step {
	ACTION_PLAN,   /* opens a question */
	ACTION_DO,     /* it was answered */
	ACTION_FORGET, /* it was closed */
	ACTION_ANSWER, /* a running action asks (SIGKILL?): yes */
	ACTION_CANCEL, /* a running action is to stop after what is in flight */
	ACTION_TRY,    /* is one of the values that were typed so far wrong? Answers nothing */
};

struct action_value {
	const char *name, *value;
};

/* Who is meant and with what. Copied by the callee. Strings NULL, numbers ABSENT: not given. */
struct action_request {
	enum action_step step;
	enum action_id action;
	uint64_t plan;     /* all but PLAN: the number that backend_act() returned */
	const char *typed; /* DO */
	/* who is meant: PLAN */
	const char *job;   /* its name */
	const char *jvm;   /* PID@START of a JVM, or of the Python parent of a dead one */
	const char *spark; /* KILL_SPARK: "job 12", "stage 7", "application app-..", "driver
			      driver-.." */
	const char *where; /* KILL_SPARK: URL of the driver's UI or of the master */
	/* with what: PLAN; DO may bring values again (those that the question asked for) */
	const char *reason;
	const char *only_if; /* --if, with commas: verdicts it may act on beside the usual ones */
	int64_t force_after_ms;     /* kill: SIGKILL after that without asking */
	int64_t since_ms, until_ms; /* wall ms */
	int64_t limit, max_attempts;
	double per_s; /* --rate; NaN */
	size_t nhashes, nvalues;
	const char *const *hashes;         /* of DLQ entries: full or unique prefixes */
	const struct action_value *values; /* --set */
	const char *error_type;            /* --type */
	uint64_t group;                    /* of struct dlq_group_row; 0: none */
	bool is_all;
	const char *as;  /* mark: done given-up pending */
	int64_t for_ms;  /* hold: ABSENT for ever */
	bool is_off;     /* hold: its end */
	bool is_yes;     /* a verb with --yes: nothing was shown, nothing is typed */
	bool is_dry_run; /* a verb with --dry-run: a plan alone, DO never comes */
};

/* An empty request: everything not given. */
struct action_request action_request_of(enum action_step step, enum action_id action);

#endif

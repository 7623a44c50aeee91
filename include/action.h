/* action.h - the list of actions, and what is asked of the backend when one is wanted.
 *
 * To add an action:
 *   1. backend/action/x.c: `const struct action_ops action_x` (see backend/action/action.h): plan
 *      (what exactly would happen, may it, what must be typed) and run
 *   2. one line here.
 * Question, typed confirmation, audit, progress rows, command-line verb, read-only refusal and the
 * key's dim state come without more code.
 *
 * A person's way: the front end asks for a plan (ACTION_PLAN) of a target whose identity it copied
 * from the row that was seen; the plan comes back in snapshot.plan and is made anew with each
 * snapshot while it is open, so that its evidence is live; ACTION_DO names that plan and carries
 * what was typed. The backend checks everything again before it touches anything: nothing that a
 * front end says is believed. */
#ifndef SPARKOPS_ACTION_H
#define SPARKOPS_ACTION_H

#include "base.h"
#include "err.h"

/* X(id, symbol, word, key, row type, risk, title) */
#define ACTION_LIST(X) X(KILL, kill, "kill", 'K', "jvm", RISK_TYPED, "Kill this JVM")

enum action_risk {
	RISK_ASKS, /* a question; Cancel has the focus */
	RISK_TYPED /* and something to type: four digits of the PID, the job's name, the count */
};

enum action_id {
#define X(id, symbol, word, key, row, risk, title) ACTION_##id,
	ACTION_LIST(X)
#undef X
		ACTION_COUNT
};

enum action_step {
	ACTION_PLAN,
	ACTION_DO,
	ACTION_FORGET /* the question was closed */,
	ACTION_CANCEL
};

struct action_value {
	const char *name, *value;
};

/* Who is meant and with what. Strings are copied by the callee; NULL: not given. */
struct action_request {
	enum action_step step;
	enum action_id action;
	uint64_t plan;   /* DO, FORGET: number of the plan that was shown; CANCEL: of the action */
	const char *job; /* its name */
	const char *jvm; /* PID@START, or of a Python parent */
	const char *typed; /* DO */
	const char *reason;
	/* what verdicts it may act on, as in --if; NULL: hung crashed stranded orphan dead
	 * thrashing */
	const char *only_if;
	int64_t force_after_ms; /* kill: KILL after that; ABSENT: asks again (console) or never
				   (verb) */
	int64_t from_ms;        /* wall ms of --since, ABSENT */
	int64_t until_ms;
	int64_t limit; /* ABSENT */
	size_t nhashes, nvalues;
	const char *const *hashes; /* of DLQ entries: full or unique prefixes */
	const char *error_type;    /* --type */
	uint64_t group;            /* 0: none */
	bool is_all;
	const struct action_value *values; /* --set */
	bool is_yes; /* a verb with --yes: nothing was shown, nothing is typed */
	bool is_dry; /* the plan is all that is wanted */
};

extern const char *const action_words[]; /* kill ..., NULL-terminated, by action_id */

#endif

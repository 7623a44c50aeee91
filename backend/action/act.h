/* action/act.h - one action from its question to its proof, as seen by the code that does it.
 *
 * DESIGN. An action waits for most of its life: for a person, for a process to end, for a job to
 * come back. So it lives on a thread of its own and is written as it is told: step after step, from
 * top to bottom, with waits in between (act_wait), where callbacks would scatter the one order that
 * must be plain. The thread is there as soon as the question opens: what is captured then (a pidfd)
 * is held until the end. It shares nothing with the loop but what this header names: it looks at
 * frozen snapshots, and what it says is published by the loop. Everything here may be called on the
 * act's own thread only, and may block for as long as its limit says.
 *
 *   capture -> plan, plan, plan (while it asks) -> check -> audit(intent) -> run -> audit(outcome)
 *
 * The order is in act.c alone. An action cannot skip a part, and run() is not called unless the
 * intent is on disk. */
#ifndef SPARKOPS_ACTION_ACT_H
#define SPARKOPS_ACTION_ACT_H

#include "../../include/arena.h"
#include "../../include/config.h"
#include "../../include/row/action.h"
#include "../../include/row/job.h"
#include "../../include/row/jvm.h"
#include "../../include/snapshot.h"

struct act;
struct act_cut;
struct ledger;

struct action_ops {
	size_t state_size; /* zeroed bytes per act: act_state() */
	bool finishes; /* runs to its end though the console leaves (kill, restart, recover); others
			  are cancelled then */
	bool is_bookkeeping; /* not stopped by a hold: hold itself */
	bool needs_proof; /* what the ledger says decides what is sent: refused where its audit is
			     not whole (replay, mark) */
	/* Once: who is meant, held by identity. -ERR_REFUSED: why not, and what would make it so;
	 * it is shown in the question, and tried no more. Optional. */
	int (*capture)(struct act *a, struct err *err);
	/* What would happen as things are now; fills p (zeroed; number, action, job, title, button
	 * are set) with texts in `arena`. p->refused stops it. Called for each new snapshot, and
	 * once more after the answer: what it says then counts. */
	void (*plan)(struct act *a, struct plan_row *p, struct arena *arena);
	/* What DO brings, read before the question closes: -ERR_REFUSED says which value is wrong
	 * and what would be right. Optional; any thread. */
	int (*accepts)(const struct action_request *r, struct err *err);
	/* Does it; how it ended. Says why by act_outcome(), and act_proof(). */
	enum action_state (*run)(struct act *a);
	void (*release)(struct act *a); /* optional */
	/* What comes next of a sequence that was cut off, for the list of actions and the banner:
	 * "V continues at wait". NULL: nothing. Optional; any thread. */
	const char *(*cut_says)(const struct act_cut *cut, struct arena *arena);
};

#define X(id, symbol, word, key, permission, title) extern const struct action_ops action_##symbol;
ACTION_LIST(X)
#undef X
extern const struct action_ops *const action_registry[]; /* by action_id */

/* --- what it knows --- */

void *act_state(struct act *a);
const char *act_clock(int64_t at, char out[static 16]);        /* 14:03:27, local */
const struct action_request *act_request(const struct act *a); /* with the values of DO, too */
const char *act_value(const struct act *a, const char *name);  /* of --set or the question; NULL */
const char *request_value(const struct action_request *r, const char *name); /* the same */
/* The configuration in force and the job's part of it (NULL: no such job), valid until the next
 * act_look() or act_wait(). */
const struct config *act_config(const struct act *a);
const struct config_job *act_job(const struct act *a);
/* The job it is about: that of the request, or of its JVM; NULL: none. */
const char *act_job_name(const struct act *a);
/* In capture() or plan(): what is meant belongs to that job, too; its holds and its `actions:`
 * count as well. */
void act_is_of(struct act *a, const char *job);
/* For plan(), of actions that scripts may do to what is in trouble only: false when it was asked
 * for with --yes and the verdict (of the JVM or the job, as a word) is none of hung, crashed,
 * stranded, orphan, dead, thrashing and those that --if names. p->refused is the
 * action's to say. */
bool act_verdict_ok(const struct act *a, const char *verdict);
/* The newest snapshot, held until the next call. */
const struct snapshot *act_look(struct act *a);
const struct job_row *act_job_row(struct act *a); /* in what act_look() gave last; NULL */
const struct jvm_row *act_jvm_row(struct act *a, const char *id);
void act_poll_now(struct act *a); /* the job's targets are asked soon */
/* A connection of its own; to read only, and another one, until run(). NULL: the ledger cannot be
 * read (plan() may still show). Nobody but hold, mark and replay needs it. */
struct ledger *act_ledger(struct act *a);
const char *act_state_dir(const struct act *a); /* for dumps/ and output/ */
uint64_t act_number(const struct act *a);       /* seq of the intent, in run() */

/* Of a sequence of this kind and job that was cut off (kill -9, power): what it was told and how
 * far it came. NULL: none is open. Valid until release. */
struct act_cut {
	int64_t number;     /* of its intent */
	const char *detail; /* act_detail() of the first run */
	size_t nsteps;
	const char *const *names, *const *says; /* act_step() calls that were written, in order */
	int64_t at;                             /* wall ms of the last */
};
const struct act_cut *act_cut(struct act *a);

/* --- what it says --- */

/* In capture(): the target in a few words for lists and the audit, "java 18423 (SparkSubmit,
 * migration)". Without it the first line of the plan's target. */
void act_target(struct act *a, const char *fmt, ...) ATTR_PRINTF(2, 3);
/* Before the intent (in plan() or capture()): kept with it, for act_cut(). JSON by custom. */
void act_detail(struct act *a, const char *fmt, ...) ATTR_PRINTF(2, 3);
/* A step: on disk (audit, kind step) before this returns, then on the screen. name is a word for
 * programs (`term`), the sentence for people. -ERR_IO: it could not be written: stop. */
MUST_CHECK int act_step(struct act *a, const char *name, const char *fmt, ...) ATTR_PRINTF(3, 4);
void act_says(struct act *a, const char *fmt, ...) ATTR_PRINTF(2, 3); /* screen only: a countdown */
void act_outcome(struct act *a, const char *fmt, ...) ATTR_PRINTF(2, 3);
void act_proof(struct act *a, const char *fmt, ...) ATTR_PRINTF(2, 3);

/* --- waits --- */

enum act_woken {
	WOKEN_TIME,     /* the time is over */
	WOKEN_READY,    /* fd is readable */
	WOKEN_NEWS,     /* there is a newer snapshot than the one of act_look() */
	WOKEN_ANSWERED, /* a person said yes (ACTION_ANSWER) */
	WOKEN_CANCELLED /* by a person, or the console leaves and the action does not finish */
};
/* fd -1: none; ms < 0: for ever. Passes failpoint_ms(). */
enum act_woken act_wait(struct act *a, int fd, int64_t ms);
/* Sleeps that long whatever is new: false when cancelled. */
MUST_CHECK bool act_sleep(struct act *a, int64_t ms);
bool act_is_cancelled(struct act *a);
/* Shows a question (state asks) until answered, cancelled or fd is readable. Where nobody can
 * answer (a verb with --yes, the console left) WOKEN_CANCELLED at once. */
enum act_woken act_ask(struct act *a, int fd, const char *fmt, ...) ATTR_PRINTF(3, 4);

#endif

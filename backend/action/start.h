/* action/start.h - a job is started again: its hook, ready, resume, and the proof that it came.
 *
 * Used by restart and recover; written by restart.c and its neighbours. An act's thread. */
#ifndef SPARKOPS_ACTION_START_H
#define SPARKOPS_ACTION_START_H

#include "act.h"
#include "facts.h"
#include "hook.h"

/* Clocks of the job and of this host may differ by that much, and logs are dated to the second. */
enum { CLOCKS_MS = 2000 };

/* How long it may take until it is ready: as configured, else two minutes. */
static inline int64_t start_within_ms(const struct config_job *job)
{
	return job->ready.within_ms > 0 ? job->ready.within_ms : 120000;
}

/* An earlier restart of this job after the same OutOfMemoryError; at 0: none within a day. */
struct start_earlier {
	int64_t at;
	bool has_changed; /* a value or the memory is another one now */
};

struct start {
	bool after_oom;
	bool has_failed;          /* there is something to wait for: start_wait() */
	int64_t wait_ms;          /* 5 s, 10 s after an OOM, or as configured */
	int64_t ended_at;         /* wall ms when the old one was seen to have ended; ABSENT */
	int64_t began_at;         /* wall ms: what comes after it is new */
	char application_id[128]; /* of the old one, "" */
	int64_t start_time;       /* of the old one, ABSENT */
	char jvm[48];             /* of the old one, "" */
	int64_t batches;          /* ABSENT */
	bool was_down;            /* no JVM of it was left: whichever is there now is new */
	bool is_back;             /* it came back by itself: nothing was started */

	struct arena arena; /* of the facts; start_release() */
	struct fact *facts; /* one for each of the job's */
	size_t nfacts;
	int64_t facts_of;     /* beginning of the incident they were found for; ABSENT */
	bool has_facts;       /* they were looked for */
	char place[256];      /* where it ran out of memory: its facts, "" */
	bool is_executors;    /* whose memory: theirs, or the driver's */
	int64_t memory_bytes; /* as configured; ABSENT */
	int64_t need_bytes;   /* measured need x safety factor; ABSENT */
	int64_t told_at; /* wall ms of the call that starts it; 0: not yet, or by an earlier run */
	int64_t child;   /* a detached command that runs; ABSENT */
	char doubt[240]; /* why it is not known whether it was received; "" */
};

/* What is there before. Looks at the newest snapshot; s is zeroed. */
void start_capture(struct act *a, struct start *s);
/* What may have changed since: out of memory, its facts, its memory. */
void start_refresh(struct act *a, struct start *s);
/* Fills asks, adds steps, facts and paste lines, warns and refuses (same memory, same OOM, no
 * restart hook ...). */
void start_plan(struct act *a, struct start *s, struct plan_row *p, struct arena *arena);
/* After the answer and before anything is touched: every text that will be sent can be made, and
 * the same OutOfMemoryError has its word. -ERR_REFUSED. */
MUST_CHECK int start_check(struct act *a, struct start *s, struct err *err);
/* Each -> DONE, or how it failed with act_outcome(). Steps are written before anything is sent. */
/* Counted from `since` (wall ms; ABSENT: from now). */
MUST_CHECK enum action_state start_wait(struct act *a, const struct start *s, int64_t since);
/* DONE with s->is_back: a new one is there already, and nothing was sent. */
MUST_CHECK enum action_state start_do(struct act *a, struct start *s);
MUST_CHECK enum action_state start_ready(struct act *a, struct start *s);
MUST_CHECK enum action_state start_resume(struct act *a, struct start *s);
/* New start time or application, first batch or Spark job. */
MUST_CHECK enum action_state start_prove(struct act *a, struct start *s);
/* A new JVM or application of this job is there already: says which, or NULL. */
const char *start_came_back(struct act *a, const struct start *s, struct arena *arena);
/* The same in what is newest, with the outcome said; kept in s->is_back. */
bool start_is_back(struct act *a, struct start *s);
void start_release(struct start *s);

/* Of a sequence that was cut while it sent: does the job show that it was received? */
bool start_was_received(struct act *a, const struct start *s);
bool start_resume_was_received(struct act *a);

/* --- shared by start*.c, restart.c and recover.c --- */

/* The driver of the job in what act_look() gave last; NULL. */
const struct jvm_row *start_driver(struct act *a);
bool start_is_alive(const struct jvm_row *jvm); /* not NULL, not a zombie */
void plan_add(struct texts *list, struct arena *a, const char *fmt, ...) ATTR_PRINTF(3, 4);
/* When the old one ended, if it has, and whether anything failed. */
void start_see_end(struct act *a, struct start *s);
/* Says how long it will wait, or why not. */
void start_plan_wait(const struct start *s, int64_t since, struct plan_row *p, struct arena *arena);
/* A value as it is given now, or was confirmed before this sequence was cut off; NULL. */
const char *start_given(struct act *a, const char *name, struct arena *arena);
/* Everything that a placeholder of restart and resume may stand for and that is known. */
struct hook_values start_values(struct act *a, const struct start *s, struct arena *arena);
/* One of them; NULL. */
const char *start_value(const struct hook_values *values, const char *name);
/* What a `default:` gives now and the fact it rests on (*why, NULL: none); NULL: nothing. */
const char *start_default(struct act *a, const struct start *s, const struct config_value *v,
			  struct arena *arena, const struct fact **why);
struct hook_send start_send(struct act *a, const struct config_hook *hook,
			    const struct hook_values *values, struct arena *arena);
/* `systemctl restart UNIT` as a command. */
struct config_command start_systemctl(const char *unit, const char *verb, struct arena *a);
/* An earlier restart after the same OutOfMemoryError at the same place. */
struct start_earlier start_earlier(struct act *a, const struct start *s, struct arena *arena);
/* The members of act_detail() that another run, or the next OutOfMemoryError, will want to know;
 * without the braces. */
const char *start_detail(struct act *a, const struct start *s, struct arena *arena);
/* What was there before, as a sequence that was cut had written it down: its facts and its memory,
 * too, which nothing shows any more. */
void start_restore(struct start *s, const char *detail);
/* The last lines of what the job said since it was started, for a failure; "". */
const char *start_last_words(struct act *a, struct arena *arena);

#endif

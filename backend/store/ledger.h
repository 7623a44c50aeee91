/* store/ledger.h - ledger.db: replay attempts, marks, holds, and the audit (audit.h).
 *
 * SQLite, WAL, synchronous=FULL: what is said to be on disk is there. Key of an entry: first 32
 * hex digits of the SHA-256 of its raw line. A partial unique index
 * allows one open or doubtful attempt per key, so that two consoles, two users and cron cannot send
 * the same unit at once; an attempt whose process is gone is in doubt, and nothing leaves doubt by
 * itself. A damaged file is refused with what to do, never deleted. A connection belongs to one
 * thread at a time; each function may wait some seconds for another process. */
#ifndef SPARKOPS_STORE_LEDGER_H
#define SPARKOPS_STORE_LEDGER_H

#include "../../include/arena.h"
#include "../../include/err.h"
#include "../../include/row/dlq.h"

struct ledger;

/* NULL: err says why ("a network file system", "read-only", "damaged: inspect with ..."). To read
 * only makes nothing: -ERR_MISSING where there is no ledger yet. */
struct ledger *ledger_open(const char *state_dir, bool is_read_only, struct err *err);
/* For a question: to read only, every page of it looked at; an empty one where there is none yet,
 * of which nothing is made. unwritable: why ledger_open() would not write to it (code ERR_NONE: it
 * would). NULL: err, it cannot be read either. */
struct ledger *ledger_look(const char *state_dir, struct err *unwritable, struct err *err);
void ledger_close(struct ledger *l);
const char *ledger_user(const struct ledger *l); /* who we are to it */
/* Changes when another connection wrote (PRAGMA data_version); ABSENT: cannot be read. */
int64_t ledger_version(struct ledger *l);

struct ledger_attempt {
	int64_t id; /* 0: no attempt, only a person's mark */
	const char *key, *hash, *job, *unit, *batch_id, *error_type;
	const char *file;     /* path of the DLQ file */
	int64_t line, number; /* attempt, from 1 */
	int64_t began_at;
	int64_t ended_at;    /* ABSENT: open */
	int state;           /* enum dlq_state; DLQ_PENDING while open */
	const char *proof;   /* probe hook person; NULL */
	const char *outcome; /* a sentence */
	const char *output;  /* the last 64 KiB a command said; NULL, and in ledger_states() */
	int64_t covered_by;  /* id of the attempt of the same unit that did it, 0 */
	int64_t mark;        /* state and outcome are what a person said since: its id; 0: not */
	int64_t intent;      /* of the audit: the action that sends it; 0 */
	const char *reason;  /* typed: why what is done or given up is sent again; NULL */
	const char *user;    /* who sent it; filled */
};

/* Intent of an attempt, committed before the first byte leaves. Fills id, began_at and number: the
 * next one, or what is in it if that is more (attempts that were inherited). -ERR_REFUSED: somebody
 * has one open, and who; it is in doubt; the job is held; it is done or given up and there is no
 * reason. Then state is DLQ_DONE or DLQ_GIVEN_UP where that is why, else DLQ_PENDING. */
MUST_CHECK int ledger_begin(struct ledger *l, struct ledger_attempt *a, struct err *err);
/* Its end, by id: state, ended_at (ABSENT: now), proof, outcome, output. DLQ_DOUBT leaves it open
 * for a later ledger_end() or a mark. -ERR_REFUSED: it was settled already (but what was done may
 * still fail: it came back). */
MUST_CHECK int ledger_end(struct ledger *l, const struct ledger_attempt *a, struct err *err);
/* Entries of the unit that the attempt a->id did: done, covered by it. In one transaction; those
 * that are done, open or in doubt are left alone. Filled: key, hash, job, file, line ... */
MUST_CHECK int ledger_cover(struct ledger *l, const struct ledger_attempt *a,
			    const struct ledger_attempt *entries, size_t n, struct err *err);

struct ledger_list {
	size_t n;
	const struct ledger_attempt *v;
};
/* How each key of a job (NULL: of all) stands, as a list by key: its last attempt, or what a person
 * said since. */
MUST_CHECK int ledger_states(struct ledger *l, const char *job, struct arena *a,
			     struct ledger_list *out, struct err *err);
/* All attempts of a key, oldest first. */
MUST_CHECK int ledger_attempts(struct ledger *l, const char *key, struct arena *a,
			       struct ledger_list *out, struct err *err);
/* Attempts that are open and whose process is gone become DLQ_DOUBT; how many. */
MUST_CHECK int ledger_settle_orphans(struct ledger *l, int64_t *n, struct err *err);

/* A person's word: done, given up or pending. Settles doubt. -ERR_REFUSED: it is being sent. */
MUST_CHECK int ledger_mark(struct ledger *l, const char *key, const char *job, int state,
			   const char *reason, struct err *err);
/* The same for many, all or none. */
MUST_CHECK int ledger_mark_all(struct ledger *l, const struct ledger_attempt *entries, size_t n,
			       int state, const char *reason, struct err *err);

/* A hold on a job until then (wall ms, ABSENT: for ever), or its end. */
MUST_CHECK int ledger_hold(struct ledger *l, const char *job, int64_t until, const char *reason,
			   struct err *err);
MUST_CHECK int ledger_release(struct ledger *l, const char *job, struct err *err);
/* NULL: none; "by ann until 16:00: vacuum runs". */
const char *ledger_held(struct ledger *l, const char *job, struct arena *a);

struct ledger_hold_row {
	const char *job, *says; /* "by ann until 16:00: vacuum runs" */
	int64_t until;          /* ABSENT: for ever */
};
struct ledger_holds {
	size_t n;
	const struct ledger_hold_row *v;
};
MUST_CHECK int ledger_holds(struct ledger *l, struct arena *a, struct ledger_holds *out,
			    struct err *err);

/* Why a ledger cannot lie on a file system of that type (statfs), or NULL. */
const char *ledger_unfit(int64_t f_type);

#endif

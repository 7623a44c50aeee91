/* store/ledger.h - ledger.db: replay attempts, marks, holds, and the audit (audit.h).
 *
 * SQLite, WAL, synchronous=FULL: what is said to be on disk is there. Key of an entry: first 32
 * hex digits of the SHA-256 of its raw line (INTERFACES.md section 3). A partial unique index
 * allows one open attempt per key, so that two consoles, two users and cron cannot send the same
 * unit at once; an attempt whose process is gone is in doubt, and nothing leaves doubt by itself. A
 * damaged file is refused with what to do, never deleted. */
#ifndef SPARKOPS_STORE_LEDGER_H
#define SPARKOPS_STORE_LEDGER_H

#include "../../include/arena.h"
#include "../../include/err.h"
#include "../../include/row/dlq.h"

struct ledger;

/* NULL: err says why ("a network file system", "read-only", "damaged: inspect with ..."). */
struct ledger *ledger_open(const char *state_dir, bool is_read_only, struct err *err);
void ledger_close(struct ledger *l);

struct ledger_attempt {
	int64_t id;
	const char *key, *hash, *job, *unit, *batch_id, *error_type;
	const char *file;     /* path of the DLQ file */
	int64_t line, number; /* attempt, from 1 */
	int64_t began_at, ended_at;
	int state;           /* enum dlq_state; DLQ_PENDING while open */
	const char *proof;   /* probe hook person; NULL */
	const char *outcome; /* a sentence */
	const char *output;  /* the last 64 KiB a command said; NULL */
	int64_t covered_by;  /* id of the attempt of the same unit that did it, 0 */
};

/* Intent of an attempt, committed before the first byte leaves. -ERR_REFUSED: somebody else has one
 * open, and who. */
MUST_CHECK int ledger_begin(struct ledger *l, struct ledger_attempt *a, struct err *err);
MUST_CHECK int ledger_end(struct ledger *l, const struct ledger_attempt *a, struct err *err);
/* The last attempt of each key of a job, as a list. */
struct ledger_list {
	size_t n;
	const struct ledger_attempt *v;
};
MUST_CHECK int ledger_states(struct ledger *l, const char *job, struct arena *a,
			     struct ledger_list *out, struct err *err);
/* Attempts that are open and whose process is gone become DLQ_DOUBT; how many. */
MUST_CHECK int ledger_settle_orphans(struct ledger *l, int64_t *n, struct err *err);
/* A person's word: done, given up or pending. */
MUST_CHECK int ledger_mark(struct ledger *l, const char *key, const char *job, int state,
			   const char *reason, struct err *err);
/* A hold on a job until then (wall ms, ABSENT: for ever), or its end. */
MUST_CHECK int ledger_hold(struct ledger *l, const char *job, int64_t until, const char *reason,
			   struct err *err);
MUST_CHECK int ledger_release(struct ledger *l, const char *job, struct err *err);
/* NULL: none; "by ann until 16:00: vacuum runs". */
const char *ledger_held(struct ledger *l, const char *job, struct arena *a);

#endif

/* store/audit.h - who did what, when, to what, and what came of it: a chain of rows in ledger.db.
 *
 * An intent is on disk (synchronous=FULL) before anything happens; an outcome follows always, also
 * "unknown". Each row holds the SHA-256 of its content and of the row before it, so that a change
 * in the middle is found; a cut tail is not, unless its head was noted elsewhere (each row also
 * goes to syslog). Several processes write to one file. Loop thread, or the main thread of a verb.
 */
#ifndef SPARKOPS_STORE_AUDIT_H
#define SPARKOPS_STORE_AUDIT_H

#include "../../include/arena.h"
#include "../../include/buf.h"
#include "../../include/err.h"

struct ledger;

struct audit_entry {
	int64_t seq;        /* given by the file */
	int64_t intent;     /* of an outcome or a step: the seq of its intent; 0: it is one */
	int64_t at;         /* wall ms */
	const char *kind;   /* intent step outcome reveal hold mark */
	const char *action; /* kill replay ... */
	const char *job, *target, *detail, *state, *proof;
	/* who: filled by audit_put() */
	int64_t uid, login_uid, pid;
	const char *user, *host, *tty, *client, *boot;
};

/* Commits one row; its number in *seq. -ERR_IO: it is not on disk, and nothing may be done. */
MUST_CHECK int audit_put(struct ledger *l, const struct audit_entry *e, int64_t *seq,
			 struct err *err);

struct audit_list {
	size_t n;
	const struct audit_entry *v; /* newest first */
};
MUST_CHECK int audit_list(struct ledger *l, struct arena *a, int64_t most, struct audit_list *out,
			  struct err *err);
/* Intents without an outcome, oldest first: of processes that ended in the middle. */
MUST_CHECK int audit_open_intents(struct ledger *l, struct arena *a, struct audit_list *out,
				  struct err *err);

struct audit_verdict {
	int64_t rows, first_bad; /* ABSENT: none is */
	bool is_whole;
	char says[200]; /* "312 rows, unbroken", "row 17 was changed after it was written" */
};
MUST_CHECK int audit_verify(struct ledger *l, struct audit_verdict *out, struct err *err);

#endif

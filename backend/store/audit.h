/* store/audit.h - who did what, when, to what, and what came of it: a chain of rows in ledger.db.
 *
 * An intent is on disk (synchronous=FULL) before anything happens; an outcome follows always, also
 * "unknown". Each row holds the SHA-256 of its content and of the hash of the row before it, so
 * that a row that was changed, taken out or put in is found, and a tail that was cut off is by the
 * head that is noted in the same file. Whoever rewrites the whole file, head and all, is found only
 * by what left this file: each row goes to syslog too, with its number and hash. Several processes
 * write to one file. */
#ifndef SPARKOPS_STORE_AUDIT_H
#define SPARKOPS_STORE_AUDIT_H

#include "../../include/arena.h"
#include "../../include/buf.h"
#include "../../include/err.h"

struct ledger;

struct audit_entry {
	int64_t seq;        /* given by the file, from 1 */
	int64_t intent;     /* of an outcome or a step: the seq of its intent; 0: it is one */
	int64_t continues;  /* of an intent: the seq of the one that was cut off and goes on; 0 */
	int64_t at;         /* wall ms; given to audit_put(): ABSENT is now */
	const char *kind;   /* intent step outcome attempt reveal hold mark */
	const char *action; /* kill replay ... */
	const char *job, *target;
	const char *says;   /* a sentence: of an intent how it was asked for, of a step what was
			       done, of an outcome what came of it */
	const char *detail; /* for programs: of an intent what act_detail() keeps */
	const char *state;  /* of an outcome: action_state_names; of a step: its name */
	const char *proof;
	/* who: filled by audit_put() */
	int64_t uid, login_uid, pid, start_ticks;
	const char *user, *host, *tty, *client, *boot;
	const char *hash; /* read back */
};

/* Commits one row; its number in *seq. -ERR_IO: it is not on disk, and nothing may be done. */
MUST_CHECK int audit_put(struct ledger *l, const struct audit_entry *e, int64_t *seq,
			 struct err *err);
/* The same for an intent that a hold on any of these jobs (NULL-terminated) refuses: -ERR_REFUSED
 * and who holds it; a kill, restart or recover is refused too while another of these is at one of
 * the jobs, in a process that lives. The sequence it continues gets its outcome in
 * the same breath. */
MUST_CHECK int audit_intend(struct ledger *l, const struct audit_entry *e, const char *const *jobs,
			    int64_t *seq, struct err *err);

struct audit_list {
	size_t n;
	const struct audit_entry *v; /* newest first */
};
MUST_CHECK int audit_list(struct ledger *l, struct arena *a, int64_t most, struct audit_list *out,
			  struct err *err);
/* The newest intents and with each, behind it, all its steps and its outcome, in order; what else
 * was written (reveal) as it stands. `most` intents. */
MUST_CHECK int audit_actions(struct ledger *l, struct arena *a, int64_t most,
			     struct audit_list *out, struct err *err);
/* Intents without an outcome, oldest first: of processes that are at it, or ended in the middle. */
MUST_CHECK int audit_open_intents(struct ledger *l, struct arena *a, struct audit_list *out,
				  struct err *err);
/* All rows of an intent, itself first, in order. */
MUST_CHECK int audit_of(struct ledger *l, int64_t intent, struct arena *a, struct audit_list *out,
			struct err *err);
/* Its process has ended. */
bool audit_is_gone(const struct audit_entry *e);

enum audit_kind {
	AUDIT_WHOLE,
	AUDIT_CHANGED,
	AUDIT_MISSING,
	AUDIT_CUT,
	AUDIT_ADDED,
	AUDIT_ATTEMPT,
	AUDIT_MARK,
	AUDIT_HOLD
};
struct audit_verdict {
	int64_t rows, first_bad; /* ABSENT: none is */
	bool is_whole;
	enum audit_kind kind;
	char head[65];  /* hash of the last row: to be compared with what syslog has; "" */
	char says[200]; /* "312 rows, unbroken ...", "row 17 was changed after it was written" */
};
MUST_CHECK int audit_verify(struct ledger *l, struct audit_verdict *out, struct err *err);

/* Where rows go beside the file; NULL: nowhere. Before other threads; default: syslog. */
typedef void audit_mirror_fn(const char *line);
void audit_mirror_to(audit_mirror_fn *fn);

#endif

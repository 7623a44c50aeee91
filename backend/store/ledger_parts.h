/* store/ledger_parts.h - what the files of the ledger and the audit share. Nobody
 * else includes it. */
#ifndef SPARKOPS_STORE_LEDGER_PARTS_H
#define SPARKOPS_STORE_LEDGER_PARTS_H

#include "audit.h"
#include "ledger.h"
#include "store.h"
#include "who.h"

struct ledger {
	sqlite3 *db;
	struct who who;
	bool is_read_only;
	const char *path;
	struct buf mirror; /* lines for syslog of this transaction */
	struct arena arena;
};

/* Are its pages those of a whole database? -ERR_FORMAT: it is damaged, and what to do. */
MUST_CHECK int ledger_check(struct ledger *l, struct err *err);
/* Begins to write: the only one on this file until ledger_commit(). */
MUST_CHECK int ledger_write(struct ledger *l, struct err *err);
/* Ends it: commits when rc is 0, else rolls back; rc, or why it cannot. A disk that did not keep
 * what was written is remembered. */
MUST_CHECK int ledger_commit(struct ledger *l, int rc, struct err *err);
/* One row of the chain inside a transaction; fills who, seq and, where it is ABSENT, the time. */
MUST_CHECK int audit_add(struct ledger *l, struct audit_entry *e, struct err *err);
/* The same row as a line for syslog: gathered, and sent once it is committed. */
void audit_mirror_line(const struct audit_entry *e, struct buf *lines);
void audit_mirror_send(struct buf *lines);
/* The chain's hash of a row: 64 hex digits. */
void audit_hash(const struct audit_entry *e, const char *before, char out[static 65]);

/* A row of the audit about an attempt that is "open" or has the name of a state from now on. */
#define ATTEMPT_DETAIL "attempt %lld, "
MUST_CHECK int attempt_note(struct ledger *l, const struct ledger_attempt *t, const char *state,
			    struct err *err);

int attempt_state(sqlite3_stmt *q, int column); /* enum dlq_state, whatever stands there */
/* Do the attempts stand as the audit says? Rows of the audit in their order, then the end. */
struct attempt_check {
	size_t n;
	struct attempt_word *v; /* by id */
};
void attempt_check_row(struct attempt_check *c, const struct audit_entry *e);
/* 0: they do; 1: they do not, and v says which. Releases c. */
MUST_CHECK int attempt_check_end(struct ledger *l, struct attempt_check *c, struct audit_verdict *v,
				 struct err *err);

/* Do marks and holds? 0: they do; 1: they do not, and v says which. */
MUST_CHECK int marks_check(struct ledger *l, struct audit_verdict *v, struct err *err);

/* The columns of an audit row in their order, each once for all who need it: I integers (ABSENT:
 * NULL), S texts. */
#define AUDIT_COLUMNS(I, S)                                                                        \
	I(seq)                                                                                     \
	I(intent)                                                                                  \
	I(continues)                                                                               \
	I(at)                                                                                      \
	S(kind)                                                                                    \
	S(action)                                                                                  \
	S(job)                                                                                     \
	S(target)                                                                                  \
	S(says)                                                                                    \
	S(detail)                                                                                  \
	S(state)                                                                                   \
	S(proof)                                                                                   \
	I(uid)                                                                                     \
	I(login_uid)                                                                               \
	S(user)                                                                                    \
	S(host)                                                                                    \
	S(tty)                                                                                     \
	S(client)                                                                                  \
	S(boot)                                                                                    \
	I(pid)                                                                                     \
	I(start_ticks)

#define AUDIT_NAME(name) #name ", "
#define AUDIT_SELECT "SELECT " AUDIT_COLUMNS(AUDIT_NAME, AUDIT_NAME) "hash FROM audit "
void audit_read(sqlite3_stmt *q, struct arena *a, struct audit_entry *e);

#endif

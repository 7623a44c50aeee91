/* action/victim.h - a process that is to end: held by identity, judged, signalled, proved gone.
 *
 * Used by kill and recover. A victim is held by a pidfd from capture on; before each signal its
 * start time, executable, arguments and owner are read again, and the signal goes through the
 * pidfd: it reaches who was shown or nobody. Blocks for short reads of /proc; an act's thread. */
#ifndef SPARKOPS_ACTION_VICTIM_H
#define SPARKOPS_ACTION_VICTIM_H

#include "act.h"

enum victim_kind { VICTIM_JVM, VICTIM_PARENT };
enum { VICTIM_PORTS = 32, VICTIM_SIGNS = 10, VICTIM_TERM_MS = 30000 };

/* A piece of evidence as it was last seen; it is the same as long as only its numbers change. */
struct victim_sign {
	char text[160];
	int missed; /* looks without it, one after the other: one alone ends nothing */
};

struct victim {
	enum victim_kind kind;
	char id[48]; /* PID@START */
	int64_t pid, start_ticks, uid;
	int pidfd;
	unsigned char arguments[32]; /* SHA-256 of its command line */
	char executable[256];
	size_t nports;
	int64_t ports[VICTIM_PORTS];   /* it listened on at capture and later looks */
	uint64_t inodes[VICTIM_PORTS]; /* of those sockets */
	char job[256], application_id[128], owner[128], name[128]; /* to find who comes back */

	char main_class[64];        /* its last part: "SparkSubmit" */
	char folder[256];           /* its working folder; "": cannot be read */
	int64_t ns_pid, started_at; /* pid in its own namespace; wall ms */
	bool has_own_net;           /* its sockets are in another network namespace */
	bool is_managed;            /* owner starts it again when it ends */
	char instead[160];          /* the owner's own command to end it; "" */
	char jvm[48];               /* VICTIM_PARENT: of this JVM, which must be dead */
	int64_t jvm_pid, jvm_start;
	int64_t ended_at;  /* wall ms when it was seen to have ended; ABSENT */
	int64_t signalled; /* ticks since boot of the first signal: who came back is younger; 0 */
	/* what the question showed: victim_describe() */
	int shown, now; /* enum jvm_verdict first shown and of the last look; -1: none */
	size_t nsigns;
	struct victim_sign signs[VICTIM_SIGNS];
	int64_t changes;
	bool is_well; /* seen to work again since it was shown in trouble */
};

/* id of a Spark JVM of this host, or of the Python parent of a dead one. -ERR_REFUSED: other user,
 * other main class, PID 1, ancestor, other namespace ..., with what could be done instead.
 * -ERR_MISSING: there is no such process any more. v may be released either way. */
MUST_CHECK int victim_capture(struct act *a, const char *id, struct victim *v, struct err *err);
/* What this host runs was looked at, or nobody looks. */
bool victim_has_looked(const struct snapshot *snap);
/* The job has no driver: -ERR_REFUSED where that is because several live that have but its name. */
MUST_CHECK int victim_is_clear(struct act *a, struct err *err);
/* The Python parent of a held JVM, before that one ends: it may be signalled only after it has.
 * -ERR_MISSING: it has none. */
MUST_CHECK int victim_capture_parent(struct act *a, const struct victim *jvm, struct victim *v,
				     struct err *err);
/* Is it still exactly that one? -ERR_REFUSED: what changed. -ERR_MISSING: it has ended. */
MUST_CHECK int victim_verify(const struct victim *v, struct err *err);
/* Fills target, signs, verdict, loses, stays, warning, says and changes of the plan. */
void victim_describe(struct act *a, struct victim *v, struct plan_row *p, struct arena *arena);
/* "java 18423" or "python 18401". */
const char *victim_name(const struct victim *v, char out[static 48]);
/* Evidence first: the thread dump into dumps/. Its failure stops nothing; says where it is. < 0:
 * nothing can be written to the audit any more. */
MUST_CHECK int victim_dump(struct act *a, const struct victim *v);
/* TERM (a stopped one: TERM, CONT), waits, and KILL when allowed (force_after_ms, or a yes). DONE:
 * it ended. Else why not, by act_outcome(). */
MUST_CHECK enum action_state victim_end(struct act *a, struct victim *v, int64_t force_after_ms);
/* Gone (or a zombie, named with its parent), ports free, nothing came back: up to 10 s. */
MUST_CHECK enum action_state victim_prove(struct act *a, const struct victim *v);
void victim_release(struct victim *v);

#endif

/* action/victim.h - a process that is to end: held by identity, judged, signalled, proved gone.
 *
 * Used by kill and recover. A victim is held by a pidfd from capture on; before each signal its
 * start time, executable, arguments and owner are read again, and the signal goes through the
 * pidfd: it reaches who was shown or nobody. Blocks for short reads of /proc; an act's thread. */
#ifndef SPARKOPS_ACTION_VICTIM_H
#define SPARKOPS_ACTION_VICTIM_H

#include "act.h"

enum victim_kind { VICTIM_JVM, VICTIM_PARENT };

struct victim {
	enum victim_kind kind;
	char id[48]; /* PID@START */
	int64_t pid, start_ticks, uid;
	int pidfd;
	unsigned char arguments[32]; /* SHA-256 of its command line */
	char executable[256];
	size_t nports;
	int64_t ports[32];   /* it listened on at capture and later looks */
	uint64_t inodes[32]; /* of those sockets */
	char job[256], application_id[128], owner[128], name[128]; /* to find who comes back */
};

/* id of a Spark JVM of this host, or of the Python parent of a dead one. -ERR_REFUSED: other user,
 * other main class, PID 1, ancestor, other namespace ..., with what could be done instead. */
MUST_CHECK int victim_capture(struct act *a, const char *id, struct victim *v, struct err *err);
/* Is it still exactly that one? -ERR_REFUSED: what changed. */
MUST_CHECK int victim_verify(const struct victim *v, struct err *err);
void victim_describe(struct act *a, const struct victim *v, struct plan_row *p,
		     struct arena *arena); /* target, signs, verdict, loses, stays, warning */
/* Evidence first: the thread dump into dumps/. Its failure stops nothing; says where it is. */
MUST_CHECK int victim_dump(struct act *a, const struct victim *v);
/* TERM (a stopped one: TERM, CONT), waits, and KILL when allowed (force_after_ms, or a yes). DONE:
 * it ended. Else why not, by act_outcome(). */
MUST_CHECK enum action_state victim_end(struct act *a, struct victim *v, int64_t force_after_ms);
/* Gone (or a zombie, named with its parent), ports free, nothing came back: up to 10 s. */
MUST_CHECK enum action_state victim_prove(struct act *a, const struct victim *v);
void victim_release(struct victim *v);

#endif

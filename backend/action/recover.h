/* action/recover.h - the parts of recover: who is ended, how far a sequence came. Private to
 * recover*.c. */
#ifndef SPARKOPS_ACTION_RECOVER_H
#define SPARKOPS_ACTION_RECOVER_H

#include "start.h"
#include "victim.h"

/* Marks in the audit, in this order; each is written when what it names is true, but for `start`
 * and `resume`, which are written before something is sent. Their names are no others' steps. */
enum phase {
	PHASE_NONE,
	PHASE_ENDED,
	PHASE_FREE,
	PHASE_WAITED,
	PHASE_START,
	PHASE_STARTED,
	PHASE_READY,
	PHASE_RESUME,
	PHASE_RESUMED
};
extern const char *const phase_names[]; /* by phase, NULL-terminated */

enum { PAIR_PORTS = 2 * VICTIM_PORTS };

/* A job's JVM and, where the restart is no HTTP request to it, the Python that holds it. */
struct pair {
	struct victim jvm, python;
	bool has_jvm, has_python;
	char dead[48];     /* PID of a JVM that is a zombie: nothing can hurt it; "" */
	char digits[24];   /* of the PID, to be typed; "" */
	bool keeps_python; /* it is asked to restart */
	size_t nports;     /* of both; without those of a Python that stays */
	int64_t ports[PAIR_PORTS];
};

struct recover {
	struct start start;
	struct pair pair;
	enum phase cut; /* how far an earlier run came */
	struct err refused;
};

/* --- recover_pair.c */

/* Holds who is to be ended: the driver of the job, or the JVM of that id where a sequence that was
 * cut had it ("": none). -ERR_REFUSED, with what to do instead. */
MUST_CHECK int pair_capture(struct act *a, const char *jvm, struct pair *p, struct err *err);
/* None of it is left, and on this host nobody listens at the addresses of its job. */
bool pair_is_gone(struct act *a, const struct pair *p);
void pair_add_port(struct pair *p, int64_t port);
const char *pair_ports_words(const struct pair *p, struct arena *a); /* ":4040 :40417", "" */
/* Ends both. DONE, or why not by act_outcome(). */
MUST_CHECK enum action_state pair_end(struct act *a, struct pair *p);
/* Gone, and nobody listens on any of its ports. */
MUST_CHECK enum action_state pair_prove(struct act *a, const struct pair *p);
void pair_release(struct pair *p);

/* --- recover_plan.c */

void recover_plan(struct act *a, struct plan_row *p, struct arena *arena);

#endif

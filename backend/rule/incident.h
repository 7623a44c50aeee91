/* rule/incident.h - errors with one root: a rule joins what is known of one job into one incident.
 *
 * To add one: a function in backend/rule/incident_x.c and a line in INCIDENT_LIST. A rule says how
 * things are at this moment; the frame (incident.c) keeps what has to outlast its signs: when it
 * began, with what, when it ended. Pure. */
#ifndef SPARKOPS_RULE_INCIDENT_H
#define SPARKOPS_RULE_INCIDENT_H

#include "../../include/row/error.h"
#include "../../include/row/incident.h"
#include "../../include/row/jvm.h"
#include "../../include/row/log.h"
#include "facts.h"
#include "host.h"

#define INCIDENT_LIST(X) X(cascade) /* out of memory, then retries on a dead session */

enum incident_index {
#define X(symbol) INCIDENT_##symbol,
	INCIDENT_LIST(X)
#undef X
		INCIDENT_COUNT
};

/* For how long an incident that is over is still shown. */
enum { INCIDENT_KEPT_MS = 15 * 60 * 1000 };

/* What is known of it from the looks before; absent: there was none. */
struct incident_memory {
	int64_t opened_at, closed_at;
	int64_t looked_at; /* wall ms of the first look */
	char root[128];
	char over[256]; /* it ended at this look: the sentence that says so; "" */
};

/* All that an incident may be made of. Rows live as long as the look. */
struct incident_facts {
	int64_t at;
	const struct job_facts *job;
	const char *name;
	enum verdict verdict;
	int64_t since;                /* wall ms since when that holds, as far as we saw */
	const struct jvm_row *driver; /* judged; NULL: not there */
	const struct driver *known;   /* what is remembered of it, also when it is gone */
	const struct incident_memory *before;
	const struct log_mark_row *const *marks; /* of all logs of the job, oldest first */
	size_t nmarks;
	const struct error_row *errors; /* of this job */
	size_t nerrors;
	const struct job_event *events; /* oldest first */
	size_t nevents;
	const struct config_job *cfg;
};

/* Fills out (all members but `job` and `events`) and returns true while there is one, also after it
 * ended (closed_at set): for how long it is shown is the frame's matter. */
typedef bool incident_fn(const struct incident_facts *f, struct arena *a, struct incident_row *out);
#define X(symbol) incident_fn incident_##symbol;
INCIDENT_LIST(X)
#undef X
extern incident_fn *const incident_rules[]; /* NULL-terminated */

/* Those of one job now: rows (at most INCIDENT_COUNT), their number returned. f->before is set
 * here. */
size_t incidents_look(struct incident_facts *f, struct incident_memory memory[INCIDENT_COUNT],
		      struct arena *a, struct incident_row *rows);
void incidents_forget(struct incident_memory memory[INCIDENT_COUNT]);
/* The marks of all those logs, oldest first. */
const struct log_mark_row **incident_marks(const struct section *const *logs, size_t nlogs,
					   struct arena *a, size_t *n);

#endif

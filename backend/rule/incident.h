/* rule/incident.h - errors with one root: a rule joins what is known of one job into one incident.
 *
 * To add one: a function in backend/rule/incident_x.c and a line in INCIDENT_LIST. Pure. */
#ifndef SPARKOPS_RULE_INCIDENT_H
#define SPARKOPS_RULE_INCIDENT_H

#include "../../include/row/incident.h"
#include "../../include/row/jvm.h"
#include "../../include/row/log.h"
#include "facts.h"

#define INCIDENT_LIST(X) X(cascade) /* out of memory, then retries on a dead session */

/* All that an incident may be made of. Rows live as long as the look. */
struct incident_facts {
	int64_t at;
	const struct job_facts *job;
	const char *name;
	enum verdict verdict;
	const struct jvm_row *driver;            /* judged; NULL: none seen */
	const struct log_mark_row *const *marks; /* of all logs of the job, oldest first */
	size_t nmarks;
	const struct job_event *events; /* oldest first */
	size_t nevents;
	const struct config_job *cfg;
};

/* Fills out (all members but `job`) and returns true while there is one, also for a while after it
 * ended (closed_at set). */
typedef bool incident_fn(const struct incident_facts *f, struct arena *a, struct incident_row *out);
#define X(symbol) incident_fn incident_##symbol;
INCIDENT_LIST(X)
#undef X
extern incident_fn *const incident_rules[]; /* NULL-terminated */

#endif

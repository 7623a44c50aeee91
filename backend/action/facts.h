/* action/facts.h - values taken from a job's log: `facts:` of the configuration.
 *
 * A fact is group 1 of the last line that matches before the incident's first error: behind that,
 * retries on a dead session name tables that were never worked on. It is shown with the line it was
 * found in; where no line matches there is no value, and nobody guesses one. Reads files; an act's
 * thread. */
#ifndef SPARKOPS_ACTION_FACTS_H
#define SPARKOPS_ACTION_FACTS_H

#include "../../include/config.h"
#include "../../include/row/incident.h"
#include "../../include/snapshot.h"

struct fact {
	const char *name;
	const char *value; /* NULL: no line matches */
	const char *line;  /* that line, cleaned */
	const char *place; /* the log that holds it */
};

/* out: job->nfacts of them, in their order; strings in a. */
void facts_find(const struct snapshot *s, const struct config_job *job, struct arena *a,
		struct fact *out);
/* When the job's open incident, or else its newest, began; NULL: it has none. */
const struct incident_row *facts_incident(const struct snapshot *s, const char *job);

/* The last line of that file that matches, ends before byte `end` (ABSENT: at the file's end) and
 * is not dated later than `until` (wall ms; ABSENT: any). False: none. */
MUST_CHECK bool fact_in_file(const char *path, const char *expression, int64_t end, int64_t until,
			     struct arena *a, struct fact *out);

#endif

/* row/incident.h - errors with one root: `incidents` of --json and the overview's lower pane. Made
 * by backend/rule/incident*.c. */
#ifndef SPARKOPS_ROW_INCIDENT_H
#define SPARKOPS_ROW_INCIDENT_H

#include "job.h"

struct incident_row {
	const struct text *job, *kind, *root;
	int64_t opened_at, closed_at;
	const struct text *text, *next_step;
	struct texts events; /* for --json */
	/* for the screen only */
	size_t nstory;
	const struct job_event *story;
	const struct text *now; /* the state now, and after it in `now_means` what it means */
	const struct text *now_means;
	const struct text *ended_by; /* what shows that it is over; NULL: it is not */
};

extern const struct schema schema_incident;

#endif

/* source/spark_jobs.h - which of the jobs that a driver lists are kept, and what of each. */
#ifndef SPARKOPS_SOURCE_SPARK_JOBS_H
#define SPARKOPS_SOURCE_SPARK_JOBS_H

#include "spark_rows.h"

enum { SPARK_JOBS_SINCE_MS = 15 * 60 * 1000, SPARK_JOBS_KEPT = 8 };

/* Jobs that run and those of the last SPARK_JOBS_SINCE_MS, copied into d as a rowset. */
void spark_jobs_recent(struct dataset *d, const struct rowset *all, int64_t now);
/* How those ended that are listed, as an application's row into d: what is left of it when only the
 * newest are kept. */
void spark_jobs_outcome(struct dataset *d, const struct rowset *all, int64_t now);
/* What is worth keeping once the past was read off the list: jobs that run and the newest
 * SPARK_JOBS_KEPT of the others, and how all of them ended. One reference. */
struct dataset *spark_jobs_newest(const struct dataset *jobs);
/* Does one of the list run? */
bool spark_jobs_run(const struct dataset *jobs);
/* The part of spark_merge() that is about jobs. */
void spark_jobs_merge(struct dataset *d, struct dataset *const parts[static SPARK_PARTS],
		      bool is_jobs_newer, int64_t now);

#endif

/* source/spark_rows.h - the pure half of the spark source: bodies of a driver's UI to rows. Each
 * endpoint's answer is a dataset of its own, so that one that did not change is shared and not
 * decoded again; spark_merge() holds them together. */
#ifndef SPARKOPS_SOURCE_SPARK_ROWS_H
#define SPARKOPS_SOURCE_SPARK_ROWS_H

#include "../../include/err.h"
#include "../../include/row/executor.h"
#include "../../include/row/spark.h"
#include "../../include/snapshot.h"
#include "../json.h"

/* In the order in which they are asked. */
enum spark_part {
	SPARK_VERSION,
	SPARK_APPLICATIONS,
	SPARK_EXECUTORS,
	SPARK_JOBS,    /* all that are retained: every minute */
	SPARK_RUNNING, /* the running ones */
	SPARK_ACTIVE_STAGES,
	SPARK_FAILED_STAGES,
	SPARK_ENVIRONMENT,
	SPARK_METRICS,
	SPARK_THREADS, /* while nothing moves: spark_threads.h */
	SPARK_PARTS
};

struct spark_body {
	enum spark_part part;
	const char *bytes; /* NUL-terminated */
	size_t len;
	const char *job;            /* name of the job, may be NULL */
	const char *application_id; /* NULL for version and applications */
	int64_t now;
};

/* Decodes one body into rows (none for VERSION); *odd says what was odd in them. NULL with a
 * sentence when it is not what that endpoint answers. Any thread. */
struct dataset *spark_read(const struct spark_body *body, struct json_flags *odd, struct err *err);

/* Everything of one application; parts may be NULL. is_jobs_newer: SPARK_JOBS came after
 * SPARK_RUNNING. Jobs submitted more than 15 minutes before now are left out unless they
 * run. One reference. */
struct dataset *spark_merge(struct dataset *const parts[static SPARK_PARTS], bool is_jobs_newer,
			    int64_t now);

/* `512m`, `4g`, `1024` (MiB), as Spark reads a memory setting; ABSENT when it is none. */
int64_t spark_memory(const char *s, size_t len);
/* Query name and batch of a job's description, as cleaned; both absent when it is
 * no micro-batch. */
void spark_batch(struct arena *a, const struct text *description, struct ident *batch,
		 const struct text **query);

#endif

/* row/error.h - one error type of one job: `errors` of --json. Made by backend/rule/errors.c. */
#ifndef SPARKOPS_ROW_ERROR_H
#define SPARKOPS_ROW_ERROR_H

#include "../field.h"

/* Whose figures a row shows: a job's health answers and its dead-letter queue never add up, for
 * both tell of the same errors. */
enum error_source {
	ERRORS_BY_HEALTH, /* counters of health answers, differenced */
	ERRORS_DATED,     /* the same count, but its windows by the dates in the queue */
	ERRORS_BY_DLQ,    /* entries of the queue: the job does not count this type */
};
extern const char *const error_source_names[]; /* health health+dlq dlq NULL */

struct error_row {
	const struct text *job;
	const struct text *type; /* the source's own word, aliases not merged */
	int64_t count;           /* by the job's own word, else DLQ entries */
	int64_t count_5m, count_1h;
	int counted_by; /* enum error_source */
	int64_t first_at, last_at;
	const struct text *recommendation;
	/* for the screen only */
	const struct text *alias; /* the name under which the error view merges types: SchemaError
				     for AnalysisException */
	const struct text *cause; /* what it means */
	struct series trend;      /* 15 one-minute buckets */
};

extern const struct schema schema_error;

#endif

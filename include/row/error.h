/* row/error.h - one error type of one job: `errors` of --json. Made by backend/rule/errors.c. */
#ifndef SPARKOPS_ROW_ERROR_H
#define SPARKOPS_ROW_ERROR_H

#include "../field.h"

struct error_row {
	const struct text *job;
	const struct text *type; /* the source's own word, aliases not merged */
	int64_t count;           /* by the job's own word, else DLQ entries */
	int64_t count_5m, count_1h;
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

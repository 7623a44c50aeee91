/* row/error.c - the field table of one error type of one job: `errors` of --json. */
#include "../../include/row/error.h"
#include "row.h"

#define F(...) ROW_FIELD(struct error_row, __VA_ARGS__)

const char *const error_source_names[] = {"health", "health+dlq", "dlq", NULL};

static const struct field fields[] = {
	F(job, TEXT, NONE, FIELD_KEY, NULL, "JOB", "name of the job"),
	F(type, TEXT, NONE, FIELD_KEY, NULL, "TYPE", "error type, in the source's own words"),
	F(count, INT, COUNT, FIELD_METRIC | FIELD_HISTORY, NULL, "COUNT",
	  "by the job's own word, else entries of its dead-letter queue"),
	F(count_5m, INT, COUNT, FIELD_METRIC, NULL, "5 MIN", "in the last 5 minutes"),
	F(first_at, TIME, NONE, 0, NULL, "FIRST", "first one that has a date"),
	F(last_at, TIME, NONE, 0, NULL, "LAST", "last one that has a date"),
	F(recommendation, TEXT, NONE, 0, NULL, "DO", "what to do about it"),
	ROW_ENUM(struct error_row, counted_by, error_source_names, 0, "BY",
		 "whose figures: health answers, the same dated by the dead-letter queue, or the "
		 "queue"),

	F(count_1h, INT, COUNT, FIELD_NO_JSON, NULL, "1 H", "in the last hour"),
	F(alias, TEXT, NONE, FIELD_NO_JSON, NULL, "KIND",
	  "the name under which like types are merged"),
	F(cause, TEXT, NONE, FIELD_NO_JSON, NULL, "CAUSE", "what it means"),
	F(trend, SERIES, NONE, FIELD_NO_JSON, NULL, "15 MIN",
	  "errors per minute of the last 15 minutes"),
};

const struct schema schema_error = {
	.name = "error",
	.title = "errors",
	.member = "errors",
	.size = sizeof(struct error_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

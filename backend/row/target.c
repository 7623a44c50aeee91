/* row/target.c - the field table of a target: `targets` of --json and the sources view. */
#include "../../include/row/target.h"
#include "../../include/snapshot.h"
#include "row.h"

#define F(...) ROW_FIELD(struct target_row, __VA_ARGS__)
#define E(...) ROW_ENUM(struct target_row, __VA_ARGS__)

static const struct field fields[] = {
	F(source, TEXT, NONE, FIELD_KEY, NULL, "SOURCE", "who asks: health, spark, master, dlq"),
	F(job, TEXT, NONE, FIELD_KEY, NULL, "JOB", "name of the job"),
	F(where, TEXT, NONE, FIELD_KEY, NULL, "WHERE", "address or folder"),
	E(state, section_state_names, FIELD_METRIC, "STATE", "ok, late, failed, waiting"),
	F(age_s, REAL, SECONDS, FIELD_METRIC, NULL, "AGE", "time since the last good answer"),
	F(took_ms, INT, MS, FIELD_METRIC, NULL, "TOOK", "time of the last answer"),
	F(code, INT, NONE, 0, NULL, "CODE", "HTTP code of the last answer"),
	F(problem, TEXT, NONE, 0, NULL, "PROBLEM", "why it is not ok"),
	F(found_by, TEXT, NONE, 0, NULL, "FOUND BY", "how it became known"),

	F(silent_probes, INT, COUNT, FIELD_NO_JSON, NULL, "SILENT", "unanswered probes in a row"),
	F(next_s, REAL, SECONDS, FIELD_NO_JSON, NULL, "NEXT",
	  "until it is asked again, at the latest, where it is not well"),
};

const struct schema schema_target = {
	.name = "target",
	.title = "targets",
	.member = "targets",
	.size = sizeof(struct target_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

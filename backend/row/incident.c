/* row/incident.c - the field table of an incident: `incidents` of --json. */
#include "../../include/row/incident.h"
#include "row.h"

#define F(...) ROW_FIELD(struct incident_row, __VA_ARGS__)

static const struct field fields[] = {
	F(job, TEXT, NONE, FIELD_KEY, NULL, "JOB", "name of the job"),
	F(kind, TEXT, NONE, FIELD_KEY, NULL, "KIND", "what sort of failure"),
	F(root, TEXT, NONE, FIELD_KEY, NULL, "ROOT", "the error it began with"),
	F(opened_at, TIME, NONE, 0, NULL, "OPENED", "when it began"),
	F(closed_at, TIME, NONE, 0, NULL, "CLOSED", "when it ended"),
	F(text, TEXT, NONE, 0, NULL, "WHAT", "what happened, in a sentence"),
	F(next_step, TEXT, NONE, 0, NULL, "NEXT", "the next step"),
	F(events, TEXTS, NONE, 0, NULL, "EVENTS", "what belongs to it, in order"),

	F(now, TEXT, NONE, FIELD_NO_JSON, NULL, "NOW", "how it stands now"),
	F(now_means, TEXT, NONE, FIELD_NO_JSON, NULL, "MEANS", "what that means"),
};

const struct schema schema_incident = {
	.name = "incident",
	.title = "incidents",
	.member = "incidents",
	.size = sizeof(struct incident_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

/* row/stage.c - the field table of an active or failed stage (StageData of Spark's api.scala). */
#include "../../include/row/spark.h"
#include "row.h"

#define F(...) ROW_FIELD(struct stage_row, __VA_ARGS__)

static const struct field fields[] = {
	F(application_id, TEXT, NONE, FIELD_KEY, NULL, "APPLICATION",
	  "Spark's id of the application"),
	F(stage_id, INT, NONE, FIELD_KEY, "stageId", "STAGE", "number within the application"),
	F(attempt_id, INT, NONE, FIELD_KEY, "attemptId", "ATTEMPT", "which attempt"),
	F(status, TEXT, NONE, 0, "status", "STATUS", "ACTIVE FAILED"),
	F(name, TEXT, NONE, 0, "name", "NAME", "its call site"),
	F(num_tasks, INT, COUNT, 0, "numTasks", "TASKS", "all its tasks"),
	F(num_active_tasks, INT, COUNT, 0, "numActiveTasks", "ACTIVE", "tasks running now"),
	F(num_complete_tasks, INT, COUNT, 0, "numCompleteTasks", "DONE", "tasks that ended well"),
	F(num_failed_tasks, INT, COUNT, 0, "numFailedTasks", "FAILED", "tasks that failed"),
	F(submitted_at, TIME, NONE, 0, "submissionTime", "SUBMITTED", "when it was submitted"),
	F(failure_reason, TEXT, NONE, 0, "failureReason", "REASON", "why it failed"),
};

const struct schema schema_stage = {
	.name = "stage",
	.title = "stages",
	.size = sizeof(struct stage_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

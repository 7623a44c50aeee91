/* row/spark_job.c - the field table of a Spark job (JobData of Spark's api.scala). */
#include "../../include/row/spark.h"
#include "row.h"

#define F(...) ROW_FIELD(struct spark_job_row, __VA_ARGS__)

static const struct field fields[] = {
	F(application_id, TEXT, NONE, FIELD_KEY, NULL, "APPLICATION",
	  "Spark's id of the application"),
	F(job_id, INT, NONE, FIELD_KEY, "jobId", "JOB", "number within the application"),
	F(status, TEXT, NONE, 0, "status", "STATUS", "RUNNING SUCCEEDED FAILED UNKNOWN"),
	F(name, TEXT, NONE, 0, "name", "NAME", "its call site"),
	F(description, TEXT, NONE, 0, "description", "DESCRIPTION",
	  "of a micro-batch: query, ids and batch"),
	F(group, TEXT, NONE, 0, "jobGroup", "GROUP", "of a micro-batch: the runId of its query"),
	F(submitted_at, TIME, NONE, 0, "submissionTime", "SUBMITTED", "when it was submitted"),
	F(completed_at, TIME, NONE, 0, "completionTime", "COMPLETED", "when it ended"),
	F(num_tasks, INT, COUNT, 0, "numTasks", "TASKS", "all its tasks"),
	F(num_active_tasks, INT, COUNT, 0, "numActiveTasks", "ACTIVE", "tasks running now"),
	F(num_completed_tasks, INT, COUNT, 0, "numCompletedTasks", "DONE",
	  "tasks that ended well, retries included"),
	F(num_failed_tasks, INT, COUNT, 0, "numFailedTasks", "FAILED", "tasks that failed"),
	F(num_skipped_tasks, INT, COUNT, 0, "numSkippedTasks", "SKIPPED",
	  "tasks that need not run"),
	F(num_completed_indices, INT, COUNT, 0, "numCompletedIndices", "PARTITIONS",
	  "partitions done"),
	F(batch, IDENT, NONE, 0, NULL, "BATCH", "number of the micro-batch"),
	F(query, TEXT, NONE, 0, NULL, "QUERY", "name of the streaming query"),
};

const struct schema schema_spark_job = {
	.name = "spark-job",
	.title = "Spark jobs",
	.size = sizeof(struct spark_job_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

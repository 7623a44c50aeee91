/* row/cluster_app.c - the field table of an application as a standalone master's /json/ tells it.
 * Memory comes in MiB and duration in ms; the source converts. */
#include "../../include/row/spark.h"
#include "row.h"

#define F(...) ROW_FIELD(struct cluster_app_row, __VA_ARGS__)

static const struct field fields[] = {
	F(cluster, TEXT, NONE, FIELD_KEY, NULL, "CLUSTER", "name of the cluster"),
	F(application_id, TEXT, NONE, FIELD_KEY, "id", "APPLICATION",
	  "Spark's id of the application"),
	F(name, TEXT, NONE, 0, "name", "NAME", "its name"),
	F(user, TEXT, NONE, 0, "user", "USER", "who runs it"),
	F(state, TEXT, NONE, 0, "state", "STATE", "WAITING RUNNING FINISHED FAILED KILLED UNKNOWN"),
	F(started_at, TIME, NONE, FIELD_EPOCH_MS | FIELD_NUMERIC_STRING, "starttime", "STARTED",
	  "when it started"),
	F(cores, INT, COUNT, FIELD_METRIC, "cores", "CORES", "cores granted"),
	F(memory_per_executor_bytes, INT, BYTES, 0, "memoryperexecutor", "EXEC MEM",
	  "memory of each executor"),
	F(duration_s, REAL, SECONDS, 0, "duration", "DURATION", "how long it has run"),
	F(is_active, BOOL, NONE, 0, NULL, "ACTIVE", "among the running ones"),
};

const struct schema schema_cluster_app = {
	.name = "cluster-app",
	.title = "cluster applications",
	.size = sizeof(struct cluster_app_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

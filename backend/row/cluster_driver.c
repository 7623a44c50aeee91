/* row/cluster_driver.c - the field table of a driver as a standalone master's /json/ tells it.
 * Memory comes in MiB and the start as a string; the source converts. */
#include "../../include/row/spark.h"
#include "row.h"

#define F(...) ROW_FIELD(struct cluster_driver_row, __VA_ARGS__)

static const struct field fields[] = {
	F(cluster, TEXT, NONE, FIELD_KEY, NULL, "CLUSTER", "name of the cluster"),
	F(driver_id, TEXT, NONE, FIELD_KEY, "id", "DRIVER", "id at the master"),
	F(main_class, TEXT, NONE, 0, "mainclass", "CLASS", "main class of the job"),
	F(state, TEXT, NONE, 0, "state", "STATE",
	  "SUBMITTED RUNNING FINISHED RELAUNCHING KILLED FAILED ERROR UNKNOWN"),
	F(worker, TEXT, NONE, 0, "worker", "WORKER", "where it runs"),
	F(started_at, TIME, NONE, FIELD_EPOCH_MS | FIELD_NUMERIC_STRING, "starttime", "STARTED",
	  "when it was submitted"),
	F(cores, INT, COUNT, FIELD_METRIC, "cores", "CORES", "cores it takes"),
	F(memory_bytes, INT, BYTES, FIELD_METRIC, "memory", "MEMORY", "memory it takes"),
	F(is_active, BOOL, NONE, 0, NULL, "ACTIVE", "it runs or waits for a worker"),
};

const struct schema schema_cluster_driver = {
	.name = "cluster-driver",
	.title = "cluster drivers",
	.size = sizeof(struct cluster_driver_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

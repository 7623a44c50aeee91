/* row/worker.c - the field table of a standalone worker, as the master's /json/ tells it. The
 * master gives memory in MiB; the source multiplies. */
#include "../../include/row/spark.h"
#include "row.h"

#define F(...) ROW_FIELD(struct worker_row, __VA_ARGS__)

static const struct field fields[] = {
	F(cluster, TEXT, NONE, FIELD_KEY, NULL, "CLUSTER", "name of the cluster"),
	F(worker_id, TEXT, NONE, FIELD_KEY, "id", "WORKER", "id at the master"),
	F(host, TEXT, NONE, 0, "host", "HOST", "where it runs"),
	F(state, TEXT, NONE, 0, "state", "STATE", "ALIVE DEAD DECOMMISSIONED UNKNOWN"),
	F(cores, INT, COUNT, FIELD_METRIC, "cores", "CORES", "cores it offers"),
	F(cores_used, INT, COUNT, FIELD_METRIC, "coresused", "USED", "cores given away"),
	F(memory_bytes, INT, BYTES, FIELD_METRIC, "memory", "MEMORY", "memory it offers"),
	F(memory_used_bytes, INT, BYTES, FIELD_METRIC, "memoryused", "MEM USED",
	  "memory given away"),
	F(last_heartbeat_at, TIME, NONE, FIELD_EPOCH_MS, "lastheartbeat", "HEARTBEAT",
	  "last sign of life at the master"),
};

const struct schema schema_worker = {
	.name = "worker",
	.title = "workers",
	.size = sizeof(struct worker_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

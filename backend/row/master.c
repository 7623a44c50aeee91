/* row/master.c - the field table of a standalone master (/json/). Memory comes in MiB; the source
 * multiplies. */
#include "../../include/row/spark.h"
#include "row.h"

#define F(...) ROW_FIELD(struct master_row, __VA_ARGS__)

static const struct field fields[] = {
	F(cluster, TEXT, NONE, FIELD_KEY, NULL, "CLUSTER", "name of the cluster"),
	F(url, TEXT, NONE, 0, "url", "URL", "spark:// address"),
	F(status, TEXT, NONE, 0, "status", "STATUS", "ALIVE STANDBY RECOVERING"),
	F(alive_workers, INT, COUNT, FIELD_METRIC, "aliveworkers", "WORKERS", "workers alive"),
	F(cores, INT, COUNT, FIELD_METRIC, "cores", "CORES", "cores of all workers"),
	F(cores_used, INT, COUNT, FIELD_METRIC, "coresused", "USED", "cores given away"),
	F(memory_bytes, INT, BYTES, FIELD_METRIC, "memory", "MEMORY", "memory of all workers"),
	F(memory_used_bytes, INT, BYTES, FIELD_METRIC, "memoryused", "MEM USED",
	  "memory given away"),
};

const struct schema schema_master = {
	.name = "master",
	.title = "masters",
	.size = sizeof(struct master_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

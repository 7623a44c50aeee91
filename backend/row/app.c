/* row/app.c - the field table of an application at its driver's UI. Paths are those of one element
 * of /api/v1/applications (of its attempts the first is the newest); what has none comes from
 * /environment and /metrics/json, which are lists of pairs and named gauges and need a few lines of
 * the source. */
#include "../../include/row/spark.h"
#include "row.h"

#define F(...) ROW_FIELD(struct app_row, __VA_ARGS__)

static const struct field fields[] = {
	F(application_id, TEXT, NONE, FIELD_KEY, "id", "APPLICATION",
	  "Spark's id of the application"),
	F(name, TEXT, NONE, 0, "name", "NAME", "its name"),
	F(spark_version, TEXT, NONE, 0, "attempts.appSparkVersion", "SPARK", "version of Spark"),
	F(user, TEXT, NONE, 0, "attempts.sparkUser", "USER", "who runs it"),
	F(started_at, TIME, NONE, FIELD_EPOCH_MS, "attempts.startTimeEpoch", "STARTED",
	  "when it started"),
	F(master, TEXT, NONE, 0, NULL, "MASTER", "spark.master"),
	F(driver_memory_bytes, INT, BYTES, 0, NULL, "DRIVER MEM", "spark.driver.memory"),
	F(executor_memory_bytes, INT, BYTES, 0, NULL, "EXEC MEM", "spark.executor.memory"),
	F(executor_cores, INT, COUNT, 0, NULL, "CORES", "spark.executor.cores"),
	F(default_parallelism, INT, COUNT, 0, NULL, "PARALLELISM", "spark.default.parallelism"),
	F(executor_instances, INT, COUNT, 0, NULL, "INSTANCES", "spark.executor.instances"),
	F(executor_overhead_bytes, INT, BYTES, 0, NULL, "OVERHEAD",
	  "spark.executor.memoryOverhead"),
	F(memory_fraction, REAL, NONE, 0, NULL, "FRACTION", "spark.memory.fraction"),
	F(is_local, BOOL, NONE, 0, NULL, "LOCAL", "driver and executor are one JVM"),
	F(driver_heap_used_bytes, INT, BYTES, FIELD_METRIC, NULL, "HEAP USED",
	  "heap of the driver in use"),
	F(driver_heap_max_bytes, INT, BYTES, FIELD_METRIC, NULL, "HEAP MAX",
	  "the most it may take"),
	F(stream_latency_s, REAL, SECONDS, FIELD_METRIC, NULL, "LATENCY",
	  "time the slowest query took for its last batch"),
	F(stream_input_rate, REAL, PER_S, FIELD_METRIC, NULL, "INPUT/S",
	  "rows per second that come in"),
	F(dropped_events, INT, COUNT, FIELD_METRIC, NULL, "DROPPED",
	  "events the listener bus lost: figures are wrong when above 0"),
	F(streaming_queries, INT, COUNT, 0, NULL, "QUERIES", "streaming queries with gauges"),
	F(jobs_failed_5m, INT, COUNT, 0, NULL, "FAILED", "Spark jobs that failed in 5 minutes"),
	F(job_failed_at, TIME, NONE, 0, NULL, "FAILED AT", "when the last one failed"),
	F(job_succeeded_at, TIME, NONE, 0, NULL, "DONE AT", "when the last one ended well"),
};

const struct schema schema_app = {
	.name = "app",
	.title = "applications",
	.size = sizeof(struct app_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

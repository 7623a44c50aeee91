/* row/executor.c - the field table of an executor: the keys of `executors` in --json in their fixed
 * order, and the paths under which Spark's /allexecutors holds the values. What has no path is
 * filled by the rules (backend/rule/headroom.c). */
#include "../../include/row/executor.h"
#include "row.h"

#define F(...) ROW_FIELD(struct executor_row, __VA_ARGS__)
#define E(...) ROW_ENUM(struct executor_row, __VA_ARGS__)

static const struct field fields[] = {
	F(job, TEXT, NONE, FIELD_KEY, NULL, "JOB", "name of the job"),
	F(application_id, TEXT, NONE, FIELD_KEY, NULL, "APPLICATION",
	  "Spark's id of the application"),
	F(executor_id, TEXT, NONE, FIELD_KEY, "id", "EXECUTOR", "driver, or the executor's number"),
	F(host, TEXT, NONE, 0, "hostPort", "HOST", "host and port of its block manager"),
	F(active, BOOL, NONE, 0, "isActive", "ACTIVE", "dead ones stay listed"),
	F(cores, INT, COUNT, FIELD_METRIC, "totalCores", "CORES", "tasks it runs at once"),
	F(heap_used_bytes, INT, BYTES, FIELD_METRIC, NULL, "HEAP USED",
	  "heap in use, garbage included"),
	F(heap_max_bytes, INT, BYTES, FIELD_METRIC, NULL, "HEAP MAX", "the most the heap may take"),
	F(storage_used_bytes, INT, BYTES, FIELD_METRIC, "memoryUsed", "STORAGE",
	  "memory taken by cached blocks"),
	F(storage_max_bytes, INT, BYTES, FIELD_METRIC, "maxMemory", "ST MAX",
	  "memory that cached blocks may take"),
	F(active_tasks, INT, COUNT, FIELD_METRIC, "activeTasks", "TASKS", "tasks running now"),
	F(failed_tasks, INT, COUNT, FIELD_METRIC, "failedTasks", "FAILED",
	  "tasks that failed on it"),
	F(completed_tasks, INT, COUNT, FIELD_METRIC, "completedTasks", "DONE",
	  "tasks that ended well on it"),
	F(gc_pct, REAL, PCT, FIELD_METRIC, NULL, "GC",
	  "share of its task time spent in garbage collection, since it started"),
	F(needed_bytes, INT, BYTES, 0, NULL, "NEEDED", "memory it needs, by the basis named"),
	F(configured_bytes, INT, BYTES, 0, NULL, "CONFIGURED",
	  "spark.executor.memory or spark.driver.memory, without overhead"),
	F(headroom_ratio, REAL, RATIO, FIELD_METRIC, NULL, "ROOM", "headroom: configured / needed"),
	E(headroom_basis, headroom_basis_names, 0, "BASIS", "what the headroom rests on"),
	F(removed_at, TIME, NONE, 0, "removeTime", "REMOVED", "when it was lost"),
	F(removed_reason, TEXT, NONE, 0, "removeReason", "REASON", "why, in Spark's words"),
	F(exit_code, INT, NONE, 0, NULL, "EXIT", "exit code named in the reason"),

	F(exit_means, TEXT, NONE, FIELD_NO_JSON, NULL, "MEANS", "what the exit code means"),
	F(heap_pct, REAL, PCT, FIELD_NO_JSON, NULL, "HEAP", "heap in use of its maximum"),
	F(offheap_used_bytes, INT, BYTES, FIELD_NO_JSON, "memoryMetrics.usedOffHeapStorageMemory",
	  "OFF-HEAP", "off-heap memory taken by cached blocks"),
	F(added_at, TIME, NONE, FIELD_NO_JSON, "addTime", "ADDED", "when it joined"),
	F(total_duration_ms, INT, MS, FIELD_NO_JSON, "totalDuration", "TASK TIME",
	  "sum of its task times; of the driver, its age"),
	F(total_gc_ms, INT, MS, FIELD_NO_JSON, "totalGCTime", "GC TIME",
	  "garbage collection within that time"),
	F(peak_onheap_execution_bytes, INT, BYTES, FIELD_NO_JSON,
	  "peakMemoryMetrics.OnHeapExecutionMemory", "OnHeapExecutionMemory",
	  "highest a heartbeat saw; 0 is not collected"),
	F(peak_onheap_storage_bytes, INT, BYTES, FIELD_NO_JSON,
	  "peakMemoryMetrics.OnHeapStorageMemory", "OnHeapStorageMemory",
	  "highest a heartbeat saw; 0 is not collected"),
	F(peak_offheap_execution_bytes, INT, BYTES, FIELD_NO_JSON,
	  "peakMemoryMetrics.OffHeapExecutionMemory", "OffHeapExecutionMemory",
	  "highest a heartbeat saw; 0 is not collected"),
	F(peak_offheap_storage_bytes, INT, BYTES, FIELD_NO_JSON,
	  "peakMemoryMetrics.OffHeapStorageMemory", "OffHeapStorageMemory",
	  "highest a heartbeat saw; 0 is not collected"),
	F(peak_heap_bytes, INT, BYTES, FIELD_NO_JSON, "peakMemoryMetrics.JVMHeapMemory",
	  "JVMHeapMemory", "highest a heartbeat saw; 0 is not collected"),
};

const struct schema schema_executor = {
	.name = "executor",
	.title = "executors",
	.member = "executors",
	.size = sizeof(struct executor_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

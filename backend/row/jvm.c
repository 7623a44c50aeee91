/* row/jvm.c - the field table of a Spark JVM of this host: `jvms` of --json. The source that fills
 * it comes later. */
#include "../../include/row/jvm.h"
#include "row.h"

#define F(...) ROW_FIELD(struct jvm_row, __VA_ARGS__)

static const struct field fields[] = {
	F(id, TEXT, NONE, FIELD_KEY, NULL, "ID", "process id and start time"),
	F(pid, INT, NONE, 0, NULL, "PID", "process id"),
	F(started_at, TIME, NONE, 0, NULL, "STARTED", "when it was started"),
	F(user, TEXT, NONE, 0, NULL, "USER", "whose process it is"),
	F(role, TEXT, NONE, 0, NULL, "ROLE", "driver, executor, master ..."),
	F(main_class, TEXT, NONE, 0, NULL, "MAIN CLASS", "its main class"),
	F(application_id, TEXT, NONE, 0, NULL, "APPLICATION", "Spark's id of the application"),
	F(executor_id, TEXT, NONE, 0, NULL, "EXECUTOR", "the executor's number"),
	F(job, TEXT, NONE, 0, NULL, "JOB", "the job it belongs to"),
	F(ports, INTS, NONE, 0, NULL, "PORTS", "TCP ports it listens on"),
	F(heap_used_bytes, INT, BYTES, FIELD_METRIC, NULL, "HEAP USED",
	  "heap in use, garbage included"),
	F(heap_max_bytes, INT, BYTES, FIELD_METRIC, NULL, "HEAP MAX", "the most the heap may take"),
	F(gc_pct, REAL, PCT, FIELD_METRIC, NULL, "GC", "share of time spent in garbage collection"),
	F(cpu_pct, REAL, PCT, FIELD_METRIC, NULL, "CPU", "share of one core"),
	F(rss_bytes, INT, BYTES, FIELD_METRIC, NULL, "RSS", "resident memory"),
	F(limit_bytes, INT, BYTES, 0, NULL, "LIMIT", "memory limit of its control group"),
	F(verdict, TEXT, NONE, 0, NULL, "VERDICT", "busy, idle, hung ..."),
	F(exit_code, INT, NONE, 0, NULL, "EXIT", "of a dead one, while readable"),
	F(evidence, TEXTS, NONE, 0, NULL, "EVIDENCE", "why"),
};

const struct schema schema_jvm = {
	.name = "jvm",
	.title = "jvms",
	.member = "jvms",
	.size = sizeof(struct jvm_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

/* row/jvm.c - the field table of a Spark JVM of this host: `jvms` of --json. */
#include "../../include/row/jvm.h"
#include "row.h"

#define F(...) ROW_FIELD(struct jvm_row, __VA_ARGS__)
#define E(...) ROW_ENUM(struct jvm_row, __VA_ARGS__)

#define X(id, name) #name,
const char *const jvm_role_names[] = {JVM_ROLE_LIST(X) NULL};
const char *const jvm_verdict_names[] = {JVM_VERDICT_LIST(X) NULL};
#undef X

static const struct field fields[] = {
	F(id, TEXT, NONE, FIELD_KEY, NULL, "ID", "process id and start time"),
	F(pid, INT, NONE, 0, NULL, "PID", "process id"),
	F(started_at, TIME, NONE, 0, NULL, "STARTED", "when it was started"),
	F(user, TEXT, NONE, 0, NULL, "USER", "whose process it is"),
	E(role, jvm_role_names, 0, "ROLE", "driver, executor, master ..."),
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
	E(verdict, jvm_verdict_names, 0, "VERDICT", "busy, idle, hung ..."),
	F(exit_code, INT, NONE, 0, NULL, "EXIT", "of a dead one, while readable"),
	F(evidence, TEXTS, NONE, 0, NULL, "EVIDENCE", "why"),

	F(heap_pct, REAL, PCT, FIELD_NO_JSON, NULL, "HEAP", "heap in use of the most it may take"),
	F(app_name, TEXT, NONE, FIELD_NO_JSON, NULL, "NAME", "name of the application"),
	F(belongs, TEXT, NONE, FIELD_NO_JSON, NULL, "BELONGS TO", "what it belongs to"),
	F(command, TEXT, NONE, FIELD_NO_JSON, NULL, "COMMAND", "its command line"),
	F(cwd, TEXT, NONE, FIELD_NO_JSON, NULL, "FOLDER", "its working folder"),
	F(parent_pid, INT, NONE, FIELD_NO_JSON, NULL, "PYTHON", "its Python parent"),
	F(owner_name, TEXT, NONE, FIELD_NO_JSON, NULL, "OWNER",
	  "the unit, container or pod it runs in"),
	F(collector, TEXT, NONE, FIELD_NO_JSON, NULL, "COLLECTOR", "its garbage collector"),
	F(live_bytes, INT, BYTES, FIELD_NO_JSON, NULL, "LIVE",
	  "heap in use after the last collection"),
	F(old_used_bytes, INT, BYTES, FIELD_NO_JSON, NULL, "OLD USED", "old generation in use"),
	F(old_max_bytes, INT, BYTES, FIELD_NO_JSON, NULL, "OLD MAX",
	  "the most the old generation may take"),
	F(full_gc_per_min, REAL, NONE, FIELD_NO_JSON, NULL, "FULL GC/MIN",
	  "full collections a minute"),
	F(threads, INT, COUNT, FIELD_NO_JSON, NULL, "THREADS", "its threads"),
	F(oom_kills, INT, COUNT, FIELD_NO_JSON, NULL, "OOM KILLS", "of its control group"),
	F(unseen, TEXT, NONE, FIELD_NO_JSON, NULL, "NOT SEEN",
	  "what could not be seen and what would show it"),
};

const struct schema schema_jvm = {
	.name = "jvm",
	.title = "jvms",
	.member = "jvms",
	.size = sizeof(struct jvm_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

/* row/jvm.h - a Spark JVM of this host: `jvms` of --json. The jvm source is not built yet; its rows
 * have their place. */
#ifndef SPARKOPS_ROW_JVM_H
#define SPARKOPS_ROW_JVM_H

#include "../field.h"

struct jvm_row {
	const struct text *id; /* PID@START, START is field 22 of /proc/PID/stat */
	int64_t pid, started_at;
	const struct text *user;
	const struct text *role, *main_class, *application_id, *executor_id, *job;
	struct ints ports;
	int64_t heap_used_bytes, heap_max_bytes;
	double gc_pct, cpu_pct;
	int64_t rss_bytes, limit_bytes;
	const struct text *verdict;
	int64_t exit_code;
	struct texts evidence;
};

extern const struct schema schema_jvm;

#endif

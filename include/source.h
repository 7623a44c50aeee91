/* source.h - the list of sources.
 *
 * To add a source:
 *   1. include/row/x.h: the row struct and `extern const struct schema schema_x;`
 *   2. backend/row/x.c: its field table and the schema
 *   3. backend/source/x.c: `const struct source_ops source_x`, as backend/source/source.h says,
 *      and nothing else that is not static
 *   4. tests/fixture/x/: a recorded answer; tests/unit/test_source_x.c
 *   5. one line here.
 * Schedule, timeouts, back-off, staleness, `:table x`, filter, sort and `--json x` come without
 * more code. */
#ifndef SPARKOPS_SOURCE_H
#define SPARKOPS_SOURCE_H

#ifndef SOURCE_LIST_EXTRA
#define SOURCE_LIST_EXTRA(X) /* tests add a toy source here */
#endif

#define SOURCE_LIST(X)                                                                             \
	X(HEALTH, health, "job health endpoints")                                                  \
	X(SPARK, spark, "Spark driver UIs")                                                        \
	X(MASTER, master, "standalone masters")                                                    \
	X(DLQ, dlq, "dead-letter queue folders")                                                   \
	SOURCE_LIST_EXTRA(X) /* what belongs to a job comes before the host */                     \
	X(JVM, jvm, "Spark JVMs of this host")                                                     \
	X(LOG, log, "logs of drivers, executors and jobs")                                         \
	X(SERVICE, service, "workers, history servers, Livy")

enum source_id {
#define X(id, symbol, title) SOURCE_##id,
	SOURCE_LIST(X)
#undef X
		SOURCE_COUNT
};

extern const char *const source_names[]; /* health spark ... NULL; by source_id */
extern const char *const source_titles[];

#endif

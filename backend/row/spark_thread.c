/* row/spark_thread.c - the field table of what a driver's thread list shows. */
#include "../../include/row/spark.h"
#include "row.h"

#define F(...) ROW_FIELD(struct thread_sign_row, __VA_ARGS__)

static const struct field fields[] = {
	F(application_id, TEXT, NONE, FIELD_KEY, NULL, "APPLICATION", "Spark's id of it"),
	F(asked_at, TIME, NONE, 0, NULL, "ASKED", "when its threads were listed"),
	F(threads, INT, COUNT, 0, NULL, "THREADS", "how many it has"),
	F(deadlock, TEXT, NONE, 0, NULL, "DEADLOCK", "threads that wait for each other"),
	F(py4j, TEXT, NONE, 0, NULL, "PY4J", "a call from Python that waits"),
	F(py4j_since, TIME, NONE, 0, NULL, "SINCE", "since when it is seen to wait there"),
};

const struct schema schema_thread_sign = {
	.name = "thread_sign",
	.title = "thread signs",
	.size = sizeof(struct thread_sign_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

/* source/spark_threads.h - the thread list of a driver: when it is worth asking, and what it shows
 * that nothing else does. The pure half of that; the asking is spark.c's.
 *
 * A Java deadlock and a call from Python that never returns look idle to every other endpoint.
 * So the list, 100 to 300 kB, is asked for only while nothing moves - no job runs or ends and no
 * task either - and after a deadlock, until it shows none. Names: Spark's ThreadStackTrace
 * (status/api/v1/api.scala). */
#ifndef SPARKOPS_SOURCE_SPARK_THREADS_H
#define SPARKOPS_SOURCE_SPARK_THREADS_H

#include "spark_rows.h"

enum {
	THREADS_STILL_MS = 30 * 1000, /* nothing has moved for that long */
	THREADS_EVERY_MS = 30 * 1000  /* at most: a lock shows nowhere else */
};

/* What moved, and when. Begins as zeroes; begin again with another application. */
struct spark_pace {
	uint64_t print;
	int64_t moved_at; /* wall ms */
	bool is_begun, is_still;
};
/* Looks at the newest parts; is_still: nothing moves. */
void spark_pace_look(struct spark_pace *p, struct dataset *const parts[static SPARK_PARTS],
		     int64_t now);
/* asked_ms: since the list was asked for last; ABSENT: never. */
bool spark_threads_due(const struct spark_pace *p, const struct dataset *signs, int64_t asked_ms);

/* They show a deadlock, which stands until a list shows none. */
bool spark_threads_locked(const struct dataset *signs);

/* Bytes to one thread_sign_row. */
MUST_CHECK int spark_threads_read(const struct spark_body *body, struct dataset *d,
				  struct json_flags *odd, struct err *err);
/* The same call that waited before still waits: since then. now is not published yet. */
void spark_threads_since(struct dataset *now, const struct dataset *before);

extern const struct schema schema_spark_thread; /* of one thread; private to the source */

#endif

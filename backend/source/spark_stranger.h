/* source/spark_stranger.h - ends the poll of a driver's UI whose answer is not a driver's. */
#ifndef SPARKOPS_SOURCE_SPARK_STRANGER_H
#define SPARKOPS_SOURCE_SPARK_STRANGER_H

#include "source.h"
#include "spark_rows.h"

/* application_id: of whom was asked; NULL while none is known. */
void spark_fail_stranger(struct target *t, const struct http_reply *r, const char *path,
			 const char *application_id);

/* What of its answers was no good is said beside what was: rows that were left out for want of
 * their key, or an answer that the rest can do without. */
#define SPARK_ALL_OF_IT UINT32_MAX
void spark_note(struct target *t, const uint32_t left_out[static SPARK_PARTS],
		const char *const paths[static SPARK_PARTS]);

#endif

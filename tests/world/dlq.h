/* dlq.h - the dead-letter queue of a played job: a folder of failed_batches_YYYYMMDD.json, one
 * JSON line a failed batch, as reference documents of such jobs describe it. Days older than
 * three are compressed, as a tidy administrator would have it. */
#ifndef WORLD_DLQ_H
#define WORLD_DLQ_H

#include <stdint.h>

struct job;

/* Appends the entry of batch BATCH that failed at AT with an error of TYPE to its day's file. */
void dlq_write(struct job *job, int64_t batch, int64_t at, const char *type);

/* Appends one line to today's file that is no JSON. */
void dlq_write_bad(struct job *job, int64_t now);

/* What may happen to today's file: cut to nothing, copied away and cut, deleted. */
enum dlq_harm { DLQ_TRUNCATE, DLQ_COPY_TRUNCATE, DLQ_DELETE };
void dlq_harm(struct job *job, enum dlq_harm harm, int64_t now);

/* The advice the job gives for an error of TYPE. */
const char *dlq_recommendation(const char *type);

#endif

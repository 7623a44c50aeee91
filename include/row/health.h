/* row/health.h - what the five endpoints of a job said last, merged: one row per job with a health
 * URL. Contract: GET /health, /health/detailed, /health/dlq, /health/ready, /health/live, as
 * tests/fixture/world/health/ shows. Times without a zone are already turned into UTC by the zone
 * that now - uptime against start_time shows. */
#ifndef SPARKOPS_ROW_HEALTH_H
#define SPARKOPS_ROW_HEALTH_H

#include "../field.h"

struct health_row {
	const struct text *status; /* healthy degraded unhealthy initializing, or its own word */
	struct ident last_batch_id;
	int64_t last_processed_at; /* wall ms UTC */
	int64_t errors_count;
	struct counts errors_by_type;
	int64_t batches_processed, records_processed;
	int64_t start_time; /* wall ms UTC */
	double uptime_seconds;
	double avg_batch_processing_time_sec, records_per_second, seconds_since_last_batch;
	struct texts recommendations;
	const struct text *version;

	/* /health/dlq, as of dlq_asked_at */
	int64_t dlq_total_entries;
	struct counts dlq_error_types;
	int64_t dlq_first_at, dlq_last_at;
	const struct text *dlq_first_type, *dlq_last_type;
	const struct text *dlq_directory;
	int64_t dlq_asked_at;

	int ready, live; /* enum tri */
	const struct text *not_ready_reason;
	int64_t zone_offset_ms; /* of the job's naive times, + is east; ABSENT: unknown */
	int is_zoneless;        /* enum tri: they have none, and are read by this host's */
	int64_t asked_at;       /* wall ms of the answer to /health or /health/detailed */
	int has_detailed;       /* enum tri */
};

extern const struct schema schema_health;

#endif

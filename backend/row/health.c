/* row/health.c - the field table of what a job's health endpoints said, with the paths of the
 * values in their answers. One table serves all five documents: no path is in two of them with two
 * meanings. Times are read as if they were UTC; the source turns naive ones into UTC. */
#include "../../include/row/health.h"
#include "row.h"

#define F(...) ROW_FIELD(struct health_row, __VA_ARGS__)

static const struct field fields[] = {
	F(status, TEXT, NONE, 0, "status", "SAYS", "the job's own word"),
	F(last_batch_id, IDENT, NONE, 0, "last_batch_id", "BATCH", "id of the last batch"),
	F(last_processed_at, TIME, NONE, 0, "last_processed_at", "LAST",
	  "when the last batch ended"),
	F(errors_count, INT, COUNT, 0, "errors_count", "errors_count", "said by /health"),
	F(errors_by_type, COUNTS, NONE, 0, "errors_by_type", "BY TYPE",
	  "errors by type since the job started"),
	F(batches_processed, INT, COUNT, 0, "batches_processed", "batches_processed",
	  "said by /health"),
	F(records_processed, INT, COUNT, 0, "records_processed", "records_processed",
	  "said by /health"),
	F(start_time, TIME, NONE, 0, "start_time", "STARTED", "when the job started"),
	F(uptime_seconds, REAL, SECONDS, 0, "uptime_seconds", "uptime_seconds", "said by /health"),
	F(avg_batch_processing_time_sec, REAL, SECONDS, 0, "avg_batch_processing_time_sec",
	  "avg_batch_processing_time_sec", "said by /health"),
	F(records_per_second, REAL, PER_S, 0, "records_per_second", "REC/S",
	  "average since the job started"),
	F(seconds_since_last_batch, REAL, SECONDS, 0, "seconds_since_last_batch",
	  "seconds_since_last_batch", "said by /health"),
	F(recommendations, TEXTS, NONE, 0, "recommendations", "ADVICE", "said by the job"),
	F(version, TEXT, NONE, 0, "version", "VERSION", "of the health endpoint"),

	F(dlq_total_entries, INT, COUNT, 0, "dlq.total_entries", "DLQ", "entries by /health/dlq"),
	F(dlq_error_types, COUNTS, NONE, 0, "dlq.error_types", "DLQ TYPES", "entries by type"),
	F(dlq_first_at, TIME, NONE, 0, "dlq.first_error.timestamp", "DLQ FIRST",
	  "date of the oldest entry"),
	F(dlq_last_at, TIME, NONE, 0, "dlq.last_error.timestamp", "DLQ LAST",
	  "date of the newest entry"),
	F(dlq_first_type, TEXT, NONE, 0, "dlq.first_error.error_type", "FIRST TYPE",
	  "type of the oldest entry"),
	F(dlq_last_type, TEXT, NONE, 0, "dlq.last_error.error_type", "LAST TYPE",
	  "type of the newest entry"),
	F(dlq_directory, TEXT, NONE, 0, "dlq.dlq_directory", "DLQ FOLDER",
	  "where the job writes its queue"),
	F(dlq_asked_at, TIME, NONE, 0, NULL, "DLQ ASKED", "when /health/dlq answered"),

	F(ready, BOOL, NONE, 0, "ready", "READY", "said by /health/ready"),
	F(live, BOOL, NONE, 0, "alive", "LIVE", "said by /health/live"),
	F(not_ready_reason, TEXT, NONE, 0, "reason", "NOT READY", "why it is not ready"),
	F(zone_offset_ms, INT, MS, 0, NULL, "ZONE", "its clock's zone, from start_time and uptime"),
	F(is_zoneless, BOOL, NONE, FIELD_NO_JSON, NULL, "ZONELESS",
	  "whether its times have no zone and nothing tells it"),
	F(asked_at, TIME, NONE, 0, NULL, "ASKED", "when /health answered"),
	F(has_detailed, BOOL, NONE, 0, NULL, "DETAILED", "whether /health/detailed is there"),
};

const struct schema schema_health = {
	.name = "health",
	.title = "health answers",
	.size = sizeof(struct health_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

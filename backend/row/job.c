/* row/job.c - the field table of a job: the keys of `jobs` in --json in their fixed order, then
 * what only the screen shows. The rules fill the rows; nothing is decoded here. */
#include "../../include/row/job.h"
#include "row.h"

const char *const verdict_names[] = {
#define X(id, name) #name,
	VERDICT_LIST(X)
#undef X
		NULL};

const char *const headroom_basis_names[] = {"measured", "bound", "estimate", "disproved", NULL};

#define F(...) ROW_FIELD(struct job_row, __VA_ARGS__)
#define E(...) ROW_ENUM(struct job_row, __VA_ARGS__)

static const struct field fields[] = {
	F(name, TEXT, NONE, FIELD_KEY, NULL, "JOB", "name of the job"),
	E(verdict, verdict_names, FIELD_METRIC | FIELD_HISTORY, "VERDICT",
	  "what sparkops concludes, worst first"),
	F(since, TIME, NONE, 0, NULL, "SINCE", "since when the verdict holds"),
	F(evidence, TEXTS, NONE, 0, NULL, "EVIDENCE", "why"),
	F(says, TEXT, NONE, 0, NULL, "SAYS", "what the job says of itself"),
	F(pid, INT, NONE, 0, NULL, "PID", "the driver's JVM"),
	F(application_id, TEXT, NONE, 0, NULL, "APPLICATION",
	  "Spark's id of the running application"),
	F(batch_id, IDENT, NONE, 0, NULL, "BATCH", "id of the last batch"),
	F(last_batch_age_s, REAL, SECONDS, FIELD_METRIC, NULL, "LAST",
	  "time since the last batch ended"),
	F(batches, INT, COUNT, FIELD_METRIC | FIELD_HISTORY, NULL, "BATCHES",
	  "batches since the job started"),
	F(records, INT, COUNT, FIELD_METRIC | FIELD_HISTORY, NULL, "RECORDS",
	  "records since the job started"),
	F(records_per_s, REAL, PER_S, FIELD_METRIC, NULL, "REC/S",
	  "records per second over the last minute, else the job's own average"),
	F(errors, INT, COUNT, FIELD_METRIC | FIELD_HISTORY, NULL, "ERRORS",
	  "errors by the job's own word"),
	F(errors_5m, INT, COUNT, FIELD_METRIC, NULL, "ERR 5M", "errors in the last 5 minutes"),
	F(errors_1h, INT, COUNT, FIELD_METRIC, NULL, "ERR 1H", "errors in the last hour"),
	F(errors_by_type, COUNTS, NONE, 0, NULL, "BY TYPE",
	  "errors by type, in the job's own words"),
	F(dlq_entries, INT, COUNT, FIELD_METRIC | FIELD_HISTORY, NULL, "DLQ",
	  "entries in the dead-letter queue"),
	F(dlq_pending, INT, COUNT, FIELD_METRIC, NULL, "PENDING",
	  "entries not done, covered or given up"),
	F(dlq_bad_lines, INT, COUNT, FIELD_METRIC, NULL, "BAD LINES",
	  "lines of the queue that hold no JSON object"),
	F(heap_used_bytes, INT, BYTES, FIELD_METRIC | FIELD_HISTORY, NULL, "HEAP USED",
	  "heap in use, garbage included"),
	F(heap_max_bytes, INT, BYTES, FIELD_METRIC, NULL, "HEAP MAX", "the most the heap may take"),
	F(headroom_ratio, REAL, RATIO, FIELD_METRIC, NULL, "ROOM",
	  "headroom: configured memory / needed memory"),
	E(headroom_basis, headroom_basis_names, 0, "BASIS", "what the headroom rests on"),
	F(uptime_s, REAL, SECONDS, FIELD_METRIC, NULL, "UP", "time since the job started"),
	F(restarts, INT, COUNT, FIELD_METRIC, NULL, "RESTARTS",
	  "restarts seen since sparkops started"),
	F(hold, TEXT, NONE, 0, NULL, "HOLD", "who holds it and why"),
	F(ready, BOOL, NONE, 0, NULL, "READY", "answer of /health/ready"),
	F(live, BOOL, NONE, 0, NULL, "LIVE", "answer of /health/live"),
	F(batch_time_s, REAL, SECONDS, FIELD_METRIC, NULL, "BATCH TIME", "time a batch takes"),
	F(trigger_interval_s, REAL, SECONDS, 0, NULL, "TRIGGER",
	  "time between the starts of two batches"),
	F(recommendations, TEXTS, NONE, 0, NULL, "ADVICE", "said by the job"),

	F(last_batch_at, TIME, NONE, FIELD_NO_JSON, NULL, "LAST AT", "when the last batch ended"),
	F(heap_pct, REAL, PCT, FIELD_NO_JSON, NULL, "HEAP", "heap in use of its maximum"),
	F(lost_to_oom_1h, INT, COUNT, FIELD_NO_JSON, NULL, "LOST",
	  "executors lost to memory in the last hour"),
	F(lost_to_limit_1h, INT, COUNT, FIELD_NO_JSON, NULL, "LIMIT",
	  "of those: to a container's limit, not to exit 52"),
	F(exit_class, INT, NONE, FIELD_NO_JSON, NULL, "EXIT",
	  "what --once exits with because of this job"),
	F(next, TEXT, NONE, FIELD_NO_JSON, NULL, "NEXT", "the next step"),
	F(action, TEXT, NONE, FIELD_NO_JSON, NULL, "ACTION", "what is being done to it"),
	F(action_says, TEXT, NONE, FIELD_NO_JSON, NULL, "DOING",
	  "since when, by whom, at which step"),
	F(activity, SERIES, NONE, FIELD_NO_JSON, NULL, "15 MIN",
	  "batches per minute of the last 15 minutes"),
	F(chart_batches, SERIES, NONE, FIELD_NO_JSON, NULL, "BATCHES/MIN",
	  "batches per minute of the last hour"),
	F(chart_records_per_s, SERIES, PER_S, FIELD_NO_JSON, NULL, "RECORDS/S",
	  "records per second of the last hour"),
	F(chart_errors, SERIES, NONE, FIELD_NO_JSON, NULL, "ERRORS/MIN",
	  "errors per minute of the last hour"),
	F(chart_uptime_s, SERIES, SECONDS, FIELD_NO_JSON, NULL, "UPTIME",
	  "uptime over the last hour; a step down is a restart"),
};

const struct schema schema_job = {
	.name = "job",
	.title = "jobs",
	.member = "jobs",
	.size = sizeof(struct job_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

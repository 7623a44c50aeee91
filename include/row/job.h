/* row/job.h - one job, as the rules see it: the `jobs` member of --json and the overview.
 * Made by backend/rule/ from all sections of the job; nothing here is what one
 * source said alone. */
#ifndef SPARKOPS_ROW_JOB_H
#define SPARKOPS_ROW_JOB_H

#include "../field.h"

/* Worst first; what each takes stands in backend/rule/verdict.c. */
#define VERDICT_LIST(X)                                                                            \
	X(CRASHED, crashed)                                                                        \
	X(HUNG, hung)                                                                              \
	X(UNHEALTHY, unhealthy)                                                                    \
	X(UNREACHABLE, unreachable)                                                                \
	X(STALE, stale)                                                                            \
	X(DEGRADED, degraded)                                                                      \
	X(UNKNOWN, unknown)                                                                        \
	X(INITIALIZING, initializing)                                                              \
	X(ENDED, ended)                                                                            \
	X(HEALTHY, healthy)

enum verdict {
#define X(id, name) VERDICT_##id,
	VERDICT_LIST(X)
#undef X
		VERDICT_COUNT
};
extern const char *const verdict_names[]; /* NULL-terminated */

/* measured: live heap after a collection; bound: peaks, so the truth can only be worse; estimate:
 * the formula; disproved: an executor was lost to exit 52 within the hour.
 * Negative: not collected. */
enum headroom_basis { BASIS_MEASURED, BASIS_BOUND, BASIS_ESTIMATE, BASIS_DISPROVED };
extern const char *const headroom_basis_names[];

/* A dated remark about the job, newest last: for the job view and the overview's lower pane. */
struct job_event {
	int64_t at; /* wall ms, ABSENT: now */
	const struct text *what;
	const struct text *where; /* "health", "dlq", "spark"; may be NULL */
	bool is_bad;
};

struct job_row {
	const struct text *name;
	int verdict;             /* enum verdict */
	int64_t since;           /* wall ms since when this verdict holds, as far as we saw */
	struct texts evidence;   /* why, most telling first */
	const struct text *says; /* the job's own status word */
	int64_t pid;
	const struct text *application_id;
	struct ident batch_id;
	int64_t last_batch_at; /* wall ms; screen only */
	double last_batch_age_s;
	int64_t batches, records;
	double records_per_s;
	int64_t errors, errors_5m, errors_1h;
	struct counts errors_by_type;
	int64_t dlq_entries, dlq_pending, dlq_bad_lines;
	int64_t heap_used_bytes, heap_max_bytes; /* of the driver; where only executors are known,
						    of the fullest one */
	double heap_pct;                         /* screen only */
	double headroom_ratio;
	int headroom_basis;
	int64_t lost_to_oom_1h;   /* executors lost to memory in the last hour; screen only */
	int64_t lost_to_limit_1h; /* of those: to a container's limit, not to exit 52 */
	double uptime_s;
	int64_t restarts; /* seen since sparkops started, or since the first look kept */
	const struct text *hold;
	int ready, live; /* enum tri */
	double batch_time_s, trigger_interval_s;
	struct texts recommendations; /* said by the job */

	/* for the screen only */
	int64_t exit_class;      /* what --once exits with because of this job: 0 to 3 */
	const struct text *next; /* the next step, possible here and now; NULL: nothing is wrong */
	const struct text *action, *action_says; /* what is being done to it: "restart",
						    "restarting for 12 s by etl: ..."; NULL */
	bool is_old;                             /* its figures are old: drawn dim, never green */
	struct series activity;                  /* 15 one-minute buckets: batches (or records) */
	struct series chart_batches;             /* 60 one-minute buckets */
	struct series chart_records_per_s;
	struct series chart_errors;
	struct series chart_uptime_s;
	size_t nevents;
	const struct job_event *events; /* newest last, at most 64 */
	size_t error_type_series_n;     /* errors by type over time, beside errors_by_type's keys */
	const struct series *error_type_series;
};

extern const struct schema schema_job;

#endif

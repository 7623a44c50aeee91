/* rule/facts.h - all that is known of one job at one moment, as the rules see it.
 *
 * backend/rule/gather.c is the only place that looks into sections; it fills this, and every rule
 * is a function of it. A number that is not known is ABSENT or NaN, a text NULL. */
#ifndef SPARKOPS_RULE_FACTS_H
#define SPARKOPS_RULE_FACTS_H

#include "../../include/config.h"
#include "../../include/row/health.h"
#include "../../include/row/job.h"
#include "../../include/row/jvm.h"
#include "../../include/row/log.h"
#include "../../include/snapshot.h"
#include "headroom.h"
#include "window.h"

/* What came back when one place was asked. */
enum answer {
	ANSWER_NONE,    /* not configured */
	ANSWER_WAITING, /* not asked yet, or still waiting for the first answer */
	ANSWER_GOOD,
	ANSWER_LATE,    /* good before, and fewer than SILENT_PROBES unanswered since */
	ANSWER_SILENT,  /* unanswered probes */
	ANSWER_REFUSED, /* the host answers: nothing listens there */
	ANSWER_WRONG,   /* something answers, but not what belongs there */
};

enum { SILENT_PROBES = 3 };

struct probe {
	enum answer answer;
	const char *where, *problem;
	const char *cause; /* of the silence, where it is more: a name not known; NULL */
	int64_t good_at;   /* wall ms of the last good answer, ABSENT */
	int64_t silent_probes, silent_ms; /* in a row; from the first to the last of them */
	bool is_partly;                   /* not all is well, but its rows are of the last look */
	bool is_suspect; /* silent together with other jobs: that says nothing of this one */
};

static inline bool is_up(const struct probe *p)
{
	return p->answer == ANSWER_GOOD || p->answer == ANSWER_LATE;
}

enum answer probe_answer(const struct section *s, int64_t at, int64_t interval_ms);
struct probe probe_of(const struct section *s, int64_t at, int64_t interval_ms);

/* A driver of the job's name that listens near the port where its UI is looked for. */
struct slid {
	const struct jvm_row *jvm; /* NULL: there is none */
	int64_t port, wanted;
};

struct job_facts {
	int64_t at; /* wall ms of this look */

	/* as configured */
	bool expect_always;
	int64_t stale_after_ms, ready_within_ms, trigger_interval_ms;

	/* who answers */
	struct probe health, ui, dlq;
	int64_t down_since;        /* runs of --once before found it unreachable, too; ABSENT */
	const char *network;       /* "5 of 8 targets": silent together with other jobs; NULL */
	const struct jvm_row *jvm; /* its driver's JVM on this host, judged; NULL: none seen */
	const struct jvm_row *const *jvms; /* all of it on this host: the driver, then executors */
	size_t njvms;
	bool is_driver_gone; /* it was seen, and its process is not there any more */
	int64_t driver_pid, driver_ended_at, driver_exit_code; /* of the driver seen last; ABSENT */
	bool has_seen_end;          /* it lived at an earlier look: that date is no guess */
	int64_t python_pid;         /* its Python, ABSENT */
	const char *driver_command; /* of its Python, without secrets; NULL */
	const char *end_sign;  /* why its end is a failure, if it is over; NULL: nothing says so */
	bool is_out_of_memory; /* and that is a lack of memory: by its exit code, the kernel's kills
				  in its control group, its log or the types that it counted */
	const struct log_mark_row *words; /* the line of its log that told of this driver's end,
					since when no batch has ended; NULL */
	const struct jvm_row *earlier;    /* its driver of before, which still lives; NULL */
	struct slid slid;                 /* while its own UI does not answer */
	const struct config_job *cfg;
	bool may_act;              /* this sparkops: it is neither read-only nor a wall */
	const char *cluster_state; /* of its application, by the master: RUNNING FINISHED ... */

	/* by the job's own word */
	const char *says;
	int64_t start_time, batches, records, errors;
	int64_t last_batch_at; /* wall ms, by our clock */
	double last_batch_age_s;
	int64_t undated_batch_at; /* a date that no zone goes with, and nothing proves; ABSENT */
	double uptime_s;
	double frozen_s; /* its answers have not changed for so long though they must; NaN */
	int ready, live; /* enum tri */
	const char *not_ready_reason;

	/* windows */
	struct tally errors_5m, errors_1h;
	int64_t watched_since; /* our first look at its counters, or the last restart of windows */
	int64_t quiet_ms, quiet_limit_ms;  /* batches without a record; ABSENT */
	const char *top_type, *top_advice; /* the most frequent error type, and what to do */
	const char *top_when;              /* "in the last hour" or "since start" */
	int64_t top_count;
	const char *crash_type; /* error type of the last hour as a dying driver leaves it */
	int64_t crash_at;       /* its date, ABSENT */
	int64_t dlq_more_5m;    /* entries of the last 5 min beyond what the job counted, or 0 */

	/* Spark */
	bool has_app, is_local;
	struct executors_summary spark;
	bool has_waiting_work; /* jobs run, and no executor is there */
	int64_t failed_stages_5m, dropped_events;
	int64_t failed_jobs_5m; /* Spark jobs; 0 if none is known */
	bool has_good_job;      /* one ended well meanwhile, or runs since before */
	double heap_pct;
};

#endif

/* job.h - one played Spark job: what it is, what happens in it. Its batches run on the world's
 * clock (job_tick); everything its endpoints say is derived from here. Nothing in this file knows
 * of sockets. */
#ifndef WORLD_JOB_H
#define WORLD_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "fault.h"

#define JOB_TYPES 16   /* error types of one job */
#define JOB_RUNS 1000  /* Spark jobs a UI keeps */
#define JOB_LOSSES 100 /* dead executors a UI keeps */
#define JOB_PROFILE 15 /* minutes of history */

/* One Spark job of the driver. It runs while done_at lies ahead. */
struct run {
	int64_t id, batch;
	int64_t submit_at, done_at;
	bool is_failed;
};

/* One executor that is gone. */
struct loss {
	int64_t id, add_at, remove_at;
};

struct failure {
	int64_t batch, at; /* at 0: there is none */
	char *type;
};

/* Counts of one error type: of the process since it began, and of the DLQ folder. */
struct tally {
	char *type;
	int64_t errors, entries;
};

struct job {
	char *name;
	uint32_t seed;
	struct faults faults; /* of the job; a service has its own */

	/* what it is: set by the script */
	bool is_v4;            /* Spark 4.3.0, else 3.5.9 */
	bool is_standalone;    /* a driver with executors, else local mode */
	bool is_cluster;       /* its driver was given to the master to run (cluster mode) */
	bool is_killed;        /* through the master */
	bool is_driver_killed; /* the same, its driver: the application is only finished then */
	bool is_copy;          /* copies tables, else a streaming query */
	bool has_jvm;          /* processes that look like a JVM play it */
	bool is_pyspark;       /* with a Python as parent */
	int collector;         /* of its JVM: an index into `G1 Parallel Serial ZGC` */
	double rate;           /* records per second */
	int64_t interval_ms, batch_ms;
	int64_t memory_mb; /* of driver and executors */
	int heap_pct;      /* of it in use */
	double room;       /* headroom that its peaks shall show */
	int executors, cores;
	int64_t zone_ms;                     /* of its naive times */
	char profile[JOB_PROFILE + 1];       /* a digit per minute up to now: how busy it was */
	int64_t up_ms, last_ms, first_batch; /* history before the world began; -1: not given */

	/* what happened in it */
	int64_t start_at, last_at, next_at, next_fail_at;
	int64_t batch, batches, records, errors, entries;
	int64_t regained_at; /* the executors that replaced the lost ones; 0: none lost */
	struct tally tallies[JOB_TYPES];
	struct failure first_failure, last_failure;
	struct run *runs; /* oldest first */
	int run_count;
	int64_t next_run, next_executor;
	struct loss losses[JOB_LOSSES];
	int loss_count;

	char *work; /* working folder of its processes, with its log; NULL: it has none */

	/* its dead-letter queue; see dlq.h */
	char *dlq;
	int64_t dlq_lines;
	struct replayed *replayed; /* replay.h */
	int replayed_count;
	int dlq_days; /* the calendar runs ahead by so many days (rotation on demand) */
};

struct job *job_new(const char *name, uint32_t seed);
void job_free(struct job *job);

/* Sets one property from a script. VALUE is NULL where only the key was given. False: no such key,
 * or VALUE does not fit it; *WANT then says what would. */
bool job_set(struct job *job, const char *key, const char *value, const char **want);

/* Lets the job's history happen: it has been running for up_ms at NOW, and goes on FAST times as
 * fast. */
void job_begin(struct job *job, int64_t now, double fast);

/* Runs the batches that are due. */
void job_tick(struct job *job, int64_t now, double fast);

/* A batch fails at AT with an error of TYPE; with IS_FILED a DLQ entry is written too. */
void job_fail(struct job *job, const char *type, int64_t at, bool is_filed);

/* Begins or ends a fault of the job, as of AT (which may lie in the past). */
void job_fault(struct job *job, enum fault fault, int64_t number, int64_t at, int64_t now);
void job_recover(struct job *job, enum fault fault, int64_t now);

/* The process begins again: counters from 0, a new application id. */
void job_restart(struct job *job, int64_t now);

/* The job's own word: healthy, degraded, unhealthy, initializing. */
const char *job_status(const struct job *job);

/* The application's id, in OUT of JOB_ID bytes. */
#define JOB_ID 64
const char *job_application(const struct job *job, char *out);
/* The number of its driver at the master (cluster mode). */
const char *job_driver(const struct job *job, char *out);

/* A share that wanders within +-WIDTH, the same for the same job and time. */
double job_wobble(const struct job *job, int64_t now, int64_t period_ms, double width);

#endif

/* row/spark.h - what a driver's UI and a standalone master say (names and units as Spark's
 * core/src/main/scala/org/apache/spark/status/api/v1/api.scala and deploy/JsonProtocol.scala). */
#ifndef SPARKOPS_ROW_SPARK_H
#define SPARKOPS_ROW_SPARK_H

#include "../field.h"

/* One application at one driver UI, with the few settings of /environment that the rules need and
 * the driver's gauges. */
struct app_row {
	const struct text *application_id, *name, *spark_version, *user;
	int64_t started_at;
	const struct text *master;                           /* spark.master */
	int64_t driver_memory_bytes;                         /* spark.driver.memory, default 1g */
	int64_t executor_memory_bytes;                       /* spark.executor.memory, default 1g */
	int64_t executor_cores, default_parallelism;         /* ABSENT if not set */
	int64_t executor_instances, executor_overhead_bytes; /* the same */
	double memory_fraction;                              /* spark.memory.fraction */
	int is_local;                                        /* enum tri: master is local[...] */
	int64_t driver_heap_used_bytes; /* ExecutorMetrics.JVMHeapMemory or jvm.heap.used; 0 is "no
					   heartbeat yet": ABSENT */
	int64_t driver_heap_max_bytes;  /* jvm.heap.max; ABSENT without JvmSource */
	double stream_latency_s;        /* of the slowest streaming query, where metricsEnabled */
	double stream_input_rate;
	int64_t dropped_events;    /* listener bus: figures are wrong for ever when > 0 */
	int64_t streaming_queries; /* gauges seen; ABSENT if none */
	/* by the list of its Spark jobs, which is asked now and then: how many had failed in the 5
	 * minutes before, and when the last one ended so or well; ABSENT */
	int64_t jobs_failed_5m, job_failed_at, job_succeeded_at;
};

/* A running job, or a finished one of the last 15 minutes at the first look. */
struct spark_job_row {
	const struct text *application_id;
	int64_t job_id;
	const struct text *status; /* RUNNING SUCCEEDED FAILED UNKNOWN */
	const struct text *name, *description, *group;
	int64_t submitted_at, completed_at;
	int64_t num_tasks, num_active_tasks, num_completed_tasks, num_failed_tasks,
		num_skipped_tasks, num_completed_indices;
	struct ident batch;       /* `batch = N` of a streaming job's description */
	const struct text *query; /* its first line, where named */
};

struct stage_row {
	const struct text *application_id;
	int64_t stage_id, attempt_id;
	const struct text *status; /* ACTIVE FAILED */
	const struct text *name;
	int64_t num_tasks, num_active_tasks, num_complete_tasks, num_failed_tasks;
	int64_t submitted_at;
	const struct text *failure_reason;
};

struct worker_row {
	const struct text *cluster;
	const struct text *worker_id, *host, *state;
	int64_t cores, cores_used, memory_bytes, memory_used_bytes, last_heartbeat_at;
};

struct cluster_app_row {
	const struct text *cluster;
	const struct text *application_id, *name, *user, *state;
	int64_t started_at, cores, memory_per_executor_bytes;
	double duration_s;
	int is_active; /* enum tri */
};

/* A driver that the master runs on a worker (--deploy-mode cluster). Nothing there says which
 * application is its. */
struct cluster_driver_row {
	const struct text *cluster;
	const struct text *driver_id, *main_class;
	const struct text *state;  /* SUBMITTED RUNNING FINISHED RELAUNCHING KILLED FAILED ERROR */
	const struct text *worker; /* its id; NULL: it waits for one */
	int64_t started_at, cores, memory_bytes;
	int is_active; /* enum tri: it runs or waits for a worker */
};

struct master_row {
	const struct text *cluster, *url, *status; /* ALIVE STANDBY RECOVERING */
	int64_t alive_workers, cores, cores_used, memory_bytes, memory_used_bytes;
};

/* What the thread list of a driver's UI shows that nothing else does (executors/driver/threads of
 * its REST API, asked only while nothing moves): a Java deadlock, by the cycle in
 * blockedByThreadId; a Py4J call that waits. */
struct thread_sign_row {
	const struct text *application_id;
	int64_t asked_at; /* wall ms */
	int64_t threads;
	const struct text *deadlock; /* `Thread-5 waits for Thread-6 waits for Thread-5`; NULL */
	const struct text *py4j;     /* the thread that waits under py4j frames and in what; NULL */
	int64_t py4j_since;          /* wall ms since when it is seen in the same frame, ABSENT */
};

extern const struct schema schema_thread_sign;
extern const struct schema schema_app, schema_spark_job, schema_stage, schema_worker,
	schema_cluster_app, schema_cluster_driver, schema_master;

#endif

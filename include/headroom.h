/* headroom.h - the memory of a Spark job by its formula, once for the rules and for the memory
 * view: settings in; need, room, totals and connections out. Pure.
 *
 * Memory per Executor = Concurrent Tasks per Executor x Memory per Task x Safety Factor, where
 * Concurrent Tasks = min(cores, partitions per executor); each partition that runs holds a
 * connection. Where Spark's own numbers come from stands in backend/headroom.c. Exact bytes; a
 * ratio has no unit. What cannot be computed from what is known is ABSENT or NaN. */
#ifndef SPARKOPS_HEADROOM_H
#define SPARKOPS_HEADROOM_H

#include "base.h"

struct headroom_plan {
	int64_t parallelism;       /* partitions of a stage */
	int64_t instances;         /* executors; in local mode 1 */
	int64_t cores;             /* of each: tasks it may run at once */
	int64_t task_memory_bytes; /* what a task takes: of the workload, not of Spark */
	int64_t memory_bytes;      /* heap of each, without overhead */
	int64_t overhead_bytes;    /* beside the heap; in local mode 0 */
	double memory_fraction;    /* of the heap, for execution and storage */
	double safety_factor;
	int64_t connections; /* the most that the database allows */
};

struct headroom_sum {
	int64_t partitions;    /* of an executor: ceil(parallelism / instances) */
	int64_t tasks;         /* at once in an executor: min(cores, partitions) */
	int64_t needed_bytes;  /* tasks x task memory x safety factor */
	double ratio;          /* memory / needed */
	int64_t unified_bytes; /* (memory - 300 MiB) x fraction */
	int64_t total_bytes;   /* instances x (memory + overhead) */
	int64_t connections;   /* partitions running: min(parallelism, instances x cores) */
	int64_t waves;         /* rounds until all partitions have run */
};
struct headroom_sum headroom_sum(const struct headroom_plan *p);

/* ceil(P / active executors), P = spark.default.parallelism, else all their cores; ABSENT. */
int64_t headroom_partitions(int64_t parallelism, int64_t total_cores, int64_t active_executors);
/* tasks x task memory x safety factor; ABSENT. */
int64_t headroom_needed(int64_t tasks, int64_t task_memory_bytes, double safety_factor);
/* What Spark takes beside the heap unless told: a tenth, at least 384 MiB; ABSENT. */
int64_t headroom_overhead(int64_t memory_bytes);

/* What the ends of its executors (or of its driver, in local mode) say about their memory. */
struct headroom_signs {
	int64_t lost_to_heap;    /* exit 52, or 3: the heap was full */
	int64_t lost_to_limit;   /* 137, or killed by YARN: too much beside the heap */
	int64_t lost_to_silence; /* 56: no heartbeat got through */
};
/* The same plan with what these ask for: more heap, more overhead; also more heap where the formula
 * says that there is little room (below 1.25x). Sizes are rounded up to whole steps; one that is
 * not known stays so: more than what, nobody could say. */
struct headroom_plan headroom_advice(const struct headroom_plan *p, const struct headroom_signs *s);
/* Tasks for which this memory is enough: the cores to go down to; at least 1, ABSENT. */
int64_t headroom_cores(const struct headroom_plan *p);

/* Room on one worker of a standalone cluster, which counts heap and cores, not the overhead. */
struct headroom_worker {
	int64_t memory_bytes, cores;
};
/* How many executors of this plan these workers would start, at most p->instances; ABSENT. */
int64_t headroom_started(const struct headroom_plan *p, const struct headroom_worker *workers,
			 size_t n);

#endif

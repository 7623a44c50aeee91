/* rule/headroom.h - is the memory enough: configured / needed, per executor and driver, with what
 * the figure rests on. Also what an executor's end means. Pure. */
#ifndef SPARKOPS_RULE_HEADROOM_H
#define SPARKOPS_RULE_HEADROOM_H

#include "../../include/headroom.h"
#include "../../include/row/executor.h"
#include "../../include/row/jvm.h"
#include "../../include/row/log.h"
#include "../../include/row/spark.h"

struct headroom_input {
	int64_t configured_bytes; /* spark.executor.memory or spark.driver.memory, no overhead */
	int64_t live_bytes;       /* heap after a collection (hsperfdata); ABSENT */
	int64_t peak_execution_bytes, peak_storage_bytes; /* 0 is "not collected" */
	bool runs_no_tasks;        /* a driver beside executors: nothing to estimate by */
	int64_t cores;             /* of this executor */
	int64_t partitions;        /* per executor, see headroom_partitions() */
	int64_t task_memory_bytes; /* ABSENT: no estimate */
	double safety_factor;
	int64_t lost_to_oom; /* executors of its kind lost to memory within the hour, or itself */
};

struct headroom {
	double ratio; /* NaN: not collected, or disproved: then it is below 1 and nobody knows how
			 far */
	int64_t needed_bytes;
	int basis;                         /* enum headroom_basis, or -1 */
	const struct text *estimate_lacks; /* the input without which there is no estimate; NULL */
};

struct headroom headroom_of(const struct headroom_input *in);

/* 0 below 60 %, then 1, from 80 % 2, above 90 % 3: the marks beside a heap bar. */
int heap_mark(double pct);

/* The exit code that a removeReason names; ABSENT. */
int64_t exit_code_in(const char *reason);
const struct text *exit_code_means(int64_t code); /* NULL: nothing known */
/* Did it die for lack of memory? Exit 52, or killed by YARN for exceeding its container. */
bool exit_is_memory(int64_t code);

/* Of what memory an executor died. A kill that Kubernetes calls a possible OOM of the container
 * counts; exit 137 alone may be anybody's SIGKILL. */
enum memory_loss { LOSS_NONE, LOSS_TO_HEAP, LOSS_TO_YARN, LOSS_TO_CONTAINER };
enum memory_loss memory_loss_of(int64_t code, const char *reason);

/* What the executors of one application say together. */
struct executors_summary {
	int64_t active, dead; /* without the driver, unless it is the only executor */
	int64_t active_tasks, completed_tasks;
	int64_t lost_to_oom_1h;
	int64_t lost_to_yarn_1h, lost_to_container_1h; /* of those; the rest: a full heap */
	int64_t lost_by_log_1h;                        /* the same as its logs tell it */
	int64_t next_change_at; /* when the first of those leaves the hour; ABSENT */
	int64_t last_lost_at;
	int64_t configured_bytes; /* spark.executor.memory */
	double ratio;             /* the least of all active ones */
	int basis;
	int64_t driver_heap_used_bytes, driver_heap_max_bytes;
	int64_t heap_used_bytes, heap_max_bytes; /* of the driver, else of the fullest executor */
};

struct headroom_config {
	const struct text *job;
	int64_t at;
	int64_t task_memory_bytes;
	double safety_factor;
	const struct jvm_row *const *jvms; /* of this job on this host */
	size_t njvms;
	const struct log_mark_row *const *marks; /* of its logs: a UI that is silent lists nobody */
	size_t nmarks;
	int64_t since; /* marks before that are of an earlier application; ABSENT */
};

/* The JVM of that executor or driver among these; NULL: it runs elsewhere, or is dead. */
const struct jvm_row *headroom_jvm(const struct executor_row *e, const struct jvm_row *const *jvms,
				   size_t n);
/* Its live heap as a collection left it, while it was this executor's; ABSENT. However old: a heap
 * that needed no collection since has not grown by more than was free. */
int64_t headroom_live(const struct executor_row *e, const struct jvm_row *jvm);

/* Completes copies of what Spark said (rows[n]) with heap, need, headroom and exit codes. */
void executors_complete(struct executor_row *rows, size_t n, const struct app_row *app,
			const struct headroom_config *cfg, struct executors_summary *sum);

#endif

/* row/executor.h - one executor or driver of one application: `executors` of --json.
 * Source: Spark's ExecutorSummary (core/src/main/scala/org/apache/spark/status/api/v1/api.scala),
 * completed by backend/rule/headroom.c. memoryUsed/maxMemory there are block STORAGE, not heap. */
#ifndef SPARKOPS_ROW_EXECUTOR_H
#define SPARKOPS_ROW_EXECUTOR_H

#include "job.h"

struct executor_row {
	const struct text *job;
	const struct text *application_id;
	const struct text *executor_id; /* "driver" or digits */
	const struct text *host;        /* host:port of the block manager */
	int active;                     /* enum tri */
	int64_t cores;
	int64_t heap_used_bytes, heap_max_bytes;
	double heap_pct; /* screen only */
	int64_t storage_used_bytes, storage_max_bytes;
	int64_t offheap_used_bytes;
	int64_t active_tasks, failed_tasks, completed_tasks;
	double gc_pct;
	int64_t needed_bytes, configured_bytes;
	double headroom_ratio;
	int headroom_basis; /* enum headroom_basis */
	int64_t added_at, removed_at;
	const struct text *removed_reason;
	int64_t exit_code;
	const struct text *exit_means; /* "out of memory", "killed (SIGKILL)" */

	/* what the decoder fills and the rules use; not in --json */
	int64_t total_duration_ms, total_gc_ms;
	int64_t peak_onheap_execution_bytes, peak_onheap_storage_bytes;
	int64_t peak_offheap_execution_bytes, peak_offheap_storage_bytes;
	int64_t peak_heap_bytes; /* garbage included: never used for headroom; 0 means "no heartbeat
				    yet" */
	/* by the rules, for the screen: its JVM was seen on this host; and is not there any more,
	 * though its driver lists it still */
	bool was_here, is_gone;
	const struct text *estimate_lacks; /* which input of the estimate; NULL: none */
};

extern const struct schema schema_executor;

#endif

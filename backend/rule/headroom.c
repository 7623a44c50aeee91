/* rule/headroom.c - memory headroom: configured memory / needed memory.
 *
 * DESIGN. Needed is, in this order of trust:
 *   measured   live heap after a collection x safety factor                       [bytes]
 *   bound      (peak execution + peak storage memory) x safety factor             [bytes]; the
 * truth can only be worse, since user objects outside Spark's two pools are not in it: drawn with
 * <= estimate   min(cores, partitions per executor) x task memory x safety factor  [bytes]
 *              partitions per executor = ceil(P / active executors); P = spark.default.parallelism,
 * else all cores The estimate is the formula of the parallelism document ("Memory per Executor =
 * Concurrent Tasks per Executor x Memory per Task x Safety Factor, Concurrent Tasks =
 * min(executor.cores, tasks per executor)"). Its examples count 1 GB = 1000 MB: 4 x 200 MB x 1.5
 * = 1.2 GB of 8 GB is 6.7x, 8 x 250 MB x 1.5 = 3 GB of 16 GB is 5.3x. Spark's own "8g" is 8 GiB and
 * so are our sizes; all of it is exact bytes here, and a ratio of bytes has no unit to get wrong.
 * An executor lost to memory within the hour disproves any figure of its kind: it was below 1,
 * however it was counted.
 *
 * Peaks: Spark's core/src/main/scala/org/apache/spark/metrics/ExecutorMetricType.scala
 * (OnHeapExecutionMemory, OnHeapStorageMemory). Each is 0 until a heartbeat saw it, hence 0 is "not
 * collected" and both are needed. JVMHeapMemory has garbage in it and is never used. Exit codes:
 * core/src/main/scala/org/apache/spark/util/ SparkExitCode.scala and
 * executor/ExecutorExitCode.scala; YARN's: resource-managers/yarn/.../YarnAllocator.scala. */
#include "headroom.h"

#include <stdlib.h>
#include <string.h>

enum { HOUR_MS = 3600000, FULL_PCT = 95 };

/* What the operator can give comes first: the rest a driver tells by and by. */
static const struct text *lacking(const struct headroom_input *in)
{
	if (in->runs_no_tasks)
		return TEXT("it runs no tasks to estimate by");
	if (!(in->task_memory_bytes > 0))
		return TEXT("no task_memory in the configuration");
	if (!(in->cores > 0))
		return TEXT("its cores are not known");
	return in->partitions > 0 ? NULL : TEXT("no active executor shares the partitions");
}

struct headroom headroom_of(const struct headroom_input *in)
{
	struct headroom h = {ABSENT_REAL, ABSENT, -1, lacking(in)};
	double needed = ABSENT_REAL;

	if (in->live_bytes > 0) {
		needed = (double)in->live_bytes * in->safety_factor;
		h.basis = BASIS_MEASURED;
	} else if (in->peak_execution_bytes > 0 && in->peak_storage_bytes > 0) {
		needed = ((double)in->peak_execution_bytes + (double)in->peak_storage_bytes) *
			 in->safety_factor;
		h.basis = BASIS_BOUND;
	} else if (!h.estimate_lacks) {
		int64_t bytes = headroom_needed(min_i64(in->cores, in->partitions),
						in->task_memory_bytes, in->safety_factor);

		needed = is_absent(bytes) ? ABSENT_REAL : (double)bytes;
		h.basis = BASIS_ESTIMATE;
	}
	if (needed > 0 && needed < 9e18) {
		h.needed_bytes = llround(needed);
		if (in->configured_bytes > 0)
			h.ratio = (double)in->configured_bytes / needed;
	} else {
		h.basis = -1;
	}
	if (isnan(h.ratio))
		h.basis = -1;
	if (in->lost_to_oom > 0) {
		h.basis = BASIS_DISPROVED;
		h.ratio = ABSENT_REAL;
	}
	return h;
}

int heap_mark(double pct)
{
	if (isnan(pct) || pct < 60)
		return 0;
	return pct < 80 ? 1 : pct <= 90 ? 2 : 3;
}

int64_t exit_code_in(const char *reason)
{
	static const char *const before[] = {"exit code", "with code",
					     "Exit status:", "exit status", "Exit code:"};

	if (!reason)
		return ABSENT;
	for (size_t i = 0; i < ARRAY_LEN(before); i++) {
		const char *p = strstr(reason, before[i]);
		char *end;
		long code;

		if (!p)
			continue;
		p += strlen(before[i]);
		code = strtol(p, &end, 10);
		if (end != p && code > -1000 && code < 1000)
			return code;
	}
	if (strstr(reason, "Container killed by YARN for exceeding"))
		return strstr(reason, "virtual memory") ? -103 : -104;
	return ABSENT;
}

const struct text *exit_code_means(int64_t code)
{
	static const struct {
		int64_t code;
		const struct text *means;
	} known[] = {
		{0, TEXT("ended well")},
		{1, TEXT("failed to start or its main ended with an error")},
		{3, TEXT("ended itself on OutOfMemoryError")},
		{50, TEXT("uncaught exception")},
		{51, TEXT("uncaught exception, and another while handling it")},
		{52, TEXT("out of memory")},
		{53, TEXT("could not make its folder on disk")},
		{54, TEXT("external block store did not start")},
		{55, TEXT("external block store could not make its folder")},
		{56, TEXT("could not reach the driver with heartbeats")},
		{130, TEXT("interrupted (SIGINT)")},
		{134, TEXT("aborted (SIGABRT)")},
		{137, TEXT("killed (SIGKILL), often for lack of memory")},
		{139, TEXT("crashed (SIGSEGV)")},
		{143, TEXT("asked to end (SIGTERM)")},
		{-100, TEXT("its container was released")},
		{-102, TEXT("its container was preempted")},
		{-103, TEXT("killed by YARN: more virtual memory than its container has")},
		{-104, TEXT("killed by YARN: more memory than its container has")},
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (known[i].code == code)
			return known[i].means;
	}
	return code > 128 && code < 128 + 65 ? TEXT("ended by a signal") : NULL;
}

bool exit_is_memory(int64_t code)
{
	return code == 52 || code == -103 || code == -104;
}

enum memory_loss memory_loss_of(int64_t code, const char *reason)
{
	if (code == 52)
		return LOSS_TO_HEAP;
	if (exit_is_memory(code))
		return LOSS_TO_YARN;
	return code == 137 && reason && strstr(reason, "container OOM") ? LOSS_TO_CONTAINER
									: LOSS_NONE;
}

static enum memory_loss loss_of(const struct executor_row *e)
{
	return memory_loss_of(e->exit_code, text_str(e->removed_reason));
}

static bool is_driver(const struct executor_row *e)
{
	return text_is(e->executor_id, "driver");
}

static double pct(int64_t part, int64_t whole)
{
	if (is_absent(part) || is_absent(whole) || whole <= 0)
		return ABSENT_REAL;
	return (double)part * 100 / (double)whole;
}

static int64_t plus(int64_t sum, int64_t v)
{
	return is_absent(v) ? sum : (is_absent(sum) ? v : sum + v);
}

/* First pass: exits and totals, which every row's headroom needs. Returns the cores of all active
 * executors. */
static int64_t count(struct executor_row *rows, size_t n, bool is_local, int64_t at,
		     struct executors_summary *sum)
{
	int64_t cores = 0;

	for (size_t i = 0; i < n; i++) {
		struct executor_row *e = &rows[i];

		e->exit_code = exit_code_in(text_str(e->removed_reason));
		e->exit_means = is_absent(e->exit_code) ? NULL : exit_code_means(e->exit_code);
		e->gc_pct = pct(e->total_gc_ms, e->total_duration_ms);
		sum->active_tasks = plus(sum->active_tasks, e->active_tasks);
		sum->completed_tasks = plus(sum->completed_tasks, e->completed_tasks);
		if (is_driver(e) && !is_local)
			continue;
		if (e->active == TRI_TRUE) {
			sum->active++;
			cores += max_i64(e->cores, 0);
		} else if (e->active == TRI_FALSE) {
			sum->dead++;
		}
		if (loss_of(e) == LOSS_NONE || is_absent(e->removed_at) ||
		    e->removed_at <= at - HOUR_MS)
			continue;
		sum->lost_to_oom_1h++;
		sum->lost_to_yarn_1h += loss_of(e) == LOSS_TO_YARN;
		sum->lost_to_container_1h += loss_of(e) == LOSS_TO_CONTAINER;
		sum->last_lost_at = max_i64(sum->last_lost_at, e->removed_at);
		if (is_absent(sum->next_change_at) || e->removed_at + HOUR_MS < sum->next_change_at)
			sum->next_change_at = e->removed_at + HOUR_MS;
	}
	return cores;
}

static void count_marks(const struct headroom_config *cfg, struct executors_summary *sum)
{
	for (size_t i = 0; i < cfg->nmarks; i++) {
		const struct log_mark_row *m = cfg->marks[i];
		int64_t at = is_absent(m->last_at) ? m->at : m->last_at;

		if (m->kind != LOG_KIND_EXECUTOR_LOST || !exit_is_memory(m->exit_code) ||
		    is_absent(at) || at <= cfg->at - HOUR_MS ||
		    (!is_absent(cfg->since) && at < cfg->since))
			continue;
		sum->lost_by_log_1h += max_i64(m->count, 1);
		if (is_absent(sum->next_change_at) || at + HOUR_MS < sum->next_change_at)
			sum->next_change_at = at + HOUR_MS;
	}
}

const struct jvm_row *headroom_jvm(const struct executor_row *e, const struct jvm_row *const *jvms,
				   size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct jvm_row *j = jvms[i];
		bool is_its = is_driver(e) ? j->role == JVM_DRIVER
					   : j->role == JVM_EXECUTOR && e->executor_id &&
						     text_cmp(j->executor_id, e->executor_id) == 0;
		bool is_others = e->application_id && j->application_id &&
				 text_cmp(e->application_id, j->application_id) != 0;

		if (is_its && !is_others && j->verdict != JVM_IS_DEAD && e->active != TRI_FALSE)
			return j;
	}
	return NULL;
}

int64_t headroom_live(const struct executor_row *e, const struct jvm_row *jvm)
{
	bool is_of_before;

	if (!jvm || jvm->live_bytes <= 0)
		return ABSENT;
	is_of_before =
		!is_absent(e->added_at) && !is_absent(jvm->live_at) && jvm->live_at < e->added_at;
	return is_of_before ? ABSENT : jvm->live_bytes;
}

/* While garbage may be in it, it proves room, and never that there is none - but where next to
 * nothing was freed, the collector has looked for garbage everywhere. */
static int64_t proved_live(const struct executor_row *e, const struct jvm_row *jvm,
			   double safety_factor)
{
	int64_t live = headroom_live(e, jvm);
	bool fits = !is_absent(live) && e->configured_bytes > 0 &&
		    (double)live * safety_factor <= (double)e->configured_bytes;

	bool is_full = !is_absent(live) && jvm->heap_max_bytes > 0 &&
		       pct(live, jvm->heap_max_bytes) >= FULL_PCT;

	return fits || is_full || (jvm && jvm->is_live_settled) ? live : ABSENT;
}

/* What the JVM shows is nearer than what the UI passes on; and a heap that was begun smaller than
 * the setting says (a driver's memory set after its start) is as small as it was begun. */
static void heap_by_jvm(struct executor_row *e, const struct jvm_row *jvm)
{
	if (!jvm)
		return;
	if (jvm->heap_used_bytes > 0 && jvm->heap_max_bytes > 0) {
		e->heap_used_bytes = jvm->heap_used_bytes;
		e->heap_max_bytes = jvm->heap_max_bytes;
	}
	if (jvm->heap_configured_bytes > 0 &&
	    (is_absent(e->configured_bytes) || jvm->heap_configured_bytes < e->configured_bytes))
		e->configured_bytes = jvm->heap_configured_bytes;
}

static void heap_of(struct executor_row *e, const struct app_row *app, const struct jvm_row *jvm)
{
	bool is_driver_jvm = is_driver(e);

	e->configured_bytes = ABSENT;
	if (app)
		e->configured_bytes =
			is_driver_jvm ? app->driver_memory_bytes : app->executor_memory_bytes;
	e->heap_max_bytes = e->configured_bytes;
	e->heap_used_bytes = ABSENT;
	if (app && is_driver_jvm && e->active != TRI_FALSE) {
		if (app->driver_heap_max_bytes > 0)
			e->heap_max_bytes = app->driver_heap_max_bytes;
		if (app->driver_heap_used_bytes > 0)
			e->heap_used_bytes = app->driver_heap_used_bytes;
	}
	heap_by_jvm(e, jvm);
	e->heap_pct = pct(e->heap_used_bytes, e->heap_max_bytes);
}

/* Worst of the active ones: disproved beats any figure, the least figure beats the others. */
static void sum_up(const struct executor_row *e, struct executors_summary *sum)
{
	bool is_fuller =
		is_absent(sum->heap_used_bytes) ||
		(!is_absent(e->heap_used_bytes) && e->heap_used_bytes > sum->heap_used_bytes);

	if (is_driver(e)) {
		sum->driver_heap_used_bytes = e->heap_used_bytes;
		sum->driver_heap_max_bytes = e->heap_max_bytes;
	}
	if (e->active != TRI_TRUE)
		return;
	if (is_fuller && (!is_absent(e->heap_used_bytes) || is_absent(sum->heap_max_bytes))) {
		sum->heap_used_bytes = e->heap_used_bytes;
		sum->heap_max_bytes = e->heap_max_bytes;
	}
	if (!isnan(e->headroom_ratio) && sum->basis != BASIS_DISPROVED &&
	    (isnan(sum->ratio) || e->headroom_ratio < sum->ratio)) {
		sum->ratio = e->headroom_ratio;
		sum->basis = e->headroom_basis;
	}
}

void executors_complete(struct executor_row *rows, size_t n, const struct app_row *app,
			const struct headroom_config *cfg, struct executors_summary *sum)
{
	bool is_local = app && app->is_local == TRI_TRUE;
	int64_t cores, partitions;

	*sum = (struct executors_summary){.active_tasks = ABSENT,
					  .completed_tasks = ABSENT,
					  .next_change_at = ABSENT,
					  .last_lost_at = ABSENT,
					  .ratio = ABSENT_REAL,
					  .basis = -1,
					  .configured_bytes =
						  app ? app->executor_memory_bytes : ABSENT,
					  .driver_heap_used_bytes = ABSENT,
					  .driver_heap_max_bytes = ABSENT,
					  .heap_used_bytes = ABSENT,
					  .heap_max_bytes = ABSENT};
	cores = count(rows, n, is_local, cfg->at, sum);
	count_marks(cfg, sum);
	partitions =
		headroom_partitions(app ? app->default_parallelism : ABSENT, cores, sum->active);
	for (size_t i = 0; i < n; i++) {
		struct executor_row *e = &rows[i];
		bool runs_tasks = !is_driver(e) || is_local;
		const struct jvm_row *jvm = headroom_jvm(e, cfg->jvms, cfg->njvms);
		struct headroom h;

		e->job = cfg->job;
		heap_of(e, app, jvm);
		h = headroom_of(&(struct headroom_input){
			.configured_bytes = e->configured_bytes,
			.live_bytes = proved_live(e, jvm, cfg->safety_factor),
			.peak_execution_bytes = e->peak_onheap_execution_bytes,
			.peak_storage_bytes = e->peak_onheap_storage_bytes,
			.runs_no_tasks = !runs_tasks,
			.cores = e->cores,
			.partitions = partitions,
			.task_memory_bytes = cfg->task_memory_bytes,
			.safety_factor = cfg->safety_factor,
			.lost_to_oom =
				(loss_of(e) != LOSS_NONE) +
				(runs_tasks ? sum->lost_to_oom_1h + sum->lost_by_log_1h : 0)});
		e->needed_bytes = h.needed_bytes;
		e->headroom_ratio = h.ratio;
		e->headroom_basis = h.basis;
		e->estimate_lacks = h.estimate_lacks;
		sum_up(e, sum);
	}
	if (sum->lost_to_oom_1h + sum->lost_by_log_1h > 0) {
		sum->basis = BASIS_DISPROVED;
		sum->ratio = ABSENT_REAL;
	}
	if (!is_absent(sum->driver_heap_max_bytes)) {
		sum->heap_used_bytes = sum->driver_heap_used_bytes;
		sum->heap_max_bytes = sum->driver_heap_max_bytes;
	}
}

/* metrics.c - /metrics/json/ of a driver: Dropwizard's registry, compact and without order that
 * anybody could rely on. Which names exist depends on version, mode and kind of work; the tables
 * say so. What nobody reads is 0. */
#include <string.h>

#include "answer.h"
#include "heap.h"
#include "job.h"
#include "when.h"

#define HEARTBEAT_MS (10 * SECOND_MS)

enum only {
	ALWAYS = 0,
	LOCAL = 1,
	STREAM = 2,
	V3 = 4,
	V4 = 8,
	STREAM_V3 = STREAM | V3,
	STREAM_V4 = STREAM | V4
};

enum figure {
	ZERO,
	HEAP,
	OFF_HEAP,
	STORAGE_MB,
	GC_MS,
	CPU_NS,
	JOBS,
	ACTIVE_JOBS,
	JOB_MS,
	BATCH_MS,
	TASKS_DONE,
	POOL_MAX,
	INPUT_RATE,
	PROCESSING_RATE,
};

struct metric {
	const char *name; /* after ID.driver. ; %s: the query's name */
	enum only only;
	enum figure figure;
};

static const struct metric gauges[] = {
	{"BlockManager.disk.diskSpaceUsed_MB", ALWAYS, ZERO},
	{"BlockManager.memory.maxMem_MB", ALWAYS, STORAGE_MB},
	{"BlockManager.memory.maxOffHeapMem_MB", ALWAYS, ZERO},
	{"BlockManager.memory.maxOnHeapMem_MB", ALWAYS, STORAGE_MB},
	{"BlockManager.memory.memUsed_MB", ALWAYS, ZERO},
	{"BlockManager.memory.offHeapMemUsed_MB", ALWAYS, ZERO},
	{"BlockManager.memory.onHeapMemUsed_MB", ALWAYS, ZERO},
	{"BlockManager.memory.remainingMem_MB", ALWAYS, STORAGE_MB},
	{"BlockManager.memory.remainingOffHeapMem_MB", ALWAYS, ZERO},
	{"BlockManager.memory.remainingOnHeapMem_MB", ALWAYS, STORAGE_MB},
	{"DAGScheduler.job.activeJobs", ALWAYS, ACTIVE_JOBS},
	{"DAGScheduler.job.allJobs", ALWAYS, JOBS},
	{"DAGScheduler.stage.failedStages", ALWAYS, ZERO},
	{"DAGScheduler.stage.runningStages", ALWAYS, ACTIVE_JOBS},
	{"DAGScheduler.stage.waitingStages", ALWAYS, ZERO},
	{"ExecutorMetrics.ConcurrentGCCount", V4, ZERO},
	{"ExecutorMetrics.ConcurrentGCTime", V4, ZERO},
	{"ExecutorMetrics.DirectPoolMemory", ALWAYS, ZERO},
	{"ExecutorMetrics.JVMHeapMemory", ALWAYS, HEAP},
	{"ExecutorMetrics.JVMOffHeapMemory", ALWAYS, OFF_HEAP},
	{"ExecutorMetrics.MajorGCCount", ALWAYS, ZERO},
	{"ExecutorMetrics.MajorGCTime", ALWAYS, ZERO},
	{"ExecutorMetrics.MappedPoolMemory", ALWAYS, ZERO},
	{"ExecutorMetrics.MinorGCCount", ALWAYS, ZERO},
	{"ExecutorMetrics.MinorGCTime", ALWAYS, GC_MS},
	{"ExecutorMetrics.OffHeapExecutionMemory", ALWAYS, ZERO},
	{"ExecutorMetrics.OffHeapStorageMemory", ALWAYS, ZERO},
	{"ExecutorMetrics.OffHeapUnifiedMemory", ALWAYS, ZERO},
	{"ExecutorMetrics.OnHeapExecutionMemory", ALWAYS, ZERO},
	{"ExecutorMetrics.OnHeapStorageMemory", ALWAYS, ZERO},
	{"ExecutorMetrics.OnHeapUnifiedMemory", ALWAYS, ZERO},
	{"ExecutorMetrics.ProcessTreeJVMRSSMemory", ALWAYS, ZERO},
	{"ExecutorMetrics.ProcessTreeJVMVMemory", ALWAYS, ZERO},
	{"ExecutorMetrics.ProcessTreeOtherRSSMemory", ALWAYS, ZERO},
	{"ExecutorMetrics.ProcessTreeOtherVMemory", ALWAYS, ZERO},
	{"ExecutorMetrics.ProcessTreePythonRSSMemory", ALWAYS, ZERO},
	{"ExecutorMetrics.ProcessTreePythonVMemory", ALWAYS, ZERO},
	{"ExecutorMetrics.TotalGCTime", ALWAYS, GC_MS},
	{"JVMCPU.jvmCpuTime", ALWAYS, CPU_NS},
	{"LiveListenerBus.queue.appStatus.size", ALWAYS, ZERO},
	{"LiveListenerBus.queue.eventLog.size", ALWAYS, ZERO},
	{"LiveListenerBus.queue.executorManagement.size", ALWAYS, ZERO},
	{"LiveListenerBus.queue.streams.size", STREAM, ZERO},
	{"appStatus.jobDuration", V4, JOB_MS},
	{"executor.filesystem.file.largeRead_ops", LOCAL, ZERO},
	{"executor.filesystem.file.read_bytes", LOCAL, ZERO},
	{"executor.filesystem.file.read_ops", LOCAL, ZERO},
	{"executor.filesystem.file.write_bytes", LOCAL, ZERO},
	{"executor.filesystem.file.write_ops", LOCAL, ZERO},
	{"executor.filesystem.hdfs.largeRead_ops", LOCAL, ZERO},
	{"executor.filesystem.hdfs.read_bytes", LOCAL, ZERO},
	{"executor.filesystem.hdfs.read_ops", LOCAL, ZERO},
	{"executor.filesystem.hdfs.write_bytes", LOCAL, ZERO},
	{"executor.filesystem.hdfs.write_ops", LOCAL, ZERO},
	{"executor.threadpool.activeTasks", LOCAL, ACTIVE_JOBS},
	{"executor.threadpool.completeTasks", LOCAL, TASKS_DONE},
	{"executor.threadpool.currentPool_size", LOCAL, ACTIVE_JOBS},
	{"executor.threadpool.maxPool_size", LOCAL, POOL_MAX},
	{"executor.threadpool.startedTasks", LOCAL, TASKS_DONE},
	{"spark.streaming.%s.eventTime-watermark", STREAM, ZERO},
	{"spark.streaming.%s.inputRate-total", STREAM, INPUT_RATE},
	{"spark.streaming.%s.latency", STREAM, BATCH_MS},
	{"spark.streaming.%s.processingRate-total", STREAM, PROCESSING_RATE},
	{"spark.streaming.%s.states-rowsTotal", STREAM, ZERO},
	{"spark.streaming.%s.states-usedBytes", STREAM, ZERO},
	{NULL, 0, 0},
};

static const struct metric counters[] = {
	{"HiveExternalCatalog.fileCacheHits", ALWAYS, ZERO},
	{"HiveExternalCatalog.filesDiscovered", ALWAYS, ZERO},
	{"HiveExternalCatalog.hiveClientCalls", ALWAYS, ZERO},
	{"HiveExternalCatalog.parallelListingJobCount", ALWAYS, ZERO},
	{"HiveExternalCatalog.partitionsFetched", ALWAYS, ZERO},
	{"LiveListenerBus.numEventsPosted", ALWAYS, TASKS_DONE},
	{"LiveListenerBus.queue.appStatus.numDroppedEvents", ALWAYS, ZERO},
	{"LiveListenerBus.queue.eventLog.numDroppedEvents", ALWAYS, ZERO},
	{"LiveListenerBus.queue.executorManagement.numDroppedEvents", ALWAYS, ZERO},
	{"LiveListenerBus.queue.streams.numDroppedEvents", STREAM, ZERO},
	{"appStatus.jobs.failedJobs", V4, ZERO},
	{"appStatus.jobs.succeededJobs", V4, JOBS},
	{"appStatus.stages.completedStages", V4, JOBS},
	{"appStatus.stages.failedStages", V4, ZERO},
	{"appStatus.stages.skippedStages", V4, ZERO},
	{"appStatus.tasks.blackListedExecutors", V4, ZERO},
	{"appStatus.tasks.completedTasks", V4, TASKS_DONE},
	{"appStatus.tasks.excludedExecutors", V4, ZERO},
	{"appStatus.tasks.failedTasks", V4, ZERO},
	{"appStatus.tasks.killedTasks", V4, ZERO},
	{"appStatus.tasks.skippedTasks", V4, ZERO},
	{"appStatus.tasks.unblackListedExecutors", V4, ZERO},
	{"appStatus.tasks.unexcludedExecutors", V4, ZERO},
	{"executor.bytesRead", LOCAL, ZERO},
	{"executor.bytesWritten", LOCAL, ZERO},
	{"executor.cpuTime", LOCAL, CPU_NS},
	{"executor.deserializeCpuTime", LOCAL, ZERO},
	{"executor.deserializeTime", LOCAL, ZERO},
	{"executor.diskBytesSpilled", LOCAL, ZERO},
	{"executor.jvmGCTime", LOCAL, GC_MS},
	{"executor.memoryBytesSpilled", LOCAL, ZERO},
	{"executor.recordsRead", LOCAL, ZERO},
	{"executor.recordsWritten", LOCAL, ZERO},
	{"executor.resultSerializationTime", LOCAL, ZERO},
	{"executor.resultSize", LOCAL, ZERO},
	{"executor.runTime", LOCAL, ZERO},
	{"executor.shuffleBytesWritten", LOCAL, ZERO},
	{"executor.shuffleCorruptMergedBlockChunks", LOCAL, ZERO},
	{"executor.shuffleFetchWaitTime", LOCAL, ZERO},
	{"executor.shuffleLocalBlocksFetched", LOCAL, ZERO},
	{"executor.shuffleLocalBytesRead", LOCAL, ZERO},
	{"executor.shuffleMergedFetchFallbackCount", LOCAL, ZERO},
	{"executor.shuffleMergedLocalBlocksFetched", LOCAL, ZERO},
	{"executor.shuffleMergedLocalBytesRead", LOCAL, ZERO},
	{"executor.shuffleMergedLocalChunksFetched", LOCAL, ZERO},
	{"executor.shuffleMergedRemoteBlocksFetched", LOCAL, ZERO},
	{"executor.shuffleMergedRemoteBytesRead", LOCAL, ZERO},
	{"executor.shuffleMergedRemoteChunksFetched", LOCAL, ZERO},
	{"executor.shuffleMergedRemoteReqsDuration", LOCAL, ZERO},
	{"executor.shuffleRecordsRead", LOCAL, ZERO},
	{"executor.shuffleRecordsWritten", LOCAL, ZERO},
	{"executor.shuffleRemoteBlocksFetched", LOCAL, ZERO},
	{"executor.shuffleRemoteBytesRead", LOCAL, ZERO},
	{"executor.shuffleRemoteBytesReadToDisk", LOCAL, ZERO},
	{"executor.shuffleRemoteReqsDuration", LOCAL, ZERO},
	{"executor.shuffleTotalBytesRead", LOCAL, ZERO},
	{"executor.shuffleWriteTime", LOCAL, ZERO},
	{"executor.succeededTasks", LOCAL, TASKS_DONE},
	{NULL, 0, 0},
};

static const struct metric histograms[] = {
	{"CodeGenerator.compilationTime", ALWAYS, ZERO},
	{"CodeGenerator.generatedClassSize", ALWAYS, ZERO},
	{"CodeGenerator.generatedMethodSize", ALWAYS, ZERO},
	{"CodeGenerator.sourceCodeSize", ALWAYS, ZERO},
	{NULL, 0, 0},
};

#define LISTENER "LiveListenerBus.listenerProcessingTime.org.apache.spark."

static const struct metric timers[] = {
	{"DAGScheduler.messageProcessingTime", ALWAYS, ZERO},
	{LISTENER "HeartbeatReceiver", ALWAYS, ZERO},
	{LISTENER "scheduler.EventLoggingListener", ALWAYS, ZERO},
	{LISTENER "sql.execution.ui.SQLAppStatusListener", ALWAYS, ZERO},
	{LISTENER "status.AppStatusListener", ALWAYS, ZERO},
	{LISTENER "sql.execution.streaming.StreamingQueryListenerBus", STREAM_V3, ZERO},
	{LISTENER "sql.execution.streaming.runtime.StreamingQueryListenerBus", STREAM_V4, ZERO},
	{"LiveListenerBus.queue.appStatus.listenerProcessingTime", ALWAYS, ZERO},
	{"LiveListenerBus.queue.eventLog.listenerProcessingTime", ALWAYS, ZERO},
	{"LiveListenerBus.queue.executorManagement.listenerProcessingTime", ALWAYS, ZERO},
	{"LiveListenerBus.queue.streams.listenerProcessingTime", STREAM, ZERO},
	{NULL, 0, 0},
};

static int64_t active_runs(const struct job *job, int64_t now)
{
	int64_t active = 0;
	for (int i = job->run_count - 1; i >= 0 && i >= job->run_count - 4; i--)
		active += job->runs[i].submit_at <= now && job->runs[i].done_at > now;
	return active;
}

/* Heap as of the last heartbeat; it saws up and down as garbage comes and goes. */
static int64_t heap_used(const struct job *job, int64_t now)
{
	int64_t at = now - now % HEARTBEAT_MS;
	double pct = job->heap_pct;
	if (at < job->start_at)
		return 0;
	if (pct < 95)
		pct += job_wobble(job, at, 2 * MINUTE_MS, 3);
	return (int64_t)(pct / 100 * (double)(job->memory_mb << 20));
}

static int64_t figure_of(const struct job *job, enum figure figure, int64_t now)
{
	switch (figure) {
	case HEAP:
		return heap_used(job, now);
	case OFF_HEAP:
		return (job->memory_mb << 20) / 24;
	case STORAGE_MB:
		return (job->memory_mb - 300) * 6 / 10;
	case GC_MS:
		return (now - job->start_at) / 1500;
	case CPU_NS:
		return (now - job->start_at) / 20 * 1000000;
	case JOBS:
		return job->next_run;
	case ACTIVE_JOBS:
		return active_runs(job, now);
	case JOB_MS:
	case BATCH_MS:
		return job->batch_ms;
	case TASKS_DONE:
		return job->next_run * 4;
	case POOL_MAX:
		return INT32_MAX;
	default:
		return 0;
	}
}

static void write_figure(struct writer *writer, const char *key, const struct job *job,
			 enum figure figure, int64_t now)
{
	bool is_still = fault_on(&job->faults, FAULT_QUIET);
	double rate = is_still ? 0 : job->rate * (1 + job_wobble(job, now, MINUTE_MS, 0.1));
	if (figure == INPUT_RATE)
		writer_real(writer, key, rate);
	else if (figure == PROCESSING_RATE)
		writer_real(writer, key, rate * (double)job->interval_ms / (double)job->batch_ms);
	else
		writer_int(writer, key, figure_of(job, figure, now));
}

static void write_spread(struct writer *writer, int64_t count, bool is_timer)
{
	static const char *const reals[] = {"p50", "p75",  "p95",    "p98",
					    "p99", "p999", "stddev", NULL};
	writer_int(writer, "count", count);
	if (is_timer)
		writer_real(writer, "max", 297.674);
	else
		writer_int(writer, "max", 203);
	writer_real(writer, "mean", 6.025);
	if (is_timer)
		writer_real(writer, "min", 0.00103);
	else
		writer_int(writer, "min", 8);
	for (const char *const *real = reals; *real; real++)
		writer_real(writer, *real, 12.864767);
	if (!is_timer)
		return;
	writer_real(writer, "m15_rate", 0.492);
	writer_real(writer, "m1_rate", 4.570136);
	writer_real(writer, "m5_rate", 1.369939);
	writer_real(writer, "mean_rate", 5.805228);
	writer_text(writer, "duration_units", "milliseconds");
	writer_text(writer, "rate_units", "calls/second");
}

static bool has_metric(const struct job *job, enum only only)
{
	unsigned missing = (job->is_standalone ? LOCAL : 0) | (job->is_copy ? STREAM : 0) |
			   (job->is_v4 ? V3 : V4);
	return !(only & missing);
}

enum shape { VALUE, COUNT, HISTOGRAM, TIMER };

static void write_section(struct writer *writer, const char *section, enum shape shape,
			  const struct metric *metric, const struct job *job, int64_t now)
{
	char id[JOB_ID];

	job_application(job, id);
	writer_map(writer, section);
	for (; metric->name; metric++) {
		if (!has_metric(job, metric->only))
			continue;
		const char *query = strstr(metric->name, "%s");
		char *name = query ? heap_print("%s.driver.spark.streaming.%s%s", id, job->name,
						query + 2)
				   : heap_print("%s.driver.%s", id, metric->name);
		writer_object(writer, name);
		if (shape == VALUE || shape == COUNT)
			write_figure(writer, shape == VALUE ? "value" : "count", job,
				     metric->figure, now);
		else
			write_spread(writer, job->next_run, shape == TIMER);
		writer_end(writer);
		heap_free(name);
	}
	writer_end(writer);
}

void answer_metrics(struct answer *answer, const struct job *job, int64_t now)
{
	struct writer *writer = &answer->body;

	answer->type = "text/json;charset=utf-8";
	writer->style = WRITER_COMPACT;
	writer_object(writer, NULL);
	writer_text(writer, "version", "4.0.0");
	write_section(writer, "gauges", VALUE, gauges, job, now);
	write_section(writer, "counters", COUNT, counters, job, now);
	write_section(writer, "histograms", HISTOGRAM, histograms, job, now);
	writer_map(writer, "meters");
	writer_end(writer);
	write_section(writer, "timers", TIMER, timers, job, now);
	writer_end(writer);
}

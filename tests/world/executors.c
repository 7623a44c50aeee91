/* executors.c - the driver's list of executors. Peaks are made so that headroom, reckoned as
 * memory / (peak execution + peak storage) / 1.5, is what the script asked for. */
#include <stdio.h>

#include "answer.h"
#include "heap.h"
#include "job.h"
#include "when.h"
#include "world.h"

#define SAFETY 1.5

struct executor {
	int64_t id; /* -1: the driver */
	int64_t add_at, remove_at;
	int64_t done, failed, active;
};

static int64_t memory_bytes(const struct job *job)
{
	return job->memory_mb << 20;
}

static int64_t storage_max(const struct job *job)
{
	return (memory_bytes(job) - (INT64_C(300) << 20)) * 6 / 10;
}

void answer_peaks(struct writer *writer, const char *key, const struct job *job, int64_t now,
		  bool none)
{
	static const char *const zeros[] = {
		"MappedPoolMemory",           "ProcessTreeJVMVMemory",
		"ProcessTreeJVMRSSMemory",    "ProcessTreePythonVMemory",
		"ProcessTreePythonRSSMemory", "ProcessTreeOtherVMemory",
		"ProcessTreeOtherRSSMemory",  NULL};
	int64_t memory = none ? 0 : memory_bytes(job);
	int64_t needed = (int64_t)((double)memory / (job->room * SAFETY));
	int64_t storage = needed / 8;
	int64_t minutes = none ? 0 : (now - job->start_at) / MINUTE_MS + 1;

	writer_object(writer, key);
	writer_int(writer, "JVMHeapMemory", memory / 100 * job->heap_pct);
	writer_int(writer, "JVMOffHeapMemory", memory / 24);
	writer_int(writer, "OnHeapExecutionMemory", needed - storage);
	writer_int(writer, "OffHeapExecutionMemory", 0);
	writer_int(writer, "OnHeapStorageMemory", storage);
	writer_int(writer, "OffHeapStorageMemory", 0);
	writer_int(writer, "OnHeapUnifiedMemory", needed);
	writer_int(writer, "OffHeapUnifiedMemory", 0);
	writer_int(writer, "DirectPoolMemory", memory / 4096);
	for (const char *const *zero = zeros; *zero; zero++)
		writer_int(writer, *zero, 0);
	writer_int(writer, "MinorGCCount", minutes * 3);
	writer_int(writer, "MinorGCTime", minutes * 40);
	writer_int(writer, "MajorGCCount", minutes / 30);
	writer_int(writer, "MajorGCTime", minutes / 30 * 90);
	writer_int(writer, "TotalGCTime", minutes * 40 + minutes / 30 * 90);
	if (job->is_v4) {
		writer_int(writer, "ConcurrentGCCount", minutes / 10);
		writer_int(writer, "ConcurrentGCTime", minutes / 10 * 4);
	}
	writer_end(writer);
}

static void write_counts(struct writer *writer, const struct job *job,
			 const struct executor *executor, int64_t now)
{
	bool is_driver = executor->id < 0;
	int64_t up = (executor->remove_at ? executor->remove_at : now) - executor->add_at;
	int64_t minutes = up / MINUTE_MS + 1;
	int cores = is_driver && job->is_standalone ? 0 : job->cores;

	writer_int(writer, "rddBlocks", 0);
	writer_int(writer, "memoryUsed", storage_max(job) / 40);
	writer_int(writer, "diskUsed", 0);
	writer_int(writer, "totalCores", cores);
	writer_int(writer, "maxTasks", cores);
	writer_int(writer, "activeTasks", executor->active);
	writer_int(writer, "failedTasks", executor->failed);
	writer_int(writer, "completedTasks", executor->done);
	writer_int(writer, "totalTasks", executor->active + executor->failed + executor->done);
	writer_int(writer, "totalDuration", is_driver ? up : executor->done * job->batch_ms);
	writer_int(writer, "totalGCTime",
		   is_driver ? minutes * 40 + minutes / 30 * 90
			     : executor->done * job->batch_ms / 50);
	writer_int(writer, "totalInputBytes", 0);
	writer_int(writer, "totalShuffleRead", executor->done * 77);
	writer_int(writer, "totalShuffleWrite", executor->done * 77);
	writer_bool(writer, "isBlacklisted", false);
	writer_int(writer, "maxMemory", storage_max(job));
}

static void write_logs(struct writer *writer, const struct job *job,
		       const struct executor *executor)
{
	static const char *const names[] = {"stdout", "stderr"};
	char id[JOB_ID];
	writer_map(writer, "executorLogs");
	for (int i = 0; i < 2 && executor->id >= 0; i++) {
		char *url = heap_print(
			"http://127.0.0.1:8081/logPage/?appId=%s&executorId=%lld&logType=%s",
			job_application(job, id), (long long)executor->id, names[i]);
		writer_text(writer, names[i], url);
		heap_free(url);
	}
	writer_end(writer);
}

static void write_memory(struct writer *writer, const struct job *job)
{
	writer_object(writer, "memoryMetrics");
	writer_int(writer, "usedOnHeapStorageMemory", storage_max(job) / 40);
	writer_int(writer, "usedOffHeapStorageMemory", 0);
	writer_int(writer, "totalOnHeapStorageMemory", storage_max(job));
	writer_int(writer, "totalOffHeapStorageMemory", 0);
	writer_end(writer);
}

static void write_executor(struct writer *writer, const struct job *job,
			   const struct executor *executor, int64_t now)
{
	char text[WHEN_SIZE];

	writer_object(writer, NULL);
	snprintf(text, sizeof(text), "%lld", (long long)executor->id);
	writer_text(writer, "id", executor->id < 0 ? "driver" : text);
	snprintf(text, sizeof(text), "127.0.0.1:%lld",
		 (long long)(33000 + (executor->id * 131 + 977) % 12000));
	writer_text(writer, "hostPort", text);
	writer_bool(writer, "isActive", !executor->remove_at);
	write_counts(writer, job, executor, now);
	writer_text(writer, "addTime", when_spark(executor->add_at, text));
	if (executor->remove_at) {
		writer_text(writer, "removeTime", when_spark(executor->remove_at, text));
		writer_text(writer, "removeReason", "Command exited with code 52");
	}
	write_logs(writer, job, executor);
	write_memory(writer, job);
	writer_array(writer, "blacklistedInStages");
	writer_end(writer);
	/* Who died within his first heartbeat left no peaks. */
	int64_t lived = (executor->remove_at ? executor->remove_at : now) - executor->add_at;
	answer_peaks(writer, "peakMemoryMetrics", job, now, lived < 10 * SECOND_MS);
	writer_map(writer, "attributes");
	writer_end(writer);
	writer_map(writer, "resources");
	writer_end(writer);
	writer_int(writer, "resourceProfileId", 0);
	writer_bool(writer, "isExcluded", false);
	writer_array(writer, "excludedInStages");
	writer_end(writer);
	writer_end(writer);
}

static int64_t active_tasks(const struct job *job, int64_t now)
{
	int64_t active = 0;
	for (int i = job->run_count - 1; i >= 0 && i >= job->run_count - 3; i--)
		if (job->runs[i].submit_at <= now && job->runs[i].done_at > now)
			active = 2;
	return active;
}

void answer_executors(struct answer *answer, const struct job *job, int64_t now,
		      const struct service *service, bool with_dead)
{
	bool is_huge = fault_on(&service->faults, FAULT_HUGE);
	int64_t count = is_huge ? service->faults.number[FAULT_HUGE] : job->executors;
	int64_t tasks = job->next_run * 4, active = active_tasks(job, now);

	writer_array(&answer->body, NULL);
	for (int i = 0; with_dead && i < job->loss_count; i++) {
		const struct loss *loss = &job->losses[i];
		const struct executor executor = {loss->id, loss->add_at, loss->remove_at, i % 2, 2,
						  0};
		write_executor(&answer->body, job, &executor, now);
	}
	for (int64_t i = 0; i < count && (job->is_standalone || is_huge); i++) {
		struct executor executor = {job->next_executor - job->executors + i,
					    job->start_at + 12 * SECOND_MS,
					    0,
					    tasks / count,
					    0,
					    i < active ? 1 : 0};
		if (job->loss_count > 0)
			executor.add_at = job->regained_at;
		write_executor(&answer->body, job, &executor, now);
	}
	const struct executor driver = {-1, job->start_at,
					0,  job->is_standalone ? 0 : tasks,
					0,  job->is_standalone ? 0 : active};
	write_executor(&answer->body, job, &driver, now);
	writer_end(&answer->body);
}

/* stages.c - the stages of a driver without their tasks: one for each Spark job, with the job's
 * number. */
#include <string.h>

#include "answer.h"
#include "job.h"
#include "when.h"

#define TASKS 4

static const char *stage_status(const struct run *run, int64_t now)
{
	if (run->is_failed)
		return "FAILED";
	return run->done_at > now ? "ACTIVE" : "COMPLETE";
}

static void write_head(struct writer *writer, const struct run *run, int64_t now)
{
	char text[WHEN_SIZE];
	bool is_active = run->done_at > now && !run->is_failed;
	bool is_done = !is_active && !run->is_failed;

	writer_text(writer, "status", stage_status(run, now));
	writer_int(writer, "stageId", run->id);
	writer_int(writer, "attemptId", 0);
	writer_int(writer, "numTasks", TASKS);
	writer_int(writer, "numActiveTasks", is_active ? 2 : 0);
	writer_int(writer, "numCompleteTasks", is_done ? TASKS : 0);
	writer_int(writer, "numFailedTasks", run->is_failed ? 11 : 0);
	writer_int(writer, "numKilledTasks", 0);
	writer_int(writer, "numCompletedIndices", is_done ? TASKS : 0);
	writer_text(writer, "submissionTime", when_spark(run->submit_at + 2, text));
	writer_text(writer, "firstTaskLaunchedTime", when_spark(run->submit_at + 21, text));
	if (!is_active)
		writer_text(writer, "completionTime", when_spark(run->done_at, text));
	if (run->is_failed)
		writer_text(writer, "failureReason",
			    "Job aborted due to stage failure: Task 0 in stage 6.0 failed 4 times, "
			    "most recent failure: Lost task 0.3 in stage 6.0 (TID 13) (127.0.0.1 "
			    "executor 5): java.lang.OutOfMemoryError: Java heap space\n\tat "
			    "org.apache.spark.unsafe.types.UTF8String.repeat(UTF8String.java:736)\n"
			    "\tat java.base/java.lang.Thread.run(Thread.java:840)\n\n"
			    "Driver stacktrace:");
}

static void write_metrics(struct writer *writer, const struct job *job, const struct run *run,
			  int64_t now)
{
	static const char *const zeros[] = {"resultSerializationTime",
					    "memoryBytesSpilled",
					    "diskBytesSpilled",
					    "peakExecutionMemory",
					    "inputBytes",
					    "inputRecords",
					    "outputBytes",
					    "outputRecords",
					    "shuffleRemoteBlocksFetched",
					    "shuffleLocalBlocksFetched",
					    "shuffleFetchWaitTime",
					    "shuffleRemoteBytesRead",
					    "shuffleRemoteBytesReadToDisk",
					    "shuffleLocalBytesRead",
					    "shuffleReadBytes",
					    "shuffleReadRecords",
					    "shuffleCorruptMergedBlockChunks",
					    "shuffleMergedFetchFallbackCount",
					    "shuffleMergedRemoteBlocksFetched",
					    "shuffleMergedLocalBlocksFetched",
					    "shuffleMergedRemoteChunksFetched",
					    "shuffleMergedLocalChunksFetched",
					    "shuffleMergedRemoteBytesRead",
					    "shuffleMergedLocalBytesRead",
					    "shuffleRemoteReqsDuration",
					    "shuffleMergedRemoteReqsDuration",
					    "shuffleWriteBytes",
					    "shuffleWriteTime",
					    "shuffleWriteRecords",
					    NULL};
	bool is_done = run->done_at <= now && !run->is_failed;
	int64_t ms = is_done ? job->batch_ms : 0;

	writer_int(writer, "executorDeserializeTime", ms / 160);
	writer_int(writer, "executorDeserializeCpuTime", ms * 1216);
	writer_int(writer, "executorRunTime", ms * 2);
	writer_int(writer, "executorCpuTime", ms * 1000000);
	writer_int(writer, "resultSize", is_done ? 5378 : 0);
	writer_int(writer, "jvmGcTime", ms / 50);
	for (const char *const *zero = zeros; *zero; zero++)
		writer_int(writer, *zero, 0);
}

static void write_stage(struct writer *writer, const struct job *job, const struct run *run,
			int64_t now)
{
	writer_object(writer, NULL);
	write_head(writer, run, now);
	write_metrics(writer, job, run, now);
	writer_text(writer, "name",
		    job->is_copy ? "count at /srv/jobs/src/copy.py:40"
				 : "call at /opt/spark/python/py4j/clientserver.py:644");
	answer_label(writer, job, run);
	writer_text(writer, "details",
		    "org.apache.spark.rdd.RDD.collect(RDD.scala:1048)\n"
		    "py4j.ClientServerConnection.run(ClientServerConnection.java:106)\n"
		    "java.base/java.lang.Thread.run(Thread.java:840)");
	writer_text(writer, "schedulingPool", "default");
	writer_array(writer, "rddIds");
	writer_int(writer, NULL, run->id * 2);
	writer_end(writer);
	writer_array(writer, "accumulatorUpdates");
	writer_end(writer);
	writer_map(writer, "killedTasksSummary");
	writer_end(writer);
	writer_int(writer, "resourceProfileId", 0);
	answer_peaks(writer, "peakExecutorMetrics", job, now, false);
	writer_bool(writer, "isShufflePushEnabled", false);
	writer_int(writer, "shuffleMergersCount", 0);
	writer_end(writer);
}

void answer_stages(struct answer *answer, const struct job *job, const struct request *request)
{
	writer_array(&answer->body, NULL);
	for (int i = job->run_count - 1; i >= 0; i--) {
		const struct run *run = &job->runs[i];
		if (run->submit_at > request->now)
			continue;
		if (!request_asks(request, "status") ||
		    request_has(request, "status", stage_status(run, request->now)))
			write_stage(&answer->body, job, run, request->now);
	}
	writer_end(&answer->body);
}

bool answer_stage(struct answer *answer, const struct job *job, const struct request *request,
		  int64_t id)
{
	for (int i = 0; i < job->run_count; i++) {
		if (job->runs[i].id != id || job->runs[i].submit_at > request->now)
			continue;
		writer_array(&answer->body, NULL);
		write_stage(&answer->body, job, &job->runs[i], request->now);
		writer_end(&answer->body);
		return true;
	}
	return false;
}

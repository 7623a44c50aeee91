/* spark.c - the web UI of a driver: which path gets what, as Spark 3.5 and 4.3 were seen to
 * answer. Unknown paths are never a 404 there, a missing slash is a redirect without a body, and
 * an error inside /api/v1 is a line of plain text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "heap.h"
#include "job.h"
#include "kill.h"
#include "when.h"
#include "world.h"

#define TASKS 4 /* of each Spark job */

static const char *run_status(const struct run *run, int64_t now)
{
	if (run->is_failed)
		return "FAILED";
	return run->done_at > now ? "RUNNING" : "SUCCEEDED";
}

static void write_uuid(char *out, size_t size, const struct job *job, uint32_t salt)
{
	uint64_t n = ((uint64_t)job->seed << 32 | salt) * UINT64_C(0x9e3779b97f4a7c15);
	snprintf(out, size, "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)(n >> 32),
		 (unsigned)(n >> 16 & 0xffff), (unsigned)(n >> 4 & 0xfff), (unsigned)(n & 0xfff),
		 (unsigned long long)(n * 31 & UINT64_C(0xffffffffffff)));
}

void answer_label(struct writer *writer, const struct job *job, const struct run *run)
{
	char id[48], run_id[48];
	write_uuid(id, sizeof(id), job, 1);
	write_uuid(run_id, sizeof(run_id), job, (uint32_t)job->start_at);
	char *text = job->is_copy ? heap_print("copy table %lld", (long long)run->id)
				  : heap_print("%s\nid = %s\nrunId = %s\nbatch = %lld", job->name,
					       id, run_id, (long long)run->batch);
	writer_text(writer, "description", text);
	heap_free(text);
}

static void write_run_head(struct writer *writer, const struct job *job, const struct run *run,
			   int64_t now)
{
	char text[WHEN_SIZE], uuid[48], tag[112];

	writer_int(writer, "jobId", run->id);
	writer_text(writer, "name",
		    job->is_copy ? "count at /srv/jobs/src/copy.py:40"
				 : "call at /opt/spark/python/py4j/clientserver.py:644");
	answer_label(writer, job, run);
	writer_text(writer, "submissionTime", when_spark(run->submit_at, text));
	if (run->done_at <= now)
		writer_text(writer, "completionTime", when_spark(run->done_at, text));
	writer_array(writer, "stageIds");
	writer_int(writer, NULL, run->id);
	writer_end(writer);
	if (!job->is_copy) {
		write_uuid(uuid, sizeof(uuid), job, (uint32_t)job->start_at);
		writer_text(writer, "jobGroup", uuid);
	}
	writer_array(writer, "jobTags");
	if (job->is_v4) {
		write_uuid(uuid, sizeof(uuid), job, 2);
		snprintf(tag, sizeof(tag), "spark-session-%s", uuid);
		writer_text(writer, NULL, tag);
		snprintf(tag, sizeof(tag), "spark-session-%s-execution-root-id-%lld", uuid,
			 (long long)run->id);
		writer_text(writer, NULL, tag);
	}
	writer_end(writer);
	writer_text(writer, "status", run_status(run, now));
}

static void write_run(struct writer *writer, const struct job *job, const struct run *run,
		      int64_t now)
{
	bool is_running = run->done_at > now && !run->is_failed;
	int64_t span = run->done_at - run->submit_at;
	int64_t done = run->is_failed ? 0
		       : is_running   ? TASKS * (now - run->submit_at) / (span > 0 ? span : 1)
				      : TASKS;

	writer_object(writer, NULL);
	write_run_head(writer, job, run, now);
	writer_int(writer, "numTasks", TASKS);
	writer_int(writer, "numActiveTasks",
		   is_running ? (TASKS - done < 2 ? TASKS - done : 2) : 0);
	writer_int(writer, "numCompletedTasks", done);
	writer_int(writer, "numSkippedTasks", 0);
	writer_int(writer, "numFailedTasks", run->is_failed ? 11 : 0);
	writer_int(writer, "numKilledTasks", 0);
	writer_int(writer, "numCompletedIndices", done);
	writer_int(writer, "numActiveStages", is_running);
	writer_int(writer, "numCompletedStages", !is_running && !run->is_failed);
	writer_int(writer, "numSkippedStages", 0);
	writer_int(writer, "numFailedStages", run->is_failed);
	writer_map(writer, "killedTasksSummary");
	writer_end(writer);
	writer_end(writer);
}

static bool asks_well(const struct request *request, const char *const *words)
{
	bool asks = request_asks(request, "status");
	for (; asks && *words; words++)
		asks = !request_has(request, "status", *words);
	return !asks;
}

/* Newest first, as Spark does. */
static void answer_jobs(struct answer *answer, const struct job *job, const struct request *request)
{
	static const char *const words[] = {"running", "succeeded", "failed", "unknown", NULL};

	if (!asks_well(request, words)) {
		answer_jetty(answer, 404, request);
		return;
	}
	writer_array(&answer->body, NULL);
	for (int i = job->run_count - 1; i >= 0; i--) {
		const struct run *run = &job->runs[i];
		if (run->submit_at > request->now)
			continue;
		if (!request_asks(request, "status") ||
		    request_has(request, "status", run_status(run, request->now)))
			write_run(&answer->body, job, run, request->now);
	}
	writer_end(&answer->body);
}

static void write_attempt(struct writer *writer, const struct job *job, int64_t now)
{
	char text[WHEN_SIZE];
	writer_object(writer, NULL);
	writer_text(writer, "startTime", when_spark(job->start_at, text));
	writer_text(writer, "endTime", when_spark(-1, text));
	writer_text(writer, "lastUpdated", when_spark(job->start_at, text));
	writer_int(writer, "duration", now - job->start_at);
	writer_text(writer, "sparkUser", "etl");
	writer_bool(writer, "completed", false);
	writer_text(writer, "appSparkVersion", job->is_v4 ? "4.3.0" : "3.5.9");
	writer_int(writer, "startTimeEpoch", job->start_at);
	writer_int(writer, "endTimeEpoch", -1);
	writer_int(writer, "lastUpdatedEpoch", job->start_at);
	writer_end(writer);
}

static void answer_application(struct answer *answer, const struct job *job, int64_t now,
			       bool is_list)
{
	char id[JOB_ID];
	struct writer *writer = &answer->body;
	if (is_list)
		writer_array(writer, NULL);
	writer_object(writer, NULL);
	writer_text(writer, "id", job_application(job, id));
	writer_text(writer, "name", job->name);
	writer_array(writer, "attempts");
	write_attempt(writer, job, now);
	writer_end(writer);
	writer_end(writer);
	if (is_list)
		writer_end(writer);
}

static void answer_missing(struct answer *answer, const char *what, const char *which)
{
	char *line = heap_print("%s%s", what, which);
	answer_line(answer, 404, "text/plain", line);
	heap_free(line);
}

/* One job or stage by its number: PATH is what follows "jobs/" or "stages/". */
static void answer_one(struct answer *answer, const struct job *job, const struct request *request,
		       const char *path)
{
	char *end;
	long long id = strtoll(path, &end, 10);
	if (end == path || *end) {
		answer_line(answer, 404, "text/plain", request->path);
		return;
	}
	for (int i = 0; i < job->run_count; i++) {
		if (job->runs[i].id != id || job->runs[i].submit_at > request->now)
			continue;
		write_run(&answer->body, job, &job->runs[i], request->now);
		return;
	}
	answer_missing(answer, "unknown job: ", path);
}

/* Thread dumps are played for jobs that have a JVM; what is not there is. PATH is what follows
 * "executors/". */
static void answer_executor(struct answer *answer, const struct job *job,
			    const struct request *request, const char *path)
{
	char *end;
	long long id = strtoll(path, &end, 10);
	bool is_driver = strcmp(path, "driver/threads") == 0;
	bool is_executor = end > path && strcmp(end, "/threads") == 0;
	bool is_alive = job->is_standalone && id >= job->next_executor - job->executors &&
			id < job->next_executor;

	if (job->has_jvm && (is_driver || (is_executor && is_alive)))
		answer_threads(answer, job, is_driver);
	else if (is_driver)
		answer_jetty(answer, 404, request);
	else if (is_executor)
		answer_line(answer, 404, "text/plain", "Executor does not exist.");
	else
		answer_line(answer, 400, "text/plain",
			    "Invalid executorId: neither 'driver' nor number.");
}

/* PART is what follows /api/v1/applications/ID/. */
static void answer_part(struct answer *answer, const struct job *job, const struct request *request,
			const char *part, const struct service *service)
{
	/* A live UI takes any attempt and ignores it. */
	size_t attempt = strspn(part, "0123456789");
	if (attempt > 0 && part[attempt] == '/')
		part += attempt + 1;
	answer->type = "application/json";
	if (strcmp(part, "jobs") == 0)
		answer_jobs(answer, job, request);
	else if (strncmp(part, "jobs/", 5) == 0)
		answer_one(answer, job, request, part + 5);
	else if (strcmp(part, "stages") == 0)
		answer_stages(answer, job, request);
	else if (strncmp(part, "stages/", 7) == 0) {
		if (!answer_stage(answer, job, request, strtoll(part + 7, NULL, 10)))
			answer_missing(answer, "unknown stage: ", part + 7);
	} else if (strncmp(part, "executors/", 10) == 0)
		answer_executor(answer, job, request, part + 10);
	else if (strcmp(part, "allexecutors") == 0 || strcmp(part, "executors") == 0)
		answer_executors(answer, job, request->now, service, part[0] == 'a');
	else if (strcmp(part, "environment") == 0)
		answer_environment(answer, job, world_port(service));
	else if (strcmp(part, "sql") == 0 || strcmp(part, "storage/rdd") == 0 ||
		 strcmp(part, "allmiscellaneousprocess") == 0)
		writer_print(&answer->body, "[ ]");
	else if (strncmp(part, "streaming/", 10) == 0)
		answer_missing(answer, "no streaming listener attached to ", job->name);
	else
		answer_jetty(answer, 404, request);
}

static void answer_api(struct answer *answer, const struct job *job, const struct request *request,
		       const struct service *service)
{
	char own[JOB_ID], id[JOB_ID];
	const char *path = request->path + strlen("/api/v1");

	answer->type = "application/json";
	if (strcmp(path, "/version") == 0 || strcmp(path, "/version/") == 0) {
		writer_object(&answer->body, NULL);
		writer_text(&answer->body, "spark", job->is_v4 ? "4.3.0" : "3.5.9");
		writer_end(&answer->body);
		return;
	}
	if (strcmp(path, "/applications") == 0 || strcmp(path, "/applications/") == 0) {
		answer_application(answer, job, request->now, true);
		return;
	}
	if (strncmp(path, "/applications/", 14) != 0) {
		answer_jetty(answer, 404, request);
		return;
	}
	const char *part = strchrnul(path + 14, '/');
	snprintf(id, sizeof(id), "%.*s", (int)(part - path - 14), path + 14);
	/* A poisoned id comes back percent-encoded, and need not come back whole. */
	if (!answer->body.poison && strcmp(id, job_application(job, own)) != 0)
		answer_missing(answer, "unknown app: ", id);
	else if (*part)
		answer_part(answer, job, request, part + 1, service);
	else
		answer_application(answer, job, request->now, false);
}

void answer_spark(struct answer *answer, const struct job *job, const struct request *request,
		  const struct service *service)
{
	static const char *const pages[] = {"jobs",      "stages", "storage",        "environment",
					    "executors", "SQL",    "StreamingQuery", NULL};
	const char *path = request->path;
	int moved = job->is_v4 ? 301 : 302;

	if (path[0] != '/') {
		answer_jetty(answer, 404, request);
		return;
	}
	if (strncmp(path, "/api/v1", 7) == 0) {
		if (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0)
			answer_api(answer, job, request, service);
		else
			answer_jetty(answer, 405, request);
		return;
	}
	if (strcmp(path, "/metrics/json/") == 0) {
		answer_metrics(answer, job, request->now);
		return;
	}
	if (strcmp(path, "/metrics/json") == 0) {
		answer_redirect(answer, moved, request, "/metrics/json/");
		return;
	}
	if (strncmp(path, "/metrics/", 9) == 0) {
		answer_jetty(answer, 404, request);
		return;
	}
	for (const char *const *page = pages; *page; page++) {
		size_t size = strlen(*page);
		if (strncmp(path + 1, *page, size) != 0)
			continue;
		if (strcmp(path + 1 + size, "/") == 0) {
			kill_page(answer, job, request, job->name);
			return;
		}
		if (!path[1 + size]) {
			char *with_slash = heap_print("%s/", path);
			answer_redirect(answer, moved, request, with_slash);
			heap_free(with_slash);
			return;
		}
	}
	answer_redirect(answer, 302, request, "/jobs/");
}

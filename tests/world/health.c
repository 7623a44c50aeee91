/* health.c - the five endpoints that a job of the reference document serves with Flask: its own
 * word, counted since it began, with times that name no zone. */
#include <string.h>

#include "answer.h"
#include "dlq.h"
#include "job.h"
#include "when.h"

#define STALE_MS (5 * MINUTE_MS)

static void write_naive(struct writer *writer, const char *key, const struct job *job, int64_t at)
{
	char text[WHEN_SIZE];
	writer_text(writer, key, at ? when_python(at, job->zone_ms, text) : NULL);
}

static void write_common(struct writer *writer, const struct job *job, int64_t now)
{
	writer_text(writer, "status", job_status(job));
	if (job->batches > 0 && !job->is_copy)
		writer_int(writer, "last_batch_id", job->batch);
	else
		writer_text(writer, "last_batch_id", NULL);
	write_naive(writer, "last_processed_at", job, job->last_at);
	writer_int(writer, "errors_count", job->errors);
	writer_map(writer, "errors_by_type");
	for (int i = 0; i < JOB_TYPES && job->tallies[i].type; i++)
		if (job->tallies[i].errors > 0)
			writer_int(writer, job->tallies[i].type, job->tallies[i].errors);
	writer_end(writer);
	writer_int(writer, "batches_processed", job->batches);
	writer_int(writer, "records_processed", job->records);
	write_naive(writer, "start_time", job, job->start_at);
	writer_int(writer, "uptime_seconds", (now - job->start_at) / SECOND_MS);
}

static void write_recommendations(struct writer *writer, const struct job *job, int64_t now)
{
	writer_array(writer, "recommendations");
	if (job->errors > 10)
		writer_text(writer, NULL, "High error count detected - Review DLQ and error logs");
	else if (job->errors >= 5)
		writer_text(writer, NULL, "Moderate error rate - Monitor for patterns");
	if (job->batches == 0)
		writer_text(writer, NULL, "No batches processed yet - Job may be initializing");
	if (job->last_at && now - job->last_at > STALE_MS)
		writer_text(writer, NULL,
			    "Job appears stale (>5 min since last batch) - Check batch processing");
	writer_end(writer);
}

static void write_details(struct writer *writer, const struct job *job, int64_t now)
{
	double up = (double)(now - job->start_at) / 1000;
	double took = (double)job->batch_ms / 1000 * (1 + job_wobble(job, now, MINUTE_MS, 0.1));
	writer_real(writer, "avg_batch_processing_time_sec", job->batches > 0 ? took : 0);
	writer_real(writer, "records_per_second", up > 0 ? (double)job->records / up : 0);
	if (job->last_at)
		writer_int(writer, "seconds_since_last_batch", (now - job->last_at) / SECOND_MS);
	else
		writer_text(writer, "seconds_since_last_batch", NULL);
	write_recommendations(writer, job, now);
}

static void write_failure(struct writer *writer, const char *key, const struct job *job,
			  const struct failure *failure)
{
	if (!failure->at) {
		writer_text(writer, key, NULL);
		return;
	}
	writer_object(writer, key);
	writer_int(writer, "batch_id", failure->batch);
	write_naive(writer, "timestamp", job, failure->at);
	writer_text(writer, "error_type", failure->type);
	writer_end(writer);
}

static void write_queue(struct writer *writer, const struct job *job, int64_t now)
{
	writer_object(writer, "dlq");
	writer_int(writer, "total_entries", job->entries);
	writer_map(writer, "error_types");
	for (int i = 0; i < JOB_TYPES && job->tallies[i].type; i++)
		if (job->tallies[i].entries > 0)
			writer_int(writer, job->tallies[i].type, job->tallies[i].entries);
	writer_end(writer);
	write_failure(writer, "first_error", job, &job->first_failure);
	write_failure(writer, "last_error", job, &job->last_failure);
	writer_text(writer, "dlq_directory", job->dlq);
	writer_end(writer);
	write_naive(writer, "timestamp", job, now);
}

static void write_ready(struct answer *answer, const struct job *job)
{
	const char *status = job_status(job);
	bool is_ready = strcmp(status, "healthy") == 0 || strcmp(status, "degraded") == 0;
	writer_bool(&answer->body, "ready", is_ready);
	if (is_ready)
		return;
	writer_text(&answer->body, "reason", "Job initializing or unhealthy");
	answer->status = 503;
}

static void answer_unknown(struct answer *answer)
{
	answer_line(answer, 404, "text/html; charset=utf-8",
		    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n"
		    "<h1>Not Found</h1>\n<p>The requested URL was not found on the server. If you "
		    "entered the URL manually please check your spelling and try again.</p>\n");
}

void answer_health(struct answer *answer, const struct job *job, const struct request *request,
		   bool is_basic)
{
	enum { BASE, DETAILED, QUEUE, READY, LIVE, COUNT } which = BASE;
	static const char *const paths[COUNT] = {"/health", "/health/detailed", "/health/dlq",
						 "/health/ready", "/health/live"};
	struct writer *writer = &answer->body;

	while (which < COUNT && strcmp(paths[which], request->path) != 0)
		which++;
	if (which == COUNT || (which == DETAILED && is_basic)) {
		answer_unknown(answer);
		return;
	}
	answer->type = "application/json";
	writer->style = WRITER_COMPACT;
	writer_object(writer, NULL);
	if (which <= DETAILED)
		write_common(writer, job, request->now);
	if (which == DETAILED)
		write_details(writer, job, request->now);
	if (which == QUEUE)
		write_queue(writer, job, request->now);
	if (which == READY)
		write_ready(answer, job);
	if (which == LIVE)
		writer_bool(writer, "alive", true);
	if (which <= DETAILED)
		writer_text(writer, "version", "1.0");
	writer_end(writer);
	writer_raw(writer, "\n", 1);
}

/* job.c - how a played job lives: its past is made up at once in job_begin, its present happens in
 * job_tick. Numbers wander by job_wobble, which depends on the clock only, so that two answers of
 * one moment agree with each other. */
#include "job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dlq.h"
#include "heap.h"
#include "when.h"

#define BUSIEST 9 /* Spark jobs in the busiest minute of a profile, at least */

struct job *job_new(const char *name, uint32_t seed)
{
	struct job *job = heap_zero(sizeof(*job));
	job->name = heap_text(name);
	job->seed = seed * 2654435761U + 12345;
	job->rate = 100;
	job->interval_ms = 10 * SECOND_MS;
	job->batch_ms = 800;
	job->memory_mb = 2048;
	job->heap_pct = 40;
	job->room = 2.5;
	job->executors = 2;
	job->cores = 2;
	job->up_ms = 6 * HOUR_MS;
	job->last_ms = -1;
	job->first_batch = -1;
	job->zone_ms = INT64_MIN;
	return job;
}

void job_free(struct job *job)
{
	for (int i = 0; i < JOB_TYPES; i++)
		heap_free(job->tallies[i].type);
	heap_free(job->first_failure.type);
	heap_free(job->last_failure.type);
	heap_free(job->runs);
	heap_free(job->replayed);
	heap_free(job->dlq);
	heap_free(job->work);
	heap_free(job->name);
	heap_free(job);
}

double job_wobble(const struct job *job, int64_t now, int64_t period_ms, double width)
{
	double turn = (double)(now % period_ms) / (double)period_ms + (double)(job->seed % 97) / 97;
	return width * sin(turn * 2 * M_PI);
}

const char *job_application(const struct job *job, char *out)
{
	char compact[WHEN_SIZE];
	if (job->is_standalone)
		snprintf(out, JOB_ID, "app-%s-%04u", when_compact(job->start_at, compact),
			 job->seed % 10000);
	else
		snprintf(out, JOB_ID, "local-%lld", (long long)job->start_at);
	return out;
}

const char *job_driver(const struct job *job, char *out)
{
	char compact[WHEN_SIZE];

	snprintf(out, JOB_ID, "driver-%s-%04u", when_compact(job->start_at, compact),
		 job->seed % 10000);
	return out;
}

const char *job_status(const struct job *job)
{
	if (fault_on(&job->faults, FAULT_INITIALIZING))
		return "initializing";
	if (job->errors >= 5)
		return "unhealthy";
	if (job->errors > 0)
		return "degraded";
	return job->batches > 0 ? "healthy" : "initializing";
}

/* Spark jobs a minute at profile digit DIGIT. */
static int runs_per_minute(const struct job *job, int digit)
{
	int64_t planned = MINUTE_MS / job->interval_ms;
	int64_t busiest = planned < BUSIEST ? BUSIEST : planned > 15 ? 15 : planned;
	return (int)((digit * busiest + 4) / 9);
}

static void add_run(struct job *job, int64_t at, int64_t ms)
{
	if (job->run_count == JOB_RUNS) {
		memmove(job->runs, job->runs + 1, (JOB_RUNS - 1) * sizeof(*job->runs));
		job->run_count--;
	}
	if ((job->run_count & 63) == 0)
		job->runs = heap_grow(job->runs, (size_t)job->run_count + 64, sizeof(*job->runs));
	job->runs[job->run_count++] = (struct run){
		.id = job->next_run++, .batch = job->batch, .submit_at = at, .done_at = at + ms};
}

static void make_runs(struct job *job, int64_t now)
{
	int minutes = (int)strlen(job->profile);
	for (int i = 0; i < minutes; i++) {
		int count = runs_per_minute(job, job->profile[i] - '0');
		int64_t from = now - (minutes - i) * MINUTE_MS;
		for (int n = 0; n < count; n++)
			if (from + n * MINUTE_MS / count >= job->start_at)
				add_run(job, from + n * MINUTE_MS / count, job->batch_ms);
	}
	for (int i = 0; i < job->run_count; i++)
		job->runs[i].batch = job->batch - (job->run_count - 1 - i) / 2;
}

void job_begin(struct job *job, int64_t now, double fast)
{
	if (job->zone_ms == INT64_MIN)
		job->zone_ms = when_zone(now);
	if (!job->profile[0])
		snprintf(job->profile, sizeof(job->profile), "777677787767776");
	job->start_at = now - job->up_ms;
	job->batches = job->up_ms / job->interval_ms;
	job->batch = job->first_batch >= 0 ? job->first_batch : job->batches;
	job->records = (int64_t)(job->rate * (double)job->up_ms / 1000);
	int64_t ago = job->last_ms >= 0 ? job->last_ms : job->seed % job->interval_ms;
	job->last_at = job->batches > 0 ? now - ago : 0;
	job->next_at = now + (int64_t)((double)(job->interval_ms - ago % job->interval_ms) / fast);
	job->next_run = job->batches * 2;
	job->next_executor = job->executors;
	make_runs(job, now);
}

static void run_batch(struct job *job, int64_t at)
{
	double wander = 1 + job_wobble(job, at, 3 * MINUTE_MS, 0.15);
	size_t last = strlen(job->profile) - 1;
	int digit = job->profile[last] - '0';
	int64_t runs = runs_per_minute(job, digit ? digit : 5) * job->interval_ms / MINUTE_MS;

	job->batch++;
	job->batches++;
	job->last_at = at;
	if (!fault_on(&job->faults, FAULT_QUIET))
		job->records +=
			(int64_t)(job->rate * wander * (double)job->interval_ms / 1000 + 0.5);
	for (int64_t n = 0; n < (runs > 1 ? runs : 1); n++)
		add_run(job, at + n * job->batch_ms / (runs + 1), job->batch_ms);
}

static void fail_when_due(struct job *job, int64_t now, double fast)
{
	static const char *const types[] = {"ServerSelectionTimeoutError", "Timeout",
					    "ServerSelectionTimeoutError", "AnalysisException"};
	const struct faults *faults = &job->faults;
	enum fault fault = fault_on(faults, FAULT_UNHEALTHY) ? FAULT_UNHEALTHY : FAULT_DEGRADED;

	if (!fault_on(faults, fault) || now < job->next_fail_at)
		return;
	job_fail(job, types[job->errors % 4], now, true);
	job->next_fail_at = now + (int64_t)((double)faults->number[fault] / fast);
}

void job_tick(struct job *job, int64_t now, double fast)
{
	const uint32_t still = 1U << FAULT_STALE | 1U << FAULT_OOM | 1U << FAULT_LOSING |
			       1U << FAULT_INITIALIZING |
			       ~0U << FAULT_HANG; /* and whatever befalls its process */
	fail_when_due(job, now, fast);
	if (job->faults.on & still || now < job->next_at)
		return;
	run_batch(job, job->next_at);
	job->next_at += (int64_t)((double)job->interval_ms / fast);
	if (job->next_at < now)
		job->next_at = now;
}

static struct tally *find_tally(struct job *job, const char *type)
{
	int i = 0;
	while (i < JOB_TYPES - 1 && job->tallies[i].type && strcmp(job->tallies[i].type, type) != 0)
		i++;
	if (!job->tallies[i].type)
		job->tallies[i].type = heap_text(type);
	return &job->tallies[i];
}

static void remember(struct failure *failure, int64_t batch, int64_t at, const char *type)
{
	heap_free(failure->type);
	*failure = (struct failure){batch, at, heap_text(type)};
}

void job_fail(struct job *job, const char *type, int64_t at, bool is_filed)
{
	struct tally *tally = find_tally(job, type);
	int64_t behind = at < job->last_at ? (job->last_at - at) / job->interval_ms : 0;
	int64_t batch = job->batch > behind ? job->batch - behind : 0;

	if (at >= job->start_at) {
		tally->errors++;
		job->errors++;
	}
	if (!is_filed)
		return;
	tally->entries++;
	job->entries++;
	if (!job->first_failure.at || at < job->first_failure.at)
		remember(&job->first_failure, batch, at, type);
	if (at >= job->last_failure.at)
		remember(&job->last_failure, batch, at, type);
	dlq_write(job, batch, at, type);
}

/* Batches ended at AT: what came later never happened. */
static void stop_at(struct job *job, int64_t at)
{
	job->last_at = at;
	while (job->run_count > 0 && job->runs[job->run_count - 1].submit_at > at)
		job->run_count--;
}

static void lose_executors(struct job *job, int64_t count, int64_t at, int64_t now)
{
	for (int64_t i = 0; i < count && job->loss_count < JOB_LOSSES; i++) {
		int64_t remove_at = at + i * 9 * SECOND_MS;
		job->losses[job->loss_count++] = (struct loss){
			.id = job->next_executor - job->executors,
			.add_at = i < job->executors ? job->start_at + 12 * SECOND_MS
						     : remove_at - 6 * SECOND_MS,
			.remove_at = remove_at < now ? remove_at : now,
		};
		job->next_executor++;
	}
	int64_t regained_at = at + count * 9 * SECOND_MS;
	job->regained_at = regained_at < now ? regained_at : now;
	if (job->run_count > 0) {
		job->runs[job->run_count - 1].is_failed = true;
		job->runs[job->run_count - 1].done_at = at;
	}
}

void job_fault(struct job *job, enum fault fault, int64_t number, int64_t at, int64_t now)
{
	fault_set(&job->faults, fault, number);
	switch (fault) {
	case FAULT_STALE:
	case FAULT_OOM:
		stop_at(job, at < job->last_at ? at : job->last_at);
		break;
	case FAULT_LOSING:
		stop_at(job, at);
		lose_executors(job, number, at, now);
		break;
	case FAULT_DEGRADED:
	case FAULT_UNHEALTHY:
		job->next_fail_at = now;
		for (; at < now && number > 0; at += number) {
			job_fail(job, "ServerSelectionTimeoutError", at, true);
			job->next_fail_at = at + number;
		}
		break;
	case FAULT_INITIALIZING:
		job->batches = job->records = job->errors = job->last_at = 0;
		job->start_at = at;
		break;
	default:
		break;
	}
}

void job_recover(struct job *job, enum fault fault, int64_t now)
{
	fault_clear(&job->faults, fault);
	if (job->next_at < now)
		job->next_at = now + job->interval_ms / 4;
}

void job_restart(struct job *job, int64_t now)
{
	for (int i = 0; i < JOB_TYPES; i++)
		job->tallies[i].errors = 0;
	job->batches = job->records = job->errors = job->last_at = 0;
	job->run_count = job->loss_count = 0;
	job->next_run = 0;
	job->next_executor = job->executors;
	job->is_killed = false;
	job->start_at = now;
	job->next_at = now + job->interval_ms;
}

/* replay.c - see replay.h. */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "heap.h"
#include "job.h"

static struct replayed *find(struct job *job, const char *key)
{
	for (int i = 0; i < job->replayed_count; i++)
		if (strcmp(job->replayed[i].key, key) == 0)
			return &job->replayed[i];
	return NULL;
}

static struct replayed *make(struct job *job, const char *key, long batch)
{
	struct replayed *one = find(job, key);

	if (one)
		return one;
	job->replayed = heap_grow(job->replayed, (size_t)job->replayed_count + 1, sizeof(*one));
	one = &job->replayed[job->replayed_count++];
	memset(one, 0, sizeof(*one));
	snprintf(one->key, sizeof(one->key), "%s", key);
	one->batch = batch;
	return one;
}

static void begin_json(struct answer *answer)
{
	answer->type = "application/json";
	answer->body.style = WRITER_COMPACT;
	writer_object(&answer->body, NULL);
}

static void do_again(struct job *job, const struct request *request, struct answer *answer)
{
	if (!request->key[0]) {
		answer_line(answer, 400, "text/plain", "an Idempotency-Key is needed\n");
		return;
	}
	struct replayed *one =
		make(job, request->key, strtol(request->path + strlen("/replay/"), NULL, 10));
	one->sent++;
	if (fault_on(&job->faults, FAULT_UNHEALTHY)) {
		job_fail(job, job->last_failure.type ? job->last_failure.type : "Timeout",
			 request->now, true);
		answer_line(answer, 202, "text/plain", "it is tried again\n");
		return;
	}
	if (one->done) {
		answer_line(answer, 409, "text/plain", "it was done before\n");
		return;
	}
	one->done++;
	begin_json(answer);
	writer_int(&answer->body, "batch_id", one->batch);
	writer_end(&answer->body);
}

static void list(const struct job *job, struct answer *answer)
{
	begin_json(answer);
	for (int i = 0; i < job->replayed_count; i++) {
		const struct replayed *one = &job->replayed[i];
		writer_object(&answer->body, one->key);
		writer_int(&answer->body, "batch_id", one->batch);
		writer_int(&answer->body, "sent", one->sent);
		writer_int(&answer->body, "done", one->done);
		writer_end(&answer->body);
	}
	writer_end(&answer->body);
}

bool replay_asked(struct job *job, const struct request *request, struct answer *answer)
{
	static const char post[] = "/replay/", get[] = "/replayed/";
	bool is_post = strcmp(request->method, "POST") == 0;

	if (is_post && strncmp(request->path, post, sizeof(post) - 1) == 0) {
		do_again(job, request, answer);
		return true;
	}
	if (is_post || strncmp(request->path, get, sizeof(get) - 2) != 0)
		return false;
	if (request->path[sizeof(get) - 2] == '\0') {
		list(job, answer);
		return true;
	}
	const struct replayed *one = find(job, request->path + sizeof(get) - 1);
	answer_line(answer, one && one->done ? 200 : 404, "text/plain",
		    one && one->done ? "done\n" : "missing\n");
	return true;
}

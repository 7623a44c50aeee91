/* kill.c - see kill.h. Paths, codes and texts are those of SparkUI, JettyUtils and MasterWebUI as
 * recorded; a token in the query is taken as well, as there. */
#include "kill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "job.h"
#include "serve.h"
#include "world.h"

const char *kill_token(unsigned seed, char out[KILL_TOKEN])
{
	uint64_t n = ((uint64_t)seed + 1) * UINT64_C(0x9e3779b97f4a7c15);

	snprintf(out, KILL_TOKEN, "%016llx%016llx", (unsigned long long)n,
		 (unsigned long long)(n * 31 + 7));
	return out;
}

static bool is_running(const struct run *run, int64_t now)
{
	return run->submit_at <= now && run->done_at > now && !run->is_failed;
}

void kill_page(struct answer *answer, const struct job *job, const struct request *request,
	       const char *title)
{
	char token[KILL_TOKEN];

	answer_page(answer, title);
	for (int i = 0; i < job->run_count; i++) {
		if (!job->is_v4 || !is_running(&job->runs[i], request->now))
			continue;
		writer_print(&answer->body,
			     "<form action=\"/jobs/job/kill/\" method=\"POST\">\n"
			     "        <input type=\"hidden\" name=\"id\" value=\"%lld\"/>\n"
			     "        <input type=\"hidden\" name=\"csrfToken\" value=\"%s\"/>\n"
			     "      </form>",
			     (long long)job->runs[i].id, kill_token(job->seed, token));
	}
}

static void end_run(struct run *run, int64_t now)
{
	if (!is_running(run, now))
		return;
	run->is_failed = true;
	run->done_at = now;
}

/* Its executors go and its context stops; in client mode its JVM lives on. */
static void end_job(struct job *job, int64_t now)
{
	job->is_killed = true;
	job->next_at = INT64_MAX / 2;
	for (int k = 0; k < job->run_count; k++)
		end_run(&job->runs[k], now);
}

static void end_application(struct world *world, const char *id, int64_t now)
{
	char own[JOB_ID];

	for (int i = 0; i < world->job_count; i++) {
		struct job *job = world->jobs[i];

		if (strcmp(job_application(job, own), id) == 0 && !job->is_killed)
			end_job(job, now);
	}
}

/* Its application goes with it. */
static void end_driver(struct world *world, const char *id, int64_t now)
{
	char own[JOB_ID];

	for (int i = 0; i < world->job_count; i++) {
		struct job *job = world->jobs[i];

		if (!job->is_cluster || strcmp(job_driver(job, own), id) != 0 || job->is_killed)
			continue;
		job->is_driver_killed = true;
		end_job(job, now);
	}
}

void kill_tick(struct world *world)
{
	for (int i = 0; i < world->job_count; i++) {
		struct service *ui = world_service(world, i, SERVICE_UI);

		if (!world->jobs[i]->is_killed || fault_on(&ui->faults, FAULT_DEAD))
			continue;
		fault_set(&ui->faults, FAULT_DEAD, 0);
		serve_apply(ui);
	}
}

/* What 4.3 asks first; true: the request may go on. */
static bool may(const struct request *request, struct answer *answer, unsigned seed, bool is_v4)
{
	char token[KILL_TOKEN], own[KILL_TOKEN];
	bool is_post = strcmp(request->method, "POST") == 0;

	if (!is_v4)
		return true;
	if (!is_post) {
		answer_jetty(answer, 405, request);
		return false;
	}
	if (request_gives(request, "csrfToken", token, sizeof(token)) &&
	    strcmp(token, kill_token(seed, own)) == 0)
		return true;
	answer_line(answer, 403, "text/html;charset=iso-8859-1",
		    "<html><head><title>Error 403 Missing or invalid CSRF token on a "
		    "state-changing endpoint.</title></head></html>\n");
	return false;
}

static bool of_ui(struct service *service, const struct request *request, struct answer *answer)
{
	bool is_job = strcmp(request->path, "/jobs/job/kill/") == 0;
	bool is_stage = strcmp(request->path, "/stages/stage/kill/") == 0;
	struct job *job = service->job;
	char id[JOB_ID] = "";

	if (!is_job && !is_stage)
		return false;
	if (!may(request, answer, job->seed, job->is_v4))
		return true;
	/* a stage has its job's number here */
	if (request_gives(request, "id", id, sizeof(id)))
		for (int i = 0; i < job->run_count; i++)
			if (job->runs[i].id == strtoll(id, NULL, 10))
				end_run(&job->runs[i], request->now);
	answer_redirect(answer, 302, request, is_job ? "/jobs/" : "/stages/");
	return true;
}

/* Both versions want POST, and terminate=true. */
static bool of_master(struct service *service, const struct request *request, struct answer *answer)
{
	struct world *world = service->world;
	bool is_app = strcmp(request->path, "/app/kill/") == 0;
	char id[JOB_ID] = "", terminate[8] = "";

	if (!is_app && strcmp(request->path, "/driver/kill/") != 0)
		return false;
	if (strcmp(request->method, "POST") != 0) {
		answer_jetty(answer, 405, request);
		return true;
	}
	if (!may(request, answer, world->seed, world->master_is_v4))
		return true;
	if (request_gives(request, "id", id, sizeof(id)) &&
	    request_gives(request, "terminate", terminate, sizeof(terminate)) &&
	    strcmp(terminate, "true") == 0)
		(is_app ? end_application : end_driver)(world, id, request->now);
	answer_redirect(answer, 302, request, "/");
	return true;
}

bool kill_asked(struct service *service, const struct request *request, struct answer *answer)
{
	if (service->kind == SERVICE_UI)
		return of_ui(service, request, answer);
	return service->kind == SERVICE_MASTER && of_master(service, request, answer);
}

/* master.c - the web UI of a standalone master: one worker, and every standalone job of the world
 * as an application. What it does not know it answers with its front page and status 200. */
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "job.h"
#include "kill.h"
#include "when.h"
#include "world.h"

static bool is_gone(const struct world *world, int i)
{
	const struct service *ui = world_service(world, i, SERVICE_UI);
	return world->jobs[i]->is_killed || fault_on(&world->jobs[i]->faults, FAULT_OOM) ||
	       fault_on(&ui->faults, FAULT_DEAD);
}

static int64_t cores_of(const struct job *job)
{
	return (int64_t)job->executors * job->cores;
}

static void write_application(struct writer *writer, const struct job *job, int64_t now, bool gone)
{
	char text[JOB_ID];
	writer_object(writer, NULL);
	writer_text(writer, "id", job_application(job, text));
	writer_int(writer, "starttime", job->start_at);
	writer_text(writer, "name", job->name);
	writer_int(writer, "cores", gone ? 0 : cores_of(job));
	writer_text(writer, "user", "etl");
	writer_int(writer, "memoryperexecutor", job->memory_mb);
	writer_int(writer, "memoryperslave", job->memory_mb);
	writer_array(writer, "resourcesperexecutor");
	writer_end(writer);
	writer_array(writer, "resourcesperslave");
	writer_end(writer);
	writer_text(writer, "submitdate", when_java(job->start_at, text));
	/* A driver that died is FINISHED there, not FAILED. */
	writer_text(writer, "state",
		    job->is_killed && !job->is_driver_killed ? "KILLED"
		    : gone                                   ? "FINISHED"
							     : "RUNNING");
	writer_int(writer, "duration", now - job->start_at);
	writer_end(writer);
}

static void write_applications(struct writer *writer, const char *key, const struct world *world,
			       int64_t now, bool gone)
{
	writer_array(writer, key);
	for (int i = 0; i < world->job_count; i++)
		if (world->jobs[i]->is_standalone && is_gone(world, i) == gone)
			write_application(writer, world->jobs[i], now, gone);
	writer_end(writer);
}

/* As JsonProtocol writes one: its start is a string there, unlike that of an application. */
static void write_driver(struct writer *writer, const struct job *job)
{
	char text[JOB_ID];

	writer_object(writer, NULL);
	writer_text(writer, "id", job_driver(job, text));
	snprintf(text, sizeof(text), "%lld", (long long)job->start_at);
	writer_text(writer, "starttime", text);
	writer_text(writer, "state", job->is_driver_killed ? "KILLED" : "RUNNING");
	writer_int(writer, "cores", 1);
	writer_int(writer, "memory", job->memory_mb);
	writer_array(writer, "resources");
	writer_end(writer);
	writer_text(writer, "submitdate", when_java(job->start_at, text));
	writer_text(writer, "worker", "worker-20261120203211-127.0.0.1-43365");
	writer_text(writer, "mainclass", "org.example.Main");
	writer_end(writer);
}

static void write_drivers(struct writer *writer, const char *key, const struct world *world,
			  bool gone)
{
	writer_array(writer, key);
	for (int i = 0; i < world->job_count; i++)
		if (world->jobs[i]->is_cluster && world->jobs[i]->is_driver_killed == gone)
			write_driver(writer, world->jobs[i]);
	writer_end(writer);
}

struct totals {
	int64_t cores, cores_used, memory, memory_used;
};

static struct totals add_up(const struct world *world)
{
	struct totals totals = {8, 0, 16384, 0};
	for (int i = 0; i < world->job_count; i++) {
		const struct job *job = world->jobs[i];
		if (!job->is_standalone || is_gone(world, i))
			continue;
		totals.cores_used += cores_of(job);
		totals.memory_used += job->executors * job->memory_mb;
	}
	totals.cores += totals.cores_used;
	totals.memory += totals.memory_used;
	return totals;
}

static void write_worker(struct writer *writer, const struct totals *totals, int64_t now)
{
	static const char *const maps[] = {"resources", "resourcesused", "resourcesfree"};
	writer_object(writer, NULL);
	writer_text(writer, "id", "worker-20261120203211-127.0.0.1-43365");
	writer_text(writer, "host", "127.0.0.1");
	writer_int(writer, "port", 43365);
	writer_text(writer, "webuiaddress", "http://127.0.0.1:8081");
	writer_int(writer, "cores", totals->cores);
	writer_int(writer, "coresused", totals->cores_used);
	writer_int(writer, "coresfree", totals->cores - totals->cores_used);
	writer_int(writer, "memory", totals->memory);
	writer_int(writer, "memoryused", totals->memory_used);
	writer_int(writer, "memoryfree", totals->memory - totals->memory_used);
	for (int i = 0; i < 3; i++) {
		writer_map(writer, maps[i]);
		writer_end(writer);
	}
	writer_text(writer, "state", "ALIVE");
	writer_int(writer, "lastheartbeat", now - now % (15 * SECOND_MS));
	writer_end(writer);
}

static void write_resources(struct writer *writer, const char *key)
{
	writer_array(writer, key);
	writer_map(writer, NULL);
	writer_end(writer);
	writer_end(writer);
}

static void answer_json(struct answer *answer, const struct world *world, int64_t now)
{
	struct writer *writer = &answer->body;
	struct totals totals = add_up(world);

	writer_object(writer, NULL);
	writer_text(writer, "url", "spark://127.0.0.1:7077");
	writer_array(writer, "workers");
	write_worker(writer, &totals, now);
	writer_end(writer);
	writer_int(writer, "aliveworkers", 1);
	writer_int(writer, "cores", totals.cores);
	writer_int(writer, "coresused", totals.cores_used);
	writer_int(writer, "memory", totals.memory);
	writer_int(writer, "memoryused", totals.memory_used);
	write_resources(writer, "resources");
	write_resources(writer, "resourcesused");
	write_applications(writer, "activeapps", world, now, false);
	write_applications(writer, "completedapps", world, now, true);
	write_drivers(writer, "activedrivers", world, false);
	write_drivers(writer, "completeddrivers", world, true);
	writer_text(writer, "status", "ALIVE");
	writer_end(writer);
}

/* 4.3 only: /json/clusterutilization, and /json/FIELD of which the status alone is played. */
static void answer_field(struct answer *answer, const struct world *world, const char *field)
{
	struct writer *writer = &answer->body;
	struct totals totals = add_up(world);

	writer_object(writer, NULL);
	if (strcmp(field, "clusterutilization") == 0) {
		writer_int(writer, "waitingDrivers", 0);
		writer_int(writer, "cores", totals.cores);
		writer_int(writer, "coresused", totals.cores_used);
		writer_int(writer, "coresutilization", totals.cores_used * 100 / totals.cores);
		writer_int(writer, "memory", totals.memory);
		writer_int(writer, "memoryused", totals.memory_used);
		writer_int(writer, "memoryutilization", totals.memory_used * 100 / totals.memory);
	} else {
		writer_text(writer, field, strcmp(field, "status") == 0 ? "ALIVE" : "");
	}
	writer_end(writer);
}

static void write_form(struct answer *answer, const struct world *world, const char *path,
		       const char *id)
{
	char token[KILL_TOKEN];

	writer_print(&answer->body,
		     "<form action=\"%s\" method=\"POST\">\n"
		     "  <input type=\"hidden\" name=\"id\" value=\"%s\"/>\n"
		     "  <input type=\"hidden\" name=\"csrfToken\" value=\"%s\"/></form>",
		     path, id, kill_token(world->seed, token));
}

/* 4.3 has its token in the form beside each application and driver that runs. */
static void answer_front(struct answer *answer, const struct world *world)
{
	char id[JOB_ID];

	answer_page(answer, "Spark Master at spark://127.0.0.1:7077");
	for (int i = 0; world->master_is_v4 && i < world->job_count; i++) {
		const struct job *job = world->jobs[i];

		if (job->is_standalone && !is_gone(world, i))
			write_form(answer, world, "app/kill/", job_application(job, id));
		if (job->is_cluster && !job->is_driver_killed)
			write_form(answer, world, "driver/kill/", job_driver(job, id));
	}
}

void answer_master(struct answer *answer, const struct world *world, const struct request *request)
{
	const char *path = request->path;

	if (strcmp(path, "/json") == 0) {
		answer_redirect(answer, world->master_is_v4 ? 301 : 302, request, "/json/");
		return;
	}
	if (strncmp(path, "/json/", 6) != 0) {
		answer_front(answer, world);
		return;
	}
	answer->type = "text/json;charset=utf-8";
	if (path[6] && world->master_is_v4)
		answer_field(answer, world, path + 6);
	else
		answer_json(answer, world, request->now);
}

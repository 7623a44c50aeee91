/* cluster_child.h - the stand-in cluster as a child of a unit test: one standalone job and its
 * master, in the manner of a version, and a trace of every request. After act_stage.h. */
#ifndef SPARKOPS_TESTS_CLUSTER_CHILD_H
#define SPARKOPS_TESTS_CLUSTER_CHILD_H

#include <jansson.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "act_stage.h"

struct cluster {
	pid_t pid;
	char folder[64], ui[64], master[64], application[64], config[512];
	int64_t job; /* a running Spark job */
};

static inline void path_in(const struct cluster *c, const char *name, char out[static 96])
{
	snprintf(out, 96, "%s/%s", c->folder, name);
}

static inline void write_script(const struct cluster *c, const char *version)
{
	char path[96];
	FILE *f;

	path_in(c, "script", path);
	f = fopen(path, "we");
	assert_non_null(f);
	fprintf(f,
		"master version=%s\njob a version=%s kind=standalone deploy=cluster interval=60s "
		"took=59s up=10m\n",
		version, version);
	fclose(f);
}

static inline void cluster_start(struct cluster *c, const char *version)
{
	const char *world = getenv("WORLD");
	char script[96], trace[96], made[96], line[4096];
	int out[2];
	FILE *in;
	json_t *ready, *job;

	memset(c, 0, sizeof(*c));
	snprintf(c->folder, sizeof(c->folder), "/tmp/test_kill.XXXXXX");
	assert_non_null(mkdtemp(c->folder));
	write_script(c, version);
	path_in(c, "script", script);
	path_in(c, "trace", trace);
	path_in(c, "made", made);
	assert_int_equal(pipe(out), 0);
	c->pid = fork();
	if (c->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		execl(world ? world : "build/world", "world", "--script", script, "--trace", trace,
		      "--dir", made, "--parts", "ui", (char *)NULL);
		_exit(4);
	}
	close(out[1]);
	in = fdopen(out[0], "re");
	if (!fgets(line, sizeof(line), in))
		fail_msg("the stand-in cluster did not start: make world");
	fclose(in);
	ready = json_loads(line, 0, NULL);
	job = json_array_get(json_object_get(ready, "jobs"), 0);
	snprintf(c->ui, sizeof(c->ui), "%s", json_string_value(json_object_get(job, "ui")));
	snprintf(c->master, sizeof(c->master), "%s",
		 json_string_value(json_object_get(ready, "master")));
	json_decref(ready);
}

static inline void cluster_stop(struct cluster *c)
{
	char path[96];

	kill(c->pid, SIGTERM);
	waitpid(c->pid, NULL, 0);
	path_in(c, "made", path);
	stage_empty(path);
	stage_empty(c->folder);
}

/* Lines of the trace that hold both. */
static inline int traced(const struct cluster *c, const char *method, const char *what)
{
	char path[96], line[1024];
	FILE *f;
	int n = 0;

	path_in(c, "trace", path);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, method) && strstr(line, what);
	fclose(f);
	return n;
}

/* All that was not a read. */
static inline int changes(const struct cluster *c)
{
	return traced(c, "", " ") - traced(c, " GET ", " ") + traced(c, " GET ", "/kill");
}

#endif

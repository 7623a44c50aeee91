/* place.c - see place.h. A folder that was there before stays; a job's DLQ folder is made by us
 * and goes with all that is in it. */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "heap.h"
#include "jvms.h"
#include "when.h"
#include "world.h"
#include "writer.h"

#define MEMORY_BYTES (64 << 20) /* sparse */

static bool fail(const char *path)
{
	fprintf(stderr, "world: %s: %s\n", path, strerror(errno));
	return false;
}

static bool make_dir(struct world *world)
{
	if (!world->dir) {
		const char *base = getenv("TMPDIR");
		world->dir = heap_print("%s/sparkops-world-XXXXXX", base && *base ? base : "/tmp");
		world->made_dir = mkdtemp(world->dir) != NULL;
		return world->made_dir || fail(world->dir);
	}
	world->made_dir = mkdir(world->dir, 0755) == 0;
	if (!world->made_dir && errno != EEXIST)
		return fail(world->dir);
	char *full = realpath(world->dir, NULL);
	if (!full)
		return fail(world->dir);
	heap_free(world->dir);
	world->dir = full;
	return true;
}

/* DIR/JOB-WHAT; NULL: it could not. */
static char *make_folder(const struct world *world, const struct job *job, const char *what)
{
	char *path = heap_print("%s/%s-%s", world->dir, job->name, what);

	if (mkdir(path, 0755) == 0)
		return path;
	fail(path);
	heap_free(path);
	return NULL;
}

/* What the stand-in JVMs map, to be as big as real ones. */
static bool make_memory(const struct world *world)
{
	char *path = heap_print("%s/memory", world->dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	bool is_good = fd >= 0 && ftruncate(fd, MEMORY_BYTES) == 0;

	if (!is_good)
		fail(path);
	if (fd >= 0)
		close(fd);
	heap_free(path);
	return is_good;
}

bool place_make(struct world *world)
{
	if (!make_dir(world))
		return false;
	if (strpbrk(world->dir, "\"\\\n")) {
		fprintf(stderr, "world: %s: no quotes in the folder's name, please\n", world->dir);
		return false;
	}
	if (jvms_wanted(world) && !make_memory(world))
		return false;
	for (int i = 0; i < world->job_count; i++) {
		struct job *job = world->jobs[i];
		if (world->has_dlq && !(job->dlq = make_folder(world, job, "dlq")))
			return false;
		if (job->has_jvm && !(job->work = make_folder(world, job, "work")))
			return false;
	}
	return true;
}

static void write_job(struct writer *out, const struct world *world, int i)
{
	const struct job *job = world->jobs[i];
	const struct service *health = world_service(world, i, SERVICE_HEALTH);
	const struct service *ui = world_service(world, i, SERVICE_UI);

	writer_print(out, "  - name: %s\n", job->name);
	if (world_port(health))
		writer_print(out, "    health: http://127.0.0.1:%d\n", world_port(health));
	if (world_port(ui))
		writer_print(out, "    ui: http://127.0.0.1:%d\n", world_port(ui));
	if (job->dlq)
		writer_print(out, "    dlq: \"%s\"\n", job->dlq);
	if (job->work)
		writer_print(out, "    log: \"%s/%s.log\"\n", job->work, job->name);
	writer_print(out, "    expect: always\n    stale_after: %s\n",
		     world->is_fixed ? "30d" : "300s");
	if (!job->is_copy)
		writer_print(out, "    trigger_interval: %lldms\n", (long long)job->interval_ms);
	writer_print(out, "    task_memory: 256MiB\n    safety_factor: 1.5\n");
	if (job->dlq && world_port(health))
		writer_print(
			out,
			"    replay:\n"
			"      http: {url: \"http://127.0.0.1:%d/replay/{batch_id}\"}\n"
			"      unit: [\"{context.last_ts}\"]\n"
			"      probe: {url: \"http://127.0.0.1:%d/replayed/{key}\", first: true}\n"
			"      settle: 5s\n",
			world_port(health), world_port(health));
}

bool place_configure(struct world *world)
{
	const struct service *master = &world->services[world->service_count - 1];
	struct writer out;

	if (!world->config)
		world->config = heap_print("%s/sparkops.yaml", world->dir);
	writer_init(&out, WRITER_COMPACT);
	writer_print(&out, "# a stand-in cluster on loopback; it lives as long as its program\n"
			   "interval: 2s\ndiscover: false\nlabel: DEMO\njobs:\n");
	for (int i = 0; i < world->job_count; i++)
		write_job(&out, world, i);
	if (world_port(master))
		writer_print(&out,
			     "clusters:\n  - {name: stand-in, master: \"http://127.0.0.1:%d\"}\n",
			     world_port(master));
	FILE *file = fopen(world->config, "we");
	bool is_good = file && fwrite(out.text, 1, out.size, file) == out.size;
	if ((file && fclose(file)) || !is_good)
		is_good = fail(world->config);
	writer_release(&out);
	return is_good;
}

static void write_url(struct writer *out, const char *key, int port)
{
	char *url = port ? heap_print("http://127.0.0.1:%d", port) : NULL;
	writer_text(out, key, url);
	heap_free(url);
}

static void write_processes(struct writer *out, const struct world *world, int i)
{
	const struct job *job = world->jobs[i];
	int64_t java, python;

	if (!job->has_jvm)
		return;
	jvms_pids(world, i, &java, &python);
	writer_int(out, "java", java);
	writer_int(out, "python", python);
	writer_text(out, "work", job->work);
}

void place_announce(const struct world *world)
{
	struct writer out;

	writer_init(&out, WRITER_COMPACT);
	writer_object(&out, NULL);
	writer_bool(&out, "ready", true);
	writer_int(&out, "pid", getpid());
	writer_text(&out, "config", world->config);
	writer_text(&out, "dir", world->dir);
	writer_array(&out, "jobs");
	for (int i = 0; i < world->job_count; i++) {
		writer_object(&out, NULL);
		writer_text(&out, "name", world->jobs[i]->name);
		write_url(&out, "health", world_port(world_service(world, i, SERVICE_HEALTH)));
		write_url(&out, "ui", world_port(world_service(world, i, SERVICE_UI)));
		writer_text(&out, "dlq", world->jobs[i]->dlq);
		write_processes(&out, world, i);
		writer_end(&out);
	}
	writer_end(&out);
	write_url(&out, "master", world_port(&world->services[world->service_count - 1]));
	writer_end(&out);
	writer_raw(&out, "\n", 1);
	fwrite(out.text, 1, out.size, stdout);
	fflush(stdout);
	writer_release(&out);
}

static int on_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	(void)info;
	(void)kind;
	(void)where;
	return remove(path);
}

static void remove_file(const struct world *world, const char *name)
{
	char *path = heap_print("%s/%s", world->dir, name);
	unlink(path);
	heap_free(path);
}

void place_remove(struct world *world)
{
	for (int i = 0; i < world->job_count; i++) {
		if (world->jobs[i]->dlq)
			nftw(world->jobs[i]->dlq, on_entry, 8, FTW_DEPTH | FTW_PHYS);
		if (world->jobs[i]->work)
			nftw(world->jobs[i]->work, on_entry, 8, FTW_DEPTH | FTW_PHYS);
	}
	if (jvms_wanted(world)) {
		remove_file(world, "cluster.log");
		remove_file(world, "memory");
	}
	if (world->config)
		unlink(world->config);
	if (world->dir && world->made_dir)
		rmdir(world->dir);
}

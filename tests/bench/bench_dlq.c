/* bench_dlq.c - the index of a long dead-letter queue beside its anchors, all on the same file and
 * in the same run: plain read(), counting newlines, jansson per line, jq -c .batch_id. CPU time
 * (user and system); the file is read once before, so that it lies in the page cache. The two slow
 * anchors get the first tenth of the file and are multiplied. Usage: bench_dlq FOLDER */
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../backend/dlq/page.h"
#include "../../include/clock.h"
#include "cost.h"

enum { RUNS = 5, CHUNK = 256 * 1024 };

/* Of the whole file, or of its first `most` bytes. */
typedef int64_t piece_fn(char *p, size_t len);

static int64_t on_nothing(char *p, size_t len)
{
	(void)p;
	(void)len;
	return 0;
}

static int64_t on_newlines(char *p, size_t len)
{
	int64_t n = 0;
	const char *end = p + len;

	for (const char *q = p; (q = memchr(q, '\n', (size_t)(end - q))); q++)
		n++;
	return n;
}

static int64_t on_jansson(char *p, size_t len)
{
	char *end;
	int64_t n = 0;

	for (; (end = memchr(p, '\n', len)); len -= (size_t)(end + 1 - p), p = end + 1) {
		json_t *tree = json_loadb(p, (size_t)(end - p), 0, NULL);
		n += json_integer_value(json_object_get(tree, "batch_id")) >= 0;
		json_decref(tree);
	}
	return n;
}

static double read_with(const char *path, piece_fn *take, int64_t most)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *buf = xmalloc(CHUNK);
	double began = cpu_s();
	ssize_t n;

	for (int64_t at = 0; at < most && (n = read(fd, buf, CHUNK)) > 0; at += n)
		take(buf, (size_t)n);
	free(buf);
	close(fd);
	return cpu_s() - began;
}

static double best_of(const char *path, piece_fn *take)
{
	double best = 1e9;

	for (int i = 0; i < RUNS; i++)
		best = fmin(best, read_with(path, take, INT64_MAX));
	return best;
}

/* CPU of a child that gets the first bytes of the file on its standard input; negative: no such
 * program. */
static double run_child(const char *path, int64_t most, char *const argv[])
{
	int fds[2];

	if (pipe(fds))
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		dup2(fds[0], 0);
		close(fds[1]);
		int null = open("/dev/null", O_WRONLY);
		dup2(null, 1);
		dup2(null, 2); /* the last line is cut */
		execvp(argv[0], argv);
		_exit(CANNOT_RUN);
	}
	close(fds[0]);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *buf = xmalloc(CHUNK);
	ssize_t n;
	for (int64_t at = 0; at < most && (n = read(fd, buf, CHUNK)) > 0; at += n)
		if (write(fds[1], buf, (size_t)n) < 0)
			break;
	free(buf);
	close(fd);
	close(fds[1]);
	return child_cpu_s(pid);
}

static double resident_mb(void)
{
	FILE *in = fopen("/proc/self/statm", "r");
	long all = 0, resident = 0;

	if (in && fscanf(in, "%ld %ld", &all, &resident) != 2)
		resident = 0;
	if (in)
		fclose(in);
	return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

struct figures {
	double index_s, first_wall_ms, first_cpu_ms, resident;
	int64_t entries, bytes;
	char path[4096];
};

/* Once through the folder as the console does it: the newest entries, then the index. */
static bool run_index(const char *dir, struct figures *out)
{
	struct folder *f = folder_new(dir);
	struct page_look look = {"bench", NULL, 1000, ABSENT, clock_wall(&clock_real),
				 ABSENT,  NULL};
	struct err err;
	double before = resident_mb(), wall = clock_s(CLOCK_MONOTONIC), cpu = cpu_s();
	int64_t done;

	if (folder_scan(f, &err) < 0 || !f->nfiles) {
		printf("%s: %s\n", dir,
		       f->nfiles ? err.message : "no failed_batches_YYYYMMDD.json");
		folder_free(f);
		return false;
	}
	dataset_unref(page_snapshot(f, &look));
	out->first_wall_ms = fmin(out->first_wall_ms, (clock_s(CLOCK_MONOTONIC) - wall) * 1e3);
	out->first_cpu_ms = fmin(out->first_cpu_ms, (cpu_s() - cpu) * 1e3);
	cpu = cpu_s();
	while (folder_step(f, 16 << 20))
		out->resident = fmax(out->resident, resident_mb() - before);
	out->index_s = fmin(out->index_s, cpu_s() - cpu);
	out->entries = f->index.nentries;
	folder_progress(f, &out->bytes, &done);
	snprintf(out->path, sizeof(out->path), "%s/%s", dir, f->files[f->nfiles - 1]->name);
	folder_free(f);
	return true;
}

static void line(const char *what, double s, const struct figures *f, double read_s)
{
	if (s < 0)
		printf("  %-44s not installed\n", what);
	else
		printf("  %-44s %7.3f CPU s %8.0f MB/s %7.1fx plain read %6.2fx index\n", what, s,
		       (double)f->bytes / 1e6 / s, s / read_s, s / f->index_s);
}

int main(int argc, char **argv)
{
	static struct figures f = {.index_s = 1e9, .first_wall_ms = 1e9, .first_cpu_ms = 1e9};
	static char program[] = "jq", flag[] = "-c", filter[] = ".batch_id";
	char *const jq[] = {program, flag, filter, NULL};

	if (argc != 2) {
		fprintf(stderr, "usage: bench_dlq FOLDER\n");
		return 64;
	}
	for (int i = 0; i < RUNS; i++)
		if (!run_index(argv[1], &f))
			return 1;
	double read_s = best_of(f.path, on_nothing);
	int64_t tenth = f.bytes / 10;
	double times = (double)f.bytes / (double)tenth;
	double jq_s = run_child(f.path, tenth, jq) * times;
	printf("  %lld entries, %.0f MB, best of %d\n", (long long)f.entries, (double)f.bytes / 1e6,
	       RUNS);
	line("index: batch id, time, type, group, validity", f.index_s, &f, read_s);
	line("plain read()", read_s, &f, read_s);
	line("newlines, memchr", best_of(f.path, on_newlines), &f, read_s);
	line("jansson per line (a tenth, x10)", read_with(f.path, on_jansson, tenth) * times, &f,
	     read_s);
	line("jq -c .batch_id (a tenth, x10)", jq_s, &f, read_s);
	printf("  newest 1,000 entries as rows: %.1f ms (%.1f CPU ms); goal 20, lnav 400\n",
	       f.first_wall_ms, f.first_cpu_ms);
	printf("  resident while indexing: %.1f MB; goal 64, lnav 284\n", f.resident);
	printf("  goal for the index 0.5 CPU s at 993 MB; here %.3f for 993 MB\n",
	       f.index_s * 993e6 / (double)f.bytes);
	return 0;
}

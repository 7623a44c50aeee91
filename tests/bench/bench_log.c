/* bench_log.c - the classifier of log lines beside its anchors, all on the same bytes in the same
 * run: plain read(), counting newlines, `grep -c -F` with one text and with all of them. CPU time
 * (user and system); the file is read once before, so that it lies in the page cache. Ordinary
 * lines are those of Spark's driver at level INFO; a thousandth of them fail in a second file.
 * Usage: bench_log FOLDER */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../backend/log/file.h"
#include "cost.h"

enum { RUNS = 5, MEGABYTES = 256, CHUNK = 256 * 1024 };

/* Digits of the line's number stand where # does. */
static const char *const ordinary[] = {
	"INFO TaskSetManager: Starting task #.0 in stage 2.0 (TID #) (127.0.0.1, executor 1, "
	"partition 0, NODE_LOCAL, 8992 bytes) ",
	"INFO BlockManagerInfo: Added broadcast_#_piece0 in memory on 127.0.0.1:# (size: 6.0 KiB, "
	"free: 127.2 MiB)",
	"INFO DAGScheduler: Submitting ShuffleMapStage # (MapPartitionsRDD[#] at count at "
	"NativeMethodAccessorImpl.java:0), which has no missing parents",
	"INFO TaskSetManager: Finished task 1.0 in stage #.0 (TID #) in 396 ms on 127.0.0.1 "
	"(executor 0) (1/2)",
	"INFO CheckpointFileManager: Renamed temp file file:/srv/jobs/c/offsets/.#.tmp to "
	"file:/srv/jobs/c/offsets/#",
};

static int put_ordinary(FILE *f, int i)
{
	int n = 0;

	for (const char *p = ordinary[i % (int)ARRAY_LEN(ordinary)]; *p; p++)
		n += *p == '#' ? fprintf(f, "%d", i) : (fputc(*p, f), 1);
	return n;
}

static void make_file(const char *path, int one_fails_in)
{
	FILE *f = fopen(path, "w");
	int64_t written = 0;

	if (!f)
		exit(1);
	for (int i = 0; written < (int64_t)MEGABYTES * 1000000; i++) {
		written +=
			fprintf(f, "26/11/20 %02d:%02d:%02d ", i / 3600 % 24, i / 60 % 60, i % 60);
		if (one_fails_in && i % one_fails_in == 0)
			written += fprintf(f,
					   "ERROR Executor: Exception in task %d: "
					   "java.lang.OutOfMemoryError: Java heap space",
					   i);
		else
			written += put_ordinary(f, i);
		fputc('\n', f);
		written++;
	}
	fclose(f);
}

static double read_only(const char *path, bool counts)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *buf = xmalloc(CHUNK);
	double began = cpu_s();
	int64_t lines = 0;
	ssize_t n;

	while ((n = read(fd, buf, CHUNK)) > 0)
		lines += counts ? count_newlines(buf, (size_t)n) : 0;
	began = cpu_s() - began;
	free(buf);
	close(fd);
	return lines < 0 ? 0 : began;
}

static double classify(const char *path, struct log_scan *found)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *buf = xmalloc(CHUNK);
	int64_t at = 0;
	ssize_t n;

	log_scan_release(found);
	log_scan_init(found, signatures_new(NULL, 0));
	double began = cpu_s();
	while ((n = pread(fd, buf, CHUNK, at)) > 0) {
		const char *newline = memrchr(buf, '\n', (size_t)n);
		size_t whole = newline ? (size_t)(newline + 1 - buf) : (size_t)n;
		log_scan_feed(found, buf, whole, at);
		at += (int64_t)whole;
	}
	began = cpu_s() - began;
	free(buf);
	close(fd);
	return began;
}

/* CPU of a child; negative: no such program. */
static double run_child(char *const argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		dup2(memfd_create("out", 0), 1); /* into /dev/null it would stop at the first */
		execvp(argv[0], argv);
		_exit(CANNOT_RUN);
	}
	return child_cpu_s(pid);
}

/* grep with one text, or with all that the classifier knows. */
static double grep(const char *path, const char *texts)
{
	char program[] = "grep", count[] = "-c", fixed[] = "-F", flag[] = "-f", e[] = "-e";
	char one[] = "OutOfMemoryError", *file = xstrdup(path),
	     *list = texts ? xstrdup(texts) : one;
	char *const argv[] = {program, count, fixed, texts ? flag : e, list, file, NULL};
	double best = 1e9;

	for (int i = 0; i < RUNS; i++)
		best = fmin(best, run_child(argv));
	free(file);
	if (texts)
		free(list);
	return best;
}

static void say(const char *what, double s, const char *limit)
{
	if (s < 0)
		printf("  %-44s not installed\n", what);
	else
		printf("  %-44s %7.3f CPU s %8.0f MB/s %s\n", what, s, MEGABYTES / s, limit);
}

static void measure(const char *path, const char *texts)
{
	struct log_scan found = {0};
	double plain = 1e9, lines = 1e9, classified = 1e9;

	for (int i = 0; i < RUNS; i++) {
		plain = fmin(plain, read_only(path, false));
		lines = fmin(lines, read_only(path, true));
		classified = fmin(classified, classify(path, &found));
	}
	printf("  %lld lines, %d MB, %lld marks, best of %d\n", (long long)found.lines, MEGABYTES,
	       (long long)found.nmarks, RUNS);
	log_scan_release(&found);
	say("classified: all known texts, errors, lines", classified, "goal >= 500 MB/s");
	say("plain read()", plain, "");
	say("newlines counted", lines, "");
	say("grep -c -F, one text", grep(path, NULL), "");
	say("grep -c -F, all known texts", grep(path, texts), "");
}

int main(int argc, char **argv)
{
	char path[4096], texts[4096];

	if (argc != 2) {
		fprintf(stderr, "usage: bench_log FOLDER\n");
		return 64;
	}
	snprintf(path, sizeof(path), "%s/ordinary.log", argv[1]);
	snprintf(texts, sizeof(texts), "%s/texts", argv[1]);
	FILE *f = fopen(texts, "w");
	for (size_t i = 0; f && i < signatures_nbuilt_in; i++)
		fprintf(f, "%s\n", signatures_built_in[i].match);
	if (!f || fclose(f))
		return 1;
	printf("  ordinary lines\n");
	make_file(path, 0);
	measure(path, texts);
	printf("  one line of a thousand is a failure\n");
	make_file(path, 1000);
	measure(path, texts);
	unlink(path);
	unlink(texts);
	return 0;
}

/* jvm/threads.c - the threads of a process, one small read each.
 *
 * /proc/PID/task lists the oldest first, and a JVM makes its collector's threads before any of the
 * program's, so that even a cut list has them. The CPU of all is the process's own figure: it also
 * counts the threads that have ended. */
#include "threads.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stat_line {
	char comm[32];
	char state;
	int64_t ticks; /* fields 14 and 15 */
};

bool thread_is_gc(const char *comm)
{
	static const char *const names[] = {
		"GC Thread#",  "G1 ",        "VM Thread",    "ZWorker",        "ZDriver",
		"ZDirector",   "ZStat",      "ZUncommitter", "ZUnmapper",      "RuntimeWorker",
		"Shenandoah ", "ShenWorker", "Gang worker",  "GC task thread", "Concurrent Mark",
		"CMS ",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strncmp(comm, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static bool parse(char *line, struct stat_line *out)
{
	char *open = strchr(line, '('), *close = strrchr(line, ')');
	unsigned long long user, system;

	if (!open || !close || close < open)
		return false;
	*close = '\0';
	snprintf(out->comm, sizeof(out->comm), "%s", open + 1);
	if (sscanf(close + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &out->state,
		   &user, &system) != 3)
		return false;
	out->ticks = (int64_t)(user + system);
	return true;
}

static bool read_stat(int folder, const char *name, struct stat_line *out)
{
	char line[512];
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (n <= 0)
		return false;
	line[n] = '\0';
	return parse(line, out);
}

static void count(const struct stat_line *t, struct thread_times *out)
{
	out->n++;
	out->running += t->state == 'R';
	out->sleeping += t->state == 'S' || t->state == 'I';
	out->in_disk_wait += t->state == 'D';
	out->stopped += t->state == 'T' || t->state == 't';
	if (thread_is_gc(t->comm))
		out->gc_ticks += t->ticks;
}

bool threads_read(int64_t pid, int64_t most, struct thread_times *out)
{
	struct stat_line line;
	char path[64];
	struct dirent *e;
	DIR *dir;

	*out = (struct thread_times){0};
	snprintf(path, sizeof(path), "/proc/%lld/task", (long long)pid);
	dir = opendir(path);
	if (!dir)
		return false;
	if (!read_stat(dirfd(dir), "../stat", &line)) {
		closedir(dir);
		return false;
	}
	out->ticks = line.ticks;
	while (out->n < most && (e = readdir(dir))) {
		snprintf(path, sizeof(path), "%.20s/stat", e->d_name);
		if (e->d_name[0] != '.' && read_stat(dirfd(dir), path, &line))
			count(&line, out);
	}
	closedir(dir);
	return out->n > 0;
}

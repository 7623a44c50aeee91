/* discover/process.c - short reads of /proc. That something is not there, or vanishes between two
 * reads, is an answer. */
#include "process.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../include/text.h"

enum {
	STAT_MAX = 4096,
	ARGV_MAX = 64 << 10,
	ARGS_MAX = 1024,
	ENVIRON_MAX = 256 << 10,
	VARIABLES_MAX = 16,
	START_FIELD = 22
};
enum { EPHEMERAL_FROM = 32768 };

/* Bytes read, always terminated; 0 when there is nothing to read. */
static size_t read_all(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	out[0] = '\0';
	if (fd < 0)
		return 0;
	while (len < size - 1 && (n = read(fd, out + len, size - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	out[len] = '\0';
	return len;
}

/* The name may hold anything, so fields are counted from its last `)`; it ends field 2. */
static long long start_of(long long pid)
{
	char path[64], stat[STAT_MAX], *p;
	int field = 2;

	snprintf(path, sizeof(path), "/proc/%lld/stat", pid);
	read_all(path, stat, sizeof(stat));
	for (p = strrchr(stat, ')'); p && field < START_FIELD; field++)
		p = strchr(p + 1, ' ');
	return p ? strtoll(p, NULL, 10) : -1;
}

static bool parse_id(const char *id, long long *pid, long long *start)
{
	return sscanf(id, "%lld@%lld", pid, start) == 2 && *pid > 0;
}

bool process_lives(const char *id)
{
	long long pid, start;

	return parse_id(id, &pid, &start) && start_of(pid) == start;
}

static const char *const *split(const char *line, size_t len, struct arena *a)
{
	const char **argv = ARENA_ARRAY(a, const char *, ARGS_MAX + 1);
	const char *end = line + len;
	size_t n = 0;

	for (const char *p = line; p < end && n < ARGS_MAX; p += strlen(p) + 1)
		argv[n++] = text_str(text_clean(a, p, strlen(p)));
	return n ? argv : NULL;
}

const char *const *process_argv(const char *id, struct arena *a)
{
	long long pid, start;
	const char *const *argv = NULL;
	char path[64], *line;
	size_t len;

	if (!parse_id(id, &pid, &start))
		return NULL;
	line = xmalloc(ARGV_MAX);
	snprintf(path, sizeof(path), "/proc/%lld/cmdline", pid);
	len = read_all(path, line, ARGV_MAX);
	if (len > 0 && len < ARGV_MAX - 1 && start_of(pid) == start)
		argv = split(line, len, a);
	free(line);
	return argv;
}

static bool is_sparks(const char *variable, size_t len)
{
	static const char ok[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	return (strncmp(variable, "SPARK_", 6) == 0 || strncmp(variable, "PYSPARK_", 8) == 0) &&
	       strspn(variable, ok) == len;
}

const char *const *process_environment(const char *id, struct arena *a)
{
	const char **names = ARENA_ARRAY(a, const char *, VARIABLES_MAX + 1);
	char path[64], *all;
	long long pid, start;
	size_t len, n = 0;

	if (!parse_id(id, &pid, &start))
		return NULL;
	all = xmalloc(ENVIRON_MAX);
	snprintf(path, sizeof(path), "/proc/%lld/environ", pid);
	len = read_all(path, all, ENVIRON_MAX);
	if (start_of(pid) != start)
		len = 0;
	for (const char *p = all; p < all + len && n < VARIABLES_MAX; p += strlen(p) + 1)
		if (is_sparks(p, strcspn(p, "=")))
			names[n++] = arena_strndup(a, p, strcspn(p, "="));
	free(all);
	return n ? names : NULL;
}

bool process_shares_network(const char *id)
{
	long long pid, start;
	char path[64];
	struct stat theirs, ours;

	if (!parse_id(id, &pid, &start))
		return true;
	snprintf(path, sizeof(path), "/proc/%lld/ns/net", pid);
	if (stat(path, &theirs) || stat("/proc/self/ns/net", &ours))
		return true;
	return theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev;
}

size_t process_count(void)
{
	DIR *dir = opendir("/proc");
	const struct dirent *e;
	size_t n = 0;

	while (dir && (e = readdir(dir)) != NULL)
		n += isdigit((unsigned char)e->d_name[0]) != 0;
	if (dir)
		closedir(dir);
	return n;
}

int64_t process_ephemeral_from(void)
{
	char range[64];
	long from;

	read_all("/proc/sys/net/ipv4/ip_local_port_range", range, sizeof(range));
	from = strtol(range, NULL, 10);
	return from > 0 ? from : EPHEMERAL_FROM;
}

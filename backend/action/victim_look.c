/* action/victim_look.c - short reads of /proc: who a process is, who is above and below it. */
#include "victim_look.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../jvm/command.h"
#include "../jvm/files.h"
#include "../jvm/hold.h"

enum { LINK = 4096, DEEP = 64 };

static struct proc own_proc = {.fd = -1};

/* Without a descriptor to spare every read of it fails, and it is tried again. */
const struct proc *sight_proc(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct err err;

	pthread_mutex_lock(&lock);
	if (own_proc.fd < 0)
		(void)!proc_open(&own_proc, "/proc", &err);
	pthread_mutex_unlock(&lock);
	return &own_proc;
}

/* --- one process --- */

static bool hash_arguments(int64_t pid, unsigned char out[static 32])
{
	ssize_t len;
	char *line = proc_read_all(sight_proc(), pid, "cmdline", COMMAND_BYTES_MAX, &len);
	bool is_done = line && EVP_Digest(line, (size_t)len, out, NULL, EVP_sha256(), NULL) == 1;

	free(line);
	return is_done;
}

static bool read_status(int64_t pid, struct sight *s)
{
	char bytes[8192];
	ssize_t n = proc_read(sight_proc(), pid, "status", bytes, sizeof(bytes));
	long long real = -1, effective = -2, saved = -3, tracer = 0;
	struct proc_status status;
	const char *line;

	if (n <= 0 || !proc_status_parse(bytes, &status))
		return false;
	line = strstr(bytes, "\nUid:");
	if (!line || sscanf(line, "\nUid: %lld %lld %lld", &real, &effective, &saved) != 3)
		return false;
	line = strstr(bytes, "\nTracerPid:");
	if (line)
		(void)sscanf(line, "\nTracerPid: %lld", &tracer);
	s->uid = effective;
	s->is_one_user = real == effective && effective == saved;
	s->ns_pid = is_absent(status.ns_pid) ? pid : status.ns_pid;
	s->tracer = tracer;
	return true;
}

/* A link that cannot be read is taken for another one. */
static bool has_other(int64_t pid, const char *name)
{
	char its[64], ours[64];

	return proc_link(sight_proc(), pid, name, its, sizeof(its)) <= 0 ||
	       proc_link(sight_proc(), (int64_t)getpid(), name, ours, sizeof(ours)) <= 0 ||
	       strcmp(its, ours) != 0;
}

bool sight_take(int64_t pid, struct sight *s)
{
	char exe[LINK];

	memset(s, 0, sizeof(*s));
	if (!proc_stat(sight_proc(), pid, &s->stat) || !read_status(pid, s) ||
	    !hash_arguments(pid, s->arguments))
		return false;
	if (proc_link(sight_proc(), pid, "exe", exe, sizeof(exe)) > 0 &&
	    strlen(exe) < sizeof(s->executable))
		memcpy(s->executable, exe, strlen(exe) + 1);
	if (s->stat.state != 'Z') { /* a zombie has left them */
		s->has_own_ns = has_other(pid, "ns/pid");
		s->has_own_net = has_other(pid, "ns/net");
	}
	s->is_whole = true;
	return true;
}

void sight_line(int64_t pid, const char *name, char *out, size_t size)
{
	if (proc_read(sight_proc(), pid, name, out, size) <= 0)
		out[0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

void sight_user(int64_t uid, char *out, size_t size)
{
	struct passwd entry, *found = NULL;
	char space[4096];

	if (getpwuid_r((uid_t)uid, &entry, space, sizeof(space), &found) == 0 && found)
		snprintf(out, size, "%s", found->pw_name);
	else
		snprintf(out, size, "#%lld", (long long)uid);
}

/* --- its family --- */

bool sight_is_above_us(int64_t pid)
{
	struct proc_stat stat;
	int64_t up = (int64_t)getpid();

	for (int i = 0; i < DEEP && up > 0; i++) {
		if (up == pid)
			return true;
		up = proc_stat(sight_proc(), up, &stat) ? stat.ppid : 0;
	}
	return pid <= 1;
}

static bool is_below(int64_t pid, int64_t top)
{
	struct proc_stat stat;

	for (int i = 0; i < DEEP && pid > 1; i++) {
		if (!proc_stat(sight_proc(), pid, &stat))
			return false;
		if (stat.ppid == top)
			return true;
		pid = stat.ppid;
	}
	return false;
}

/* The first process, in the order of numbers, that is one; 0: none is. */
static int64_t find(bool (*is_one)(int64_t pid, const void *data), const void *data)
{
	struct proc_list list = {0};
	struct err err;
	int64_t found = 0;

	if (proc_pids(sight_proc(), &list, &err) < 0)
		return 0;
	for (size_t i = 0; i < list.n && !found; i++)
		found = is_one(list.v[i], data) ? list.v[i] : 0;
	free(list.v);
	return found;
}

static bool is_jvm_below(int64_t pid, const void *data)
{
	struct proc_stat stat;

	return proc_stat(sight_proc(), pid, &stat) && stat.state != 'Z' &&
	       is_below(pid, *(const int64_t *)data) && hold_is_jvm(pid);
}

int64_t sight_jvm_below(int64_t pid)
{
	return find(is_jvm_below, &pid);
}

static bool holds_socket(int64_t pid, const void *data)
{
	struct files files = {0};
	struct arena a;
	bool holds;

	arena_init(&a);
	files.arena = &a;
	files.root = "";
	holds = files_read(sight_proc(), pid, "", &a, &files) &&
		files_has_socket(&files, *(const uint64_t *)data);
	files_free(&files);
	arena_release(&a);
	return holds;
}

int64_t sight_socket_holder(uint64_t inode)
{
	return find(holds_socket, &inode);
}

int64_t sight_ticks(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * sight_proc()->tick_hz +
	       t.tv_nsec / (1000000000 / sight_proc()->tick_hz);
}

void sight_folder(int64_t pid, char *out, size_t size)
{
	char path[LINK];

	out[0] = '\0';
	if (proc_link(sight_proc(), pid, "cwd", path, sizeof(path)) > 0 && strlen(path) < size)
		memcpy(out, path, strlen(path) + 1);
}

static bool is_in(int64_t pid, const char *folder)
{
	char its[LINK];

	sight_folder(pid, its, sizeof(its));
	return !*folder || strcmp(its, folder) == 0;
}

static bool is_like(int64_t pid, const void *data)
{
	const struct likeness *l = data;
	unsigned char arguments[32];
	struct proc_stat stat;

	return pid != l->but && proc_stat(sight_proc(), pid, &stat) &&
	       stat.start_ticks >= l->after_ticks && stat.state != 'Z' &&
	       hash_arguments(pid, arguments) &&
	       memcmp(arguments, l->arguments, sizeof(arguments)) == 0 && is_in(pid, l->folder);
}

int64_t sight_likeness(const struct likeness *l)
{
	return find(is_like, l);
}

/* jvm/hold.c - who a process is, proved after a pidfd holds it. */
#include "hold.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../include/buf.h"

enum { LINE_BYTES = 4200, WORDS_MAX = 1 << 20, MAPS_LINES_MAX = 200000 };

static FILE *open_proc(int64_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%lld/%s", (long long)pid, name);
	return fopen(path, "re");
}

static bool read_stat(int64_t pid, char *state, int64_t *start_ticks)
{
	char line[1024], *p;
	FILE *f = open_proc(pid, "stat");
	unsigned long long start = 0;
	bool is_read;

	if (!f)
		return false;
	is_read = fgets(line, sizeof(line), f) != NULL;
	fclose(f);
	p = is_read ? strrchr(line, ')') : NULL;
	if (!p ||
	    sscanf(p + 1,
		   " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
		   "%llu",
		   state, &start) != 2)
		return false;
	*start_ticks = (int64_t)start;
	return true;
}

static bool read_status(int64_t pid, int64_t *uid, bool *catches_quit)
{
	char line[256];
	unsigned long long caught = 0;
	long long effective = -1;
	FILE *f = open_proc(pid, "status");

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "Uid: %*d %lld", &effective);
		sscanf(line, "SigCgt: %llx", &caught);
	}
	fclose(f);
	*uid = effective;
	*catches_quit = caught >> (SIGQUIT - 1) & 1;
	return effective >= 0;
}

/* A program that was replaced on disk while it runs has this behind its name. */
static void drop_deleted(char *path)
{
	static const char mark[] = " (deleted)";
	size_t n = strlen(path), m = sizeof(mark) - 1;

	if (n > m && strcmp(path + n - m, mark) == 0)
		path[n - m] = '\0';
}

static bool ends_in(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return slash && strcmp(slash + 1, name) == 0;
}

static bool runs_java(int64_t pid)
{
	char path[64], exe[4096];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%lld/exe", (long long)pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n <= 0)
		return false;
	exe[n] = '\0';
	drop_deleted(exe);
	return ends_in(exe, "java");
}

/* Whose it is, when that is why its program cannot be looked at. */
static int refuse_anothers(int64_t pid, int64_t uid, struct err *err)
{
	char path[64], exe[1], name[64], space[1024];
	struct passwd entry, *found = NULL;

	snprintf(path, sizeof(path), "/proc/%lld/exe", (long long)pid);
	if (uid == (int64_t)geteuid() || readlink(path, exe, sizeof(exe)) >= 0 || errno != EACCES)
		return 0;
	if (getpwuid_r((uid_t)uid, &entry, space, sizeof(space), &found) == 0 && found)
		snprintf(name, sizeof(name), "%s", found->pw_name);
	else
		snprintf(name, sizeof(name), "#%lld", (long long)uid);
	return err_set(err, ERR_REFUSED,
		       "java %lld belongs to %s: only that user and root may ask it; "
		       "sudo -u %s sparkops",
		       (long long)pid, name, name);
}

static bool maps_libjvm(int64_t pid)
{
	char line[LINE_BYTES];
	bool has = false;
	FILE *f = open_proc(pid, "maps");

	for (int i = 0; f && !has && i < MAPS_LINES_MAX && fgets(line, sizeof(line), f); i++) {
		line[strcspn(line, "\n")] = '\0';
		drop_deleted(line);
		has = ends_in(line, "libjvm.so");
	}
	if (f)
		fclose(f);
	return has;
}

bool hold_is_jvm(int64_t pid)
{
	return runs_java(pid) && maps_libjvm(pid);
}

static int prove(struct hold *h, int64_t start_ticks, int64_t uid, struct err *err)
{
	long long pid = (long long)h->pid;
	int64_t started, runs_as;
	int rc;

	if (!read_stat(h->pid, &h->state, &started) ||
	    !read_status(h->pid, &runs_as, &h->catches_quit))
		return err_set(err, ERR_MISSING, "java %lld is gone", pid);
	if (started != start_ticks)
		return err_set(err, ERR_MISSING,
			       "java %lld is gone: another process has its number now", pid);
	if (h->state == 'Z' || h->state == 'X')
		return err_set(err, ERR_MISSING,
			       "java %lld is dead: only its exit code waits for its parent", pid);
	if (runs_as != uid)
		return err_set(err, ERR_REFUSED, "java %lld runs as user %lld now, not as %lld",
			       pid, (long long)runs_as, (long long)uid);
	rc = refuse_anothers(h->pid, runs_as, err);
	if (rc < 0)
		return rc;
	if (!hold_is_jvm(h->pid))
		return err_set(err, ERR_REFUSED,
			       "%lld cannot be proved to be a JVM (a program named java with "
			       "libjvm.so in its maps); nothing is sent to it",
			       pid);
	return 0;
}

int hold_open(struct hold *h, int64_t pid, int64_t start_ticks, int64_t uid, struct err *err)
{
	int rc;

	*h = (struct hold){.pid = pid};
	h->pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	if (h->pidfd < 0 && errno == ESRCH)
		return err_set(err, ERR_MISSING, "java %lld is gone", (long long)pid);
	if (h->pidfd < 0)
		return err_set(err, ERR_REFUSED,
			       "java %lld cannot be held by a pidfd (%s; Linux 5.3 and later can): "
			       "nothing is sent to a bare number",
			       (long long)pid, strerror(errno));
	rc = prove(h, start_ticks, uid, err);
	if (rc < 0)
		hold_close(h);
	return rc;
}

int hold_signal(const struct hold *h, int signal, struct err *err)
{
	if (syscall(SYS_pidfd_send_signal, h->pidfd, signal, NULL, 0) == 0)
		return 0;
	if (errno == ESRCH)
		return err_set(err, ERR_MISSING, "java %lld is gone", (long long)h->pid);
	return err_set(err, ERR_REFUSED, "java %lld: no signal can be sent: %s", (long long)h->pid,
		       strerror(errno));
}

bool hold_has_ended(const struct hold *h)
{
	struct pollfd fd = {.fd = h->pidfd, .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

void hold_close(struct hold *h)
{
	if (h->pidfd >= 0)
		close(h->pidfd);
	h->pidfd = -1;
}

/* --- options --- */

static void read_words(int64_t pid, const char *name, struct buf *out)
{
	char piece[4096];
	size_t n;
	FILE *f = open_proc(pid, name);

	while (f && (n = fread(piece, 1, sizeof(piece), f)) > 0)
		if (!buf_add(out, piece, n))
			break;
	if (f)
		fclose(f);
}

static void weigh(const char *word, size_t len, const char *const option[2], bool *is_on)
{
	for (int i = 0; i < 2; i++)
		if (option[i] && strlen(option[i]) == len && memcmp(word, option[i], len) == 0)
			*is_on = i == 0;
}

static bool is_for_java(const char *variable)
{
	return !strncmp(variable, "JAVA_TOOL_OPTIONS=", 18) ||
	       !strncmp(variable, "JDK_JAVA_OPTIONS=", 17) ||
	       !strncmp(variable, "_JAVA_OPTIONS=", 14);
}

bool jvm_has_option(int64_t pid, const char *on, const char *off)
{
	const char *const option[2] = {on, off};
	struct buf words;
	bool is_on = false;

	buf_init(&words, WORDS_MAX);
	read_words(pid, "cmdline", &words);
	for (size_t at = 0; at < words.len; at += strlen(words.data + at) + 1)
		weigh(words.data + at, strlen(words.data + at), option, &is_on);
	buf_clear(&words);
	read_words(pid, "environ", &words);
	for (size_t at = 0; at < words.len; at += strlen(words.data + at) + 1) {
		const char *p = words.data + at;
		if (!is_for_java(p))
			continue;
		for (p = strchr(p, '=') + 1; *p; p += strspn(p, " \t")) {
			size_t n = strcspn(p, " \t");
			weigh(p, n, option, &is_on);
			p += n;
		}
	}
	buf_release(&words);
	return is_on;
}

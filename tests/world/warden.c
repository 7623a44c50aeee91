/* warden.c - see warden.h. A token in the environment finds the children of children too, and
 * cannot mean a stranger who got an old pid. */
#include "warden.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ENVIRONMENT_BYTES (128 * 1024)
#define ROUNDS 400
#define ROUND_MS 10
#define END_MS 5000

static bool bears(int pid, const char *token)
{
	static char text[ENVIRONMENT_BYTES];
	char path[64];
	bool is_found = false;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t size, used = 0;
	while ((size = read(fd, text + used, sizeof(text) - 1 - (size_t)used)) > 0)
		used += size;
	close(fd);
	text[used] = '\0';
	for (const char *at = text; at < text + used && !is_found; at += strlen(at) + 1)
		is_found = strcmp(at, token) == 0;
	return is_found;
}

static void remove_traces(int pid)
{
	const struct passwd *user = getpwuid(geteuid());
	char path[128];

	snprintf(path, sizeof(path), "/tmp/hsperfdata_%.40s/%d", user ? user->pw_name : "nobody",
		 pid);
	unlink(path);
	snprintf(path, sizeof(path), "/tmp/.java_pid%d", pid);
	unlink(path);
}

void warden_end(const struct warden *warden, int pid)
{
	if (pid <= 0)
		return;
	/* Its ports are free when the handle says that it ended, and not when its memory is gone.
	 */
	struct pollfd handle = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
	bool is_ours = handle.fd >= 0 && bears(pid, warden->token);
	if (is_ours) {
		kill(pid, SIGKILL);
		poll(&handle, 1, END_MS);
	}
	if (handle.fd >= 0)
		close(handle.fd);
	if (is_ours || kill(pid, 0))
		remove_traces(pid);
}

/* How many were still there. */
static int sweep(const char *token)
{
	DIR *proc = opendir("/proc");
	int count = 0;

	for (struct dirent *entry; proc && (entry = readdir(proc));) {
		int pid = (int)strtol(entry->d_name, NULL, 10);
		if (pid <= 0 || !bears(pid, token))
			continue;
		kill(pid, SIGKILL);
		remove_traces(pid);
		count++;
	}
	if (proc)
		closedir(proc);
	return count;
}

static _Noreturn void watch(const char *token, int pipe_end)
{
	char byte;

	setsid();
	prctl(PR_SET_NAME, "world-warden");
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	while (read(pipe_end, &byte, 1) > 0) {
	}
	for (int round = 0; round < ROUNDS && sweep(token) > 0; round++)
		poll(NULL, 0, ROUND_MS);
	_exit(EXIT_SUCCESS);
}

bool warden_start(struct warden *warden)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return false;
	snprintf(warden->token, sizeof(warden->token), "WORLD_TOKEN=%d-%lld", getpid(),
		 (long long)time(NULL));
	warden->pid = fork();
	if (warden->pid == 0) {
		dup2(ends[0], 0);
		close_range(1, ~0U, 0);
		watch(warden->token, 0);
	}
	close(ends[0]);
	warden->pipe = ends[1];
	return warden->pid > 0;
}

void warden_stop(struct warden *warden)
{
	close(warden->pipe);
	waitpid(warden->pid, NULL, 0);
}

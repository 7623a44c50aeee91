/* log/child.c - starts, reads and ends one program. Not by uv_spawn(): the death signal has to be
 * asked for between fork and exec, and everything here belongs to a pool thread anyway. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "held.h"

enum { WAIT_MIN_MS = 1000, WAIT_MAX_MS = 60000, HEALTHY_MS = 60000, PIPE_BYTES = 1 << 20 };
enum { END_TRIES = 20, END_WAIT_MS = 10 };

void log_child_make(struct log_child *c, const char *const *argv)
{
	size_t n = 0;

	*c = (struct log_child){.fd = -1, .wait_ms = WAIT_MIN_MS};
	while (argv[n])
		n++;
	c->argv = xcalloc(n + 1, sizeof(*c->argv));
	for (size_t i = 0; i < n; i++)
		c->argv[i] = xstrdup(argv[i]);
}

void log_child_init(struct log_child *c, const char *const *argv)
{
	if (!held_take(argv, c))
		log_child_make(c, argv);
}

/* --- in the child, between fork and exec: nothing but system calls --- */

static void keep_streams(int out)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
}

__attribute__((noreturn)) static void become(char **argv, int out, int told, pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent) { /* else it died before we could ask */
		keep_streams(out);
		execvp(argv[0], argv);
		int error = errno;
		if (write(told, &error, sizeof(error)) < 0)
			_exit(126);
	}
	_exit(127);
}

/* --- here --- */

static void set_problem(struct log_child *c, int64_t now, const char *what)
{
	if (held_is_last()) {
		c->again_at = INT64_MAX;
		snprintf(c->problem, sizeof(c->problem),
			 "%s; read-only mode starts no program: start sparkops again", what);
		return;
	}
	c->again_at = now + c->wait_ms;
	snprintf(c->problem, sizeof(c->problem), "%s; it is started again in %lld s", what,
		 (long long)(c->wait_ms / 1000));
	c->wait_ms = min_i64(c->wait_ms * 2, WAIT_MAX_MS);
}

static void start_failed(struct log_child *c, int64_t now, int error)
{
	char what[160];

	snprintf(what, sizeof(what), "%s %s", c->argv[0],
		 error == ENOENT ? "is not installed, or not on the PATH" : strerror(error));
	set_problem(c, now, what);
}

/* 0, or why the program could not be run. The pipe closes by itself when it runs. */
static int wait_for_exec(int told)
{
	int error = 0;
	ssize_t n;

	do
		n = read(told, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	return n == sizeof(error) ? error : 0;
}

static int spawn(struct log_child *c)
{
	int out[2], told[2], error;
	pid_t parent = getpid();

	if (pipe2(out, O_CLOEXEC))
		return errno;
	if (pipe2(told, O_CLOEXEC)) {
		error = errno;
		close(out[0]);
		close(out[1]);
		return error;
	}
	c->pid = fork();
	if (c->pid == 0)
		become(c->argv, out[1], told[1], parent);
	error = c->pid < 0 ? errno : 0;
	close(out[1]);
	close(told[1]);
	if (c->pid > 0)
		error = wait_for_exec(told[0]);
	close(told[0]);
	if (error) {
		close(out[0]);
		if (c->pid > 0)
			waitpid(c->pid, NULL, 0);
		c->pid = 0;
		return error;
	}
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	/* Between two looks as much may come without the writer having to wait. */
	fcntl(out[0], F_SETPIPE_SZ, PIPE_BYTES);
	c->fd = out[0];
	return 0;
}

bool log_child_run(struct log_child *c, int64_t now)
{
	if (c->pid || now < c->again_at)
		return false;
	if (!held_is_last())
		return log_child_start(c, now);
	set_problem(c, now, "it was not in the configuration when sparkops started");
	return false;
}

bool log_child_start(struct log_child *c, int64_t now)
{
	int error = spawn(c);
	if (error) {
		start_failed(c, now, error);
		return false;
	}
	c->problem[0] = '\0';
	c->began_at = now;
	c->starts++;
	return true;
}

/* Read-only nobody is killed: it is seen whether it ends by itself. */
static bool wait_for_end(struct log_child *c, int *status)
{
	bool may_kill = !held_is_last();
	pid_t got;

	if (may_kill)
		kill(-c->pid, SIGKILL);
	for (int tries = 0; tries < END_TRIES; tries++) {
		got = waitpid(c->pid, status, may_kill ? 0 : WNOHANG);
		if (got)
			return got == c->pid;
		poll(NULL, 0, END_WAIT_MS);
	}
	return false;
}

/* Its output has ended: so has it, or it will at once. */
static void reap(struct log_child *c, int64_t now)
{
	int status = 0;
	char what[160];

	bool has_ended = wait_for_end(c, &status);
	close(c->fd);
	c->fd = -1;
	c->pid = 0;
	if (now - c->began_at > HEALTHY_MS)
		c->wait_ms = WAIT_MIN_MS;
	if (!has_ended)
		snprintf(what, sizeof(what), "%s closed its output", c->argv[0]);
	else if (WIFEXITED(status))
		snprintf(what, sizeof(what), "%s ended with exit code %d", c->argv[0],
			 WEXITSTATUS(status));
	else
		snprintf(what, sizeof(what), "%s was ended by signal %d", c->argv[0],
			 WTERMSIG(status));
	set_problem(c, now, what);
}

size_t log_child_read(struct log_child *c, char *p, size_t len, int wait_ms, int64_t now)
{
	struct pollfd ready = {.fd = c->fd, .events = POLLIN};

	if (!c->pid)
		return 0;
	ssize_t n = read(c->fd, p, len);
	if (n < 0 && errno == EAGAIN && poll(&ready, 1, wait_ms) > 0)
		n = read(c->fd, p, len);
	if (n > 0)
		return (size_t)n;
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		reap(c, now);
	return 0;
}

void log_child_release(struct log_child *c)
{
	if (c->pid && held_is_last()) {
		held_give(c);
		return;
	}
	if (c->pid) {
		kill(-c->pid, SIGKILL); /* it only reads: there is nothing it could lose */
		waitpid(c->pid, NULL, 0);
		close(c->fd);
	}
	for (size_t i = 0; c->argv && c->argv[i]; i++)
		free(c->argv[i]);
	free(c->argv);
	memset(c, 0, sizeof(*c));
	c->fd = -1;
}

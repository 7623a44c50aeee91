/* net/exec.c - starts a command, hears it out, and ends it when it must.
 *
 * By posix_spawn(): no code of ours runs between fork and exec, so it may be called on any thread
 * while others hold locks. The command is watched by a pidfd and reaped by its own number, which
 * cannot be anybody else's before that; nobody else reaps it, since libuv waits only for children
 * of its own. Input comes from memory that looks like a file, so that a command which does not read
 * it blocks nobody. The end of a command is the end of its process and not that of its output: what
 * it leaves in the background may hold the pipe for as long as it likes. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../include/buf.h"
#include "../../include/clock.h"
#include "../../include/text.h"
#include "../failpoint.h"
#include "exec.h"

enum { GRACE_MS = 5000, REST_MS = 300, REAPER_STACK = 64 << 10 };

static const char default_path[] = "/usr/local/bin:/usr/bin:/bin";

/* The last bytes that were said. */
struct tail {
	char *ring; /* EXEC_OUTPUT_MAX */
	size_t total;
};

struct child {
	const struct exec *e;
	const char *program, *cwd;
	char **envp;
	int in, out; /* what becomes its standard input and output */
	int pipe;    /* where we read it; -1: closed, or a file */
	int pidfd;
	pid_t pid;
	struct tail tail;
	siginfo_t end;
	bool has_ended;
};

/* --- where and with what --- */

const char *exec_find(const char *program, const char *path, struct arena *a)
{
	if (strchr(program, '/'))
		return program;
	for (const char *p = path ? path : default_path; *p;) {
		size_t n = strcspn(p, ":");
		const char *file = arena_printf(a, "%.*s/%s", (int)n, p, program);
		struct stat st;

		if (n && p[0] == '/' && stat(file, &st) == 0 && S_ISREG(st.st_mode) &&
		    access(file, X_OK) == 0)
			return file;
		p += n + (p[n] == ':');
	}
	return NULL;
}

static const char *folder_of(const char *file, struct arena *a)
{
	const char *slash = strrchr(file, '/');

	return slash == file ? "/" : arena_strndup(a, file, (size_t)(slash - file));
}

static bool is_given(const struct exec *e, const char *name, size_t from)
{
	for (size_t i = from; i < e->nenv; i++) {
		if (strcmp(e->env[i].name, name) == 0)
			return true;
	}
	return false;
}

static char **environment(const struct exec *e, struct arena *a)
{
	static const char *const kept[] = {"PATH", "HOME", "LANG", "TZ"};
	char **envp = ARENA_ARRAY(a, char *, e->nenv + ARRAY_LEN(kept) + 1);
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		const char *value = getenv(kept[i]);

		if (value && !is_given(e, kept[i], 0))
			envp[n++] = arena_printf(a, "%s=%s", kept[i], value);
	}
	for (size_t i = 0; i < e->nenv; i++) {
		if (!is_given(e, e->env[i].name, i + 1))
			envp[n++] = arena_printf(a, "%s=%s", e->env[i].name, e->env[i].value);
	}
	return envp;
}

static int place(struct child *c, struct arena *a, struct err *err)
{
	const char *name = c->e->argv[0];

	c->program = exec_find(name, getenv("PATH"), a);
	if (!c->program)
		return err_set(err, ERR_MISSING, "%.200s is not installed, or not on the PATH",
			       name);
	if (c->program[0] != '/' && c->e->cwd)
		c->program = arena_printf(a, "%s/%s", c->e->cwd, c->program);
	if (c->program[0] != '/')
		return err_set(err, ERR_USAGE, "%.200s: write its whole path, or `cwd` beside it",
			       name);
	c->cwd = c->e->cwd ? c->e->cwd : folder_of(c->program, a);
	c->envp = environment(c->e, a);
	return 0;
}

/* --- its three streams --- */

static int input_of(const struct exec *e, struct err *err)
{
	const char *p = e->input;
	size_t left = e->len;
	int fd = p ? memfd_create("sparkops-input", MFD_CLOEXEC)
		   : open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, ERR_IO, "no standard input for it: %s", strerror(errno));
	while (left) {
		ssize_t n = write(fd, p, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err_set(err, ERR_IO, "its standard input cannot be kept: %s",
				n ? strerror(errno) : "there is no room");
			close(fd);
			return -ERR_IO;
		}
		p += n;
		left -= (size_t)n;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* A pipe would end the job with us, or stop it when nobody reads: a regular file or nothing. */
static int output_file(const char *path, struct err *err)
{
	int fd =
		open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	struct stat st;

	if (fd < 0)
		return err_set(err, ERR_IO, "its output cannot be appended to %.200s: %s", path,
			       errno == ENXIO ? "it is a pipe" : strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(err, ERR_REFUSED,
			       "its output cannot be appended to %.200s: that is no regular file",
			       path);
	}
	fcntl(fd, F_SETFL, O_APPEND);
	return fd;
}

static int streams_open(struct child *c, struct err *err)
{
	int ends[2];

	c->in = input_of(c->e, err);
	if (c->in < 0)
		return c->in;
	if (c->e->output) {
		c->out = output_file(c->e->output, err);
		return c->out < 0 ? c->out : 0;
	}
	if (pipe2(ends, O_CLOEXEC))
		return err_set(err, ERR_IO, "no pipe for its output: %s", strerror(errno));
	c->pipe = ends[0];
	c->out = ends[1];
	fcntl(c->pipe, F_SETFL, O_NONBLOCK);
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* --- start --- */

/* Copies first: a descriptor of ours may itself be 0, 1 or 2 where we were started without them. */
static void actions_add(posix_spawn_file_actions_t *f, const struct child *c, int in, int out)
{
	posix_spawn_file_actions_adddup2(f, in, 0);
	posix_spawn_file_actions_adddup2(f, out, 1);
	posix_spawn_file_actions_adddup2(f, out, 2);
	posix_spawn_file_actions_addclosefrom_np(f, 3);
	posix_spawn_file_actions_addchdir_np(f, c->cwd);
}

static int spawn(struct child *c)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	union {
		const char *const *given;
		char **wanted;
	} argv = {.given = c->e->argv}; /* posix_spawn() changes nothing */
	int in = fcntl(c->in, F_DUPFD_CLOEXEC, 3), out = fcntl(c->out, F_DUPFD_CLOEXEC, 3);
	int rc = in < 0 || out < 0 ? EMFILE : 0;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	actions_add(&files, c, in, out);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(
		&attr, (short)(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
			       (c->e->output ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP)));
	if (!rc)
		rc = posix_spawn(&c->pid, c->program, &files, &attr, argv.wanted, c->envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	close_fd(&in);
	close_fd(&out);
	return rc;
}

static int start(struct child *c, struct err *err)
{
	struct stat st;
	int rc = spawn(c);

	if (rc) {
		c->pid = 0;
		if (stat(c->cwd, &st) || !S_ISDIR(st.st_mode))
			return err_set(err, ERR_MISSING, "its folder %.200s is not there", c->cwd);
		return err_set(err, ERR_IO, "%.200s cannot be run: %s", c->program, strerror(rc));
	}
	close_fd(&c->out);
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	return 0;
}

/* --- while it runs --- */

static void tail_add(struct tail *t, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		t->ring[t->total++ % EXEC_OUTPUT_MAX] = p[i];
}

/* Reads what is there; closes the pipe at its end. */
static void hear(struct child *c)
{
	char bytes[16 << 10];
	ssize_t n;

	/* as much as a pipe may hold, so that one which talks without end cannot keep us here */
	for (int i = 0; i < 64 && c->pipe >= 0; i++) {
		n = read(c->pipe, bytes, sizeof(bytes));
		if (n > 0)
			tail_add(&c->tail, bytes, (size_t)n);
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			close_fd(&c->pipe);
		else
			return;
	}
}

static bool look(struct child *c)
{
	int rc;

	memset(&c->end, 0, sizeof(c->end));
	do
		rc = waitid(P_PID, (id_t)c->pid, &c->end, WEXITED | WNOHANG | WNOWAIT);
	while (rc && errno == EINTR);
	/* an inherited "ignore my children" takes the news from us: it is over all the same */
	c->has_ended = (rc == 0 && c->end.si_pid == c->pid) || (rc && errno == ECHILD);
	return c->has_ended;
}

/* True: cancelled. */
static bool wait_ms(struct child *c, int cancel_fd, int64_t ms)
{
	struct pollfd fds[3] = {{.fd = c->pidfd, .events = POLLIN},
				{.fd = c->pipe, .events = POLLIN},
				{.fd = cancel_fd, .events = POLLIN}};

	/* without a pidfd nothing but the clock tells */
	if (poll(fds, ARRAY_LEN(fds), (int)min_i64(ms, c->pidfd < 0 ? 50 : INT32_MAX)) < 0)
		return false;
	hear(c);
	return fds[2].revents != 0;
}

/* Until it has ended or the time is over. True: it has ended. */
static bool listen_for(struct child *c, int cancel_fd, int64_t ms)
{
	int64_t end = clock_mono(&clock_real) + ms;

	for (;;) {
		int64_t left = end - clock_mono(&clock_real);

		if (look(c))
			return true;
		if (left <= 0 || wait_ms(c, cancel_fd, left))
			return look(c);
	}
}

/* What it started may be about to close our pipe, as a shell's child does that redirects itself. */
static void hear_the_rest(struct child *c)
{
	int64_t end = clock_mono(&clock_real) + REST_MS;
	struct pollfd fd = {.events = POLLIN};

	for (hear(c); c->pipe >= 0; hear(c)) {
		int64_t left = end - clock_mono(&clock_real);

		fd.fd = c->pipe;
		if (left <= 0 || poll(&fd, 1, (int)left) <= 0)
			return;
	}
}

/* The group has the number of its first process, which is ours until it is reaped. */
static void end_group(struct child *c)
{
	kill(-c->pid, SIGTERM);
	kill(-c->pid, SIGCONT);
	if (!listen_for(c, -1, failpoint_ms(GRACE_MS))) {
		kill(-c->pid, SIGKILL);
		if (!listen_for(c, -1, failpoint_ms(GRACE_MS)))
			return; /* not even that: it hangs in the kernel */
	}
	kill(-c->pid, SIGKILL); /* those who stayed behind */
}

/* --- what is said of it --- */

static void reap(struct child *c)
{
	int rc;

	do
		rc = waitpid(c->pid, NULL, 0);
	while (rc < 0 && errno == EINTR);
}

static void how_it_ended(const siginfo_t *end, int64_t *exit_code, int64_t *by_signal)
{
	*exit_code = end->si_pid && end->si_code == CLD_EXITED ? end->si_status : ABSENT;
	*by_signal = end->si_pid && end->si_code != CLD_EXITED ? end->si_status : ABSENT;
}

/* Line by line; the oldest one is left out where its beginning is lost. */
static const char *last_words(const struct tail *t, struct arena *a)
{
	size_t n = min_size(t->total, EXEC_OUTPUT_MAX), from = t->total - n, nlines;
	char *raw = arena_alloc_raw(a, n + 1, 1);
	const struct text *const *lines;
	struct buf all;
	const char *out;

	for (size_t i = 0; i < n; i++)
		raw[i] = t->ring[(from + i) % EXEC_OUTPUT_MAX];
	nlines = text_lines(a, raw, n, &lines);
	buf_init(&all, 16 * EXEC_OUTPUT_MAX); /* cleaned it may be longer */
	for (size_t i = from && nlines > 1 ? 1 : 0; i < nlines; i++) {
		buf_puts(&all, text_str(lines[i]));
		buf_putc(&all, '\n');
	}
	out = arena_strndup(a, all.data ? all.data : "", all.len ? all.len - 1 : 0);
	buf_release(&all);
	return out;
}

static void hear_out(struct child *c, struct arena *a, struct exec_result *out)
{
	const struct exec *e = c->e;

	c->tail.ring = xmalloc(EXEC_OUTPUT_MAX);
	if (!listen_for(c, e->cancel_fd, e->timeout_ms)) {
		out->is_over = true;
		end_group(c);
	}
	hear_the_rest(c);
	out->is_held = !out->is_over && c->pipe >= 0;
	if (c->has_ended) {
		how_it_ended(&c->end, &out->exit_code, &out->signal);
		reap(c);
	} else {
		exec_leave(c->pid);
	}
	out->output = last_words(&c->tail, a);
	free(c->tail.ring);
}

int exec_run(const struct exec *e, struct arena *a, struct exec_result *out, struct err *err)
{
	struct child c = {.e = e, .in = -1, .out = -1, .pipe = -1, .pidfd = -1};
	int64_t began = clock_mono(&clock_real);
	int rc;

	*out = (struct exec_result){.pid = ABSENT, .exit_code = ABSENT, .signal = ABSENT};
	rc = place(&c, a, err);
	if (!rc)
		rc = streams_open(&c, err);
	if (!rc)
		rc = start(&c, err);
	if (!rc && e->output)
		out->pid = c.pid;
	else if (!rc)
		hear_out(&c, a, out);
	close_fd(&c.in);
	close_fd(&c.out);
	close_fd(&c.pipe);
	close_fd(&c.pidfd);
	out->took_ms = clock_mono(&clock_real) - began;
	return rc;
}

/* --- a detached one --- */

bool exec_has_ended(int64_t pid, int64_t *exit_code, int64_t *signal)
{
	struct child c = {.pid = (pid_t)pid};
	bool has_ended = look(&c);

	how_it_ended(&c.end, exit_code, signal);
	return has_ended;
}

static void *wait_for_it(void *data)
{
	struct child c = {.pid = (pid_t)(intptr_t)data};

	reap(&c);
	return NULL;
}

void exec_leave(int64_t pid)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, REAPER_STACK);
	if (pthread_create(&thread, &attr, wait_for_it, (void *)(intptr_t)pid))
		waitpid((pid_t)pid, NULL, WNOHANG);
	pthread_attr_destroy(&attr);
}

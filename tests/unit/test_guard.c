/* test_guard.c - read-only mode by the kernel: each refused call is made and answered with EPERM,
 * what the console lives on still works, and followers of logs that were started before go on. All
 * of it in children: a filter is for ever. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../backend/guard/guard.h"
#include "../../backend/log/held.h"
#include "../../backend/store/history.h"

/* --- a child says on a pipe what it found wrong --- */

static int told = -1;

static void wrong(const char *fmt, ...) ATTR_PRINTF(1, 2);
static void wrong(const char *fmt, ...)
{
	char line[300];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	line[n++] = '\n';
	if (write(told, line, (size_t)n) < 0)
		_exit(99);
}

static void in_child(void (*body)(void))
{
	char said[8192];
	size_t len = 0;
	ssize_t n;
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		setsid();
		told = fds[1];
		close(fds[0]);
		body();
		_exit(0);
	}
	close(fds[1]);
	while (len < sizeof(said) - 1 && (n = read(fds[0], said + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	close(fds[0]);
	waitpid(pid, &status, 0);
	if (len || status)
		fail_msg("status %d, wrong:\n%s", status, said);
}

/* --- calls --- */

static void expect(const char *what, long rc, int error)
{
	int got = errno;

	if (error ? rc != -1 || got != error : rc == -1)
		wrong("%s: %ld, %s; expected %s", what, rc, strerror(got),
		      error ? strerror(error) : "success");
}

static void try_names(const char *const *names, int error)
{
	for (; *names; names++) {
		long number = seccomp_syscall_resolve_name(*names);

		if (number < 0)
			continue;
		errno = 0;
		long rc = syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
		if (error)
			expect(*names, rc, error);
		else if (errno == EPERM)
			wrong("%s is refused", *names);
	}
}

/* What the documents name, whatever the tables say. */
static const char *const documented[] = {"tkill",
					 "pidfd_send_signal",
					 "pidfd_open",
					 "ptrace",
					 "process_vm_readv",
					 "process_vm_writev",
					 "execve",
					 "execveat",
					 "rename",
					 "renameat",
					 "renameat2",
					 "truncate",
					 "link",
					 "symlink",
					 "chmod",
					 "chown",
					 "rt_sigqueueinfo",
					 "creat",
					 "mknod",
					 "io_uring_setup",
					 "mount",
					 "bpf",
					 "setns",
					 NULL};

static void try_signals(void)
{
	expect("kill of another", kill(getppid(), 0), EPERM);
	expect("kill of the group", kill(0, 0), EPERM);
	expect("kill of a group", kill(-getppid(), 0), EPERM);
	expect("kill of all", kill(-1, 0), EPERM);
	expect("kill of oneself", kill(getpid(), 0), 0);
	expect("kill with more bits", syscall(SYS_kill, (long)getpid() | 1L << 40, 0L), EPERM);
	expect("tgkill of another", syscall(SYS_tgkill, getppid(), getppid(), 0), EPERM);
	expect("tgkill of oneself", syscall(SYS_tgkill, getpid(), gettid(), 0), 0);
	expect("F_SETOWN", fcntl(0, F_SETOWN, getppid()), EPERM);
	expect("F_SETOWN with more bits", syscall(SYS_fcntl, 0L, F_SETOWN | 1L << 40, 1L), EPERM);
	expect("TIOCSTI", ioctl(0, TIOCSTI, "x"), EPERM);
	expect("TIOCSTI with more bits", syscall(SYS_ioctl, 0L, TIOCSTI | 1L << 40, "x"), EPERM);
}

static void try_others(void)
{
	struct rlimit limit;

	expect("prlimit of another", prlimit(getppid(), RLIMIT_CPU, NULL, &limit), EPERM);
	expect("getrlimit", getrlimit(RLIMIT_NOFILE, &limit), 0);
	expect("setpriority of another", setpriority(PRIO_PROCESS, (id_t)getppid(), 5), EPERM);
	expect("setpriority of a group", setpriority(PRIO_PGRP, 0, 5), EPERM);
	expect("setpriority", setpriority(PRIO_PROCESS, 0, 5), 0);
	expect("fork", syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L), EPERM);
	expect("clone3", syscall(SYS_clone3, 0L, 0L), ENOSYS);
}

static void try_opening(int write_error)
{
	static const struct {
		const char *what;
		int flags;
	} modes[] = {{"O_WRONLY", O_WRONLY},
		     {"O_RDWR", O_RDWR},
		     {"O_CREAT", O_RDONLY | O_CREAT},
		     {"O_TRUNC", O_RDONLY | O_TRUNC},
		     {"O_TMPFILE", O_TMPFILE | O_RDWR},
		     {"O_APPEND", O_WRONLY | O_APPEND}};
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

	expect("O_RDONLY", fd, 0);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		const char *path = modes[i].flags & O_TMPFILE & ~O_DIRECTORY ? "/tmp" : "/dev/null";

		expect(modes[i].what, openat(AT_FDCWD, path, modes[i].flags, 0600), write_error);
		if (write_error)
			expect(modes[i].what,
			       syscall(SYS_openat, AT_FDCWD, path, modes[i].flags | 1L << 40),
			       write_error);
#ifdef SYS_open
		expect(modes[i].what, syscall(SYS_open, path, modes[i].flags, 0600), write_error);
#endif
	}
	expect("openat2", syscall(SYS_openat2, AT_FDCWD, "/dev/null", NULL, 0L), ENOSYS);
}

static void *in_thread(void *done)
{
	expect("kill in a thread", kill(getppid(), 0), EPERM);
	*(bool *)done = true;
	return NULL;
}

/* One that was there before, too. */
static void *early(void *gate)
{
	char c;

	if (read(*(int *)gate, &c, 1) < 0)
		wrong("the gate");
	expect("kill in an early thread", kill(getppid(), 0), EPERM);
	return NULL;
}

static void try_living(void)
{
	struct addrinfo *found = NULL;
	bool is_done = false;
	pthread_t t;

	if (pthread_create(&t, NULL, in_thread, &is_done) || pthread_join(t, NULL) || !is_done)
		wrong("no thread");
	if (getaddrinfo("localhost", "80", NULL, &found))
		wrong("no name is resolved");
	if (found)
		freeaddrinfo(found);
	expect("a socket", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 0);
	expect("memory",
	       mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED, 0);
}

static void console_body(void)
{
	static const struct config cfg = {.read_only = true};
	struct err err = {0};
	int gate[2];
	pthread_t t;

	if (pipe(gate) || pthread_create(&t, NULL, early, gate))
		wrong("no early thread");
	if (guard_install(&cfg, &err) || !guard_is_on())
		wrong("%s", err.message);
	if (write(gate[1], "", 1) != 1 || pthread_join(t, NULL))
		wrong("the early thread");
	try_names(guard_refused, EPERM);
	try_names(guard_refused_files, EPERM);
	try_names(guard_state_files, EPERM);
	try_names(documented, EPERM);
	try_signals();
	try_others();
	try_opening(EPERM);
	try_living();
	if (guard_install(&cfg, &err))
		wrong("a second time: %s", err.message);
}

static void refuses_every_call(void **state ATTR_UNUSED)
{
	in_child(console_body);
}

static void rights_body(void)
{
	static const char *const none[] = {"CapInh:", "CapAmb:"};
	unsigned long long caps;
	struct err err = {0};
	char line[200];
	FILE *f;

	if (guard_rights(&err))
		wrong("%s", err.message);
	f = fopen("/proc/self/status", "re");
	while (f && fgets(line, sizeof(line), f)) {
		caps = strchr(line, ':') ? strtoull(strchr(line, ':') + 1, NULL, 16) : 0;
		for (size_t i = 0; i < ARRAY_LEN(none); i++)
			if (!strncmp(line, none[i], strlen(none[i])) && caps)
				wrong("%s", line);
		/* CAP_DAC_READ_SEARCH is 2, CAP_SYS_PTRACE 19 */
		if ((!strncmp(line, "CapPrm:", 7) || !strncmp(line, "CapEff:", 7)) &&
		    caps & ~(1ULL << 2 | 1ULL << 19))
			wrong("%s", line);
		if (!strncmp(line, "NoNewPrivs:", 11) && !strchr(line, '1'))
			wrong("%s", line);
	}
	if (f)
		fclose(f);
}

static void keeps_no_right_but_looking(void **state ATTR_UNUSED)
{
	in_child(rights_body);
}

/* --- what --once keeps --- */

static char folder[] = "/tmp/sparkops-guard-XXXXXX";

static void once_body(void)
{
	const struct config cfg = {
		.read_only = true, .is_once = true, .state_dir = folder, .njobs = 1};
	struct config with_jobs = cfg;
	struct config_job job = {.expect_always = false};
	struct rules_counters c = {0};
	struct err err = {0};
	struct history *h;

	with_jobs.jobs = &job;
	if (guard_install(&with_jobs, &err))
		wrong("%s", err.message);
	h = history_open(folder, &err);
	if (!h || history_put(h, "http://127.0.0.1:1", &c, &err))
		wrong("history: %s", err.message);
	history_close(h);
	try_names(guard_refused, EPERM);
	try_names(guard_refused_files, EPERM);
	try_names(guard_state_files, 0);
	try_signals();
	try_others();
}

static void keeps_the_history_of_once(void **state ATTR_UNUSED)
{
	static const char *const made[] = {"history.db", "history.db-wal", "history.db-shm"};
	char path[100];

	assert_non_null(mkdtemp(folder));
	in_child(once_body);
	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, made[i]);
		assert_int_equal(access(path, F_OK),
				 i == 0 ? 0 : -1); /* SQLite took back the rest */
		unlink(path);
	}
	rmdir(folder);
}

/* --- followers of logs --- */

static const char *const says_and_stays[] = {"sh", "-c", "echo one; exec sleep 100", NULL};
static const char *const says_and_ends[] = {"sh", "-c", "echo two; exit 7", NULL};
static const char *const is_missing[] = {"sparkops-no-such-program", NULL};
static const char *const is_new[] = {"sh", "-c", "echo new", NULL};

static void expect_line(struct log_child *c, const char *line)
{
	char got[64] = "";
	size_t n = 0;

	for (int i = 0; i < 1000 && !n; i++)
		n = log_child_read(c, got, sizeof(got) - 1, 10, 1);
	if (strcmp(got, line) != 0)
		wrong("read \"%s\", not \"%s\"", got, line);
}

static void expect_problem(struct log_child *c, const char *says)
{
	char drop[64];

	for (int i = 0; i < 1000 && c->pid; i++)
		log_child_read(c, drop, sizeof(drop), 10, 1);
	log_child_run(c, INT64_MAX - 1);
	if (c->pid || !strstr(c->problem, says) || !strstr(c->problem, "start sparkops again"))
		wrong("pid %d, \"%s\" does not say \"%s\"", (int)c->pid, c->problem, says);
}

static void followers_body(void)
{
	struct config_job jobs[4] = {{.log = {.command = says_and_stays}},
				     {.log = {.command = says_and_ends}},
				     {.log = {.command = is_missing}},
				     {.log = {.files = is_new}}};
	const struct config cfg = {.read_only = true, .njobs = 4, .jobs = jobs};
	struct log_child stays, ends, missing, fresh;
	struct err err = {0};
	pid_t pid;

	if (guard_install(&cfg, &err))
		wrong("%s", err.message);
	log_child_init(&stays, says_and_stays);
	expect_line(&stays, "one\n");
	pid = stays.pid;
	/* a configuration that was read again: the same program goes on */
	log_child_release(&stays);
	log_child_init(&stays, says_and_stays);
	if (!pid || stays.pid != pid)
		wrong("not the same program: %d, %d", (int)pid, (int)stays.pid);
	log_child_init(&ends, says_and_ends);
	expect_line(&ends, "two\n");
	expect_problem(&ends, "sh ended with exit code 7");
	log_child_init(&missing, is_missing);
	expect_problem(&missing, "is not installed");
	log_child_init(&fresh, is_new);
	expect_problem(&fresh, "not in the configuration when sparkops started");
}

static void followers_started_before_go_on(void **state ATTR_UNUSED)
{
	in_child(followers_body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_every_call),
		cmocka_unit_test(keeps_no_right_but_looking),
		cmocka_unit_test(keeps_the_history_of_once),
		cmocka_unit_test(followers_started_before_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* java_stand_in.c - the stand-in and the stage it stands on. */
#include "java_stand_in.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BIG = 6 << 20 };

const char stand_in_dump[] =
	"2026-11-21 16:00:00\nFull thread dump OpenJDK 64-Bit Server VM (17.0.15):\n\n"
	"\"main\" #1 prio=5 os_prio=0 cpu=1.00ms tid=0x1 nid=0x2 waiting on condition\n"
	"   java.lang.Thread.State: WAITING (on object monitor)\n"
	"\tat java.lang.Object.wait(java.base@17/Native Method)\x1b[2J\n\n"
	"Found one Java-level deadlock:\n=============================\n"
	"\"Thread-5\":\n  waiting for ownable synchronizer 0x00000000e1\n"
	"  which is held by \"Thread-6\"\n\n"
	"Java stack information for the threads listed above:\n"
	"===================================================\n\"Thread-5\":\n\tat x.y\n\n"
	"Found 1 deadlock.\n";

/* --- the stand-in --- */

static int self_pipe[2];

static void on_quit(int signal)
{
	(void)signal;
	(void)!write(self_pipe[1], "", 1);
}

int stand_in_serve(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 5) < 0)
		_exit(3);
	return fd;
}

static void say_bytes(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t k = send(fd, text, n, MSG_NOSIGNAL);
		if (k <= 0)
			return;
		text += k;
		n -= (size_t)k;
	}
}

static void say(int fd, const char *text)
{
	say_bytes(fd, text, strlen(text));
}

static void answer(int listener, const char *mode)
{
	static const char wanted[] = "1\0threaddump\0-l\0\0";
	char question[64], *big;
	int fd = accept(listener, NULL, NULL);
	size_t n = 0;

	while (n < sizeof(wanted)) {
		ssize_t k = recv(fd, question + n, sizeof(question) - n, 0);
		if (k <= 0)
			break;
		n += (size_t)k;
	}
	if (n != sizeof(wanted) || memcmp(question, wanted, n) != 0)
		say(fd, "101\nnot the question of an attach client");
	else if (!strcmp(mode, "refuse"))
		say(fd, "100\nOperation \x1b[1mnot recognized!");
	else if (!strcmp(mode, "garbage"))
		say(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
	else if (!strcmp(mode, "big")) {
		big = xmalloc(BIG);
		memset(big, 'x', BIG);
		for (size_t i = 79; i < BIG; i += 80)
			big[i] = '\n';
		say(fd, "0\n");
		say_bytes(fd, big, BIG);
		free(big);
	} else if (strcmp(mode, "close") != 0) {
		say(fd, "0\n");
		say(fd, stand_in_dump);
	}
	close(fd);
}

static int be_java(const char *mode, const char *libjvm)
{
	char path[64], trigger[64];
	int lib = open(libjvm, O_RDONLY), listener = -1;
	struct sigaction quit = {.sa_handler = on_quit};
	struct pollfd fds[2];

	snprintf(path, sizeof(path), "/tmp/.java_pid%d", (int)getpid());
	snprintf(trigger, sizeof(trigger), "/tmp/.attach_pid%d", (int)getpid());
	if (lib >= 0 && mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, lib, 0) == MAP_FAILED)
		return 2;
	if (pipe(self_pipe) < 0)
		return 2;
	if (strcmp(mode, "rs") != 0)
		sigaction(SIGQUIT, &quit, NULL);
	if (!strcmp(mode, "open") || !strcmp(mode, "silent"))
		listener = stand_in_serve(path);
	(void)!write(STDOUT_FILENO, "+", 1);
	if (!strcmp(mode, "stopped"))
		raise(SIGSTOP);
	for (;;) {
		fds[0] = (struct pollfd){.fd = self_pipe[0], .events = POLLIN};
		fds[1] = (struct pollfd){.fd = strcmp(mode, "silent") ? listener : -1,
					 .events = POLLIN};
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents) {
			(void)!read(self_pipe[0], trigger + 40, 1);
			if (!strcmp(mode, "dies"))
				_exit(1);
			if (access(trigger, F_OK) == 0 && strcmp(mode, "deaf") != 0)
				listener = stand_in_serve(path);
			else
				(void)!write(STDOUT_FILENO, "D", 1);
		}
		if (fds[1].revents)
			answer(listener, mode);
	}
}

/* --- the stage --- */

static char folder[64], java[96], libjvm[96];

static void copy_file(const char *from, const char *to)
{
	static char piece[1 << 16];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	size_t n;

	assert_non_null(in);
	assert_non_null(out);
	while ((n = fread(piece, 1, sizeof(piece), in)) > 0)
		assert_int_equal(fwrite(piece, 1, n, out), n);
	fclose(in);
	fclose(out);
	assert_int_equal(chmod(to, 0755), 0);
}

int make_java(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test_attach.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(java, sizeof(java), "%s/java", folder);
	snprintf(libjvm, sizeof(libjvm), "%s/libjvm.so", folder);
	copy_file("/proc/self/exe", java);
	copy_file("/proc/self/cmdline", libjvm);
	assert_int_equal(truncate(libjvm, 4096), 0);
	return 0;
}

int drop_java(void **state)
{
	(void)state;
	unlink(java);
	unlink(libjvm);
	return rmdir(folder);
}

int64_t start_ticks(pid_t pid)
{
	char path[64], line[1024], *p;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	fclose(f);
	p = strrchr(line, ')') + 1;
	for (int i = 0; i < 19; i++)
		p = strchr(p + 1, ' ');
	return strtoll(p, NULL, 10);
}

void stand_in_start(struct stand_in *s, const char *mode, const char *option)
{
	char with_mode[64], with_library[128];
	const char *argv[] = {java,
			      with_mode,
			      with_library,
			      option ? option : "-Dx",
			      "org.apache.spark.deploy.SparkSubmit",
			      "--name",
			      "stand-in",
			      "job.jar",
			      NULL};
	int out[2];
	char c;

	snprintf(with_mode, sizeof(with_mode), "-Dmode=%s", mode);
	snprintf(with_library, sizeof(with_library), "-Dlibrary=%s",
		 s->has_no_library ? "none" : libjvm);

	assert_int_equal(pipe(out), 0);
	s->pid = fork();
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* it ends with the test, however */
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		close(out[1]);
		execv(java, (char *const *)(uintptr_t)argv);
		_exit(4);
	}
	close(out[1]);
	s->out = out[0];
	assert_int_equal(read(s->out, &c, 1), 1);
	s->ask = (struct attach_request){
		.pid = s->pid,
		.start_ticks = start_ticks(s->pid),
		.ns_pid = s->pid,
		.uid = geteuid(),
		.command = "threaddump",
		.arg = "-l",
		.limit_ms = STAND_IN_LIMIT_MS,
	};
}

void stand_in_end(struct stand_in *s)
{
	char path[64];

	kill(s->pid, SIGKILL);
	assert_int_equal(waitpid(s->pid, NULL, 0), s->pid);
	close(s->out);
	snprintf(path, sizeof(path), "/tmp/.java_pid%d", (int)s->pid);
	unlink(path);
	snprintf(path, sizeof(path), "/tmp/.attach_pid%d", (int)s->pid);
	assert_int_equal(access(path, F_OK), -1); /* whoever asked took the trigger away again */
}

void stand_in_main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	if (argc >= 3 && name && strcmp(name, "/java") == 0)
		_exit(be_java(strchr(argv[1], '=') + 1, strchr(argv[2], '=') + 1));
	signal(SIGPIPE, SIG_IGN);
}

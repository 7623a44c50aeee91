/* jvm_zoo.h - stand-in JVMs as processes of a unit test: tests/world/jvm, copied to where every
 * user can run them. Each ends with the test, by its pid. In one file of a program. */
#ifndef SPARKOPS_TESTS_JVM_ZOO_H
#define SPARKOPS_TESTS_JVM_ZOO_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../backend/jvm/proc.h"

#define SUBMIT "org.apache.spark.deploy.SparkSubmit"

struct animal {
	pid_t pid; /* of who was started: for a pair its Python */
	int64_t java, ui, gateway, rpc;
	char id[48]; /* of the JVM */
	int input;   /* the other end of its standard input */
};

/* How it is started; zeroed: a driver of our own user. */
struct birth {
	const char *program;            /* "java" */
	const char *const *argv;        /* NULL: a driver's */
	const char *submit;             /* PYSPARK_SUBMIT_ARGS of a pair */
	int64_t real, effective, saved; /* users, 0: as we are */
	const char *folder;             /* it runs in; NULL: the zoo's own, which nobody else has */
	bool is_silent;                 /* is no stand-in: says nothing of its ports */
	int state;                      /* in which it is when it is ready; 0: S */
};

static char zoo_folder[64];

static inline void zoo_copy(const char *name)
{
	static char piece[1 << 16];
	const char *world = getenv("WORLD");
	char from[4096], to[128];
	FILE *in, *out;
	size_t n;

	snprintf(from, sizeof(from), "%s-jvm/%s", world ? world : "build/world", name);
	snprintf(to, sizeof(to), "%s/%s", zoo_folder, name);
	in = fopen(from, "rbe");
	if (!in)
		fail_msg("%s is missing: make world", from);
	out = fopen(to, "wbe");
	assert_non_null(out);
	while ((n = fread(piece, 1, sizeof(piece), in)) > 0)
		assert_int_equal(fwrite(piece, 1, n, out), n);
	fclose(in);
	fclose(out);
	assert_int_equal(chmod(to, 0755), 0);
}

static inline int zoo_open(void **state)
{
	(void)state;
	snprintf(zoo_folder, sizeof(zoo_folder), "/tmp/test_zoo.XXXXXX");
	if (!mkdtemp(zoo_folder))
		return -1;
	chmod(zoo_folder, 0755);
	zoo_copy("java");
	zoo_copy("python3");
	zoo_copy("libjvm.so");
	return 0;
}

static inline int zoo_close(void **state)
{
	static const char *const names[] = {"java", "python3", "libjvm.so"};
	char path[128];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", zoo_folder, names[i]);
		unlink(path);
	}
	return rmdir(zoo_folder);
}

static inline struct proc_stat zoo_stat(int64_t pid)
{
	struct proc_stat stat = {0};
	struct proc p;
	struct err err;

	assert_int_equal(proc_open(&p, "/proc", &err), 0);
	if (!proc_stat(&p, pid, &stat))
		stat.state = 0;
	proc_close(&p);
	return stat;
}

static inline void zoo_id(int64_t pid, char out[static 48])
{
	snprintf(out, 48, "%" PRId64 "@%" PRId64, pid, zoo_stat(pid).start_ticks);
}

static inline void zoo_await(int64_t pid, int state)
{
	for (int i = 0; zoo_stat(pid).state != state; i++) {
		if (i > 2000)
			fail_msg("%" PRId64 " is in state %c, not %c", pid, zoo_stat(pid).state,
				 state);
		poll(NULL, 0, 5);
	}
}

static inline void zoo_child(const struct birth *b, int ready)
{
	static const char *const driver[] = {"java",
					     "-cp",
					     "/opt/spark/conf:/opt/spark/jars/*",
					     "-Xmx512m",
					     SUBMIT,
					     "--conf",
					     "spark.ui.port=0",
					     "--conf",
					     "spark.app.name=copy",
					     "x.jar",
					     NULL};
	const char *const *argv = b->argv ? b->argv : driver;
	char path[128], number[24];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(number, sizeof(number), "%d", ready);
	setenv("WORLD_READY", number, 1);
	if (chdir(b->folder ? b->folder : zoo_folder) < 0)
		_exit(6);
	if (b->submit)
		setenv("PYSPARK_SUBMIT_ARGS", b->submit, 1);
	if (b->effective || b->real) {
		(void)!setgid(65534);
		if (setresuid((uid_t)b->real, (uid_t)b->effective, (uid_t)b->saved) < 0)
			_exit(5);
	}
	snprintf(path, sizeof(path), "%s/%s", zoo_folder, b->program ? b->program : "java");
	execv(b->program && *b->program == '/' ? b->program : path, (char *const *)(uintptr_t)argv);
	_exit(4);
}

/* Reads `java PID UI GATEWAY RPC`. */
static inline void zoo_listen(struct animal *a, int fd)
{
	FILE *in = fdopen(fd, "re");
	char line[128];

	a->java = 0;
	while (!a->java && fgets(line, sizeof(line), in))
		(void)!sscanf(line, "java %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64, &a->java,
			      &a->ui, &a->gateway, &a->rpc);
	fclose(in);
	if (!a->java)
		fail_msg("the stand-in did not start");
	zoo_id(a->java, a->id);
}

static inline void zoo_start(struct animal *a, const struct birth *b)
{
	int ready[2], input[2], null = open("/dev/null", O_RDWR);

	memset(a, 0, sizeof(*a));
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe2(input, O_CLOEXEC), 0);
	fcntl(ready[0], F_SETFD, FD_CLOEXEC);
	a->pid = fork();
	if (a->pid == 0) {
		dup2(input[0], STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(ready[0]);
		zoo_child(b, ready[1]);
	}
	close(null);
	close(ready[1]);
	close(input[0]);
	a->input = input[1];
	if (!b->is_silent) {
		zoo_listen(a, ready[0]);
		return;
	}
	close(ready[0]);
	a->java = a->pid;
	zoo_await(a->pid, b->state ? b->state : 'S');
	zoo_id(a->pid, a->id);
}

static inline void zoo_driver(struct animal *a)
{
	zoo_start(a, &(struct birth){0});
}

static inline void zoo_pair(struct animal *a)
{
	static const char *const argv[] = {"python3", "job.py", NULL};

	zoo_start(a, &(struct birth){.program = "python3",
				     .argv = argv,
				     .submit = "--conf spark.app.name=copy --conf spark.ui.port=0 "
					       "pyspark-shell"});
}

static inline void zoo_tell(int64_t pid, const char *order)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), n;
	char answer[256] = "";

	n = snprintf(to.sun_path + 1, sizeof(to.sun_path) - 1, "sparkops-stand-in-%" PRId64, pid);
	assert_int_equal(
		connect(fd, (struct sockaddr *)&to,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)),
		0);
	dprintf(fd, "%s\n", order);
	(void)!read(fd, answer, sizeof(answer) - 1);
	close(fd);
	if (*answer && strncmp(answer, "done", 4) != 0)
		fail_msg("%s: %s", order, answer);
}

/* Is it still there, and no zombie? */
static inline bool zoo_lives(int64_t pid)
{
	int state = zoo_stat(pid).state;

	return state && state != 'Z' && state != 'X';
}

/* Ends what was started, and what it started, by their ids. */
static inline void zoo_end(struct animal *a)
{
	char path[64], id[48];

	if (a->java != a->pid && zoo_lives(a->java)) {
		zoo_id(a->java, id);
		if (strcmp(id, a->id) == 0)
			kill((pid_t)a->java, SIGKILL);
	}
	kill(a->pid, SIGKILL);
	waitpid(a->pid, NULL, 0);
	close(a->input);
	snprintf(path, sizeof(path), "/tmp/.java_pid%" PRId64, a->java);
	unlink(path);
	snprintf(path, sizeof(path), "/tmp/hsperfdata_root/%" PRId64, a->java);
	unlink(path);
}

#endif

/* bench_jvms.c - what it costs to watch 500 Spark JVMs among 5,000 processes, beside ps and jps.
 *
 * Real processes: 4,500 that sleep, and 500 copies of this program named java, with a libjvm.so in
 * their maps, Spark's arguments, four listening ports, 200 open files and counters in
 * /tmp/hsperfdata_USER. The looks follow each other at once, with a clock that says two seconds
 * have passed; what is measured is CPU of the thread that looks. */
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../backend/jvm/scan.h"
#include "../../include/row/jvm.h"
#include "cost.h"

enum {
	PROCESSES = 5000,
	JVMS = 500,
	FILES = 200,
	PORTS = 4,
	YOUNG = 30,
	OLD = 150,
	LOOKS = 240,
	STEP_MS = 2000
};

#define COUNTERS "tests/fixture/hsperf/"

static int64_t clock_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t thread_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- a process that looks like a Spark JVM --- */

/* The counters say when their JVM began; those recorded say it of another day. */
static void set_began(char *bytes, size_t len, int64_t began_at)
{
	static const char name[] = "sun.rt.createVmBeginTime";
	char *at = memmem(bytes, len, name, sizeof(name));
	int32_t data;

	if (!at || at - bytes < 20)
		return;
	memcpy(&data, at - 20 + 16, sizeof(data));
	memcpy(at - 20 + data, &began_at, sizeof(began_at));
}

static void counters_path(char *path, size_t size, pid_t pid)
{
	const struct passwd *me = getpwuid(geteuid());
	int n = snprintf(path, size, "/tmp/hsperfdata_%s", me ? me->pw_name : "root");

	mkdir(path, 0755);
	snprintf(path + n, size - (size_t)n, "/%d", (int)pid);
}

static void write_counters(const char *from)
{
	char path[128], bytes[65536];
	FILE *f = fopen(from, "rb");
	size_t n = f ? fread(bytes, 1, sizeof(bytes), f) : 0;

	if (f)
		fclose(f);
	set_began(bytes, n, clock_ms(CLOCK_REALTIME));
	counters_path(path, sizeof(path), getpid());
	f = fopen(path, "wb");
	if (!f)
		return;
	fwrite(bytes, 1, n, f);
	fclose(f);
}

static void be_java(const char *program, const char *counters)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%.480s", program);
	snprintf(strrchr(path, '/'), 16, "/libjvm.so");
	fd = open(path, O_RDONLY);
	if (fd < 0 || mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		_exit(1);
	for (int i = 0; i < FILES; i++)
		(void)!dup(fd);
	for (int i = 0; i < PORTS; i++) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, 50))
			_exit(1);
	}
	write_counters(counters);
	(void)!write(STDOUT_FILENO, "!", 1);
	close(STDOUT_FILENO);
	for (;;)
		pause();
}

static pid_t start(const char *java, const char *counters, int ready)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!java) {
		close(ready);
		for (;;)
			pause();
	}
	dup2(ready, STDOUT_FILENO);
	execl(java, java, "-cp", "/opt/spark/conf:/opt/spark/jars/*", "-Xmx512m",
	      "--add-opens=java.base/java.lang=ALL-UNNAMED", "org.apache.spark.deploy.SparkSubmit",
	      "--conf", "spark.app.name=bench", "--conf", "spark.ui.port=4040", counters,
	      (char *)NULL);
	_exit(1);
}

/* --- the processes of the bench --- */

static void copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	char bytes[65536];
	ssize_t n;

	while ((n = read(in, bytes, sizeof(bytes))) > 0)
		if (write(out, bytes, (size_t)n) != n)
			exit(1);
	close(in);
	close(out);
}

static size_t start_all(const char *folder, const char *counters, pid_t *pids)
{
	char java[256], lib[256], byte;
	int ready[2];
	size_t n = 0;

	snprintf(java, sizeof(java), "%s/java", folder);
	snprintf(lib, sizeof(lib), "%s/libjvm.so", folder);
	copy_file("/proc/self/exe", java);
	copy_file("/proc/self/exe", lib);
	if (pipe(ready))
		exit(1);
	for (; n < PROCESSES; n++) {
		pids[n] = start(n % (PROCESSES / JVMS) ? NULL : java, counters, ready[1]);
		if (pids[n] < 0) {
			printf("only %zu processes could be started\n", n);
			break;
		}
	}
	close(ready[1]);
	for (size_t i = 0; i < n / (PROCESSES / JVMS); i++)
		if (read(ready[0], &byte, 1) != 1)
			break;
	close(ready[0]);
	return n;
}

static void end_all(const pid_t *pids, size_t n, const char *folder)
{
	char path[256];

	for (size_t i = 0; i < n; i++) {
		counters_path(path, sizeof(path), pids[i]);
		if (i % (PROCESSES / JVMS) == 0)
			unlink(path);
		kill(pids[i], SIGKILL);
	}
	for (size_t i = 0; i < n; i++)
		waitpid(pids[i], NULL, 0);
	snprintf(path, sizeof(path), "%s/java", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/libjvm.so", folder);
	unlink(path);
	rmdir(folder);
}

/* --- what is measured --- */

static int64_t look(struct scan *s, struct scan_time *at, size_t *rows)
{
	struct err err;
	int64_t began = thread_us();
	struct dataset *d = scan_look(s, at, &err);

	if (!d) {
		printf("%s\n", err.message);
		exit(1);
	}
	*rows = dataset_rows(d, &schema_jvm)->n;
	dataset_unref(d);
	at->wall += STEP_MS;
	at->mono += STEP_MS;
	return thread_us() - began;
}

static void say(const char *what, int64_t us, int looks)
{
	double ms = (double)us / 1000.0 / looks;

	printf("%-46s %7.2f ms a look  %5.2f %% of a core at 2 s\n", what, ms, ms / 20.0);
}

static void measure(void)
{
	struct scan_time at = {clock_ms(CLOCK_REALTIME), clock_ms(CLOCK_MONOTONIC)};
	struct scan *s = scan_new("/proc");
	int64_t young = 0, old = 0, worst = 0, us;
	size_t rows;

	us = look(s, &at, &rows);
	printf("%zu JVMs\n", rows);
	say("sparkops, the first look", us, 1);
	for (int i = 1; i < LOOKS; i++) {
		us = look(s, &at, &rows);
		worst = us > worst ? us : worst;
		young += i < YOUNG ? us : 0;
		old += i >= OLD ? us : 0;
	}
	say("sparkops, JVMs younger than a minute", young, YOUNG - 1);
	say("sparkops, JVMs older than five minutes", old, LOOKS - OLD);
	say("sparkops, the worst look but the first", worst, 1);
	scan_free(s);
}

static void anchor(const char *what, const char *const *argv)
{
	pid_t pid = fork();
	double s;

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(CANNOT_RUN);
	}
	s = child_cpu_s(pid);
	if (s >= 0)
		say(what, (int64_t)(s * 1e6), 1);
}

int main(int argc, char **argv)
{
	static const char *const ps[] = {"ps", "-eo", "pid,args", NULL};
	static const char *const top[] = {"top", "-b", "-n", "1", NULL};
	static const char *const jps[] = {"jps", "-lm", NULL};
	const char *slash = strrchr(argv[0], '/');
	static pid_t pids[PROCESSES];
	char folder[] = "/tmp/sparkops-bench-XXXXXX";
	size_t n;

	if (slash && strcmp(slash, "/java") == 0)
		be_java(argv[0], argv[argc - 1]);
	if (!mkdtemp(folder))
		return 1;
	n = start_all(folder, argc > 1 ? argv[1] : COUNTERS "driver-g1.bin", pids);
	measure();
	anchor("ps -eo pid,args", ps);
	anchor("top -b -n 1", top);
	anchor("jps -lm", jps);
	end_all(pids, n, folder);
	return 0;
}

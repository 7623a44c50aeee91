/* python.c - the Python half of a PySpark job: an executable named `python3` whose direct child is
 * the JVM, as with `python job.py`. It starts that JVM with the arguments of PYSPARK_SUBMIT_ARGS
 * and the options of SPARK_SUBMIT_OPTS (Spark's own variables), keeps the pipe on its standard
 * input, is connected to its gateway, listens for its callbacks, serves the job's health port, and
 * never reaps it: a JVM that dies stays a zombie beside it. By hand:
 *
 *   PYSPARK_SUBMIT_ARGS='--conf spark.app.name=copy pyspark-shell' build/world-jvm/python3 job.py
 *   build/world-jvm/tell PID leave | die STATUS | shut | open | log LEVEL TEXT    (health port)
 *
 * Environment, for who starts it: WORLD_HEALTH=PORT,RELAY is the port to listen on (0: any) and the
 * one on loopback that answers; WORLD_HEAP=512m; WORLD_RETRY=MS between attempts on a dead JVM;
 * WORLD_SPARK=3.5 or 4.3; WORLD_READY=FD gets the line `python PID HEALTH-PORT`, then the JVM's
 * (java.c). */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "launcher.h"
#include "orders.h"
#include "port.h"
#include "retry.h"

#define BACKLOG_FLASK 128
#define BACKLOG_CALLBACKS 5
#define CONNECTIONS 2 /* to the gateway, as PySpark keeps */
#define RETRY_MS "5000"

struct job {
	struct gate gate;
	struct port health, callbacks, accumulators;
	int health_relay;
	int gateway[CONNECTIONS];
	int java_input, java_ready; /* ends of pipes */
	int java;                   /* pid */
	char line[128];             /* its ready line */
};

static const char *setting(const char *name, const char *otherwise)
{
	const char *value = getenv(name);
	return value ? value : otherwise;
}

static void be_java(int input, int ready)
{
	struct args args = {.is_v4 = strncmp(setting("WORLD_SPARK", "3.5"), "4", 1) == 0};
	char *java = launch_beside("java"), number[16];

	launch_begin(&args, java, getenv("SPARK_SUBMIT_OPTS"));
	args_add(&args, "-Xmx%s", setting("WORLD_HEAP", "1g"));
	launch_opens(&args, true);
	args_add(&args, "org.apache.spark.deploy.SparkSubmit");
	args_split(&args, setting("PYSPARK_SUBMIT_ARGS", "pyspark-shell"));
	dup2(input, STDIN_FILENO);
	close(input);
	if (getenv("WORLD_READY"))
		close((int)strtol(getenv("WORLD_READY"), NULL, 10));
	snprintf(number, sizeof(number), "%d", ready);
	setenv("WORLD_READY", number, 1);
	execv(java, args.v);
	perror(java);
	_exit(127);
}

static bool start_java(struct job *job)
{
	int input[2], ready[2];

	if (pipe(input) || pipe(ready))
		return false;
	job->java = fork();
	if (job->java < 0)
		return false;
	if (job->java == 0) {
		close(input[1]);
		close(ready[0]);
		be_java(input[0], ready[1]);
	}
	close(input[0]);
	close(ready[1]);
	job->java_input = input[1];
	job->java_ready = ready[0];
	ssize_t size = read(ready[0], job->line, sizeof(job->line) - 1);
	return size > 0;
}

static void connect_gateway(struct job *job)
{
	int number = 0;
	struct sockaddr_in there = {.sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	if (sscanf(job->line, "java %*d %*d %d", &number) != 1 || number == 0)
		return;
	there.sin_port = htons((unsigned short)number);
	for (int i = 0; i < CONNECTIONS; i++) {
		job->gateway[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(job->gateway[i], (const struct sockaddr *)&there, sizeof(there)))
			perror("gateway");
	}
	retry_watch(job->gateway[0], number,
		    (int)strtol(setting("WORLD_RETRY", RETRY_MS), NULL, 10));
}

static void open_port(struct job *job, struct port *port, int number, int backlog)
{
	port->thread = port->visitor = "python3";
	port->gate = &job->gate;
	port->serve = port->serve ? port->serve : port_sink;
	if (!port_open(port, number, 0, backlog)) {
		fprintf(stderr, "python3: port %d: %s\n", number, strerror(errno));
		exit(EXIT_FAILURE);
	}
}

static void open_ports(struct job *job)
{
	const char *health = getenv("WORLD_HEALTH");
	int number;

	if (health && sscanf(health, "%d,%d", &number, &job->health_relay) == 2) {
		job->health.serve = port_relay;
		job->health.data = &job->health_relay;
		open_port(job, &job->health, number, BACKLOG_FLASK);
	}
	open_port(job, &job->accumulators, 0, BACKLOG_CALLBACKS);
	open_port(job, &job->callbacks, 0, BACKLOG_CALLBACKS);
}

static const char *obey(void *data, char *line)
{
	struct job *job = data;
	char level[16];
	int status, text = 0;

	if (sscanf(line, "die %d", &status) == 1)
		_exit(status);
	if (strcmp(line, "leave") == 0)
		_exit(EXIT_SUCCESS); /* the pipe closes, the JVM follows */
	if (sscanf(line, "log %15s %n", level, &text) == 1 && text > 0) {
		retry_say(level, line + text);
	} else if (strcmp(line, "shut") == 0 && !job->health.is_shut) {
		port_shut(&job->health);
		job->health.is_shut = true;
	} else if (strcmp(line, "open") == 0 && job->health.is_shut) {
		open_port(job, &job->health, job->health.number, BACKLOG_FLASK);
		job->health.is_shut = false;
	} else {
		return "there is no such order now; python.c has them";
	}
	return NULL;
}

static void say_ready(const struct job *job)
{
	const char *fd = getenv("WORLD_READY");

	if (!fd)
		return;
	int out = (int)strtol(fd, NULL, 10);
	dprintf(out, "python %d %d\n%s", getpid(), job->health.number, job->line);
	close(out);
}

int main(void)
{
	static struct job job;

	signal(SIGPIPE, SIG_IGN);
	gate_init(&job.gate);
	if (!start_java(&job)) {
		fputs("python3: Java gateway process exited before sending its port number\n",
		      stderr);
		return EXIT_FAILURE;
	}
	open_ports(&job);
	connect_gateway(&job);
	orders_listen(obey, &job);
	say_ready(&job);
	for (;;)
		pause();
}

/* java.c - a stand-in for a Spark JVM, to whoever looks from outside: an executable named `java`
 * with a libjvm.so in its maps, the command line that Spark's launcher writes, the ports of its
 * role with their backlogs, threads with HotSpot's names, moving counters in hsperfdata, a shutdown
 * hook on SIGTERM. It runs no Java. By hand:
 *
 *   build/world-jvm/java -cp /opt/spark/conf -Xmx512m \
 *     org.apache.spark.deploy.SparkSubmit --conf spark.app.name=copy --conf spark.ui.port=4040
 * x.jar build/world-jvm/python3 job.py        a PySpark job: Python with such a java as its child
 *   build/world-jvm/tell PID ORDER        orders below; `done`, or what is wrong
 *
 *   idle | busy | well        well: idle, accepting again
 *   hang                      nobody accepts, nothing moves, no CPU
 *   thrash | struggle         full collections without end; struggle: it still answers
 *   deadlock | strand         two threads wait for each other; the UI is gone, the gateway stays
 *   heap PCT                  of the heap lives through a collection
 *   die STATUS | leave        at once; as on SIGTERM
 *
 * Environment, for who starts it: WORLD_UI=PORT answers for the UI (a relay; without it version
 * and applications only), WORLD_READY=FD gets the line `java PID UI-PORT GATEWAY-PORT RPC-PORT`
 * once all ports are open. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "life.h"
#include "orders.h"
#include "ui.h"

#define BACKLOG_JETTY 1
#define BACKLOG_NETTY 4096
#define BACKLOG_JDK 50
#define STATUS_TERM (128 + SIGTERM)

int JNI_GetCreatedJavaVMs(void); /* of the stub libjvm.so */

static const char *obey(void *data, char *line)
{
	static const struct {
		const char *word;
		enum mode mode;
	} modes[] = {
		{"idle", MODE_IDLE},         {"busy", MODE_BUSY},       {"well", MODE_IDLE},
		{"hang", MODE_HANG},         {"thrash", MODE_THRASH},   {"struggle", MODE_STRUGGLE},
		{"deadlock", MODE_DEADLOCK}, {"strand", MODE_STRANDED},
	};
	struct life *life = data;
	int number;

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (strcmp(line, modes[i].word) == 0) {
			life_mode(life, modes[i].mode);
			return NULL;
		}
	if (sscanf(line, "heap %d", &number) == 1)
		life->heap_pct = number;
	else if (sscanf(line, "die %d", &number) == 1)
		life_die(life, number);
	else if (strcmp(line, "leave") == 0)
		life_leave(life, EXIT_SUCCESS);
	else
		return "there is no such order; java.c has them";
	return NULL;
}

static bool open_port(struct life *life, int which, int number, int backlog)
{
	struct port *port = &life->ports[which];
	bool is_ui = which == PORT_UI;

	port->thread = is_ui ? "SparkUI-36-acceptor-0" : "rpc-boss-3-1";
	port->gate = &life->gate;
	port->is_dual = true;
	port->serve = is_ui && life->ui_relay ? port_relay : is_ui ? ui_serve : port_sink;
	port->data = is_ui && life->ui_relay ? (void *)&life->ui_relay : (void *)life;
	if (port_open(port, number, is_ui ? 16 : 0, backlog))
		return true;
	fprintf(stderr, "java: port %d: %s\n", number, strerror(errno));
	return false;
}

static bool open_ports(struct life *life)
{
	const struct self *self = life->self;
	bool is_good = true;

	if ((self->role == ROLE_DRIVER && self->is_pyspark) || self->role == ROLE_GATEWAY)
		is_good &= open_port(life, PORT_GATEWAY, 0, BACKLOG_JDK);
	if (self->role <= ROLE_WORKER && self->role != ROLE_EXECUTOR)
		is_good &= open_port(life, PORT_RPC, self->rpc_port, BACKLOG_NETTY);
	if (self->role <= ROLE_EXECUTOR)
		is_good &= open_port(life, PORT_BLOCKS, 0, BACKLOG_NETTY);
	if (self->ui_port >= 0)
		is_good &= open_port(life, PORT_UI, self->ui_port, BACKLOG_JETTY);
	if (self->rest_port >= 0)
		is_good &= open_port(life, PORT_REST, self->rest_port, BACKLOG_JDK);
	return is_good;
}

/* Signals wait while it hangs: a JVM that cannot run its hooks does not end on SIGTERM. */
static void *dispatch_signals(void *data)
{
	struct life *life = data;
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	while (sigwait(&set, &number) == 0) {
		gate_pass(&life->gate);
		life_leave(life, STATUS_TERM);
	}
	return NULL;
}

static void block_signals(const struct self *self)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (self->is_pyspark) {
		signal(SIGHUP, SIG_IGN);
		signal(SIGINT, SIG_IGN);
	}
}

static void say_ready(const struct life *life)
{
	const char *fd = getenv("WORLD_READY");

	if (!fd)
		return;
	int out = (int)strtol(fd, NULL, 10);
	dprintf(out, "java %d %d %d %d\n", getpid(), life->ports[PORT_UI].number,
		life->ports[PORT_GATEWAY].number, life->ports[PORT_RPC].number);
	close(out);
}

/* A PySpark driver ends when its Python does: that closes the pipe on its standard input. */
static void wait_for_end(struct life *life)
{
	struct stat info;
	char piece[512];
	ssize_t size = 1;

	if (!life->self->is_pyspark || fstat(STDIN_FILENO, &info) ||
	    !(S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode)))
		for (;;)
			pause();
	while (size > 0 || (size < 0 && errno == EINTR))
		size = read(STDIN_FILENO, piece, sizeof(piece));
	gate_pass(&life->gate);
	life_leave(life, EXIT_SUCCESS);
}

int main(int argc, char **argv)
{
	static struct life life;
	struct self self;
	const char *relay = getenv("WORLD_UI");

	if (!self_read(&self, argc, argv) || JNI_GetCreatedJavaVMs()) {
		fputs("usage: java OPTIONS MAIN-CLASS ARGUMENTS, as Spark's launcher writes it\n",
		      stderr);
		return EXIT_FAILURE;
	}
	block_signals(&self);
	life_init(&life, &self);
	life.ui_relay = relay ? (int)strtol(relay, NULL, 10) : 0;
	thread_start("Signal Dispatcher", dispatch_signals, &life);
	pulse_start(&life);
	if (!open_ports(&life))
		life_die(&life, EXIT_FAILURE);
	orders_listen(obey, &life);
	say_ready(&life);
	wait_for_end(&life);
}

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
 *   idle | busy [EVERY TOOK] | well   busy for TOOK of EVERY ms; well: accepting again, idle
 *   hang                      nobody accepts, nothing moves, no CPU
 *   thrash | struggle         full collections without end; struggle: it still answers
 *   deadlock | strand         two threads wait for each other; the UI is gone, the gateway stays
 *   dump                      writes a heap dump, 40 MB/s, into its working folder
 *   attach-busy               whoever attaches waits
 *   heap LIVE [USED]          per cent: what lives through a collection, the mean
 *   log LEVEL CLASS TEXT      a record in its log; say TEXT: a line as it is
 *   oom                       a task out of heap: the log says so, the process ends with 52
 *   crippled                  a full heap: threads die, the gateway's too; the log says so
 *   shut | open               the port of the UI
 *   twin SECONDS              forks a child that lives so long, as Hadoop's shell commands do
 *   become PROGRAM            executes another program: same pid, same start, no JVM any more
 *   die STATUS | leave        at once; as on SIGTERM
 *
 * Environment, for who starts it: WORLD_UI=PORT answers for the UI (a relay; without it version
 * and applications only), WORLD_READY=FD gets the line `java PID UI-PORT GATEWAY-PORT RPC-PORT`
 * once all ports are open, WORLD_MEMORY=FILE makes it as big as its heap (memory.h),
 * WORLD_PORTS=N,N,... are ports kept for it (port.h). */
#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attach.h"
#include "java_threads.h"
#include "life.h"
#include "log.h"
#include "memory.h"
#include "orders.h"
#include "ui.h"

#define OFF_HEAP_BYTES (180LL << 20)
#define RESIDENT_MAX (2LL << 30)
#define STATUS_OOM 52 /* SparkExitCode.OOM */
#define STATUS_TERM (128 + SIGTERM)

int JNI_GetCreatedJavaVMs(void); /* of the stub libjvm.so */

static bool set_mode(struct life *life, const char *word)
{
	static const struct {
		const char *word;
		enum mode mode;
	} modes[] = {
		{"idle", MODE_IDLE},         {"busy", MODE_BUSY},       {"well", MODE_IDLE},
		{"hang", MODE_HANG},         {"thrash", MODE_THRASH},   {"struggle", MODE_STRUGGLE},
		{"deadlock", MODE_DEADLOCK}, {"strand", MODE_STRANDED}, {"dump", MODE_DUMP},
	};
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (strcmp(word, modes[i].word) == 0) {
			life->is_attach_slow = false;
			life_mode(life, modes[i].mode);
			return true;
		}
	return false;
}

static void run_out_of_heap(struct life *life)
{
	log_task_oom();
	life_die(life, STATUS_OOM);
}

/* The child has the command line, the maps and the sockets of the JVM. */
static const char *twin(int seconds)
{
	pid_t pid = fork();

	if (pid == 0) {
		poll(NULL, 0, seconds * 1000);
		_exit(EXIT_SUCCESS);
	}
	return pid > 0 ? NULL : "cannot fork";
}

static const char *become(struct life *life, char *program)
{
	char *const args[] = {program, NULL};

	sigset_t none;

	counters_remove(life->counters);
	sigemptyset(&none);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
	execv(program, args);
	return "cannot execute that";
}

static const char *obey(void *data, char *line)
{
	struct life *life = data;
	char level[16], class[64];
	int number, text = 0;

	if (set_mode(life, line))
		return NULL;
	if (sscanf(line, "busy %d %d", &number, &text) == 2) {
		life->every_ms = number;
		life->took_ms = text;
		life_mode(life, MODE_BUSY);
	} else if (sscanf(line, "heap %d %d", &number, &text) >= 1) {
		life->live_pct = number;
		life->used_pct = text > number ? text : number;
	} else if (sscanf(line, "die %d", &number) == 1) {
		life_die(life, number);
	} else if (sscanf(line, "log %15s %63s %n", level, class, &text) == 2 && text > 0) {
		log_record(level, class, line + text);
	} else if (strncmp(line, "say ", 4) == 0) {
		fprintf(stderr, "%s\n", line + 4);
	} else if (sscanf(line, "twin %d", &number) == 1) {
		return twin(number);
	} else if (strncmp(line, "become ", 7) == 0) {
		return become(life, line + 7);
	} else if (strcmp(line, "attach-busy") == 0) {
		life->is_attach_slow = true;
	} else if (strcmp(line, "crippled") == 0) {
		log_crippled();
		life_lose_gateway(life);
		life_mode(life, MODE_HANG);
	} else if (strcmp(line, "shut") == 0 || strcmp(line, "open") == 0) {
		life_ui(life, line[0] == 'o');
	} else if (strcmp(line, "oom") == 0) {
		run_out_of_heap(life);
	} else if (strcmp(line, "leave") == 0) {
		life_leave(life, EXIT_SUCCESS);
	} else {
		return "there is no such order; java.c has them";
	}
	return NULL;
}

static void *rest(void *life)
{
	(void)life;
	for (;;)
		pause();
	return NULL;
}

static void *dispatch_signals(void *life);

/* A thread for each that a JVM of this kind has, but for those that accept connections. */
static void start_threads(struct life *life)
{
	static const struct {
		const char *name;
		void *(*body)(void *);
	} bodies[] = {
		{"main", NULL},
		{"process reaper", NULL},
		{"Thread-2", NULL},
		{"rpc-boss-3-1", NULL},
		{"shuffle-boss-6-1", NULL},
		{"SparkUI-36-acceptor-0", NULL},
		{"Signal Dispatcher", dispatch_signals},
		{"VM Periodic Task Thread", pulse_beat},
		{"GC Thread#0", pulse_collect},
		{"ZWorker#0", pulse_collect},
		{"Executor task launch worker for task 0.0 in stage 2.0 (TID 2)", pulse_work},
	};
	const struct self *self = life->self;

	for (const struct java_thread *t = java_threads; t->name; t++) {
		bool collects =
			self->collector == COLLECTOR_SERIAL && !strcmp(t->name, "VM Thread");
		void *(*body)(void *) = collects ? pulse_collect : rest;
		for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++)
			if (strcmp(t->name, bodies[i].name) == 0)
				body = bodies[i].body;
		if (body && java_has(t, self->role, self->collector))
			thread_start(t->name, body, life);
	}
}

static bool open_port(struct life *life, int which, int number, int backlog)
{
	static const char *const threads[PORT_COUNT][2] = {
		[PORT_GATEWAY] = {"Thread-2", "Thread-3"},
		[PORT_RPC] = {"rpc-boss-3-1", "rpc-server-4-1"},
		[PORT_BLOCKS] = {"shuffle-boss-6-1", "shuffle-server-7-1"},
		[PORT_UI] = {"SparkUI-36-acceptor-0", "SparkUI-39"},
		[PORT_REST] = {"MasterRestServer-acceptor-0", "MasterRestServer-21"},
	};
	struct port *port = &life->ports[which];
	bool is_ui = which == PORT_UI;

	port->thread = threads[which][0];
	port->visitor = threads[which][1];
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

static sem_t came;
static atomic_bool has_come[32];

static void on_signal(int number)
{
	has_come[number] = true;
	sem_post(&came);
}

static void on_other(int number)
{
	(void)number;
}

/* Signals wait while it hangs: a JVM that cannot run its hooks does not end on SIGTERM, and one
 * whose threads cannot be stopped prints no dump. */
static void *dispatch_signals(void *data)
{
	struct life *life = data;

	for (;;) {
		while (sem_wait(&came) != 0) {
		}
		gate_pass(&life->gate);
		if (atomic_exchange(&has_come[SIGQUIT], false))
			attach_quit(life);
		if (!has_come[SIGTERM])
			continue;
		if (life->self->role == ROLE_EXECUTOR)
			log_record("ERROR", "CoarseGrainedExecutorBackend", "RECEIVED SIGNAL TERM");
		life_leave(life, STATUS_TERM);
	}
	return NULL;
}

/* Handlers for what HotSpot has handlers for: /proc shows them to whoever wants to be sure before
 * he sends SIGQUIT. A fault is fatal when it comes again. */
static void catch_signals(const struct self *self)
{
	static const int faults[] = {SIGILL, SIGBUS, SIGFPE, SIGSEGV};
	static const int others[] = {SIGUSR2, SIGPIPE, SIGXFSZ};
	const struct sigaction ours = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	const struct sigaction once = {.sa_handler = on_other, .sa_flags = (int)SA_RESETHAND};
	const struct sigaction other = {.sa_handler = on_other, .sa_flags = SA_RESTART};

	sem_init(&came, 0, 0);
	sigaction(SIGTERM, &ours, NULL);
	sigaction(SIGQUIT, &ours, NULL);
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		sigaction(faults[i], &once, NULL);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		sigaction(others[i], &other, NULL);
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

/* A heap is used up to its size sooner or later, and there is more than the heap. */
static void be_big(const struct self *self)
{
	const char *file = getenv("WORLD_MEMORY");
	long long wanted = self->heap_bytes / 10 * 8 + OFF_HEAP_BYTES;

	if (file)
		memory_fill(file, wanted < RESIDENT_MAX ? wanted : RESIDENT_MAX);
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
	catch_signals(&self);
	life_init(&life, &self);
	life.ui_relay = relay ? (int)strtol(relay, NULL, 10) : 0;
	pulse_begin(&life);
	start_threads(&life);
	if (!open_ports(&life))
		life_die(&life, EXIT_FAILURE);
	orders_listen(obey, &life);
	if (self.is_pyspark)
		log_begin();
	say_ready(&life);
	be_big(&self);
	wait_for_end(&life);
}

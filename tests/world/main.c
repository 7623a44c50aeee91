/* main.c - the stand-in cluster: plays any number of Spark jobs (health endpoints, driver UIs, a
 * standalone master, dead-letter queues) on free loopback ports, with faults on a script. It
 * prints nothing until everything answers, then one line of JSON on standard output with the
 * configuration file to give to sparkops and every port; SIGTERM, SIGINT or the end of its parent
 * ends it, and what it made on disk goes with it. `world --help` has the options, script.h the
 * script's language. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "heap.h"
#include "kill.h"
#include "jvms.h"
#include "orders.h"
#include "place.h"
#include "script.h"
#include "serve.h"
#include "when.h"
#include "world.h"

#define TICK_MS 100
#define EXIT_USAGE 64
#define EXIT_SCRIPT 78

#define SIGNALS 3
static const int end_signals[SIGNALS] = {SIGTERM, SIGINT, SIGHUP};

struct program {
	struct world world;
	struct script *script;
	const char *script_path;
	int plain_jobs; /* asked for by --jobs */
	int parent;     /* pid; 0: our own parent */
	uv_signal_t signals[SIGNALS];
	uv_timer_t tick;
	uv_poll_t watch;
	int watch_fd;          /* -1: none */
	struct orders *orders; /* NULL: none are taken */
	bool takes_orders, is_ending;
};

static const char usage[] =
	"usage: world [options]\n"
	"  --jobs N          N plain jobs beside those of the script (3 without a script)\n"
	"  --script FILE     what the jobs are and what happens to them\n"
	"  --dir DIR         where the DLQ folders go (a new one under TMPDIR)\n"
	"  --config-out FILE the configuration for sparkops (DIR/sparkops.yaml)\n"
	"  --parts LIST      of health,ui,dlq: which parts are played (all)\n"
	"  --ports-from N    ports N, N+1, ... (0: free ones)\n"
	"  --poison          escape sequences in every string of everything\n"
	"  --fixed           nothing ever changes, the same bytes again and again\n"
	"  --fast FACTOR     script and batches FACTOR times faster\n"
	"  --seed N          other numbers for the same script (1)\n"
	"  --parent-pid PID  end when that process is gone (else: when our parent is)\n"
	"  --trace FILE      a line for each request: ms job service method path status bytes\n"
	"  --orders          take orders on standard input while it lives (orders.h)\n"
	"  --check           only read the script\n"
	"  --help\n"
	"faults of a script:\n";

static void print_help(void)
{
	fputs(usage, stdout);
	for (enum fault fault = 0; fault < FAULT_COUNT; fault++)
		printf("  %-13s %-5s %s\n", fault_kinds[fault].name,
		       fault_kinds[fault].argument ? fault_kinds[fault].argument : "",
		       fault_kinds[fault].help);
	fputs("processes of a script:\n"
	      "  job NAME jvm [pyspark] [gc=G1|Parallel|Serial|ZGC]   a java of its own (its "
	      "executors\n"
	      "                      too), with a Python as parent; they own the job's ports\n"
	      "  master jvm          java processes for the master and a worker\n",
	      stdout);
}

static void block_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	for (int i = 0; i < SIGNALS; i++)
		sigaddset(&set, end_signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void on_end(void *data)
{
	struct program *program = data;

	if (program->is_ending)
		return;
	program->is_ending = true;
	block_signals(); /* a second one must not stop us from tidying up */
	serve_close(&program->world);
	jvms_stop(&program->world);
	if (program->script)
		script_stop(program->script);
	for (int i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&program->signals[i], NULL);
	if (program->orders)
		orders_close(program->orders);
	uv_close((uv_handle_t *)&program->tick, NULL);
	if (program->watch_fd >= 0)
		uv_close((uv_handle_t *)&program->watch, NULL);
}

static void on_signal(uv_signal_t *handle, int number)
{
	(void)number;
	on_end(handle->data);
}

static void on_parent(uv_poll_t *handle, int status, int events)
{
	(void)status;
	(void)events;
	on_end(handle->data);
}

static void on_tick(uv_timer_t *timer)
{
	struct program *program = timer->data;
	struct world *world = &program->world;
	int64_t now = world_now(world);
	for (int i = 0; i < world->job_count; i++)
		job_tick(world->jobs[i], now, world->fast);
	kill_tick(world);
}

/* Jobs of --jobs: alike in kind, each with numbers of its own. */
static void add_plain(struct world *world, int count)
{
	for (int i = 0; i < count; i++) {
		char *name = heap_print("job-%04d", i + 1);
		struct job *job = world_add(world, name);
		job->is_v4 = i % 2;
		job->is_standalone = i % 4 >= 2;
		job->rate = 20 + job->seed % 900;
		job->interval_ms = 10000 + job->seed % 20 * 1000;
		job->heap_pct = 20 + (int)(job->seed % 50);
		job->up_ms = INT64_C(60000) * (20 + job->seed % 9000);
		heap_free(name);
	}
}

static void make_services(struct world *world)
{
	world->service_count = world->job_count * 2 + 1;
	world->services = heap_zero((size_t)world->service_count * sizeof(*world->services));
	for (int i = 0; i < world->service_count; i++) {
		struct service *service = &world->services[i];
		bool is_master = i == world->service_count - 1;
		service->kind = is_master ? SERVICE_MASTER : i % 2 ? SERVICE_UI : SERVICE_HEALTH;
		service->job = is_master ? NULL : world->jobs[i / 2];
		service->world = world;
		service->fd = -1;
		if (world->is_poisoned)
			fault_set(&service->faults, FAULT_POISONED, 0);
	}
}

static void begin_jobs(struct world *world)
{
	for (int i = 0; i < world->job_count; i++) {
		struct job *job = world->jobs[i];
		if (world->is_poisoned)
			fault_set(&job->faults, FAULT_POISONED, 0);
		job_begin(job, world->begin_at, world->fast);
	}
}

static void raise_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void watch_parent(struct program *program)
{
	struct world *world = &program->world;

	program->watch_fd = -1;
	if (!program->parent) {
		pid_t parent = getppid();
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			raise(SIGTERM);
		return;
	}
	program->watch_fd = (int)syscall(SYS_pidfd_open, program->parent, 0);
	if (program->watch_fd < 0) {
		raise(SIGTERM);
		return;
	}
	uv_poll_init(&world->loop, &program->watch, program->watch_fd);
	program->watch.data = program;
	uv_poll_start(&program->watch, UV_READABLE, on_parent);
}

static void start_loop(struct program *program)
{
	struct world *world = &program->world;

	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < SIGNALS; i++) {
		uv_signal_init(&world->loop, &program->signals[i]);
		program->signals[i].data = program;
		uv_signal_start(&program->signals[i], on_signal, end_signals[i]);
	}
	uv_timer_init(&world->loop, &program->tick);
	program->tick.data = program;
	if (!world->is_fixed)
		uv_timer_start(&program->tick, on_tick, TICK_MS, TICK_MS);
	watch_parent(program);
}

/* Makes the world; on the way out of a failure the loop has yet to run. */
static bool build(struct program *program)
{
	struct world *world = &program->world;

	if (!place_make(world))
		return false;
	begin_jobs(world);
	if (program->script)
		script_begin(program->script);
	return serve_open(world) && jvms_start(world) && place_configure(world);
}

static int play(struct program *program)
{
	struct world *world = &program->world;

	world->begin_at = when_now();
	world->begin_loop = (int64_t)uv_now(&world->loop);
	make_services(world);
	start_loop(
		program); /* from here on signals wait for the loop, and nothing is left behind */
	bool is_built = build(program);
	if (!is_built) {
		on_end(program);
	} else {
		if (program->script)
			script_start(program->script);
		place_announce(world);
		if (program->takes_orders)
			program->orders = orders_open(world, on_end, program);
		if (program->takes_orders && !program->orders)
			fputs("world: --orders needs a pipe on standard input\n", stderr);
	}
	uv_run(&world->loop, UV_RUN_DEFAULT);
	place_remove(world);
	return is_built ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void release(struct program *program)
{
	struct world *world = &program->world;

	if (program->script)
		script_free(program->script);
	for (int i = 0; i < world->job_count; i++)
		job_free(world->jobs[i]);
	heap_free(world->jobs);
	heap_free(world->services);
	heap_free(world->dir);
	heap_free(world->config);
	if (world->trace)
		fclose(world->trace);
	if (program->watch_fd > 0)
		close(program->watch_fd);
	uv_loop_close(&world->loop);
}

static bool set_parts(struct world *world, const char *list)
{
	world->has_health = world->has_ui = world->has_dlq = false;
	while (*list) {
		size_t size = strcspn(list, ",");
		if (size == 6 && strncmp(list, "health", size) == 0)
			world->has_health = true;
		else if (size == 2 && strncmp(list, "ui", size) == 0)
			world->has_ui = true;
		else if (size == 3 && strncmp(list, "dlq", size) == 0)
			world->has_dlq = true;
		else
			return false;
		list += size + (list[size] == ',');
	}
	return true;
}

static bool read_number(const char *text, long low, long high, int *out)
{
	char *end;
	long number = strtol(text, &end, 10);
	if (end == text || *end || number < low || number > high)
		return false;
	*out = (int)number;
	return true;
}

enum option_id {
	OPT_JOBS = 1,
	OPT_SCRIPT,
	OPT_DIR,
	OPT_CONFIG,
	OPT_PARTS,
	OPT_PORTS,
	OPT_POISON,
	OPT_FIXED,
	OPT_FAST,
	OPT_SEED,
	OPT_PARENT,
	OPT_TRACE,
	OPT_ORDERS,
	OPT_CHECK,
	OPT_HELP,
};

/* False: VALUE does not fit. */
static bool take_option(struct program *program, int id, const char *value)
{
	struct world *world = &program->world;
	int seed;

	switch (id) {
	case OPT_JOBS:
		return read_number(value, 0, 20000, &program->plain_jobs);
	case OPT_SCRIPT:
		program->script_path = value;
		return true;
	case OPT_DIR:
		heap_free(world->dir);
		world->dir = heap_text(value);
		return true;
	case OPT_CONFIG:
		heap_free(world->config);
		world->config = heap_text(value);
		return true;
	case OPT_PARTS:
		return set_parts(world, value);
	case OPT_PORTS:
		return read_number(value, 0, 65000, &world->first_port);
	case OPT_POISON:
		world->is_poisoned = true;
		return true;
	case OPT_FIXED:
		world->is_fixed = true;
		return true;
	case OPT_ORDERS:
		program->takes_orders = true;
		return true;
	case OPT_FAST:
		world->fast = strtod(value, NULL);
		return world->fast >= 0.01 && world->fast <= 10000;
	case OPT_SEED:
		if (!read_number(value, 0, INT32_MAX, &seed))
			return false;
		world->seed = (uint32_t)seed;
		return true;
	case OPT_PARENT:
		return read_number(value, 1, INT32_MAX, &program->parent);
	case OPT_TRACE:
		world->trace = fopen(value, "we");
		return world->trace != NULL;
	default:
		return false;
	}
}

/* EXIT_SUCCESS and *ENDS false: go on. */
static int read_options(struct program *program, int argc, char **argv, bool *checks, bool *ends)
{
	static const struct option options[] = {
		{"jobs", required_argument, NULL, OPT_JOBS},
		{"script", required_argument, NULL, OPT_SCRIPT},
		{"dir", required_argument, NULL, OPT_DIR},
		{"config-out", required_argument, NULL, OPT_CONFIG},
		{"parts", required_argument, NULL, OPT_PARTS},
		{"ports-from", required_argument, NULL, OPT_PORTS},
		{"poison", no_argument, NULL, OPT_POISON},
		{"fixed", no_argument, NULL, OPT_FIXED},
		{"fast", required_argument, NULL, OPT_FAST},
		{"seed", required_argument, NULL, OPT_SEED},
		{"parent-pid", required_argument, NULL, OPT_PARENT},
		{"trace", required_argument, NULL, OPT_TRACE},
		{"orders", no_argument, NULL, OPT_ORDERS},
		{"check", no_argument, NULL, OPT_CHECK},
		{"help", no_argument, NULL, OPT_HELP},
		{NULL, 0, NULL, 0},
	};
	int id, index = 0;

	while ((id = getopt_long(argc, argv, "", options, &index)) != -1) {
		if (id == OPT_HELP) {
			print_help();
			*ends = true;
			return EXIT_SUCCESS;
		}
		if (id == OPT_CHECK) {
			*checks = true;
		} else if (id == '?') {
			return EXIT_USAGE;
		} else if (!take_option(program, id, optarg)) {
			fprintf(stderr, "world: --%s cannot be `%s`\n", options[index].name,
				optarg ? optarg : "");
			return EXIT_USAGE;
		}
	}
	if (optind == argc)
		return EXIT_SUCCESS;
	fprintf(stderr, "world: what is `%s`? --help has the options\n", argv[optind]);
	return EXIT_USAGE;
}

static int run(struct program *program, int argc, char **argv)
{
	bool checks = false, ends = false;
	int status = read_options(program, argc, argv, &checks, &ends);

	if (status != EXIT_SUCCESS || ends)
		return status;
	if (program->script_path) {
		program->script = script_load(&program->world, program->script_path);
		if (!program->script)
			return EXIT_SCRIPT;
	}
	if (checks)
		return EXIT_SUCCESS;
	if (program->plain_jobs < 0)
		program->plain_jobs = program->script_path ? 0 : 3;
	add_plain(&program->world, program->plain_jobs);
	return play(program);
}

int main(int argc, char **argv)
{
	struct program program = {.plain_jobs = -1, .watch_fd = -1};
	struct world *world = &program.world;

	raise_limit();
	uv_loop_init(&world->loop);
	world->has_health = world->has_ui = world->has_dlq = true;
	world->fast = 1;
	world->seed = 1;
	int status = run(&program, argc, argv);
	release(&program);
	return status;
}

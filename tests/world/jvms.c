/* jvms.c - see jvms.h. */
#include "jvms.h"

#include <signal.h>
#include <stdio.h>

#include "heap.h"
#include "jvm_process.h"
#include "warden.h"
#include "when.h"
#include "world.h"

#define SAFETY 1.5 /* the factor a script's `room` reckons with */

struct jvms {
	struct warden warden;
	struct jvm **list; /* those that were replaced stay in it, without a process */
	int count;
	int master_rpc, worker_rpc;
};

bool jvms_front(const struct service *service)
{
	if (service->kind == SERVICE_MASTER)
		return service->world->master_has_jvm;
	return service->job->has_jvm && (service->kind == SERVICE_UI || service->job->is_pyspark);
}

/* The last driver of job I; NULL: it has none. */
static struct jvm *driver_of(const struct world *world, int i)
{
	struct jvm *driver = NULL;

	for (int n = 0; world->jvms && n < world->jvms->count; n++) {
		struct jvm *jvm = world->jvms->list[n];
		if (jvm->job == i && jvm->kind <= JVM_DRIVER)
			driver = jvm;
	}
	return driver;
}

static void ports_of(struct world *world, enum jvm_kind kind, int job, struct jvm_ports *ports)
{
	const struct service *ui = job < 0 ? &world->services[world->service_count - 1]
					   : world_service(world, job, SERVICE_UI);
	const struct jvm *driver = job < 0 ? NULL : driver_of(world, job);

	*ports = (struct jvm_ports){.master_rpc = world->jvms->master_rpc,
				    .worker_rpc = world->jvms->worker_rpc,
				    .driver_rpc = driver ? driver->rpc : 0,
				    .ui = ui->front};
	if (kind != JVM_EXECUTOR && kind != JVM_WORKER)
		ports->ui_relay = ui->port;
	if (kind == JVM_PAIR) {
		const struct service *health = world_service(world, job, SERVICE_HEALTH);
		ports->health = health->front;
		ports->health_relay = health->port;
	}
}

/* NULL: it did not start. */
static struct jvm *add(struct world *world, enum jvm_kind kind, int job, int64_t executor)
{
	struct jvms *all = world->jvms;
	struct jvm *jvm = heap_zero(sizeof(*jvm));
	struct jvm_ports ports;

	*jvm = (struct jvm){.world = world, .kind = kind, .job = job, .executor = executor};
	ports_of(world, kind, job, &ports);
	all->list = heap_grow(all->list, (size_t)all->count + 1, sizeof(*all->list));
	all->list[all->count++] = jvm;
	return jvm_start(jvm, &ports, all->warden.token) ? jvm : NULL;
}

/* A job's driver lives as its batches do. */
static void set_pace(const struct world *world, const struct job *job, pid_t java)
{
	double live = 100 / (job->room * SAFETY);

	jvm_tell(java, "heap %d %d", live < 99 ? (int)live : 99, job->heap_pct);
	jvm_tell(java, "busy %d %d", (int)((double)job->interval_ms / world->fast),
		 (int)((double)job->batch_ms / world->fast));
}

static int64_t lost_at(const struct job *job, int64_t executor)
{
	for (int n = 0; n < job->loss_count; n++)
		if (job->losses[n].id == executor)
			return job->losses[n].remove_at;
	return when_now();
}

/* Dated as Spark's REST API dates it, also one of before the first look. */
static void log_loss(const struct job *job, pid_t java, int64_t executor)
{
	char at[WHEN_SIZE];

	jvm_tell(java,
		 "say %s ERROR TaskSchedulerImpl: Lost executor %lld on 127.0.0.1: Command exited "
		 "with code 52",
		 when_log(lost_at(job, executor), at), (long long)executor);
}

/* The driver is told; a Python that lives on sees what comes of it. */
static void begin_fault(struct world *world, enum fault fault, const struct jvm *driver)
{
	static const char *const words[FAULT_COUNT] = {
		[FAULT_HANG] = "hang",         [FAULT_THRASH] = "thrash", [FAULT_STRAND] = "strand",
		[FAULT_DEADLOCK] = "deadlock", [FAULT_DUMP] = "dump",     [FAULT_DEAD52] = "oom",
		[FAULT_CRIPPLED] = "crippled", [FAULT_ORPHAN] = "hang",   [FAULT_OOM] = "oom",
	};
	if (words[fault])
		jvm_tell(driver->java, "%s", words[fault]);
	if (fault == FAULT_ORPHAN)
		warden_end(&world->jvms->warden, driver->python);
	if (fault == FAULT_STOP)
		kill(driver->java, SIGSTOP);
}

static bool start_job(struct world *world, int i)
{
	const struct job *job = world->jobs[i];
	struct jvm *driver = add(world, job->is_pyspark ? JVM_PAIR : JVM_DRIVER, i, 0);

	if (!driver)
		return false;
	set_pace(world, job, driver->java);
	for (int n = 0; n < job->loss_count; n++)
		log_loss(job, driver->java, job->losses[n].id);
	jvms_executors(world, i);
	for (enum fault fault = 0; fault < FAULT_COUNT; fault++)
		if (fault_on(&job->faults, fault))
			begin_fault(world, fault, driver);
	return true;
}

static void end(struct world *world, struct jvm *jvm)
{
	warden_end(&world->jvms->warden, jvm->python);
	warden_end(&world->jvms->warden, jvm->java);
}

void jvms_executors(struct world *world, int i)
{
	const struct job *job = world->jobs[i];
	int64_t first = job->next_executor - job->executors;
	struct jvms *all = world->jvms;

	if (!all || !job->has_jvm || !job->is_standalone)
		return;
	for (int n = 0; n < all->count; n++) {
		struct jvm *jvm = all->list[n];
		if (jvm->kind != JVM_EXECUTOR || jvm->job != i || jvm->executor >= first)
			continue;
		if (!jvm->java)
			continue;
		jvm_tell(jvm->java, "oom");
		jvm->java = 0;
		log_loss(job, driver_of(world, i)->java, jvm->executor);
	}
	for (int64_t id = first; id < job->next_executor; id++) {
		bool is_there = false;
		for (int n = 0; n < all->count; n++)
			is_there |= all->list[n]->kind == JVM_EXECUTOR && all->list[n]->job == i &&
				    all->list[n]->executor == id && all->list[n]->java;
		struct jvm *executor = is_there ? NULL : add(world, JVM_EXECUTOR, i, id);
		if (executor)
			set_pace(world, job, executor->java);
	}
}

void jvms_restart(struct world *world, int i)
{
	struct jvms *all = world->jvms;

	if (!all || !world->jobs[i]->has_jvm)
		return;
	for (int n = 0; n < all->count; n++)
		if (all->list[n]->job == i) {
			if (!all->list[n]->java) /* one of before the last */
				jvm_give_up(all->list[n]);
			end(world, all->list[n]);
			all->list[n]->java = all->list[n]->python = 0;
		}
	start_job(world, i);
}

void jvms_fault(struct world *world, int i, enum fault fault)
{
	const struct jvm *driver = driver_of(world, i);

	if (!driver || !driver->java)
		return;
	begin_fault(world, fault, driver);
	if (fault == FAULT_LOSING)
		jvms_executors(world, i);
}

void jvms_well(struct world *world, int i, const struct faults *ended)
{
	static const enum fault ending[] = {FAULT_OOM, FAULT_DEAD52, FAULT_CRIPPLED, FAULT_ORPHAN};
	static const enum fault changing[] = {FAULT_HANG,     FAULT_THRASH, FAULT_STRAND,
					      FAULT_DEADLOCK, FAULT_DUMP,   FAULT_STOP};
	const struct jvm *driver = driver_of(world, i);
	bool ends = false, changes = false;

	for (size_t n = 0; n < sizeof(ending) / sizeof(*ending); n++)
		ends |= fault_on(ended, ending[n]);
	for (size_t n = 0; n < sizeof(changing) / sizeof(*changing); n++)
		changes |= fault_on(ended, changing[n]);
	if (driver && ends) {
		jvms_restart(world, i);
	} else if (driver && changes) {
		kill(driver->java, SIGCONT);
		jvm_tell(driver->java, "well");
		set_pace(world, world->jobs[i], driver->java);
	}
}

void jvms_apply(const struct service *service)
{
	struct world *world = service->world;
	bool is_dead = fault_on(&service->faults, FAULT_DEAD);

	for (int i = 0; i < world->job_count && world->jvms; i++) {
		const struct jvm *driver = driver_of(world, i);
		if (world->jobs[i] != service->job || !driver)
			continue;
		if (service->kind == SERVICE_HEALTH)
			jvm_tell(driver->python, is_dead ? "shut" : "open");
		else
			jvm_tell(driver->java, is_dead ? "shut" : "open");
	}
}

static bool start_cluster(struct world *world)
{
	struct jvm *master = add(world, JVM_MASTER, -1, 0);

	world->jvms->master_rpc = master ? master->rpc : 0;
	struct jvm *worker = master ? add(world, JVM_WORKER, -1, 0) : NULL;
	world->jvms->worker_rpc = worker ? worker->rpc : 0;
	return worker != NULL;
}

bool jvms_wanted(const struct world *world)
{
	bool is_wanted = world->master_has_jvm;

	for (int i = 0; i < world->job_count; i++)
		is_wanted |= world->jobs[i]->has_jvm;
	return is_wanted;
}

bool jvms_start(struct world *world)
{
	bool is_good = true;

	if (!jvms_wanted(world))
		return true;
	world->jvms = heap_zero(sizeof(*world->jvms));
	if (!warden_start(&world->jvms->warden))
		return false;
	if (world->master_has_jvm)
		is_good = start_cluster(world);
	for (int i = 0; i < world->job_count && is_good; i++)
		if (world->jobs[i]->has_jvm)
			is_good = start_job(world, i);
	return is_good;
}

void jvms_log(const struct world *world, int i, const char *text)
{
	const struct jvm *driver = driver_of(world, i);

	if (driver)
		jvm_tell(driver->java, "log %s", text);
}

void jvms_pids(const struct world *world, int i, int64_t *java, int64_t *python)
{
	const struct jvm *driver = driver_of(world, i);

	*java = driver ? driver->java : 0;
	*python = driver ? driver->python : 0;
}

void jvms_stop(struct world *world)
{
	struct jvms *all = world->jvms;

	if (!all)
		return;
	for (int i = 0; i < all->count; i++) {
		jvm_release(all->list[i]);
		end(world, all->list[i]);
		jvm_give_up(all->list[i]);
		heap_free(all->list[i]);
	}
	warden_stop(&all->warden);
	heap_free(all->list);
	heap_free(all);
	world->jvms = NULL;
}

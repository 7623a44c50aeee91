/* order_do.c - carries out one order of a script. */
#include <string.h>

#include "dlq.h"
#include "heap.h"
#include "jvms.h"
#include "order.h"
#include "serve.h"
#include "when.h"
#include "world.h"

static void set_service(struct service *service, const struct order *order)
{
	if (order->verb == VERB_FAULT)
		fault_set(&service->faults, order->fault, order->number);
	else if (order->fault == FAULT_COUNT)
		service->faults.on = 0;
	else
		fault_clear(&service->faults, order->fault);
	if (service->fd >= 0)
		serve_apply(service);
}

/* The services of job I that the order is about. */
static void set_services(const struct order *order, struct world *world, int i)
{
	if (order->scope == SCOPE_ALL || order->scope == SCOPE_HEALTH)
		set_service(world_service(world, i, SERVICE_HEALTH), order);
	if (order->scope == SCOPE_ALL || order->scope == SCOPE_UI)
		set_service(world_service(world, i, SERVICE_UI), order);
}

/* Some faults of a job show on its ports: frozen health repeats itself, and a driver that ran out
 * of memory takes its UI with it. */
static void show_on_ports(const struct order *order, struct world *world, int i)
{
	struct order shown = *order;
	if (order->fault == FAULT_FROZEN || order->fault == FAULT_COUNT) {
		shown.fault = FAULT_UNCHANGED;
		set_service(world_service(world, i, SERVICE_HEALTH), &shown);
	}
	if (order->fault == FAULT_OOM || order->fault == FAULT_COUNT) {
		shown.fault = FAULT_DEAD;
		set_service(world_service(world, i, SERVICE_UI), &shown);
	}
}

static void do_fault(const struct order *order, struct world *world, int i)
{
	struct job *job = world->jobs[i];
	int64_t now = world_now(world);

	if (fault_is_service(order->fault)) {
		if (order->fault == FAULT_POISONED &&
		    (order->scope == SCOPE_ALL || order->scope == SCOPE_DLQ))
			fault_set(&job->faults, FAULT_POISONED, 0);
		set_services(order, world, i);
		return;
	}
	job_fault(job, order->fault, order->number, now - order->since_ms, now);
	jvms_fault(world, i, order->fault);
	show_on_ports(order, world, i);
}

static void do_well(const struct order *order, struct world *world, int i)
{
	struct job *job = world->jobs[i];
	int64_t now = world_now(world);

	bool is_port = order->scope == SCOPE_HEALTH || order->scope == SCOPE_UI;
	struct faults ended = job->faults;

	for (enum fault fault = 0; fault < FAULT_COUNT && !is_port; fault++)
		if (order->fault == FAULT_COUNT || order->fault == fault)
			job_recover(job, fault, now);
	if (order->fault == FAULT_COUNT || fault_is_service(order->fault))
		set_services(order, world, i);
	else if (!is_port)
		show_on_ports(order, world, i);
	ended.on &= ~job->faults.on;
	jvms_well(world, i, &ended);
}

static void do_fail(const struct order *order, struct world *world, struct job *job)
{
	int64_t now = world_now(world);
	int64_t span = order->since_ms > order->until_ms ? order->since_ms - order->until_ms : 0;
	int64_t last = order->count > 1 ? order->count - 1 : 1;

	for (int64_t n = 0; n < order->count; n++)
		job_fail(job, order->type, now - order->since_ms + span * n / last,
			 !order->is_unfiled);
}

/* A record in the log of the job's driver. */
static void do_log(const struct order *order, struct world *world, int i)
{
	char *text = heap_text("");

	for (int w = order->first; w < order->word_count; w++) {
		char *longer = heap_print("%s%s%s", text, *text ? " " : "", order->words[w]);
		heap_free(text);
		text = longer;
	}
	jvms_log(world, i, text);
	heap_free(text);
}

static void do_job(const struct order *order, struct world *world, int i)
{
	struct job *job = world->jobs[i];
	int64_t now = world_now(world);

	switch (order->verb) {
	case VERB_FAULT:
		do_fault(order, world, i);
		break;
	case VERB_WELL:
		do_well(order, world, i);
		break;
	case VERB_FAIL:
		do_fail(order, world, job);
		break;
	case VERB_BAD:
		for (int64_t n = 0; n < order->count; n++)
			dlq_write_bad(job, now);
		break;
	case VERB_ROTATE:
		job->dlq_days++;
		break;
	case VERB_TRUNCATE:
		dlq_harm(job, DLQ_TRUNCATE, now);
		break;
	case VERB_COPY_TRUNCATE:
		dlq_harm(job, DLQ_COPY_TRUNCATE, now);
		break;
	case VERB_DELETE:
		dlq_harm(job, DLQ_DELETE, now);
		break;
	case VERB_LOG:
		do_log(order, world, i);
		break;
	case VERB_RESTART: /* what was wrong with the old one is no fault of the new one */
		for (enum fault fault = FAULT_STALE; fault < FAULT_COUNT; fault++)
			job_recover(job, fault, now);
		job_restart(job, now);
		jvms_restart(world, i);
		break;
	case VERB_SET:
		break;
	}
}

void order_do(const struct order *order, struct world *world)
{
	if (!order->target) {
		if (order->verb == VERB_FAULT || order->verb == VERB_WELL)
			set_service(&world->services[world->service_count - 1], order);
		return;
	}
	for (int i = 0; i < world->job_count; i++)
		if (strcmp(world->jobs[i]->name, order->target) == 0)
			do_job(order, world, i);
}

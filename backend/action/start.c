/* action/start.c - what is there before a job is started again, and whether it came back by itself.
 *
 * Everything that proves a new one is a difference to what is kept here: another JVM, another
 * application, another start time, a batch after that moment. */
#include "start.h"

#include <stdio.h>
#include <string.h>

#include "../../include/clock.h"
#include "../../include/row/executor.h"
#include "../../include/row/health.h"
#include "../../include/row/spark.h"
#include "../rule/memory.h"

/* --- the driver --- */

const struct jvm_row *start_driver(struct act *a)
{
	const struct rowset *rows = dataset_rows(act_look(a)->jvms, &schema_jvm);
	const struct job_row *job = act_job_row(a);
	const char *name = act_job_name(a);
	const struct jvm_row *found = NULL;

	for (size_t i = 0; name && i < rows->n; i++) {
		const struct jvm_row *row = rows->rows[i];

		if (row->role != JVM_DRIVER || !text_is(row->job, name))
			continue;
		if (job && row->pid == job->pid)
			return row;
		if (!found || row->start_ticks > found->start_ticks)
			found = row;
	}
	return found;
}

bool start_is_alive(const struct jvm_row *jvm)
{
	return jvm && jvm->state != 'Z' && jvm->state != 'X' && jvm->verdict != JVM_IS_DEAD;
}

/* --- out of memory --- */

static bool is_memory_exit(const struct jvm_row *jvm)
{
	return jvm && (jvm->exit_code == 52 || jvm->exit_code == 3 ||
		       (jvm->exit_code == 137 && jvm->oom_kills_seen > 0));
}

static bool is_out_of_memory(struct act *a, const struct jvm_row *driver)
{
	const struct incident_row *i = facts_incident(act_look(a), act_job_name(a));

	if (is_memory_exit(driver) || (driver && driver->verdict == JVM_IS_THRASHING))
		return true;
	return i && is_absent(i->closed_at) && text_is(i->kind, "cascade") &&
	       /* not of the life before; logs are dated to the second */
	       !(driver && i->opened_at + CLOCKS_MS < driver->started_at);
}

static int64_t scaled(int64_t bytes, double factor)
{
	return is_absent(bytes) || bytes <= 0 ? ABSENT : (int64_t)((double)bytes * factor);
}

/* A heap that was full needed all of it, and more. */
static void measure_driver(const struct jvm_row *driver, const struct job_row *job, double factor,
			   struct start *s)
{
	int64_t live = driver ? driver->live_bytes : ABSENT;

	s->memory_bytes = driver_memory(driver);
	if (s->memory_bytes <= 0 && job)
		s->memory_bytes = job->heap_max_bytes;
	if (s->memory_bytes <= 0)
		s->memory_bytes = ABSENT;
	if (s->after_oom)
		live = max_i64(live, s->memory_bytes);
	s->need_bytes = scaled(live, factor);
}

/* The one that needs most. */
static void measure_executors(const struct rowset *rows, const char *job, double factor,
			      struct start *s)
{
	s->memory_bytes = s->need_bytes = ABSENT;
	for (size_t i = 0; i < rows->n; i++) {
		const struct executor_row *e = rows->rows[i];

		if (!text_is(e->job, job) || text_is(e->executor_id, "driver"))
			continue;
		s->memory_bytes = max_i64(s->memory_bytes, e->configured_bytes);
		s->need_bytes = max_i64(s->need_bytes, e->needed_bytes);
	}
	if (s->after_oom)
		s->need_bytes = max_i64(s->need_bytes, scaled(s->memory_bytes, factor));
}

static void measure(struct act *a, struct start *s)
{
	const struct jvm_row *driver = start_driver(a);
	const struct job_row *job = act_job_row(a);
	const struct config_job *cfg = act_job(a);
	double factor = cfg && cfg->safety_factor > 0 ? cfg->safety_factor : 1.5;
	bool is_driver = is_memory_exit(driver) || (driver && driver->verdict == JVM_IS_THRASHING);

	s->after_oom = is_out_of_memory(a, driver);
	s->is_executors = !is_driver && job && job->lost_to_oom_1h > 0;
	if (s->is_executors)
		measure_executors(dataset_rows(act_look(a)->executors, &schema_executor),
				  act_job_name(a), factor, s);
	else
		measure_driver(driver, job, factor, s);
}

static void choose_wait(struct act *a, struct start *s)
{
	const struct config_job *cfg = act_job(a);

	s->wait_ms = -1;
	if (cfg)
		s->wait_ms = s->after_oom ? cfg->restart.wait_after_oom_ms : cfg->restart.wait_ms;
	if (s->wait_ms < 0)
		s->wait_ms = s->after_oom ? 10000 : 5000;
}

/* --- where it was --- */

static void find_facts(struct act *a, struct start *s)
{
	const struct snapshot *snap = act_look(a);
	const struct config_job *cfg = act_job(a);
	const struct incident_row *i = facts_incident(snap, act_job_name(a));
	int64_t of = i ? i->opened_at : ABSENT;

	if (!cfg || (s->has_facts && s->facts_of == of && s->nfacts == cfg->nfacts))
		return;
	arena_release(&s->arena);
	s->nfacts = cfg->nfacts;
	s->facts = ARENA_ARRAY(&s->arena, struct fact, s->nfacts + 1);
	facts_find(snap, cfg, &s->arena, s->facts);
	s->has_facts = true;
	s->facts_of = of;
	s->place[0] = '\0';
	for (size_t k = 0; k < s->nfacts; k++) {
		size_t n = strlen(s->place);

		s->facts[k].name = arena_strdup(&s->arena, s->facts[k].name);
		if (s->facts[k].value)
			snprintf(s->place + n, sizeof(s->place) - n, "%s%s", n ? ", " : "",
				 s->facts[k].value);
	}
}

void start_refresh(struct act *a, struct start *s)
{
	measure(a, s);
	find_facts(a, s);
	if (act_cut(a))
		start_restore(s, act_cut(a)->detail);
	choose_wait(a, s);
	start_see_end(a, s);
}

/* --- before --- */

static const struct health_row *health_of(const struct snapshot *snap, const char *job)
{
	for (size_t i = 0; job && i < snap->nsections; i++) {
		const struct section *one = snap->sections[i];

		if (one->source == SOURCE_HEALTH && one->job && !strcmp(one->job, job))
			return dataset_one(one->data, &schema_health);
	}
	return NULL;
}

void start_capture(struct act *a, struct start *s)
{
	const struct snapshot *snap = act_look(a);
	const struct job_row *job = act_job_row(a);
	const struct jvm_row *driver = start_driver(a);
	const struct health_row *health = health_of(snap, act_job_name(a));

	s->began_at = clock_wall(&clock_real);
	s->start_time = health ? health->start_time : ABSENT;
	s->batches = job ? job->batches : ABSENT;
	s->child = s->ended_at = s->facts_of = ABSENT;
	if (driver)
		snprintf(s->jvm, sizeof(s->jvm), "%s", text_str(driver->id));
	if (driver && driver->application_id)
		snprintf(s->application_id, sizeof(s->application_id), "%s",
			 text_str(driver->application_id));
	else if (job && job->application_id)
		snprintf(s->application_id, sizeof(s->application_id), "%s",
			 text_str(job->application_id));
	start_refresh(a, s);
}

void start_release(struct start *s)
{
	if (s->child > 0)
		exec_leave(s->child);
	arena_release(&s->arena);
}

/* --- came back --- */

/* Another application than before; where none was known before and no JVM was left, one that
 * works. */
static bool is_other_application(const struct job_row *job, const struct start *s)
{
	if (!job || !job->application_id || job->is_old ||
	    text_is(job->application_id, s->application_id))
		return false;
	return s->application_id[0] ? job->verdict != VERDICT_CRASHED
				    : s->was_down && (job->verdict == VERDICT_HEALTHY ||
						      job->verdict == VERDICT_INITIALIZING);
}

const char *start_came_back(struct act *a, const struct start *s, struct arena *arena)
{
	const struct jvm_row *driver = start_driver(a);
	const struct job_row *job = act_job_row(a);
	bool is_other = driver && !text_is(driver->id, s->jvm) && start_is_alive(driver);

	/* boot time and ticks make a start time of a JVM right to about a second */
	if (is_other && (s->was_down || driver->started_at > s->began_at - CLOCKS_MS))
		return arena_printf(arena, "java %lld%s%s", (long long)driver->pid,
				    driver->application_id ? ", " : "",
				    driver->application_id ? text_str(driver->application_id) : "");
	if (is_other_application(job, s))
		return arena_printf(arena, "application %s", text_str(job->application_id));
	return NULL;
}

bool start_is_back(struct act *a, struct start *s)
{
	struct arena arena;
	const char *who;

	arena_init(&arena);
	(void)act_look(a);
	who = start_came_back(a, s, &arena);
	if (who) {
		act_outcome(a, "came back by itself (%s); nothing was started beside it", who);
		act_proof(a, "%s", who);
	}
	s->is_back = who != NULL;
	arena_release(&arena);
	return s->is_back;
}

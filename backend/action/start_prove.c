/* action/start_prove.c - that the job came: it is another one than before, and it works.
 *
 * Another one: a new start time, a new application, a new JVM. It works: a batch or a Spark job
 * after it was started. What came and what did not is said apart: a job that is ready and does
 * nothing is not proved, but it is not gone either. */
#include "start.h"

#include <string.h>

#include "../../include/clock.h"
#include "../../include/row/health.h"
#include "../../include/row/spark.h"
#include "../failpoint.h"

enum { EVERY_MS = 1000, WORK_MS = 120000 };

struct proof {
	const char *fresh; /* what shows that it is another one; NULL */
	const char *work;  /* its first batch or Spark job; NULL */
};

/* The old one may have worked until it was told to start again. */
static int64_t since(const struct start *s)
{
	return s->told_at > 0 ? s->told_at : s->began_at;
}

static const struct health_row *health_of(const struct section *one, const char *job)
{
	if (one->source != SOURCE_HEALTH || one->state != SECTION_OK || !one->job ||
	    strcmp(one->job, job))
		return NULL;
	return dataset_one(one->data, &schema_health);
}

static void prove_by_health(struct act *a, const struct start *s, const struct section *one,
			    struct arena *arena, struct proof *p)
{
	const struct health_row *h = health_of(one, act_job_name(a));
	char at[40];

	if (!h)
		return;
	/* against the old one, which had the same clock, where there was one */
	if (!is_absent(h->start_time) &&
	    h->start_time > (is_absent(s->start_time) ? s->began_at - CLOCKS_MS : s->start_time)) {
		clock_rfc3339(h->start_time, at);
		p->fresh = arena_printf(arena, "started at %.8s UTC", at + 11);
	}
	if (!is_absent(h->last_processed_at) && h->last_processed_at > since(s) &&
	    h->batches_processed > 0)
		p->work = h->last_batch_id.text || is_absent(h->last_batch_id.number)
				  ? "a batch"
				  : arena_printf(arena, "batch %lld",
						 (long long)h->last_batch_id.number);
}

static void prove_by_spark(struct act *a, const struct start *s, const struct section *one,
			   struct arena *arena, struct proof *p)
{
	const struct app_row *app;
	const struct rowset *jobs;

	if (one->source != SOURCE_SPARK || one->state != SECTION_OK || !one->job ||
	    strcmp(one->job, act_job_name(a)))
		return;
	app = dataset_one(one->data, &schema_app);
	if (app && app->application_id && !text_is(app->application_id, s->application_id) &&
	    (s->application_id[0] || app->started_at > s->began_at - CLOCKS_MS))
		p->fresh = arena_printf(arena, "application %s", text_str(app->application_id));
	jobs = dataset_rows(one->data, &schema_spark_job);
	for (size_t i = 0; i < jobs->n; i++) {
		const struct spark_job_row *j = jobs->rows[i];

		bool is_old = s->application_id[0] && text_is(j->application_id, s->application_id);

		if (!is_old && !is_absent(j->submitted_at) && j->submitted_at > since(s))
			p->work = arena_printf(arena, "Spark job %lld", (long long)j->job_id);
	}
}

static void look(struct act *a, const struct start *s, struct arena *arena, struct proof *p)
{
	const struct snapshot *snap = act_look(a);

	for (size_t i = 0; i < snap->nsections; i++) {
		prove_by_health(a, s, snap->sections[i], arena, p);
		prove_by_spark(a, s, snap->sections[i], arena, p);
	}
	if (!p->fresh)
		p->fresh = start_came_back(a, s, arena);
}

/* How long a first batch may take: some of its intervals. */
static int64_t patience(const struct config_job *job)
{
	int64_t within = job->ready.within_ms > 0 ? job->ready.within_ms : WORK_MS;

	return job->trigger_interval_ms > 0 ? max_i64(within, 3 * job->trigger_interval_ms + 30000)
					    : within;
}

static enum action_state outcome(struct act *a, const struct start *s, const struct proof *p,
				 int64_t waited_ms, struct arena *arena)
{
	const char *doubt = *s->doubt ? arena_printf(arena, "; %s", s->doubt) : "";

	const struct job_row *job = act_job_row(a);
	bool has_left = job && job->dlq_pending > 0;

	if (p->fresh && p->work) {
		act_proof(a, "%s, first %s", p->fresh, p->work);
		act_outcome(a, "it works again: %s, first %s%s", p->fresh, p->work,
			    has_left ? arena_printf(arena,
						    "; %lld entries wait in its dead-letter queue: "
						    "R replays them",
						    (long long)job->dlq_pending)
				     : "");
		return ACTION_STATE_DONE;
	}
	if (p->fresh)
		act_outcome(a, "it came back (%s), but no batch or Spark job within %lld s%s%s",
			    p->fresh, (long long)waited_ms / 1000, doubt,
			    start_last_words(a, arena));
	else
		act_outcome(a,
			    "it did not come back: no new start, application or JVM within %lld "
			    "s%s%s",
			    (long long)waited_ms / 1000, doubt, start_last_words(a, arena));
	return *s->doubt ? ACTION_STATE_IN_DOUBT : ACTION_STATE_FAILED;
}

enum action_state start_prove(struct act *a, struct start *s)
{
	int64_t began = clock_mono(&clock_real), all = patience(act_job(a)), past = 0;
	struct proof p = {.fresh = NULL};
	enum action_state state;
	struct arena arena;

	arena_init(&arena);
	for (;;) {
		look(a, s, &arena, &p);
		past = clock_mono(&clock_real) - began;
		if ((p.fresh && p.work) || past >= failpoint_ms(all))
			break;
		act_says(a, "%s; waits for its first batch or Spark job, %lld s of %lld s",
			 p.fresh ? p.fresh : "not seen yet", (long long)past / 1000,
			 (long long)all / 1000);
		act_poll_now(a);
		if (!act_sleep(a, EVERY_MS))
			break;
	}
	state = outcome(a, s, &p, all, &arena);
	if (!is_absent(s->child))
		exec_leave(s->child);
	s->child = ABSENT;
	arena_release(&arena);
	return state;
}

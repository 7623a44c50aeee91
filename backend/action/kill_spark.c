/* action/kill_spark.c - Spark is asked to end a job, a stage, an application or a driver.
 *
 * Jobs and stages belong to the driver's UI, applications and drivers to the standalone master. A
 * place that does not answer is not asked: a driver's UI takes one waiting connection, and that one
 * would be ours. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../include/row/executor.h"
#include "../../include/row/spark.h"
#include "kill_spark.h"
#include "victim_plan.h"

struct kill_spark {
	struct spark_thing thing;
	struct err refused; /* code 0: it may be asked */
};

static const struct {
	const char *title, *button;
} kinds[] = {
	[SPARK_JOB] = {"Kill this Spark job?", "kill job"},
	[SPARK_STAGE] = {"Kill this stage?", "kill stage"},
	[SPARK_APPLICATION] = {"Kill this application?", "kill application"},
	[SPARK_DRIVER] = {"Kill this driver?", "kill driver"},
};

/* --- who --- */

/* It may be known a moment later: until then it is looked for again. */
static void find(struct act *a, struct kill_spark *k)
{
	k->refused.code = ERR_NONE;
	if (spark_find(a, &k->thing, &k->refused) == 0)
		act_target(a, "%s", k->thing.says);
}

static int capture(struct act *a, struct err *err)
{
	(void)err;
	find(a, act_state(a));
	return 0;
}

/* --- the question --- */

static const struct text *line(struct arena *a, const char *s)
{
	return text_clean(a, s, strlen(s));
}

static struct texts one(struct arena *a, const struct text *t)
{
	const struct text **v = ARENA_ARRAY(a, const struct text *, 1);

	v[0] = t;
	return (struct texts){t ? 1 : 0, v};
}

static const char *progress(struct arena *a, int64_t done, int64_t all)
{
	return all > 0 && done >= 0
		       ? arena_printf(a, " at %" PRId64 " %%", min_i64(100, done * 100 / all))
		       : "";
}

static const struct text *target_line(const struct spark_thing *t, const struct spark_found *f,
				      struct arena *a)
{
	const struct text *name = f->job      ? f->job->name
				  : f->stage  ? f->stage->name
				  : f->app    ? f->app->name
				  : f->driver ? f->driver->main_class
					      : NULL;

	return text_format(a, "%s   %s%s%s   %s", t->says, name ? "“" : "",
			   name ? text_str(name) : "", name ? "”" : "", t->application);
}

static void say_losses(const struct spark_thing *t, const struct spark_found *f, struct plan_row *p,
		       struct arena *a)
{
	if (f->job)
		p->loses = one(a, text_format(a, "job %s%s", t->id,
					      progress(a, f->job->num_completed_tasks,
						       f->job->num_tasks)));
	else if (f->stage)
		p->loses = one(a, text_format(a, "stage %s%s, and the job it is of", t->id,
					      progress(a, f->stage->num_complete_tasks,
						       f->stage->num_tasks)));
	else if (f->driver)
		p->loses = one(a, f->driver->worker
					  ? text_format(a,
							"its JVM on %s, its application, all "
							"its executors",
							text_str(f->driver->worker))
					  : TEXT("its place in the queue: it waits for a worker"));
	else if (!spark_is_of_ui(t))
		p->loses = one(a, f->app && f->app->cores > 0
					  ? text_format(a, "all its executors, %" PRId64 " cores",
							f->app->cores)
					  : TEXT("all its executors"));
	p->stays = one(a, spark_is_of_ui(t)
				  ? TEXT("the application, if its code catches the exception that "
					 "it gets now; else it ends")
			  : t->kind == SPARK_APPLICATION
				  ? TEXT("the driver's JVM and its Python, with a stopped context "
					 "(client mode)")
				  : NULL);
	if (f->job && f->job->query)
		p->warning = text_format(a,
					 "a job of the streaming query %s: the query fails "
					 "with it",
					 text_str(f->job->query));
}

static const struct text *state_of(const struct spark_found *f, bool *is_over)
{
	const struct text *status = f->job ? f->job->status : f->stage ? f->stage->status : NULL;

	if (f->app || f->driver) {
		*is_over = (f->app ? f->app->is_active : f->driver->is_active) == TRI_FALSE;
		return f->app ? f->app->state : f->driver->state;
	}
	*is_over = status && !text_is(status, "RUNNING") && !text_is(status, "ACTIVE");
	return status;
}

/* --yes: nobody looks at the evidence, so the verdict of its job must be one that asks for it. */
static const struct text *refuse_unasked(struct act *a, struct arena *arena)
{
	const struct job_row *job = act_job_row(a);

	if (act_verdict_ok(a, verdict_names[job ? job->verdict : VERDICT_UNKNOWN]))
		return NULL;
	return text_format(arena, "%s. " VICTIM_UNASKED,
			   job ? victim_job_words(job, arena)
			       : "it is of no job that is known here: its verdict is unknown");
}

/* Nothing is asked of a place that is silent. Over already is what a script wanted: its run says so
 * by a look of its own. */
static const struct text *refuse(struct act *a, const struct section *s,
				 const struct spark_found *f, struct arena *arena)
{
	const struct action_request *r = act_request(a);
	const struct spark_thing *t = &((const struct kill_spark *)act_state(a))->thing;
	const struct text *state;
	bool is_over;

	if (!s || s->state == SECTION_WAITING)
		return text_format(arena, "%s has not answered yet", t->where);
	if (s->state != SECTION_OK || s->silent_probes > 0)
		return text_format(arena,
				   "%s does not answer%s%s: Spark cannot be asked; K on its JVM "
				   "ends it",
				   t->where, s->silent_ms > 0 ? " for " : "",
				   s->silent_ms > 0 ? victim_span(arena, s->silent_ms) : "");
	state = state_of(f, &is_over);
	if (is_over && r->is_yes && !r->is_dry_run)
		return NULL;
	return is_over ? text_format(arena, "nothing to do: %s is %s", t->says,
				     state ? text_str(state) : "over")
		       : refuse_unasked(a, arena);
}

/* The first four characters of the job's name; without one, of the thing's own, or the last four
 * of its number. */
static const struct text *to_type(struct act *a, const struct spark_thing *t,
				  const struct spark_found *f, struct arena *arena)
{
	const char *name = act_job_name(a), *at;
	size_t len = strlen(t->id);
	uint32_t cp;
	int columns;

	if (!name && f->app && f->app->name)
		name = text_str(f->app->name);
	if (!name)
		return line(arena, t->id + (len > 4 ? len - 4 : 0));
	at = name;
	for (int i = 0; i < 4 && *at; i++)
		at += text_next(at, &cp, &columns);
	return text_clean(arena, name, (size_t)(at - name));
}

static void plan(struct act *a, struct plan_row *p, struct arena *arena)
{
	struct kill_spark *k = act_state(a);
	struct spark_thing *t = &k->thing;
	const struct section *section;
	const struct text **target, **steps;
	struct spark_found f;

	if (k->refused.code)
		find(a, k);
	if (k->refused.code) {
		p->refused = line(arena, k->refused.message);
		return;
	}
	spark_find_job(a, t);
	section = spark_section(act_look(a), t); /* one look: the next one lets its rows go */
	f = spark_row(section, t);
	p->title = line(arena, kinds[t->kind].title);
	p->button = line(arena, kinds[t->kind].button);
	target = ARENA_ARRAY(arena, const struct text *, 2);
	target[0] = target_line(t, &f, arena);
	target[1] = line(arena, t->where);
	p->target = (struct texts){2, target};
	say_losses(t, &f, p, arena);
	steps = ARENA_ARRAY(arena, const struct text *, 3);
	steps[0] = spark_is_of_ui(t)
			   ? text_format(arena, "%s is still of %s", t->where, t->application)
			   : text_format(arena, "%s still runs it", t->where);
	steps[1] = text_format(arena, "%s, sent once", spark_line(t, arena));
	steps[2] = TEXT("looked at until it is gone (15 s)");
	p->steps = (struct texts){3, steps};
	p->to_type = to_type(a, t, &f, arena);
	p->refused = refuse(a, section, &f, arena);
}

/* --- done --- */

static enum action_state run(struct act *a)
{
	struct kill_spark *k = act_state(a);
	enum action_state state;
	struct err err = {0};
	int rc = spark_check(a, &k->thing, &err);

	if (rc < 0) {
		act_outcome(a, "%s; nothing was asked", err.message);
		return rc == -ERR_MISSING ? ACTION_STATE_DONE : ACTION_STATE_REFUSED;
	}
	state = spark_kill(a, &k->thing);
	act_poll_now(a);
	return state;
}

const struct action_ops action_kill_spark = {
	.state_size = sizeof(struct kill_spark),
	.finishes = true,
	.capture = capture,
	.plan = plan,
	.run = run,
};

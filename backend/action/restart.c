/* action/restart.c - a job is started again: the hook that somebody wrote, then ready, then resume,
 * then the proof that it came.
 *
 * It ends nothing: what the command, the unit or the service does with the old one is theirs.
 * Where the command is the job itself, and the old one still runs, it is refused, and recover is
 * the way. Where something failed it waits first, as recover does. */
#include "start.h"

#include <string.h>

#include "../failpoint.h"

enum { SIGNS_SHOWN = 3 };

struct restart {
	struct start start;
};

static int capture(struct act *a, struct err *err)
{
	struct restart *r = act_state(a);

	if (!act_job_name(a))
		return err_set(err, ERR_REFUSED, "restart wants a job: this JVM belongs to none");
	start_capture(a, &r->start);
	return 0;
}

/* The verdict with what speaks for it. */
static void plan_evidence(const struct job_row *job, struct plan_row *p, struct arena *arena)
{
	struct plan_sign *signs = ARENA_ARRAY(arena, struct plan_sign, SIGNS_SHOWN);

	for (; p->nsigns < min_size(job->evidence.n, SIGNS_SHOWN); p->nsigns++)
		signs[p->nsigns] =
			(struct plan_sign){text_copy(arena, job->evidence.v[p->nsigns]), false};
	p->signs = signs;
	p->verdict = text_format(arena, "%s", verdict_names[job->verdict]);
}

static void plan_target(struct act *a, struct plan_row *p, struct arena *arena)
{
	const struct jvm_row *driver = start_driver(a);
	const struct job_row *job = act_job_row(a);

	if (job)
		plan_add(&p->target, arena, "%s  %s%s%s", text_str(job->name),
			 verdict_names[job->verdict], job->application_id ? "  " : "",
			 job->application_id ? text_str(job->application_id) : "");
	if (driver)
		plan_add(&p->target, arena, "java %lld  user %s%s", (long long)driver->pid,
			 driver->user ? text_str(driver->user) : "?",
			 start_is_alive(driver) ? "" : "  dead");
	if (job && (job->verdict == VERDICT_HEALTHY || job->verdict == VERDICT_INITIALIZING))
		p->warning = text_format(
			arena, "this job is %s%s%s", verdict_names[job->verdict],
			isnan(job->last_batch_age_s) ? "" : ": last batch ",
			isnan(job->last_batch_age_s)
				? ""
				: arena_printf(arena, "%.0f s ago", job->last_batch_age_s));
	if (job)
		plan_evidence(job, p, arena);
}

/* A command that is waited for may end the old pair, or start a second one beside it: nobody here
 * knows. */
static void plan_old(struct act *a, struct plan_row *p, struct arena *arena)
{
	const struct jvm_row *driver = start_driver(a);
	const struct config_job *cfg = act_job(a);
	const char *who;

	if (!cfg || !cfg->restart.command.argv || cfg->restart.command.is_detached ||
	    !start_is_alive(driver))
		return;
	who = arena_printf(arena, "java %lld", (long long)driver->pid);
	if (driver->parent_id && driver->parent_pid > 0)
		who = arena_printf(arena, "%s, python %lld", who, (long long)driver->parent_pid);
	plan_add(&p->stays, arena, "%s: the command must end them; V ends them first", who);
}

static void plan(struct act *a, struct plan_row *p, struct arena *arena)
{
	struct restart *r = act_state(a);

	plan_target(a, p, arena);
	start_plan(a, &r->start, p, arena);
	plan_old(a, p, arena);
	act_detail(a, "{%s}", start_detail(a, &r->start, arena));
}

/* From the step behind the one it was cut at. What was written before it was sent may have been
 * received: then the job shows it. */
static bool was_done(struct act *a, const char *step)
{
	const struct act_cut *cut = act_cut(a);

	for (size_t i = 0; cut && i < cut->nsteps; i++)
		if (!strcmp(cut->names[i], step))
			return true;
	return false;
}

static const char *cut_words(const struct act_cut *cut, struct arena *arena)
{
	const char *last = cut->nsteps ? cut->names[cut->nsteps - 1] : "";

	(void)arena;
	return !strcmp(last, "started")  ? "B continues at ready"
	       : !strcmp(last, "waited") ? "B continues at restart"
	       : !strcmp(last, "ready")  ? "B continues at resume"
	       : !strcmp(last, "start")  ? "B looks whether its restart was received"
	       : !strcmp(last, "resume") ? "B looks whether its resume was received"
					 : "B begins it anew";
}

static enum action_state wait_some(struct act *a, struct start *s)
{
	enum action_state state;

	if (!s->has_failed || was_done(a, "waited"))
		return ACTION_STATE_DONE;
	state = start_wait(a, s, s->ended_at);
	if (state != ACTION_STATE_DONE)
		return state;
	return act_step(a, "waited", "waited %g s%s%s", (double)s->wait_ms / 1000,
			is_absent(s->ended_at) ? "" : " from its end",
			s->after_oom ? ": it ran out of memory" : "")
		       ? ACTION_STATE_FAILED
		       : state;
}

static enum action_state begin(struct act *a, struct start *s)
{
	enum action_state state;
	struct err err;

	if (was_done(a, "started"))
		return ACTION_STATE_DONE;
	if (was_done(a, "start") && start_was_received(a, s))
		return act_step(a, "started", "it was received: the job is there")
			       ? ACTION_STATE_FAILED
			       : ACTION_STATE_DONE;
	if (start_check(a, s, &err)) {
		act_outcome(a, "%s", err.message);
		return ACTION_STATE_REFUSED;
	}
	state = wait_some(a, s);
	if (state == ACTION_STATE_DONE)
		state = start_do(a, s);
	failpoint("restart.started");
	return state;
}

static enum action_state go_on(struct act *a, struct start *s)
{
	if (was_done(a, "resumed") || (was_done(a, "resume") && start_resume_was_received(a)))
		return ACTION_STATE_DONE;
	return start_resume(a, s);
}

static enum action_state run(struct act *a)
{
	struct restart *r = act_state(a);
	enum action_state state = begin(a, &r->start);

	if (r->start.is_back)
		return state;
	if (state == ACTION_STATE_DONE && !was_done(a, "ready"))
		state = start_ready(a, &r->start);
	failpoint("restart.ready");
	if (state == ACTION_STATE_DONE)
		state = go_on(a, &r->start);
	failpoint("restart.resumed");
	if (state == ACTION_STATE_DONE)
		state = start_prove(a, &r->start);
	act_poll_now(a);
	return state;
}

static void release(struct act *a)
{
	struct restart *r = act_state(a);

	start_release(&r->start);
}

const struct action_ops action_restart = {.state_size = sizeof(struct restart),
					  .finishes = true,
					  .capture = capture,
					  .plan = plan,
					  .run = run,
					  .release = release,
					  .cut_says = cut_words};

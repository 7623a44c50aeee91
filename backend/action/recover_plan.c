/* action/recover_plan.c - the question of recover: one plan with every step of it, one
 * confirmation. */
#include "recover.h"

#include <inttypes.h>
#include <string.h>

#include "../../include/row/dlq.h"

/* --- without a person --- */

/* Not only out of reach: it should run, this host was looked at and has no process of it, and
 * nobody listens where it answered. */
static bool is_gone(struct act *a, const struct recover *r)
{
	const struct snapshot *snap = act_look(a);
	const struct job_row *job = act_job_row(a);
	const struct config_job *cfg = act_job(a);
	bool has_looked = false;

	for (size_t i = 0; i < snap->nsections; i++)
		has_looked |= snap->sections[i]->source == SOURCE_JVM &&
			      snap->sections[i]->state == SECTION_OK;
	return has_looked && cfg && cfg->expect_always && job &&
	       job->verdict == VERDICT_UNREACHABLE && pair_is_gone(a, &r->pair);
}

static const struct text *refuse_unasked(struct act *a, const struct recover *r,
					 struct arena *arena)
{
	const struct jvm_row *driver = start_driver(a);
	const struct job_row *job = act_job_row(a);
	const char *of_jvm =
		driver && driver->verdict >= 0 ? jvm_verdict_names[driver->verdict] : "unknown";
	const char *of_job = job ? verdict_names[job->verdict] : "unknown";

	if (r->cut >= PHASE_ENDED) /* it was decided when it began, and half of it is done */
		return NULL;
	if (act_verdict_ok(a, of_jvm) || act_verdict_ok(a, of_job) || is_gone(a, r))
		return NULL;
	return text_format(
		arena,
		"it is %s%s: with --yes only hung, crashed, stranded, orphan, dead or thrashing is "
		"recovered, unless --if names more",
		of_job,
		job && !isnan(job->last_batch_age_s)
			? arena_printf(arena, ", last batch %.0f s ago", job->last_batch_age_s)
			: "");
}

/* --- what would happen --- */

static void describe(struct act *a, struct recover *r, struct plan_row *p, struct arena *arena)
{
	const struct job_row *job;

	if (r->pair.has_jvm)
		victim_describe(a, &r->pair.jvm, p, arena);
	else if (r->pair.has_python)
		victim_describe(a, &r->pair.python, p, arena);
	if (r->pair.has_jvm && r->pair.has_python)
		p->stays = (struct texts){0}; /* it does not, here */
	(void)act_look(a);
	job = act_job_row(a);
	if (job && !p->target.n)
		plan_add(&p->target, arena, "%s  %s%s", text_str(job->name),
			 verdict_names[job->verdict],
			 r->refused.code ? "" : ": no process of it is left here");
	for (size_t i = 0; job && !p->nsigns && i < job->evidence.n && i < 3; i++)
		plan_add(&p->facts, arena, "%s", text_str(job->evidence.v[i]));
}

static void plan_cut(struct act *a, const struct recover *r, struct plan_row *p,
		     struct arena *arena)
{
	const struct act_cut *cut = act_cut(a);
	const char *last;
	char at[16];

	if (!cut)
		return;
	last = cut->nsteps ? cut->names[cut->nsteps - 1] : phase_names[r->cut];
	plan_add(&p->facts, arena, "continues what was cut off at %s%s%s%s", act_clock(cut->at, at),
		 *last ? " after `" : " before its first step was done", last, *last ? "`" : "");
	if (r->cut == PHASE_START || r->cut == PHASE_RESUME)
		plan_add(&p->facts, arena,
			 "its %s may have been received: if the job shows it, it is not sent again",
			 r->cut == PHASE_START ? "restart" : "resume");
}

static void plan_end(const struct recover *r, struct plan_row *p, struct arena *arena)
{
	const struct pair *pair = &r->pair;
	const char *ports = pair_ports_words(pair, arena);

	if (pair->has_jvm) {
		plan_add(&p->steps, arena, "save a thread dump (5 s)");
		plan_add(&p->steps, arena,
			 "SIGTERM java %" PRId64 ", SIGKILL if it lives after 30 s", pair->jvm.pid);
	}
	if (*pair->dead)
		plan_add(&p->steps, arena, "java %s is dead already%s", pair->dead,
			 pair->has_python ? " and goes with its python" : "");
	if (pair->has_python && pair->has_jvm)
		plan_add(&p->steps, arena, "end python %" PRId64 " in the same way",
			 pair->python.pid);
	else if (pair->has_python)
		plan_add(&p->steps, arena,
			 "SIGTERM python %" PRId64 ", SIGKILL if it lives after 30 s",
			 pair->python.pid);
	if (*ports)
		plan_add(&p->steps, arena, "prove %s free", ports);
}

static void plan_offer(struct act *a, struct plan_row *p, struct arena *arena)
{
	const struct job_row *job = act_job_row(a);

	if (job && job->dlq_pending > 0)
		plan_add(&p->steps, arena, "offer the replay of %" PRId64 " entries (R)",
			 job->dlq_pending);
}

static void plan_type(struct act *a, const struct recover *r, struct plan_row *p,
		      struct arena *arena)
{
	const char *job = act_job_name(a);

	p->to_type = *r->pair.digits ? text_format(arena, "%s", r->pair.digits)
				     : text_clean(arena, job, text_fit(job, 4));
}

static const struct text *refusal(struct act *a, struct recover *r, struct arena *arena)
{
	struct victim *v = r->pair.has_jvm ? &r->pair.jvm : &r->pair.python;
	const char *back = r->cut < PHASE_START ? start_came_back(a, &r->start, arena) : NULL;
	struct err err = {0};

	if (r->refused.code)
		return text_format(arena, "%s", r->refused.message);
	if (back)
		return text_format(
			arena, "it came back by itself (%s): nothing is started beside it", back);
	if ((r->pair.has_jvm || r->pair.has_python) && victim_verify(v, &err) == -ERR_REFUSED)
		return text_format(arena, "%s", err.message);
	return r->cut < PHASE_ENDED ? refuse_unasked(a, r, arena) : NULL; /* else nobody is ended */
}

void recover_plan(struct act *a, struct plan_row *p, struct arena *arena)
{
	struct recover *r = act_state(a);

	describe(a, r, p, arena);
	plan_cut(a, r, p, arena);
	p->refused = refusal(a, r, arena);
	if (r->cut < PHASE_ENDED)
		plan_end(r, p, arena);
	start_plan(a, &r->start, p, arena);
	plan_offer(a, p, arena);
	plan_type(a, r, p, arena);
}

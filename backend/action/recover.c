/* action/recover.c - the runbook as one checked sequence.
 *
 *   end the pair -> every port of it free -> wait -> restart -> ready -> resume -> first batch
 *
 * One typed confirmation covers all of it. Each step leaves its mark in the audit, and the first
 * that fails ends the sequence. A sequence whose sparkops was killed is continued behind its last
 * mark: what is true already is not done again, and what may have been sent is first looked for in
 * the job itself. Whenever a new JVM or application of the job is there that nobody here started,
 * it came back by itself, and nothing is started beside it. */
#include "recover.h"

#include <jansson.h>
#include <string.h>

#include "../../include/clock.h"
#include "../failpoint.h"

const char *const phase_names[] = {"",        "pair-ended", "ports-free", "waited",  "start",
				   "started", "ready",      "resume",     "resumed", NULL};

enum { LOOK_MS = 10000, BACK_MS = 5000, EVERY_MS = 1000 };

/* --- before --- */

static enum phase phase_of(const char *name)
{
	for (int i = 1; phase_names[i]; i++)
		if (!strcmp(phase_names[i], name))
			return (enum phase)i;
	return PHASE_NONE;
}

/* How far the earlier runs came: what that run began with, and the marks it left. */
static enum phase phase_of_cut(const struct act_cut *cut, const json_t *detail)
{
	const char *from = json_string_value(json_object_get(detail, "from"));
	enum phase far = from ? phase_of(from) : PHASE_NONE;

	for (size_t i = 0; i < cut->nsteps; i++)
		if (phase_of(cut->names[i]) > far)
			far = phase_of(cut->names[i]);
	return far;
}

static const char *cut_words(const struct act_cut *cut, struct arena *arena)
{
	static const char *const next[] = {[PHASE_NONE] = "ending the pair",
					   [PHASE_ENDED] = "proving its ports free",
					   [PHASE_FREE] = "wait",
					   [PHASE_WAITED] = "restart",
					   [PHASE_START] = "restart, unless it was received",
					   [PHASE_STARTED] = "ready",
					   [PHASE_READY] = "resume",
					   [PHASE_RESUME] = "resume, unless it was received",
					   [PHASE_RESUMED] = "the proof"};
	json_t *detail = json_loads(cut->detail ? cut->detail : "", 0, NULL);
	const char *out = arena_printf(arena, "V continues at %s", next[phase_of_cut(cut, detail)]);

	json_decref(detail);
	return out;
}

static void read_cut(struct act *a, struct recover *r)
{
	const struct act_cut *cut = act_cut(a);
	const json_t *ports;
	json_t *detail;

	if (!cut)
		return;
	detail = json_loads(cut->detail ? cut->detail : "", 0, NULL);
	r->cut = phase_of_cut(cut, detail);
	ports = json_object_get(detail, "ports");
	for (size_t i = 0; i < json_array_size(ports); i++)
		pair_add_port(&r->pair, json_integer_value(json_array_get(ports, i)));
	json_decref(detail);
}

static void hold(struct act *a, struct recover *r)
{
	int64_t until = clock_mono(&clock_real) + LOOK_MS;

	while (!victim_has_looked(act_look(a)) && clock_mono(&clock_real) < until)
		(void)act_wait(a, -1, EVERY_MS);
	/* a refusal is shown with what else the plan knows */
	if (r->cut < PHASE_ENDED &&
	    pair_capture(a, act_cut(a) ? r->start.jvm : "", &r->pair, &r->refused) == 0)
		r->refused.code = ERR_NONE;
	r->start.was_down = !r->pair.has_jvm && r->refused.code == ERR_NONE;
}

static int capture(struct act *a, struct err *err)
{
	struct recover *r = act_state(a);

	if (!act_job_name(a))
		return err_set(err, ERR_REFUSED, "recover wants a job: this JVM belongs to none");
	r->pair.jvm.pidfd = r->pair.python.pidfd = -1;
	start_capture(a, &r->start);
	read_cut(a, r);
	hold(a, r);
	return 0;
}

static void plan(struct act *a, struct plan_row *p, struct arena *arena)
{
	struct recover *r = act_state(a);
	const char *ports = "";

	/* one that was not known yet when the question opened */
	if (!r->pair.has_jvm && !r->pair.has_python && !r->pair.dead[0])
		hold(a, r);
	recover_plan(a, p, arena);
	for (size_t i = 0; i < r->pair.nports; i++)
		ports = arena_printf(arena, "%s%s%lld", ports, i ? "," : "",
				     (long long)r->pair.ports[i]);
	act_detail(a, "{%s,\"ports\":[%s],\"from\":\"%s\"}", start_detail(a, &r->start, arena),
		   ports, phase_names[r->cut]);
}

/* --- steps --- */

static enum action_state mark(struct act *a, enum phase phase, const char *says)
{
	if (act_step(a, phase_names[phase], "%s", says) == 0)
		return ACTION_STATE_DONE;
	act_outcome(a, "stopped: the next step could not be written to the audit, so it was not "
		       "done");
	return ACTION_STATE_FAILED;
}

static enum action_state end(struct act *a, struct recover *r)
{
	enum action_state state = pair_end(a, &r->pair);

	return state == ACTION_STATE_DONE
		       ? mark(a, PHASE_ENDED,
			      r->pair.has_jvm || r->pair.has_python ? "the old pair has ended"
								    : "nothing of it was left")
		       : state;
}

static enum action_state prove_free(struct act *a, struct recover *r)
{
	enum action_state state = pair_prove(a, &r->pair);
	struct arena arena;
	const char *ports;

	if (state != ACTION_STATE_DONE)
		return state;
	arena_init(&arena);
	ports = pair_ports_words(&r->pair, &arena);
	state = mark(a, PHASE_FREE,
		     *ports ? arena_printf(&arena, "%s free", ports) : "it had no port");
	arena_release(&arena);
	return state;
}

static enum action_state wait_some(struct act *a, struct recover *r)
{
	enum action_state state = start_wait(a, &r->start, ABSENT);

	return state == ACTION_STATE_DONE ? mark(a, PHASE_WAITED, "waited") : state;
}

static enum action_state start_again(struct act *a, struct recover *r)
{
	enum action_state state;
	struct err err;

	if (r->cut == PHASE_START && start_was_received(a, &r->start))
		return mark(a, PHASE_STARTED, "it was received: the job is there");
	if (start_check(a, &r->start, &err)) {
		act_outcome(a, "%s", err.message);
		return ACTION_STATE_REFUSED;
	}
	state = start_do(a, &r->start);
	failpoint("recover.started");
	return state;
}

static enum action_state go_on(struct act *a, struct recover *r)
{
	if (r->cut == PHASE_RESUME && start_resume_was_received(a))
		return mark(a, PHASE_RESUMED,
			    "a Spark job came since it was sent: taken as received");
	return start_resume(a, &r->start);
}

/* What is done in each phase, in their order: it makes the phase true. */
static const struct {
	enum phase makes;
	enum action_state (*run)(struct act *a, struct recover *r);
	const char *failpoint;
} sequence[] = {
	{PHASE_ENDED, end, "recover.ended"},
	{PHASE_FREE, prove_free, "recover.free"},
	{PHASE_WAITED, wait_some, "recover.waited"},
	{PHASE_STARTED, start_again, "recover.begun"},
};

/* What looked like a failure may be it: a process is seen before its job is known. */
static bool is_back_after(struct act *a, struct recover *r, enum phase failed)
{
	int64_t until = clock_mono(&clock_real) + BACK_MS;

	if (failed > PHASE_FREE)
		return false;
	while (!start_is_back(a, &r->start)) {
		act_poll_now(a);
		if (clock_mono(&clock_real) >= until || !act_sleep(a, EVERY_MS))
			return false;
	}
	return true;
}

/* The half in which it may come back by itself. */
static enum action_state first_half(struct act *a, struct recover *r)
{
	for (size_t i = 0; i < ARRAY_LEN(sequence); i++) {
		enum action_state state;

		if (r->cut >= sequence[i].makes)
			continue;
		if (r->cut != PHASE_START && start_is_back(a, &r->start))
			return ACTION_STATE_DONE;
		state = sequence[i].run(a, r);
		failpoint(sequence[i].failpoint);
		if (state == ACTION_STATE_DONE)
			continue;
		return state == ACTION_STATE_FAILED && is_back_after(a, r, sequence[i].makes)
			       ? ACTION_STATE_DONE
			       : state;
	}
	return ACTION_STATE_DONE;
}

static enum action_state second_half(struct act *a, struct recover *r)
{
	enum action_state state = ACTION_STATE_DONE;

	if (r->cut < PHASE_READY)
		state = start_ready(a, &r->start);
	failpoint("recover.ready");
	if (state == ACTION_STATE_DONE && r->cut < PHASE_RESUMED)
		state = go_on(a, r);
	failpoint("recover.resumed");
	return state == ACTION_STATE_DONE ? start_prove(a, &r->start) : state;
}

static enum action_state run(struct act *a)
{
	struct recover *r = act_state(a);
	enum action_state state;
	struct err err;

	if (r->cut < PHASE_START && start_check(a, &r->start, &err)) {
		act_outcome(a, "%s", err.message);
		return ACTION_STATE_REFUSED;
	}
	state = first_half(a, r);
	if (state == ACTION_STATE_DONE && !r->start.is_back)
		state = second_half(a, r);
	act_poll_now(a);
	return state;
}

static void release(struct act *a)
{
	struct recover *r = act_state(a);

	pair_release(&r->pair);
	start_release(&r->start);
}

const struct action_ops action_recover = {.state_size = sizeof(struct recover),
					  .finishes = true,
					  .capture = capture,
					  .plan = plan,
					  .run = run,
					  .release = release,
					  .cut_says = cut_words};

/* action/ready.c - from "it was told to start" to "it is there".
 *
 * Ready is what the configuration says: a URL that answers, by default /health/ready, and without
 * health a new application at the job's UI. Meanwhile it may fail at once: a command that ended
 * again, a unit that failed. That is said when it happens, with the last it said, and not after the
 * two minutes. */
#include "start.h"

#include <stdio.h>
#include <string.h>

#include "../../include/clock.h"
#include "../failpoint.h"

enum { EVERY_MS = 1000, ASK_MS = 3000, SHOW_MS = 5000, SHOW_EVERY = 5 };

struct watch {
	struct act *a;
	struct start *s;
	struct arena arena; /* of one look */
	const char *url;    /* NULL: a new application is waited for */
	int64_t status, within_ms, began;
	char seen[300]; /* what it last answered */
	unsigned looks;
};

static int64_t past(const struct watch *w)
{
	return clock_mono(&clock_real) - w->began;
}

/* --- has it failed already --- */

static const char *command_ended(const struct watch *w, struct arena *a)
{
	int64_t code, by;

	if (is_absent(w->s->child) || !exec_has_ended(w->s->child, &code, &by))
		return NULL;
	exec_leave(w->s->child);
	w->s->child = ABSENT;
	return is_absent(by)
		       ? arena_printf(a, "its command ended again with exit code %lld",
				      (long long)code)
		       : arena_printf(a, "its command was ended by signal %lld", (long long)by);
}

static const char *value_of(const char *lines, const char *name, struct arena *a)
{
	const char *p = strstr(lines, name);

	if (!p)
		return "";
	p += strlen(name);
	return arena_strndup(a, p, strcspn(p, "\n"));
}

static const char *unit_failed(const struct watch *w, struct arena *a)
{
	const char *unit = act_job(w->a)->restart.systemd, *state;
	struct config_command c;
	struct exec_result r;
	struct err err;

	if (!unit || w->looks % SHOW_EVERY)
		return NULL;
	c = start_systemctl(unit, "show", a);
	struct exec e = {.argv = c.argv,
			 .env = c.env,
			 .nenv = c.nenv,
			 .timeout_ms = SHOW_MS,
			 .cancel_fd = -1};
	if (exec_run(&e, a, &r, &err) || r.exit_code != 0)
		return NULL;
	state = value_of(r.output, "ActiveState=", a);
	if (strcmp(state, "failed") && strcmp(state, "inactive"))
		return NULL;
	return arena_printf(a, "unit %s is %s (result %s, exit code %s)", unit, state,
			    value_of(r.output, "Result=", a),
			    value_of(r.output, "ExecMainStatus=", a));
}

static const char *has_failed(const struct watch *w, struct arena *a)
{
	const char *why = command_ended(w, a);

	return why ? why : unit_failed(w, a);
}

/* --- is it there --- */

static void saw(struct watch *w, const char *fmt, ...) ATTR_PRINTF(2, 3);
static void saw(struct watch *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->seen, sizeof(w->seen), fmt, ap);
	va_end(ap);
}

static bool asks_well(struct watch *w)
{
	struct call c = {.method = "GET",
			 .url = w->url,
			 .connect_ms = ASK_MS,
			 .total_ms = ASK_MS,
			 .cancel_fd = -1};
	struct call_answer r;
	struct err err;

	int rc = call_http(&c, act_config(w->a), &w->arena, &r, &err);

	if (rc)
		saw(w, "%s", err.message);
	else if (r.fate == CALL_ANSWERED)
		saw(w, "answers %ld", r.code);
	else
		saw(w, "%s", r.problem);
	return rc == 0 && r.fate == CALL_ANSWERED && r.code == w->status;
}

static bool is_there(struct watch *w)
{
	const char *back;

	if (w->url)
		return asks_well(w);
	(void)act_look(w->a);
	back = start_came_back(w->a, w->s, &w->arena);
	saw(w, "%s", back ? back : "no new application or JVM");
	return back != NULL;
}

static const char *ready_url(struct act *a, struct start *s, struct arena *arena)
{
	const struct config_job *job = act_job(a);
	struct hook_values values = start_values(a, s, arena);
	const char *url;
	struct err err;

	if (!job->ready.url)
		return job->health ? arena_printf(arena, "%s/health/ready", job->health) : NULL;
	return hook_fill(job->ready.url, HOOK_URL, &values, arena, &url, &err) ? job->ready.url
									       : url;
}

static enum action_state give_up(struct watch *w, const char *why)
{
	act_outcome(w->a, "it did not come back: %s%s%s%s", why, *w->s->doubt ? "; " : "",
		    w->s->doubt, start_last_words(w->a, &w->arena));
	return ACTION_STATE_FAILED;
}

static enum action_state is_ready(struct watch *w)
{
	double seconds = (double)past(w) / 1000;

	if (act_step(w->a, "ready", "%s%s%s after %.1f s", w->url ? w->url : "", w->url ? " " : "",
		     w->seen, seconds)) {
		act_outcome(w->a, "stopped: the audit cannot be written");
		return ACTION_STATE_FAILED;
	}
	return ACTION_STATE_DONE;
}

static enum action_state watch(struct watch *w)
{
	long long all = (long long)w->within_ms / 1000;
	const char *why;

	for (;; w->looks++) {
		why = has_failed(w, &w->arena);
		if (why)
			return give_up(w, why);
		if (is_there(w))
			return is_ready(w);
		if (past(w) >= failpoint_ms(w->within_ms))
			return give_up(w,
				       arena_printf(&w->arena, "%s%snot ready within %lld s (%s)",
						    w->url ? w->url : "", w->url ? " " : "", all,
						    w->seen));
		act_says(w->a, "ready? %s; %lld s of %lld s", w->seen, (long long)past(w) / 1000,
			 all);
		act_poll_now(w->a);
		arena_reset(&w->arena);
		if (!act_sleep(w->a, EVERY_MS)) {
			act_outcome(w->a,
				    "cancelled; it was told to start, and was not ready yet (%s)",
				    w->seen);
			return ACTION_STATE_CANCELLED;
		}
	}
}

enum action_state start_ready(struct act *a, struct start *s)
{
	const struct config_job *job = act_job(a);
	struct watch w = {.a = a,
			  .s = s,
			  .status = job->ready.status > 0 ? job->ready.status : 200,
			  .within_ms = start_within_ms(job),
			  .began = clock_mono(&clock_real),
			  .seen = "not asked yet"};
	enum action_state state;
	struct arena kept;

	arena_init(&w.arena);
	arena_init(&kept);
	w.url = ready_url(a, s, &kept);
	state = watch(&w);
	arena_release(&w.arena);
	arena_release(&kept);
	return state;
}

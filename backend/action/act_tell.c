/* action/act_tell.c - what an act says while it runs: its row in `actions`, and its steps on disk
 * before they are on the screen. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../include/clock.h"
#include "../failpoint.h"
#include "act_parts.h"

ATTR_PRINTF(2, 0) static const char *say(struct act *a, const char *fmt, va_list ap)
{
	va_list again;
	int len;
	char *s;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	s = arena_alloc(&a->arena, (size_t)len + 1);
	vsnprintf(s, (size_t)len + 1, fmt, ap);
	return s;
}

static const struct text *clean(struct arena *arena, const char *s)
{
	return s == NULL ? NULL : text_clean(arena, s, strlen(s));
}

static void fill_steps(struct act *a, struct action_row *r, struct arena *arena)
{
	const struct text **v = ARENA_ARRAY(arena, const struct text *, a->nsteps);

	for (size_t i = 0; i < a->nsteps; i++)
		v[i] = clean(arena, a->steps[i]);
	r->steps = (struct texts){a->nsteps, v};
}

void act_show(struct act *a, int state)
{
	struct dataset *d = dataset_new();
	struct action_row *r = ARENA_NEW(&d->arena, struct action_row);
	struct acts *s = a->acts;
	const struct dataset *old;
	bool is_over = state != ACTION_STATE_RUNS && state != ACTION_STATE_ASKS;
	char host[256] = "";

	field_clear_row(&schema_action, r);
	gethostname(host, sizeof(host) - 1);
	r->number = a->intent > 0 ? a->intent : ABSENT;
	r->plan = (int64_t)a->plan;
	r->action = (int)a->request.action;
	r->word = clean(&d->arena, action_words[a->request.action]);
	r->job = clean(&d->arena, a->job);
	r->target = clean(&d->arena, a->target);
	r->state = state;
	r->who = a->ledger == NULL ? NULL : clean(&d->arena, ledger_user(a->ledger));
	r->host = clean(&d->arena, host);
	r->began_at = a->began_at;
	r->ended_at = is_over ? a->ended_at : ABSENT;
	r->step = is_over ? NULL : clean(&d->arena, a->step);
	r->outcome = clean(&d->arena, a->outcome);
	r->proof = clean(&d->arena, a->proof);
	r->asks = state == ACTION_STATE_ASKS ? clean(&d->arena, a->asks) : NULL;
	fill_steps(a, r, &d->arena);
	dataset_add(d, &schema_action, r, 1);
	acts_lock(s);
	old = a->row;
	a->row = d;
	dataset_unref(a->question);
	a->question = NULL;
	s->has_new_plans = s->has_new_rows = true;
	acts_ring(s);
	acts_unlock(s);
	dataset_unref(old);
}

void act_target(struct act *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	a->target = say(a, fmt, ap);
	va_end(ap);
	a->has_target = true;
}

void act_detail(struct act *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	a->detail = say(a, fmt, ap);
	va_end(ap);
}

void act_outcome(struct act *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	a->outcome = say(a, fmt, ap);
	va_end(ap);
}

void act_proof(struct act *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	a->proof = say(a, fmt, ap);
	va_end(ap);
}

void act_says(struct act *a, const char *fmt, ...)
{
	const char *before = a->step;
	va_list ap;

	va_start(ap, fmt);
	a->step = say(a, fmt, ap);
	va_end(ap);
	if (a->intent > 0 && (before == NULL || strcmp(before, a->step) != 0))
		act_show(a, ACTION_STATE_RUNS);
}

const char *act_clock(int64_t at, char out[static 16])
{
	time_t t = (time_t)(at / 1000);
	struct tm tm;

	out[0] = '\0';
	if (localtime_r(&t, &tm) != NULL)
		strftime(out, 16, "%H:%M:%S", &tm);
	return out;
}

int act_step(struct act *a, const char *name, const char *fmt, ...)
{
	struct audit_entry e = {.at = clock_wall(&clock_real),
				.kind = "step",
				.intent = a->intent,
				.action = action_words[a->request.action],
				.job = a->job,
				.target = a->target,
				.detail = a->detail,
				.state = name};
	struct err err = {0};
	char at[16];
	va_list ap;

	va_start(ap, fmt);
	e.says = say(a, fmt, ap);
	va_end(ap);
	failpoint("pipe.step");
	if (a->intent == 0 || audit_put(a->ledger, &e, NULL, &err) != 0) {
		act_outcome(a, "stopped before \"%s\": %s", e.says,
			    a->intent == 0 ? "there is no intent" : err.message);
		return -ERR_IO;
	}
	failpoint("pipe.stepped");
	if (a->nsteps < STEPS_MAX)
		a->steps[a->nsteps++] =
			arena_printf(&a->arena, "%s %s", act_clock(e.at, at), e.says);
	a->step = e.says;
	act_show(a, ACTION_STATE_RUNS);
	return 0;
}

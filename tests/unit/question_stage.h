/* question_stage.h - the console without a terminal, a backend that notes what it is asked to do,
 * and plans made by hand. Static functions, so that each test of the question is one file. */
#ifndef SPARKOPS_TESTS_QUESTION_STAGE_H
#define SPARKOPS_TESTS_QUESTION_STAGE_H

#include "ui_stage.h"

#include "../screen/plan_rows.h"

enum { WISHES = 64 };

/* What the backend was asked, with the strings as they were then. */
static struct wish {
	struct action_request r;
	char job[256], jvm[64], typed[64], hashes[200], values[200], spark[64], where[64];
} wishes[WISHES];
static size_t nwishes;
static int64_t refuse_with; /* < 0: the next wish is refused */

static void keep(char *to, size_t size, const char *s)
{
	snprintf(to, size, "%s", s ? s : "");
}

static int64_t on_act(void *data, const struct action_request *r, struct err *err)
{
	struct wish *w = &wishes[nwishes < WISHES ? nwishes++ : WISHES - 1];
	size_t n = 0;

	(void)data;
	memset(w, 0, sizeof(*w));
	w->r = *r;
	keep(w->job, sizeof(w->job), r->job);
	keep(w->jvm, sizeof(w->jvm), r->jvm);
	keep(w->typed, sizeof(w->typed), r->typed);
	keep(w->spark, sizeof(w->spark), r->spark);
	keep(w->where, sizeof(w->where), r->where);
	for (size_t i = 0; i < r->nhashes && n + 20 < sizeof(w->hashes); i++)
		n += (size_t)snprintf(w->hashes + n, sizeof(w->hashes) - n, "%s%.8s", i ? " " : "",
				      r->hashes[i]);
	n = 0;
	for (size_t i = 0; i < r->nvalues && n + 60 < sizeof(w->values); i++)
		n += (size_t)snprintf(w->values + n, sizeof(w->values) - n, "%s%s=%.40s",
				      i ? " " : "", r->values[i].name, r->values[i].value);
	if (refuse_with < 0)
		return err_set(err, ERR_REFUSED, "refused by the test");
	return r->step == ACTION_PLAN ? PLAN_NUMBER : 0;
}

ATTR_UNUSED static int question_setup(void **state)
{
	setup(state);
	ui.act = on_act;
	nwishes = 0;
	refuse_with = 0;
	memset(wishes, 0, sizeof(wishes));
	return 0;
}

ATTR_UNUSED static int question_teardown(void **state)
{
	teardown(state);
	plan_end();
	return 0;
}

/* Wishes of that step so far. */
ATTR_UNUSED static size_t count(enum action_step step)
{
	size_t n = 0;

	for (size_t i = 0; i < nwishes; i++)
		n += wishes[i].r.step == step;
	return n;
}

ATTR_UNUSED static const struct wish *last(enum action_step step)
{
	for (size_t i = nwishes; i-- > 0;)
		if (wishes[i].r.step == step)
			return &wishes[i];
	fail_msg("no such wish");
	return NULL;
}

ATTR_UNUSED static void after(int64_t ms)
{
	fixed.fixed_mono_ms += ms;
	fixed.fixed_wall_ms += ms;
	ui_tick(&ui);
	ui_draw(&ui, &screen);
}

typedef void change_fn(struct arena *a, struct plan_row *p);

/* The plan of the question is there, or there anew. */
ATTR_UNUSED static void publish(change_fn *change)
{
	struct dataset *d = dataset_new();
	struct plan_row *p = plan_kill(&d->arena);

	if (change)
		change(&d->arena, p);
	dataset_add(d, &schema_plan, p, 1);
	ui_snapshot(&ui, plan_snapshot(&snap, d, NULL));
	ui_draw(&ui, &screen);
}

ATTR_UNUSED static void publish_action(int state)
{
	struct dataset *d = dataset_new();
	struct action_row *r = plan_action(&d->arena, state);

	if (state == ACTION_STATE_ASKS)
		r->asks = TEXT("java 18423 did not end within 30 s: send SIGKILL?");
	if (state == ACTION_STATE_DONE)
		r->outcome = TEXT("ended by SIGTERM");
	dataset_add(d, &schema_action, r, 1);
	ui_snapshot(&ui, plan_snapshot(&snap, NULL, d));
	ui_draw(&ui, &screen);
}

/* A key by a hand: 150 ms after the one before. */
ATTR_UNUSED static void hand(uint32_t key)
{
	after(150);
	press(key);
}

ATTR_UNUSED static void hands(const char *keys)
{
	for (; *keys; keys++)
		hand((uint32_t)*keys);
}

/* A key that came together with others. */
ATTR_UNUSED static void burst(uint32_t key)
{
	struct key_event ev = {.kind = KEY_EVENT_KEY, .key = key, .is_burst = true};

	ui_event(&ui, &ev);
	ui_draw(&ui, &screen);
}

/* The question of a kill is open, was read, and takes keys. */
ATTR_UNUSED static void ask(uint32_t key, change_fn *change)
{
	hand(key);
	publish(change);
	after(QUESTION_DEAF_MS);
}

#endif

/* action/kill.c - a JVM is ended, with evidence before and proof after. A place kept. */
#include "act.h"

static void plan(struct act *a, struct plan_row *p, struct arena *arena)
{
	(void)a;
	(void)arena;
	p->refused = TEXT("not built yet");
}

static enum action_state run(struct act *a)
{
	(void)a;
	return ACTION_STATE_REFUSED;
}

const struct action_ops action_kill = {.plan = plan, .run = run, .finishes = true};

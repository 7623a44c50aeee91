/* plan_rows.h - plans and actions as the backend would publish them, made by hand: the kill of
 * look/question, and snapshots that carry them. Static functions, so that each test of the question
 * is one file. */
#ifndef SPARKOPS_TESTS_PLAN_ROWS_H
#define SPARKOPS_TESTS_PLAN_ROWS_H

#include <stdlib.h>
#include <string.h>

#include "../../include/row/action.h"
#include "../../include/row/jvm.h"
#include "../../include/snapshot.h"

enum { PLAN_NUMBER = 41 };

static struct snapshot plan_snaps[2];
static int plan_turn;

ATTR_UNUSED static struct texts plan_texts(struct arena *a, const char *const *words)
{
	const struct text **v;
	size_t n = 0;

	while (words[n])
		n++;
	v = ARENA_ARRAY(a, const struct text *, n + 1);
	for (size_t i = 0; i < n; i++)
		v[i] = text_clean(a, words[i], strlen(words[i]));
	return (struct texts){n, v};
}

#define PLAN_TEXTS(a, ...) plan_texts(a, (const char *const[]){__VA_ARGS__, NULL})

/* As drawn in look/question-110x24. */
ATTR_UNUSED static struct plan_row *plan_kill(struct arena *a)
{
	struct plan_row *p = ARENA_NEW(a, struct plan_row);
	struct plan_sign *signs = ARENA_ARRAY(a, struct plan_sign, 3);

	signs[0] = (struct plan_sign){TEXT("no answer for 118 s"), false};
	signs[1] = (struct plan_sign){TEXT("0.0 s CPU in 90 s"), false};
	signs[2] = (struct plan_sign){TEXT("accept queue full"), false};
	p->number = PLAN_NUMBER;
	p->action = ACTION_KILL;
	p->job = TEXT("migration");
	p->title = TEXT("Kill this JVM?");
	p->button = TEXT("kill");
	p->target = PLAN_TEXTS(
		a, "java 18423   user etl   started 09:12:44 (4h51m ago)   host ops-box-1",
		"org.apache.spark.deploy.SparkSubmit   “migration”   local-1768…   :4040 :40417");
	p->nsigns = 3;
	p->signs = signs;
	p->verdict = TEXT("hung");
	p->steps = PLAN_TEXTS(a, "save a thread dump (5 s)", "SIGTERM",
			      "wait 30 s, then ask again for SIGKILL");
	p->to_type = TEXT("8423");
	return p;
}

ATTR_UNUSED static struct action_row *plan_action(struct arena *a, int state)
{
	struct action_row *r = ARENA_NEW(a, struct action_row);

	field_clear_row(&schema_action, r);
	r->number = 7;
	r->plan = PLAN_NUMBER;
	r->action = ACTION_KILL;
	r->word = TEXT("kill");
	r->job = TEXT("migration");
	r->target = TEXT("java 18423");
	r->state = state;
	r->who = TEXT("etl");
	r->host = TEXT("ops-box-1");
	return r;
}

/* A newer snapshot, like `base` but for what is given (it takes over the datasets). One reference
 * for the ui; at most two are alive. */
ATTR_UNUSED static const struct snapshot *plan_snapshot(const struct snapshot *base,
							const struct dataset *plan,
							const struct dataset *actions)
{
	struct snapshot *s = &plan_snaps[plan_turn++ % 2];

	dataset_unref(s->plan);
	dataset_unref(s->actions);
	*s = *base;
	s->seq = base->seq + (uint64_t)plan_turn;
	s->refs = 1000;
	s->plan = plan;
	s->actions = actions;
	return s;
}

ATTR_UNUSED static void plan_end(void)
{
	for (size_t i = 0; i < ARRAY_LEN(plan_snaps); i++) {
		dataset_unref(plan_snaps[i].plan);
		dataset_unref(plan_snaps[i].actions);
	}
	memset(plan_snaps, 0, sizeof(plan_snaps));
}

#endif

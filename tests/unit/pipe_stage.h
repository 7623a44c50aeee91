/* pipe_stage.h - the pipeline with a backend around it: a state folder of its own, jobs that nobody
 * answers for, and waits on what snapshots say. */
#ifndef SPARKOPS_TESTS_PIPE_STAGE_H
#define SPARKOPS_TESTS_PIPE_STAGE_H

#include "ledger_stage.h"

#include "../../include/backend.h"
#include "../../include/row/action.h"
#include "backend_world.h"

static struct backend *stage_backend;

/* jobs: quiet, held, forbidden (actions: [restart]). */
static inline const struct config *stage_config(const char *more)
{
	struct buf yaml;
	const struct config *c;

	buf_init(&yaml, 1 << 16);
	buf_printf(&yaml,
		   "%sinterval: 1h\njobs:\n"
		   "  - {name: quiet, health: \"http://127.0.0.1:1\"}\n"
		   "  - {name: held, health: \"http://127.0.0.1:2\"}\n"
		   "  - {name: forbidden, health: \"http://127.0.0.1:3\", actions: [restart]}\n",
		   more);
	c = world_config(yaml.data);
	/* What no file can say. */
	((struct config *)(uintptr_t)c)->state_dir = stage_state();
	buf_release(&yaml);
	return c;
}

static inline void stage_start_with(const char *more)
{
	const struct config *c = stage_config(more);
	struct err err = {0};

	stage_backend = backend_start(c, &err);
	config_unref(c);
	if (stage_backend == NULL)
		fail_msg("%s", err.message);
}

static inline void stage_start(void)
{
	stage_start_with("");
}

static inline void stage_stop(void)
{
	backend_stop(stage_backend);
	stage_backend = NULL;
}

static inline int64_t stage_send(const struct action_request *r)
{
	struct err err = {0};
	int64_t n = backend_act(stage_backend, r, &err);

	if (n < 0)
		fail_msg("%s", err.message);
	return n;
}

static inline void stage_refused(const struct action_request *r, const char *why)
{
	struct err err = {0};

	if (backend_act(stage_backend, r, &err) >= 0 || strstr(err.message, why) == NULL)
		fail_msg("\"%s\" and not \"%s\"", err.message, why);
}

/* --- waits: the row or plan of that number when it is as wanted; the snapshot is
 * the caller's --- */

struct stage_wish {
	uint64_t plan;
	int state;        /* of an action; -1: any */
	const char *says; /* somewhere in the plan's refused; "": not refused; NULL: whatever */
	const struct plan_row *p;
	const struct action_row *a;
};

static inline bool stage_has_plan(const struct snapshot *s, void *data)
{
	struct stage_wish *w = data;
	const struct rowset *set = dataset_rows(s->plan, &schema_plan);

	for (size_t i = 0; i < set->n; i++) {
		w->p = set->rows[i];
		if (w->p->number != (int64_t)w->plan)
			continue;
		if (w->says == NULL ||
		    (w->p->refused == NULL
			     ? w->says[0] == '\0'
			     : w->says[0] != '\0' && strstr(text_str(w->p->refused), w->says)))
			return true;
	}
	return false;
}

static inline bool stage_has_action(const struct snapshot *s, void *data)
{
	struct stage_wish *w = data;
	const struct rowset *set = dataset_rows(s->actions, &schema_action);

	for (size_t i = 0; i < set->n; i++) {
		w->a = set->rows[i];
		if (w->a->plan == (int64_t)w->plan && (w->state < 0 || w->a->state == w->state))
			return true;
	}
	return false;
}

static inline bool stage_has_no_plan(const struct snapshot *s, void *data)
{
	struct stage_wish w = {.plan = *(uint64_t *)data};

	return !stage_has_plan(s, &w);
}

static inline const struct snapshot *stage_plan(struct stage_wish *w)
{
	const struct snapshot *s = world_wait(stage_backend, stage_has_plan, w);

	if (s == NULL)
		fail_msg("no plan %llu with \"%s\"", (unsigned long long)w->plan,
			 w->says == NULL ? "" : w->says);
	return s;
}

static inline const struct snapshot *stage_action(struct stage_wish *w)
{
	const struct snapshot *s = world_wait(stage_backend, stage_has_action, w);

	if (s == NULL)
		fail_msg("no action %llu in state %d", (unsigned long long)w->plan, w->state);
	return s;
}

#endif

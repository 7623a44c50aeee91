/* toy_acts.h - actions that touch nothing, in the place of the registry, and what a front end does
 * with them. In one file of a program. */
#ifndef SPARKOPS_TESTS_TOY_ACTS_H
#define SPARKOPS_TESTS_TOY_ACTS_H

#include "pipe_stage.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "../../backend/action/act.h"

static atomic_int runs, plans, captures, releases, changes;
static atomic_bool is_refusing, is_slow;
static char order[256]; /* read back when the act has ended */

static inline void keep_order(const char *s)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&lock);
	snprintf(order, sizeof(order), "%s", s);
	pthread_mutex_unlock(&lock);
}

static inline int toy_capture(struct act *a, struct err *err)
{
	captures++;
	if (act_request(a)->spark != NULL && strcmp(act_request(a)->spark, "gone") == 0)
		return err_set(err, ERR_REFUSED, "it is not there any more");
	return 0;
}

static inline void toy_plan(struct act *a, struct plan_row *p, struct arena *arena)
{
	static const struct text *const target[] = {TEXT("java 18423"), TEXT("a second line")};

	plans++;
	p->target = (struct texts){2, target};
	p->to_type = TEXT("8423");
	p->changes = changes;
	p->says = p->changes > 0 ? TEXT("answered 3 s ago") : NULL;
	if (is_refusing)
		p->refused = text_format(arena, "the toy refuses");
	act_detail(a, "{\"ports\": [4040]}");
}

static inline enum action_state toy_run(struct act *a)
{
	runs++;
	keep_order(act_cut(a) == NULL ? "fresh" : act_cut(a)->detail);
	if (act_step(a, "term", "SIGTERM sent to %d", 18423) != 0)
		return ACTION_STATE_FAILED;
	act_says(a, "waits 12 s of 30 s");
	if (is_slow && !act_sleep(a, 60000)) {
		act_outcome(a, "stopped by a person");
		return ACTION_STATE_CANCELLED;
	}
	act_outcome(a, "it ended");
	act_proof(a, "gone after 2.1 s");
	return ACTION_STATE_DONE;
}

static inline void toy_release(struct act *a)
{
	(void)a;
	releases++;
}

static inline const char *toy_cut_says(const struct act_cut *cut, struct arena *arena)
{
	return arena_printf(arena, "K continues after %zu steps", cut->nsteps);
}

static inline enum action_state toy_ask(struct act *a)
{
	enum act_woken why = act_ask(a, -1, "SIGKILL for java %d?", 18423);

	act_outcome(a, why == WOKEN_ANSWERED ? "killed" : "left alone");
	return why == WOKEN_ANSWERED ? ACTION_STATE_DONE : ACTION_STATE_FAILED;
}

static inline void ask_plan(struct act *a, struct plan_row *p, struct arena *arena)
{
	struct plan_ask *ask = ARENA_ARRAY(arena, struct plan_ask, 2);

	(void)a;
	ask[0] = (struct plan_ask){TEXT("table"), TEXT("table to resume from"), NULL, NULL};
	ask[1] = (struct plan_ask){TEXT("only"), TEXT("only that?"), TEXT("false"), NULL};
	p->nasks = 2;
	p->asks = ask;
}

/* Where it has a title of its own. */
static inline void plain_plan(struct act *a, struct plan_row *p, struct arena *arena)
{
	(void)a;
	(void)arena;
	p->title = TEXT("A plain toy?");
}

static inline enum action_state plain_run(struct act *a)
{
	runs++;
	keep_order(act_value(a, "table") ? act_value(a, "table") : "");
	return ACTION_STATE_DONE;
}

static const struct action_ops toy = {.state_size = 64,
				      .finishes = true,
				      .capture = toy_capture,
				      .plan = toy_plan,
				      .run = toy_run,
				      .cut_says = toy_cut_says,
				      .release = toy_release};
static const struct action_ops toy_stops = {.plan = toy_plan, .run = toy_run};
static const struct action_ops toy_asks = {.plan = plain_plan, .run = toy_ask, .finishes = true};
static const struct action_ops toy_values = {.plan = ask_plan, .run = plain_run};
static const struct action_ops toy_book = {
	.plan = plain_plan, .run = plain_run, .is_bookkeeping = true};

const struct action_ops *const action_registry[] = {
	[ACTION_KILL] = &toy,           [ACTION_KILL_SPARK] = &toy_asks,
	[ACTION_REPLAY] = &toy_stops,   [ACTION_RESTART] = &toy_values,
	[ACTION_RECOVER] = &toy_values, [ACTION_MARK] = &toy_book,
	[ACTION_HOLD] = &toy_book,
};

static inline int toys_begin(void **state)
{
	stage_begin(state);
	runs = plans = captures = releases = changes = 0;
	is_refusing = is_slow = false;
	order[0] = '\0';
	return 0;
}

/* --- asking --- */

static inline uint64_t plan_for(enum action_id action, const char *job)
{
	struct action_request r = action_request_of(ACTION_PLAN, action);

	r.job = job;
	return (uint64_t)stage_send(&r);
}

/* Waits for its plan with that in `refused`. */
static inline void see_plan(uint64_t plan, const char *refused)
{
	struct stage_wish w = {.plan = plan, .says = refused};

	snapshot_unref(stage_plan(&w));
}

static inline struct action_request answer_of(uint64_t plan, const char *typed)
{
	struct action_request r = action_request_of(ACTION_DO, ACTION_KILL);

	r.plan = plan;
	r.typed = typed;
	return r;
}

static inline void answer(uint64_t plan, const char *typed)
{
	struct action_request r = answer_of(plan, typed);

	stage_send(&r);
}

static inline void expect_end(uint64_t plan, int state, const char *outcome)
{
	struct stage_wish w = {.plan = plan, .state = state};
	const struct snapshot *s = stage_action(&w);

	if (w.a->outcome == NULL || strstr(text_str(w.a->outcome), outcome) == NULL)
		fail_msg("\"%s\" and not \"%s\"",
			 w.a->outcome == NULL ? "" : text_str(w.a->outcome), outcome);
	snapshot_unref(s);
}

static inline void wait_no_plan(uint64_t plan)
{
	const struct snapshot *s = world_wait(stage_backend, stage_has_no_plan, &plan);

	assert_non_null(s);
	snapshot_unref(s);
}

static inline size_t audit_rows(const char *kind)
{
	struct ledger *l = stage_ledger();
	struct audit_list list;
	struct arena a;
	size_t n = 0;

	arena_init(&a);
	assert_int_equal(audit_list(l, &a, 1000, &list, NULL), 0);
	for (size_t i = 0; i < list.n; i++)
		n += strcmp(list.v[i].kind, kind) == 0;
	arena_release(&a);
	ledger_close(l);
	return n;
}

#endif

/* action/acts.c - the door of the pipeline: requests from any thread become threads of acts, and
 * what these say becomes data on the loop.
 *
 * DESIGN. An act's thread is detached and holds a reference of struct acts, so that one that hangs
 * (a mount, a name service) can be left behind without waiting and still write its outcome. Once
 * stopped, an act sees the last snapshot it had and nothing of the loop. */
#include "acts.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "../../include/clock.h"
#include "../../include/log.h"
#include "act_parts.h"

enum { STOP_WITHIN_MS = 2000 };

struct acts *acts_new(const struct config *cfg, struct publish *publish, struct mailbox *mailbox)
{
	struct acts *s = xcalloc(1, sizeof(*s));
	pthread_condattr_t attr;

	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->change, &attr);
	pthread_condattr_destroy(&attr);
	s->refs = 1;
	s->cfg = config_ref(cfg);
	s->is_read_only = cfg->read_only;
	s->publish = publish;
	s->mailbox = mailbox;
	s->store = acts_store_new(s);
	if (cfg->is_once)
		acts_store_once(s->store);
	return s;
}

void acts_unref(struct acts *s)
{
	int left;

	acts_lock(s);
	left = --s->refs;
	acts_unlock(s);
	if (left > 0)
		return;
	for (size_t i = 0; i < s->npast; i++)
		dataset_unref(s->past[i]);
	config_unref(s->cfg);
	pthread_cond_destroy(&s->change);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void acts_free(struct acts *s)
{
	if (s == NULL)
		return;
	acts_store_free(s->store);
	acts_lock(s);
	s->is_stopped = true; /* also where the loop never ran */
	acts_unlock(s);
	acts_unref(s);
}

void acts_ring(struct acts *s)
{
	if (s->has_bell)
		uv_async_send(&s->bell);
}

/* --- the loop's side --- */

/* Open questions, a row each. Locked. */
static const struct dataset *gather_plans(struct acts *s)
{
	struct dataset *d = dataset_new();
	const void **rows = ARENA_ARRAY(&d->arena, const void *, ACTS_MAX);
	size_t n = 0;

	for (size_t i = 0; i < s->nlive; i++) {
		const struct act *a = s->live[i];
		if (a->question == NULL || a->is_forgotten)
			continue;
		dataset_keep(d, a->question);
		rows[n++] = act_plan_of(a->question);
	}
	dataset_add_pointers(d, &schema_plan, rows, n);
	if (n > 0)
		return d;
	dataset_unref(d);
	return NULL;
}

struct gathering {
	struct dataset *d;
	const struct action_row **rows;
	size_t n;
};

static void gather(struct gathering *g, const struct dataset *one)
{
	if (one == NULL)
		return;
	dataset_keep(g->d, one);
	g->rows[g->n++] = dataset_one(one, &schema_action);
}

static bool has_number(const struct gathering *g, int64_t number)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->rows[i]->number == number)
			return true;
	return false;
}

static int by_age(const void *x, const void *y)
{
	const struct action_row *a = *(const struct action_row *const *)x;
	const struct action_row *b = *(const struct action_row *const *)y;

	return a->began_at < b->began_at ? 1 : a->began_at > b->began_at ? -1 : 0;
}

/* Those of this run as they were told, the others as the audit has them, newest first. */
static const struct dataset *gather_rows(struct acts *s)
{
	const struct dataset *kept = acts_store_rows(s->store);
	const struct rowset *old = dataset_rows(kept, &schema_action);
	struct gathering g = {.d = dataset_new()};
	size_t most;

	acts_lock(s);
	most = old->n + s->npast + s->nlive;
	g.rows = ARENA_ARRAY(&g.d->arena, const struct action_row *, most + 1);
	for (size_t i = 0; i < s->nlive; i++)
		gather(&g, s->live[i]->row);
	for (size_t i = s->npast; i > 0; i--)
		gather(&g, s->past[i - 1]);
	acts_unlock(s);
	if (kept != NULL)
		dataset_keep(g.d, kept);
	for (size_t i = 0; i < old->n; i++) {
		const struct action_row *r = old->rows[i];
		if (!has_number(&g, r->number))
			g.rows[g.n++] = r;
	}
	qsort(g.rows, g.n, sizeof(*g.rows), by_age);
	dataset_add_pointers(g.d, &schema_action, (const void *const *)g.rows, g.n);
	return g.d;
}

void acts_publish_rows(struct acts *s)
{
	publish_actions(s->publish, gather_rows(s));
}

static void on_bell(uv_async_t *bell)
{
	struct acts *s = CONTAINER_OF(bell, struct acts, bell);
	const struct dataset *plans = NULL;
	bool new_plans, new_rows, has_written;

	acts_lock(s);
	new_plans = s->has_new_plans;
	new_rows = s->has_new_rows;
	has_written = s->has_written;
	s->has_new_plans = s->has_new_rows = s->has_written = false;
	if (new_plans)
		plans = gather_plans(s);
	acts_unlock(s);
	if (new_plans)
		publish_plan(s->publish, plans);
	if (new_rows)
		acts_publish_rows(s);
	if (has_written)
		acts_store_look(s->store);
}

void acts_start(struct acts *s, uv_loop_t *loop)
{
	uv_async_init(loop, &s->bell, on_bell);
	acts_lock(s);
	s->has_bell = true;
	acts_ring(s);
	acts_unlock(s);
	acts_store_start(s->store, loop);
}

void acts_reconfigure(struct acts *s, const struct config *cfg)
{
	acts_lock(s);
	config_unref(s->cfg);
	s->cfg = config_ref(cfg);
	acts_unlock(s);
}

static void wake_all(struct acts *s)
{
	for (size_t i = 0; i < s->nlive; i++)
		act_wake(s->live[i]);
}

void acts_snapshot(struct acts *s)
{
	const struct snapshot *newest = publish_latest(s->publish);

	acts_lock(s);
	s->news = newest->seq;
	wake_all(s);
	acts_unlock(s);
	snapshot_unref(newest);
}

/* --- the end --- */

size_t acts_running(struct acts *s)
{
	size_t n = 0;

	acts_lock(s);
	for (size_t i = 0; i < s->nlive; i++)
		n += s->live[i]->given != NULL;
	acts_unlock(s);
	return n;
}

void acts_leave(struct acts *s)
{
	acts_lock(s);
	s->is_leaving = true;
	s->has_new_plans = true;
	acts_ring(s);
	wake_all(s);
	acts_unlock(s);
}

/* Questions end at once; who is in the middle of something had the time of backend_acting(). */
static void wait_for_acts(struct acts *s)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STOP_WITHIN_MS / 1000;
	while (s->nlive > 0 && pthread_cond_timedwait(&s->change, &s->lock, &until) == 0)
		continue;
	for (size_t i = 0; i < s->nlive; i++)
		log_msg(LOG_WARN,
			"%s is still at it: leaving without it; what it does next is not "
			"seen any more",
			action_words[s->live[i]->request.action]);
}

void acts_stop(struct acts *s)
{
	acts_lock(s);
	s->is_leaving = s->is_stopped = true;
	wake_all(s);
	wait_for_acts(s);
	s->has_bell = false;
	acts_unlock(s);
	uv_close((uv_handle_t *)&s->bell, NULL);
	acts_store_stop(s->store);
}

/* --- requests --- */

/* All signals are blocked in it but faults, which must reach the handler that puts the terminal
 * back. */
static int thread_start(struct act *a, struct err *err)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, old;
	char name[16];
	int rc;

	sigfillset(&all);
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		sigdelset(&all, faults[i]);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	snprintf(name, sizeof(name), "act-%s", action_words[a->request.action]);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&thread, &attr, act_run, a);
	if (rc == 0)
		pthread_setname_np(thread, name);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return rc == 0 ? 0 : err_set(err, ERR_LIMIT, "no thread for it: %s", strerror(rc));
}

static struct act *act_new(struct acts *s, const struct action_request *r)
{
	struct act *a = xcalloc(1, sizeof(*a));

	arena_init(&a->arena);
	arena_init(&a->given_arena);
	request_copy(&a->request, r, &a->arena);
	a->acts = s;
	a->ops = action_registry[r->action];
	a->state = xcalloc(1, a->ops->state_size + 1);
	a->cfg = config_ref(s->cfg);
	a->captured.code = ERR_NONE;
	a->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return a;
}

static void act_drop(struct act *a)
{
	if (a->wake >= 0)
		close(a->wake);
	config_unref(a->cfg);
	free(a->state);
	arena_release(&a->arena);
	free(a);
}

static int64_t open_question(struct acts *s, const struct action_request *r, struct err *err)
{
	struct act *a;
	int rc;

	if (s->is_leaving || s->is_stopped)
		return err_set(err, ERR_REFUSED, "the program is ending");
	if (s->nlive == ACTS_MAX)
		return err_set(err, ERR_LIMIT,
			       "%d actions and questions are open already: wait for one to end",
			       ACTS_MAX);
	a = act_new(s, r);
	rc = a->wake < 0 ? err_set(err, ERR_LIMIT, "no descriptor for it: %s", strerror(errno)) : 0;
	a->plan = s->numbers + 1;
	rc = rc != 0 ? rc : thread_start(a, err);
	if (rc != 0) {
		act_drop(a);
		return rc;
	}
	s->refs++;
	s->live[s->nlive++] = a;
	return (int64_t)++s->numbers;
}

static int answer_question(struct act *a, const struct action_request *r, struct err *err)
{
	const struct plan_row *p = act_plan_of(a->question);
	struct action_request all = a->request, *mine;
	int rc;

	if (a->given != NULL)
		return err_set(err, ERR_REFUSED, "it was answered already");
	if (p == NULL || a->is_forgotten)
		return err_set(err, ERR_REFUSED, "there is no plan yet");
	mine = ARENA_NEW(&a->given_arena, struct action_request);
	*mine = action_request_of(ACTION_DO, a->request.action);
	request_lay_over(mine, r, &a->given_arena);
	request_lay_over(&all, mine, &a->given_arena);
	rc = plan_accepts(p, &all, err);
	if (rc == 0 && a->ops->accepts != NULL)
		rc = a->ops->accepts(&all, err);
	if (rc == 0)
		a->given = mine;
	return rc;
}

/* While it can be typed anew at once, where questions come one after the other. */
static int try_values(struct act *a, const struct action_request *r, struct err *err)
{
	struct action_request all = a->request;
	struct arena arena;
	int rc;

	if (a->ops->accepts == NULL)
		return 0;
	arena_init(&arena);
	request_lay_over(&all, r, &arena);
	rc = a->ops->accepts(&all, err);
	arena_release(&arena);
	return rc;
}

static int change(struct acts *s, struct act *a, const struct action_request *r, struct err *err)
{
	switch (r->step) {
	case ACTION_DO:
		return answer_question(a, r, err);
	case ACTION_FORGET:
		if (a->given != NULL)
			return err_set(err, ERR_REFUSED, "it has begun");
		a->is_forgotten = s->has_new_plans = true;
		acts_ring(s);
		return 0;
	case ACTION_ANSWER:
		if (a->row == NULL ||
		    ((const struct action_row *)dataset_one(a->row, &schema_action))->state !=
			    ACTION_STATE_ASKS)
			return err_set(err, ERR_REFUSED, "it asks nothing");
		a->is_answered = true;
		return 0;
	case ACTION_CANCEL:
		if (a->given == NULL)
			a->is_forgotten = s->has_new_plans = true;
		a->is_cancelled = true;
		acts_ring(s);
		return 0;
	case ACTION_TRY:
		return try_values(a, r, err);
	case ACTION_PLAN:
		break;
	}
	return err_set(err, ERR_USAGE, "no such step");
}

static int64_t take(struct acts *s, const struct action_request *r, struct err *err)
{
	if (r->step == ACTION_PLAN)
		return open_question(s, r, err);
	for (size_t i = 0; i < s->nlive; i++) {
		struct act *a = s->live[i];
		int rc;
		if (a->plan != r->plan)
			continue;
		rc = change(s, a, r, err);
		act_wake(a);
		return rc;
	}
	return err_set(err, ERR_REFUSED, "there is no such question any more");
}

int64_t acts_request(struct acts *s, const struct action_request *r, struct err *err)
{
	int64_t rc;

	if ((unsigned)r->action >= ACTION_COUNT)
		return err_set(err, ERR_USAGE, "there is no such action");
	acts_lock(s);
	if (s->is_read_only || s->cfg->read_only)
		rc = err_set(err, ERR_REFUSED, "read-only: nothing is done from here");
	else
		rc = take(s, r, err);
	acts_unlock(s);
	return rc;
}

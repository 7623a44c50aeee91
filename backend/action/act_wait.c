/* action/act_wait.c - what an act knows of the world, and how it waits for it. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../include/clock.h"
#include "../failpoint.h"
#include "../mailbox.h"
#include "act_parts.h"

void *act_state(struct act *a)
{
	return a->state;
}

const struct action_request *act_request(const struct act *a)
{
	return &a->request;
}

const char *act_value(const struct act *a, const char *name)
{
	return request_value(&a->request, name);
}

const struct config *act_config(const struct act *a)
{
	return a->cfg;
}

const char *act_job_name(const struct act *a)
{
	return a->job;
}

const struct config_job *act_job(const struct act *a)
{
	return config_job(a->cfg, a->job);
}

const struct snapshot *act_look(struct act *a)
{
	struct acts *s = a->acts;
	const struct snapshot *fresh = NULL;

	acts_lock(s);
	if (!s->is_stopped)
		fresh = publish_latest(s->publish);
	acts_unlock(s);
	if (fresh == NULL)
		return a->snap;
	snapshot_unref(a->snap);
	a->snap = fresh;
	if (fresh->cfg != NULL && fresh->cfg != a->cfg) {
		config_unref(a->cfg);
		a->cfg = config_ref(fresh->cfg);
	}
	return fresh;
}

const struct job_row *act_job_row(struct act *a)
{
	const struct rowset *jobs =
		dataset_rows(a->snap == NULL ? NULL : a->snap->jobs, &schema_job);

	for (size_t i = 0; a->job != NULL && i < jobs->n; i++) {
		const struct job_row *j = jobs->rows[i];
		if (text_is(j->name, a->job))
			return j;
	}
	return NULL;
}

const struct jvm_row *act_jvm_row(struct act *a, const char *id)
{
	const struct rowset *jvms =
		dataset_rows(a->snap == NULL ? NULL : a->snap->jvms, &schema_jvm);

	for (size_t i = 0; id != NULL && i < jvms->n; i++) {
		const struct jvm_row *j = jvms->rows[i];
		if (text_is(j->id, id) || (j->parent_id != NULL && text_is(j->parent_id, id)) ||
		    (j->child_id != NULL && text_is(j->child_id, id)))
			return j;
	}
	return NULL;
}

void act_poll_now(struct act *a)
{
	struct request r = {.kind = REQUEST_POLL_NOW};
	struct acts *s = a->acts;

	if (a->job != NULL && strlen(a->job) < sizeof(r.job))
		memcpy(r.job, a->job, strlen(a->job) + 1);
	acts_lock(s);
	if (!s->is_stopped)
		(void)!mailbox_put(s->mailbox, &r, NULL);
	acts_unlock(s);
}

struct ledger *act_ledger(struct act *a)
{
	return a->ledger;
}

const char *act_state_dir(const struct act *a)
{
	return a->cfg->state_dir;
}

uint64_t act_number(const struct act *a)
{
	return (uint64_t)a->intent;
}

/* --- waits --- */

void act_wake(struct act *a)
{
	uint64_t one = 1;

	(void)!write(a->wake, &one, sizeof(one));
}

/* Locked. */
static bool is_cancelled(const struct act *a)
{
	const struct acts *s = a->acts;

	if (a->given == NULL)
		return a->is_forgotten || s->is_leaving || s->is_stopped;
	return a->is_cancelled || ((s->is_leaving || s->is_stopped) && !a->ops->finishes);
}

bool act_is_cancelled(struct act *a)
{
	bool is;

	acts_lock(a->acts);
	is = is_cancelled(a);
	acts_unlock(a->acts);
	return is;
}

/* WOKEN_TIME: nothing of it. */
static enum act_woken why_awake(struct act *a)
{
	enum act_woken why = WOKEN_TIME;
	struct acts *s = a->acts;

	acts_lock(s);
	if (is_cancelled(a))
		why = WOKEN_CANCELLED;
	else if (a->is_answered || (a->stage == ACT_ASKS && a->given != NULL))
		why = WOKEN_ANSWERED;
	else if (!s->is_stopped && a->snap != NULL && s->news > a->snap->seq)
		why = WOKEN_NEWS;
	acts_unlock(s);
	return why;
}

static bool is_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return fd >= 0 && poll(&p, 1, 0) > 0;
}

enum act_woken act_wait(struct act *a, int fd, int64_t ms)
{
	int64_t until = ms < 0 ? INT64_MAX : clock_mono(&clock_real) + failpoint_ms(ms);

	for (;;) {
		struct pollfd p[] = {{.fd = a->wake, .events = POLLIN},
				     {.fd = fd, .events = POLLIN}};
		enum act_woken why = why_awake(a);
		int64_t left = until - clock_mono(&clock_real);
		uint64_t n;
		if (why == WOKEN_CANCELLED)
			return why;
		if (is_readable(fd))
			return WOKEN_READY;
		if (why != WOKEN_TIME || left <= 0)
			return why;
		if (poll(p, 2, (int)min_i64(left, 60000)) > 0 && (p[0].revents & POLLIN) != 0)
			(void)!read(a->wake, &n, sizeof(n));
	}
}

/* Waits for nothing but the end of the time or of the act. */
bool act_sleep(struct act *a, int64_t ms)
{
	int64_t until = clock_mono(&clock_real) + failpoint_ms(ms), left;

	while (!act_is_cancelled(a)) {
		struct pollfd p = {.fd = a->wake, .events = POLLIN};
		uint64_t n;
		left = until - clock_mono(&clock_real);
		if (left <= 0)
			return true;
		if (poll(&p, 1, (int)min_i64(left, 60000)) > 0)
			(void)!read(a->wake, &n, sizeof(n));
	}
	return false;
}

/* Is there nobody who could answer? */
static bool is_alone(struct act *a)
{
	bool is;

	acts_lock(a->acts);
	is = a->request.is_yes || a->acts->is_leaving || a->acts->is_stopped;
	acts_unlock(a->acts);
	return is;
}

enum act_woken act_ask(struct act *a, int fd, const char *fmt, ...)
{
	enum act_woken why = WOKEN_CANCELLED;
	char text[1000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (a->asks == NULL || strcmp(a->asks, text) != 0)
		a->asks = arena_strdup(&a->arena, text);
	acts_lock(a->acts);
	a->is_answered = false;
	acts_unlock(a->acts);
	act_show(a, ACTION_STATE_ASKS);
	while (!is_alone(a)) {
		why = act_wait(a, fd, -1);
		if (why != WOKEN_NEWS)
			break;
		act_look(a);
	}
	acts_lock(a->acts);
	a->is_answered = false;
	acts_unlock(a->acts);
	act_show(a, ACTION_STATE_RUNS);
	return why == WOKEN_NEWS ? WOKEN_CANCELLED : why;
}

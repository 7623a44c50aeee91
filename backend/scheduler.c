/* scheduler.c - starts and stops the targets, and minds our own punctuality.
 *
 * Silence is counted in unanswered probes, so what matters is whether we asked. When this process
 * was stopped or its machine slept (a turn of the loop took two seconds longer than it should, by a
 * clock that runs on during suspend), the polls that were under way say nothing about their
 * targets: they are void. After five seconds the rules are told, too, that their windows begin
 * anew; less than that is a busy machine, and leaves windows of minutes what they are. */
#include "scheduler.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "../include/log.h"
#include "target.h"

enum {
	GAP_MS = 2000,
	WINDOWS_GAP_MS = 5000,
	FIRST_WITHIN_MS = 300,
	SPREAD_MS = 1000,
	HURRY_MS = 200
};

struct scheduler *scheduler_new(const struct config *cfg, const struct clock *clk,
				struct publish *publish)
{
	struct scheduler *s = xcalloc(1, sizeof(*s));

	s->cfg = config_ref(cfg);
	s->clk = clk;
	s->publish = publish;
	while (getrandom(&s->random, sizeof(s->random), 0) != sizeof(s->random) || !s->random)
		continue;
	s->queues = poll_queues_new();
	targets_find(s);
	return s;
}

/* --- our own punctuality --- */

static int64_t boot_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void note_gap(struct scheduler *s, int64_t late_ms)
{
	if (late_ms < GAP_MS)
		return;
	s->stats.gaps++;
	log_msg(LOG_WARN, "this program was stopped or its machine slept for %.1f s%s",
		(double)late_ms / 1000.0, late_ms < WINDOWS_GAP_MS ? "" : ": windows begin anew");
	for (size_t i = 0; i < s->ntargets; i++) {
		struct target *t = s->targets[i];

		t->is_void = t->is_polling;
		if (!t->is_polling && uv_is_active((uv_handle_t *)&t->timer)) /* not all at once */
			poll_after(t, poll_random(s, min_i64(poll_interval(t), SPREAD_MS)));
	}
	if (late_ms >= WINDOWS_GAP_MS)
		publish_gap(s->publish, late_ms);
}

static void on_prepare(uv_prepare_t *handle)
{
	struct scheduler *s = handle->data;
	int64_t now = boot_ms();

	if (s->woke_at_ms)
		note_gap(s, now - s->woke_at_ms);
	s->sleep_at_ms = now;
	s->planned_ms = uv_backend_timeout(s->loop);
}

static void on_check(uv_check_t *handle)
{
	struct scheduler *s = handle->data;

	s->woke_at_ms = boot_ms();
	if (s->planned_ms >= 0)
		note_gap(s, s->woke_at_ms - s->sleep_at_ms - s->planned_ms);
}

/* --- life --- */

/* Is there a target of the same job whose word t needs, and which has not spoken yet? */
static bool has_to_wait(const struct target *t)
{
	for (const struct target *one = t->sibling; one && one != t; one = one->sibling) {
		if (t->ops->asks_after == 1 + (int)one->source && !one->is_settled)
			return true;
	}
	return false;
}

static void target_start(struct target *t)
{
	struct scheduler *s = t->scheduler;
	int64_t first = 0;

	uv_timer_init(s->loop, &t->timer);
	t->timer.data = t;
	t->is_started = true;
	if (t->ops->start)
		t->ops->start(t);
	/* files of this host need no politeness, and a verb asks for little */
	if (!s->cfg->is_once && !s->cfg->is_verb && !t->ops->is_local)
		first = poll_random(s, min_i64(poll_interval(t), FIRST_WITHIN_MS));
	else if (s->cfg->is_once && has_to_wait(t)) /* target_settle() of that one ends the wait */
		first = s->cfg->timeout_ms / 2;
	poll_after(t, first);
}

void scheduler_start(struct scheduler *s, uv_loop_t *loop, struct http *http,
		     scheduler_settled_fn *settled, void *data)
{
	s->loop = loop;
	s->http = http;
	s->settled = settled;
	s->settled_data = data;
	uv_prepare_init(loop, &s->prepare);
	uv_check_init(loop, &s->check);
	s->prepare.data = s->check.data = s;
	uv_prepare_start(&s->prepare, on_prepare);
	uv_check_start(&s->check, on_check);
	for (size_t i = 0; i < s->ntargets; i++)
		target_start(s->targets[i]);
	if (!s->unsettled)
		settled(data);
}

void scheduler_watch(struct scheduler *s, scheduler_section_fn *on_section, void *data)
{
	s->on_section = on_section;
	s->section_data = data;
}

static void target_free(struct target *t)
{
	section_unref(t->section);
	section_unref(t->names);
	free(t->note);
	arena_release(&t->arena);
	free(t);
}

static void on_retired(uv_handle_t *timer)
{
	target_free(timer->data);
}

/* Its neighbours may still look at it in this turn of the loop: it is freed in the next one. Work
 * on a pool thread does not know it any more, that is what a source's stop is for. */
void target_retire(struct target *t)
{
	struct scheduler *s = t->scheduler;

	if (t->is_polling) {
		poll_abort(t);
		t->is_polling = false;
		s->stats.in_flight--;
	}
	if (t->breaker == BREAKER_OPEN)
		s->stats.open_breakers--;
	t->is_closing = true;
	if (t->is_started && t->ops->stop)
		t->ops->stop(t);
	http_client_free(t->http);
	t->http = NULL;
	target_settle(t);
	if (!t->is_started)
		uv_timer_init(s->loop, &t->timer);
	t->timer.data = t;
	uv_close((uv_handle_t *)&t->timer, on_retired);
}

void scheduler_stop(struct scheduler *s)
{
	s->settled = NULL;
	s->on_section = NULL;
	for (size_t i = 0; i < s->ntargets; i++)
		target_retire(s->targets[i]);
	s->ntargets = 0;
	uv_close((uv_handle_t *)&s->prepare, NULL);
	uv_close((uv_handle_t *)&s->check, NULL);
}

void scheduler_free(struct scheduler *s)
{
	for (size_t i = 0; i < s->ntargets; i++) /* never started */
		target_free(s->targets[i]);
	config_unref(s->cfg);
	poll_queues_free(s->queues);
	free(s->targets);
	free(s);
}

void scheduler_reconfigure(struct scheduler *s, const struct config *cfg)
{
	const struct config *old = s->cfg;

	s->cfg = config_ref(cfg);
	targets_find(s);
	config_unref(old); /* no target points into it any more */
	for (size_t i = 0; i < s->ntargets; i++) {
		if (!s->targets[i]->is_started)
			target_start(s->targets[i]);
	}
}

bool scheduler_is_unsettled(const struct scheduler *s)
{
	return s->unsettled > 0;
}

/* Counts a target once, whether it answered, failed or went away. */
void target_settle(struct target *t)
{
	struct scheduler *s = t->scheduler;

	if (t->is_settled)
		return;
	t->is_settled = true;
	for (struct target *one = t->sibling; one && one != t; one = one->sibling) {
		if (s->cfg->is_once && one->ops->asks_after == 1 + (int)t->source &&
		    one->is_started && !one->is_closing && !one->is_polling && !one->polls)
			poll_after(one, 0);
	}
	if (--s->unsettled == 0 && s->settled)
		s->settled(s->settled_data);
}

static bool is_of_job(const struct target *t, const char *job)
{
	return t->spec.job && strcmp(text_str(t->spec.job->name), job) == 0;
}

void scheduler_poll_now(struct scheduler *s, const char *job)
{
	int64_t now = (int64_t)uv_now(s->loop);

	for (size_t i = 0; i < s->ntargets; i++) {
		struct target *t = s->targets[i];

		if (t->is_polling || t->is_silent || t->hold_ms > now ||
		    (t->polls && now - t->asked_ms < HURRY_MS) || (job[0] && !is_of_job(t, job)))
			continue;
		poll_after(t, 0);
	}
}

/* A job may have several logs; the place that is asked for is the target's. */
static bool is_asked(const struct target *t, const struct request *r)
{
	if (!t->ops->detail || !(t->ops->details & 1u << r->kind) ||
	    (r->job[0] && !is_of_job(t, r->job)))
		return false;
	return r->kind != REQUEST_LOG_PAGE || !r->file[0] || strcmp(r->file, t->spec.where) == 0;
}

void scheduler_detail(struct scheduler *s, const struct request *r)
{
	for (size_t i = 0; i < s->ntargets; i++) {
		struct target *t = s->targets[i];
		struct dataset *rows;

		if (!is_asked(t, r))
			continue;
		rows = t->ops->detail(t, r);
		if (rows)
			publish_detail(s->publish, rows);
		return;
	}
}

struct scheduler_stats scheduler_stats(const struct scheduler *s)
{
	return s->stats;
}

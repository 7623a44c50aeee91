/* poll.c - one poll of one target: its time, its deadline, and when the next one is due.
 *
 * A target that answers is asked every interval, each time after 0.9 to 1.1 of it. Within that it
 * goes along with the next one that is due: to wake for each of 20 targets alone costs twice the
 * CPU of asking some of them together. Too few go together to make a burst. One that fails after
 * random(interval/2 .. min(60 s, interval x 2^n)), n the failures in a row: "full jitter" of the
 * sources of this rule, with a floor so that a failing target is never asked more often than one
 * that is well. After five failures its breaker is open, and only two good answers in a row close
 * it: one good answer of a flapping target does not bring back the short waits. */
#include <stdlib.h>
#include <string.h>

#include "../include/log.h"
#include "target.h"

enum {
	DEADLINE_MS = 10000,
	LOOK_ON_MS = 500,
	ONCE_MS = 150,
	GRACE_MS = 500, /* the source's own timeouts speak first, they know more */
	FIRST_WITHIN_MS = 300,
	BACKOFF_MAX_MS = 60000,
	HOLD_MAX_MS = 3600000,
	BREAKER_FAILURES = 5,
	BREAKER_GOOD = 2,
	TOGETHER = 32, /* at most so many are asked in one wake-up */
};

int64_t poll_interval(const struct target *t)
{
	if (t->ops->interval_ms)
		return t->ops->interval_ms;
	return max_i64(t->scheduler->cfg->interval_ms, t->ops->interval_min_ms);
}

/* xorshift64*: spreads polls, guards nothing. */
int64_t poll_random(struct scheduler *s, int64_t below)
{
	s->random ^= s->random >> 12;
	s->random ^= s->random << 25;
	s->random ^= s->random >> 27;
	return below > 0 ? (int64_t)((s->random * UINT64_C(2685821657736338717) >> 16) %
				     (uint64_t)below)
			 : 0;
}

int64_t poll_backoff(struct scheduler *s, int64_t interval_ms, unsigned failures)
{
	int64_t most = max_i64(BACKOFF_MAX_MS, interval_ms), span = interval_ms;

	while (failures-- && span < most)
		span *= 2;
	return max_i64(interval_ms / 2, poll_random(s, min_i64(span, most) + 1));
}

/* Not before early_ms from now, and then with the next target whose time has come; at due_ms at the
 * latest. */
static void poll_between(struct target *t, int64_t early_ms, int64_t due_ms)
{
	int64_t now = (int64_t)uv_now(t->scheduler->loop);

	t->early_ms = max_i64(now + max_i64(early_ms, 0), t->hold_ms);
	t->due_ms = max_i64(now + max_i64(due_ms, 0), t->hold_ms);
	uv_timer_start(&t->timer, on_poll_due, (uint64_t)(t->due_ms - now), 0);
}

void poll_after(struct target *t, int64_t delay_ms)
{
	poll_between(t, delay_ms, delay_ms);
}

static int64_t deadline_ms(const struct target *t)
{
	return t->ops->deadline_ms ? t->ops->deadline_ms : DEADLINE_MS;
}

/* How long a poll goes on before we end it. */
static int64_t limit_ms(const struct target *t)
{
	const struct config *cfg = target_config(t);
	int64_t limit = deadline_ms(t) + GRACE_MS;

	/* Shortly before --once stops waiting, so that a silent target is said to be one. */
	if (cfg->is_once && !t->ops->is_local)
		limit = min_i64(limit, max_i64(cfg->timeout_ms - ONCE_MS, cfg->timeout_ms / 2));
	return limit;
}

void poll_abort(struct target *t)
{
	if (t->ops->abort)
		t->ops->abort(t);
	if (t->http && http_is_busy(t->http)) {
		http_client_free(t->http);
		t->http = NULL;
	}
}

static void on_deadline(uv_timer_t *timer)
{
	struct target *t = timer->data;
	struct http_reply nothing = {.result = HTTP_TIMED_OUT, .retry_after_ms = ABSENT};

	poll_abort(t);
	if (t->ops->late != NULL && t->ops->late(t))
		return;
	source_failed(t, t->ops->is_local ? NULL : &nothing, "not done within %g s",
		      (double)min_i64(deadline_ms(t), limit_ms(t)) / 1000.0);
}

void poll_extend(struct target *t)
{
	uv_timer_start(&t->timer, on_deadline, (uint64_t)limit_ms(t), 0);
}

/* Who did not take our last connection is not given another one: that it still waits is the answer.
 * The kernel is asked for that, so there is no reason to wait longer than usual. */
static bool is_still_waiting(struct target *t)
{
	struct http_reply nothing = {.result = HTTP_TIMED_OUT, .retry_after_ms = ABSENT};
	int64_t waiting = 0;

	if (t->is_silent && !t->ops->is_local)
		waiting = poll_queue(t->scheduler->queues, t->spec.where, t->asked_ms);
	if (waiting <= 0)
		return false;
	t->again_ms = poll_interval(t);
	source_failed(t, &nothing,
		      "%lld connection%s wait%s at its port and nobody accepts: not asked "
		      "again until then",
		      (long long)waiting, waiting == 1 ? "" : "s", waiting == 1 ? "s" : "");
	return true;
}

void poll_begin(struct target *t)
{
	struct scheduler *s = t->scheduler;
	int64_t late_ms;

	t->is_polling = true;
	t->is_void = false;
	t->again_ms = ABSENT;
	t->asked_ms = (int64_t)uv_now(s->loop);
	t->asked_mono = clock_mono(s->clk);
	s->stats.in_flight++;
	s->stats.polls++;
	late_ms = (int64_t)(uv_hrtime() / 1000000U) - t->due_ms;
	s->stats.late_max_ms = max_i64(s->stats.late_max_ms, late_ms);
	poll_extend(t);
	if (!is_still_waiting(t))
		t->ops->poll(t);
}

/* Any of these polls may end at once and change the list. */
static void take_along(struct scheduler *s, size_t slot)
{
	int64_t now = (int64_t)uv_now(s->loop);
	unsigned taken = 1;

	for (size_t i = 1; i < s->ntargets && taken < TOGETHER; i++) {
		struct target *t = s->targets[(slot + i) % s->ntargets];

		if (t->is_polling || t->early_ms > now || !uv_is_active((uv_handle_t *)&t->timer))
			continue;
		poll_begin(t);
		taken++;
	}
}

void on_poll_due(uv_timer_t *timer)
{
	struct target *t = timer->data;
	struct scheduler *s = t->scheduler;
	size_t slot = t->slot;

	poll_begin(t);
	take_along(s, slot);
}

static void breaker_set(struct target *t, enum breaker to)
{
	static const char *const words[] = {"answers again", "asked less often: it keeps failing",
					    "answered once"};

	if (t->breaker == to)
		return;
	if (t->breaker == BREAKER_OPEN)
		t->scheduler->stats.open_breakers--;
	if (to == BREAKER_OPEN)
		t->scheduler->stats.open_breakers++;
	if (to != BREAKER_HALF)
		log_msg(LOG_INFO, "%s %s: %s", t->ops->name, t->spec.where, words[to]);
	t->breaker = to;
	t->good_probes = 0;
}

static void count_good(struct target *t)
{
	if (t->breaker == BREAKER_OPEN)
		breaker_set(t, BREAKER_HALF);
	if (t->breaker == BREAKER_HALF && ++t->good_probes < BREAKER_GOOD)
		return;
	breaker_set(t, BREAKER_CLOSED);
	t->failures = 0;
}

static void count_failure(struct target *t)
{
	t->failures++;
	t->scheduler->stats.failures++;
	if (t->breaker == BREAKER_HALF || t->failures >= BREAKER_FAILURES)
		breaker_set(t, BREAKER_OPEN);
}

/* The first answers came together. From here on the targets are spread over the interval, in as few
 * groups as there must be. */
static int64_t spread(const struct target *t)
{
	struct scheduler *s = t->scheduler;
	int64_t now = (int64_t)uv_now(s->loop), interval = poll_interval(t);
	int64_t groups = 1 + (int64_t)(s->ntargets / TOGETHER);
	int64_t phase = poll_random(s, groups) * interval / groups;
	int64_t from = now + interval / 2, late = interval - (from + interval - phase) % interval;

	return from + late - now;
}

static void poll_again(struct target *t, bool is_good)
{
	struct scheduler *s = t->scheduler;
	int64_t interval = poll_interval(t), least = interval / 10;
	int64_t passed = (int64_t)uv_now(s->loop) - t->asked_ms;

	if (!is_absent(t->again_ms))
		poll_after(t, t->again_ms);
	else if (t->ops->looks_on && (s->cfg->is_once || s->cfg->is_verb) && s->unsettled)
		poll_after(t, LOOK_ON_MS);
	else if (t->is_void)
		poll_after(t, poll_random(s, min_i64(interval, FIRST_WITHIN_MS)));
	else if (!is_good && !t->ops->is_local)
		poll_after(t, poll_backoff(s, interval, t->failures));
	else if (t->polls == 1)
		poll_after(t, spread(t));
	else
		poll_between(t, max_i64(interval - least - passed, least),
			     max_i64(interval + poll_random(s, least + 1) - passed, least));
}

int64_t poll_next_at(const struct target *t)
{
	if (!uv_is_active((const uv_handle_t *)&t->timer))
		return ABSENT;
	return clock_wall(t->scheduler->clk) + t->due_ms - (int64_t)uv_now(t->scheduler->loop);
}

void poll_settle(struct target *t)
{
	if (is_absent(t->again_ms) && !t->is_void)
		target_settle(t);
}

void poll_end(struct target *t, bool is_good)
{
	struct scheduler *s = t->scheduler;

	t->is_polling = false;
	s->stats.in_flight--;
	t->polls++;
	t->hold_ms = 0;
	if (is_good)
		count_good(t);
	else if (!t->is_void && !t->ops->is_local)
		count_failure(t);
	if (t->http && !is_absent(http_retry_after(t->http)))
		t->hold_ms =
			(int64_t)uv_now(s->loop) + min_i64(http_retry_after(t->http), HOLD_MAX_MS);
	if (!s->cfg->is_once || !is_absent(t->again_ms) || t->is_void || t->ops->looks_on)
		poll_again(t, is_good);
	else
		uv_timer_stop(&t->timer);
}

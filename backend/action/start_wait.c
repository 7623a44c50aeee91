/* action/start_wait.c - the moment between the end of the old one and the start of the new.
 *
 * What starts at once meets what is left of the one before: its ports, its lock, its memory. So the
 * runbook waits 5 s after an ordinary error and 10 s after an OutOfMemoryError. It is counted from
 * the end of the old one where that was seen. Where nothing failed and somebody wants it anew
 * nothing is waited for: the hook ends the old one, and knows when it is gone. */
#include "start.h"

#include "../../include/clock.h"
#include "../failpoint.h"

enum { TICK_MS = 1000 };

static bool is_over(const struct job_row *job, const struct jvm_row *driver)
{
	if (driver)
		return !start_is_alive(driver);
	return job && (job->verdict == VERDICT_CRASHED || job->verdict == VERDICT_ENDED);
}

void start_see_end(struct act *a, struct start *s)
{
	const struct jvm_row *driver = start_driver(a);
	const struct job_row *job = act_job_row(a);
	int64_t now = clock_wall(&clock_real);

	s->has_failed = s->after_oom || !job ||
			(job->verdict != VERDICT_HEALTHY && job->verdict != VERDICT_INITIALIZING);
	if (!is_over(job, driver))
		s->ended_at = ABSENT;
	else if (is_absent(s->ended_at))
		s->ended_at =
			driver && driver->state_since > 0 ? min_i64(driver->state_since, now) : now;
}

static int64_t left(const struct start *s, int64_t since)
{
	int64_t past = is_absent(since) ? 0 : clock_wall(&clock_real) - since;

	return s->wait_ms - min_i64(max_i64(past, 0), s->wait_ms);
}

void start_plan_wait(const struct start *s, int64_t since, struct plan_row *p, struct arena *arena)
{
	char at[16];

	if (left(s, since) > 0)
		plan_add(&p->steps, arena, "wait %g s", (double)s->wait_ms / 1000);
	else
		plan_add(&p->facts, arena, "no wait: it ended at %s, longer than %g s ago",
			 act_clock(since, at), (double)s->wait_ms / 1000);
}

enum action_state start_wait(struct act *a, const struct start *s, int64_t since)
{
	int64_t past = s->wait_ms - left(s, since), began = clock_mono(&clock_real);
	int64_t all = failpoint_ms(s->wait_ms - past), waited;
	struct arena arena;
	bool is_back = false;

	arena_init(&arena);
	while (!is_back && (waited = clock_mono(&clock_real) - began) < all) {
		act_says(a, "waits %lld s of %lld s%s", (long long)(past + waited) / 1000,
			 (long long)s->wait_ms / 1000,
			 s->after_oom ? " (it ran out of memory)" : "");
		enum act_woken w = act_wait(a, -1, min_i64(TICK_MS, all - waited));
		if (w == WOKEN_CANCELLED) {
			arena_release(&arena);
			act_outcome(a, "cancelled while it waited; nothing was started");
			return ACTION_STATE_CANCELLED;
		}
		if (w == WOKEN_NEWS)
			(void)act_look(a);
		is_back = start_came_back(a, s, &arena) != NULL;
	}
	arena_release(&arena);
	return ACTION_STATE_DONE;
}

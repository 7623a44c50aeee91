/* action/start_cut.c - a sequence was cut while it sent something: did the job receive it?
 *
 * Nothing is sent twice that can be seen to have arrived. A restart shows itself by a job that is
 * another one than before, a resume by work that began after it. Looked at for up to 30 s. */
#include "start.h"

#include "../../include/clock.h"
#include "../../include/row/spark.h"
#include "../failpoint.h"

enum { SEEN_MS = 30000, EVERY_MS = 1000 };

typedef bool shows_fn(struct act *a, const struct start *s, struct arena *arena);

static bool look_for(struct act *a, const struct start *s, shows_fn *shows, const char *what)
{
	int64_t until = clock_mono(&clock_real) + failpoint_ms(SEEN_MS);

	for (;;) {
		struct arena arena;
		bool found;

		arena_init(&arena);
		(void)act_look(a);
		found = shows(a, s, &arena);
		arena_release(&arena);
		if (found || clock_mono(&clock_real) >= until)
			return found;
		act_says(a, "looks whether the %s that was sent was received", what);
		act_poll_now(a);
		if (!act_sleep(a, EVERY_MS))
			return false;
	}
}

static bool shows_itself(struct act *a, const struct start *s, struct arena *arena)
{
	return start_came_back(a, s, arena) != NULL;
}

static bool shows_work(struct act *a, const struct start *s, struct arena *arena)
{
	struct rowset jobs = snapshot_rows(act_look(a), &schema_spark_job, arena);
	const struct job_row *job = act_job_row(a);

	(void)s;
	for (size_t i = 0; job && i < jobs.n; i++) {
		const struct spark_job_row *one = jobs.rows[i];

		if (one->submitted_at > act_cut(a)->at &&
		    text_cmp(one->application_id, job->application_id) == 0)
			return true;
	}
	return false;
}

bool start_was_received(struct act *a, const struct start *s)
{
	return look_for(a, s, shows_itself, "restart");
}

bool start_resume_was_received(struct act *a)
{
	return look_for(a, NULL, shows_work, "resume");
}

/* rule/incident_cascade.c - out of memory, and everything that follows from it, as one incident.
 *
 * DESIGN. Definition: a JVM of the job ran out of memory (the root), and something followed. The
 * root is the first sign of it: an OutOfMemoryError in a log, the driver's exit code 52 or 3, a
 * kill by the kernel's OOM killer, executors lost to 52, or the error type by the job's own count.
 * Any of them is enough; none of them needs a log. What follows are the retries that meet a dead
 * session (Py4J, refused connections, a stopped context) and what became of the processes. Signs
 * belong together while no GAP_MS lies between two of them, and to the driver that lived then.
 *
 * The verdict follows the process, not the log line: a driver out of heap often recovers, and then
 * the incident is over and says so; and one that thrashes is not called dead. Executors that are
 * lost and replaced are no incident while the job goes on. Reference: the crash runbook. */
#include <stdio.h>
#include <string.h>

#include "cascade.h"
#include "errors.h"
#include "memory.h"

enum {
	CALM_MS = 30000, /* no sign for so long, while its driver is seen to work */
	CALM_UNSEEN_MS = 300000,
	RELATED_MS = 24 * 3600000, /* an older error has nothing to do with today's trouble */
	SEEN_BEGIN_MS = 10000,
};

/* --- the root --- */

/* Whose memory it was: that of the log, unless that only passes on what an executor said. */
static bool is_of_executor(const struct incident_facts *f, const struct log_mark_row *m)
{
	const char *whose = m->whose ? text_str(m->whose) : "";
	const char *named = m->text ? strstr(text_str(m->text), "executor ") : NULL;

	if (f->driver && f->driver->verdict == JVM_IS_THRASHING)
		return false;
	if (strncmp(whose, "executor", 8) == 0)
		return true;
	if (named)
		return strncmp(named, "executor driver", 15) != 0;
	return f->job->spark.lost_to_oom_1h > 0 && strcmp(whose, "driver") != 0;
}

static bool is_trouble(const struct incident_facts *f)
{
	return f->verdict <= VERDICT_STALE || is_gone(f) ||
	       (f->driver && !is_well(f->driver) && f->driver->verdict != JVM_IS_UNKNOWN &&
		f->driver->verdict >= 0);
}

/* When the last of those came that a mark stands for: its repetitions, and those that gave way. */
static int64_t until(const struct log_mark_row *m)
{
	return max_i64(m->at, max_i64(m->last_at, m->story_to));
}

/* Backwards from the newest bad mark while they hang together; what an open incident began with
 * stays in it. */
static void find_marks(struct cascade *c)
{
	const struct incident_facts *f = c->f;
	const struct incident_memory *m = f->before;
	bool is_open = !is_absent(m->opened_at) && is_absent(m->closed_at);
	int64_t newest = ABSENT;

	c->from = f->nmarks;
	for (size_t i = f->nmarks; i-- > 0;) {
		const struct log_mark_row *one = f->marks[i];
		if (!is_bad_mark(one))
			continue;
		if (!is_absent(newest) && newest - until(one) > GAP_MS &&
		    !(is_open && one->at >= m->opened_at))
			break;
		newest = one->at;
		c->from = i;
	}
}

/* Signs of the driver that runs now beat those of an earlier one. */
static const struct log_mark_row *first_oom(const struct cascade *c, int64_t since)
{
	for (size_t i = c->from; i < c->f->nmarks; i++)
		if (c->f->marks[i]->kind == LOG_KIND_OOM &&
		    (is_absent(since) || c->f->marks[i]->at >= since))
			return c->f->marks[i];
	return NULL;
}

/* Trouble that was seen to begin, long after the last of these lines, has another root; unless the
 * heap is full still. */
static bool is_unrelated(const struct cascade *c)
{
	const struct incident_facts *f = c->f;
	const struct incident_memory *m = f->before;
	bool is_open = !is_absent(m->opened_at) && is_absent(m->closed_at);
	bool was_seen = !is_absent(m->looked_at) && f->since - m->looked_at > SEEN_BEGIN_MS;
	int64_t newest = f->marks[f->nmarks - 1]->at;

	if (is_open || !is_trouble(f))
		return false;
	if (f->at - newest > RELATED_MS)
		return true;
	return was_seen && f->since - newest > GAP_MS &&
	       !(f->driver && f->driver->verdict == JVM_IS_THRASHING);
}

static bool find_log_root(struct cascade *c)
{
	int64_t since = is_living(c->f->driver) ? c->f->driver->started_at : ABSENT;

	if (c->from == c->f->nmarks || is_unrelated(c))
		return false;

	c->root = is_absent(since) ? NULL : first_oom(c, since);
	if (!c->root)
		c->root = first_oom(c, ABSENT);
	if (!c->root)
		return false;
	c->began = c->root->at;
	c->root_text = c->root->name ? text_str(c->root->name) : "OutOfMemoryError";
	c->root_where =
		c->root->whose ? arena_printf(c->a, "%s log", text_str(c->root->whose)) : "log";
	c->is_executors = is_of_executor(c->f, c->root);
	return true;
}

static bool find_exit_root(struct cascade *c)
{
	const struct incident_facts *f = c->f;
	int64_t code = driver_exit_code(f),
		kills = f->driver ? f->driver->oom_kills_seen : f->known->oom_kills;

	if (!has_died(f))
		return false;
	if (code == 52 || code == 3)
		c->root_text = arena_printf(c->a, "driver exit code %lld: %s", (long long)code,
					    text_str(exit_code_means(code)));
	else if (kills > 0)
		c->root_text = "driver killed by the kernel: its memory limit was reached";
	else
		return false;
	c->began = f->driver ? f->driver->state_since : f->known->gone_at;
	c->root_where = "process";
	return true;
}

static bool find_counted_root(struct cascade *c)
{
	const struct job_facts *j = c->f->job;

	if (j->crash_type && error_is_same(j->crash_type, "OutOfMemoryError")) {
		c->began = j->crash_at;
		c->root_text = j->crash_type;
		c->root_where = "health";
		return true;
	}
	if (j->spark.lost_to_oom_1h <= 0)
		return false;
	c->is_executors = c->is_counted = true;
	c->began = j->spark.last_lost_at;
	c->root_where = "spark";
	if (j->spark.lost_to_yarn_1h + j->spark.lost_to_container_1h > 0)
		c->root_text = lost_words(&j->spark, c->a);
	else
		c->root_text =
			arena_printf(c->a, "%lld executor%s lost to exit code 52: out of memory",
				     (long long)j->spark.lost_to_oom_1h,
				     j->spark.lost_to_oom_1h == 1 ? "" : "s");
	return true;
}

/* Its signs have left the windows; it is still as bad as it was. */
static bool find_kept_root(struct cascade *c)
{
	const struct incident_memory *m = c->f->before;

	if (is_absent(m->opened_at) || !is_absent(m->closed_at) || !m->root[0])
		return false;
	c->began = m->opened_at;
	c->root_text = m->root;
	c->root_where = "seen earlier";
	return true;
}

static bool find_root(struct cascade *c)
{
	c->began = ABSENT;
	if (!find_log_root(c) && !find_exit_root(c) && !find_counted_root(c) && !find_kept_root(c))
		return false;
	/* a death of the driver by its own heap is never its executors' */
	if (c->is_executors && (driver_exit_code(c->f) == 52 || driver_exit_code(c->f) == 3))
		c->is_executors = false;
	if (is_absent(c->began))
		c->began = is_absent(c->f->before->opened_at) ? c->f->at : c->f->before->opened_at;
	return true;
}

/* --- what followed --- */

static void weigh_marks(struct cascade *c)
{
	const struct incident_facts *f = c->f;

	c->last_bad = c->began;
	for (size_t i = c->from; i < f->nmarks; i++) {
		const struct log_mark_row *m = f->marks[i];

		if (m->at < c->began - EARLY_MS)
			continue;
		if (is_bad_mark(m)) {
			c->last_bad = max_i64(c->last_bad, m->at);
			c->has_followed = c->has_followed || is_consequence(m);
		} else if (m->kind == LOG_KIND_RECOVERED) {
			c->recovered = m;
		}
	}
}

/* Where no log tells it: what the job counted since. */
static void weigh_errors(struct cascade *c)
{
	const struct incident_facts *f = c->f;

	for (size_t i = 0; i < f->nerrors; i++) {
		const struct error_row *e = &f->errors[i];

		if (!is_counted_consequence(c, e))
			continue;
		c->last_bad = max_i64(c->last_bad, e->last_at);
		c->has_followed = true;
	}
}

/* It is one when more came of it than a line in a log, or may still. */
static bool matters(const struct cascade *c)
{
	if (c->is_executors)
		return c->has_followed || c->f->verdict <= VERDICT_UNHEALTHY;
	return c->root || c->has_followed || is_trouble(c->f);
}

/* --- its end --- */

/* Wall ms when it ended; ABSENT: it goes on. */
static int64_t end_of(const struct cascade *c)
{
	const struct incident_facts *f = c->f;
	int64_t calm = is_well(f->driver) || has_new_session(c) ? CALM_MS : CALM_UNSEEN_MS;

	if (is_restarted(c))
		return max_i64(f->driver->started_at, c->last_bad);
	if (is_living(f->driver) && f->driver->started_at > c->began && !c->is_executors)
		return ABSENT; /* another driver, that has not answered yet */
	if (is_trouble(f) || f->verdict == VERDICT_UNKNOWN || f->at - c->last_bad < calm)
		return ABSENT;
	return has_new_session(c) ? c->recovered->at : c->last_bad;
}

bool incident_cascade(const struct incident_facts *f, struct arena *a, struct incident_row *out)
{
	struct cascade c = {.f = f, .a = a};

	find_marks(&c);
	if (!find_root(&c))
		return false;
	weigh_marks(&c);
	c.has_log = c.has_followed;
	weigh_errors(&c);
	if (!matters(&c))
		return false;
	c.ended_at = end_of(&c);
	out->opened_at = c.began;
	out->closed_at = c.ended_at;
	out->root = text_clean(a, c.root_text, strlen(c.root_text));
	out->ended_by = is_absent(c.ended_at) ? NULL : cascade_end(&c);
	cascade_tell(&c, out);
	out->next_step = cascade_step(&c);
	return true;
}

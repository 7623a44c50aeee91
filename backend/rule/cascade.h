/* rule/cascade.h - an incident_cascade in the making: shared by incident_cascade.c (what it is),
 * incident_story.c (how it is told) and incident_step.c (what to do). */
#ifndef SPARKOPS_RULE_CASCADE_H
#define SPARKOPS_RULE_CASCADE_H

#include <string.h>

#include "incident.h"
#include "jvms.h"
#include "verdict.h"

enum {
	GAP_MS = 600000,  /* signs further apart are two stories */
	EARLY_MS = 60000, /* a consequence is dated that much before its root at most */
	STORY_MAX = 12,
};

struct cascade {
	const struct incident_facts *f;
	struct arena *a;
	size_t from; /* the first mark that belongs to it */
	const struct log_mark_row *root;
	const struct log_mark_row *recovered; /* the newest mark of a new session; NULL */
	const char *root_text, *root_where;
	int64_t began, last_bad; /* of marks and dates, ABSENT */
	int64_t ended_at;        /* ABSENT: it goes on */
	bool has_followed;       /* a retry met the dead session */
	bool has_log;            /* and a log tells of it */
	bool is_executors;       /* their memory, not the driver's */
	bool is_counted;         /* the root is how many of them Spark lists */
};

/* Fills story, now, now_means and text; root and opened_at are those of its first line. */
void cascade_tell(const struct cascade *c, struct incident_row *out);
/* What shows that it is over; c->ended_at is set. */
const struct text *cascade_end(const struct cascade *c);
/* What a person can do from here. */
const struct text *cascade_step(const struct cascade *c);

static inline bool is_consequence(const struct log_mark_row *m)
{
	return m->kind == LOG_KIND_DEAD_SESSION || m->kind == LOG_KIND_REFUSED ||
	       m->kind == LOG_KIND_STOPPED_CONTEXT;
}

static inline bool is_bad_mark(const struct log_mark_row *m)
{
	return m->kind == LOG_KIND_OOM || m->kind == LOG_KIND_EXECUTOR_LOST || is_consequence(m);
}

/* An error type of the job that follows from a dead session, counted since it began. */
static inline bool is_counted_consequence(const struct cascade *c, const struct error_row *e)
{
	static const char *const types[] = {"Py4JNetworkError", "ConnectionRefusedError",
					    "IllegalStateException"};

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (!c->has_log && e->alias && text_is(e->alias, types[i]) && e->count_1h != 0 &&
		    !is_absent(e->last_at) && e->last_at >= c->began - EARLY_MS)
			return true;
	return false;
}

static inline bool is_living(const struct jvm_row *d)
{
	return d && !jvm_is_dead(d);
}

static inline bool is_well(const struct jvm_row *d)
{
	return is_living(d) && (d->verdict == JVM_IS_BUSY || d->verdict == JVM_IS_IDLE);
}

static inline bool is_gone(const struct incident_facts *f)
{
	return !f->driver && f->known->id[0] && !is_absent(f->known->gone_at);
}

static inline bool has_died(const struct incident_facts *f)
{
	return (f->driver && jvm_is_dead(f->driver)) || is_gone(f);
}

static inline int64_t driver_exit_code(const struct incident_facts *f)
{
	return f->driver ? f->driver->exit_code : f->known->exit_code;
}

/* Its driver is there, but connections wait at it that nobody accepts, its UI has not answered, and
 * no batch has ended since it began: whatever it does, it does not work. */
static inline bool is_deaf(const struct cascade *c)
{
	const struct job_facts *j = c->f->job;
	const struct jvm_row *d = c->f->driver;

	if (!is_living(d) || j->network || j->ui.answer == ANSWER_GOOD ||
	    j->ui.answer == ANSWER_NONE || d->verdict == JVM_IS_BUSY || j->last_batch_at > c->began)
		return false;
	for (size_t i = 0; i < d->listens.n; i++)
		if (d->listens.v[i].queue > 0)
			return true;
	return false;
}

/* The log tells of a new session behind everything bad. */
static inline bool has_new_session(const struct cascade *c)
{
	return c->recovered && c->recovered->at >= c->last_bad;
}

/* Another driver than the one it happened to, and it answers. */
static inline bool is_restarted(const struct cascade *c)
{
	enum answer ui = c->f->job->ui.answer;

	return is_well(c->f->driver) && c->f->driver->started_at > c->began &&
	       (ui == ANSWER_GOOD || ui == ANSWER_LATE || ui == ANSWER_NONE);
}

#endif

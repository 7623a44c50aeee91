/* rule/verdict_unknown.c - a job whose driver's JVM lives while no health endpoint and no UI of it
 * answers. That a process is there proves no work: one that is hung, stranded or an orphan is
 * there, too. It is well only if its ports and counters could be seen and it did something; else
 * the job is unknown, and what is not known is the evidence. */
#include "judge.h"

enum {
	STARTING_MS = 60000, /* until then a driver may have no port to ask yet */
	BUSY_MS = 60000,     /* for so long its work excuses that it does not answer */
};

/* CPU of the last 90 s that heartbeats alone do not use. */
static const double WORKED_S = 2;

bool driver_is_young(const struct job_facts *f)
{
	bool is_asked = f->health.answer != ANSWER_NONE || f->ui.answer != ANSWER_NONE;
	int64_t limit = is_asked ? INIT_LEAST_MS : STARTING_MS;

	return f->jvm && f->jvm->parent_gone != TRI_TRUE && !is_up(&f->health) && !is_up(&f->ui) &&
	       !f->has_app && !is_absent(f->jvm->started_at) && f->at - f->jvm->started_at < limit;
}

/* Its port answered as a driver's UI when it was asked what it is. */
static bool was_found_by_asking(const struct job_facts *f)
{
	return f->cfg && f->cfg->found && f->ui.answer != ANSWER_NONE &&
	       f->ui.answer != ANSWER_REFUSED;
}

void judge_say_young(struct judge *j)
{
	const struct job_facts *f = j->f;
	const char *ago = age(j, f->at - f->jvm->started_at);

	if (was_found_by_asking(f))
		judge_say(j, "java %lld was started %s ago, its UI %s has given no data yet",
			  (long long)f->jvm->pid, ago, f->ui.where);
	else
		judge_say(j, "java %lld was started %s ago, nothing of it answers yet",
			  (long long)f->jvm->pid, ago);
	j->since = f->jvm->started_at;
}

static bool is_mute(const struct probe *p)
{
	return p->answer == ANSWER_WAITING || p->answer == ANSWER_WRONG;
}

static bool has_worked(const struct jvm_row *jvm)
{
	return jvm->parent_gone != TRI_TRUE &&
	       (jvm->verdict == JVM_IS_BUSY || jvm->cpu_in_window_s >= WORKED_S);
}

static void say_mute(struct judge *j, const struct probe *p)
{
	bool is_found = p == &j->f->ui && was_found_by_asking(j->f);

	if (p->answer == ANSWER_WRONG) {
		judge_say(j, "%s: %s", p->where,
			  p->problem ? p->problem : "not the expected format");
		j->reason = is_found ? REASON_NO_DATA : REASON_WRONG_ANSWER;
	} else if (is_found) {
		judge_say(j, "its driver's UI %s was found and has given no data yet", p->where);
		j->reason = REASON_NO_DATA;
	} else {
		judge_say(j, "waiting for the first answer of %s", p->where);
		j->reason = REASON_WAITING;
	}
}

/* A connection more would only wait with the others: such a port is not asked what it is. */
static bool say_unasked(struct judge *j)
{
	const struct jvm_ports *ports = &j->f->jvm->listens;

	for (size_t i = 0; i < ports->n; i++) {
		const struct jvm_port *p = &ports->v[i];

		if (p->queue <= 0)
			continue;
		judge_say(j, ":%lld was not asked: %lld connection%s wait%s there unaccepted",
			  (long long)p->port, (long long)p->queue, s_of(p->queue),
			  p->queue == 1 ? "s" : "");
		j->reason = REASON_UNACCEPTED;
		return true;
	}
	return false;
}

static void say_own_word(struct judge *j)
{
	const struct job_facts *f = j->f;

	judge_say(j, "its health endpoint %s %s%s: of its driver that says nothing",
		  f->health.where, f->says ? "says " : "answers", f->says ? f->says : "");
}

bool judge_half_asked(struct judge *j)
{
	const struct job_facts *f = j->f;

	if (!is_up(&f->health) || f->ui.answer != ANSWER_WAITING || is_initializing(f))
		return false;
	judge_say(j, "waiting for the first answer of its driver's UI %s", f->ui.where);
	say_own_word(j);
	if (f->jvm)
		judge_say_jvm(j);
	j->reason = REASON_WAITING;
	return true;
}

bool judge_unasked(struct judge *j)
{
	const struct job_facts *f = j->f;
	bool is_old = f->jvm && !is_absent(f->jvm->started_at) &&
		      f->at - f->jvm->started_at >= STARTING_MS;

	if (!is_old || f->jvm->verdict == JVM_IS_BUSY || !is_up(&f->health) ||
	    f->ui.answer != ANSWER_NONE || !say_unasked(j))
		return false;
	say_own_word(j);
	judge_say_jvm(j);
	return true;
}

bool judge_undated(struct judge *j)
{
	const struct job_facts *f = j->f;
	int64_t ago = f->at - f->undated_batch_at;

	if (!is_up(&f->health) || is_absent(f->undated_batch_at))
		return false;
	judge_say(j,
		  "its last batch is dated %s %s by this host's clock, without a zone: when it "
		  "ended is not known until the next one comes",
		  age(j, ago < 0 ? -ago : ago), ago < 0 ? "ahead" : "ago");
	j->reason = REASON_WAITING;
	return true;
}

/* Nobody can be asked; false: its JVM itself shows that it works. */
static bool say_unasked_job(struct judge *j)
{
	const struct jvm_row *jvm = j->f->jvm;
	bool is_known = jvm->listens.n && !jvm->unseen && !jvm->hsperf_problem &&
			jvm->verdict != JVM_IS_UNKNOWN;

	j->reason = REASON_NO_SOURCE;
	if (!say_unasked(j) && is_known && has_worked(jvm))
		return false;
	if (jvm->unseen) {
		judge_say(j, "java %lld: not seen: %s", (long long)jvm->pid, text_str(jvm->unseen));
		j->reason = REASON_UNSEEN;
	}
	judge_say(j, "no UI and no health endpoint of it is known: nothing says that it works");
	return true;
}

bool judge_alive(struct judge *j)
{
	const struct job_facts *f = j->f;
	const struct probe *both[] = {&f->health, &f->ui};
	const char *const names[] = {"health endpoint", "driver's UI"};
	int64_t silent_ms = max_i64(f->health.silent_ms, f->ui.silent_ms);
	bool is_busy = f->jvm->verdict == JVM_IS_BUSY && f->jvm->parent_gone != TRI_TRUE;
	bool is_any_down = is_down(&f->health) || is_down(&f->ui);

	/* a long collection, or more work than the host has cores for */
	if ((is_busy && silent_ms > 0 && silent_ms < BUSY_MS) || driver_is_young(f))
		return false;
	if (f->health.answer == ANSWER_NONE && f->ui.answer == ANSWER_NONE && !say_unasked_job(j))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		if (is_down(both[i]))
			judge_say_down(j, both[i], names[i]);
		else if (is_mute(both[i]))
			say_mute(j, both[i]);
	}
	if (is_any_down)
		j->reason = REASON_SILENT;
	if (f->jvm->parent_gone == TRI_TRUE)
		judge_say(j, "java %lld: its Python parent is gone, process %lld has taken it over",
			  (long long)f->jvm->pid, (long long)f->jvm->ppid);
	judge_say_jvm(j);
	return true;
}

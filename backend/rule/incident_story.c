/* rule/incident_story.c - a cascade in words: what happened in order of time, how it stands now,
 * and the one line that says it all. */
#include <stdio.h>

#include "cascade.h"
#include "memory.h"

enum { SECONDS_SHOWN = 200, STAMP_MS = 2000 /* most logs have whole seconds */ };

struct line {
	struct job_event event;
	bool is_cause; /* a lack of memory itself: it may have begun here */
	/* of lines that marks brought: the words, and how many there were */
	const struct text *words;
	int64_t times;
};

struct story {
	const struct cascade *c;
	struct arena *a;
	struct line v[STORY_MAX];
	size_t n;
};

/* The last line gives way: the beginning is never lost. */
static struct line *tell(struct story *s, int64_t at, bool is_bad, const struct text *what,
			 const char *where)
{
	size_t k = s->n < STORY_MAX ? s->n++ : STORY_MAX - 1;

	s->v[k] =
		(struct line){.event = {at, what, text_clean(s->a, where, strlen(where)), is_bad}};
	return &s->v[k];
}

static const char *log_of(struct arena *a, const struct log_mark_row *m)
{
	return m->whose ? arena_printf(a, "%s log", text_str(m->whose)) : "log";
}

/* Which try of the job the line speaks of: `Attempt 2 failed`, `retry 2`; 0: it does not say. */
static long attempt_in(const char *line)
{
	static const char *const words[] = {"ttempt ", "etry "};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *p = strstr(line, words[i]);
		long n = 0;

		for (p = p ? p + strlen(words[i]) : ""; *p >= '0' && *p <= '9' && n < 10000; p++)
			n = n * 10 + (*p - '0');
		if (n)
			return n;
	}
	return 0;
}

/* The address in `Connection refused: localhost/127.0.0.1:40417`, with a blank before it; "". */
static const char *place_in(struct arena *a, const char *line)
{
	const char *p = strstr(line, "127.0.0.1:");
	size_t n = p ? strspn(p, "0123456789.:") : 0;

	while (n && (p[n - 1] == ':' || p[n - 1] == '.'))
		n--;
	return n ? arena_printf(a, " %.*s", (int)n, p) : "";
}

static const struct text *mark_words(struct arena *a, const struct log_mark_row *m)
{
	const char *line = m->text ? text_str(m->text) : "";
	const char *name = m->name ? text_str(m->name) : line;
	long attempt = is_consequence(m) ? attempt_in(line) : 0;

	if (m->kind == LOG_KIND_REFUSED)
		name = arena_printf(a, "Connection refused%s", place_in(a, line));
	else if (strstr(line, "Answer from Java side is empty"))
		name = "Answer from Java side is empty";
	if (attempt > 1)
		return text_format(a, "retry %ld used the dead session: %s", attempt, name);
	return text_format(a, "%s", name);
}

static bool is_told(const struct cascade *c, const struct log_mark_row *m)
{
	return m != c->root && m->at >= c->began - EARLY_MS &&
	       (is_bad_mark(m) || m->kind == LOG_KIND_RETRY || m->kind == LOG_KIND_RECOVERED);
}

static bool is_loss(const struct log_mark_row *m)
{
	return m->kind == LOG_KIND_EXECUTOR_LOST && exit_is_memory(m->exit_code);
}

static bool is_cause(const struct log_mark_row *m)
{
	return m->kind == LOG_KIND_OOM || is_loss(m);
}

/* The first line of those that tell of the last loss which Spark lists; NULL: none does, or Spark
 * lists more than they tell. */
static const struct log_mark_row *logged_loss(const struct cascade *c)
{
	const struct executors_summary *sum = &c->f->job->spark;
	const struct log_mark_row *first = NULL;
	bool has_last = false;
	int64_t n = 0;

	for (size_t i = c->from; i < c->f->nmarks; i++) {
		const struct log_mark_row *m = c->f->marks[i];

		if (!is_loss(m) || !is_told(c, m))
			continue;
		first = first ? first : m;
		n += max_i64(m->count, 1);
		has_last = has_last || (sum->last_lost_at >= m->at - STAMP_MS &&
					sum->last_lost_at <= max_i64(m->at, m->last_at) + STAMP_MS);
	}
	return has_last && n >= sum->lost_to_oom_1h ? first : NULL;
}

/* The line that says this already, or one more. */
static struct line *line_of(struct story *s, const struct log_mark_row *m)
{
	const struct text *words = mark_words(s->a, m);
	struct line *line;

	for (size_t k = 0; k < s->n; k++)
		if (s->v[k].words && text_cmp(s->v[k].words, words) == 0)
			return &s->v[k];
	line = tell(s, m->at, is_bad_mark(m), words, log_of(s->a, m));
	line->words = words;
	line->is_cause = is_cause(m);
	return line;
}

/* The same words again, as retries bring them, are one line with a count. */
static void tell_marks(struct story *s)
{
	const struct incident_facts *f = s->c->f;

	for (size_t i = s->c->from; i < f->nmarks; i++) {
		const struct log_mark_row *m = f->marks[i];
		struct line *line;

		if (!is_told(s->c, m))
			continue;
		line = line_of(s, m);
		line->times += max_i64(m->count, 1);
		if (line->times > 1)
			line->event.what = text_format(s->a, "%s (%lld x)", text_str(line->words),
						       (long long)line->times);
	}
}

static void tell_errors(struct story *s)
{
	const struct incident_facts *f = s->c->f;

	for (size_t i = 0; i < f->nerrors; i++) {
		const struct error_row *e = &f->errors[i];
		int64_t n = e->count_1h > 0 ? e->count_1h : e->count;

		if (is_counted_consequence(s->c, e))
			tell(s, e->last_at, true,
			     n == 1 ? e->type
				    : text_format(s->a, "%s (the last of %lld)", text_str(e->type),
						  (long long)n),
			     "health");
	}
}

static void tell_process(struct story *s)
{
	const struct incident_facts *f = s->c->f;
	int64_t code = driver_exit_code(f), pid = f->driver ? f->driver->pid : f->known->pid;
	int64_t at = f->driver ? f->driver->state_since : f->known->gone_at;
	const struct text *means = is_absent(code) ? NULL : exit_code_means(code);

	if (is_restarted(s->c))
		tell(s, f->driver->started_at, false,
		     text_format(s->a, "a new driver: java %lld", (long long)pid), "process");
	if (!has_died(f))
		return;
	if (is_absent(code))
		tell(s, at, true, text_format(s->a, "java %lld is gone", (long long)pid),
		     "process");
	else
		tell(s, at, true,
		     text_format(s->a, "java %lld ended with exit code %lld%s%s", (long long)pid,
				 (long long)code, means ? ": " : "", means ? text_str(means) : ""),
		     "process");
}

static void tell_executors(struct story *s)
{
	const struct executors_summary *sum = &s->c->f->job->spark;
	long long n = (long long)sum->lost_to_oom_1h;

	if (n > 0 && sum->last_lost_at != s->c->began &&
	    s->c->began - sum->last_lost_at <= GAP_MS && !logged_loss(s->c))
		tell(s, sum->last_lost_at, true,
		     sum->lost_to_yarn_1h + sum->lost_to_container_1h > 0
			     ? text_format(s->a, "%s within the hour", lost_words(sum, s->a))
			     : text_format(s->a,
					   "%lld executor%s lost to exit code 52 within the hour",
					   n, n == 1 ? "" : "s"),
		     "spark")
			->is_cause = true;
}

static bool is_earlier(const struct line *a, const struct line *b)
{
	return !is_absent(a->event.at) && (is_absent(b->event.at) || a->event.at < b->event.at);
}

/* In order of time; what has no time is now. It begins with its first cause: a consequence dated
 * before that has a coarser clock. */
static void sort_story(struct story *s)
{
	for (size_t i = 1; i < s->n; i++) {
		struct line one = s->v[i];

		if (!one.is_cause || !is_earlier(&one, &s->v[0]))
			continue;
		s->v[i] = s->v[0];
		s->v[0] = one;
	}
	for (size_t i = 2; i < s->n; i++) {
		struct line one = s->v[i];
		size_t k = i;

		for (; k > 1 && is_earlier(&one, &s->v[k - 1]); k--)
			s->v[k] = s->v[k - 1];
		s->v[k] = one;
	}
}

/* --- how it stands --- */

/* Up to a few minutes in seconds, as a person counts who watches. */
static const char *span(const struct cascade *c, int64_t ms)
{
	return ms < SECONDS_SHOWN * 1000
		       ? arena_printf(c->a, "%lld s", (long long)max_i64(ms, 0) / 1000)
		       : age_words(c->a, ms);
}

static const char *silence(const struct cascade *c, const struct jvm_row *d)
{
	const char *http = "", *cpu = "";

	if (d->silent_probes > 0 && d->silent_ms > 0)
		http = arena_printf(c->a, ", has not answered for %s", span(c, d->silent_ms));
	if (!is_absent(d->cpu_idle_since))
		cpu = arena_printf(c->a, ", used under 1 %% CPU for %s",
				   span(c, c->f->at - d->cpu_idle_since));
	else if (d->cpu_pct > 0)
		cpu = arena_printf(c->a, ", uses %.0f %% CPU", d->cpu_pct);
	return arena_printf(c->a, "%s%s", http, cpu);
}

static const struct text *living_words(const struct cascade *c, const struct jvm_row *d)
{
	const char *ports = ports_words(d, 2, c->a);
	const char *listens = *ports ? arena_printf(c->a, " still listens on%s", ports) : " lives";
	long long pid = (long long)d->pid;

	if (d->verdict == JVM_IS_STRANDED)
		return text_format(c->a, "java %lld%s, but its SparkContext is stopped", pid,
				   listens);
	if (d->verdict == JVM_IS_ORPHAN)
		return text_format(c->a, "java %lld%s, its Python is gone", pid, listens);
	if (d->verdict == JVM_IS_THRASHING)
		return text_format(c->a, "java %lld collects garbage without end%s", pid,
				   silence(c, d));
	if (is_well(d) && !is_deaf(c))
		return text_format(c->a, "java %lld works%s", pid, silence(c, d));
	return text_format(c->a, "java %lld%s%s", pid, listens, silence(c, d));
}

static const struct text *dead_words(const struct cascade *c, const struct jvm_row *d)
{
	if (is_absent(d->parent_pid))
		return text_format(c->a, "java %lld is dead", (long long)d->pid);
	return text_format(c->a, "java %lld is dead, its python %lld lives%s", (long long)d->pid,
			   (long long)d->parent_pid,
			   c->has_followed ? " and retries on the dead session" : "");
}

static const struct text *unseen_words(const struct cascade *c)
{
	const struct incident_facts *f = c->f;
	const struct probe *p = f->job->ui.answer != ANSWER_NONE ? &f->job->ui : &f->job->health;

	if (is_gone(f))
		return text_format(c->a, "java %lld is gone for %s", (long long)f->known->pid,
				   span(c, f->at - f->known->gone_at));
	switch (p->answer) {
	case ANSWER_REFUSED:
		return text_format(c->a, "nothing listens at %s", p->where);
	case ANSWER_SILENT:
		return text_format(c->a, "%s has not answered %lld probes in %s", p->where,
				   (long long)p->silent_probes, span(c, p->silent_ms));
	case ANSWER_GOOD:
	case ANSWER_LATE:
		return text_format(c->a, "%s answers; its JVM cannot be seen from here", p->where);
	default:
		return TEXT("its JVM cannot be seen from here");
	}
}

static const char *meaning(const struct cascade *c)
{
	const struct jvm_row *d = c->f->driver;

	if (!is_absent(c->ended_at))
		return is_restarted(c) ? "started again" : "recovered";
	if (is_deaf(c) && (is_well(d) || d->verdict == JVM_IS_UNKNOWN))
		return "silent";
	if (d && d->verdict >= 0 && d->verdict != JVM_IS_UNKNOWN)
		return jvm_verdict_names[d->verdict];
	return verdict_names[c->f->verdict];
}

static const char *outcome(const struct cascade *c)
{
	const struct jvm_row *d = c->f->driver;

	if (!is_absent(c->ended_at))
		return is_restarted(c) ? "; a new driver runs" : " and recovered";
	if (c->has_followed)
		return " and its retries met a dead session";
	if (has_died(c->f))
		return " and its driver died of it";
	switch (d ? d->verdict : -1) {
	case JVM_IS_THRASHING:
		return " and its driver only collects garbage";
	case JVM_IS_HUNG:
	case JVM_IS_STOPPED:
		return " and its driver hangs";
	case JVM_IS_STRANDED:
		return " and its SparkContext is stopped";
	case JVM_IS_ORPHAN:
		return " and its driver outlives its Python";
	default:
		return "";
	}
}

const struct text *cascade_end(const struct cascade *c)
{
	const struct incident_facts *f = c->f;
	const char *quiet = span(c, f->at - c->last_bad);

	if (is_restarted(c))
		return text_format(c->a, "a new driver runs, java %lld", (long long)f->driver->pid);
	if (has_new_session(c))
		return text_format(c->a, "a new Spark session by its %s",
				   log_of(c->a, c->recovered));
	if (is_well(f->driver))
		return text_format(c->a, "java %lld works, no further sign of it for %s",
				   (long long)f->driver->pid, quiet);
	return text_format(c->a, "no further sign of it for %s, the job is %s", quiet,
			   verdict_names[f->verdict]);
}

/* What Spark only counts is told by the log, where that has it: with its beginning. */
static void tell_root(struct story *s, const struct text *words)
{
	const struct cascade *c = s->c;
	const struct log_mark_row *logged = c->is_counted ? logged_loss(c) : NULL;
	struct line *root;

	if (logged) {
		line_of(s, logged);
		return;
	}
	root = tell(s, c->began, true, words, c->root_where);
	root->is_cause = true;
	if (c->root) {
		root->words = mark_words(c->a, c->root);
		root->times = max_i64(c->root->count, 1);
	}
}

void cascade_tell(const struct cascade *c, struct incident_row *out)
{
	const struct jvm_row *d = c->f->driver;
	struct story s = {.c = c, .a = c->a};
	struct job_event *events = ARENA_ARRAY(c->a, struct job_event, STORY_MAX);
	const char *means = meaning(c);

	tell_root(&s, out->root);
	tell_process(&s);
	tell_executors(&s);
	tell_errors(&s);
	tell_marks(&s);
	sort_story(&s);
	for (size_t i = 0; i < s.n; i++)
		events[i] = s.v[i].event;
	out->story = events;
	out->nstory = s.n;
	out->opened_at = events[0].at;
	out->root = s.v[0].words ? s.v[0].words : events[0].what;
	out->now = !d ? unseen_words(c) : jvm_is_dead(d) ? dead_words(c, d) : living_words(c, d);
	out->now_means = text_clean(c->a, means, strlen(means));
	out->text = text_format(
		c->a, "%s%s%s", c->f->name,
		c->is_executors ? " lost executors to memory" : " ran out of memory", outcome(c));
}

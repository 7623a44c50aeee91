/* rule/jvm_judge.c - how a JVM is, and by which signs.
 *
 * DESIGN. A list of checks, the most certain first: what the kernel says (dead, stopped), whose it
 * is (orphan), what is left of it (stranded), what it does (a heap dump, collecting, nothing). The
 * first that holds is the verdict; later ones that hold add their sentences. One sign alone proves
 * nothing - a collection, a stopped process and an overloaded host all give "no HTTP answer" - so
 * hung wants a sign that something is asked of it in vain and one that it stands still. A JVM that
 * uses CPU or has not been watched for long is not hung. The UI of a driver uses CPU and allocates
 * for every answer, so "no CPU" and "no collection" tell most of one that no longer answers. */
#include <stdio.h>
#include <string.h>

#include "headroom.h"
#include "jvms.h"
#include "verdict.h"

enum {
	WATCHED_MS = 30000, /* nobody is hung who was watched for less */
	SEEN_MS = 1500,     /* two looks: a context that is stopped and started again is no news */
	ENDING_MS = 10000,  /* a JVM whose Python ended closes its UI and takes a moment */
	SILENT_MS = 10000,
	QUEUE_MS = 10000,
	STILL_MS = 30000,  /* no CPU, no collection, in disk wait */
	LONG_MS = 120000,  /* silent for so long that even CPU is no excuse */
	PAUSE_MS = 15000,  /* one collection */
	STRAIN_MS = 20000, /* nothing but collections */
	BATCH_LEAST_S = 60,
	BATCH_TIMES = 5,
	THREADS_FRESH_MS = 120000,
	EVIDENCE_MAX = 10,
};

static const double FULL_PER_MIN = 20, GC_STRAIN_PCT = 80, GC_CPU_PCT = 90, OLD_FULL = 0.95,
		    CPU_BUSY_PCT = 30, CPU_SOME_PCT = 10;

struct judging {
	const struct jvm_facts *f;
	const struct jvm_row *jvm;
	struct arena *a;
	const struct text *v[EVIDENCE_MAX];
	size_t n;
	bool is_ending; /* busy: its Python is gone and it is on its way out */
};

static void say(struct judging *j, const char *fmt, ...) ATTR_PRINTF(2, 3);
static void say(struct judging *j, const char *fmt, ...)
{
	char line[400];
	va_list ap;

	if (j->n == EVIDENCE_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	j->v[j->n++] = text_clean(j->a, line, strlen(line));
}

static const char *span(const struct judging *j, int64_t ms)
{
	return age_words(j->a, ms);
}

static const char *bytes(const struct judging *j, int64_t n)
{
	char *out = arena_alloc_raw(j->a, 16, 1);

	format_number((double)n, UNIT_BYTES, out, 16);
	return out;
}

static bool lasts(const struct judging *j, int64_t ms, int64_t window_ms)
{
	return !is_absent(ms) && (double)ms >= (double)window_ms * j->f->scale;
}

/* Milliseconds since then, as far as we have watched; ABSENT. */
static int64_t since(const struct judging *j, int64_t then)
{
	if (is_absent(then) || is_absent(j->f->watched_since))
		return ABSENT;
	return max_i64(j->f->at - max_i64(then, j->f->watched_since), 0);
}

/* For how long it has been watched; ABSENT at the first look. */
static int64_t watched(const struct judging *j)
{
	return is_absent(j->f->watched_since) ? ABSENT : j->f->at - j->f->watched_since;
}

static const char *word_s(int64_t n)
{
	return n == 1 ? "" : "s";
}

static bool is_listening(const struct jvm_row *jvm, int64_t port)
{
	for (size_t i = 0; i < jvm->listens.n; i++)
		if (jvm->listens.v[i].port == port)
			return true;
	return false;
}

bool jvm_is_orphan(const struct jvm_row *jvm)
{
	return jvm->parent_gone == TRI_TRUE && !jvm_is_dead(jvm);
}

/* Where its ports cannot be read, a refused connection says the same. */
bool jvm_ui_is_closed(const struct jvm_facts *f)
{
	if (!f->ui_was_seen || jvm_is_dead(f->jvm))
		return false;
	if (f->jvm->listens.n && f->ui_port > 0)
		return !is_listening(f->jvm, f->ui_port);
	return f->ui_refused && !f->jvm->listens.n;
}

bool jvm_is_strained(const struct jvm_row *jvm)
{
	bool by_counters = jvm->gc_pct >= GC_STRAIN_PCT;

	/* without counters by whose CPU it is: the collector's threads, and not little */
	return by_counters ||
	       (jvm->hsperf_problem && jvm->gc_cpu_pct >= GC_CPU_PCT && jvm->cpu_pct >= 50);
}

static void say_ports(struct judging *j, const char *before)
{
	const struct jvm_row *jvm = j->jvm;
	char list[80] = "";
	size_t len = 0;

	for (size_t i = 0; i < jvm->listens.n && len + 10 < sizeof(list); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, " :%lld",
					(long long)jvm->listens.v[i].port);
	if (len)
		say(j, "%s%s", before, list);
}

static bool check_dead(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;
	const struct text *means =
		is_absent(jvm->exit_code) ? NULL : exit_code_means(jvm->exit_code);

	if (!jvm_is_dead(jvm))
		return false;
	if (is_absent(jvm->exit_code))
		say(j, "it is dead; its exit code cannot be read");
	else
		say(j, "it is dead with exit code %lld%s%s", (long long)jvm->exit_code,
		    means ? ": " : "", means ? text_str(means) : "");
	if (jvm->ppid > 0)
		say(j,
		    "a zombie: its parent%s %lld has not fetched the exit code; no signal reaches "
		    "it",
		    is_absent(jvm->parent_pid) ? "" : " python", (long long)jvm->ppid);
	return true;
}

static bool check_orphan(struct judging *j)
{
	const struct jvm_facts *f = j->f;
	bool has_ui = f->ui_port > 0 && is_listening(j->jvm, f->ui_port);

	if (!jvm_is_orphan(j->jvm))
		return false;
	if (!lasts(j, f->orphan_ms, SEEN_MS) || (!has_ui && !lasts(j, f->orphan_ms, ENDING_MS))) {
		j->is_ending = true;
		return false;
	}
	say(j, "its Python parent is gone for %s: process %lld has taken it over",
	    span(j, f->orphan_ms), (long long)j->jvm->ppid);
	say_ports(j, "it still listens on");
	if (j->jvm->rss_bytes > 0)
		say(j, "it still holds %s of memory", bytes(j, j->jvm->rss_bytes));
	return true;
}

static bool check_stopped(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;
	int64_t ms = is_absent(jvm->state_since) ? 0 : max_i64(j->f->at - jvm->state_since, 0);

	if (jvm->state != 'T' && jvm->state != 't')
		return false;
	say(j, "stopped %s for %s (state %c)", jvm->state == 't' ? "by a debugger" : "by a signal",
	    span(j, ms), jvm->state);
	if (jvm->threads > 0)
		say(j, "its %lld threads stand still until it is continued",
		    (long long)jvm->threads);
	else
		say(j, "process %lld stands still until it is continued", (long long)jvm->pid);
	return true;
}

static bool check_stranded(struct judging *j)
{
	const struct jvm_facts *f = j->f;
	bool is_closed = jvm_ui_is_closed(f);

	if (!f->context_stopped && !(is_closed && lasts(j, f->closed_ms, SEEN_MS)))
		return false;
	if (j->is_ending)
		return false;
	if (is_closed)
		say(j, "nothing listens at its UI :%lld any more, it answered %s ago",
		    (long long)f->ui_port, span(j, f->at - f->ui_good_at));
	if (f->context_stopped)
		say(j, "its log says that its SparkContext is stopped");
	say_ports(j, "its JVM lives: it still listens on");
	if (!j->jvm->listens.n && j->jvm->threads > 0)
		say(j, "its JVM lives with %lld threads", (long long)j->jvm->threads);
	if (j->jvm->rss_bytes > 0)
		say(j, "it holds %s of memory", bytes(j, j->jvm->rss_bytes));
	return true;
}

static bool check_dump(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;

	if (!jvm->dump_file)
		return false;
	say(j, "writes a heap dump %s: %s so far%s%s%s", text_str(jvm->dump_file),
	    jvm->dump_bytes > 0 ? bytes(j, jvm->dump_bytes) : "nothing",
	    jvm->dump_bytes_per_s > 0 ? ", " : "",
	    jvm->dump_bytes_per_s > 0 ? bytes(j, (int64_t)jvm->dump_bytes_per_s) : "",
	    jvm->dump_bytes_per_s > 0 ? " a second" : "");
	return true;
}

/* How full what survives is; says it when it is full. */
static void say_old_full(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;

	if (jvm->old_used_bytes > 0 && jvm->old_max_bytes > 0 &&
	    (double)jvm->old_used_bytes >= OLD_FULL * (double)jvm->old_max_bytes)
		say(j, "old generation full: %s of %s", bytes(j, jvm->old_used_bytes),
		    bytes(j, jvm->old_max_bytes));
}

static bool say_silent(struct judging *j)
{
	const struct jvm_facts *f = j->f;
	bool has_ui = f->ui_was_seen || (f->ui_port > 0 && is_listening(j->jvm, f->ui_port));

	if (!has_ui || f->silent_probes < 3 || !lasts(j, f->silent_ms, SILENT_MS))
		return false;
	say(j, "no HTTP answer to %lld probes in %s", (long long)f->silent_probes,
	    span(j, f->silent_ms));
	return true;
}

/* Whose its time or its CPU is, as far as it is the collector's. */
static void say_share(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;
	bool is_long = lasts(j, j->f->strain_ms, STRAIN_MS);
	const char *with_span = is_long ? ", for " : "";
	const char *spent = is_long ? span(j, j->f->strain_ms) : "";

	if (jvm->gc_pct >= 50)
		say(j, "%.0f %% of its time goes into collections%s%s", jvm->gc_pct, with_span,
		    spent);
	if (jvm->gc_cpu_pct >= 50 && jvm->cpu_pct >= 50)
		say(j, "%.0f %% CPU, %.0f %% of it the collector's%s%s", jvm->cpu_pct,
		    jvm->gc_cpu_pct, jvm->gc_pct >= 50 ? "" : with_span,
		    jvm->gc_pct >= 50 ? "" : spent);
}

/* Full collections by the minute, hardly anything but collections, or one that does not end - and
 * a second sign. It may still answer. */
static bool check_thrashing(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;
	bool is_often = jvm->full_gc_per_min >= FULL_PER_MIN && lasts(j, watched(j), SILENT_MS);
	bool is_all = jvm_is_strained(jvm) && lasts(j, j->f->strain_ms, STRAIN_MS);
	bool is_endless = jvm->longest_pause_s * 1000 >= PAUSE_MS * j->f->scale;
	size_t n = j->n;

	if (!is_often && !is_all && !is_endless)
		return false;
	if (is_often)
		say(j, "%.0f full collections a minute", jvm->full_gc_per_min);
	if (is_endless)
		say(j, "in one collection for %s%s%s%s",
		    span(j, (int64_t)(jvm->longest_pause_s * 1000)), jvm->gc_cause ? " (" : "",
		    jvm->gc_cause ? text_str(jvm->gc_cause) : "", jvm->gc_cause ? ")" : "");
	say_share(j);
	say_old_full(j);
	say_silent(j);
	if (j->n - n >= 2)
		return true;
	j->n = n;
	return false;
}

static bool say_queue(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;

	for (size_t i = 0; i < jvm->listens.n; i++) {
		const struct jvm_port *p = &jvm->listens.v[i];
		int64_t ms = p->queue > 0 ? since(j, p->queue_since) : ABSENT;

		if (!lasts(j, ms, QUEUE_MS))
			continue;
		say(j, "%lld connection%s wait%s at :%lld for %s, nobody accepts",
		    (long long)p->queue, word_s(p->queue), p->queue == 1 ? "s" : "",
		    (long long)p->port, span(j, ms));
		return true;
	}
	return false;
}

/* Work is there or due, none is done, and the last batch is older than what is usual by far. Tasks
 * that run are the executors' matter. */
static bool say_batch(struct judging *j)
{
	const struct jvm_facts *f = j->f;
	bool is_driver_at_work = !f->ui_answers || f->active_tasks <= 0;
	bool has_work = f->active_jobs > 0 || f->is_work_due;
	double usual_s = (double)max_i64(f->batch_usual_s, 1);

	if (is_absent(f->batch_age_s) || is_absent(f->batch_usual_s) || !is_driver_at_work ||
	    !has_work)
		return false;
	if ((double)f->batch_age_s < fmax(BATCH_LEAST_S * f->scale, usual_s * BATCH_TIMES))
		return false;
	say(j, "no batch for %s, usual is %s", span(j, f->batch_age_s * 1000),
	    span(j, f->batch_usual_s * 1000));
	return true;
}

/* Threads that wait for each other, and meanwhile nothing moves. */
static bool say_deadlock(struct judging *j)
{
	const struct thread_sign_row *t = j->f->threads;
	int64_t still = since(j, j->f->progress_at), n = 0;

	if (!t || !t->deadlock || j->f->at - t->asked_at > THREADS_FRESH_MS)
		return false;
	for (const char *p = text_str(t->deadlock); (p = strstr(p, " waits for ")); p++)
		n++;
	say(j, "%lld of its %lld threads are in a Java deadlock: %s", (long long)n,
	    (long long)t->threads, text_str(t->deadlock));
	if (lasts(j, still, STILL_MS))
		say(j, "no Spark job or task has moved for %s", span(j, still));
	return true;
}

/* How many signs say that it stands still. */
static int say_still(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;
	int64_t cpu = since(j, jvm->cpu_idle_since);
	int64_t gc = jvm->hsperf_problem ? ABSENT : since(j, jvm->gc_moved_at);
	int64_t disk = jvm->state == 'D' ? since(j, jvm->state_since) : ABSENT;
	int n = 0;

	if (lasts(j, cpu, STILL_MS) && ++n)
		say(j, "no CPU for %s", span(j, cpu));
	if (lasts(j, disk, STILL_MS) && ++n)
		say(j, "waits for a disk or a network folder for %s (state D)", span(j, disk));
	/* collections rest on a JVM that computes, too: only further evidence */
	if (n && lasts(j, gc, STILL_MS))
		say(j, "no collection and no safepoint for %s", span(j, gc));
	return n;
}

static bool check_hung(struct judging *j)
{
	size_t n = j->n;
	int asked, still;
	bool is_locked, is_long;

	if (is_absent(j->f->watched_since) || !lasts(j, j->f->at - j->f->watched_since, WATCHED_MS))
		return false;
	is_locked = say_deadlock(j);
	asked = say_silent(j);
	asked += say_queue(j);
	is_long = asked == 2 && lasts(j, j->f->silent_ms, LONG_MS);
	asked += say_batch(j);
	still = say_still(j);
	if (j->n - n >= 2 && (is_locked || is_long || (asked && still)))
		return true;
	j->n = n;
	return false;
}

static const struct {
	enum jvm_verdict verdict;
	bool (*check)(struct judging *);
} checks[] = {
	{JVM_IS_DEAD, check_dead},       {JVM_IS_ORPHAN, check_orphan},
	{JVM_IS_STOPPED, check_stopped}, {JVM_IS_STRANDED, check_stranded},
	{JVM_IS_BUSY, check_dump},       {JVM_IS_THRASHING, check_thrashing},
	{JVM_IS_HUNG, check_hung},
};

static void say_waiting_call(struct judging *j)
{
	const struct thread_sign_row *t = j->f->threads;
	int64_t ms;

	if (!t || !t->py4j || j->f->at - t->asked_at > THREADS_FRESH_MS)
		return;
	ms = is_absent(t->py4j_since) ? 0 : max_i64(j->f->at - t->py4j_since, 0);
	say(j, "looks idle, but a call from Python waits for %s: %s", span(j, ms),
	    text_str(t->py4j));
}

/* What speaks for trouble and is no proof by itself; false: nothing that weighs. */
static bool say_asides(struct judging *j)
{
	bool is_locked = say_deadlock(j), is_silent = say_silent(j), is_full = say_queue(j);

	if (!is_silent && j->f->ui_was_seen && j->f->silent_probes > 0)
		say(j, "no HTTP answer to %lld probe%s yet", (long long)j->f->silent_probes,
		    word_s(j->f->silent_probes));
	return is_locked || is_silent || is_full;
}

static bool say_work(struct judging *j)
{
	const struct jvm_facts *f = j->f;
	const struct jvm_row *jvm = j->jvm;
	double enough = f->ui_answers && f->active_jobs == 0 ? CPU_BUSY_PCT : CPU_SOME_PCT;
	size_t n = j->n;

	if (j->is_ending)
		say(j, "its Python ended, and so does it");
	if (jvm->is_attached == TRI_TRUE)
		say(j, "a tool attaches to it (jcmd, jstack or the like)");
	if (f->active_tasks > 0)
		say(j, "%lld task%s run%s", (long long)f->active_tasks, word_s(f->active_tasks),
		    f->active_tasks == 1 ? "s" : "");
	else if (f->active_jobs > 0)
		say(j, "%lld Spark job%s run%s", (long long)f->active_jobs, word_s(f->active_jobs),
		    f->active_jobs == 1 ? "s" : "");
	if (jvm->longest_pause_s >= 1)
		say(j, "in a collection for %s", span(j, (int64_t)(jvm->longest_pause_s * 1000)));
	if (jvm->cpu_pct >= enough)
		say(j, "uses %.0f %% CPU", jvm->cpu_pct);
	return j->n > n;
}

static enum jvm_verdict judge_rest(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;
	bool has_sign;

	if (say_work(j)) {
		say_asides(j);
		return JVM_IS_BUSY;
	}
	has_sign = say_asides(j);
	if (isnan(jvm->cpu_pct) && is_absent(jvm->cpu_idle_since)) {
		say(j, "looked at only once: nothing can be said of how busy it is");
		return JVM_IS_UNKNOWN;
	}
	if (has_sign) {
		say(j, "one sign is no proof: it is watched");
		return JVM_IS_UNKNOWN;
	}
	if (j->f->ui_answers && j->f->active_jobs == 0)
		say(j, "no Spark job runs");
	say_waiting_call(j);
	say(j, "uses %.1f %% CPU", isnan(jvm->cpu_pct) ? 0 : jvm->cpu_pct);
	return JVM_IS_IDLE;
}

void jvm_judge(const struct jvm_facts *f, struct arena *a, struct jvm_judgement *out)
{
	struct judging j = {.f = f, .jvm = f->jvm, .a = a};
	bool is_attached = f->jvm->is_attached == TRI_TRUE, is_decided = false;
	const struct text **lines;

	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		if (checks[i].verdict == JVM_IS_HUNG && (is_attached || is_decided))
			break;
		if (!checks[i].check(&j) || is_decided)
			continue;
		out->verdict = checks[i].verdict;
		is_decided = true;
		if (out->verdict == JVM_IS_DEAD)
			break;
	}
	if (!is_decided)
		out->verdict = judge_rest(&j);
	lines = ARENA_ARRAY(a, const struct text *, j.n);
	memcpy(lines, j.v, j.n * sizeof(*lines));
	out->evidence = (struct texts){j.n, lines};
}

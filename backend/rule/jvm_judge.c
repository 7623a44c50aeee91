/* rule/jvm_judge.c - how a JVM is, and by which signs.
 *
 * DESIGN. A list of checks, the most certain first: what the kernel says (dead, stopped), whose it
 * is (orphan), what is left of it (stranded), what it does (a heap dump, collecting, nothing). The
 * first that holds is the verdict; later ones that hold add their sentences. One sign alone proves
 * nothing but a deadlock, which is a cycle seen - a collection, a stopped process and an overloaded
 * host all give "no HTTP answer" - so hung wants a sign that something is asked of it in vain and
 * one that it stands still. A JVM that uses CPU or has not been watched for long is not hung; one
 * that was hung stays so over a moment of CPU, until it answers or works. A silence that it
 * shares with other jobs' targets is this box's or its network's, and asks nothing in vain. The
 * UI of a driver uses CPU and allocates for every answer, so "no CPU" and "no collection" tell most
 * of one that no longer answers. */
#include "jvm_signs.h"

#include <string.h>

#include "headroom.h"

enum {
	WATCHED_MS = 30000, /* nobody is hung who was watched for less */
	SEEN_MS = 500, /* a second look: a context that is stopped and started again is no news */
	ENDING_MS = 10000, /* a JVM whose Python ended closes its UI and takes a moment */
	OFTEN_MS = 10000,
	LONG_MS = 120000,  /* silent for so long that even CPU is no excuse */
	PAUSE_MS = 15000,  /* one collection */
	STRAIN_MS = 20000, /* nothing but collections */
	YOUNG_MS = 60000,  /* it may not have opened its UI yet */
	UI_BACKLOG = 1,    /* of its listeners: Jetty's, and Netty's at least */
	RPC_BACKLOG = 128,
	MOMENT_MS = 5000, /* of CPU: a timer or a dump of threads is not the life it is asked for */
};

static const double FULL_PER_MIN = 20, GC_RESTS_PCT = 30, GC_STRAIN_PCT = 80, GC_CPU_PCT = 90,
		    CPU_BUSY_PCT = 30, CPU_SOME_PCT = 10;

bool jvm_is_orphan(const struct jvm_row *jvm)
{
	return jvm->parent_gone == TRI_TRUE && !jvm_is_dead(jvm);
}

/* One whose UI nobody of us ever saw: it has lost its context if it is not just beginning one, its
 * UI is refused where somebody wrote that it is, and no port is left that one with a context has:
 * neither a UI, wherever (backlog 1), nor RPC and block manager, which it has without a UI as well.
 * What cannot be told apart is none. */
static bool has_lost_context(const struct jvm_facts *f)
{
	const struct jvm_row *jvm = f->jvm;
	bool is_here = is_absent(jvm->ui_port) || jvm->ui_port == f->ui_port;

	if (!f->ui_is_written || !f->ui_refused || f->ui_answers || f->ui_port <= 0 || !is_here ||
	    jvm->role != JVM_DRIVER || !jvm->listens.n || is_absent(jvm->started_at) ||
	    (double)(f->at - jvm->started_at) <= YOUNG_MS * f->scale)
		return false;
	for (size_t i = 0; i < jvm->listens.n; i++) {
		const struct jvm_port *p = &jvm->listens.v[i];

		if (is_absent(p->backlog) || p->backlog <= UI_BACKLOG ||
		    p->backlog >= RPC_BACKLOG || p->port == f->ui_port)
			return false;
	}
	return true;
}

/* Where its ports cannot be read, a refused connection says the same. One that closed before it
 * ever gave data is closed all the same, while the gateway beside it still listens. */
bool jvm_ui_is_closed(const struct jvm_facts *f)
{
	bool was_open = f->ui_was_seen || f->ui_was_found;

	if (jvm_is_dead(f->jvm))
		return false;
	if (!was_open)
		return has_lost_context(f);
	if (f->jvm->listens.n && f->ui_port > 0)
		return !sign_listens(f->jvm, f->ui_port);
	return f->ui_was_seen && f->ui_refused && !f->jvm->listens.n;
}

bool jvm_is_strained(const struct jvm_row *jvm)
{
	bool by_counters = jvm->gc_pct >= GC_STRAIN_PCT;

	/* without counters by whose CPU it is: the collector's threads, and not little */
	return by_counters ||
	       (jvm->hsperf_problem && jvm->gc_cpu_pct >= GC_CPU_PCT && jvm->cpu_pct >= 50);
}

bool jvm_works(const struct jvm_row *jvm)
{
	return jvm->cpu_pct >= CPU_SOME_PCT;
}

static bool check_dead(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;
	const struct text *means =
		is_absent(jvm->exit_code) ? NULL : exit_code_means(jvm->exit_code);

	if (!jvm_is_dead(jvm))
		return false;
	if (is_absent(jvm->exit_code))
		sign_say(j, "it is dead; its exit code cannot be read");
	else
		sign_say(j, "it is dead with exit code %lld%s%s", (long long)jvm->exit_code,
			 means ? ": " : "", means ? text_str(means) : "");
	if (jvm->parent_gone == TRI_TRUE)
		sign_say(j, "its Python parent is gone, too: process %lld has taken it over",
			 (long long)jvm->ppid);
	else if (jvm->ppid > 0)
		sign_say(j,
			 "a zombie: its parent%s %lld has not fetched the exit code; no signal "
			 "reaches "
			 "it",
			 is_absent(jvm->parent_pid) ? "" : " python", (long long)jvm->ppid);
	return true;
}

static bool is_stopped(const struct jvm_row *jvm)
{
	return jvm->state == 'T' || jvm->state == 't';
}

static bool check_orphan(struct judging *j)
{
	const struct jvm_facts *f = j->f;
	bool has_ui = f->ui_port > 0 && sign_listens(j->jvm, f->ui_port);
	bool may_end = !has_ui && !is_stopped(j->jvm);

	if (!jvm_is_orphan(j->jvm))
		return false;
	if (!sign_lasts(j, f->orphan_ms, SEEN_MS) ||
	    (may_end && !sign_lasts(j, f->orphan_ms, ENDING_MS))) {
		j->is_ending = true;
		return false;
	}
	sign_say(j, "its Python parent is gone for %s: process %lld has taken it over",
		 sign_span(j, f->orphan_ms), (long long)j->jvm->ppid);
	sign_ports(j, "it still listens on");
	if (j->jvm->rss_bytes > 0)
		sign_say(j, "it still holds %s of memory", sign_bytes(j, j->jvm->rss_bytes));
	return true;
}

static bool check_stopped(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;
	int64_t ms = is_absent(jvm->state_since) ? 0 : max_i64(j->f->at - jvm->state_since, 0);

	if (!is_stopped(jvm))
		return false;
	sign_say(j, "stopped %s for %s (state %c)",
		 jvm->state == 't' ? "by a debugger" : "by a signal", sign_span(j, ms), jvm->state);
	if (jvm->threads > 0)
		sign_say(j, "its %lld threads stand still until it is continued",
			 (long long)jvm->threads);
	else
		sign_say(j, "process %lld stands still until it is continued", (long long)jvm->pid);
	return true;
}

static bool check_stranded(struct judging *j)
{
	const struct jvm_facts *f = j->f;
	bool is_closed = jvm_ui_is_closed(f);

	if (!f->context_stopped && !(is_closed && sign_lasts(j, f->closed_ms, SEEN_MS)))
		return false;
	if (j->is_ending)
		return false;
	if (is_closed && is_absent(f->ui_good_at))
		sign_say(j,
			 "nothing listens at its UI :%lld, and its context's other ports are "
			 "closed, too",
			 (long long)f->ui_port);
	else if (is_closed)
		sign_say(j, "nothing listens at its UI :%lld any more, it %s %s ago",
			 (long long)f->ui_port, f->ui_was_seen ? "answered" : "was open",
			 sign_span(j, f->at - f->ui_good_at));
	if (f->context_stopped)
		sign_say(j, "its log says that its SparkContext is stopped");
	sign_ports(j, "its JVM lives: it still listens on");
	if (!j->jvm->listens.n && j->jvm->threads > 0)
		sign_say(j, "its JVM lives with %lld threads", (long long)j->jvm->threads);
	if (j->jvm->rss_bytes > 0)
		sign_say(j, "it holds %s of memory", sign_bytes(j, j->jvm->rss_bytes));
	return true;
}

static bool check_dump(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;

	if (!jvm->dump_file)
		return false;
	sign_say(j, "writes a heap dump %s: %s so far%s%s%s", text_str(jvm->dump_file),
		 jvm->dump_bytes > 0 ? sign_bytes(j, jvm->dump_bytes) : "nothing",
		 jvm->dump_bytes_per_s > 0 ? ", " : "",
		 jvm->dump_bytes_per_s > 0 ? sign_bytes(j, (int64_t)jvm->dump_bytes_per_s) : "",
		 jvm->dump_bytes_per_s > 0 ? " a second" : "");
	return true;
}

/* Full collections by the minute, hardly anything but collections, or one that does not end - and
 * a second sign. It may still answer. */
static bool check_thrashing(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;
	bool is_over = jvm->gc_pct < GC_RESTS_PCT; /* and only the window still holds it */
	bool is_often = jvm->full_gc_per_min >= FULL_PER_MIN && !is_over &&
			sign_lasts(j, sign_watched(j), OFTEN_MS);
	bool is_all = jvm_is_strained(jvm) && sign_lasts(j, j->f->strain_ms, STRAIN_MS);
	bool is_endless = jvm->longest_pause_s * 1000 >= PAUSE_MS * j->f->scale;
	size_t n = j->n;

	if (!is_often && !is_all && !is_endless)
		return false;
	if (is_often)
		sign_say(j, "%.0f full collections a minute", jvm->full_gc_per_min);
	if (is_endless)
		sign_say(j, "in one collection for %s%s%s%s",
			 sign_span(j, (int64_t)(jvm->longest_pause_s * 1000)),
			 jvm->gc_cause ? " (" : "", jvm->gc_cause ? text_str(jvm->gc_cause) : "",
			 jvm->gc_cause ? ")" : "");
	sign_share(j);
	sign_old_full(j);
	sign_silent(j);
	if (j->n - n >= 2)
		return true;
	j->n = n;
	return false;
}

static bool check_hung(struct judging *j)
{
	size_t n = j->n;
	bool is_certain = sign_deadlock(j), is_long; /* a cycle needs no window */
	bool was_hung = !is_absent(j->f->hung_ms) && !sign_lasts(j, j->f->work_ms, MOMENT_MS);
	bool is_watched = sign_lasts(j, sign_watched(j), WATCHED_MS);
	bool may_hang = !j->f->is_common && is_watched;
	int asked, still;

	if (!is_certain && !is_watched && sign_spent(j)) {
		sign_attached(j);
		return true;
	}
	if (!is_certain && !was_hung && !may_hang) {
		j->n = n;
		return false;
	}
	asked = sign_silent(j);
	asked += sign_queue(j);
	is_long = asked == 2 && sign_lasts(j, j->f->silent_ms, LONG_MS);
	asked += sign_batch(j);
	still = sign_still(j);
	if (was_hung && asked && !still)
		still = sign_little(j);
	sign_attached(j);
	if (is_certain || (j->n - n >= 2 && (is_long || (asked && still))))
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

/* What speaks for trouble and is no proof by itself; false: nothing that weighs. */
static bool say_asides(struct judging *j)
{
	bool is_locked = sign_deadlock(j), is_silent = sign_silent(j), is_full = sign_queue(j);

	if (!is_silent && j->f->ui_was_seen && j->f->silent_probes > 0)
		sign_say(j, "no HTTP answer to %lld probe%s yet", (long long)j->f->silent_probes,
			 word_s(j->f->silent_probes));
	return is_locked || is_silent || is_full || sign_deaf(j);
}

static bool say_work(struct judging *j)
{
	const struct jvm_facts *f = j->f;
	const struct jvm_row *jvm = j->jvm;
	double enough = f->ui_answers && f->active_jobs == 0 ? CPU_BUSY_PCT : CPU_SOME_PCT;
	size_t n = j->n;

	if (jvm_is_ending(jvm))
		sign_say(j, "its main thread has ended, %lld others end: it is on its way out",
			 (long long)jvm->threads - 1);
	else if (j->is_ending)
		sign_say(j, "its Python ended, and so does it");
	sign_attached(j);
	if (f->active_tasks > 0)
		sign_say(j, "%lld task%s run%s", (long long)f->active_tasks,
			 word_s(f->active_tasks), f->active_tasks == 1 ? "s" : "");
	else if (f->active_jobs > 0)
		sign_say(j, "%lld Spark job%s run%s", (long long)f->active_jobs,
			 word_s(f->active_jobs), f->active_jobs == 1 ? "s" : "");
	if (jvm->longest_pause_s >= 1)
		sign_say(j, "in a collection for %s",
			 sign_span(j, (int64_t)(jvm->longest_pause_s * 1000)));
	if (jvm->cpu_pct >= enough)
		sign_say(j, "uses %.0f %% CPU", jvm->cpu_pct);
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
		sign_say(j, "looked at only once: nothing can be said of how busy it is");
		return JVM_IS_UNKNOWN;
	}
	if (has_sign) {
		sign_say(j, "one sign is no proof: it is watched");
		return JVM_IS_UNKNOWN;
	}
	if (j->f->ui_answers && j->f->active_jobs == 0)
		sign_say(j, "no Spark job runs");
	sign_waiting_call(j);
	sign_say(j, "uses %.1f %% CPU", isnan(jvm->cpu_pct) ? 0 : jvm->cpu_pct);
	return JVM_IS_IDLE;
}

void jvm_judge(const struct jvm_facts *f, struct arena *a, struct jvm_judgement *out)
{
	struct judging j = {.f = f, .jvm = f->jvm, .a = a, .is_ending = jvm_is_ending(f->jvm)};
	/* for the tool, unless it hung before that came */
	bool may_wait = f->jvm->is_attached == TRI_TRUE && is_absent(f->hung_ms);
	bool is_decided = false;
	const struct text **lines;

	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		if (checks[i].verdict == JVM_IS_HUNG && (may_wait || is_decided))
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

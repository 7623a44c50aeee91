/* rule/jvm_signs.c - the signs by which a JVM is judged, each a sentence with its number. */
#include "jvm_signs.h"

#include <stdio.h>
#include <string.h>

#include "verdict.h"

enum {
	SILENT_MS = 10000,
	QUEUE_MS = 10000,
	ACCEPT_MS = 1000, /* Spark's acceptor takes a connection in milliseconds */
	STILL_MS = 30000, /* no CPU, no collection, in disk wait */
	STRAIN_SAID_MS = 5000,
	BATCH_LEAST_S = 60,
	BATCH_TIMES = 5,
	SPENT_BATCH_S = 300, /* an overloaded host delays a batch, and an answer, for less */
	THREADS_FRESH_MS = 120000,
};

static const double OLD_FULL = 0.95, LITTLE_PCT = 10;

void sign_say(struct judging *j, const char *fmt, ...)
{
	char line[400];
	va_list ap;

	if (j->n == SIGNS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	j->v[j->n++] = text_clean(j->a, line, strlen(line));
}

const char *sign_span(const struct judging *j, int64_t ms)
{
	return age_words(j->a, ms);
}

const char *sign_bytes(const struct judging *j, int64_t n)
{
	char *out = arena_alloc_raw(j->a, 16, 1);

	format_number((double)n, UNIT_BYTES, out, 16);
	return out;
}

bool sign_lasts(const struct judging *j, int64_t ms, int64_t window_ms)
{
	return !is_absent(ms) && (double)ms >= (double)window_ms * j->f->scale;
}

int64_t sign_watched(const struct judging *j)
{
	if (is_absent(j->f->watched_since))
		return ABSENT;
	return max_i64(j->f->at - j->f->watched_since - j->f->lost_ms, 0);
}

/* Milliseconds since then, as far as we have watched; ABSENT. */
static int64_t since(const struct judging *j, int64_t then)
{
	if (is_absent(then) || is_absent(j->f->watched_since))
		return ABSENT;
	return max_i64(j->f->at - max_i64(then, j->f->watched_since) - j->f->lost_ms, 0);
}

bool sign_listens(const struct jvm_row *jvm, int64_t port)
{
	for (size_t i = 0; i < jvm->listens.n; i++)
		if (jvm->listens.v[i].port == port)
			return true;
	return false;
}

void sign_ports(struct judging *j, const char *before)
{
	const struct jvm_row *jvm = j->jvm;
	char list[80] = "";
	size_t len = 0;

	for (size_t i = 0; i < jvm->listens.n && len + 10 < sizeof(list); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, " :%lld",
					(long long)jvm->listens.v[i].port);
	if (len)
		sign_say(j, "%s%s", before, list);
}

/* How full what survives is; says it when it is full. */
void sign_old_full(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;

	if (jvm->old_used_bytes > 0 && jvm->old_max_bytes > 0 &&
	    (double)jvm->old_used_bytes >= OLD_FULL * (double)jvm->old_max_bytes)
		sign_say(j, "old generation full: %s of %s", sign_bytes(j, jvm->old_used_bytes),
			 sign_bytes(j, jvm->old_max_bytes));
}

bool sign_silent(struct judging *j)
{
	const struct jvm_facts *f = j->f;
	bool has_ui = f->ui_was_seen || (f->ui_port > 0 && sign_listens(j->jvm, f->ui_port));

	if (!has_ui || f->silent_probes < 3 || !sign_lasts(j, f->silent_ms, SILENT_MS))
		return false;
	sign_say(j, "no HTTP answer to %lld probes in %s", (long long)f->silent_probes,
		 sign_span(j, f->silent_ms));
	return true;
}

/* Whose its time or its CPU is, as far as it is the collector's. */
void sign_share(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;
	bool is_long = sign_lasts(j, j->f->strain_ms, STRAIN_SAID_MS);
	const char *with_span = is_long ? ", for " : "";
	const char *spent = is_long ? sign_span(j, j->f->strain_ms) : "";

	if (jvm->gc_pct >= 50)
		sign_say(j, "%.0f %% of its time goes into collections%s%s", jvm->gc_pct, with_span,
			 spent);
	if (jvm->gc_cpu_pct >= 50 && jvm->cpu_pct >= 50)
		sign_say(j, "%.0f %% CPU, %.0f %% of it the collector's%s%s", jvm->cpu_pct,
			 jvm->gc_cpu_pct, jvm->gc_pct >= 50 ? "" : with_span,
			 jvm->gc_pct >= 50 ? "" : spent);
}

bool sign_queue(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;

	for (size_t i = 0; i < jvm->listens.n; i++) {
		const struct jvm_port *p = &jvm->listens.v[i];
		int64_t ms = p->queue > 0 ? since(j, p->queue_since) : ABSENT;

		if (!sign_lasts(j, ms, QUEUE_MS))
			continue;
		sign_say(j, "%lld connection%s wait%s at :%lld for %s, nobody accepts",
			 (long long)p->queue, word_s(p->queue), p->queue == 1 ? "s" : "",
			 (long long)p->port, sign_span(j, ms));
		return true;
	}
	return false;
}

/* Work is there or due, none is done, and the last batch is older than what is usual by far. Tasks
 * that run are the executors' matter. */
bool sign_batch(struct judging *j)
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
	sign_say(j, "no batch for %s, usual is %s", sign_span(j, f->batch_age_s * 1000),
		 sign_span(j, f->batch_usual_s * 1000));
	return true;
}

/* Threads that wait for each other. The JVM never ends that, so it stands until a list shows it
 * gone; work beside it is none of theirs. */
bool sign_deadlock(struct judging *j)
{
	const struct jvm_facts *f = j->f;
	const struct thread_sign_row *t = f->threads;
	int64_t still = since(j, f->progress_at), n = 0;

	if (!t || !t->deadlock)
		return false;
	for (const char *p = text_str(t->deadlock); (p = strstr(p, " waits for ")); p++)
		n++;
	sign_say(j, "%lld of its %lld threads are in a Java deadlock: %s", (long long)n,
		 (long long)t->threads, text_str(t->deadlock));
	if (sign_lasts(j, still, STILL_MS))
		sign_say(j, "no Spark job or task has moved for %s", sign_span(j, still));
	else if (f->active_jobs == 0)
		sign_say(j, "0 Spark jobs run beside it");
	else
		sign_say(j, "the list of its threads is %s old, and none since shows it gone",
			 sign_span(j, max_i64(f->at - t->asked_at, 0)));
	return true;
}

/* How many signs say that it stands still. A JVM that does nothing still ticks, and one that only
 * answers us uses little more: `under 1 %` is what is measured, `no CPU` would not be true. */
int sign_still(struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;
	int64_t cpu = since(j, jvm->cpu_idle_since);
	int64_t gc = jvm->hsperf_problem ? ABSENT : since(j, jvm->gc_moved_at);
	int64_t disk = jvm->state == 'D' ? since(j, jvm->state_since) : ABSENT;
	int n = 0;

	if (sign_lasts(j, cpu, STILL_MS) && ++n)
		sign_say(j, "under 1 %% CPU for %s", sign_span(j, cpu));
	if (sign_lasts(j, disk, STILL_MS) && ++n)
		sign_say(j, "waits for a disk or a network folder for %s (state D)",
			 sign_span(j, disk));
	/* collections rest on a JVM that computes, too: only further evidence */
	if (n && sign_lasts(j, gc, STILL_MS))
		sign_say(j, "no collection and no safepoint for %s", sign_span(j, gc));
	return n;
}

bool sign_little(struct judging *j)
{
	if (isnan(j->jvm->cpu_pct))
		return false;
	sign_say(j, "uses %.1f %% CPU", j->jvm->cpu_pct);
	return true;
}

/* A port of it at which connections wait that nobody has accepted for a moment; NULL. */
static const struct jvm_port *waiting_port(const struct judging *j)
{
	const struct jvm_row *jvm = j->jvm;

	for (size_t i = 0; i < jvm->listens.n; i++) {
		const struct jvm_port *p = &jvm->listens.v[i];

		if (p->queue > 0 && sign_lasts(j, since(j, p->queue_since), ACCEPT_MS))
			return p;
	}
	return NULL;
}

bool sign_deaf(const struct judging *j)
{
	return j->f->has_ui && j->f->silent_probes > 0 && waiting_port(j);
}

/* For who has not watched for long. What a short look cannot see is dated elsewhere: its log told
 * of its end, or its batches stopped, long before. Then that nobody takes connections, nothing is
 * answered and nothing computed at this moment is proof enough. */
bool sign_spent(struct judging *j)
{
	const struct jvm_facts *f = j->f;
	const struct jvm_port *p = waiting_port(j);
	int64_t words = f->words ? f->at - f->words->at : ABSENT;
	size_t n = j->n;

	if (f->is_common || !sign_deaf(j) || jvm_is_strained(j->jvm) ||
	    !(j->jvm->cpu_pct < LITTLE_PCT))
		return false;
	if (sign_lasts(j, words, STILL_MS))
		sign_say(j, "%s %s ago by its log, and no batch since", text_str(f->words->name),
			 sign_span(j, words));
	if (!is_absent(f->batch_age_s) && f->batch_age_s >= SPENT_BATCH_S)
		sign_batch(j);
	if (j->n == n)
		return false;
	if (!sign_silent(j))
		sign_say(j, "no HTTP answer to %lld probe%s", (long long)f->silent_probes,
			 word_s(f->silent_probes));
	if (!sign_queue(j))
		sign_say(j, "%lld connection%s wait%s at :%lld, nobody accepts",
			 (long long)p->queue, word_s(p->queue), p->queue == 1 ? "s" : "",
			 (long long)p->port);
	if (!sign_still(j))
		sign_little(j);
	return true;
}

void sign_attached(struct judging *j)
{
	if (j->jvm->is_attached == TRI_TRUE)
		sign_say(j, "a tool attaches to it (jcmd, jstack or the like)");
}

void sign_waiting_call(struct judging *j)
{
	const struct thread_sign_row *t = j->f->threads;
	int64_t ms;

	if (!t || !t->py4j || j->f->at - t->asked_at > THREADS_FRESH_MS)
		return;
	ms = is_absent(t->py4j_since) ? 0 : max_i64(j->f->at - t->py4j_since, 0);
	sign_say(j, "looks idle, but a call from Python waits for %s: %s", sign_span(j, ms),
		 text_str(t->py4j));
}

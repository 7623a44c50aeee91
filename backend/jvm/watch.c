/* jvm/watch.c - the windows of one JVM: CPU, collections, state.
 *
 * Shares ("now") are over about a second at least, because the kernel counts CPU in ticks of 10 ms;
 * windows ("in 90 s") are from a ring of steps three seconds apart, whatever the interval is. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan_parts.h"
#include "threads.h"

enum {
	SPAN_MS = 1000,
	FIRST_SPAN_MS = 400, /* --once looks again after 500 ms */
	START_TOLERANCE_MS = 60000,
	THREADS_MAX = 4096,
	STILL_MS = 4000,
};
#define IDLE_PCT 1.0

void watch_init(struct jvm_watch *w, const struct scan_time *at)
{
	memset(w, 0, sizeof(*w));
	w->since = at->wall;
	w->base_mono = w->busy_at = w->idle_since = w->state_since = ABSENT;
	w->moved_at = w->oom_kills_first = ABSENT;
	live_begin(&w->live);
	w->threads_mono = ABSENT;
	w->base_gc_cpu_s = w->base_gc_s = w->cpu_pct = w->gc_pct = w->gc_cpu_pct = ABSENT_REAL;
	w->problem = "not looked for yet";
}

/* --- counters --- */

static void no_counters(struct jvm_watch *w, const char *why)
{
	w->has_counters = false;
	snprintf(w->problem_text, sizeof(w->problem_text), "%s", why);
	w->problem = w->problem_text;
}

static void read_counters(struct scan *s, struct jvm *j)
{
	struct jvm_watch *w = &j->watch;
	struct hsperf now;
	struct err err;

	if (j->is_dead) /* what was seen last stays */
		return;
	if (!j->who.is_ours) {
		no_counters(w, "another user's JVM");
		return;
	}
	if (!j->who.hsperf[0]) {
		no_counters(w, "/tmp/hsperfdata_USER/PID is not there; see -XX:-UsePerfData, "
			       "-XX:+PerfDisableSharedMem");
		return;
	}
	if (hsperf_read(j->who.hsperf, j->who.uid, &now, &err) < 0) {
		no_counters(w, err.message);
		return;
	}
	if (!is_absent(now.vm_began_at) &&
	    llabs(now.vm_began_at - j->who.started_at) > START_TOLERANCE_MS) {
		no_counters(w, "the counters there are of another process that had its number");
		return;
	}
	if (!w->has_counters || now.moving != w->counters.moving)
		w->moved_at = s->at.wall;
	w->counters = now;
	w->has_counters = true;
	w->problem = NULL;
}

/* --- shares of now --- */

static double gc_seconds(const struct jvm_watch *w)
{
	return w->has_counters ? w->counters.gc_time_s : ABSENT_REAL;
}

/* From JDK 22 on the counters say what CPU the collector's threads took. */
static void see_gc_cpu(struct jvm_watch *w, int64_t ticks, int64_t tick_hz)
{
	double gc_s = w->counters.gc_cpu_s - w->base_gc_cpu_s;

	if (w->has_counters && !isnan(gc_s) && ticks > 0)
		w->gc_cpu_pct = fmin(100.0, 100.0 * gc_s * (double)tick_hz / (double)ticks);
}

static void see_shares(struct scan *s, struct jvm *j)
{
	struct jvm_watch *w = &j->watch;
	bool is_first = is_absent(w->base_mono);
	int64_t span = is_first ? 0 : s->at.mono - w->base_mono;
	double gc_s = gc_seconds(w), seconds;

	if (!is_first && span < (isnan(w->cpu_pct) ? FIRST_SPAN_MS : SPAN_MS))
		return;
	if (!is_first) {
		seconds = (double)span / 1000.0;
		w->cpu_pct = 100.0 * (double)(j->now.cpu_ticks - w->base_ticks) /
			     (double)s->proc.tick_hz / seconds;
		w->gc_pct = 100.0 * (gc_s - w->base_gc_s) / seconds;
		if (w->gc_pct > 100.0)
			w->gc_pct = 100.0;
		see_gc_cpu(w, j->now.cpu_ticks - w->base_ticks, s->proc.tick_hz);
		if (w->cpu_pct > IDLE_PCT)
			w->busy_at = s->at.wall;
		if (w->cpu_pct > IDLE_PCT)
			w->idle_since = ABSENT;
		else if (is_absent(w->idle_since))
			w->idle_since = is_absent(w->busy_at) ? w->since : w->busy_at;
	}
	w->base_mono = s->at.mono;
	w->base_ticks = j->now.cpu_ticks;
	w->base_gc_s = gc_s;
	w->base_gc_cpu_s = w->has_counters ? w->counters.gc_cpu_s : ABSENT_REAL;
}

/* --- windows --- */

static void add_step(struct scan *s, struct jvm *j)
{
	struct jvm_watch *w = &j->watch;
	const struct watch_step *last =
		w->nsteps ? &w->step[(w->at + WATCH_STEPS - 1) % WATCH_STEPS] : NULL;

	if (last && s->at.mono - last->mono < WATCH_STEP_MS)
		return;
	w->step[w->at] = (struct watch_step){
		.mono = s->at.mono,
		.cpu_ticks = j->now.cpu_ticks,
		.full_gcs = w->has_counters ? w->counters.full_gc_count : ABSENT,
	};
	w->at = (w->at + 1) % WATCH_STEPS;
	w->nsteps = min_size(w->nsteps + 1, WATCH_STEPS);
}

/* --- threads --- */

/* Dear (two files a thread), so only where the counters are missing or stand still under CPU. */
static bool wants_threads(const struct scan *s, const struct jvm *j)
{
	const struct jvm_watch *w = &j->watch;

	if (!s->is_real || j->is_dead || !j->who.is_ours)
		return false;
	if (!w->has_counters)
		return s->at.mono - max_i64(w->threads_mono, 0) >= 10000;
	return !isnan(w->cpu_pct) && w->cpu_pct > 50 && s->at.wall - w->moved_at >= STILL_MS;
}

static void see_threads(struct scan *s, struct jvm *j)
{
	struct jvm_watch *w = &j->watch;
	struct thread_times t;

	if (!wants_threads(s, j) || !threads_read(j->who.pid, THREADS_MAX, &t))
		return;
	if (!is_absent(w->threads_mono) && t.ticks > w->threads_ticks)
		w->gc_cpu_pct = 100.0 * (double)(t.gc_ticks - w->threads_gc) /
				(double)(t.ticks - w->threads_ticks);
	w->threads_mono = s->at.mono;
	w->threads_ticks = t.ticks;
	w->threads_gc = t.gc_ticks;
}

/* --- */

static bool is_notable(int state)
{
	return state == 'T' || state == 't' || state == 'D' || state == 'Z';
}

static void see_state(struct scan *s, struct jvm *j)
{
	struct jvm_watch *w = &j->watch;

	if (j->now.state != w->last_state)
		w->state_since = is_notable(j->now.state) ? s->at.wall : ABSENT;
	w->last_state = j->now.state;
}

static void see_attached(struct scan *s, struct jvm *j)
{
	char path[128];
	int fd;

	/* the trigger file is there for as long as the JVM does not react; with
	 * many, each in turn */
	if (s->njvms > 32 && (s->looks + j->who.pid) % 4 && !j->watch.is_attached)
		return;
	j->watch.is_attached = false;
	if (j->is_dead || !j->who.is_ours)
		return;
	for (size_t i = 0; i < s->attached.n; i++)
		j->watch.is_attached |= s->attached.v[i] == j->who.ns_pid;
	snprintf(path, sizeof(path), "cwd/.attach_pid%" PRId64, j->who.ns_pid);
	for (int i = 0; i < 2 && !j->watch.is_attached; i++) {
		fd = proc_open_at(&s->proc, j->who.pid, path, O_PATH);
		j->watch.is_attached = fd >= 0;
		if (fd >= 0)
			close(fd);
		snprintf(path, sizeof(path), "root/tmp/.attach_pid%" PRId64, j->who.ns_pid);
	}
}

void watch_look(struct scan *s, struct jvm *j)
{
	struct jvm_watch *w = &j->watch;
	const struct cgroup_memory *m = &j->near.memory;

	see_state(s, j);
	read_counters(s, j);
	if (w->has_counters)
		live_look(&w->live, &w->counters, s->at.wall);
	see_shares(s, j);
	add_step(s, j);
	see_threads(s, j);
	see_attached(s, j);
	if (is_absent(w->oom_kills_first))
		w->oom_kills_first = m->oom_kills;
}

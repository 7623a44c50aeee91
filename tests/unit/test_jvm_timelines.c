/* test_jvm_timelines.c - what real drivers of Spark 3.5 and 4.3 went through, look after look as it
 * was recorded (tests/fixture/jvm/timeline/), and an hour of one that is well: which verdicts were
 * given, and which never. The windows that the jvm source keeps are kept here the same way. */
#include <stdlib.h>

#include "jvm_stage.h"

enum { TICKS = 100, WINDOW = 90, MB = 1 << 20, OTHERS = 4, SEEN_MAX = 8000 };

/* One look, as recorded or made up. */
struct moment {
	long second, cpu, queue, others, old_mb, gc_ms, full, safepoints, running, active, done;
	char state, answer[16];
};

/* The source's windows over a few thousand looks. */
struct play {
	struct stage s;
	struct moment seen[SEEN_MAX];
	size_t n;
	int64_t idle_since, moved_at, queue_since, state_since;
	int64_t silent, silent_from;
	int64_t max_mb;
	bool has_deadlock;
	int verdicts[16]; /* how often each was given */
};

static void play_init(struct play *p, int64_t max_mb)
{
	memset(p, 0, sizeof(*p));
	stage_init(&p->s, 1);
	p->s.jobs[0].ui = "http://127.0.0.1:4040";
	p->idle_since = p->queue_since = p->state_since = ABSENT;
	p->moved_at = NOW;
	p->max_mb = max_mb;
}

static const struct moment *before(const struct play *p, long seconds)
{
	size_t i = p->n - 1;

	while (i > 0 && p->seen[p->n - 1].second - p->seen[i].second < seconds)
		i--;
	return &p->seen[i];
}

static void note_windows(struct play *p, const struct moment *m, struct jvm_row *row)
{
	const struct moment *last = before(p, 1), *first = before(p, WINDOW);
	double passed = (double)(m->second - last->second),
	       window = (double)(m->second - first->second);

	row->cpu_pct = row->gc_pct = row->full_gc_per_min = ABSENT_REAL;
	if (passed > 0) {
		row->cpu_pct = (double)(m->cpu - last->cpu) * 100 / TICKS / passed;
		if (m->gc_ms >= 0 && last->gc_ms >= 0)
			row->gc_pct = fmin((double)(m->gc_ms - last->gc_ms) / 10 / passed, 100);
		if (row->cpu_pct > 1)
			p->idle_since = ABSENT;
		else if (is_absent(p->idle_since))
			p->idle_since = NOW + last->second * S;
		if (m->gc_ms != last->gc_ms || m->safepoints != last->safepoints)
			p->moved_at = p->s.at;
	}
	if (window > 0 && m->full >= 0 && first->full >= 0)
		row->full_gc_per_min = (double)(m->full - first->full) * 60 / window;
	row->cpu_idle_since = p->idle_since;
	row->gc_moved_at = p->moved_at;
	row->counters_since = NOW;
}

static void fill(struct play *p, const struct moment *m, struct jvm_port ports[OTHERS + 1],
		 struct jvm_row *row)
{
	size_t n = 0;

	jvm_plain(row, "18423@1", 18423, JVM_DRIVER);
	row->state = m->state;
	row->parent_pid = row->ppid = 18401;
	row->parent_gone = TRI_FALSE;
	if (m->state != 'T' && m->state != 'Z')
		p->state_since = ABSENT;
	else if (is_absent(p->state_since))
		p->state_since = p->s.at;
	row->state_since = p->state_since;
	row->exit_code = m->state == 'Z' ? 52 : ABSENT;
	row->threads = m->state == 'Z' ? 1 : 71;
	if (m->queue <= 0)
		p->queue_since = ABSENT;
	else if (is_absent(p->queue_since))
		p->queue_since = p->s.at;
	if (m->queue >= 0)
		ports[n++] = (struct jvm_port){.port = 4040, .queue = m->queue};
	ports[0].queue_since = p->queue_since;
	for (long i = 0; i < m->others && n <= OTHERS; i++)
		ports[n++] = (struct jvm_port){.port = 41000 + i, .queue_since = ABSENT};
	row->listens = (struct jvm_ports){n, ports};
	if (m->old_mb >= 0) {
		row->old_used_bytes = (int64_t)m->old_mb * MB;
		row->old_max_bytes = p->max_mb * MB;
	}
	note_windows(p, m, row);
}

static void play_ui(struct play *p, const struct moment *m)
{
	struct stage *s = &p->s;

	if (!strcmp(m->answer, "answers")) {
		p->silent = 0;
		driver_answers(s, "alpha", "local-1", m->running > 0 ? (size_t)m->running : 0);
	} else if (!strcmp(m->answer, "refused")) {
		fail_probe(s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 0, 0);
	} else {
		if (!p->silent++)
			p->silent_from = s->at;
		fail_probe(s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", p->silent,
			   s->at - p->silent_from);
	}
}

/* Adds a sign to the UI's last answer: its threads were listed. */
static void play_threads(struct stage *s)
{
	for (size_t i = 0; i < s->nsections; i++) {
		const struct section *one = s->sections[i];
		struct dataset *d = (struct dataset *)(uintptr_t)one->data;
		struct thread_sign_row *row;

		if (one->source != SOURCE_SPARK || !d)
			continue;
		row = ARENA_NEW(&d->arena, struct thread_sign_row);
		field_clear_row(&schema_thread_sign, row);
		row->asked_at = s->at;
		row->threads = 64;
		row->deadlock = TEXT("Thread-20 waits for Thread-21 waits for Thread-20");
		dataset_add(d, &schema_thread_sign, row, 1);
	}
}

static void play_moment(struct play *p, const struct moment *m)
{
	struct jvm_port ports[OTHERS + 1] = {{0}};
	const struct jvm_row *judged;

	assert_in_range(p->n, 0, SEEN_MAX - 1);
	p->seen[p->n++] = *m;
	p->s.at = NOW + (int64_t)m->second * S;
	play_ui(p, m);
	if (p->has_deadlock && !strcmp(m->answer, "answers"))
		play_threads(&p->s);
	fill(p, m, ports, jvm_rows(&p->s, 1));
	look(&p->s);
	judged = jvm(&p->s, 18423);
	p->verdicts[judged->verdict]++;
	if (judged->verdict != JVM_IS_BUSY && judged->verdict != JVM_IS_IDLE &&
	    judged->verdict != JVM_IS_DEAD && judged->verdict != JVM_IS_UNKNOWN)
		assert_true(judged->evidence.n >= 2);
}

static const struct {
	const char *name;
	enum jvm_verdict verdict; /* the only one besides busy, idle and unknown */
	long from, to;            /* seconds: it is there at each look of these, and at no other */
	enum verdict job;         /* at the end */
	bool has_deadlock;
} recorded[] = {
	{"3.5-incident-sigstop", JVM_IS_STOPPED, 6, 18, VERDICT_HEALTHY, false},
	{"3.5-oom-gateway", JVM_IS_THRASHING, 33, 99, VERDICT_DEGRADED, false},
	{"3.5-oom-context", JVM_IS_STRANDED, 11, 99, VERDICT_CRASHED, false},
	{"4.3-hang-gc", JVM_IS_THRASHING, 13, 99, VERDICT_DEGRADED, false},
	{"3.5-oom-task", JVM_IS_DEAD, 18, 99, VERDICT_CRASHED, false},
	{"4.3-oom-task", JVM_IS_DEAD, 15, 99, VERDICT_CRASHED, false},
	{"3.5-hang-deadlock", JVM_IS_HUNG, 14, 99, VERDICT_HUNG, true},
	{"3.5-hang-gateway", JVM_IS_IDLE, 0, 0, VERDICT_HEALTHY, false},
	{"3.5-gc-parallel", JVM_IS_IDLE, 0, 0, VERDICT_HEALTHY, false},
	{"4.3-gc-zgc", JVM_IS_IDLE, 0, 0, VERDICT_HEALTHY, false},
	{"4.3-hang-task", JVM_IS_IDLE, 0, 0, VERDICT_HEALTHY, false},
};

static bool is_calm(int verdict)
{
	return verdict == JVM_IS_BUSY || verdict == JVM_IS_IDLE || verdict == JVM_IS_UNKNOWN;
}

static void play_file(size_t which)
{
	char path[160], line[256];
	struct play *p = xcalloc(1, sizeof(*p));
	FILE *f;

	snprintf(path, sizeof(path), "tests/fixture/jvm/timeline/%s.txt", recorded[which].name);
	f = fopen(path, "r");
	assert_non_null(f);
	play_init(p, strstr(path, "zgc") ? 384 : 480);
	while (fgets(line, sizeof(line), f)) {
		struct moment m;
		const struct jvm_row *row;
		bool is_expected;

		if (sscanf(line, "%ld %c %ld %ld %ld %ld %ld %ld %ld %15s %ld %ld %ld", &m.second,
			   &m.state, &m.cpu, &m.queue, &m.others, &m.old_mb, &m.gc_ms, &m.full,
			   &m.safepoints, m.answer, &m.running, &m.active, &m.done) != 13)
			continue;
		p->has_deadlock = recorded[which].has_deadlock && m.second >= recorded[which].from;
		play_moment(p, &m);
		row = jvm(&p->s, 18423);
		is_expected = !is_calm((int)recorded[which].verdict) &&
			      m.second >= recorded[which].from && m.second <= recorded[which].to;
		if (is_expected ? row->verdict != (int)recorded[which].verdict
				: !is_calm(row->verdict))
			fail_msg("%s, second %ld: %s, because: %s", recorded[which].name, m.second,
				 jvm_verdict_names[row->verdict], text_str(row->evidence.v[0]));
	}
	fclose(f);
	assert_true(p->n > 5);
	if (job(&p->s, "alpha")->verdict != (int)recorded[which].job)
		fail_msg("%s: the job is %s, because: %s", recorded[which].name,
			 verdict_names[job(&p->s, "alpha")->verdict],
			 text_str(job(&p->s, "alpha")->evidence.v[0]));
	stage_release(&p->s);
	free(p);
}

static void recorded_drivers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++)
		play_file(i);
}

/* A number that looks like chance and is the same in each run. */
static uint32_t chance(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

/* An hour at 2 s of a batch every minute that takes half of it or, now and then, five: a saw-tooth
 * of collections, a full one of seconds when the old generation is full, an executor's work during
 * which the driver does nothing, a UI that is slow once in a while. */
static void an_hour_of_a_healthy_job(void **state)
{
	struct play *p = xcalloc(1, sizeof(*p));
	struct moment m = {.state = 'S', .others = 3, .old_mb = 100};
	uint32_t seed = 20261120;
	long busy_until = 0, quiet_until = 0;

	(void)state;
	play_init(p, 480);
	for (long t = 0; t < 3600; t += 2) {
		bool is_slow = chance(&seed) % 200 == 0;

		m.second = t;
		if (t % 60 == 0)
			busy_until = max_i64(busy_until, t + (chance(&seed) % 10 ? 30 : 300));
		if (t < busy_until && chance(&seed) % 40 == 0)
			quiet_until = t + 60; /* the executors work */
		m.running = t < busy_until;
		m.cpu += t >= quiet_until && m.running ? 100 + chance(&seed) % 200 : 0;
		if (t >= quiet_until && m.running) {
			m.old_mb += chance(&seed) % 12;
			m.gc_ms += chance(&seed) % 120;
			m.safepoints++;
		}
		if (m.old_mb >= 475) { /* a full collection that takes six seconds */
			m.full++;
			m.gc_ms += 2000;
			m.old_mb = chance(&seed) % 3 ? 478 : 120;
			is_slow = true;
		}
		snprintf(m.answer, sizeof(m.answer), "%s", is_slow ? "silent" : "answers");
		play_moment(p, &m);
		if (job(&p->s, "alpha")->verdict < VERDICT_INITIALIZING)
			fail_msg("second %ld: the job is %s, because: %s", t,
				 verdict_names[job(&p->s, "alpha")->verdict],
				 text_str(job(&p->s, "alpha")->evidence.v[0]));
	}
	for (int v = 0; v < JVM_IS_UNKNOWN; v++)
		if (!is_calm(v) && p->verdicts[v])
			fail_msg("%d looks at which it was %s", p->verdicts[v],
				 jvm_verdict_names[v]);
	assert_true(p->verdicts[JVM_IS_BUSY] > 600 && p->verdicts[JVM_IS_IDLE] > 100);
	stage_release(&p->s);
	free(p);
}

/* From now on, every 2 s, it answers like that and uses so much CPU. */
static const struct jvm_row *goes_on(struct play *p, struct moment *m, long seconds,
				     const char *answer, long cpu_pct)
{
	snprintf(m->answer, sizeof(m->answer), "%s", answer);
	for (long end = m->second + seconds; m->second < end;) {
		m->second += 2;
		m->cpu += cpu_pct * 2;
		play_moment(p, m);
	}
	return jvm(&p->s, 18423);
}

static struct play *hung_one(struct moment *m)
{
	struct play *p = xcalloc(1, sizeof(*p));

	*m = (struct moment){.state = 'S', .others = 3, .old_mb = 100};
	play_init(p, 480);
	assert_int_equal(goes_on(p, m, 20, "answers", 40)->verdict, JVM_IS_BUSY);
	m->queue = 2;
	assert_int_equal(goes_on(p, m, 34, "silent", 0)->verdict, JVM_IS_HUNG);
	memset(p->verdicts, 0, sizeof(p->verdicts));
	return p;
}

static void end_play(struct play *p)
{
	stage_release(&p->s);
	free(p);
}

/* A timer, a safepoint, a thread that begins: that is not the life it is asked for. */
static void hung_stays_over_a_blip(void **state)
{
	struct moment m;
	struct play *p = hung_one(&m);

	(void)state;
	for (int i = 0; i < 8; i++) {
		goes_on(p, &m, 2, "silent", 25);
		goes_on(p, &m, 18, "silent", 3);
		assert_true(jvm_says(jvm(&p->s, 18423), "no HTTP answer to"));
		assert_true(jvm_says(jvm(&p->s, 18423), "uses 3.0 % CPU"));
		goes_on(p, &m, 10, "silent", 0);
	}
	assert_int_equal(p->verdicts[JVM_IS_HUNG], 8 * 15);
	assert_int_equal(job(&p->s, "alpha")->verdict, VERDICT_HUNG);
	end_play(p);
}

static void hung_ends_with_an_answer(void **state)
{
	struct moment m;
	struct play *p = hung_one(&m);

	(void)state;
	m.queue = 0;
	assert_int_equal(goes_on(p, &m, 2, "answers", 3)->verdict, JVM_IS_IDLE);
	m.queue = 1;
	assert_int_not_equal(goes_on(p, &m, 10, "silent", 3)->verdict, JVM_IS_HUNG);
	end_play(p);
}

static void hung_ends_with_work(void **state)
{
	struct moment m;
	struct play *p = hung_one(&m);

	(void)state;
	assert_int_equal(goes_on(p, &m, 12, "silent", 100)->verdict, JVM_IS_BUSY);
	end_play(p);
}

/* Nobody looked for minutes: what it did meanwhile is not known. */
static void hung_is_found_anew_after_a_gap(void **state)
{
	struct moment m;
	struct play *p = hung_one(&m);

	(void)state;
	p->s.gap_ms = 4 * S;
	assert_int_equal(goes_on(p, &m, 2, "silent", 3)->verdict, JVM_IS_HUNG);
	p->s.gap_ms = 60 * S;
	assert_int_equal(goes_on(p, &m, 2, "silent", 3)->verdict, JVM_IS_UNKNOWN);
	end_play(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_drivers),
		cmocka_unit_test(an_hour_of_a_healthy_job),
		cmocka_unit_test(hung_stays_over_a_blip),
		cmocka_unit_test(hung_ends_with_an_answer),
		cmocka_unit_test(hung_ends_with_work),
		cmocka_unit_test(hung_is_found_anew_after_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* rule/window.c - windows over counters, one-minute buckets, rates and gaps. Times come in from
 * outside; nothing here asks a clock, so a table of readings is a test. */
#include "window.h"

#include <stdlib.h>
#include <string.h>

/* A reading may be that much late: every five minutes is never so to the second. */
enum { STEP_MERGE_MS = 5000, STEPS_MAX = 512, GAP_MS = 90000, EDGE_MS = 30000 };

#define FAR_PAST (INT64_MIN / 4)

void steps_release(struct steps *s)
{
	free(s->v);
	memset(s, 0, sizeof(*s));
}

/* Counters come from outside: what cannot be is the most that can. */
static int64_t sum(int64_t a, int64_t b)
{
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

static void steps_append(struct steps *s, const struct step *step)
{
	if (s->n == s->size) {
		s->size = s->size ? s->size * 2 : 4;
		s->v = xrealloc(s->v, s->size * sizeof(*s->v));
	}
	s->v[s->n++] = *step;
}

static void steps_merge_older(struct steps *s)
{
	size_t to = 0, half = s->n / 2 & ~(size_t)1;

	for (size_t i = 0; i < half; i += 2) {
		struct step both = {s->v[i].from, s->v[i + 1].to, sum(s->v[i].n, s->v[i + 1].n)};

		s->v[to++] = both;
	}
	memmove(&s->v[to], &s->v[half], (s->n - half) * sizeof(*s->v));
	s->n -= half - to;
}

void steps_add(struct steps *s, int64_t from, int64_t to, int64_t n)
{
	struct step step = {from, to, n};
	struct step *last = s->n ? &s->v[s->n - 1] : NULL;
	size_t old = 0;

	if (n <= 0)
		return;
	if (last && from >= last->from && to - last->from <= STEP_MERGE_MS) {
		last->to = to;
		last->n = sum(last->n, n);
		return;
	}
	while (old < s->n && s->v[old].to <= to - WINDOW_1H)
		old++;
	if (old) {
		memmove(s->v, s->v + old, (s->n - old) * sizeof(*s->v));
		s->n -= old;
	}
	if (s->n >= STEPS_MAX)
		steps_merge_older(s);
	steps_append(s, &step);
}

struct tally steps_since(const struct steps *s, int64_t at, int64_t window_ms)
{
	int64_t edge = at - window_ms, blur = window_ms / 10;
	struct tally t = {0, 0};
	bool is_known = true;

	for (size_t i = s->n; i-- > 0;) {
		const struct step *p = &s->v[i];

		if (p->to <= edge)
			break;
		if (p->from >= edge - EDGE_MS || p->to - p->from <= blur)
			t.at_least = sum(t.at_least, p->n);
		else if (p->to > edge + EDGE_MS)
			is_known = false;
	}
	t.n = is_known ? t.at_least : ABSENT;
	return t;
}

int64_t steps_last_at(const struct steps *s)
{
	const struct step *last = s->n ? &s->v[s->n - 1] : NULL;

	/* a step as long as the process's life dates nothing */
	if (!last || last->to - last->from > WINDOW_5M)
		return ABSENT;
	return last->to;
}

void counter_init(struct counter *c)
{
	memset(c, 0, sizeof(*c));
	c->value = c->at = ABSENT;
}

void counter_release(struct counter *c)
{
	steps_release(&c->steps);
	counter_init(c);
}

void counter_restart(struct counter *c)
{
	c->steps.n = 0;
	c->value = c->at = ABSENT;
}

int64_t counter_read(struct counter *c, int64_t at, int64_t value, int64_t born_at, enum life life)
{
	int64_t rose = ABSENT, from = is_absent(born_at) ? FAR_PAST : born_at;

	if (is_absent(value) || value < 0)
		return ABSENT;
	if (is_absent(c->at)) {
		steps_add(&c->steps, min_i64(from, at), at, value);
	} else if (life == LIFE_NEW || (life == LIFE_UNTOLD && value < c->value)) {
		rose = value;
		steps_add(&c->steps, min_i64(max_i64(from, c->at), at), at, rose);
	} else {
		rose = max_i64(value - c->value, 0);
		steps_add(&c->steps, c->at, at, rose);
	}
	c->gap_ms = is_absent(c->at) ? 0 : at - c->at;
	c->value = value;
	c->at = at;
	return rose;
}

struct tally counter_tally(const struct counter *c, int64_t at, int64_t window_ms)
{
	struct tally t = {ABSENT, 0};

	if (is_absent(c->at))
		return t;
	t = steps_since(&c->steps, at, window_ms);
	if (at - c->at > GAP_MS + c->gap_ms * 5 / 2)
		t.n = ABSENT;
	return t;
}

void minutes_init(struct minutes *m)
{
	m->newest = ABSENT;
	for (size_t i = 0; i < MINUTES; i++)
		m->v[i] = NAN;
}

/* The bucket of that minute, moving the whole forward as time goes on; NULL when it is too old. */
static float *bucket(struct minutes *m, int64_t minute)
{
	if (is_absent(m->newest))
		m->newest = minute;
	if (minute > m->newest) {
		int64_t ahead = minute - m->newest;

		for (int64_t i = 1; i <= min_i64(ahead, MINUTES); i++)
			m->v[(size_t)((m->newest + i) % MINUTES)] = NAN;
		m->newest = minute;
	}
	if (minute <= m->newest - MINUTES || minute < 0)
		return NULL;
	return &m->v[(size_t)(minute % MINUTES)];
}

void minutes_add(struct minutes *m, int64_t from, int64_t to, double n)
{
	int64_t first = max_i64(from, 0) / MINUTE_MS, last = to / MINUTE_MS;
	double span = (double)(to - from);

	if (last - first >= MINUTES)
		first = last - MINUTES + 1;
	for (int64_t minute = first; minute <= last; minute++) {
		int64_t begin = max_i64(minute * MINUTE_MS, from);
		int64_t end = min_i64((minute + 1) * MINUTE_MS, to);
		float *v = bucket(m, minute);
		double part = span > 0 ? n * (double)(end - begin) / span : n;

		if (span > 0 && to - from <= GAP_MS)
			part = minute == last ? n : 0;
		if (v)
			*v = (isnan(*v) ? 0 : *v) + (float)part;
	}
}

void minutes_set(struct minutes *m, int64_t at, double level)
{
	float *v = bucket(m, at / MINUTE_MS);

	if (v)
		*v = (float)level;
}

void minutes_fill(struct minutes *m, int64_t at, const struct series *dated)
{
	bucket(m, at / MINUTE_MS);
	for (size_t i = 0; i < dated->n; i++) {
		int64_t end = dated->end_at - (int64_t)(dated->n - 1 - i) * dated->step_ms;
		int64_t minute = (end - 1) / MINUTE_MS;
		float *v = minute <= m->newest ? bucket(m, minute) : NULL;

		if (v && isnan(*v))
			*v = dated->v[i];
	}
}

struct series minutes_series(const struct minutes *m, int64_t at, size_t count, double scale,
			     struct arena *a)
{
	int64_t now = at / MINUTE_MS, first = now - (int64_t)count + 1;
	struct series s = {.end_at = (now + 1) * MINUTE_MS, .step_ms = MINUTE_MS};
	float *out;

	if (is_absent(m->newest) || m->newest <= first - MINUTES)
		return s;
	out = arena_alloc_raw(a, count * sizeof(*out), _Alignof(float));
	for (size_t i = 0; i < count; i++) {
		int64_t minute = first + (int64_t)i;
		bool is_kept = minute <= m->newest && minute > m->newest - MINUTES && minute >= 0;

		out[i] = is_kept ? m->v[(size_t)(minute % MINUTES)] * (float)scale : NAN;
		if (!isnan(out[i]))
			s.n = count;
	}
	s.v = s.n ? out : NULL;
	return s;
}

struct series minutes_whole(const struct minutes *m, int64_t at, size_t count, double scale,
			    struct arena *a)
{
	return minutes_series(m, at - MINUTE_MS, count, scale, a);
}

void samples_clear(struct samples *s)
{
	s->n = s->next = 0;
}

void samples_add(struct samples *s, int64_t at, int64_t value, int64_t step_ms)
{
	size_t newest = (s->next + SAMPLES - 1) % SAMPLES, older = (newest + SAMPLES - 1) % SAMPLES;

	if (is_absent(value))
		return;
	if (s->n && value < s->v[newest].value)
		samples_clear(s);
	/* the newest one moves along until it is a step away from the one before */
	if (s->n > 1 && s->v[newest].at - s->v[older].at < step_ms) {
		s->v[newest].at = at;
		s->v[newest].value = value;
		return;
	}
	s->v[s->next].at = at;
	s->v[s->next].value = value;
	s->next = (s->next + 1) % SAMPLES;
	if (s->n < SAMPLES)
		s->n++;
}

double samples_rate(const struct samples *s, int64_t at, int64_t window_ms, int64_t span_max_ms)
{
	size_t newest = (s->next + SAMPLES - 1) % SAMPLES;

	if (s->n < 2 || at - s->v[newest].at > span_max_ms)
		return ABSENT_REAL;
	for (size_t i = 1; i < s->n; i++) {
		size_t k = (newest + SAMPLES - i) % SAMPLES;
		int64_t span = s->v[newest].at - s->v[k].at;

		if (span > span_max_ms)
			break;
		if (span >= window_ms - window_ms / 12)
			return (double)(s->v[newest].value - s->v[k].value) * 1000 / (double)span;
	}
	return ABSENT_REAL;
}

int64_t rate_window(double batch_gap_s)
{
	if (!(batch_gap_s * 2000 > MINUTE_MS))
		return MINUTE_MS;
	return batch_gap_s * 2000 < RATE_WINDOW_MAX_MS ? (int64_t)(batch_gap_s * 2000)
						       : RATE_WINDOW_MAX_MS;
}

void quiet_init(struct quiet *q)
{
	*q = (struct quiet){ABSENT, ABSENT, ABSENT, 0, ABSENT_REAL};
}

void quiet_read(struct quiet *q, int64_t at, int64_t batches, int64_t records_rose_by)
{
	if (is_absent(q->watched_since)) {
		q->watched_since = at;
		q->batches_then = batches;
		return;
	}
	if (is_absent(records_rose_by) || records_rose_by <= 0)
		return;
	if (!is_absent(q->rose_at)) {
		double gap = (double)(at - q->rose_at);

		q->gaps++;
		/* the mean of the first ones, then a slow average: one long pause
		 * is no new custom */
		q->usual_ms = q->gaps == 1 ? gap
					   : q->usual_ms + (gap - q->usual_ms) /
								   (double)min_i64(q->gaps, 50);
	}
	q->rose_at = at;
	q->batches_then = batches;
}

int64_t quiet_limit(const struct quiet *q, int64_t configured_ms)
{
	if (!is_absent(configured_ms))
		return configured_ms;
	if (q->gaps < QUIET_GAPS_NEEDED)
		return ABSENT;
	return max_i64((int64_t)(q->usual_ms * 10), QUIET_LEAST_MS);
}

int64_t quiet_for(const struct quiet *q, int64_t at, int64_t batches)
{
	int64_t since = is_absent(q->rose_at) ? q->watched_since : q->rose_at;

	if (is_absent(since) || is_absent(batches) || is_absent(q->batches_then) ||
	    batches <= q->batches_then)
		return ABSENT;
	return at - since;
}

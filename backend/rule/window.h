/* rule/window.h - what happened in the last minutes, from counters that only know totals.
 *
 * A counter is read now and then; the difference of two readings happened somewhere between them.
 * So a difference is kept as a step with both its ends, and a window is known only when no step
 * straddles its edge: better no figure than a guessed one. The first reading is a step from the
 * process's start, hence a job without a single error since its start has a proven 0 at the first
 * look. Pure. */
#ifndef SPARKOPS_RULE_WINDOW_H
#define SPARKOPS_RULE_WINDOW_H

#include "../../include/arena.h"
#include "../../include/field.h"

enum { WINDOW_5M = 300000, WINDOW_1H = 3600000, MINUTE_MS = 60000, MINUTES = 60, SAMPLES = 40 };

/* n things happened after `from` and not later than `to` (wall ms). */
struct step {
	int64_t from, to, n;
};

struct steps {
	struct step *v; /* oldest first */
	size_t n, size;
};

/* n is ABSENT when the window is not covered; at_least holds in any case. */
struct tally {
	int64_t n, at_least;
};

void steps_release(struct steps *s);
void steps_add(struct steps *s, int64_t from, int64_t to, int64_t n);
struct tally steps_since(const struct steps *s, int64_t at, int64_t window_ms);
/* When the newest step ended, and the first one that we saw happen (not the one from the start). */
int64_t steps_last_at(const struct steps *s);

/* One total that only rises within one life of its process. */
struct counter {
	int64_t value, at; /* last reading; at ABSENT: none yet */
	int64_t gap_ms;    /* between the last two readings */
	struct steps steps;
};

void counter_init(struct counter *c);
void counter_release(struct counter *c);
/* The next reading begins anew, as if it were the first. */
void counter_restart(struct counter *c);
/* Was the process started again since the last reading? Where nothing tells, a smaller value says
 * so; in the same life that is a correction, and nothing happened. */
enum life { LIFE_UNTOLD, LIFE_NEW, LIFE_SAME };
/* value ABSENT: nothing was read. born_at: start of the process, ABSENT if unknown. Returns the
 * increase, or ABSENT at the first reading. */
int64_t counter_read(struct counter *c, int64_t at, int64_t value, int64_t born_at, enum life life);
/* Not covered when nobody has read it for much longer than usual. */
struct tally counter_tally(const struct counter *c, int64_t at, int64_t window_ms);

/* Sixty one-minute buckets by wall clock; NaN where nobody looked. */
struct minutes {
	int64_t newest; /* minute number of the last bucket; ABSENT: empty */
	float v[MINUTES];
};

void minutes_init(struct minutes *m);
/* n things between from and to, evenly; from == to: all in that minute. */
void minutes_add(struct minutes *m, int64_t from, int64_t to, double n);
/* A level, not a count: the last one of its minute stays. */
void minutes_set(struct minutes *m, int64_t at, double level);
/* Fills buckets that are still empty from a dated series of one-minute buckets. */
void minutes_fill(struct minutes *m, int64_t at, const struct series *dated);
/* The newest `count` buckets up to the minute of `at`, times scale. n is 0 when all are empty. */
struct series minutes_series(const struct minutes *m, int64_t at, size_t count, double scale,
			     struct arena *a);
/* The same without the minute that is not over: of what comes steadily it holds only a part yet,
 * and every minute would begin with what looks like a collapse. */
struct series minutes_whole(const struct minutes *m, int64_t at, size_t count, double scale,
			    struct arena *a);

/* Readings for a rate: the newest one, and older ones a step apart. */
struct samples {
	struct {
		int64_t at, value;
	} v[SAMPLES];
	size_t n, next;
};

/* step_ms: the least time between two that are kept, window_ms / SAMPLES_PER_WINDOW. */
enum { SAMPLES_PER_WINDOW = 24, RATE_WINDOW_MAX_MS = 1800000 };
void samples_add(struct samples *s, int64_t at, int64_t value, int64_t step_ms);
void samples_clear(struct samples *s);
/* Per second over the last window_ms (at most span_max_ms); NaN when the readings
 * do not cover it. */
double samples_rate(const struct samples *s, int64_t at, int64_t window_ms, int64_t span_max_ms);
/* Two batches at least, so that a rate does not fall to 0 between them; a minute at least. */
int64_t rate_window(double batch_gap_s);

/* How long batches have brought no record, and how long that usually takes. */
struct quiet {
	int64_t watched_since, rose_at; /* ABSENT */
	int64_t batches_then;           /* the batch counter when records last rose */
	int64_t gaps;
	double usual_ms;
};

void quiet_init(struct quiet *q);
void quiet_read(struct quiet *q, int64_t at, int64_t batches, int64_t records_rose_by);
enum { QUIET_GAPS_NEEDED = 5, QUIET_LEAST_MS = 900000 };
/* The limit: as configured, else 10 x the usual gap, at least 15 min; ABSENT when
 * no gap is usual. */
int64_t quiet_limit(const struct quiet *q, int64_t configured_ms);
/* Time since the last record, as far as we watched; ABSENT when no batch ran meanwhile. */
int64_t quiet_for(const struct quiet *q, int64_t at, int64_t batches);

#endif

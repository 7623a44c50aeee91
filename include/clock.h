/* clock.h - who owns time.
 *
 * Wall time is for dates that people and files exchange (milliseconds since 1970, UTC); monotonic
 * time is for ages and deadlines. Both stand behind one struct so that tests can own them. */
#ifndef SPARKOPS_CLOCK_H
#define SPARKOPS_CLOCK_H

#include "base.h"

struct clock {
	int64_t (*wall_ms)(const struct clock *c);
	int64_t (*mono_ms)(const struct clock *c);
	int64_t fixed_wall_ms, fixed_mono_ms; /* used by clock_fixed only */
};

extern const struct clock clock_real;
struct clock clock_fixed(int64_t wall_ms, int64_t mono_ms);

static inline int64_t clock_wall(const struct clock *c)
{
	return c->wall_ms(c);
}

static inline int64_t clock_mono(const struct clock *c)
{
	return c->mono_ms(c);
}

/* Days since 1970-01-01 of a proleptic Gregorian date, and a UTC date as milliseconds. */
int64_t clock_days(int year, int month, int day);
int64_t clock_utc_ms(int year, int month, int day, int64_t ms_of_day);

enum time_zone_kind { TIME_HAS_ZONE, TIME_NAIVE };
/* Reads `2026-11-20T14:03:27.118Z`, `...+01:00`, Spark's `...GMT`, and Python's isoformat without a
 * zone (also with a blank for the T, with or without fraction). Returns milliseconds as if a naive
 * time were UTC and says which it was; ABSENT when it is no time. */
int64_t clock_parse(const char *s, size_t len, enum time_zone_kind *kind);
/* `2026-11-20T14:03:27.118Z`; out holds 32 bytes. */
void clock_rfc3339(int64_t wall_ms, char out[static 32]);
/* This host's offset from UTC at that time, in ms (+ is east). */
int64_t clock_local_offset_ms(int64_t wall_ms);

#endif

/* clock.c - wall and monotonic time, and the dates that Spark, Python and people write. */
#include "../include/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t now_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t real_wall(const struct clock *c ATTR_UNUSED)
{
	return now_ms(CLOCK_REALTIME);
}

static int64_t real_mono(const struct clock *c ATTR_UNUSED)
{
	return now_ms(CLOCK_MONOTONIC);
}

static int64_t fixed_wall(const struct clock *c)
{
	return c->fixed_wall_ms;
}

static int64_t fixed_mono(const struct clock *c)
{
	return c->fixed_mono_ms;
}

const struct clock clock_real = {.wall_ms = real_wall, .mono_ms = real_mono};

struct clock clock_fixed(int64_t wall_ms, int64_t mono_ms)
{
	return (struct clock){fixed_wall, fixed_mono, wall_ms, mono_ms};
}

/* Days from civil: years begin in March, so that the leap day is the last of a year; 400 years have
 * 146,097 days. */
int64_t clock_days(int year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

int64_t clock_utc_ms(int year, int month, int day, int64_t ms_of_day)
{
	return clock_days(year, month, day) * 86400000 + ms_of_day;
}

/* Exactly n digits at s. */
static bool digits(const char *s, size_t n, int *out)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (s[i] - '0');
	}
	*out = v;
	return true;
}

/* `.118` and longer: milliseconds, further digits dropped. Moves *s behind it. */
static bool fraction(const char **s, const char *end, int64_t *ms)
{
	int64_t scale = 100;
	const char *p = *s;

	*ms = 0;
	if (p == end || (*p != '.' && *p != ','))
		return true;
	p++;
	if (p == end || *p < '0' || *p > '9')
		return false;
	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		*ms += scale * (*p - '0');
		scale /= 10;
	}
	*s = p;
	return true;
}

/* What may follow a time: nothing (naive), Z, GMT, UTC, +hh:mm, +hhmm, +hh. */
static bool zone(const char *s, const char *end, int64_t *offset_ms, enum time_zone_kind *kind)
{
	size_t len = (size_t)(end - s);
	int hours, minutes = 0;

	*offset_ms = 0;
	*kind = TIME_HAS_ZONE;
	if (!len) {
		*kind = TIME_NAIVE;
		return true;
	}
	if ((len == 1 && (*s == 'Z' || *s == 'z')) ||
	    (len == 3 && (!memcmp(s, "GMT", 3) || !memcmp(s, "UTC", 3))))
		return true;
	if ((*s != '+' && *s != '-') || len < 3 || !digits(s + 1, 2, &hours))
		return false;
	if (len == 6 && s[3] == ':') {
		if (!digits(s + 4, 2, &minutes))
			return false;
	} else if (len == 5) {
		if (!digits(s + 3, 2, &minutes))
			return false;
	} else if (len != 3) {
		return false;
	}
	if (hours > 23 || minutes > 59)
		return false;
	*offset_ms = ((int64_t)hours * 60 + minutes) * (*s == '-' ? -60000 : 60000);
	return true;
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

int64_t clock_parse(const char *s, size_t len, enum time_zone_kind *kind)
{
	const char *end = s + len, *p;
	int year, month, day, hour = 0, minute = 0, second = 0;
	int64_t ms = 0, offset = 0;

	*kind = TIME_NAIVE;
	if (len < 10 || !digits(s, 4, &year) || s[4] != '-' || !digits(s + 5, 2, &month) ||
	    s[7] != '-' || !digits(s + 8, 2, &day))
		return ABSENT;
	if (month < 1 || month > 12 || day < 1 || day > days_in(year, month))
		return ABSENT;
	p = s + 10;
	if (p < end) {
		if ((*p != 'T' && *p != ' ' && *p != 't') || end - p < 6 ||
		    !digits(p + 1, 2, &hour) || p[3] != ':' || !digits(p + 4, 2, &minute))
			return ABSENT;
		p += 6;
		if (end - p >= 3 && *p == ':') {
			if (!digits(p + 1, 2, &second))
				return ABSENT;
			p += 3;
		}
		if (!fraction(&p, end, &ms) || !zone(p, end, &offset, kind))
			return ABSENT;
	}
	if (hour > 23 || minute > 59 || second > 60)
		return ABSENT;
	ms += ((int64_t)hour * 3600 + minute * 60 + second) * 1000;
	return clock_utc_ms(year, month, day, ms) - offset;
}

void clock_rfc3339(int64_t wall_ms, char out[static 32])
{
	int64_t s = wall_ms / 1000, ms = wall_ms % 1000;
	struct tm tm;
	time_t t;

	if (ms < 0) {
		ms += 1000;
		s--;
	}
	t = (time_t)s;
	if (!gmtime_r(&t, &tm) || tm.tm_year > 8099 || tm.tm_year < -1900) {
		snprintf(out, 32, "-");
		return;
	}
	/* The remainders tell the compiler what is known: that no part is longer than its field. */
	snprintf(out, 32, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
		 (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)(tm.tm_mon + 1) % 100,
		 (unsigned)tm.tm_mday % 100, (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
		 (unsigned)tm.tm_sec % 100, (unsigned)ms % 1000);
}

int64_t clock_local_offset_ms(int64_t wall_ms)
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;

	return localtime_r(&t, &tm) ? (int64_t)tm.tm_gmtoff * 1000 : 0;
}

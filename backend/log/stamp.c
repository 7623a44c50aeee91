/* log/stamp.c - time stamps as logs write them: `26/11/20 20:41:57`, ISO with blank or T, fraction
 * and zone, `20:41:57.123` alone, and journalctl's seconds since 1970. */
#include <time.h>

#include "record.h"

struct digits {
	const char *p, *end;
	bool is_wrong;
};

/* Takes n digits; anything else is wrong. */
static int take(struct digits *d, int n)
{
	int v = 0;

	for (; n--; d->p++) {
		if (d->p >= d->end || *d->p < '0' || *d->p > '9') {
			d->is_wrong = true;
			return 0;
		}
		v = v * 10 + (*d->p - '0');
	}
	return v;
}

static void expect(struct digits *d, const char *any)
{
	for (; d->p < d->end && *any; any++) {
		if (*d->p == *any) {
			d->p++;
			return;
		}
	}
	d->is_wrong = true;
}

static bool is_next(const struct digits *d, char c)
{
	return d->p < d->end && *d->p == c;
}

static bool is_digit(const struct digits *d)
{
	return d->p < d->end && *d->p >= '0' && *d->p <= '9';
}

/* `.123` or `,123456`: the first three digits count. */
static int take_fraction(struct digits *d)
{
	int ms = 0, n = 0;

	if (d->p + 1 >= d->end || (*d->p != '.' && *d->p != ',') || d->p[1] < '0' || d->p[1] > '9')
		return 0;
	for (d->p++; is_digit(d); d->p++, n++)
		ms = n < 3 ? ms * 10 + (*d->p - '0') : ms;
	for (; n < 3; n++)
		ms *= 10;
	return ms;
}

/* `Z`, `+01:00`, ` +0100`: minutes; false: no zone follows. */
static bool take_zone(struct digits *d, int *minutes)
{
	struct digits z = *d;

	*minutes = 0;
	if (is_next(&z, 'Z')) {
		d->p++;
		return true;
	}
	if (is_next(&z, ' '))
		z.p++;
	if (!is_next(&z, '+') && !is_next(&z, '-'))
		return false;
	int sign = *z.p++ == '-' ? -1 : 1;
	int hours = take(&z, 2);
	if (is_next(&z, ':'))
		z.p++;
	*minutes = sign * (hours * 60 + take(&z, 2));
	if (z.is_wrong || hours > 18)
		return false;
	*d = z;
	return true;
}

static bool is_time(const struct tm *tm)
{
	return tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1 && tm->tm_mday <= 31 &&
	       tm->tm_hour < 24 && tm->tm_min < 60 && tm->tm_sec <= 60;
}

/* Hours, minutes, seconds, fraction and zone behind a date, or alone. */
static bool take_clock(struct digits *d, struct tm *tm, int *ms)
{
	tm->tm_hour = take(d, 2);
	expect(d, ":");
	tm->tm_min = take(d, 2);
	expect(d, ":");
	tm->tm_sec = take(d, 2);
	*ms = take_fraction(d);
	return !d->is_wrong;
}

/* `yy/MM/dd`, `yyyy-MM-dd`, `yyyy/MM/dd` */
static bool take_date(struct digits *d, struct tm *tm)
{
	int year = take(d, 2);

	if (is_digit(d))
		year = year * 100 + take(d, 2);
	else
		year += 2000;
	const char *separator = d->p;
	expect(d, "/-");
	tm->tm_year = year - 1900;
	tm->tm_mon = take(d, 2) - 1;
	if (!d->is_wrong && !is_next(d, *separator))
		d->is_wrong = true;
	expect(d, "/-");
	tm->tm_mday = take(d, 2);
	expect(d, " T");
	return !d->is_wrong && year >= 1990;
}

/* Local time to UTC. The C library takes a lock and the whole zone for it; lines
 * come by the hour. */
static time_t from_local(struct tm *tm)
{
	static _Thread_local struct tm hour;
	static _Thread_local time_t hour_at;

	if (tm->tm_hour != hour.tm_hour || tm->tm_mday != hour.tm_mday ||
	    tm->tm_mon != hour.tm_mon || tm->tm_year != hour.tm_year) {
		hour = *tm;
		struct tm whole = *tm;
		whole.tm_min = whole.tm_sec = 0;
		hour_at = mktime(&whole);
	}
	return hour_at + tm->tm_min * 60 + tm->tm_sec;
}

/* `1795206600.123456` */
static size_t unix_seconds(const char *p, size_t len, int64_t *at)
{
	struct digits d = {p, p + len, false};
	int64_t high = take(&d, 5), low = take(&d, 5);

	if (d.is_wrong || !is_next(&d, '.'))
		return 0;
	const char *dot = d.p;
	int ms = take_fraction(&d);
	if (d.p != dot + 7)
		return 0;
	*at = (high * 100000 + low) * 1000 + ms;
	return (size_t)(d.p - p);
}

size_t log_stamp_read(const char *p, size_t len, int64_t *at)
{
	struct digits d = {p, p + len, false};
	struct tm tm = {.tm_isdst = -1};
	int ms, minutes;

	*at = ABSENT;
	if (len < 8 || *p < '0' || *p > '9')
		return 0;
	if (p[2] == ':')
		return take_clock(&d, &tm, &ms) && is_time(&(struct tm){.tm_mday = 1,
									.tm_hour = tm.tm_hour,
									.tm_min = tm.tm_min,
									.tm_sec = tm.tm_sec})
			       ? (size_t)(d.p - p)
			       : 0;
	if (len > 10 && p[10] == '.')
		return unix_seconds(p, len, at);
	if (!take_date(&d, &tm) || !take_clock(&d, &tm, &ms) || !is_time(&tm))
		return 0;
	bool has_zone = take_zone(&d, &minutes);
	time_t t = has_zone ? timegm(&tm) - minutes * 60 : from_local(&tm);
	*at = (int64_t)t * 1000 + ms;
	return (size_t)(d.p - p);
}

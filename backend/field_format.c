/* field_format.c - numbers as a tired person reads them: at most four digits and a unit. Every
 * screen, the plain text output and the filter go through here, so a figure looks the same
 * everywhere. */
#include "../include/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../include/clock.h"

static size_t put(char *out, size_t size, const char *fmt, ...) ATTR_PRINTF(3, 4);

static size_t put(char *out, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(out, size, fmt, ap);
	va_end(ap);
	if (len < 0)
		return 0;
	return min_size((size_t)len, size - 1);
}

/* v times scale, rounded as printf does: to the nearest of the exact product, ties to even. What
 * the multiplication lost tells which way a tie of its result was none. */
static double nearest(double v, double scale)
{
	double p = v * scale, r = rint(p), lost = fma(v, scale, -p);

	return fabs(p - r) == 0.5 && lost != 0 ? floor(p) + (lost > 0) : r;
}

/* "%.*f%s" with at most 2 decimals, at a tenth of the price: a picture has a hundred of them. */
static size_t put_fixed(char *out, size_t size, double v, int decimals, const char *suffix)
{
	static const double scales[] = {1, 10, 100};
	char text[24], *p = text + sizeof(text);
	uint64_t left;
	size_t n;

	if (!(fabs(v) < 1e13))
		return put(out, size, "%.*f%s", decimals, v, suffix);
	left = (uint64_t)fabs(nearest(v, scales[decimals]));
	for (int i = 0; left || i <= decimals; i++, left /= 10) {
		if (decimals && i == decimals)
			*--p = '.';
		*--p = (char)('0' + left % 10);
	}
	if (signbit(v))
		*--p = '-';
	n = min_size((size_t)(text + sizeof(text) - p), size - 1);
	memcpy(out, p, n);
	while (*suffix && n < size - 1)
		out[n++] = *suffix++;
	out[n] = '\0';
	return n;
}

/* 5.49, 12.3, 940, 1.2k, 88k: three digits where they say something. */
static size_t scaled(double v, double step, const char *const *suffixes, char *out, size_t size)
{
	int i = 0;

	while (fabs(v) >= step * 0.9995 && suffixes[i + 1]) {
		v /= step;
		i++;
	}
	if (fabs(v) < 9.995 && i == 0 && v != floor(v))
		return put_fixed(out, size, v, 2, suffixes[i]);
	if (fabs(v) < 9.95 && (i || v != floor(v)))
		return put_fixed(out, size, v, 1, suffixes[i]);
	return put_fixed(out, size, v, 0, suffixes[i]);
}

/* 1,198 up to 9,999; then 12k. */
static size_t counted(double v, char *out, size_t size)
{
	static const char *const si[] = {"", "k", "M", "G", "T", "P", NULL};

	if (v >= 1000 && v < 10000)
		return put(out, size, "%d,%03d", (int)v / 1000, (int)v % 1000);
	if (v < 1000 && v >= 0)
		return put_fixed(out, size, v, 0, "");
	return scaled(v, 1000, si, out, size);
}

size_t format_age(double seconds, char *out, size_t size)
{
	int64_t s;

	if (isnan(seconds))
		return put(out, size, "-");
	if (seconds < 0)
		seconds = 0;
	if (seconds > 0 && seconds < 0.95)
		return put_fixed(out, size, seconds < 0.1 ? 0.1 : seconds, 1, "s");
	if (seconds > 1e12)
		return put(out, size, ">9999d");
	s = (int64_t)seconds;
	if (s < 60)
		return put_fixed(out, size, (double)s, 0, "s");
	if (s < 600)
		return put(out, size, "%dm%02d", (int)(s / 60), (int)(s % 60));
	if (s < 3600)
		return put_fixed(out, size, (double)(s / 60), 0, "m");
	if (s < 36000)
		return put(out, size, "%dh%02d", (int)(s / 3600), (int)(s / 60 % 60));
	if (s < 2 * 86400)
		return put_fixed(out, size, (double)(s / 3600), 0, "h");
	return put_fixed(out, size, (double)(s / 86400), 0, "d");
}

size_t format_number(double v, enum unit unit, char *out, size_t size)
{
	static const char *const si[] = {"", "k", "M", "G", "T", "P", NULL};
	static const char *const binary[] = {"B", "K", "M", "G", "T", "P", NULL};

	if (isnan(v))
		return put(out, size, "-");
	switch (unit) {
	case UNIT_NONE:
		return v == floor(v) ? put_fixed(out, size, v, 0, "") : put(out, size, "%.3g", v);
	case UNIT_COUNT:
		return counted(v, out, size);
	case UNIT_BYTES:
		return scaled(v, 1024, binary, out, size);
	case UNIT_SECONDS:
		return format_age(v, out, size);
	case UNIT_MS:
		return v < 1000 ? put_fixed(out, size, v, 0, "ms")
				: format_age(v / 1000, out, size);
	case UNIT_PCT:
		return put_fixed(out, size, v, v > 0 && v < 0.95, "%");
	case UNIT_RATIO:
		return put_fixed(out, size, v, v < 99.95, "x");
	case UNIT_PER_S:
		return scaled(v, 1000, si, out, size);
	}
	return 0;
}

static void civil(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b != 0 && a < 0);
}

size_t format_time(int64_t at, int64_t now, int64_t zone_offset_ms, char *out, size_t size)
{
	static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
					     "jul", "aug", "sep", "oct", "nov", "dec"};
	const int64_t day_ms = 86400000, limit = (int64_t)1 << 53;
	int64_t day, today;
	int year, month, mday, this_year, other;

	if (is_absent(at) || at > limit || at < -limit)
		return put(out, size, "-");
	if (at - now > DATE_AHEAD_MS)
		return put(out, size, "future");
	at += zone_offset_ms;
	day = floor_div(at, day_ms);
	today = floor_div(now + zone_offset_ms, day_ms);
	if (day == today) {
		int64_t s = (at - day * day_ms) / 1000;

		return put(out, size, "%02d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60),
			   (int)(s % 60));
	}
	civil(day, &year, &month, &mday);
	civil(today, &this_year, &other, &other);
	if (year == this_year)
		return put(out, size, "%s %02d", months[month - 1], mday);
	return put(out, size, "%04d-%02d", year, month);
}

double format_parse(const char *s, size_t len, enum unit unit)
{
	static const struct {
		const char *suffix;
		double factor;
	} plain[] = {{"", 1}, {"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}, {"%", 1}, {"x", 1}},
	  bytes[] = {{"", 1},        {"B", 1},       {"k", 1024},         {"K", 1024},
		     {"m", 1048576}, {"M", 1048576}, {"g", 1073741824.0}, {"G", 1073741824.0}},
	  times[] = {{"", 1}, {"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
	bool is_bytes = unit == UNIT_BYTES, is_time = unit == UNIT_SECONDS || unit == UNIT_MS;
	size_t n = is_bytes ? ARRAY_LEN(bytes) : is_time ? ARRAY_LEN(times) : ARRAY_LEN(plain);
	char text[64], *end;
	double v;

	if (!len || len >= sizeof(text))
		return ABSENT_REAL;
	memcpy(text, s, len);
	text[len] = '\0';
	v = strtod(text, &end);
	if (end == text)
		return ABSENT_REAL;
	for (size_t i = 0; i < n; i++) {
		const char *suffix = is_bytes  ? bytes[i].suffix
				     : is_time ? times[i].suffix
					       : plain[i].suffix;
		double factor = is_bytes  ? bytes[i].factor
				: is_time ? times[i].factor
					  : plain[i].factor;

		if (!strcmp(end, suffix))
			return v * factor * (unit == UNIT_MS && *suffix ? 1000 : 1);
	}
	return ABSENT_REAL;
}

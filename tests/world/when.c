/* when.c - times as each of the played programs writes them. The calendar is gmtime_r shifted by
 * the job's zone, so that jobs of several zones live in one process without touching TZ. */
#include "when.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t when_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * SECOND_MS + now.tv_nsec / 1000000;
}

static const struct unit {
	const char *name;
	int64_t ms;
} units[] = {
	{"ms", 1}, {"s", SECOND_MS}, {"m", MINUTE_MS}, {"h", HOUR_MS}, {"d", DAY_MS}, {NULL, 0},
};

static const struct unit *find_unit(const char *name, size_t size)
{
	for (const struct unit *unit = units; unit->name; unit++)
		if (strlen(unit->name) == size && strncmp(unit->name, name, size) == 0)
			return unit;
	return NULL;
}

bool when_span(const char *text, int64_t *span_ms)
{
	const struct unit *last = NULL;
	int64_t sum = 0;

	if (!isdigit((unsigned char)*text))
		return false;
	while (*text) {
		char *end;
		long long n = strtoll(text, &end, 10);
		size_t size = strspn(end, "msdh");
		if (end == text || n < 0 || n > 1000000000)
			return false;
		const struct unit *unit = find_unit(end, size);
		if (!unit && size == 0 && last > units + 1)
			unit = last - 1;
		if (!unit || (last && unit >= last))
			return false;
		sum += n * unit->ms;
		last = unit;
		text = end + size;
	}
	*span_ms = sum;
	return true;
}

static int milli_of(int64_t at)
{
	return (int)(((at % SECOND_MS) + SECOND_MS) % SECOND_MS);
}

static struct tm calendar(int64_t at)
{
	time_t seconds = (time_t)((at - milli_of(at)) / SECOND_MS);
	struct tm tm;
	gmtime_r(&seconds, &tm);
	return tm;
}

const char *when_spark(int64_t at, char *out)
{
	struct tm tm = calendar(at);
	size_t size = strftime(out, WHEN_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + size, WHEN_SIZE - size, ".%03dGMT", milli_of(at));
	return out;
}

const char *when_python(int64_t at, int64_t zone_ms, char *out)
{
	struct tm tm = calendar(at + zone_ms);
	size_t size = strftime(out, WHEN_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	/* isoformat() leaves the fraction out when it is 0, so the microseconds never are. */
	snprintf(out + size, WHEN_SIZE - size, ".%03d%03d", milli_of(at), (int)(at % 899) + 100);
	return out;
}

const char *when_java(int64_t at, char *out)
{
	struct tm tm = calendar(at);
	strftime(out, WHEN_SIZE, "%a %b %d %H:%M:%S UTC %Y", &tm);
	return out;
}

const char *when_log(int64_t at, char *out)
{
	struct tm tm = calendar(at + when_zone(at));
	char whole[WHEN_SIZE];

	strftime(whole, sizeof(whole), "%Y/%m/%d %H:%M:%S", &tm);
	snprintf(out, WHEN_SIZE, "%s", whole + 2);
	return out;
}

const char *when_day(int64_t at, int64_t zone_ms, char *out)
{
	struct tm tm = calendar(at + zone_ms);
	strftime(out, WHEN_SIZE, "%Y%m%d", &tm);
	return out;
}

const char *when_compact(int64_t at, char *out)
{
	struct tm tm = calendar(at);
	strftime(out, WHEN_SIZE, "%Y%m%d%H%M%S", &tm);
	return out;
}

int64_t when_zone(int64_t at)
{
	time_t seconds = (time_t)(at / SECOND_MS);
	struct tm tm;
	localtime_r(&seconds, &tm);
	return (int64_t)tm.tm_gmtoff * SECOND_MS;
}

/* when.h - times and durations of the stand-in cluster. Every time is in milliseconds since 1970,
 * every span in milliseconds. Formatters write into a caller's buffer of WHEN_SIZE and return it.
 */
#ifndef WORLD_WHEN_H
#define WORLD_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#define WHEN_SIZE 48

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

int64_t when_now(void);

/* "250ms", "10s", "6m12", "1h30m", "12d"; a bare number after a unit is of the next smaller one.
 * Returns false and leaves *SPAN_MS alone when TEXT is anything else. */
bool when_span(const char *text, int64_t *span_ms);

/* As Spark's REST API writes it: 2026-11-20T20:22:42.872GMT */
const char *when_spark(int64_t at, char *out);

/* As Python's datetime.isoformat() writes it, in the zone ZONE_MS east of UTC, which it never
 * names: 2025-11-21T09:45:30.123456 */
const char *when_python(int64_t at, int64_t zone_ms, char *out);

/* As Java's Date.toString() writes it in UTC: Fri Nov 20 20:43:58 UTC 2026 */
const char *when_java(int64_t at, char *out);

/* As the log4j pattern of Spark writes it, in this host's zone: 26/11/20 20:42:01 */
const char *when_log(int64_t at, char *out);

/* 20261120 in the zone ZONE_MS east of UTC, and 20261120204358 in UTC. */
const char *when_day(int64_t at, int64_t zone_ms, char *out);
const char *when_compact(int64_t at, char *out);

/* How far this host's zone is east of UTC at AT. */
int64_t when_zone(int64_t at);

#endif

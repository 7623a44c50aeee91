/* One line of a log: its level, its time, where its text begins - every shape that logs have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../../backend/log/record.h"

#define AT INT64_C(1795206707000) /* 2026-11-20T20:31:47Z */

struct shape {
	const char *line;
	enum log_line_level level;
	int64_t at;       /* ABSENT */
	const char *text; /* what is shown; NULL: all of it */
};

static const struct shape shapes[] = {
	/* log4j2 as Spark configures it, and its default patterns */
	{"26/11/20 20:31:47 WARN NativeCodeLoader: x", LOG_LINE_WARN, AT, NULL},
	{"26/11/20 20:31:47 INFO DAGScheduler: ERROR is only a word here", LOG_LINE_INFO, AT, NULL},
	{"26/11/20 20:31:47 WARN QueuedThreadPool: ", LOG_LINE_WARN, AT, NULL},
	{"2026-11-20 20:31:47,250 ERROR [main] org.x.Y - z", LOG_LINE_ERROR, AT + 250, NULL},
	{"2026-11-20 20:31:47.5 [main] DEBUG org.x.Y - z", LOG_LINE_DEBUG, AT + 500, NULL},
	{"20:31:47.123 [main] ERROR org.x.Y - z", LOG_LINE_ERROR, ABSENT, NULL},
	/* zones */
	{"2026-11-20T20:31:47Z INFO x", LOG_LINE_INFO, AT, NULL},
	{"2026-11-20T21:31:47+01:00 INFO x", LOG_LINE_INFO, AT, NULL},
	{"[2026-11-20 15:31:47 -0500] [123] [INFO] Booting", LOG_LINE_INFO, AT, NULL},
	/* Python */
	{"2026-11-20 20:31:47 - migration_orchestrator - ERROR - Attempt 1", LOG_LINE_ERROR, AT,
	 NULL},
	{"[2026-11-20 20:31:47,123] WARNING in app: x", LOG_LINE_WARN, AT + 123, NULL},
	{"ERROR:root:Exception while sending command.", LOG_LINE_ERROR, ABSENT, NULL},
	{"INFO:     127.0.0.1:5 - \"GET /\" 200", LOG_LINE_INFO, ABSENT, NULL},
	{"Traceback (most recent call last):", LOG_LINE_ERROR, ABSENT, NULL},
	{"WARNING: Using incubator modules", LOG_LINE_WARN, ABSENT, NULL},
	/* the JVM */
	{"Exception in thread \"Thread-20\" java.lang.OutOfMemoryError: x", LOG_LINE_ERROR, ABSENT,
	 NULL},
	{"\tat org.apache.spark.X", LOG_LINE_PLAIN, ABSENT, NULL},
	{"ERRORS are plain", LOG_LINE_PLAIN, ABSENT, NULL},
	{"java.lang.IllegalStateException", LOG_LINE_PLAIN, ABSENT, NULL},
	/* the progress bar shares the line */
	{"\r[Stage 6:>      (0 + 2) / 4]26/11/20 20:31:47 ERROR X: y", LOG_LINE_ERROR, AT,
	 "26/11/20 20:31:47 ERROR X: y"},
	{"\r[Stage 0:>  (0 + 0) / 2]\r\r[Stage 0:> (0 + 1) / 2]\r26/11/20 20:31:47 INFO X: [y] z",
	 LOG_LINE_INFO, AT, "26/11/20 20:31:47 INFO X: [y] z"},
	{"                                                                                "
	 "26/11/20 20:31:47 INFO X: y",
	 LOG_LINE_INFO, AT, "26/11/20 20:31:47 INFO X: y"},
	{"\r[Stage 6:>      (0 + 2) / 4]", LOG_LINE_PLAIN, ABSENT, ""},
	{"    indented", LOG_LINE_PLAIN, ABSENT, NULL},
	{"[Stage 6: never closed", LOG_LINE_PLAIN, ABSENT, NULL},
	/* structured lines, and containers around lines */
	{"{\"ts\": \"2026-11-20 20:31:47.394\", \"level\": \"ERROR\", \"msg\": \"x\"}",
	 LOG_LINE_ERROR, AT + 394, NULL},
	{"{\"ts\":\"2026-11-20T20:31:47Z\",\"level\":\"WARN\",\"msg\":\"\\\"level\\\"\"}",
	 LOG_LINE_WARN, AT, NULL},
	{"{\"log\":\"26/11/20 20:31:40 ERROR X: y\\n\",\"time\":\"2026-11-20T20:31:47.1Z\"}",
	 LOG_LINE_ERROR, AT + 100, NULL},
	{"{\"level\": 3}", LOG_LINE_PLAIN, ABSENT, NULL},
	{"2026-11-20T20:31:47.123456789Z stderr F 26/11/20 20:31:40 ERROR X: y", LOG_LINE_ERROR,
	 AT + 123, "26/11/20 20:31:40 ERROR X: y"},
	/* journalctl --output=short-unix --no-hostname */
	{"1795206707.123456 python[18401]: ERROR:root:x", LOG_LINE_ERROR, AT + 123, "ERROR:root:x"},
	{"1795206707.000000 systemd[1]: a.service: Failed", LOG_LINE_PLAIN, AT,
	 "a.service: Failed"},
	/* no time stamps */
	{"26/13/20 20:31:47 INFO x", LOG_LINE_PLAIN, ABSENT, NULL},
	{"26/11/20 25:31:47 INFO x", LOG_LINE_PLAIN, ABSENT, NULL},
	{"26/11-20 20:31:47 INFO x", LOG_LINE_PLAIN, ABSENT, NULL},
	{"26/11/20", LOG_LINE_PLAIN, ABSENT, NULL},
	{"2026 batches", LOG_LINE_PLAIN, ABSENT, NULL},
	{"", LOG_LINE_PLAIN, ABSENT, NULL},
};

static void every_shape(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		const struct shape *s = &shapes[i];
		size_t len = strlen(s->line);
		struct log_record r = log_record_read(s->line, len);
		const char *want = s->text ? s->text : s->line;
		if (r.level != s->level || r.at != s->at || strcmp(s->line + r.from, want) != 0)
			fail_msg("%s: level %d, at %lld, from %zu", s->line, (int)r.level,
				 (long long)r.at, r.from);
	}
}

/* A time without a zone is this host's, also on the two days a year when its clock jumps. */
static void without_a_zone_it_is_this_hosts(void **state)
{
	const char *winter = "26/10/25 03:30:00 INFO x", *summer = "26/10/25 01:30:00 INFO x";

	(void)state;
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	int64_t a = log_record_read(summer, strlen(summer)).at;
	int64_t b = log_record_read(winter, strlen(winter)).at;
	setenv("TZ", "UTC", 1);
	tzset();
	assert_int_equal(b - a, 3 * 3600 * 1000); /* the hour from 2 to 3 comes twice */
}

static void a_hole_before_the_line_is_cut_off(void **state)
{
	static const char line[] = "\0\0\0\0\00026/11/20 20:31:47 ERROR X: y";

	(void)state;
	struct log_record r = log_record_read(line, sizeof(line) - 1);
	assert_int_equal(r.level, LOG_LINE_ERROR);
	assert_int_equal(r.from, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shape),
		cmocka_unit_test(without_a_zone_it_is_this_hosts),
		cmocka_unit_test(a_hole_before_the_line_is_cut_off),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

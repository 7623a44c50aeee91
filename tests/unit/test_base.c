/* The ground: arena, buffer, errors, clock, dates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../include/arena.h"
#include "../../include/buf.h"
#include "../../include/clock.h"
#include "../../include/err.h"
#include "../../include/log.h"

static void arena_keeps_what_it_gave(void **state ATTR_UNUSED)
{
	enum { N = 2000 };
	char **kept = xcalloc(N, sizeof(*kept));
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < N; i++) {
		void *aligned = arena_alloc(&a, i % 700);

		assert_int_equal((uintptr_t)aligned % 16, 0);
		kept[i] = arena_printf(&a, "string %zu %.*s", i, (int)(i % 300),
				       "xxxxxxxxxxxxxxxxxxxx");
	}
	arena_alloc(&a, 5 << 20);
	for (size_t i = 0; i < N; i++) {
		char want[64];

		snprintf(want, sizeof(want), "string %zu %.*s", i, (int)(i % 300),
			 "xxxxxxxxxxxxxxxxxxxx");
		assert_string_equal(kept[i], want);
	}
	arena_reset(&a);
	assert_string_equal(arena_strndup(&a, "after", 3), "aft");
	arena_release(&a);
	free(kept);
}

static void arena_takes_little(void **state ATTR_UNUSED)
{
	struct arena a;

	arena_init(&a);
	arena_alloc(&a, 1);
	assert_true(a.total < 256);
	for (size_t i = 0; i < 10000; i++)
		arena_alloc(&a, 48);
	assert_true(a.total < a.used + a.used / 4);
	arena_release(&a);

	arena_expect(&a, 3000);
	for (size_t i = 0; i < 3000 / 16; i++)
		arena_strdup(&a, "fifteen letters");
	assert_int_equal(a.total, 3000);
	arena_strdup(&a, "and more than was expected");
	assert_true(a.total < 4000);
	arena_expect(&a, 1 << 20);
	assert_true(a.total < 4000);

	/* one block from the second frame on */
	arena_reset(&a);
	assert_true(a.used == 0 && a.total > 3000);
	arena_alloc(&a, 3000);
	assert_true(a.total < 4000);
	arena_release(&a);
	arena_expect(&a, 0);
	arena_reset(&a);
	assert_int_equal(a.total, 0);
}

/* The sanitizer's allocator ends the program itself unless it is told to answer as malloc does. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void take_too_much(int how, volatile size_t half)
{
	struct arena a;

	arena_init(&a);
	if (how == 0)
		xcalloc(half, 2);
	else if (how == 1)
		xmalloc(half * 2 - 1);
	else if (how == 2)
		ARENA_ARRAY(&a, struct err, half);
	else
		arena_alloc_raw(&a, half * 2 - 8, 16);
}

/* Where a size wraps around, or is below zero, the program ends instead of handing
 * out too little. */
static void sizes_do_not_wrap(void **state ATTR_UNUSED)
{
	for (int how = 0; how < 4; how++) {
		char says[4096] = "";
		size_t len = 0;
		int status, out[2];
		ssize_t n;
		pid_t pid;

		assert_int_equal(pipe(out), 0);
		pid = fork();
		if (pid == 0) {
			dup2(out[1], STDERR_FILENO);
			take_too_much(how, SIZE_MAX / 2 + 1);
			_exit(0);
		}
		close(out[1]);
		while ((n = read(out[0], says + len, sizeof(says) - 1 - len)) > 0)
			len += (size_t)n;
		close(out[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
		if (!strstr(says, "sparkops: "))
			fail_msg("%d: %s", how, says);
	}
}

static void buffer_stops_at_its_cap(void **state ATTR_UNUSED)
{
	struct buf b;

	buf_init(&b, 10);
	assert_true(buf_add(&b, "12345", 5));
	assert_false(buf_add(&b, "123456", 6));
	assert_true(b.is_over);
	assert_true(buf_add(&b, "67890", 5));
	assert_string_equal(b.data, "1234567890");
	assert_false(buf_add(&b, "x", SIZE_MAX));
	buf_clear(&b);
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void errors_are_prefixed_and_bounded(void **state ATTR_UNUSED)
{
	char longer[1000];
	struct err e;

	assert_int_equal(err_set(&e, ERR_FORMAT, "no JSON at byte %d", 7), -ERR_FORMAT);
	err_prefix(&e, "%s", "http://h/health");
	assert_string_equal(e.message, "http://h/health: no JSON at byte 7");
	memset(longer, 'y', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	err_prefix(&e, "%s", longer);
	assert_int_equal(strlen(e.message), sizeof(e.message) - 1);
	assert_int_equal(err_set(NULL, ERR_IO, "nobody reads"), -ERR_IO);
}

static void dates_are_read(void **state ATTR_UNUSED)
{
	static const struct {
		const char *text;
		int64_t want;
		enum time_zone_kind kind;
	} rows[] = {
		{"1970-01-01T00:00:00Z", 0, TIME_HAS_ZONE},
		{"2026-11-20T14:03:27.118Z", 1795183407118, TIME_HAS_ZONE},
		{"2026-11-20T20:44:10.252GMT", 1795207450252, TIME_HAS_ZONE},
		{"2026-11-20T15:03:27+01:00", 1795183407000, TIME_HAS_ZONE},
		{"2026-11-20T15:03:27.5+0100", 1795183407500, TIME_HAS_ZONE},
		{"2025-11-21T09:45:30.123456", 1763718330123, TIME_NAIVE},
		{"2025-11-21 09:45:30", 1763718330000, TIME_NAIVE},
		{"2024-02-29", 1709164800000, TIME_NAIVE},
		{"1969-12-31T23:59:59.999GMT", -1, TIME_HAS_ZONE},
		{"2025-02-29T00:00:00", ABSENT, TIME_NAIVE},
		{"2025-13-01", ABSENT, TIME_NAIVE},
		{"2025-11-21T25:00:00", ABSENT, TIME_NAIVE},
		{"2025-11-21T09:45:30.", ABSENT, TIME_NAIVE},
		{"2025-11-21T09:45:30 PST", ABSENT, TIME_NAIVE},
		{"yesterday", ABSENT, TIME_NAIVE},
		{"", ABSENT, TIME_NAIVE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum time_zone_kind kind;
		int64_t got = clock_parse(rows[i].text, strlen(rows[i].text), &kind);

		if (got != rows[i].want)
			fail_msg("%s: %lld, not %lld", rows[i].text, (long long)got,
				 (long long)rows[i].want);
		if (!is_absent(got))
			assert_int_equal(kind, rows[i].kind);
	}
}

/* Against the C library, over 400 years of days. */
static void days_agree_with_the_library(void **state ATTR_UNUSED)
{
	for (int64_t day = -100000; day < 100000; day += 37) {
		time_t t = (time_t)(day * 86400);
		char text[32];
		enum time_zone_kind kind;
		struct tm tm;

		assert_non_null(gmtime_r(&t, &tm));
		assert_int_equal(clock_days(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday), day);
		clock_rfc3339(day * 86400000 + 1, text);
		assert_int_equal(clock_parse(text, strlen(text), &kind), day * 86400000 + 1);
	}
}

static void log_keeps_the_last_lines_clean(void **state ATTR_UNUSED)
{
	const struct log_line *lines;
	struct arena a;
	size_t n;

	arena_init(&a);
	for (int i = 0; i < 600; i++)
		log_msg(LOG_INFO, "line %d \x1b[31m", i);
	n = log_tail(&a, 3, &lines);
	assert_int_equal(n, 3);
	assert_string_equal(lines[2].message, "line 599 \\x1b[31m");
	assert_string_equal(lines[0].message, "line 597 \\x1b[31m");
	assert_int_equal(lines[2].seq, lines[0].seq + 2);
	assert_int_equal(log_tail(&a, 100000, &lines), 512);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_keeps_what_it_gave),
		cmocka_unit_test(arena_takes_little),
		cmocka_unit_test(sizes_do_not_wrap),
		cmocka_unit_test(buffer_stops_at_its_cap),
		cmocka_unit_test(errors_are_prefixed_and_bounded),
		cmocka_unit_test(dates_are_read),
		cmocka_unit_test(days_agree_with_the_library),
		cmocka_unit_test(log_keeps_the_last_lines_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

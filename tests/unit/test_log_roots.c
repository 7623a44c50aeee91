/* test_log_roots.c - the mark that explains the others is kept when they have taken its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/log/scan.h"

static struct log_scan scan_new(void)
{
	struct log_scan s;

	log_scan_init(&s, signatures_new(NULL, 0));
	return s;
}

static int64_t feed_at(struct log_scan *s, int64_t offset, int second, const char *what)
{
	char line[200];
	int n = snprintf(line, sizeof(line), "26/11/20 %02d:%02d:%02d ERROR X: %s\n", second / 3600,
			 second / 60 % 60, second % 60, what);

	log_scan_feed(s, line, (size_t)n, offset);
	return offset + n;
}

/* Retries on a dead session, each with three signs. */
static int64_t retry(struct log_scan *s, int64_t offset, int from, int to)
{
	for (int second = from; second < to; second += 60) {
		offset = feed_at(s, offset, second, "Answer from Java side is empty");
		offset = feed_at(s, offset, second + 1, "Connection refused");
		offset = feed_at(s, offset, second + 2, "Retrying in 60 seconds");
	}
	return offset;
}

static void the_root_of_long_retries_is_kept(void **state)
{
	struct log_scan s = scan_new(), later = scan_new();
	struct scan_roots r;
	int64_t offset;

	(void)state;
	offset = feed_at(&s, 0, 3600, "java.lang.OutOfMemoryError: Java heap space");
	offset =
		feed_at(&s, offset, 3601, "java.lang.OutOfMemoryError: GC overhead limit exceeded");
	offset = feed_at(&s, offset, 3610, "Cannot call methods on a stopped SparkContext");
	offset = retry(&s, offset, 3660, 3 * 3600);
	r = log_scan_roots(NULL, 0, &s);
	assert_int_equal(s.n, SCAN_MARKS);
	assert_int_equal(r.n, 2);
	assert_string_equal(r.v[0].what->name, "OutOfMemoryError: Java heap space");
	assert_int_equal(r.v[1].what->kind, LOG_KIND_STOPPED_CONTEXT);
	assert_true(log_scan_mark_at(&s, 0)->at - r.last_at <= 60000);
	scan_roots_release(&r);
	/* also where the rest is scanned as another piece, and after a rotation */
	(void)retry(&later, 0, 3 * 3600, 5 * 3600);
	r = log_scan_roots(&s, 0, &later);
	assert_int_equal(r.n, 2);
	assert_int_equal(r.v[0].what->kind, LOG_KIND_OOM);
	assert_true(log_scan_mark_at(&later, 0)->at - r.last_at <= 60000);
	scan_roots_release(&r);
	log_scan_rotate(&s, offset);
	assert_true(s.roots.v[0].offset < 0);
	/* half an hour of peace ends the story: what comes then has another root */
	offset = retry(&s, 0, 4 * 3600, 6 * 3600);
	assert_int_equal(s.roots.n, 0);
	r = log_scan_roots(NULL, 0, &s);
	assert_int_equal(r.n, 0);
	scan_roots_release(&r);
	log_scan_release(&later);
	log_scan_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_root_of_long_retries_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_dlq_group.c - which messages are the same failure: ids, times and numbers do not count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/dlq/index.h"

static void what_makes_a_group(void **state)
{
	static const char *const same[][2] = {
		{"calling o123.save", "calling o7.save"},
		{"took 30000ms, id 126ce880-08b7-4a16-b825-784fd029a437",
		 "took 5ms, id ab6ce880-08b7-4a16-b825-784fd029a43f"},
		{"at 0x7f3a by 'alice'", "at 0x1 by 'bob smith'"},
		{"user \\\"a b\\\" at 2026-11-20T21:30:40.123Z",
		 "user \\\"c\\\" at 2025-01-02T03:04:05Z"},
		{"commit deadbeef01 failed", "commit 0123456789abcdef failed"},
		{"took 30s", "took 5m"},
		{"took 30s", "took 1.2ms"},
		{"took 30 s in all", "took 2.5 minutes in all"},
		{"took 1h30m, gave up", "took 12 ms, gave up"},
		{"5.5 GB of 5.5 GB used", "512MiB of 1 GiB used"},
		{"batch -43 failed", "batch 43 failed"},
		{"-5 rows", "+12.5 rows"},
		{"failed: 12.5%", "failed: 1e-5%"},
		{"(read timeout=-1)", "(read timeout=30)"},
		{"column `heartRate` value#12L", "column `steps` value#7L"},
	};
	static const char *const differ[][2] = {
		{"connection refused", "connection reset"},
		{"can't read", "can't write"},
		{"decade one", "decade two"},
		{"5 sources", "5 meters"},
		{"took 5s", "took 5 steps"},
		{"5 s3 buckets", "5 buckets"},
		{"batch-43 failed", "batch 43 failed"},
	};
	struct buf a, b;

	(void)state;
	buf_init(&a, 4096);
	buf_init(&b, 4096);
	for (size_t i = 0; i < ARRAY_LEN(same) + ARRAY_LEN(differ); i++) {
		bool is_same = i < ARRAY_LEN(same);
		const char *const *pair = is_same ? same[i] : differ[i - ARRAY_LEN(same)];
		for (struct buf *k = &a; k; k = k == &a ? &b : NULL) {
			buf_clear(k);
			while (k->len < 2048)
				buf_putc(k, 0);
			k->len = 0;
			group_normalise(pair[k == &b], strlen(pair[k == &b]), k);
		}
		if (is_same != (a.len == b.len && !memcmp(a.data, b.data, a.len)))
			fail_msg("<%.*s> and <%.*s>", (int)a.len, a.data, (int)b.len, b.data);
	}
	buf_release(&a);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_makes_a_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_poll.c - how long a target is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../backend/target.h"

static void backoff_is_random_within_bounds(void **state)
{
	struct scheduler s = {.random = 42};
	int64_t least = INT64_MAX, most = 0, sum = 0;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		int64_t ms = poll_backoff(&s, 2000, 3);

		least = min_i64(least, ms);
		most = max_i64(most, ms);
		sum += ms;
	}
	assert_int_equal(least, 1000); /* half an interval */
	assert_true(most > 15000 && most <= 16000);
	assert_true(sum / 10000 > 7000 && sum / 10000 < 9000);
	for (int i = 0; i < 10000; i++)
		assert_true(poll_backoff(&s, 2000, 40) <= 60000);
	for (int i = 0; i < 100; i++) { /* a slow target is never asked more often for failing */
		int64_t ms = poll_backoff(&s, 3600000, 9);

		assert_true(ms >= 1800000 && ms <= 3600000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backoff_is_random_within_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

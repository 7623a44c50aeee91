/* test_exit_codes.c - what Spark's reasons for a lost executor say, and what the codes in them
 * mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/rule/headroom.h"

static void exits_are_decoded(void **state)
{
	static const struct {
		const char *reason;
		int64_t code;
		const char *means; /* a part of it; NULL: nothing is known */
		bool is_memory;
	} table[] = {
		{"Command exited with code 52", 52, "out of memory", true},
		{"Command exited with code 137", 137, "SIGKILL", false},
		{"Command exited with code 143", 143, "SIGTERM", false},
		{"Command exited with code 1", 1, "failed to start", false},
		{"Command exited with code 3", 3, "OutOfMemoryError", false},
		{"Command exited with code 50", 50, "uncaught exception", false},
		{"Command exited with code 51", 51, "uncaught exception", false},
		{"Command exited with code 53", 53, "folder", false},
		{"Command exited with code 54", 54, "block store", false},
		{"Command exited with code 55", 55, "block store", false},
		{"Command exited with code 56", 56, "heartbeats", false},
		{"Command exited with code 0", 0, "well", false},
		{"Command exited with code 77", 77, NULL, false},
		{"The executor with id 1 exited with exit code 137(SIGKILL, possible container "
		 "OOM).",
		 137, "SIGKILL", false},
		{"Container from a bad node: container_1 on host: h. Exit status: -104. "
		 "Diagnostics: ...",
		 -104, "more memory", true},
		{"Container killed by YARN for exceeding physical memory limits. 1.5 GB of 1.5 GB "
		 "physical memory used.",
		 -104, "more memory", true},
		{"Container killed by YARN for exceeding virtual memory limits. 4 GB of 3 GB "
		 "virtual "
		 "memory used.",
		 -103, "virtual memory", true},
		{"worker lost: 127.0.0.1:7078 got disassociated", ABSENT, NULL, false},
		{"Executor heartbeat timed out after 130000 ms", ABSENT, NULL, false},
		{"Command exited with code 99999999999999", ABSENT, NULL, false},
		{"Command exited with code ", ABSENT, NULL, false},
		{NULL, ABSENT, NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		int64_t code = exit_code_in(table[i].reason);
		const struct text *means = is_absent(code) ? NULL : exit_code_means(code);

		assert_int_equal(code, table[i].code);
		assert_int_equal(exit_is_memory(code), table[i].is_memory);
		if (table[i].means)
			assert_non_null(strstr(text_str(means), table[i].means));
		else
			assert_null(means);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exits_are_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

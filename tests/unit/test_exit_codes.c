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
		enum memory_loss loss;
	} table[] = {
		{"Command exited with code 52", 52, "out of memory", true, LOSS_TO_HEAP},
		{"Command exited with code 137", 137, "SIGKILL", false, LOSS_NONE},
		{"Command exited with code 143", 143, "SIGTERM", false, LOSS_NONE},
		{"Command exited with code 1", 1, "failed to start", false, LOSS_NONE},
		{"Command exited with code 3", 3, "OutOfMemoryError", false, LOSS_NONE},
		{"Command exited with code 50", 50, "uncaught exception", false, LOSS_NONE},
		{"Command exited with code 51", 51, "uncaught exception", false, LOSS_NONE},
		{"Command exited with code 53", 53, "folder", false, LOSS_NONE},
		{"Command exited with code 54", 54, "block store", false, LOSS_NONE},
		{"Command exited with code 55", 55, "block store", false, LOSS_NONE},
		{"Command exited with code 56", 56, "heartbeats", false, LOSS_NONE},
		{"Command exited with code 0", 0, "well", false, LOSS_NONE},
		{"Command exited with code 77", 77, NULL, false, LOSS_NONE},
		{"The executor with id 1 exited with exit code 137(SIGKILL, possible container "
		 "OOM).",
		 137, "SIGKILL", false, LOSS_TO_CONTAINER},
		{"Container from a bad node: container_1 on host: h. Exit status: -104. "
		 "Diagnostics: ...",
		 -104, "more memory", true, LOSS_TO_YARN},
		{"Container killed by YARN for exceeding physical memory limits. 1.5 GB of 1.5 GB "
		 "physical memory used.",
		 -104, "more memory", true, LOSS_TO_YARN},
		{"Container killed by YARN for exceeding virtual memory limits. 4 GB of 3 GB "
		 "virtual "
		 "memory used.",
		 -103, "virtual memory", true, LOSS_TO_YARN},
		{"worker lost: 127.0.0.1:7078 got disassociated", ABSENT, NULL, false, LOSS_NONE},
		{"Executor heartbeat timed out after 130000 ms", ABSENT, NULL, false, LOSS_NONE},
		{"Command exited with code 99999999999999", ABSENT, NULL, false, LOSS_NONE},
		{"Command exited with code ", ABSENT, NULL, false, LOSS_NONE},
		{NULL, ABSENT, NULL, false, LOSS_NONE},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		int64_t code = exit_code_in(table[i].reason);
		const struct text *means = is_absent(code) ? NULL : exit_code_means(code);

		assert_int_equal(code, table[i].code);
		assert_int_equal(exit_is_memory(code), table[i].is_memory);
		assert_int_equal(memory_loss_of(code, table[i].reason), table[i].loss);
		if (table[i].means)
			assert_non_null(strstr(text_str(means), table[i].means));
		else
			assert_null(means);
	}
}

/* Each of them is one lost to memory, and is told apart from the others. */
static void losses_are_counted_by_kind(void **state)
{
	static const struct text *const reasons[] = {
		TEXT("Command exited with code 52"),
		TEXT("Container killed by YARN for exceeding physical memory limits. 5.5 GB"),
		TEXT("The executor with id 3 exited with exit code 137(SIGKILL, possible container "
		     "OOM)."),
		TEXT("Command exited with code 137"),
		TEXT("Executor killed by driver."),
	};
	struct executor_row rows[ARRAY_LEN(reasons)];
	struct headroom_config cfg = {.job = TEXT("j"),
				      .at = 9000000,
				      .task_memory_bytes = ABSENT,
				      .safety_factor = 1.5,
				      .since = ABSENT};
	struct executors_summary sum;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		field_clear_row(&schema_executor, &rows[i]);
		rows[i].executor_id = TEXT("1");
		rows[i].active = TRI_FALSE;
		rows[i].removed_at = cfg.at - 60000;
		rows[i].removed_reason = reasons[i];
	}
	executors_complete(rows, ARRAY_LEN(rows), NULL, &cfg, &sum);
	assert_int_equal(sum.dead, 5);
	assert_int_equal(sum.lost_to_oom_1h, 3);
	assert_int_equal(sum.lost_to_yarn_1h, 1);
	assert_int_equal(sum.lost_to_container_1h, 1);
	assert_int_equal(sum.basis, BASIS_DISPROVED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exits_are_decoded),
		cmocka_unit_test(losses_are_counted_by_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

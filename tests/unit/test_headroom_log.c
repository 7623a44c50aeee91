/* test_headroom_log.c - executors that only the logs saw die of heap show no comfortable figure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "headroom_stage.h"

#define AT ((int64_t)1800000000000)
#define MIB ((int64_t)1048576)

/* A UI that fell silent before we looked lists no dead executor; the log has them. */
static void a_loss_in_the_log_disproves_as_well(void **state)
{
	struct log_mark_row lost = {.at = AT - 600000,
				    .last_at = AT - 60000,
				    .kind = LOG_KIND_EXECUTOR_LOST,
				    .count = 3,
				    .exit_code = 52};
	const struct log_mark_row *const marks[] = {&lost};
	struct executor_row row = executor("3", 4);
	struct app_row app = {.executor_memory_bytes = 512 * MIB, .default_parallelism = ABSENT};
	struct headroom_config cfg = {.job = TEXT("copy"),
				      .at = AT,
				      .task_memory_bytes = 64 * MIB,
				      .safety_factor = 1.5,
				      .marks = marks,
				      .nmarks = 1,
				      .since = AT - 3000000};
	struct executors_summary sum;

	(void)state;
	executors_complete(&row, 1, &app, &cfg, &sum);
	assert_int_equal(row.headroom_basis, BASIS_DISPROVED);
	assert_int_equal(sum.basis, BASIS_DISPROVED);
	assert_int_equal(sum.lost_by_log_1h, 3);
	assert_int_equal(sum.next_change_at, AT - 60000 + 3600000);
	lost.exit_code = 137; /* not of its heap */
	executors_complete(&row, 1, &app, &cfg, &sum);
	assert_int_equal(row.headroom_basis, BASIS_ESTIMATE);
	lost.exit_code = 52;
	cfg.since = AT - 30000; /* of the application before */
	executors_complete(&row, 1, &app, &cfg, &sum);
	assert_int_equal(row.headroom_basis, BASIS_ESTIMATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loss_in_the_log_disproves_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

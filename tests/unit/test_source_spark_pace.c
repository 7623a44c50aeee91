/* How often the spark source asks for what, where that hangs on what it saw. */
#include "recorded_driver.h"

#include "../../backend/source/spark_rows.h"

#define FOLDER "3.5/driver-streaming"
#define ID "local-1795206163999"
#define RECORDED_AT INT64_C(1795206250000)

/* Its list is short, and what it does shows there only: a batch is over before it is seen to run.
 */
static void a_young_driver_is_asked_for_its_jobs(void **state ATTR_UNUSED)
{
	struct target *t = new_driver(FOLDER, ID);

	t->clock.fixed_wall_ms = RECORDED_AT - 60000;
	path_set_text(server, api("jobs"), 200, JSON, "[ ]");
	path_set_text(server, api("jobs?status=running"), 200, JSON, "[ ]");
	harness_poll(t);
	assert_int_equal(dataset_rows(t->rows, &schema_spark_job)->n, 0);
	serve(api("jobs"), JSON, FOLDER, "jobs.json");
	harness_later(t, 5000);
	harness_poll(t);
	assert_true(dataset_rows(t->rows, &schema_spark_job)->n > 0);
	assert_int_equal(path_asked(server, api("jobs")), 2);
	harness_later(t, 5 * 60000);
	harness_poll(t);
	harness_later(t, 50000);
	harness_poll(t);
	assert_int_equal(path_asked(server, api("jobs")), 3);
	free_driver(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_young_driver_is_asked_for_its_jobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

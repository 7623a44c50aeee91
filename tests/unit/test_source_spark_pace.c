/* How often the spark source asks for what, where that hangs on what it saw. */
#include "recorded_driver.h"

#include "../../backend/source/spark_jobs.h"

#define FOLDER "3.5/driver-streaming"
#define ID "local-1795206163999"
#define RECORDED_AT INT64_C(1795206250000)
#define NO_MORE_YOUNG (RECORDED_AT + 600000)

/* Its list is short, and what it does shows there only: a batch is over before it
 * is seen to run. */
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

/* n jobs that ended, a second apart, the newest first as Spark lists them, and job
 * 0, which runs. */
static void serve_jobs(int n)
{
	struct buf body;
	char when[32];

	buf_init(&body, 1 << 20);
	buf_putc(&body, '[');
	for (int i = n; i > 0; i--) {
		clock_rfc3339(NO_MORE_YOUNG - (n - i) * 1000, when);
		buf_printf(&body,
			   "{\"jobId\": %d, \"name\": \"count\", \"status\": \"%s\", "
			   "\"submissionTime\": \"%s\"},",
			   i, i % 5 ? "SUCCEEDED" : "FAILED", when);
	}
	buf_puts(&body, "{\"jobId\": 0, \"status\": \"RUNNING\"}]");
	path_set_text(server, api("jobs"), 200, JSON, body.data);
	buf_release(&body);
}

/* One was cancelled: Spark says FAILED, but none of its tasks did; one has a clock of its own. */
static void serve_no_failure(void)
{
	char now[32], ahead[32], body[512];

	clock_rfc3339(NO_MORE_YOUNG, now);
	clock_rfc3339(NO_MORE_YOUNG + 3600000, ahead);
	snprintf(body, sizeof(body),
		 "[{\"jobId\": 2, \"status\": \"FAILED\", \"submissionTime\": \"%s\", "
		 "\"numFailedTasks\": 0, \"numKilledTasks\": 4}, {\"jobId\": 1, \"status\": "
		 "\"FAILED\", "
		 "\"submissionTime\": \"%s\", \"numFailedTasks\": 4}]",
		 now, ahead);
	path_set_text(server, api("jobs"), 200, JSON, body);
}

static size_t jobs_known(const struct target *t)
{
	return dataset_rows(t->rows, &schema_spark_job)->n;
}

static void assert_newest(const struct target *t, int64_t id)
{
	const struct rowset *jobs = dataset_rows(t->rows, &schema_spark_job);
	int64_t newest = ABSENT;

	for (size_t i = 0; i < jobs->n; i++) {
		const struct spark_job_row *x = jobs->rows[i];

		newest = max_i64(newest, x->job_id);
		assert_true(text_is(x->application_id, ID));
		assert_int_equal(text_is(x->status, "RUNNING"), x->job_id == 0);
	}
	assert_int_equal(newest, id);
}

/* All of the last minutes once, for the sparklines; later they would only fill the memory. */
static void the_past_is_read_once(void **state ATTR_UNUSED)
{
	struct target *t = new_driver(FOLDER, ID);

	t->clock.fixed_wall_ms = NO_MORE_YOUNG;
	serve_jobs(100);
	path_set_text(server, api("jobs?status=running"), 200, JSON,
		      "[{\"jobId\": 0, \"status\": \"RUNNING\"}]");
	harness_poll(t);
	assert_int_equal(jobs_known(t), 101);
	harness_later(t, 2000);
	harness_poll(t);
	assert_int_equal(jobs_known(t), 101);
	assert_newest(t, 100);
	harness_later(t, 9000);
	harness_poll(t);
	assert_int_equal(jobs_known(t), SPARK_JOBS_KEPT + 1);
	assert_newest(t, 100);
	serve_jobs(200);
	harness_later(t, 50000);
	harness_poll(t);
	assert_int_equal(path_asked(server, api("jobs")), 2);
	assert_int_equal(jobs_known(t), SPARK_JOBS_KEPT + 1);
	assert_newest(t, 200);
	free_driver(t);
}

/* What of it is not kept is summed up: the newest eight alone would say that all failed. */
static void how_they_ended_is_kept(void **state ATTR_UNUSED)
{
	struct target *t = new_driver(FOLDER, ID);
	const struct app_row *app;

	t->clock.fixed_wall_ms = NO_MORE_YOUNG;
	serve_jobs(400);
	path_set_text(server, api("jobs?status=running"), 200, JSON, "[]");
	harness_poll(t);
	for (int i = 0; i < 2; i++) {
		app = dataset_one(t->rows, &schema_app);
		assert_int_equal(app->jobs_failed_5m, 60);
		assert_int_equal(app->job_failed_at, NO_MORE_YOUNG);
		assert_int_equal(app->job_succeeded_at, NO_MORE_YOUNG - 1000);
		harness_later(t, 11000);
		harness_poll(t);
	}
	serve_no_failure();
	harness_later(t, 50000);
	harness_poll(t);
	app = dataset_one(t->rows, &schema_app);
	assert_int_equal(app->jobs_failed_5m, 0);
	assert_true(is_absent(app->job_failed_at) && is_absent(app->job_succeeded_at));
	free_driver(t);
}

static const struct thread_sign_row *sign(const struct target *t)
{
	return dataset_one(t->rows, &schema_thread_sign);
}

/* Neither work beside it nor a list that cannot be had says that it is gone. */
static void a_deadlock_stands_until_a_list_is_without_it(void **state ATTR_UNUSED)
{
	struct target *t = new_driver(FOLDER, ID);

	t->clock.fixed_wall_ms = RECORDED_AT;
	path_set_text(server, api("jobs"), 200, JSON, "[ ]");
	path_set_text(server, api("jobs?status=running"), 200, JSON, "[ ]");
	serve(api("executors/driver/threads"), JSON, "3.5/hang-deadlock", "threads.json");
	harness_poll(t);
	assert_non_null(sign(t)->deadlock);
	serve(api("jobs?status=running"), JSON, FOLDER, "jobs-running.json");
	harness_later(t, 4000);
	harness_poll(t); /* something moved */
	assert_int_equal(path_asked(server, api("executors/driver/threads")), 1);
	assert_non_null(sign(t)->deadlock);
	path_set_text(server, api("executors/driver/threads"), 500, JSON, "[ ]");
	harness_later(t, 31000);
	harness_poll(t);
	assert_int_equal(path_asked(server, api("executors/driver/threads")), 2);
	assert_non_null(sign(t)->deadlock);
	path_set_text(server, api("executors/driver/threads"), 200, JSON, "[ ]");
	harness_later(t, 31000);
	harness_poll(t);
	assert_true(!sign(t) || !sign(t)->deadlock);
	free_driver(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_young_driver_is_asked_for_its_jobs),
		cmocka_unit_test(the_past_is_read_once),
		cmocka_unit_test(how_they_ended_is_kept),
		cmocka_unit_test(a_deadlock_stands_until_a_list_is_without_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

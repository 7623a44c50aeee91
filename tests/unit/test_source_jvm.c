/* The jvm source on a real loop with pool threads: one look at a time, a second one for --once,
 * news only where there is some, stopping while a look is under way. */
#include "source_harness.h"

#include "../../include/row/jvm.h"

void source_detail(struct target *t, struct dataset *rows)
{
	(void)t;
	dataset_unref(rows);
}

static void on_target(void *data, const struct target_spec *spec)
{
	int *n = data;

	(*n)++;
	assert_null(spec->job);
	assert_string_equal(spec->where, "this host");
}

/* There is always one: configured jobs of this host need it too. */
static void test_target(void **state)
{
	struct config cfg = {.discover = false};
	int n = 0;

	(void)state;
	source_jvm.targets(&cfg, on_target, &n);
	assert_int_equal(n, 1);
	assert_true(source_jvm.is_local);
}

static void test_looks(void **state)
{
	struct target *t = harness_new(&source_jvm, "this host");
	bool had_rows;

	(void)state;
	harness_poll(t);
	assert_false(t->is_failed);
	assert_false(t->is_same); /* that there is none is news at first */
	assert_non_null(t->rows);
	assert_true(is_absent(t->code));
	had_rows = dataset_rows(t->rows, &schema_jvm)->n > 0;
	harness_later(t, 2000);
	harness_poll(t);
	assert_false(t->is_failed);
	if (!had_rows && t->is_same)
		assert_int_equal(dataset_rows(t->rows, &schema_jvm)->n, 0);
	harness_free(t);
}

static void test_once_looks_twice(void **state)
{
	struct target *t = harness_new(&source_jvm, "this host");

	(void)state;
	t->cfg.is_once = true;
	harness_poll(t);
	assert_int_equal(t->again_ms, 500);
	harness_later(t, 500);
	harness_poll(t);
	assert_int_equal(t->again_ms, 0);
	harness_free(t);
}

/* A look that was given up is not begun again while it is under way, and what it
 * brings is dropped. */
static void test_given_up(void **state)
{
	struct target *t = harness_new(&source_jvm, "this host");

	(void)state;
	t->ends = 0;
	source_jvm.poll(t);
	source_jvm.abort(t);
	source_jvm.poll(t);
	assert_int_equal(t->ends, 1);
	assert_true(t->is_failed);
	assert_non_null(strstr(t->problem, "not done"));
	while (uv_run(&t->loop, UV_RUN_DEFAULT) != 0)
		;
	assert_null(t->rows);
	harness_poll(t);
	assert_false(t->is_failed);
	assert_non_null(t->rows);
	harness_free(t);
}

/* harness_free() stops it with a look under way: nothing is left, nobody is called. */
static void test_stopped(void **state)
{
	struct target *t = harness_new(&source_jvm, "this host");

	(void)state;
	source_jvm.poll(t);
	harness_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_target),           cmocka_unit_test(test_looks),
		cmocka_unit_test(test_once_looks_twice), cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

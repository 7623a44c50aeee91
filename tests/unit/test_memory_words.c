/* test_memory_words.c - what memory there was and what would do, in the words and the spelling that
 * a job's next step, an incident's and a question share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../backend/rule/memory.h"

static const int64_t MIB = 1 << 20, GIB = 1 << 30;
static struct arena a;

static int begin(void **state)
{
	(void)state;
	arena_init(&a);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_release(&a);
	return 0;
}

static void as_spark_writes_it(void **state)
{
	(void)state;
	assert_string_equal(spark_size(512 * MIB, &a), "512m");
	assert_string_equal(spark_size(16 * GIB, &a), "16g");
	assert_string_equal(spark_size(500 * MIB + 1, &a), "501m");
	assert_null(spark_size(0, &a));
	assert_null(spark_size(ABSENT, &a));
	assert_string_equal(memory_enough(700 * MIB, &a), "768m");
	assert_string_equal(memory_enough(5 * GIB + 1, &a), "6g");
	assert_null(memory_enough(ABSENT, &a));
}

static void of_a_driver(void **state)
{
	struct jvm_row jvm = {.heap_configured_bytes = 2 * GIB,
			      .heap_max_bytes = 1900 * MIB,
			      .exit_code = ABSENT};

	(void)state;
	assert_string_equal(driver_memory_words(&jvm, &a), "spark.driver.memory above 2g");
	jvm.heap_configured_bytes = ABSENT;
	assert_string_equal(driver_memory_words(&jvm, &a), "spark.driver.memory above 1900m");
	assert_int_equal(driver_memory(&jvm), 1900 * MIB);
	jvm.exit_code = 137; /* the heap was not what was too small */
	assert_string_equal(driver_memory_words(&jvm, &a),
			    "a higher limit of its memory (in a container: "
			    "spark.driver.memoryOverhead)");
	assert_string_equal(driver_memory_words(NULL, &a), "more spark.driver.memory");
	assert_true(is_absent(driver_memory(NULL)));
}

static void of_executors(void **state)
{
	struct job_facts f = {.spark.configured_bytes = 1 * GIB};

	(void)state;
	assert_string_equal(executor_memory_words(&f, &a),
			    "spark.executor.memory above 1g or lower spark.executor.cores");
	f.spark.configured_bytes = ABSENT;
	assert_string_equal(executor_memory_words(&f, &a),
			    "more spark.executor.memory or lower spark.executor.cores");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(as_spark_writes_it, begin, end),
		cmocka_unit_test_setup_teardown(of_a_driver, begin, end),
		cmocka_unit_test_setup_teardown(of_executors, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

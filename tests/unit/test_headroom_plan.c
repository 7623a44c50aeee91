/* test_headroom_plan.c - the memory formula with all its inputs: the worked examples of the
 * parallelism document to the digit, what is absent, what the ends of executors ask for, and what
 * the workers would start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../include/headroom.h"

/* The document counts 1 GB = 1000 MB; the formula has no unit. */
#define MB ((int64_t)1000000)
#define GB ((int64_t)1000000000)
#define MIB ((int64_t)1 << 20)
#define GIB ((int64_t)1 << 30)

static struct headroom_plan plan(int64_t p, int64_t executors, int64_t cores, int64_t task,
				 int64_t memory, int64_t overhead)
{
	return (struct headroom_plan){.parallelism = p,
				      .instances = executors,
				      .cores = cores,
				      .task_memory_bytes = task,
				      .memory_bytes = memory,
				      .overhead_bytes = overhead,
				      .memory_fraction = 0.6,
				      .safety_factor = 1.5,
				      .connections = ABSENT};
}

static void worked_examples_hold_to_the_digit(void **state)
{
	static const struct {
		int64_t p, executors, cores, task, memory, overhead;
		int64_t partitions, tasks, needed, total, connections;
		const char *ratio;
	} table[] = {
		/* configurations 1 to 3, with the least executor memory named */
		{16, 4, 4, 200 * MB, 6 * GB, 0, 4, 4, 1200 * MB, 24 * GB, 16, "5.0"},
		{32, 8, 4, 200 * MB, 8 * GB, 0, 4, 4, 1200 * MB, 64 * GB, 32, "6.7"},
		{64, 8, 8, 200 * MB, 16 * GB, 0, 8, 8, 2400 * MB, 128 * GB, 64, "6.7"},
		/* examples 1 and 2, with their overhead of 2048m and 4096m */
		{32, 8, 4, 200 * MB, 8 * GB, 2 * GB, 4, 4, 1200 * MB, 80 * GB, 32, "6.7"},
		{64, 8, 8, 250 * MB, 16 * GB, 4 * GB, 8, 8, 3000 * MB, 160 * GB, 64, "5.3"},
		/* example 3: only 32 GB in all; option A has 8 partitions an executor, 4 at once */
		{32, 4, 4, 200 * MB, 8 * GB, 0, 8, 4, 1200 * MB, 32 * GB, 16, "6.7"},
		{32, 8, 4, 200 * MB, 4 * GB, 0, 4, 4, 1200 * MB, 32 * GB, 32, "3.3"},
		/* the note of the template: a copy buffer of 100,000 rows, 300 MB a task */
		{32, 8, 4, 300 * MB, 8 * GB, 2 * GB, 4, 4, 1800 * MB, 80 * GB, 32, "4.4"},
		/* more executors than partitions: the rest idle */
		{8, 16, 4, 200 * MB, 8 * GB, 0, 1, 1, 300 * MB, 128 * GB, 8, "26.7"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct headroom_plan p = plan(table[i].p, table[i].executors, table[i].cores,
					      table[i].task, table[i].memory, table[i].overhead);
		struct headroom_sum s = headroom_sum(&p);
		char digits[16];

		snprintf(digits, sizeof(digits), "%.1f", s.ratio);
		assert_int_equal(s.partitions, table[i].partitions);
		assert_int_equal(s.tasks, table[i].tasks);
		assert_int_equal(s.needed_bytes, table[i].needed);
		assert_int_equal(s.total_bytes, table[i].total);
		assert_int_equal(s.connections, table[i].connections);
		assert_string_equal(digits, table[i].ratio);
	}
}

/* (8 GiB - 300 MiB) x 0.6 and x 0.8, as Spark's own page shows it: 4.6 GiB. */
static void unified_memory_and_overhead(void **state)
{
	struct headroom_plan p = plan(32, 8, 4, 200 * MIB, 8 * GIB, ABSENT);

	(void)state;
	assert_int_equal(headroom_sum(&p).unified_bytes, (8192 - 300) * MIB * 6 / 10);
	p.memory_fraction = 0.8;
	assert_int_equal(headroom_sum(&p).unified_bytes, INT64_C(6620289434));
	p.memory_bytes = 300 * MIB;
	assert_true(is_absent(headroom_sum(&p).unified_bytes));
	assert_int_equal(headroom_overhead(2 * GIB), 384 * MIB);
	assert_int_equal(headroom_overhead(8 * GIB), 8 * GIB / 10);
	assert_true(is_absent(headroom_overhead(ABSENT)));
	assert_int_equal(headroom_sum(&p).waves, 1);
	p.parallelism = 65;
	assert_int_equal(headroom_sum(&p).waves, 3);
}

/* What is not known makes nothing up, and what is absurd does not wrap round. */
static void absent_stays_absent(void **state)
{
	struct headroom_plan p = plan(ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT);
	struct headroom_sum s = headroom_sum(&p);

	(void)state;
	assert_true(is_absent(s.partitions) && is_absent(s.tasks) && is_absent(s.needed_bytes));
	assert_true(isnan(s.ratio) && is_absent(s.unified_bytes) && is_absent(s.total_bytes));
	assert_true(is_absent(s.connections) && is_absent(s.waves));
	p = plan(ABSENT, 2, 4, 100 * MIB, GIB, 0); /* without a parallelism all cores count */
	s = headroom_sum(&p);
	assert_int_equal(s.partitions, 4);
	assert_int_equal(s.connections, 8);
	p = plan(INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX);
	s = headroom_sum(&p);
	assert_true(is_absent(s.needed_bytes) && is_absent(s.total_bytes));
	p = plan(0, 0, 0, 0, 0, 0);
	s = headroom_sum(&p);
	assert_true(is_absent(s.partitions) && is_absent(s.connections));
}

static void ends_ask_for_memory(void **state)
{
	struct headroom_plan p = plan(32, 8, 4, 200 * MIB, GIB, 384 * MIB), out;

	(void)state;
	/* Out of heap: half as much again, and what the formula wants where that is more. */
	p.task_memory_bytes = ABSENT;
	out = headroom_advice(&p, &(struct headroom_signs){.lost_to_heap = 3});
	assert_int_equal(out.memory_bytes, 1536 * MIB);
	assert_int_equal(out.overhead_bytes, p.overhead_bytes);
	p.task_memory_bytes = 400 * MIB; /* 2400 MiB needed */
	out = headroom_advice(&p, &(struct headroom_signs){.lost_to_heap = 3});
	assert_int_equal(out.memory_bytes, 3072 * MIB);
	/* Killed from outside: overhead, not heap. */
	p = plan(32, 8, 4, 100 * MIB, 8 * GIB, 819 * MIB);
	out = headroom_advice(&p, &(struct headroom_signs){.lost_to_limit = 1});
	assert_int_equal(out.memory_bytes, 8 * GIB);
	assert_int_equal(out.overhead_bytes, 1792 * MIB);
	/* No heartbeat: no setting of memory is the answer. */
	out = headroom_advice(&p, &(struct headroom_signs){.lost_to_silence = 2});
	assert_memory_equal(&out, &p, sizeof(p));
	/* Nothing lost, little room: 1200 MiB needed of 1 GiB. */
	p = plan(32, 8, 4, 200 * MIB, GIB, 384 * MIB);
	out = headroom_advice(&p, &(struct headroom_signs){0});
	assert_int_equal(out.memory_bytes, 1536 * MIB);
	assert_int_equal(headroom_cores(&p), 3);
	p.task_memory_bytes = 2 * GIB;
	assert_int_equal(headroom_cores(&p), 1);
	p.task_memory_bytes = ABSENT;
	assert_int_equal(headroom_cores(&p), 2);
	/* Room enough: nothing. */
	p = plan(32, 8, 4, 200 * MIB, 8 * GIB, 819 * MIB);
	out = headroom_advice(&p, &(struct headroom_signs){0});
	assert_memory_equal(&out, &p, sizeof(p));
}

/* Nobody can say more than what: no size is made up, and none of 0. */
static void what_is_not_known_is_not_advised(void **state)
{
	struct headroom_plan p = plan(32, 8, 4, 200 * MIB, ABSENT, ABSENT), out;

	(void)state;
	out = headroom_advice(&p, &(struct headroom_signs){0});
	assert_memory_equal(&out, &p, sizeof(p));
	out = headroom_advice(&p, &(struct headroom_signs){.lost_to_heap = 3, .lost_to_limit = 1});
	assert_memory_equal(&out, &p, sizeof(p));
	p.overhead_bytes = 384 * MIB;
	out = headroom_advice(&p, &(struct headroom_signs){.lost_to_limit = 1});
	assert_int_equal(out.overhead_bytes, 768 * MIB);
	assert_true(is_absent(out.memory_bytes));
}

static void workers_start_what_fits(void **state)
{
	const struct headroom_worker workers[] = {
		{16 * GIB, 8}, {16 * GIB, 2}, {3 * GIB, 16}, {-1, -1}};
	struct headroom_plan p = plan(32, 8, 4, ABSENT, 4 * GIB, 819 * MIB);

	(void)state;
	assert_int_equal(headroom_started(&p, workers, 4), 2);
	p.cores = 2;
	assert_int_equal(headroom_started(&p, workers, 4), 5);
	p.memory_bytes = 3 * GIB;
	assert_int_equal(headroom_started(&p, workers, 4), 6);
	p.instances = 4;
	assert_int_equal(headroom_started(&p, workers, 4), 4);
	assert_true(is_absent(headroom_started(&p, workers, 0)));
	p.cores = ABSENT;
	assert_true(is_absent(headroom_started(&p, workers, 4)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worked_examples_hold_to_the_digit),
		cmocka_unit_test(unified_memory_and_overhead),
		cmocka_unit_test(absent_stays_absent),
		cmocka_unit_test(ends_ask_for_memory),
		cmocka_unit_test(what_is_not_known_is_not_advised),
		cmocka_unit_test(workers_start_what_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

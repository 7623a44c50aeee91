/* test_headroom.c - memory headroom: the worked examples of the parallelism document to the digit,
 * each basis in its order, and recorded executors that died of heap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/json.h"
#include "../../backend/rule/headroom.h"
#include "../../include/clock.h"
#include "headroom_stage.h"

#define MB ((int64_t)1000000)
#define GB ((int64_t)1000000000)
#define MIB ((int64_t)1048576)
#define GIB ((int64_t)1073741824)

/* The document writes "8GB", "200MB", "1.2GB" and counts 1 GB = 1000 MB: 4 x 200 MB x 1.5 = 1200 MB
 * = 1.2 GB, and 8 GB / 1.2 GB = 6.7. So its examples are given here in its units. The formula
 * itself has no unit; with what Spark calls 8g (8 GiB) and 200 MiB the same example is 8192 / 1200
 * = 6.8, the last rows. */
static void worked_examples_hold_to_the_digit(void **state)
{
	static const struct {
		int64_t parallelism, executors, cores, task, configured;
		int64_t partitions, needed;
		const char *ratio;
	} table[] = {
		/* configurations 1 to 3 */
		{16, 4, 4, 200 * MB, 4 * GB, 4, 1200 * MB, "3.3"},
		{32, 8, 4, 200 * MB, 8 * GB, 4, 1200 * MB, "6.7"},
		{64, 8, 8, 200 * MB, 16 * GB, 8, 2400 * MB, "6.7"},
		/* example 1: small dataset; example 2: large dataset with 250 MB a task */
		{32, 8, 4, 200 * MB, 8 * GB, 4, 1200 * MB, "6.7"},
		{64, 8, 8, 250 * MB, 16 * GB, 8, 3000 * MB, "5.3"},
		/* the note: a copy buffer of 100,000 rows makes it 300 MB a task */
		{32, 8, 4, 300 * MB, 8 * GB, 4, 1800 * MB, "4.4"},
		/* more partitions than cores: only cores run at once */
		{32, 4, 4, 200 * MB, 8 * GB, 8, 1200 * MB, "6.7"},
		{33, 8, 8, 200 * MB, 8 * GB, 5, 1500 * MB, "5.3"},
		/* binary units, as Spark reads 8g */
		{32, 8, 4, 200 * MIB, 8 * GIB, 4, 1200 * MIB, "6.8"},
		{64, 8, 8, 250 * MIB, 16 * GIB, 8, 3000 * MIB, "5.5"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		int64_t partitions = headroom_partitions(table[i].parallelism,
							 table[i].executors * table[i].cores,
							 table[i].executors);
		struct headroom h = headroom_of(
			&(struct headroom_input){.configured_bytes = table[i].configured,
						 .live_bytes = ABSENT,
						 .peak_execution_bytes = ABSENT,
						 .peak_storage_bytes = ABSENT,
						 .cores = table[i].cores,
						 .partitions = partitions,
						 .task_memory_bytes = table[i].task,
						 .safety_factor = 1.5});
		char digits[16];

		snprintf(digits, sizeof(digits), "%.1f", h.ratio);
		assert_int_equal(partitions, table[i].partitions);
		assert_int_equal(h.needed_bytes, table[i].needed);
		assert_string_equal(digits, table[i].ratio);
		assert_int_equal(h.basis, BASIS_ESTIMATE);
	}
}

static void each_basis_in_its_order(void **state)
{
	const struct headroom_input all = {.configured_bytes = 4 * GIB,
					   .live_bytes = GIB,
					   .peak_execution_bytes = 100 * MIB,
					   .peak_storage_bytes = 100 * MIB,
					   .cores = 2,
					   .partitions = 2,
					   .task_memory_bytes = 512 * MIB,
					   .safety_factor = 2};
	static const struct {
		int drop; /* how many of the better bases are missing */
		int basis;
		int64_t needed;
		double ratio;
	} table[] = {
		{0, BASIS_MEASURED, 2 * GIB, 2},
		{1, BASIS_BOUND, 400 * MIB, 10.24},
		{2, BASIS_ESTIMATE, 2 * GIB, 2},
		{3, -1, ABSENT, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct headroom_input in = all;
		struct headroom h;

		if (table[i].drop > 0)
			in.live_bytes = ABSENT;
		if (table[i].drop > 1)
			in.peak_execution_bytes = 0; /* 0 is not collected, also beside another */
		if (table[i].drop > 2)
			in.task_memory_bytes = ABSENT;
		h = headroom_of(&in);
		assert_int_equal(h.basis, table[i].basis);
		assert_int_equal(h.needed_bytes, table[i].needed);
		if (table[i].basis < 0)
			assert_true(isnan(h.ratio));
		else
			assert_float_equal(h.ratio, table[i].ratio, 0.001);
		in.lost_to_oom = 3;
		h = headroom_of(&in);
		assert_int_equal(h.basis, BASIS_DISPROVED);
		assert_true(isnan(h.ratio));
		in.lost_to_oom = 0;
		in.configured_bytes = ABSENT;
		assert_int_equal(headroom_of(&in).basis, -1);
	}
}

/* The reason names what is missing, and only that. */
static void no_figure_has_its_reason(void **state)
{
	const struct headroom_input all = {.configured_bytes = 4 * GIB,
					   .live_bytes = ABSENT,
					   .cores = 2,
					   .partitions = 2,
					   .task_memory_bytes = 512 * MIB,
					   .safety_factor = 2};
	struct headroom_input in = all;

	(void)state;
	assert_null(headroom_of(&in).estimate_lacks);
	in.cores = ABSENT;
	assert_string_equal(text_str(headroom_of(&in).estimate_lacks), "its cores are not known");
	in = all;
	in.partitions = ABSENT;
	assert_string_equal(text_str(headroom_of(&in).estimate_lacks),
			    "no active executor shares the partitions");
	in = all;
	in.task_memory_bytes = ABSENT;
	assert_string_equal(text_str(headroom_of(&in).estimate_lacks),
			    "no task_memory in the configuration");
	in = all;
	in.runs_no_tasks = true;
	assert_string_equal(text_str(headroom_of(&in).estimate_lacks),
			    "it runs no tasks to estimate by");
	assert_int_equal(headroom_of(&in).basis, -1);
}

static void partitions_per_executor(void **state)
{
	(void)state;
	assert_int_equal(headroom_partitions(ABSENT, 8, 4), 2);
	assert_int_equal(headroom_partitions(10, 8, 4), 3);
	assert_int_equal(headroom_partitions(10, 8, 0), ABSENT);
	assert_int_equal(headroom_partitions(ABSENT, 0, 4), ABSENT);
}

static void heap_marks(void **state)
{
	(void)state;
	assert_int_equal(heap_mark(ABSENT_REAL), 0);
	assert_int_equal(heap_mark(59.9), 0);
	assert_int_equal(heap_mark(60), 1);
	assert_int_equal(heap_mark(80), 2);
	assert_int_equal(heap_mark(90), 2);
	assert_int_equal(heap_mark(90.1), 3);
}

static struct executor_row *load(struct arena *a, const char *path, size_t *n)
{
	char body[65536];
	FILE *f = fopen(path, "rb");
	struct json_rows rows;
	struct executor_row *copy;
	size_t len;

	assert_non_null(f);
	len = fread(body, 1, sizeof(body) - 1, f);
	fclose(f);
	body[len] = '\0';
	assert_int_equal(
		json_rows(&schema_executor, &(struct json_body){body, len, ""}, a, &rows, NULL), 0);
	copy = ARENA_ARRAY(a, struct executor_row, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		memcpy(&copy[i], rows.rows[i], sizeof(*copy));
	*n = rows.n;
	return copy;
}

static struct app_row cluster_app(void)
{
	struct app_row app;

	field_clear_row(&schema_app, &app);
	app.is_local = TRI_FALSE;
	app.executor_memory_bytes = 512 * MIB;
	app.driver_memory_bytes = GIB;
	app.driver_heap_used_bytes = 200 * MIB;
	return app;
}

/* Recorded: four tasks of 900 MB on executors of 512 MB, Spark 3.5.9 and 4.3.0. */
static void the_dead_show_no_comfortable_figure(void **state)
{
	static const struct {
		const char *file, *now;
	} table[] = {
		{"tests/fixture/rule/executors-oom-3.5.json", "2026-11-20T20:43:00Z"},
		{"tests/fixture/rule/executors-oom-4.3.json", "2026-11-20T20:48:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		enum time_zone_kind kind;
		int64_t now = clock_parse(table[i].now, strlen(table[i].now), &kind);
		struct app_row app = cluster_app();
		struct executors_summary sum;
		struct headroom_config cfg = {.job = TEXT("copy"),
					      .at = now,
					      .task_memory_bytes = 100 * MIB,
					      .safety_factor = 1.5};
		struct arena a;
		size_t n;
		struct executor_row *rows;

		arena_init(&a);
		rows = load(&a, table[i].file, &n);
		assert_int_equal(n, 7);
		executors_complete(rows, n, &app, &cfg, &sum);
		assert_int_equal(sum.lost_to_oom_1h, 6);
		assert_int_equal(sum.dead, 6);
		assert_int_equal(sum.active, 0);
		assert_int_equal(sum.basis, BASIS_DISPROVED);
		assert_true(isnan(sum.ratio));
		for (size_t k = 0; k < n; k++) {
			if (text_is(rows[k].executor_id, "driver")) {
				assert_int_equal(rows[k].configured_bytes, GIB);
				assert_int_equal(rows[k].heap_used_bytes, 200 * MIB);
				assert_int_equal(rows[k].headroom_basis, -1);
				continue;
			}
			assert_int_equal(rows[k].exit_code, 52);
			assert_string_equal(text_str(rows[k].exit_means), "out of memory");
			assert_int_equal(rows[k].headroom_basis, BASIS_DISPROVED);
			assert_true(isnan(rows[k].headroom_ratio));
			assert_true(is_absent(rows[k].heap_used_bytes));
			assert_int_equal(rows[k].heap_max_bytes, 512 * MIB);
		}
		/* hours later it is no news for the job, but these executors still died of it */
		cfg.at = now + 7200000;
		executors_complete(rows, n, &app, &cfg, &sum);
		assert_int_equal(sum.lost_to_oom_1h, 0);
		assert_int_equal(sum.basis, -1);
		for (size_t k = 0; k < n; k++)
			assert_true(isnan(rows[k].headroom_ratio));
		arena_release(&a);
	}
}

static void a_loss_disproves_the_living(void **state)
{
	struct app_row app = cluster_app();
	struct executor_row rows[4] = {executor("driver", 0), executor("1", 4), executor("2", 4),
				       executor("3", 4)};
	struct headroom_config cfg = {.job = TEXT("copy"),
				      .at = 10000000,
				      .task_memory_bytes = 64 * MIB,
				      .safety_factor = 1.5};
	struct executors_summary sum;

	(void)state;
	executors_complete(rows, 4, &app, &cfg, &sum);
	assert_int_equal(sum.basis, BASIS_ESTIMATE);
	/* 12 cores on 3 executors: 4 partitions each, 4 x 64 MiB x 1.5 = 384 MiB of 512 */
	assert_float_equal(sum.ratio, 512.0 / 384, 1e-9);
	assert_float_equal(rows[1].gc_pct, 5, 1e-9);
	assert_int_equal(sum.active, 3);
	rows[3].active = TRI_FALSE;
	rows[3].removed_at = 9000000;
	rows[3].removed_reason = TEXT("Command exited with code 52");
	executors_complete(rows, 4, &app, &cfg, &sum);
	assert_int_equal(sum.lost_to_oom_1h, 1);
	assert_int_equal(sum.next_change_at, 9000000 + 3600000);
	assert_int_equal(rows[1].headroom_basis, BASIS_DISPROVED);
	assert_int_equal(rows[0].headroom_basis, -1); /* the driver is another JVM */
	cfg.at = sum.next_change_at;
	executors_complete(rows, 4, &app, &cfg, &sum);
	assert_int_equal(sum.lost_to_oom_1h, 0);
	assert_int_equal(rows[1].headroom_basis, BASIS_ESTIMATE);
	assert_int_equal(rows[3].headroom_basis, BASIS_DISPROVED);
}

static void in_local_mode_the_driver_works(void **state)
{
	struct app_row app = cluster_app();
	struct executor_row rows[1] = {executor("driver", 2)};
	struct headroom_config cfg = {.job = TEXT("copy"),
				      .at = 10000000,
				      .task_memory_bytes = 128 * MIB,
				      .safety_factor = 1.5};
	struct executors_summary sum;

	(void)state;
	app.is_local = TRI_TRUE;
	app.driver_heap_max_bytes = 2 * GIB;
	executors_complete(rows, 1, &app, &cfg, &sum);
	assert_int_equal(sum.basis, BASIS_ESTIMATE);
	assert_float_equal(sum.ratio, 1024.0 / 384, 1e-9); /* spark.driver.memory */
	assert_int_equal(sum.heap_used_bytes, 200 * MIB);
	assert_int_equal(sum.heap_max_bytes, 2 * GIB); /* what the JVM says beats what was asked */
	assert_float_equal(rows[0].heap_pct, 200.0 * 100 / 2048, 1e-9);
	rows[0].peak_onheap_execution_bytes = 100 * MIB;
	rows[0].peak_onheap_storage_bytes = 28 * MIB;
	rows[0].peak_heap_bytes = 1000 * MIB; /* garbage: never used */
	executors_complete(rows, 1, &app, &cfg, &sum);
	assert_int_equal(rows[0].headroom_basis, BASIS_BOUND);
	assert_int_equal(rows[0].needed_bytes, 192 * MIB);
	cfg.task_memory_bytes = ABSENT;
	rows[0].peak_onheap_execution_bytes = 0;
	executors_complete(rows, 1, &app, &cfg, &sum);
	assert_int_equal(rows[0].headroom_basis, -1);
	executors_complete(rows, 1, NULL, &cfg, &sum);
	assert_true(is_absent(rows[0].configured_bytes));
	executors_complete(NULL, 0, NULL, &cfg, &sum);
	assert_int_equal(sum.basis, -1);
}

static struct jvm_row jvm_of(int role, const char *executor_id)
{
	struct jvm_row j;

	field_clear_row(&schema_jvm, &j);
	j.role = role;
	j.verdict = JVM_IS_BUSY;
	j.executor_id = (const struct text *)(const void *)executor_id;
	j.application_id = TEXT("app-1");
	j.live_bytes = ABSENT;
	j.live_at = ABSENT;
	j.heap_configured_bytes = ABSENT;
	return j;
}

/* Needed = live heap x safety factor, before bound and estimate, of those whose JVM is here. */
static void what_is_measured_goes_first(void **state)
{
	struct app_row app = cluster_app();
	struct executor_row rows[3] = {executor("driver", 0), executor("1", 4), executor("2", 4)};
	struct jvm_row driver = jvm_of(JVM_DRIVER, NULL), one = jvm_of(JVM_EXECUTOR, "1"),
		       other = jvm_of(JVM_EXECUTOR, "2");
	const struct jvm_row *const jvms[] = {&driver, &one, &other};
	struct headroom_config cfg = {.job = TEXT("copy"),
				      .at = 10000000,
				      .task_memory_bytes = 64 * MIB,
				      .safety_factor = 1.5,
				      .jvms = jvms,
				      .njvms = 3};
	struct executors_summary sum;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		rows[i].application_id = TEXT("app-1");
	rows[1].peak_onheap_execution_bytes = rows[1].peak_onheap_storage_bytes = 10 * MIB;
	driver.live_bytes = 256 * MIB; /* with garbage in it, and it fits all the same */
	one.live_bytes = 400 * MIB;
	one.is_live_settled = true;
	one.heap_used_bytes = 450 * MIB;
	one.heap_max_bytes = 512 * MIB;
	executors_complete(rows, 3, &app, &cfg, &sum);
	/* 256 MiB x 1.5 = 384 MiB of 1 GiB; 400 MiB x 1.5 = 600 MiB of 512 MiB */
	assert_int_equal(rows[0].headroom_basis, BASIS_MEASURED);
	assert_int_equal(rows[0].needed_bytes, 384 * MIB);
	assert_float_equal(rows[0].headroom_ratio, 1024.0 / 384, 1e-12);
	assert_int_equal(rows[1].headroom_basis, BASIS_MEASURED);
	assert_int_equal(rows[1].needed_bytes, 600 * MIB);
	assert_float_equal(rows[1].headroom_ratio, 512.0 / 600, 1e-12);
	assert_float_equal(rows[1].heap_pct, 450.0 / 512 * 100, 1e-12);
	/* no collection was seen of the other: 8 cores on 2, 4 x 64 MiB x 1.5 = 384 MiB */
	assert_int_equal(rows[2].headroom_basis, BASIS_ESTIMATE);
	assert_int_equal(rows[2].needed_bytes, 384 * MIB);
	assert_int_equal(sum.basis, BASIS_MEASURED);
	assert_float_equal(sum.ratio, 512.0 / 600, 1e-12);
	/* after young collections only, too much is no proof: the peaks are what is known */
	one.is_live_settled = false;
	executors_complete(rows, 3, &app, &cfg, &sum);
	assert_int_equal(rows[1].headroom_basis, BASIS_BOUND);
	assert_int_equal(rows[1].needed_bytes, 30 * MIB);
	/* but a collection that frees nothing of a full heap has looked everywhere */
	one.live_bytes = 509 * MIB;
	executors_complete(rows, 3, &app, &cfg, &sum);
	assert_int_equal(rows[1].headroom_basis, BASIS_MEASURED);
	assert_true(rows[1].headroom_ratio < 1);
}

/* A JVM of another application or executor, a dead one, and a figure from before this one began. */
static void only_its_own_jvm_measures(void **state)
{
	struct jvm_row j = jvm_of(JVM_EXECUTOR, "1");
	const struct jvm_row *const jvms[] = {&j};
	struct executor_row e = executor("1", 4), driver = executor("driver", 4);

	(void)state;
	j.live_bytes = GIB;
	assert_ptr_equal(headroom_jvm(&e, jvms, 1), &j);
	assert_int_equal(headroom_live(&e, &j), GIB);
	assert_null(headroom_jvm(&driver, jvms, 1));
	e.application_id = TEXT("app-2");
	assert_null(headroom_jvm(&e, jvms, 1));
	e.application_id = TEXT("app-1");
	assert_ptr_equal(headroom_jvm(&e, jvms, 1), &j);
	e.executor_id = TEXT("2");
	assert_null(headroom_jvm(&e, jvms, 1));
	e.executor_id = TEXT("1");
	e.active = TRI_FALSE;
	assert_null(headroom_jvm(&e, jvms, 1));
	e.active = TRI_TRUE;
	j.verdict = JVM_IS_DEAD;
	assert_null(headroom_jvm(&e, jvms, 1));
	assert_int_equal(headroom_live(&e, NULL), ABSENT);
	e.added_at = 2000;
	j.live_at = 1999;
	assert_int_equal(headroom_live(&e, &j), ABSENT);
	j.live_at = 2000;
	assert_int_equal(headroom_live(&e, &j), GIB);
	j.live_bytes = 0;
	assert_int_equal(headroom_live(&e, &j), ABSENT);
}

/* spark.driver.memory of a session that was made after its JVM began changes nothing. */
static void a_heap_is_as_small_as_it_was_begun(void **state)
{
	struct app_row app = cluster_app();
	struct executor_row row = executor("driver", 2);
	struct jvm_row j = jvm_of(JVM_DRIVER, NULL);
	const struct jvm_row *const jvms[] = {&j};
	struct headroom_config cfg = {.job = TEXT("copy"),
				      .at = 10000000,
				      .task_memory_bytes = ABSENT,
				      .safety_factor = 1.5,
				      .jvms = jvms,
				      .njvms = 1};
	struct executors_summary sum;

	(void)state;
	app.is_local = TRI_TRUE;
	app.driver_memory_bytes = 16 * GIB;
	j.live_bytes = GIB;
	j.is_live_settled = true;
	j.heap_configured_bytes = GIB;
	executors_complete(&row, 1, &app, &cfg, &sum);
	assert_int_equal(row.configured_bytes, GIB);
	assert_true(fabs(sum.ratio - 1 / 1.5) < 1e-12);
	j.heap_configured_bytes = 32 * GIB;
	executors_complete(&row, 1, &app, &cfg, &sum);
	assert_int_equal(row.configured_bytes, 16 * GIB);
	assert_true(fabs(sum.ratio - 16 / 1.5) < 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worked_examples_hold_to_the_digit),
		cmocka_unit_test(each_basis_in_its_order),
		cmocka_unit_test(no_figure_has_its_reason),
		cmocka_unit_test(partitions_per_executor),
		cmocka_unit_test(heap_marks),
		cmocka_unit_test(the_dead_show_no_comfortable_figure),
		cmocka_unit_test(a_loss_disproves_the_living),
		cmocka_unit_test(in_local_mode_the_driver_works),
		cmocka_unit_test(what_is_measured_goes_first),
		cmocka_unit_test(only_its_own_jvm_measures),
		cmocka_unit_test(a_heap_is_as_small_as_it_was_begun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

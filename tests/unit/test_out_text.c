/* The columns of --text: figures that are only bounds, and values that are too wide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../include/out.h"
#include "../../include/row/dlq.h"
#include "../../include/row/executor.h"
#include "../../include/row/job.h"

/* A bound or a disproved figure never looks like one that was measured. */
static void headroom_says_what_it_rests_on(void **state ATTR_UNUSED)
{
	static const struct {
		double ratio;
		enum headroom_basis basis;
		int64_t lost;
		const char *want;
	} cases[] = {{3.1, BASIS_MEASURED, 0, " 3.1x  "},
		     {3.1, BASIS_BOUND, 0, " <=3.1x  "},
		     {3.1, BASIS_ESTIMATE, 0, " ~3.1x  "},
		     {NAN, BASIS_BOUND, 0, "  ROOM  "},
		     {NAN, BASIS_DISPROVED, 3, " <1.0x, 3 lost to 52  "},
		     {0.7, BASIS_DISPROVED, ABSENT, " <1.0x  "}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dataset *jobs = dataset_new(), *executors = dataset_new();
		struct job_row *j = ARENA_NEW(&jobs->arena, struct job_row);
		struct executor_row *e = ARENA_NEW(&executors->arena, struct executor_row);
		struct snapshot s = {.jobs = jobs, .executors = executors};
		struct buf out;

		field_clear_row(&schema_job, j);
		field_clear_row(&schema_executor, e);
		j->name = TEXT("migration");
		j->headroom_ratio = cases[i].ratio;
		j->headroom_basis = (int)cases[i].basis;
		j->lost_to_oom_1h = cases[i].lost;
		e->headroom_ratio = 2.4;
		e->headroom_basis = BASIS_BOUND;
		dataset_add(jobs, &schema_job, j, 1);
		dataset_add(executors, &schema_executor, e, 1);
		buf_init(&out, 1 << 16);
		out_text(&s, &(struct out_options){0}, &out);
		assert_non_null(strstr(out.data, cases[i].want));
		buf_clear(&out);
		out_text(&s, &(struct out_options){.view = "executors"}, &out);
		assert_non_null(strstr(out.data, " <=2.4x  "));
		buf_release(&out);
		dataset_unref(jobs);
		dataset_unref(executors);
	}
}

/* What a script copies is whole; what is cut says so. */
static void a_hash_is_whole_and_a_cut_is_seen(void **state ATTR_UNUSED)
{
	static const char hash[] =
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct dataset *d = dataset_new();
	struct snapshot s = {.dlq = d};
	struct dlq_entry_row *e = ARENA_NEW(&d->arena, struct dlq_entry_row);
	struct buf out;

	field_clear_row(&schema_dlq_entry, e);
	e->hash = text_clean(&d->arena, hash, strlen(hash));
	e->message = TEXT("0123456789 0123456789 0123456789 0123456789 0123456789 "
			  "0123456789 0123456789");
	dataset_add(d, &schema_dlq_entry, e, 1);
	buf_init(&out, 1 << 16);
	out_text(&s, &(struct out_options){.view = "dlq"}, &out);
	assert_non_null(strstr(out.data, hash));
	assert_non_null(strstr(out.data, "0123456789 01234567…  "));
	buf_release(&out);
	dataset_unref(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headroom_says_what_it_rests_on),
		cmocka_unit_test(a_hash_is_whole_and_a_cut_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_rows.c - every key of --json is there, spelled and ordered as scripts know it, and every
 * table is sound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../include/row/dlq.h"
#include "../../include/row/error.h"
#include "../../include/row/executor.h"
#include "../../include/row/health.h"
#include "../../include/row/incident.h"
#include "../../include/row/job.h"
#include "../../include/row/jvm.h"
#include "../../include/row/spark.h"
#include "../../include/row/target.h"

static const struct {
	const struct schema *schema;
	const char *member, *keys;
} members[] = {
	{&schema_job, "jobs",
	 "name verdict since evidence says pid application_id batch_id last_batch_age_s batches "
	 "records "
	 "records_per_s errors errors_5m errors_1h errors_by_type dlq_entries dlq_pending "
	 "dlq_bad_lines "
	 "heap_used_bytes heap_max_bytes headroom_ratio headroom_basis uptime_s restarts hold "
	 "ready live "
	 "batch_time_s trigger_interval_s recommendations "},
	{&schema_executor, "executors",
	 "job application_id executor_id host active cores heap_used_bytes heap_max_bytes "
	 "storage_used_bytes storage_max_bytes active_tasks failed_tasks completed_tasks gc_pct "
	 "needed_bytes configured_bytes headroom_ratio headroom_basis removed_at removed_reason "
	 "exit_code "},
	{&schema_error, "errors",
	 "job type count count_5m first_at last_at recommendation counted_by "},
	{&schema_dlq_entry, "dlq",
	 "job file line hash batch_id at error_type message unit state attempts proof "},
	{&schema_jvm, "jvms",
	 "id pid started_at user role main_class application_id executor_id job ports "
	 "heap_used_bytes "
	 "heap_max_bytes gc_pct cpu_pct rss_bytes limit_bytes verdict exit_code evidence "},
	{&schema_incident, "incidents", "job kind root opened_at closed_at text next_step events "},
	{&schema_target, "targets", "source job where state age_s took_ms code problem found_by "},
};

static const struct schema *const others[] = {
	&schema_health, &schema_app,         &schema_spark_job, &schema_stage,
	&schema_worker, &schema_cluster_app, &schema_master,    &schema_cluster_driver,
};

static void keys_are_those_that_scripts_know(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const struct schema *s = members[i].schema;
		struct buf keys;

		buf_init(&keys, 4096);
		for (size_t k = 0; k < s->nfields; k++) {
			if (!(s->fields[k].flags & (FIELD_NO_JSON | FIELD_SECRET)))
				buf_printf(&keys, "%s ", s->fields[k].name);
		}
		assert_string_equal(keys.data, members[i].keys);
		assert_string_equal(s->member, members[i].member);
		buf_release(&keys);
	}
}

static size_t size_of(const struct field *f)
{
	switch (f->type) {
	case FIELD_TEXT:
		return sizeof(struct text *);
	case FIELD_INT:
	case FIELD_TIME:
	case FIELD_REAL:
		return 8;
	case FIELD_BOOL:
	case FIELD_ENUM:
		return sizeof(int);
	case FIELD_IDENT:
		return sizeof(struct ident);
	case FIELD_TEXTS:
		return sizeof(struct texts);
	case FIELD_COUNTS:
		return sizeof(struct counts);
	case FIELD_SERIES:
		return sizeof(struct series);
	case FIELD_INTS:
		return sizeof(struct ints);
	}
	return 0;
}

/* Every field lies within the row and over no other one; names are unique; keys come first. */
static void check_table(const struct schema *s)
{
	bool is_over_keys = false;

	for (size_t i = 0; i < s->nfields; i++) {
		const struct field *f = &s->fields[i];

		assert_true(f->offset + size_of(f) <= s->size);
		assert_true(f->title && f->title[0] && f->help && f->help[0]);
		assert_true((f->type == FIELD_ENUM) == (f->names != NULL) || f->type != FIELD_ENUM);
		if (!(f->flags & FIELD_KEY))
			is_over_keys = true;
		else
			assert_false(is_over_keys);
		for (size_t k = i + 1; k < s->nfields; k++) {
			const struct field *g = &s->fields[k];

			assert_string_not_equal(f->name, g->name);
			assert_true(f->offset + size_of(f) <= g->offset ||
				    g->offset + size_of(g) <= f->offset);
			if (f->json && g->json)
				assert_string_not_equal(f->json, g->json);
		}
	}
}

static void tables_are_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		check_table(members[i].schema);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		check_table(others[i]);
}

static void a_cleared_job_is_null_everywhere(void **state)
{
	struct job_row row;
	struct buf out;

	(void)state;
	field_clear_row(&schema_job, &row);
	buf_init(&out, 8192);
	field_json_row(&schema_job, &row, &out);
	assert_non_null(strstr(out.data, "\"name\": null"));
	assert_non_null(strstr(out.data, "\"errors_5m\": null"));
	assert_non_null(strstr(out.data, "\"headroom_basis\": null"));
	assert_non_null(strstr(out.data, "\"evidence\": []"));
	assert_non_null(strstr(out.data, "\"errors_by_type\": {}"));
	assert_null(strstr(out.data, ": 0"));
	assert_null(strstr(out.data, "activity"));
	buf_release(&out);
}

static void verdicts_and_bases_have_their_words(void **state)
{
	(void)state;
	assert_string_equal(verdict_names[VERDICT_CRASHED], "crashed");
	assert_string_equal(verdict_names[VERDICT_HEALTHY], "healthy");
	assert_null(verdict_names[VERDICT_COUNT]);
	assert_string_equal(headroom_basis_names[BASIS_MEASURED], "measured");
	assert_string_equal(headroom_basis_names[BASIS_DISPROVED], "disproved");
	assert_null(headroom_basis_names[BASIS_DISPROVED + 1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_those_that_scripts_know),
		cmocka_unit_test(tables_are_sound),
		cmocka_unit_test(a_cleared_job_is_null_everywhere),
		cmocka_unit_test(verdicts_and_bases_have_their_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

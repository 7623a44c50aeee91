/* test_dlq_windows.c - what happened when, by the dates of a queue: zones, the future, and what is
 * not seen. */
#include "dlq_stage.h"

static void test_zone_and_windows(void **state)
{
	(void)state;
	put("failed_batches_20261120.json",
	    "{\"timestamp\": \"2026-11-20T20:40:00\", \"error\": {\"type\": \"A\"}}\n"
	    "{\"timestamp\": \"2026-11-20T22:30:30.5\", \"error\": {\"type\": \"A\"}}\n"
	    "{\"timestamp\": \"2026-11-20T21:30:40Z\", \"error\": {\"type\": \"B\"}}\n"
	    "{\"timestamp\": \"2026-11-12T21:30:40Z\", \"error\": {\"type\": \"B\"}}\n"
	    "{\"timestamp\": \"?\"}\n");
	look.zone_ms = 3600000; /* the job's clock is an hour east */
	look.max_age_ms = INT64_C(7) * 86400000;
	struct dataset *d = rows_of_folder();
	const struct dlq_folder_row *f = folder_row(d);
	assert_int_equal(f->counted_5m, 2);
	assert_int_equal(f->counted_1h, 2); /* 20:40 of the job was 19:40 */
	assert_int_equal(f->counted_at, NOW);
	assert_int_equal(f->today, 4);
	assert_int_equal(f->error_types_5m.n, 2);
	assert_int_equal(f->trend.n, 60);
	assert_true(f->trend.v[58] == 2.0f && f->trend.v[59] == 0.0f);
	assert_int_equal(f->trend.end_at, NOW + 60000);
	assert_int_equal(f->last_at, NOW - 20000);
	assert_int_equal(entry(d, 3)->at, NOW - 29500);
	assert_int_equal(entry(d, 1)->state, DLQ_OLD);
	assert_int_equal(entry(d, 0)->state, DLQ_PENDING); /* unreadable: its file's date counts */
	assert_int_equal(f->pending, 5);
	dataset_unref(d);
	look.zone_ms = 0;
	d = page_snapshot(folder, &look);
	assert_int_equal(folder_row(d)->counted_1h, 2); /* 22:30 is to come, 20:40 counts */
	dataset_unref(d);
	look.now = NOW + 7200000;
	assert_true(page_is_outdated(folder, &look, NOW));
	look.now += 20000;
	assert_false(page_is_outdated(folder, &look, look.now - 20000));
	look.now += 3 * 7200000;
	assert_true(page_is_outdated(folder, &look, look.now - 3 * 7200000)); /* midnight */
	assert_false(page_is_outdated(folder, &look, look.now - 60000));
}

/* What is dated in the future is an entry like any other, but in no window, never the newest, and
 * as old as its file. */
static void the_future_is_never_newest(void **state)
{
	const struct rowset *groups;
	struct dataset *d;

	(void)state;
	put("failed_batches_20261101.json",
	    "{\"timestamp\": \"9999-12-31T00:00:00Z\", \"error\": {\"type\": \"B\"}}\n");
	put("failed_batches_20261120.json",
	    "{\"timestamp\": \"2026-11-20T21:30:00Z\", \"error\": {\"type\": \"A\"}}\n"
	    "{\"timestamp\": \"9999-12-31T00:00:00Z\", \"error\": {\"type\": \"A\"}}\n");
	look.max_age_ms = INT64_C(7) * 86400000;
	d = rows_of_folder();
	assert_int_equal(folder_row(d)->entries, 3);
	assert_int_equal(folder_row(d)->future, 2);
	assert_int_equal(folder_row(d)->counted_1h, 1);
	assert_int_equal(folder_row(d)->last_at, NOW - 60000);
	assert_int_equal(entry(d, 2)->state, DLQ_OLD);
	assert_int_equal(entry(d, 0)->state, DLQ_PENDING);
	groups = dataset_rows(d, &schema_dlq_group);
	assert_int_equal(groups->n, 2);
	const struct dlq_group_row *a = groups->rows[0], *b = groups->rows[1];
	assert_string_equal(text_str(a->error_type), "A");
	assert_int_equal(a->last_at, NOW - 60000);
	assert_true(is_absent(b->last_at));
	assert_int_equal(b->state, DLQ_OLD);
	dataset_unref(d);
	/* the future comes */
	look.now = entry(d = page_snapshot(folder, &look), 0)->at;
	dataset_unref(d);
	d = page_snapshot(folder, &look);
	assert_int_equal(folder_row(d)->future, 0);
	assert_int_equal(folder_row(d)->last_at, look.now);
	dataset_unref(d);
}

/* Windows are proved only where all of yesterday and today is seen. */
static void a_hidden_file_leaves_windows_open(void **state)
{
	char path[200];
	struct dataset *d;

	(void)state;
	put("failed_batches_20261120.json",
	    "{\"timestamp\": \"2026-11-20T21:30:00Z\", \"error\": {\"type\": \"A\"}}\n");
	snprintf(path, sizeof(path), "%s/failed_batches_20261118.json", dir);
	assert_int_equal(symlink("/nowhere/at/all", path), 0);
	d = rows_of_folder();
	assert_int_equal(folder_row(d)->counted_5m, 1); /* that one is too old to matter */
	dataset_unref(d);
	snprintf(path, sizeof(path), "%s/failed_batches_20261119.json", dir);
	assert_int_equal(symlink("/nowhere/at/all", path), 0);
	d = rows_of_folder();
	assert_true(is_absent(folder_row(d)->counted_5m));
	assert_true(is_absent(folder_row(d)->counted_1h));
	assert_true(folder_row(d)->trend.v[58] == 1.0f);
	dataset_unref(d);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_dir, close_dir)
	const struct CMUnitTest tests[] = {
		TEST(test_zone_and_windows),
		TEST(the_future_is_never_newest),
		TEST(a_hidden_file_leaves_windows_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* How entries stand by the ledger: their own word, that of their unit, and what came back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "../../backend/dlq/page.h"

enum { T = 1000000 };

static const struct ledger_view_state states[] = {
	{.key = "00000000000000000000000000000001",
	 .id = 1,
	 .state = DLQ_DONE,
	 .attempts = 2,
	 .at = T + 9,
	 .began_at = T,
	 .unit = "a",
	 .proof = "probe",
	 .outcome = "answered 200",
	 .job = "job"},
	{.key = "00000000000000000000000000000002",
	 .id = 2,
	 .state = DLQ_DONE,
	 .attempts = 1,
	 .at = T,
	 .began_at = T,
	 .unit = "a",
	 .covered_by = 1,
	 .proof = "probe",
	 .job = "job"},
	{.key = "00000000000000000000000000000003",
	 .id = 3,
	 .state = DLQ_DOUBT,
	 .attempts = 1,
	 .at = T,
	 .began_at = T,
	 .unit = "b",
	 .job = "job"},
	{.key = "00000000000000000000000000000004",
	 .state = DLQ_GIVEN_UP,
	 .began_at = ABSENT,
	 .proof = "person",
	 .job = "job"},
	{.key = "00000000000000000000000000000005",
	 .id = 5,
	 .state = DLQ_FAILED,
	 .attempts = 2,
	 .began_at = T,
	 .batch_id = "17",
	 .error_type = "Timeout",
	 .outcome = "came back as line 9 of f",
	 .job = "job"},
	{.key = "00000000000000000000000000000006",
	 .id = 6,
	 .state = DLQ_FAILED,
	 .attempts = 1,
	 .at = T,
	 .began_at = T,
	 .unit = "c",
	 .outcome = "came back as line 9 of f",
	 .job = "job"},
	{.key = "00000000000000000000000000000007",
	 .id = 7,
	 .state = DLQ_DONE,
	 .attempts = 1,
	 .at = T,
	 .began_at = T,
	 .unit = "c",
	 .covered_by = 6,
	 .proof = "hook",
	 .job = "job"},
	{.key = "00000000000000000000000000000008",
	 .id = 8,
	 .state = DLQ_PENDING,
	 .attempts = 1,
	 .at = T,
	 .began_at = T,
	 .is_open = true,
	 .job = "job"},
	/* another job's unit of that name is another unit; that of another name of this folder is
	   not */
	{.key = "00000000000000000000000000000009",
	 .id = 9,
	 .state = DLQ_DOUBT,
	 .attempts = 1,
	 .at = T,
	 .began_at = T,
	 .unit = "d",
	 .job = "other",
	 .file = "/elsewhere/failed_batches_20260101.json"},
	{.key = "0000000000000000000000000000000a",
	 .id = 10,
	 .state = DLQ_DOUBT,
	 .attempts = 1,
	 .at = T,
	 .began_at = T,
	 .unit = "e",
	 .job = "other",
	 .file = "/nowhere/failed_batches_20260101.json"},
	/* a failure that came back as a line that was done */
	{.key = "0000000000000000000000000000000b",
	 .id = 11,
	 .state = DLQ_FAILED,
	 .attempts = 1,
	 .began_at = T,
	 .batch_id = "20",
	 .error_type = "Timeout",
	 .outcome = "came back as line 9 of f",
	 .job = "job"},
	{.key = "0000000000000000000000000000000c",
	 .id = 12,
	 .state = DLQ_DONE,
	 .attempts = 2,
	 .began_at = T,
	 .batch_id = "20",
	 .error_type = "Timeout",
	 .proof = "hook",
	 .job = "job"},
	/* a unit that was given up in doubt, and a line that it covered before */
	{.key = "0000000000000000000000000000000d",
	 .id = 14,
	 .state = DLQ_GIVEN_UP,
	 .mark = 1,
	 .attempts = 2,
	 .began_at = T,
	 .unit = "f",
	 .job = "job"},
	{.key = "0000000000000000000000000000000e",
	 .id = 13,
	 .covered_by = 12,
	 .state = DLQ_PENDING,
	 .mark = 1,
	 .attempts = 1,
	 .began_at = T - 9,
	 .unit = "g",
	 .job = "job"},
	{.key = "0000000000000000000000000000000f",
	 .id = 15,
	 .state = DLQ_DONE,
	 .attempts = 1,
	 .began_at = T,
	 .unit = "g",
	 .proof = "hook",
	 .job = "job"},
};
static const struct ledger_view view = {.nstates = ARRAY_LEN(states), .states = states};

struct stand {
	const char *key;  /* its last digits */
	const char *unit; /* NULL: none */
	int64_t at, batch;
	int state, attempts;
	const char *proof;
};

static const struct stand stands[] = {
	{"01", "a", T - 5, 1, DLQ_DONE, 2, "probe"},
	{"02", "a", T - 4, 1, DLQ_DONE, 2, "probe"},
	/* nothing was written of it, but it is from before */
	{"71", "a", T - 3, 1, DLQ_DONE, 2, "probe"},
	/* it failed after that */
	{"72", "a", T + 3, 1, DLQ_PENDING, 2, NULL},
	{"73", "a", ABSENT, 1, DLQ_PENDING, 2, NULL},
	{"03", "b", T, 1, DLQ_DOUBT, 1, NULL},
	{"74", "b", T, 1, DLQ_DOUBT, 1, NULL},
	{"04", NULL, T, 1, DLQ_GIVEN_UP, 0, NULL},
	{"05", NULL, T - 9, 17, DLQ_FAILED, 2, NULL},
	{"75", NULL, T + 9, 17, DLQ_PENDING, 2, NULL},
	{"76", NULL, T + 9, 18, DLQ_PENDING, 0, NULL},
	{"77", NULL, T - 9, 17, DLQ_PENDING, 0, NULL},
	{"06", "c", T, 1, DLQ_FAILED, 1, NULL},
	/* what was covered by what came back is as open as that */
	{"07", "c", T, 1, DLQ_FAILED, 1, NULL},
	{"08", NULL, T, 1, DLQ_PENDING, 1, NULL},
	{"99", NULL, T, 1, DLQ_PENDING, 0, NULL},
	{"98", "d", T, 1, DLQ_PENDING, 0, NULL},
	{"97", "e", T, 1, DLQ_DOUBT, 1, NULL},
	{"0b", NULL, T - 9, 20, DLQ_DONE, 1, "hook"},
	{"0d", "f", T - 9, 1, DLQ_GIVEN_UP, 2, NULL},
	{"96", "f", T - 9, 1, DLQ_GIVEN_UP, 2, NULL},
	{"95", "f", T + 9, 1, DLQ_PENDING, 2, NULL},
	/* marked before the unit was sent again */
	{"0e", "g", T - 9, 1, DLQ_DONE, 1, "hook"},
};

static void each_entry_stands_as_the_ledger_says(void **state)
{
	char path[] = "/nowhere";
	struct folder folder = {.path = path};
	struct standing s;
	struct arena a;

	(void)state;
	arena_init(&a);
	standing_init(&s, &view, &folder, "job");
	for (size_t i = 0; i < ARRAY_LEN(stands); i++) {
		const struct stand *w = &stands[i];
		struct dlq_entry_row row;
		field_clear_row(&schema_dlq_entry, &row);
		row.hash = text_format(&a, "%030d%s%030d%s", 0, w->key, 0, w->key);
		row.unit = w->unit ? text_clean(&a, w->unit, strlen(w->unit)) : NULL;
		row.error_type = TEXT("Timeout");
		row.at = w->at;
		row.batch_id.number = w->batch;
		row.state = DLQ_PENDING;
		standing_fill(&s, &row);
		if (row.state != w->state || row.attempts != w->attempts)
			fail_msg("%s: %s after %lld attempts", w->key, dlq_state_names[row.state],
				 (long long)row.attempts);
		assert_true(w->proof ? text_is(row.proof, w->proof) : !row.proof);
	}
	standing_release(&s);
	arena_release(&a);
}

static void without_a_ledger_all_is_pending(void **state)
{
	struct dlq_entry_row row;
	struct standing s;

	(void)state;
	field_clear_row(&schema_dlq_entry, &row);
	row.state = DLQ_OLD;
	row.hash = TEXT("00000000000000000000000000000001");
	standing_init(&s, NULL, NULL, "job");
	standing_fill(&s, &row);
	assert_int_equal(row.state, DLQ_OLD);
	standing_release(&s);
}

/* Two lines, one of them done: rows, group and the count of what is left. */
static void a_folder_counts_what_is_left(void **state)
{
	static const char line[] = "{\"batch_id\": 1, \"error\": {\"type\": \"Timeout\"}}";
	char dir[] = "/tmp/test_standing.XXXXXX", path[128], hex[65], file[200];
	unsigned char sum[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/failed_batches_20260101.json", dir);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	fprintf(f, "%s\n{\"batch_id\": 2, \"error\": {\"type\": \"Timeout\"}}\n", line);
	fclose(f);
	EVP_Digest(line, strlen(line), sum, NULL, EVP_sha256(), NULL);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	snprintf(file, sizeof(file), "%s/failed_batches_20260101.json.1", dir);
	struct ledger_view_state done[] = {
		{.key = hex,
		 .state = DLQ_DONE,
		 .attempts = 1,
		 .began_at = T,
		 .file = file,
		 .proof = "hook"},
		{.key = "ff",
		 .state = DLQ_DONE,
		 .attempts = 1,
		 .file = "/elsewhere/failed_batches_20260101.json"},
	};
	struct ledger_view mine = {.nstates = 2, .states = done};
	struct page_look look = {
		.job = "job", .limit = 1000, .max_age_ms = ABSENT, .now = T, .ledger = &mine};
	struct folder *folder = folder_new(dir);
	struct err err;
	assert_int_equal(folder_scan(folder, &err), 0);
	while (folder_step(folder, 1 << 20))
		;
	struct dataset *d = page_snapshot(folder, &look);
	const struct dlq_folder_row *all = dataset_one(d, &schema_dlq_folder);
	assert_int_equal(all->entries, 2);
	assert_int_equal(all->pending, 1);
	const struct rowset *rows = dataset_rows(d, &schema_dlq_entry);
	assert_int_equal(((const struct dlq_entry_row *)rows->rows[1])->state, DLQ_DONE);
	assert_true(text_is(((const struct dlq_entry_row *)rows->rows[1])->proof, "hook"));
	assert_int_equal(((const struct dlq_entry_row *)rows->rows[0])->state, DLQ_PENDING);
	const struct dlq_group_row *group = dataset_one(d, &schema_dlq_group);
	assert_int_equal(group->state, DLQ_PENDING);
	dataset_unref(d);
	folder_free(folder);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_entry_stands_as_the_ledger_says),
		cmocka_unit_test(without_a_ledger_all_is_pending),
		cmocka_unit_test(a_folder_counts_what_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

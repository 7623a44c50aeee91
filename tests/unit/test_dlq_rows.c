/* From files to rows: the recorded queue of a real Spark job against its golden rows, groups,
 * units, pages, bad lines, pretty JSON and what it masks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "../../include/clock.h"
#include "dlq_stage.h"
#include "files.h"

static void assert_golden(const struct dataset *d, const char *path)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	for (size_t s = 0; s < d->nsets; s++)
		for (size_t i = 0; i < d->sets[s].n; i++) {
			buf_printf(&out, "%s ", d->sets[s].schema->name);
			field_json_row(d->sets[s].schema, d->sets[s].rows[i], &out);
			buf_putc(&out, '\n');
		}
	file_golden(path, out.data);
	buf_release(&out);
}

static void test_golden(void **state)
{
	char *bytes = file_read("tests/fixture/dlq/failed_batches_20261120.json", NULL);

	(void)state;
	put("failed_batches_20261120.json", bytes);
	put("failed_batches_20261120.json", "half a li");
	put("notes.txt", "not of the queue\n");
	free(bytes);
	static const char *const unit[] = {"{context.last_ts}", NULL};

	look.unit = unit;
	struct dataset *d = rows_of_folder();
	/* The folder's name is made anew for each run. */
	struct dlq_folder_row *row;
	memcpy(&row, &(const void *){dataset_one(d, &schema_dlq_folder)}, sizeof(row));
	row->folder = TEXT("/srv/dlq");
	assert_golden(d, "tests/fixture/dlq/golden.txt");
	dataset_unref(d);
	char path[200];
	snprintf(path, sizeof(path), "%s/notes.txt", dir);
	unlink(path);
}

static void test_kinds(void **state)
{
	(void)state;
	put("failed_batches_20261120.json",
	    "\xef\xbb\xbf{\"batch_id\": 18446744073709551616}\r\n\n  \nTraceback (most recent call "
	    "last):\n"
	    "{\"batch_id\": \"b-7\"}\n[1, 2]\n{\"batch_id\": null, \"timestamp\": "
	    "\"soon\"}\n{\"batch");
	struct dataset *d = rows_of_folder();
	assert_int_equal(folder_row(d)->entries, 3);
	assert_int_equal(folder_row(d)->pending, 3);
	assert_int_equal(folder_row(d)->bad_lines, 2);
	assert_int_equal(folder_row(d)->has_unfinished, TRI_TRUE);
	assert_int_equal(folder_row(d)->indexed_pct, 100);
	assert_int_equal(entry(d, 0)->line, 7);
	assert_true(is_absent(entry(d, 0)->at));
	assert_true(is_absent(entry(d, 0)->batch_id.number) && !entry(d, 0)->batch_id.text);
	assert_string_equal(text_str(entry(d, 1)->batch_id.text), "b-7");
	assert_int_equal(entry(d, 1)->line, 5);
	assert_string_equal(text_str(entry(d, 2)->batch_id.text), "18446744073709551616");
	assert_int_equal(entry(d, 2)->line, 1);
	const struct rowset *bad = dataset_rows(d, &schema_dlq_bad);
	assert_int_equal(bad->n, 2);
	const struct dlq_entry_row *b = bad->rows[1];
	assert_true(b->is_bad);
	assert_int_equal(b->line, 4);
	assert_string_equal(text_str(b->message), "Traceback (most recent call last):");
	assert_string_equal(text_str(b->hash),
			    "5dd94ced5a2afb4af3a0a9521dc8f9306236b23b01882c52a80e482ae00be37f");
	dataset_unref(d);
	/* The line is finished: it becomes an entry, and the hash leaves CR LF out. */
	put("failed_batches_20261120.json", "_id\": 9}\r\n");
	d = rows_of_folder();
	assert_int_equal(folder_row(d)->entries, 4);
	assert_int_equal(folder_row(d)->has_unfinished, TRI_FALSE);
	assert_int_equal(entry(d, 0)->batch_id.number, 9);
	assert_string_equal(text_str(entry(d, 0)->hash),
			    "762e9b53b10d6574cca347d22efb791941d2ce5466311cd83723aa63db71b95e");
	dataset_unref(d);
}

static void test_groups_and_pages(void **state)
{
	char line[300];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(
			line, sizeof(line),
			"{\"batch_id\": %d, \"timestamp\": \"2026-11-20T21:%02d:00Z\", \"error\": "
			"{\"type\": \"%s\", \"message\": \"%s %d of o%d.save at 10.0.0.%d:%d\"}}\n",
			i, i % 60, i % 3 ? "A" : "B", i % 2 ? "lost task" : "no task", i, i * 7,
			i % 250, i * 13);
		put("failed_batches_20261119.json", line);
	}
	put("failed_batches_20261120.json", "oops\n{\"batch_id\": 300}\noops again\n");
	look.limit = 10;
	struct dataset *d = rows_of_folder();
	assert_int_equal(dataset_rows(d, &schema_dlq_entry)->n, 10);
	assert_int_equal(entry(d, 0)->batch_id.number, 300);
	assert_int_equal(entry(d, 9)->batch_id.number, 291);
	const struct rowset *groups = dataset_rows(d, &schema_dlq_group);
	assert_int_equal(groups->n, 5);
	int64_t count = 0;
	for (size_t i = 0; i < groups->n; i++) {
		const struct dlq_group_row *g = groups->rows[i];
		assert_int_equal(g->trend.n, 15);
		count += g->count;
		struct page_wish wish = {.count = 1000, .group = g->group};
		struct dataset *page = page_entries(folder, &look, &wish);
		assert_int_equal(dataset_rows(page, &schema_dlq_entry)->n, g->count);
		dataset_unref(page);
	}
	assert_int_equal(count, 301);
	dataset_unref(d);
	struct page_wish wish = {.from = 100, .count = 5};
	d = page_entries(folder, &look, &wish);
	assert_int_equal(dataset_rows(d, &schema_dlq_entry)->n, 5);
	assert_int_equal(entry(d, 0)->batch_id.number, 200);
	dataset_unref(d);
	wish = (struct page_wish){.count = 5, .is_bad = true};
	d = page_entries(folder, &look, &wish);
	assert_int_equal(dataset_rows(d, &schema_dlq_entry)->n, 2);
	assert_string_equal(text_str(entry(d, 0)->message), "oops again");
	dataset_unref(d);
}

/* More types and groups than are kept apart: none is lost, the rest is one. */
static void test_many_types(void **state)
{
	enum { MANY = 5000 };
	char line[120];
	struct buf all;
	int64_t count = 0;

	(void)state;
	buf_init(&all, 1 << 20);
	for (int i = 0; i < MANY; i++) {
		snprintf(line, sizeof(line), "{\"error_type\": \"T%d\", \"message\": \"%c%c%c\"}\n",
			 i, 'a' + i % 20, 'g' + i / 20 % 20, 'g' + i / 400);
		buf_puts(&all, line);
	}
	buf_puts(&all, "{\"error_type\": \"a\\\\b\"}\n{\"error_type\": \"a\\b\"}\n");
	put("failed_batches_20261120.json", all.data);
	buf_release(&all);
	struct dataset *d = rows_of_folder();
	const struct counts *types = &folder_row(d)->error_types;
	assert_int_equal(types->n, TYPES_MAX);
	assert_string_equal(text_str(types->v[0].key), "other");
	for (size_t i = 0; i < types->n; i++)
		count += types->v[i].n;
	assert_int_equal(count, MANY + 2);
	const struct rowset *groups = dataset_rows(d, &schema_dlq_group);
	count = 0;
	for (size_t i = 0; i < groups->n; i++)
		count += ((const struct dlq_group_row *)groups->rows[i])->count;
	assert_int_equal(count, MANY + 2);
	assert_int_equal(groups->n, GROUPS_MAX + 1);
	dataset_unref(d);
}

static char *detail_text(bool is_masked, int64_t line)
{
	struct dataset *d = page_line(folder, "failed_batches_20261120.json", line, 0, is_masked);
	const struct rowset *r = dataset_rows(d, &schema_detail);
	struct buf out;

	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < r->n; i++) {
		const struct detail_row *row = r->rows[i];
		assert_int_equal(row->index, i);
		buf_printf(&out, "%d|%s\n", row->kind, text_str(row->line));
	}
	dataset_unref(d);
	return out.data;
}

static void test_pretty(void **state)
{
	(void)state;
	put("failed_batches_20261120.json",
	    "{\"z\": 1.10000000000000000001, \"batch_id\":12345678901234567890123, \"a\": [], "
	    "\"b\": {},"
	    "\"user_name\": \"Ann Example\", \"table_name\": \"orders\", \"error\": {\"message\": "
	    "\"gr\\u00f6\\u00dfe "
	    "\\ud83d\\ude00 \\ud800 \\u202e\\n\"}, \"sample_records\": [{\"userId\": \"user123\", "
	    "\"date\": "
	    "\"2025-11-21\", \"steps\": 8450, \"note\": \"called\", \"status\": \"failed\", "
	    "\"phone\": "
	    "491701234567, \"v\": NaN, \"address\": {\"no\": 5, \"road\": \"Long Street\"}}]}\nbad "
	    "\"line\n");
	read_folder();
	char *text = detail_text(true, 1);
	assert_string_equal(text, "0|{\n"
				  "0|  \"z\": 1.10000000000000000001,\n"
				  "0|  \"batch_id\": 12345678901234567890123,\n"
				  "0|  \"a\": [],\n"
				  "0|  \"b\": {},\n"
				  "2|  \"user_name\": \"••••ple\",\n"
				  "0|  \"table_name\": \"orders\",\n"
				  "0|  \"error\": {\n"
				  "0|    \"message\": \"größe 😀 \\ud800 <U+202E>\\n\"\n"
				  "0|  },\n"
				  "0|  \"sample_records\": [\n"
				  "0|    {\n"
				  "2|      \"userId\": \"••••123\",\n"
				  "0|      \"date\": \"2025-11-21\",\n"
				  "0|      \"steps\": 8450,\n"
				  "2|      \"note\": \"••••\",\n"
				  "0|      \"status\": \"failed\",\n"
				  "2|      \"phone\": ••••567,\n"
				  "0|      \"v\": NaN,\n"
				  "0|      \"address\": {\n"
				  "2|        \"no\": ••••,\n"
				  "2|        \"road\": \"••••eet\"\n"
				  "0|      }\n"
				  "0|    }\n"
				  "0|  ]\n"
				  "0|}\n");
	free(text);
	text = detail_text(false, 1);
	assert_non_null(strstr(text, "\"userId\": \"user123\""));
	assert_non_null(strstr(text, "\"no\": 5"));
	assert_null(strstr(text, "••••"));
	free(text);
	text = detail_text(false, 2);
	assert_non_null(strstr(text, "3|not a JSON object: wrong at byte 1 of 9"));
	assert_non_null(strstr(text, "bad \"line"));
	free(text);
	text = detail_text(true, 3);
	assert_string_equal(text, "3|this line is gone\n");
	free(text);
}

static void test_newest_before_index(void **state)
{
	char line[300];
	const struct dlq_group_row *g;
	struct err err;
	uint64_t id;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		snprintf(line, sizeof(line),
			 "{\"batch_id\": %d, \"error\": {\"type\": \"Timeout\", "
			 "\"message\": \"after %d s\"}, \"x\": \"%0100d\"}\n",
			 i, i, 0);
		put("failed_batches_20261120.json", line);
	}
	assert_int_equal(folder_scan(folder, &err), 0);
	struct dataset *d = page_snapshot(folder, &look);
	assert_int_equal(dataset_rows(d, &schema_dlq_entry)->n, 1000);
	assert_int_equal(entry(d, 0)->batch_id.number, 4999);
	assert_int_equal(entry(d, 999)->batch_id.number, 4000);
	assert_true(is_absent(entry(d, 0)->line));
	assert_true(folder_row(d)->indexed_pct < 1);
	/* what fails now is grouped at once, under the id that the index will give it */
	assert_int_equal(dataset_rows(d, &schema_dlq_group)->n, 1);
	g = dataset_one(d, &schema_dlq_group);
	assert_int_equal(g->count, 1000);
	assert_string_equal(text_str(g->error_type), "Timeout");
	assert_true(entry(d, 0)->group == g->group);
	id = g->group;
	dataset_unref(d);
	/* half of it indexed, then all: the same newest rows, now with their numbers */
	folder_step(folder, 300000);
	d = page_snapshot(folder, &look);
	assert_int_equal(entry(d, 999)->batch_id.number, 4000);
	dataset_unref(d);
	d = rows_of_folder();
	assert_int_equal(entry(d, 0)->line, 5000);
	assert_int_equal(entry(d, 999)->batch_id.number, 4000);
	assert_int_equal(folder_row(d)->entries, 5000);
	assert_int_equal(dataset_rows(d, &schema_dlq_group)->n, 1);
	g = dataset_one(d, &schema_dlq_group);
	assert_int_equal(g->count, 5000);
	assert_true(g->group == id);
	dataset_unref(d);
}

static void test_bomb(void **state)
{
	char path[200], why[300];
	char *zeros = xcalloc(1, 1 << 20);

	(void)state;
	snprintf(path, sizeof(path), "%s/failed_batches_20261120.json.gz", dir);
	gzFile out = gzopen(path, "wb9");
	gzputs(out, "{\"batch_id\": 1}\n");
	for (int i = 0; i < 64; i++)
		gzwrite(out, zeros, 1 << 20);
	gzputs(out, "\n{\"batch_id\": 2}\n");
	gzclose(out);
	free(zeros);
	read_folder();
	assert_int_equal(folder->index.nentries, 1);
	assert_true(folder_problem(folder, 0, why, sizeof(why)));
	assert_non_null(strstr(why, "unpacks to more than 200 times its size after line 1: "));
	assert_true(folder->stream.at < 40 << 20);
}

static void test_missing(void **state)
{
	struct err err;

	(void)state;
	struct folder *none = folder_new("/nowhere/at/all");
	assert_int_equal(folder_scan(none, &err), -ERR_MISSING);
	assert_non_null(strstr(err.message, "no such folder"));
	folder_free(none);
	none = folder_new("/etc/passwd");
	assert_int_equal(folder_scan(none, &err), -ERR_FORMAT);
	folder_free(none);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_dir, close_dir)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_golden),     TEST(test_kinds),   TEST(test_groups_and_pages),
		TEST(test_many_types), TEST(test_pretty),  TEST(test_newest_before_index),
		TEST(test_bomb),       TEST(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The dlq source on a real loop with real files and pool threads; the scheduler around it is played
 * here: polls, progress, answers to detail requests, a folder that is not there, stopping while
 * work is under way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "../../include/ledger_view.h"
#include "../../backend/source/source.h"
#include "../../include/row/dlq.h"
#include "../../include/row/health.h"

struct target {
	uv_loop_t *loop;
	struct config cfg;
	struct config_job job;
	struct target_spec spec;
	void *state;
	struct dataset *health;
	const struct ledger_view *ledger; /* a reference */
	/* what the source said */
	const struct dataset *rows, *detail;
	int done, same, failed, partly, progress, again;
	char problem[400];
};

void *target_state(struct target *t)
{
	return t->state;
}

const struct target_spec *target_spec(const struct target *t)
{
	return &t->spec;
}

const struct config *target_config(const struct target *t)
{
	return &t->cfg;
}

const struct clock *target_clock(const struct target *t)
{
	(void)t;
	return &clock_real;
}

uv_loop_t *target_loop(const struct target *t)
{
	return t->loop;
}

static void take(struct target *t, struct dataset *rows)
{
	dataset_unref(t->rows);
	t->rows = rows;
}

void source_done(struct target *t, struct dataset *rows, int64_t code)
{
	assert_true(is_absent(code));
	t->done++;
	take(t, rows);
}

void source_same(struct target *t, int64_t code)
{
	assert_true(is_absent(code));
	t->same++;
}

void source_failed(struct target *t, const struct http_reply *reply, const char *fmt, ...)
{
	va_list args;

	assert_null(reply);
	va_start(args, fmt);
	vsnprintf(t->problem, sizeof(t->problem), fmt, args);
	va_end(args);
	t->failed++;
}

void source_partly(struct target *t, const char *why)
{
	snprintf(t->problem, sizeof(t->problem), "%s", why);
	t->partly++;
}

void source_progress(struct target *t, struct dataset *rows)
{
	t->progress++;
	take(t, rows);
}

void source_again(struct target *t, int64_t delay_ms)
{
	assert_true(delay_ms >= 0);
	t->again++;
}

void source_detail(struct target *t, struct dataset *rows)
{
	dataset_unref(t->detail);
	t->detail = rows;
}

const struct dataset *target_sibling(const struct target *t, enum source_id source)
{
	return source == SOURCE_HEALTH ? t->health : NULL;
}

const struct ledger_view *target_ledger(const struct target *t)
{
	return t->ledger;
}

static char dir[64];

static int begin(void **state)
{
	static const char *const unit[] = {"{context.range}", NULL};
	struct target *t = xcalloc(1, sizeof(*t));

	snprintf(dir, sizeof(dir), "/tmp/sparkops-source-XXXXXX");
	t->loop = xcalloc(1, sizeof(*t->loop));
	if (!mkdtemp(dir) || uv_loop_init(t->loop))
		return -1;
	t->job.name = TEXT("etl");
	t->job.dlq = dir;
	t->job.replay.unit = unit;
	t->job.replay.max_age_ms = ABSENT;
	t->cfg.dlq_limit = 1000;
	t->cfg.njobs = 1;
	t->cfg.jobs = &t->job;
	t->spec = (struct target_spec){&t->job, NULL, dir, "config"};
	t->state = xcalloc(1, source_dlq.state_size);
	source_dlq.start(t);
	*state = t;
	return 0;
}

static int end(void **state)
{
	struct target *t = *state;
	char path[200];

	if (t->state)
		source_dlq.stop(t);
	uv_run(t->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(t->loop), 0);
	dataset_unref(t->rows);
	dataset_unref(t->detail);
	dataset_unref(t->health);
	ledger_view_unref(t->ledger);
	free(t->state);
	free(t->loop);
	free(t);
	snprintf(path, sizeof(path), "%s/failed_batches_20261120.json", dir);
	unlink(path);
	rmdir(dir);
	return 0;
}

static void put(const char *bytes, int times)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/failed_batches_20261120.json", dir);
	FILE *out = fopen(path, "ab");
	assert_non_null(out);
	while (times--)
		fputs(bytes, out);
	fclose(out);
}

/* One whole poll, ended by exactly one answer. */
static void poll_once(struct target *t)
{
	int before = t->done + t->same + t->failed + t->partly;

	source_dlq.poll(t);
	uv_run(t->loop, UV_RUN_DEFAULT);
	assert_int_equal(t->done + t->same + t->failed + t->partly, before + 1);
}

static const struct dlq_folder_row *folder(const struct target *t)
{
	return dataset_one(t->rows, &schema_dlq_folder);
}

static const struct dlq_entry_row *newest(const struct target *t)
{
	return dataset_one(t->rows, &schema_dlq_entry);
}

static void test_poll(void **state)
{
	struct target *t = *state;

	poll_once(t); /* an empty folder is an answer */
	assert_int_equal(t->done, 1);
	assert_int_equal(folder(t)->entries, 0);
	put("{\"batch_id\": 1, \"timestamp\": \"2026-11-20T10:00:00\", \"context\": {\"range\": "
	    "\"r-1\"}}\nnone\n",
	    1);
	poll_once(t);
	assert_int_equal(t->done, 2);
	assert_int_equal(folder(t)->entries, 1);
	assert_int_equal(folder(t)->bad_lines, 1);
	assert_string_equal(text_str(newest(t)->job), "etl");
	assert_string_equal(text_str(newest(t)->unit), "r-1");
	poll_once(t); /* nothing new */
	assert_int_equal(t->same, 1);
	assert_int_equal(t->progress, 0);
	put("{\"batch_id\": 2}", 1); /* no line yet */
	poll_once(t);
	assert_int_equal(folder(t)->entries, 1);
	assert_int_equal(folder(t)->has_unfinished, TRI_TRUE);
	put("\n", 1);
	poll_once(t);
	assert_int_equal(folder(t)->entries, 2);
	assert_int_equal(newest(t)->batch_id.number, 2);
}

static void test_zone_of_health(void **state)
{
	struct target *t = *state;
	struct health_row *said;

	put("{\"batch_id\": 1, \"timestamp\": \"2026-11-20T10:00:00\"}\n", 1);
	t->health = dataset_new();
	said = ARENA_NEW(&t->health->arena, struct health_row);
	field_clear_row(&schema_health, said);
	said->zone_offset_ms = 5 * 3600000;
	dataset_add(t->health, &schema_health, said, 1);
	poll_once(t);
	assert_int_equal(newest(t)->at, clock_utc_ms(2026, 11, 20, 5 * 3600000));
	said->zone_offset_ms = 0; /* known better: the same lines, other times */
	poll_once(t);
	assert_int_equal(t->done, 2);
	assert_int_equal(newest(t)->at, clock_utc_ms(2026, 11, 20, 10 * 3600000));
}

static void test_newest_first(void **state)
{
	struct target *t = *state;

	put("{\"batch_id\": 7, \"x\": "
	    "\"0123456789012345678901234567890123456789012345678901234567\"}\n",
	    60000);
	poll_once(t);
	assert_true(t->progress >= 1); /* rows came before the index was there */
	assert_int_equal(t->done, 1);
	assert_int_equal(folder(t)->entries, 60000);
	assert_int_equal(newest(t)->line, 60000);
	assert_int_equal(dataset_rows(t->rows, &schema_dlq_entry)->n, 1000);
}

static void test_details(void **state)
{
	struct target *t = *state;
	struct request r = {.kind = REQUEST_DLQ_PAGE, .job = "etl", .from = 1, .count = 1};

	put("{\"batch_id\": 1}\n{\"batch_id\": 2}\n{\"batch_id\": 3}\n", 1);
	poll_once(t);
	assert_null(source_dlq.detail(t, &r));
	uv_run(t->loop, UV_RUN_DEFAULT);
	const struct dlq_entry_row *e = dataset_one(t->detail, &schema_dlq_entry);
	assert_int_equal(e->batch_id.number, 2);
	/* while a poll is under way both are answered */
	r = (struct request){.kind = REQUEST_DLQ_ENTRY,
			     .job = "etl",
			     .file = "failed_batches_20261120.json",
			     .line = 3};
	source_dlq.poll(t);
	assert_null(source_dlq.detail(t, &r));
	uv_run(t->loop, UV_RUN_DEFAULT);
	assert_int_equal(t->same, 1);
	const struct rowset *lines = dataset_rows(t->detail, &schema_detail);
	assert_int_equal(lines->n, 3);
	/* of another job, or of another kind: nothing comes */
	snprintf(r.job, sizeof(r.job), "other");
	assert_null(source_dlq.detail(t, &r));
	r = (struct request){.kind = REQUEST_POLL_NOW};
	assert_null(source_dlq.detail(t, &r));
	const struct dataset *before = t->detail;
	uv_run(t->loop, UV_RUN_DEFAULT);
	assert_ptr_equal(t->detail, before);
}

static void test_failures(void **state)
{
	struct target *t = *state;
	char moved[80];

	put("{\"batch_id\": 1}\n", 1);
	poll_once(t);
	snprintf(moved, sizeof(moved), "%s-gone", dir);
	assert_int_equal(rename(dir, moved), 0);
	poll_once(t);
	assert_int_equal(t->failed, 1);
	assert_non_null(strstr(t->problem, "no such folder"));
	assert_int_equal(rename(moved, dir), 0);
	poll_once(t);
	assert_int_equal(folder(t)->entries, 1);
	assert_int_equal(t->failed, 1);
}

static void path_of(char out[200], const char *name)
{
	snprintf(out, 200, "%s/%s", dir, name);
}

static void write_raw(const char *name, const void *bytes, size_t n)
{
	char path[200];
	FILE *out;

	path_of(path, name);
	out = fopen(path, "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, n, out), n);
	fclose(out);
}

/* n lines, packed; returns the bytes of the file. */
static size_t pack(const char *name, int n, char bytes[static 4096])
{
	char path[200];
	gzFile out;
	size_t size;
	FILE *in;

	path_of(path, name);
	out = gzopen(path, "wb");
	for (int i = 0; i < n; i++)
		gzprintf(out, "{\"batch_id\": %d, \"x\": \"%x\"}\n", i, (unsigned)i * 2654435761u);
	gzclose(out);
	in = fopen(path, "rb");
	size = fread(bytes, 1, 4096, in);
	fclose(in);
	return size;
}

static void remove_file(const char *name)
{
	char path[200];

	path_of(path, name);
	unlink(path);
}

/* Each file that is damaged is named, with its place and what would be right; the others are read
 * on, and as fresh as ever. */
static void damaged_files_are_named(void **state)
{
	struct target *t = *state;
	char bytes[4096];
	size_t size;

	put("{\"batch_id\": 1}\n", 1);
	write_raw("failed_batches_20261117.json.gz", "no gzip at all", 14);
	poll_once(t);
	assert_int_equal(t->partly, 1);
	assert_string_equal(t->problem,
			    "failed_batches_20261117.json.gz is damaged after line 0: what follows "
			    "is not shown; put a whole copy there or move it away");
	size = pack("failed_batches_20261118.json.gz", 40, bytes);
	bytes[size - 5] ^= 1; /* the length: all lines are whole, and yet something is wrong */
	write_raw("failed_batches_20261118.json.gz", bytes, size);
	poll_once(t);
	assert_non_null(strstr(t->problem,
			       "failed_batches_20261118.json.gz is damaged after line 40, "
			       "failed_batches_20261117.json.gz is damaged after line 0:"));
	assert_int_equal(folder(t)->entries, 41);
	write_raw("failed_batches_20261116.json.gz", "nor this", 8);
	poll_once(t);
	assert_non_null(strstr(t->problem, " and 1 more: what follows"));
	remove_file("failed_batches_20261116.json.gz");
	remove_file("failed_batches_20261117.json.gz");
	remove_file("failed_batches_20261118.json.gz");
	poll_once(t);
	assert_int_equal(t->done, 1);
	assert_int_equal(t->partly, 3);
	assert_int_equal(t->failed, 0);
}

/* What ends in the middle may still be packed; a minute later nobody does. */
static void a_cut_file_is_told_when_it_rests(void **state)
{
	const struct timespec then[2] = {{1700000000, 0}, {1700000000, 0}};
	struct target *t = *state;
	char bytes[4096], path[200];
	size_t size = pack("failed_batches_20261118.json.gz", 40, bytes);

	write_raw("failed_batches_20261118.json.gz", bytes, size / 2);
	poll_once(t);
	assert_int_equal(t->partly, 0);
	path_of(path, "failed_batches_20261118.json.gz");
	assert_int_equal(utimensat(AT_FDCWD, path, then, 0), 0);
	poll_once(t);
	assert_non_null(strstr(t->problem, "20261118.json.gz ends in the middle after line "));
	unlink(path);
}

/* A link is no entry of the queue: it could lead to what only we may read. */
static void a_link_is_refused(void **state)
{
	struct target *t = *state;
	char path[200], secret[80], other[80];

	snprintf(secret, sizeof(secret), "%s-secret", dir);
	snprintf(other, sizeof(other), "%s-link", dir);
	FILE *out = fopen(secret, "w");
	fputs("{\"batch_id\": 7, \"error_message\": \"secret\"}\n", out);
	fclose(out);
	path_of(path, "failed_batches_20261119.json");
	assert_int_equal(symlink(secret, path), 0);
	put("{\"batch_id\": 1}\n", 1);
	poll_once(t);
	assert_int_equal(t->partly, 1);
	assert_int_equal(t->progress, 1);
	assert_string_equal(t->problem, "failed_batches_20261119.json is a symbolic link, which is "
					"not followed: put the file itself there, or name the "
					"folder it lies in");
	assert_int_equal(folder(t)->entries, 1);
	assert_int_equal(folder(t)->bad_lines, 0);
	/* nothing is new, and what is shown is fresh */
	poll_once(t);
	assert_int_equal(t->partly, 2);
	assert_int_equal(t->progress, 1);
	/* the link becomes the file */
	unlink(path);
	assert_int_equal(rename(secret, path), 0);
	poll_once(t);
	assert_int_equal(folder(t)->entries, 2);
	assert_int_equal(t->partly, 2);
	unlink(path);
	/* the folder itself may be a link: that is the configuration's word */
	source_dlq.stop(t);
	uv_run(t->loop, UV_RUN_DEFAULT);
	assert_int_equal(symlink(dir, other), 0);
	t->spec.where = other;
	source_dlq.start(t);
	poll_once(t);
	assert_int_equal(folder(t)->entries, 1);
	t->spec.where = dir;
	unlink(other);
}

static void test_abort_and_stop(void **state)
{
	struct target *t = *state;

	put("{\"batch_id\": 1}\n", 1);
	source_dlq.poll(t);
	source_dlq.abort(t); /* the deadline: the answer of the work is dropped, nothing is lost */
	uv_run(t->loop, UV_RUN_DEFAULT);
	assert_int_equal(t->done + t->same + t->failed, 0);
	poll_once(t);
	assert_int_equal(folder(t)->entries, 1);
	source_dlq.poll(t);
	source_dlq.abort(t);
	source_dlq.stop(t); /* while work is under way: it frees itself */
	free(t->state);
	t->state = NULL;
	uv_run(t->loop, UV_RUN_DEFAULT);
}

/* Rows are made anew when the ledger says something else, though the folder is the same. */
static void the_ledger_makes_rows_anew(void **state)
{
	struct target *t = *state;
	struct ledger_view *view = xcalloc(1, sizeof(*view));
	struct ledger_view_state *done;

	put("{\"batch_id\": 1}\n", 1);
	poll_once(t);
	poll_once(t);
	assert_int_equal(t->same, 1);
	const struct dlq_entry_row *row = dataset_one(t->rows, &schema_dlq_entry);
	assert_int_equal(row->state, DLQ_PENDING);
	arena_init(&view->arena);
	view->refs = 1;
	done = ARENA_NEW(&view->arena, struct ledger_view_state);
	*done = (struct ledger_view_state){
		.key = arena_strndup(&view->arena, text_str(row->hash), 32),
		.job = "etl",
		.state = DLQ_DONE,
		.attempts = 3,
		.proof = "person"};
	view->states = done;
	view->nstates = 1;
	t->ledger = view;
	poll_once(t);
	assert_int_equal(t->same, 1);
	row = dataset_one(t->rows, &schema_dlq_entry);
	assert_int_equal(row->state, DLQ_DONE);
	assert_int_equal(row->attempts, 3);
	assert_true(text_is(row->proof, "person"));
	const struct dlq_folder_row *folder = dataset_one(t->rows, &schema_dlq_folder);
	assert_int_equal(folder->pending, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_poll),
		TEST(test_zone_of_health),
		TEST(test_newest_first),
		TEST(test_details),
		TEST(test_failures),
		TEST(damaged_files_are_named),
		TEST(a_cut_file_is_told_when_it_rests),
		TEST(a_link_is_refused),
		TEST(test_abort_and_stop),
		TEST(the_ledger_makes_rows_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

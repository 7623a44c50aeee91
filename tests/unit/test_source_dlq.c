/* The dlq source: polls, progress, answers to detail requests, a folder that is not there, stopping
 * while work is under way. */
#include "source_dlq_stage.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_poll),
		TEST(test_zone_of_health),
		TEST(test_newest_first),
		TEST(test_details),
		TEST(test_failures),
		TEST(test_abort_and_stop),
		TEST(the_ledger_makes_rows_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Golden screens of job, executors, errors and dlq: rows under the fixed clock,
 * drawn on the grid. */
#include "golden.h"

#include "../../include/row/dlq.h"
#include "../../include/row/error.h"
#include "../../include/row/executor.h"

#define HHMMSS(h, m, s) (CLUSTER_NOW / 86400000 * 86400000 + (((h)*60 + (m)) * 60 + (s)) * 1000LL)
#define DAYS_AGO(n) (CLUSTER_NOW - (n)*86400000LL)

static const struct text *copy(struct arena *a, const char *s)
{
	return text_clean(a, s, strlen(s));
}

/* --- rows --- */

struct drawn_group {
	int state;
	const char *type, *message;
	int64_t count, first_at, last_at;
	const char *trend;
};

static void dlq_groups(struct dataset *d)
{
	const struct drawn_group drawn[] = {
		{DLQ_PENDING, "ServerSelectionTimeoutError",
		 "No suitable servers found within 30000ms, Timeout: 30s", 2, HHMMSS(9, 41, 2),
		 HHMMSS(9, 45, 30), "000001010000000"},
		{DLQ_PENDING, "SchemaError",
		 "cannot resolve column \xe2\x80\x9csteps\xe2\x80\x9d given input columns: [a, b]",
		 1, HHMMSS(9, 44, 11), HHMMSS(9, 44, 11), "000000010000000"},
		{DLQ_DONE, "Timeout",
		 "HTTPSConnectionPool(host=\xe2\x80\xa6): Read timed out. (read timeout=60)", 1198,
		 DAYS_AGO(9), DAYS_AGO(2), ""},
		{DLQ_GIVEN_UP, "Py4JJavaError", "An error occurred while calling o#.save", 3,
		 DAYS_AGO(7), DAYS_AGO(7), ""},
	};
	struct dlq_group_row *rows = ARENA_ARRAY(&d->arena, struct dlq_group_row, ARRAY_LEN(drawn));

	for (size_t i = 0; i < ARRAY_LEN(drawn); i++) {
		struct dlq_group_row *g = &rows[i];

		field_clear_row(&schema_dlq_group, g);
		g->job = TEXT("health-analytics");
		g->group = i + 1;
		g->state = drawn[i].state;
		g->error_type = copy(&d->arena, drawn[i].type);
		g->message = copy(&d->arena, drawn[i].message);
		g->count = drawn[i].count;
		g->first_at = drawn[i].first_at;
		g->last_at = drawn[i].last_at;
		g->trend = cluster_series(&d->arena, drawn[i].trend);
	}
	dataset_add(d, &schema_dlq_group, rows, ARRAY_LEN(drawn));
}

static struct dataset *dlq_rows(void)
{
	struct dataset *d = dataset_new();
	struct dlq_entry_row *e = ARENA_NEW(&d->arena, struct dlq_entry_row);
	struct dlq_folder_row *f = ARENA_NEW(&d->arena, struct dlq_folder_row);

	dlq_groups(d);
	field_clear_row(&schema_dlq_entry, e);
	e->job = TEXT("health-analytics");
	e->file = TEXT("failed_batches_20251121.json");
	e->line = 3;
	e->hash = TEXT("91c0f2ab5de1a8a39a7c8a11b2b0f3a0cf1d3f8f7d1c52a6a2b6f5b1a0e0d9c8");
	e->batch_id.number = 42;
	e->at = HHMMSS(9, 45, 30);
	e->error_type = TEXT("ServerSelectionTimeoutError");
	e->message =
		TEXT("No suitable servers found within 30000ms, Timeout: 30s, Topology: Single");
	e->recommendation = TEXT("Retry after 30 seconds - Check MongoDB connection");
	e->context = TEXT("last_ts 2025-11-21T09:40:00   records_queried 0");
	e->sample = TEXT("{ \xe2\x80\x9cuserId\xe2\x80\x9d: "
			 "\xe2\x80\x9c\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"
			 "123\xe2\x80\x9d, \xe2\x80\x9c"
			 "date\xe2\x80\x9d: \xe2\x80\x9c"
			 "2025-11-21\xe2\x80\x9d, "
			 "\xe2\x80\x9csteps\xe2\x80\x9d: 8450 }");
	e->samples = 2;
	e->attempts = 1;
	e->proof = TEXT("14:00:02 etl \xc2\xb7 HTTP 503 from the hook \xc2\xb7 given back");
	e->state = DLQ_PENDING;
	e->group = 1;
	dataset_add(d, &schema_dlq_entry, e, 1);
	field_clear_row(&schema_dlq_folder, f);
	f->job = TEXT("health-analytics");
	f->entries = 1204;
	f->pending = 3;
	f->today = 3;
	f->bad_lines = 2;
	f->indexed_pct = 100;
	dataset_add(d, &schema_dlq_folder, f, 1);
	return d;
}

static struct dataset *error_rows(void)
{
	static const struct {
		const char *job, *type, *alias, *cause, *todo;
		int64_t count, count_5m;
	} drawn[] = {
		{"health-analytics", "ServerSelectionTimeoutError", NULL,
		 "the job could not reach MongoDB in time; the batch was not written",
		 "Retry after 30 seconds - Check MongoDB connection", 2, 2},
		{"health-analytics", "SchemaError", "SchemaError",
		 "a column or type is not what the job expects",
		 "Check data schema and collection structure", 1, 0},
		{"silver-kraken", "AnalysisException", "SchemaError",
		 "a column or type is not what the job expects",
		 "Check data schema and collection structure", 4, 0},
		{"migration", "OutOfMemoryError", NULL, "the heap is full",
		 "Give it more memory or less at once", 7, 7},
	};
	struct dataset *d = dataset_new();
	struct error_row *rows = ARENA_ARRAY(&d->arena, struct error_row, ARRAY_LEN(drawn));

	for (size_t i = 0; i < ARRAY_LEN(drawn); i++) {
		struct error_row *e = &rows[i];

		field_clear_row(&schema_error, e);
		e->job = copy(&d->arena, drawn[i].job);
		e->type = copy(&d->arena, drawn[i].type);
		e->alias = drawn[i].alias ? copy(&d->arena, drawn[i].alias) : NULL;
		e->cause = copy(&d->arena, drawn[i].cause);
		e->recommendation = copy(&d->arena, drawn[i].todo);
		e->count = drawn[i].count;
		e->count_5m = e->count_1h = drawn[i].count_5m;
		e->counted_by = (int)(i % 3);
		e->first_at = DAYS_AGO((int64_t)i);
		e->last_at = CLUSTER_NOW - (int64_t)i * 60000;
		e->trend = cluster_series(&d->arena, "000000000012300");
	}
	dataset_add(d, &schema_error, rows, ARRAY_LEN(drawn));
	return d;
}

static struct dataset *executor_rows(void)
{
	static const struct {
		const char *id, *host, *reason, *means;
		int active, basis;
		double heap, room, gc;
		int64_t exit_code, failed;
	} drawn[] = {
		{"driver", "ops-box-1:40417", NULL, NULL, TRI_TRUE, BASIS_ESTIMATE, 61, 2.4, 1.5,
		 ABSENT, 0},
		{"2", "127.0.0.1:34675", NULL, NULL, TRI_TRUE, BASIS_BOUND, 84, 1.2, 12, ABSENT, 1},
		{"1", "127.0.0.1:39247", "Command exited with code 52", "out of memory", TRI_FALSE,
		 BASIS_DISPROVED, ABSENT_REAL, 1.0, 5.2, 52, 1},
		{"0", "127.0.0.1:40021", "worker lost", NULL, TRI_FALSE, -1, ABSENT_REAL,
		 ABSENT_REAL, ABSENT_REAL, ABSENT, 0},
	};
	struct dataset *d = dataset_new();
	struct executor_row *rows = ARENA_ARRAY(&d->arena, struct executor_row, ARRAY_LEN(drawn));

	for (size_t i = 0; i < ARRAY_LEN(drawn); i++) {
		struct executor_row *e = &rows[i];

		field_clear_row(&schema_executor, e);
		e->job = TEXT("health-analytics");
		e->application_id = TEXT("app-20251121090000-0007");
		e->executor_id = copy(&d->arena, drawn[i].id);
		e->host = copy(&d->arena, drawn[i].host);
		e->active = drawn[i].active;
		e->cores = 2;
		e->heap_pct = drawn[i].heap;
		e->storage_used_bytes = 12 << 20;
		e->storage_max_bytes = 127 << 20;
		e->offheap_used_bytes = 0;
		e->active_tasks = drawn[i].active == TRI_TRUE ? 2 : 0;
		e->failed_tasks = drawn[i].failed;
		e->completed_tasks = 1200;
		e->gc_pct = drawn[i].gc;
		e->configured_bytes = 1 << 30;
		e->needed_bytes = 447392426;
		e->headroom_ratio = drawn[i].room;
		e->headroom_basis = drawn[i].basis;
		e->added_at = HHMMSS(9, 0, 4);
		e->removed_at = drawn[i].active == TRI_TRUE ? ABSENT : HHMMSS(13, 58, 40);
		e->removed_reason = drawn[i].reason ? copy(&d->arena, drawn[i].reason) : NULL;
		e->exit_code = drawn[i].exit_code;
		e->exit_means = drawn[i].means ? copy(&d->arena, drawn[i].means) : NULL;
	}
	dataset_add(d, &schema_executor, rows, ARRAY_LEN(drawn));
	return d;
}

/* The job whose view is drawn gets what the overview's rows lack. */
static void fill_job(struct snapshot *snap)
{
	static const struct text *evidence[3];
	static struct count by_type[2];
	static struct job_event events[2];
	struct arena *a = &((struct dataset *)(uintptr_t)snap->jobs)->arena;
	const struct rowset *jobs = dataset_rows(snap->jobs, &schema_job);

	for (size_t i = 0; i < jobs->n; i++) {
		struct job_row *j = (struct job_row *)(uintptr_t)jobs->rows[i];

		if (!text_is(j->name, "health-analytics"))
			continue;
		evidence[0] = TEXT("2 errors in the last 5 minutes: 2 ServerSelectionTimeoutError");
		evidence[1] = TEXT("2 new entries in its dead-letter queue in the last 5 minutes");
		evidence[2] = TEXT("its last batch ended 15 s ago");
		by_type[0] = (struct count){TEXT("ServerSelectionTimeoutError"), 8};
		by_type[1] = (struct count){TEXT("SchemaError"), 1};
		events[0] = (struct job_event){HHMMSS(13, 18, 27), TEXT("started"), TEXT("health"),
					       false};
		events[1] = (struct job_event){HHMMSS(14, 3, 12), TEXT("batch 42 failed"),
					       TEXT("dlq"), true};
		j->evidence = (struct texts){3, evidence};
		j->errors_by_type = (struct counts){2, by_type};
		j->events = events;
		j->nevents = 2;
		j->says = TEXT("degraded");
		j->since = HHMMSS(13, 59, 5);
		j->application_id = TEXT("app-20251121090000-0007");
		j->next = TEXT("open its errors: the job says Retry after 30 seconds - Check "
			       "MongoDB connection");
		j->ready = j->live = TRI_TRUE;
		j->batches = 100;
		j->records = 15000;
		j->errors_1h = 3;
		j->restarts = 0;
		j->chart_batches = cluster_series(a, "233455677654322333455677654322");
		j->chart_records_per_s = cluster_series(a, "533455677654322333455677654322");
		j->chart_errors = cluster_series(a, "000000000000000000000000000110");
		j->chart_uptime_s = cluster_series(a, "123456789");
	}
}

/* --- the screens --- */

static void view(const char *name, const char *job, int w, int h, const char *golden)
{
	struct snapshot snap;
	struct screen s;
	struct ui ui;

	golden_start(&ui, &s, w, h);
	cluster_snapshot(&snap, false);
	fill_job(&snap);
	snap.dlq = dlq_rows();
	snap.errors = error_rows();
	snap.executors = executor_rows();
	ui_snapshot(&ui, &snap);
	ui_go(&ui, view_find(name), job);
	ui_draw(&ui, &s); /* the first picture fills the tables */
	if (!strcmp(name, "dlq"))
		table_mark(view_focused(ui.view)->table),
			table_move(view_focused(ui.view)->table, MOVE_FIRST);
	for (int i = 0; i < 2 && strstr(golden, "-events"); i++) /* from executors past the DLQ */
		ui_event(&ui, &(struct key_event){.kind = KEY_EVENT_KEY, .key = KEY_TAB});
	ui_draw(&ui, &s);
	golden_check(&s, golden);
	golden_stop(&ui, &s);
	dataset_unref(snap.dlq);
	dataset_unref(snap.errors);
	dataset_unref(snap.executors);
	cluster_end(&snap);
}

static void dlq_of_a_job(void **state ATTR_UNUSED)
{
	view("dlq", "health-analytics", 120, 20, "dlq-120x20");
	view("dlq", "health-analytics", 80, 24, "dlq-80x24");
}

static void dlq_of_all(void **state ATTR_UNUSED)
{
	view("dlq", "", 120, 20, "dlq-all-120x20");
}

static void errors(void **state ATTR_UNUSED)
{
	view("errors", "", 120, 20, "errors-120x20");
	view("errors", "health-analytics", 80, 24, "errors-80x24");
}

static void executors(void **state ATTR_UNUSED)
{
	view("executors", "health-analytics", 140, 24, "executors-140x24");
	view("executors", "", 80, 24, "executors-80x24");
}

static void one_job(void **state ATTR_UNUSED)
{
	view("job", "health-analytics", 160, 50, "job-160x50");
	view("job", "health-analytics", 80, 24, "job-80x24");
	view("job", "health-analytics", 80, 24, "job-events-80x24");
}

/* Enter on an error: the failed batches of its kind, and no others. */
static void the_batches_behind_an_error(void **state ATTR_UNUSED)
{
	struct snapshot snap;
	struct screen s;
	struct ui ui;

	golden_start(&ui, &s, 120, 30);
	cluster_snapshot(&snap, false);
	snap.dlq = dlq_rows();
	snap.errors = error_rows();
	ui_snapshot(&ui, &snap);
	ui_go(&ui, view_find("errors"), NULL);
	ui_draw(&ui, &s);
	golden_press(&ui, &s, KEY_ENTER);
	assert_true(golden_shows(&s, "dlq › health-analytics › ServerSelectionTimeoutError"));
	assert_false(golden_shows(&s, "HTTPSConnectionPool"));
	golden_press(&ui, &s, KEY_ESC);
	table_move(view_focused(ui.view)->table, MOVE_DOWN); /* two words for one kind */
	golden_press(&ui, &s, KEY_ENTER);
	assert_true(golden_shows(&s, "cannot resolve column"));
	golden_press(&ui, &s, '5');
	table_move(view_focused(ui.view)->table, MOVE_LAST);
	golden_press(&ui, &s, KEY_ENTER);
	assert_true(golden_shows(&s, "no failed batch is of this type"));
	golden_press(&ui, &s, '5');
	ui_go(&ui, view_find("dlq"),
	      "health-analytics"); /* who asks for the queue sees all of it */
	ui_draw(&ui, &s);
	for (int i = 0; i < 2; i++)
		golden_press(&ui, &s, KEY_ENTER);
	golden_type(&ui, &s, "p");
	assert_true(golden_shows(&s, "personal data shown"));
	golden_type(&ui, &s, "56"); /* who leaves has seen it */
	assert_false(golden_shows(&s, "personal data shown"));
	assert_true(golden_shows(&s, " entries ──"));
	golden_press(&ui, &s, KEY_ENTER);
	golden_type(&ui, &s, "p");
	ui_go(&ui, view_find("dlq"), "silver-kraken"); /* another job has other entries */
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, "── dlq › silver-kraken ──"));
	golden_stop(&ui, &s);
	dataset_unref(snap.dlq);
	dataset_unref(snap.errors);
	cluster_end(&snap);
}

/* A small terminal says what has no place on it, and j and k come to all of it. */
static void all_of_a_job_is_reached_by_scrolling(void **state ATTR_UNUSED)
{
	static const char *const all[] = {"records a second", "SchemaError    ", "worker ",
					  "ServerSelectionTimeoutError No suitable",
					  "batch 42 failed  dlq"};
	bool is_seen[ARRAY_LEN(all)] = {false};
	struct snapshot snap;
	struct screen s;
	struct ui ui;

	golden_start(&ui, &s, 80, 24);
	cluster_snapshot(&snap, false);
	fill_job(&snap);
	snap.dlq = dlq_rows();
	snap.errors = error_rows();
	snap.executors = executor_rows();
	ui_snapshot(&ui, &snap);
	ui_go(&ui, view_find("job"), "health-analytics");
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, " more      charts, errors 1, executors 3, events 2 "));
	for (int i = 0; i < 36; i++) {
		struct key_event ev = {.kind = KEY_EVENT_KEY, .key = i < 12 ? 'k' : 'j'};

		ui_event(&ui, &ev);
		ui_draw(&ui, &s);
		for (size_t k = 0; k < ARRAY_LEN(all); k++)
			is_seen[k] = is_seen[k] || golden_shows(&s, all[k]);
	}
	for (size_t k = 0; k < ARRAY_LEN(all); k++)
		if (!is_seen[k])
			fail_msg("k and j never come to \"%s\"", all[k]);
	screen_resize(&s, 60, 14); /* where all lines are the summary's at first */
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, "batch 42 failed  dlq"));
	screen_resize(&s, 160, 70);
	ui_draw(&ui, &s);
	assert_false(golden_shows(&s, " more "));
	golden_stop(&ui, &s);
	dataset_unref(snap.dlq);
	dataset_unref(snap.errors);
	dataset_unref(snap.executors);
	cluster_end(&snap);
}

/* A bound is never drawn as if it had been measured. */
static void headroom_of_one_job(void **state ATTR_UNUSED)
{
	static const struct {
		int basis;
		double ratio;
		int64_t lost;
		const char *want;
	} cases[] = {
		{BASIS_MEASURED, 3.1, 0, "headroom 3.1x "},
		{BASIS_BOUND, 3.1, 0, "headroom <=3.1x "},
		{BASIS_ESTIMATE, 3.1, 0, "headroom ~3.1x "},
		{BASIS_DISPROVED, 3.1, 3, "headroom <1.0x, 3 lost to 52 "},
		{BASIS_DISPROVED, ABSENT_REAL, ABSENT, "headroom <1.0x "},
		{-1, ABSENT_REAL, 0, "headroom - "},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct snapshot snap;
		struct job_row *j;
		struct screen s;
		struct ui ui;
		char row[2048];

		golden_start(&ui, &s, 160, 50);
		ui_snapshot(&ui, cluster_snapshot(&snap, false));
		j = (struct job_row *)(uintptr_t)ui_job_row(&ui, "health-analytics");
		j->headroom_basis = cases[i].basis;
		j->headroom_ratio = cases[i].ratio;
		j->lost_to_oom_1h = cases[i].lost;
		ui_go(&ui, view_find("job"), "health-analytics");
		ui_draw(&ui, &s);
		screen_row(&s, 4, row, sizeof(row));
		if (!strstr(row, cases[i].want))
			fail_msg("no \"%s\" in %s", cases[i].want, row);
		golden_stop(&ui, &s);
		cluster_end(&snap);
	}
}

/* What is not collected is named, and nothing else. */
static void why_there_is_no_headroom(void **state ATTR_UNUSED)
{
	static const struct {
		int64_t configured, needed, stored;
		const struct text *lacks;
		const char *want;
	} cases[] = {
		{1 << 30, ABSENT, 0, TEXT("no task_memory in the configuration"),
		 "not collected: no peaks yet, and no task_memory in the configuration "},
		{1 << 30, ABSENT, 0, TEXT("its cores are not known"),
		 "not collected: no peaks yet, and its cores are not known "},
		{1 << 30, ABSENT, 4096, TEXT("it runs no tasks to estimate by"),
		 "no peak of execution memory yet, and it runs no tasks to estimate by "},
		{ABSENT, 1 << 30, 4096, NULL,
		 "not collected: needed 1.0G, but spark.driver.memory is not known "},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dataset *rows = executor_rows();
		struct executor_row *e =
			(struct executor_row *)(uintptr_t)dataset_one(rows, &schema_executor);
		char row[2048];
		struct snapshot snap;
		struct screen s;
		struct ui ui;

		e->headroom_basis = -1;
		e->headroom_ratio = ABSENT_REAL;
		e->configured_bytes = cases[i].configured;
		e->needed_bytes = cases[i].needed;
		e->peak_onheap_storage_bytes = cases[i].stored;
		e->estimate_lacks = cases[i].lacks;
		golden_start(&ui, &s, 140, 24);
		cluster_snapshot(&snap, false);
		snap.executors = rows;
		ui_snapshot(&ui, &snap);
		ui_go(&ui, view_find("executors"), "health-analytics");
		ui_draw(&ui, &s);
		bool is_shown = false;
		for (int y = 0; y < s.h; y++) {
			screen_row(&s, y, row, sizeof(row));
			is_shown |= strstr(row, cases[i].want) != NULL;
		}
		if (!is_shown)
			fail_msg("no \"%s\"", cases[i].want);
		golden_stop(&ui, &s);
		snap.executors = NULL;
		dataset_unref(rows);
		cluster_end(&snap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dlq_of_a_job),
		cmocka_unit_test(dlq_of_all),
		cmocka_unit_test(errors),
		cmocka_unit_test(the_batches_behind_an_error),
		cmocka_unit_test(executors),
		cmocka_unit_test(why_there_is_no_headroom),
		cmocka_unit_test(one_job),
		cmocka_unit_test(headroom_of_one_job),
		cmocka_unit_test(all_of_a_job_is_reached_by_scrolling),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

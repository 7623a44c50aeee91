/* test_ui_says.c - what the console says: of which rows and which job it speaks, what was searched,
 * what is old, what is still read; on small screens and after a new configuration. */
#include "../../tui/ui.h"
#include "ui_stage.h"

#include "../../include/row/dlq.h"
#include "../../include/row/executor.h"

/* The first lines name the worst job at every small size, in every view, with a banner and a label.
 */
static void test_small_says_the_worst(void **state)
{
	(void)state;
	cfg.label = TEXT("PROD");
	screen_resize(&screen, 20, 5);
	ui_draw(&ui, &screen);
	assert_true(shows("VERDICT")); /* what room is left is the table's */
	snap.banner = "config.yaml:3:1: unknown key; the configuration before stays in force";
	for (const struct view *const *v = views; *v; v++) {
		ui_go(&ui, *v, NULL);
		for (int w = 20; w <= 120; w++)
			for (int h = 5; h <= (w > 40 ? 7 : 10); h++) {
				char row[2][2048];

				screen_resize(&screen, w, h);
				ui_draw(&ui, &screen);
				screen_row(&screen, 0, row[0], sizeof(row[0]));
				screen_row(&screen, 1, row[1], sizeof(row[1]));
				assert_non_null(strstr(row[0], "✖ migration"));
				assert_non_null(strstr(row[1], "crashed"));
				assert_non_null(strstr(row[1], "PROD"));
				assert_true(shows("config.yaml:3"));
				if (w >= 24)
					assert_non_null(strstr(row[0], "14:03:27"));
			}
	}
	snap.banner = NULL;
	screen_resize(&screen, 110, 24);
}

/* Begun in a view of one job: it is the worst one, as soon as that is known, and stays it. */
static void test_begins_with_the_worst(void **state)
{
	static const char *const names[] = {"job", "memory", "log", "threads"};
	struct section waiting = {.state = SECTION_WAITING};
	const struct section *sections[] = {&waiting};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct job_row rows[2] = {{.name = TEXT("silent"), .verdict = VERDICT_UNKNOWN},
					  {.name = TEXT("fine"), .verdict = VERDICT_HEALTHY}};

		teardown(state);
		setup(state);
		ui_release(&ui);
		cfg.view = names[i];
		assert_int_equal(ui_init(&ui, &cfg, &fixed, NULL), 0);
		ui.request = on_request;
		waiting.state = SECTION_WAITING;
		struct dataset *jobs = dataset_new();
		dataset_add(jobs, &schema_job, rows, 2);
		struct snapshot early = snap;
		early.jobs = jobs;
		early.nsections = 1;
		early.sections = sections;
		ui_snapshot(&ui, &early);
		assert_string_equal(ui.job, ""); /* another one may prove worse */
		ui_draw(&ui, &screen);
		waiting.state = SECTION_OK;
		struct snapshot heard = early;
		ui_snapshot(&ui, &heard);
		assert_string_equal(ui.job, "silent");
		ui_draw(&ui, &screen);
		assert_true(shows("silent"));
		ui_snapshot(&ui, &snap); /* where migration is worse */
		assert_string_equal(ui.job, "silent");
		ui_set_job(&ui, "");
		waiting.state = SECTION_WAITING;
		struct snapshot trouble = snap;
		trouble.nsections = 1;
		trouble.sections = sections;
		ui_snapshot(&ui, &trouble);
		assert_string_equal(ui.job, "migration");
		waiting.state = SECTION_OK;
		ui_snapshot(&ui, &snap);
		dataset_unref(jobs);
	}
}

/* The overview is the top: it narrows nothing, and q leaves from it at once. */
static void test_digits_and_the_top(void **state)
{
	(void)state;
	type("jj");
	press(KEY_ENTER);
	assert_string_equal(ui.job, "silver-binance");
	type("6"); /* inside a job's view digits keep the job, and the title says so */
	assert_true(shows("dlq › silver-binance"));
	type("13");
	assert_string_equal(view_name(), "executors");
	assert_string_equal(ui.job, "");
	assert_true(shows("── executors ─"));
	type("1");
	assert_false(shows("Esc back"));
	assert_true(shows("q quit"));
	type("j2");
	assert_string_equal(ui.job, "health-analytics");
	assert_true(shows("Esc back"));
	assert_false(shows("q quit"));
	type(":sources");
	press(KEY_ENTER);
	type("6"); /* the sources are of all jobs: no hidden narrowing after them */
	assert_string_equal(ui.job, "");
	type("1");
	press(KEY_ESC);
	assert_string_equal(view_name(), "overview");
	type("2345712");
	press('q');
	assert_string_equal(view_name(), "overview");
	assert_false(ui.wish.quit);
	press('q');
	assert_true(ui.wish.quit);
}

/* A filter looks at what is shown, a value is a whole word, a heading is a name. */
static void test_filter_by_what_is_shown(void **state)
{
	(void)state;
	((struct job_row *)(uintptr_t)ui_job_row(&ui, "migration"))->says = TEXT("healthy");
	((struct job_row *)(uintptr_t)ui_job_row(&ui, "gold-daily"))->verdict = VERDICT_UNHEALTHY;
	type("/!healthy");
	press(KEY_ENTER);
	assert_true(shows("/!healthy  5 of 9"));
	assert_true(shows("unhealthy"));
	type(":filter healthy");
	press(KEY_ENTER);
	assert_true(shows("/healthy  4 of 9"));
	assert_false(shows("migration"));
	type(":filter dlq>1");
	press(KEY_ENTER);
	assert_true(shows("/dlq>1  2 of 9"));
	type(":filter err>1");
	press(KEY_ENTER);
	assert_true(shows("/err>1  2 of 9"));
	type(":filter Rec/S>1k");
	press(KEY_ENTER);
	assert_true(shows("/Rec/S>1k  2 of 9"));
	type(":filter");
	press(KEY_ENTER);
	type("/nonexist>5");
	assert_true(shows("0 of 9, no column \"nonexist\" in jobs"));
	press(KEY_ENTER);
	assert_true(shows(" no column \"nonexist\" in jobs"));
	assert_true(ui.is_message_bad);
}

static int64_t made_at; /* the rows of the queue */

/* A queue of 3,000 like failures, of which the snapshot holds as many as given. */
static struct dataset *queue(size_t held, int64_t bad)
{
	struct dataset *d = dataset_new();
	struct dlq_group_row *g = ARENA_NEW(&d->arena, struct dlq_group_row);
	struct dlq_folder_row *f = ARENA_NEW(&d->arena, struct dlq_folder_row);
	struct dlq_entry_row *e = ARENA_ARRAY(&d->arena, struct dlq_entry_row, held + 1);

	field_clear_row(&schema_dlq_group, g);
	g->job = TEXT("migration");
	g->group = 7;
	g->state = DLQ_PENDING;
	g->error_type = TEXT("SchemaError");
	g->count = 3000;
	field_clear_row(&schema_dlq_folder, f);
	f->job = TEXT("migration");
	f->entries = f->pending = 3000;
	f->bad_lines = bad;
	f->indexed_pct = 100;
	f->counted_at = made_at;
	for (size_t i = 0; i < held; i++) {
		field_clear_row(&schema_dlq_entry, &e[i]);
		e[i].job = g->job;
		e[i].group = 7;
		e[i].is_bad = false;
		e[i].batch_id.number = 4200 + (int64_t)i;
		e[i].file = TEXT("failed_batches_20251121.json");
		e[i].line = 1 + (int64_t)i;
		e[i].error_type = g->error_type;
	}
	dataset_add(d, &schema_dlq_group, g, 1);
	dataset_add(d, &schema_dlq_folder, f, 1);
	dataset_add(d, &schema_dlq_entry, e, held);
	return d;
}

static void show_queue(size_t held, int64_t bad)
{
	if (snap.dlq)
		dataset_unref(snap.dlq);
	snap.dlq = queue(held, bad);
	ui_refresh(&ui);
	ui_draw(&ui, &screen);
}

/* The filter of the entries is said, and that one page of them is searched. */
static void test_entries_filter(void **state)
{
	(void)state;
	show_queue(100, 0);
	type("6");
	press(KEY_ENTER);
	assert_true(shows("100, newest first"));
	assert_true(shows("1 to 1000 of 3,000; ] for older"));
	type("/4242");
	press(KEY_ENTER);
	assert_true(shows("/4242  1 of 100, newest first"));
	assert_true(shows("only 1 to 1000 of 3,000 are searched; ] for older"));
	screen_resize(&screen, 80, 24);
	ui_draw(&ui, &screen);
	assert_true(shows("/4242  1 of 100, newest first"));
	type("/zzz");
	press(KEY_ENTER);
	assert_true(shows("no row matches the filter"));
	press(KEY_ESC);
	type("/zzz");
	press(KEY_ENTER);
	assert_true(shows("/zzz  0 of 1, newest first"));
	dataset_unref(snap.dlq);
	snap.dlq = NULL;
	ui_refresh(&ui);
}

/* Found by the monkey: Tab led to the rows of a level that is not shown, which are of a snapshot
 * that may be gone; and what was read of an entry stayed when its memory went. */
static void test_hidden_levels(void **state)
{
	(void)state;
	show_queue(5, 0);
	type("6");
	press(KEY_TAB);
	assert_true(shows("Enter goes deeper here, Esc back"));
	press(KEY_ENTER);
	press(KEY_TAB);
	assert_int_equal(ui.view->focus, 1);
	press(KEY_ENTER);
	show_queue(5, 0);
	assert_int_equal(table_total(ui.view->panes[1].table), 0);
	press(KEY_ESC);
	show_queue(5, 0);
	assert_int_equal(ui.view->panes[2].pager->n, 0);
	press(KEY_ENTER);
	type("/x");
	press(KEY_ENTER);
	press('n');
	press(KEY_ESC);
	press(KEY_ESC);
	show_queue(5, 0);
	assert_int_equal(table_total(ui.view->panes[1].table), 0);
	dataset_unref(snap.dlq);
	snap.dlq = NULL;
	ui_refresh(&ui);
}

/* What has not come yet is being read; what is not there is said to be not there. */
static void test_entries_to_come(void **state)
{
	(void)state;
	show_queue(0, 9);
	type("6");
	press(KEY_ENTER);
	assert_int_equal(asked.kind, REQUEST_DLQ_PAGE);
	assert_true(shows("reading the entries of this group"));
	press(KEY_ESC);
	type("b");
	assert_true(shows("reading the bad lines of this queue"));
	show_queue(0, 0);
	assert_true(shows("no bad lines"));
	assert_false(shows("no failed batches"));
	dataset_unref(snap.dlq);
	snap.dlq = NULL;
	ui_refresh(&ui);
}

/* Found by review: the page of entries stayed as it was when a replay had changed their states, as
 * the queue had not grown. It is asked for again whenever the queue's rows were made anew. */
static void test_entries_again(void **state)
{
	(void)state;
	show_queue(5, 0);
	ui_go(&ui, view_find("dlq"), "migration");
	press(KEY_ENTER);
	int before = nasked;
	show_queue(5, 0);
	assert_int_equal(nasked, before);
	made_at += 2000;
	show_queue(5, 0);
	assert_int_equal(nasked, before + 1);
	assert_int_equal(asked.kind, REQUEST_DLQ_PAGE);
	show_queue(5, 0);
	assert_int_equal(nasked, before + 1);
	type("26");
	assert_int_equal(nasked, before + 2); /* another view may have had another answer */
	dataset_unref(snap.dlq);
	snap.dlq = NULL;
	ui_refresh(&ui);
}

/* Rows whose source failed are dim, and a line says how old they are and why. */
static void test_old_rows(void **state)
{
	const struct section gone = {.source = SOURCE_DLQ,
				     .job = "migration",
				     .state = SECTION_FAILED,
				     .good_at = CLUSTER_NOW - 372000,
				     .problem = "No such file or directory"};
	const struct section *const sections[] = {&gone};

	(void)state;
	type("6");
	show_queue(3, 0);
	assert_int_equal(screen_at(&screen, 3, 3)->style, STYLE_WARN);
	snap.sections = sections;
	snap.nsections = 1;
	show_queue(3, 0);
	assert_true(shows("migration: what is shown is 6m12 old: No such file or directory"));
	assert_int_equal(screen_at(&screen, 3, 4)->style, STYLE_DIM);
	press(KEY_ENTER);
	assert_true(shows("what is shown is 6m12 old"));
	snap.nsections = 0;
	dataset_unref(snap.dlq);
	snap.dlq = NULL;
	ui_refresh(&ui);
}

/* A configuration that was read again is what the screen says from then on. */
static void test_reload(void **state)
{
	static const struct config_key keys[] = {{"global", "X", "sources"}};
	struct config other = {.interval_ms = 7000,
			       .njobs = 9,
			       .label = TEXT("CHANGED"),
			       .is_ascii = true,
			       .no_color = true,
			       .nkeys = 1,
			       .keys = keys,
			       .theme = "light"};
	struct config none = {.interval_ms = 2000};
	struct dataset *jobs = dataset_new(), *incidents = dataset_new();
	struct snapshot next = snap, last = snap, empty = {.seq = 4, .refs = 1000, .cfg = &none};

	(void)state;
	next.cfg = &other;
	ui_snapshot(&ui, &next);
	ui_draw(&ui, &screen);
	assert_true(shows("CHANGED"));
	assert_true(shows("every 7s"));
	assert_true(shows("X crashed") || shows("x crashed"));
	assert_string_equal(ui.theme->name, "light");
	assert_true(ui.wish.theme);
	press('X'); /* a key of the new file */
	assert_string_equal(ui.view->view->name, "sources");
	press('1');
	type(":theme mono"); /* chosen by hand: stays while the file says nothing new */
	press(KEY_ENTER);
	next.seq++;
	last.cfg = &other;
	ui_snapshot(&ui, &last);
	assert_string_equal(ui.theme->name, "mono");
	empty.jobs = jobs;
	empty.incidents = incidents;
	ui_snapshot(&ui, &empty);
	ui_draw(&ui, &screen);
	assert_true(shows("No job is configured."));
	assert_false(shows("CHANGED"));
	assert_string_equal(ui.theme->name, "default");
	ui_snapshot(&ui, &snap);
	ui_draw(&ui, &screen);
	assert_ptr_equal(ui.cfg, &cfg);
	assert_true(shows("✖ crashed"));
	dataset_unref(jobs);
	dataset_unref(incidents);
}

/* The same of executors: only those of the job whose driver is silent, and none of them green. */
static void test_old_executors(void **state)
{
	const struct section late = {.source = SOURCE_SPARK,
				     .job = "gold-daily",
				     .state = SECTION_LATE,
				     .good_at = CLUSTER_NOW - 41000,
				     .problem = "no answer in time"};
	const struct section *const sections[] = {&late};
	static const char *const jobs[] = {"migration", "gold-daily"};
	struct dataset *d = dataset_new();
	struct executor_row *e = ARENA_ARRAY(&d->arena, struct executor_row, 2);

	(void)state;
	for (int i = 0; i < 2; i++) {
		field_clear_row(&schema_executor, &e[i]);
		e[i].job = text_clean(&d->arena, jobs[i], strlen(jobs[i]));
		e[i].executor_id = TEXT("driver");
		e[i].active = TRI_TRUE;
	}
	dataset_add(d, &schema_executor, e, 2);
	snap.executors = d;
	snap.sections = sections;
	snap.nsections = 1;
	ui_refresh(&ui);
	type("3");
	assert_true(shows("gold-daily: what is shown is 41s old: no answer in time"));
	assert_int_equal(screen_at(&screen, 1, 3)->style, STYLE_OK);
	assert_int_equal(screen_at(&screen, 1, 4)->style, STYLE_DIM);
	assert_int_equal(screen_at(&screen, 3, 4)->style, STYLE_DIM);
	snap.nsections = 0;
	snap.executors = NULL;
	ui_refresh(&ui);
	dataset_unref(d);
}

/* By the columns that are seen, one after the other, each with its arrow. */
static void test_sort_by_what_is_shown(void **state ATTR_UNUSED)
{
	static const char *const headings[] = {
		"VERDICT↑ ", "JOB↑ ",  " LAST↓ REC/S", "REC/S↓ERR 5M", "ERR 5M↓ DLQ",
		" DLQ↓HEAP", "HEAP↓ ", "ROOM↓ ",       " UP↓",         "9, worst"};

	screen_resize(&screen, 80, 24);
	ui_draw(&ui, &screen);
	for (size_t i = 0; i < ARRAY_LEN(headings); i++) {
		press('s');
		if (!shows(headings[i]))
			fail_msg("after %zu times s there is no \"%s\"", i + 1, headings[i]);
	}
}

/* In the list what is done to a job, below it how far that is; a hold is said beside it. */
static void test_what_is_done_to_it(void **state ATTR_UNUSED)
{
	struct job_row row = {.name = TEXT("silver-okx"),
			      .verdict = VERDICT_HUNG,
			      .action = TEXT("restart"),
			      .action_says = TEXT("restarting for 12s by etl: waits for :4040"),
			      .hold = TEXT("by etl: vacuum runs")};
	struct dataset *jobs = dataset_new();
	struct snapshot acting = snap;

	dataset_add(jobs, &schema_job, &row, 1);
	acting.seq += 100;
	acting.jobs = jobs;
	acting.incidents = NULL;
	ui_snapshot(&ui, &acting);
	ui_draw(&ui, &screen);
	assert_true(shows("■ hung         silver-okx "));
	assert_true(shows(" restart "));
	assert_true(shows("action   restarting for 12s by etl: waits for :4040"));
	assert_true(shows("held     by etl: vacuum runs"));
	ui_go(&ui, &view_job, "silver-okx");
	ui_draw(&ui, &screen);
	assert_true(shows("restarting for 12s by etl: waits for :4040"));
	ui_snapshot(&ui, &snap);
	dataset_unref(jobs);
}

/* Whoever asks for all there is sees the views among the commands. */
static void test_all_completions(void **state ATTR_UNUSED)
{
	screen_resize(&screen, 300, 24);
	type(":");
	assert_true(shows("dismiss  dlq  errors  executors"));
	assert_true(shows("  wall"));
	press(KEY_ESC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_small_says_the_worst, setup, teardown),
		cmocka_unit_test_setup_teardown(test_begins_with_the_worst, setup, teardown),
		cmocka_unit_test_setup_teardown(test_digits_and_the_top, setup, teardown),
		cmocka_unit_test_setup_teardown(test_filter_by_what_is_shown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_entries_filter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_entries_to_come, setup, teardown),
		cmocka_unit_test_setup_teardown(test_entries_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hidden_levels, setup, teardown),
		cmocka_unit_test_setup_teardown(test_old_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_old_executors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reload, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sort_by_what_is_shown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_done_to_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_all_completions, setup, teardown),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_views_say.c - single views: what they say is whole, true and told apart. */
#include "../../tui/ui.h"
#include "ui_stage.h"

#include "../../include/row/dlq.h"
#include "../../include/row/error.h"
#include "../../include/row/jvm.h"

static void look(const char *view, const char *job)
{
	ui_go(&ui, view_find(view), job);
	ui_refresh(&ui);
	ui_draw(&ui, &screen);
}

/* Two names for one thing are one error also in the view of a job. */
static void a_job_has_one_row_per_kind_of_error(void **state ATTR_UNUSED)
{
	struct dataset *d = dataset_new();
	struct error_row rows[2];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		field_clear_row(&schema_error, &rows[i]);
		rows[i].job = TEXT("migration");
		rows[i].type = i ? TEXT("AnalysisException") : TEXT("SchemaError");
		rows[i].alias = TEXT("SchemaError");
		rows[i].count = 1;
	}
	dataset_add(d, &schema_error, rows, ARRAY_LEN(rows));
	snap.errors = d;
	screen_resize(&screen, 110, 40);
	look("job", "migration");
	assert_false(shows("AnalysisException"));
	assert_true(shows("   SchemaError                 2 "));
	snap.errors = NULL;
	ui_refresh(&ui);
	dataset_unref(d);
}

/* What all files of a queue have in common says nothing: the day is told whole. */
static void files_of_a_queue_are_told_apart(void **state ATTR_UNUSED)
{
	struct dataset *d = dataset_new();
	struct dlq_group_row group;
	struct dlq_entry_row entries[2];

	field_clear_row(&schema_dlq_group, &group);
	group.job = TEXT("migration");
	group.group = 7;
	group.count = 2;
	dataset_add(d, &schema_dlq_group, &group, 1);
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		field_clear_row(&schema_dlq_entry, &entries[i]);
		entries[i].job = group.job;
		entries[i].group = 7;
		entries[i].is_bad = false;
		entries[i].line = 3;
		entries[i].error_type = TEXT("Timeout");
		entries[i].message = TEXT("HTTPSConnectionPool(host='api.example.com', port=443): "
					  "Read timed out. (read timeout=30)");
	}
	entries[0].file = TEXT("failed_batches_20251121.json");
	entries[1].file = TEXT("failed_batches_20251120.json.gz");
	dataset_add(d, &schema_dlq_entry, entries, ARRAY_LEN(entries));
	snap.dlq = d;
	look("dlq", "migration");
	press(KEY_ENTER);
	assert_true(shows(" 20251121.json "));
	assert_true(shows(" 20251120.json.gz "));
	snap.dlq = NULL;
	ui_refresh(&ui);
	dataset_unref(d);
}

/* Ports that find no place are counted. */
static void ports_that_are_not_shown_are_counted(void **state ATTR_UNUSED)
{
	static const int64_t ports[] = {4040, 40417, 42001, 42002, 42003};
	struct dataset *d = dataset_new();
	struct jvm_row row;

	field_clear_row(&schema_jvm, &row);
	row.id = TEXT("18423@1");
	row.pid = 18423;
	row.job = TEXT("migration");
	row.role = JVM_DRIVER;
	row.verdict = JVM_IS_BUSY;
	row.ports = (struct ints){ARRAY_LEN(ports), ports};
	row.heap_pct = 99;
	row.cpu_pct = 0;
	dataset_add(d, &schema_jvm, &row, 1);
	snap.jvms = d;
	look("job", "migration");
	assert_true(shows(" heap 99% \xc2\xb7 0% CPU \xc2\xb7 :4040 :40417 :42001 +2"));
	snap.jvms = NULL;
	ui_refresh(&ui);
	dataset_unref(d);
}

/* What a key or a view is for is read to its end, below its beginning. */
static void help_is_not_cut(void **state ATTR_UNUSED)
{
	screen_resize(&screen, 80, 100);
	press('?');
	assert_true(
		shows(" 2 :job          one job whole: evidence, charts, errors with cause and"));
	assert_true(shows("                 recommendation, executors, DLQ tail, events  "));
	press('w');
	assert_false(shows("DLQ tail, events"));
	screen_resize(&screen, 110, 24);
}

/* A long word is broken only where no line holds it. */
static void texts_wrap_at_blanks(void **state ATTR_UNUSED)
{
	static const struct span spans[] = {
		{STYLE_TEXT, TEXT("    \"message\": \"Read timed out at HTTPSConnectionPool\"")}};
	static const struct line line = {1, spans, false};
	struct pager p = {.is_wrapped = true};

	pager_set(&p, &line, 1);
	screen_clear(&screen);
	pager_draw(&p, area_sub(area_all(&screen), 0, 0, 32, 9));
	assert_true(shows("     \"message\": \"Read timed out   "));
	assert_true(shows("   at HTTPSConnectionPool\"   "));
	screen_clear(&screen);
	pager_draw(&p, area_sub(area_all(&screen), 0, 0, 16, 9));
	assert_true(shows("   HTTPSConnect   "));
	assert_true(shows("   ionPool\"   "));
}

/* What a job advises is no less readable because there is little room. */
static void advice_of_a_job_is_whole(void **state ATTR_UNUSED)
{
	static const struct text *advice[1];
	struct job_row *j;

	advice[0] = TEXT("Job appears stale (>5 min since last batch) - Check batch processing");
	j = (struct job_row *)(uintptr_t)ui_job_row(&ui, "silver-binance");
	j->says = TEXT("healthy");
	j->recommendations = (struct texts){1, advice};
	screen_resize(&screen, 80, 24);
	look("job", "silver-binance");
	assert_true(shows("           Job appears stale (>5 min since last batch) - "
			  "Check batch processing"));
	screen_resize(&screen, 160, 24);
	ui_draw(&ui, &screen);
	assert_true(
		shows("healthy  Job appears stale (>5 min since last batch) - Check batch proc"));
	screen_resize(&screen, 110, 24);
}

/* What to do is the last that is cut. */
static void the_next_step_is_whole(void **state ATTR_UNUSED)
{
	struct job_row *j = (struct job_row *)(uintptr_t)ui_job_row(&ui, "migration");

	j->next = TEXT("V recover: kill 10467, end python 10466, prove :40917 :41801 :43931 :35639 "
		       ":36997 free, wait 10 s, restart; give it spark.executor.memory above 1g or "
		       "lower spark.executor.cores first, or it runs out again");
	screen_resize(&screen, 80, 24);
	look("overview", "");
	assert_true(shows("again"));
	look("job", "migration");
	assert_true(shows("again"));
	screen_resize(&screen, 110, 24);
}

/* How many are old is said before why the first one is: that may be long. */
static void all_that_is_old_is_counted(void **state ATTR_UNUSED)
{
	const struct section late[] = {
		{.source = SOURCE_SPARK,
		 .job = "migration",
		 .state = SECTION_LATE,
		 .good_at = CLUSTER_NOW - 41000,
		 .problem = "1 connection waits at its port and nobody accepts: not asked again"},
		{.source = SOURCE_SPARK, .job = "gold-daily", .state = SECTION_FAILED}};
	const struct section *const sections[] = {&late[0], &late[1]};

	snap.sections = sections;
	snap.nsections = ARRAY_LEN(sections);
	screen_resize(&screen, 80, 24);
	look("executors", "");
	assert_true(shows("migration and 1 more: what is shown is 41s old: 1 connection waits"));
	snap.nsections = 0;
	ui_refresh(&ui);
	screen_resize(&screen, 110, 24);
}

/* Where the story has no room for all, that is said. */
static void a_story_that_is_cut_says_so(void **state ATTR_UNUSED)
{
	cluster_end(&snap);
	ui_snapshot(&ui, cluster_snapshot(&snap, true));
	screen_resize(&screen, 80, 24);
	look("overview", "");
	assert_true(shows(" open 2m04 "));
	assert_false(shows(" of 3 \xc2\xb7 open"));
	screen_resize(&screen, 80, 18);
	look("overview", "");
	assert_true(shows(" 2 of 3 \xc2\xb7 open 2m04 "));
	screen_resize(&screen, 110, 24);
}

/* Wrapped lines fill a page sooner: nothing is leapt over, and the end is at the end. */
static void pages_of_a_wrapped_text_join(void **state ATTR_UNUSED)
{
	enum { LINES = 40 };
	struct arena arena;
	struct line lines[LINES];
	struct span spans[LINES];
	struct pager p = {.is_wrapped = true};
	struct area a = area_sub(area_all(&screen), 0, 0, 40, 10);
	char number[16];

	arena_init(&arena);
	for (int i = 0; i < LINES; i++) {
		spans[i] = (struct span){STYLE_TEXT,
					 text_format(&arena, "<%d> %s", i,
						     i % 3 ? "short"
							   : "a line that is longer than the page "
							     "is wide, by some words at least")};
		lines[i] = (struct line){1, &spans[i], false};
	}
	pager_set(&p, lines, LINES);
	for (int next = 0; next < LINES;) { /* downwards each line is seen, and one twice */
		size_t top = p.top;

		screen_clear(&screen);
		pager_draw(&p, a);
		for (; next < (int)p.end; next++) {
			snprintf(number, sizeof(number), "<%d>", next);
			assert_true(shows(number));
		}
		pager_move(&p, MOVE_PAGE_DOWN);
		assert_true(p.top < p.end);
		if (p.top == top)
			break;
	}
	screen_clear(&screen);
	pager_draw(&p, a);
	assert_true(shows("<39>"));
	pager_move(&p, MOVE_FIRST);
	pager_draw(&p, a);
	pager_move(&p, MOVE_LAST);
	screen_clear(&screen);
	pager_draw(&p, a);
	assert_true(shows("<39>") && shows("<36>"));
	for (size_t top = p.top; top; top = p.top) {
		pager_move(&p, MOVE_PAGE_UP);
		assert_true(p.top < top);
		pager_draw(&p, a);
		assert_true(p.end >= top); /* no gap above what was seen */
	}
	arena_release(&arena);
}

/* Columns that find no place are told below the table, and y takes all of them. */
static void all_of_a_row_is_told(void **state ATTR_UNUSED)
{
	screen_resize(&screen, 80, 60);
	type(":table job");
	press(KEY_ENTER);
	assert_true(shows("all of this row"));
	assert_true(shows(" errors_5m               7 "));
	assert_true(shows(" pid                     - "));
	press('y');
	assert_non_null(strstr(ui.clip.data, "name: migration"));
	assert_non_null(strstr(ui.clip.data, "\nerrors_5m: 7"));
	assert_null(strstr(ui.clip.data, "\npid"));
	screen_resize(&screen, 160, 40);
	ui_draw(&ui, &screen);
	assert_true(shows(" errors_5m               7 "));
	screen_resize(&screen, 80, 30);
	ui_draw(&ui, &screen);
	assert_true(shows("y copies all of it"));
	screen_resize(&screen, 110, 24);
}

static void a_wrong_row_type_is_answered_with_the_nearest(void **state ATTR_UNUSED)
{
	type(":table spark_job");
	press(KEY_ENTER);
	assert_true(shows("there is no row type \"spark_job\", nearest: spark-job"));
	type(":table zzz");
	press(KEY_ENTER);
	assert_true(shows("there is no row type \"zzz\" "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_job_has_one_row_per_kind_of_error, setup,
						teardown),
		cmocka_unit_test_setup_teardown(files_of_a_queue_are_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(ports_that_are_not_shown_are_counted, setup,
						teardown),
		cmocka_unit_test_setup_teardown(help_is_not_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(texts_wrap_at_blanks, setup, teardown),
		cmocka_unit_test_setup_teardown(advice_of_a_job_is_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(the_next_step_is_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(all_that_is_old_is_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(a_story_that_is_cut_says_so, setup, teardown),
		cmocka_unit_test_setup_teardown(pages_of_a_wrapped_text_join, setup, teardown),
		cmocka_unit_test_setup_teardown(all_of_a_row_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_wrong_row_type_is_answered_with_the_nearest,
						setup, teardown),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

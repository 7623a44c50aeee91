/* test_foot.c - the bottom line: help and the way out are always there, the last keys go first, and
 * what a key would do nothing with is faint. */
#include "../../tui/foot.h"
#include "question_stage.h"

#include "../../include/row/jvm.h"
#include "../../include/row/target.h"

static const char *bottom(void)
{
	static char row[2048];

	size_t n = screen_row(&screen, screen.h - 1, row, sizeof(row));

	while (n && row[n - 1] == ' ')
		row[--n] = '\0';
	return row;
}

static bool says(const char *words)
{
	return strstr(bottom(), words) != NULL;
}

/* Of the key that these words stand for: shown, and not faint. */
static bool works(const char *words)
{
	const char *at = strstr(bottom(), words);

	if (!at)
		fail_msg("\"%s\" is not in \"%s\"", words, bottom());
	/* What stands before it is ASCII: a byte is a column. */
	return screen_at(&screen, (int)(at - bottom()), screen.h - 1)->style != STYLE_FAINT;
}

static void resize(int w, int h)
{
	screen_resize(&screen, w, h);
	ui_draw(&ui, &screen);
}

static void help_and_the_way_out_never_go(void **state ATTR_UNUSED)
{
	static const int widths[] = {20, 21, 30, 40, 41, 60, 79, 80, 81, 110, 160, 300};

	for (const struct view *const *v = views; *v; v++) {
		if (*v == &view_wall)
			continue;
		ui_go(&ui, *v, "health-analytics");
		for (size_t i = 0; i < ARRAY_LEN(widths); i++) {
			resize(widths[i], 24);
			if (!says("? help") && *v != &view_help)
				fail_msg("%s at %d: no help in \"%s\"", (*v)->name, widths[i],
					 bottom());
			if (!says(ui.nhistory ? "Esc back" : "q quit"))
				fail_msg("%s at %d: no way out in \"%s\"", (*v)->name, widths[i],
					 bottom());
		}
	}
}

static void the_last_keys_go_first(void **state ATTR_UNUSED)
{
	resize(80, 24);
	assert_string_equal(bottom(), " Enter open  V recover  K kill  R replay  B restart  / "
				      "filter  ? help  q quit");
	resize(60, 24);
	assert_string_equal(bottom(), " Enter open  V recover  K kill  R replay  ? help  q quit");
	resize(20, 24);
	assert_string_equal(bottom(), " ? help  q quit");
}

/* The way out of a view that the console began with, and of something deeper. */
static void begun_in_a_view_q_quits(void **state ATTR_UNUSED)
{
	ui_release(&ui);
	cfg.view = "job";
	assert_int_equal(ui_init(&ui, &cfg, &fixed, NULL), 0);
	cluster_end(&snap);
	ui_snapshot(&ui, cluster_snapshot(&snap, false));
	resize(80, 24);
	assert_true(works("q quit"));
	ui_go(&ui, view_find("errors"), "");
	resize(80, 24);
	assert_true(works("Esc back"));
	assert_false(says("q quit"));
}

/* What to do stands at the end of a refusal: it is not cut. */
static void a_message_is_read_to_its_end(void **state ATTR_UNUSED)
{
	resize(80, 24);
	press('M');
	assert_true(shows("M marks entries of a dead-letter queue: done"));
	assert_true(says("there"));
	ui_say(&ui, "%s", "one two three four five six seven eight nine ten eleven twelve end");
	resize(24, 12);
	assert_true(shows("one two three four"));
	assert_true(says("end"));
	press('j');
	assert_true(says("? help"));
}

static void no_list_is_empty_without_a_word(void **state ATTR_UNUSED)
{
	static const struct {
		const char *view, *sentence;
	} empty[] = {
		{"errors", "no error was seen"},      {"executors", "no executor is known"},
		{"sources", "nothing is polled"},     {"actions", "nothing was done yet"},
		{"dlq", "no dead-letter queue"},      {"jvms", "no Spark JVM runs on this host"},
		{"table", "there is no row of this"}, {"messages", "nothing to say yet"},
	};

	for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
		ui.table_schema = &schema_target;
		ui_go(&ui,
		      strcmp(empty[i].view, "table") ? view_find(empty[i].view) : &view_generic,
		      "");
		resize(80, 24);
		if (!shows(empty[i].sentence))
			fail_msg("%s does not say \"%s\"", empty[i].view, empty[i].sentence);
	}
}

static void without_a_row_nothing_is_opened(void **state ATTR_UNUSED)
{
	assert_true(works("Enter open"));
	assert_true(works("s sort"));
	type("/no such job");
	press(KEY_ENTER);
	assert_false(works("Enter open"));
	assert_false(works("K kill"));
	assert_true(works("/ filter"));
	assert_true(works("? help"));
	ui_go(&ui, view_find("dlq"), "health-analytics");
	resize(110, 24);
	assert_false(works("Enter open"));
	assert_false(works("Space mark"));
	assert_false(works("/ filter"));
	assert_true(works("Esc back"));
}

/* A text is searched and wrapped, not sorted and opened. */
static void a_text_has_other_keys(void **state ATTR_UNUSED)
{
	ui_go(&ui, view_find("messages"), NULL);
	resize(110, 24);
	assert_false(says("open"));
	assert_false(says("sort"));
	assert_true(says("/ search"));
	assert_true(says("w wrap"));
	ui_go(&ui, view_find("help"), NULL);
	resize(110, 24);
	assert_false(works("n next"));
	type("/kill");
	press(KEY_ENTER);
	assert_true(works("n next"));
}

static void read_only_has_no_hands(void **state ATTR_UNUSED)
{
	cfg.read_only = true;
	ui_draw(&ui, &screen);
	assert_false(works("V recover"));
	assert_false(works("K kill"));
	assert_false(works("B restart"));
	assert_true(works("Enter open"));
}

static void one_log_has_no_other(void **state ATTR_UNUSED)
{
	ui_go(&ui, view_find("log"), "migration");
	resize(110, 24);
	assert_false(works("e error"));
	assert_false(works("Tab log"));
}

/* --- rows of this host --- */

static struct dataset *jvms;

static void a_jvm(const char *job)
{
	struct jvm_row *j;

	dataset_unref(jvms);
	jvms = dataset_new();
	j = ARENA_NEW(&jvms->arena, struct jvm_row);
	field_clear_row(&schema_jvm, j);
	j->id = TEXT("18423@8412345");
	j->pid = 18423;
	j->role = JVM_DRIVER;
	j->verdict = JVM_IS_BUSY;
	j->job = job ? text_clean(&jvms->arena, job, strlen(job)) : NULL;
	dataset_add(jvms, &schema_jvm, j, 1);
	ui_go(&ui, view_find("overview"), NULL);
	snap.jvms = jvms;
	ui.version++;
	ui_go(&ui, view_find("jvms"), "");
	resize(110, 24);
}

static void a_jvm_of_no_job_leads_nowhere(void **state ATTR_UNUSED)
{
	a_jvm("migration");
	assert_true(works("Enter open"));
	assert_true(works("V recover"));
	a_jvm(NULL);
	assert_false(works("Enter open"));
	assert_false(works("V recover"));
	assert_true(works("t threads"));
	assert_true(works("K kill"));
}

/* SIGQUIT asks in the view: the line names its answer and nothing else, and type-ahead is none. */
static void the_question_of_a_print_has_its_keys(void **state ATTR_UNUSED)
{
	struct key_event enter = {.kind = KEY_EVENT_KEY, .key = KEY_ENTER, .is_burst = true};

	a_jvm("migration");
	press('t');
	assert_string_equal(view_name(), "threads");
	assert_true(works("T print"));
	nasked = 0;
	press('T');
	assert_string_equal(bottom(), " Enter send  Esc back  ? help");
	ui_event(&ui, &enter);
	assert_int_equal(nasked, 0);
	press(KEY_ENTER);
	assert_int_equal(nasked, 1);
	assert_true(asked.flag);
}

/* However small, the line of a question says how to say no. */
static void a_question_says_how_to_leave_it(void **state ATTR_UNUSED)
{
	ask('K', NULL);
	for (int w = QUESTION_MIN_W; w < 120; w++) {
		resize(w, 24);
		assert_true(question_is_open(&ui));
		if (!says("Enter kill") || !says("Esc cancel"))
			fail_msg("at %d: \"%s\"", w, bottom());
	}
}

static int end_jvms(void **state)
{
	question_teardown(state);
	dataset_unref(jvms);
	jvms = NULL;
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, question_setup, end_jvms)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(help_and_the_way_out_never_go),
		TEST(the_last_keys_go_first),
		TEST(begun_in_a_view_q_quits),
		TEST(a_message_is_read_to_its_end),
		TEST(no_list_is_empty_without_a_word),
		TEST(without_a_row_nothing_is_opened),
		TEST(a_text_has_other_keys),
		TEST(read_only_has_no_hands),
		TEST(one_log_has_no_other),
		TEST(a_jvm_of_no_job_leads_nowhere),
		TEST(the_question_of_a_print_has_its_keys),
		TEST(a_question_says_how_to_leave_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

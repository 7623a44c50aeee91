/* test_ui.c - the console without a terminal: its lists agree with each other, and keys do what
 * they should to what is shown. */
#include "../../tui/ui.h"
#include "ui_stage.h"

/* --- the lists --- */

static const struct command *find_command(const struct view *v, const char *line)
{
	size_t n = strcspn(line, " ");
	const struct command *c = command_find(v ? v->commands : NULL, line, n);

	return c ? c : command_find(commands, line, n);
}

static void check_bindings(const struct view *v, const struct binding *list)
{
	for (const struct binding *b = list; b && b->key; b++) {
		if (!key_parse(b->key))
			fail_msg("%s: \"%s\" is no key", v ? v->name : "global", b->key);
		if (!find_command(v, b->command) && !view_find(b->command))
			fail_msg("%s: key %s runs \"%s\", which is no command",
				 v ? v->name : "global", b->key, b->command);
		if (!b->help || !*b->help)
			fail_msg("%s: key %s has no help", v ? v->name : "global", b->key);
		/* What acts is upper case, and asks: nothing else begins an action. */
		if (!strncmp(b->command, "action ", 7))
			assert_in_range(key_parse(b->key), 'A', 'Z');
	}
}

static void check_columns(const struct table_spec *spec)
{
	for (const struct column *c = spec ? spec->columns : NULL; c && c->name; c++) {
		const struct field *f = field_find(spec->schema, c->name);

		if (!f)
			fail_msg("%s has no field %s", spec->schema->name, c->name);
		assert_int_equal(f->type == FIELD_SERIES, !!(c->flags & COLUMN_SPARK));
	}
}

static void test_lists(void **state)
{
	(void)state;
	check_bindings(NULL, bindings_global);
	for (const struct view *const *v = views; *v; v++) {
		check_bindings(*v, (*v)->bindings);
		check_columns((*v)->table);
		assert_true((*v)->help && *(*v)->help);
		assert_ptr_equal(view_find((*v)->name), *v);
		/* A command of the same name hides the view: these two lead there. */
		if (strcmp((*v)->name, "job") && strcmp((*v)->name, "help"))
			assert_null(command_find(commands, (*v)->name, strlen((*v)->name)));
		for (const char *const *f = (*v)->footer; f && *f; f++) {
			char key[24];

			if (strcmp(*f, "view 1-9") &&
			    !keymap_key(ui.keymap, (*v)->name, (*v)->bindings, *f, key))
				fail_msg("%s: no key for \"%s\" of the bottom line", (*v)->name,
					 *f);
		}
	}
	for (const struct command *c = commands; c->name; c++) {
		assert_non_null(c->run);
		assert_true(c->is_hidden || *c->help);
	}
	assert_string_equal(views[0]->name, "overview");
}

/* A sweep over views that are not reached proves nothing. */
static void assert_heading(const char *title)
{
	char row[2048], heading[100];

	snprintf(heading, sizeof(heading), "\xe2\x94\x80 %s ", title);
	screen_row(&screen, 1, row, sizeof(row));
	if (ui.view->view != &view_wall && !strstr(row, heading))
		fail_msg("%s: no \"%s\" in %s", view_name(), heading, row);
}

/* Every view at every size, with rows and without: nothing falls over. */
static void test_every_view_at_every_size(void **state)
{
	static const int widths[] = {1, 2, 3, 4, 10, 19, 20, 21, 40, 79, 80, 81, 110, 200, 300};
	static const int heights[] = {1, 2, 4, 5, 6, 8, 12, 24, 60, 100};

	(void)state;
	for (const struct view *const *v = views; *v; v++) {
		ui_go(&ui, *v, "health-analytics");
		assert_string_equal(view_name(), (*v)->name);
		for (size_t i = 0; i < ARRAY_LEN(widths); i++)
			for (size_t k = 0; k < ARRAY_LEN(heights); k++) {
				screen_resize(&screen, widths[i], heights[k]);
				ui_draw(&ui, &screen);
			}
		assert_heading(*v == &view_overview ? "jobs" : (*v)->title);
	}
	screen_resize(&screen, 110, 24);
	for (const struct schema *const *s = schemas_all(); *s; s++) {
		char line[64];

		snprintf(line, sizeof(line), ":table %s", (*s)->name);
		type(line);
		press(KEY_ENTER);
		assert_string_equal(view_name(), "table");
		assert_heading((*s)->title);
	}
}

static void test_tiny_says_the_worst(void **state)
{
	(void)state;
	screen_resize(&screen, 19, 2);
	ui_draw(&ui, &screen);
	assert_true(shows("✖ crashed migration"));
	screen_resize(&screen, 1, 1);
	ui_draw(&ui, &screen);
	assert_true(shows("✖"));
}

/* --- keys --- */

static void test_move_and_open(void **state)
{
	(void)state;
	assert_string_equal(here(), "migration");
	type("jj");
	assert_string_equal(here(), "silver-binance");
	press(KEY_UP);
	assert_string_equal(here(), "gold-daily");
	press('G');
	assert_string_equal(here(), "checkins-sync");
	press('g');
	press(KEY_ENTER);
	assert_string_equal(view_name(), "job");
	assert_string_equal(ui.job, "migration");
	press('>');
	assert_string_equal(ui.job, "gold-daily");
	press('<');
	press('<');
	assert_string_equal(ui.job, "checkins-sync");
	press(KEY_ESC);
	assert_string_equal(view_name(), "overview");
	assert_false(ui.wish.quit);
	press('q');
	assert_true(ui.wish.quit);
}

/* The key of "V continues at wait" acts on the row under the cursor: that is the one it is about,
 * unless somebody is elsewhere already. */
static void test_cursor_of_a_cut(void **state)
{
	(void)state;
	assert_string_equal(here(), "migration");
	snap.banner = "recover of silver-kraken stopped after kill; V continues at wait";
	snap.banner_job = "silver-kraken";
	ui_refresh(&ui);
	assert_string_equal(here(), "silver-kraken");
	snap.banner = snap.banner_job = NULL;
	ui_refresh(&ui);
	assert_string_equal(here(), "silver-kraken");
	press('k');
	snap.banner = "recover of gold-daily stopped after kill; V continues at wait";
	snap.banner_job = "gold-daily";
	ui_refresh(&ui);
	assert_string_equal(here(), "bronze-coinbase");
	snap.banner = snap.banner_job = NULL;
}

static void test_filter(void **state)
{
	(void)state;
	type("/bronze");
	assert_true(shows("3 of 9"));
	assert_false(shows("silver-kraken"));
	press(KEY_ENTER);
	assert_true(shows("/bronze  3 of 9"));
	/* Esc leaves the filter as it was. */
	type("/zzz");
	assert_true(shows("0 of 9"));
	press(KEY_ESC);
	assert_true(shows("/bronze  3 of 9"));
	press('/');
	press(KEY_CTRL | 'u');
	press(KEY_ENTER);
	assert_true(shows("9, worst first"));
	assert_true(shows("silver-kraken"));
}

static void test_prompt(void **state)
{
	(void)state;
	type(":the");
	press(KEY_TAB);
	assert_string_equal(ui.prompt.text, "theme ");
	type("li");
	press(KEY_TAB);
	assert_string_equal(ui.prompt.text, "theme light ");
	press(KEY_ENTER);
	assert_string_equal(ui.theme->name, "light");
	assert_true(ui.wish.theme);
	type(":souces");
	press(KEY_ENTER);
	assert_true(shows("no view and no command \"souces\", nearest: sources"));
	type(":job gold-daily");
	press(KEY_ENTER);
	assert_string_equal(ui.job, "gold-daily");
	type(":all");
	press(KEY_ENTER);
	assert_string_equal(ui.job, "");
	type(":sort errrs");
	press(KEY_ESC);
	type("2");
	assert_string_equal(view_name(), "job");
	type(":view 99");
	press(KEY_ENTER);
	assert_true(shows("there is no view 99"));
	/* Keys that will act have no meaning yet, and say so instead of doing something. */
	press('1');
	type("D");
	assert_true(shows("D: delete is not built yet"));
	press('W');
	assert_true(shows("W does nothing here; ? shows the keys"));
	type(":livy");
	press(KEY_ENTER);
	assert_true(shows("livy is not built yet"));
	type(":foo");
	press(KEY_ENTER);
	assert_true(shows("no view and no command \"foo\""));
	assert_false(shows("nearest"));
}

static void test_paste(void **state)
{
	(void)state;
	paste("q:quit\r\x1b[A");
	assert_false(ui.wish.quit);
	assert_true(shows("a paste was dropped"));
	assert_string_equal(view_name(), "overview");
	press('/');
	paste("bron\nze\x1b[2J");
	assert_string_equal(ui.prompt.text, "bronze[2J");
	press(KEY_ESC);
}

/* Where a terminal marks no pastes they are keys that come together: a job does not leave the list
 * by one. */
static void test_burst(void **state)
{
	struct key_event ev = {.kind = KEY_EVENT_KEY, .key = 'x', .is_burst = true};

	(void)state;
	ui_event(&ui, &ev); /* migration crashed, so x would take it off the list */
	assert_int_equal(nasked, 0);
	ui_draw(&ui, &screen);
	assert_true(shows("keys came faster than a hand types: nothing was done"));
	press('x');
	assert_int_equal(nasked, 1);
	assert_int_equal(asked.kind, REQUEST_DISMISS);
	assert_string_equal(asked.job, "migration");
}

static void test_pause(void **state)
{
	struct snapshot next;
	struct dataset *jobs = dataset_new(), *none = dataset_new();

	(void)state;
	press('z');
	assert_true(shows("PAUSED"));
	memset(&next, 0, sizeof(next));
	next.seq = 2;
	next.refs = 1000;
	next.jobs = jobs;
	next.incidents = none;
	ui_snapshot(&ui, &next);
	ui_draw(&ui, &screen);
	assert_true(shows("migration"));
	press('z');
	assert_false(shows("migration"));
	ui_snapshot(&ui, &snap);
	ui_draw(&ui, &screen);
	assert_true(shows("migration"));
	dataset_unref(jobs);
	dataset_unref(none);
}

static void test_copy_and_poll(void **state)
{
	(void)state;
	type("j");
	press('y');
	assert_true(ui.wish.copy);
	assert_string_equal(ui.clip.data, "gold-daily");
	press('r');
	assert_int_equal(nasked, 1);
	assert_int_equal(asked.kind, REQUEST_POLL_NOW);
	assert_string_equal(asked.job, "");
}

static void test_mouse(void **state)
{
	struct key_event ev = {.kind = KEY_EVENT_MOUSE, .x = 20, .y = 5};

	(void)state;
	ui_event(&ui, &ev);
	assert_string_equal(here(), "silver-binance");
	ev.button = 65;
	ui_event(&ui, &ev);
	assert_string_equal(here(), "health-analytics");
	ev.button = 0;
	ev.y = 23; /* the bottom line is no row */
	ui_event(&ui, &ev);
	assert_string_equal(here(), "health-analytics");
	press('m');
	assert_true(ui.is_mouse && ui.wish.mouse);
}

static void test_remap(void **state)
{
	static const struct config_key keys[] = {{"overview", "x", "view 2"},
						 {"global", "j", "up"}};
	struct err err = {0};
	struct ui other;
	struct key_event ev = {.kind = KEY_EVENT_KEY, .key = 'x'};

	(void)state;
	cfg.keys = keys;
	cfg.nkeys = 2;
	assert_int_equal(ui_init(&other, &cfg, &fixed, &err), 0);
	ui_event(&other, &ev);
	assert_string_equal(other.view->view->name, "job");
	ui_release(&other);
	cfg.theme = "nosuch";
	assert_int_not_equal(ui_init(&other, &cfg, &fixed, &err), 0);
	cfg.theme = NULL;
	cfg.view = "overvew";
	assert_int_not_equal(ui_init(&other, &cfg, &fixed, &err), 0);
	assert_string_equal(err.message, "no view \"overvew\", nearest: overview");
	cfg.view = NULL;
	cfg.nkeys = 0;
}

/* Any keys in any order: no crash, and nothing but polls is asked for. */
static void test_monkey(void **state)
{
	uint32_t x = 99;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct key_event ev = {.kind = KEY_EVENT_KEY};

		x = x * 1664525 + 1013904223;
		ev.key = (x >> 8) % 5 ? 32 + (x >> 12) % 95 : KEY_BASE + 1 + (x >> 12) % 34;
		if ((x >> 20) % 50 == 0)
			ev.kind = KEY_EVENT_PASTE;
		ui_event(&ui, &ev);
		ui.wish.quit = false;
		if (i % 16 == 0) {
			screen_resize(&screen, 1 + (int)((x >> 5) % 140),
				      1 + (int)((x >> 13) % 50));
			ui_draw(&ui, &screen);
		}
		if (i % 97 == 0)
			ui_refresh(&ui);
		if (ui.prompt.kind != PROMPT_NONE && i % 11 == 0)
			prompt_close(&ui.prompt, false);
	}
	screen_resize(&screen, 110, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_view_at_every_size, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tiny_says_the_worst, setup, teardown),
		cmocka_unit_test_setup_teardown(test_move_and_open, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cursor_of_a_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_filter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_prompt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paste, setup, teardown),
		cmocka_unit_test_setup_teardown(test_burst, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pause, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copy_and_poll, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mouse, setup, teardown),
		cmocka_unit_test_setup_teardown(test_remap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_monkey, setup, teardown),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

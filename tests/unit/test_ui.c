/* test_ui.c - the console without a terminal: its lists agree with each other, and keys do what
 * they should to what is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../include/row/dlq.h"
#include "../../include/schemas.h"
#include "../../tui/ui.h"
#include "../screen/cluster.h"

static struct clock fixed;
static struct config cfg;
static struct ui ui;
static struct screen screen;
static struct snapshot snap;
static struct request asked;
static int nasked;

static int on_request(void *data, const struct request *r, struct err *err)
{
	(void)data;
	(void)err;
	asked = *r;
	nasked++;
	return 0;
}

static int setup(void **state)
{
	struct err err = {0};

	(void)state;
	fixed = clock_fixed(CLUSTER_NOW, 1000000);
	memset(&cfg, 0, sizeof(cfg));
	cfg.interval_ms = 2000;
	cfg.njobs = 9;
	nasked = 0;
	assert_int_equal(ui_init(&ui, &cfg, &fixed, &err), 0);
	ui.request = on_request;
	screen_init(&screen, ui.glyphs);
	screen_resize(&screen, 110, 24);
	ui_snapshot(&ui, cluster_snapshot(&snap, false));
	ui_draw(&ui, &screen);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ui_release(&ui);
	screen_release(&screen);
	cluster_end(&snap);
	return 0;
}

static void press(uint32_t key)
{
	struct key_event ev = {.kind = KEY_EVENT_KEY, .key = key};

	ui_event(&ui, &ev);
	ui_draw(&ui, &screen);
}

static void type(const char *text)
{
	for (; *text; text++)
		press(*text == ' ' ? (uint32_t)KEY_SPACE : (uint32_t)*text);
}

static void paste(const char *text)
{
	struct key_event ev = {.kind = KEY_EVENT_PASTE};

	for (; *text; text++) {
		ev.key = (uint32_t)*text;
		ui_event(&ui, &ev);
	}
	ev.kind = KEY_EVENT_PASTE_END;
	ui_event(&ui, &ev);
	ui_draw(&ui, &screen);
}

static bool shows(const char *text)
{
	char row[2048];

	for (int y = 0; y < screen.h; y++) {
		screen_row(&screen, y, row, sizeof(row));
		if (strstr(row, text))
			return true;
	}
	return false;
}

static const char *view_name(void)
{
	return ui.view->view->name;
}

static const char *here(void)
{
	return ui_job_here(&ui);
}

/* --- the lists ---------------------------------------------------------------------------------
 */

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
		/* No key acts on the world yet. */
		assert_int_not_equal(key_parse(b->key), 'K');
		assert_int_not_equal(key_parse(b->key), 'R');
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

/* Every view at every size, with rows and without: nothing falls over. */
static void test_every_view_at_every_size(void **state)
{
	static const int widths[] = {1, 2, 3, 4, 10, 19, 20, 21, 40, 79, 80, 81, 110, 200, 300};
	static const int heights[] = {1, 2, 4, 5, 6, 8, 12, 24, 60, 100};

	(void)state;
	for (const struct view *const *v = views; *v; v++) {
		ui_go(&ui, *v, "health-analytics");
		for (size_t i = 0; i < ARRAY_LEN(widths); i++)
			for (size_t k = 0; k < ARRAY_LEN(heights); k++) {
				screen_resize(&screen, widths[i], heights[k]);
				ui_draw(&ui, &screen);
			}
	}
	screen_resize(&screen, 110, 24);
	for (const struct schema *const *s = schemas_all(); *s; s++) {
		char line[64];

		snprintf(line, sizeof(line), ":table %s", (*s)->name);
		type(line);
		press(KEY_ENTER);
		assert_string_equal(view_name(), "table");
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

/* --- keys ---------------------------------------------------------------------------------------
 */

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

/* The overview is the top: it narrows nothing, and q leaves from it at once. */
static void test_digits_and_the_top(void **state)
{
	(void)state;
	type("jj");
	press(KEY_ENTER);
	assert_string_equal(ui.job, "silver-binance");
	type("5"); /* inside a job's view digits keep the job, and the title says so */
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
	type("65"); /* the sources are of all jobs: no hidden narrowing after them */
	assert_string_equal(ui.job, "");
	type("1");
	press(KEY_ESC);
	assert_string_equal(view_name(), "overview");
	type("2345612");
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

static void test_prompt(void **state)
{
	(void)state;
	type(":th");
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
	type("9");
	assert_true(shows("there is no view 9"));
	/* Keys that act have no meaning yet, and say so instead of doing something. */
	press('1');
	type("K");
	assert_true(shows("K: kill is not built yet"));
	press('W');
	assert_true(shows("W does nothing here; ? shows the keys"));
	type(":jvms");
	press(KEY_ENTER);
	assert_true(shows("jvms is not built yet"));
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

/* A configuration that was read again is what the screen says from then on. */
static void test_reload(void **state)
{
	struct config other = {.interval_ms = 7000,
			       .njobs = 9,
			       .label = TEXT("CHANGED"),
			       .is_ascii = true,
			       .no_color = true,
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
	for (size_t i = 0; i < held; i++) {
		field_clear_row(&schema_dlq_entry, &e[i]);
		e[i].job = g->job;
		e[i].group = 7;
		e[i].is_bad = false;
		e[i].batch_id.number = 4200 + (int64_t)i;
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
	type("5");
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

/* What has not come yet is being read; what is not there is said to be not there. */
static void test_entries_to_come(void **state)
{
	(void)state;
	show_queue(0, 9);
	type("5");
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
	type("5");
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
		cmocka_unit_test_setup_teardown(test_small_says_the_worst, setup, teardown),
		cmocka_unit_test_setup_teardown(test_move_and_open, setup, teardown),
		cmocka_unit_test_setup_teardown(test_filter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_digits_and_the_top, setup, teardown),
		cmocka_unit_test_setup_teardown(test_filter_by_what_is_shown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_prompt, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paste, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pause, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copy_and_poll, setup, teardown),
		cmocka_unit_test_setup_teardown(test_entries_filter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_entries_to_come, setup, teardown),
		cmocka_unit_test_setup_teardown(test_old_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reload, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mouse, setup, teardown),
		cmocka_unit_test_setup_teardown(test_remap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_monkey, setup, teardown),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Golden screens of the log view, and that it moves over a log of any length without a hole: the
 * requests it makes are answered from a log in memory, as the source answers them. */
#include "golden.h"
#include "log_rows.h"

static struct snapshot snap;
static struct section *logs[2];
static const struct section *list[2];
static int64_t lines; /* of the log now */
static const struct dataset *answer;
static struct ui ui;
static struct screen screen;
static int nasked;
static bool is_slow; /* answers stay away */

static int on_request(void *data, const struct request *r, struct err *err)
{
	(void)data;
	(void)err;
	assert_int_equal(r->kind, REQUEST_LOG_PAGE);
	assert_string_equal(r->job, "migration");
	nasked++;
	if (is_slow)
		return 0;
	dataset_unref(answer);
	answer = log_page(r, lines);
	return 0;
}

/* What was asked for arrives with the next snapshot. */
static void arrive(void)
{
	while (answer) {
		const struct dataset *old = snap.detail;

		snap.detail = answer;
		answer = NULL;
		ui_refresh(&ui);
		dataset_unref(old);
	}
	ui_draw(&ui, &screen);
}

static void grow(int64_t n)
{
	struct section *old = logs[0];

	lines = n;
	list[0] = logs[0] = log_section(LOG_PLACE, n);
	ui_refresh(&ui);
	section_unref(old);
	arrive();
}

static void start(int w, int h, int64_t n)
{
	golden_start(&ui, &screen, w, h);
	ui.request = on_request;
	lines = n;
	is_slow = false;
	nasked = 0;
	cluster_snapshot(&snap, false);
	list[0] = logs[0] = log_section(LOG_PLACE, n);
	list[1] = logs[1] = log_section("/var/spark/app-1/3/stderr", 20);
	snap.sections = list;
	snap.nsections = 2;
	ui_snapshot(&ui, &snap);
	ui_go(&ui, &view_log, "migration");
	ui_draw(&ui, &screen);
}

static void stop(void)
{
	golden_stop(&ui, &screen);
	dataset_unref(snap.detail);
	dataset_unref(answer);
	answer = NULL;
	section_unref(logs[0]);
	section_unref(logs[1]);
	cluster_end(&snap);
}

static void press(uint32_t key)
{
	golden_press(&ui, &screen, key);
	arrive();
}

static void type(const char *keys)
{
	for (; *keys; keys++)
		press(*keys == ' ' ? (uint32_t)KEY_SPACE : (uint32_t)*keys);
}

/* The text under the cursor. */
static const char *here(void)
{
	static char row[2048];

	for (int y = 0; y < screen.h; y++)
		if (screen_at(&screen, 10, y)->ground == GROUND_CURSOR) {
			screen_row(&screen, y, row, sizeof(row));
			return row;
		}
	return "";
}

static void at_the_end(void **state ATTR_UNUSED)
{
	static const struct {
		int w, h;
	} sizes[] = {{80, 24}, {110, 30}, {160, 50}};

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		char name[64];

		start(sizes[i].w, sizes[i].h, 3000);
		snprintf(name, sizeof(name), "log-%dx%d", sizes[i].w, sizes[i].h);
		golden_check(&screen, name);
		stop();
	}
}

/* The cursor on a mark: what it means, what to do. */
static void on_a_mark(void **state ATTR_UNUSED)
{
	start(110, 30, 3000);
	type("EEEE");
	assert_non_null(strstr(here(), "java.lang.OutOfMemoryError: Java heap space"));
	assert_true(golden_shows(&screen, "raise the memory of the JVM"));
	golden_check(&screen, "log-mark-110x30");
	type("E");
	assert_non_null(strstr(here(), "ERROR Executor"));
	type("E"); /* further ones are looked for in the whole log */
	assert_true(golden_shows(&screen, "no further error or mark above"));
	assert_int_equal(nasked, 1);
	stop();
}

/* Every line once, in its order, from the end to the beginning and back. */
static void without_a_hole(void **state ATTR_UNUSED)
{
	char want[64];

	start(110, 30, 3000);
	for (int64_t i = 2999; i >= 0; i--, type("k")) {
		snprintf(want, sizeof(want), "Finished task %lld.0", (long long)i);
		if (i < 2984 && !strstr(here(), want))
			fail_msg("line %lld is not under the cursor: %s", (long long)i, here());
	}
	assert_true(nasked >= 5);
	assert_non_null(strstr(here(), "Finished task 0.0"));
	nasked = 0;
	for (int64_t i = 1; i < 2900; i++) {
		type("j");
		snprintf(want, sizeof(want), "Finished task %lld.0", (long long)i);
		if (!strstr(here(), want))
			fail_msg("line %lld is not under the cursor: %s", (long long)i, here());
	}
	assert_true(nasked >= 2); /* what was held is not asked for again */
	type("g");
	assert_non_null(strstr(here(), "Finished task 0.0"));
	assert_true(golden_shows(&screen, "G follows"));
	type("G");
	assert_true(golden_shows(&screen, "follows"));
	assert_non_null(strstr(here(), "Finished task 2999.0"));
	stop();
}

static void follows_until_moved(void **state ATTR_UNUSED)
{
	start(110, 30, 3000);
	assert_non_null(strstr(here(), "task 2999.0"));
	grow(3010);
	assert_non_null(strstr(here(), "task 3009.0"));
	type("k");
	grow(3020);
	assert_non_null(strstr(here(), "task 3008.0"));
	type("G");
	assert_non_null(strstr(here(), "task 3019.0"));
	stop();
}

/* The whole log is searched; the lines around come back with Esc, and n still knows the word. */
static void filtered(void **state ATTR_UNUSED)
{
	start(110, 30, 3000);
	type("/task 77");
	press(KEY_ENTER);
	assert_non_null(strstr(here(), "task 779.0"));
	assert_true(golden_shows(&screen, "/task 77"));
	assert_false(golden_shows(&screen, "task 780.0"));
	type("k");
	assert_non_null(strstr(here(), "task 778.0"));
	type("kkkkkkkkk");
	assert_non_null(strstr(here(), "task 77.0"));
	press(KEY_ESC);
	assert_non_null(strstr(here(), "task 77.0"));
	assert_true(golden_shows(&screen, "task 78.0"));
	type("n");
	assert_non_null(strstr(here(), "task 770.0"));
	type("N");
	assert_non_null(strstr(here(), "task 77.0"));
	type("N");
	assert_true(golden_shows(&screen, "no further match above"));
	type("/nowhere");
	press(KEY_ENTER);
	assert_true(golden_shows(&screen, "no line holds that; Esc shows all lines"));
	stop();
}

/* A filter begun in the middle finds what stands before as well. */
static void filtered_from_the_middle(void **state ATTR_UNUSED)
{
	start(110, 30, 3000);
	type("/task 20");
	press(KEY_ENTER);
	type("g");
	press(KEY_ESC);
	type("/task 2900.0");
	press(KEY_ENTER);
	assert_non_null(strstr(here(), "task 2900.0"));
	press(KEY_ESC);
	type("/task 7.0");
	press(KEY_ENTER);
	assert_non_null(strstr(here(), "task 7.0"));
	assert_false(golden_shows(&screen, "no line holds that"));
	type("/nothing of that kind");
	press(KEY_ENTER);
	assert_true(golden_shows(&screen, "no line holds that"));
	stop();
}

/* With a filter at the end, new lines that hold it come by themselves. */
static void follows_a_filter(void **state ATTR_UNUSED)
{
	start(110, 30, 3000);
	type("/task 300");
	press(KEY_ENTER);
	assert_non_null(strstr(here(), "task 300.0"));
	nasked = 0;
	grow(3001);
	assert_int_equal(nasked, 1);
	assert_non_null(strstr(here(), "task 3000.0"));
	nasked = 0; /* what does not hold it asks for nothing */
	type("/!INFO");
	press(KEY_CTRL | 'u');
	type("filter Java heap");
	press(KEY_ENTER);
	nasked = 0;
	grow(3002);
	assert_int_equal(nasked, 0);
	stop();
}

static void other_places(void **state ATTR_UNUSED)
{
	start(110, 30, 3000);
	assert_true(golden_shows(&screen, "log 1 of 2"));
	press(KEY_TAB);
	assert_true(golden_shows(&screen, "log 2 of 2"));
	assert_true(golden_shows(&screen, "executor 3"));
	type("[");
	assert_true(golden_shows(&screen, "log 1 of 2"));
	type(">");
	assert_true(golden_shows(&screen, "no log of this job is followed"));
	golden_check(&screen, "log-none-110x30");
	type("<");
	assert_true(golden_shows(&screen, "task 2999.0"));
	stop();
}

static void wrapped_and_copied(void **state ATTR_UNUSED)
{
	start(50, 24, 3000);
	type("kk");
	assert_false(golden_shows(&screen, "in 212 ms"));
	type("w");
	assert_true(golden_shows(&screen, "stage 41.0 in 212 ms"));
	type("y");
	assert_non_null(strstr(ui.clip.data, "Finished task 2997.0 in stage 41.0 in 212 ms"));
	stop();
}

/* Lines that became shorter leave no room below the end while there are others above. */
static void no_room_is_wasted(void **state ATTR_UNUSED)
{
	char row[2048];

	start(50, 24, 3000);
	type("wkw");
	screen_row(&screen, screen.h - 2, row, sizeof(row));
	assert_non_null(strstr(row, "13:49:59"));
	stop();
}

static void at_every_size(void **state ATTR_UNUSED)
{
	static const int widths[] = {1, 3, 4, 5, 19, 20, 21, 40, 80, 110, 200, 500};
	static const int heights[] = {1, 2, 4, 5, 6, 7, 8, 12, 24, 60, 300};

	start(80, 24, 3000);
	for (size_t i = 0; i < 2 * ARRAY_LEN(widths) * ARRAY_LEN(heights); i++) {
		screen_resize(&screen, widths[i % ARRAY_LEN(widths)],
			      heights[i / ARRAY_LEN(widths) % ARRAY_LEN(heights)]);
		type(i % 5 ? "k" : i % 2 ? "w" : "E");
		if (i % 17 == 0)
			type("G");
	}
	stop();
}

/* An answer that never comes does not end the asking. */
static void patience_ends(void **state ATTR_UNUSED)
{
	start(110, 30, 3000);
	is_slow = true;
	type("g");
	assert_int_equal(nasked, 1);
	fixed = clock_fixed(CLUSTER_NOW + 11000, 1011000);
	ui_draw(&ui, &screen);
	ui_refresh(&ui);
	is_slow = false;
	type("g");
	assert_non_null(strstr(here(), "task 0.0"));
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_the_end),         cmocka_unit_test(on_a_mark),
		cmocka_unit_test(without_a_hole),     cmocka_unit_test(follows_until_moved),
		cmocka_unit_test(filtered),           cmocka_unit_test(filtered_from_the_middle),
		cmocka_unit_test(follows_a_filter),   cmocka_unit_test(other_places),
		cmocka_unit_test(wrapped_and_copied), cmocka_unit_test(no_room_is_wasted),
		cmocka_unit_test(patience_ends),      cmocka_unit_test(at_every_size),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

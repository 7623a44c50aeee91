/* test_draw.c - text, gauges, sparklines and rules land in the cells they should,
 * and nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../tui/draw.h"

static struct screen s;

static int setup(void **state)
{
	(void)state;
	screen_init(&s, &glyphs_unicode);
	screen_resize(&s, 20, 3);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	screen_release(&s);
	return 0;
}

static void assert_row(int y, const char *want)
{
	char got[512];

	screen_row(&s, y, got, sizeof(got));
	assert_string_equal(got, want);
}

static void test_cut(void **state)
{
	(void)state;
	draw_str_cut(area_all(&s), 0, 0, 8, STYLE_TEXT, "migration");
	assert_row(0, "migrati…            ");
	draw_str_cut(area_all(&s), 0, 1, 9, STYLE_TEXT, "migration");
	assert_row(1, "migration           ");
	draw_right(area_all(&s), 2, 2, 6, STYLE_TEXT, "1.2k");
	assert_row(2, "    1.2k            ");
}

static void test_wide(void **state)
{
	(void)state;
	/* A character of two columns that does not fit whole is not drawn. */
	draw_str_cut(area_all(&s), 0, 0, 4, STYLE_TEXT, "日本語");
	assert_row(0, "日…                 ");
	assert_int_equal(screen_at(&s, 1, 0)->ch, 0);
	/* Half of it overwritten: the other half becomes a blank. */
	draw_str(area_all(&s), 1, 0, STYLE_TEXT, "x");
	assert_row(0, " x…                 ");
	draw_str(area_all(&s), 0, 1, STYLE_TEXT, "日");
	draw_str(area_all(&s), 0, 1, STYLE_TEXT, "y");
	assert_row(1, "y                   ");
}

/* Text is laid in runs: at both ends of one a wide character loses what is left of it, and none
 * begins left of its area. */
static void test_runs(void **state)
{
	(void)state;
	draw_str(area_all(&s), 0, 0, STYLE_TEXT, "日本語文");
	draw_str(area_all(&s), 1, 0, STYLE_BAR, "abcd");
	assert_row(0, " abcd 文            ");
	assert_int_equal(screen_at(&s, 0, 0)->style, STYLE_TEXT);
	assert_int_equal(screen_at(&s, 4, 0)->style, STYLE_BAR);
	draw_str(area_sub(area_all(&s), 4, 1, 4, 1), -2, 0, STYLE_TEXT, "abcdefgh");
	assert_row(1, "    cdef            ");
	draw_str(area_all(&s), 0, 2, STYLE_TEXT,
		 "a\xc3\xa9"
		 "b\\c<d\\x07e");
	assert_row(2, "a\xc3\xa9"
		      "b\\c<d\\x07e        ");
	assert_int_equal(screen_at(&s, 3, 2)->style, STYLE_TEXT);
	assert_int_equal(screen_at(&s, 7, 2)->style, STYLE_ESCAPED);
	assert_int_equal(screen_at(&s, 11, 2)->style, STYLE_TEXT);
}

static void test_combining(void **state)
{
	(void)state;
	draw_str(area_all(&s), 0, 0, STYLE_TEXT, "e\xcc\x81z");
	assert_row(0, "e\xcc\x81z                  ");
	assert_int_equal(screen_at(&s, 1, 0)->ch, 'z');
}

/* Whoever gets past the door: no control character is ever in a cell. */
static void test_no_control(void **state)
{
	(void)state;
	draw_str(area_all(&s), 0, 0, STYLE_TEXT, "a\x1b[31m\r\n\x07");
	for (int x = 0; x < s.w; x++)
		assert_true(screen_at(&s, x, 0)->ch >= 0x20);
}

/* A character shown by its number looks like one. */
static void test_escaped(void **state)
{
	(void)state;
	draw_str(area_all(&s), 0, 0, STYLE_TEXT, "a<U+202E>b\\x1bc<U>");
	assert_row(0, "a<U+202E>b\\x1bc<U>  ");
	assert_int_equal(screen_at(&s, 0, 0)->style, STYLE_TEXT);
	for (int x = 1; x <= 8; x++)
		assert_int_equal(screen_at(&s, x, 0)->style, STYLE_ESCAPED);
	assert_int_equal(screen_at(&s, 9, 0)->style, STYLE_TEXT);
	for (int x = 10; x <= 13; x++)
		assert_int_equal(screen_at(&s, x, 0)->style, STYLE_ESCAPED);
	assert_int_equal(screen_at(&s, 14, 0)->style, STYLE_TEXT);
	assert_int_equal(screen_at(&s, 15, 0)->style, STYLE_TEXT);
}

static void test_clipping(void **state)
{
	struct area a = area_sub(area_all(&s), 5, 1, 4, 1);

	(void)state;
	draw_str(a, 0, 0, STYLE_TEXT, "abcdefgh");
	draw_str(a, 0, 1, STYLE_TEXT, "below");
	draw_str(a, -2, 0, STYLE_TEXT, "");
	draw_str(a, 0, -1, STYLE_TEXT, "above");
	assert_row(0, "                    ");
	assert_row(1, "     abcd           ");
	assert_row(2, "                    ");
	area_fill(area_sub(area_all(&s), -3, -3, 100, 100), STYLE_TEXT);
	assert_row(1, "                    ");
}

static void test_gauge(void **state)
{
	static const struct {
		double pct;
		const char *want;
	} cases[] = {
		{0, "━━━━━━━━━━          "},   {0.1, "▏━━━━━━━━━          "},
		{12, "█▏━━━━━━━━          "},  {38, "███▊━━━━━━          "},
		{61, "██████━━━━          "},  {99, "█████████▉          "},
		{100, "██████████          "}, {250, "██████████          "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		screen_clear(&s);
		draw_gauge(area_all(&s), 0, 0, 10, cases[i].pct, STYLE_OK);
		assert_row(0, cases[i].want);
	}
	screen_clear(&s);
	draw_gauge(area_all(&s), 0, 0, 10, ABSENT_REAL, STYLE_OK);
	assert_row(0, "-                   ");
	s.glyphs = &glyphs_ascii;
	draw_gauge(area_all(&s), 0, 1, 12, 50, STYLE_OK);
	assert_row(1, "[#####.....]        ");
	assert_int_equal(gauge_style(59.9), STYLE_OK);
	assert_int_equal(gauge_style(60), STYLE_WARN);
	assert_int_equal(gauge_style(80), STYLE_BAD);
	assert_int_equal(gauge_style(90), STYLE_CRIT);
}

static void test_spark(void **state)
{
	static const float v[] = {1, 2, NAN, 7, 0};
	const struct series series = {0, 60000, 5, v};

	(void)state;
	draw_spark(area_sub(area_all(&s), 0, 0, 15, 1), STYLE_SPARK, &series, 0);
	assert_row(0, "▁▂ ▇▁               ");
	/* Only the newest that fit; a kept scale makes the same values lower. */
	draw_spark(area_sub(area_all(&s), 0, 1, 3, 1), STYLE_SPARK, &series, 14);
	assert_row(1, " ▄▁                 ");
}

static void test_rule(void **state)
{
	(void)state;
	draw_rule(area_all(&s), 0, STYLE_TITLE, "jobs", "9");
	assert_row(0, "── jobs ─────── 9 ──");
	draw_rule(area_all(&s), 1, STYLE_TITLE, "a title that is too long", NULL);
	assert_row(1, "── a title that … ──");
	draw_rule(area_all(&s), 2, STYLE_TITLE, "jobs", "facts that do not fit");
	assert_row(2, "── jobs ────────────");
}

/* At blanks where there are some; the last line is cut; a flat area only measures. */
static void test_paragraph(void **state)
{
	struct area a = area_sub(area_all(&s), 2, 0, 9, 3);

	(void)state;
	assert_int_equal(
		draw_paragraph(area_sub(a, 0, 0, 9, 0), 3, STYLE_TEXT, "kill it, wait ten"), 2);
	assert_row(0, "                    ");
	assert_int_equal(draw_paragraph(a, 3, STYLE_TEXT, "kill it, wait ten"), 2);
	assert_row(0, "  kill it,          ");
	assert_row(1, "  wait ten          ");
	assert_int_equal(draw_paragraph(a, 2, STYLE_TEXT, "/usr/lib/python3 main.py"), 2);
	assert_row(0, "  /usr/lib/         ");
	assert_row(1, "  python3 …         ");
	assert_int_equal(draw_paragraph(a, 3, STYLE_TEXT, ""), 0);
	assert_int_equal(draw_paragraph(area_sub(a, 0, 0, 0, 3), 3, STYLE_TEXT, "x"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wide, setup, teardown),
		cmocka_unit_test_setup_teardown(test_runs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_combining, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_control, setup, teardown),
		cmocka_unit_test_setup_teardown(test_escaped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_clipping, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gauge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_spark, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rule, setup, teardown),
		cmocka_unit_test_setup_teardown(test_paragraph, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

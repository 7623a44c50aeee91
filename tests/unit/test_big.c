/* test_big.c - large letters: dots land in the right halves of cells, at every scale; what the font
 * lacks stands there in its ordinary size; nothing leaves its area. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../tui/big.h"

static struct screen s;

static int setup(void **state ATTR_UNUSED)
{
	screen_init(&s, &glyphs_unicode);
	screen_resize(&s, 24, 12);
	return 0;
}

static int teardown(void **state ATTR_UNUSED)
{
	screen_release(&s);
	return 0;
}

static void assert_rows(int y, const char *const *want)
{
	char got[512];

	for (; *want; want++, y++) {
		size_t len;

		screen_row(&s, y, got, sizeof(got));
		len = strlen(got);
		while (len && got[len - 1] == ' ')
			got[--len] = '\0';
		assert_string_equal(got, *want);
	}
}

static void halves_of_cells(void **state ATTR_UNUSED)
{
	static const char *const once[] = {"█  █ ▀█▀", "█▀▀█  █", "▀  ▀  ▀", NULL};
	static const char *const twice[] = {"██    ██  ██████",
					    "██    ██    ██",
					    "████████    ██",
					    "██    ██    ██",
					    "██    ██    ██",
					    "",
					    NULL};

	assert_int_equal(big_draw(area_all(&s), 0, 0, 1, STYLE_TEXT, "ht"), 8);
	assert_rows(0, once);
	assert_int_equal(big_height(&glyphs_unicode, 1), 3);
	big_draw(area_all(&s), 0, 4, 2, STYLE_TEXT, "HT");
	assert_rows(4, twice);
	assert_int_equal(big_height(&glyphs_unicode, 2), 5);
	assert_int_equal(big_width(2, "ht"), 16);
	assert_int_equal(big_height(&glyphs_unicode, 3), 8);
}

static void in_ascii(void **state ATTR_UNUSED)
{
	static const char *const once[] = {"#  # ###", "#  #  #", "####  #",
					   "#  #  #",  "#  #  #", NULL};

	s.glyphs = &glyphs_ascii;
	big_draw(area_all(&s), 0, 0, 1, STYLE_TEXT, "HT");
	assert_rows(0, once);
	assert_int_equal(big_height(&glyphs_ascii, 1), 5);
	assert_int_equal(big_height(&glyphs_ascii, 2), 5);
	assert_int_equal(big_height(&glyphs_ascii, 3), 10);
}

static void cut_and_missing(void **state ATTR_UNUSED)
{
	static const char *const foreign[] = {"▀█▀     ▀█▀", " █  é    █", " ▀       ▀", NULL};
	char row[200];

	big_draw(area_all(&s), 0, 0, 1, STYLE_TEXT, "t\xc3\xa9t");
	assert_rows(0, foreign);
	screen_clear(&s);
	big_draw_cut(area_sub(area_all(&s), 0, 0, 16, 3), 1, STYLE_TEXT, "migration");
	screen_row(&s, 2, row, sizeof(row));
	assert_non_null(strstr(row, "▀ ▀ ▀"));
	assert_int_equal(big_fit(16, 3, "migration"), 0);
	assert_int_equal(big_fit(100, 3, "migration"), 2);
	/* as wide as anything, in an area as small as anything */
	for (int w = 0; w < 20; w++)
		for (int scale = 0; scale < 6; scale++)
			big_draw_cut(area_sub(area_sub(area_all(&s), 3, 3, w, 2), -2, -1, w, 9),
				     scale, STYLE_TEXT, "migration of everything");
}

static void paragraphs(void **state ATTR_UNUSED)
{
	screen_resize(&s, 60, 30);
	assert_int_equal(big_paragraph(area_all(&s), 4, 1, STYLE_TEXT, "one two three four"), 8);
	assert_int_equal(big_paragraph(area_all(&s), 1, 1, STYLE_TEXT, "one two three four"), 4);
	assert_int_equal(big_paragraph(area_all(&s), 4, 0, STYLE_TEXT, "one two three four"), 1);
	assert_int_equal(big_paragraph(area_all(&s), 4, 1, STYLE_TEXT, ""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(halves_of_cells, setup, teardown),
		cmocka_unit_test_setup_teardown(in_ascii, setup, teardown),
		cmocka_unit_test_setup_teardown(cut_and_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(paragraphs, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

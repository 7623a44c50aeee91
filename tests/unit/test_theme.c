/* test_theme.c - themes: inheritance, grounds, fewer colours, and mistakes with their place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../tui/theme.h"

static struct look parse(const char *text, int ncolours, enum style st, enum ground g)
{
	struct theme th;
	struct err err = {0};

	if (theme_parse("t", text, strlen(text), ncolours, &th, &err))
		fail_msg("%s", err.message);
	return th.looks[st][g];
}

static void assert_mistake(const char *text, const char *want)
{
	struct theme th;
	struct err err = {0};

	assert_int_equal(theme_parse("my.theme", text, strlen(text), 256, &th, &err), -ERR_CONFIG);
	assert_string_equal(err.message, want);
}

static void test_inherits(void **state)
{
	struct look l;

	(void)state;
	l = parse("warn fg=100 bold\n", 256, STYLE_CRIT, GROUND_NONE);
	assert_int_equal(l.fg, 100); /* crit from bad from warn */
	assert_int_equal(l.attrs, ATTR_BOLD);
	l = parse("warn fg=100 bold\ncrit fg=203\n", 256, STYLE_CRIT, GROUND_NONE);
	assert_int_equal(l.fg, 203);
	assert_int_equal(l.attrs, 0); /* a line says all attributes of its role */
	l = parse("default fg=7\n", 256, STYLE_SPARK, GROUND_NONE);
	assert_int_equal(l.fg, 7);
}

static void test_grounds(void **state)
{
	static const char text[] = "text fg=252\ncursor fg=255 bg=24\ncritbar fg=231 bg=124\n";
	struct look l;

	(void)state;
	l = parse(text, 256, STYLE_TEXT, GROUND_CURSOR);
	assert_int_equal(l.bg, 24);
	assert_int_equal(l.fg, 252); /* the background changes, the role stays */
	l = parse(text, 256, STYLE_CRITBAR, GROUND_CURSOR);
	assert_int_equal(l.bg, 124);
	l = parse(text, 256, STYLE_DEFAULT, GROUND_CURSOR);
	assert_int_equal(l.fg, 255);
}

static void test_fewer_colours(void **state)
{
	static const char text[] = "bar fg=252,default bg=236,default eight=reverse mono=reverse\n"
				   "crit fg=203 bold\ninfo fg=110,cyan\n";
	struct look l;

	(void)state;
	l = parse(text, 8, STYLE_BAR, GROUND_BAR);
	assert_int_equal(l.fg, COLOUR_DEFAULT);
	assert_int_equal(l.attrs, ATTR_REVERSE);
	assert_int_equal(parse(text, 8, STYLE_CRIT, GROUND_NONE).fg, 1); /* the nearest is red */
	assert_int_equal(parse(text, 8, STYLE_INFO, GROUND_NONE).fg, 6);
	l = parse(text, 0, STYLE_CRIT, GROUND_BAR);
	assert_int_equal(l.fg, COLOUR_DEFAULT);
	assert_int_equal(l.attrs, ATTR_BOLD | ATTR_REVERSE);
}

static void test_mistakes(void **state)
{
	(void)state;
	assert_mistake("text fg=1\n\ncirt fg=2\n",
		       "my.theme:3: unknown role \"cirt\", nearest: crit");
	assert_mistake("text fg=grene\n", "my.theme:1: unknown colour \"grene\", nearest: green");
	assert_mistake("text fg=256\n", "my.theme:1: a colour is 0 to 255 or a name");
	assert_mistake("text fg=\n",
		       "my.theme:1: unknown colour \"\"; there are black, red, green, yellow, "
		       "blue, magenta, cyan, white, default");
	assert_mistake("text bolt\n", "my.theme:1: unknown attribute \"bolt\", nearest: bold");
	assert_mistake("text mono=revers\n",
		       "my.theme:1: unknown attribute \"revers\", nearest: reverse");
	assert_mistake(
		"\x1b[2J bold\n",
		"my.theme:1: unknown role \"\\x1b[2J\"; there are default, text, strong, dim, "
		"faint, title, key, next, frame, track, bar, bar.strong, bar.dim, cursor, ok, "
		"warn, bad, crit, stale, info, count.ok, count.warn, spark, critbar, label, match, "
		"escaped, field, ended");
}

/* A user's own files: beside those carried along, or instead of one; what is wrong is kept for who
 * chooses it, and a folder with anything else in it is none of ours. */
static void test_own_files(void **state)
{
	char folder[] = "/tmp/sparkops-themes-XXXXXX", path[64], want[200];
	static const struct {
		const char *name, *text;
	} files[] = {{"mine.theme", "crit fg=99 bold\n"},
		     {"light.theme", "crit fg=98\n"},
		     {"wrong.theme", "text fg=1\ncirt fg=2\n"},
		     {".hidden.theme", "cirt\n"},
		     {"notes.txt", "cirt\n"}};
	struct buf mistakes;
	struct theme th;
	struct err err = {0};
	size_t n = 0;

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", folder, files[i].name);
		f = fopen(path, "w");
		assert_non_null(f);
		fputs(files[i].text, f);
		fclose(f);
	}
	snprintf(path, sizeof(path), "%s/dir.theme", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	themes_read_folder("/nowhere/themes");
	themes_read_folder(folder);
	while (theme_name(n))
		n++;
	assert_int_equal(n, 5 + 3); /* light is one of the five */
	assert_int_equal(theme_load("mine", 256, &th, &err), 0);
	assert_string_equal(th.name, "mine");
	assert_int_equal(th.looks[STYLE_CRIT][GROUND_NONE].fg, 99);
	assert_int_equal(theme_load("light", 256, &th, &err), 0);
	assert_int_equal(th.looks[STYLE_CRIT][GROUND_NONE].fg, 98);
	assert_int_equal(theme_load("wrong", 256, &th, &err), -ERR_CONFIG);
	snprintf(want, sizeof(want), "%s/wrong.theme:2: unknown role \"cirt\", nearest: crit",
		 folder);
	assert_string_equal(err.message, want);
	buf_init(&mistakes, 4096);
	assert_false(themes_check(&mistakes));
	assert_non_null(strstr(mistakes.data, want));
	assert_non_null(strstr(mistakes.data, "/dir.theme: is no file\n"));
	assert_null(strstr(mistakes.data, "hidden"));
	buf_release(&mistakes);
	snprintf(path, sizeof(path), "%s/mine.theme", folder);
	themes_read_file(path);
	assert_int_equal(theme_load(path, 8, &th, &err), 0);
	assert_string_equal(th.name, path); /* by which it is found again */
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i].name);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/dir.theme", folder);
	rmdir(path);
	rmdir(folder);
}

static void test_comments(void **state)
{
	(void)state;
	assert_int_equal(parse("# all\n  text   fg=9 # red\r\n\n", 256, STYLE_TEXT, GROUND_NONE).fg,
			 9);
}

/* Those that are carried along are right, and tell the states apart without colours being equal. */
static void test_embedded(void **state)
{
	static const int colours[] = {256, 8, 0};
	size_t n = 0;

	(void)state;
	for (const struct embedded_file *f = embedded_themes; f->name; f++, n++)
		for (size_t i = 0; i < 3; i++) {
			struct theme th;
			struct err err = {0};
			struct look cursor;

			if (theme_load(f->name, colours[i], &th, &err))
				fail_msg("%s: %s", f->name, err.message);
			assert_string_equal(th.name, f->name);
			/* The row under the cursor must be seen. */
			cursor = th.looks[STYLE_TEXT][GROUND_CURSOR];
			assert_true(cursor.bg != th.looks[STYLE_TEXT][GROUND_NONE].bg ||
				    cursor.attrs & ATTR_REVERSE);
			for (int k = 0; k < STYLE_COUNT && !colours[i]; k++)
				assert_int_equal(th.looks[k][GROUND_NONE].fg, COLOUR_DEFAULT);
		}
	assert_int_equal(n, 5);
}

static void test_unknown_theme(void **state)
{
	struct theme th;
	struct err err = {0};

	(void)state;
	assert_int_equal(theme_load("ligth", 256, &th, &err), -ERR_CONFIG);
	assert_string_equal(err.message, "no theme \"ligth\", nearest: light");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inherits),      cmocka_unit_test(test_grounds),
		cmocka_unit_test(test_fewer_colours), cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_comments),      cmocka_unit_test(test_embedded),
		cmocka_unit_test(test_unknown_theme), cmocka_unit_test(test_own_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_encode.c - pictures through a pty into libvterm: what the emulator then shows is the grid,
 * whatever changed between two frames; with one write each, and hardly a byte too many. */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vterm.h>

#include "../../tui/term.h"

enum { W = 90, H = 25 };

static int master, slave;
static struct term *term;
static struct theme theme;
static VTerm *vt;
static VTermScreen *vs;
static size_t received;

/* Everything that is there now goes to the emulator. */
static void drain(void)
{
	struct pollfd p = {master, POLLIN, 0};
	char bytes[65536];

	while (poll(&p, 1, 0) > 0) {
		ssize_t n = read(master, bytes, sizeof(bytes));

		if (n <= 0)
			return;
		received += (size_t)n;
		vterm_input_write(vt, bytes, (size_t)n);
	}
}

static void show(const struct screen *s)
{
	enum term_result r = term_frame(term, s);

	for (int i = 0; r == TERM_BUSY && i < 10000; i++) {
		drain();
		r = term_flush(term);
	}
	assert_int_equal(r, TERM_DRAWN);
	drain();
}

static void open_term(const char *name, int colours)
{
	struct winsize ws = {H, W, 0, 0};
	struct err err = {0};

	assert_int_equal(openpty(&master, &slave, NULL, NULL, &ws), 0);
	setenv("TERM", name, 1);
	term = term_open(slave, colours == 0, &err);
	if (!term)
		fail_msg("%s", err.message);
	assert_int_equal(theme_load("default", term_colours(term), &theme, &err), 0);
	term_theme(term, &theme);
	vt = vterm_new(H, W);
	vterm_set_utf8(vt, 1);
	vs = vterm_obtain_screen(vt);
	vterm_screen_enable_altscreen(vs, 1);
	vterm_screen_reset(vs, 1);
	received = 0;
}

static void close_term(void)
{
	term_close(term);
	drain();
	vterm_free(vt);
	close(slave);
	close(master);
}

static int colour_index(VTermColor c)
{
	if (VTERM_COLOR_IS_DEFAULT_FG(&c) || VTERM_COLOR_IS_DEFAULT_BG(&c))
		return COLOUR_DEFAULT;
	return VTERM_COLOR_IS_INDEXED(&c) ? c.indexed.idx : -2;
}

static void assert_cell(const struct screen *s, int x, int y)
{
	const struct cell *c = screen_at(s, x, y);
	struct look look = theme.looks[c->style][c->ground];
	VTermScreenCell got;
	uint32_t ch;

	vterm_screen_get_cell(vs, (VTermPos){y, x}, &got);
	if (!c->ch)
		return; /* right half: the emulator has it with the left one */
	ch = got.chars[0] ? got.chars[0] : ' ';
	if (ch != c->ch)
		fail_msg("cell %d,%d: U+%04X, wanted U+%04X", x, y, ch, c->ch);
	if (c->comb)
		assert_int_equal(got.chars[1], s->combs[c->comb - 1].ch[0]);
	if (colour_index(got.bg) != look.bg)
		fail_msg("cell %d,%d '%c': background %d, wanted %d", x, y, (int)c->ch,
			 colour_index(got.bg), look.bg);
	assert_int_equal(got.attrs.reverse, !!(look.attrs & ATTR_REVERSE));
	if (c->ch == ' ')
		return;
	assert_int_equal(colour_index(got.fg), look.fg);
	assert_int_equal(got.attrs.bold, !!(look.attrs & ATTR_BOLD));
}

static void assert_shown(const struct screen *s)
{
	for (int y = 0; y < s->h; y++)
		for (int x = 0; x < s->w; x++)
			assert_cell(s, x, y);
}

static uint32_t seed = 7;

static uint32_t dice(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* A few fields, gauges, wide and combined characters, blank stretches. */
static void scribble(struct screen *s)
{
	static const char *const words[] = {"healthy",
					    "12d",
					    "日本",
					    "e\xcc\x81"
					    "a",
					    "━━━",
					    "0",
					    "●",
					    "▅▆▇",
					    "        ",
					    "Ω≈ç",
					    "x"};
	int n = 1 + (int)dice(40);

	for (int i = 0; i < n; i++) {
		struct area a = area_on(area_all(s), dice(3) ? GROUND_NONE : (enum ground)dice(3));
		int x = (int)dice(W), y = (int)dice(H);

		if (!dice(9))
			area_fill(area_sub(a, x, y, 1 + (int)dice(60), 1), (enum style)dice(3));
		draw_str(a, x, y, (enum style)dice(STYLE_COUNT), words[dice(ARRAY_LEN(words))]);
	}
}

static void any_frames(const char *name, int colours)
{
	struct screen s;
	struct term_stats stats;

	open_term(name, colours);
	screen_init(&s, &glyphs_unicode);
	screen_resize(&s, W, H);
	for (int frame = 0; frame < 60; frame++) {
		if (!dice(15))
			screen_clear(&s);
		scribble(&s);
		show(&s);
		assert_shown(&s);
	}
	stats = term_stats(term);
	assert_true(stats.writes >= stats.frames);
	screen_release(&s);
	close_term();
}

static void test_any_frames(void **state)
{
	(void)state;
	any_frames("xterm-256color", 256);
	any_frames("tmux-256color", 256);
	any_frames("screen-256color", 256);
}

static void test_eight_colours_and_none(void **state)
{
	(void)state;
	any_frames("xterm", 8);
	any_frames("linux", 8);
	any_frames("xterm-256color", 0);
	any_frames("vt100", 0);
}

/* A frame as large as a console's usual one is a single write, and an equal one is none. */
static void test_one_write(void **state)
{
	struct screen s;
	struct term_stats before, after;

	(void)state;
	open_term("xterm-256color", 256);
	screen_init(&s, &glyphs_unicode);
	screen_resize(&s, W, H);
	draw_str(area_all(&s), 3, 3, STYLE_CRIT, "crashed");
	show(&s);
	for (int i = 0; i < 20; i++) {
		before = term_stats(term);
		for (int y = 1; y < H; y++)
			draw_strf(area_all(&s), 10 + y, y, (enum style)(STYLE_OK + i % 4), "%d", i);
		show(&s);
		after = term_stats(term);
		assert_int_equal(after.writes - before.writes, 1);
		show(&s);
		assert_int_equal(term_stats(term).writes, after.writes);
	}
	screen_release(&s);
	close_term();
}

/* Twenty fields of five digits, as a table that changes: position, digits and colour, no more. */
static void test_few_bytes(void **state)
{
	struct screen s;
	uint64_t before;

	(void)state;
	open_term("xterm-256color", 256);
	screen_init(&s, &glyphs_unicode);
	screen_resize(&s, W, H);
	for (int y = 2; y < 22; y++)
		draw_str(area_all(&s), 40, y, STYLE_WARN, "12345");
	show(&s);
	for (int y = 2; y < 22; y++)
		draw_str(area_all(&s), 40, y, STYLE_WARN, "67890");
	before = term_stats(term).bytes;
	show(&s);
	/* Least: 5 digits and 7 of a position in each of 20 rows, one colour of 11. */
	assert_true(term_stats(term).bytes - before <= 20 * (5 + 7) + 11 + 16);
	/* The clock: one digit. */
	before = term_stats(term).bytes;
	draw_str(area_all(&s), 88, 0, STYLE_WARN, "7");
	show(&s);
	assert_true(term_stats(term).bytes - before <= 8);
	screen_release(&s);
	close_term();
}

/* A terminal that takes nothing does not hold us up; when it takes again it gets the newest. */
static void test_back_pressure(void **state)
{
	struct screen s;
	enum term_result r = TERM_DRAWN;
	int busy = 0;

	(void)state;
	open_term("xterm-256color", 256);
	screen_init(&s, &glyphs_unicode);
	screen_resize(&s, W, H);
	for (int i = 0; i < 2000; i++) {
		scribble(&s);
		r = term_frame(term, &s);
		assert_int_not_equal(r, TERM_GONE);
		busy += r == TERM_BUSY;
	}
	assert_true(busy > 0);
	assert_int_equal(r, TERM_BUSY);
	show(&s);
	show(&s);
	assert_shown(&s);
	screen_release(&s);
	close_term();
}

static void test_gone(void **state)
{
	struct screen s;

	(void)state;
	open_term("xterm-256color", 256);
	screen_init(&s, &glyphs_unicode);
	screen_resize(&s, W, H);
	show(&s);
	close(master);
	draw_str(area_all(&s), 0, 0, STYLE_TEXT, "x");
	assert_int_equal(term_frame(term, &s), TERM_GONE);
	screen_release(&s);
	master = open("/dev/null", O_RDONLY);
	close_term();
}

/* Without UTF-8 nothing but ASCII goes out. */
static void test_ascii_terminal(void **state)
{
	struct screen s;
	char row[64];
	VTermScreenCell c;

	(void)state;
	setenv("LC_ALL", "C", 1);
	open_term("xterm-256color", 256);
	setenv("LC_ALL", "C.UTF-8", 1);
	screen_init(&s, &glyphs_ascii);
	screen_resize(&s, W, H);
	draw_str(area_all(&s), 0, 0, STYLE_TEXT, "a日●b");
	show(&s);
	for (int x = 0; x < 5; x++) {
		vterm_screen_get_cell(vs, (VTermPos){0, x}, &c);
		row[x] = (char)c.chars[0];
	}
	row[5] = '\0';
	assert_string_equal(row, "a? ?b");
	screen_release(&s);
	close_term();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_frames),
		cmocka_unit_test(test_eight_colours_and_none),
		cmocka_unit_test(test_one_write),
		cmocka_unit_test(test_few_bytes),
		cmocka_unit_test(test_back_pressure),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_ascii_terminal),
	};

	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("TMUX");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

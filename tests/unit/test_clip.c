/* test_clip.c - what takes a copied text, the bytes that reach it, and that no more is claimed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../tui/clip.h"

static void by_environment(void **state ATTR_UNUSED)
{
	static const struct {
		const char *term, *tmux, *sty;
		enum clip_way way;
	} v[] = {
		{"xterm-256color", NULL, NULL, CLIP_TERMINAL},
		{"xterm-kitty", "", "", CLIP_TERMINAL},
		{"foot", NULL, NULL, CLIP_TERMINAL},
		{"screen-256color", "/tmp/tmux-0/default,1,0", NULL, CLIP_TMUX},
		{"tmux-256color", NULL, NULL, CLIP_TMUX},
		{"screen-256color", NULL, "4711.pts-0.box", CLIP_SCREEN},
		{"xterm-256color", NULL, "4711.pts-0.box", CLIP_SCREEN},
		{"screen", NULL, NULL, CLIP_MAYBE_TMUX},
		{"linux", NULL, NULL, CLIP_NONE},
		{"linux-16color", NULL, NULL, CLIP_NONE},
		{"vt100", NULL, NULL, CLIP_NONE},
		{"vt220", NULL, NULL, CLIP_NONE},
		{"ansi", NULL, NULL, CLIP_NONE},
		{"dumb", NULL, NULL, CLIP_NONE},
	};

	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		if (clip_way(v[i].term, v[i].tmux, v[i].sty) != v[i].way)
			fail_msg("%s: %d", v[i].term, clip_way(v[i].term, v[i].tmux, v[i].sty));
	assert_int_equal(clip_way(NULL, NULL, NULL), CLIP_TERMINAL);
}

static void assert_bytes(enum clip_way way, const char *text, const char *want)
{
	struct buf out;

	buf_init(&out, 4096);
	assert_true(clip_encode(way, text, strlen(text), &out));
	assert_string_equal(out.data, want);
	buf_release(&out);
}

static void bytes_of_each_way(void **state ATTR_UNUSED)
{
	assert_bytes(CLIP_TERMINAL, "migration", "\x1b]52;c;bWlncmF0aW9u\x1b\\");
	assert_bytes(CLIP_TERMINAL, "ab", "\x1b]52;c;YWI=\x1b\\");
	assert_bytes(CLIP_MAYBE_TMUX, "a", "\x1b]52;c;YQ==\x1b\\");
	assert_bytes(CLIP_TMUX, "a",
		     "\x1b]52;c;YQ==\x1b\\"
		     "\x1bPtmux;\x1b\x1b]52;c;YQ==\x1b\x1b\\\x1b\\");
	assert_bytes(CLIP_SCREEN, "a",
		     "\x1bP\x1b]52;c;\x1b\\"
		     "\x1bPYQ==\x1b\\"
		     "\x1bP\x1b\x1b\\\x1bP\\\x1b\\");
}

/* No string of screen's is longer than it keeps, and together they are one text. */
static void screen_gets_pieces(void **state ATTR_UNUSED)
{
	struct buf out, whole, joined;
	char text[1000];
	size_t n = 0;

	memset(text, 'x', sizeof(text));
	buf_init(&out, 65536);
	buf_init(&whole, 65536);
	buf_init(&joined, 65536);
	assert_true(clip_encode(CLIP_SCREEN, text, sizeof(text), &out));
	assert_true(clip_encode(CLIP_TERMINAL, text, sizeof(text), &whole));
	for (const char *s = out.data; *s; n++) {
		const char *end = strstr(s + 2, "\x1b\\");

		assert_true(!strncmp(s, "\x1bP", 2) && end && end - s <= 256);
		bool is_lone_esc = end[-1] == '\x1b';

		buf_putn(&joined, s + 2, is_lone_esc ? 1 : (size_t)(end - s - 2));
		s = end + 2;
	}
	assert_true(n > 4);
	assert_string_equal(joined.data, whole.data);
	buf_release(&out);
	buf_release(&whole);
	buf_release(&joined);
}

/* What has no room is not begun: half a sequence would swallow the screen. */
static void too_long_is_not_sent(void **state ATTR_UNUSED)
{
	static char text[8192];
	struct buf out;

	memset(text, 'x', sizeof(text));
	for (int way = CLIP_TERMINAL; way < CLIP_NONE; way++) {
		for (size_t cap = 16; cap <= 65536; cap *= 2) {
			buf_init(&out, cap);
			if (!clip_encode((enum clip_way)way, text, sizeof(text), &out))
				assert_int_equal(out.len, 0);
			else
				assert_true(out.len > sizeof(text) && !out.is_over);
			buf_release(&out);
		}
	}
	buf_init(&out, 4096);
	assert_false(clip_encode(CLIP_NONE, "a", 1, &out));
	assert_int_equal(out.len, 0);
	buf_release(&out);
}

/* Nothing answers, so nothing says that it was taken. */
static void no_more_is_said_than_is_known(void **state ATTR_UNUSED)
{
	for (int way = CLIP_TERMINAL; way <= CLIP_NONE; way++) {
		assert_null(strstr(clip_says((enum clip_way)way), "copied"));
		assert_in_range(strlen(clip_says((enum clip_way)way)), 20, 79);
	}
	assert_non_null(strstr(clip_says(CLIP_TERMINAL), "sent to"));
	assert_non_null(strstr(clip_says(CLIP_NONE), "no clipboard; tmux"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_environment),
		cmocka_unit_test(bytes_of_each_way),
		cmocka_unit_test(screen_gets_pieces),
		cmocka_unit_test(too_long_is_not_sent),
		cmocka_unit_test(no_more_is_said_than_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

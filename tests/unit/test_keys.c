/* test_keys.c - key names, bytes to keys however they are torn, pastes, and which binding wins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../tui/keys.h"

static void test_names(void **state)
{
	static const char *const names[] = {
		"a",     "K",    "<",    ">",  "/",   ":",   "?",   "Enter", "Esc",  "Tab", "S-Tab",
		"Space", "PgUp", "PgDn", "F1", "F12", "C-c", "M-x", "Up",    "Home", "é",   "日"};
	char back[24];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		uint32_t key = key_parse(names[i]);

		assert_int_not_equal(key, KEY_NONE);
		key_name(key, back);
		assert_string_equal(back, names[i]);
	}
	assert_int_equal(key_parse("<Enter>"), KEY_ENTER);
	assert_int_equal(key_parse("<C-c>"), KEY_CTRL | 'c');
	assert_int_equal(key_parse("enter"), KEY_ENTER);
	assert_int_equal(key_parse(" "), KEY_SPACE);
	assert_int_equal(key_parse("C-m"), KEY_ENTER); /* the same byte */
	assert_int_equal(key_parse("ab"), KEY_NONE);
	assert_int_equal(key_parse(""), KEY_NONE);
	assert_int_equal(key_parse("\x1b"), KEY_NONE);
	assert_int_equal(key_parse("F13"), KEY_NONE);
	assert_int_equal(key_parse("C-1"), KEY_NONE);
}

/* Every key as "name " and "P:name " for pasted ones, "]" for a paste's end. */
static void decode(const char *bytes, size_t n, size_t step, bool is_late, char *out, size_t size)
{
	struct key_reader r;
	struct key_event ev;
	size_t at = 0, len = 0;

	key_reader_init(&r);
	*out = '\0';
	while (at < n || at == 0) {
		size_t k = min_size(step, n - at);

		at += key_reader_feed(&r, bytes + at, k, 0);
		while (key_reader_next(&r, is_late && at == n, &ev)) {
			char name[24] = "";

			if (ev.kind == KEY_EVENT_MOUSE)
				snprintf(name, sizeof(name), "mouse%d@%d,%d", ev.button, ev.x,
					 ev.y);
			else if (ev.kind == KEY_EVENT_PASTE_END)
				snprintf(name, sizeof(name), "]");
			else if (ev.key < 0x20)
				snprintf(name, sizeof(name), "#%u", ev.key);
			else
				key_name(ev.key, name);
			len += (size_t)snprintf(out + len, size - len, "%s%s ",
						ev.kind == KEY_EVENT_PASTE ? "P:" : "", name);
		}
		if (at >= n)
			break;
	}
}

static void test_bytes(void **state)
{
	static const struct {
		const char *bytes, *keys;
	} cases[] = {
		{"jk", "j k "},
		{"\x1b[A\x1bOB", "Up Down "},
		{"\x1b[5~\x1b[6~\x1b[Z", "PgUp PgDn S-Tab "},
		{"\x1b[1;5C", "Right "},
		{"\x1b[1;3A", "M-Up "},
		{"\x1bx", "M-x "},
		{"\x1b\x1b", "Esc Esc "},
		{"\x1b", "Esc "},
		{"\r\n\t \x7f\x03", "Enter Enter Tab Space Backspace C-c "},
		{"\xc3\xa9", "é "},
		{"\xff\xfe"
		 "a",
		 "a "}, /* bytes that are no text are no keys */
		{"\x1b[?1;2c"
		 "j",
		 "j "}, /* a terminal's answer is not typed */
		{"\x1b[999;999R"
		 "q",
		 "q "},
		{"\x1b[<0;5;7M\x1b[<0;5;7m", "mouse0@4,6 "}, /* the release is no click */
		{"\x1b[<64;1;1M", "mouse64@0,0 "},
		{"\x1b[200~Kq\r\x1b[201~j", "P:K P:q P:#13 ] j "},
		{"\x1b[200~a\x1b[31mb\x1b[201~", "P:a P:#27 P:[ P:3 P:1 P:m P:b ] "},
		{"\x1b[11~\x1b[[A", "F1 F1 "},
		{"\x1b[", ""}, /* cut off: nothing */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		/* However the bytes are torn apart, the keys are the same. */
		for (size_t step = 1; step <= 3; step++) {
			char got[256];
			size_t n = strlen(cases[i].bytes);

			decode(cases[i].bytes, n, step == 3 ? n : step, true, got, sizeof(got));
			if (strcmp(got, cases[i].keys))
				fail_msg("case %zu step %zu: got \"%s\", wanted \"%s\"", i, step,
					 got, cases[i].keys);
		}
}

/* A paste whose end never comes stays a paste until silence ends it. */
static void test_watchdog(void **state)
{
	struct key_reader r;
	struct key_event ev;

	(void)state;
	key_reader_init(&r);
	key_reader_feed(&r, "\x1b[200~K", 7, 1000);
	assert_true(key_reader_next(&r, false, &ev));
	assert_int_equal(ev.kind, KEY_EVENT_PASTE);
	assert_false(key_reader_watchdog(&r, 10999));
	key_reader_feed(&r, "K", 1, 5000);
	assert_true(key_reader_next(&r, true, &ev));
	assert_int_equal(ev.kind, KEY_EVENT_PASTE);
	assert_false(key_reader_watchdog(&r, 14999));
	assert_true(key_reader_watchdog(&r, 15000));
	key_reader_feed(&r, "K", 1, 15001);
	assert_true(key_reader_next(&r, true, &ev));
	assert_int_equal(ev.kind, KEY_EVENT_KEY);
}

/* The mark before a paste may be the last that fits; what is pasted comes with the next read. */
static void test_full_buffer_ends_in_a_paste_mark(void **state)
{
	struct key_reader r;
	struct key_event ev;
	char bytes[KEY_BUFFER];
	size_t n = 0;

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes + sizeof(bytes) - 6, "\x1b[200~", 6);
	key_reader_init(&r);
	assert_int_equal(key_reader_feed(&r, bytes, sizeof(bytes), 0), sizeof(bytes));
	while (key_reader_next(&r, true, &ev))
		n++;
	assert_int_equal(n, sizeof(bytes) - 6);
	assert_false(key_reader_waits(&r));
	key_reader_feed(&r, "K\x1b[201~", 7, 0);
	assert_true(key_reader_next(&r, false, &ev));
	assert_int_equal(ev.kind, KEY_EVENT_PASTE);
	assert_int_equal(ev.key, 'K');
	assert_true(key_reader_next(&r, false, &ev));
	assert_int_equal(ev.kind, KEY_EVENT_PASTE_END);
}

static void test_learned(void **state)
{
	struct key_reader r;
	struct key_event ev;

	(void)state;
	key_reader_init(&r);
	key_reader_learn(&r, "\x1b[25~", KEY_F12);
	key_reader_learn(&r, "x", KEY_F1); /* no sequence: not learned, x stays x */
	key_reader_feed(&r, "\x1b[25~x", 6, 0);
	assert_true(key_reader_next(&r, false, &ev));
	assert_int_equal(ev.key, KEY_F12);
	assert_true(key_reader_next(&r, false, &ev));
	assert_int_equal(ev.key, 'x');
}

static void test_bindings(void **state)
{
	static const struct binding own[] = {{"s", "my-sort", "", NULL}, {NULL, NULL, NULL, NULL}};
	static const struct config_key keys[] = {
		{"jobs", "r", "special"}, {"global", "F5", "poll"}, {"global", "z", ""}};
	struct err err = {0};
	struct keymap *m = keymap_new(keys, ARRAY_LEN(keys), &err);
	char name[24];

	(void)state;
	assert_non_null(m);
	assert_string_equal(keymap_command(m, "jobs", own, 's'), "my-sort");
	assert_string_equal(keymap_command(m, "other", NULL, 's'), "sort-next");
	assert_string_equal(keymap_command(m, "jobs", own, 'r'), "special");
	assert_string_equal(keymap_command(m, "other", NULL, 'r'), "poll");
	assert_string_equal(keymap_command(m, "other", NULL, KEY_F5), "poll");
	assert_null(keymap_command(m, "other", NULL, 'z')); /* taken away */
	assert_null(keymap_command(m, "other", NULL, 'D')); /* kept for delete */
	assert_string_equal(keymap_command(m, "other", NULL, 'K'), "action kill");
	assert_true(keymap_key(m, "other", NULL, "poll", name));
	assert_string_equal(name, "F5");
	assert_false(keymap_key(m, "other", NULL, "pause", name));
	keymap_free(m);
}

static void test_wrong_key(void **state)
{
	static const struct config_key keys[] = {{"global", "Entre", "poll"}};
	struct err err = {0};

	(void)state;
	assert_null(keymap_new(keys, 1, &err));
	assert_non_null(strstr(err.message, "\"Entre\" is no key"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_watchdog),
		cmocka_unit_test(test_learned),
		cmocka_unit_test(test_full_buffer_ends_in_a_paste_mark),
		cmocka_unit_test(test_bindings),
		cmocka_unit_test(test_wrong_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* keyread.c - bytes of the terminal to keys, pastes and clicks.
 *
 * What a terminal sends is text from outside: unknown sequences are dropped whole, never shown or
 * run as keys. A lone Esc is told from a sequence by silence (the loop says when). Between the two
 * marks of a bracketed paste everything is text; a paste whose end never comes is ended by
 * key_reader_watchdog. */
#include "keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PASTE_SILENCE_MS = 10000 };

static const struct {
	const char *bytes; /* after Esc */
	uint32_t key;
} usual[] = {
	{"[A", KEY_UP},      {"[B", KEY_DOWN},    {"[C", KEY_RIGHT}, {"[D", KEY_LEFT},
	{"OA", KEY_UP},      {"OB", KEY_DOWN},    {"OC", KEY_RIGHT}, {"OD", KEY_LEFT},
	{"[H", KEY_HOME},    {"[F", KEY_END},     {"OH", KEY_HOME},  {"OF", KEY_END},
	{"[1~", KEY_HOME},   {"[4~", KEY_END},    {"[7~", KEY_HOME}, {"[8~", KEY_END},
	{"[2~", KEY_INSERT}, {"[3~", KEY_DELETE}, {"[5~", KEY_PGUP}, {"[6~", KEY_PGDN},
	{"[Z", KEY_BACKTAB}, {"OM", KEY_ENTER},   {"OP", KEY_F1},    {"OQ", KEY_F2},
	{"OR", KEY_F3},      {"OS", KEY_F4},      {"[11~", KEY_F1},  {"[12~", KEY_F2},
	{"[13~", KEY_F3},    {"[14~", KEY_F4},    {"[15~", KEY_F5},  {"[17~", KEY_F6},
	{"[18~", KEY_F7},    {"[19~", KEY_F8},    {"[20~", KEY_F9},  {"[21~", KEY_F10},
	{"[23~", KEY_F11},   {"[24~", KEY_F12},   {"[[A", KEY_F1},   {"[[B", KEY_F2},
	{"[[C", KEY_F3},     {"[[D", KEY_F4},     {"[[E", KEY_F5},
};

static const char paste_begin[] = "\x1b[200~", paste_end[] = "\x1b[201~";

void key_reader_init(struct key_reader *r)
{
	memset(r, 0, sizeof(*r));
}

void key_reader_learn(struct key_reader *r, const char *bytes, uint32_t key)
{
	if (!bytes || bytes[0] != '\x1b' || strlen(bytes) < 2 ||
	    strlen(bytes) >= sizeof(r->extra[0].bytes) || r->nextra == KEY_SEQUENCES)
		return;
	snprintf(r->extra[r->nextra].bytes, sizeof(r->extra[0].bytes), "%s", bytes);
	r->extra[r->nextra++].key = key;
}

size_t key_reader_feed(struct key_reader *r, const char *bytes, size_t n, int64_t mono_ms)
{
	size_t room = sizeof(r->buf) - r->len;

	n = min_size(n, room);
	memcpy(r->buf + r->len, bytes, n);
	r->len += n;
	if (n)
		r->paste_since = mono_ms;
	return n;
}

bool key_reader_waits(const struct key_reader *r)
{
	return r->len > 0;
}

void key_reader_drop(struct key_reader *r)
{
	r->len = 0;
}

bool key_reader_watchdog(struct key_reader *r, int64_t mono_ms)
{
	if (!r->is_pasting || mono_ms - r->paste_since < PASTE_SILENCE_MS)
		return false;
	r->is_pasting = false;
	r->len = 0;
	return true;
}

static void take(struct key_reader *r, size_t n)
{
	r->len -= n;
	memmove(r->buf, r->buf + n, r->len);
}

static bool begins(const struct key_reader *r, const char *s, bool *partly)
{
	size_t n = strlen(s);

	if (r->len < n && !memcmp(r->buf, s, r->len))
		*partly = true;
	return r->len >= n && !memcmp(r->buf, s, n);
}

/* Length of the UTF-8 character at the front; 0: not whole yet. Bytes that are none count one. */
static size_t front_char(const struct key_reader *r, uint32_t *cp)
{
	unsigned char c = r->buf[0];
	size_t n = c < 0x80 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t v;

	*cp = 0xFFFD;
	if (c < 0x80) {
		*cp = c;
		return 1;
	}
	if (c < 0xC2 || c > 0xF4)
		return 1;
	v = c & (0x7FU >> n);
	for (size_t i = 1; i < n; i++) {
		if (i >= r->len)
			return 0;
		if ((r->buf[i] & 0xC0) != 0x80)
			return 1;
		v = v << 6 | (r->buf[i] & 0x3FU);
	}
	if (v >= least[n] && v <= 0x10FFFF && (v < 0xD800 || v > 0xDFFF))
		*cp = v;
	return n;
}

static bool next_pasted(struct key_reader *r, bool is_late, struct key_event *ev)
{
	bool partly = false;
	size_t n;

	if (begins(r, paste_end, &partly)) {
		take(r, strlen(paste_end));
		r->is_pasting = false;
		*ev = (struct key_event){.kind = KEY_EVENT_PASTE_END};
		return true;
	}
	if (partly && !is_late)
		return false;
	*ev = (struct key_event){.kind = KEY_EVENT_PASTE};
	n = front_char(r, &ev->key);
	if (!n && !is_late)
		return false;
	take(r, n ? n : r->len);
	return true;
}

static uint32_t plain_key(uint32_t cp)
{
	switch (cp) {
	case '\r':
	case '\n':
		return KEY_ENTER;
	case '\t':
		return KEY_TAB;
	case 0x1B:
		return KEY_ESC;
	case 0x08:
	case 0x7F:
		return KEY_BACKSPACE;
	case ' ':
		return KEY_SPACE;
	default:
		break;
	}
	if (cp >= 1 && cp <= 26)
		return KEY_CTRL | ('a' + cp - 1);
	if (cp < 0x20 || (cp >= 0x80 && cp < 0xA0) || cp == 0xFFFD)
		return KEY_NONE;
	return cp;
}

/* `ESC [ < b ; x ; y M` of SGR mouse mode. */
static bool parse_mouse(const char *s, size_t n, struct key_event *ev)
{
	int b, x, y;
	char end, text[40];

	if (n < 9 || n >= sizeof(text) || s[2] != '<')
		return false;
	memcpy(text, s, n);
	text[n] = '\0';
	if (sscanf(text + 3, "%5d;%5d;%5d%c", &b, &x, &y, &end) != 4 || end != 'M')
		return false;
	*ev = (struct key_event){.kind = KEY_EVENT_MOUSE, .x = x - 1, .y = y - 1, .button = b};
	return true;
}

/* Bytes of the escape sequence at the front, 0 when it is not whole. */
static size_t sequence_length(const struct key_reader *r)
{
	size_t i = 2;

	if (r->len < 3)
		return 0;
	if (r->buf[1] == 'O')
		return 3;
	if (r->buf[2] == '[') /* the Linux console's function keys */
		return r->len >= 4 ? 4 : 0;
	while (i < r->len && r->buf[i] >= 0x20 && r->buf[i] < 0x40)
		i++;
	return i < r->len ? i + 1 : i > 40 ? i : 0;
}

/* `[1;5A` is `[A` with a modifier. */
static uint32_t find_sequence(const char *s, size_t n)
{
	char plain[16];
	const char *semi = memchr(s, ';', n);
	uint32_t flags = 0;

	if (n >= sizeof(plain))
		return KEY_NONE;
	if (semi && semi + 2 == s + n - 1) {
		int mod = semi[1] - '1';

		flags = mod > 0 && (mod & 2) ? KEY_ALT : 0;
		if (s[n - 1] == '~')
			snprintf(plain, sizeof(plain), "%.*s~", (int)(semi - s), s);
		else
			snprintf(plain, sizeof(plain), "[%c", s[n - 1]);
	} else {
		snprintf(plain, sizeof(plain), "%.*s", (int)n, s);
	}
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		if (!strcmp(usual[i].bytes, plain))
			return usual[i].key | flags;
	return KEY_NONE;
}

static bool next_escape(struct key_reader *r, bool is_late, struct key_event *ev, bool *dropped)
{
	bool partly = false;
	size_t n;

	if (begins(r, paste_begin, &partly)) {
		take(r, strlen(paste_begin));
		r->is_pasting = true;
		return r->len > 0 && next_pasted(r, is_late, ev); /* may be all that came */
	}
	for (size_t i = 0; i < r->nextra; i++)
		if (begins(r, r->extra[i].bytes, &partly)) {
			*ev = (struct key_event){.key = r->extra[i].key};
			take(r, strlen(r->extra[i].bytes));
			return true;
		}
	if (r->len == 1 || r->buf[1] == 0x1B) {
		if (r->len == 1 && !is_late)
			return false;
		take(r, 1);
		*ev = (struct key_event){.key = KEY_ESC};
		return true;
	}
	if (r->buf[1] != '[' && r->buf[1] != 'O') {
		uint32_t cp;

		take(r, 1);
		n = front_char(r, &cp);
		take(r, n ? n : r->len);
		*ev = (struct key_event){.key = plain_key(cp) | KEY_ALT};
		return true;
	}
	n = sequence_length(r);
	if (!n) {
		if (is_late) {
			*dropped = true;
			take(r, r->len);
		}
		return false;
	}
	*ev = (struct key_event){.key = find_sequence((const char *)r->buf + 1, n - 1)};
	if (!ev->key && !parse_mouse((const char *)r->buf, n, ev))
		*dropped = true;
	take(r, n);
	return !*dropped;
}

bool key_reader_next(struct key_reader *r, bool is_late, struct key_event *ev)
{
	while (r->len > 0) {
		bool dropped = false;
		uint32_t cp;
		size_t n;

		if (r->is_pasting)
			return next_pasted(r, is_late, ev);
		if (r->buf[0] == 0x1B) {
			if (next_escape(r, is_late, ev, &dropped))
				return true;
			if (!dropped)
				return false;
			continue;
		}
		n = front_char(r, &cp);
		if (!n && !is_late)
			return false;
		take(r, n ? n : r->len);
		*ev = (struct key_event){.key = plain_key(cp)};
		if (ev->key)
			return true;
	}
	return false;
}

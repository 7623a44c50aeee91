/* dlq/line.c - the reader that takes a line in pieces: a push-down automaton over bytes whose stack
 * is a bit per level. It captures the few values that are wanted into capped buffers. Slower than
 * fast.c by an order of magnitude; used for lines that do not fit in memory and for the rows on the
 * screen, and as the oracle of fast.c's tests. */
#include <stdlib.h>
#include <string.h>

#include "line.h"

enum { VALUE_CAP = TEXT_MAX, KEY_CAP = 512 };

enum state {
	S_START,
	S_KEY_OR_END,
	S_KEY,
	S_COLON,
	S_VALUE,
	S_VALUE_OR_END,
	S_AFTER,
	S_DONE,
	S_STRING,
	S_ESCAPE,
	S_HEX,
	S_WORD,
	S_MINUS,
	S_ZERO,
	S_INT,
	S_DOT,
	S_FRACTION,
	S_E,
	S_E_SIGN,
	S_EXPONENT,
	S_BAD,
};

void line_scan_init(struct line_scan *s)
{
	memset(s, 0, sizeof(*s));
	buf_init(&s->key, KEY_CAP);
	for (size_t i = 0; i < LINE_PLACES; i++)
		buf_init(&s->values[i], VALUE_CAP);
	line_scan_begin(s, false);
}

void line_scan_release(struct line_scan *s)
{
	free(s->stack);
	buf_release(&s->key);
	for (size_t i = 0; i < LINE_PLACES; i++)
		buf_release(&s->values[i]);
	memset(s, 0, sizeof(*s));
}

void line_scan_begin(struct line_scan *s, bool at_file_start)
{
	s->state = S_START;
	s->place = -1;
	s->is_plain = true;
	s->is_key = s->in_error = false;
	s->utf8 = 0;
	s->bom = at_file_start ? 0 : -1;
	s->depth = s->context_depth = 0;
	s->at = 0;
	s->bad_at = -1;
	if (s->stack_size > 1 << 16) {
		free(s->stack);
		s->stack = NULL;
		s->stack_size = 0;
	}
	for (size_t i = 0; i < LINE_PLACES; i++)
		buf_clear(&s->values[i]);
}

static void capture(struct buf *b, const char *p, size_t len)
{
	if (b->is_over)
		return;
	if (!buf_add(b, p, len)) {
		size_t room = b->cap > b->len ? b->cap - b->len : 0;
		while (room && !buf_add(b, p, min_size(room, len)))
			room /= 2;
		b->is_over = true;
	}
}

/* Where bytes of the current value go besides being checked. */
static void keep(struct line_scan *s, const char *p, size_t len)
{
	if (s->is_key && s->depth <= 2)
		capture(&s->key, p, len);
	else if (s->place >= 0)
		capture(&s->values[s->place], p, len);
	if (s->context_depth)
		capture(&s->values[LINE_CONTEXT], p, len);
}

static void bad(struct line_scan *s, size_t used)
{
	s->state = S_BAD;
	s->bad_at = s->at + (int64_t)used;
}

static bool in_object(const struct line_scan *s)
{
	size_t d = s->depth - 1;

	return s->stack[d / 8] >> (d % 8) & 1;
}

static void open_level(struct line_scan *s, bool is_object)
{
	if (s->depth / 8 >= s->stack_size) {
		s->stack_size = s->stack_size ? s->stack_size * 2 : 64;
		s->stack = xrealloc(s->stack, s->stack_size);
	}
	uint8_t bit = (uint8_t)(1u << (s->depth % 8)), *byte = &s->stack[s->depth / 8];
	*byte = (uint8_t)(is_object ? *byte | bit : *byte & ~bit);
	s->depth++;
	if (s->depth == 2 && s->place == LINE_ERROR && is_object)
		s->in_error = true;
	if (s->depth == 2 && s->place == LINE_CONTEXT && is_object)
		s->context_depth = 2;
	s->place = -1;
	s->state = is_object ? S_KEY_OR_END : S_VALUE_OR_END;
}

static void close_level(struct line_scan *s, bool is_object, size_t used)
{
	if (!s->depth || in_object(s) != is_object) {
		bad(s, used);
		return;
	}
	if (s->depth == s->context_depth)
		s->context_depth = 0;
	if (s->depth == 2)
		s->in_error = false;
	s->depth--;
	s->state = s->depth ? S_AFTER : S_DONE;
}

/* A key is complete: does its value have a place? */
static void take_key(struct line_scan *s)
{
	s->state = S_COLON;
	s->is_key = false;
	s->place = -1;
	if (s->depth > 2 || (s->depth == 2 && !s->in_error) || s->key.is_over)
		return;
	s->place = line_place_of((struct span){s->key.data, s->key.len}, s->depth == 2);
	if (s->place < 0)
		return;
	buf_clear(&s->values[s->place]);
	if (s->place == LINE_ERROR)
		for (int i = LINE_ERROR_TYPE; i <= LINE_ERROR_ADVICE; i++)
			buf_clear(&s->values[i]);
}

static void begin_value(struct line_scan *s, char c, size_t used)
{
	switch (c) {
	case '{':
	case '[':
		open_level(s, c == '{');
		return;
	case '"':
		s->state = S_STRING;
		return;
	case '-':
		s->state = S_MINUS;
		return;
	case '0':
		s->state = S_ZERO;
		return;
	case 't':
	case 'f':
	case 'n':
	case 'N':
	case 'I':
		s->word = c == 't'   ? "rue"
			  : c == 'f' ? "alse"
			  : c == 'n' ? "ull"
			  : c == 'N' ? "aN"
				     : "nfinity";
		s->state = S_WORD;
		return;
	default:
		if (c >= '1' && c <= '9')
			s->state = S_INT;
		else
			bad(s, used);
	}
}

/* A byte outside strings and scalars. */
static void structure(struct line_scan *s, char c, size_t used)
{
	if (c == ' ' || c == '\t' || c == '\r')
		return;
	s->is_plain = false;
	switch (s->state) {
	case S_START:
		if (c == '{')
			open_level(s, true);
		else
			bad(s, used);
		return;
	case S_KEY_OR_END:
	case S_KEY:
		if (c == '"') {
			s->is_key = true;
			buf_clear(&s->key);
			s->state = S_STRING;
		} else if (c == '}' && s->state == S_KEY_OR_END) {
			close_level(s, true, used);
		} else {
			bad(s, used);
		}
		return;
	case S_COLON:
		s->state = S_VALUE;
		if (c != ':')
			bad(s, used);
		return;
	case S_VALUE_OR_END:
		if (c == ']') {
			close_level(s, false, used);
			return;
		}
		begin_value(s, c, used);
		return;
	case S_VALUE:
		begin_value(s, c, used);
		return;
	case S_AFTER:
		if (c == ',')
			s->state = in_object(s) ? S_KEY : S_VALUE;
		else if (c == '}' || c == ']')
			close_level(s, c == '}', used);
		else
			bad(s, used);
		return;
	default:
		bad(s, used); /* something behind the object */
	}
}

/* Next state of a number or word at byte c; -1: it ends before c; S_BAD. */
static int scalar_step(struct line_scan *s, char c)
{
	bool digit = c >= '0' && c <= '9', e = c == 'e' || c == 'E';

	switch (s->state) {
	case S_WORD:
		if (!*s->word)
			return -1;
		return *s->word++ == c ? S_WORD : S_BAD;
	case S_MINUS:
		if (c == 'I') {
			s->word = "nfinity";
			return S_WORD;
		}
		return c == '0' ? S_ZERO : digit ? S_INT : S_BAD;
	case S_ZERO:
		return c == '.' ? S_DOT : e ? S_E : -1;
	case S_INT:
		return digit ? S_INT : c == '.' ? S_DOT : e ? S_E : -1;
	case S_DOT:
		return digit ? S_FRACTION : S_BAD;
	case S_FRACTION:
		return digit ? S_FRACTION : e ? S_E : -1;
	case S_E:
		return c == '+' || c == '-' ? S_E_SIGN : digit ? S_EXPONENT : S_BAD;
	case S_E_SIGN:
		return digit ? S_EXPONENT : S_BAD;
	default:
		return digit ? S_EXPONENT : -1;
	}
}

static void end_value(struct line_scan *s)
{
	s->place = -1;
	s->state = S_AFTER;
}

/* Bytes of a number or literal; returns how many. */
static size_t scalar(struct line_scan *s, const char *p, size_t len, size_t used)
{
	size_t n = 0;
	int next = s->state;

	while (n < len && (next = scalar_step(s, p[n])) >= 0 && next != S_BAD) {
		s->state = next;
		n++;
	}
	keep(s, p, n);
	if (n < len && next == S_BAD)
		bad(s, used + n);
	else if (n < len)
		end_value(s);
	return n;
}

static bool utf8_start(struct line_scan *s, unsigned char c)
{
	s->utf8_min = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	s->utf8_max = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	s->utf8 = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	return c >= 0xc2 && c <= 0xf4;
}

/* One byte of a string that is not plain ASCII; false: it may not stand here. */
static bool string_byte(struct line_scan *s, unsigned char c)
{
	if (s->utf8) {
		bool fits = c >= s->utf8_min && c <= s->utf8_max;
		s->utf8_min = 0x80;
		s->utf8_max = 0xbf;
		s->utf8--;
		return fits;
	}
	if (s->state == S_ESCAPE) {
		s->state = c == 'u' ? S_HEX : S_STRING;
		s->hex = 4;
		return c && strchr("\"\\/bfnrtu", c);
	}
	if (s->state == S_HEX) {
		if (!--s->hex)
			s->state = S_STRING;
		return c && strchr("0123456789abcdefABCDEF", c);
	}
	if (c == '\\')
		s->state = S_ESCAPE;
	else if (c >= 0x80)
		return utf8_start(s, c);
	return c >= 0x20;
}

/* Bytes of a string, p behind its opening quote or later; returns how many. */
static size_t string(struct line_scan *s, const char *p, size_t len, size_t used)
{
	size_t n = 0;

	for (; n < len; n++) {
		unsigned char c = (unsigned char)p[n];
		bool is_simple = s->state == S_STRING && !s->utf8;
		if (is_simple && c == '"')
			break;
		if (is_simple && c >= 0x20 && c < 0x80 && c != '\\')
			continue;
		if (!string_byte(s, c)) {
			bad(s, used + n);
			return n;
		}
	}
	keep(s, p, n < len ? n + 1 : n);
	if (n == len)
		return n;
	if (s->is_key)
		take_key(s);
	else
		end_value(s);
	return n + 1;
}

/* A byte order mark at the beginning of a file; returns the bytes taken. */
static size_t mark(struct line_scan *s, const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && s->bom >= 0 && s->bom < 3 && p[n] == "\xef\xbb\xbf"[s->bom]) {
		s->bom++;
		n++;
	}
	if (n < len && s->bom > 0 && s->bom < 3)
		bad(s, n);
	if (n < len)
		s->bom = -1;
	return n;
}

void line_scan_feed(struct line_scan *s, const char *p, size_t len)
{
	size_t n = s->bom >= 0 ? mark(s, p, len) : 0;

	while (n < len && s->state != S_BAD) {
		if (s->state >= S_STRING && s->state <= S_HEX) {
			n += string(s, p + n, len - n, n);
			continue;
		}
		if (s->state >= S_WORD) {
			n += scalar(s, p + n, len - n, n);
			continue;
		}
		bool was_context = s->context_depth > 0;
		structure(s, p[n], n);
		if (s->state == S_BAD)
			break;
		bool is_token = s->state >= S_STRING;
		if (is_token || was_context || s->context_depth)
			keep(s, p + n, 1);
		if (was_context && !s->context_depth)
			capture(&s->values[LINE_CONTEXT], p + n, 1);
		n++;
	}
	s->at += (int64_t)len;
}

enum line_kind line_scan_end(struct line_scan *s)
{
	if (s->state == S_START && s->is_plain && (s->bom <= 0 || s->bom == 3))
		return LINE_BLANK;
	if (s->state == S_DONE)
		return LINE_ENTRY;
	if (s->bad_at < 0)
		s->bad_at = s->at;
	return LINE_BAD;
}

struct line_fields line_scan_fields(const struct line_scan *s)
{
	struct span at[LINE_PLACES];

	for (size_t i = 0; i < LINE_PLACES; i++)
		at[i] = (struct span){s->values[i].data, s->values[i].len};
	return line_choose(at);
}

/* text.c - the one door for text from outside (include/text.h has the table of what becomes of
 * what).
 *
 * Why visible tokens and not silence: what is removed changes what the operator reads; an
 * identifier that hides a character must look odd. Why our own width table: wcwidth() depends on
 * the locale, and a console must draw the same over SSH from anywhere. The fast path copies runs of
 * printable ASCII; nearly everything real is that. */
#include "../include/text.h"

#include <stdio.h>
#include <string.h>

#include "text_table.h"

enum { MARKS_MAX = 4, TOKEN_MAX = 16 };

static int classify(uint32_t cp)
{
	size_t low = 0, high = text_nranges;

	if (cp < 0x80)
		return cp >= 0x20 && cp < 0x7f ? TEXT_PLAIN : TEXT_HIDDEN;
	if (cp >= 0x2500 && cp < 0x25a0) /* frames, bars and gauges: half of a picture */
		return TEXT_PLAIN;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (cp > text_ranges[mid].last)
			low = mid + 1;
		else if (cp < text_ranges[mid].first)
			high = mid;
		else
			return text_ranges[mid].kind;
	}
	return TEXT_PLAIN;
}

/* One character of untrusted bytes. Returns its length; 0 when the first byte begins no valid
 * sequence (RFC 3629: shortest form, no surrogates, at most U+10FFFF). */
static size_t decode(const unsigned char *s, size_t len, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t need;

	if (s[0] < 0x80) {
		*cp = s[0];
		return 1;
	}
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		need = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		need = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		need = 4;
	else
		return 0;
	if (need > len)
		return 0;
	*cp = s[0] & (0x7fu >> need);
	for (size_t i = 1; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (s[i] & 0x3f);
	}
	if (*cp < least[need] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return need;
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

/* What is written for a character that must not be drawn as itself. */
static size_t token(uint32_t cp, char out[static TOKEN_MAX])
{
	switch (cp) {
	case '\n':
		memcpy(out, "\\n", 2);
		return 2;
	case '\r':
		memcpy(out, "\\r", 2);
		return 2;
	case '\t':
		out[0] = ' ';
		return 1;
	default:
		break;
	}
	if (cp < 0x80)
		return (size_t)snprintf(out, TOKEN_MAX, "\\x%02x", (unsigned)cp);
	return (size_t)snprintf(out, TOKEN_MAX, "<U+%04X>", (unsigned)cp);
}

/* State of one cleaning: output with a hard end, and how many marks the current base has. */
struct cleaner {
	char *out;
	size_t len, max;
	int marks;
	bool is_full;
};

static void emit(struct cleaner *c, const char *s, size_t n)
{
	if (c->is_full || n > c->max - c->len) {
		c->is_full = true;
		return;
	}
	memcpy(c->out + c->len, s, n);
	c->len += n;
}

static void emit_character(struct cleaner *c, const unsigned char *s, size_t n, uint32_t cp)
{
	char text[TOKEN_MAX];
	int kind = classify(cp);

	if (kind == TEXT_MARK) {
		if (++c->marks <= MARKS_MAX && c->len)
			emit(c, (const char *)s, n);
		else if (c->marks == MARKS_MAX + 1 || !c->len)
			emit(c, text, token(cp, text));
		return;
	}
	c->marks = 0;
	if (kind == TEXT_HIDDEN)
		emit(c, text, token(cp, text));
	else
		emit(c, (const char *)s, n);
}

static void clean(struct cleaner *c, const unsigned char *s, size_t len)
{
	size_t i = 0;

	while (i < len && !c->is_full) {
		size_t run = i, n;
		uint32_t cp;

		while (run < len && is_plain(s[run]))
			run++;
		if (run > i) {
			n = min_size(run - i, c->max - c->len);
			emit(c, (const char *)s + i, n);
			c->is_full = n < run - i;
			c->marks = 0;
			i = run;
			continue;
		}
		n = decode(s + i, len - i, &cp);
		if (n) {
			emit_character(c, s + i, n, cp);
		} else {
			emit(c, "\xef\xbf\xbd", 3);
			c->marks = 0;
		}
		i += n ? n : 1;
	}
}

/* Room that any input of that length can need: a mark or control becomes at most 10 bytes for 2
 * bytes or 4 for 1. */
static size_t room_for(const char *bytes, size_t len, size_t max)
{
	size_t extra = 0;

	for (size_t i = 0; i < len && len + extra <= max; i++)
		extra += is_plain((unsigned char)bytes[i]) ? 0 : 5;
	return min_size(len + extra, max);
}

static const char ELLIPSIS[] = "\xe2\x80\xa6";

/* Ends the text; one that was cut ends in an ellipsis. */
static void finish(struct cleaner *c, size_t room)
{
	size_t mark = sizeof(ELLIPSIS) - 1;

	if (c->is_full && room >= mark) {
		while (c->len > room - mark || (c->len && (c->out[c->len] & 0xc0) == 0x80))
			c->len--;
		memcpy(c->out + c->len, ELLIPSIS, mark);
		c->len += mark;
	}
	c->out[c->len] = '\0';
}

const struct text *text_clean_max(struct arena *a, const char *bytes, size_t len, size_t max)
{
	struct cleaner c = {0};
	size_t room;

	if (!bytes)
		return NULL;
	room = room_for(bytes, len, max);
	c.out = arena_alloc_raw(a, room + sizeof(ELLIPSIS), 1);
	c.max = room;
	clean(&c, (const unsigned char *)bytes, len);
	if (c.is_full)
		c.out[c.len] = '\0';
	finish(&c, room);
	return (const struct text *)(const void *)c.out;
}

const struct text *text_clean(struct arena *a, const char *bytes, size_t len)
{
	return text_clean_max(a, bytes, len, TEXT_MAX);
}

void text_clean_to(char *out, size_t size, const char *bytes, size_t len)
{
	struct cleaner c = {.out = out, .max = size - 1};

	clean(&c, (const unsigned char *)bytes, len);
	if (c.is_full)
		out[c.len] = '\0';
	finish(&c, size - 1);
}

const struct text *text_format(struct arena *a, const char *fmt, ...)
{
	char small[512], *raw = small;
	const struct text *t;
	va_list ap, again;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (len < 0)
		BUG("format \"%s\"", fmt);
	if ((size_t)len >= sizeof(small)) {
		raw = arena_alloc_raw(a, (size_t)len + 1, 1);
		vsnprintf(raw, (size_t)len + 1, fmt, again);
	}
	va_end(again);
	t = text_clean(a, raw, (size_t)len);
	return t;
}

size_t text_lines(struct arena *a, const char *bytes, size_t len, const struct text *const **lines)
{
	const struct text **out;
	size_t n = 1, at = 0;

	for (size_t i = 0; i < len; i++)
		n += bytes[i] == '\n';
	if (len && bytes[len - 1] == '\n')
		n--;
	out = ARENA_ARRAY(a, const struct text *, n);
	for (size_t i = 0; i < n; i++) {
		const char *end = memchr(bytes + at, '\n', len - at);
		size_t line = end ? (size_t)(end - bytes) - at : len - at;
		bool has_cr = line && bytes[at + line - 1] == '\r';

		out[i] = text_clean(a, bytes + at, line - has_cr);
		at += line + 1;
	}
	*lines = out;
	return n;
}

size_t text_len(const struct text *t)
{
	return t ? strlen(text_str(t)) : 0;
}

bool text_is(const struct text *t, const char *s)
{
	return t && s && !strcmp(text_str(t), s);
}

int text_cmp(const struct text *a, const struct text *b)
{
	if (!a || !b)
		return (a == NULL) - (b == NULL);
	return strcmp(text_str(a), text_str(b));
}

const struct text *text_copy(struct arena *a, const struct text *t)
{
	return t ? (const struct text *)(const void *)arena_strdup(a, text_str(t)) : NULL;
}

size_t text_next(const char *s, uint32_t *cp, int *columns)
{
	/* It reads no further than the NUL, which continues no sequence. */
	size_t n = decode((const unsigned char *)s, 4, cp);

	if (!n) { /* cannot be in a cleaned text; still never run over the end */
		*cp = 0xfffd;
		n = s[0] != '\0';
	}
	*columns = *cp < 0x7f ? 1 : classify(*cp);
	if (*columns == TEXT_HIDDEN)
		*columns = 1;
	return n;
}

int text_width_n(const char *s, size_t len)
{
	int width = 0, columns;
	uint32_t cp;

	for (size_t i = 0; i < len && s[i];) {
		if (is_plain((unsigned char)s[i])) {
			width++;
			i++;
			continue;
		}
		i += text_next(s + i, &cp, &columns);
		width += columns;
	}
	return width;
}

int text_width(const char *s)
{
	return text_width_n(s, SIZE_MAX);
}

size_t text_encode(uint32_t cp, char out[static 4])
{
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

size_t text_fit(const char *s, int columns)
{
	size_t i = 0;
	int used = 0;

	while (s[i]) {
		int wide;
		uint32_t cp;
		size_t n = text_next(s + i, &cp, &wide);

		if (used + wide > columns)
			break;
		used += wide;
		i += n;
	}
	return i;
}

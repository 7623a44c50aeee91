/* dlq/token.c - single JSON tokens: numbers, literals, strings, dates. Pure functions over bytes
 * that are known to be a token, or that say that they are none. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/clock.h"
#include "token.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *word(const char *p, const char *end, const char *w)
{
	size_t n = strlen(w);

	return (size_t)(end - p) >= n && !memcmp(p, w, n) ? p + n : NULL;
}

static const char *digits(const char *p, const char *end)
{
	const char *start = p;

	while (p < end && is_digit(*p))
		p++;
	return p > start ? p : NULL;
}

static const char *number(const char *p, const char *end)
{
	if (*p == '-' && ++p < end && *p == 'I')
		return word(p, end, "Infinity");
	if (p < end && *p == '0')
		p++;
	else
		p = digits(p, end);
	if (p && p < end && *p == '.')
		p = digits(p + 1, end);
	if (p && p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		p = digits(p, end);
	}
	return p;
}

const char *token_scalar(const char *p, const char *end)
{
	if (p == end)
		return NULL;
	switch (*p) {
	case 't':
		return word(p, end, "true");
	case 'f':
		return word(p, end, "false");
	case 'n':
		return word(p, end, "null");
	case 'N':
		return word(p, end, "NaN");
	case 'I':
		return word(p, end, "Infinity");
	default:
		return number(p, end);
	}
}

static void put_utf8(struct buf *out, uint32_t c)
{
	char bytes[4];

	buf_putn(out, bytes, text_encode(c, bytes));
}

/* Four hex digits at p, or -1. */
static int32_t hex4(const char *p, const char *end)
{
	int32_t v = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = (char)(p[i] | 0x20);
		if (is_digit(p[i]))
			v = v << 4 | (p[i] - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (c - 'a' + 10);
		else
			return -1;
	}
	return v;
}

/* p is behind `\u`. Returns where it ends. */
static const char *unescape_u(const char *p, const char *end, struct buf *out)
{
	int32_t hi = hex4(p, end);
	if (hi < 0)
		return end;
	p += 4;
	if (hi >= 0xd800 && hi < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
		int32_t lo = hex4(p + 2, end);
		if (lo >= 0xdc00 && lo < 0xe000) {
			put_utf8(out, (uint32_t)(0x10000 + ((hi - 0xd800) << 10) + (lo - 0xdc00)));
			return p + 6;
		}
	}
	put_utf8(out, hi >= 0xd800 && hi < 0xe000 ? 0xfffd : (uint32_t)hi);
	return p;
}

void token_decode(struct span t, struct buf *out)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *p = t.p + 1, *end = t.p + t.len;

	while (p < end && *p != '"') {
		const char *run = p;
		while (p < end && *p != '"' && *p != '\\')
			p++;
		buf_putn(out, run, (size_t)(p - run));
		if (p >= end || *p != '\\')
			continue;
		if (++p == end)
			break;
		if (*p == 'u') {
			p = unescape_u(p + 1, end, out);
			continue;
		}
		const char *found = strchr(from, *p);
		buf_putc(out, found && *found ? to[found - from] : *p);
		p++;
	}
}

const struct text *token_text(struct span t, struct arena *a)
{
	if (!t.len || t.p[0] == '{' || t.p[0] == '[' || t.p[0] == 'n')
		return NULL;
	if (!token_is_string(t))
		return text_clean(a, t.p, t.len);
	struct buf b;
	buf_init(&b, t.len * 3 + 16);
	token_decode(t, &b);
	const struct text *out = text_clean(a, b.data ? b.data : "", b.len);
	buf_release(&b);
	return out;
}

enum token_id token_id(struct span t, int64_t *number_out)
{
	char copy[24];
	char *stop;
	int64_t quick = 0;
	size_t n = 0;

	while (n < t.len && n < 18 && is_digit(t.p[n]))
		quick = quick * 10 + (t.p[n++] - '0');
	if (n && n == t.len) {
		*number_out = quick;
		return TOKEN_ID_NUMBER;
	}
	if (!t.len || t.p[0] == '{' || t.p[0] == '[' || t.p[0] == 'n')
		return TOKEN_ID_NONE;
	if (t.len >= sizeof(copy) || !(is_digit(t.p[0]) || t.p[0] == '-'))
		return TOKEN_ID_TEXT;
	memcpy(copy, t.p, t.len);
	copy[t.len] = '\0';
	errno = 0;
	long long v = strtoll(copy, &stop, 10);
	if (*stop || errno || v == ABSENT)
		return TOKEN_ID_TEXT;
	*number_out = v;
	return TOKEN_ID_NUMBER;
}

static int64_t two(const char *p)
{
	return (p[0] - '0') * 10 + (p[1] - '0');
}

/* Has p[0..8) a digit wherever the shape has a 0, and else the same? What differs keeps its top
 * bit, or gets it by the sum; a carry comes only from a byte that has it. */
static bool has_shape(const char *p, const char *shape)
{
	unsigned char room[8];
	uint64_t word, zeros, limits;

	for (size_t i = 0; i < 8; i++)
		room[i] = shape[i] == '0' ? 0x7f - 9 : 0x7f;
	memcpy(&word, p, sizeof(word));
	memcpy(&zeros, shape, sizeof(zeros));
	memcpy(&limits, room, sizeof(limits));
	word ^= zeros;
	return !(((word + limits) | word) & 0x8080808080808080u);
}

/* The usual `2025-11-21T09:45:30.123456`; a million of them are read while an index is made. The
 * 29th of February is left to clock_parse(). */
static bool quick_time(const char *p, size_t len, int64_t *ms)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (len < 23 || !has_shape(p, "0000-00-") || !has_shape(p + 8, "00T00:00") ||
	    !has_shape(p + 15, "0:00.000"))
		return false;
	for (size_t i = 23; i < len; i++)
		if (!is_digit(p[i]))
			return false;
	int64_t month = two(p + 5), day = two(p + 8), hour = two(p + 11);
	int64_t minute = two(p + 14), second = two(p + 17);
	if (month < 1 || month > 12 || day < 1 || day > days[month - 1] || hour > 23 ||
	    minute > 59 || second > 59)
		return false;
	*ms = clock_days((int)(two(p) * 100 + two(p + 2)), (int)month, (int)day) * 86400000 +
	      (hour * 3600 + minute * 60 + second) * 1000 + (p[20] - '0') * 100 + two(p + 21);
	return true;
}

static int64_t numeric_time(struct span t)
{
	char copy[40];

	if (t.len >= sizeof(copy) || !is_digit(t.p[0]))
		return ABSENT;
	memcpy(copy, t.p, t.len);
	copy[t.len] = '\0';
	double v = strtod(copy, NULL);
	if (v >= 1e8 && v < 1e11)
		return (int64_t)(v * 1000);
	return v >= 1e11 && v < 1e14 ? (int64_t)v : ABSENT;
}

int64_t token_time(struct span t, bool *is_naive)
{
	enum time_zone_kind kind = TIME_HAS_ZONE;
	int64_t ms;

	*is_naive = false;
	if (!t.len)
		return ABSENT;
	if (!token_is_string(t))
		return numeric_time(t);
	if (t.len >= 2 && quick_time(t.p + 1, t.len - 2, &ms)) {
		*is_naive = true;
		return ms;
	}
	if (memchr(t.p, '\\', t.len)) {
		struct buf b;
		buf_init(&b, t.len * 3 + 16);
		token_decode(t, &b);
		ms = b.len ? clock_parse(b.data, b.len, &kind) : ABSENT;
		buf_release(&b);
	} else {
		ms = t.len > 2 ? clock_parse(t.p + 1, t.len - 2, &kind) : ABSENT;
	}
	*is_naive = kind == TIME_NAIVE;
	return ms;
}

bool token_is(struct span t, const char *key)
{
	size_t n = strlen(key);

	if (!token_is_string(t) || t.len < 2)
		return false;
	if (!memchr(t.p, '\\', t.len))
		return t.len == n + 2 && !memcmp(t.p + 1, key, n);
	struct buf b;
	buf_init(&b, t.len * 3 + 16);
	token_decode(t, &b);
	bool same = b.len == n && !memcmp(b.data ? b.data : "", key, n);
	buf_release(&b);
	return same;
}

bool token_is_utf8(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + len;

	while (p < end) {
		if (*p < 0x80) {
			p++;
			continue;
		}
		int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : 1;
		if (*p < 0xc2 || *p > 0xf4 || end - p <= more)
			return false;
		if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
		    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
			return false;
		for (int i = 1; i <= more; i++)
			if ((p[i] & 0xc0) != 0x80)
				return false;
		p += more + 1;
	}
	return true;
}

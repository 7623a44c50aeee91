/* dlq/group.c - what makes two failures the same: the error type, and the head of the message with
 * everything left out that differs from one time to the next: numbers with sign and unit, times,
 * ids, hex, UUIDs and quoted words become `#`. Works on the JSON text as it stands (escapes are
 * letters like others), because a million messages pass here. */
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "index.h"

enum { KEPT = 128 }; /* bytes that count once it is normalised */
#define ID_BITS 53   /* what every reader of --json holds as a number */

enum { C_PLAIN, C_DIGIT, C_QUOTE, C_ESCAPE };

static int class_of(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return C_DIGIT;
	return c == '\'' || c == '`' ? C_QUOTE : c == '\\' ? C_ESCAPE : C_PLAIN;
}

static bool is_hex_letter(unsigned char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'f';
}

static bool is_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c >= 0x80;
}

/* How far the hex digits and dashes in front of p (down to start) reach when they begin a word. */
static const char *hex_start(const char *start, const char *p)
{
	const char *q = p;

	while (q > start && (is_hex_letter((unsigned char)q[-1]) || q[-1] == '-'))
		q--;
	while (q < p && *q == '-')
		q++;
	if (q > start && is_word((unsigned char)q[-1]))
		return p;
	return q;
}

/* The end of one number or piece of hex, an id in hex or a UUID that begins at p (or in front of
 * it). */
static const char *number_end(const char *p, const char *end)
{
	const char *hex = p;

	if (end - p > 2 && p[0] == '0' && p[1] == 'x')
		p += 2;
	while (hex < end && (is_hex_letter((unsigned char)*hex) ||
			     class_of((unsigned char)*hex) == C_DIGIT || *hex == '-'))
		hex++;
	if (hex - p >= 8 && (hex == end || !is_word((unsigned char)*hex)))
		return hex;
	hex = p;
	while (p < end &&
	       (class_of((unsigned char)*p) == C_DIGIT || is_hex_letter((unsigned char)*p)))
		p++;
	if (p == end || !is_word((unsigned char)*p))
		return p;
	p = hex;
	while (p < end && class_of((unsigned char)*p) == C_DIGIT)
		p++;
	return p;
}

/* The same with all that goes on: dates, times, addresses, versions. */
static const char *numbers_end(const char *p, const char *end)
{
	p = number_end(p, end);
	while (end - p > 1 && strchr("-:./,+TZ", *p) && *p &&
	       class_of((unsigned char)p[1]) == C_DIGIT)
		p = number_end(p + 1, end);
	return p < end && *p == 'Z' && (end - p == 1 || !is_word((unsigned char)p[1])) ? p + 1 : p;
}

/* A number's unit is part of it, with or without a blank between them. */
static const char *unit_end(const char *p, const char *end)
{
	static const char *const units[] = {
		"s",         "m",     "h",     "d",      "ms",      "us",     "ns",
		"\xc2\xb5s", "sec",   "min",   "secs",   "mins",    "hr",     "hrs",
		"hour",      "hours", "day",   "days",   "B",       "second", "seconds",
		"KB",        "MB",    "GB",    "TB",     "KiB",     "MiB",    "GiB",
		"TiB",       "kB",    "bytes", "minute", "minutes",
	};
	const char *from = end - p > 1 && *p == ' ' ? p + 1 : p, *to = from;

	if (from == end || !strchr("smhdunbBkKMGT\xc2", *from))
		return p;
	while (to < end && is_word((unsigned char)*to) && class_of((unsigned char)*to) != C_DIGIT)
		to++;
	if (to == from || (to < end && is_word((unsigned char)*to) && from > p))
		return p;
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (*units[i] == *from && strlen(units[i]) == (size_t)(to - from) &&
		    !memcmp(from, units[i], (size_t)(to - from)))
			return to;
	return p;
}

/* So is its sign, where no word ends in front of it. */
static const char *sign_start(const char *start, const char *head)
{
	bool has_sign = head > start && (head[-1] == '-' || head[-1] == '+');

	return has_sign && (head - 1 == start || !is_word((unsigned char)head[-2])) ? head - 1
										    : head;
}

/* The end of a quoted word: behind its closing quote, or NULL when it is an apostrophe. */
static const char *quote_end(const char *start, const char *p, const char *end)
{
	bool is_escaped = *p == '\\';
	char c = is_escaped ? '"' : *p;

	if (!is_escaped && p > start && is_word((unsigned char)p[-1]))
		return NULL;
	const char *from = p + 1 + is_escaped;
	const char *q = memchr(from, c, (size_t)(end - from));
	return q ? q + 1 : end;
}

/* Where the next byte stands that may have to be left out. */
static const char *next_mark(const char *p, const char *end)
{
#if defined(__SSE2__)
	const __m128i zero = _mm_set1_epi8('0'), nine = _mm_set1_epi8(9);
	for (; end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i digit = _mm_sub_epi8(v, zero);
		__m128i hit = _mm_cmpeq_epi8(_mm_min_epu8(digit, nine), digit);
		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('\'')));
		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('`')));
		hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
		int bits = _mm_movemask_epi8(hit);
		if (bits)
			return p + __builtin_ctz((unsigned)bits);
	}
#endif
	while (p < end && class_of((unsigned char)*p) == C_PLAIN)
		p++;
	return p;
}

/* Appends to out, which has room for any head of a message. */
static void put(struct buf *out, const char *p, size_t len)
{
	memcpy(out->data + out->len, p, len);
	out->len += len;
}

void group_normalise(const char *p, size_t len, struct buf *out)
{
	const char *start = p, *end = p + len, *from = p;

	buf_putn(out, "", 0);
	if (out->size < out->len + len + 64)
		BUG("no room for %zu bytes of a message", len);
	while (out->len < KEPT) {
		/* Behind what counts nobody looks. */
		const char *last = from + min_size((size_t)(end - from), KEPT - out->len);
		if (p >= last || (p = next_mark(p, last)) == last)
			break;
		const char *head = p, *stop;
		int class = class_of((unsigned char)*p);
		if (class == C_DIGIT) {
			head = hex_start(from, p);
			stop = numbers_end(head, end);
			if (stop <= p)
				stop = numbers_end(head = p, end);
			head = sign_start(from, head);
			stop = unit_end(stop, end);
		} else if (class == C_ESCAPE && (end - p < 2 || p[1] != '"')) {
			p += end - p < 2 ? 1 : 2;
			continue;
		} else {
			stop = quote_end(start, p, end);
		}
		if (!stop) {
			p++;
			continue;
		}
		put(out, from, (size_t)(head - from));
		if (!out->len || out->data[out->len - 1] != '#')
			put(out, "#", 1);
		from = p = stop;
	}
	if (out->len < KEPT)
		put(out, from, min_size((size_t)(end - from), KEPT - out->len));
	out->len = min_size(out->len, KEPT);
}

static uint64_t word_at(const unsigned char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* Two words become one: the halves of their product, folded. */
static uint64_t fold(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;
	wide product = (wide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed)
{
	const uint64_t odd = 0x9e3779b97f4a7c15u, other = 0xd6e8feb86659fd93u;
	const unsigned char *p = data;
	unsigned char rest[16] = {0};
	uint64_t h = seed ^ odd * (len + 1);

	for (; len >= 16; p += 16, len -= 16)
		h = fold(word_at(p) ^ odd, word_at(p + 8) ^ h) + other;
	memcpy(rest, p, len);
	h = fold(word_at(rest) ^ odd, word_at(rest + 8) ^ h);
	return fold(h ^ other, odd);
}

uint64_t group_id(uint64_t type_hash, struct span message, struct buf *scratch)
{
	size_t len = min_size(message.len, GROUP_HEAD);

	buf_clear(scratch);
	if (len)
		group_normalise(message.p, len, scratch);
	uint64_t id = hash_bytes(scratch->len ? scratch->data : "", scratch->len, type_hash);

	id &= (UINT64_C(1) << ID_BITS) - 1;
	return id ? id : 1;
}

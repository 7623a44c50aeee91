/* json_scan.h - the scanner under json.c and json_each.c; private to them.
 *
 * The position only moves forward; `*p` may always be read because the body ends in a NUL, which is
 * never part of JSON outside a string. A function that returns false has set `problem` and left
 * `p` at the byte concerned. */
#ifndef SPARKOPS_JSON_SCAN_H
#define SPARKOPS_JSON_SCAN_H

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "json.h"

enum { JSON_SCRATCH = TEXT_MAX + 64 };

struct json_scan {
	const char *p, *start, *end;
	const char *problem; /* what would be right at p */
	struct json_flags flags;
	char *scratch; /* JSON_SCRATCH bytes, made when a string needs unescaping */
};

/* A string as it stands in the document, or unescaped. */
struct json_slice {
	const char *s;
	size_t len;
	bool is_plain; /* printable ASCII only: needs no cleaning */
};

struct scan_number {
	bool is_integer; /* integer holds it */
	int64_t integer;
	double real; /* NaN when not finite */
};

void scan_init(struct json_scan *in, const char *body, size_t len);
void scan_release(struct json_scan *in);
/* Moves to the value at a dotted path, or after the document: then *found is false. */
MUST_CHECK bool scan_root(struct json_scan *in, const char *root, bool *found, int *depth);
/* After the value at the root was taken: skips the rest of `depth` objects, then only blanks may
 * follow. */
MUST_CHECK bool scan_rest(struct json_scan *in, int depth);
/* The sentence for what went wrong. */
int scan_report(const struct json_scan *in, struct err *err);

MUST_CHECK bool scan_skip(struct json_scan *in);
/* At the opening quote. The slice is valid until the next call when it was unescaped. */
MUST_CHECK bool scan_string(struct json_scan *in, struct json_slice *out);
MUST_CHECK bool scan_number(struct json_scan *in, struct scan_number *out);
/* The words true, false, null, NaN, Infinity. */
MUST_CHECK bool scan_word(struct json_scan *in, const char *word);
/* In an object or list, p behind `{`, `[` or a value: moves to the next item or behind the end. */
MUST_CHECK bool scan_next(struct json_scan *in, char close, bool is_first, bool *is_end);
/* At a key: takes it and the colon. */
MUST_CHECK bool scan_key(struct json_scan *in, struct json_slice *key);
MUST_CHECK bool scan_skip_key(struct json_scan *in);

static inline bool scan_is_number_start(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == 'N' || c == 'I';
}

static inline const char *scan_blanks(const char *p)
{
	while (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')
		p++;
	return p;
}

static inline bool scan_fail(struct json_scan *in, const char *p, const char *problem)
{
	in->p = p;
	in->problem = problem;
	return false;
}

/* From behind the opening quote to the first byte that is a quote, a backslash or, with is_text,
 * no printable ASCII; or to the end. */
static inline const char *scan_string_stop(const char *p, const char *end, bool is_text)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
	const __m128i blank = _mm_set1_epi8(' '), del = _mm_set1_epi8(0x7f);

	while (end - p >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, slash));
		int mask;

		if (is_text) /* signed: bytes from 0x80 on are below a blank, too */
			hit = _mm_or_si128(hit, _mm_or_si128(_mm_cmplt_epi8(v, blank),
							     _mm_cmpeq_epi8(v, del)));
		mask = _mm_movemask_epi8(hit);
		if (mask)
			return p + __builtin_ctz((unsigned)mask);
		p += 16;
	}
#endif
	for (; p < end && *p != '"' && *p != '\\'; p++)
		if (is_text && (*p < ' ' || *p == 0x7f))
			break;
	return p;
}

/* Are the n bytes at p those at q? Both have at least 16 bytes more behind them when they can. */
static inline bool scan_same(const char *p, const char *q, size_t n, const char *end)
{
#ifdef __SSE2__
	if ((size_t)(end - p) >= n + 16) {
		for (;; p += 16, q += 16, n -= 16) {
			__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
			__m128i w = _mm_loadu_si128((const __m128i *)(const void *)q);
			unsigned mask = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, w));

			if (n <= 16) {
				mask |= 0xffffu << n;
				return (mask & 0xffff) == 0xffff;
			}
			if (mask != 0xffff)
				return false;
		}
	}
#endif
	return (size_t)(end - p) >= n && memcmp(p, q, n) == 0;
}

#endif

/* dlq/fast.c - reads lines in two passes over a buffer that stays in the cache.
 *
 * DESIGN: the first pass turns 64 bytes at a time into bit masks (quotes that are not escaped, what
 * lies inside strings, structural characters, newlines) and writes down the positions of structural
 * characters, of the first byte of every string and scalar, and of newlines; what a string may not
 * hold is written down as a mistake. The idea is that of Langdale and Lemire's simdjson paper; the
 * code is our own and differs where lines matter: a newline always ends a line, also inside an open
 * string, so that a broken line costs itself only. The second pass walks those positions with the
 * grammar. Every byte is judged by one of the two; nothing is skipped unseen. */
#include <stdlib.h>
#include <string.h>

#include "fast.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

struct masks {
	uint64_t quote, backslash, newline, control, high, op, blank;
};

struct fast {
	bool is_wide;
	const char *p;
	size_t len;
	uint32_t *marks; /* positions, ending with that of the last newline */
	size_t nmarks;
	const uint32_t *next;
	size_t from;     /* beginning of the next line */
	uint32_t *wrong; /* where a string holds what it may not, in order */
	size_t nwrong, wrong_at;
	uint32_t *high; /* blocks with bytes over 0x7f, by their first such byte */
	size_t nhigh, high_at;
	unsigned char *levels; /* 1: object */
	/* carried from block to block */
	uint64_t was_escaped, was_string, was_scalar;
};

struct fast *fast_new(bool is_wide)
{
	struct fast *f = xcalloc(1, sizeof(*f));

	f->is_wide = is_wide;
	f->marks = xmalloc((FAST_MAX + 64) * sizeof(*f->marks));
	f->wrong = xmalloc((FAST_MAX + 64) * sizeof(*f->wrong));
	f->high = xmalloc((FAST_MAX / 64 + 64) * sizeof(*f->high));
	f->levels = xmalloc(FAST_MAX + 64);
	return f;
}

void fast_free(struct fast *f)
{
	if (!f)
		return;
	free(f->marks);
	free(f->wrong);
	free(f->high);
	free(f->levels);
	free(f);
}

/* --- first pass --- */

#define INLINE static inline __attribute__((always_inline))

/* Which bytes have an odd number of backslashes directly in front of them. */
INLINE uint64_t find_escaped(struct fast *f, uint64_t backslash)
{
	const uint64_t even = 0x5555555555555555u;

	if (!backslash) {
		uint64_t escaped = f->was_escaped;
		f->was_escaped = 0;
		return escaped;
	}
	backslash &= ~f->was_escaped;
	uint64_t follows = backslash << 1 | f->was_escaped;
	uint64_t odd_starts = backslash & ~even & ~follows;
	unsigned long long ends;
	f->was_escaped = __builtin_uaddll_overflow(odd_starts, backslash, &ends);
	return (even ^ (uint64_t)ends << 1) & follows;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* p is the byte behind a backslash. Bytes past the end of the line are no hex digits, as a newline
 * comes first. */
static bool is_escape(const char *p)
{
	switch (*p) {
	case 'u':
		return is_hex(p[1]) && is_hex(p[2]) && is_hex(p[3]) && is_hex(p[4]);
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return true;
	default:
		return false;
	}
}

/* Newlines inside a string: what follows each is outside again. Returns what lies inside strings;
 * *cut are those newlines. */
static uint64_t __attribute__((noinline))
cut_strings(uint64_t newline, uint64_t string, uint64_t *cut)
{
	uint64_t open;

	while ((open = newline & string)) {
		unsigned bit = (unsigned)__builtin_ctzll(open);
		string ^= ~UINT64_C(0) << bit;
		*cut |= UINT64_C(1) << bit;
		newline ^= UINT64_C(1) << bit;
	}
	return string;
}

/* Mistakes inside strings: the bits of wrong, and escapes that are none. */
static void __attribute__((noinline))
put_wrong(struct fast *f, uint64_t escaped, uint64_t wrong, size_t base)
{
	for (uint64_t all = escaped | wrong; all; all &= all - 1) {
		unsigned bit = (unsigned)__builtin_ctzll(all);
		if ((wrong >> bit & 1) || !is_escape(f->p + base + bit))
			f->wrong[f->nwrong++] = (uint32_t)(base + bit);
	}
}

INLINE void put_marks(struct fast *f, uint64_t bits, size_t base)
{
	uint32_t *out = f->marks + f->nmarks;
	unsigned n = (unsigned)__builtin_popcountll(bits);

	for (unsigned k = 0; k < n; k += 8)
		for (unsigned i = 0; i < 8; i++) {
			out[k + i] =
				(uint32_t)(base + (unsigned)__builtin_ctzll(bits | 1ull << 63));
			bits &= bits - 1;
		}
	f->nmarks += n;
}

/* xored: for each bit the parity of the quotes up to it. */
INLINE void take_block(struct fast *f, const struct masks *m, uint64_t xored, uint64_t escaped,
		       size_t base)
{
	uint64_t quote = m->quote & ~escaped;
	uint64_t string = xored ^ f->was_string, cut = 0;

	if (m->newline & string)
		string = cut_strings(m->newline, string, &cut);
	f->was_string = (uint64_t)((int64_t)string >> 63);
	uint64_t wrong = (m->control & string) | cut;
	if ((escaped & string) | wrong)
		put_wrong(f, escaped & string, wrong, base);
	if (m->high)
		f->high[f->nhigh++] = (uint32_t)(base + (unsigned)__builtin_ctzll(m->high));
	uint64_t scalar = ~(m->op | m->blank);
	uint64_t inside = scalar & ~quote;
	uint64_t starts = scalar & ~(inside << 1 | f->was_scalar);
	f->was_scalar = inside >> 63;
	/* Of a string only its first quote is marked. */
	uint64_t bits = ((m->op | starts) & ~(string ^ quote)) | m->newline;
	if (f->len - base < 64)
		bits &= (UINT64_C(1) << (f->len - base)) - 1;
	put_marks(f, bits, base);
}

#if defined(__x86_64__)
INLINE uint64_t eq16(const __m128i v[static 4], char c)
{
	uint64_t bits = 0;

	for (int i = 0; i < 4; i++)
		bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(
				_mm_cmpeq_epi8(v[i], _mm_set1_epi8(c)))
			<< (16 * i);
	return bits;
}

INLINE struct masks classify_sse2(const char *p)
{
	struct masks m = {0};
	__m128i v[4], low[4];

	for (int i = 0; i < 4; i++) {
		v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
		low[i] = _mm_or_si128(v[i], _mm_set1_epi8(0x20));
		m.high |= (uint64_t)(uint32_t)_mm_movemask_epi8(v[i]) << (16 * i);
		__m128i top = _mm_max_epu8(v[i], _mm_set1_epi8(0x1f));
		m.control |= (uint64_t)(uint32_t)_mm_movemask_epi8(
				     _mm_cmpeq_epi8(top, _mm_set1_epi8(0x1f)))
			     << (16 * i);
	}
	m.quote = eq16(v, '"');
	m.backslash = eq16(v, '\\');
	m.newline = eq16(v, '\n');
	m.op = eq16(low, '{') | eq16(low, '}') | eq16(v, ':') | eq16(v, ',');
	m.blank = eq16(v, ' ') | eq16(v, '\t') | eq16(v, '\r') | m.newline;
	return m;
}

INLINE uint64_t prefix_xor(uint64_t x)
{
	for (int i = 1; i < 64; i *= 2)
		x ^= x << i;
	return x;
}

static void find_sse2(struct fast *f)
{
	for (size_t at = 0; at < f->len; at += 64) {
		struct masks m = classify_sse2(f->p + at);
		uint64_t escaped = find_escaped(f, m.backslash);
		take_block(f, &m, prefix_xor(m.quote & ~escaped), escaped, at);
	}
}

#define AVX2 __attribute__((target("avx2,pclmul,bmi,popcnt")))

AVX2 INLINE uint64_t join(__m256i a, __m256i b)
{
	return (uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b)
							   << 32;
}

AVX2 INLINE uint64_t eq32(__m256i a, __m256i b, char c)
{
	__m256i w = _mm256_set1_epi8(c);

	return join(_mm256_cmpeq_epi8(a, w), _mm256_cmpeq_epi8(b, w));
}

AVX2 INLINE struct masks classify_avx2(const char *p)
{
	/* By low nibble: the one operator or blank that has it. */
	const __m256i ops =
		_mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0, 0, 0, 0, 0,
				 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0);
	const __m256i blanks =
		_mm256_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, 0, '\r', 0, 0, ' ', 0,
				 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, 0, '\r', 0, 0);
	const __m256i space = _mm256_set1_epi8(0x20), low = _mm256_set1_epi8(0x1f);
	__m256i a = _mm256_loadu_si256((const __m256i *)(const void *)p);
	__m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
	struct masks m = {
		.quote = eq32(a, b, '"'),
		.backslash = eq32(a, b, '\\'),
		.newline = eq32(a, b, '\n'),
		.control = join(_mm256_cmpeq_epi8(_mm256_max_epu8(a, low), low),
				_mm256_cmpeq_epi8(_mm256_max_epu8(b, low), low)),
		.high = join(a, b),
		.op = join(
			_mm256_cmpeq_epi8(_mm256_shuffle_epi8(ops, a), _mm256_or_si256(a, space)),
			_mm256_cmpeq_epi8(_mm256_shuffle_epi8(ops, b), _mm256_or_si256(b, space))),
		.blank = join(_mm256_cmpeq_epi8(_mm256_shuffle_epi8(blanks, a), a),
			      _mm256_cmpeq_epi8(_mm256_shuffle_epi8(blanks, b), b)),
	};
	return m;
}

AVX2 static void find_avx2(struct fast *f)
{
	const __m128i ones = _mm_set1_epi8((char)0xff);

	for (size_t at = 0; at < f->len; at += 64) {
		struct masks m = classify_avx2(f->p + at);
		uint64_t escaped = find_escaped(f, m.backslash);
		__m128i quote = _mm_set_epi64x(0, (long long)(m.quote & ~escaped));
		uint64_t xored = (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(quote, ones, 0));
		take_block(f, &m, xored, escaped, at);
	}
}

static void find_marks(struct fast *f)
{
	if (f->is_wide && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") &&
	    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt"))
		find_avx2(f);
	else
		find_sse2(f);
}
#else
static void find_marks(struct fast *f)
{
	for (size_t at = 0; at < f->len; at += 64) {
		struct masks m = {0};
		uint64_t xored = 0;
		for (unsigned i = 0; i < 64; i++) {
			uint64_t bit = UINT64_C(1) << i;
			char c = f->p[at + i];
			m.quote |= c == '"' ? bit : 0;
			m.backslash |= c == '\\' ? bit : 0;
			m.newline |= c == '\n' ? bit : 0;
			m.control |= (unsigned char)c < 0x20 ? bit : 0;
			m.high |= (unsigned char)c >= 0x80 ? bit : 0;
			m.op |= c && strchr("{}[]:,", c) ? bit : 0;
			m.blank |= c && strchr(" \t\r\n", c) ? bit : 0;
		}
		uint64_t escaped = find_escaped(f, m.backslash);
		xored = m.quote & ~escaped;
		for (int i = 1; i < 64; i *= 2)
			xored ^= xored << i;
		take_block(f, &m, xored, escaped, at);
	}
}
#endif

void fast_begin(struct fast *f, const char *p, size_t len)
{
	f->p = p;
	f->len = len;
	f->nmarks = f->nwrong = f->wrong_at = f->nhigh = f->high_at = f->from = 0;
	f->was_escaped = f->was_string = f->was_scalar = 0;
	find_marks(f);
	f->next = f->marks;
}

/* --- second pass --- */

/* The end of a token that began at s[0]: blanks lie between it and the next mark at most. */
static struct span token_at(const struct fast *f, const uint32_t *s)
{
	const char *p = f->p + s[0], *end = f->p + s[1];

	while (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')
		end--;
	return (struct span){p, (size_t)(end - p)};
}

static const char ends_scalar[256] = {
	[' '] = 1, ['\t'] = 1, ['\r'] = 1, ['\n'] = 1, [','] = 1, ['}'] = 1, [']'] = 1,
};

/* A number or literal that fills the space up to the next mark. */
static bool is_scalar(const struct fast *f, const uint32_t *s)
{
	const char *p = f->p + *s, *end = p;

	/* Most are plain integers. */
	while (*end >= '0' && *end <= '9')
		end++;
	if (end == p || *p == '0' || !ends_scalar[(unsigned char)*end])
		end = token_scalar(p, f->p + f->len);
	return end && ends_scalar[(unsigned char)*end];
}

/* Takes a key whose colon follows; the place of its value, or -1. */
static int take_key(const struct fast *f, const uint32_t *s, bool is_error, struct fast_line *line)
{
	int place = line_place_of(token_at(f, s), is_error);

	if (place >= 0)
		line_forget(line->places, place);
	return place;
}

struct walk {
	size_t depth;
	size_t error_depth; /* 2 inside the top error object, else 0 */
	int place;          /* of the value that comes next */
};

/* A value that begins at s; opens a level, or takes a scalar. False: it is none. */
INLINE bool take_value(const struct fast *f, const uint32_t *s, struct walk *w,
		       struct fast_line *line)
{
	char c = f->p[*s];
	bool is_open = (c | 0x20) == '{';

	if (!is_open && c != '"' && !is_scalar(f, s))
		return false;
	if (w->place >= 0)
		line->places[w->place] = is_open ? (struct span){f->p + *s, 1} : token_at(f, s);
	if (is_open) {
		if (w->place == LINE_ERROR && c == '{')
			w->error_depth = 2;
		f->levels[w->depth++] = c == '{';
	}
	w->place = -1;
	return true;
}

/* Walks the marks of one object from its brace on. Returns the mark behind it, NULL: it is wrong.
 */
static const uint32_t *walk_object(const struct fast *f, const uint32_t *s, struct fast_line *line)
{
	const char *p = f->p;
	struct walk w = {.place = -1};

	for (;;) {
		if (!take_value(f, s, &w, line))
			return NULL;
		bool is_opened = (p[*s++] | 0x20) == '{';
		if (is_opened && p[*s] != (f->levels[w.depth - 1] ? '}' : ']')) {
			/* the first value of a level */
		} else {
			while (p[*s] == '}' || p[*s] == ']') {
				if (p[*s] != (f->levels[w.depth - 1] ? '}' : ']'))
					return NULL;
				if (w.depth == w.error_depth)
					w.error_depth = 0;
				s++;
				if (!--w.depth)
					return s;
			}
			if (p[*s] != ',')
				return NULL;
			s++;
		}
		if (!f->levels[w.depth - 1])
			continue;
		if (p[*s] != '"' || p[s[1]] != ':')
			return NULL;
		if (w.depth == 1 || w.depth == w.error_depth)
			w.place = take_key(f, s, w.depth == 2, line);
		s += 2;
	}
}

static bool has_wrong(struct fast *f, size_t to)
{
	bool has = false;

	for (; f->wrong_at < f->nwrong && f->wrong[f->wrong_at] <= to; f->wrong_at++)
		has = true;
	return has;
}

static bool is_utf8_line(struct fast *f, size_t to)
{
	bool has_high = false;

	/* A block may hold the end of one line and the beginning of the next. */
	for (; f->high_at < f->nhigh && f->high[f->high_at] < to; f->high_at++)
		has_high = true;
	bool shared = f->high_at && f->high[f->high_at - 1] / 64 >= f->from / 64;
	return (!has_high && !shared) || token_is_utf8(f->p + f->from, to - f->from);
}

bool fast_next(struct fast *f, struct fast_line *line)
{
	const uint32_t *s = f->next, *end = f->marks + f->nmarks;

	if (s == end)
		return false;
	for (size_t i = 0; i < LINE_PLACES; i++)
		line->places[i].len = 0;
	line->kind = LINE_BAD;
	line->from = f->from;
	if (f->p[*s] == '\n')
		line->kind = LINE_BLANK;
	else if (f->p[*s] == '{' && (s = walk_object(f, s, line)) && f->p[*s] == '\n')
		line->kind = LINE_ENTRY;
	else
		for (s = f->next; f->p[*s] != '\n';)
			s++;
	bool is_wrong = has_wrong(f, *s);
	is_wrong = !is_utf8_line(f, *s) || is_wrong;
	if (is_wrong && line->kind == LINE_ENTRY)
		line->kind = LINE_BAD;
	line->len = *s - f->from;
	f->from = *s + 1;
	f->next = s + 1;
	return true;
}

/* dlq/marks.c - the first pass of the quick reader: 64 bytes at a time become bit masks, and those
 * the positions that the second pass walks. Three widths of registers, chosen when it runs; what
 * they find must be the same, and a test compares them. */
#include <string.h>

#include "marks.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

struct masks {
	uint64_t quote, backslash, newline, control, high, op, blank;
};

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

INLINE uint64_t put_mark(uint32_t *out, uint64_t bits, size_t base)
{
	/* Past the last bit what is written does not count; the top bit keeps ctz defined. */
	*out = (uint32_t)base + (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << 63);
	return bits & (bits - 1);
}

INLINE void put_marks(struct fast *f, uint64_t bits, size_t base)
{
	uint32_t *out = f->marks + f->nmarks, *end = out + __builtin_popcountll(bits);

	f->nmarks = (size_t)(end - f->marks);
	do {
		bits = put_mark(out, bits, base);
		bits = put_mark(out + 1, bits, base);
		bits = put_mark(out + 2, bits, base);
		bits = put_mark(out + 3, bits, base);
		out += 4;
	} while (out < end);
}

/* xored: for each bit the parity of the quotes up to it. Returns the marks of the block. */
INLINE uint64_t take_block(struct fast *f, const struct masks *m, uint64_t xored, uint64_t escaped,
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
	return bits;
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
		put_marks(f, take_block(f, &m, prefix_xor(m.quote & ~escaped), escaped, at), at);
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
		put_marks(f, take_block(f, &m, xored, escaped, at), at);
	}
}

#define AVX512                                                                                     \
	__attribute__((target("avx2,pclmul,bmi,popcnt,avx512f,avx512bw,avx512vbmi,avx512vbmi2")))

AVX512 INLINE struct masks classify_avx512(const char *p)
{
	const __m512i ops = _mm512_broadcast_i32x4(
		_mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0));
	const __m512i blanks = _mm512_broadcast_i32x4(
		_mm_setr_epi8(' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', '\n', 0, 0, '\r', 0, 0));
	const __m512i space = _mm512_set1_epi8(0x20);
	__m512i v = _mm512_loadu_si512(p);
	struct masks m = {
		.quote = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('"')),
		.backslash = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\\')),
		.newline = _mm512_cmpeq_epi8_mask(v, _mm512_set1_epi8('\n')),
		.control = _mm512_cmplt_epu8_mask(v, space),
		.high = _mm512_movepi8_mask(v),
		.op = _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(ops, v),
					     _mm512_or_si512(v, space)),
		.blank = _mm512_cmpeq_epi8_mask(_mm512_shuffle_epi8(blanks, v), v),
	};
	return m;
}

/* The positions of all bits, 16 at a time. */
AVX512 INLINE void put_marks_avx512(struct fast *f, uint64_t bits, __m512i positions, size_t base)
{
	uint32_t *out = f->marks + f->nmarks, *end = out + __builtin_popcountll(bits);
	__m512i from = _mm512_set1_epi32((int)base);
	__m512i all = _mm512_maskz_compress_epi8(bits, positions);

	f->nmarks = (size_t)(end - f->marks);
	_mm512_storeu_si512(
		out, _mm512_add_epi32(from, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(all))));
	while ((out += 16) < end) {
		all = _mm512_shuffle_i64x2(all, all, 0x39);
		_mm512_storeu_si512(
			out,
			_mm512_add_epi32(from, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(all))));
	}
}

AVX512 static void find_avx512(struct fast *f)
{
	static const unsigned char count[64] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
						13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
						26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
						39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
						52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
	const __m128i ones = _mm_set1_epi8((char)0xff);
	const __m512i positions = _mm512_loadu_si512(count);

	for (size_t at = 0; at < f->len; at += 64) {
		struct masks m = classify_avx512(f->p + at);
		uint64_t escaped = find_escaped(f, m.backslash);
		__m128i quote = _mm_set_epi64x(0, (long long)(m.quote & ~escaped));
		uint64_t xored = (uint64_t)_mm_cvtsi128_si64(_mm_clmulepi64_si128(quote, ones, 0));
		put_marks_avx512(f, take_block(f, &m, xored, escaped, at), positions, at);
	}
}

void marks_find(struct fast *f)
{
	bool has_avx512 = __builtin_cpu_supports("avx512bw") &&
			  __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("pclmul");

	if (f->width == FAST_WIDEST && has_avx512)
		find_avx512(f);
	else if (f->width >= FAST_WIDE && __builtin_cpu_supports("avx2") &&
		 __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("bmi") &&
		 __builtin_cpu_supports("popcnt"))
		find_avx2(f);
	else
		find_sse2(f);
}
#else
void marks_find(struct fast *f)
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
		put_marks(f, take_block(f, &m, xored, escaped, at), at);
	}
}
#endif

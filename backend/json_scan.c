/* json_scan.c - the scanner under json.c and json_each.c: values one by one, skipping, unescaping,
 * and the sentence for what is no JSON. It is stricter than it need be about structure (half an
 * answer must never look like a whole one) and laxer than the standard where writers are: NaN,
 * Infinity, raw control characters and bytes that are no UTF-8 inside strings, lone surrogates,
 * integers of any length, a byte order mark. */
#include "json_scan.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>

void scan_init(struct json_scan *in, const char *body, size_t len)
{
	memset(in, 0, sizeof(*in));
	in->start = in->p = body;
	in->end = body + len;
	if (len >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0)
		in->p += 3;
	in->p = scan_blanks(in->p);
}

void scan_release(struct json_scan *in)
{
	free(in->scratch);
	in->scratch = NULL;
}

int scan_report(const struct json_scan *in, struct err *err)
{
	const char *first = scan_blanks(in->start);
	size_t at = (size_t)(in->p - in->start), left = (size_t)(in->end - in->p);
	char seen[64];

	if (first == in->end)
		return err_set(err, ERR_FORMAT, "an empty answer where JSON was expected");
	if (*first == '<') {
		text_clean_to(seen, sizeof(seen), first, min_size((size_t)(in->end - first), 30));
		return err_set(err, ERR_FORMAT, "HTML, not JSON: it begins with `%s`", seen);
	}
	if (left == 0)
		return err_set(err, ERR_FORMAT,
			       "half an answer: its JSON stops at byte %zu, where %s was expected",
			       at, in->problem);
	text_clean_to(seen, sizeof(seen), in->p, min_size(left, 20));
	return err_set(err, ERR_FORMAT, "no JSON from byte %zu on: %s was expected, not `%s`", at,
		       in->problem, seen);
}

static int hex4(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int digit;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			digit = (c | 32) - 'a' + 10;
		else
			return -1;
		v = v * 16 + digit;
	}
	return v;
}

/* p is behind the backslash. */
static bool is_escape(const char *p)
{
	if (*p == 'u')
		return hex4(p + 1) >= 0;
	return *p != '\0' && strchr("\"\\/bfnrt", *p) != NULL;
}

static bool skip_string(struct json_scan *in)
{
	const char *p = in->p + 1;

	for (;;) {
		p = scan_string_stop(p, in->end, false);
		if (p >= in->end)
			return scan_fail(in, in->end, "the end of a string");
		if (*p == '"')
			break;
		if (!is_escape(p + 1))
			return scan_fail(in, p, "a valid escape");
		p += 2;
	}
	in->p = p + 1;
	return true;
}

/* *p is behind `\u`, its digits were checked; moves it behind the escape or the pair. */
static unsigned unicode_escape(struct json_scan *in, const char **p)
{
	unsigned hi = (unsigned)hex4(*p);
	int lo;

	*p += 4;
	if (hi == 0)
		in->flags.nuls++;
	if (hi < 0xd800 || hi > 0xdfff)
		return hi;
	if (hi < 0xdc00 && (*p)[0] == '\\' && (*p)[1] == 'u') {
		lo = hex4(*p + 2);
		if (lo >= 0xdc00 && lo <= 0xdfff) {
			*p += 6;
			return 0x10000 + ((hi - 0xd800) << 10) + (unsigned)(lo - 0xdc00);
		}
	}
	in->flags.surrogates++;
	return 0xfffd;
}

static unsigned short_escape(char c)
{
	switch (c) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return (unsigned char)c;
	}
}

/* Unescapes into the scratch; what does not fit is checked but not kept, text_clean() would cut it
 * anyway. */
static bool unescape(struct json_scan *in, struct json_slice *out)
{
	const char *p = in->p + 1, *stop;
	size_t len = 0;

	if (!in->scratch)
		in->scratch = xmalloc(JSON_SCRATCH);
	for (;;) {
		size_t n;

		stop = scan_string_stop(p, in->end, false);
		n = min_size((size_t)(stop - p), JSON_SCRATCH - 8 - len);
		memcpy(in->scratch + len, p, n);
		len += n;
		p = stop;
		if (p >= in->end)
			return scan_fail(in, in->end, "the end of a string");
		if (*p == '"')
			break;
		if (!is_escape(p + 1))
			return scan_fail(in, p, "a valid escape");
		p += 2;
		n = text_encode(p[-1] == 'u' ? unicode_escape(in, &p) : short_escape(p[-1]),
				in->scratch + len);
		if (len + n <= JSON_SCRATCH - 8)
			len += n;
	}
	in->scratch[len] = '\0';
	in->p = p + 1;
	*out = (struct json_slice){.s = in->scratch, .len = len};
	return true;
}

bool scan_string(struct json_scan *in, struct json_slice *out)
{
	const char *s = in->p + 1, *stop;

	if (*in->p != '"')
		return scan_fail(in, in->p, "a string");
	stop = scan_string_stop(s, in->end, true);
	out->is_plain = stop < in->end && *stop == '"';
	if (!out->is_plain) {
		stop = scan_string_stop(stop, in->end, false);
		if (stop >= in->end)
			return scan_fail(in, in->end, "the end of a string");
		if (*stop == '\\')
			return unescape(in, out);
	}
	out->s = s;
	out->len = (size_t)(stop - s);
	in->p = stop + 1;
	return true;
}

bool scan_word(struct json_scan *in, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(in->p, word, n) != 0) {
		while (*word && *in->p == *word) {
			in->p++;
			word++;
		}
		return scan_fail(in, in->p, "a value");
	}
	in->p += n;
	return true;
}

static locale_t plain_locale;

static void make_locale(void)
{
	plain_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* The C library rounds correctly; only its locale must not be the user's. */
static double slow_real(const char *s)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_locale);
	return strtod_l(s, NULL, plain_locale);
}

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
				1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
				1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* Exact when the digits fit into 53 bits and the power of ten is itself exact. */
static double real_of(const char *s, uint64_t digits, int exponent, bool is_exact)
{
	double v = (double)digits;

	if (!is_exact || digits > (UINT64_C(1) << 53) || exponent < -22 || exponent > 22)
		return slow_real(s);
	v = exponent < 0 ? v / powers[-exponent] : v * powers[exponent];
	return *s == '-' ? -v : v;
}

static bool not_finite(struct json_scan *in, struct scan_number *out)
{
	const char *p = in->p + (*in->p == '-');

	*out = (struct scan_number){.integer = ABSENT, .real = ABSENT_REAL};
	in->flags.nonfinite++;
	in->p = p;
	return scan_word(in, *p == 'N' ? "NaN" : "Infinity");
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* *p is behind the `e`. */
static bool take_exponent(const char **p, int *exponent)
{
	bool is_minus = **p == '-';
	int e = 0;

	if (is_minus || **p == '+')
		(*p)++;
	if (!is_digit(**p))
		return false;
	for (; is_digit(**p); (*p)++)
		if (e < 100000)
			e = e * 10 + (**p - '0');
	*exponent += is_minus ? -e : e;
	return true;
}

/* The part of a number from the `.` or `e` on. */
static bool take_real(struct json_scan *in, const char *p, uint64_t v, struct scan_number *out)
{
	bool is_exact = p - in->p <= 18;
	int exponent = 0;

	if (*p == '.') {
		if (!is_digit(*++p))
			return scan_fail(in, p, "a digit");
		for (; is_digit(*p); p++) {
			is_exact = is_exact && v <= UINT64_C(100000000000000000);
			if (is_exact) {
				v = v * 10 + (uint64_t)(*p - '0');
				exponent--;
			}
		}
	}
	if ((*p | 32) == 'e') {
		p++;
		if (!take_exponent(&p, &exponent))
			return scan_fail(in, p, "a digit");
	}
	out->is_integer = false;
	out->integer = ABSENT;
	out->real = real_of(in->p, v, exponent, is_exact);
	if (!isfinite(out->real)) {
		in->flags.huge++;
		out->real = ABSENT_REAL;
	}
	in->p = p;
	return true;
}

bool scan_number(struct json_scan *in, struct scan_number *out)
{
	const char *p = in->p, *first;
	bool is_minus = *p == '-';
	uint64_t v = 0;

	first = p += is_minus;
	if (*p == 'N' || *p == 'I')
		return not_finite(in, out);
	while (is_digit(*p) && p - first < 19)
		v = v * 10 + (uint64_t)(*p++ - '0');
	if (p == first)
		return scan_fail(in, p, is_minus ? "a digit" : "a value");
	if (is_digit(*p)) { /* 20 digits and more */
		v = UINT64_MAX;
		while (is_digit(*p))
			p++;
	}
	if (*p == '.' || (*p | 32) == 'e')
		return take_real(in, p, v, out);
	out->is_integer = v <= (uint64_t)INT64_MAX;
	if (out->is_integer) {
		out->integer = is_minus ? -(int64_t)v : (int64_t)v;
		out->real = (double)out->integer;
	} else {
		out->integer = ABSENT;
		out->real = slow_real(in->p);
		in->flags.huge++;
	}
	in->p = p;
	return true;
}

static bool skip_scalar(struct json_scan *in)
{
	struct scan_number ignored;

	switch (*in->p) {
	case '"':
		return skip_string(in);
	case 't':
		return scan_word(in, "true");
	case 'f':
		return scan_word(in, "false");
	case 'n':
		return scan_word(in, "null");
	default:
		return scan_number(in, &ignored);
	}
}

bool scan_next(struct json_scan *in, char close, bool is_first, bool *is_end)
{
	const char *p = scan_blanks(in->p);

	*is_end = *p == close;
	if (*is_end) {
		in->p = p + 1;
		return true;
	}
	if (!is_first) {
		if (*p != ',')
			return scan_fail(in, p, close == '}' ? "`,` or `}`" : "`,` or `]`");
		p = scan_blanks(p + 1);
	}
	in->p = p;
	return true;
}

static bool take_colon(struct json_scan *in)
{
	const char *p = scan_blanks(in->p);

	if (*p != ':')
		return scan_fail(in, p, "`:` behind a key");
	in->p = scan_blanks(p + 1);
	return true;
}

bool scan_key(struct json_scan *in, struct json_slice *key)
{
	if (*in->p != '"')
		return scan_fail(in, in->p, "a key in quotes");
	return scan_string(in, key) && take_colon(in);
}

bool scan_skip_key(struct json_scan *in)
{
	if (*in->p != '"')
		return scan_fail(in, in->p, "a key in quotes");
	return skip_string(in) && take_colon(in);
}

/* Which of the open brackets are objects, a bit each; nothing here recurses. */
struct nesting {
	int depth;
	bool is_object;
	uint64_t bits[JSON_NESTING / 64];
};

static bool nest(struct json_scan *in, struct nesting *n)
{
	int word = n->depth / 64, at = n->depth & 63;
	uint64_t below;

	if (n->depth == JSON_NESTING)
		return scan_fail(in, in->p, "at most 4096 brackets inside each other");
	n->is_object = *in->p++ == '{';
	below = at ? n->bits[word] & ((UINT64_C(1) << at) - 1) : 0;
	n->bits[word] = below | (uint64_t)n->is_object << at;
	n->depth++;
	return true;
}

static void unnest(struct nesting *n)
{
	int top = --n->depth - 1;

	n->is_object = top >= 0 && (n->bits[top / 64] >> (top & 63) & 1);
}

bool scan_skip(struct json_scan *in)
{
	struct nesting n;
	bool is_end, is_first = true;

	if (*in->p != '{' && *in->p != '[')
		return skip_scalar(in);
	n.depth = 0;
	if (!nest(in, &n))
		return false;
	while (n.depth > 0) {
		if (!scan_next(in, n.is_object ? '}' : ']', is_first, &is_end))
			return false;
		is_first = false;
		if (is_end) {
			unnest(&n);
			continue;
		}
		if (n.is_object && !scan_skip_key(in))
			return false;
		is_first = *in->p == '{' || *in->p == '[';
		if (!(is_first ? nest(in, &n) : skip_scalar(in)))
			return false;
	}
	return true;
}

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

#include "marks.h"

struct fast *fast_new(enum fast_width width)
{
	struct fast *f = xcalloc(1, sizeof(*f));

	f->width = width;
	f->marks = xmalloc((FAST_MAX + 128) * sizeof(*f->marks));
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

void fast_begin(struct fast *f, const char *p, size_t len)
{
	f->p = p;
	f->len = len;
	f->nmarks = f->nwrong = f->wrong_at = f->nhigh = f->high_at = f->from = 0;
	f->was_escaped = f->was_string = f->was_scalar = 0;
	marks_find(f);
	f->next = f->marks;
}

/* The end of a token that began at s[0]: blanks lie between it and the next mark at most. */
static struct span token_at(const struct fast *f, const uint32_t *s)
{
	const char *p = f->p + s[0], *end = f->p + s[1];

	while (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')
		end--;
	return (struct span){p, (size_t)(end - p)};
}

#define INLINE static inline __attribute__((always_inline))

static const char ends_scalar[256] = {
	[' '] = 1, ['\t'] = 1, ['\r'] = 1, ['\n'] = 1, [','] = 1, ['}'] = 1, [']'] = 1,
};

/* Eight at a time, and most numbers have fewer: the length of a number is no guess for the
 * processor. */
static const char *digits_end(const char *p)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	const uint64_t tops = 0x8080808080808080u;
	uint64_t word, others;

	for (;; p += 8) {
		memcpy(&word, p, sizeof(word));
		word ^= 0x3030303030303030u;
		others = ((word + 0x7676767676767676u) | word) & tops;
		if (others)
			return p + __builtin_ctzll(others) / 8;
	}
#else
	while (*p >= '0' && *p <= '9')
		p++;
	return p;
#endif
}

/* A number or literal that fills the space up to the next mark. */
static bool is_scalar(const struct fast *f, const uint32_t *s)
{
	const char *p = f->p + *s, *end = digits_end(p);

	/* Most are plain numbers. */
	if (end != p && *p != '0') {
		if (*end == '.' && end[1] >= '0' && end[1] <= '9')
			end = digits_end(end + 2);
		if (ends_scalar[(unsigned char)*end])
			return true;
	}
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

INLINE bool is_end(char c, bool is_object)
{
	return c == (is_object ? '}' : ']');
}

enum { SKIP_DEPTH = 64 };

/* Walks over a container in which no value has a place. Returns the mark behind it; NULL: it is
 * wrong, or nested deeper than *too_deep says. */
static const uint32_t *skip_level(const struct fast *f, const uint32_t *s, bool *too_deep)
{
	const char *p = f->p;
	uint64_t levels = p[*s++] == '{'; /* the lowest bit is the innermost level: an object? */
	size_t depth = 1;
	bool is_first = true;

	for (;;) {
		if (!is_first || !is_end(p[*s], levels & 1)) {
			if ((levels & 1) && (p[s[0]] != '"' || p[s[1]] != ':'))
				return NULL;
			s += (levels & 1) * 2;
			char c = p[*s];
			is_first = c == '{' || c == '[';
			if (!is_first && c != '"' && !is_scalar(f, s))
				return NULL;
			s++;
			if (is_first) {
				*too_deep = depth == SKIP_DEPTH;
				if (depth++ == SKIP_DEPTH)
					return NULL;
				levels = levels << 1 | (c == '{');
				continue;
			}
		}
		for (; is_end(p[*s], levels & 1); levels >>= 1) {
			s++;
			if (!--depth)
				return s;
		}
		if (p[*s++] != ',')
			return NULL;
		is_first = false;
	}
}

/* Behind a value: closes what ends here. Returns the mark of the next key or value, or behind the
 * object when *w is at depth 0; NULL: neither comes. */
INLINE const uint32_t *end_value(const struct fast *f, const uint32_t *s, struct walk *w)
{
	const char *p = f->p;

	while (is_end(p[*s], f->levels[w->depth - 1])) {
		if (w->depth == w->error_depth)
			w->error_depth = 0;
		s++;
		if (!--w->depth)
			return s;
	}
	return p[*s] == ',' ? s + 1 : NULL;
}

/* Walks the marks of one object from its brace on. Returns the mark behind it;
 * NULL: it is wrong. */
static const uint32_t *walk_object(const struct fast *f, const uint32_t *s, struct fast_line *line,
				   bool *too_deep)
{
	const char *p = f->p;
	struct walk w = {.place = -1};
	bool may_skip = !*too_deep;

	for (;;) {
		bool is_open = (p[*s] | 0x20) == '{', skips = is_open && w.depth && may_skip;
		if (skips && (w.place != LINE_ERROR || p[*s] != '{')) {
			if (w.place >= 0)
				line->places[w.place] = (struct span){p + *s, 1};
			w.place = -1;
			s = skip_level(f, s, too_deep);
			is_open = false;
		} else {
			s = take_value(f, s, &w, line) ? s + 1 : NULL;
		}
		if (s && (!is_open || is_end(p[*s], f->levels[w.depth - 1])))
			s = end_value(f, s, &w);
		if (!s || !w.depth)
			return s;
		if (!f->levels[w.depth - 1])
			continue;
		if (p[*s] != '"' || p[s[1]] != ':')
			return NULL;
		if (w.depth == 1 || w.depth == w.error_depth)
			w.place = take_key(f, s, w.depth == 2, line);
		s += 2;
	}
}

/* The mark behind the object that begins the line, NULL: there is none. */
static const uint32_t *read_object(const struct fast *f, struct fast_line *line)
{
	bool too_deep = false;
	const uint32_t *s = walk_object(f, f->next, line, &too_deep);

	if (s || !too_deep)
		return s;
	memset(line->places, 0, sizeof(line->places));
	return walk_object(f, f->next, line, &too_deep);
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
	else if (f->p[*s] == '{' && (s = read_object(f, line)) && f->p[*s] == '\n')
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

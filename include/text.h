/* text.h - the one door for text from outside.
 *
 * A `const struct text *` points at NUL-terminated, valid UTF-8 in which nothing can act on a
 * terminal or deceive an eye; only the functions here make one, so a raw `char *` from a body, a
 * file, /proc, a library's error string or the configuration cannot reach a draw call, the log, the
 * JSON output or the clipboard by accident.
 *
 * What becomes of a character (idempotent, nothing is dropped silently):
 *   - newline, CR: `\n` and `\r` in letters; TAB: one blank
 *   - other C0, DEL: `\x1b`
 *   - C1, U+2028/9, bidi controls (061C 200E 200F 202A-E 2066-9), zero width (200B-D 2060 FEFF),
 *     soft hyphen, variation selectors, tags, non-characters, private use, unassigned: `<U+202E>`
 *   - a byte that is no UTF-8, surrogates too: U+FFFD for each
 *   - a fifth combining mark on a base: `<U+0301>`; those after it are left out
 *   - what is beyond TEXT_MAX bytes: cut at a character, `…` in its place */
#ifndef SPARKOPS_TEXT_H
#define SPARKOPS_TEXT_H

#include "arena.h"

struct text; /* opaque on purpose */

enum { TEXT_MAX = 65536 };

/* NULL for NULL. The result lives in the arena. */
const struct text *text_clean(struct arena *a, const char *bytes, size_t len);
const struct text *text_clean_max(struct arena *a, const char *bytes, size_t len, size_t max);
const struct text *text_format(struct arena *a, const char *fmt, ...) ATTR_PRINTF(2, 3);
/* Whole text with its line breaks, a `struct text` per line: for viewers. Returns the number of
 * lines. */
size_t text_lines(struct arena *a, const char *bytes, size_t len, const struct text *const **lines);
/* Cleans into a fixed buffer, always terminated. */
void text_clean_to(char *out, size_t size, const char *bytes, size_t len);

/* A literal of the program itself. */
#define TEXT(literal) ((const struct text *)(const void *)("" literal))

static inline const char *text_str(const struct text *t)
{
	return (const char *)t;
}
size_t text_len(const struct text *t);                    /* bytes; 0 for NULL */
bool text_is(const struct text *t, const char *s);        /* equal? */
int text_cmp(const struct text *a, const struct text *b); /* NULL sorts last */
const struct text *text_copy(struct arena *a, const struct text *t);

/* Columns a cleaned string takes on the screen; our own table, so that it is the same in every
 * locale. */
int text_width(const char *s);
int text_width_n(const char *s, size_t len);
/* Decodes one character of valid UTF-8: bytes used, code point and its columns (0 for a combining
 * mark). */
size_t text_next(const char *s, uint32_t *cp, int *columns);
/* The bytes of a character, which must be one; how many. No NUL behind them. */
size_t text_encode(uint32_t cp, char out[static 4]);
/* Bytes of the longest prefix that fits into that many columns. */
size_t text_fit(const char *s, int columns);

/* Small collections of texts that rows hold. */
struct texts {
	size_t n;
	const struct text *const *v;
};
struct count {
	const struct text *key;
	int64_t n;
};
struct counts {
	size_t n;
	const struct count *v;
};

#endif

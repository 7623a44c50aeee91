/* fuzz_text.c - whatever comes in, what text_clean() lets through cannot act on a terminal: only
 * printable characters, valid UTF-8, cleaning twice changes nothing, the line
 * split holds the same. */
#include <stdlib.h>
#include <string.h>

#include "../../include/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *s)
{
	int columns;
	uint32_t cp;

	for (size_t i = 0; s[i];) {
		size_t n = text_next(s + i, &cp, &columns);

		if (!n || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || columns < 0 || columns > 2)
			abort();
		if ((cp >= 0x200b && cp <= 0x200f) || (cp >= 0x202a && cp <= 0x202e) ||
		    cp == 0xfeff || (cp >= 0x2060 && cp <= 0x2069) ||
		    (cp >= 0xe000 && cp <= 0xf8ff) || cp == 0xad)
			abort();
		i += n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct text *const *lines, *t, *again;
	char small[16];
	struct arena a;
	size_t n;

	arena_init(&a);
	t = text_clean(&a, (const char *)data, size);
	check(text_str(t));
	again = text_clean(&a, text_str(t), text_len(t));
	if (text_len(t) > TEXT_MAX || strcmp(text_str(t), text_str(again)))
		abort();
	n = text_lines(&a, (const char *)data, size, &lines);
	for (size_t i = 0; i < n; i++)
		check(text_str(lines[i]));
	text_clean_to(small, sizeof(small), (const char *)data, size);
	check(small);
	arena_release(&a);
	return 0;
}

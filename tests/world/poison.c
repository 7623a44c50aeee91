/* poison.c - the list of poisons, each as valid JSON and as raw bytes. */
#include "poison.h"

#include <string.h>

#include "heap.h"
#include "writer.h"

#define BIG_BYTES (1 << 20)

#define KIND(escaped, raw)                                                                         \
	{                                                                                          \
		escaped, sizeof(escaped) - 1, raw, sizeof(raw) - 1                                 \
	}

static const struct kind {
	const char *escaped;
	size_t escaped_size;
	const char *raw;
	size_t raw_size;
} kinds[] = {
	KIND("\\u001b[31;5mpz-csi\\u001b[2J\\u001b[6n", "\x1b[31;5mpz-csi\x1b[2J\x1b[6n"),
	KIND("\\u001b]0;pz-osc0\\u0007", "\x1b]0;pz-osc0\x07"),
	KIND("\\u001b]52;c;cHotb3NjNTI=\\u0007pz-osc52", "\x1b]52;c;cHotb3NjNTI=\x07pz-osc52"),
	KIND("\\u001bP$qpz-dcs\\u001b\\\\", "\x1bP$qpz-dcs\x1b\\"),
	KIND("\\u009b32mpz-c1\\u009d0;pz-c1\\u009c", "\x9b"
						     "32mpz-c1\x9d"
						     "0;pz-c1\x9c"),
	KIND("\xc2\x9b"
	     "33mpz-c1utf8",
	     "\xc2\x9b"
	     "33mpz-c1utf8"),
	KIND("\\u202e\\u2066pz-bidi", "\xe2\x80\xae\xe2\x81\xa6pz-bidi"),
	KIND("\\n[ok] pz-newline", "\n[ok] pz-newline"),
	KIND("\\rpz-cr", "\rpz-cr"),
	KIND("\\u0000pz-nul", "\0pz-nul"),
	KIND("\\ud800pz-utf8", "\xff\xc0\xaf\xed\xa0\x80pz-utf8"),
	KIND("\\b\\b\\u007fpz-bs\\t\\f", "\b\b\x7fpz-bs\t\f"),
	KIND("\\u0301\\u0301\\u0301\\u0301\\u200b\\u200dpz-marks\\ufeff",
	     "\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xe2\x80\x8b\xe2\x80\x8dpz-marks\xef\xbb\xbf"),
	KIND("\\u2028\\ud83d\\udc69\\u200d\\ud83d\\udc69pz-wide\\uff37",
	     "\xe2\x80\xa8\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9pz-wide\xef\xbc\xb7"),
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

void poison_init(struct poison *poison, int64_t turn)
{
	poison->is_raw = turn % 3 == 2;
	poison->big_at = turn % 3 == 1 ? turn / 3 : -1;
	poison->count = 0;
}

static size_t hash(const char *text)
{
	size_t sum = 5381;
	for (; *text; text++)
		sum = sum * 33 + (unsigned char)*text;
	return sum;
}

static void write_big(struct writer *writer)
{
	char *big = heap_grow(NULL, BIG_BYTES, 1);
	memset(big, 'A', BIG_BYTES);
	writer_raw(writer, "pz-big", 6);
	writer_raw(writer, big, BIG_BYTES);
	heap_free(big);
}

void poison_write(struct poison *poison, const char *text, struct writer *writer)
{
	size_t first = hash(text);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		const struct kind *kind = &kinds[(first + i) % KIND_COUNT];
		if (poison->is_raw)
			writer_raw(writer, kind->raw, kind->raw_size);
		else
			writer_raw(writer, kind->escaped, kind->escaped_size);
	}
	if (poison->count++ == poison->big_at)
		write_big(writer);
}

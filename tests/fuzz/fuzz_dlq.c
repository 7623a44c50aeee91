/* Fuzz target: bytes as a queue file. The quick reader and the one that takes pieces must agree on
 * every line, every line is an entry, bad or blank and none of it is lost, and what is an entry can
 * be pretty-printed. The first byte chooses the width of the registers and the length of the
 * pieces. */
#include <stdlib.h>
#include <string.h>

#include "../../backend/dlq/index.h"
#include "../../backend/dlq/fast.h"
#include "../../backend/dlq/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(struct span a, struct span b)
{
	struct arena arena;

	arena_init(&arena);
	const struct text *x = token_text(a, &arena), *y = token_text(b, &arena);
	/* The reader in pieces cuts what is longer than 64 KiB. */
	if ((x == NULL) != (y == NULL) || (x && a.len < TEXT_MAX && text_cmp(x, y)))
		BUG("two readers, two texts: %s, %s", x ? text_str(x) : "none",
		    y ? text_str(y) : "none");
	arena_release(&arena);
}

static void compare(const struct fast_line *line, const struct line_scan *scan)
{
	struct line_fields a = line_choose(line->places), b = line_scan_fields(scan);
	int64_t x = 0, y = 0;

	same(a.type, b.type);
	same(a.message, b.message);
	same(a.advice, b.advice);
	same(a.at, b.at);
	if (token_id(a.batch_id, &x) != token_id(b.batch_id, &y) || x != y)
		BUG("two readers, two batch ids");
}

static void print_pretty(const char *p, size_t len)
{
	struct dataset *d = dataset_new();

	pretty_rows(d, p, len, len % 2);
	if (!dataset_rows(d, &schema_detail)->n)
		BUG("an entry without lines");
	dataset_unref(d);
}

static void read_lines(struct fast *fast, struct line_scan *scan, struct span all, size_t piece)
{
	const char *p = all.p;
	static struct index *index;
	struct entries file = {0};
	struct fast_line line;
	int64_t lines = 0;

	if (!index) {
		index = xcalloc(1, sizeof(*index));
		index_init(index);
	}
	index_clear_counts(index);
	while (fast_next(fast, &line)) {
		line_scan_begin(scan, false);
		for (size_t at = 0; at < line.len; at += piece)
			line_scan_feed(scan, p + line.from + at, min_size(piece, line.len - at));
		enum line_kind kind = line_scan_end(scan);
		if (kind != line.kind)
			BUG("fast says %d, slow %d", line.kind, kind);
		struct line_fields fields = line_choose(line.places);
		struct entry e = {.flags = kind == LINE_BAD ? ENTRY_BAD : 0};
		lines++;
		if (kind != LINE_BLANK)
			index_add(index, &file, e, &fields);
		if (kind == LINE_ENTRY) {
			compare(&line, scan);
			print_pretty(p + line.from, line.len);
		}
	}
	for (size_t i = 0; i < all.len; i++)
		lines -= p[i] == '\n';
	if (lines || index->nentries + index->nbad != (int64_t)file.n)
		BUG("%lld lines lost, or counted wrong", (long long)-lines);
	entries_release(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fast *fast[3];
	static struct line_scan scan;
	size_t width = size ? data[0] % 3 : 0, piece = size ? data[0] / 3 + 1u : 1;

	if (!fast[0]) {
		line_scan_init(&scan);
		for (int i = 0; i < 3; i++)
			fast[i] = fast_new((enum fast_width)i);
	}
	while (size && data[size - 1] != '\n')
		size--;
	if (!size || size > FAST_MAX)
		return 0;
	char *copy = xcalloc(1, size + FAST_PAD);
	memcpy(copy, data, size);
	fast_begin(fast[width], copy, size);
	read_lines(fast[width], &scan, (struct span){copy, size}, piece);
	free(copy);
	return 0;
}

/* Fuzz target: bytes as a log. A line is read for its level, time and text without leaving it; fed
 * whole or in pieces at any line break the counts and marks are the same; pages forwards and
 * backwards show the same lines; the matcher finds what memmem finds. */
#include <stdlib.h>
#include <string.h>

#include "../../backend/log/match.h"
#include "../../backend/log/record.h"
#include "../../backend/log/stream.h"
#include "../../include/snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_records(const char *p, size_t len)
{
	for (const char *end = p + len; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((newline ? newline : end) - p);
		char *line = xmalloc(n + 1); /* exact, so that the sanitizer sees its end */
		memcpy(line, p, n);
		struct log_record r = log_record_read(line, n);
		if (r.from > n || (int)r.level < 0 || r.level > LOG_LINE_ERROR)
			BUG("text from %zu of %zu", r.from, n);
		free(line);
		p += n + 1;
	}
}

static void same_marks(const struct log_scan *a, const struct log_scan *b)
{
	if (a->lines != b->lines || a->errors != b->errors || a->nmarks != b->nmarks ||
	    a->n != b->n)
		BUG("whole and in pieces differ");
	for (size_t i = 0; i < a->n; i++) {
		const struct scan_mark *x = log_scan_mark_at(a, i), *y = log_scan_mark_at(b, i);
		if (x->offset != y->offset || x->line != y->line || x->what->kind != y->what->kind)
			BUG("mark %zu differs", i);
	}
}

static uint64_t count_page(struct log_stream *s, int64_t from, bool is_backwards)
{
	struct lines_from bytes = log_stream_bytes(s);
	struct lines_wish wish = {.job = "fuzz",
				  .place = "fuzz",
				  .signatures = s->scan.signatures,
				  .from = from,
				  .count = 5000,
				  .is_backwards = is_backwards,
				  .filter = "",
				  .max_line = 1000,
				  .max_bytes = SIZE_MAX};
	struct dataset *d = dataset_new();
	uint64_t sum = 0;

	lines_page(d, &bytes, &wish);
	const struct rowset *set = dataset_rows(d, &schema_log_line);
	for (size_t i = 0; i < set->n; i++) {
		const struct log_line_row *row = set->rows[i];
		sum = sum * 31 + (uint64_t)row->offset * 7 + (uint64_t)row->line +
		      (uint64_t)row->level;
	}
	dataset_unref(d);
	return sum;
}

static void compare_matcher(const char *p, size_t len)
{
	static const char *const texts[] = {"ERROR", "aaaa", "abab", "OutOfMemory", "Memory"};
	static struct matcher *m;
	size_t want = ARRAY_LEN(texts);

	if (!m)
		m = matcher_new(texts, ARRAY_LEN(texts));
	for (size_t i = ARRAY_LEN(texts); i--;)
		if (memmem(p, len, texts[i], strlen(texts[i])))
			want = i;
	if (matcher_rank(m, p, len) != want)
		BUG("the matcher says %zu, memmem %zu", matcher_rank(m, p, len), want);
	if ((matcher_find(m, p, len) < len) != (want < ARRAY_LEN(texts)))
		BUG("the matcher finds nothing, memmem does");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct signatures *known;
	struct log_stream whole, pieces;
	size_t step = size ? data[0] % 61u + 1 : 1;

	if (size > 100000)
		return 0;
	if (!known)
		known = signatures_new(NULL, 0);
	log_stream_init(&whole, signatures_ref(known));
	log_stream_init(&pieces, signatures_ref(known));
	const char *p = (const char *)data;
	read_records(p, size);
	compare_matcher(p, size);
	if (size)
		memcpy(log_stream_room(&whole, size), p, size);
	log_stream_add(&whole, size);
	for (size_t at = 0; at < size; at += step) {
		size_t n = min_size(step, size - at);
		memcpy(log_stream_room(&pieces, n), p + at, n);
		log_stream_add(&pieces, n);
	}
	log_stream_peek(&whole);
	log_stream_peek(&pieces);
	same_marks(&whole.scan, &pieces.scan);
	if (whole.scan.lines < 5000 &&
	    count_page(&whole, 0, false) != count_page(&whole, ABSENT, true))
		BUG("forwards and backwards differ");
	log_stream_release(&whole);
	log_stream_release(&pieces);
	return 0;
}

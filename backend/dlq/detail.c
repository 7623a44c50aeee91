/* dlq/detail.c - one line in full: found in the index by its number, or by its offset while the
 * index is being made; an entry as pretty JSON, a bad line as it stands with what
 * is wrong with it. */
#include <string.h>

#include "page.h"

enum { LINE_CAP = 16 << 20, BAD_CAP = TEXT_MAX };

struct taking {
	struct line_scan scan;
	struct buf bytes;
	int64_t len;
};

static void on_piece(void *data, const char *p, size_t len)
{
	struct taking *t = data;

	line_scan_feed(&t->scan, p, len);
	if (!buf_add(&t->bytes, p, min_size(len, t->bytes.cap - t->bytes.len)))
		BUG("a line piece does not fit");
	t->len += (int64_t)len;
}

static int64_t offset_of(const struct dlq_file *file, int64_t line)
{
	size_t from = 0, to = file->entries.n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (file->entries.v[mid].line < line)
			from = mid + 1;
		else
			to = mid;
	}
	if (from == file->entries.n || file->entries.v[from].line != line)
		return ABSENT;
	return entry_offset(&file->entries.v[from]);
}

static void say(struct dataset *d, const struct text *text)
{
	struct detail_row *r = ARENA_NEW(&d->arena, struct detail_row);

	field_clear_row(&schema_detail, r);
	r->index = 0;
	r->line = text;
	r->kind = 3;
	dataset_add(d, &schema_detail, r, 1);
}

/* Raw text can hold personal data as well: while masked only the place of the mistake is shown. */
static void bad_rows(struct dataset *d, const struct taking *t, bool is_masked)
{
	const struct text *const *lines = NULL;
	size_t n = 0;

	if (!is_masked)
		n = text_lines(&d->arena, t->bytes.data ? t->bytes.data : "",
			       min_size(t->bytes.len, BAD_CAP), &lines);
	struct detail_row *rows = ARENA_ARRAY(&d->arena, struct detail_row, n + 1);
	for (size_t i = 0; i < n + 1; i++) {
		field_clear_row(&schema_detail, &rows[i]);
		rows[i].index = (int64_t)i;
		rows[i].kind = i ? 0 : 3;
		rows[i].line = i ? lines[i - 1] : NULL;
	}
	rows[0].line = text_format(&d->arena, "not a JSON object: wrong at byte %lld of %lld%s",
				   (long long)t->scan.bad_at + 1, (long long)t->len,
				   is_masked ? "; its text is masked" : "");
	dataset_add(d, &schema_detail, rows, n + 1);
}

static void show(struct dataset *d, struct taking *t, bool is_masked)
{
	enum line_kind kind = line_scan_end(&t->scan);

	if (kind != LINE_ENTRY)
		bad_rows(d, t, is_masked);
	else if (t->len > (int64_t)t->bytes.len)
		say(d, text_format(&d->arena, "an entry of %lld bytes is too long to be shown",
				   (long long)t->len));
	else
		pretty_rows(d, t->bytes.data, t->bytes.len, is_masked);
}

struct dataset *page_line(const struct folder *f, const char *name, int64_t line, int64_t offset,
			  bool is_masked)
{
	struct dataset *d = dataset_new();
	struct taking t = {0};
	const struct dlq_file *file = NULL;
	struct stream s;

	for (size_t i = 0; i < f->nfiles; i++)
		if (!strcmp(f->files[i]->name, name))
			file = f->files[i];
	if (file && !is_absent(line))
		offset = offset_of(file, line);
	if (!file || is_absent(offset) || offset < 0 || !folder_open(f, file, &s)) {
		say(d, TEXT("this line is gone"));
		return d;
	}
	line_scan_init(&t.scan);
	line_scan_begin(&t.scan, !offset);
	buf_init(&t.bytes, LINE_CAP);
	if (stream_seek(&s, offset) && stream_line(&s, on_piece, &t) == 1)
		show(d, &t, is_masked);
	else
		say(d, TEXT("this line is gone"));
	stream_close(&s);
	line_scan_release(&t.scan);
	buf_release(&t.bytes);
	return d;
}

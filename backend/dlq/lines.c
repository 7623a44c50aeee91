/* dlq/lines.c - the rows of single lines: finds the wanted ones, newest first, in the index or,
 * where a file is not indexed yet, from its end backwards, and reads each again from its file. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "../../include/clock.h"
#include "brief.h"
#include "page.h"

enum { RAW_MAX = 8192, TAIL_BYTES_MAX = 64 << 20 };

struct ref {
	const struct dlq_file *file;
	int64_t offset, line;
	uint64_t group;
};

struct refs {
	const struct folder *f;
	const struct page_wish *wish;
	struct ref *v;
	size_t n, size;
	int64_t skipped; /* of wish->from */
	bool is_open;    /* what follows the last newline of the file is no line yet */
};

static bool is_full(const struct refs *r)
{
	return (int64_t)r->n >= r->wish->count;
}

static void add_ref(struct refs *r, struct ref ref)
{
	if (r->skipped < r->wish->from) {
		r->skipped++;
		return;
	}
	if (r->n == r->size) {
		r->size = r->size ? r->size * 2 : 64;
		r->v = xrealloc(r->v, r->size * sizeof(*r->v));
	}
	r->v[r->n++] = ref;
}

static void add_indexed(struct refs *r, const struct dlq_file *file)
{
	const struct index *x = &r->f->index;

	for (size_t i = file->entries.n; i-- > 0 && !is_full(r);) {
		const struct entry *e = &file->entries.v[i];
		uint64_t group = x->groups[e->group].id;
		if ((e->flags & ENTRY_DUPLICATE) || r->wish->is_bad != !!(e->flags & ENTRY_BAD) ||
		    (r->wish->group && r->wish->group != group))
			continue;
		add_ref(r, (struct ref){file, entry_offset(e), e->line, group});
	}
}

/* Lines of the part that is not indexed yet: where they begin, from the end backwards. The piece
 * [at, to) lies in p; returns where the first newline of it was found. */
static void add_piece(struct refs *r, const struct dlq_file *file, const char *p, int64_t at,
		      int64_t to)
{
	for (int64_t i = to - 1; i >= at && !is_full(r); i--) {
		const char *end = memrchr(p, '\n', (size_t)(i - at) + 1);
		if (!end)
			return;
		i = at + (end - p);
		if (r->is_open)
			r->is_open = false;
		else
			add_ref(r, (struct ref){file, i + 1, ABSENT, 0});
	}
}

static void add_tail(struct refs *r, const struct dlq_file *file)
{
	struct stream s;
	int64_t to = file->st.st_size, stop = max_i64(file->done, to - TAIL_BYTES_MAX);
	char *p;

	if (file->is_read || file->is_gz || r->wish->group || r->wish->is_bad ||
	    !folder_open(r->f, file, &s))
		return;
	p = xmalloc(STREAM_BUF);
	r->is_open = true;
	while (to > stop && !is_full(r)) {
		int64_t at = max_i64(stop, to - STREAM_BUF);
		if (!stream_seek(&s, at) ||
		    stream_read(&s, p, (size_t)(to - at)) != (size_t)(to - at))
			break;
		add_piece(r, file, p, at, to);
		to = at;
	}
	if (to == file->done && !r->is_open && !is_full(r))
		add_ref(r, (struct ref){file, file->done, file->lines + 1, 0});
	free(p);
	stream_close(&s);
}

/* A line on its way into a row. */
struct reading {
	const struct page_look *look;
	struct arena *a;
	struct stream stream;
	const struct dlq_file *file; /* of the stream; NULL: none is open */
	struct line_scan scan;
	struct standing standing;
	EVP_MD_CTX *md;
	char raw[RAW_MAX];
	size_t nraw;
};

static void on_piece(void *data, const char *p, size_t len)
{
	struct reading *r = data;
	size_t n = min_size(len, RAW_MAX - r->nraw);

	EVP_DigestUpdate(r->md, p, len);
	line_scan_feed(&r->scan, p, len);
	memcpy(r->raw + r->nraw, p, n);
	r->nraw += n;
}

static const struct text *hash_text(struct reading *r)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	char hex[65];

	EVP_DigestFinal_ex(r->md, sum, NULL);
	for (size_t i = 0; i < 64; i++)
		hex[i] = "0123456789abcdef"[i % 2 ? sum[i / 2] & 15 : sum[i / 2] >> 4];
	return text_clean(r->a, hex, 64);
}

bool page_is_old(const struct page_look *look, int64_t at, int64_t day)
{
	const int64_t day_ms = 86400000; /* no zone and no clock is that far off */

	if (is_absent(look->max_age_ms) || look->max_age_ms <= 0)
		return false;
	if (is_absent(at) || at > look->now + day_ms)
		at = clock_utc_ms((int)(day / 10000), (int)(day / 100 % 100), (int)(day % 100), 0) +
		     day_ms;
	return at < look->now - look->max_age_ms;
}

static void fill_entry(struct reading *r, const struct ref *ref, struct dlq_entry_row *row)
{
	struct line_fields f = line_scan_fields(&r->scan);
	bool is_naive;

	if (token_id(f.batch_id, &row->batch_id.number) == TOKEN_ID_TEXT)
		row->batch_id.text = token_text(f.batch_id, r->a);
	struct entry e = {.at = token_time(f.at, &is_naive)};
	e.flags = is_naive ? ENTRY_NAIVE : 0;
	row->at = entry_utc(&e, r->look->zone_ms);
	row->error_type = token_text(f.type, r->a);
	row->message = token_text(f.message, r->a);
	row->recommendation = token_text(f.advice, r->a);
	if (!row->group)
		row->group = index_group_id(f.type, f.message);
	row->context = brief_context(r->a, f.context);
	row->sample = brief_sample(r->a, r->raw, r->nraw, &row->samples);
	row->state = page_is_old(r->look, row->at, ref->file->day) ? DLQ_OLD : DLQ_PENDING;
	if (r->look->unit)
		row->unit = unit_text(r->a, r->look->unit, &(struct unit_values){&f, row});
	standing_fill(&r->standing, row);
	if (row->proof)
		row->proof = text_copy(r->a, row->proof);
}

/* The raw text of a bad line, up to where the samples (personal data) begin. */
static const struct text *raw_text(struct reading *r)
{
	static const char samples[] = "\"sample_records\"";
	const char *cut = memmem(r->raw, r->nraw, samples, sizeof(samples) - 1);

	if (!cut)
		return text_clean(r->a, r->raw, r->nraw);
	size_t n = (size_t)(cut - r->raw);
	memcpy(r->raw + n, "…", sizeof("…") - 1);
	return text_clean(r->a, r->raw, n + sizeof("…") - 1);
}

/* Reads the line into a row; false: it is gone, or not what is wanted. */
static bool fill_row(struct reading *r, const struct ref *ref, bool is_bad,
		     struct dlq_entry_row *row)
{
	if (!r->file || !stream_seek(&r->stream, ref->offset) ||
	    !EVP_DigestInit_ex(r->md, EVP_sha256(), NULL))
		return false;
	r->nraw = 0;
	line_scan_begin(&r->scan, !ref->offset);
	if (stream_line(&r->stream, on_piece, r) != 1)
		return false;
	enum line_kind kind = line_scan_end(&r->scan);
	if (kind != (is_bad ? LINE_BAD : LINE_ENTRY))
		return false;
	field_clear_row(&schema_dlq_entry, row);
	row->job = text_clean(r->a, r->look->job, strlen(r->look->job));
	row->file = text_clean(r->a, ref->file->name, strlen(ref->file->name));
	row->hash = hash_text(r);
	row->line = ref->line;
	row->offset = ref->offset;
	row->group = ref->group;
	row->is_bad = is_bad;
	if (is_bad)
		row->message = raw_text(r);
	else
		fill_entry(r, ref, row);
	return true;
}

static void open_file(struct reading *r, const struct folder *f, const struct dlq_file *file)
{
	if (r->file)
		stream_close(&r->stream);
	r->file = folder_open(f, file, &r->stream) ? file : NULL;
}

/* Oldest first, so that each file is read forwards; the rows lie newest first. */
static size_t fill_rows(struct reading *r, const struct refs *refs, struct dlq_entry_row *rows)
{
	const struct dlq_file *last = NULL;
	size_t at = refs->n;

	for (size_t i = refs->n; i-- > 0;) {
		if (refs->v[i].file != last)
			open_file(r, refs->f, last = refs->v[i].file);
		if (fill_row(r, &refs->v[i], refs->wish->is_bad, &rows[at - 1]))
			at--;
	}
	if (r->file)
		stream_close(&r->stream);
	memmove(rows, rows + at, (refs->n - at) * sizeof(*rows));
	return refs->n - at;
}

struct dlq_entry_row *page_rows(struct dataset *d, const struct folder *f,
				const struct page_look *look, const struct page_wish *wish,
				size_t *n)
{
	struct refs refs = {.f = f, .wish = wish};

	for (size_t i = f->nfiles; i-- > 0 && !is_full(&refs);) {
		add_tail(&refs, f->files[i]);
		add_indexed(&refs, f->files[i]);
	}
	struct dlq_entry_row *rows = ARENA_ARRAY(&d->arena, struct dlq_entry_row, refs.n + 1);
	struct reading *r = xcalloc(1, sizeof(*r));
	r->look = look;
	r->a = &d->arena;
	r->md = EVP_MD_CTX_new();
	line_scan_init(&r->scan);
	standing_init(&r->standing, look->ledger, f, look->job);
	*n = fill_rows(r, &refs, rows);
	standing_release(&r->standing);
	line_scan_release(&r->scan);
	EVP_MD_CTX_free(r->md);
	free(r);
	free(refs.v);
	return rows;
}

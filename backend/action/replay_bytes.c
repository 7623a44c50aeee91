/* action/replay_bytes.c - an entry's exact bytes, read again from its file when they are wanted,
 * and what they say. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "../dlq/page.h"
#include "replay_parts.h"

/* Takes a line as a whole and hashes it. */
struct taking {
	EVP_MD_CTX *md;
	struct buf *out;
	bool is_long;
};

static void on_piece(void *data, const char *p, size_t len)
{
	struct taking *t = data;

	EVP_DigestUpdate(t->md, p, len);
	t->is_long |= !buf_add(t->out, p, len);
}

/* The next line of the stream; is it the one of that hash? 1, 0: another, -1: there is none. */
static int take(struct stream *s, struct buf *out, const unsigned char *hash)
{
	struct taking t = {.md = EVP_MD_CTX_new(), .out = out};
	unsigned char sum[EVP_MAX_MD_SIZE];
	int whole = 0;

	buf_clear(out);
	if (EVP_DigestInit_ex(t.md, EVP_sha256(), NULL))
		whole = stream_line(s, on_piece, &t);
	EVP_DigestFinal_ex(t.md, sum, NULL);
	EVP_MD_CTX_free(t.md);
	if (whole != 1)
		return -1;
	return !t.is_long && !memcmp(sum, hash, QUEUE_HASH);
}

static bool is_at_its_place(struct folder *f, const struct dlq_file *file,
			    const struct queue_entry *e, struct buf *out)
{
	struct stream s;
	bool is_it;

	if (!folder_open(f, file, &s))
		return false;
	is_it = stream_seek(&s, e->offset) && take(&s, out, e->hash) == 1;
	stream_close(&s);
	return is_it;
}

static bool is_somewhere(struct folder *f, const struct dlq_file *file, const struct queue_entry *e,
			 struct buf *out)
{
	struct stream s;
	int is_it;

	if (!folder_open(f, file, &s))
		return false;
	do
		is_it = take(&s, out, e->hash);
	while (!is_it);
	stream_close(&s);
	return is_it == 1;
}

int queue_bytes(struct queue *q, const struct queue_entry *e, struct buf *out, struct err *err)
{
	struct folder *f = queue_folder(q);
	const char *name = queue_file(q, e);

	if (folder_scan(f, err))
		return -ERR_MISSING;
	for (size_t i = 0; i < f->nfiles; i++)
		if (!strcmp(f->files[i]->name, name) && is_at_its_place(f, f->files[i], e, out))
			return 0;
	/* renamed, packed, or lines before it were cut */
	for (size_t i = 0; i < f->nfiles; i++)
		if (f->files[i]->day == (int64_t)e->day && is_somewhere(f, f->files[i], e, out))
			return 0;
	buf_clear(out);
	return err_set(err, ERR_MISSING,
		       "line %u of %s is not there any more as it was when it was looked at; "
		       "nothing was sent",
		       e->line, name);
}

/* The exact text of a scalar; NULL: null, none, or one that holds a NUL. */
static const char *exact(struct span t, struct arena *a)
{
	struct buf out;
	const char *s = NULL;

	if (!t.len || *t.p == 'n' || *t.p == '{' || *t.p == '[')
		return NULL;
	if (!token_is_string(t))
		return arena_strndup(a, t.p, t.len);
	buf_init(&out, QUEUE_LINE_MAX);
	token_decode(t, &out);
	if (!out.is_over && (!out.data || !memchr(out.data, '\0', out.len)))
		s = arena_strndup(a, out.data ? out.data : "", out.len);
	buf_release(&out);
	return s;
}

void queue_words(const struct queue *q, const struct queue_entry *e, const struct buf *bytes,
		 struct arena *a, struct queue_words *out)
{
	struct line_scan scan;

	*out = (struct queue_words){0};
	line_scan_init(&scan);
	line_scan_begin(&scan, !e->offset);
	line_scan_feed(&scan, bytes->data, bytes->len);
	if (line_scan_end(&scan) == LINE_ENTRY) {
		struct line_fields f = line_scan_fields(&scan);
		const struct text *unit = queue_unit(q, e, &f, a);
		const struct text *batch = token_text(f.batch_id, a);
		out->batch_id = exact(f.batch_id, a);
		out->batch_text = batch ? text_str(batch) : NULL;
		out->timestamp = exact(f.at, a);
		out->error_type = exact(f.type, a);
		out->unit = unit ? text_str(unit) : NULL;
		/* one that was cut is not whole, and its last value perhaps neither */
		if (f.context.len && f.context.p[f.context.len - 1] == '}') {
			out->context = arena_strndup(a, f.context.p, f.context.len);
			out->context_len = f.context.len;
		}
	}
	line_scan_release(&scan);
}

const char *queue_context(const struct queue_words *w, const char *name, size_t len,
			  struct arena *a)
{
	if (!w->context)
		return NULL;
	return exact(json_member((struct span){w->context, w->context_len}, name, len), a);
}

/* action/replay_queue.c - reads a dead-letter folder for a replay.
 *
 * The index of the folder (dlq/folder.h) says which lines are entries and what they are about; what
 * it does not keep, the bytes, is read from the files behind it, each line once. A line that was
 * seen is known by its hash wherever it turns up again, so that rotation makes no new entries. */
#include "replay_parts.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "../../include/clock.h"

enum { STEP_BYTES = 16 << 20, TYPES_KEPT = 1000, ASK_EVERY = 256 };

/* How far a file was read, known by its number (dlq_file.id). */
struct seen {
	uint64_t id;
	size_t n;
};

struct queue {
	struct queue_look look;
	struct queue_wish wish;
	struct folder *folder;
	struct arena arena;
	struct queue_entry *v;
	size_t n, size;
	uint32_t *by_hash, *by_unit; /* numbers of entries + 1, open addressing */
	size_t nslots;
	struct seen *seen;
	size_t nseen;
	struct {
		const char *name;
		bool is_gz;
	} * files;
	size_t nfiles;
	const char *types[TYPES_KEPT + 1]; /* the last one: all others */
	size_t ntypes;
	bool was_read; /* whole, once: what comes now may be a failure that comes back */
};

/* A line on its way in. */
struct reading {
	struct queue *q;
	struct stream stream;
	struct line_scan scan;
	EVP_MD_CTX *md;
	struct arena scratch;
};

struct folder *queue_folder(struct queue *q)
{
	return q->folder;
}

struct queue *queue_new(const struct queue_look *look, const struct queue_wish *wish)
{
	struct queue *q = xcalloc(1, sizeof(*q));
	size_t n = 0;

	arena_init(&q->arena);
	q->look = *look;
	q->look.folder = arena_strdup(&q->arena, look->folder);
	q->look.job = arena_strdup(&q->arena, look->job);
	q->wish = *wish;
	if (wish->error_type)
		q->wish.error_type = arena_strdup(&q->arena, wish->error_type);
	while (look->unit && look->unit[n])
		n++;
	const char **unit = ARENA_ARRAY(&q->arena, const char *, n + 1);
	for (size_t i = 0; i < n; i++)
		unit[i] = arena_strdup(&q->arena, look->unit[i]);
	q->look.unit = n ? unit : NULL;
	q->folder = folder_new(q->look.folder);
	q->types[TYPES_KEPT] = "";
	return q;
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	folder_free(q->folder);
	arena_release(&q->arena);
	free(q->v);
	free(q->by_hash);
	free(q->by_unit);
	free(q->seen);
	free(q->files);
	free(q);
}

/* --- finding --- */

static uint64_t word_of(const unsigned char *digest)
{
	uint64_t w;

	memcpy(&w, digest, sizeof(w));
	return w;
}

/* The slot of that digest in a table: that of an equal entry, or a free one. */
static uint32_t *slot_of(const struct queue *q, uint32_t *table, bool is_unit,
			 const unsigned char *digest)
{
	size_t len = is_unit ? QUEUE_UNIT : QUEUE_HASH;
	size_t i = (size_t)word_of(digest) & (q->nslots - 1);

	for (; table[i]; i = (i + 1) & (q->nslots - 1)) {
		const struct queue_entry *e = &q->v[table[i] - 1];
		if (!memcmp(is_unit ? e->unit : e->hash, digest, len))
			break;
	}
	return &table[i];
}

static void grow(struct queue *q)
{
	if (q->n < q->size)
		return;
	q->size = q->size ? q->size * 2 : 1024;
	q->nslots = q->size * 4;
	q->v = xrealloc(q->v, q->size * sizeof(*q->v));
	free(q->by_hash);
	free(q->by_unit);
	q->by_hash = xcalloc(q->nslots, sizeof(*q->by_hash));
	q->by_unit = xcalloc(q->nslots, sizeof(*q->by_unit));
	for (size_t i = 0; i < q->n; i++) {
		*slot_of(q, q->by_hash, false, q->v[i].hash) = (uint32_t)i + 1;
		uint32_t *unit = slot_of(q, q->by_unit, true, q->v[i].unit);
		if (!*unit)
			*unit = (uint32_t)i + 1;
	}
}

bool queue_has_unit(const struct queue_entry *e)
{
	static const unsigned char none[QUEUE_UNIT];

	return memcmp(e->unit, none, QUEUE_UNIT) != 0;
}

size_t queue_find(const struct queue *q, const unsigned char hash[static QUEUE_HASH])
{
	uint32_t *slot = q->nslots ? slot_of(q, q->by_hash, false, hash) : NULL;

	return slot && *slot ? *slot - 1 : q->n;
}

static void add(struct queue *q, struct queue_entry *e)
{
	grow(q);
	uint32_t *slot = slot_of(q, q->by_hash, false, e->hash);
	if (*slot)
		return;
	e->first = (uint32_t)q->n;
	q->v[q->n++] = *e;
	*slot = (uint32_t)q->n;
	if (!queue_has_unit(e))
		return;
	slot = slot_of(q, q->by_unit, true, e->unit);
	if (!*slot)
		*slot = (uint32_t)q->n;
	else if (q->look.unit)
		q->v[q->n - 1].first = *slot - 1;
}

/* --- reading --- */

static void on_piece(void *data, const char *p, size_t len)
{
	struct reading *r = data;

	EVP_DigestUpdate(r->md, p, len);
	line_scan_feed(&r->scan, p, len);
}

static uint16_t type_of(struct queue *q, const struct text *type)
{
	for (size_t i = 0; i < q->ntypes; i++)
		if (text_is(type, q->types[i]))
			return (uint16_t)i;
	if (q->ntypes == TYPES_KEPT)
		return TYPES_KEPT;
	q->types[q->ntypes] = arena_strdup(&q->arena, type ? text_str(type) : "");
	return (uint16_t)q->ntypes++;
}

const struct text *queue_unit(const struct queue *q, const struct queue_entry *e,
			      const struct line_fields *f, struct arena *a)
{
	struct dlq_entry_row row = {.line = (int64_t)e->line};
	char hex[2 * QUEUE_HASH + 1];

	if (!q->look.unit)
		return NULL;
	queue_hex(e->hash, QUEUE_HASH, hex);
	row.job = text_clean(a, q->look.job, strlen(q->look.job));
	row.hash = text_clean(a, hex, 2 * QUEUE_HASH);
	row.file = text_clean(a, queue_file(q, e), strlen(queue_file(q, e)));
	row.error_type = token_text(f->type, a);
	return unit_text(a, q->look.unit, &(struct unit_values){f, &row});
}

void queue_digest(const char *s, unsigned char out[static QUEUE_UNIT])
{
	unsigned char sum[EVP_MAX_MD_SIZE];

	memset(out, 0, QUEUE_UNIT);
	if (s && EVP_Digest(s, strlen(s), sum, NULL, EVP_sha256(), NULL))
		memcpy(out, sum, QUEUE_UNIT);
}

/* What makes two lines the same failure: their unit, else their batch. */
static void digest_unit(struct reading *r, const struct line_fields *f, struct queue_entry *e)
{
	const struct queue *q = r->q;
	const struct text *t = q->look.unit ? queue_unit(q, e, f, &r->scratch)
					    : token_text(f->batch_id, &r->scratch);

	queue_digest(t ? text_str(t) : NULL, e->unit);
}

static int read_line(struct reading *r, const struct entry *from, struct queue_entry *e)
{
	struct queue *q = r->q;
	unsigned char sum[EVP_MAX_MD_SIZE];

	if (!stream_seek(&r->stream, entry_offset(from)) ||
	    !EVP_DigestInit_ex(r->md, EVP_sha256(), NULL))
		return 0;
	line_scan_begin(&r->scan, !entry_offset(from));
	if (stream_line(&r->stream, on_piece, r) != 1 || line_scan_end(&r->scan) != LINE_ENTRY)
		return 0;
	EVP_DigestFinal_ex(r->md, sum, NULL);
	memcpy(e->hash, sum, QUEUE_HASH);
	struct line_fields f = line_scan_fields(&r->scan);
	arena_reset(&r->scratch);
	const struct text *type = token_text(f.type, &r->scratch);
	if (q->wish.error_type && !q->wish.all && !q->look.unit && !q->was_read &&
	    !text_is(type, q->wish.error_type))
		return 0;
	e->type = type_of(q, type);
	digest_unit(r, &f, e);
	add(q, e);
	return 0;
}

/* Is it among what was asked for, as far as the index can tell? */
static bool is_wanted(const struct queue *q, const struct queue_entry *e)
{
	const struct queue_wish *w = &q->wish;

	if (w->all || q->look.unit || q->was_read)
		return true;
	return (!w->group || w->group == e->group) &&
	       (is_absent(w->since_ms) || queue_time(e) >= w->since_ms) &&
	       (is_absent(w->until_ms) || queue_time(e) <= w->until_ms);
}

static uint16_t file_number(struct queue *q, const struct dlq_file *file)
{
	for (size_t i = 0; i < q->nfiles; i++)
		if (!strcmp(q->files[i].name, file->name))
			return (uint16_t)i;
	q->files = xrealloc(q->files, (q->nfiles + 1) * sizeof(*q->files));
	q->files[q->nfiles].name = arena_strdup(&q->arena, file->name);
	q->files[q->nfiles].is_gz = file->is_gz;
	return (uint16_t)q->nfiles++;
}

static struct seen *seen_of(struct queue *q, const struct dlq_file *file)
{
	for (size_t i = 0; i < q->nseen; i++)
		if (q->seen[i].id == file->id)
			return &q->seen[i];
	q->seen = xrealloc(q->seen, (q->nseen + 1) * sizeof(*q->seen));
	q->seen[q->nseen] = (struct seen){file->id, 0};
	return &q->seen[q->nseen++];
}

static int read_entries(struct reading *r, const struct dlq_file *file, struct seen *seen,
			struct err *err)
{
	struct queue *q = r->q;
	uint16_t number = file_number(q, file);

	for (; seen->n < file->entries.n; seen->n++) {
		const struct entry *from = &file->entries.v[seen->n];
		struct queue_entry e = {.group = q->folder->index.groups[from->group].id,
					.at = entry_utc(from, q->look.zone_ms),
					.offset = entry_offset(from),
					.line = from->line,
					.day = (uint32_t)file->day,
					.file = number};
		if ((from->flags & (ENTRY_BAD | ENTRY_DUPLICATE)) || !is_wanted(q, &e))
			continue;
		if (q->n == QUEUE_MOST)
			return err_set(err, ERR_LIMIT,
				       "the queue holds more than %d entries that would have to be "
				       "looked at: narrow it (--since, --type)",
				       QUEUE_MOST);
		int rc = read_line(r, from, &e);
		if (rc)
			return rc;
	}
	return 0;
}

static int is_given_up(bool (*is_over)(void *data), void *data, struct err *err)
{
	return is_over && is_over(data) ? err_set(err, ERR_TIMEOUT, "given up") : 0;
}

static int read_files(struct reading *r, bool (*is_over)(void *data), void *data, struct err *err)
{
	struct queue *q = r->q;
	int rc = 0;

	for (size_t i = 0; i < q->folder->nfiles && !rc; i++) {
		const struct dlq_file *file = q->folder->files[i];
		struct seen *seen = seen_of(q, file);
		rc = is_given_up(is_over, data, err);
		if (rc || seen->n >= file->entries.n || !folder_open(q->folder, file, &r->stream))
			continue;
		rc = read_entries(r, file, seen, err);
		stream_close(&r->stream);
	}
	return rc;
}

int queue_read(struct queue *q, bool (*is_over)(void *data), void *data, struct err *err)
{
	int rc = folder_scan(q->folder, err);

	while (!rc && folder_step(q->folder, STEP_BYTES))
		rc = is_given_up(is_over, data, err);
	if (rc)
		return rc;
	struct reading *r = xcalloc(1, sizeof(*r));
	r->q = q;
	r->md = EVP_MD_CTX_new();
	line_scan_init(&r->scan);
	arena_init(&r->scratch);
	rc = read_files(r, is_over, data, err);
	arena_release(&r->scratch);
	line_scan_release(&r->scan);
	EVP_MD_CTX_free(r->md);
	free(r);
	q->was_read |= !rc;
	return rc;
}

/* --- what is known of an entry --- */

bool queue_has_units(const struct queue *q)
{
	return q->look.unit != NULL;
}

size_t queue_count(const struct queue *q)
{
	return q->n;
}

const struct queue_entry *queue_entry(const struct queue *q, size_t i)
{
	return &q->v[i];
}

const char *queue_type(const struct queue *q, const struct queue_entry *e)
{
	return q->types[e->type];
}

const char *queue_file(const struct queue *q, const struct queue_entry *e)
{
	return q->files[e->file].name;
}

bool queue_is_gz(const struct queue *q, const struct queue_entry *e)
{
	return q->files[e->file].is_gz;
}

bool queue_is_old(const struct queue *q, const struct queue_entry *e)
{
	struct page_look look = {.max_age_ms = q->look.max_age_ms, .now = q->look.now};

	return page_is_old(&look, e->at, (int64_t)e->day);
}

int64_t queue_time(const struct queue_entry *e)
{
	int day = (int)e->day;

	if (!is_absent(e->at))
		return e->at;
	return clock_utc_ms(day / 10000, day / 100 % 100, day % 100, 0) + 86400000;
}

void queue_hex(const unsigned char *digest, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	out[2 * n] = '\0';
}

size_t queue_unit_first(const struct queue *q, const char *unit)
{
	unsigned char digest[QUEUE_UNIT];

	if (!q->look.unit || !q->nslots)
		return q->n;
	queue_digest(unit, digest);
	uint32_t *slot = slot_of(q, q->by_unit, true, digest);
	return *slot ? *slot - 1 : q->n;
}

bool queue_is_same_failure(const struct queue *q, const struct queue_entry *e, const char *batch_id,
			   const char *error_type)
{
	unsigned char digest[QUEUE_UNIT];

	queue_digest(batch_id, digest);
	return queue_has_unit(e) && !memcmp(digest, e->unit, QUEUE_UNIT) &&
	       !strcmp(queue_type(q, e), error_type ? error_type : "");
}

bool queue_has_later(const struct queue *q, size_t i)
{
	const struct queue_entry *e = &q->v[i];

	if (q->look.unit || !queue_has_unit(e))
		return false;
	for (size_t k = i + 1; k < q->n; k++)
		if (q->v[k].type == e->type && !memcmp(q->v[k].unit, e->unit, QUEUE_UNIT))
			return true;
	return false;
}

size_t queue_prefix(const struct queue *q, const char *prefix, size_t *at)
{
	size_t len = strlen(prefix), found = 0;
	char hex[2 * QUEUE_HASH + 1];

	for (size_t i = 0; i < q->n && len <= 2 * QUEUE_HASH; i++) {
		queue_hex(q->v[i].hash, QUEUE_HASH, hex);
		if (memcmp(hex, prefix, len) != 0)
			continue;
		*at = i;
		found++;
	}
	return found;
}

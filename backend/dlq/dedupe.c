/* dlq/dedupe.c - where a day has several files (the day's file and its packed copy, or a copy made
 * before it was cut), a line that an older one shares with a newer one counts once. Lines are
 * compared by the SHA-256 of their bytes; equal lines of one file are all counted. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "folder.h"

static void on_piece(void *data, const char *p, size_t len)
{
	EVP_DigestUpdate(data, p, len);
}

/* Hashes of the lines that have none yet; 0 (no hash) for what cannot be read any more. */
static void hash_lines(const struct folder *f, struct dlq_file *file)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	struct stream s;
	unsigned char sum[EVP_MAX_MD_SIZE];

	file->hashes = xrealloc(file->hashes, file->entries.n * sizeof(*file->hashes));
	bool is_open = folder_open(f, file, &s);
	for (; file->nhashes < file->entries.n; file->nhashes++) {
		uint64_t *hash = &file->hashes[file->nhashes];
		int64_t at = entry_offset(&file->entries.v[file->nhashes]);
		*hash = 0;
		if (!is_open || !stream_seek(&s, at) ||
		    !EVP_DigestInit_ex(md, EVP_sha256(), NULL) ||
		    stream_line(&s, on_piece, md) != 1)
			continue;
		EVP_DigestFinal_ex(md, sum, NULL);
		memcpy(hash, sum, sizeof(*hash));
	}
	if (is_open)
		stream_close(&s);
	EVP_MD_CTX_free(md);
}

/* A set of hashes: open addressing, 0 is free. */
struct set {
	uint64_t *v;
	size_t mask;
};

static bool set_has(const struct set *s, uint64_t hash)
{
	size_t i = hash & s->mask;

	while (s->v[i] && s->v[i] != hash)
		i = (i + 1) & s->mask;
	return s->v[i] != 0;
}

static void set_add(struct set *s, uint64_t hash)
{
	size_t i = hash & s->mask;

	while (s->v[i] && s->v[i] != hash)
		i = (i + 1) & s->mask;
	s->v[i] = hash;
}

static bool mark_file(struct dlq_file *file, const struct set *seen)
{
	bool has_changed = false, has_duplicates = false;

	for (size_t i = 0; i < file->entries.n; i++) {
		struct entry *e = &file->entries.v[i];
		bool is = seen && file->hashes[i] && set_has(seen, file->hashes[i]);
		if (is != ((e->flags & ENTRY_DUPLICATE) != 0)) {
			e->flags = (uint16_t)(e->flags ^ ENTRY_DUPLICATE);
			has_changed = true;
		}
		has_duplicates |= is;
	}
	file->has_duplicates = has_duplicates;
	return has_changed;
}

/* The files [from, to) are those of one day. */
static bool mark_day(struct folder *f, size_t from, size_t to)
{
	size_t total = 0, size = 64;
	bool has_changed = false;

	for (size_t i = from; i < to; i++) {
		hash_lines(f, f->files[i]);
		total += f->files[i]->entries.n;
	}
	while (size < total * 2)
		size *= 2;
	struct set seen = {xcalloc(size, sizeof(uint64_t)), size - 1};
	for (size_t i = to; i-- > from;) {
		struct dlq_file *file = f->files[i];
		has_changed |= mark_file(file, &seen);
		for (size_t k = 0; k < file->entries.n; k++)
			if (file->hashes[k])
				set_add(&seen, file->hashes[k]);
	}
	free(seen.v);
	return has_changed;
}

void folder_dedupe(struct folder *f)
{
	bool has_changed = false;

	for (size_t from = 0, to; from < f->nfiles; from = to) {
		bool is_fresh = f->is_reordered;
		for (to = from; to < f->nfiles && f->files[to]->day == f->files[from]->day; to++) {
			is_fresh |= f->files[to]->is_fresh;
			f->files[to]->is_fresh = false;
		}
		if (to - from > 1 && is_fresh)
			has_changed |= mark_day(f, from, to);
		else if (to - from == 1 && f->files[from]->has_duplicates)
			has_changed |= mark_file(f->files[from], NULL);
	}
	f->is_reordered = false;
	if (has_changed)
		folder_recount(f);
}

/* dlq/index.c - adds lines to the index and keeps the counts: entries, bad lines, error types,
 * groups and the span of their times. Nothing here reads a file. */
#include <stdlib.h>
#include <string.h>

#include "../../include/clock.h"
#include "index.h"

enum { TYPE_BYTES = 1024 }; /* of an error type that count */
enum { DECODED_MAX = 1 << 18 };

/* Room for a normalised message: group.c writes without looking at its size. */
static void init_scratch(struct buf *b)
{
	buf_init(b, 2 * GROUP_HEAD);
	while (b->len < 2 * GROUP_HEAD)
		buf_putc(b, 0);
}

void index_init(struct index *x)
{
	memset(x, 0, sizeof(*x));
	buf_init(&x->decoded, DECODED_MAX);
	x->types = xcalloc(1, sizeof(*x->types));
	x->ntypes = 1;
	x->groups = xcalloc(1, sizeof(*x->groups));
	x->ngroups = 1;
	x->groups[0].id = 1;
	index_clear_counts(x);
}

void span_keep(struct span *to, struct span t)
{
	union {
		const char *p;
		char *own;
	} old = {.p = to->p};

	free(old.own);
	to->len = min_size(t.len, TEXT_MAX);
	old.own = t.len ? xmalloc(to->len) : NULL;
	if (t.len)
		memcpy(old.own, t.p, to->len);
	to->p = old.p;
}

void index_rest(struct index *x)
{
	buf_release(&x->scratch);
	buf_release(&x->decoded);
	free(x->lately);
	x->lately = NULL;
}

static void slots_free(struct slots *s)
{
	free(s->v);
	free(s->tags);
}

void index_release(struct index *x)
{
	for (size_t i = 0; i < x->ntypes; i++)
		free(x->types[i].raw);
	for (size_t i = 0; i < x->ngroups; i++) {
		span_keep(&x->groups[i].message, (struct span){0});
		span_keep(&x->groups[i].advice, (struct span){0});
	}
	free(x->types);
	free(x->groups);
	slots_free(&x->type_slots);
	slots_free(&x->group_slots);
	index_rest(x);
	memset(x, 0, sizeof(*x));
}

void entries_release(struct entries *e)
{
	free(e->v);
	free(e->blocks);
	*e = (struct entries){.order = e->order};
}

void span_at_clear(struct span_at *s)
{
	s->first[0] = s->first[1] = s->last[0] = s->last[1] = ABSENT;
}

void span_at_add(struct span_at *s, const struct entry *e)
{
	int naive = (e->flags & ENTRY_NAIVE) != 0;

	if (is_absent(e->at))
		return;
	if (e->at < s->first[naive] || is_absent(s->first[naive]))
		s->first[naive] = e->at;
	if (e->at > s->last[naive])
		s->last[naive] = e->at;
}

static int64_t to_utc(int64_t naive, int64_t zone_ms)
{
	if (is_absent(naive))
		return ABSENT;
	/* The offset of this host is looked up at the time as if it were UTC: wrong for an hour or
	 * two around a change of summer time, as any naive time is. */
	return naive - (is_absent(zone_ms) ? clock_local_offset_ms(naive) : zone_ms);
}

int64_t entry_utc(const struct entry *e, int64_t zone_ms)
{
	return e->flags & ENTRY_NAIVE ? to_utc(e->at, zone_ms) : e->at;
}

int64_t span_at_first(const struct span_at *s, int64_t zone_ms)
{
	int64_t naive = to_utc(s->first[1], zone_ms);

	if (is_absent(naive) || is_absent(s->first[0]))
		return is_absent(naive) ? s->first[0] : naive;
	return min_i64(s->first[0], naive);
}

int64_t span_at_last(const struct span_at *s, int64_t zone_ms)
{
	return max_i64(s->last[0], to_utc(s->last[1], zone_ms));
}

/* From the bits of a hash that do not say where it stands. */
static unsigned char tag_of(uint64_t hash)
{
	return (unsigned char)(hash >> 44 | 1);
}

/* The next slot from i on with that tag; s->n: there is none. */
static size_t next_slot(const struct slots *s, size_t i, unsigned char tag)
{
	for (; s->n && s->tags[i & (s->n - 1)]; i++)
		if (s->tags[i & (s->n - 1)] == tag)
			return i & (s->n - 1);
	return s->n;
}

static void put_slot(struct slots *s, uint64_t hash, size_t number)
{
	size_t i = hash & (s->n - 1);

	while (s->tags[i])
		i = (i + 1) & (s->n - 1);
	s->tags[i] = tag_of(hash);
	s->v[i] = (uint16_t)number;
}

/* Room for one more than the `used` that it holds; true: the table is new and empty. */
static bool grow_slots(struct slots *s, size_t used)
{
	if ((used + 1) * 4 <= s->n)
		return false;
	slots_free(s);
	s->n = s->n ? s->n * 4 : 64;
	s->v = xcalloc(s->n, sizeof(*s->v));
	s->tags = xcalloc(s->n, sizeof(*s->tags));
	return true;
}

/* An array that holds n items has room for as many as the next power of two. */
static void *grow_items(void *items, size_t n, size_t size)
{
	return n & (n - 1) ? items : xrealloc(items, n * 2 * size);
}

static uint16_t new_type(struct index *x, const char *p, size_t len, uint64_t hash)
{
	x->types = grow_items(x->types, x->ntypes, sizeof(*x->types));
	struct error_type *t = &x->types[x->ntypes];

	t->raw = xmalloc(len + 1); /* not a string: a \u0000 is one of its bytes */
	memcpy(t->raw, p, len);
	t->raw[len] = '\0';
	t->len = len;
	t->hash = hash;
	t->count = 0;
	if (grow_slots(&x->type_slots, x->ntypes - 1))
		for (size_t i = 1; i < x->ntypes; i++)
			put_slot(&x->type_slots, x->types[i].hash, i);
	put_slot(&x->type_slots, hash, x->ntypes);
	return (uint16_t)x->ntypes++;
}

/* The type of these bytes, a new one if need be. */
static uint16_t find_type(struct index *x, const char *p, size_t len)
{
	uint64_t hash = hash_bytes(p, len, 1);
	const struct slots *s = &x->type_slots;

	unsigned char tag = tag_of(hash);

	for (size_t i = hash; (i = next_slot(s, i, tag)) != s->n; i++) {
		const struct error_type *t = &x->types[s->v[i]];
		if (t->hash == hash && t->len == len && !memcmp(t->raw, p, len))
			return s->v[i];
	}
	if (x->ntypes == TYPES_MAX)
		return new_type(x, "other", 5, hash_bytes("", 0, 2));
	return x->ntypes > TYPES_MAX ? TYPES_MAX : new_type(x, p, len, hash);
}

/* The type's number; the token is a string or any other scalar. */
static uint16_t type_of(struct index *x, struct span t)
{
	const char *p = t.p;
	size_t len = t.len;

	if (!len || *p == 'n' || *p == '{' || *p == '[')
		return 0;
	if (*p == '"') {
		p++;
		len -= len > 1 ? 2 : 1;
	}
	unsigned char ends = len ? (unsigned char)(p[0] * 3 + p[len - 1]) : 0;
	uint16_t *seen = &x->seen_types[(ends ^ len) % ARRAY_LEN(x->seen_types)];
	const struct error_type *same = &x->types[*seen];
	if (*seen && same->len == len && !memcmp(same->raw, p, len))
		return *seen;
	if (!memchr(p, '\\', len))
		return *seen = find_type(x, p, min_size(len, TYPE_BYTES));
	t.len = min_size(t.len, TEXT_MAX);
	buf_clear(&x->decoded);
	token_decode(t, &x->decoded);
	return find_type(x, x->decoded.len ? x->decoded.data : "",
			 min_size(x->decoded.len, TYPE_BYTES));
}

static uint16_t new_group(struct index *x, uint64_t id, uint16_t type)
{
	if (x->ngroups > GROUPS_MAX)
		return 0;
	x->groups = grow_items(x->groups, x->ngroups, sizeof(*x->groups));
	struct group *g = &x->groups[x->ngroups];
	memset(g, 0, sizeof(*g));
	g->id = id;
	g->type = type;
	span_at_clear(&g->at);
	if (grow_slots(&x->group_slots, x->ngroups - 1))
		for (size_t i = 1; i < x->ngroups; i++)
			put_slot(&x->group_slots, x->groups[i].id, i);
	put_slot(&x->group_slots, id, x->ngroups);
	return (uint16_t)x->ngroups++;
}

static uint16_t find_group(struct index *x, uint16_t type, struct span message)
{
	if (!x->scratch.data)
		init_scratch(&x->scratch);

	uint64_t id = group_id(x->types[type].hash, message, &x->scratch);
	const struct slots *s = &x->group_slots;

	unsigned char tag = tag_of(id);

	for (size_t i = id; (i = next_slot(s, i, tag)) != s->n; i++)
		if (x->groups[s->v[i]].id == id)
			return s->v[i];
	return new_group(x, id, type);
}

/* Most often the message is the one that this type had before. */
static uint16_t group_of(struct index *x, uint16_t type, struct span message)
{
	size_t len = min_size(message.len, GROUP_HEAD);
	struct lately *l;

	if (!len || len > sizeof(l->bytes))
		return find_group(x, type, message);
	if (!x->lately)
		x->lately = xcalloc(LATELY, sizeof(*x->lately));
	l = &x->lately[type % LATELY];
	if (l->type != type || l->len != len || memcmp(l->bytes, message.p, len) != 0) {
		l->group = find_group(x, type, message);
		l->type = type;
		l->len = (uint32_t)len;
		memmove(l->bytes, message.p, len); /* a call: inlined it is slower */
	}
	return l->group;
}

uint64_t index_group_id(struct span type, struct span message)
{
	bool has_type = type.len && *type.p != 'n' && *type.p != '{' && *type.p != '[';
	struct buf plain, scratch;
	uint64_t hash = 0, id;

	buf_init(&plain, DECODED_MAX);
	init_scratch(&scratch);
	if (has_type && token_is_string(type)) {
		type.len = min_size(type.len, TEXT_MAX);
		token_decode(type, &plain);
	} else if (has_type) {
		buf_putn(&plain, type.p, min_size(type.len, TYPE_BYTES));
	}
	if (has_type)
		hash = hash_bytes(plain.len ? plain.data : "", min_size(plain.len, TYPE_BYTES), 1);
	id = group_id(hash, message, &scratch);
	buf_release(&plain);
	buf_release(&scratch);
	return id;
}

void index_count(struct index *x, const struct entries *file, size_t i)
{
	const struct entry *e = &file->v[i];

	if (e->flags & ENTRY_DUPLICATE)
		return;
	if (e->flags & ENTRY_BAD) {
		x->nbad++;
		return;
	}
	x->nentries++;
	x->types[e->type].count++;
	span_at_add(&x->at, e);
	struct group *g = &x->groups[e->group];
	g->count++;
	span_at_add(&g->at, e);
	if (!g->newest_file || file->order >= g->newest_file->order) {
		g->newest_file = file;
		g->newest = i;
		g->is_told = false;
	}
}

void index_clear_counts(struct index *x)
{
	x->nentries = x->nbad = 0;
	span_at_clear(&x->at);
	for (size_t i = 0; i < x->ntypes; i++)
		x->types[i].count = 0;
	for (size_t i = 0; i < x->ngroups; i++) {
		struct group *g = &x->groups[i];
		g->count = 0;
		g->newest_file = NULL;
		g->is_told = false;
		span_at_clear(&g->at);
	}
}

static void grow(struct entries *file)
{
	if (file->n == file->size) {
		file->size = file->size ? file->size + file->size / 2 : 16;
		file->v = xrealloc(file->v, file->size * sizeof(*file->v));
	}
	if (file->n % ENTRY_BLOCK == 0) {
		file->blocks = xrealloc(file->blocks, (file->nblocks + 1) * sizeof(*file->blocks));
		span_at_clear(&file->blocks[file->nblocks++]);
	}
}

void index_add(struct index *x, struct entries *file, struct entry e,
	       const struct line_fields *fields)
{
	bool is_naive = false;

	e.at = e.batch = ABSENT;
	e.type = e.group = 0;
	if (!(e.flags & ENTRY_BAD)) {
		token_id(fields->batch_id, &e.batch);
		e.at = token_time(fields->at, &is_naive);
		if (is_naive)
			e.flags |= ENTRY_NAIVE;
		e.type = type_of(x, fields->type);
		e.group = group_of(x, e.type, fields->message);
	}
	grow(file);
	file->undated += is_absent(e.at) && !(e.flags & ENTRY_BAD);
	file->v[file->n] = e;
	span_at_add(&file->blocks[file->nblocks - 1], &e);
	index_count(x, file, file->n++);
}

/* snapshot.c - reference counts of what never changes. The counts are atomic; everything else is
 * written before the first reference is handed on and only read afterwards. */
#include "../include/snapshot.h"

#include "../include/config.h"

#include <stdlib.h>
#include <string.h>

enum { SPARE = 16 }; /* part of what was there: figures and texts get a little longer */

struct dataset_kept {
	struct dataset_kept *next;
	const struct dataset *other;
};

const char *const section_state_names[] = {"waiting", "ok", "late", "failed", NULL};

const char *const source_names[] = {
#define X(id, symbol, title) #symbol,
	SOURCE_LIST(X)
#undef X
		NULL};

const char *const source_titles[] = {
#define X(id, symbol, title) title,
	SOURCE_LIST(X)
#undef X
		NULL};

static void ref_up(const int *refs)
{
	__atomic_add_fetch((int *)(uintptr_t)refs, 1, __ATOMIC_RELAXED);
}

/* True when that was the last one. */
static bool ref_down(const int *refs)
{
	return __atomic_sub_fetch((int *)(uintptr_t)refs, 1, __ATOMIC_ACQ_REL) == 0;
}

struct dataset *dataset_new(void)
{
	struct dataset *d = xcalloc(1, sizeof(*d));

	d->refs = 1;
	arena_init(&d->arena);
	return d;
}

struct dataset *dataset_new_after(const struct dataset *before)
{
	struct dataset *d = dataset_new();

	if (before)
		arena_expect(&d->arena, before->arena.used + before->arena.used / SPARE);
	return d;
}

void dataset_add_pointers(struct dataset *d, const struct schema *s, const void *const *rows,
			  size_t n)
{
	struct rowset *sets = ARENA_ARRAY(&d->arena, struct rowset, d->nsets + 1);

	if (d->nsets)
		memcpy(sets, d->sets, d->nsets * sizeof(*sets));
	sets[d->nsets++] = (struct rowset){s, n, rows};
	d->sets = sets;
}

void dataset_add(struct dataset *d, const struct schema *s, const void *rows, size_t n)
{
	const void **list = ARENA_ARRAY(&d->arena, const void *, n ? n : 1);

	for (size_t i = 0; i < n; i++)
		list[i] = (const char *)rows + i * s->size;
	dataset_add_pointers(d, s, list, n);
}

void dataset_keep(struct dataset *d, const struct dataset *other)
{
	struct dataset_kept *k = ARENA_NEW(&d->arena, struct dataset_kept);

	k->next = d->kept;
	k->other = dataset_ref(other);
	d->kept = k;
}

const struct dataset *dataset_ref(const struct dataset *d)
{
	if (d)
		ref_up(&d->refs);
	return d;
}

void dataset_unref(const struct dataset *d)
{
	struct dataset *mine = (struct dataset *)(uintptr_t)d;

	if (!d || !ref_down(&d->refs))
		return;
	for (struct dataset_kept *k = mine->kept; k; k = k->next)
		dataset_unref(k->other);
	arena_release(&mine->arena);
	free(mine);
}

const struct rowset *dataset_rows(const struct dataset *d, const struct schema *s)
{
	static const struct rowset none = {NULL, 0, NULL};

	for (size_t i = 0; d && i < d->nsets; i++) {
		if (d->sets[i].schema == s)
			return &d->sets[i];
	}
	return &none;
}

const void *dataset_one(const struct dataset *d, const struct schema *s)
{
	const struct rowset *set = dataset_rows(d, s);

	return set->n ? set->rows[0] : NULL;
}

struct section *section_new(void)
{
	struct section *s = xcalloc(1, sizeof(*s));

	s->refs = 1;
	s->tried_at = s->good_at = s->next_at = s->took_ms = s->code = ABSENT;
	arena_init(&s->arena);
	return s;
}

struct section *section_new_named(const struct section *names)
{
	struct section *s = section_new();

	s->names = section_ref(names);
	s->source = names->source;
	s->job = names->job;
	s->where = names->where;
	s->found_by = names->found_by;
	return s;
}

const struct section *section_ref(const struct section *s)
{
	if (s)
		ref_up(&s->refs);
	return s;
}

void section_unref(const struct section *s)
{
	struct section *mine = (struct section *)(uintptr_t)s;

	if (!s || !ref_down(&s->refs))
		return;
	dataset_unref(mine->data);
	section_unref(mine->names);
	arena_release(&mine->arena);
	free(mine);
}

const struct snapshot *snapshot_ref(const struct snapshot *s)
{
	if (s)
		ref_up(&s->refs);
	return s;
}

void snapshot_unref(const struct snapshot *s)
{
	struct snapshot *mine = (struct snapshot *)(uintptr_t)s;

	if (!s || !ref_down(&s->refs))
		return;
	for (size_t i = 0; i < mine->nsections; i++)
		section_unref(mine->sections[i]);
	dataset_unref(mine->jobs);
	dataset_unref(mine->incidents);
	dataset_unref(mine->errors);
	dataset_unref(mine->executors);
	dataset_unref(mine->targets);
	dataset_unref(mine->dlq);
	dataset_unref(mine->jvms);
	dataset_unref(mine->actions);
	dataset_unref(mine->plan);
	dataset_unref(mine->detail);
	config_unref(mine->cfg);
	arena_release(&mine->arena);
	free(mine);
}

enum { DERIVED = 9 };

static size_t derived(const struct snapshot *s, const struct dataset *out[static DERIVED])
{
	const struct dataset *all[DERIVED] = {s->jobs,      s->incidents, s->errors,
					      s->executors, s->targets,   s->dlq,
					      s->jvms,      s->actions,   s->plan};

	memcpy(out, all, sizeof(all));
	return ARRAY_LEN(all);
}

bool snapshot_is_alone(const struct snapshot *s)
{
	return __atomic_load_n(&s->refs, __ATOMIC_ACQUIRE) == 1;
}

struct rowset snapshot_rows(const struct snapshot *s, const struct schema *schema, struct arena *a)
{
	const struct dataset *list[DERIVED];
	struct rowset all = {schema, 0, NULL};
	const void **rows;
	size_t n = derived(s, list);

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; list[i] && k < list[i]->nsets; k++) {
			if (list[i]->sets[k].schema == schema)
				return list[i]->sets[k];
		}
	}
	for (size_t i = 0; i < s->nsections; i++)
		all.n += dataset_rows(s->sections[i]->data, schema)->n;
	rows = ARENA_ARRAY(a, const void *, all.n ? all.n : 1);
	all.rows = rows;
	for (size_t i = 0; i < s->nsections; i++) {
		const struct rowset *set = dataset_rows(s->sections[i]->data, schema);

		if (set->n)
			memcpy(rows, set->rows, set->n * sizeof(*rows));
		rows += set->n;
	}
	return all;
}

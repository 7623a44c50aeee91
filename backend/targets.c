/* targets.c - which targets there are: found by the sources from the configuration, matched with
 * those there were, and tied together by job.
 *
 * A place named twice for the same job is one target, so that nothing is asked twice at a time. A
 * changed configuration keeps the targets whose source, place and job are the same, with all they
 * know. */
#include <stdlib.h>
#include <string.h>

#include "../include/log.h"
#include "target.h"

enum { THEIR_ENDS = 8 }; /* of a section's texts: NULs, room for an ellipsis */

/* Open addressing over pointers; a table of a moment. */
struct table {
	struct target **v;
	size_t n, size; /* size is a power of two */
};

struct finder {
	struct scheduler *s;
	enum source_id source;
	struct table places; /* old and new ones */
	struct target **found;
	size_t n, size;
};

static const char *job_name(const struct target_spec *spec)
{
	return spec->job ? text_str(spec->job->name) : "";
}

static uint64_t hash_text(uint64_t h, const char *s)
{
	while (*s)
		h = (h ^ (unsigned char)*s++) * UINT64_C(1099511628211);
	return (h ^ 0xff) * UINT64_C(1099511628211);
}

static uint64_t hash_job(const struct target_spec *spec)
{
	return hash_text(UINT64_C(14695981039346656037), job_name(spec));
}

static uint64_t hash_place(enum source_id source, const struct target_spec *spec)
{
	return hash_text(hash_job(spec) + (uint64_t)source, spec->where);
}

static void table_put(struct table *t, struct target *target, uint64_t hash)
{
	size_t at = hash & (t->size - 1);

	while (t->v[at])
		at = (at + 1) & (t->size - 1);
	t->v[at] = target;
	t->n++;
}

static void table_init(struct table *t, size_t n)
{
	memset(t, 0, sizeof(*t));
	t->size = 64;
	while (t->size < n * 2)
		t->size *= 2;
	t->v = xcalloc(t->size, sizeof(struct target *));
}

static struct target *place_find(const struct table *t, enum source_id source,
				 const struct target_spec *spec)
{
	size_t at = hash_place(source, spec) & (t->size - 1);

	for (; t->v[at]; at = (at + 1) & (t->size - 1)) {
		const struct target *one = t->v[at];

		if (one->source == source && strcmp(one->spec.where, spec->where) == 0 &&
		    strcmp(job_name(&one->spec), job_name(spec)) == 0)
			return t->v[at];
	}
	return NULL;
}

static void places_add(struct table *places, struct target *t)
{
	if (places->n * 2 >= places->size) {
		struct table more;

		table_init(&more, places->size);
		for (size_t i = 0; i < places->size; i++) {
			struct target *one = places->v[i];

			if (one)
				table_put(&more, one, hash_place(one->source, &one->spec));
		}
		free(places->v);
		*places = more;
	}
	table_put(places, t, hash_place(t->source, &t->spec));
}

static const struct section *waiting_section(const struct target *t)
{
	struct section *s = section_new();

	arena_expect(&s->arena, strlen(job_name(&t->spec)) + strlen(t->spec.where) +
					(t->spec.found_by ? strlen(t->spec.found_by) : 0) +
					THEIR_ENDS);
	s->source = t->source;
	s->state = SECTION_WAITING;
	s->job = t->spec.job ? arena_strdup(&s->arena, job_name(&t->spec)) : NULL;
	s->where = text_str(text_clean(&s->arena, t->spec.where, strlen(t->spec.where)));
	s->found_by = t->spec.found_by ? arena_strdup(&s->arena, t->spec.found_by) : NULL;
	return s;
}

static struct target *target_new(struct scheduler *s, enum source_id source,
				 const struct target_spec *spec)
{
	struct target *t = xcalloc(1, sizeof(*t));

	arena_init(&t->arena);
	t->scheduler = s;
	t->source = source;
	t->ops = source_registry[source];
	arena_expect(&t->arena, strlen(spec->where) + 16 + t->ops->state_size);
	t->spec = *spec;
	t->spec.where = arena_strdup(&t->arena, spec->where);
	t->state = arena_alloc(&t->arena, t->ops->state_size ? t->ops->state_size : 1);
	t->again_ms = ABSENT;
	t->names = waiting_section(t);
	t->section = section_ref(t->names);
	s->unsettled++;
	return t;
}

static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* It keeps what it knows; what was found out about it may be said in other words now. */
static void target_is_found_again(struct target *t, const struct target_spec *spec)
{
	const struct section *old = t->section;
	struct section *s;

	t->spec.job = spec->job;
	t->spec.cluster = spec->cluster;
	t->spec.found_by = spec->found_by;
	if (is_same_text(old->found_by, spec->found_by))
		return;
	section_unref(t->names);
	t->names = waiting_section(t);
	s = target_next_section(t);
	s->problem = old->problem ? arena_strdup(&s->arena, old->problem) : NULL;
	s->data = dataset_ref(old->data);
	t->section = s;
	section_unref(old);
}

/* Does discovery learn anything from it, or the verb? */
static bool is_of_use(const struct finder *f, const struct target_spec *spec)
{
	const char *only = f->s->cfg->only;

	if (only && spec->job && strcmp(text_str(spec->job->name), only) != 0)
		return false;
	return !f->s->cfg->is_look || f->source == SOURCE_JVM ||
	       (f->source == SOURCE_HEALTH && spec->job && spec->job->found);
}

static void on_target(void *data, const struct target_spec *spec)
{
	struct finder *f = data;
	struct target *t;

	if (!is_of_use(f, spec))
		return;
	t = place_find(&f->places, f->source, spec);
	if (t && t->is_found)
		return;
	if (t) {
		target_is_found_again(t, spec);
	} else {
		t = target_new(f->s, f->source, spec);
		places_add(&f->places, t);
	}
	t->is_found = true;
	if (f->n == f->size) {
		f->size = f->size ? f->size * 2 : 16;
		f->found = xrealloc(f->found, f->size * sizeof(struct target *));
	}
	f->found[f->n++] = t;
}

/* The targets of one job form a ring, so that a source finds its neighbours without a search. */
static void tie_siblings(struct scheduler *s)
{
	struct table jobs;

	table_init(&jobs, s->ntargets);
	for (size_t i = 0; i < s->ntargets; i++) {
		struct target *t = s->targets[i], *first = NULL;
		uint64_t hash = hash_job(&t->spec);
		size_t at = hash & (jobs.size - 1);

		t->sibling = t;
		if (!t->spec.job)
			continue;
		for (; jobs.v[at] && !first; at = (at + 1) & (jobs.size - 1)) {
			if (strcmp(job_name(&jobs.v[at]->spec), job_name(&t->spec)) == 0)
				first = jobs.v[at];
		}
		if (first) {
			t->sibling = first->sibling;
			first->sibling = t;
		} else {
			table_put(&jobs, t, hash);
		}
	}
	free(jobs.v);
}

void targets_find(struct scheduler *s)
{
	struct finder f = {.s = s};
	const struct section **sections;

	table_init(&f.places, s->ntargets);
	for (size_t i = 0; i < s->ntargets; i++) {
		s->targets[i]->is_found = false;
		places_add(&f.places, s->targets[i]);
	}
	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		f.source = (enum source_id)i;
		if (source_registry[i]->targets)
			source_registry[i]->targets(s->cfg, on_target, &f);
	}
	free(f.places.v);
	for (size_t i = 0; i < s->ntargets; i++) {
		if (!s->targets[i]->is_found)
			target_retire(s->targets[i]);
	}
	free(s->targets);
	s->targets = f.found;
	s->ntargets = s->stats.targets = f.n;
	sections = xcalloc(f.n ? f.n : 1, sizeof(const struct section *));
	for (size_t i = 0; i < f.n; i++) {
		f.found[i]->slot = i;
		sections[i] = section_ref(f.found[i]->section);
	}
	publish_sections(s->publish, sections, f.n);
	free(sections);
	tie_siblings(s);
}

struct section *target_next_section(const struct target *t)
{
	const struct section *old = t->section;
	struct section *s = section_new_named(t->names);

	s->state = old->state;
	s->tried_at = old->tried_at;
	s->good_at = old->good_at;
	s->took_ms = old->took_ms;
	s->code = old->code;
	s->silent_probes = old->silent_probes;
	s->silent_ms = old->silent_ms;
	s->is_refused = old->is_refused;
	return s;
}

void target_publish(struct target *t, struct section *s, bool is_same)
{
	if (s->state != t->section->state && t->section->state != SECTION_WAITING)
		log_msg(s->state == SECTION_OK ? LOG_INFO : LOG_WARN, "%s %s: %s, was %s%s%s",
			t->ops->name, s->where, section_state_names[s->state],
			section_state_names[t->section->state], s->problem ? ": " : "",
			s->problem ? s->problem : "");
	section_unref(t->section);
	t->section = s;
	if (!is_same && t->scheduler->on_section)
		t->scheduler->on_section(t->scheduler->section_data, s);
	publish_section(t->scheduler->publish, t->slot, section_ref(s), is_same);
}

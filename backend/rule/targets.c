/* rule/targets.c - a row per section: state, age, latency, problem. Made at every look, since ages
 * move; the texts that stay (address, job, how it was found) are made once and shared. */
#include <string.h>

#include "../../include/row/target.h"
#include "state.h"

static const struct text *name_of(struct arena *a, const char *s)
{
	return s ? text_clean(a, s, strlen(s)) : NULL;
}

static bool is_same(const struct text *t, const char *s)
{
	return (!t && !s) || (t && s && text_is(t, s));
}

static bool names_hold(const struct rules *r, const struct rules_input *in)
{
	if (!r->names || r->nsections != in->nsections)
		return false;
	for (size_t i = 0; i < in->nsections; i++) {
		const struct section *s = in->sections[i];
		const struct target_names *n = &r->target_names[i];

		if (!is_same(n->where, s->where) || !is_same(n->job, s->job) ||
		    !is_same(n->found_by, s->found_by) ||
		    !is_same(n->source, source_names[s->source]))
			return false;
	}
	return true;
}

static void make_names(struct rules *r, const struct rules_input *in)
{
	struct arena *a;

	dataset_unref(r->names);
	r->names = dataset_new();
	a = &r->names->arena;
	r->target_names = ARENA_ARRAY(a, struct target_names, in->nsections + 1);
	for (size_t i = 0; i < in->nsections; i++) {
		const struct section *s = in->sections[i];

		r->target_names[i] = (struct target_names){name_of(a, source_names[s->source]),
							   name_of(a, s->job), name_of(a, s->where),
							   name_of(a, s->found_by)};
	}
}

bool targets_look(struct rules *r, const struct rules_input *in)
{
	struct dataset *d = dataset_new_after(r->out_targets);
	struct target_row *rows =
		arena_alloc_raw(&d->arena, (in->nsections + 1) * sizeof(*rows), 16);

	if (!names_hold(r, in))
		make_names(r, in);
	for (size_t i = 0; i < in->nsections; i++) {
		const struct section *s = in->sections[i];
		const struct target_names *n = &r->target_names[i];

		rows[i] = (struct target_row){
			.source = n->source,
			.job = n->job,
			.where = n->where,
			.state = (int)s->state,
			.age_s = is_absent(s->good_at)
					 ? ABSENT_REAL
					 : (double)max_i64(in->at - s->good_at, 0) / 1000,
			.took_ms = s->took_ms,
			.code = s->code,
			.problem = name_of(&d->arena, s->problem),
			.found_by = n->found_by,
			.silent_probes = s->silent_probes,
			.next_s = is_absent(s->next_at)
					  ? ABSENT_REAL
					  : (double)max_i64(s->next_at - in->at, 0) / 1000};
	}
	dataset_keep(d, r->names);
	dataset_add(d, &schema_target, rows, in->nsections);
	dataset_unref(r->out_targets);
	r->out_targets = d;
	return true;
}

/* action/act_request.c - what is asked of the backend, copied: a request lives as
 * long as its act. */
#include "act_parts.h"

#include <string.h>

static void copy_text(const char **to, const char *from, struct arena *a)
{
	if (from != NULL)
		*to = arena_strdup(a, from);
}

static void copy_int(int64_t *to, int64_t from)
{
	if (!is_absent(from))
		*to = from;
}

static void copy_hashes(struct action_request *r, const struct action_request *from,
			struct arena *a)
{
	const char **v = ARENA_ARRAY(a, const char *, from->nhashes);

	for (size_t i = 0; i < from->nhashes; i++)
		v[i] = arena_strdup(a, from->hashes[i]);
	r->hashes = v;
	r->nhashes = from->nhashes;
}

/* Those of before stay where the new ones do not name them. */
static void copy_values(struct action_request *r, const struct action_request *from,
			struct arena *a)
{
	struct action_value *v = ARENA_ARRAY(a, struct action_value, r->nvalues + from->nvalues);
	size_t n = 0;

	for (size_t i = 0; i < from->nvalues; i++)
		if (from->values[i].name != NULL && from->values[i].value != NULL)
			v[n++] = (struct action_value){arena_strdup(a, from->values[i].name),
						       arena_strdup(a, from->values[i].value)};
	if (r->nvalues > 0)
		memcpy(&v[n], r->values, r->nvalues * sizeof(*v));
	r->nvalues += n;
	r->values = v;
}

void request_lay_over(struct action_request *r, const struct action_request *from, struct arena *a)
{
	copy_text(&r->typed, from->typed, a);
	copy_text(&r->reason, from->reason, a);
	copy_text(&r->as, from->as, a);
	copy_int(&r->for_ms, from->for_ms);
	copy_int(&r->force_after_ms, from->force_after_ms);
	if (from->nvalues > 0)
		copy_values(r, from, a);
}

void request_copy(struct action_request *r, const struct action_request *from, struct arena *a)
{
	*r = *from;
	r->nhashes = r->nvalues = 0;
	copy_text(&r->job, from->job, a);
	copy_text(&r->jvm, from->jvm, a);
	copy_text(&r->spark, from->spark, a);
	copy_text(&r->where, from->where, a);
	copy_text(&r->only_if, from->only_if, a);
	copy_text(&r->error_type, from->error_type, a);
	if (from->nhashes > 0)
		copy_hashes(r, from, a);
	request_lay_over(r, from, a);
}

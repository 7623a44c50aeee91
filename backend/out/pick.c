/* out/pick.c - which rows an output shows: by view and by job. */
#include <string.h>

#include "../../include/schemas.h"
#include "pick.h"

/* The field that names the job, or NULL: rows of no job. */
static const struct field *job_field(const struct schema *s)
{
	const struct field *f = field_find(s, s == &schema_job ? "name" : "job");

	return f != NULL && f->type == FIELD_TEXT ? f : NULL;
}

struct rowset pick_rows(const struct snapshot *s, const struct schema *schema, const char *job,
			struct arena *a)
{
	struct rowset all = snapshot_rows(s, schema, a), picked = {.schema = schema};
	const struct field *f = job_field(schema);
	const void **rows;

	if (job == NULL || f == NULL)
		return all;
	rows = ARENA_ARRAY(a, const void *, all.n + 1);
	for (size_t i = 0; i < all.n; i++) {
		const struct text *name = *(const struct text *const *)FIELD_OF(all.rows[i], f);
		if (name != NULL && text_is(name, job))
			rows[picked.n++] = all.rows[i];
	}
	picked.rows = rows;
	return picked;
}

const struct schema *out_view(const char *name)
{
	if (strcmp(name, "overview") == 0 || strcmp(name, "job") == 0)
		name = "jobs";
	if (strcmp(name, "sources") == 0)
		name = "targets";
	return schemas_find(name);
}

void out_view_names(struct buf *out)
{
	const struct schema *const *all = schemas_all();

	buf_puts(out, "overview, job, sources");
	for (size_t i = 0; all[i] != NULL; i++)
		if (all[i]->member != NULL) /* the others are parts, for who knows them */
			buf_printf(out, ", %s", all[i]->member);
}

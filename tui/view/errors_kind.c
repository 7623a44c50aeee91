/* errors_kind.c - one row per kind of error: types that are two names for one thing
 * (AnalysisException and SchemaError), and the same of several jobs, are one row on the screen;
 * --json keeps the source's own words. */
#include "errors_parts.h"

#include <math.h>

static int64_t sum(int64_t a, int64_t b)
{
	return is_absent(a) ? b : is_absent(b) ? a : a + b;
}

static int64_t earliest(int64_t a, int64_t b)
{
	return is_absent(a) ? b : is_absent(b) ? a : min_i64(a, b);
}

static void add_trend(struct arena *a, struct error_row *to, const struct error_row *from)
{
	float *v;

	if (!from->trend.n)
		return;
	if (to->trend.n != from->trend.n) {
		to->trend = from->trend;
		return;
	}
	v = ARENA_ARRAY(a, float, to->trend.n);
	for (size_t i = 0; i < to->trend.n; i++) {
		float x = to->trend.v[i], y = from->trend.v[i];

		v[i] = isnan(x) ? y : isnan(y) ? x : x + y;
	}
	to->trend.v = v;
}

static void merge(struct arena *a, struct error_row *to, const struct error_row *from)
{
	to->count = sum(to->count, from->count);
	to->count_5m = sum(to->count_5m, from->count_5m);
	to->count_1h = sum(to->count_1h, from->count_1h);
	to->first_at = earliest(to->first_at, from->first_at);
	to->last_at = max_i64(to->last_at, from->last_at);
	if (!to->recommendation)
		to->recommendation = from->recommendation;
	if (!to->cause)
		to->cause = from->cause;
	if (to->counted_by != from->counted_by)
		to->counted_by = ERRORS_DATED;
	add_trend(a, to, from);
	if (text_cmp(to->job, from->job))
		to->job = TEXT("several jobs");
}

static bool is_newer(const struct error_row *a, const struct error_row *b)
{
	int64_t x = max_i64(a->last_at, 0), y = max_i64(b->last_at, 0);

	return x > y || (x == y && a->count > b->count);
}

static void put_newest_first(struct error_row *rows, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct error_row row = rows[i];
		size_t k = i;

		for (; k && is_newer(&row, &rows[k - 1]); k--)
			rows[k] = rows[k - 1];
		rows[k] = row;
	}
}

bool errors_is_kind(const struct rowset *all, const struct text *type, const char *kind)
{
	bool is = type && text_is(type, kind);

	for (size_t i = 0; !is && type && i < all->n; i++) {
		const struct error_row *e = all->rows[i];

		is = e->alias && text_is(e->alias, kind) && !text_cmp(e->type, type);
	}
	return is;
}

struct rowset errors_by_kind(const struct rowset *all, struct arena *a)
{
	struct error_row *rows = ARENA_ARRAY(a, struct error_row, all->n + 1);
	const void **list = ARENA_ARRAY(a, const void *, all->n + 1);
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct error_row *e = all->rows[i];
		const struct text *kind = e->alias ? e->alias : e->type;
		size_t k = 0;

		while (k < n && text_cmp(rows[k].type, kind))
			k++;
		if (k < n) {
			merge(a, &rows[k], e);
			continue;
		}
		rows[n] = *e;
		rows[n++].type = kind;
	}
	put_newest_first(rows, n);
	for (size_t i = 0; i < n; i++)
		list[i] = &rows[i];
	return (struct rowset){&schema_error, n, list};
}

/* rule/errors.c - one row per error type of a job. Its number is the job's own word; its windows
 * are differenced counters or, where those do not cover them, the dates in the dead-letter queue. A
 * queue often names the same error differently (SchemaError for AnalysisException): such a type
 * lends its dates to the job's own word and gets no row of its own, so that nothing is counted
 * twice. What a type means is errors_known.c. */
#include "errors.h"

#include <stdlib.h>
#include <string.h>

void tracks_release(struct type_tracks *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->v[i].key);
		counter_release(&t->v[i].counter);
	}
	free(t->v);
	memset(t, 0, sizeof(*t));
}

void tracks_restart(struct type_tracks *t)
{
	for (size_t i = 0; i < t->n; i++)
		counter_restart(&t->v[i].counter);
}

static struct type_track *find(const struct type_tracks *t, const char *key)
{
	for (size_t i = 0; i < t->n; i++) {
		if (!strcmp(t->v[i].key, key))
			return &t->v[i];
	}
	return NULL;
}

const struct type_track *tracks_find(const struct type_tracks *t, const char *key)
{
	return find(t, key);
}

static struct type_track *add(struct type_tracks *t, const char *key)
{
	struct type_track *one;

	if (t->n == TYPES_TRACKED)
		return NULL;
	if (t->n == t->size) {
		t->size = t->size ? t->size * 2 : 4;
		t->v = xrealloc(t->v, t->size * sizeof(*t->v));
	}
	one = &t->v[t->n++];
	one->key = xstrdup(key);
	counter_init(&one->counter);
	minutes_init(&one->minutes);
	one->first_at = one->last_at = ABSENT;
	return one;
}

void tracks_read(struct type_tracks *t, const struct counts *types, int64_t at, int64_t born_at,
		 bool is_new_life)
{
	bool is_first_look = t->n == 0;

	for (size_t i = 0; i < types->n; i++) {
		struct type_track *one = find(t, text_str(types->v[i].key));
		int64_t before, rose;

		if (!one) {
			one = add(t, text_str(types->v[i].key));
			if (!one)
				continue;
			/* a type that appears while we watch began at 0 */
			if (!is_first_look)
				counter_read(&one->counter, at - 1, 0, born_at, false);
		}
		before = one->counter.at;
		rose = counter_read(&one->counter, at, types->v[i].n, born_at, is_new_life);
		if (is_absent(rose))
			continue;
		minutes_add(&one->minutes, before, at, (double)rose);
		if (rose > 0) {
			one->last_at = at;
			one->last_after = before;
			if (is_absent(one->first_at))
				one->first_at = at;
		}
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	if (is_absent(a) || is_absent(b))
		return is_absent(a) ? b : a;
	return min_i64(a, b);
}

/* ABSENT is the least number, so the later date is the larger one. */
static int64_t later(int64_t a, int64_t b)
{
	return max_i64(a, b);
}

static int64_t count_of(const struct counts *c, const char *type)
{
	int64_t sum = ABSENT;

	for (size_t i = 0; i < c->n; i++) {
		if (text_is(c->v[i].key, type))
			return c->v[i].n;
		if (error_is_same(text_str(c->v[i].key), type))
			sum = (is_absent(sum) ? 0 : sum) + c->v[i].n;
	}
	return sum;
}

/* A job's catch-all advice does not replace what is known of the type. */
static bool is_telling(const struct text *advice, const struct error_row *row)
{
	struct error_kind unknown = error_kind_of("");

	return advice && (!row->cause || !text_is(advice, text_str(unknown.recommendation)));
}

/* Dates, advice and trend that the dead-letter queue has about this type. */
static void from_groups(const struct error_sources *src, struct error_row *row)
{
	for (size_t i = 0; src->groups && i < src->groups->n; i++) {
		const struct dlq_group_row *g = src->groups->rows[i];

		if (!g->error_type || !error_is_same(text_str(g->error_type), text_str(row->type)))
			continue;
		if (is_telling(g->recommendation, row) &&
		    (is_absent(row->last_at) || g->last_at >= row->last_at))
			row->recommendation = g->recommendation;
		row->first_at = earlier(row->first_at, g->first_at);
		row->last_at = later(row->last_at, g->last_at);
		if (g->trend.n && (!row->trend.n || text_is(row->type, text_str(g->error_type))))
			row->trend = g->trend;
	}
}

static void from_health_dates(const struct health_row *h, struct error_row *row)
{
	const char *type = text_str(row->type);

	if (h->dlq_first_type && error_is_same(text_str(h->dlq_first_type), type))
		row->first_at = earlier(row->first_at, h->dlq_first_at);
	if (h->dlq_last_type && error_is_same(text_str(h->dlq_last_type), type))
		row->last_at = later(row->last_at, h->dlq_last_at);
}

/* What the queue dates of this type within a window. Where it holds fewer than the job counted, it
 * proves that old ones are old, but not how many are new. */
static int64_t dated(const struct counts *recent, const struct error_row *row, int64_t all,
		     int64_t at_least)
{
	int64_t n = max_i64(count_of(recent, text_str(row->type)), 0);

	if (is_absent(all) || (all < row->count && (n > 0 || at_least > 0)))
		return ABSENT;
	return max_i64(n, at_least);
}

static void windows(const struct error_sources *src, const struct type_track *track,
		    struct error_row *row)
{
	const struct dlq_folder_row *d = src->folder;
	struct tally five = {ABSENT, 0}, hour = {ABSENT, 0};
	int64_t all;

	if (track) {
		five = counter_tally(&track->counter, src->at, WINDOW_5M);
		hour = counter_tally(&track->counter, src->at, WINDOW_1H);
	}
	row->count_5m = five.n;
	row->count_1h = hour.n;
	if (!d || is_absent(d->counted_1h))
		return;
	all = count_of(&d->error_types, text_str(row->type));
	if (is_absent(row->count_5m))
		row->count_5m = dated(&d->error_types_5m, row, all, five.at_least);
	if (is_absent(row->count_1h))
		row->count_1h = dated(&d->error_types_1h, row, all, hour.at_least);
}

static void fill(const struct error_sources *src, struct arena *a, struct error_row *row)
{
	const struct type_track *track = tracks_find(src->tracks, text_str(row->type));
	struct error_kind kind = error_kind_of(text_str(row->type));

	row->job = src->job;
	row->alias = kind.alias ? kind.alias : row->type;
	row->cause = kind.cause;
	if (track) {
		row->first_at = track->first_at;
		row->trend = minutes_series(&track->minutes, src->at, 15, 1, a);
	}
	from_groups(src, row);
	if (src->health)
		from_health_dates(src->health, row);
	/* A date says when; a look only says between which two looks. */
	if (track && !is_absent(track->last_at) &&
	    (is_absent(row->last_at) || row->last_at <= track->last_after))
		row->last_at = track->last_at;
	if (!row->recommendation)
		row->recommendation = kind.recommendation;
	windows(src, track, row);
}

static int by_recent_count(const void *a, const void *b)
{
	const struct error_row *x = a, *y = b;
	int64_t hx = max_i64(max_i64(x->count_1h, x->count_5m), 0);
	int64_t hy = max_i64(max_i64(y->count_1h, y->count_5m), 0);

	if (hx != hy)
		return hx > hy ? -1 : 1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return text_cmp(x->type, y->type);
}

static bool has_like(const struct counts *types, const struct text *type)
{
	for (size_t i = 0; types && i < types->n; i++) {
		if (error_is_same(text_str(types->v[i].key), text_str(type)))
			return true;
	}
	return false;
}

struct error_row *error_rows(const struct error_sources *src, struct arena *a, size_t *nrows)
{
	const struct counts none = {0};
	const struct counts *own = src->health ? &src->health->errors_by_type : &none;
	const struct counts *dlq = &none;
	struct error_row *rows;
	size_t n = 0;

	if (src->folder)
		dlq = &src->folder->error_types;
	else if (src->health)
		dlq = &src->health->dlq_error_types;
	rows = ARENA_ARRAY(a, struct error_row, own->n + dlq->n + 1);
	for (size_t i = 0; i < own->n + dlq->n; i++) {
		const struct count *c = i < own->n ? &own->v[i] : &dlq->v[i - own->n];

		if (!c->key || (i >= own->n && has_like(own, c->key)))
			continue;
		field_clear_row(&schema_error, &rows[n]);
		rows[n].type = c->key;
		rows[n].count = c->n;
		fill(src, a, &rows[n]);
		n++;
	}
	qsort(rows, n, sizeof(*rows), by_recent_count);
	*nrows = n;
	return rows;
}

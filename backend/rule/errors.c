/* rule/errors.c - one row per error type of a job. Its number is the job's own word; its windows
 * are differenced counters or, where those do not cover them, the dates in the dead-letter queue,
 * which the row then says. A queue often names the same error differently (SchemaError for
 * AnalysisException): such a type lends its dates to the one row of the job's own word that it must
 * be and gets no row of its own, so that nothing is counted twice, neither in a row nor where rows
 * are merged. What a type means is errors_known.c. */
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
	t->is_read = false;
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

static void read_one(struct type_track *one, int64_t at, int64_t n, int64_t born_at, enum life life)
{
	int64_t before = one->counter.at, was = one->counter.value;
	int64_t rose = counter_read(&one->counter, at, n, born_at, life);

	if (is_absent(rose))
		return;
	minutes_add(&one->minutes, before, at, (double)rose);
	if (rose <= 0)
		return;
	one->last_at = at;
	one->last_after = before;
	if (is_absent(one->first_at) && (was == 0 || life == LIFE_NEW))
		one->first_at = at;
}

static bool is_listed(const struct counts *types, const char *key)
{
	for (size_t i = 0; i < types->n; i++)
		if (text_is(types->v[i].key, key))
			return true;
	return false;
}

void tracks_read(struct type_tracks *t, const struct counts *types, int64_t at, int64_t born_at,
		 enum life life)
{
	/* within one life none goes back to 0: what is missing was left out */
	for (size_t i = 0; i < t->n && life == LIFE_NEW; i++)
		if (!is_listed(types, t->v[i].key))
			read_one(&t->v[i], at, 0, born_at, life);
	for (size_t i = 0; i < types->n; i++) {
		struct type_track *one = find(t, text_str(types->v[i].key));

		if (!one && !(one = add(t, text_str(types->v[i].key))))
			continue;
		if (is_absent(one->counter.at) && t->is_read)
			counter_read(&one->counter, t->read_at, 0, born_at, life);
		read_one(one, at, types->v[i].n, born_at, life);
	}
	t->is_read = true;
	t->read_at = at;
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

/* Whose row a type of the queue goes into. */
struct owner {
	const struct text *own; /* the job's own type, by its pointer; NULL: not one of them */
	bool is_open;           /* of the kind of several, and of which nobody knows */
};

/* The one of that name, else the only one of its kind. */
static struct owner owner_of(const struct counts *own, const struct text *type)
{
	struct owner o = {NULL, false};
	size_t n = 0;

	for (size_t i = 0; i < own->n; i++) {
		if (!own->v[i].key || !type)
			continue;
		if (!text_cmp(own->v[i].key, type))
			return (struct owner){own->v[i].key, false};
		if (!error_is_same(text_str(own->v[i].key), text_str(type)))
			continue;
		o.own = own->v[i].key;
		n++;
	}
	return n > 1 ? (struct owner){NULL, true} : o;
}

/* What the queue has, each type and each group with its owner: asked once, for rows are many. */
struct owned {
	const struct counts *counts;
	const struct owner *owners;
};

struct queue {
	struct owned all, recent_5m, recent_1h;
	const struct owner *groups;
};

static struct owned owned_of(const struct counts *own, const struct counts *c, struct arena *a)
{
	struct owner *v = ARENA_ARRAY(a, struct owner, c->n + 1);

	for (size_t i = 0; i < c->n; i++)
		v[i] = owner_of(own, c->v[i].key);
	return (struct owned){c, v};
}

static struct queue queue_of(const struct error_sources *src, const struct counts *own,
			     const struct counts *types, struct arena *a)
{
	static const struct counts none;
	size_t n = src->groups ? src->groups->n : 0;
	struct owner *groups = ARENA_ARRAY(a, struct owner, n + 1);

	for (size_t i = 0; i < n; i++) {
		const struct dlq_group_row *g = src->groups->rows[i];

		groups[i] = owner_of(own, g->error_type);
	}
	return (struct queue){
		owned_of(own, types, a),
		owned_of(own, src->folder ? &src->folder->error_types_5m : &none, a),
		owned_of(own, src->folder ? &src->folder->error_types_1h : &none, a),
		groups,
	};
}

static bool is_its(const struct error_row *row, const struct text *type, const struct owner *o)
{
	if (row->counted_by != ERRORS_BY_DLQ)
		return o->own == row->type;
	return type && !o->own && !o->is_open && !text_cmp(row->type, type);
}

/* n ABSENT: the queue has no such type. unsure: of its kind, but perhaps of another row. */
struct queued {
	int64_t n, unsure;
};

static struct queued queued_of(const struct owned *types, const struct error_row *row)
{
	struct queued q = {ABSENT, 0};

	for (size_t i = 0; i < types->counts->n; i++) {
		const struct count *c = &types->counts->v[i];
		const struct owner *o = &types->owners[i];

		if (is_its(row, c->key, o))
			q.n = (is_absent(q.n) ? 0 : q.n) + c->n;
		else if (o->is_open && error_is_same(text_str(c->key), text_str(row->type)))
			q.unsure += c->n;
	}
	return q;
}

/* A job's catch-all advice does not replace what is known of the type. */
static bool is_telling(const struct text *advice, const struct error_row *row)
{
	struct error_kind unknown = error_kind_of("");

	return advice && (!row->cause || !text_is(advice, text_str(unknown.recommendation)));
}

/* Groups of one type, minute by minute. */
static void add_trend(struct series *sum, const struct series *more, struct arena *a)
{
	float *v;

	if (!sum->n || sum->n != more->n || sum->end_at != more->end_at) {
		*sum = more->n ? *more : *sum;
		return;
	}
	v = ARENA_ARRAY(a, float, sum->n);
	for (size_t i = 0; i < sum->n; i++)
		v[i] = sum->v[i] + more->v[i];
	sum->v = v;
}

/* Dates, advice and trend that the dead-letter queue has about this type. Its trend stands only
 * where every error is in it: what one of the two counted is in the other, too. */
static void from_groups(const struct error_sources *src, const struct queue *q, struct arena *a,
			struct error_row *row)
{
	struct series trend = {0};

	for (size_t i = 0; src->groups && i < src->groups->n; i++) {
		const struct dlq_group_row *g = src->groups->rows[i];

		if (!is_its(row, g->error_type, &q->groups[i]))
			continue;
		if (is_telling(g->recommendation, row) &&
		    (is_absent(row->last_at) || g->last_at >= row->last_at))
			row->recommendation = g->recommendation;
		row->first_at = earlier(row->first_at, g->first_at);
		row->last_at = later(row->last_at, g->last_at);
		add_trend(&trend, &g->trend, a);
	}
	if (trend.n && queued_of(&q->all, row).n >= row->count)
		row->trend = trend;
}

static void from_health_dates(const struct error_sources *src, const struct counts *own,
			      struct error_row *row)
{
	const struct health_row *h = src->health;
	bool is_future = h->dlq_last_at > src->at + DATE_AHEAD_MS;
	struct owner first = owner_of(own, h->dlq_first_type);
	struct owner last = owner_of(own, h->dlq_last_type);

	if (is_its(row, h->dlq_first_type, &first))
		row->first_at = earlier(row->first_at, h->dlq_first_at);
	if (!is_future && is_its(row, h->dlq_last_type, &last))
		row->last_at = later(row->last_at, h->dlq_last_at);
}

/* What the queue dates of this type within a window. Where it holds fewer than the job counted, it
 * proves that old ones are old, but not how many are new. */
static int64_t dated(const struct queue *q, const struct owned *recent, const struct error_row *row,
		     int64_t at_least)
{
	struct queued all = queued_of(&q->all, row), now = queued_of(recent, row);
	int64_t n = max_i64(now.n, 0);

	if ((is_absent(all.n) && !all.unsure) || now.unsure ||
	    (all.n < row->count && (n > 0 || at_least > 0)))
		return ABSENT;
	return max_i64(n, at_least);
}

static void windows(const struct error_sources *src, const struct queue *q,
		    const struct type_track *track, struct error_row *row)
{
	struct tally five = {ABSENT, 0}, hour = {ABSENT, 0};

	if (track) {
		five = counter_tally(&track->counter, src->at, WINDOW_5M);
		hour = counter_tally(&track->counter, src->at, WINDOW_1H);
	}
	row->count_5m = five.n;
	row->count_1h = hour.n;
	if (!src->folder || is_absent(src->folder->counted_1h))
		return;
	if (is_absent(row->count_5m))
		row->count_5m = dated(q, &q->recent_5m, row, five.at_least);
	if (is_absent(row->count_1h))
		row->count_1h = dated(q, &q->recent_1h, row, hour.at_least);
	if (row->counted_by == ERRORS_BY_HEALTH &&
	    (row->count_5m != five.n || row->count_1h != hour.n))
		row->counted_by = ERRORS_DATED;
}

static void fill(const struct error_sources *src, const struct queue *q, struct arena *a,
		 struct error_row *row)
{
	const struct type_track *track = tracks_find(src->tracks, text_str(row->type));
	struct error_kind kind = error_kind_of(text_str(row->type));

	if (row->counted_by == ERRORS_BY_DLQ)
		track = NULL; /* of a life before: the queue has those, too */
	row->job = src->job;
	row->alias = kind.alias ? kind.alias : row->type;
	row->cause = kind.cause;
	if (track) {
		row->first_at = track->first_at;
		row->trend = minutes_series(&track->minutes, src->at, 15, 1, a);
	}
	from_groups(src, q, a, row);
	if (src->health)
		from_health_dates(src, &src->health->errors_by_type, row);
	/* A date says when; a look only says between which two looks. */
	if (track && !is_absent(track->last_at) &&
	    (is_absent(row->last_at) || row->last_at <= track->last_after))
		row->last_at = track->last_at;
	if (!row->recommendation)
		row->recommendation = kind.recommendation;
	windows(src, q, track, row);
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

static void add_row(const struct error_sources *src, const struct queue *q,
		    const struct count *type, int by, struct error_row *row, struct arena *a)
{
	field_clear_row(&schema_error, row);
	row->type = type->key;
	row->count = type->n;
	row->counted_by = by;
	fill(src, q, a, row);
}

struct error_row *error_rows(const struct error_sources *src, struct arena *a, size_t *nrows)
{
	static const struct counts none;
	const struct counts *own = src->health ? &src->health->errors_by_type : &none;
	const struct counts *dlq = &none;
	struct error_row *rows;
	struct queue q;
	size_t n = 0;

	if (src->folder)
		dlq = &src->folder->error_types;
	else if (src->health)
		dlq = &src->health->dlq_error_types;
	q = queue_of(src, own, dlq, a);
	rows = ARENA_ARRAY(a, struct error_row, own->n + dlq->n + 1);
	for (size_t i = 0; i < own->n; i++) {
		if (own->v[i].key)
			add_row(src, &q, &own->v[i], ERRORS_BY_HEALTH, &rows[n++], a);
	}
	for (size_t i = 0; i < dlq->n; i++) {
		if (dlq->v[i].key && !q.all.owners[i].own && !q.all.owners[i].is_open)
			add_row(src, &q, &dlq->v[i], ERRORS_BY_DLQ, &rows[n++], a);
	}
	qsort(rows, n, sizeof(*rows), by_recent_count);
	*nrows = n;
	return rows;
}

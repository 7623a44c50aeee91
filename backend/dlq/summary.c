/* dlq/summary.c - the rows about many entries: groups of like failures and the folder as a whole,
 * with what happened within the last minutes by the entries' own dates. Blocks of entries that are
 * all older than the windows are passed over, so this costs nothing much for a long queue. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../include/clock.h"
#include "page.h"

enum { MINUTE = 60000, HOUR_BUCKETS = 60, GROUP_BUCKETS = 15, TAIL_GROUPS = 256 };
#define DAY_MS INT64_C(86400000)

struct windows {
	const struct page_look *look;
	struct dataset *d;
	const struct index *x;
	int64_t zone_ms; /* for all times within the windows */
	int64_t end;     /* of the last minute */
	int64_t midnight, today_day;
	int64_t counted_5m, counted_1h, today;
	int64_t types_5m[TYPES_MAX + 1], types_1h[TYPES_MAX + 1];
	int64_t limit;           /* what is dated later lies in the future */
	int64_t future, last_at; /* entries there; the last one that is not */
	int64_t *lasts;          /* the same by group; NULL: no group has one in the future */
	float *trend;            /* HOUR_BUCKETS */
	float **groups;          /* by group: GROUP_BUCKETS, NULL: all zero */
};

static int64_t zone_now(const struct page_look *look)
{
	return is_absent(look->zone_ms) ? clock_local_offset_ms(look->now) : look->zone_ms;
}

static int64_t floor_to(int64_t v, int64_t step)
{
	int64_t rest = v % step;

	return v - (rest < 0 ? rest + step : rest);
}

static void count_entry(struct windows *w, const struct entry *e, int64_t day)
{
	int64_t at = is_absent(e->at) ? ABSENT : entry_utc(e, w->zone_ms);

	if (is_absent(at)) {
		w->today += day == w->today_day;
		return;
	}
	if (at >= w->midnight && at < w->midnight + DAY_MS)
		w->today++;
	/* A clock a little ahead of ours is no reason to miss what just happened. */
	if (at > w->limit)
		return;
	if (at > w->look->now - 5 * MINUTE) {
		w->counted_5m++;
		w->types_5m[e->type]++;
	}
	if (at > w->look->now - HOUR_BUCKETS * MINUTE) {
		w->counted_1h++;
		w->types_1h[e->type]++;
	}
	int64_t back = (w->end - 1 - at) / MINUTE;
	back = back < 0 ? 0 : back;
	if (back >= HOUR_BUCKETS)
		return;
	w->trend[HOUR_BUCKETS - 1 - back]++;
	if (back >= GROUP_BUCKETS)
		return;
	if (!w->groups[e->group])
		w->groups[e->group] = ARENA_ARRAY(&w->d->arena, float, GROUP_BUCKETS);
	w->groups[e->group][GROUP_BUCKETS - 1 - back]++;
}

static void count_file(struct windows *w, const struct dlq_file *file)
{
	const struct entries *in = &file->entries;
	int64_t since = min_i64(w->midnight, w->look->now - (HOUR_BUCKETS + 1) * MINUTE);
	bool has_undated = in->undated && file->day == w->today_day;

	for (size_t b = 0; b < in->nblocks; b++) {
		if (span_at_last(&in->blocks[b], w->zone_ms) < since && !has_undated)
			continue;
		size_t to = min_size(in->n, (b + 1) * ENTRY_BLOCK);
		for (size_t i = b * ENTRY_BLOCK; i < to; i++)
			if (!(in->v[i].flags & (ENTRY_BAD | ENTRY_DUPLICATE)))
				count_entry(w, &in->v[i], file->day);
	}
}

/* Rare, so that only then every entry is looked at. */
static void leave_out_future(struct windows *w, const struct folder *f)
{
	w->last_at = span_at_last(&w->x->at, w->look->zone_ms);
	if (w->last_at <= w->limit)
		return;
	w->last_at = ABSENT;
	w->lasts = xmalloc(w->x->ngroups * sizeof(*w->lasts));
	for (size_t i = 0; i < w->x->ngroups; i++)
		w->lasts[i] = ABSENT;
	for (size_t i = 0; i < f->nfiles; i++) {
		const struct entries *in = &f->files[i]->entries;

		for (size_t k = 0; k < in->n; k++) {
			const struct entry *e = &in->v[k];
			int64_t at = is_absent(e->at) ? ABSENT : entry_utc(e, w->zone_ms);

			if (e->flags & (ENTRY_BAD | ENTRY_DUPLICATE))
				continue;
			w->future += at > w->limit;
			if (at <= w->limit)
				w->lasts[e->group] = max_i64(w->lasts[e->group], at);
		}
	}
	for (size_t i = 0; i < w->x->ngroups; i++)
		w->last_at = max_i64(w->last_at, w->lasts[i]);
}

static int64_t day_number(int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm = {0};

	gmtime_r(&t, &tm);
	return (int64_t)(tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

static struct windows *count_windows(struct dataset *d, const struct folder *f,
				     const struct page_look *look)
{
	struct windows *w = xcalloc(1, sizeof(*w));

	w->look = look;
	w->d = d;
	w->x = &f->index;
	w->zone_ms = zone_now(look);
	w->limit = look->now + DATE_AHEAD_MS;
	w->end = floor_to(look->now, MINUTE) + MINUTE;
	w->midnight = floor_to(look->now + w->zone_ms, DAY_MS) - w->zone_ms;
	w->today_day = day_number(w->midnight + w->zone_ms);
	w->trend = ARENA_ARRAY(&d->arena, float, HOUR_BUCKETS);
	w->groups = xcalloc(f->index.ngroups, sizeof(*w->groups));
	for (size_t i = 0; i < f->nfiles; i++)
		count_file(w, f->files[i]);
	leave_out_future(w, f);
	return w;
}

static void free_windows(struct windows *w)
{
	free(w->groups);
	free(w->lasts);
	free(w);
}

bool page_is_outdated(const struct folder *f, const struct page_look *look, int64_t then)
{
	int64_t zone = zone_now(look);
	int64_t last = span_at_last(&f->index.at, zone);
	bool new_day = floor_to(look->now + zone, DAY_MS) != floor_to(then + zone, DAY_MS);

	if (new_day)
		return true;
	if (is_absent(last) || last < then - (HOUR_BUCKETS + 1) * MINUTE)
		return false;
	return floor_to(look->now, MINUTE) != floor_to(then, MINUTE);
}

static int by_count(const void *a, const void *b)
{
	const struct count *x = a, *y = b;

	return x->n == y->n ? text_cmp(x->key, y->key) : x->n < y->n ? 1 : -1;
}

/* counts: NULL for the total. Entries without a type are in no count. */
static struct counts counts_of(struct arena *a, const struct index *x, const int64_t *counts)
{
	struct count *v = ARENA_ARRAY(a, struct count, x->ntypes);
	size_t n = 0;

	for (size_t i = 1; i < x->ntypes; i++) {
		int64_t c = counts ? counts[i] : x->types[i].count;
		if (c)
			v[n++] = (struct count){text_clean(a, x->types[i].raw, x->types[i].len), c};
	}
	if (n)
		qsort(v, n, sizeof(*v), by_count);
	return (struct counts){n, v};
}

static int64_t count_closed(const struct windows *w, const struct folder *f)
{
	struct standing s;

	standing_init(&s, w->look->ledger, f, w->look->job);
	int64_t n = standing_closed(&s, f);
	standing_release(&s);
	return n;
}

static void add_folder(struct windows *w, const struct folder *f)
{
	struct arena *a = &w->d->arena;
	struct dlq_folder_row *r = ARENA_NEW(a, struct dlq_folder_row);
	int64_t done;

	field_clear_row(&schema_dlq_folder, r);
	r->job = text_clean(a, w->look->job, strlen(w->look->job));
	r->folder = text_clean(a, f->path, strlen(f->path));
	folder_progress(f, &r->bytes, &done);
	r->files = (int64_t)f->nfiles;
	r->entries = w->x->nentries;
	r->pending = max_i64(0, r->entries - count_closed(w, f));
	r->bad_lines = w->x->nbad;
	r->today = w->today;
	r->indexed_pct = r->bytes ? 100.0 * (double)done / (double)r->bytes : 100;
	r->first_at = span_at_first(&w->x->at, w->look->zone_ms);
	r->last_at = w->last_at;
	r->future = w->future;
	/* what is not seen of yesterday or today may lie in the windows */
	if (!folder_hides(f, w->look->now, day_number(w->midnight + w->zone_ms - 1))) {
		r->counted_5m = w->counted_5m;
		r->counted_1h = w->counted_1h;
	}
	r->counted_at = w->look->now;
	r->error_types = counts_of(a, w->x, NULL);
	r->error_types_5m = counts_of(a, w->x, w->types_5m);
	r->error_types_1h = counts_of(a, w->x, w->types_1h);
	r->trend = (struct series){w->end, MINUTE, HOUR_BUCKETS, w->trend};
	if (f->nfiles)
		r->has_unfinished = f->files[f->nfiles - 1]->is_unfinished;
	dataset_add(w->d, &schema_dlq_folder, r, 1);
}

static void on_piece(void *data, const char *p, size_t len)
{
	line_scan_feed(data, p, len);
}

/* What the newest entry of a group says is kept with the group: it is read once. */
static void tell_group(const struct folder *f, struct group *g, struct line_scan *scan)
{
	const struct dlq_file *file = folder_file(g->newest_file);
	int64_t at = entry_offset(&g->newest_file->v[g->newest]);
	struct stream s;

	if (g->is_told || !folder_open(f, file, &s))
		return;
	line_scan_begin(scan, !at);
	if (stream_seek(&s, at) && stream_line(&s, on_piece, scan) == 1 &&
	    line_scan_end(scan) == LINE_ENTRY) {
		struct line_fields fields = line_scan_fields(scan);
		span_keep(&g->message, fields.message);
		span_keep(&g->advice, fields.advice);
		g->is_told = true;
	}
	stream_close(&s);
}

/* What is open stands before what is old, given up or done. */
static int group_rank(int state)
{
	int rank = standing_rank(state), open = standing_rank(DLQ_PENDING);

	return rank < open ? open : rank;
}

static int by_last(const void *a, const void *b)
{
	const struct dlq_group_row *x = a, *y = b;

	int rank_x = group_rank(x->state), rank_y = group_rank(y->state);

	if (rank_x != rank_y)
		return rank_x < rank_y ? -1 : 1;
	if (x->last_at != y->last_at)
		return x->last_at > y->last_at ? -1 : 1;
	return x->group < y->group ? -1 : x->group > y->group;
}

static void fill_group(struct windows *w, const struct group *g, struct dlq_group_row *r)
{
	static const float none[GROUP_BUCKETS];
	struct arena *a = &w->d->arena;
	const struct error_type *type = &w->x->types[g->type];
	size_t i = (size_t)(g - w->x->groups);
	const struct dlq_file *file = folder_file(g->newest_file);
	int64_t last;

	field_clear_row(&schema_dlq_group, r);
	r->job = text_clean(a, w->look->job, strlen(w->look->job));
	r->group = g->id;
	r->error_type = type->raw ? text_clean(a, type->raw, type->len) : NULL;
	r->message = i ? token_text(g->message, a) : TEXT("other failures");
	r->recommendation = i ? token_text(g->advice, a) : NULL;
	r->count = g->count;
	r->first_at = span_at_first(&g->at, w->look->zone_ms);
	last = span_at_last(&g->at, w->look->zone_ms);
	r->last_at = w->lasts ? w->lasts[i] : last;
	last = is_absent(r->last_at) ? last : r->last_at;
	r->state = page_is_old(w->look, last, file->day) ? DLQ_OLD : DLQ_PENDING;
	r->trend =
		(struct series){w->end, MINUTE, GROUP_BUCKETS, w->groups[i] ? w->groups[i] : none};
}

static bool folder_is_read(const struct folder *f)
{
	for (size_t i = 0; i < f->nfiles; i++)
		if (!f->files[i]->is_read)
			return false;
	return true;
}

/* Groups of the newest lines that the index has not reached yet, so that the first screen shows
 * what fails now. They count only what was read; the index takes their place. */
static size_t add_tail_groups(struct windows *w, struct dlq_group_row *rows, size_t n, size_t most)
{
	static const float none[GROUP_BUCKETS];
	const struct rowset *entries = dataset_rows(w->d, &schema_dlq_entry);
	size_t indexed = n;

	for (size_t i = 0; i < entries->n; i++) {
		const struct dlq_entry_row *e = entries->rows[i];
		struct dlq_group_row *r = rows;
		while (r < rows + n && r->group != e->group)
			r++;
		if (r < rows + indexed || (r == rows + n && n == most))
			continue;
		if (r == rows + n) {
			n++;
			field_clear_row(&schema_dlq_group, r);
			*r = (struct dlq_group_row){
				.job = e->job,
				.group = e->group,
				.state = e->state,
				.error_type = e->error_type,
				.message = e->message,
				.recommendation = e->recommendation,
				.last_at = e->at > w->limit ? ABSENT : e->at,
				.trend = {w->end, MINUTE, GROUP_BUCKETS, none},
			};
		}
		r->count++;
		r->first_at = e->at;
	}
	return n;
}

/* A group is as its worst entry among the newest; where it has older ones, they are open. */
static void judge_group(const struct rowset *entries, struct dlq_group_row *r)
{
	int64_t seen = 0;
	int worst = DLQ_DONE;

	for (size_t i = 0; i < entries->n; i++) {
		const struct dlq_entry_row *e = entries->rows[i];
		if (e->group != r->group)
			continue;
		seen++;
		if (standing_rank(e->state) < standing_rank(worst))
			worst = e->state;
	}
	if (seen && (seen >= r->count || standing_rank(worst) < standing_rank(r->state)))
		r->state = worst;
}

static void judge_groups(const struct windows *w, struct dlq_group_row *rows, size_t n)
{
	const struct rowset *entries = dataset_rows(w->d, &schema_dlq_entry);

	for (size_t i = 0; i < n; i++)
		judge_group(entries, &rows[i]);
}

static void add_groups(struct windows *w, struct folder *f)
{
	bool is_read = folder_is_read(f);
	size_t most = w->x->ngroups + (is_read ? 0 : TAIL_GROUPS);
	struct dlq_group_row *rows = ARENA_ARRAY(&w->d->arena, struct dlq_group_row, most);
	struct line_scan scan;
	size_t n = 0;

	line_scan_init(&scan);
	for (size_t i = 0; i < w->x->ngroups; i++) {
		struct group *g = &f->index.groups[i];
		if (!g->count)
			continue;
		tell_group(f, g, &scan);
		fill_group(w, g, &rows[n++]);
	}
	line_scan_release(&scan);
	if (!is_read)
		n = add_tail_groups(w, rows, n, most);
	if (w->look->ledger && w->look->ledger->nstates)
		judge_groups(w, rows, n);
	if (n)
		qsort(rows, n, sizeof(*rows), by_last);
	dataset_add(w->d, &schema_dlq_group, rows, n);
}

struct dataset *page_snapshot(struct folder *f, const struct page_look *look)
{
	struct dataset *d = dataset_new();
	struct page_wish wish = {.count = look->limit > 0 ? look->limit : INT64_MAX};
	struct page_wish bad = {.count = 100, .is_bad = true};
	size_t n;

	if (f->needs_recount)
		folder_recount(f);
	struct dlq_entry_row *rows = page_rows(d, f, look, &wish, &n);
	dataset_add(d, &schema_dlq_entry, rows, n);
	if (f->index.nbad) {
		rows = page_rows(d, f, look, &bad, &n);
		dataset_add(d, &schema_dlq_bad, rows, n);
	}
	struct windows *w = count_windows(d, f, look);
	add_groups(w, f);
	add_folder(w, f);
	free_windows(w);
	return d;
}

struct dataset *page_entries(const struct folder *f, const struct page_look *look,
			     const struct page_wish *wish)
{
	struct dataset *d = dataset_new();
	size_t n;
	struct dlq_entry_row *rows = page_rows(d, f, look, wish, &n);

	dataset_add(d, &schema_dlq_entry, rows, n);
	return d;
}

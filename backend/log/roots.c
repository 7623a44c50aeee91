/* log/roots.c - the marks that began what the kept ones go on with. A mark that gives way is shown
 * here; nearly all are let go. */
#include <stdlib.h>
#include <string.h>

#include "scan.h"

static const int64_t story_ms = 30 * 60 * 1000;

static bool is_decisive(const struct scan_mark *m)
{
	return m->what->kind == LOG_KIND_OOM || m->what->kind == LOG_KIND_STOPPED_CONTEXT;
}

static void begin_anew(struct scan_roots *r)
{
	r->n = 0;
	r->is_anew = true;
}

static bool is_behind_a_pause(const struct scan_roots *r, int64_t at)
{
	return !is_absent(r->last_at) && !is_absent(at) && at - r->last_at > story_ms;
}

static void keep(struct scan_roots *r, const struct scan_mark *m)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i].what->kind == m->what->kind)
			return;
	}
	r->v = xrealloc(r->v, (r->n + 1) * sizeof(*r->v));
	r->v[r->n++] = *m;
}

void scan_roots_add(struct scan_roots *r, const struct scan_mark *m)
{
	if (is_behind_a_pause(r, m->at))
		begin_anew(r);
	if (is_decisive(m))
		keep(r, m);
	r->last_at = max_i64(r->last_at, m->last_at);
}

/* What came later than r. */
static void join(struct scan_roots *r, const struct scan_roots *later)
{
	if (later->is_anew)
		begin_anew(r);
	for (size_t i = 0; i < later->n; i++) {
		if (is_behind_a_pause(r, later->v[i].at))
			begin_anew(r);
		keep(r, &later->v[i]);
	}
	r->last_at = max_i64(r->last_at, later->last_at);
}

struct scan_roots log_scan_roots(const struct log_scan *before, size_t nkept,
				 const struct log_scan *s)
{
	struct scan_roots r = {.last_at = ABSENT};

	if (before) {
		join(&r, &before->roots);
		for (size_t i = 0; i + nkept < before->n; i++)
			scan_roots_add(&r, log_scan_mark_at(before, i));
	}
	join(&r, &s->roots);
	return r;
}

void scan_roots_release(struct scan_roots *r)
{
	free(r->v);
	*r = (struct scan_roots){.last_at = ABSENT};
}

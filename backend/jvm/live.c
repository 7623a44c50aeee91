/* jvm/live.c - live data: the use of a heap as its last collection left it, the least that was seen
 * after the last old one. */
#include "live.h"

enum { FALL_SHARE = 20 }; /* a twentieth: less is one large object that went */

void live_begin(struct live *l)
{
	*l = (struct live){.bytes = ABSENT,
			   .at = ABSENT,
			   .gcs = ABSENT,
			   .full_gcs = ABSENT,
			   .old_bytes = ABSENT};
}

static bool has_risen(int64_t before, int64_t now)
{
	return !is_absent(before) && !is_absent(now) && now > before;
}

static bool is_old_collected(const struct live *l, const struct hsperf *now)
{
	bool has_fallen = l->old_bytes > 0 && now->old_used >= 0 &&
			  now->old_used < l->old_bytes - l->old_bytes / FALL_SHARE;

	return has_risen(l->full_gcs, now->full_gc_count) || has_fallen;
}

/* Counters that are written by collections only show the last one, whenever it was. */
static bool is_collected(const struct live *l, const struct hsperf *now)
{
	return has_risen(l->gcs, now->gc_count) ||
	       (is_absent(l->gcs) && now->is_used_after_gc && now->gc_count > 0);
}

void live_look(struct live *l, const struct hsperf *now, int64_t wall)
{
	if (is_absent(now->heap_used) || is_absent(now->gc_count))
		return;
	if (is_old_collected(l, now)) {
		l->bytes = now->heap_used;
		l->at = wall;
		l->is_settled = true;
	} else if (!l->is_settled && is_collected(l, now)) {
		l->bytes = now->heap_used;
		l->at = wall;
	} else if (!is_absent(l->bytes) && now->heap_used < l->bytes) {
		l->bytes = now->heap_used;
	}
	l->gcs = now->gc_count;
	l->full_gcs = now->full_gc_count;
	l->old_bytes = now->old_used;
}

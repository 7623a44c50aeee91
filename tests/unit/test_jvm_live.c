/* Live data from what a JVM's counters showed at each look: only a collection of the old generation
 * leaves nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/jvm/live.h"

struct seen {
	int64_t used, old, gcs, full; /* as looked at */
	int64_t live, at;             /* what follows; times count the looks */
	bool is_settled;
};

static void follow(const struct seen *v, size_t n, bool is_used_after_gc)
{
	struct live l;

	live_begin(&l);
	for (size_t i = 0; i < n; i++) {
		struct hsperf now = {.heap_used = v[i].used,
				     .old_used = v[i].old,
				     .gc_count = v[i].gcs,
				     .full_gc_count = v[i].full,
				     .is_used_after_gc = is_used_after_gc};

		live_look(&l, &now, (int64_t)i);
		if (l.bytes != v[i].live || l.at != v[i].at || l.is_settled != v[i].is_settled)
			fail_msg("look %zu: %lld at %lld", i, (long long)l.bytes, (long long)l.at);
	}
}

static void young_collections_leave_garbage(void **state)
{
	static const struct seen v[] = {
		{300, 100, 5, 0, ABSENT, ABSENT, false}, /* how old is that? */
		{340, 100, 5, 0, ABSENT, ABSENT, false},
		{150, 120, 6, 0, 150, 2, false},
		{190, 120, 6, 0, 150, 2, false},
		{180, 150, 7, 0, 180, 4, false}, /* grows, with what is dead in it */
		{175, 150, 7, 0, 175, 4, false}, /* the least until the next */
		{210, 190, 9, 0, 210, 6, false},
		{90, 60, 10, 0, 90, 7, true}, /* G1 emptied old regions */
		{85, 58, 10, 0, 85, 7, true},
		{120, 90, 11, 0, 85, 7, true},   /* no more than that lives for sure */
		{115, 88, 12, 0, 85, 7, true},   /* one large object went */
		{130, 95, 13, 1, 130, 11, true}, /* a full one: this does */
	};

	(void)state;
	follow(v, sizeof(v) / sizeof(*v), false);
}

/* ZGC, and Parallel and Serial of JDK 25: what is written is of the last collection. */
static void counters_of_the_last_collection(void **state)
{
	static const struct seen v[] = {
		{ABSENT, ABSENT, 0, 0, ABSENT, ABSENT, false},
		{200, 200, 3, 0, 200, 1, false},
		{200, 200, 3, 0, 200, 1, false},
		{120, 120, 4, 0, 120, 3, true},
		{ABSENT, ABSENT, 4, 0, 120, 3, true},
	};

	(void)state;
	follow(v, sizeof(v) / sizeof(*v), true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(young_collections_leave_garbage),
		cmocka_unit_test(counters_of_the_last_collection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* jvm/live.h - what of a heap is alive, from counters looked at now and then. Pure.
 *
 * Only a collection of the old generation leaves nothing but what lives: then its use falls. After
 * one of the young generation garbage is still in it, so that figure is a bound from above: it may
 * prove that there is room, never that there is none. */
#ifndef SPARKOPS_JVM_LIVE_H
#define SPARKOPS_JVM_LIVE_H

#include "hsperf.h"

struct live {
	int64_t bytes;                    /* ABSENT: no collection was seen yet */
	int64_t at;                       /* wall ms of the look that saw that collection, ABSENT */
	bool is_settled;                  /* an old collection was seen: no garbage in it */
	int64_t gcs, full_gcs, old_bytes; /* of the last look, ABSENT */
};

void live_begin(struct live *l);
void live_look(struct live *l, const struct hsperf *now, int64_t wall);

#endif

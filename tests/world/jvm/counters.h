/* counters.h - /tmp/hsperfdata_USER/PID, written as HotSpot writes it: made at the start, mapped,
 * changed in place, removed at a clean end. */
#ifndef WORLD_JVM_COUNTERS_H
#define WORLD_JVM_COUNTERS_H

#include <stdint.h>

#include "self.h"

struct counters;

/* NULL: this JVM keeps none, or could not make the file and said so on standard error. All other
 * functions take NULL and do nothing. */
struct counters *counters_open(const struct self *self);

/* One by name; -1: this collector has no such counter, which counter_set takes. */
int counters_find(const struct counters *counters, const char *name);

void counters_set(struct counters *counters, int which, int64_t value);
void counters_text(struct counters *counters, int which, const char *text);
void counters_remove(struct counters *counters);

#endif

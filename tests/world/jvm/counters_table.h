/* counters_table.h - the counters a JVM keeps, as data. Layout and meaning: OpenJDK,
 * src/hotspot/share/runtime/perfMemory.hpp and perfData.hpp. */
#ifndef WORLD_JVM_COUNTERS_TABLE_H
#define WORLD_JVM_COUNTERS_TABLE_H

#include <stdint.h>

#include "self.h"

struct counter_kind {
	const char *name;
	uint8_t type, flags, units, variability; /* as in PerfDataEntry */
	uint8_t collectors;                      /* of enum collector, those that have it */
	int room;                                /* bytes of a text that changes; 0: its own */
	int64_t value;
	const char *text;
};

/* Ends with a name of NULL. */
extern const struct counter_kind counter_kinds[];

#endif

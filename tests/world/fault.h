/* fault.h - everything that can be wrong in the stand-in cluster, by name. A fault of a service
 * changes how one port answers; a fault of a job changes what happens in it; a fault of a JVM
 * changes its process, where the job has one (`jvm`). */
#ifndef WORLD_FAULT_H
#define WORLD_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault {
	/* of a service: how its port behaves */
	FAULT_DEAD,
	FAULT_SILENT,
	FAULT_SLOW,
	FAULT_TRICKLE,
	FAULT_RESET,
	FAULT_ENDLESS,
	/* of a service: what it answers */
	FAULT_HTML,
	FAULT_HALF,
	FAULT_WRONG,
	FAULT_STATUS,
	FAULT_REDIRECT,
	FAULT_POISONED,
	FAULT_HUGE,
	FAULT_UNCHANGED,
	FAULT_BASIC,
	/* of a job: what happens in it */
	FAULT_STALE,
	FAULT_FROZEN,
	FAULT_OOM,
	FAULT_LOSING,
	FAULT_DEGRADED,
	FAULT_UNHEALTHY,
	FAULT_QUIET,
	FAULT_INITIALIZING,
	/* of a job's JVM: what happens to the process */
	FAULT_HANG,
	FAULT_THRASH,
	FAULT_STRAND,
	FAULT_DEADLOCK,
	FAULT_DUMP,
	FAULT_DEAD52,
	FAULT_CRIPPLED,
	FAULT_ORPHAN,
	FAULT_STOP,
	FAULT_COUNT
};

struct fault_kind {
	const char *name;
	const char *argument; /* what its number means; NULL: it takes none */
	int64_t number;       /* the number when none is given */
	bool is_span;         /* the number is a span such as 2s */
	const char *help;
};

extern const struct fault_kind fault_kinds[FAULT_COUNT];

/* True for faults of a service, false for faults of a job. */
static inline bool fault_is_service(enum fault fault)
{
	return fault < FAULT_STALE;
}

static inline bool fault_is_process(enum fault fault)
{
	return fault >= FAULT_HANG && fault < FAULT_COUNT;
}

/* The faults switched on in one place, each with its number. */
struct faults {
	uint32_t on;
	int64_t number[FAULT_COUNT];
};

static inline bool fault_on(const struct faults *faults, enum fault fault)
{
	return faults->on >> fault & 1;
}

void fault_set(struct faults *faults, enum fault fault, int64_t number);
void fault_clear(struct faults *faults, enum fault fault);

/* FAULT_COUNT when there is none of this name. */
enum fault fault_find(const char *name);

#endif

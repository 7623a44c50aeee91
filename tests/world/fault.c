/* fault.c - the table of faults: their names in scripts, their numbers, one line of help each. */
#include "fault.h"

#include <string.h>

/* clang-format off */
const struct fault_kind fault_kinds[FAULT_COUNT] = {
	[FAULT_DEAD]         = {"dead", NULL, 0, false, "nobody listens: connections are refused"},
	[FAULT_SILENT]       = {"silent", NULL, 0, false, "listens, accepts and answers nothing"},
	[FAULT_SLOW]         = {"slow", "SPAN", 2000, true, "answers after SPAN (2s)"},
	[FAULT_TRICKLE]      = {"trickle", "SPAN", 1000, true, "one byte each SPAN (1s)"},
	[FAULT_RESET]        = {"reset", "N", -1, false, "resets after N bytes (or one more each time)"},
	[FAULT_ENDLESS]      = {"endless", NULL, 0, false, "a chunked body that never ends"},
	[FAULT_HTML]         = {"html", NULL, 0, false, "a page with status 200 to everything"},
	[FAULT_HALF]         = {"half", NULL, 0, false, "half of the JSON"},
	[FAULT_WRONG]        = {"wrong", NULL, 0, false, "every value of another type"},
	[FAULT_STATUS]       = {"status", "N", 503, false, "status N (503) with a line of text"},
	[FAULT_REDIRECT]     = {"redirect", NULL, 0, false, "302 to a port nobody listens on"},
	[FAULT_POISONED]     = {"poisoned", NULL, 0, false, "escape sequences in every string"},
	[FAULT_HUGE]         = {"huge", "N", 10000, false, "N executors (10000)"},
	[FAULT_UNCHANGED]    = {"unchanged", NULL, 0, false, "the same bytes again and again"},
	[FAULT_BASIC]        = {"basic", NULL, 0, false, "an old job: no /health/detailed"},
	[FAULT_STALE]        = {"stale", NULL, 0, false, "no more batches; everything answers"},
	[FAULT_FROZEN]       = {"frozen", NULL, 0, false, "health stands still, the job goes on"},
	[FAULT_OOM]          = {"oom", NULL, 0, false, "out of memory: UI gone, health lives on"},
	[FAULT_LOSING]       = {"losing", "N", 3, false, "N executors (3) lost to exit code 52"},
	[FAULT_DEGRADED]     = {"degraded", "SPAN", 150000, true, "a failed batch each SPAN (150s)"},
	[FAULT_UNHEALTHY]    = {"unhealthy", "SPAN", 20000, true, "a failed batch each SPAN (20s)"},
	[FAULT_QUIET]        = {"quiet", NULL, 0, false, "batches without a record"},
	[FAULT_INITIALIZING] = {"initializing", NULL, 0, false, "no batch yet"},
	[FAULT_HANG]         = {"hang", NULL, 0, false, "its JVM: nothing moves, nobody accepts, no CPU"},
	[FAULT_THRASH]       = {"thrash", NULL, 0, false, "its JVM: full collections without end"},
	[FAULT_STRAND]       = {"strand", NULL, 0, false, "its JVM: SparkContext stopped, UI closed"},
	[FAULT_DEADLOCK]     = {"deadlock", NULL, 0, false, "its JVM: two threads wait for each other"},
	[FAULT_DUMP]         = {"dump", NULL, 0, false, "its JVM: writes a heap dump, 40 MB/s"},
	[FAULT_DEAD52]       = {"dead52", NULL, 0, false, "its JVM: out of heap, exit 52, not reaped"},
	[FAULT_CRIPPLED]     = {"crippled", NULL, 0, false, "its JVM: heap full, gateway gone, hangs"},
	[FAULT_ORPHAN]       = {"orphan", NULL, 0, false, "its JVM hangs, its Python is killed"},
	[FAULT_STOP]         = {"stop", NULL, 0, false, "its JVM: SIGSTOP"},
};
/* clang-format on */

void fault_set(struct faults *faults, enum fault fault, int64_t number)
{
	faults->on |= UINT32_C(1) << fault;
	faults->number[fault] = number;
}

void fault_clear(struct faults *faults, enum fault fault)
{
	faults->on &= ~(UINT32_C(1) << fault);
}

enum fault fault_find(const char *name)
{
	enum fault fault = 0;
	while (fault < FAULT_COUNT && strcmp(fault_kinds[fault].name, name) != 0)
		fault++;
	return fault;
}

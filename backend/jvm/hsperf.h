/* jvm/hsperf.h - the counters a JVM keeps in /tmp/hsperfdata_USER/PID, read without an agent.
 *
 * Format: OpenJDK, src/hotspot/share/runtime/perfMemory.hpp (PerfDataPrologue, PerfDataEntry),
 * major version 2. The file belongs to another user's process and may be truncated, half-written
 * or hostile: one bounded read into a private buffer, every offset and length checked, nothing
 * mapped. Pure apart from hsperf_read(); any thread. */
#ifndef SPARKOPS_JVM_HSPERF_H
#define SPARKOPS_JVM_HSPERF_H

#include "../../include/base.h"
#include "../../include/err.h"

enum { HSPERF_BYTES_MAX = 1 << 20, HSPERF_TEXT_MAX = 128 };

/* Values of this moment; ABSENT, NaN or "" where the JVM has no such counter. Bytes, seconds. */
struct hsperf {
	int64_t vm_began_at; /* wall ms, sun.rt.createVmBeginTime */
	char java_version[HSPERF_TEXT_MAX];
	char collector[HSPERF_TEXT_MAX]; /* G1 Parallel Serial ZGC Shenandoah, or its own word */
	char gc_cause[HSPERF_TEXT_MAX];  /* "" while nothing collects ("No GC") */
	char args[1024];                 /* java.rt.vmArgs, as far as they fit */
	int64_t heap_used, heap_max, heap_capacity;
	int64_t old_used, old_max;
	bool is_used_after_gc; /* used figures are as of the last collection (ZGC; Parallel and
				  Serial of 25), not of now */
	int64_t metaspace_used;
	int64_t gc_count;      /* sum of collectors */
	int64_t full_gc_count; /* of the full (old) one; ABSENT: ZGC has none, Shenandoah counts all
				  its pauses there */
	double gc_time_s;      /* sum over collectors, since start */
	double gc_cpu_s; /* sun.threads.total_gc_cpu_time: G1 and Parallel from JDK 22 on; NaN */
	double in_gc_s; /* a collection that began and has not ended: for how long; NaN (from JDK 25
			   on only by hsperf_read(), by the wall clock) */
	int64_t gc_began_at; /* wall ms when that began, ABSENT */
	int64_t safepoints;
	double safepoint_s, application_s;
	int64_t threads_live;
	uint64_t moving; /* hash of all counters of GC and safepoints: differs when any moved */
};

/* 0, or -ERR_... with why in err ("made by a JVM of version 3.0: only 2.x is known"). */
MUST_CHECK int hsperf_parse(const void *bytes, size_t len, struct hsperf *out, struct err *err);
/* Reads PATH, which must be a regular file of that user (uid) of at most HSPERF_BYTES_MAX. */
MUST_CHECK int hsperf_read(const char *path, int64_t uid, struct hsperf *out, struct err *err);

#endif

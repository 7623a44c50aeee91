/* jvm/threads.h - what a process's threads did, by /proc/PID/task: CPU of the collector's threads
 * against all, and what they wait in. For JVMs without counters, and as evidence. proc(5).
 * GC thread names: OpenJDK gc/ (G1: `GC Thread#0`, `G1 Conc#0` ...; Serial collects in `VM
 * Thread`; ZGC `ZWorker#0`, `ZDriver` ...; Shenandoah `Shenandoah GC T`). Any thread. */
#ifndef SPARKOPS_JVM_THREADS_H
#define SPARKOPS_JVM_THREADS_H

#include "../../include/base.h"

struct thread_times {
	int64_t n;
	int64_t running, sleeping, in_disk_wait, stopped;
	int64_t ticks;    /* of all, user and system */
	int64_t gc_ticks; /* of GC threads and the VM thread */
};

/* Is that comm (cut at 15 bytes) one of the collector's or the VM's own? */
bool thread_is_gc(const char *comm);
/* false: the process is gone or cannot be read. At most `most` threads are looked at. */
MUST_CHECK bool threads_read(int64_t pid, int64_t most, struct thread_times *out);

#endif

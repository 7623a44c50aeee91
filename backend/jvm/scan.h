/* jvm/scan.h - one look after another at the Spark JVMs of this host.
 *
 * DESIGN. What does not change is read once per process (pid and start time). Each look lists
 * /proc, opens what is new or young (a shell may yet exec java) and a share of the rest, and reads
 * two files of each JVM known: stat and its counters. Tables of open files are dear (hundreds of
 * links): they are read when a listening socket without an owner shows up, or every 30 s, within a
 * budget of CPU. Windows ("under 1 % CPU for 90 s") live here, so that rules are pure. One thread
 * at a time; may block on a file system, so never the loop's. */
#ifndef SPARKOPS_JVM_SCAN_H
#define SPARKOPS_JVM_SCAN_H

#include "../../include/snapshot.h"
#include "cgroup.h"
#include "proc.h"
#include "sockets.h"

struct scan_time {
	int64_t wall, mono;
};

struct scan;
/* dir: "/proc", or a folder like it (then sockets come from its net/tcp files only). Borrowed. */
struct scan *scan_new(const char *dir);
void scan_free(struct scan *s);
/* A look, and what there is now as jvm rows. NULL: err says why. */
MUST_CHECK struct dataset *scan_look(struct scan *s, const struct scan_time *at, struct err *err);
/* What a person must know of what cannot be seen here (hidepid); NULL. */
const char *scan_note(const struct scan *s);
/* The process whose files are being read now, 0: none. Any thread: says where a look hangs. */
int64_t scan_busy_with(const struct scan *s);

#endif

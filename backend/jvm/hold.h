/* jvm/hold.h - a process held fast: a pidfd, and the proof that it is the JVM that was meant.
 *
 * The order is the point: the pidfd is opened first, and what /proc says is read after it, so that
 * a signal through the pidfd either reaches the process that was looked at or nobody. A number is
 * never signalled. Any thread. */
#ifndef SPARKOPS_JVM_HOLD_H
#define SPARKOPS_JVM_HOLD_H

#include "../../include/err.h"

struct hold {
	int64_t pid;
	int pidfd;         /* readable once the process ended */
	char state;        /* of /proc/PID/stat */
	bool catches_quit; /* SIGQUIT has a handler: it would not end it */
};

/* 0: PID began at start_ticks, is a `java` with libjvm.so in its maps, runs as uid and is no
 * zombie. */
MUST_CHECK int hold_open(struct hold *h, int64_t pid, int64_t start_ticks, int64_t uid,
			 struct err *err);
MUST_CHECK int hold_signal(const struct hold *h, int signal, struct err *err);
bool hold_has_ended(const struct hold *h);
void hold_close(struct hold *h);

/* Is its program named java, with libjvm.so in its maps? false also without the right to look. */
bool hold_is_jvm(int64_t pid);

/* Is that option of the JVM on, by its command line and the variables a JVM reads? `off` is the
 * word that takes it back, or NULL. */
bool jvm_has_option(int64_t pid, const char *on, const char *off);

#endif

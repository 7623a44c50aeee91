/* jvm/attach.h - a thread dump of a JVM by its attach socket, as jcmd does it, without a JDK.
 *
 * Protocol: OpenJDK, src/hotspot/os/posix/attachListener_posix.cpp and
 * src/jdk.attach/linux/classes/sun/tools/attach/VirtualMachineImpl.java: an empty .attach_pidN in
 * the target's folder and SIGQUIT make it listen at /tmp/.java_pidN; `1\0cmd\0a\0b\0c\0`. Blocks
 * for at most the limit: pool threads only. The process is verified (start time, java, libjvm.so)
 * through a pidfd before any signal: SIGQUIT ends what is no JVM, and a JVM with -Xrs. */
#ifndef SPARKOPS_JVM_ATTACH_H
#define SPARKOPS_JVM_ATTACH_H

#include "../../include/buf.h"
#include "../../include/err.h"

struct attach_request {
	int64_t pid, start_ticks, ns_pid, uid;
	const char *command; /* threaddump, jcmd ... */
	const char *arg;     /* "" */
	int limit_ms;        /* of all: 5000 */
	bool by_sigquit;     /* no attach: SIGQUIT, the dump goes to the JVM's own output */
};

/* 0: the answer is in out (capped by the buffer). -ERR_...: why, and what else can be done. */
MUST_CHECK int attach_ask(const struct attach_request *r, struct buf *out, struct err *err);

#endif

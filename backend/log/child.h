/* log/child.h - a program whose output is a log: journalctl, `docker logs -f`.
 *
 * It runs in a process group of its own, with an empty signal mask and nothing open but its
 * standard streams; both of its outputs are one stream to us. It ends with us, also when we are
 * killed. When it ends by itself it is started again, each time later. Blocking only for moments:
 * on a pool thread. */
#ifndef SPARKOPS_LOG_CHILD_H
#define SPARKOPS_LOG_CHILD_H

#include <sys/types.h>

#include "../../include/base.h"

struct log_child {
	char **argv;                         /* NULL-terminated, owned */
	pid_t pid;                           /* 0: not running */
	int fd;                              /* its output, not blocking; -1: closed */
	int64_t again_at, wait_ms, began_at; /* wall ms */
	int64_t starts;
	char problem[240]; /* "": it runs */
};

/* Copies argv. In read-only mode one that was started early is taken over (held.h). */
void log_child_init(struct log_child *c, const char *const *argv);
/* Ends it and what it started; in read-only mode it is held again. */
void log_child_release(struct log_child *c);
/* Starts it when it is time to, and read-only mode does not forbid it. True: it was started now. */
bool log_child_run(struct log_child *c, int64_t now);
/* For held.c: without asking anybody. */
void log_child_make(struct log_child *c, const char *const *argv);
bool log_child_start(struct log_child *c, int64_t now);
/* Up to len bytes; 0: nothing now (waits up to wait_ms for some). When its output ends, it is
 * reaped and the problem says how it ended. */
size_t log_child_read(struct log_child *c, char *p, size_t len, int wait_ms, int64_t now);

#endif

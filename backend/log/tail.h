/* log/tail.h - what a standalone worker answers when it is asked for a piece of an executor's log:
 * a line `==== Bytes a-b of total of PATH ====`, then the bytes. Pure. */
#ifndef SPARKOPS_LOG_TAIL_H
#define SPARKOPS_LOG_TAIL_H

#include "../../include/base.h"

struct worker_tail {
	int64_t from, to, total;
	const char *bytes; /* inside the answer */
	size_t len;
};

/* False: it is no such answer, or the worker says that there is no such log. */
MUST_CHECK bool worker_tail_read(const char *body, size_t len, struct worker_tail *out);

#endif

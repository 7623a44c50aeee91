/* log.h - sparkops's own log: to a file if one was named, never to the terminal; the last lines
 * stay readable for the messages view. Any thread; a mutex held for one copy. */
#ifndef SPARKOPS_LOG_H
#define SPARKOPS_LOG_H

#include "arena.h"
#include "err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_line {
	uint64_t seq; /* 1 is the first line of this run */
	int64_t at;   /* wall ms */
	enum log_level level;
	const char *message; /* cleaned */
};

/* [main] Before other threads. NULL: no file. */
MUST_CHECK int log_open(const char *path, struct err *err);
void log_close(void);
void log_msg(enum log_level level, const char *fmt, ...) ATTR_PRINTF(2, 3);
/* The newest lines, oldest first, copied into the arena; at most max. */
size_t log_tail(struct arena *a, size_t max, const struct log_line **lines);
const char *log_level_name(enum log_level level);

#endif

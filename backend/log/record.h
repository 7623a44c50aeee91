/* log/record.h - what one line of a log says about itself: its level, its time, and where its text
 * begins. Pure. The shapes are those of log4j's and Python's default patterns, journalctl's,
 * containers' and structured (JSON) lines; anything else is a plain line. */
#ifndef SPARKOPS_LOG_RECORD_H
#define SPARKOPS_LOG_RECORD_H

#include "../../include/row/log.h"

struct log_record {
	size_t from; /* of what is shown: behind progress bars, NULs and foreign prefixes */
	int64_t at;  /* wall ms; ABSENT: no time stamp, or one without a date */
	enum log_line_level level;
};

/* A line without its newline. Times without a zone are this host's. */
struct log_record log_record_read(const char *p, size_t len);

/* stamp.c: a time stamp at the beginning of p. Returns its length, 0: there is none. *at may be
 * ABSENT behind a time without a date. */
size_t log_stamp_read(const char *p, size_t len, int64_t *at);

#endif

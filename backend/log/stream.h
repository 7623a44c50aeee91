/* log/stream.h - a log that comes as a stream (a program's output, a worker's tail): the newest of
 * it is kept in memory, for pages. One owner at a time; no locks. */
#ifndef SPARKOPS_LOG_STREAM_H
#define SPARKOPS_LOG_STREAM_H

#include "lines.h"
#include "scan.h"

enum { STREAM_KEEP = 8 << 20 };

struct log_stream {
	struct log_scan scan;
	char *buf; /* contiguous: the bytes [begin, end) */
	size_t size;
	int64_t begin, end;
	int64_t at;     /* whole lines up to here were looked at */
	int64_t peeked; /* end when the last, open line was looked at */
	struct lines_index index;
};

/* Takes the reference. */
void log_stream_init(struct log_stream *s, struct signatures *signatures);
void log_stream_release(struct log_stream *s);
/* Room for more bytes, at least len; log_stream_add() says how many were put there. */
char *log_stream_room(struct log_stream *s, size_t len);
void log_stream_add(struct log_stream *s, size_t len);
/* Nothing came for a while: looks at an open line as well. */
void log_stream_peek(struct log_stream *s);
/* It begins anew (the program was started again and tells all again): what is dated up to here is
 * known. */
void log_stream_restart(struct log_stream *s);
struct lines_from log_stream_bytes(struct log_stream *s);

#endif

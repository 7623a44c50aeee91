/* log/lines.h - the lines of a log as people read them: pages of it forwards and backwards, by
 * filter and level, and the newest ones for a snapshot.
 *
 * Bytes are asked for by offset, so that a file and a ring in memory look alike. Blocking where the
 * bytes are: on a pool thread. */
#ifndef SPARKOPS_LOG_LINES_H
#define SPARKOPS_LOG_LINES_H

#include <sys/types.h>

#include "../../include/backend.h"
#include "../../include/row/log.h"
#include "signature.h"

/* Where bytes come from. */
struct lines_from {
	/* Up to len bytes at that offset; 0: there are none, negative: they cannot be read. */
	ssize_t (*read)(void *data, int64_t offset, char *p, size_t len);
	void *data;
	int64_t begin, end;
	const struct lines_index *index[2]; /* of its beginning, and of the rest; or NULL */
};

/* Line numbers at some offsets. */
struct lines_index {
	struct lines_mark {
		int64_t offset, line;
	} * v; /* ascending */
	size_t n, size;
	int64_t base; /* lines before those that it counts; ABSENT: not known */
};

void lines_index_add(struct lines_index *x, int64_t offset, int64_t line);
void lines_index_clear(struct lines_index *x);

struct lines_wish {
	const char *job, *place; /* for the rows */
	const struct signatures *signatures;
	int64_t from, count; /* from ABSENT: the end */
	bool is_backwards, only_marked;
	const char *filter;         /* "": none */
	size_t max_line, max_bytes; /* of a line, of all of them */
};

/* Adds log_line rows to d, in the order of the log. */
void lines_page(struct dataset *d, const struct lines_from *from, const struct lines_wish *wish);

#endif

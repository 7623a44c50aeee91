/* row/log.h - logs: a file (or stream) that is followed, the known failure texts in it, its lines.
 * Signatures: backend/log/signature.c (texts of Spark, the JVM and PySpark); more come from
 * `signatures:` of the configuration. */
#ifndef SPARKOPS_ROW_LOG_H
#define SPARKOPS_ROW_LOG_H

#include "../field.h"

/* What a known text is a sign of; decides colour and which incident it may begin. */
#define LOG_KIND_LIST(X)                                                                           \
	X(OOM, "oom")                   /* out of memory, of heap or otherwise: a root */          \
	X(DEAD_SESSION, "dead-session") /* Py4J talks to a JVM that is gone: a consequence */      \
	X(REFUSED, "refused")           /* connection refused: a consequence */                    \
	X(STOPPED_CONTEXT, "stopped-context")                                                      \
	X(EXECUTOR_LOST, "executor-lost")                                                          \
	X(KILLED, "killed")               /* by YARN, the kernel, a person, the master */          \
	X(START_REFUSED, "start-refused") /* driver memory too small, gateway did not start */     \
	X(QUERY_DIED, "query-died")                                                                \
	X(DEPENDENCY, "dependency") /* a database or service the job needs */                      \
	X(SCHEMA, "schema")                                                                        \
	X(RETRY, "retry")         /* the job says that it tries again */                           \
	X(RECOVERED, "recovered") /* good news: a new session, a retry that worked */              \
	X(OTHER, "other")
enum log_kind {
#define X(id, name) LOG_KIND_##id,
	LOG_KIND_LIST(X)
#undef X
};
extern const char *const log_kind_names[];

enum log_line_level {
	LOG_LINE_PLAIN,
	LOG_LINE_DEBUG,
	LOG_LINE_INFO,
	LOG_LINE_WARN,
	LOG_LINE_ERROR,
	LOG_LINE_MARK,
	LOG_LINE_NOTE /* no line: sparkops says what it did not look at, or where a page stopped */
};

struct log_file_row {
	const struct text *job;
	const struct text *place;    /* the file's path, `journal UNIT`, `command ...`, URL */
	const struct text *found_by; /* config, open file of java 18423, ... */
	const struct text *whose;    /* driver, executor 3, job */
	int64_t bytes, lines;        /* lines ABSENT while the beginning was not read */
	int64_t errors, marks;       /* since it is followed and in what was read of it before */
	int64_t skipped_lines, skipped_bytes; /* not looked at: it grew faster; never silent */
	int64_t gaps; /* it was cut and no copy holds what stood there: how much is not known */
	double bytes_per_s;
	int64_t last_at; /* wall ms of its last line, by its time stamp, else by growth */
	int64_t rotations;
	const struct text *problem; /* why it is not followed; NULL */
};

/* A known failure text, newest last; at most 200 per file, repeats counted, and before them what
 * they go on with: the first sign of memory that ran out or of a stopped context. */
struct log_mark_row {
	const struct text *job, *place, *whose;
	int64_t at;      /* wall ms; of a line without a time stamp: of the nearest one before it */
	int is_dated;    /* enum tri: by a time stamp of its own */
	int64_t last_at; /* of the newest of `count` */
	int64_t line, offset;            /* of the line: the log view goes there; an offset below 0
					    lies in a file that was rotated away since */
	int kind;                        /* enum log_kind */
	const struct text *name;         /* short: "OutOfMemoryError: Java heap space" */
	const struct text *text;         /* the line itself, cut at 400 bytes, cleaned */
	const struct text *means, *next; /* a sentence each; next may be NULL */
	int64_t count;                   /* the same text in a row (retry noise) */
	int64_t exit_code; /* named in the line (Command exited with code 52), ABSENT */
	int64_t story_to;  /* of the last one that had to give way behind it, ABSENT: none did */
};

/* A line as the log view shows it: by REQUEST_LOG_PAGE in snapshot.detail, the newest ones in the
 * section. */
struct log_line_row {
	const struct text *job, *place;
	int64_t offset;          /* of its first byte in the place; the key */
	int64_t line;            /* number, ABSENT while unknown */
	int64_t at;              /* wall ms, ABSENT */
	int level;               /* enum log_line_level */
	int kind;                /* enum log_kind of a mark, -1: none */
	const struct text *text; /* cleaned, cut at 64 kB; without a progress bar in front */
	const struct text *means, *name, *next; /* of a mark; next may be NULL there too */
};

extern const struct schema schema_log_file, schema_log_mark, schema_log_line;

#endif

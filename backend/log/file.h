/* log/file.h - one file followed through its rotations.
 *
 * Every complete line is read exactly once, whether the file is renamed and made anew, copied and
 * truncated, cut, deleted, replaced, or a link is pointed elsewhere; what is not looked at because
 * the file grows too fast is counted, and so is each time that it was cut and no copy holds what
 * stood there. Offsets are those of the file that has the name now.
 * Blocking: on a pool thread, one owner at a time. */
#ifndef SPARKOPS_LOG_FILE_H
#define SPARKOPS_LOG_FILE_H

#include <sys/stat.h>

#include "lines.h"
#include "scan.h"

enum {
	FILE_FIRST = 1 << 20, /* of the end that is read at the first look */
	FILE_LOOK = 64 << 20, /* at most that much is judged in one look ... */
	FILE_KEEP = 16 << 20, /* ... and when more is waiting, its newest */
	FILE_BLOCK = 256 << 10,
	FILE_TAIL = 256, /* what stood before the next byte: must still stand there */
	FILE_NEXT = 16,  /* files that were rotated in between */
};

struct file_id {
	dev_t dev;
	ino_t ino;
	int64_t size;
	struct timespec mtime;
};

/* A file that was read to its end: how to know it again. */
struct file_done {
	struct file_id id;
	int64_t at;
	char tail[FILE_TAIL];
	size_t ntail;
};

struct log_file {
	char *path;
	int fd; /* -1: not open */
	struct file_id id;
	int64_t at;     /* next byte to read: the beginning of a line */
	int64_t size;   /* at the last look */
	bool is_inside; /* `at` lies inside a line that is not looked at any more */
	bool was_missing, is_at_end;
	char tail[FILE_TAIL];
	size_t ntail;
	int next[FILE_NEXT]; /* opened, to be read behind this one, in their order */
	size_t nnext;
	struct file_done done[FILE_NEXT]; /* read to their end */
	size_t ndone;

	struct log_scan scan;     /* from `first` on */
	struct log_scan before;   /* of what was there already, [0, before_at) */
	int64_t first, before_at; /* before_at ABSENT: too much, never read */
	struct lines_index index_before, index;
	int64_t rotations, skipped_bytes;
	int64_t gaps;          /* it was cut, and no copy holds what stood there */
	int64_t skipped_lines; /* ABSENT: nobody counted them */
	bool is_uncounted;     /* line numbers are not known any more */
	char problem[240];     /* "" */
	char *buf;
};

/* Takes the reference of the signatures. */
struct log_file *log_file_new(const char *path, struct signatures *signatures);
void log_file_free(struct log_file *f);
/* Reads what is new. True: there is more, look again soon. */
bool log_file_look(struct log_file *f, int64_t now);
/* Lines of the file, ABSENT while its beginning was not read. */
int64_t log_file_lines(const struct log_file *f);
struct lines_from log_file_bytes(struct log_file *f);

/* rotate.c */
struct file_id file_id_of(const struct stat *st);
bool file_is_same(const struct file_id *a, const struct file_id *b);
/* Opens a regular file; -1: err says why. */
int file_open(const char *path, struct stat *st, const char **why);
/* Opens into f->next what was filled and rotated away after the last file that was read and before
 * the one that is open; oldest first. FOUND_MOVED: they are renamed all the time. */
enum found { FOUND_NONE, FOUND_SOME, FOUND_MOVED };
enum found file_find_before(struct log_file *f);
void file_close_next(struct log_file *f);
/* The copy that was made of f's file before it was truncated, or -1. */
int file_find_copy(const struct log_file *f);

#endif

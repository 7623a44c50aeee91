/* dlq/folder.h - follows the files of one dead-letter queue folder and keeps their index.
 *
 * Files are failed_batches_YYYYMMDD.json, also .json.N, .json.gz and .json.N.gz. A file is known by
 * device, inode and the bytes it began and ended with when it was read last, so that appending,
 * renaming, cutting, copying-and-cutting, deleting and a reused inode are told apart. Where several
 * files of one day hold the same line it counts once. Everything here blocks on files: on a pool
 * thread, by one owner at a time. */
#ifndef SPARKOPS_DLQ_FOLDER_H
#define SPARKOPS_DLQ_FOLDER_H

#include <limits.h>
#include <sys/stat.h>

#include "../../include/err.h"
#include "fast.h"
#include "index.h"
#include "stream.h"

enum { MARK = 256 };

/* The first and last bytes that were read. */
struct marks {
	char head[MARK], tail[MARK];
	size_t head_len, tail_len;
};

/* Why not all of a file is shown. */
enum file_fault {
	FILE_WHOLE,
	FILE_UNREADABLE, /* with errno */
	FILE_LINK,       /* a symbolic link: refused */
	FILE_BOMB,       /* unpacks to more than anybody would write */
	FILE_DAMAGED,
	FILE_CUT, /* a packed file that ends within; also one that is being packed */
};

struct dlq_file {
	char name[NAME_MAX + 1];
	uint64_t id;  /* of the file as it is read; another after it was forgotten */
	int64_t day;  /* YYYYMMDD */
	int64_t rank; /* among the files of its day: a higher one is newer */
	bool is_gz;
	struct stat st;
	bool is_racy; /* changed so shortly before it was looked at that its time proves nothing */
	struct marks marks;  /* of what is in the index */
	int64_t done;        /* bytes in the index: the offset of the first line that is not */
	struct marks open;   /* of the bytes before `searched` */
	int64_t searched;    /* no line end before this offset, from `done` on */
	int64_t lines;       /* before `done` */
	bool is_read;        /* up to its end, as it is known */
	bool is_unfinished;  /* ends in an unterminated line */
	bool is_second;      /* another file of its day comes before it */
	bool is_fresh;       /* lines were added since duplicates were looked for */
	bool has_duplicates; /* some entries are marked as such */
	enum file_fault fault;
	int error; /* of FILE_UNREADABLE: errno */
	struct entries entries;
	uint64_t *hashes; /* of the lines in entries, where duplicates are possible */
	size_t nhashes;
};

struct folder {
	char *path;
	struct dlq_file **files; /* oldest first */
	size_t nfiles;
	uint64_t last_id;
	struct index index;
	bool has_changed;   /* something is different from when this was set to false */
	bool is_reordered;  /* files were renamed or removed since duplicates were looked for */
	bool needs_recount; /* counts do not fit the entries */

	/* the file that is being read */
	struct dlq_file *reading;
	struct stream stream;
	char *buf;
	size_t have;
	bool is_long; /* the line is longer than buf and goes through `longer` in pieces */
	struct long_line *longer;
	struct fast *fast;
};

struct folder *folder_new(const char *path);
void folder_free(struct folder *f);
/* Looks at the folder and every file; afterwards folder_step() has something to do if anything
 * changed. Fails when the folder cannot be read. */
MUST_CHECK int folder_scan(struct folder *f, struct err *err);
/* Reads about that many bytes; false: everything is in the index. */
bool folder_step(struct folder *f, int64_t bytes);
/* problem.c: which files are not shown whole, why, and what would be right, in one sentence; false:
 * all are. */
bool folder_problem(const struct folder *f, int64_t now, char *out, size_t size);
/* Is there one among the files of that day (YYYYMMDD) and later? */
bool folder_hides(const struct folder *f, int64_t now, int64_t since_day);
/* Bytes there are and bytes in the index, of all files. */
void folder_progress(const struct folder *f, int64_t *bytes, int64_t *done);
/* Opens a file of the folder for reading lines. */
MUST_CHECK bool folder_open(const struct folder *f, const struct dlq_file *file, struct stream *s);

/* The file whose entries these are. */
static inline const struct dlq_file *folder_file(const struct entries *e)
{
	return (const struct dlq_file *)(const void *)((const char *)e -
						       offsetof(struct dlq_file, entries));
}

/* list.c: is it a file of the queue? Fills day, rank and is_gz. */
bool folder_name(const char *name, struct dlq_file *file);
/* Are these bytes there? */
bool file_has_bytes(int fd, const char *bytes, size_t len, int64_t at);
/* Forgets what was read of it. */
void file_reset(struct folder *f, struct dlq_file *file);
/* dedupe.c: looks for lines that several files of a day hold. */
void folder_dedupe(struct folder *f);
void folder_recount(struct folder *f);
void marks_add(struct marks *m, const char *p, size_t len);

#endif

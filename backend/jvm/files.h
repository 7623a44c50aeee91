/* jvm/files.h - what a process has open: its sockets, and files that say something to us.
 *
 * Links of /proc/PID/fd, readable with the rights of its user only. Names decide: a log is a file
 * open for writing that is called like one, or where standard output and error go. Paths of another
 * mount namespace are given through /proc/PID/root. Any thread. */
#ifndef SPARKOPS_JVM_FILES_H
#define SPARKOPS_JVM_FILES_H

#include "../../include/text.h"
#include "proc.h"

enum file_kind { FILE_LOG, FILE_DLQ, FILE_DUMP };

struct open_file {
	enum file_kind kind;
	const struct text *path; /* of FILE_DLQ: its folder */
	int64_t bytes;           /* of FILE_DUMP */
};

enum { FILES_MAX = 32 };
struct files {
	struct arena *arena; /* of who reads; for its own use */
	const char *root;
	struct open_file v[FILES_MAX]; /* each once */
	size_t n;
	uint64_t *sockets; /* inodes, ascending; xrealloc: files_free() */
	size_t nsockets, size;
};

/* Adds what pid has open; texts in the arena. root: "" or the folder its paths are below. false:
 * not readable, or gone. */
MUST_CHECK bool files_read(const struct proc *p, int64_t pid, const char *root, struct arena *a,
			   struct files *out);
bool files_has_socket(const struct files *f, uint64_t inode);
void files_add(struct files *f, struct arena *a, enum file_kind kind, const char *path,
	       int64_t bytes);
void files_free(struct files *f);
/* What a path is by its name; false: nothing to us. is_output: descriptor 1 or 2. */
MUST_CHECK bool files_kind(const char *path, bool is_output, enum file_kind *kind);

#endif

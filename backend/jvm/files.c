/* jvm/files.c - the open files of one process. A Spark JVM has hundreds of jars open, so a link is
 * told apart by its text alone, and only candidates cost another call. */
#include "files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINK_SIZE = 4096, SOCKETS_MAX = 1 << 16 };

static bool ends(const char *s, const char *with)
{
	size_t a = strlen(s), b = strlen(with);

	return a >= b && strcmp(s + a - b, with) == 0;
}

static bool is_log_name(const char *name)
{
	return ends(name, ".log") || strstr(name, ".log.") || ends(name, ".out") ||
	       ends(name, ".err") || strcmp(name, "stdout") == 0 || strcmp(name, "stderr") == 0;
}

/* HotSpot writes a dump in parts, NAME.hprof.p0 and so on, since 21. */
static bool is_dump_name(const char *name)
{
	return ends(name, ".hprof") || strstr(name, ".hprof.p");
}

bool files_kind(const char *path, bool is_output, enum file_kind *kind)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (*path != '/' || ends(path, " (deleted)") || strncmp(path, "/dev/", 5) == 0 ||
	    strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/", 5) == 0)
		return false;
	if (strncmp(name, "failed_batches_", 15) == 0)
		*kind = FILE_DLQ;
	else if (is_dump_name(name))
		*kind = FILE_DUMP;
	else if (is_output || is_log_name(name))
		*kind = FILE_LOG;
	else
		return false;
	return true;
}

void files_add(struct files *f, struct arena *a, enum file_kind kind, const char *path,
	       int64_t bytes)
{
	const struct text *t;

	if (f->n == FILES_MAX)
		return;
	t = text_clean_max(a, path, strlen(path), LINK_SIZE);
	for (size_t i = 0; i < f->n; i++) {
		if (f->v[i].kind == kind && text_cmp(f->v[i].path, t) == 0)
			return;
	}
	f->v[f->n++] = (struct open_file){kind, t, bytes};
}

static void add_socket(struct files *f, uint64_t inode)
{
	if (f->nsockets == SOCKETS_MAX)
		return;
	if (f->nsockets == f->size) {
		f->size = f->size ? f->size * 2 : 64;
		f->sockets = xrealloc(f->sockets, f->size * sizeof(*f->sockets));
	}
	f->sockets[f->nsockets++] = inode;
}

/* The mode of the link tells how it was opened; that of what it points to, what it is. inside: the
 * path without the root before it. */
static void add_file(struct files *f, struct arena *a, int dir, const char *fd, const char *path,
		     const char *inside)
{
	bool is_output = strcmp(fd, "1") == 0 || strcmp(fd, "2") == 0;
	char folder[LINK_SIZE + 64];
	enum file_kind kind;
	struct stat st;

	if (!files_kind(inside, is_output, &kind) ||
	    fstatat(dir, fd, &st, AT_SYMLINK_NOFOLLOW) < 0 || !(st.st_mode & S_IWUSR) ||
	    fstatat(dir, fd, &st, 0) < 0 || !S_ISREG(st.st_mode))
		return;
	if (kind == FILE_DLQ) {
		snprintf(folder, sizeof(folder), "%s", path);
		*strrchr(folder, '/') = '\0';
		path = folder;
	}
	files_add(f, a, kind, *path ? path : "/", (int64_t)st.st_size);
}

static int by_inode(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

bool files_read(const struct proc *p, int64_t pid, const char *root, struct arena *a,
		struct files *out)
{
	int fd = proc_open_at(p, pid, "fd", O_RDONLY | O_DIRECTORY);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char path[LINK_SIZE + 64];
	size_t n = strlen(root);

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	snprintf(path, sizeof(path), "%s", root);
	n = min_size(n, 63);
	for (const struct dirent *d; (d = readdir(dir));) {
		ssize_t len = readlinkat(fd, d->d_name, path + n, LINK_SIZE - 1);

		if (len <= 0)
			continue;
		path[n + (size_t)len] = '\0';
		if (strncmp(path + n, "socket:[", 8) == 0)
			add_socket(out, proc_link_inode(path + n));
		else if (path[n] == '/')
			add_file(out, a, fd, d->d_name, path, path + n);
	}
	closedir(dir);
	if (out->nsockets)
		qsort(out->sockets, out->nsockets, sizeof(*out->sockets), by_inode);
	return true;
}

bool files_has_socket(const struct files *f, uint64_t inode)
{
	return f->nsockets && bsearch(&inode, f->sockets, f->nsockets, sizeof(inode), by_inode);
}

void files_free(struct files *f)
{
	free(f->sockets);
	memset(f, 0, sizeof(*f));
}

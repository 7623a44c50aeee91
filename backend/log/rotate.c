/* log/rotate.c - which file is which: opening by name, the files that were rotated away between two
 * looks, the copy of a file that was truncated.
 *
 * A rotated file stands beside the log under its name and an ending of digits and signs
 * (`job.log.1`, `job.log-20261120`); a packed one is not looked into.
 *
 * DESIGN: what was written and truncated away between two looks is in the copies or nowhere. Three
 * questions say which of the files beside it are read, oldest first:
 *   - Where do we go on? In the copy that holds, at the place where we stopped, what we read last.
 *   - What came between? What is younger than the last file that was read to its end and was not
 *     read itself.
 *   - Is it not in the open file still? A beginning of that one is a copy in the making; it counts
 *     as one only once the file is cut.
 * The answers hold for the one moment in which the open file began with the bytes that its reader
 * has: file.c asks that again after them, and begins again when it is not so. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

struct file_id file_id_of(const struct stat *st)
{
	return (struct file_id){st->st_dev, st->st_ino, st->st_size, st->st_mtim};
}

bool file_is_same(const struct file_id *a, const struct file_id *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

static int compare_time(struct timespec a, struct timespec b)
{
	if (a.tv_sec != b.tv_sec)
		return a.tv_sec < b.tv_sec ? -1 : 1;
	return a.tv_nsec < b.tv_nsec ? -1 : a.tv_nsec > b.tv_nsec;
}

int file_open(const char *path, struct stat *st, const char **why)
{
	/* Not blocking: somebody may have put a pipe there. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		*why = errno == ENOENT   ? "there is no such file; it is followed once there is"
		       : errno == EACCES ? "not readable for this user"
					 : strerror(errno);
		return -1;
	}
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	*why = "is no regular file";
	return -1;
}

/* --- files beside it --- */

struct sibling {
	struct file_id id;
	long number; /* `.2` is older than `.1` */
	char name[NAME_MAX + 1];
};

struct siblings {
	int dir;
	char base[PATH_MAX];
	struct sibling *v;
	size_t n;
};

enum { SIBLINGS_MAX = 256, TRIES = 20 };

static bool is_rotated_name(const char *name, const char *base)
{
	size_t len = strlen(base);

	return strncmp(name, base, len) == 0 && name[len] &&
	       strspn(name + len, "0123456789.-_T:Z") == strlen(name + len);
}

static void add_sibling(struct siblings *s, const char *name, struct timespec since)
{
	struct stat st;
	struct sibling *one = &s->v[s->n];
	const char *ending = name + strlen(s->base);

	if (fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
		return;
	one->id = file_id_of(&st);
	if (compare_time(one->id.mtime, since) < 0)
		return;
	one->number = strtol(ending + 1, NULL, 10);
	snprintf(one->name, sizeof(one->name), "%s", name);
	s->n++;
}

/* The folder of the file itself: behind links, where the rotation happens. */
static int open_folder(const struct log_file *f, char base[static PATH_MAX])
{
	char path[PATH_MAX];
	const char *real = realpath(f->path, path) ? path : f->path;
	const char *slash = strrchr(real, '/');
	char *folder = slash ? xstrndup(real, (size_t)(slash - real) + 1) : xstrdup(".");
	int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	snprintf(base, PATH_MAX, "%s", slash ? slash + 1 : real);
	free(folder);
	return dir;
}

/* Oldest first. */
static int by_age(const void *a, const void *b)
{
	const struct sibling *x = a, *y = b;
	int c = compare_time(x->id.mtime, y->id.mtime);

	return c ? c : x->number < y->number ? 1 : x->number > y->number ? -1 : 0;
}

static bool read_folder(struct siblings *s, struct timespec since)
{
	struct dirent *e;
	int copy = fcntl(s->dir, F_DUPFD_CLOEXEC, 0);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);

	if (!d) {
		if (copy >= 0)
			close(copy);
		return false;
	}
	rewinddir(d);
	s->n = 0;
	while (s->n < SIBLINGS_MAX && (e = readdir(d)))
		if (is_rotated_name(e->d_name, s->base))
			add_sibling(s, e->d_name, since);
	closedir(d);
	return true;
}

static int by_number(const void *a, const void *b)
{
	const struct sibling *x = a, *y = b;

	return x->id.ino < y->id.ino ? -1 : x->id.ino > y->id.ino;
}

/* Those that were written since then. What is renamed while a folder is read may be missed: it is
 * read until it looks the same twice. */
static bool list_siblings(const struct log_file *f, struct timespec since, struct siblings *s)
{
	uint64_t sum, before = 1;

	memset(s, 0, sizeof(*s));
	s->dir = open_folder(f, s->base);
	if (s->dir < 0)
		return false;
	s->v = xcalloc(SIBLINGS_MAX, sizeof(*s->v));
	for (int tries = 0; tries < 16 && read_folder(s, since); tries++) {
		qsort(s->v, s->n, sizeof(*s->v), by_number);
		sum = s->n;
		for (size_t i = 0; i < s->n; i++)
			sum = sum * 31 + (uint64_t)s->v[i].id.ino;
		if (tries && sum == before)
			break;
		before = sum;
	}
	qsort(s->v, s->n, sizeof(*s->v), by_age);
	return true;
}

static void free_siblings(struct siblings *s)
{
	close(s->dir);
	free(s->v);
}

/* *is_moved: the name belongs to another file by now, or to none. */
static int open_sibling(const struct siblings *s, const struct sibling *one, bool *is_moved)
{
	struct stat st;
	int fd = openat(s->dir, one->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);

	*is_moved = fd < 0 ? errno == ENOENT : fstat(fd, &st) || st.st_ino != one->id.ino;
	if (fd >= 0 && *is_moved) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool holds_tail(int fd, const char *tail, size_t n, int64_t at)
{
	char got[FILE_TAIL];

	return pread(fd, got, n, at - (int64_t)n) == (ssize_t)n && memcmp(got, tail, n) == 0;
}

/* Was it read before? The number of a deleted file is soon that of another one. */
static bool is_done(const struct log_file *f, const struct file_id *id, int fd)
{
	for (size_t i = 0; i < f->ndone; i++) {
		const struct file_done *d = &f->done[i];
		if (d->ntail && file_is_same(&d->id, id) &&
		    holds_tail(fd, d->tail, d->ntail, d->at))
			return true;
	}
	return false;
}

static bool is_equal(int a, int b, int64_t from, size_t n)
{
	char x[4096], y[4096];

	return pread(a, x, n, from) == (ssize_t)n && pread(b, y, n, from) == (ssize_t)n &&
	       memcmp(x, y, n) == 0;
}

/* A copy of the open file, made or being made: as far as it goes it is the same. */
static bool is_copy(const struct file_id *id, int fd, int open)
{
	size_t n = (size_t)min_i64(id->size, 4096);

	return is_equal(fd, open, 0, n) && is_equal(fd, open, id->size - (int64_t)n, n);
}

static enum found open_before(struct log_file *f)
{
	bool is_moved = false;
	struct siblings s;
	struct stat st;

	if (!list_siblings(f, f->done[f->ndone - 1].id.mtime, &s))
		return FOUND_NONE;
	struct file_id open = fstat(f->fd, &st) ? f->id : file_id_of(&st);
	for (size_t i = 0; i < s.n && f->nnext < FILE_NEXT - 1 && !is_moved; i++) {
		const struct file_id *id = &s.v[i].id;
		if (file_is_same(id, &open)) /* has no longer the name; the rest is younger */
			break;
		if (!id->size || compare_time(id->mtime, open.mtime) > 0)
			continue;
		int fd = open_sibling(&s, &s.v[i], &is_moved);
		if (fd < 0)
			continue;
		if (!is_done(f, id, fd) && !is_copy(id, fd, f->fd))
			f->next[f->nnext++] = fd;
		else
			close(fd);
	}
	free_siblings(&s);
	return is_moved ? FOUND_MOVED : f->nnext ? FOUND_SOME : FOUND_NONE;
}

void file_close_next(struct log_file *f)
{
	while (f->nnext)
		close(f->next[--f->nnext]);
}

/* Somebody rotates just now: that takes a moment. */
static void wait_a_moment(void)
{
	poll(NULL, 0, 1);
}

enum found file_find_before(struct log_file *f)
{
	enum found found = FOUND_MOVED;

	for (int tries = 0; tries < TRIES && found == FOUND_MOVED; tries++) {
		if (tries)
			wait_a_moment();
		found = open_before(f);
		if (found == FOUND_MOVED)
			file_close_next(f);
	}
	return found;
}

/* The oldest that holds what was read last, at its place. */
static enum found open_copy(const struct log_file *f, int *copy)
{
	struct siblings s;
	bool is_moved = false;

	*copy = -1;
	if (!list_siblings(f, f->id.mtime, &s))
		return FOUND_NONE;
	for (size_t i = 0; i < s.n && *copy < 0 && !is_moved; i++) {
		if (file_is_same(&s.v[i].id, &f->id) || s.v[i].id.size < f->at)
			continue;
		int fd = open_sibling(&s, &s.v[i], &is_moved);
		if (fd >= 0 && holds_tail(fd, f->tail, f->ntail, f->at))
			*copy = fd;
		else if (fd >= 0)
			close(fd);
	}
	free_siblings(&s);
	return is_moved ? FOUND_MOVED : FOUND_SOME;
}

int file_find_copy(const struct log_file *f)
{
	int copy = -1;

	for (int tries = 0; f->ntail && tries < TRIES; tries++, wait_a_moment())
		if (open_copy(f, &copy) != FOUND_MOVED)
			break;
	return copy;
}

/* dlq/list.c - which files a dead-letter queue folder holds, and what became of those we knew:
 * grown, cut, replaced, renamed, gone. Reads no lines. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "folder.h"

enum { RANK_TOP = 1 << 30, RACY_MS = 100 };

static size_t count_digits(const char *p, size_t max)
{
	size_t n = 0;

	while (n < max && p[n] >= '0' && p[n] <= '9')
		n++;
	return n;
}

bool folder_name(const char *name, struct dlq_file *file)
{
	static const char head[] = "failed_batches_", ext[] = ".json";
	const char *p = name + sizeof(head) - 1;

	if (strncmp(name, head, sizeof(head) - 1) || count_digits(p, 9) != 8)
		return false;
	file->day = strtol(p, NULL, 10);
	p += 8;
	if (strncmp(p, ext, sizeof(ext) - 1))
		return false;
	p += sizeof(ext) - 1;
	long number = 0;
	if (*p == '.' && count_digits(p + 1, 9)) {
		size_t n = count_digits(p + 1, 9);
		number = strtol(p + 1, NULL, 10) % (RANK_TOP / 4) + 1;
		p += 1 + n;
	}
	file->is_gz = !strcmp(p, ".gz");
	file->rank = file->is_gz && !number ? 0 : RANK_TOP - 2 * number - file->is_gz;
	return file->is_gz || !*p;
}

/* What is buffered of it may be from before a change. */
static void stop_reading(struct folder *f, const struct dlq_file *file)
{
	if (f->reading != file)
		return;
	stream_close(&f->stream);
	f->reading = NULL;
}

void file_reset(struct folder *f, struct dlq_file *file)
{
	stop_reading(f, file);
	if (file->entries.n)
		f->needs_recount = true;
	entries_release(&file->entries);
	free(file->hashes);
	file->hashes = NULL;
	file->nhashes = 0;
	memset(&file->marks, 0, sizeof(file->marks));
	file->done = file->searched = file->lines = 0;
	file->is_read = file->is_unfinished = file->has_duplicates = false;
	file->fault = FILE_WHOLE;
	file->is_fresh = true;
	file->id = ++f->last_id;
	f->has_changed = true;
}

bool file_has_bytes(int fd, const char *bytes, size_t len, int64_t at)
{
	char now[MARK];

	return !len || (pread(fd, now, len, at) == (ssize_t)len && !memcmp(now, bytes, len));
}

/* Is what we read of it still there, as far as its first and last bytes tell? */
static bool is_same_file(const struct folder *f, const struct dlq_file *file)
{
	struct stream s;

	if (!folder_open(f, file, &s))
		return false;
	const struct marks *m = &file->marks;
	bool same = file_has_bytes(s.fd, m->head, m->head_len, 0) &&
		    file_has_bytes(s.fd, m->tail, m->tail_len, file->done - (int64_t)m->tail_len);
	stream_close(&s);
	return same;
}

static int64_t ns_of(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool is_racy(const struct stat *st)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return ns_of(now) - ns_of(st->st_mtim) < (int64_t)RACY_MS * 1000000;
}

/* A file we know, as it is now. */
static void look_again(struct folder *f, struct dlq_file *file, const struct stat *st)
{
	bool same_size = st->st_size == file->st.st_size;
	bool same_mtime = ns_of(st->st_mtim) == ns_of(file->st.st_mtim);
	bool same_ctime = ns_of(st->st_ctim) == ns_of(file->st.st_ctim);

	if (S_ISLNK(st->st_mode)) {
		file->fault = FILE_LINK;
		file->is_read = true;
		return;
	}
	if (file->fault == FILE_UNREADABLE)
		file->is_read = false; /* it may have become readable */
	if (same_size && same_mtime && same_ctime && !file->is_racy)
		return;
	file->st = *st;
	file->is_racy = is_racy(st);
	if (same_size && same_mtime && file->is_gz)
		return;
	/* The same size at another time is an edit in place; whatever is packed is read anew. */
	if (file->is_gz || st->st_size < file->done || (same_size && !same_mtime) ||
	    !is_same_file(f, file)) {
		file_reset(f, file);
		return;
	}
	stop_reading(f, file);
	if (!same_size)
		file->is_read = false;
}

static struct dlq_file *known(struct dlq_file **old, size_t nold, const struct stat *st)
{
	for (size_t i = 0; i < nold; i++) {
		if (old[i] && old[i]->st.st_ino == st->st_ino && old[i]->st.st_dev == st->st_dev)
			return old[i];
	}
	return NULL;
}

/* One name of the folder: finds or makes its file. */
static struct dlq_file *take_name(struct folder *f, int dir, const char *name,
				  struct dlq_file **old, size_t nold)
{
	struct dlq_file seen = {0};
	struct stat st;

	if (strlen(name) > NAME_MAX || !folder_name(name, &seen) ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) ||
	    (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)))
		return NULL;
	struct dlq_file *file = known(old, nold, &st);
	if (!file || file->is_gz != seen.is_gz) {
		file = xcalloc(1, sizeof(*file));
		file->st = st;
		file->is_racy = is_racy(&st);
		file->is_fresh = true;
		file->id = ++f->last_id;
		f->has_changed = true;
	} else {
		for (size_t i = 0; i < nold; i++)
			old[i] = old[i] == file ? NULL : old[i];
	}
	if (strcmp(file->name, name)) {
		f->has_changed = f->is_reordered = true;
		f->needs_recount |= file->entries.n > 0;
	}
	strncpy(file->name, name, NAME_MAX);
	file->day = seen.day;
	file->rank = seen.rank;
	file->is_gz = seen.is_gz;
	file->entries.order = (uint64_t)seen.day << 32 | (uint64_t)seen.rank;
	look_again(f, file, &st);
	return file;
}

static int by_age(const void *a, const void *b)
{
	const struct dlq_file *const *x = a, *const *y = b;

	if ((*x)->entries.order != (*y)->entries.order)
		return (*x)->entries.order < (*y)->entries.order ? -1 : 1;
	return strcmp((*x)->name, (*y)->name);
}

static void free_file(struct folder *f, struct dlq_file *file)
{
	file_reset(f, file);
	f->is_reordered = true;
	free(file);
}

static void list(struct folder *f, int dir, DIR *d)
{
	struct dlq_file **old = f->files;
	size_t nold = f->nfiles, size = 0;
	const struct dirent *e;

	f->files = NULL;
	f->nfiles = 0;
	while ((e = readdir(d))) {
		struct dlq_file *file = take_name(f, dir, e->d_name, old, nold);
		if (!file)
			continue;
		if (f->nfiles == size) {
			size = size ? size * 2 : 8;
			f->files = xrealloc(f->files, size * sizeof(*f->files));
		}
		f->files[f->nfiles++] = file;
	}
	for (size_t i = 0; i < nold; i++)
		if (old[i])
			free_file(f, old[i]);
	free(old);
	if (f->nfiles)
		qsort(f->files, f->nfiles, sizeof(*f->files), by_age);
	for (size_t i = 0; i < f->nfiles; i++)
		f->files[i]->is_second =
			i + 1 < f->nfiles && f->files[i + 1]->day == f->files[i]->day;
}

int folder_scan(struct folder *f, struct err *err)
{
	int fd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		int why = errno;
		if (fd >= 0)
			close(fd);
		if (why == ENOENT)
			return err_set(err, ERR_MISSING,
				       "there is no such folder (a job makes it at its first "
				       "failed batch)");
		if (why == ENOTDIR)
			return err_set(err, ERR_FORMAT,
				       "this is no folder; give the folder that holds "
				       "failed_batches_YYYYMMDD.json");
		return err_set(err, ERR_IO, "the folder cannot be read: %s", strerror(why));
	}
	list(f, fd, d);
	closedir(d);
	return 0;
}

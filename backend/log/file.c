/* log/file.c - follows one file.
 *
 * DESIGN: a look reads from the last complete line on, in blocks, and each read begins a little
 * earlier: when the bytes in front of `at` are not those read before, the file was written anew
 * under us, and the rest of what it held is looked for in a copy. A line without its newline is not
 * taken: it is read again by the next look, so nothing is carried over. When the name leads to
 * another file, the old one is read to its end first; an empty new file changes nothing yet, as its
 * writer may still hold the old one. At the beginning of each file those are looked for that were
 * filled and rotated away between it and the last one.
 *
 * Somebody may cut or rotate between any two of our calls. So a block counts only if the bytes it
 * began with still stand there after everything else about it was asked: then it is of one piece,
 * and what was found beside the file was found while the file was this one. What was cut away and
 * is in no copy cannot be counted in lines; that it happened is counted (`gaps`). A file that was
 * empty at one look, and filled, cut and its copy deleted before the next, left no trace; one that
 * was cut and has again the same 256 bytes before the place where we stopped (it would have to be
 * undated) looks as if it had grown. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "file.h"

enum { LOOK_MS = 300, BEFORE_LOOK = 32 << 20 };
static const int64_t before_max = (int64_t)4 << 30, count_max = (int64_t)512 << 20,
		     day_ms = (int64_t)24 * 3600 * 1000;

struct log_file *log_file_new(const char *path, struct signatures *signatures)
{
	struct log_file *f = xcalloc(1, sizeof(*f));

	f->path = xstrdup(path);
	f->fd = -1;
	log_scan_init(&f->scan, signatures);
	log_scan_init(&f->before, signatures_ref(signatures));
	f->buf = xmalloc(FILE_TAIL + FILE_BLOCK);
	return f;
}

void log_file_free(struct log_file *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	for (size_t i = 0; i < f->nnext; i++)
		close(f->next[i]);
	log_scan_release(&f->scan);
	log_scan_release(&f->before);
	free(f->index_before.v);
	free(f->index.v);
	free(f->path);
	free(f->buf);
	free(f);
}

static ssize_t read_at(int fd, int64_t at, char *p, size_t len)
{
	ssize_t n;

	do
		n = pread(fd, p, len, at);
	while (n < 0 && errno == EINTR);
	return n;
}

/* --- reading --- */

/* Line numbers are kept for about every megabyte. */
static void note_line(struct lines_index *x, int64_t at, int64_t line)
{
	if (!x->n || at - x->v[x->n - 1].offset >= 1 << 20)
		lines_index_add(x, at, line);
}

static void keep_tail(struct log_file *f, const char *end, size_t len)
{
	f->ntail = min_size(len, FILE_TAIL);
	memcpy(f->tail, end - f->ntail, f->ntail);
}

/* Takes n bytes from `at` on: whole lines, or a piece of one that is too long. */
static void take(struct log_file *f, const char *p, size_t n, bool is_piece)
{
	if (f->is_inside) { /* the rest of a line whose beginning was looked at */
		const char *newline = memchr(p, '\n', n);
		size_t rest = newline ? (size_t)(newline + 1 - p) : n;
		f->skipped_bytes += (int64_t)rest;
		f->scan.lines += newline != NULL;
		f->is_inside = !newline;
		f->at += (int64_t)rest;
		p += rest;
		n -= rest;
		if (!n)
			return;
	}
	if (!f->is_uncounted)
		note_line(&f->index, f->at, f->scan.lines);
	log_scan_feed(&f->scan, p, n, f->at);
	f->at += (int64_t)n;
	f->is_inside = is_piece && p[n - 1] != '\n';
}

/* BLOCK_ANEW: the bytes before it are not those that were read. BLOCK_AGAIN: it, or what is to be
 * read next, changed meanwhile. */
enum block { BLOCK_TAKEN, BLOCK_END, BLOCK_ANEW, BLOCK_AGAIN };

/* What was found before the open file comes first. */
static void turn_back(struct log_file *f)
{
	f->next[f->nnext++] = f->fd;
	f->fd = f->next[0];
	memmove(f->next, f->next + 1, --f->nnext * sizeof(f->next[0]));
	f->size = 0;
}

/* Does what was read into f->buf still stand there? */
static bool still_stands(const struct log_file *f, size_t got)
{
	char now[FILE_TAIL];
	size_t n = min_size(got, sizeof(now));

	return read_at(f->fd, f->at - (int64_t)f->ntail, now, n ? n : 1) == (ssize_t)n &&
	       memcmp(now, f->buf, n) == 0;
}

/* One block from `at` on. */
static enum block read_block(struct log_file *f)
{
	bool is_beginning = !f->ntail && f->ndone && !f->nnext;
	ssize_t got = read_at(f->fd, f->at - (int64_t)f->ntail, f->buf, f->ntail + FILE_BLOCK);

	if (got < 0 || (size_t)got < f->ntail)
		return got < 0 ? BLOCK_END : BLOCK_ANEW;
	if (memcmp(f->buf, f->tail, f->ntail) != 0)
		return BLOCK_ANEW;
	char *p = f->buf + f->ntail;
	size_t n = (size_t)got - f->ntail;
	/* Were others filled and rotated away between the last file and this one? */
	enum found found = is_beginning ? file_find_before(f) : FOUND_NONE;
	if (found == FOUND_MOVED || !still_stands(f, (size_t)got)) {
		if (found == FOUND_SOME)
			file_close_next(f);
		return f->ntail ? BLOCK_ANEW : BLOCK_AGAIN;
	}
	if (found == FOUND_SOME) {
		turn_back(f);
		return BLOCK_AGAIN;
	}
	const char *newline = n ? memrchr(p, '\n', n) : NULL;
	bool is_piece = !newline && n == FILE_BLOCK;
	size_t whole = newline ? (size_t)(newline + 1 - p) : is_piece ? n : 0;
	if (!whole)
		return BLOCK_END;
	keep_tail(f, p + whole, f->ntail + whole);
	take(f, p, whole, is_piece);
	return n == FILE_BLOCK ? BLOCK_TAKEN : BLOCK_END;
}

/* A last line without its newline: looked at now, counted when it is complete. */
static void peek(struct log_file *f)
{
	ssize_t n = f->is_inside ? 0 : read_at(f->fd, f->at, f->buf, FILE_BLOCK);

	if (n > 0 && !memchr(f->buf, '\n', (size_t)n))
		log_scan_peek(&f->scan, f->buf, (size_t)n, f->at);
}

/* More came than can be judged: the oldest of it is only counted. */
static void skip(struct log_file *f)
{
	int64_t from = f->at, to = f->size - FILE_KEEP, lines = 0;
	bool is_counted = to - from <= count_max && !is_absent(f->skipped_lines);

	for (int64_t at = from; is_counted && at < to;) {
		ssize_t n = read_at(f->fd, at, f->buf, (size_t)min_i64(to - at, FILE_BLOCK));
		is_counted = n > 0;
		lines += is_counted ? count_newlines(f->buf, (size_t)n) : 0;
		at += n;
	}
	f->skipped_bytes += to - from;
	f->skipped_lines = is_counted ? f->skipped_lines + lines : ABSENT;
	f->is_uncounted |= !is_counted;
	f->scan.lines += lines;
	f->at = to;
	ssize_t tail = read_at(f->fd, to - FILE_TAIL, f->buf, FILE_TAIL);
	keep_tail(f, f->buf + max_i64(tail, 0), (size_t)max_i64(tail, 0));
	f->is_inside = true; /* the line that is cut here is counted with the skipped ones */
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- from file to file --- */

static void remember(struct log_file *f)
{
	if (f->ndone == FILE_NEXT)
		memmove(f->done, f->done + 1, --f->ndone * sizeof(f->done[0]));
	struct file_done *d = &f->done[f->ndone++];
	*d = (struct file_done){.id = f->id, .at = f->at, .ntail = f->ntail};
	memcpy(d->tail, f->tail, f->ntail);
}

/* What was there before is let go, but for what explains what came since. */
static void forget_before(struct log_file *f)
{
	struct scan_roots roots = log_scan_roots(&f->before, 0, &f->scan);

	scan_roots_release(&f->before.roots);
	scan_roots_release(&f->scan.roots);
	f->scan.roots = roots;
	f->scan.errors += f->before.errors;
	f->scan.nmarks += f->before.nmarks;
	f->before.errors = f->before.nmarks = 0;
	f->before.n = 0;
	f->first = f->before_at = 0;
	f->before.lines = 0;
}

/* What is open now is read to its end; goes on with the next one from its beginning. */
static void turn_to_next(struct log_file *f)
{
	struct stat st;
	int64_t end = f->at;
	ssize_t n = f->is_inside ? 0 : read_at(f->fd, f->at, f->buf, FILE_BLOCK);

	if (n > 0) { /* its last line never got a newline */
		log_scan_feed(&f->scan, f->buf, (size_t)n, f->at);
		end = f->at += n;
		keep_tail(f, f->buf + n, (size_t)n);
	}
	if (end)
		remember(f);
	close(f->fd);
	forget_before(f);
	log_scan_rotate(&f->scan, end);
	lines_index_clear(&f->index_before);
	lines_index_clear(&f->index);
	f->fd = f->next[0];
	memmove(f->next, f->next + 1, --f->nnext * sizeof(f->next[0]));
	f->size = 0;
	f->ntail = 0;
	f->is_inside = f->is_uncounted = f->is_at_end = false;
	f->rotations += end > 0;
	if (fstat(f->fd, &st) == 0)
		f->id = file_id_of(&st);
	/* A writer that goes on at its old offset in a truncated file leaves a hole before it. */
	off_t data = lseek(f->fd, 0, SEEK_DATA);
	f->at = data > 0 ? data : 0;
}

/* What else it held, if anything, nobody has any more. */
static void turn_over_a_gap(struct log_file *f)
{
	f->gaps++;
	f->is_inside = true; /* the line that was being written is lost with the rest */
	turn_to_next(f);
}

/* The same file was written anew: the rest of what it held may lie in a copy. */
static void begin_anew(struct log_file *f)
{
	int copy = file_find_copy(f), again = fcntl(f->fd, F_DUPFD_CLOEXEC, 0);

	if (again < 0) {
		if (copy >= 0)
			close(copy);
		return;
	}
	f->next[f->nnext++] = again;
	if (copy >= 0) {
		close(f->fd);
		f->fd = copy;
		f->size = 0;
		f->is_at_end = false;
	} else {
		turn_over_a_gap(f);
	}
}

/* Does the name lead to another file with something in it? That is opened, to be read next. */
static bool find_next(struct log_file *f)
{
	struct stat st;
	const char *why;
	int fd = file_open(f->path, &st, &why);

	if (fd < 0) {
		snprintf(f->problem, sizeof(f->problem), "%s", why);
		return false;
	}
	f->problem[0] = '\0';
	struct file_id id = file_id_of(&st);
	if (file_is_same(&id, &f->id) || !st.st_size) {
		close(fd);
		return false;
	}
	f->next[f->nnext++] = fd;
	return true;
}

/* Reads f->fd to its end or until the look is over; false: it is over. */
static bool read_on(struct log_file *f, int64_t until, int64_t *left)
{
	struct stat st;

	if (fstat(f->fd, &st))
		return true;
	bool is_touched = st.st_size != f->size || st.st_mtim.tv_nsec != f->id.mtime.tv_nsec ||
			  st.st_mtim.tv_sec != f->id.mtime.tv_sec;
	if (!is_touched && f->is_at_end)
		return true;
	struct file_id before = f->id;
	f->id = file_id_of(&st);
	f->size = st.st_size;
	f->is_at_end = false;
	if (f->size - f->at > FILE_LOOK)
		skip(f);
	bool is_anew = f->size < f->at;
	while (!is_anew) {
		int64_t from = f->at;
		enum block got = read_block(f);
		*left -= f->at - from;
		f->is_at_end = got == BLOCK_END;
		if (f->is_at_end)
			return true;
		is_anew = got == BLOCK_ANEW;
		if (got == BLOCK_AGAIN || (!is_anew && (*left <= 0 || now_ms() > until)))
			return false;
	}
	f->id.mtime = before.mtime; /* of what was read */
	if (!f->nnext) {
		begin_anew(f);
	} else { /* rotated away, and cut since */
		turn_over_a_gap(f);
	}
	return false;
}

/* --- a look --- */

/* The end of what is there when we come; the rest is read when there is time. */
static void begin(struct log_file *f, int64_t now)
{
	const char *why;
	struct stat st;

	f->fd = file_open(f->path, &st, &why);
	if (f->fd < 0) {
		f->was_missing |= errno == ENOENT;
		snprintf(f->problem, sizeof(f->problem), "%s", why);
		return;
	}
	f->problem[0] = '\0';
	f->id = file_id_of(&st);
	f->id.mtime = (struct timespec){0};
	f->scan.not_before = f->before.not_before = now - day_ms;
	f->scan.undated_at = f->before.undated_at =
		min_i64(now, (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000);
	if (!st.st_size) /* what is younger than this and rotated away belongs to it */
		f->done[f->ndone++].id = file_id_of(&st);
	if (f->was_missing || st.st_size <= FILE_FIRST)
		return;
	int64_t from = st.st_size - FILE_FIRST;
	ssize_t n = read_at(f->fd, from, f->buf, FILE_BLOCK);
	const char *newline = n > 0 ? memchr(f->buf, '\n', (size_t)n) : NULL;
	f->at = from + (newline ? newline + 1 - f->buf : 0);
	f->first = f->at;
	f->before_at = st.st_size > before_max ? ABSENT : 0;
}

static void read_before(struct log_file *f)
{
	for (int64_t left = BEFORE_LOOK; left > 0 && f->before_at < f->first;) {
		size_t most = (size_t)min_i64(f->first - f->before_at, FILE_BLOCK);
		ssize_t n = read_at(f->fd, f->before_at, f->buf, most);
		const char *newline = n > 0 ? memrchr(f->buf, '\n', (size_t)n) : NULL;
		if (n <= 0) {
			f->before_at = ABSENT;
			return;
		}
		if (newline)
			n = newline + 1 - f->buf;
		note_line(&f->index_before, f->before_at, f->before.lines);
		log_scan_feed(&f->before, f->buf, (size_t)n, f->before_at);
		f->before_at += n;
		left -= n;
	}
}

bool log_file_look(struct log_file *f, int64_t now)
{
	int64_t until = now_ms() + LOOK_MS, left = FILE_LOOK;
	bool is_first = f->fd < 0;

	f->scan.not_after = f->before.not_after = now + DATE_AHEAD_MS;
	if (is_first)
		begin(f, now);
	if (f->fd < 0)
		return false;
	for (;;) {
		if (!read_on(f, until, &left)) {
			if (left <= 0 || now_ms() > until)
				return true;
			continue;
		}
		if (!f->nnext && !find_next(f))
			break;
		/* Before that the old file was at its end; what came to it since is read now. */
		if (!read_on(f, until, &left))
			return true;
		turn_to_next(f);
	}
	if (f->at < f->size)
		peek(f);
	f->scan.not_before = is_first ? f->scan.not_before : ABSENT;
	f->scan.undated_at = f->scan.written_after = now;
	if (!is_absent(f->before_at) && f->before_at < f->first)
		read_before(f);
	f->index.base = f->before_at == f->first ? f->before.lines : ABSENT;
	return false;
}

int64_t log_file_lines(const struct log_file *f)
{
	return f->is_uncounted || f->before_at != f->first ? ABSENT
							   : f->before.lines + f->scan.lines;
}

static ssize_t read_bytes(void *data, int64_t offset, char *p, size_t len)
{
	return read_at(*(const int *)data, offset, p, len);
}

struct lines_from log_file_bytes(struct log_file *f)
{
	return (struct lines_from){
		read_bytes, &f->fd, 0, f->fd < 0 ? 0 : f->size, {&f->index_before, &f->index}};
}

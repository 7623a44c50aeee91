/* dlq/folder.c - reads the lines of the files that list.c found changed into the index, newest file
 * first, in slices. The bytes that stay in a file's index are also noted in its marks, from the
 * very buffer they were read with, so that a change in between cannot go unseen. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"

struct long_line {
	int64_t len;
	struct marks marks;
	struct line_scan scan;
};

/* Hundreds of folders wait most of the time: what reading needs is there while one is read. */
static void buffers_make(struct folder *f)
{
	if (f->buf)
		return;
	f->buf = xcalloc(1, STREAM_BUF + FAST_PAD);
	f->fast = fast_new(FAST_WIDEST);
	f->longer = xcalloc(1, sizeof(*f->longer));
	line_scan_init(&f->longer->scan);
}

static void buffers_free(struct folder *f)
{
	if (!f->buf)
		return;
	free(f->buf);
	fast_free(f->fast);
	line_scan_release(&f->longer->scan);
	free(f->longer);
	f->buf = NULL;
	f->fast = NULL;
	f->longer = NULL;
}

struct folder *folder_new(const char *path)
{
	struct folder *f = xcalloc(1, sizeof(*f));

	f->path = xstrdup(path);
	f->stream.fd = -1;
	f->has_changed = true;
	index_init(&f->index);
	return f;
}

void folder_free(struct folder *f)
{
	if (!f)
		return;
	stream_close(&f->stream);
	for (size_t i = 0; i < f->nfiles; i++) {
		entries_release(&f->files[i]->entries);
		free(f->files[i]->hashes);
		free(f->files[i]);
	}
	free(f->files);
	free(f->path);
	buffers_free(f);
	index_release(&f->index);
	free(f);
}

bool folder_open(const struct folder *f, const struct dlq_file *file, struct stream *s)
{
	int dir = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return false;
	bool ok = stream_open(s, dir, file->name, file->is_gz);
	int why = errno;
	close(dir);
	errno = why;
	return ok;
}

void marks_add(struct marks *m, const char *p, size_t len)
{
	size_t n = min_size(len, MARK - m->head_len);

	memcpy(m->head + m->head_len, p, n);
	m->head_len += n;
	n = min_size(len, MARK);
	size_t stay = min_size(m->tail_len, MARK - n);
	memmove(m->tail, m->tail + m->tail_len - stay, stay);
	memcpy(m->tail + stay, p + len - n, n);
	m->tail_len = stay + n;
}

/* A line without its newline, read whole or in pieces; it begins at the file's `done`. */
static void take_line(struct folder *f, enum line_kind kind, const struct line_fields *fields,
		      int64_t len)
{
	struct dlq_file *file = f->reading;
	uint64_t at = (uint64_t)file->done;

	file->lines++;
	file->done += len + 1;
	if (kind == LINE_BLANK)
		return;
	struct entry e = {
		.offset_low = (uint32_t)at,
		.offset_high = (uint16_t)(at >> 32),
		.line = (uint32_t)file->lines,
		.flags = (uint16_t)((kind == LINE_BAD ? ENTRY_BAD : 0) |
				    (file->is_second ? ENTRY_DUPLICATE : 0)),
	};
	index_add(&f->index, &file->entries, e, fields);
	file->has_duplicates |= file->is_second;
	file->is_fresh = f->has_changed = true;
}

static void end_long(struct folder *f)
{
	enum line_kind kind = line_scan_end(&f->longer->scan);
	struct line_fields fields = {0};

	if (kind == LINE_ENTRY)
		fields = line_scan_fields(&f->longer->scan);
	f->reading->marks = f->longer->marks;
	f->is_long = false;
	take_line(f, kind, &fields, f->longer->len);
}

static void feed_long(struct folder *f, const char *p, size_t len)
{
	line_scan_feed(&f->longer->scan, p, len);
	f->longer->len += (int64_t)len;
}

static void begin_long(struct folder *f)
{
	f->is_long = true;
	f->longer->len = 0;
	f->longer->marks = f->reading->marks;
	line_scan_begin(&f->longer->scan, !f->reading->done);
}

/* All whole lines of the buffer; returns the bytes they take. */
static size_t take_lines(struct folder *f, const char *p, size_t len)
{
	const char *last = memrchr(p, '\n', len);
	size_t mark = 0;
	struct fast_line line;

	if (!last)
		return 0;
	len = (size_t)(last - p) + 1;
	if (!f->reading->done && len > 3 && !memcmp(p, "\xef\xbb\xbf", 3))
		mark = 3;
	fast_begin(f->fast, p + mark, len - mark);
	while (fast_next(f->fast, &line)) {
		struct line_fields fields = line_choose(line.places);
		take_line(f, line.kind, &fields, (int64_t)(line.len + mark));
		mark = 0;
	}
	marks_add(&f->reading->marks, p, len);
	return len;
}

/* More bytes of a line that is longer than the buffer; returns the bytes taken. */
static size_t take_long(struct folder *f)
{
	const char *end = memchr(f->buf, '\n', f->have);
	size_t n = end ? (size_t)(end - f->buf) : f->have;

	feed_long(f, f->buf, n);
	marks_add(&f->longer->marks, f->buf, n + (end != NULL));
	if (!end)
		return n;
	end_long(f);
	return n + 1;
}

static void take_buffer(struct folder *f)
{
	size_t used;

	do {
		used = f->is_long ? take_long(f) : take_lines(f, f->buf, f->have);
		if (!used && !f->is_long && f->have == STREAM_BUF) {
			begin_long(f);
			used = take_long(f);
		}
		memmove(f->buf, f->buf + used, f->have - used);
		f->have -= used;
	} while (used && f->have);
}

/* Is there a line end now behind an unterminated line that was there before? A long one is not read
 * again and again while it grows. */
static bool has_line_end(struct folder *f, struct dlq_file *file)
{
	struct marks *m = &file->open;
	size_t n;

	if (file->is_gz || file->searched - file->done < STREAM_BUF ||
	    !file_has_bytes(f->stream.fd, m->tail, m->tail_len,
			    file->searched - (int64_t)m->tail_len) ||
	    !stream_seek(&f->stream, file->searched))
		return true;
	while ((n = stream_read(&f->stream, f->buf, STREAM_BUF))) {
		if (memchr(f->buf, '\n', n))
			return true;
		marks_add(m, f->buf, n);
		file->searched += (int64_t)n;
	}
	return false;
}

static void set_fault(struct folder *f, struct dlq_file *file, enum file_fault fault, int error)
{
	if (file->fault == fault && file->error == error)
		return;
	file->fault = fault;
	file->error = error;
	f->has_changed = true;
}

static enum file_fault fault_of(const struct stream *s)
{
	if (s->is_over)
		return FILE_BOMB;
	if (s->is_broken)
		return s->is_gz ? FILE_DAMAGED : FILE_UNREADABLE;
	return stream_is_cut(s) ? FILE_CUT : FILE_WHOLE;
}

static void end_reading(struct folder *f)
{
	struct dlq_file *file = f->reading;
	bool is_unfinished = f->is_long || f->have;

	file->open = f->longer->marks;
	file->searched = file->done + (f->is_long ? f->longer->len : 0);
	if (file->is_unfinished != is_unfinished)
		f->has_changed = true;
	file->is_unfinished = is_unfinished;
	file->is_read = true;
	set_fault(f, file, fault_of(&f->stream), f->stream.is_broken && !file->is_gz ? EIO : 0);
	stream_close(&f->stream);
	f->reading = NULL;
}

static bool begin_reading(struct folder *f)
{
	for (size_t i = f->nfiles; i-- > 0 && !f->reading;)
		if (!f->files[i]->is_read)
			f->reading = f->files[i];
	if (!f->reading)
		return false;
	struct dlq_file *file = f->reading;
	buffers_make(f);
	f->have = 0;
	f->is_long = false;
	bool is_open = folder_open(f, file, &f->stream);
	if (!is_open && errno != ENOENT)
		set_fault(f, file, errno == ELOOP ? FILE_LINK : FILE_UNREADABLE, errno);
	if (!is_open || !has_line_end(f, file) || !stream_seek(&f->stream, file->done)) {
		/* Refused, gone since it was listed, or still unterminated. */
		file->is_read = true;
		if (is_open)
			stream_close(&f->stream);
		f->stream.fd = -1;
		f->reading = NULL;
	}
	return true;
}

bool folder_step(struct folder *f, int64_t bytes)
{
	if (f->needs_recount)
		folder_recount(f);
	if (!f->reading && !begin_reading(f)) {
		folder_dedupe(f);
		buffers_free(f);
		index_rest(&f->index);
		return false;
	}
	while (f->reading && bytes > 0) {
		size_t n = stream_read(&f->stream, f->buf + f->have, STREAM_BUF - f->have);
		if (!n) {
			end_reading(f);
			break;
		}
		f->have += n;
		bytes -= (int64_t)n;
		take_buffer(f);
	}
	return true;
}

void folder_progress(const struct folder *f, int64_t *bytes, int64_t *done)
{
	*bytes = *done = 0;
	for (size_t i = 0; i < f->nfiles; i++) {
		const struct dlq_file *file = f->files[i];
		int64_t read = file->is_gz && file == f->reading ? f->stream.file_at : file->done;
		*bytes += file->st.st_size;
		*done += file->is_read ? file->st.st_size : min_i64(read, file->st.st_size);
	}
}

void folder_recount(struct folder *f)
{
	index_clear_counts(&f->index);
	for (size_t i = 0; i < f->nfiles; i++)
		for (size_t k = 0; k < f->files[i]->entries.n; k++)
			index_count(&f->index, &f->files[i]->entries, k);
	f->needs_recount = false;
	f->has_changed = true;
}

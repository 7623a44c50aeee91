/* dlq/stream.c - reads plain and packed files and cuts them into lines. The caps against a
 * decompression bomb: at most 200 times the packed size (once 16 MiB were unpacked), and 16 GiB. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream.h"

enum { PIECE = 8 * 1024, PACKED_BUF = 64 * 1024, RATIO_CAP = 200 };
static const int64_t ratio_free = 16 << 20, output_cap = (int64_t)16 << 30;

bool stream_open(struct stream *s, int dir, const char *name, bool is_gz)
{
	struct stat st;

	memset(s, 0, sizeof(*s));
	/* Not blocking: somebody may have put a pipe there. */
	s->fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	if (s->fd < 0)
		return false;
	if (fstat(s->fd, &st) || !S_ISREG(st.st_mode)) {
		close(s->fd);
		s->fd = -1;
		errno = EINVAL;
		return false;
	}
	s->is_gz = is_gz;
	return true;
}

static void end_packing(struct stream *s)
{
	if (s->has_z)
		inflateEnd(&s->z);
	s->has_z = s->is_member = s->has_member = s->is_end = false;
}

void stream_close(struct stream *s)
{
	end_packing(s);
	if (s->fd >= 0)
		close(s->fd);
	free(s->buf);
	free(s->packed);
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}

bool stream_is_cut(const struct stream *s)
{
	bool is_padding = s->is_end || (s->has_member && !s->is_member);

	return s->has_z && !s->is_broken && !is_padding && s->z.total_in > 0;
}

static size_t read_file(struct stream *s, char *p, size_t len)
{
	ssize_t n;

	do
		n = pread(s->fd, p, len, s->file_at);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		s->is_broken = true;
	if (n <= 0)
		return 0;
	s->file_at += n;
	return (size_t)n;
}

/* Makes sure that packed bytes lie ready; false: there are no more. */
static bool refill(struct stream *s)
{
	if (s->z.avail_in)
		return true;
	size_t n = read_file(s, s->packed, PACKED_BUF);
	s->z.next_in = (unsigned char *)s->packed;
	s->z.avail_in = (unsigned)n;
	return n > 0;
}

static bool start_packing(struct stream *s)
{
	if (!s->packed)
		s->packed = xmalloc(PACKED_BUF);
	if (s->has_z)
		return true;
	memset(&s->z, 0, sizeof(s->z));
	s->has_z = inflateInit2(&s->z, 16 + MAX_WBITS) == Z_OK;
	s->is_broken = !s->has_z;
	return s->has_z;
}

static bool is_bomb(const struct stream *s, int64_t out)
{
	return out > output_cap || (out > ratio_free && out / RATIO_CAP > s->file_at);
}

/* s->at is kept by the callers; `out` counts what was unpacked so far. */
static size_t read_packed(struct stream *s, char *p, size_t len, int64_t out)
{
	s->z.next_out = (unsigned char *)p;
	s->z.avail_out = (unsigned)len;
	while (s->z.avail_out && !s->is_broken && !s->is_over && !s->is_end && refill(s)) {
		uLong before = s->z.total_out;
		int rc = inflate(&s->z, Z_NO_FLUSH);
		s->is_member |= s->z.total_out > before;
		if (rc == Z_STREAM_END) {
			s->has_member = true;
			s->is_member = false;
			inflateReset(&s->z);
		} else if (rc != Z_OK && rc != Z_BUF_ERROR) {
			/* What is no member behind the last one is padding. */
			s->is_end = s->has_member && !s->is_member;
			s->is_broken = !s->is_end;
		}
		if (is_bomb(s, out + (int64_t)(len - s->z.avail_out)))
			s->is_over = true;
	}
	return len - s->z.avail_out;
}

static size_t read_more(struct stream *s, char *p, size_t len, int64_t out)
{
	if (s->is_broken || s->is_over || s->is_end)
		return 0;
	if (!s->is_gz)
		return read_file(s, p, len);
	return start_packing(s) ? read_packed(s, p, len, out) : 0;
}

size_t stream_read(struct stream *s, char *p, size_t len)
{
	size_t n = read_more(s, p, len, s->at);

	s->at += (int64_t)n;
	return n;
}

static bool fill(struct stream *s)
{
	if (!s->buf)
		s->buf = xmalloc(STREAM_BUF);
	s->from = 0;
	/* The first pieces are small: most often a single line is wanted. */
	s->piece = min_size(s->piece ? s->piece * 2 : PIECE, STREAM_BUF);
	s->to = read_more(s, s->buf, s->is_gz ? STREAM_BUF : s->piece, s->at);
	return s->to > 0;
}

bool stream_seek(struct stream *s, int64_t offset)
{
	int64_t buffered = s->at + (int64_t)(s->to - s->from);

	if (offset >= s->at && offset <= buffered) {
		s->from += (size_t)(offset - s->at);
		s->at = offset;
		return true;
	}
	if (!s->is_gz) {
		s->from = s->to = s->piece = 0;
		s->at = s->file_at = offset;
		return true;
	}
	if (offset < s->at) {
		end_packing(s);
		s->is_broken = s->is_over = false;
		s->from = s->to = 0;
		s->at = s->file_at = 0;
	}
	while (s->at < offset) {
		if (s->from == s->to && !fill(s))
			return false;
		size_t n = min_size((size_t)(offset - s->at), s->to - s->from);
		s->from += n;
		s->at += (int64_t)n;
	}
	return true;
}

int stream_line(struct stream *s, stream_sink_fn *sink, void *data)
{
	bool held = false; /* a CR that is part of the line unless the LF follows */

	while (s->from < s->to || fill(s)) {
		const char *p = s->buf + s->from;
		size_t n = s->to - s->from;
		const char *end = memchr(p, '\n', n);
		size_t take = end ? (size_t)(end - p) : n;
		s->from += take + (end != NULL);
		s->at += (int64_t)take + (end != NULL);
		if (held && take)
			sink(data, "\r", 1);
		held = take ? p[take - 1] == '\r' : held;
		if (take > (held && take))
			sink(data, p, take - (held ? 1 : 0));
		if (end)
			return 1;
	}
	if (held)
		sink(data, "\r", 1);
	return 0;
}

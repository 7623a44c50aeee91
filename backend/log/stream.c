/* log/stream.c - a buffer that slides: bytes are added at its end, and when it is full the newest
 * half moves to its front, so that all of it lies in one piece. */
#include <stdlib.h>
#include <string.h>

#include "stream.h"

enum { FIRST_SIZE = 64 * 1024, LINE_MAX_BYTES = 1 << 20 };

void log_stream_init(struct log_stream *s, struct signatures *signatures)
{
	memset(s, 0, sizeof(*s));
	log_scan_init(&s->scan, signatures);
}

void log_stream_release(struct log_stream *s)
{
	log_scan_release(&s->scan);
	free(s->index.v);
	free(s->buf);
	memset(s, 0, sizeof(*s));
}

char *log_stream_room(struct log_stream *s, size_t len)
{
	size_t used = (size_t)(s->end - s->begin);

	if (used + len > s->size && used > STREAM_KEEP) {
		size_t drop = used - STREAM_KEEP;
		memmove(s->buf, s->buf + drop, STREAM_KEEP);
		s->begin += (int64_t)drop;
		used = STREAM_KEEP;
	}
	while (used + len > s->size) {
		s->size = s->size ? s->size * 2 : FIRST_SIZE;
		s->buf = xrealloc(s->buf, s->size);
	}
	return s->buf + used;
}

static void note_line(struct log_stream *s)
{
	const struct lines_index *x = &s->index;

	if (!x->n || s->at - x->v[x->n - 1].offset >= 1 << 20)
		lines_index_add(&s->index, s->at, s->scan.lines);
}

void log_stream_add(struct log_stream *s, size_t len)
{
	if (!len)
		return;
	s->end += (int64_t)len;
	/* What slid out before it was looked at was part of an endless line. */
	s->at = max_i64(s->at, s->begin);
	const char *p = s->buf + (s->at - s->begin);
	size_t n = (size_t)(s->end - s->at);
	const char *newline = memrchr(p, '\n', n);
	size_t whole = newline ? (size_t)(newline + 1 - p) : n > LINE_MAX_BYTES ? n : 0;
	if (!whole)
		return;
	note_line(s);
	log_scan_feed(&s->scan, p, whole, s->at);
	s->at += (int64_t)whole;
}

void log_stream_peek(struct log_stream *s)
{
	if (s->at >= s->end || s->peeked == s->end)
		return;
	s->peeked = s->end;
	log_scan_peek(&s->scan, s->buf + (s->at - s->begin), (size_t)(s->end - s->at), s->at);
}

void log_stream_restart(struct log_stream *s)
{
	/* Its last line may have had no newline. */
	if (s->at < s->end) {
		*log_stream_room(s, 1) = '\n';
		log_stream_add(s, 1);
	}
	s->scan.known_to = s->scan.last_at;
}

static ssize_t read_bytes(void *data, int64_t offset, char *p, size_t len)
{
	const struct log_stream *s = data;

	if (offset < s->begin || offset >= s->end)
		return 0;
	len = min_size(len, (size_t)(s->end - offset));
	memcpy(p, s->buf + (offset - s->begin), len);
	return (ssize_t)len;
}

struct lines_from log_stream_bytes(struct log_stream *s)
{
	int64_t begin = s->begin;

	if (begin > 0) { /* the first line is cut */
		const char *newline = memchr(s->buf, '\n', (size_t)(s->end - begin));
		begin += newline ? newline + 1 - s->buf : 0;
	}
	return (struct lines_from){read_bytes, s, begin, s->end, {NULL, &s->index}};
}

/* buf.c - growable bytes with a hard cap. */
#include "../include/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t cap)
{
	memset(b, 0, sizeof(*b));
	b->cap = cap;
}

void buf_release(struct buf *b)
{
	free(b->data);
	buf_init(b, b->cap);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->is_over = false;
	if (b->data)
		b->data[0] = '\0';
}

static bool make_room(struct buf *b, size_t more)
{
	size_t size = b->size ? b->size : 256;

	if (more > b->cap || b->len > b->cap - more) {
		b->is_over = true;
		return false;
	}
	while (size < b->len + more + 1)
		size *= 2;
	if (size != b->size) {
		b->data = xrealloc(b->data, size);
		b->size = size;
	}
	return true;
}

bool buf_add(struct buf *b, const void *data, size_t len)
{
	if (!make_room(b, len))
		return false;
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
	return true;
}

void buf_putn(struct buf *b, const char *s, size_t n)
{
	if (!buf_add(b, s, n))
		BUG("a text of %zu bytes is over the cap of %zu", b->len + n, b->cap);
}

void buf_puts(struct buf *b, const char *s)
{
	buf_putn(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
	buf_putn(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0 || !make_room(b, (size_t)len))
		BUG("format \"%s\" at %zu of %zu bytes", fmt, b->len, b->cap);
	vsnprintf(b->data + b->len, (size_t)len + 1, fmt, again);
	va_end(again);
	b->len += (size_t)len;
}

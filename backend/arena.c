/* arena.c - blocks that grow by a quarter of what is there, freed together. A console of 200 jobs
 * holds ten thousand arenas of a few hundred bytes, so the first block is small and growth gentle;
 * whoever knows what will come says so with arena_expect(). A large request gets a block of its
 * own, put behind the current one so that the room left there is not lost. */
#include "../include/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	_Alignas(16) char data[];
};

/* The first with malloc's own 8 bytes makes 256. */
enum { FIRST_BLOCK = 248 - sizeof(struct arena_block), LARGEST_BLOCK = 1 << 20 };

void arena_init(struct arena *a)
{
	memset(a, 0, sizeof(*a));
}

void arena_release(struct arena *a)
{
	struct arena_block *b = a->head;

	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
	arena_init(a);
}

static struct arena_block *add_block(struct arena *a, size_t need)
{
	size_t size = FIRST_BLOCK;
	struct arena_block *b;

	if (a->head)
		size = min_size(max_size(a->total / 4, FIRST_BLOCK), LARGEST_BLOCK);
	if (size < need)
		size = need;
	b = xmalloc(sizeof(*b) + size);
	b->size = size;
	b->used = 0;
	if (a->head && size == need && need > LARGEST_BLOCK / 4) {
		b->next = a->head->next;
		a->head->next = b;
	} else {
		b->next = a->head;
		a->head = b;
	}
	a->total += size;
	return b;
}

void arena_expect(struct arena *a, size_t size)
{
	if (!a->head && size)
		add_block(a, size);
}

void arena_reset(struct arena *a)
{
	size_t all = a->total;

	if (a->head && !a->head->next) {
		a->head->used = a->used = 0;
		return;
	}
	arena_release(a);
	arena_expect(a, min_size(all, LARGEST_BLOCK));
}

void *arena_alloc_raw(struct arena *a, size_t size, size_t align)
{
	struct arena_block *b = a->head;
	size_t at = b ? (b->used + align - 1) & ~(align - 1) : 0;
	void *p;

	if (size > PTRDIFF_MAX)
		BUG("%zu bytes: less than nothing was asked for", size);
	if (!b || at > b->size || size > b->size - at) {
		b = add_block(a, size + align);
		at = 0;
	}
	p = b->data + at;
	a->used += at + size - b->used;
	b->used = at + size;
	return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	if (n > PTRDIFF_MAX / size)
		BUG("%zu times %zu bytes", n, size);
	return arena_alloc(a, n * size);
}

void *arena_alloc(struct arena *a, size_t size)
{
	void *p = arena_alloc_raw(a, size, 16);

	memset(p, 0, size);
	return p;
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = arena_alloc_raw(a, len + 1, 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *out;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		BUG("format \"%s\"", fmt);
	out = arena_alloc_raw(a, (size_t)len + 1, 1);
	vsnprintf(out, (size_t)len + 1, fmt, again);
	va_end(again);
	return out;
}

/* arena.c - blocks that double in size, freed together. A large request gets a block of its own,
 * put behind the current one so that the room left there is not lost. */
#include "../include/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	_Alignas(16) char data[];
};

enum { FIRST_BLOCK = 1024 - sizeof(struct arena_block), LARGEST_BLOCK = 1 << 20 };

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

void arena_reset(struct arena *a)
{
	struct arena_block *keep = a->head;

	if (!keep)
		return;
	a->head = keep->next;
	arena_release(a);
	keep->next = NULL;
	keep->used = 0;
	a->head = keep;
	a->total = keep->size;
}

static struct arena_block *add_block(struct arena *a, size_t need)
{
	size_t size = FIRST_BLOCK;
	struct arena_block *b;

	if (a->head)
		size = min_size(a->total, LARGEST_BLOCK);
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

void *arena_alloc_raw(struct arena *a, size_t size, size_t align)
{
	struct arena_block *b = a->head;
	size_t at = b ? (b->used + align - 1) & ~(align - 1) : 0;
	void *p;

	if (!b || at > b->size || size > b->size - at) {
		b = add_block(a, size + align);
		at = 0;
	}
	p = b->data + at;
	b->used = at + size;
	a->used += size;
	return p;
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

/* heap.c - the only place of the stand-in cluster that asks for memory. */
#include "heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *heap_grow(void *block, size_t count, size_t size)
{
	void *grown = reallocarray(block, count ? count : 1, size);
	if (!grown) {
		fputs("world: out of memory\n", stderr);
		abort();
	}
	return grown;
}

void *heap_zero(size_t size)
{
	void *block = heap_grow(NULL, 1, size);
	memset(block, 0, size);
	return block;
}

char *heap_text(const char *text)
{
	size_t size = strlen(text) + 1;
	return memcpy(heap_grow(NULL, size, 1), text, size);
}

char *heap_print(const char *format, ...)
{
	va_list args;
	char *text = NULL;
	va_start(args, format);
	int size = vasprintf(&text, format, args);
	va_end(args);
	if (size < 0) {
		fputs("world: out of memory\n", stderr);
		abort();
	}
	return text;
}

void heap_free(void *block)
{
	free(block);
}

/* heap.h - memory of the stand-in cluster. Nothing here returns NULL: without memory the program
 * ends. It links nothing of sparkops itself, so that a mistake there cannot hide in both. */
#ifndef WORLD_HEAP_H
#define WORLD_HEAP_H

#include <stddef.h>

/* Makes room for COUNT elements of SIZE bytes; BLOCK may be NULL. New bytes are not cleared. */
void *heap_grow(void *block, size_t count, size_t size);

/* SIZE bytes, all zero. */
void *heap_zero(size_t size);

/* Copies, owned by the caller. */
char *heap_text(const char *text);
char *heap_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

void heap_free(void *block);

#endif

/* heap.c - what lies free in the heap goes back to the system.
 *
 * glibc gives each thread a heap of its own, and what one frees no other may use: four threads of
 * the pool that read folders in turn hold four times what one of them needs. Two heaps are enough,
 * one for the screen and one for the backend, so that neither waits for the other. Bodies and rows
 * of many sizes come and go for months; only whole pages at a heap's end go back by themselves. */
#include "heap.h"

#include <malloc.h>

void heap_begin(void)
{
	mallopt(M_ARENA_MAX, 2);
}

void heap_tidy(void)
{
	malloc_trim(0);
}

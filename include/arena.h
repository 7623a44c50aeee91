/* arena.h - memory that is freed in one call.
 *
 * One arena per dataset (all rows and strings of one poll) and one per frame on the screen; with
 * those two most files hold no free at all. Not thread safe; an arena belongs to one thread until
 * what is in it is published. */
#ifndef SPARKOPS_ARENA_H
#define SPARKOPS_ARENA_H

#include "base.h"

struct arena_block;
struct arena {
	struct arena_block *head;
	size_t used;  /* bytes handed out, and lost between them */
	size_t total; /* bytes taken from the system */
};

void arena_init(struct arena *a);
void arena_release(struct arena *a); /* frees all; the arena may be used again */
void arena_reset(struct arena *a);   /* forgets all, keeps one block for the next frame */
/* So much will be asked for, as far as is known: the first block holds it. Before the first
 * allocation, later it does nothing. */
void arena_expect(struct arena *a, size_t size);

void *arena_alloc(struct arena *a, size_t size);                   /* zeroed, aligned to 16 */
void *arena_array(struct arena *a, size_t n, size_t size);         /* the same for n of them */
void *arena_alloc_raw(struct arena *a, size_t size, size_t align); /* not zeroed */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) ATTR_PRINTF(2, 3);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_array((a), (n), sizeof(type)))

#endif

/* base.h - the few words every file may use.
 *
 * Memory: the x-family never returns NULL; running out of memory is the end of the program, after
 * the death hook has put the terminal back. Nothing else in the program calls malloc. Absent
 * values: a number that nobody told us is ABSENT (integers, times) or NaN (reals), never 0. */
#ifndef SPARKOPS_BASE_H
#define SPARKOPS_BASE_H

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPARKOPS_VERSION "0.1.0"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define ATTR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define MUST_CHECK __attribute__((warn_unused_result))
#define ATTR_UNUSED __attribute__((unused))

#define ABSENT INT64_MIN          /* "not collected" for int64_t: counts, bytes, times */
#define ABSENT_REAL ((double)NAN) /* the same for double */

static inline bool is_absent(int64_t v)
{
	return v == ABSENT;
}

/* A bug in sparkops: says where, runs the death hook, aborts. */
#define BUG(...) base_bug(__FILE__, __LINE__, __VA_ARGS__)
__attribute__((noreturn)) void base_bug(const char *file, int line, const char *fmt, ...)
	ATTR_PRINTF(3, 4);

/* Called once before the program dies by BUG or lack of memory; term.c puts the terminal back here.
 * [main, at start] */
typedef void base_death_fn(void);
void base_on_death(base_death_fn *hook);

void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);

static inline int64_t min_i64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t max_i64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static inline size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline size_t max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

#endif

/* base.c - the x-family and the way a bug ends the program: say where, put the terminal back,
 * abort. */
#include "../include/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static base_death_fn *death_hook;

void base_on_death(base_death_fn *hook)
{
	death_hook = hook;
}

static void die(void)
{
	base_death_fn *hook = death_hook;

	death_hook = NULL;
	if (hook)
		hook();
}

void base_bug(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	die();
	fprintf(stderr, "sparkops: a bug in sparkops at %s:%d: ", file, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

/* n times size bytes, which may be more than a size_t holds. */
static void *check(void *p, size_t n, size_t size)
{
	if (!p) {
		die();
		fprintf(stderr, "sparkops: no memory for %zu times %zu bytes\n", n, size);
		abort();
	}
	return p;
}

void *xmalloc(size_t size)
{
	return check(malloc(size ? size : 1), 1, size);
}

void *xcalloc(size_t n, size_t size)
{
	return check(calloc(n ? n : 1, size ? size : 1), n, size);
}

void *xrealloc(void *p, size_t size)
{
	return check(realloc(p, size ? size : 1), 1, size);
}

char *xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = xmalloc(len + 1);

	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

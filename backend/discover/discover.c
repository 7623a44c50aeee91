/* discover/discover.c - a place kept: nothing is found. */
#include "discover.h"

#include <stdlib.h>

struct discover {
	struct discover_calls calls;
};

struct discover *discover_new(uv_loop_t *loop, struct http *http, const struct clock *clk,
			      const struct config *base, const struct discover_calls *calls)
{
	struct discover *d = xcalloc(1, sizeof(*d));

	(void)loop;
	(void)http;
	(void)clk;
	(void)base;
	d->calls = *calls;
	return d;
}

void discover_rebase(struct discover *d, const struct config *base)
{
	d->calls.changed(d->calls.data, config_ref(base));
}

void discover_section(struct discover *d, const struct section *s)
{
	(void)d;
	(void)s;
}

void discover_dismiss(struct discover *d, const char *job)
{
	(void)d;
	(void)job;
}

bool discover_is_busy(const struct discover *d)
{
	(void)d;
	return false;
}

void discover_stop(struct discover *d)
{
	(void)d;
}

void discover_free(struct discover *d)
{
	free(d);
}

/* generate_keys.c - the key table of the README, from the binding tables themselves. */
#include <string.h>

#include "options.h"
#include "view.h"

static void put_key(const char *key, struct buf *out)
{
	buf_printf(out, "`%s`", key);
}

/* One line for all keys of the list that do the same, at the first of them. */
static void put_binding(const struct binding *list, const struct binding *b, const char *where,
			struct buf *out)
{
	for (const struct binding *earlier = list; earlier < b; earlier++) {
		if (!strcmp(earlier->command, b->command))
			return;
	}
	buf_puts(out, "| ");
	put_key(b->key, out);
	for (const struct binding *later = b + 1; later->key; later++) {
		if (strcmp(later->command, b->command))
			continue;
		buf_putc(out, ' ');
		put_key(later->key, out);
	}
	buf_printf(out, " | %s%s%s |\n", b->help, *where ? ", in " : "", where);
}

void generate_keys(struct buf *out)
{
	buf_puts(out, "| key | does |\n|---|---|\n");
	for (const struct binding *b = bindings_global; b->key; b++)
		put_binding(bindings_global, b, "", out);
	for (const struct view *const *v = views; *v; v++) {
		for (const struct binding *b = (*v)->bindings; b && b->key; b++)
			put_binding((*v)->bindings, b, (*v)->name, out);
	}
}

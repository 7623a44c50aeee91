/* own_names.h - what this host is called, beside localhost: its name, long and short, and the
 * addresses of its interfaces. A URL with one of them asks this host. */
#ifndef SPARKOPS_OWN_NAMES_H
#define SPARKOPS_OWN_NAMES_H

#include "../include/arena.h"

/* NULL-terminated, in the arena. Asks no name server. */
const char *const *own_names(struct arena *a);

#endif

/* names.h - what the console knows by name, in one place: for the checks of a configuration, for
 * the command line, and for the names whose use comes later. Main thread makes the lists; reading
 * them is free to all. */
#ifndef SPARKOPS_NAMES_H
#define SPARKOPS_NAMES_H

#include "../include/config.h"

/* [main] Before other threads. */
const struct config_names *names_known(void);

/* A view or command that is named in the documents and not built yet? */
bool names_is_later(const char *name);
/* The command that an upper-case key is kept for, or NULL. */
const char *names_later_key(uint32_t key);

#endif

/* headless.h - --once, --json --every and --print-config: what was seen, on standard output. */
#ifndef SPARKOPS_HEADLESS_H
#define SPARKOPS_HEADLESS_H

#include "options.h"

/* [main] Each returns the exit code. */
int headless_once(const struct config *cfg, const struct options *o);
int headless_every(const struct config *cfg, const struct options *o);
/* Looks around and prints a configuration of what was found. */
int headless_print_config(const struct config *cfg);

#endif

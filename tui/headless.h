/* headless.h - --once and --json --every: the snapshot on standard output. */
#ifndef SPARKOPS_HEADLESS_H
#define SPARKOPS_HEADLESS_H

#include "options.h"

/* [main] Each returns the exit code. */
int headless_once(const struct config *cfg, const struct options *o);
int headless_every(const struct config *cfg, const struct options *o);

#endif

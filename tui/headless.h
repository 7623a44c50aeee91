/* headless.h - --once, --json --every and --print-config: what was seen, on standard output. */
#ifndef SPARKOPS_HEADLESS_H
#define SPARKOPS_HEADLESS_H

#include "../include/backend.h"
#include "options.h"

/* [main] Each returns the exit code. */
int headless_once(const struct config *cfg, const struct options *o);
int headless_every(const struct config *cfg, const struct options *o);
/* Looks around and prints a configuration of what was found. */
int headless_print_config(const struct config *cfg);

/* For every front end without a screen. NULL: why was said. */
struct backend *headless_begin(const struct config *cfg);
/* Until every target has spoken once (true), the time is over or a signal came. */
MUST_CHECK bool headless_settle(struct backend *b, int64_t ms);
bool headless_has_job(const struct config *cfg, const char *name);
/* 0, or EXIT_USAGE after an unknown job was said with those there are. */
int headless_check_job(const struct config *cfg, const char *job);

#endif

/* verb_args.h - from what was written behind a verb to a request (include/action.h). Pure. */
#ifndef SPARKOPS_VERB_ARGS_H
#define SPARKOPS_VERB_ARGS_H

#include "options.h"

/* Fills o->verb.request and o->verb.values. -ERR_USAGE: what is wrong, and what would be right. */
MUST_CHECK int verb_args(struct options *o, int64_t now, struct err *err);
void verb_args_release(struct options *o);

/* `2h` (ago), `2026-11-20 14:03` (local), RFC 3339; ABSENT when it is none of these. */
int64_t verb_time(const char *s, int64_t now);
/* PID or PID@START, both decimal and above 0. start: 0 when it was left out. */
MUST_CHECK bool verb_pid(const char *s, int64_t *pid, int64_t *start);

#endif

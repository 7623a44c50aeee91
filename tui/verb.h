/* verb.h - an action from the command line: for runbooks and cron. Main thread. */
#ifndef SPARKOPS_VERB_H
#define SPARKOPS_VERB_H

#include "options.h"

/* The exit code: 0 done and proved or nothing to do, 1 refused, 2 tried and failed, 3 in doubt. */
int verb_run(const struct config *cfg, const struct options *o);
/* `sparkops audit`: 0; 1 it cannot be read; 2 a row was changed or is missing. */
int verb_audit(const struct config *cfg, const struct options *o);

#endif

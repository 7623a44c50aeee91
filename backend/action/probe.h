/* action/probe.h - was it done already? The job is asked, by the key of the replay. */
#ifndef SPARKOPS_ACTION_PROBE_H
#define SPARKOPS_ACTION_PROBE_H

#include "hook.h"

enum probe_says { PROBE_DONE, PROBE_MISSING, PROBE_NOTHING };

static inline bool probe_is_set(const struct config_probe *p)
{
	return p->http.url || p->command.argv;
}
/* values, headers and environment as for the hook itself. *why: a sentence, in a. Asking changes
 * nothing, so whatever goes wrong is only "it says nothing". */
enum probe_says probe_ask(const struct config_probe *p, const struct hook_send *like,
			  const struct config *cfg, struct arena *a, const char **why);

/* Who is asked: hook_target() of the question. NULL: it lacks something. */
const char *probe_target(const struct config_probe *p, const struct hook_send *like,
			 struct arena *a);

#endif

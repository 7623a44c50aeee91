/* action/hook_parts.h - a hook's call with everything filled in; private to hook_*.c. */
#ifndef SPARKOPS_ACTION_HOOK_PARTS_H
#define SPARKOPS_ACTION_HOOK_PARTS_H

#include "hook.h"

MUST_CHECK int hook_http(const struct hook_send *h, struct arena *a, struct call *out,
			 struct err *err);
MUST_CHECK int hook_command(const struct hook_send *h, struct arena *a, struct exec *out,
			    struct err *err);

#endif

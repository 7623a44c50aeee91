/* action/registry.c - every action by its number, and the empty request. */
#include <math.h>

#include "act.h"

#define X(id, symbol, word, key, permission, title) &action_##symbol,
const struct action_ops *const action_registry[] = {ACTION_LIST(X)};
#undef X

struct action_request action_request_of(enum action_step step, enum action_id action)
{
	return (struct action_request){.step = step,
				       .action = action,
				       .force_after_ms = ABSENT,
				       .since_ms = ABSENT,
				       .until_ms = ABSENT,
				       .limit = ABSENT,
				       .max_attempts = ABSENT,
				       .for_ms = ABSENT,
				       .per_s = NAN};
}

/* action/request.c - the empty request: apart, for those who ask without doing. */
#include "../../include/action.h"

#include <math.h>

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

/* act_half.h - the half of act.h that each stage plays alike: what an act was asked, and what it
 * says. STAGE_OWN, before it is included, are members of the stage's own. In one
 * file of a program. */
#ifndef SPARKOPS_TESTS_ACT_HALF_H
#define SPARKOPS_TESTS_ACT_HALF_H

#include <stdarg.h>
#include <stdio.h>

#include "../../backend/action/act.h"

#ifndef STAGE_OWN
#define STAGE_OWN
#endif

struct act {
	void *state;
	struct action_request request;
	const struct config *cfg;
	struct snapshot now;
	struct job_row job;
	char steps[16384], outcome[2048], proof[1024], said[1024], asked[1024], target[512];
	bool is_cancelled, is_unwritable;
	STAGE_OWN
};

void *act_state(struct act *a)
{
	return a->state;
}

const struct action_request *act_request(const struct act *a)
{
	return &a->request;
}

const struct config *act_config(const struct act *a)
{
	return a->cfg;
}

const struct config_job *act_job(const struct act *a)
{
	for (size_t i = 0; a->cfg && a->request.job && i < a->cfg->njobs; i++)
		if (text_is(a->cfg->jobs[i].name, a->request.job))
			return &a->cfg->jobs[i];
	return NULL;
}

const struct job_row *act_job_row(struct act *a)
{
	return a->job.name ? &a->job : NULL;
}

bool act_is_cancelled(struct act *a)
{
	return a->is_cancelled;
}

#define STAGE_SAYS(function, member)                                                               \
	void function(struct act *a, const char *fmt, ...)                                         \
	{                                                                                          \
		va_list args;                                                                      \
		va_start(args, fmt);                                                               \
		vsnprintf(a->member, sizeof(a->member), fmt, args);                                \
		va_end(args);                                                                      \
	}
STAGE_SAYS(act_says, said)
STAGE_SAYS(act_target, target)
STAGE_SAYS(act_outcome, outcome)
STAGE_SAYS(act_proof, proof)

#endif

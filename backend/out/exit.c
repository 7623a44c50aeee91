/* out/exit.c - from the jobs to one number: what --once exits with, and which job is to blame. What
 * each job counts for (exit_class) was decided by the rules. */
#include <string.h>

#include "../../include/err.h"
#include "pick.h"

/* 2 beats 1 beats 3 beats 0. */
static int rank(int64_t exit_class)
{
	switch (exit_class) {
	case EXIT_CRITICAL:
		return 3;
	case EXIT_WARNING:
		return 2;
	case EXIT_HEALTHY:
		return 0;
	default:
		return 1;
	}
}

const struct job_row *pick_worst(const struct rowset *jobs)
{
	const struct job_row *worst = NULL;

	for (size_t i = 0; i < jobs->n; i++) {
		const struct job_row *j = jobs->rows[i];
		if (worst == NULL || rank(j->exit_class) > rank(worst->exit_class) ||
		    (rank(j->exit_class) == rank(worst->exit_class) && j->verdict < worst->verdict))
			worst = j;
	}
	return worst;
}

int pick_verdict(const struct rowset *jobs)
{
	int worst = -1;

	for (size_t i = 0; i < jobs->n; i++) {
		const struct job_row *j = jobs->rows[i];
		if (worst < 0 || j->verdict < worst)
			worst = j->verdict;
	}
	return worst;
}

int pick_exit_code(const struct rowset *jobs)
{
	const struct job_row *worst = pick_worst(jobs);

	if (worst == NULL || worst->exit_class < 0 || worst->exit_class > EXIT_UNKNOWN)
		return EXIT_UNKNOWN;
	return (int)worst->exit_class;
}

int out_exit_code_job(const struct snapshot *s, const char *job)
{
	struct arena a;
	struct rowset jobs;
	int code;

	arena_init(&a);
	jobs = pick_rows(s, &schema_job, job, &a);
	code = pick_exit_code(&jobs);
	arena_release(&a);
	return code;
}

int out_exit_code(const struct snapshot *s)
{
	return out_exit_code_job(s, NULL);
}

bool out_has_job(const struct snapshot *s, const char *name)
{
	struct arena a;
	bool has_job;

	arena_init(&a);
	has_job = pick_rows(s, &schema_job, name, &a).n > 0;
	arena_release(&a);
	return has_job;
}

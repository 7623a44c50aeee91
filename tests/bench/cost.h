/* cost.h - what benchmarks measure with: seconds of a clock, and of CPU, of this process or of a
 * child. */
#ifndef SPARKOPS_TESTS_COST_H
#define SPARKOPS_TESTS_COST_H

#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { CANNOT_RUN = 127 }; /* what a child exits with when it cannot become its program */

static inline double clock_s(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline double cpu_s(void)
{
	return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

/* Waits for the child. User and system; negative: there is no such program. */
static inline double child_cpu_s(pid_t pid)
{
	struct rusage used;
	int status;

	if (wait4(pid, &status, 0, &used) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) == CANNOT_RUN)
		return -1;
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

#endif

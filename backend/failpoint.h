/* failpoint.h - places where a test may end or slow the program; nothing in a release.
 *
 * Built with -DSPARKOPS_FAILPOINTS (build/sparkops-torture): SPARKOPS_FAIL=name[:n] ends the
 * process with SIGKILL when it comes to that place for the n-th time; name=stop[:n] stops it
 * (SIGSTOP) instead, so that a test may change the world in between. SPARKOPS_SPEED=100 divides
 * what failpoint_ms() is given. */
#ifndef SPARKOPS_FAILPOINT_H
#define SPARKOPS_FAILPOINT_H

#include <stdint.h>

#ifdef SPARKOPS_FAILPOINTS
void failpoint(const char *name);
int64_t failpoint_ms(int64_t ms);
#else
#define failpoint(name) ((void)0)
static inline int64_t failpoint_ms(int64_t ms)
{
	return ms;
}
#endif

#endif

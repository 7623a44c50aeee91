/* failpoint.c - see failpoint.h. */
#include "failpoint.h"

#ifdef SPARKOPS_FAILPOINTS

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long passed;

/* The n of `name:n`, or 1; 0: it is another name. */
static long wanted(const char *spec, const char *name, int *signal)
{
	size_t len = strlen(name);

	if (!spec || strncmp(spec, name, len) != 0)
		return 0;
	spec += len;
	*signal = SIGKILL;
	if (!strncmp(spec, "=stop", 5)) {
		*signal = SIGSTOP;
		spec += 5;
	}
	return *spec == ':' ? strtol(spec + 1, NULL, 10) : *spec == '\0';
}

void failpoint(const char *name)
{
	int signal = SIGKILL;
	long n = wanted(getenv("SPARKOPS_FAIL"), name, &signal);
	long here;

	if (!n)
		return;
	pthread_mutex_lock(&lock);
	here = ++passed;
	pthread_mutex_unlock(&lock);
	if (here == n)
		raise(signal); /* to this thread: it does not take one step more */
}

int64_t failpoint_ms(int64_t ms)
{
	const char *speed = getenv("SPARKOPS_SPEED");
	long n = speed ? strtol(speed, NULL, 10) : 1;

	return n > 1 ? (ms + n - 1) / n : ms;
}

#else
/* ISO C wants something in a file. */
extern const char failpoint_none;
const char failpoint_none = 0;
#endif

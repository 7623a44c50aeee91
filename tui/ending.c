/* ending.c - the ending signals, let through by the waits alone. */
#include "ending.h"

#include <signal.h>
#include <time.h>

static volatile sig_atomic_t came;
static sigset_t waiting; /* the mask while we wait */

static void on_end(int sig)
{
	came = sig;
}

void ending_catch(void)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	struct sigaction end = {.sa_handler = on_end};
	sigset_t block;

	sigemptyset(&end.sa_mask);
	sigemptyset(&block);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		sigaction(signals[i], &end, NULL);
		sigaddset(&block, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &block, &waiting);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		sigdelset(&waiting, signals[i]);
}

int ending_signal(void)
{
	return came;
}

/* They are blocked here, so nothing comes in between. */
int ending_take(void)
{
	int sig = came;

	came = 0;
	return sig;
}

int ending_poll(struct pollfd *p, size_t n, int64_t ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	return ppoll(p, n, ms < 0 ? NULL : &t, &waiting);
}

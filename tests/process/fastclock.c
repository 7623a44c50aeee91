/* fastclock.c - time that runs faster for the programs under test: preloaded before libc.
 *
 * FAST_CLOCK="FACTOR MONO_NS REAL_NS": from the moment when the monotonic clock stood at MONO_NS
 * on, all clocks but those of CPU time run FACTOR times as fast, and the wall clock began at
 * REAL_NS then. Programs with the same three numbers agree about the time. Waits are as much
 * shorter. What the kernel dates by itself (files, sockets) keeps its own time. */
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int64_t factor = 1, mono_at, real_at;

static int64_t kernel_ns(clockid_t id)
{
	struct timespec t;

	syscall(SYS_clock_gettime, id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

__attribute__((constructor)) static void begin(void)
{
	const char *given = getenv("FAST_CLOCK");
	long long f, mono, real;

	if (given && sscanf(given, "%lld %lld %lld", &f, &mono, &real) == 3 && f > 0) {
		factor = f;
		mono_at = mono;
		real_at = real;
	}
}

static int64_t passed(void)
{
	return (kernel_ns(CLOCK_MONOTONIC) - mono_at) * factor;
}

static struct timespec spec(int64_t ns)
{
	return (struct timespec){(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	if (factor == 1)
		*t = spec(kernel_ns(id));
	else if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
		*t = spec(real_at + passed());
	else if (id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_COARSE ||
		 id == CLOCK_MONOTONIC_RAW || id == CLOCK_BOOTTIME)
		*t = spec(mono_at + passed());
	else
		return (int)syscall(SYS_clock_gettime, id, t);
	return 0;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	*t = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
	return 0;
}

time_t time(time_t *t)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (t)
		*t = now.tv_sec;
	return now.tv_sec;
}

/* A wait of the program's as one of the kernel's. */
static int64_t real_wait(int64_t ns)
{
	return ns > 0 ? (ns + factor - 1) / factor : ns;
}

static int wait_ns(struct pollfd *fds, nfds_t n, int64_t ns)
{
	struct timespec t = spec(ns < 0 ? 0 : ns);

	return (int)syscall(SYS_ppoll, fds, n, ns < 0 ? NULL : &t, NULL, 0L);
}

int poll(struct pollfd *fds, nfds_t n, int ms)
{
	return wait_ns(fds, n, real_wait((int64_t)ms * 1000000));
}

int epoll_pwait(int fd, struct epoll_event *events, int n, int ms, const sigset_t *mask)
{
	/* The kernel counts milliseconds here; what is shorter is waited for on the descriptor. */
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	if (ms > 0 && !mask)
		wait_ns(&ready, 1, real_wait((int64_t)ms * 1000000));
	return (int)syscall(SYS_epoll_pwait, fd, events, n, ms > 0 ? 0 : ms, mask, 8L);
}

int epoll_wait(int fd, struct epoll_event *events, int n, int ms)
{
	return epoll_pwait(fd, events, n, ms, NULL);
}

int nanosleep(const struct timespec *t, struct timespec *rest)
{
	struct timespec wait = spec(real_wait((int64_t)t->tv_sec * 1000000000 + t->tv_nsec));

	return (int)syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &wait, rest) ? -1 : 0;
}

/* A deadline of the program's, on whichever clock, as one of the kernel's wall clock or monotonic
 * one: those of the wall clock are so many years greater. */
int pthread_cond_timedwait(pthread_cond_t *restrict c, pthread_mutex_t *restrict m,
			   const struct timespec *restrict until)
{
	static int (*next)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
	int64_t ns = (int64_t)until->tv_sec * 1000000000 + until->tv_nsec;
	int is_wall = ns > real_at / 2;
	int64_t left = ns - (is_wall ? real_at : mono_at) - passed();
	int64_t now = kernel_ns(is_wall ? CLOCK_REALTIME : CLOCK_MONOTONIC);
	struct timespec t = spec(now + (left > 0 ? real_wait(left) : 0));

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
	return next(c, m, &t);
}

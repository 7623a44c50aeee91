/* signals.c - handlers that only set a flag and write a byte.
 *
 * A second INT or TERM within two seconds, while the first is still being worked on, restores the
 * terminal and leaves at once: the console can always be left, except while something is done that
 * must not be cut (signals_hold). Signals that mean a bug restore the
 * terminal from a stack of their own, say one line and let the old action have its way, so that
 * core dumps still work. HUP is taken even when it was inherited as ignored: without a terminal
 * there is nothing to do here. */
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FATAL_STACK = 65536, EXIT_BY_SIGNAL = 128 };

static const int events[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT};
/* Everything else whose default is to end the process. */
static const int fatal[] = {SIGSEGV, SIGBUS,    SIGFPE,  SIGILL,  SIGABRT,   SIGSYS,
			    SIGTRAP, SIGUSR1,   SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF,
			    SIGIO,   SIGSTKFLT, SIGPWR,  SIGXCPU, SIGXFSZ};

static volatile sig_atomic_t pending[NSIG], first_at, is_held;
static int pipe_fds[2] = {-1, -1};
static void (*death)(void);
static struct sigaction before[NSIG];
static sigset_t mask_before;
static char *fatal_stack;

static sig_atomic_t seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (sig_atomic_t)(ts.tv_sec & 0x3FFFFFFF) + 1;
}

static void on_event(int signo)
{
	int saved = errno;

	if (signo == SIGINT || signo == SIGTERM) {
		sig_atomic_t now = seconds();

		if (first_at && now - first_at <= 2 && !is_held) {
			death();
			_exit(EXIT_BY_SIGNAL + signo);
		}
		first_at = now;
	}
	pending[signo] = 1;
	if (write(pipe_fds[1], "", 1) < 0)
		errno = saved; /* full: the loop wakes anyway */
	errno = saved;
}

static void on_fatal(int signo)
{
	static const char text[] = "sparkops: ended by signal ";
	char line[64];
	size_t n = sizeof(text) - 1;

	death();
	memcpy(line, text, n);
	if (signo >= 10)
		line[n++] = (char)('0' + signo / 10);
	line[n++] = (char)('0' + signo % 10);
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, n) < 0)
		n = 0;
	sigaction(signo, &before[signo], NULL);
	raise(signo);
}

static void install(int signo, void (*handler)(int), int flags)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = handler;
	sa.sa_flags = flags;
	sigfillset(&sa.sa_mask);
	sigaction(signo, &sa, &before[signo]);
}

int signals_open(void (*on_death)(void))
{
	stack_t stack = {0};

	death = on_death;
	if (pipe2(pipe_fds, O_NONBLOCK | O_CLOEXEC))
		return -1;
	fatal_stack = xmalloc(FATAL_STACK);
	stack.ss_sp = fatal_stack;
	stack.ss_size = FATAL_STACK;
	sigaltstack(&stack, NULL);
	memset((void *)(uintptr_t)pending, 0, sizeof(pending));
	first_at = is_held = 0;
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++) {
		install(fatal[i], on_fatal, SA_ONSTACK);
		/* What was ignored or handled stays so: only deaths are ours. */
		if (before[fatal[i]].sa_handler == SIG_IGN)
			sigaction(fatal[i], &before[fatal[i]], NULL);
	}
	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		install(events[i], on_event, SA_RESTART);
	install(SIGPIPE, SIG_IGN, 0);
	return pipe_fds[0];
}

void signals_hold(bool is_on)
{
	is_held = is_on;
}

void signals_close(void)
{
	stack_t off = {.ss_flags = SS_DISABLE};

	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		sigaction(events[i], &before[events[i]], NULL);
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
		sigaction(fatal[i], &before[fatal[i]], NULL);
	sigaction(SIGPIPE, &before[SIGPIPE], NULL);
	sigaltstack(&off, NULL);
	free(fatal_stack);
	fatal_stack = NULL;
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	pipe_fds[0] = pipe_fds[1] = -1;
}

static bool take(int signo)
{
	bool was = pending[signo];

	pending[signo] = 0;
	return was;
}

struct signal_events signals_take(void)
{
	struct signal_events ev = {0};
	char drop[64];

	while (read(pipe_fds[0], drop, sizeof(drop)) > 0)
		;
	ev.quit = take(SIGINT);
	ev.quit = take(SIGTERM) || ev.quit;
	ev.quit = take(SIGQUIT) || ev.quit;
	ev.hang_up = take(SIGHUP);
	ev.resize = take(SIGWINCH);
	ev.suspend = take(SIGTSTP);
	ev.resumed = take(SIGCONT);
	return ev;
}

void signals_block(void)
{
	sigset_t all;

	sigfillset(&all);
	for (size_t i = 0; i < ARRAY_LEN(fatal); i++)
		if (fatal[i] <= SIGSEGV || fatal[i] == SIGSYS || fatal[i] == SIGTRAP)
			sigdelset(&all, fatal[i]); /* a bug in that thread is for that thread */
	pthread_sigmask(SIG_BLOCK, &all, &mask_before);
}

void signals_unblock(void)
{
	pthread_sigmask(SIG_SETMASK, &mask_before, NULL);
}

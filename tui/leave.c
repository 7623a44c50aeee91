/* leave.c - waits for kills, restarts and recovers that were accepted: to the end, whatever happens
 * to the terminal. A second Ctrl-C does not cut them: half a recover is worse than any wait. A
 * replay ends behind the entry in flight, which is waited for. */
#include "leave.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../include/row/action.h"
#include "acting.h"
#include "signals.h"

enum { LEAVE_MAX = 16, LOOK_MS = 200, LAST_LOOKS = 10 };

struct leaving {
	bool is_gone;  /* nobody reads */
	size_t nstops; /* replays: of what runs these stop */
	size_t n;
	struct told {
		int64_t plan;
		size_t nsteps;
		bool has_ended;
	} v[LEAVE_MAX];
};

static void tell(struct leaving *l, const char *fmt, ...) ATTR_PRINTF(2, 3);
static void tell(struct leaving *l, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	n = strlen(line);
	line[n++] = '\n';
	/* A terminal that is gone says EIO, a pipe EPIPE: then nobody reads, and it goes on. */
	while (!l->is_gone && write(STDOUT_FILENO, line, n) < 0)
		l->is_gone = errno != EINTR;
}

static struct told *told(struct leaving *l, int64_t plan, bool is_new)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].plan == plan)
			return &l->v[i];
	if (l->n == LEAVE_MAX || !is_new)
		return NULL;
	l->v[l->n] = (struct told){.plan = plan};
	return &l->v[l->n++];
}

static bool is_running(const struct action_row *a)
{
	return a->state == ACTION_STATE_RUNS || a->state == ACTION_STATE_ASKS;
}

/* Its new steps, and its end. What had ended before is no news. */
static void tell_row(struct leaving *l, const struct action_row *a, bool is_first)
{
	struct told *t;
	char line[640];

	if (is_absent(a->plan) || (is_first && !is_running(a)))
		return;
	t = told(l, a->plan, is_first);
	if (!t || t->has_ended)
		return;
	if (is_first)
		t->nsteps = a->steps.n;
	for (; t->nsteps < a->steps.n; t->nsteps++)
		tell(l, "sparkops: %s", text_str(a->steps.v[t->nsteps]));
	if (!is_first && is_running(a))
		return;
	t->has_ended = !is_running(a);
	acting_line(a, line, sizeof(line));
	tell(l, "sparkops: %s%s%s", line, a->proof ? "; " : "", a->proof ? text_str(a->proof) : "");
}

static void look(struct leaving *l, struct backend *b, bool is_first)
{
	const struct snapshot *s = backend_latest(b);
	const struct rowset *rows = dataset_rows(s->actions, &schema_action);

	for (size_t i = rows->n; i-- > 0;) /* oldest first */
		tell_row(l, rows->rows[i], is_first);
	snapshot_unref(s);
}

static void count_replays(struct leaving *l, struct backend *b)
{
	const struct snapshot *s = backend_latest(b);
	const struct rowset *rows = dataset_rows(s->actions, &schema_action);

	for (size_t i = 0; i < rows->n; i++) {
		const struct action_row *a = rows->rows[i];

		l->nstops += !is_absent(a->plan) && is_running(a) && a->action == ACTION_REPLAY;
	}
	snapshot_unref(s);
}

static bool have_ended(const struct leaving *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].has_ended)
			return false;
	return true;
}

static void take_signals(struct leaving *l)
{
	struct signal_events ev = signals_take();

	if (ev.hang_up)
		l->is_gone = true;
	if (ev.quit && l->n > l->nstops)
		tell(l,
		     "sparkops: it goes on to its end; only `kill -9 %ld` cuts it, and the next "
		     "start says where",
		     (long)getpid());
	else if (ev.quit)
		tell(l,
		     "sparkops: the entry in flight is waited for; `kill -9 %ld` would leave it in "
		     "doubt",
		     (long)getpid());
}

static void tell_what_comes(struct leaving *l, size_t n)
{
	size_t stops = min_size(l->nstops, n);

	n -= stops;
	if (n > 0)
		tell(l,
		     "sparkops: %zu action%s on to the end without the screen; the outcome will be "
		     "in the audit",
		     n, n == 1 ? " goes" : "s go");
	if (stops > 0)
		tell(l,
		     "sparkops: %zu replay%s behind the entry in flight; what was not sent stays "
		     "as it is",
		     stops, stops == 1 ? " stops" : "s stop");
}

void leave_wait(struct backend *b, int signal_fd, bool is_gone)
{
	struct leaving l = {.is_gone = is_gone};
	struct pollfd fds[2] = {{backend_wake_fd(b), POLLIN, 0}, {signal_fd, POLLIN, 0}};
	size_t n = backend_acting(b, true);
	uint64_t count;

	if (!n)
		return;
	signals_hold(true);
	count_replays(&l, b);
	tell_what_comes(&l, n);
	look(&l, b, true);
	while (backend_acting(b, true) > 0) {
		if (poll(fds, ARRAY_LEN(fds), LOOK_MS) < 0 && errno != EINTR)
			BUG("poll: %s", strerror(errno));
		if (fds[1].revents & POLLIN)
			take_signals(&l);
		if (fds[0].revents & POLLIN && read(fds[0].fd, &count, sizeof(count)) < 0)
			continue;
		look(&l, b, false);
	}
	/* an act that ended is published a moment later */
	for (int i = 0; i < LAST_LOOKS && !have_ended(&l); i++) {
		(void)!poll(fds, 1, LOOK_MS);
		if (fds[0].revents & POLLIN && read(fds[0].fd, &count, sizeof(count)) < 0)
			continue;
		look(&l, b, false);
	}
}

/* verb_wait.c - one wait for the three things that can happen to a verb: the backend has news,
 * somebody typed, a signal came. */
#include "verb_wait.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "ending.h"

void verb_look(struct verb *v)
{
	snapshot_unref(v->s);
	v->s = backend_latest(v->b);
}

static void take_news(struct verb *v)
{
	uint64_t count;

	(void)!read(backend_wake_fd(v->b), &count, sizeof(count));
	verb_look(v);
}

/* A terminal gives whole lines; one that is too long is none. */
static enum verb_woken take_line(struct verb *v)
{
	ssize_t n = read(STDIN_FILENO, v->line + v->len, sizeof(v->line) - 1 - v->len);
	char *end;

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return WOKEN_BY_NEWS;
	if (n <= 0 || v->len + (size_t)n + 1 >= sizeof(v->line))
		return WOKEN_BY_END;
	v->len += (size_t)n;
	v->line[v->len] = '\0';
	end = strchr(v->line, '\n');
	if (!end)
		return WOKEN_BY_NEWS;
	*end = '\0';
	v->len = 0;
	return WOKEN_BY_LINE;
}

enum verb_woken verb_wait(struct verb *v, bool is_reading, int64_t ms)
{
	struct pollfd p[] = {{.fd = backend_wake_fd(v->b), .events = POLLIN},
			     {.fd = STDIN_FILENO, .events = POLLIN}};
	int n = ending_poll(p, is_reading ? 2 : 1, ms);

	if (ending_signal())
		return WOKEN_BY_SIGNAL;
	if (n == 0)
		return WOKEN_BY_TIME;
	if (n > 0 && is_reading && p[1].revents)
		return take_line(v);
	if (n > 0)
		take_news(v);
	return WOKEN_BY_NEWS;
}

void verb_flush(struct verb *v)
{
	enum { DEAF_MS = 400 };

	v->len = 0;
	(void)!ending_poll(NULL, 0, DEAF_MS);
	tcflush(STDIN_FILENO, TCIFLUSH);
}

const struct plan_row *verb_plan(const struct verb *v)
{
	const struct rowset *rows = v->s->plan ? dataset_rows(v->s->plan, &schema_plan) : NULL;

	for (size_t i = 0; rows && i < rows->n; i++) {
		const struct plan_row *p = rows->rows[i];

		if (p->number == v->plan)
			return p;
	}
	return NULL;
}

const struct action_row *verb_action(const struct verb *v)
{
	const struct rowset *rows =
		v->s->actions ? dataset_rows(v->s->actions, &schema_action) : NULL;

	for (size_t i = 0; rows && i < rows->n; i++) {
		const struct action_row *a = rows->rows[i];

		if (a->plan == v->plan)
			return a;
	}
	return NULL;
}

int verb_send(struct verb *v, enum action_step step, struct err *err)
{
	int64_t rc;

	v->request.step = step;
	v->request.plan = (uint64_t)v->plan;
	rc = backend_act(v->b, &v->request, err);
	if (rc >= 0 && step == ACTION_PLAN)
		v->plan = rc;
	return rc < 0 ? (int)rc : 0;
}

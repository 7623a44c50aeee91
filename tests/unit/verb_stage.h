/* verb_stage.h - a verb in a child on a pty, with a backend made by hand: the test types, and tells
 * the backend what to publish next. Static functions but for the backend's own names, so that each
 * test of it is one file. */
#ifndef SPARKOPS_TESTS_VERB_STAGE_H
#define SPARKOPS_TESTS_VERB_STAGE_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../include/backend.h"
#include "../../tui/options.h"
#include "../../tui/verb.h"
#include "../screen/plan_rows.h"

enum { DEADLINE_MS = 200000 };

/* --- the backend, in the child --- */

struct backend {
	int unused;
};

static int wake, told[2], wishes[2]; /* doorbell, what to publish, what was asked */
static struct backend fake;
static const struct config *cfg;
static struct {
	bool has_plan, has_values, is_finishing;
	int64_t changes;
	int kind; /* enum action_id of the request */
	const char *refused;
	int action; /* enum action_state; -1: none */
	size_t nsteps;
} now = {.action = -1};

static void ring(void)
{
	uint64_t one = 1;

	(void)!write(wake, &one, sizeof(one));
}

static void obey(char order)
{
	now.changes += order == 'c';
	now.refused = order == 'r' ? "it has ended by itself" : order == 'o' ? NULL : now.refused;
	now.has_plan = now.has_plan && order != 'x';
	now.nsteps += order == 's';
	now.action = order == 'k'   ? ACTION_STATE_ASKS
		     : order == 'g' ? ACTION_STATE_RUNS
		     : order == 'd' ? ACTION_STATE_DONE
		     : order == 'f' ? ACTION_STATE_FAILED
		     : order == 'u' ? ACTION_STATE_IN_DOUBT
				    : now.action;
}

static struct plan_row *plan(struct arena *a)
{
	struct plan_row *p = plan_kill(a);
	struct plan_ask *asks = ARENA_ARRAY(a, struct plan_ask, 2);

	p->action = now.kind;
	p->changes = now.changes;
	p->says = now.changes ? TEXT("answered 3 s ago") : NULL;
	p->refused = now.refused ? text_clean(a, now.refused, strlen(now.refused)) : NULL;
	asks[0] = (struct plan_ask){TEXT("resume_from"), TEXT("table to resume from"),
				    TEXT("AGENTSVES"), TEXT("Migrating table AGENTSVES (attempt")};
	asks[1] = (struct plan_ask){TEXT("reason"), TEXT("why"), NULL, NULL};
	p->facts = plan_texts(a, (const char *const[]){"7 entries, 7 units", NULL});
	p->asks = asks;
	p->nasks = now.has_values ? 2 : 0;
	return p;
}

static struct action_row *action(struct arena *a)
{
	static const char *const steps[] = {"14:03:31 thread dump saved", "14:03:31 SIGTERM sent",
					    "14:03:33 it ended", NULL};
	const char *made[4] = {NULL};
	struct action_row *r = plan_action(a, now.action);

	for (size_t i = 0; i < now.nsteps && i < 3; i++)
		made[i] = steps[i];
	r->steps = plan_texts(a, made);
	r->asks = now.action == ACTION_STATE_ASKS
			  ? TEXT("java 18423 did not end within 30 s: send SIGKILL?")
			  : NULL;
	r->outcome = now.action >= ACTION_STATE_DONE ? TEXT("ended by SIGTERM") : NULL;
	r->proof = now.action == ACTION_STATE_DONE ? TEXT(":4040 :40417 free") : NULL;
	return r;
}

const struct snapshot *backend_latest(struct backend *b)
{
	struct snapshot *s = xcalloc(1, sizeof(*s));
	struct dataset *d;
	char order;

	(void)b;
	while (read(told[0], &order, 1) == 1)
		obey(order);
	s->refs = 1;
	arena_init(&s->arena);
	s->cfg = config_ref(cfg);
	if (now.has_plan) {
		s->plan = d = dataset_new();
		dataset_add(d, &schema_plan, plan(&d->arena), 1);
	}
	if (now.action >= 0) {
		s->actions = d = dataset_new();
		dataset_add(d, &schema_action, action(&d->arena), 1);
	}
	return s;
}

int64_t backend_act(struct backend *b, const struct action_request *r, struct err *err)
{
	static const char *const names[] = {"PLAN", "DO", "FORGET", "ANSWER", "CANCEL", "TRY"};

	(void)b;
	dprintf(wishes[1], "%s", names[r->step]);
	if (r->step == ACTION_PLAN)
		dprintf(wishes[1], " job=%s jvm=%s yes=%d", r->job ? r->job : "",
			r->jvm ? r->jvm : "", r->is_yes);
	if (r->step == ACTION_DO)
		dprintf(wishes[1], " typed=%s", r->typed ? r->typed : "");
	for (size_t i = 0; i < r->nvalues; i++)
		dprintf(wishes[1], " %s=%s", r->values[i].name, r->values[i].value);
	dprintf(wishes[1], "\n");
	if (now.refused && r->step == ACTION_DO)
		return err_set(err, ERR_REFUSED, "it is not what was shown");
	if (r->step == ACTION_TRY && !strcmp(r->values[r->nvalues - 1].value, "WRONG"))
		return err_set(err, ERR_REFUSED, "WRONG is no table");
	now.kind = (int)r->action;
	now.has_plan = now.has_plan || r->step == ACTION_PLAN;
	if (r->step == ACTION_DO)
		obey('g');
	else if (r->step == ACTION_ANSWER)
		obey('d');
	else if (r->step == ACTION_CANCEL)
		obey('f');
	ring();
	return r->step == ACTION_PLAN ? PLAN_NUMBER : 0;
}

struct backend *backend_start(const struct config *c, struct err *err)
{
	(void)c;
	(void)err;
	return &fake;
}

void backend_stop(struct backend *b)
{
	(void)b;
}

int backend_wake_fd(const struct backend *b)
{
	(void)b;
	return wake;
}

int backend_request(struct backend *b, const struct request *r, struct err *err)
{
	(void)b;
	(void)r;
	(void)err;
	return 0;
}

int backend_guard(const struct config *c, struct err *err)
{
	(void)c;
	(void)err;
	return 0;
}

size_t backend_acting(struct backend *b, bool is_leaving)
{
	(void)b;
	dprintf(wishes[1], "LEAVE %d\n", is_leaving);
	return now.is_finishing;
}

bool backend_settle(struct backend *b, int timeout_ms)
{
	(void)b;
	(void)timeout_ms;
	return true;
}

/* --- the terminal, in the test --- */

static struct {
	pid_t pid;
	int fd;
	char text[65536];
	size_t len, seen;
} tty;

/* Blanks separate words; `ahead` was typed before. Before it the child's `now` may be changed. */
static void start_typed(const char *line, bool is_terminal, const char *ahead)
{
	struct options o;
	struct err err = {0};
	static char words[500];
	char *argv[32] = {(char *)(uintptr_t) "sparkops"}, *save = NULL;
	int argc = 1, slave;

	snprintf(words, sizeof(words), "%s", line);
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	wake = eventfd(0, EFD_NONBLOCK);
	assert_int_equal(pipe2(told, O_NONBLOCK), 0);
	assert_int_equal(pipe(wishes), 0);
	assert_int_equal(openpty(&tty.fd, &slave, NULL, NULL, NULL), 0);
	tty.len = tty.seen = 0;
	assert_int_equal(write(tty.fd, ahead, strlen(ahead)), strlen(ahead));
	tty.pid = fork();
	if (tty.pid == 0) {
		int none = open("/dev/null", O_RDWR);

		setsid();
		dup2(is_terminal ? slave : none, STDIN_FILENO);
		dup2(slave, STDOUT_FILENO);
		dup2(slave, STDERR_FILENO);
		close(tty.fd);
		if (options_parse(&o, argc, argv, &err) != 0) {
			fprintf(stderr, "%s\n", err.message);
			_exit(99);
		}
		_exit(verb_run(cfg, &o));
	}
	close(slave);
	close(wishes[1]);
}

static void start(const char *line, bool is_terminal)
{
	start_typed(line, is_terminal, "");
}

static void tell(const char *orders)
{
	assert_true(write(told[1], orders, strlen(orders)) > 0);
	ring();
}

static void type(const char *keys)
{
	assert_true(write(tty.fd, keys, strlen(keys)) > 0);
}

/* False: it ended. */
static bool read_more(void)
{
	struct pollfd p = {.fd = tty.fd, .events = POLLIN};
	ssize_t n;

	if (poll(&p, 1, DEADLINE_MS) <= 0)
		fail_msg("nothing more came after: %s", tty.text + tty.seen);
	if (tty.len >= sizeof(tty.text) - 1)
		fail_msg("more than %zu bytes came", tty.len);
	n = read(tty.fd, tty.text + tty.len, sizeof(tty.text) - 1 - tty.len);
	if (n <= 0)
		return false;
	tty.len += (size_t)n;
	tty.text[tty.len] = '\0';
	return true;
}

/* Behind what was waited for last. */
static void waits(const char *text)
{
	char *at;

	tty.text[tty.len] = '\0';
	while (!(at = strstr(tty.text + tty.seen, text)))
		if (!read_more())
			fail_msg("no \"%s\" in: %s", text, tty.text + tty.seen);
	tty.seen = (size_t)(at - tty.text) + strlen(text);
}

/* Reads to its end; the exit code, and everything it wished in `asked`. */
static int ends(char *asked, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int status;

	while (read_more())
		continue;
	assert_int_equal(waitpid(tty.pid, &status, 0), tty.pid);
	while ((n = read(wishes[0], asked + len, size - 1 - len)) > 0)
		len += (size_t)n;
	asked[len] = '\0';
	close(wishes[0]);
	close(told[0]);
	close(told[1]);
	close(wake);
	close(tty.fd);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int setup(void **state)
{
	static const char text[] = "discover: false\n"
				   "jobs: [{name: migration, ui: 'http://127.0.0.1:1', restart: "
				   "{command: [/bin/true], "
				   "values: {resume_from: {ask: where}, reason: {ask: why}}}}]\n";
	struct buf mistakes;

	(void)state;
	buf_init(&mistakes, 1 << 16);
	memset(&now, 0, sizeof(now));
	now.action = -1;
	assert_int_equal(config_parse("c", text, strlen(text), &cfg, &mistakes), 0);
	buf_release(&mistakes);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	config_unref(cfg);
	return 0;
}

#endif

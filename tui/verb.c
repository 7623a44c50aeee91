/* verb.c - an action from the command line, by the same door as the console: a plan, an answer, its
 * steps, its end (include/action.h). Nothing is decided here but when to ask and how to leave.
 *
 * A signal does not cut what was begun: kill, restart and recover go on to their end, a replay
 * stops after the entry in flight, and the exit code is that of what came of it. */
#include "verb.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../include/clock.h"
#include "ending.h"
#include "headless.h"
#include "verb_args.h"
#include "verb_say.h"
#include "verb_wait.h"

enum { PLAN_WITHIN_MS = 60 * 1000, AGAIN_MS = 10 * 1000, SLICE_MS = 200, VALUES_MAX = 64 };
enum { EXIT_DONE = 0, EXIT_REFUSED = 1, EXIT_FAILED = 2, EXIT_IN_DOUBT = 3 };

static int exit_of(enum action_state state)
{
	switch (state) {
	case ACTION_STATE_DONE:
		return EXIT_DONE;
	case ACTION_STATE_REFUSED:
		return EXIT_REFUSED;
	case ACTION_STATE_FAILED:
	case ACTION_STATE_CANCELLED:
		return EXIT_FAILED;
	default:
		return EXIT_IN_DOUBT;
	}
}

static bool is_over(const struct action_row *a)
{
	return a && a->state != ACTION_STATE_RUNS && a->state != ACTION_STATE_ASKS;
}

/* --- before it --- */

static bool has_terminal(const struct verb *v)
{
	return isatty(STDIN_FILENO) && isatty(fileno(v->say));
}

/* What is to be said of the end, as text or JSON; returns the code. */
static int report(const struct verb *v, int code, const char *state, const char *says)
{
	struct verb_report r = {.verb = v->args->is->name,
				.is_dry_run = v->args->dry_run,
				.code = code,
				.state = state,
				.says = says,
				.plan = v->plan ? verb_plan(v) : NULL,
				.action = v->plan ? verb_action(v) : NULL};

	if (v->o->json)
		say_json(stdout, &r);
	else if (says)
		fprintf(code == EXIT_DONE ? stdout : stderr, "sparkops: %s: %s\n", r.verb, says);
	return code;
}

static int refused(const struct verb *v, const char *why)
{
	return report(v, EXIT_REFUSED, action_state_names[ACTION_STATE_REFUSED], why);
}

static int ended(const struct verb *v)
{
	fprintf(stderr, "\nsparkops: %s: ended by signal %d: nothing was done\n", v->args->is->name,
		ending_signal());
	return 128 + ending_signal();
}

/* The START of a PID that was given without: from now on it is that process or none. */
static int complete_pid(struct verb *v)
{
	char path[64], text[1024], *p;
	int64_t pid, start;
	ssize_t n = 0;
	int fd;

	if (!v->args->pid)
		return 0;
	v->request.jvm = v->args->pid;
	if (!verb_pid(v->args->pid, &pid, &start) || start)
		return 0;
	snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	/* Behind the name, which may hold anything, field 22 is the 20th. */
	p = strrchr(text, ')');
	for (int i = 0; p && i < 20; i++)
		p = strchr(p + 1, ' ');
	if (!p)
		return refused(v,
			       arena_printf(&v->arena,
					    "there is no process %" PRId64 " on this host", pid));
	snprintf(v->jvm, sizeof(v->jvm), "%" PRId64 "@%.20s", pid, p + 1);
	v->jvm[strcspn(v->jvm, " ")] = '\0';
	v->request.jvm = v->jvm;
	return 0;
}

/* A name that no hook of the job asks for is a mistake: with it the value that was meant would be
 * the default. `again` is asked after an OOM. */
static int check_values(const struct verb *v)
{
	const char *names[VALUES_MAX] = {"again"};
	const struct config_job *job = NULL;
	size_t n = 1;

	for (size_t i = 0; i < v->s->cfg->njobs; i++)
		if (v->o->job && text_is(v->s->cfg->jobs[i].name, v->o->job))
			job = &v->s->cfg->jobs[i];
	for (size_t i = 0; job && i < job->restart.nvalues && n < VALUES_MAX; i++)
		names[n++] = job->restart.values[i].name;
	for (size_t i = 0; job && i < job->resume.nvalues && n < VALUES_MAX; i++)
		names[n++] = job->resume.values[i].name;
	for (size_t i = 0; i < v->request.nvalues; i++) {
		const char *name = v->request.values[i].name, *near;
		size_t k = 0;

		while (k < n && strcmp(names[k], name) != 0)
			k++;
		if (k < n)
			continue;
		near = config_nearest(name, names, n);
		fprintf(stderr, "sparkops: --set: %s asks for no value \"%.100s\"%s%s%s\n",
			v->o->job, name, near ? "; did you mean \"" : "", near ? near : "",
			near ? "\"?" : "");
		return EXIT_USAGE;
	}
	return 0;
}

/* --- the plan --- */

/* Its job may come a moment after everything has settled. */
static int find_job(struct verb *v, int64_t deadline)
{
	verb_look(v);
	while (v->o->job && !headless_has_job(v->s->cfg, v->o->job) && v->s->cfg->discover &&
	       clock_mono(&clock_real) < deadline)
		if (verb_wait(v, false, SLICE_MS) == WOKEN_BY_SIGNAL)
			return ended(v);
	return headless_check_job(v->s->cfg, v->o->job);
}

/* Until there is one, and for as long as the caller has patience one that is not refused: evidence
 * may need a while. */
static const struct plan_row *await_plan(struct verb *v, int64_t deadline)
{
	int64_t end = clock_mono(&clock_real) + PLAN_WITHIN_MS;

	for (;;) {
		const struct plan_row *p = verb_plan(v);
		int64_t now = clock_mono(&clock_real);

		if (p && (!p->refused || !v->args->is_patient || now >= deadline))
			return p;
		if (now >= end && !p)
			return NULL;
		if (verb_wait(v, false, SLICE_MS) == WOKEN_BY_SIGNAL)
			return NULL;
	}
}

/* --- while it runs --- */

static void say_leaving(struct verb *v, int sig)
{
	bool goes_on = backend_acting(v->b, true) > 0;
	bool is_replay = v->request.action == ACTION_REPLAY;

	fprintf(v->say, "\nsignal %d: %s\n", sig,
		is_replay ? "it stops after the entry in flight and writes its outcome"
		: goes_on ? "it goes on to its end and writes its outcome; only SIGKILL cuts it"
			  : "it stops after what is in flight");
	fflush(v->say);
}

/* A decision in the middle: SIGKILL? Anything but yes is no. */
static void decide(struct verb *v, bool is_yes)
{
	struct err err = {0};

	if (verb_send(v, is_yes ? ACTION_ANSWER : ACTION_CANCEL, &err) != 0)
		fprintf(v->say, "%s\n", err.message);
}

static void pose(struct verb *v, const struct action_row *a)
{
	verb_flush(v);
	fprintf(v->say, "%s\nType yes to confirm: ", a->asks ? text_str(a->asks) : "Go on?");
	fflush(v->say);
}

/* What a replay does at the moment, where no step has told it for a while: it may wait for long. */
static void say_again(struct verb *v, const struct action_row *a, int64_t *said)
{
	int64_t now = clock_mono(&clock_real);

	if (v->request.action != ACTION_REPLAY || !a->step || now - *said < AGAIN_MS)
		return;
	fprintf(v->say, "%s\n", text_str(a->step));
	fflush(v->say);
	*said = now;
}

static const struct action_row *watch(struct verb *v)
{
	int64_t said = clock_mono(&clock_real);
	bool is_asking = false, is_alone = !has_terminal(v);
	size_t nsteps = 0;
	int sig;

	for (;;) {
		const struct action_row *a = verb_action(v);
		bool asks = a && a->state == ACTION_STATE_ASKS && !is_alone;
		enum verb_woken woken;

		if (a)
			nsteps = say_steps(v->say, a, nsteps);
		if (is_over(a))
			return a;
		if (a && !asks)
			say_again(v, a, &said);
		if (asks && !is_asking)
			pose(v, a);
		is_asking = asks;
		woken = verb_wait(v, asks, v->request.action == ACTION_REPLAY ? AGAIN_MS : -1);
		if (woken == WOKEN_BY_SIGNAL && (sig = ending_take()) != 0)
			say_leaving(v, sig);
		else if (woken == WOKEN_BY_LINE || woken == WOKEN_BY_END)
			decide(v, woken == WOKEN_BY_LINE && strcmp(v->line, "yes") == 0);
		is_alone = is_alone || woken == WOKEN_BY_END || woken == WOKEN_BY_SIGNAL;
	}
}

static int do_it(struct verb *v)
{
	const struct action_row *a;
	struct err err = {0};

	if (verb_send(v, ACTION_DO, &err) != 0)
		return refused(v, err.message);
	a = watch(v);
	if (!v->o->json)
		say_outcome(stdout, a);
	return report(v, exit_of((enum action_state)a->state), action_state_names[a->state], NULL);
}

/* That all is done already is what was wanted, with --yes and without. */
static bool is_nothing_to_do(const struct plan_row *p)
{
	static const char says[] = "nothing to do";

	return p->refused && !strncmp(text_str(p->refused), says, sizeof(says) - 1);
}

/* A plan only: as it would end with --yes, also where something was not given that it needs. */
static int show_plan(struct verb *v, const struct plan_row *p)
{
	const struct plan_ask *lacks = p->refused ? NULL : verb_lacks(v, p);
	const char *says = NULL;

	if (!v->o->json)
		say_plan(stdout, p);
	if (lacks)
		says = arena_printf(&v->arena,
				    "with --yes it would be refused: %s is not given and has "
				    "no default",
				    text_str(lacks->name));
	else if (p->refused && v->o->json)
		says = text_str(p->refused);
	if (p->refused && is_nothing_to_do(p))
		return report(v, EXIT_DONE, "nothing to do", says);
	return report(v, p->refused || lacks ? EXIT_REFUSED : EXIT_DONE,
		      p->refused || lacks ? "refused" : "would act", says);
}

/* --- from its beginning to its end --- */

static int plan_and_do(struct verb *v, int64_t deadline)
{
	const struct plan_row *p;
	struct err err = {0};
	const char *why;

	if (verb_send(v, ACTION_PLAN, &err) != 0)
		return refused(v, err.message);
	p = await_plan(v, deadline);
	if (ending_signal())
		return ended(v);
	if (!p)
		return refused(v, "no plan within 60 s: nothing was done");
	if (v->args->dry_run)
		return show_plan(v, p);
	if (is_nothing_to_do(p))
		return report(v, EXIT_DONE, action_state_names[ACTION_STATE_DONE],
			      text_str(p->refused));
	if (p->refused)
		return refused(v, text_str(p->refused));
	why = v->args->yes ? NULL : verb_ask(v);
	if (ending_signal())
		return ended(v);
	return why ? refused(v, why) : do_it(v);
}

static int run(struct verb *v, const struct config *cfg)
{
	int64_t deadline = clock_mono(&clock_real) + cfg->timeout_ms;
	struct err err = {0};
	int code;

	v->b = headless_begin(cfg);
	if (!v->b)
		return EXIT_REFUSED;
	(void)!headless_settle(v->b, cfg->timeout_ms);
	code = ending_signal() ? ended(v) : find_job(v, deadline);
	if (code == 0)
		code = check_values(v);
	if (code == 0)
		code = plan_and_do(v, deadline);
	if (v->plan)
		(void)!verb_send(v, ACTION_FORGET, &err);
	backend_stop(v->b);
	snapshot_unref(v->s);
	return code;
}

int verb_run(const struct config *cfg, const struct options *o)
{
	struct verb v = {.o = o, .args = &o->verb, .request = o->verb.request};
	int code;

	v.say = o->json ? stderr : stdout;
	if (!o->verb.yes && !o->verb.dry_run && !has_terminal(&v)) {
		fprintf(stderr,
			"sparkops: %s asks before it acts, and there is no terminal to ask on; "
			"--yes acts unasked, --dry-run only shows\n",
			o->verb.is->name);
		return EXIT_USAGE;
	}
	arena_init(&v.arena);
	ending_catch();
	code = cfg->discover ? 0 : headless_check_job(cfg, o->job);
	if (code == 0)
		code = complete_pid(&v);
	if (code == 0)
		code = run(&v, cfg);
	arena_release(&v.arena);
	return code;
}

/* action/victim_end.c - SIGTERM, a wait, and SIGKILL as a decision of its own.
 *
 * Each signal is a step that is on disk before it is sent, and is sent by the pidfd right after the
 * process was looked at once more. A stopped process takes no SIGTERM until it goes on, so it gets
 * SIGCONT behind it. What still lives when the time is over is told from what cannot be killed: a
 * process that waits in the kernel (D) is named with what it waits in. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../include/clock.h"
#include "../failpoint.h"
#include "victim_ports.h"

enum { KILL_WAIT_MS = 10000, TICK_MS = 1000 };

static enum action_state fail(struct act *a, const struct err *err)
{
	act_outcome(a, "%s", err->message);
	return err->code == ERR_IO ? ACTION_STATE_FAILED : ACTION_STATE_REFUSED;
}

/* It is over: that the audit may be full by now stops nothing. */
static enum action_state has_ended(struct act *a, struct victim *v)
{
	char name[48];

	v->ended_at = clock_wall(&clock_real);
	(void)!act_step(a, "ended", "%s ended %.1f s after the first signal", victim_name(v, name),
			(double)(sight_ticks() - v->signalled) / (double)sight_proc()->tick_hz);
	return ACTION_STATE_DONE;
}

static int send_signal(const struct victim *v, int number, struct err *err)
{
	char name[48], user[64];

	if (syscall(SYS_pidfd_send_signal, v->pidfd, number, NULL, 0) == 0)
		return 0;
	victim_name(v, name);
	if (errno == ESRCH)
		return err_set(err, ERR_MISSING, "%s has ended", name);
	if (errno != EPERM)
		return err_set(err, ERR_REFUSED, "no signal can be sent to %s: %s", name,
			       strerror(errno));
	sight_user(v->uid, user, sizeof(user));
	return err_set(err, ERR_REFUSED,
		       "no signal may be sent to %s of %s (not permitted: a seccomp filter or a "
		       "security module forbids it): run sparkops where it may, as %s",
		       name, user, user);
}

/* Looked at once more, then sent. -ERR_MISSING: it has ended. */
static int signal_verified(const struct victim *v, int number, struct err *err)
{
	int rc = victim_verify(v, err);

	return rc == 0 ? send_signal(v, number, err) : rc;
}

/* A step that says a signal is for one that still is who was shown; looked at again behind it. */
static int signal_step(struct act *a, const struct victim *v, int number, const char *step,
		       struct err *err)
{
	const char *word = number == SIGKILL ? "kill" : "term";
	int rc = victim_verify(v, err);

	if (rc == 0 && act_step(a, word, "%s", step) < 0)
		rc = err_set(err, ERR_IO,
			     "stopped: the next step could not be written to the audit, so it was "
			     "not done");
	return rc == 0 ? signal_verified(v, number, err) : rc;
}

/* The state of a process that does not end, as a person needs it. */
static void say_state(const struct victim *v, char *out, size_t size)
{
	struct sight s;
	char where[64], tracer[64];

	out[0] = '\0';
	if (!sight_take(v->pid, &s))
		return;
	if (s.stat.state == 'D') {
		sight_line(v->pid, "wchan", where, sizeof(where));
		snprintf(out, size,
			 ": it waits in the kernel (state D%s%s), a disk or mount that does not "
			 "answer; no signal ends it until that does",
			 *where && strcmp(where, "0") ? ", in " : "",
			 *where && strcmp(where, "0") ? where : "");
	} else if (s.stat.state == 't' && s.tracer) {
		sight_line(s.tracer, "comm", tracer, sizeof(tracer));
		snprintf(out, size, ": %s %" PRId64 " holds it as a debugger", tracer, s.tracer);
	} else if (s.stat.state == 'T' || s.stat.state == 't') {
		snprintf(out, size, ": it is stopped");
	}
}

/* Waits on the pidfd and counts down; READY: it ended, TIME, CANCELLED. */
static enum act_woken wait_end(struct act *a, const struct victim *v, const char *sent, int64_t ms,
			       const char *then)
{
	int64_t began = clock_mono(&clock_real), past;

	ms = failpoint_ms(ms);
	while ((past = clock_mono(&clock_real) - began) < ms) {
		act_says(a, "%s sent, waits %" PRId64 " s of %" PRId64 " s%s", sent, past / 1000,
			 ms / 1000, then);
		enum act_woken w = act_wait(a, v->pidfd, min_i64(TICK_MS, ms - past));
		if (w == WOKEN_READY || w == WOKEN_CANCELLED)
			return w;
		if (w == WOKEN_NEWS)
			(void)act_look(a);
	}
	return WOKEN_TIME;
}

/* --- TERM --- */

static bool is_stopped(const struct victim *v)
{
	struct sight s;

	return sight_take(v->pid, &s) && (s.stat.state == 'T' || s.stat.state == 't');
}

static enum action_state terminate(struct act *a, struct victim *v)
{
	bool was_stopped = is_stopped(v);
	struct err err = {0};
	char name[48], step[128];
	int rc;

	snprintf(step, sizeof(step), "SIGTERM to %s%s", victim_name(v, name),
		 was_stopped ? ", and SIGCONT: it is stopped" : "");
	failpoint("kill.term");
	rc = signal_step(a, v, SIGTERM, step, &err);
	failpoint("kill.termed");
	if (rc == 0 && was_stopped)
		rc = signal_verified(v, SIGCONT, &err);
	if (rc == -ERR_MISSING)
		return has_ended(a, v);
	return rc < 0 ? fail(a, &err) : ACTION_STATE_RUNS;
}

/* --- KILL --- */

static enum action_state survived(struct act *a, const struct victim *v)
{
	char state[200], name[48];

	say_state(v, state, sizeof(state));
	act_outcome(a, "%s lives %d s after SIGKILL%s", victim_name(v, name), KILL_WAIT_MS / 1000,
		    *state ? state : ": the kernel has not ended it");
	return ACTION_STATE_FAILED;
}

static enum action_state kill_hard(struct act *a, struct victim *v)
{
	struct err err = {0};
	char name[48], step[128];
	int rc;

	snprintf(step, sizeof(step), "SIGKILL to %s", victim_name(v, name));
	failpoint("kill.kill");
	rc = signal_step(a, v, SIGKILL, step, &err);
	failpoint("kill.killed");
	if (rc == -ERR_MISSING)
		return has_ended(a, v);
	if (rc < 0)
		return fail(a, &err);
	switch (wait_end(a, v, "SIGKILL", KILL_WAIT_MS, "")) {
	case WOKEN_READY:
		return has_ended(a, v);
	case WOKEN_CANCELLED:
		act_outcome(a, "cancelled after SIGKILL was sent to %s", name);
		return ACTION_STATE_IN_DOUBT;
	default:
		return survived(a, v);
	}
}

static enum action_state ask_and_kill(struct act *a, struct victim *v, int64_t waited_ms)
{
	char state[200], name[48];

	say_state(v, state, sizeof(state));
	victim_name(v, name);
	switch (act_ask(a, v->pidfd,
			"%s lives %" PRId64 " s after SIGTERM%s. Send SIGKILL? It ends at once; "
			"what it has not written is lost",
			name, waited_ms / 1000, state)) {
	case WOKEN_ANSWERED:
		return kill_hard(a, v);
	case WOKEN_READY:
		return has_ended(a, v);
	default:
		act_outcome(a,
			    "%s lives %" PRId64 " s after SIGTERM%s; SIGKILL was not allowed "
			    "(--force-after, or a yes to the question)",
			    name, waited_ms / 1000, state);
		return ACTION_STATE_FAILED;
	}
}

enum action_state victim_end(struct act *a, struct victim *v, int64_t force_after_ms)
{
	bool may_kill = !is_absent(force_after_ms) && force_after_ms >= 0;
	int64_t wait = may_kill ? force_after_ms : VICTIM_TERM_MS;
	enum action_state state;
	char name[48];

	victim_see_ports(v);
	if (!v->signalled)
		v->signalled = sight_ticks();
	state = terminate(a, v);
	if (state != ACTION_STATE_RUNS)
		return state;
	switch (wait_end(a, v, "SIGTERM", wait, may_kill ? ", then SIGKILL" : "")) {
	case WOKEN_READY:
		return has_ended(a, v);
	case WOKEN_CANCELLED:
		act_outcome(a, "cancelled while %s had SIGTERM: it may still end by it",
			    victim_name(v, name));
		return ACTION_STATE_CANCELLED;
	default:
		return may_kill ? kill_hard(a, v) : ask_and_kill(a, v, wait);
	}
}

/* action/hold.c - nobody may act on a job until then: here, in scripts, and for everybody who
 * shares the ledger. A hold stops nothing that runs but a replay, before its next entry. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "../../include/clock.h"
#include "../store/ledger.h"
#include "act.h"

static const char *value_or(const char *given, const char *answered)
{
	return given != NULL ? given : answered != NULL && *answered != '\0' ? answered : NULL;
}

static bool is_for_ever(const char *s)
{
	return s == NULL || strcasecmp(s, "for ever") == 0 || strcasecmp(s, "forever") == 0;
}

/* `16:00`: the next time that this host's clocks show it. */
static bool read_clock(const char *s, int64_t now, int64_t *until)
{
	time_t t = (time_t)(now / 1000);
	int hour, minute, end = 0;
	struct tm tm;

	if (strspn(s, "0123456789") > 2 || sscanf(s, "%2d:%2d%n", &hour, &minute, &end) != 2 ||
	    s[end] != '\0' || s[end - 3] != ':' || hour > 23 || minute > 59 || minute < 0 ||
	    localtime_r(&t, &tm) == NULL)
		return false;
	tm.tm_mday += hour * 60 + minute <= tm.tm_hour * 60 + tm.tm_min;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	*until = (int64_t)mktime(&tm) * 1000;
	return true;
}

/* Until when: ABSENT for ever. -ERR_REFUSED: what was typed cannot be read. */
static int read_until(const struct action_request *r, int64_t *until, struct err *err)
{
	int64_t now = clock_wall(&clock_real), ms = r->for_ms;
	const char *s = request_value(r, "for");

	*until = ABSENT;
	if (is_absent(ms) && is_for_ever(s))
		return 0;
	if (is_absent(ms) && read_clock(s, now, until))
		return 0;
	if (is_absent(ms) && !config_duration(s, strlen(s), &ms))
		ms = 0;
	*until = now + ms;
	if (ms > 0)
		return 0;
	return err_set(err, ERR_REFUSED,
		       "\"%.60s\" is no time for a hold; it would be like 4h, 30m, 16:00 or for "
		       "ever",
		       s != NULL ? s : "0");
}

static int accepts(const struct action_request *r, struct err *err)
{
	int64_t until;

	return r->is_off ? 0 : read_until(r, &until, err);
}

static const struct text *until_text(int64_t until, struct arena *arena)
{
	time_t t = (time_t)(until / 1000);
	char when[32] = "";
	struct tm tm;

	if (is_absent(until))
		return TEXT("until it is released");
	if (localtime_r(&t, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm);
	return text_format(arena, "until %s", when);
}

static void plan_asks(struct act *a, struct plan_row *p, struct arena *arena)
{
	const struct action_request *r = act_request(a);
	struct plan_ask *asks = ARENA_ARRAY(arena, struct plan_ask, 2);

	if (is_absent(r->for_ms) && !r->is_yes)
		asks[p->nasks++] = (struct plan_ask){
			TEXT("for"), TEXT("for how long (4h, 30m, 16:00, for ever)"),
			TEXT("for ever"), NULL};
	if (r->reason == NULL)
		asks[p->nasks++] = (struct plan_ask){TEXT("reason"), TEXT("why"), NULL, NULL};
	p->asks = asks;
}

static void plan_release(struct plan_row *p, const char *held, struct arena *arena)
{
	static const struct text *const steps[] = {
		TEXT("the hold ends: actions are possible again")};

	p->title = TEXT("Release this job?");
	p->button = TEXT("release");
	p->steps = (struct texts){1, steps};
	if (held == NULL)
		p->warning = TEXT("it is not held: there is nothing to do");
	else
		p->warning = text_format(arena, "it is held %s", held);
}

static void plan(struct act *a, struct plan_row *p, struct arena *arena)
{
	const char *job = act_job_name(a);
	const char *held;
	const struct text **lines = ARENA_ARRAY(arena, const struct text *, 2);
	struct err err = {0};
	int64_t until;

	if (job == NULL || act_job(a) == NULL) {
		p->refused = job == NULL ? TEXT("no job is named: --job NAME")
					 : text_format(arena, "there is no job %s", job);
		return;
	}
	lines[0] = text_format(arena, "job %s", job);
	p->target = (struct texts){1, lines};
	held = act_ledger(a) == NULL ? NULL : ledger_held(act_ledger(a), job, arena);
	if (act_request(a)->is_off) {
		plan_release(p, held, arena);
		return;
	}
	plan_asks(a, p, arena);
	if (read_until(act_request(a), &until, &err) != 0) {
		p->refused = text_format(arena, "%s", err.message);
		return;
	}
	lines[1] =
		text_format(arena, "every action on it is refused %s, for everybody on this ledger",
			    text_str(until_text(until, arena)));
	p->steps = (struct texts){1, &lines[1]};
	if (held != NULL)
		p->warning = text_format(arena, "it is held %s: this takes its place", held);
}

static enum action_state run(struct act *a)
{
	const char *job = act_job_name(a), *held;
	struct err err = {0};
	struct arena arena;
	int64_t until;
	int rc;

	arena_init(&arena);
	if (act_request(a)->is_off) {
		held = ledger_held(act_ledger(a), job, &arena);
		rc = ledger_release(act_ledger(a), job, &err);
		act_outcome(a, held == NULL ? "%s was not held" : "%s is released, it was held %s",
			    job, held);
	} else {
		rc = read_until(act_request(a), &until, &err);
		rc = rc != 0 ? rc
			     : ledger_hold(act_ledger(a), job, until,
					   value_or(act_request(a)->reason, act_value(a, "reason")),
					   &err);
		held = ledger_held(act_ledger(a), job, &arena);
		act_outcome(a, "%s is held %s", job, held == NULL ? "?" : held);
	}
	if (rc != 0)
		act_outcome(a, "%s", err.message);
	arena_release(&arena);
	return rc == 0 ? ACTION_STATE_DONE : ACTION_STATE_FAILED;
}

const struct action_ops action_hold = {
	.plan = plan, .accepts = accepts, .run = run, .is_bookkeeping = true};

/* action/act.c - the life of an act, in the one order there is.
 *
 * DESIGN. The thread begins when a question opens and ends with the outcome. run() is called in one
 * place, after the plan was made once more, what was typed was compared with it and the intent is
 * on disk; every way out of the question before that ends without a trace in the world. An outcome
 * is written whatever happened, also where the disk refuses it for a while. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../include/clock.h"
#include "../../include/log.h"
#include "../failpoint.h"
#include "act_parts.h"

enum { PLAN_PAUSE_MS = 100, PLAN_AGE_MS = 1000, QUESTION_MS = 600000 };
enum { OUTCOME_TRIES = 10, OUTCOME_PAUSE_MS = 1000 };

/* --- the question --- */

static bool is_over(struct act *a)
{
	bool is;

	acts_lock(a->acts);
	is = a->is_forgotten || a->acts->is_leaving || a->acts->is_stopped;
	acts_unlock(a->acts);
	return is;
}

static bool is_answered(struct act *a)
{
	bool is;

	acts_lock(a->acts);
	is = a->given != NULL;
	acts_unlock(a->acts);
	return is;
}

/* Makes the plan anew with each snapshot, and now and then without one, since ages grow. True: it
 * was answered; that counts even when the console leaves in the same moment. */
static bool ask(struct act *a)
{
	int64_t until = clock_mono(&clock_real) + QUESTION_MS;

	while (!is_answered(a) && !is_over(a)) {
		if (clock_mono(&clock_real) > until) {
			log_msg(LOG_INFO, "a question was open for %d minutes: closed",
				QUESTION_MS / 60000);
			return false;
		}
		act_look(a);
		act_show_plan(a, act_make_plan(a));
		if (act_sleep(a, PLAN_PAUSE_MS))
			act_wait(a, -1, PLAN_AGE_MS);
	}
	return is_answered(a);
}

/* --- the check --- */

static enum action_state refuse(struct act *a, const char *why)
{
	act_outcome(a, "nothing was done: %s", why);
	return act_is_cancelled(a) ? ACTION_STATE_CANCELLED : ACTION_STATE_REFUSED;
}

/* What was answered, against what would be done now. */
static int check(struct act *a, const struct plan_row *shown, const struct plan_row *now,
		 struct err *err)
{
	if (act_is_cancelled(a))
		return err_set(err, ERR_REFUSED, "it was cancelled before it began");
	if (now->refused != NULL)
		return err_set(err, ERR_REFUSED, "%s", text_str(now->refused));
	if (!a->request.is_yes && shown != NULL && now->changes != shown->changes)
		return err_set(err, ERR_REFUSED, "%s",
			       now->says != NULL ? text_str(now->says)
						 : "it is no longer what the question said");
	return plan_accepts(now, &a->request, err);
}

static const char *how_asked(struct act *a)
{
	const struct action_request *r = &a->request;

	return arena_printf(&a->arena, "%s%s%s%s%s",
			    r->is_yes ? "by a script (--yes)" : "by a person",
			    r->typed != NULL ? ", typed " : "", r->typed != NULL ? r->typed : "",
			    r->reason != NULL ? ": " : "", r->reason != NULL ? r->reason : "");
}

static int intend(struct act *a, struct err *err)
{
	const char *jobs[] = {a->job, a->other_job, NULL};
	const struct act_cut *cut = cut_find(a);
	struct audit_entry e = {.at = ABSENT,
				.kind = "intent",
				.action = action_words[a->request.action],
				.continues = cut != NULL ? cut->number : 0,
				.job = a->job,
				.target = a->target,
				.says = how_asked(a),
				.detail = a->detail};
	int rc;

	if (a->job == NULL)
		jobs[0] = a->other_job, jobs[1] = NULL;
	failpoint("pipe.intent");
	rc = audit_intend(a->ledger, &e, a->ops->is_bookkeeping ? NULL : jobs, &a->intent, err);
	failpoint("pipe.intended");
	return rc;
}

static void take_answer(struct act *a)
{
	acts_lock(a->acts);
	request_lay_over(&a->request, a->given, &a->arena);
	acts_unlock(a->acts);
}

/* What was taken out of the ledger by another hand looks as if it was never sent. */
static int check_proof(const struct act *a, struct ledger *l, struct err *err)
{
	struct audit_verdict v;
	int rc = a->ops->needs_proof ? audit_verify(l, &v, err) : 0;

	if (rc != 0 || !a->ops->needs_proof || v.is_whole)
		return rc;
	return err_set(err, ERR_REFUSED,
		       "the audit is not whole: %s; look: sparkops audit verify, and put a backup "
		       "of ledger.db in its place",
		       v.says);
}

static void look_at_ledger(struct act *a)
{
	a->ledger = ledger_look(act_state_dir(a), &a->unwritable, &a->ledger_err);
	if (a->ledger != NULL && a->unwritable.code == ERR_NONE)
		(void)!check_proof(a, a->ledger, &a->unwritable);
}

/* From here on it may write. */
static int open_ledger(struct act *a, struct err *err)
{
	struct ledger *l = ledger_open(act_state_dir(a), false, err);

	if (l != NULL && check_proof(a, l, err) != 0) {
		ledger_close(l);
		l = NULL;
	}
	if (l == NULL)
		return -ERR_IO;
	ledger_close(a->ledger);
	a->ledger = l;
	return 0;
}

/* 0: the intent is on disk. */
static int begin(struct act *a, struct err *err)
{
	const struct dataset *shown;
	struct dataset *now;
	int64_t n;
	int rc;

	take_answer(a);
	rc = open_ledger(a, err);
	if (rc != 0)
		return rc;
	acts_lock(a->acts);
	shown = a->question == NULL ? NULL : dataset_ref(a->question);
	acts_unlock(a->acts);
	act_look(a);
	now = act_make_plan(a);
	rc = check(a, act_plan_of(shown), act_plan_of(now), err);
	dataset_unref(shown);
	dataset_unref(now);
	if (rc == 0 && ledger_settle_orphans(a->ledger, &n, err) != 0)
		rc = -ERR_IO;
	return rc != 0 ? rc : intend(a, err);
}

/* --- the end --- */

static int put_outcome(struct act *a, struct err *err)
{
	struct audit_entry e = {.at = ABSENT,
				.kind = "outcome",
				.intent = a->intent,
				.action = action_words[a->request.action],
				.job = a->job,
				.target = a->target,
				.says = a->outcome,
				.detail = a->detail,
				.state = action_state_names[a->end],
				.proof = a->proof};

	return audit_put(a->ledger, &e, NULL, err);
}

/* It happened, so it is written: the disk may have room again in a moment. */
static void write_outcome(struct act *a)
{
	struct err err = {0};
	int rc;

	failpoint("pipe.outcome");
	rc = put_outcome(a, &err);
	for (int i = 1; rc != 0 && i < OUTCOME_TRIES; i++) {
		struct timespec pause = {0, failpoint_ms(OUTCOME_PAUSE_MS) * 1000000 - 1};
		nanosleep(&pause, NULL);
		rc = put_outcome(a, &err);
	}
	failpoint("pipe.ended");
	if (rc == 0)
		return;
	log_msg(LOG_ERROR, "the outcome of %s (number %lld) is not in the audit: %s",
		action_words[a->request.action], (long long)a->intent, err.message);
	act_outcome(a, "%s (this could not be written to the audit: %s)",
		    a->outcome != NULL ? a->outcome : "it ended", err.message);
}

static void run(struct act *a)
{
	struct err err = {0};

	a->began_at = clock_wall(&clock_real);
	if (begin(a, &err) != 0) {
		a->end = (int)refuse(a, err.message);
	} else {
		acts_lock(a->acts);
		a->stage = ACT_RUNS;
		acts_unlock(a->acts);
		act_show(a, ACTION_STATE_RUNS);
		a->end = (int)a->ops->run(a);
		if (a->outcome == NULL)
			act_outcome(a, "%s", action_state_names[a->end]);
		write_outcome(a);
	}
	a->ended_at = clock_wall(&clock_real);
	act_show(a, a->end);
}

/* --- the thread --- */

static void leave(struct act *a)
{
	struct acts *s = a->acts;

	acts_lock(s);
	for (size_t i = 0; i < s->nlive; i++)
		if (s->live[i] == a)
			s->live[i] = s->live[--s->nlive];
	if (a->row != NULL && s->npast == PAST_MAX) {
		dataset_unref(s->past[0]);
		memmove(s->past, s->past + 1, (PAST_MAX - 1) * sizeof(*s->past));
		s->npast--;
	}
	if (a->row != NULL)
		s->past[s->npast++] = dataset_ref(a->row);
	s->has_new_plans = s->has_new_rows = true;
	s->has_written |= a->intent > 0;
	acts_ring(s);
	pthread_cond_broadcast(&s->change);
	acts_unlock(s);
}

static void release(struct act *a)
{
	ledger_close(a->ledger);
	dataset_unref(a->question);
	dataset_unref(a->row);
	snapshot_unref(a->snap);
	config_unref(a->cfg);
	free(a->plan_text);
	free(a->state);
	close(a->wake);
	arena_release(&a->given_arena);
	arena_release(&a->arena);
	free(a);
}

void *act_run(void *data)
{
	struct act *a = data;
	struct acts *s = a->acts;

	act_look(a);
	look_at_ledger(a);
	act_find_jobs(a);
	if (a->ops->capture != NULL && a->ops->capture(a, &a->captured) == 0)
		a->captured.code = ERR_NONE;
	if (ask(a))
		run(a);
	if (a->ops->release != NULL)
		a->ops->release(a);
	leave(a);
	release(a);
	acts_unref(s);
	return NULL;
}

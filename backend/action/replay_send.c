/* action/replay_send.c - one unit is replayed: intent, probe, hook, proof, end.
 *
 * DESIGN. The order is what keeps the promise "nothing is lost, nothing is sent twice without a
 * person": the attempt is in the ledger before the job hears of it, and closed after it is known
 * what came of it. Whoever dies in between leaves an open attempt, which is doubt. Asking is free,
 * so a probe is asked wherever it can turn doubt into proof. */
#include <stdlib.h>
#include <string.h>

#include "../../include/clock.h"
#include "../failpoint.h"
#include "probe.h"
#include "replay.h"

enum { LATER_TRIES = 5, LATER_MS = 5000, LATER_MOST_MS = 600000, LATER_SAYS_MS = 10000 };
enum { ASK_EVERY_MS = 1000, REFUSED_TOLD = 100, HOLD_WORDS_MAX = 1000 };

/* What is known of an attempt. */
struct sent {
	int state; /* enum dlq_state */
	const char *proof, *outcome, *output;
	bool was_done; /* nothing had to be sent */
};

static void set_sent(struct sent *s, int state, const char *proof, const char *outcome)
{
	s->state = state;
	s->proof = proof;
	s->outcome = outcome;
}

/* --- asking --- */

struct unit_act {
	struct act *a;
	struct replay *r;
	const struct config_replay *cfg;
	struct replay_send send;
	struct arena arena;
};

static enum probe_says ask(struct unit_act *u, const char **why)
{
	failpoint("replay.probe");
	return probe_ask(&u->cfg->probe, &u->send.hook, u->r->cfg, &u->arena, why);
}

/* Asks again and again for so long, until it says done; what it said last. */
static enum probe_says ask_for(struct unit_act *u, int64_t ms, const char **why)
{
	enum probe_says says = ask(u, why);

	for (int64_t waited = 0; says != PROBE_DONE && waited < ms; waited += ASK_EVERY_MS) {
		act_says(u->a, "%s; asks again for %lld s", *why,
			 (long long)((ms - waited) / 1000));
		if (!act_sleep(u->a, min_i64(ASK_EVERY_MS, ms - waited)))
			return says;
		says = ask(u, why);
	}
	return says;
}

/* The hook said that it is done: does the job itself say so? */
static void prove_done(struct unit_act *u, const char *says, struct sent *s)
{
	const char *why;

	if (!probe_is_set(&u->cfg->probe)) {
		set_sent(s, DLQ_DONE, "hook", says);
		return;
	}
	switch (ask_for(u, u->cfg->settle_ms, &why)) {
	case PROBE_DONE:
		set_sent(s, DLQ_DONE, "probe", arena_printf(&u->arena, "%s; %s", says, why));
		return;
	case PROBE_MISSING:
		set_sent(s, DLQ_DOUBT, NULL,
			 arena_printf(&u->arena, "%s, but %s: in doubt", says, why));
		return;
	case PROBE_NOTHING:
	default:
		set_sent(s, DLQ_DONE, "hook", arena_printf(&u->arena, "%s; %s", says, why));
	}
}

static void prove_doubtful(struct unit_act *u, const char *says, int64_t ms, struct sent *s)
{
	const char *why = "there is no probe to ask";

	if (probe_is_set(&u->cfg->probe) && ask_for(u, ms, &why) == PROBE_DONE)
		set_sent(s, DLQ_DONE, "probe", arena_printf(&u->arena, "%s; %s", says, why));
	else
		set_sent(s, DLQ_DOUBT, NULL, arena_printf(&u->arena, "%s; %s", says, why));
}

/* --- sending --- */

static bool wait_for_later(struct unit_act *u, const struct hook_answer *answer, int try)
{
	int64_t ms = is_absent(answer->retry_after_ms) ? (int64_t)LATER_MS <<
	try : answer
		->retry_after_ms;

	if (ms > LATER_MOST_MS || try + 1 == LATER_TRIES)
		return false;
	(void)!act_step(u->a, "later", "%s; tries again in %lld s", answer->says,
			(long long)(ms / 1000));
	for (int64_t left = max_i64(ms, 1); left > 0; left -= LATER_SAYS_MS) {
		act_says(u->a, "%s; tries again in %lld s", answer->says, (long long)(left / 1000));
		if (!act_sleep(u->a, min_i64(left, LATER_SAYS_MS)))
			return false;
	}
	return true;
}

static int call(struct unit_act *u, struct hook_answer *answer, struct err *err)
{
	int rc = 0;

	for (int try = 0; try < LATER_TRIES; try++) {
		failpoint("replay.send");
		rc = hook_call(&u->send.hook, u->r->cfg, -1, &u->arena, answer, err);
		failpoint("replay.sent");
		if (rc || answer->meaning != HOOK_LATER || !wait_for_later(u, answer, try))
			break;
	}
	return rc;
}

static void send_it(struct unit_act *u, struct sent *s)
{
	struct hook_answer answer;
	struct err err;

	if (call(u, &answer, &err)) {
		set_sent(s, DLQ_FAILED, NULL, arena_strdup(&u->arena, err.message));
		return;
	}
	s->output = answer.output;
	switch (answer.meaning) {
	case HOOK_DONE:
	case HOOK_ALREADY:
		prove_done(u, answer.says, s);
		return;
	case HOOK_ACCEPTED:
		prove_doubtful(u, answer.says, u->cfg->returns_within_ms, s);
		return;
	case HOOK_LATER:
		set_sent(s, DLQ_FAILED, NULL,
			 arena_printf(&u->arena, "%s; not done, try again later", answer.says));
		return;
	case HOOK_FAILED:
		set_sent(s, DLQ_FAILED, NULL, answer.says);
		return;
	case HOOK_IN_DOUBT:
	default:
		prove_doubtful(u, answer.says, u->cfg->settle_ms, s);
	}
}

/* Is it to be sent at all, as far as the probe knows? */
static bool is_to_be_sent(struct unit_act *u, struct sent *s)
{
	const char *why;

	if (!u->cfg->probe.is_first || !probe_is_set(&u->cfg->probe))
		return true;
	switch (ask(u, &why)) {
	case PROBE_MISSING:
		return true;
	case PROBE_DONE:
		s->was_done = true;
		set_sent(s, DLQ_DONE, "probe",
			 arena_printf(&u->arena, "%s; nothing was sent", why));
		return false;
	case PROBE_NOTHING:
	default:
		set_sent(s, DLQ_FAILED, NULL, arena_printf(&u->arena, "not sent: %s", why));
		return false;
	}
}

/* --- the ledger --- */

static struct ledger_attempt attempt_of(const struct unit_act *u, const struct replay_unit *unit)
{
	const struct queue_words *w = &u->send.words;
	const struct queue_entry *e = queue_entry(u->r->queue, unit->first);

	return (struct ledger_attempt){.key = unit->key,
				       .hash = u->send.hash,
				       .job = act_request(u->a)->job,
				       .unit = w->unit,
				       .batch_id = w->batch_text,
				       .error_type = queue_type(u->r->queue, e),
				       .file = u->send.file,
				       .line = (int64_t)e->line,
				       .number = unit->inherited ? unit->inherited + 1 : 0,
				       .ended_at = ABSENT,
				       .state = DLQ_PENDING,
				       .intent = (int64_t)act_number(u->a),
				       .reason = replay_reason(u->r, unit)};
}

static bool is_still_open(const struct ledger_attempt *t)
{
	return t->state == DLQ_PENDING || t->state == DLQ_FAILED;
}

int replay_cover(struct ledger *l, const struct replay *r, const struct ledger_attempt *t, size_t n,
		 bool is_late, struct err *err)
{
	const struct queue *q = r->queue;
	size_t first = t->unit ? queue_unit_first(q, t->unit) : queue_count(q), found = 0;
	struct ledger_attempt *v;
	struct arena a;
	int rc = 0;

	if (first >= queue_count(q))
		return 0;
	arena_init(&a);
	v = xcalloc(n + 1, sizeof(*v));
	for (size_t i = first; i < n; i++) {
		const struct queue_entry *e = queue_entry(q, i);
		const struct ledger_attempt *own;
		char *hex = NULL;
		if (e->first != first)
			continue;
		hex = arena_alloc(&a, 2 * QUEUE_HASH + 1);
		queue_hex(e->hash, QUEUE_HASH, hex);
		v[found] = *t;
		v[found].hash = hex;
		v[found].key = arena_strndup(&a, hex, 32);
		own = replay_known(&r->known, v[found].key);
		v[found].file = arena_printf(&a, "%s/%s", r->folder, queue_file(q, e));
		v[found].error_type = queue_type(q, e);
		v[found].line = (int64_t)e->line;
		found += strcmp(v[found].key, t->key) && (!own || is_still_open(own)) &&
			 (!is_late || stand_whose(own, t, queue_time(e)) == WORD_OF_UNIT);
	}
	if (found)
		rc = ledger_cover(l, t, v, found, err);
	free(v);
	arena_release(&a);
	return rc;
}

static bool write_end(struct unit_act *u, struct ledger_attempt *t, const struct sent *s)
{
	size_t known = queue_count(u->r->queue);
	struct err err;

	t->state = s->state;
	t->proof = s->proof;
	t->outcome = s->outcome;
	t->output = s->output;
	failpoint("replay.end");
	int rc = ledger_end(act_ledger(u->a), t, &err);
	failpoint("replay.ended");
	if (!rc && s->state == DLQ_DONE)
		rc = replay_cover(act_ledger(u->a), u->r, t, known, false, &err);
	failpoint("replay.covered");
	if (!rc)
		return true;
	act_outcome(u->a, "what came of batch %s (%s) could not be written: %s; it is in doubt",
		    t->batch_id ? t->batch_id : "-", s->outcome, err.message);
	u->r->doubt++;
	return false;
}

static void count(struct replay *r, const struct sent *s)
{
	r->was_tried = true;
	r->by_probe += s->state == DLQ_DONE && !strcmp(s->proof, "probe");
	if (s->state == DLQ_DONE) {
		r->done += !s->was_done;
		r->already += s->was_done;
		r->failed_in_a_row = 0;
		return;
	}
	r->failed_in_a_row++;
	if (!r->why)
		r->why = arena_strdup(&r->arena, s->outcome);
	if (s->state == DLQ_DOUBT)
		r->doubt++;
	else
		r->failed++;
}

static bool tell(struct unit_act *u, const struct replay_unit *unit, const char *what)
{
	const struct queue_entry *e = queue_entry(u->r->queue, unit->first);
	const char *batch = u->send.words.batch_text;

	return act_step(u->a, "unit", "batch %s, line %u of %s: %s", batch ? batch : "-", e->line,
			queue_file(u->r->queue, e), what) == 0;
}

static bool is_closed(int state)
{
	return state == DLQ_DONE || state == DLQ_GIVEN_UP;
}

/* The ledger said no: how the entry stands by now. A hold is for all of them. */
static bool not_taken(struct unit_act *u, const struct replay_unit *unit, int state,
		      const struct err *err)
{
	struct replay *r = u->r;
	const char *held = ledger_held(act_ledger(u->a), text_str(r->job->name), &u->arena);

	if (held) {
		held = text_str(text_clean_max(&u->arena, held, strlen(held), HOLD_WORDS_MAX));
		r->held = arena_printf(&r->arena, "the job is held %s", held);
		(void)!act_step(u->a, "held", "%s", r->held);
		return false;
	}
	if (is_closed(state) && !is_closed(unit->state))
		r->settled++;
	else if (!r->skipped++)
		r->skipped_says = arena_strdup(&r->arena, err->message);
	return tell(u, unit, err->message);
}

/* Its last attempt is in doubt: what the probe says settles it. True: it may be sent. */
static bool settle(struct unit_act *u, const struct replay_unit *unit)
{
	const struct ledger_attempt *known = replay_known(&u->r->known, unit->key);
	struct ledger_attempt t;
	struct err err;
	const char *why;

	if (!known || known->state != DLQ_DOUBT)
		return true;
	enum probe_says says = ask(u, &why);
	if (says == PROBE_NOTHING) {
		u->r->doubt++;
		u->r->why = u->r->why ? u->r->why : arena_strdup(&u->r->arena, why);
		(void)!tell(u, unit, why);
		return false;
	}
	t = *known;
	if (says == PROBE_DONE) {
		struct sent s = {.was_done = true};
		set_sent(&s, DLQ_DONE, "probe", why);
		if (write_end(u, &t, &s)) {
			count(u->r, &s);
			(void)!tell(u, unit, why);
		}
		return false;
	}
	t.state = DLQ_FAILED;
	t.outcome = why;
	if (ledger_end(act_ledger(u->a), &t, &err) == 0)
		return true;
	(void)!not_taken(u, unit, DLQ_DOUBT, &err);
	return false;
}

static bool attempt(struct unit_act *u, const struct replay_unit *unit)
{
	struct ledger_attempt t = attempt_of(u, unit);
	struct sent s = {0};
	struct err err;

	failpoint("replay.begin");
	int rc = ledger_begin(act_ledger(u->a), &t, &err);
	failpoint("replay.intent");
	if (rc == -ERR_REFUSED)
		return not_taken(u, unit, t.state, &err);
	if (rc) {
		act_outcome(u->a, "nothing more is sent: %s", err.message);
		u->r->has_stopped = true;
		return false;
	}
	replay_number(&u->send, t.number, &u->arena);
	if (is_to_be_sent(u, &s))
		send_it(u, &s);
	if (!write_end(u, &t, &s)) {
		u->r->has_stopped = true;
		return false;
	}
	count(u->r, &s);
	bool told = tell(u, unit,
			 arena_printf(&u->arena, "%s%s%s", s.outcome, s.proof ? "; proof: " : "",
				      s.proof ? s.proof : ""));
	u->r->has_stopped |= !told;
	return told;
}

bool replay_unit(struct act *a, struct replay *r, const struct replay_unit *unit)
{
	struct unit_act *u = xcalloc(1, sizeof(*u));
	struct err err;
	bool goes_on = true;

	r->was_tried = false;
	u->a = a;
	u->r = r;
	u->cfg = &r->job->replay;
	arena_init(&u->arena);
	if (replay_load(r, unit, &u->arena, &u->send, &err)) {
		const struct queue_entry *e = queue_entry(r->queue, unit->first);
		if (!r->unsent++)
			r->unsent_says = arena_printf(
				&r->arena, "%s%s",
				err.code == ERR_MISSING
					? ""
					: arena_printf(&u->arena, "line %u of %s: ", e->line,
						       queue_file(r->queue, e)),
				err.message);
		goes_on = r->unsent > REFUSED_TOLD ||
			  act_step(a, "refused", "line %u of %s: %s", e->line,
				   queue_file(r->queue, e), err.message) == 0;
	} else if (settle(u, unit)) {
		goes_on = attempt(u, unit);
	}
	goes_on = goes_on && !r->has_stopped;
	replay_unload(&u->send);
	arena_release(&u->arena);
	free(u);
	return goes_on;
}

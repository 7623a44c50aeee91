/* action/replay.c - failed batches are given to the job again, one after the other.
 *
 * DESIGN. What is meant is frozen when the question opens: the folder is read once, by hash. How
 * each entry stands is read from the ledger again and again, so that the question never offers what
 * somebody else has done meanwhile. One unit is in flight at a time; the first of several shows
 * whether the failure comes back before the second goes. Nothing here decides whether something may
 * be sent: that is the ledger's (ledger_begin), which says no to all but one. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../include/clock.h"
#include "../../include/row/health.h"
#include "../failpoint.h"
#include "replay.h"

enum { TICK_MS = 1000, FAILURES = 3 };
enum { SAYS_CAP = 8000 }; /* of an outcome, whose parts are all cut where they come from */

/* --- what is there --- */

static bool is_given_up(void *data)
{
	return act_is_cancelled(data);
}

static const struct health_row *health_of(const struct snapshot *s, const char *job)
{
	for (size_t i = 0; i < s->nsections; i++) {
		const struct section *c = s->sections[i];
		if (c->source == SOURCE_HEALTH && c->job && !strcmp(c->job, job) && c->data)
			return dataset_one(c->data, &schema_health);
	}
	return NULL;
}

static void copy_want(struct act *a, struct replay *r)
{
	const struct action_request *q = act_request(a);
	const char **hashes = ARENA_ARRAY(&r->arena, const char *, q->nhashes + 1);

	for (size_t i = 0; i < q->nhashes; i++)
		hashes[i] = arena_strdup(&r->arena, q->hashes[i]);
	r->want = (struct replay_want){
		.nhashes = q->nhashes,
		.hashes = hashes,
		.group = q->group,
		.error_type = q->error_type ? arena_strdup(&r->arena, q->error_type) : NULL,
		.is_all = q->is_all,
		.is_yes = q->is_yes,
		.since_ms = q->since_ms,
		.until_ms = q->until_ms,
		.limit = q->limit,
		.max_attempts = is_absent(q->max_attempts) ? REPLAY_ATTEMPTS : q->max_attempts};
}

/* The configuration in force, held until the next call. */
int replay_take_config(struct act *a, struct replay *r, struct err *err)
{
	const struct config_job *job = act_job(a);
	const char *name = act_request(a)->job;

	config_unref(r->cfg);
	r->cfg = NULL;
	r->job = NULL;
	if (!job)
		return err_set(err, ERR_REFUSED, "there is no job %s", name ? name : "given");
	if (!job->dlq)
		return err_set(err, ERR_REFUSED,
			       "no folder of failed batches is known for %s; write dlq: FOLDER "
			       "under it",
			       name);
	if (!job->replay.http.url && !job->replay.command.argv)
		return err_set(err, ERR_REFUSED,
			       "%s has no replay hook; write under it: replay: {http: {url: "
			       "\"http://HOST:PORT/replay/{batch_id}\"}} or replay: {command: "
			       "[FILE, \"{batch_id}\"]} (man sparkops, HOOKS)",
			       name);
	r->cfg = config_ref(act_config(a));
	r->job = job;
	r->want.has_probe = job->replay.probe.http.url || job->replay.probe.command.argv;
	r->per_s = isnan(act_request(a)->per_s) ? job->replay.per_s : act_request(a)->per_s;
	return 0;
}

static void take_health(struct act *a, struct replay *r)
{
	const struct health_row *h = health_of(act_look(a), act_request(a)->job);

	r->zone_ms = h ? h->zone_offset_ms : ABSENT;
	if (h && h->last_batch_id.text)
		r->last_batch_id = arena_strdup(&r->arena, text_str(h->last_batch_id.text));
	else if (h && !is_absent(h->last_batch_id.number))
		r->last_batch_id =
			arena_printf(&r->arena, "%lld", (long long)h->last_batch_id.number);
}

static int read_folder(struct act *a, struct replay *r, struct err *err)
{
	struct queue_look look = {.job = text_str(r->job->name),
				  .unit = r->job->replay.unit,
				  .zone_ms = r->zone_ms,
				  .now = act_look(a)->at,
				  .max_age_ms = r->job->replay.max_age_ms};
	struct queue_wish wish = {.all = r->want.nhashes || r->want.is_all,
				  .group = r->want.group,
				  .error_type = r->want.error_type,
				  .since_ms = r->want.since_ms,
				  .until_ms = r->want.until_ms};
	char *real = realpath(r->job->dlq, NULL);

	r->folder = real ? real : xstrdup(r->job->dlq);
	look.folder = r->folder;
	r->queue = queue_new(&look, &wish);
	int rc = queue_read(r->queue, is_given_up, a, err);
	if (rc)
		err_prefix(err, "%.150s", r->folder);
	return rc;
}

static void name_target(struct act *a, const struct action_request *q)
{
	if (q->nhashes == 1)
		act_target(a, "entry %.16s", q->hashes[0]);
	else if (q->nhashes)
		act_target(a, "%zu marked entries", q->nhashes);
	else if (q->error_type)
		act_target(a, "entries of %s", q->error_type);
	else
		act_target(a, q->group ? "a group of entries" : "all entries that failed");
}

/* Whatever it was chosen by: one entry has a name of its own. */
static void name_one(struct act *a, struct replay *r)
{
	char hex[2 * QUEUE_HASH + 1];

	if (r->refused.code || r->pick.nentries != 1 || r->is_called)
		return;
	queue_hex(queue_entry(r->queue, r->pick.entries[0])->hash, QUEUE_HASH, hex);
	act_target(a, "entry %.16s", hex);
	r->is_called = true;
}

static int capture(struct act *a, struct err *err)
{
	struct replay *r = act_state(a);
	const struct action_request *q = act_request(a);
	int rc;

	arena_init(&r->arena);
	arena_init(&r->known_arena);
	arena_init(&r->paste_arena);
	r->known_version = r->known_at = ABSENT;
	copy_want(a, r);
	name_target(a, q);
	if (!q->nhashes && !q->group && !q->error_type && !q->is_all)
		return err_set(err, ERR_REFUSED,
			       "say which: --hash, --type, --group or --all (in the console: R on "
			       "an entry, a group, or marked ones)");
	(void)act_look(a);
	rc = replay_take_config(a, r, err);
	if (!rc) {
		take_health(a, r);
		rc = read_folder(a, r, err);
	}
	if (!rc)
		r->others = replay_others(r->folder, act_state_dir(a), &r->arena);
	return rc ? -ERR_REFUSED : 0;
}

static void release(struct act *a)
{
	struct replay *r = act_state(a);

	if (r->has_lock)
		close(r->lock);
	config_unref(r->cfg);
	queue_free(r->queue);
	free(r->folder);
	arena_release(&r->arena);
	arena_release(&r->known_arena);
	arena_release(&r->paste_arena);
}

/* For a script that replays what there is, nothing is no failure. */
static bool is_nothing_to_do(const struct replay *r)
{
	return r->refused.code == ERR_MISSING && r->want.is_yes;
}

static void plan(struct act *a, struct plan_row *p, struct arena *arena)
{
	struct replay *r = act_state(a);
	const struct text **says = ARENA_NEW(arena, const struct text *);
	const struct text **whose = ARENA_NEW(arena, const struct text *);

	if (!r->queue) {
		p->refused = TEXT("the folder was not read");
		return;
	}
	replay_refresh(a, r);
	name_one(a, r);
	*says = text_clean(arena, r->refused.message, strlen(r->refused.message));
	p->title = TEXT("Replay failed batches?");
	p->target = (struct texts){1, whose};
	*whose = text_format(arena, "job %s, folder %s", act_request(a)->job, r->folder);
	if (is_nothing_to_do(r))
		p->facts = (struct texts){1, says};
	else if (r->refused.code)
		p->refused = *says;
	else
		replay_describe(a, r, p, arena);
	act_detail(a, "{\"units\": %zu, \"entries\": %zu}", r->pick.nunits, r->pick.nentries);
}

/* --- run --- */

const char *replay_reason(const struct replay *r, const struct replay_unit *unit)
{
	if (r->want.reason)
		return r->want.reason;
	if (!unit->needs_reason && unit->state == DLQ_DONE)
		return "an entry of the unit is newer than that";
	return NULL;
}

/* An attempt of this replay is not what it was taken for. */
static void uncount(struct act *a, struct replay *r, const struct ledger_attempt *t)
{
	if (t->intent != (int64_t)act_number(a))
		return;
	if (t->state == DLQ_DOUBT)
		r->doubt--;
	else
		r->done--;
	r->by_probe -= t->proof && !strcmp(t->proof, "probe");
	r->returned++;
}

/* Looks for failures that came back; true: one did. */
static bool has_come_back(struct act *a, struct replay *r)
{
	struct replay_return *back;
	struct ledger_list known;
	struct arena scratch;
	struct err err;
	int n = 0;

	if (queue_read(r->queue, NULL, NULL, &err)) {
		act_says(a, "whether failures come back is not seen: %s", err.message);
		return false;
	}
	arena_init(&scratch);
	if (replay_read_known(act_ledger(a), text_str(r->job->name), r->folder, &scratch, &known,
			      &err) == 0) {
		back = ARENA_ARRAY(&scratch, struct replay_return, known.n + 1);
		n = replay_fail_returns(act_ledger(a), r->queue, &known,
					r->job->replay.returns_within_ms, back, &err);
		for (int i = 0; i < n; i++) {
			const struct queue_entry *e = queue_entry(r->queue, back[i].at);
			(void)!act_step(a, "back", "batch %s came back as line %u of %s",
					back[i].t->batch_id ? back[i].t->batch_id : "-", e->line,
					queue_file(r->queue, e));
			uncount(a, r, back[i].t);
		}
	}
	arena_release(&scratch);
	r->is_back |= n > 0;
	return n > 0;
}

/* Waits, looking; false: it stops here. */
static bool wait_and_look(struct act *a, struct replay *r, int64_t ms, const char *why)
{
	while (ms > 0) {
		int64_t step = min_i64(ms, TICK_MS);
		act_says(a, "%zu of %zu sent; %s, %lld s", r->at, r->pick.nunits, why,
			 (long long)((ms + 999) / 1000));
		if (!act_sleep(a, step) || has_come_back(a, r))
			return false;
		ms -= step;
	}
	return !act_is_cancelled(a);
}

/* What is gone, or somebody else has, says nothing of the others. */
static bool has_been_sent(const struct replay *r)
{
	return r->done + r->already + r->failed + r->doubt + r->returned > 0;
}

/* Between one unit and the next: the first of several must have shown that it works. */
static bool may_go_on(struct act *a, struct replay *r)
{
	const struct config_replay *cfg = &r->job->replay;
	int64_t pace = r->per_s > 0 ? (int64_t)(1000 / r->per_s) : 0;

	bool is_first = !r->has_settled && has_been_sent(r);

	if (is_first && (r->failed || r->doubt))
		return false;
	if (is_first && !wait_and_look(a, r, max_i64(cfg->settle_ms, pace),
				       "waits whether the same failure comes back"))
		return false;
	if (!is_first && !wait_and_look(a, r, pace, "the next at the pace"))
		return false;
	if (has_come_back(a, r))
		return false;
	r->has_settled |= is_first;
	if (r->failed_in_a_row < FAILURES)
		return true;
	if (act_ask(a, -1, "%zu failures in a row: go on with the other %zu?", r->failed_in_a_row,
		    r->pick.nunits - r->at) != WOKEN_ANSWERED)
		return false;
	r->failed_in_a_row = 0;
	return true;
}

static void send_all(struct act *a, struct replay *r)
{
	struct err err;

	for (r->at = 0; r->at < r->pick.nunits && !act_is_cancelled(a); r->at++) {
		if (r->was_tried && !may_go_on(a, r))
			return;
		if (replay_take_config(a, r, &err)) {
			act_outcome(a, "stopped: %s", err.message);
			r->has_stopped = true;
			return;
		}
		if (!replay_unit(a, r, &r->pick.units[r->at]))
			return;
	}
}

static void tell_proof(struct act *a, const struct replay *r)
{
	size_t done = r->done + r->already;

	if (done && r->by_probe == done)
		act_proof(a, "the probe says done of %s", done == 1 ? "it" : "all");
	else if (done && r->by_probe)
		act_proof(a, "the probe says done of %zu, only the hook of %zu", r->by_probe,
			  done - r->by_probe);
	else if (done)
		act_proof(a, "the hook's answer only%s",
			  r->want.has_probe ? "" : ", there is no probe");
}

/* Why the others were not sent. */
static const char *stopped_by(struct act *a, const struct replay *r)
{
	if (act_is_cancelled(a))
		return ": cancelled";
	if (r->held)
		return arena_printf(&((struct replay *)act_state(a))->arena, ": %s", r->held);
	if (r->is_back)
		return ": the same failure comes back";
	if (!r->has_settled && (r->doubt || r->failed))
		return r->doubt ? ": the first one is in doubt" : ": the first one failed";
	return r->failed_in_a_row >= FAILURES ? ": 3 failures in a row" : "";
}

static void say_bad(const struct replay *r, struct buf *says)
{
	if (r->returned)
		buf_printf(says, "; %zu came back", r->returned);
	if (r->failed)
		buf_printf(says, "; %zu failed", r->failed);
	if (r->doubt)
		buf_printf(says, "; %zu in doubt", r->doubt);
	if (r->why && (r->failed || r->doubt))
		buf_printf(says, " (%s%s)", r->failed + r->doubt > 1 ? "the first: " : "", r->why);
	if (r->unsent)
		buf_printf(says, "; %zu refused: %s", r->unsent, r->unsent_says);
	if (r->settled)
		buf_printf(says, "; %zu done or given up by somebody else meanwhile", r->settled);
	if (r->skipped)
		buf_printf(says, "; %zu not taken: %s", r->skipped, r->skipped_says);
}

static enum action_state conclude(struct act *a, struct replay *r)
{
	size_t good = r->done + r->already, bad = r->failed + r->doubt + r->returned;
	size_t sent = good + bad + r->settled + r->skipped + r->unsent;
	struct buf says;

	buf_init(&says, SAYS_CAP);
	buf_printf(&says, "%zu of %zu done", good, r->pick.nunits);
	if (r->already)
		buf_printf(&says, " (%zu of them before)", r->already);
	say_bad(r, &says);
	if (sent < r->pick.nunits)
		buf_printf(&says, "; %zu not sent%s", r->pick.nunits - sent, stopped_by(a, r));
	if (r->pick.ndoubtful)
		buf_printf(&says, "; %zu in doubt %s left out: M or --hash decides",
			   r->pick.ndoubtful, r->pick.ndoubtful == 1 ? "was" : "were");
	if (!r->has_stopped)
		act_outcome(a, "%s", says.data);
	buf_release(&says);
	tell_proof(a, r);
	return r->doubt                                       ? ACTION_STATE_IN_DOUBT
	       : r->failed || r->returned || r->has_stopped   ? ACTION_STATE_FAILED
	       : sent < r->pick.nunits && act_is_cancelled(a) ? ACTION_STATE_CANCELLED
	       : !good && (r->skipped + r->unsent == sent)    ? ACTION_STATE_REFUSED
	       : sent < r->pick.nunits                        ? ACTION_STATE_FAILED
	       : r->skipped + r->unsent > 0                   ? ACTION_STATE_FAILED
							      : ACTION_STATE_DONE;
}

static enum action_state refuse(struct act *a, const struct err *err)
{
	act_outcome(a, "%s", err->message);
	return err->code == ERR_MISSING ? ACTION_STATE_DONE : ACTION_STATE_REFUSED;
}

/* Somebody was ended after a unit was done, before what it covers was written down. */
static int cover_rest(struct act *a, struct replay *r, struct err *err)
{
	int rc = r->job->replay.unit ? replay_read_ledger(a, r, err) : 0;

	for (size_t i = 0; i < r->known.n && !rc && r->job->replay.unit; i++) {
		const struct ledger_attempt *t = &r->known.v[i];
		if (!t->unit || t->covered_by || !t->id || t->state != DLQ_DONE)
			continue;
		rc = replay_cover(act_ledger(a), r, t, queue_count(r->queue), true, err);
	}
	return rc;
}

static enum action_state run(struct act *a)
{
	struct replay *r = act_state(a);
	struct replay_unit *units;
	int64_t orphans;
	struct err err;

	failpoint("replay.run");
	if (replay_take_config(a, r, &err) || replay_lock(r->folder, &r->lock, &err))
		return refuse(a, &err);
	r->has_lock = true;
	if (ledger_settle_orphans(act_ledger(a), &orphans, &err))
		return refuse(a, &err);
	failpoint("replay.locked");
	if (cover_rest(a, r, &err))
		return refuse(a, &err);
	if (replay_choose_now(a, r, &err))
		return refuse(a, &err);
	units = ARENA_ARRAY(&r->arena, struct replay_unit, r->pick.nunits);
	memcpy(units, r->pick.units, r->pick.nunits * sizeof(*units));
	r->pick.units = units;
	/* what came back before is failed before it is sent again */
	(void)!has_come_back(a, r);
	r->is_back = false;
	send_all(a, r);
	failpoint("replay.sent_all");
	if (r->job)
		(void)!has_come_back(a, r);
	r->has_lock = false;
	close(r->lock);
	return conclude(a, r);
}

static const char *cut_says(const struct act_cut *cut, struct arena *arena)
{
	(void)cut;
	(void)arena;
	return "what was in flight is in doubt, R takes what is left";
}

const struct action_ops action_replay = {.state_size = sizeof(struct replay),
					 .capture = capture,
					 .plan = plan,
					 .run = run,
					 .release = release,
					 .cut_says = cut_says,
					 .needs_proof = true};

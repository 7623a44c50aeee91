/* action/replay_known.c - how the entries stand, and what that leaves to be sent.
 *
 * Read from the ledger again and again while the question is open, so that it never offers what
 * somebody else has done meanwhile. Writes nothing. */
#include <string.h>

#include "../../include/clock.h"
#include "replay.h"

enum { REFRESH_MS = 1000 };

/* The ledger as it will be when what came back is written down: a question writes nothing. */
int replay_read_ledger(struct act *a, struct replay *r, struct err *err)
{
	struct ledger *l = act_ledger(a);
	struct ledger_list list = {0};
	struct replay_return *back;

	if (!l)
		return err_set(err, ERR_REFUSED, "the ledger cannot be used, so nothing is sent");
	arena_reset(&r->known_arena);
	r->known = list;
	int rc = replay_read_known(l, text_str(r->job->name), r->folder, &r->known_arena, &list,
				   err);
	if (rc)
		return rc;
	r->known = list;
	back = ARENA_ARRAY(&r->known_arena, struct replay_return, list.n + 1);
	size_t n = replay_find_returns(r->queue, &r->known, r->job->replay.returns_within_ms, back);
	for (size_t i = 0; i < n; i++) {
		struct ledger_attempt *t = (struct ledger_attempt *)(uintptr_t)back[i].t;
		t->state = DLQ_FAILED;
		t->outcome = arena_printf(&r->known_arena, REPLAY_CAME_BACK "%u",
					  queue_entry(r->queue, back[i].at)->line);
	}
	return 0;
}

int replay_choose_now(struct act *a, struct replay *r, struct err *err)
{
	const char *typed = act_value(a, "reason"), *given = act_request(a)->reason;

	r->want.reason = given && *given ? given : typed && *typed ? typed : NULL;
	int rc = replay_read_ledger(a, r, err);
	if (!rc)
		rc = replay_choose(r->queue, &r->want, &r->known, &r->known_arena, &r->pick, err);
	else
		r->pick = (struct replay_pick){.oldest = ABSENT, .newest = ABSENT};
	if (!rc && r->pick.needs_reason && r->want.is_yes && !r->want.reason)
		rc = err_set(err, ERR_REFUSED,
			     "done, given up or tried %d times already: more needs a reason",
			     REPLAY_ATTEMPTS);
	return rc;
}

/* Of what the dry run shows: it reads the entries, so it is made anew only when they changed. */
static uint64_t print_of(const struct replay *r)
{
	uint64_t print = hash_bytes(&r->cfg, sizeof(r->cfg), 1);

	for (size_t i = 0; i < r->pick.nunits && i <= REPLAY_PASTES; i++) {
		const struct replay_unit *u = &r->pick.units[i];
		print = hash_bytes(u->key, sizeof(u->key), print);
		print = hash_bytes(&u->attempts, sizeof(u->attempts), print);
	}
	return hash_bytes(&r->pick.nunits, sizeof(r->pick.nunits), print);
}

void replay_refresh(struct act *a, struct replay *r)
{
	int64_t now = clock_mono(&clock_real);
	struct ledger *l = act_ledger(a);
	int64_t version = l ? ledger_version(l) : ABSENT;

	if (!is_absent(r->known_at) && version == r->known_version && act_config(a) == r->cfg &&
	    now - r->known_at < REFRESH_MS)
		return;
	r->known_at = now;
	r->known_version = version;
	r->refused.code = ERR_NONE;
	if (replay_take_config(a, r, &r->refused) || replay_choose_now(a, r, &r->refused))
		return;
	uint64_t print = print_of(r);
	if (print == r->paste_print)
		return;
	arena_reset(&r->paste_arena);
	replay_dry_run(r, &r->paste_arena);
	r->paste_print = print;
}

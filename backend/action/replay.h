/* action/replay.h - a replay from its question to its proof; private to replay*.c.
 *
 *   replay.c         the action: question, run, the pace and what stops it
 *   replay_queue.c   the folder, entry by entry         replay_bytes.c  an entry's exact bytes
 *   replay_stand.c   how an entry stands by the ledger
 *   replay_pick.c    which entries, as that leaves them: pure
 *   replay_known.c   how the entries stand by the ledger
 *   replay_plan.c    what the question says
 *   replay_load.c    an entry with all that a hook may ask of it
 *   replay_send.c    one unit: intent, probe, hook, proof, end
 *   replay_watch.c   does the same failure come back?
 *   replay_lock.c    one replay at a time on a folder; who else replays from it */
#ifndef SPARKOPS_ACTION_REPLAY_H
#define SPARKOPS_ACTION_REPLAY_H

#include "../store/ledger.h"
#include "act.h"
#include "hook.h"
#include "replay_parts.h"
#include "replay_stand.h"

/* What a request asks for, checked. */
struct replay_want {
	size_t nhashes;
	const char *const *hashes; /* full or prefixes, hex */
	uint64_t group;
	const char *error_type;
	bool is_all;
	int64_t since_ms, until_ms, limit; /* ABSENT */
	int64_t max_attempts;              /* 3 unless given */
	const char *reason;                /* NULL */
	bool has_probe, is_yes;
};

struct replay_unit {
	uint32_t first; /* what is sent: the first entry of the unit */
	char key[33];   /* of the entry that was first when it was sent first */
	int64_t attempts;
	int state;           /* enum dlq_state */
	const char *outcome; /* of its last attempt; NULL */
	size_t nentries;     /* of those picked */
	bool needs_reason;   /* it is done, given up, or was tried often */
	int64_t inherited;   /* attempts of the entry whose failure came back as this one */
};

/* Which entries it takes, and which it leaves out because of what. */
struct replay_pick {
	size_t nentries;
	const uint32_t *entries; /* oldest first */
	size_t nunits;
	const struct replay_unit *units;                          /* oldest first */
	size_t ndone, ndoubt, ngiven_up, nold, ntried, nreturned; /* left out */
	size_t nlater;    /* left out: failed in a unit after that was given up */
	size_t ndoubtful; /* units of ndoubt */
	size_t nothers;   /* pending or failed, of these units, and not asked for */
	bool needs_reason;
	int64_t oldest, newest; /* ABSENT */
};
enum { REPLAY_ATTEMPTS = 3, REPLAY_ENTRIES_MAX = 100000 };

/* Pure. -ERR_REFUSED: a hash that is not there or not unique; nothing that may be taken, and why.
 * All of out lies in a. */
MUST_CHECK int replay_choose(const struct queue *q, const struct replay_want *want,
			     const struct ledger_list *known, struct arena *a,
			     struct replay_pick *out, struct err *err);

/* The act's own. */
struct replay {
	struct arena arena; /* until release */
	struct arena known_arena;
	struct arena paste_arena;
	uint64_t paste_print; /* of what it was made for */
	struct replay_want want;
	struct queue *queue;
	char *folder;
	int64_t zone_ms;
	double per_s;
	/* of the configuration in force, held while a unit is on its way */
	const struct config *cfg;
	const struct config_job *job;
	const char *last_batch_id; /* said by the job; NULL */
	struct ledger_list known;  /* the ledger when it was read last */
	int64_t known_version, known_at;
	struct replay_pick pick;
	struct err refused; /* code 0: it may */
	int lock;           /* descriptor, where has_lock */
	bool has_lock;
	const char *others; /* another ledger that replayed from the folder: a sentence; NULL */
	size_t npaste, nlacking; /* the dry run; units that lack something */
	const char **paste, *lacking;
	const char *call, *asks; /* of the only unit: URL or arguments of the hook and of the probe,
				    filled in; NULL */
	/* run */
	size_t at;       /* units that were taken on */
	size_t by_probe; /* of done and already */
	size_t done, already, failed, doubt, failed_in_a_row, returned;
	size_t settled, skipped; /* by somebody else meanwhile; not taken for another reason */
	const char *skipped_says, *held; /* of the first; a hold that stopped it; NULL */
	bool was_tried;                  /* the last one was sent, or asked for */
	size_t unsent;                   /* gone, changed, or it lacks what the hook needs */
	const char *why,
		*unsent_says; /* of the first that failed or is in doubt; of the first unsent */
	bool is_called;       /* by the name of its only entry */
	bool has_settled;     /* the first of several showed that it works */
	bool is_back;         /* a failure came back meanwhile */
	bool has_stopped;     /* the ledger cannot be written */
};

/* The configuration in force, held until the next call. -ERR_REFUSED: it cannot be replayed. */
MUST_CHECK int replay_take_config(struct act *a, struct replay *r, struct err *err);

/* replay_known.c: r->known from the ledger; r->pick as that leaves it; both and the dry run, when
 * something may have changed. */
MUST_CHECK int replay_read_ledger(struct act *a, struct replay *r, struct err *err);
MUST_CHECK int replay_choose_now(struct act *a, struct replay *r, struct err *err);
void replay_refresh(struct act *a, struct replay *r);

/* replay_plan.c */
enum { REPLAY_PASTES = 100 };
/* Fills r->paste for the first of them, in a. */
void replay_dry_run(struct replay *r, struct arena *a);
void replay_describe(struct act *a, struct replay *r, struct plan_row *p, struct arena *arena);

/* The entry of a unit and everything that a hook may ask of it, in a. -ERR_MISSING: it is not there
 * any more; -ERR_REFUSED: it lacks what the hook needs. */
struct replay_send {
	struct hook_send hook;
	struct queue_words words;
	char hash[65];
	char file[1280]; /* full path */
	struct buf bytes;
};
MUST_CHECK int replay_load(const struct replay *r, const struct replay_unit *unit, struct arena *a,
			   struct replay_send *out, struct err *err);
void replay_unload(struct replay_send *s); /* also after a failed load */
void replay_number(struct replay_send *s, int64_t attempt, struct arena *a);
MUST_CHECK int replay_paste(const struct replay *r, const struct replay_unit *unit,
			    const struct replay_send *s, struct arena *a, const char **out,
			    struct err *err);
/* Why it is sent again, where a person must have a reason; NULL. */
const char *replay_reason(const struct replay *r, const struct replay_unit *unit);

/* The other entries of the unit that the attempt did, among the first n of the folder, as far as
 * they are open. is_late: only those that are from before it. */
MUST_CHECK int replay_cover(struct ledger *l, const struct replay *r,
			    const struct ledger_attempt *t, size_t n, bool is_late,
			    struct err *err);
/* Sends it, or says why not; counts in r. false: the replay must stop (ledger, disk). */
MUST_CHECK bool replay_unit(struct act *a, struct replay *r, const struct replay_unit *unit);

/* replay_watch.c: an attempt, and the entry in which its failure came back. */
struct replay_return {
	const struct ledger_attempt *t;
	size_t at;
};
/* Pure; out has room for known->n. */
size_t replay_find_returns(const struct queue *q, const struct ledger_list *known,
			   int64_t within_ms, struct replay_return *out);
/* The same, and those attempts are failed in the ledger from now on; how many. */
MUST_CHECK int replay_fail_returns(struct ledger *l, const struct queue *q,
				   const struct ledger_list *known, int64_t within_ms,
				   struct replay_return *out, struct err *err);

/* replay_lock.c */
MUST_CHECK int replay_lock(const char *folder, int *fd, struct err *err);
/* Another ledger that can be read and has attempts from that folder, or who holds its lock now: a
 * sentence in a; NULL: none is known. */
const char *replay_others(const char *folder, const char *state_dir, struct arena *a);

#endif

/* action/act_parts.h - what the files of the pipeline share. Nobody else includes it.
 *
 * One lock, that of struct acts, guards everything that an act's thread shares with the loop and
 * with whoever asks; it is held for pointer copies only. */
#ifndef SPARKOPS_ACTION_ACT_PARTS_H
#define SPARKOPS_ACTION_ACT_PARTS_H

#include <pthread.h>

#include "../../include/backend.h"
#include "../store/audit.h"
#include "../store/ledger.h"
#include "act.h"
#include "acts.h"

enum { ACTS_MAX = 8, PAST_MAX = 100, STEPS_MAX = 200 };

enum act_stage { ACT_ASKS, ACT_RUNS };

struct act {
	/* never changes */
	struct acts *acts;
	const struct action_ops *ops;
	uint64_t plan; /* its number */
	int wake;      /* eventfd */

	/* of its own thread */
	struct arena arena;
	struct action_request request;
	void *state;
	const struct snapshot *snap;
	const struct config *cfg; /* that of snap, or of the start; one reference */
	const char *job;          /* it is about: of the request, or that of its JVM; NULL */
	const char *other_job;    /* of what is meant, where the request names another one; NULL */
	struct ledger *ledger;
	struct err unwritable, ledger_err; /* of the ledger; code ERR_NONE: it can be used */
	struct err captured;               /* captured.code: ERR_NONE when capture() went well */
	const struct act_cut *cut;
	bool has_cut_looked;
	const char *detail, *target;
	bool has_target; /* given by act_target() */
	int64_t intent, began_at, ended_at;
	int end; /* enum action_state */
	const char *step, *outcome, *proof, *asks;
	size_t nsteps;
	const char *steps[STEPS_MAX];
	char *plan_text; /* of what was published last */

	/* guarded by the lock */
	enum act_stage stage;
	const struct dataset *question, *row; /* as published; NULL: none */
	struct arena given_arena;
	const struct action_request *given; /* DO: answered, with what it brought; NULL */
	bool is_forgotten, is_cancelled, is_answered;
};

struct acts_store;

struct acts {
	pthread_mutex_t lock;
	pthread_cond_t change; /* an act ended */
	struct publish *publish;
	struct mailbox *mailbox;
	bool is_read_only;
	/* guarded */
	int refs;
	const struct config *cfg;
	uint64_t numbers;
	uint64_t news; /* seq of the newest snapshot */
	size_t nlive, npast;
	struct act *live[ACTS_MAX];
	const struct dataset *past[PAST_MAX]; /* how those of this run ended, oldest first */
	bool is_leaving, is_stopped, has_bell, has_new_plans, has_new_rows, has_written;
	/* loop */
	uv_async_t bell;
	struct acts_store *store;
};

static inline void acts_lock(struct acts *s)
{
	pthread_mutex_lock(&s->lock);
}
static inline void acts_unlock(struct acts *s)
{
	pthread_mutex_unlock(&s->lock);
}
void acts_ring(struct acts *s); /* locked: the loop looks at what is new */
void acts_unref(struct acts *s);
void acts_publish_rows(struct acts *s); /* [loop] */

/* A request whose strings are copied into the arena; `over` lays what it brings over `r`. */
void request_copy(struct action_request *r, const struct action_request *from, struct arena *a);
void request_lay_over(struct action_request *r, const struct action_request *from, struct arena *a);

void *act_run(void *act);     /* the body of its thread: frees the act */
void act_wake(struct act *a); /* [any] */

/* Which job it is about, from the request or its JVM's row. */
void act_find_jobs(struct act *a);
/* The plan as things are now: a dataset of one row. */
struct dataset *act_make_plan(struct act *a);
const struct plan_row *act_plan_of(const struct dataset *d);
/* Publishes it unless it is as before. Takes the reference. */
void act_show_plan(struct act *a, struct dataset *d);
/* Publishes its row as it stands. */
void act_show(struct act *a, int state);
/* 0: asked for, with everything it takes; else why not. [any, locked] */
MUST_CHECK int plan_accepts(const struct plan_row *p, const struct action_request *r,
			    struct err *err);
/* The sequence that this act would follow, from the ledger; NULL. */
const struct act_cut *cut_find(struct act *a);

/* What comes of a sequence that was cut off, in a sentence. */
const char *cut_says(struct ledger *l, const struct audit_entry *intent, struct arena *arena);

/* Rows of the audit as they are shown, newest first; one reference, NULL: err. */
const struct dataset *history_rows(struct ledger *l, struct err *err);
/* The newest sequence that was cut off and nothing came after; NULL: none. */
const struct action_row *history_cut(const struct dataset *rows, int64_t now);
/* What the banner says of it. */
const struct text *history_notice(const struct action_row *cut, struct arena *a);

/* What the ledger says, kept fresh. [loop] */
struct acts_store *acts_store_new(struct acts *s); /* [main] */
void acts_store_once(struct acts_store *t);        /* [main] one look, at once */
void acts_store_start(struct acts_store *t, uv_loop_t *loop);
void acts_store_look(struct acts_store *t); /* soon: it was written to */
void acts_store_stop(struct acts_store *t);
void acts_store_free(struct acts_store *t);
const struct dataset *acts_store_rows(const struct acts_store *t); /* borrowed; NULL: none yet */

#endif

/* source/source.h - what a source supplies, and what it is given. Everything here runs on the loop
 * thread.
 *
 * A source is a const struct of functions; a target is one thing it polls at one place (this job's
 * health URL, that driver's UI). The scheduler owns interval, jitter, deadline, back-off and
 * breaker, and keeps exactly one poll of a target in flight; a poll ends in exactly one
 * source_done(), source_same() or source_failed(). */
#ifndef SPARKOPS_SOURCE_SOURCE_H
#define SPARKOPS_SOURCE_SOURCE_H

#include <uv.h>

#include "../../include/config.h"
#include "../../include/snapshot.h"
#include "../../include/backend.h"
#include "../../include/clock.h"
#include "../net/http.h"

struct ledger_view;
struct target;

struct target_spec {
	const struct config_job *job; /* NULL: belongs to no job */
	const struct config_cluster *cluster;
	const char *where; /* URL without trailing slash, or folder */
	const char *found_by;
};
/* Copies the spec; found_by lives in the configuration, or for ever. */
typedef void target_add_fn(void *data, const struct target_spec *spec);

struct source_ops {
	const char *name;
	const struct schema *const *schemas; /* what its datasets hold, NULL-terminated */
	int interval_ms;                     /* 0: the configured interval ... */
	int interval_min_ms;                 /* ... but not below this */
	int deadline_ms;                     /* of a whole poll; 0: 10 s */
	size_t state_size;                   /* zeroed bytes per target, see target_state() */
	int asks_after; /* 1 + the source of the same job whose word it needs: a
			   --once asks it when that one has answered; 0: none */
	bool is_local;  /* reads files of this host: no network silence, no back-off */
	bool looks_on;  /* --once and verbs poll it often while others are waited for */
	void (*targets)(const struct config *cfg, target_add_fn *add, void *data);
	void (*start)(struct target *t); /* optional: after the state was zeroed */
	void (*poll)(struct target *t);
	void (*abort)(struct target *t); /* optional: the deadline is over or the program stops;
					    forget what is under way */
	/* optional: after abort, when the deadline was the reason: tells by source_done() what was
	 * answered before it; false: nothing was */
	bool (*late)(struct target *t);
	void (*stop)(struct target *t); /* optional: release what start and poll made */
	unsigned details; /* the kinds of request it answers: 1u << REQUEST_... | ... */
	/* optional: an answer to a detail request for this target's job; NULL when it is not for
	 * this source, or when it has to be read first and comes later by source_detail() */
	struct dataset *(*detail)(struct target *t, const struct request *r);
};

#define X(id, symbol, title) extern const struct source_ops source_##symbol;
SOURCE_LIST(X)
#undef X
extern const struct source_ops *const source_registry[]; /* by source_id, SOURCE_COUNT long */

/* What a target knows. */
void *target_state(struct target *t);
const struct target_spec *target_spec(const struct target *t);
const struct config *target_config(const struct target *t);
const struct clock *target_clock(const struct target *t);
uv_loop_t *target_loop(const struct target *t);
struct http_client *target_http(struct target *t); /* made at first use; one per target */
uint64_t target_polls(const struct target *t);     /* 0 during the first poll */
/* Other sources' last word about the same job: the dlq source reads the job's zone from the health
 * section. May be NULL. */
const struct dataset *target_sibling(const struct target *t, enum source_id source);

/* What the ledger says; NULL: nothing. Borrowed until control goes back to the loop. */
const struct ledger_view *target_ledger(const struct target *t);

/* Ends the poll: new rows (takes the caller's reference). code: HTTP code or ABSENT. */
void source_done(struct target *t, struct dataset *rows, int64_t code);
/* Ends the poll: the same rows as last time, only fresher. */
void source_same(struct target *t, int64_t code);
/* Ends the poll: why not, in a sentence that names what would be right. reply may be NULL (no
 * network involved). */
void source_failed(struct target *t, const struct http_reply *reply, const char *fmt, ...)
	ATTR_PRINTF(3, 4);
/* Ends the poll of a local target: there is something that it cannot see, but its rows are as fresh
 * as can be. */
void source_partly(struct target *t, const char *why);
/* New rows in between, while the poll goes on (a long index): takes the reference. A local target
 * that failed stays failed until a poll ends well. */
void source_progress(struct target *t, struct dataset *rows);
/* Before source_done() or source_same(): a well target has this to say about itself all the same
 * (part of what it looks at is hidden). Copied. */
void source_note(struct target *t, const char *note);
/* Poll again in that time instead of after the interval (once). */
void source_again(struct target *t, int64_t delay_ms);
/* The answer to a detail request, once it was read: takes the reference. */
void source_detail(struct target *t, struct dataset *rows);

#endif

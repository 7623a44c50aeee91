/* target.h - a target as its three keepers see it: scheduler.c decides when, poll.c what an
 * answer means, source/source.c is what sources may touch. Nobody else includes it. */
#ifndef SPARKOPS_TARGET_H
#define SPARKOPS_TARGET_H

#include "poll_queue.h"
#include "scheduler.h"

enum breaker { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF };

struct target {
	struct scheduler *scheduler;
	const struct source_ops *ops;
	enum source_id source;
	struct target_spec spec; /* where lives in arena, the rest in scheduler.cfg or for ever */
	struct arena arena;
	const struct section *names;   /* what stays in all its sections; one reference */
	const struct section *section; /* what was published last; one reference */
	char *note;                    /* what a well target says about itself; NULL: nothing */
	size_t slot;
	struct target *sibling; /* ring of the targets of the same job */
	uv_timer_t timer;       /* idle: the next poll; polling: its deadline */
	struct http_client *http;
	void *state;

	uint64_t polls;       /* that have ended */
	int64_t early_ms;     /* loop time from which on the next poll may come ... */
	int64_t due_ms;       /* ... and when it comes at the latest */
	int64_t asked_ms;     /* loop time when the poll began */
	int64_t asked_mono;   /* the same by the clock */
	int64_t again_ms;     /* what source_again() wants, or ABSENT */
	int64_t hold_ms;      /* loop time before which it asked not to be asked, or 0 */
	int64_t silent_from;  /* monotonic ms of the first unanswered probe */
	unsigned failures;    /* in a row */
	unsigned good_probes; /* in a row, while half open */
	enum breaker breaker;
	bool is_started; /* the source's start ran */
	bool is_polling;
	bool is_void;   /* our own loop was away during this poll: its failure says nothing */
	bool is_silent; /* the last poll was not answered in time */
	bool is_closing;
	bool is_settled; /* it answered, failed or went away once */
	bool is_found;   /* while targets are found anew */
};

struct scheduler {
	uv_loop_t *loop;          /* NULL before the start and after the stop */
	const struct config *cfg; /* one reference: targets point into it */
	const struct clock *clk;
	struct http *http;
	struct publish *publish;
	struct target **targets;
	size_t ntargets;
	struct poll_queues *queues; /* who takes connections on this host */
	size_t unsettled;           /* targets that neither answered nor failed yet */
	scheduler_settled_fn *settled;
	void *settled_data;
	scheduler_section_fn *on_section;
	void *section_data;
	uv_prepare_t prepare;
	uv_check_t check;
	int64_t sleep_at_ms, planned_ms, woke_at_ms; /* CLOCK_BOOTTIME; planned -1: for ever */
	uint64_t random;
	struct scheduler_stats stats;
};

/* poll.c */
void poll_begin(struct target *t);
/* The next one is planned; poll_settle() when what came of this one is published. */
void poll_end(struct target *t, bool is_good);
void poll_settle(struct target *t);
int64_t poll_next_at(const struct target *t); /* wall ms; ABSENT: not any more */
void poll_abort(struct target *t);
void poll_extend(struct target *t); /* it goes on: the deadline begins anew */
int64_t poll_interval(const struct target *t);
int64_t poll_random(struct scheduler *s, int64_t below);
void poll_after(struct target *t, int64_t delay_ms);
int64_t poll_backoff(struct scheduler *s, int64_t interval_ms, unsigned failures);
void on_poll_due(uv_timer_t *timer);

/* scheduler.c */
void target_settle(struct target *t);
void target_retire(struct target *t);

/* targets.c */
void targets_find(struct scheduler *s);
struct section *target_next_section(const struct target *t);
/* Takes the reference. */
void target_publish(struct target *t, struct section *s, bool is_same);

#endif

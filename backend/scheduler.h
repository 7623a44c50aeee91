/* scheduler.h - when which target is polled, and what is concluded when it does not answer.
 *
 * Made in main before the loop's thread runs; from scheduler_start() on everything belongs to that
 * thread. */
#ifndef SPARKOPS_SCHEDULER_H
#define SPARKOPS_SCHEDULER_H

#include "publish.h"
#include "source/source.h"

struct scheduler;
typedef void scheduler_settled_fn(void *data); /* every target has answered or failed once */

/* Finds the targets and publishes a waiting section for each. Takes a reference of cfg. */
struct scheduler *scheduler_new(const struct config *cfg, const struct clock *clk,
				struct publish *publish);
void scheduler_start(struct scheduler *s, uv_loop_t *loop, struct http *http,
		     scheduler_settled_fn *settled, void *data);
bool scheduler_is_unsettled(
	const struct scheduler *s); /* a target neither answered nor failed yet */
/* Aborts polls, stops the sources, closes the handles. No callbacks any more. */
void scheduler_stop(struct scheduler *s);
void scheduler_free(struct scheduler *s); /* after the loop has ended */

/* Hears of each section with new rows, before it is published; must not call the scheduler. */
typedef void scheduler_section_fn(void *data, const struct section *s);
void scheduler_watch(struct scheduler *s, scheduler_section_fn *on_section, void *data);

/* Targets that stay keep their sections, connections and state. */
void scheduler_reconfigure(struct scheduler *s, const struct config *cfg);
/* Targets of that job, or all if it is "". Those that are being asked, or are silent, or said when
 * to come back, are left alone. */
void scheduler_poll_now(struct scheduler *s, const char *job);
void scheduler_detail(struct scheduler *s, const struct request *r);

struct scheduler_stats {
	size_t targets, in_flight, open_breakers;
	uint64_t polls, failures;
	int64_t late_max_ms; /* a poll that began after its time, the worst so far */
	uint64_t gaps;       /* times our own loop was away */
};
struct scheduler_stats scheduler_stats(const struct scheduler *s);

#endif

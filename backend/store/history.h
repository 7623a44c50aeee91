/* store/history.h - history.db: what earlier runs of --once read, so that this one can tell what
 * happened in between.
 *
 * A job is known by its place (health URL, else UI, else DLQ folder, else name): two configurations
 * that name different jobs alike do not mix. Kept are the readings of the last 24 hours that a
 * window can need: for the last hour one each 10 s or, where runs are further apart, all of them,
 * and one before it. A run does not replace what a run of the same minute read: cron, a second
 * person and a hand in between each find the increase. A state folder that cannot be used is a line
 * in the log and never an error. */
#ifndef SPARKOPS_STORE_HISTORY_H
#define SPARKOPS_STORE_HISTORY_H

#include "../rule/rule.h"

struct history;

/* NULL: err says why. */
struct history *history_open(const char *state_dir, struct err *err);
void history_close(struct history *h);
MUST_CHECK int history_put(struct history *h, const char *place, const struct rules_counters *c,
			   struct err *err);
struct history_readings {
	const struct rules_counters *v; /* oldest first, in the arena */
	size_t n;
};

/* The readings of the last 24 hours before `at`. */
MUST_CHECK int history_get(struct history *h, const char *place, int64_t at, struct arena *a,
			   struct history_readings *out, struct err *err);

/* How the last run judged it; at ABSENT: there was none. */
MUST_CHECK int history_put_standing(struct history *h, const char *place,
				    const struct rules_standing *s, struct err *err);
MUST_CHECK int history_get_standing(struct history *h, const char *place,
				    struct rules_standing *out, struct err *err);

/* Before the first rules_apply() with them and after the last: every job of the configuration, for
 * seeding those that `before` (NULL: none) has not. Nothing happens unless cfg->is_once and there
 * is a state folder. */
void history_seed(const struct config *cfg, const struct config *before, struct rules *r,
		  int64_t at);
void history_keep(const struct config *cfg, const struct rules *r);

#endif

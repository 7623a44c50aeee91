/* rule/rule.h - what follows from what the targets said.
 *
 * One struct rules holds what has to be remembered between two looks (counter windows, since when a
 * verdict holds, restarts seen); rules_apply() turns the sections of this moment into the derived
 * datasets of the next snapshot. Pure apart from that memory: no file, no network, no thread, no
 * clock but the times in its input. All calls from one thread. */
#ifndef SPARKOPS_RULE_RULE_H
#define SPARKOPS_RULE_RULE_H

#include "../../include/clock.h"
#include "../../include/config.h"
#include "../../include/ledger_view.h"
#include "../../include/snapshot.h"

struct rules;

/* cfg and clk are borrowed until rules_free() or, for cfg, until rules_reconfigure() has returned.
 * clk only tells whether a seed is from the future. */
struct rules *rules_new(const struct config *cfg, const struct clock *clk);
void rules_free(struct rules *r);
/* Another configuration: jobs of the same name keep their windows, jobs that are gone are
 * forgotten. */
void rules_reconfigure(struct rules *r, const struct config *cfg);

struct rules_input {
	const struct section *const *sections;
	size_t nsections;
	int64_t at;          /* wall ms of this look */
	int64_t mono_at;     /* monotonic ms of this look */
	int64_t loop_gap_ms; /* > 0: our own loop was late or suspended by that much since the last
				look: windows restart and say so */
	const struct dataset *actions;    /* rows of what was and is being done; NULL */
	const struct ledger_view *ledger; /* holds and states; NULL: no ledger yet */
	const char *const *own_names; /* of this host beside localhost; NULL-terminated, or NULL */
};

/* Each dataset is one reference for the caller. A dataset whose rows did not change since the last
 * call is the same one again. banner: NULL or a line that is valid until the next call. */
struct rules_output {
	const struct dataset *jobs, *incidents, *errors, *executors, *targets, *dlq;
	const struct dataset *jvms; /* NULL: nobody looked at this host's JVMs */
	const char *banner;
};

void rules_apply(struct rules *r, const struct rules_input *in, struct rules_output *out);

/* The last counters of a job, as kept in history.db between two runs of --once. */
struct rules_counters {
	int64_t at;                       /* wall ms when they were read */
	int64_t errors, batches, records; /* ABSENT: not known */
	int64_t start_time;               /* wall ms of the job's start, ABSENT */
	int64_t restarts;                 /* seen so far, ABSENT */
	struct counts errors_by_type;
};

/* How a job was judged at the end of a run of --once. */
struct rules_standing {
	int64_t at;    /* wall ms of that run */
	int64_t since; /* that it was so: by a date, else the first run that found it */
	int verdict;   /* enum verdict */
};
/* Before the first rules_apply(): where nothing dates a verdict, it holds as long as earlier runs
 * found the same. Ignored if the last of them is more than an hour old. */
void rules_seed_standing(struct rules *r, const char *job, const struct rules_standing *s);
bool rules_standing(const struct rules *r, const char *job, struct rules_standing *out);

/* Before the first rules_apply(), oldest first: what earlier runs saw. Copies. Too old (24 h) or
 * from the future: ignored. */
void rules_seed(struct rules *r, const char *job, const struct rules_counters *c);
/* Reads the current ones back; false: nothing was seen of this job yet. What out points at is valid
 * until the next rules_apply(). */
bool rules_counters(const struct rules *r, const char *job, struct rules_counters *out);

#endif

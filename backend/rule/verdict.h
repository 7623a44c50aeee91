/* rule/verdict.h - how a job is, and why: the table of verdicts, worst first. Pure. */
#ifndef SPARKOPS_RULE_VERDICT_H
#define SPARKOPS_RULE_VERDICT_H

#include "facts.h"

struct judgement {
	enum verdict verdict;
	int64_t since; /* wall ms where a date tells it, else ABSENT: since we first saw it */
	struct texts evidence;   /* most telling first; never empty */
	const struct text *next; /* what to do now; NULL when nothing is wrong */
	int64_t exit_class;
	bool is_old; /* what is shown of it was not confirmed lately */
};

/* Texts live in the arena. */
void verdict_judge(const struct job_facts *f, struct arena *a, struct judgement *out);

/* Ages and limits in sentences: `6m12`, `5m`, `12s`. */
const char *age_words(struct arena *a, int64_t ms);

/* The next step for a verdict (backend/rule/next.c); reason is what led to it. */
enum reason {
	REASON_NONE,
	REASON_GONE, /* crashed */
	REASON_HUNG,
	REASON_ERRORS,
	REASON_OWN_WORD,
	REASON_REFUSED,
	REASON_SILENT,
	REASON_STALE,
	REASON_NOT_READY, /* initializing for too long */
	REASON_QUIET,
	REASON_DRIVER_GONE, /* healthy, but its UI does not answer */
	REASON_HEALTH_GONE, /* its UI answers, its health endpoint does not */
	REASON_FROZEN,
	REASON_SAYS_NOT_READY,
	REASON_SAYS_NOT_ALIVE,
	REASON_UNCOUNTED, /* its DLQ grows, its counter does not */
	REASON_LOST_TO_OOM,
	REASON_NO_EXECUTOR,
	REASON_FAILED_STAGES,
	REASON_FAILED_JOBS,
	REASON_THRASHING,
	REASON_HEAP_DUMP, /* its driver writes one and answers nothing meanwhile */
	REASON_NETWORK,
	REASON_WRONG_ANSWER,
	REASON_NO_SOURCE,
	REASON_NO_DATA,    /* its UI was found, and never gave its data */
	REASON_UNACCEPTED, /* its port was not asked: connections wait there */
	REASON_UNSEEN,     /* its process may not be looked at */
	REASON_WAITING,
};
/* A driver that has to end, or has ended, and begins again. */
struct again {
	const struct jvm_row *jvm; /* judged; NULL: it is gone, or was never seen */
	const struct config_job *cfg;
	int64_t python_pid; /* of one that is gone; ABSENT */
	bool was_seen, is_out_of_memory;
	bool may_act;                         /* here: it is neither read-only nor a wall */
	const char *command;                  /* of its Python, without secrets; NULL */
	const char *before, *memory, *resume; /* first step, `with` what, from where; NULL */
};
/* End it, see its ports free, wait, start it again (backend/rule/next_driver.c). */
const struct text *driver_again(const struct again *g, struct arena *a);
/* `POST http://...`, `run /srv/start ...`, `systemctl restart a.service`, without what may be
 * secret; NULL: that hook is not set. */
const char *hook_words(const struct config_hook *hook, struct arena *a);
/* `start it again with ...`, or by its key where that is possible here. */
const struct text *start_with(const struct job_facts *f, const char *memory, struct arena *a);
/* ` :4040 :40417`; "". */
const char *ports_words(const struct jvm_row *jvm, size_t most, struct arena *a);
/* For a driver whose process hangs, is an orphan or is over (backend/rule/next_driver.c). */
const struct text *next_driver(const struct job_facts *f, struct arena *a);
const struct text *next_step(const struct job_facts *f, enum reason reason, struct arena *a);

#endif

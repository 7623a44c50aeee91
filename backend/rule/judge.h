/* rule/judge.h - a verdict in the making: the facts, the evidence said so far, and the words that
 * the checks share. For verdict*.c, judge.c and degraded.c only. */
#ifndef SPARKOPS_RULE_JUDGE_H
#define SPARKOPS_RULE_JUDGE_H

#include <string.h>

#include "verdict.h"

enum { EVIDENCE_MAX = 12, UNHEALTHY_ERRORS = 5, INIT_LEAST_MS = 300000, DRIVER_GONE_MS = 30000 };

struct judge {
	const struct job_facts *f;
	struct arena *a;
	const struct text *evidence[EVIDENCE_MAX];
	size_t n;
	enum reason reason;   /* of the check that decided */
	bool has_said_errors; /* by a worse verdict */
	bool is_crashed;      /* then a driver that is gone is no contradiction */
	int64_t since;
};

/* One more sentence of evidence; the same again, and more than EVIDENCE_MAX, are left out. */
void judge_say(struct judge *j, const char *fmt, ...) ATTR_PRINTF(2, 3);
/* Who does not answer: silent, with number and span of the probes, or refused. */
void judge_say_down(struct judge *j, const struct probe *p, const char *what);
void judge_say_errors(struct judge *j);
/* Says that the job's own word is all there is. */
void judge_say_own_word(struct judge *j);
void judge_say_jvm(struct judge *j); /* the evidence of its JVM's verdict */
void judge_say_jvm_from(struct judge *j, size_t first);

bool judge_degraded(struct judge *j);
/* By the process of its driver: verdict_driver.c. */
bool judge_driver_crashed(struct judge *j);
bool judge_driver_hung(struct judge *j);
bool judge_driver_ended(struct judge *j);
void judge_say_earlier(struct judge *j); /* who still keeps ports of it */
/* Its JVM lives, and neither health nor UI is up: verdict_unknown.c. */
bool judge_alive(struct judge *j);
/* Its health endpoint has answered, its driver's UI was not heard yet. */
bool judge_half_asked(struct judge *j);
/* Its health endpoint answers, but nobody accepts connections at its driver. */
bool judge_unasked(struct judge *j);
/* Its last batch has a date without a zone, and none was seen to come yet. */
bool judge_undated(struct judge *j);
bool driver_is_young(const struct job_facts *f); /* just started, and has given nothing yet */
void judge_say_young(struct judge *j);
/* Its driver is over, and nothing says that it failed. */
bool driver_has_ended(const struct job_facts *f);

static inline const char *age(const struct judge *j, int64_t ms)
{
	return age_words(j->a, ms);
}

static inline const char *s_of(int64_t n)
{
	return n == 1 ? "" : "s";
}

static inline bool is_down(const struct probe *p)
{
	return p->answer == ANSWER_SILENT || p->answer == ANSWER_REFUSED;
}

static inline bool is_word(const struct job_facts *f, const char *word)
{
	return f->says && !strcmp(f->says, word);
}

static inline bool has_counters(const struct job_facts *f)
{
	return is_up(&f->health);
}

/* By its counters: started, and no batch yet. */
static inline bool is_initializing(const struct job_facts *f)
{
	if (!is_absent(f->last_batch_at) || f->batches > 0)
		return false;
	return is_word(f, "initializing") || f->batches == 0;
}

/* The job's own word, where nothing dates its errors. */
static inline bool own_word_counts(const struct job_facts *f, const char *word)
{
	return has_counters(f) && is_word(f, word) && is_absent(f->errors_5m.n);
}

/* Its UI lists Spark jobs of the last 5 minutes that failed, and none that did not. */
enum { FAILED_JOBS_MIN = 2 }; /* one may be a cell of a notebook that somebody tried */
static inline bool all_spark_jobs_failed(const struct job_facts *f)
{
	return is_up(&f->ui) && f->failed_jobs_5m >= FAILED_JOBS_MIN && !f->has_good_job;
}

static inline const char *jvm_word(const struct job_facts *f)
{
	return f->jvm && f->jvm->verdict >= 0 ? jvm_verdict_names[f->jvm->verdict] : "";
}

#endif

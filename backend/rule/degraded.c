/* rule/degraded.c - what makes a job degraded, kind by kind: a heap dump, errors, what Spark shows,
 * sources that contradict each other, batches without records. Each kind adds its evidence; the
 * first that held decides the next step. */
#include "judge.h"
#include "memory.h"

static bool degraded_by_errors(struct judge *j)
{
	const struct job_facts *f = j->f;
	bool is_bad_word = is_word(f, "degraded") || is_word(f, "unhealthy");

	if (j->has_said_errors)
		return false;
	if (f->errors_5m.at_least > 0) {
		judge_say_errors(j);
		j->reason = REASON_ERRORS;
		return true;
	}
	if (own_word_counts(f, "degraded")) {
		judge_say_own_word(j);
		j->reason = REASON_OWN_WORD;
		return true;
	}
	if (!has_counters(f) || !is_bad_word || is_absent(f->errors_5m.n) || f->errors_1h.n == 0)
		return false;
	if (is_absent(f->errors_1h.n))
		judge_say(j,
			  "says %s since start; no error in the last 5 minutes, not watched for an "
			  "hour yet",
			  f->says);
	else
		judge_say(j, "says %s; %lld error%s in the last hour, none in the last 5 minutes",
			  f->says, (long long)f->errors_1h.n, s_of(f->errors_1h.n));
	j->reason = REASON_OWN_WORD;
	return true;
}

/* Its threads stand still until the dump is written; nobody who waits for that has
 * lost a driver. */
static bool writes_heap_dump(const struct job_facts *f)
{
	return f->jvm && f->jvm->dump_file && f->jvm->verdict == JVM_IS_BUSY && is_down(&f->ui);
}

static bool degraded_by_heap_dump(struct judge *j)
{
	const struct job_facts *f = j->f;

	if (!writes_heap_dump(f))
		return false;
	judge_say(j, "its driver's JVM %lld writes a heap dump and answers nothing meanwhile",
		  (long long)f->jvm->pid);
	judge_say_jvm(j);
	judge_say_down(j, &f->ui, "driver's UI");
	j->reason = REASON_HEAP_DUMP;
	return true;
}

/* Its word against what its other endpoints say. */
static bool contradicts_itself(struct judge *j)
{
	const struct job_facts *f = j->f;

	bool has_failed = all_spark_jobs_failed(f) && f->errors_5m.at_least == 0;

	if (!is_up(&f->health) || !is_word(f, "healthy"))
		return false;
	if (has_failed) {
		judge_say(j, "says healthy, but every Spark job of the last 5 minutes failed: %lld",
			  (long long)f->failed_jobs_5m);
		j->reason = REASON_FAILED_JOBS;
	}
	if (f->live == TRI_FALSE) {
		judge_say(j, "says healthy, but /health/live says that it is not alive");
		j->reason = REASON_SAYS_NOT_ALIVE;
	}
	if (f->ready == TRI_FALSE) {
		judge_say(j, "says healthy, but not ready%s%s", f->not_ready_reason ? ": " : "",
			  f->not_ready_reason ? f->not_ready_reason : "");
		j->reason = REASON_SAYS_NOT_READY;
	}
	return has_failed || f->live == TRI_FALSE || f->ready == TRI_FALSE;
}

static bool degraded_by_contradiction(struct judge *j)
{
	const struct job_facts *f = j->f;
	const char *word = f->says ? f->says : "nothing";
	bool is_explained = j->is_crashed || !strcmp(jvm_word(f), "hung") ||
			    !strcmp(jvm_word(f), "stopped") || !strcmp(jvm_word(f), "thrashing") ||
			    writes_heap_dump(f);

	if (is_up(&f->health) && is_down(&f->ui) && !f->ui.is_suspect && !is_explained) {
		judge_say(j, "says %s, but its driver %s", word,
			  f->jvm ? "does not answer" : "is gone");
		judge_say_down(j, &f->ui, "driver's UI");
		j->reason = REASON_DRIVER_GONE;
		return true;
	}
	if (is_up(&f->ui) && !f->health.is_suspect &&
	    (is_down(&f->health) || f->health.answer == ANSWER_WRONG)) {
		if (is_down(&f->health))
			judge_say_down(j, &f->health, "health endpoint");
		else
			judge_say(j, "its health endpoint is not usable: %s",
				  f->health.problem ? f->health.problem : "no health answer");
		if (f->ui.answer == ANSWER_GOOD || is_absent(f->ui.good_at))
			judge_say(j, "its driver's UI %s answers", f->ui.where);
		else
			judge_say(j, "its driver's UI %s answered %s ago", f->ui.where,
				  age(j, f->at - f->ui.good_at));
		j->reason = REASON_HEALTH_GONE;
		return true;
	}
	if (is_up(&f->health) && !isnan(f->frozen_s)) {
		judge_say(j, "its health answers stand still: the same uptime for %s",
			  age(j, (int64_t)(f->frozen_s * 1000)));
		j->reason = REASON_FROZEN;
		return true;
	}
	if (contradicts_itself(j))
		return true;
	if (is_up(&f->health) && f->dlq_more_5m > 0) {
		judge_say(
			j,
			"its dead-letter queue got %lld entr%s in 5 minutes that it does not count",
			(long long)f->dlq_more_5m, f->dlq_more_5m == 1 ? "y" : "ies");
		j->reason = REASON_UNCOUNTED;
		return true;
	}
	return false;
}

/* Of a job of which its UI is all that is known. */
static bool say_failed_work(struct judge *j)
{
	const struct job_facts *f = j->f;
	bool has_failed_jobs = f->failed_jobs_5m > 0 && !all_spark_jobs_failed(f);

	if (f->failed_stages_5m > 0) {
		judge_say(j, "%lld stage%s failed in the last 5 minutes",
			  (long long)f->failed_stages_5m, s_of(f->failed_stages_5m));
		j->reason = REASON_FAILED_STAGES;
	}
	if (has_failed_jobs) {
		judge_say(j, "%lld Spark job%s failed in the last 5 minutes",
			  (long long)f->failed_jobs_5m, s_of(f->failed_jobs_5m));
		j->reason = REASON_FAILED_JOBS;
	}
	return f->failed_stages_5m > 0 || has_failed_jobs;
}

static bool degraded_by_spark(struct judge *j)
{
	const struct job_facts *f = j->f;

	if (f->spark.lost_to_oom_1h > 0) {
		judge_say(j, "%s in the last hour", lost_words(&f->spark, j->a));
		j->reason = REASON_LOST_TO_OOM;
		return true;
	}
	if (is_up(&f->ui) && f->has_waiting_work) {
		judge_say(j, "no executor is alive: its work waits (%lld lost)",
			  (long long)f->spark.dead);
		j->reason = REASON_NO_EXECUTOR;
		return true;
	}
	if (f->health.answer == ANSWER_NONE && is_up(&f->ui) && say_failed_work(j))
		return true;
	if (!strcmp(jvm_word(f), "thrashing")) {
		judge_say(j, "its driver's JVM %lld only collects garbage", (long long)f->jvm->pid);
		judge_say_jvm(j);
		j->reason = REASON_THRASHING;
		return true;
	}
	return false;
}

bool judge_degraded(struct judge *j)
{
	const struct job_facts *f = j->f;
	enum reason first = REASON_NONE;
	bool (*const kinds[])(struct judge *) = {degraded_by_heap_dump, degraded_by_errors,
						 degraded_by_spark, degraded_by_contradiction};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (kinds[i](j) && first == REASON_NONE)
			first = j->reason;
	}
	if (is_up(&f->health) && !is_absent(f->quiet_ms) && !is_absent(f->quiet_limit_ms) &&
	    f->quiet_ms >= f->quiet_limit_ms) {
		judge_say(j, "quiet: batches run, but none brought a record for %s (limit %s)",
			  age(j, f->quiet_ms), age(j, f->quiet_limit_ms));
		if (first == REASON_NONE)
			first = REASON_QUIET;
	}
	j->reason = first;
	return first != REASON_NONE;
}

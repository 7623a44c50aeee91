/* rule/verdict.c - the verdict of a job with its evidence.
 *
 * DESIGN. A list of checks, worst verdict first. Every check down to `degraded` is asked, each adds
 * its sentences when it holds; the first that held is the verdict, the others are further evidence.
 * Only when none holds is the job one of the rest. So a stale job that also loses executors is
 * stale and says both. Words: what happened, to what, with the number and the limit. What a job
 * says of itself counts only where nothing dates its errors. */
#include "errors.h"
#include "judge.h"

/* Its application is over at the master, and nothing of it answers at its driver. */
static bool is_app_over(const struct job_facts *f)
{
	const char *s = f->cluster_state;

	return s && !is_up(&f->ui) &&
	       (!strcmp(s, "FINISHED") || !strcmp(s, "FAILED") || !strcmp(s, "KILLED"));
}

static bool failed_at_master(const struct job_facts *f)
{
	return is_app_over(f) && strcmp(f->cluster_state, "FINISHED") != 0;
}

/* Its Python still answers, its UI's port is closed, no batch ended lately, and it left a sign of a
 * driver's death: then the SparkContext is stopped, whatever else lives. */
static bool has_lost_its_driver(const struct job_facts *f)
{
	int64_t patience_ms = max_i64(DRIVER_GONE_MS, f->trigger_interval_ms);
	bool has_sign = f->spark.lost_to_oom_1h > 0;

	/* a refused connection may be another service's, unless its driver was seen here before */
	if (f->crash_type)
		has_sign |= f->has_app || !error_is_same(f->crash_type, "ConnectionRefusedError");
	return is_up(&f->health) && f->ui.answer == ANSWER_REFUSED && has_sign &&
	       !(f->last_batch_age_s * 1000 < (double)patience_ms * 2);
}

static void say_lost_driver(struct judge *j)
{
	const struct job_facts *f = j->f;

	judge_say(j, "its driver is gone: nothing listens at its UI %s", f->ui.where);
	if (f->crash_type && f->crash_type == f->top_type)
		judge_say(j, "%lld x %s %s", (long long)f->top_count, f->top_type, f->top_when);
	if (f->says)
		judge_say(j, "its Python still answers and says %s", f->says);
}

static bool check_crashed(struct judge *j)
{
	const struct job_facts *f = j->f;
	bool is_over = is_app_over(f);

	if (judge_driver_crashed(j)) {
		j->reason = REASON_GONE;
		return true;
	}
	if (!driver_has_ended(f) && has_lost_its_driver(f)) {
		say_lost_driver(j);
		j->reason = REASON_GONE;
		j->since = f->crash_at;
		return true;
	}
	if (!is_over || (!failed_at_master(f) && !f->expect_always))
		return false;
	judge_say(j, "the master says its application is %s", f->cluster_state);
	if (is_down(&f->ui))
		judge_say_down(j, &f->ui, "driver's UI");
	if (!failed_at_master(f))
		judge_say(j, "it is expected to run always");
	j->reason = REASON_GONE;
	return true;
}

static bool check_hung(struct judge *j)
{
	j->reason = REASON_HUNG;
	return judge_driver_hung(j);
}

/* No batch ended well within 5 minutes, and at least one failed. */
static bool all_batches_failed(const struct job_facts *f)
{
	if (f->errors_5m.at_least < 1 || !has_counters(f))
		return false;
	if (is_absent(f->last_batch_at))
		return f->batches == 0;
	return f->last_batch_age_s > 300;
}

/* Every place that can show life is down; one that was never asked may still show it. */
static bool is_all_down(const struct job_facts *f)
{
	const struct probe *both[] = {&f->health, &f->ui};
	int down = 0;

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		if (both[i]->answer == ANSWER_NONE)
			continue;
		if (!is_down(both[i]))
			return false;
		down++;
	}
	return down > 0 && !f->jvm && !f->is_driver_gone;
}

/* Not only silent: whoever was there has left its ports. */
static bool nobody_listens(const struct job_facts *f)
{
	return is_all_down(f) &&
	       (f->health.answer == ANSWER_REFUSED || f->health.answer == ANSWER_NONE) &&
	       (f->ui.answer == ANSWER_REFUSED || f->ui.answer == ANSWER_NONE);
}

/* No batch since the line of its log that told of its driver's end, and its UI does not answer: as
 * long as that is so nothing got better, however old the errors are. */
static bool has_not_recovered(struct judge *j)
{
	const struct job_facts *f = j->f;

	if (!f->words || !is_down(&f->ui) || (f->jvm && f->jvm->verdict == JVM_IS_HUNG) ||
	    nobody_listens(f))
		return false;
	judge_say(j, "%s %s ago by its log, and no batch %ssince", text_str(f->words->name),
		  age(j, f->at - f->words->at), is_absent(f->last_batch_at) ? "known " : "");
	judge_say_down(j, &f->ui, "driver's UI");
	j->reason = REASON_ERRORS;
	j->since = f->words->at;
	return true;
}

static bool check_unhealthy(struct judge *j)
{
	const struct job_facts *f = j->f;

	if (has_not_recovered(j)) {
		if (f->errors_5m.at_least >= UNHEALTHY_ERRORS)
			judge_say_errors(j);
		return true;
	}

	if (f->errors_5m.at_least >= UNHEALTHY_ERRORS) {
		judge_say_errors(j);
		j->reason = REASON_ERRORS;
		return true;
	}
	if (all_batches_failed(f)) {
		judge_say(j,
			  "every batch of the last 5 minutes failed: %lld error%s, no batch ended "
			  "well",
			  (long long)f->errors_5m.at_least, s_of(f->errors_5m.at_least));
		if (f->top_type)
			judge_say(j, "%lld x %s %s", (long long)f->top_count, f->top_type,
				  f->top_when);
		j->reason = REASON_ERRORS;
		return true;
	}
	if (own_word_counts(f, "unhealthy")) {
		judge_say_own_word(j);
		j->reason = REASON_OWN_WORD;
		return true;
	}
	if (!is_up(&f->health) && all_spark_jobs_failed(f)) {
		judge_say(j,
			  "every Spark job of the last 5 minutes failed: %lld, and none ended well",
			  (long long)f->failed_jobs_5m);
		j->reason = REASON_FAILED_JOBS;
		return true;
	}
	return false;
}

/* Its silence is one with that of others: probes say nothing of this job, from the first one on. */
static bool is_out_of_sight(const struct job_facts *f)
{
	return f->network && !is_app_over(f);
}

/* What may be said of a job out of sight: what its process shows by itself, as the kernel and the
 * JVM's counters tell it. That the process is there says nothing. */
static bool is_said_unseen(const struct job_facts *f, enum verdict v)
{
	switch (v) {
	case VERDICT_CRASHED:
	case VERDICT_HUNG:
	case VERDICT_UNKNOWN:
		return true;
	case VERDICT_DEGRADED:
		return f->jvm && f->jvm->verdict == JVM_IS_THRASHING;
	case VERDICT_ENDED:
		return driver_has_ended(f);
	default:
		return false;
	}
}

static bool check_unreachable(struct judge *j)
{
	const struct job_facts *f = j->f;
	bool is_refused = f->health.answer == ANSWER_REFUSED || f->ui.answer == ANSWER_REFUSED;

	if (!is_all_down(f) || is_app_over(f))
		return false;
	if (f->health.answer != ANSWER_NONE)
		judge_say_down(j, &f->health, "health endpoint");
	if (f->ui.answer != ANSWER_NONE)
		judge_say_down(j, &f->ui, "driver's UI");
	judge_say(j, "its process cannot be seen from here");
	j->reason = is_refused ? REASON_REFUSED : REASON_SILENT;
	if (f->health.silent_ms > 0 || f->ui.silent_ms > 0)
		j->since = f->at - max_i64(f->health.silent_ms, f->ui.silent_ms);
	if (!is_absent(f->down_since))
		j->since = is_absent(j->since) ? f->down_since : min_i64(j->since, f->down_since);
	if (!is_absent(f->down_since) && f->at - j->since > f->stale_after_ms)
		judge_say(j, "runs before this one found the same, for %s (limit %s)",
			  age(j, f->at - j->since), age(j, f->stale_after_ms));
	return true;
}

static bool check_stale(struct judge *j)
{
	const struct job_facts *f = j->f;
	bool has_health = is_up(&f->health), is_seen = has_health || is_up(&f->ui);
	int64_t limit =
		max_i64(is_absent(f->ready_within_ms) ? 0 : f->ready_within_ms, INIT_LEAST_MS);
	int64_t age_ms = isnan(f->last_batch_age_s) ? 0 : (int64_t)(f->last_batch_age_s * 1000);

	if (is_seen && !is_absent(f->last_batch_at) && age_ms > f->stale_after_ms) {
		judge_say(j, "no batch for %s (limit %s)", age(j, age_ms),
			  age(j, f->stale_after_ms));
		if (is_word(f, "healthy"))
			judge_say(j, "its own word is healthy all the same");
		j->reason = REASON_STALE;
		j->since = f->at - age_ms + f->stale_after_ms;
		return true;
	}
	if (has_health && is_initializing(f) && f->uptime_s * 1000 > (double)limit) {
		judge_say(j, "started %s ago and has not run a batch yet (limit %s)",
			  age(j, (int64_t)(f->uptime_s * 1000)), age(j, limit));
		j->reason = REASON_NOT_READY;
		j->since = f->at - (int64_t)(f->uptime_s * 1000) + limit;
		return true;
	}
	return false;
}

static bool check_unknown(struct judge *j)
{
	const struct job_facts *f = j->f;
	bool is_waiting = f->health.answer == ANSWER_WAITING;

	if (is_out_of_sight(f)) {
		bool is_health = f->health.silent_probes > 0;

		judge_say_down(j, is_health ? &f->health : &f->ui,
			       is_health ? "health endpoint" : "driver's UI");
		judge_say(j, "%s fell silent at once: this box or its network?", f->network);
		if (f->jvm)
			judge_say_jvm(j);
		j->reason = REASON_NETWORK;
		return true;
	}
	if (f->health.is_suspect && is_up(&f->ui) && !f->jvm) {
		judge_say_down(j, &f->health, "health endpoint");
		judge_say(j, "it fell silent at once with other jobs: this box or its network?");
		j->reason = REASON_NETWORK;
		return true;
	}
	if (judge_half_asked(j) || judge_unasked(j) || judge_undated(j))
		return true;
	if (is_up(&f->health) || (is_up(&f->ui) && !is_waiting) || is_app_over(f))
		return false;
	if (f->jvm)
		return judge_alive(j);
	j->reason = REASON_WAITING;
	if (f->health.answer == ANSWER_WRONG || f->ui.answer == ANSWER_WRONG) {
		const struct probe *p = f->health.answer == ANSWER_WRONG ? &f->health : &f->ui;

		judge_say(j, "%s: %s", p->where,
			  p->problem ? p->problem : "not the expected format");
		j->reason = REASON_WRONG_ANSWER;
	} else if (f->health.answer == ANSWER_NONE && f->ui.answer == ANSWER_NONE) {
		judge_say(j, "nothing says whether it runs: no health endpoint and no driver's UI "
			     "is known");
		j->reason = REASON_NO_SOURCE;
	} else {
		judge_say(j, "waiting for the first answer of %s",
			  f->health.answer == ANSWER_WAITING ? f->health.where : f->ui.where);
	}
	return true;
}

static bool check_initializing(struct judge *j)
{
	const struct job_facts *f = j->f;

	if (driver_is_young(f)) {
		judge_say_young(j);
		return true;
	}
	if (!is_up(&f->health) || !is_initializing(f))
		return false;
	if (isnan(f->uptime_s)) {
		judge_say(j, "started, no batch yet");
		return true;
	}
	judge_say(j, "started %s ago, no batch yet", age(j, (int64_t)(f->uptime_s * 1000)));
	j->since = f->at - (int64_t)(f->uptime_s * 1000);
	return true;
}

static bool check_ended(struct judge *j)
{
	const struct job_facts *f = j->f;

	if (judge_driver_ended(j))
		return true;
	if (!is_app_over(f))
		return false;
	judge_say(j, "the master says its application is %s, and nothing says that it failed",
		  f->cluster_state);
	return true;
}

static void say_errors_over(struct judge *j)
{
	const struct job_facts *f = j->f;
	bool is_bad_word = is_word(f, "degraded") || is_word(f, "unhealthy");

	if (f->errors_1h.n == 0 && is_bad_word && f->errors > 0)
		judge_say(j,
			  "says %s since start (%lld error%s), but a full hour without errors "
			  "contradicts it",
			  f->says, (long long)f->errors, s_of(f->errors));
	else if (f->errors_1h.n == 0 && is_bad_word)
		judge_say(j, "says %s, but a full hour without errors contradicts it", f->says);
	else if (f->errors_1h.n == 0)
		judge_say(j, "no error in the last hour");
	else if (f->errors_5m.n == 0)
		judge_say(j, "no error in the last 5 minutes");
	else if (f->says)
		judge_say(j, "says %s", f->says);
}

static bool check_healthy(struct judge *j)
{
	const struct job_facts *f = j->f;

	if (!isnan(f->last_batch_age_s))
		judge_say(j, "last batch %s ago", age(j, (int64_t)(f->last_batch_age_s * 1000)));
	if (is_up(&f->health))
		say_errors_over(j);
	else if (is_up(&f->ui))
		judge_say(j, "its driver's UI shows nothing wrong");
	if (f->jvm && (!is_up(&f->health) || !j->n))
		judge_say_jvm(j);
	if (!j->n)
		judge_say(j, "its health endpoint answers");
	return true;
}

/* What is true beside the verdict and worth a line. */
static void say_asides(struct judge *j)
{
	const struct job_facts *f = j->f;

	if ((f->health.answer == ANSWER_LATE || (f->jvm && is_down(&f->health))) &&
	    f->health.silent_probes > 0)
		judge_say_down(j, &f->health, "health endpoint");
	if (f->ui.silent_probes > 0 &&
	    (f->ui.answer == ANSWER_LATE || f->jvm || (f->ui.is_suspect && is_up(&f->health))))
		judge_say_down(j, &f->ui, "driver's UI");
	if (f->ui.answer == ANSWER_WRONG && is_up(&f->health))
		judge_say(j, "its driver's UI is not usable: %s",
			  f->ui.problem ? f->ui.problem : "?");
	judge_say_earlier(j);
	if (f->slid.jvm)
		judge_say(j,
			  "java %lld has its name and listens on :%lld: a driver that finds :%lld "
			  "taken takes one of the next",
			  (long long)f->slid.jvm->pid, (long long)f->slid.port,
			  (long long)f->slid.wanted);
	if (heap_mark(f->heap_pct) == 3)
		judge_say(j, "heap %.0f %% full (mark 90 %%): near OutOfMemoryError", f->heap_pct);
	if (f->dropped_events > 0)
		judge_say(j, "its Spark dropped %lld events: its figures are wrong from now on",
			  (long long)f->dropped_events);
	if (f->dlq.answer == ANSWER_NONE || !f->dlq.problem)
		return;
	if (f->dlq.is_partly)
		judge_say(j, "its dead-letter queue %s: %s", f->dlq.where, f->dlq.problem);
	else if (is_absent(f->dlq.good_at))
		judge_say(j, "its dead-letter queue %s cannot be read: %s", f->dlq.where,
			  f->dlq.problem);
	else
		judge_say(j, "its dead-letter queue %s: %s; what is shown of it was read before",
			  f->dlq.where, f->dlq.problem);
}

static int64_t exit_class(const struct job_facts *f, const struct judge *j, enum verdict v)
{
	static const int classes[VERDICT_COUNT] = {
		[VERDICT_CRASHED] = EXIT_CRITICAL,   [VERDICT_HUNG] = EXIT_CRITICAL,
		[VERDICT_UNHEALTHY] = EXIT_CRITICAL, [VERDICT_UNREACHABLE] = EXIT_UNKNOWN,
		[VERDICT_STALE] = EXIT_WARNING,      [VERDICT_DEGRADED] = EXIT_WARNING,
		[VERDICT_UNKNOWN] = EXIT_UNKNOWN,
	};
	bool is_long = !is_absent(j->since) && f->at - j->since > f->stale_after_ms;

	if (v == VERDICT_UNREACHABLE && (j->reason == REASON_REFUSED || is_long))
		return EXIT_CRITICAL;
	if (classes[v] == EXIT_HEALTHY && f->spark.basis == BASIS_MEASURED && f->spark.ratio < 1)
		return EXIT_WARNING;
	return classes[v];
}

/* What a worse check said already is not said again. */
static void take_over(struct judge *j, const struct judge *one)
{
	for (size_t i = 0; i < one->n && j->n < EVIDENCE_MAX; i++) {
		bool is_said = false;

		for (size_t k = 0; k < j->n; k++)
			is_said |= text_cmp(j->evidence[k], one->evidence[i]) == 0;
		if (!is_said)
			j->evidence[j->n++] = one->evidence[i];
	}
}

void verdict_judge(const struct job_facts *f, struct arena *a, struct judgement *out)
{
	static const struct {
		enum verdict verdict;
		bool (*check)(struct judge *);
	} checks[] = {
		{VERDICT_CRASHED, check_crashed},     {VERDICT_HUNG, check_hung},
		{VERDICT_UNHEALTHY, check_unhealthy}, {VERDICT_UNREACHABLE, check_unreachable},
		{VERDICT_STALE, check_stale},         {VERDICT_DEGRADED, judge_degraded},
		{VERDICT_UNKNOWN, check_unknown},     {VERDICT_INITIALIZING, check_initializing},
		{VERDICT_ENDED, check_ended},         {VERDICT_HEALTHY, check_healthy},
	};
	struct judge j = {.f = f, .a = a, .since = ABSENT};
	enum verdict verdict = VERDICT_COUNT;
	bool has_said_errors = false, has_ended = driver_has_ended(f);
	const struct text **lines;

	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		struct judge one = {.f = f,
				    .a = a,
				    .since = ABSENT,
				    .has_said_errors = has_said_errors,
				    .is_crashed = verdict == VERDICT_CRASHED};
		bool is_first = verdict == VERDICT_COUNT;

		if (is_out_of_sight(f) && !is_said_unseen(f, checks[i].verdict))
			continue;
		if (has_ended && checks[i].verdict != VERDICT_ENDED)
			continue;
		if (!is_first && checks[i].verdict > VERDICT_DEGRADED)
			break;
		if (!checks[i].check(&one))
			continue;
		has_said_errors |= checks[i].verdict == VERDICT_UNHEALTHY;
		take_over(&j, &one);
		if (is_first) {
			verdict = checks[i].verdict;
			j.reason = one.reason;
			j.since = one.since;
		}
	}
	say_asides(&j);
	lines = ARENA_ARRAY(a, const struct text *, j.n ? j.n : 1);
	memcpy(lines, j.evidence, j.n * sizeof(*lines));
	*out = (struct judgement){
		.verdict = verdict,
		.since = j.since,
		.evidence = {j.n, lines},
		.next = next_step(f, j.reason, a),
		.exit_class = exit_class(f, &j, verdict),
		.is_old = (f->health.answer != ANSWER_GOOD && f->health.answer != ANSWER_NONE) ||
			  (f->health.answer == ANSWER_NONE && f->ui.answer != ANSWER_GOOD &&
			   (f->ui.answer != ANSWER_NONE || !f->jvm)),
	};
}

/* rule/verdict_driver.c - what the process of a job's driver says about the job: crashed, hung or
 * ended. A driver that is over - dead, gone, or alive with its SparkContext stopped - has crashed
 * where the job is expected to run always or its end left a sign of failure; else it has ended. An
 * orphan has crashed whatever it does: nobody is left to give it work. */
#include "judge.h"

#include <stdio.h>

static bool is_verdict(const struct job_facts *f, enum jvm_verdict v)
{
	return f->jvm && f->jvm->verdict == (int)v;
}

static bool is_over(const struct job_facts *f)
{
	return is_verdict(f, JVM_IS_DEAD) || is_verdict(f, JVM_IS_STRANDED) || f->is_driver_gone;
}

bool driver_has_ended(const struct job_facts *f)
{
	return is_over(f) && !f->expect_always && !f->end_sign;
}

/* Its Python goes on without it. */
static void say_retries(struct judge *j)
{
	const struct job_facts *f = j->f;
	int64_t errors = f->errors_5m.at_least;
	char who[48] = "its Python";

	if (!is_up(&f->health))
		return;
	if (!is_absent(f->python_pid))
		snprintf(who, sizeof(who), "python %lld", (long long)f->python_pid);
	if (errors > 0)
		judge_say(j, "%s retries on the dead session: %lld error%s in the last 5 minutes",
			  who, (long long)errors, s_of(errors));
	else
		judge_say(j, "%s still answers at %s%s%s", who, f->health.where,
			  f->says ? " and says " : "", f->says ? f->says : "");
}

static void say_over(struct judge *j)
{
	const struct job_facts *f = j->f;

	if (f->is_driver_gone)
		judge_say(j, "its driver java %lld is not there any more",
			  (long long)f->driver_pid);
	else
		judge_say(j, "its driver's JVM %lld is %s", (long long)f->jvm->pid, jvm_word(f));
}

/* When its process ended, if that was seen; else what it wrote or did last. ABSENT: nothing dates
 * it. */
static int64_t end_date(const struct job_facts *f)
{
	if (f->has_seen_end)
		return f->driver_ended_at;
	return f->words ? f->words->at : f->last_batch_at;
}

bool judge_driver_crashed(struct judge *j)
{
	const struct job_facts *f = j->f;
	bool is_orphan = is_verdict(f, JVM_IS_ORPHAN);

	if (!is_orphan && (!is_over(f) || driver_has_ended(f)))
		return false;
	if (is_orphan)
		judge_say(j, "its driver's JVM %lld is orphan", (long long)f->jvm->pid);
	else
		say_over(j);
	if (is_verdict(f, JVM_IS_DEAD) && f->jvm->exit_code > 0 && f->end_sign)
		judge_say(j, "%s", f->end_sign); /* and its first sentence is that */
	if (f->jvm)
		judge_say_jvm_from(j, is_verdict(f, JVM_IS_DEAD) && f->jvm->exit_code > 0);
	if (f->end_sign)
		judge_say(j, "%s", f->end_sign);
	else if (!is_orphan)
		judge_say(j, "it is expected to run always");
	say_retries(j);
	j->since = end_date(f);
	return true;
}

bool judge_driver_hung(struct judge *j)
{
	const struct job_facts *f = j->f;

	if (!is_verdict(f, JVM_IS_HUNG) && !is_verdict(f, JVM_IS_STOPPED))
		return false;
	judge_say(j, "its driver's JVM %lld is %s", (long long)f->jvm->pid, jvm_word(f));
	judge_say_jvm(j);
	j->since = f->last_batch_at; /* the last that it did */
	return true;
}

bool judge_driver_ended(struct judge *j)
{
	const struct job_facts *f = j->f;

	if (!driver_has_ended(f))
		return false;
	if (f->is_driver_gone)
		judge_say(j, "its driver java %lld ended, and nothing says that it failed",
			  (long long)f->driver_pid);
	else if (is_verdict(f, JVM_IS_STRANDED))
		judge_say(j, "its SparkContext is stopped, and nothing says that it failed");
	else
		judge_say(j, "its driver's JVM %lld ended, and nothing says that it failed",
			  (long long)f->jvm->pid);
	if (f->jvm)
		judge_say_jvm(j);
	j->since = end_date(f);
	return true;
}

void judge_say_earlier(struct judge *j)
{
	const struct jvm_row *jvm = j->f->earlier;
	char list[80] = "";
	size_t len = 0;

	if (!jvm)
		return;
	for (size_t i = 0; i < jvm->listens.n && len + 10 < sizeof(list); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, " :%lld",
					(long long)jvm->listens.v[i].port);
	judge_say(j, "java %lld, its earlier driver, still lives%s%s", (long long)jvm->pid,
		  len ? " and keeps" : "", list);
}

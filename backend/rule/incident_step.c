/* rule/incident_step.c - what to do in a cascade. A driver out of heap often recovers: the advice
 * follows the process, not the line of the log. One that works is left alone, and it is said what
 * would show that it recovered or that it hangs; only one that hangs, stands, is stranded, is an
 * orphan, thrashes on and on or is over is ended, and whose memory was short gets more. */
#include "cascade.h"
#include "memory.h"

enum { THRASHING_MS = 120000 };

/* The word behind `before` in the newest mark that has it: where to go on. */
static const char *word_after(const struct incident_facts *f, const char *before, struct arena *a)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.-";

	for (size_t i = f->nmarks; i-- > 0;) {
		const char *text = f->marks[i]->text ? text_str(f->marks[i]->text) : "";
		const char *p = strstr(text, before);
		size_t n;

		if (!p || f->marks[i]->at < f->before->opened_at)
			continue;
		p += strlen(before);
		p += strspn(p, "'\"= ");
		n = strspn(p, letters);
		while (n && p[n - 1] == '.')
			n--;
		if (n && n < 64)
			return arena_strndup(a, p, n);
	}
	return NULL;
}

static const char *resume_from(const struct incident_facts *f, struct arena *a)
{
	const char *from = word_after(f, "resume_from=", a);

	return from ? from : word_after(f, "failed for table ", a);
}

/* --- with what memory --- */

/* 52: the heap was full; 137: too much beside it; 56: no heartbeat got through. */
static const char *executors_words(const struct cascade *c)
{
	const struct incident_facts *f = c->f;
	const struct executors_summary *sum = &f->job->spark;
	bool limit = sum->lost_to_yarn_1h + sum->lost_to_container_1h > 0, silence = false;
	bool heap = sum->lost_to_oom_1h > sum->lost_to_yarn_1h + sum->lost_to_container_1h;
	const char *words;

	for (size_t i = c->from; i < f->nmarks; i++) {
		int64_t code = f->marks[i]->exit_code;

		if (f->marks[i]->kind != LOG_KIND_EXECUTOR_LOST)
			continue;
		heap = heap || code == 52 || code == 3;
		limit = limit || code == 137 || code == -103 || code == -104;
		silence = silence || code == 56;
	}
	words = !limit || heap ? executor_memory_words(f->job, c->a) : "";
	if (limit)
		words = arena_printf(c->a, "%s%smore spark.executor.memoryOverhead (137)", words,
				     *words ? ", and " : "");
	if (silence)
		words = arena_printf(
			c->a, "%s (56: look at garbage collection of its executors first)", words);
	return words;
}

static const char *memory_words(const struct cascade *c)
{
	return c->is_executors ? executors_words(c) : driver_memory_words(c->f->driver, c->a);
}

/* --- watch or end --- */

static bool has_to_end(const struct cascade *c)
{
	const struct incident_facts *f = c->f;

	switch (f->driver ? f->driver->verdict : JVM_IS_DEAD) {
	case JVM_IS_BUSY:
		return false;
	case JVM_IS_IDLE:
	case JVM_IS_UNKNOWN:
		return is_deaf(c);
	case JVM_IS_THRASHING:
		return f->at - f->since >= THRASHING_MS;
	default:
		return true;
	}
}

static const struct text *watch_step(const struct cascade *c)
{
	const struct jvm_row *d = c->f->driver;
	long long pid = (long long)d->pid;

	if (d->verdict == JVM_IS_THRASHING)
		return text_format(c->a,
				   "watch java %lld, end nothing yet: it recovered when most of "
				   "its time is not collections any more; if it collects on for "
				   "%d s, it does not",
				   pid, THRASHING_MS / 1000);
	return text_format(
		c->a,
		"watch java %lld, end nothing%s: it recovered when its UI answers and "
		"no further error comes; no answer and under 1 %% CPU for 30 s: it hangs%s",
		pid, is_well(d) ? "" : " yet",
		c->has_followed ? "; its Python fails on although it works: start the "
				  "job again"
				: "");
}

const struct text *cascade_step(const struct cascade *c)
{
	const struct incident_facts *f = c->f;
	const char *memory = memory_words(c);
	struct again g = {.jvm = f->driver,
			  .cfg = f->cfg,
			  .python_pid = f->known->python_pid,
			  .was_seen = f->known->id[0] != '\0',
			  .command = f->job->driver_command,
			  .may_act = f->job->may_act,
			  .is_out_of_memory = true,
			  .memory = memory,
			  .resume = resume_from(f, c->a)};

	if (!is_absent(c->ended_at))
		return text_format(
			c->a, "nothing now; start it with %s next time, or it comes back", memory);
	if (has_to_end(c))
		return driver_again(&g, c->a);
	if (c->is_executors)
		return start_with(f->job, memory, c->a);
	return watch_step(c);
}

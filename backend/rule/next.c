/* rule/next.c - the next step for whoever looks at a job in trouble: only what can be done here and
 * now, in words that can be followed at three in the morning. */
#include <string.h>

#include "errors.h"
#include "memory.h"
#include "verdict.h"

/* host:port of a URL; the whole when it is none. */
static const char *place(struct arena *a, const char *url)
{
	const char *p = url ? strstr(url, "://") : NULL;

	if (!p)
		return url ? url : "its address";
	p += 3;
	return arena_strndup(a, p, strcspn(p, "/"));
}

static const struct text *errors_step(const struct job_facts *f, struct arena *a)
{
	if (!f->top_type)
		return TEXT("look at the errors view and the dead-letter queue for what failed");
	if (f->top_advice)
		return text_format(a, "look at the errors view: %lld x %s; %s",
				   (long long)f->top_count, f->top_type, f->top_advice);
	return text_format(a, "look at the errors view: %lld x %s", (long long)f->top_count,
			   f->top_type);
}

const struct text *start_with(const struct job_facts *f, const char *memory, struct arena *a)
{
	bool by_key = f->may_act && f->cfg && (f->cfg->actions & ACT_RESTART) &&
		      hook_is_set(&f->cfg->restart);

	return text_format(a, by_key ? "give it %s, then B restart" : "start it again with %s",
			   memory);
}

static const struct text *memory_step(const struct job_facts *f, struct arena *a)
{
	return start_with(f, lost_executors_want(f, a), a);
}

static const struct text *gone_step(const struct job_facts *f, struct arena *a)
{
	bool is_memory = f->crash_type && error_is_same(f->crash_type, "OutOfMemoryError");
	bool is_own = f->driver_exit_code == 52 || f->driver_exit_code == 3;

	if (f->spark.lost_to_oom_1h > 0 && !is_own)
		return memory_step(f, a);
	if (f->jvm || f->is_driver_gone)
		return next_driver(f, a);
	if (is_memory)
		return TEXT("it ran out of memory: raise spark.driver.memory, then start it again");
	return TEXT("read the end of its driver's log, then start it again");
}

/* The driver only collects garbage: its own memory, not that of executors. */
static const struct text *thrashing_step(const struct job_facts *f, struct arena *a)
{
	const char *size = spark_size(driver_memory(f->jvm), a);

	return text_format(a,
			   "raise spark.driver.memory%s%s, then start it again; until then it "
			   "may recover or end with OutOfMemoryError",
			   size ? " above " : "", size ? size : "");
}

static const struct text *heap_dump_step(const struct jvm_row *jvm, struct arena *a)
{
	char size[16], pace[16] = "";

	format_number((double)jvm->dump_bytes, UNIT_BYTES, size, sizeof(size));
	if (jvm->dump_bytes_per_s > 0)
		format_number(jvm->dump_bytes_per_s, UNIT_BYTES, pace, sizeof(pace));
	return text_format(a,
			   "wait until java %lld has written its heap dump %s (%s so far%s%s%s): "
			   "it goes on then, or ends",
			   (long long)jvm->pid, text_str(jvm->dump_file),
			   jvm->dump_bytes > 0 ? size : "nothing", pace[0] ? ", " : "", pace,
			   pace[0] ? " a second" : "");
}

static const struct text *stale_step(const struct job_facts *f, struct arena *a)
{
	if (f->spark.active_tasks > 0)
		return text_format(a, "%lld task%s run: look for the one that does not end at %s",
				   (long long)f->spark.active_tasks,
				   f->spark.active_tasks == 1 ? "" : "s", f->ui.where);
	if (f->ui.answer == ANSWER_GOOD)
		return text_format(
			a,
			"no task runs: look whether its query still lives (driver's log, %s) "
			"and its source brings data",
			f->ui.where);
	return TEXT(
		"look at its driver's log for the last batch, and whether its source brings data");
}

static const struct text *down_step(const struct job_facts *f, enum reason reason, struct arena *a)
{
	bool is_ui = f->health.answer == ANSWER_NONE || reason == REASON_DRIVER_GONE;
	const char *where = place(a, is_ui ? f->ui.where : f->health.where);
	bool is_refused = (is_ui ? f->ui.answer : f->health.answer) == ANSWER_REFUSED;
	const char *what = reason == REASON_DRIVER_GONE ? "its driver" : "it";

	if (reason == REASON_HEALTH_GONE)
		return text_format(a, "look in its driver's log why its health endpoint %s stopped",
				   where);
	if (is_refused)
		return text_format(a, "check that %s runs: nothing listens on %s", what, where);
	return text_format(a,
			   "log in where %s runs and look whether its process lives: %s is silent",
			   what, where);
}

static const struct text *contradiction_step(const struct job_facts *f, enum reason reason,
					     struct arena *a)
{
	switch (reason) {
	case REASON_FROZEN:
		return TEXT("look whether its process still works: an endpoint that repeats itself "
			    "proves nothing");
	case REASON_SAYS_NOT_READY:
		return text_format(a, "ask %s/health/ready what it waits for", f->health.where);
	case REASON_SAYS_NOT_ALIVE:
		return text_format(a, "look in its log what of it is not alive: %s/health/live",
				   f->health.where);
	case REASON_UNCOUNTED:
		return TEXT("look at the dlq view: these failures reach the queue but not its "
			    "counters");
	default:
		return down_step(f, reason, a);
	}
}

/* The command that sees more, as the row says it: `...: sudo -u spark sparkops would see them`. */
static const struct text *unseen_step(const struct jvm_row *jvm, struct arena *a)
{
	const char *command = strstr(text_str(jvm->unseen), "sudo ");
	const char *end = command ? strstr(command, " would ") : NULL;

	if (!end)
		return text_format(a, "look with more rights: %s", text_str(jvm->unseen));
	return text_format(a, "look with more rights: %.*s", (int)(end - command), command);
}

static const struct text *unknown_step(const struct job_facts *f, enum reason reason,
				       struct arena *a)
{
	const char *where = f->health.answer == ANSWER_WRONG ? f->health.where : f->ui.where;

	switch (reason) {
	case REASON_NETWORK:
		return TEXT("check the network of this box before the jobs");
	case REASON_WRONG_ANSWER:
		return text_format(
			a, "check the address %s in the configuration, and what listens there",
			where);
	case REASON_NO_DATA:
		return text_format(a,
				   "wait for its first data; if none comes, take a thread dump of "
				   "java %lld",
				   (long long)f->jvm->pid);
	case REASON_UNACCEPTED:
		return text_format(a, "take a thread dump of java %lld: nobody accepts connections",
				   (long long)f->jvm->pid);
	case REASON_UNSEEN:
		return unseen_step(f->jvm, a);
	case REASON_NO_SOURCE:
		return TEXT("write its health: or ui: into the configuration");
	default:
		return NULL;
	}
}

/* Whoever started a third one would have two. */
static const struct text *slid_step(const struct job_facts *f, struct arena *a)
{
	const char *scheme = strncmp(f->cfg->ui, "https", 5) == 0 ? "https" : "http";

	return text_format(
		a, "if java %lld is its driver, write `ui: %s://127.0.0.1:%lld` for this job",
		(long long)f->slid.jvm->pid, scheme, (long long)f->slid.port);
}

static bool is_about_its_place(enum reason reason)
{
	return reason == REASON_GONE || reason == REASON_REFUSED || reason == REASON_SILENT ||
	       reason == REASON_DRIVER_GONE;
}

const struct text *next_step(const struct job_facts *f, enum reason reason, struct arena *a)
{
	if (f->slid.jvm && is_about_its_place(reason))
		return slid_step(f, a);
	switch (reason) {
	case REASON_GONE:
		return gone_step(f, a);
	case REASON_HUNG:
		return next_driver(f, a);
	case REASON_ERRORS:
	case REASON_OWN_WORD:
		return errors_step(f, a);
	case REASON_STALE:
		return stale_step(f, a);
	case REASON_NOT_READY:
		return TEXT(
			"read its driver's log: it started and does not come to its first batch");
	case REASON_QUIET:
		return TEXT(
			"look whether its source still brings records: batches run and are empty");
	case REASON_THRASHING:
		return thrashing_step(f, a);
	case REASON_HEAP_DUMP:
		return heap_dump_step(f->jvm, a);
	case REASON_LOST_TO_OOM:
		return memory_step(f, a);
	case REASON_NO_EXECUTOR:
		return TEXT("check the cluster's workers: its executors are gone and none replaced "
			    "them");
	case REASON_FAILED_STAGES:
		return text_format(a, "read why its stages failed at %s/stages/", f->ui.where);
	case REASON_FAILED_JOBS:
		return text_format(a, "read why its Spark jobs failed at %s/jobs/", f->ui.where);
	case REASON_REFUSED:
	case REASON_SILENT:
	case REASON_DRIVER_GONE:
	case REASON_HEALTH_GONE:
	case REASON_FROZEN:
	case REASON_SAYS_NOT_READY:
	case REASON_SAYS_NOT_ALIVE:
	case REASON_UNCOUNTED:
		return contradiction_step(f, reason, a);
	default:
		return unknown_step(f, reason, a);
	}
}

/* action/start_plan.c - what the question says about starting a job again: how, with what values
 * and why these, what the same memory will meet, and, where nobody wrote how, the line to write. */
#include "start.h"

#include <stdio.h>
#include <string.h>

#include "../../include/clock.h"
#include "../../include/field.h"
#include "../config_file.h"
#include "../jvm/proc.h"
#include "../rule/memory.h"
#include "../rule/verdict.h"
#include "victim_look.h"

enum { ARGUMENTS_BYTES = 64 << 10, LINES_BYTES = 1 << 20 };

/* The value that says "with the same memory all the same". */
static const char again[] = "again", same[] = "same";

void plan_add(struct texts *list, struct arena *a, const char *fmt, ...)
{
	const struct text **v = ARENA_ARRAY(a, const struct text *, list->n + 1);
	va_list ap;
	char line[2048];
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (list->n)
		memcpy(v, list->v, list->n * sizeof(*v));
	v[list->n] = text_clean(a, line, min_size((size_t)max_i64(n, 0), sizeof(line) - 1));
	*list = (struct texts){list->n + 1, v};
}

/* --- nobody wrote how: the line to write --- */

/* The command line of the running process, exactly. */
static const char *const *arguments_of(int64_t pid, struct arena *a)
{
	char *bytes = arena_alloc(a, ARGUMENTS_BYTES);
	ssize_t len = proc_read(sight_proc(), pid, "cmdline", bytes, ARGUMENTS_BYTES);
	const char **argv;
	size_t n = 0;

	if (len <= 0)
		return NULL;
	for (ssize_t i = 0; i < len; i++)
		n += bytes[i] == '\0';
	argv = ARENA_ARRAY(a, const char *, n + 2);
	n = 0;
	for (const char *p = bytes; p < bytes + len; p += strlen(p) + 1)
		argv[n++] = p;
	return argv;
}

static const char *text_or_null(const struct text *t)
{
	return t ? text_str(t) : NULL;
}

/* As discovery would have found it. */
static struct config_found found_of(const struct jvm_row *driver, struct arena *a)
{
	bool has_parent = !is_absent(driver->parent_pid) && driver->parent_pid > 0;
	const char *name = text_or_null(driver->owner_name);
	struct config_found f = {
		.cwd = text_or_null(has_parent ? driver->parent_cwd : driver->cwd)};

	if (driver->owner == OWNER_SYSTEMD && name)
		f.restart_unit =
			arena_printf(a, "%s%s", driver->is_user_unit ? "--user " : "", name);
	else if (driver->owner == OWNER_CONTAINER && name)
		f.container = name;
	else
		f.argv = arguments_of(has_parent ? driver->parent_pid : driver->pid, a);
	return f;
}

static void add_lines(struct texts *list, struct arena *a, const char *lines)
{
	for (const char *p = lines; *p;) {
		size_t n = strcspn(p, "\n");

		plan_add(list, a, "%.*s", (int)n, p);
		p += n + (p[n] == '\n');
	}
}

static void write_lines(struct act *a, const struct config_found *f, struct plan_row *p,
			struct arena *arena)
{
	static const char mark[] = "    # restart: ";
	struct buf line;

	buf_init(&line, LINES_BYTES);
	buf_puts(&line, "jobs:\n  - name: ");
	field_json_string(act_job_name(a), &line);
	buf_puts(&line, "\n");
	size_t before = line.len;
	if (f)
		config_print_restart(f, &line);
	if (line.len > before && !strncmp(line.data + before, mark, sizeof(mark) - 1))
		memmove(line.data + before + 4, line.data + before + 6,
			line.len - before - 6 + 1); /* uncommented */
	else
		buf_puts(&line, "    restart: {command: [/path/to/start], detach: true}\n");
	add_lines(&p->paste, arena, line.data);
	buf_release(&line);
}

static void plan_without_hook(struct act *a, const struct jvm_row *driver, struct plan_row *p,
			      struct arena *arena)
{
	const struct config_job *job = act_job(a);
	struct config_found f = {0};
	bool is_known = (job && job->found) || driver;

	if (job && job->found)
		f = *job->found;
	else if (driver)
		f = found_of(driver, arena);
	if (!p->refused)
		p->refused = text_format(
			arena,
			"nobody wrote how %s is started again: put the line below into "
			"%s%s",
			act_job_name(a),
			act_config(a) && act_config(a)->file ? act_config(a)->file
							     : "~/.config/sparkops/config.yaml",
			is_known ? " (as it runs now: look whether it is right)" : "");
	write_lines(a, is_known ? &f : NULL, p, arena);
}

/* --- what is asked --- */

static const struct text *evidence_of(const struct fact *why, struct arena *a)
{
	if (!why)
		return NULL;
	if (!why->value)
		return text_format(a, "no line of its log names it");
	return text_format(a, "%s: %s", why->place, why->line);
}

struct asks {
	struct plan_ask *v;
	size_t n;
	const char *lacks; /* an asked value without evidence; NULL */
};

static bool is_asked_already(const struct asks *asks, const char *name)
{
	for (size_t i = 0; i < asks->n; i++)
		if (text_is(asks->v[i].name, name))
			return true;
	return false;
}

/* Of a value that is given: now, or by the run that was cut off. */
static const struct text *given_when(struct act *a, const char *name, struct arena *arena)
{
	char at[16];

	return act_value(a, name)
		       ? NULL
		       : text_format(arena, "as it was confirmed before it was cut off at %s",
				     act_clock(act_cut(a)->at, at));
}

static void ask_for(struct act *a, struct start *s, const struct config_value *v,
		    struct arena *arena, struct asks *asks)
{
	const char *given = start_given(a, v->name, arena), *value;
	const struct fact *why;

	value = start_default(a, s, v, arena, &why);
	if (!given && (v->ask || !value) && !(value && why && why->value))
		asks->lacks = asks->lacks ? asks->lacks : v->name;
	if ((!v->ask && value) || is_asked_already(asks, v->name))
		return;
	asks->v[asks->n++] = (struct plan_ask){
		.name = text_format(arena, "%s", v->name),
		.ask = text_format(arena, "%s", v->ask ? v->ask : v->name),
		.fallback = given   ? text_format(arena, "%s", given)
			    : value ? text_format(arena, "%s", value)
				    : NULL,
		.evidence = given ? given_when(a, v->name, arena) : evidence_of(why, arena),
	};
}

static bool uses(const struct config_hook *hook, const char *placeholder)
{
	if (hook->http.url && (strstr(hook->http.url, placeholder) ||
			       (hook->http.body && strstr(hook->http.body, placeholder))))
		return true;
	for (size_t i = 0; hook->command.argv && hook->command.argv[i]; i++)
		if (strstr(hook->command.argv[i], placeholder))
			return true;
	for (size_t i = 0; i < hook->command.nenv; i++)
		if (strstr(hook->command.env[i].value, placeholder))
			return true;
	for (size_t i = 0; i < hook->nvalues; i++)
		if (hook->values[i].fallback && strstr(hook->values[i].fallback, placeholder))
			return true;
	return false;
}

static bool changes_memory(const struct config_job *job)
{
	static const char placeholder[] = "{suggested_driver_memory}";

	return uses(&job->restart, placeholder) || uses(&job->resume, placeholder);
}

static const char *place_words(const struct start *s, struct arena *a)
{
	return s->place[0] ? arena_printf(a, " at %s", s->place) : "";
}

static void ask_same(struct act *a, struct start *s, struct arena *arena, struct asks *asks)
{
	struct start_earlier e = start_earlier(a, s, arena);
	char at[40];

	if (!e.at || e.has_changed || changes_memory(act_job(a)))
		return;
	clock_rfc3339(e.at, at);
	asks->v[asks->n++] = (struct plan_ask){
		.name = TEXT("again"),
		.ask = TEXT("the same OutOfMemoryError as before: change a value, or type same"),
		.fallback = TEXT(""),
		.evidence = text_format(arena,
					"ran out of memory%s, started again at %.5s UTC with "
					"the same memory, and ran out again",
					place_words(s, arena), at + 11)};
}

static void plan_asks(struct act *a, struct start *s, struct plan_row *p, struct arena *arena)
{
	const struct config_job *job = act_job(a);
	size_t most = job->restart.nvalues + job->resume.nvalues + 1;
	struct asks asks = {.v = ARENA_ARRAY(arena, struct plan_ask, most)};

	for (size_t i = 0; i < job->restart.nvalues; i++)
		ask_for(a, s, &job->restart.values[i], arena, &asks);
	for (size_t i = 0; i < job->resume.nvalues; i++)
		ask_for(a, s, &job->resume.values[i], arena, &asks);
	ask_same(a, s, arena, &asks);
	p->asks = asks.v;
	p->nasks = asks.n;
	if (act_request(a)->is_yes && asks.lacks && !p->refused)
		p->refused = text_format(arena,
					 "%s is not known: no line of the log names it; give "
					 "it by --set %s=...",
					 asks.lacks, asks.lacks);
}

/* --- memory --- */

/* `spark.driver.memory 512m; enough would be 768m (measured need x 1.5)` */
static const char *memory_words(struct act *a, const struct start *s, struct arena *arena)
{
	const char *which = s->is_executors ? "spark.executor.memory" : "spark.driver.memory";
	const char *has = spark_size(s->memory_bytes, arena);
	const char *needs = memory_enough(s->need_bytes, arena);

	if (!s->is_executors && is_over_limit(start_driver(a)))
		return arena_printf(arena, "it wants %s",
				    driver_memory_words(start_driver(a), arena));
	return arena_printf(arena, "%s %s; %s%s", which, has ? has : "(not collected)",
			    needs ? "enough would be " : "what would be enough is not collected",
			    needs ? arena_printf(arena, "%s (measured need x %g)", needs,
						 act_job(a)->safety_factor)
				  : "");
}

static void plan_memory(struct act *a, const struct start *s, struct plan_row *p,
			struct arena *arena)
{
	const struct text *line;

	if (!s->after_oom)
		return;
	line = text_format(arena, "it ran out of memory%s, and %s: %s", place_words(s, arena),
			   changes_memory(act_job(a)) ? "starts with what is suggested"
						      : "the same memory is used again",
			   memory_words(a, s, arena));
	if (p->warning)
		plan_add(&p->facts, arena, "%s", text_str(line));
	else
		p->warning = line;
}

/* --- steps, and the same as lines to paste --- */

static void paste(struct act *a, const struct config_hook *hook, const struct hook_values *values,
		  struct plan_row *p, struct arena *arena)
{
	struct hook_send send = start_send(a, hook, values, arena);
	const char *line;
	struct err err;

	if (hook->systemd)
		plan_add(&p->paste, arena, "%s", hook_words(hook, arena));
	else if (hook_paste(&send, &(struct hook_body){.line = ABSENT}, arena, &line, &err) == 0)
		plan_add(&p->paste, arena, "%s", line);
	else
		plan_add(&p->paste, arena, "# %s: nothing to paste: %s",
			 hook == &act_job(a)->resume ? "resume" : "restart", err.message);
}

static int fills(struct act *a, const struct config_hook *hook, const struct hook_values *values,
		 struct arena *arena, struct err *err)
{
	struct hook_send send = start_send(a, hook, values, arena);
	const char *line;

	return hook->systemd || !hook_is_set(hook)
		       ? 0
		       : hook_paste(&send, &(struct hook_body){.line = ABSENT}, arena, &line, err);
}

/* May a text that does not fit now be another one when it is answered? */
static bool is_open(struct act *a, const struct plan_row *p)
{
	const struct action_request *r = act_request(a);

	for (size_t i = 0; i < p->nasks; i++)
		if (!p->asks[i].fallback)
			return true;
	return p->nasks > 0 && !r->is_yes && !r->is_dry_run;
}

/* What the run would refuse is refused before it is asked. */
static void plan_texts(struct act *a, const struct hook_values *values, struct plan_row *p,
		       struct arena *arena)
{
	const struct config_job *job = act_job(a);
	struct err err;

	if (!p->refused && !is_open(a, p) &&
	    (fills(a, &job->restart, values, arena, &err) ||
	     fills(a, &job->resume, values, arena, &err)))
		p->refused = text_format(arena, "%s", err.message);
	paste(a, &job->restart, values, p, arena);
	if (hook_is_set(&job->resume))
		paste(a, &job->resume, values, p, arena);
}

static void plan_ready(const struct config_job *job, struct plan_row *p, struct arena *arena)
{
	long long within = (long long)start_within_ms(job);

	if (job->ready.url)
		plan_add(&p->steps, arena, "ready: %s answers %lld within %lld s", job->ready.url,
			 (long long)job->ready.status, within / 1000);
	else if (job->health)
		plan_add(&p->steps, arena, "ready: %s/health/ready answers 200 within %lld s",
			 job->health, within / 1000);
	else
		plan_add(&p->steps, arena, "ready: a new application within %lld s", within / 1000);
}

static void plan_resume(struct act *a, const struct hook_values *values, struct plan_row *p,
			struct arena *arena)
{
	const struct config_hook *resume = &act_job(a)->resume;
	const char *with = "";

	if (!hook_is_set(resume))
		return;
	for (size_t i = 0; i < resume->nvalues; i++) {
		const char *value = start_value(values, resume->values[i].name);

		with = arena_printf(arena, "%s%s %s=%s", with, *with ? "," : " with",
				    resume->values[i].name, value ? value : "(to be typed)");
	}
	plan_add(&p->steps, arena, "resume: %s%s", hook_words(resume, arena), with);
}

/* A second one beside it would work on the same checkpoint. */
static const char *beside(struct act *a, const struct jvm_row *driver, struct arena *arena)
{
	const struct config_job *job = act_job(a);

	if (!job->restart.command.is_detached || act_request(a)->action != ACTION_RESTART)
		return NULL;
	if (start_is_alive(driver))
		return arena_printf(arena, "java %lld", (long long)driver->pid);
	if (driver && driver->parent_pid > 0)
		return arena_printf(arena, "python %lld (its java is dead)",
				    (long long)driver->parent_pid);
	return NULL;
}

void start_plan(struct act *a, struct start *s, struct plan_row *p, struct arena *arena)
{
	const struct config_job *job;
	const struct jvm_row *driver;
	struct hook_values values;
	const char *old;

	start_refresh(a, s);
	driver = start_driver(a); /* the last that looks: what follows stays valid */
	job = act_job(a);
	if (!job || !hook_is_set(&job->restart)) {
		plan_without_hook(a, driver, p, arena);
		return;
	}
	values = start_values(a, s, arena);
	old = beside(a, driver, arena);
	if (old && !p->refused)
		p->refused = text_format(arena,
					 "%s still runs, and a second one would be started beside "
					 "it: V ends it first",
					 old);
	if (act_request(a)->action == ACTION_RECOVER)
		start_plan_wait(s, ABSENT, p, arena);
	else if (s->has_failed)
		start_plan_wait(s, s->ended_at, p, arena);
	plan_add(&p->steps, arena, "restart: %s", hook_words(&job->restart, arena));
	plan_ready(job, p, arena);
	plan_resume(a, &values, p, arena);
	plan_add(&p->steps, arena, "prove it: a new start, then the first batch or Spark job");
	plan_memory(a, s, p, arena);
	plan_asks(a, s, p, arena);
	plan_texts(a, &values, p, arena);
}

/* --- after the answer --- */

int start_check(struct act *a, struct start *s, struct err *err)
{
	const struct config_job *job = act_job(a);
	struct hook_values values;
	struct start_earlier e;
	struct arena arena;
	const char *word;
	int rc;

	if (!job || !hook_is_set(&job->restart))
		return err_set(err, ERR_REFUSED, "there is no `restart:` any more");
	arena_init(&arena);
	values = start_values(a, s, &arena);
	rc = fills(a, &job->restart, &values, &arena, err);
	if (!rc)
		rc = fills(a, &job->resume, &values, &arena, err);
	e = start_earlier(a, s, &arena);
	word = act_value(a, again);
	if (!rc && e.at && !e.has_changed && !changes_memory(job) && !(word && !strcmp(word, same)))
		rc = err_set(err, ERR_REFUSED,
			     "it ran out of memory%s with the same memory within a day: change a "
			     "value, or give the word same (--set again=same)",
			     place_words(s, &arena));
	arena_release(&arena);
	return rc;
}

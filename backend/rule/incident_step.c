/* rule/incident_step.c - what to do in a cascade: the runbook's steps for a person, with the
 * numbers and names of this case - end what hangs, see its ports free, wait, start again with more
 * memory, go on where it stopped. Only what is possible from here; else how to make it so. */
#include <stdio.h>
#include <string.h>

#include "cascade.h"

enum { PORTS_SHOWN = 4, WAIT_MS = 10000 };

/* Steps with commas between. */
struct sentence {
	char line[640];
	size_t n;
};

static void step(struct sentence *s, const char *fmt, ...) ATTR_PRINTF(2, 3);
static void step(struct sentence *s, const char *fmt, ...)
{
	size_t left = sizeof(s->line) - s->n;
	va_list ap;
	int n = snprintf(s->line + s->n, left, "%s", s->n ? ", " : "");

	s->n += (size_t)n;
	va_start(ap, fmt);
	n = vsnprintf(s->line + s->n, sizeof(s->line) - s->n, fmt, ap);
	va_end(ap);
	s->n = min_size(s->n + (size_t)max_i64(n, 0), sizeof(s->line) - 3);
}

const char *ports_words(const struct jvm_row *jvm, size_t most, struct arena *a)
{
	const char *out = "";

	for (size_t i = 0; i < jvm->listens.n && i < most; i++)
		out = arena_printf(a, "%s :%lld", out, (long long)jvm->listens.v[i].port);
	return out;
}

static const char *unit_of(const struct incident_facts *f)
{
	const struct config_found *found = f->cfg->found;

	if (f->cfg->restart.systemd)
		return f->cfg->restart.systemd;
	if (found && found->restart_unit)
		return found->restart_unit;
	return f->driver && f->driver->owner == OWNER_SYSTEMD && f->driver->owner_name
		       ? text_str(f->driver->owner_name)
		       : NULL;
}

/* Program and script; what stands behind them may be secret. */
static const char *command_words(const char *const *v, struct arena *a)
{
	bool has_script = v[1] && v[1][0] != '-';
	bool has_more = v[1] && (!has_script || v[2]);

	return arena_printf(a, "%.120s%s%.120s%s", v[0], has_script ? " " : "",
			    has_script ? v[1] : "", has_more ? " ..." : "");
}

static void restart_step(const struct incident_facts *f, const char *memory, struct arena *a,
			 struct sentence *s)
{
	const struct config_hook *hook = &f->cfg->restart;
	const struct config_found *found = f->cfg->found;
	const char *unit = unit_of(f);

	if (hook->http.url)
		step(s, "restart it by %s %.*s %s", hook->http.method ? hook->http.method : "POST",
		     (int)strcspn(hook->http.url, "?"), hook->http.url, memory);
	else if (hook->command.argv && hook->command.argv[0])
		step(s, "run its restart command %s (%s)", memory,
		     command_words(hook->command.argv, a));
	else if (unit)
		step(s, "`systemctl %sstart %s` %s",
		     f->driver && f->driver->is_user_unit ? "--user " : "", unit, memory);
	else if (found && found->container)
		step(s, "start container %.12s again %s", found->container, memory);
	else if (found && found->argv && found->argv[0])
		step(s, "start it again %s (in %s: %s)", memory,
		     found->cwd ? found->cwd : "its folder", command_words(found->argv, a));
	else
		step(s, "start it again %s", memory);
}

/* What it had: more than that. */
static const char *memory_words(const struct incident_facts *f, bool is_executors, struct arena *a)
{
	int64_t had = is_executors ? f->job->spark.configured_bytes
		      : f->driver  ? f->driver->heap_configured_bytes
				   : ABSENT;
	const char *key = is_executors ? "spark.executor.memory" : "spark.driver.memory";
	char size[16];

	if (!is_executors && is_absent(had) && f->driver)
		had = f->driver->heap_max_bytes;
	if (is_absent(had) || had <= 0)
		return arena_printf(a, "with more %s", key);
	format_number((double)had, UNIT_BYTES, size, sizeof(size));
	return arena_printf(a, "with %s above %s", key, size);
}

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

static void resume_step(const struct incident_facts *f, struct arena *a, struct sentence *s)
{
	const char *from = word_after(f, "resume_from=", a);

	if (!from)
		from = word_after(f, "failed for table ", a);
	if (from)
		step(s, "resume from %s", from);
}

/* Everything that has to end before it can begin again. */
static void end_steps(const struct incident_facts *f, struct arena *a, struct sentence *s)
{
	const struct jvm_row *d = f->driver;
	bool is_asked = f->cfg->restart.http.url != NULL; /* its Python: it has to stay */
	int64_t python = d && !is_asked ? python_of(d).pid : ABSENT;
	const char *unit = is_asked || f->cfg->restart.command.argv ? NULL : unit_of(f);

	if (d && unit)
		step(s, "`systemctl %sstop %s`", d->is_user_unit ? "--user " : "", unit);
	else if (d && jvm_is_dead(d) && !is_absent(python))
		step(s, "end python %lld: every retry of it meets the dead session",
		     (long long)python);
	else if (d && !jvm_is_dead(d))
		step(s, "kill %lld (kill -9 if it stays)", (long long)d->pid);
	else if (!d && !is_asked && f->known->id[0] && !is_absent(f->known->python_pid))
		step(s, "see that python %lld has ended", (long long)f->known->python_pid);
	else if (!d && !f->known->id[0])
		step(s, "log in where its driver runs and end what is left of it");
	if (d && !jvm_is_dead(d) && !is_absent(python) && !unit)
		step(s, "end its python %lld", (long long)python);
	if (d && d->listens.n && !jvm_is_dead(d))
		step(s, "see%s free (ss -ltn)", ports_words(d, PORTS_SHOWN, a));
}

const struct text *cascade_step(const struct cascade *c)
{
	const struct incident_facts *f = c->f;
	const struct jvm_row *d = f->driver;
	struct arena *a = c->a;
	const char *memory = memory_words(f, c->is_executors, a);
	struct sentence s = {.n = 0};

	if (!is_absent(c->ended_at))
		return text_format(a, "nothing now; start it %s next time, or it comes back",
				   memory);
	if (d && d->is_ours == TRI_FALSE && !jvm_is_dead(d) && d->user)
		return text_format(a,
				   "run `sudo -u %s sparkops` to see the ports of java %lld "
				   "and end it",
				   text_str(d->user), (long long)d->pid);
	end_steps(f, a, &s);
	step(&s, "wait %lld s",
	     (long long)(f->cfg->restart.wait_after_oom_ms > 0 ? f->cfg->restart.wait_after_oom_ms
							       : WAIT_MS) /
		     1000);
	restart_step(f, memory, a, &s);
	resume_step(f, a, &s);
	return text_clean(a, s.line, strlen(s.line));
}

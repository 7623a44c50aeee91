/* rule/next_driver.c - the next step for a driver that hangs, is over or is an orphan, in the words
 * of the runbook with the names of this case: end what hangs, see its ports free, wait, start again
 * with more memory where that was short, go on where it stopped. Where this sparkops may act the
 * step is a key, which does it all and proves it; else literal commands. The job and its incident
 * say the same. */
#include <stdio.h>
#include <string.h>

#include "jvms.h"
#include "memory.h"
#include "verdict.h"

enum { PORTS_SHOWN = 4, WAIT_MS = 5000, WAIT_AFTER_OOM_MS = 10000 };

/* Steps with commas between. */
struct sentence {
	char line[640];
	size_t n;
	bool has_end; /* something has to end first */
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

static const char *ports_in(const struct jvm_ports *ports, size_t most, struct arena *a)
{
	const char *out = "";

	for (size_t i = 0; i < ports->n && i < most; i++)
		out = arena_printf(a, "%s :%lld", out, (long long)ports->v[i].port);
	return out;
}

const char *ports_words(const struct jvm_row *jvm, size_t most, struct arena *a)
{
	return ports_in(&jvm->listens, most, a);
}

/* --- what has to end --- */

static const char *unit_of(const struct again *g)
{
	const struct config_found *found = g->cfg ? g->cfg->found : NULL;

	if (!g->cfg || g->cfg->restart.http.url || g->cfg->restart.command.argv)
		return NULL;
	if (g->cfg->restart.systemd)
		return g->cfg->restart.systemd;
	if (found && found->restart_unit)
		return found->restart_unit;
	return g->jvm && g->jvm->owner == OWNER_SYSTEMD && g->jvm->owner_name
		       ? text_str(g->jvm->owner_name)
		       : NULL;
}

static const char *user_flag(const struct again *g)
{
	return g->jvm && g->jvm->is_user_unit ? "--user " : "";
}

/* A dead JVM, and one without its context, end with the Python that holds them. */
static bool ends_with_python(const struct again *g)
{
	return g->jvm->verdict == JVM_IS_DEAD || g->jvm->verdict == JVM_IS_STRANDED ||
	       jvm_is_dead(g->jvm);
}

static bool may(const struct again *g, unsigned what)
{
	return g->may_act && g->cfg && (g->cfg->actions & what);
}

static void end_processes(const struct again *g, int64_t python, struct sentence *s)
{
	long long pid = (long long)g->jvm->pid;
	bool is_dead = jvm_is_dead(g->jvm) || g->jvm->verdict == JVM_IS_DEAD;

	s->has_end = true;
	if (g->jvm->verdict == JVM_IS_HUNG && !g->is_out_of_memory && !g->may_act)
		step(s, "take a thread dump of java %lld", pid);
	if (g->jvm->verdict == JVM_IS_STOPPED)
		step(s,
		     "continue it (kill -CONT %lld) if nobody stopped it on purpose; else kill "
		     "%lld (kill -9 if it stays)",
		     pid, pid);
	else if (unit_of(g))
		step(s, "`systemctl %sstop %s`", user_flag(g), unit_of(g));
	else if (may(g, ACT_KILL) && (!is_dead || !is_absent(python)))
		step(s,
		     is_dead ? "K end python %lld (java %lld is dead already and goes with it)"
			     : "K kill %lld",
		     is_dead ? (long long)python : pid, pid);
	else if (ends_with_python(g) && !is_absent(python))
		step(s, "end python %lld (kill %lld): java %lld %s", (long long)python,
		     (long long)python, pid,
		     is_dead ? "is dead already and goes with it" : "goes with it");
	else if (!is_dead)
		step(s, "kill %lld (kill -9 if it stays)", pid);
	else
		s->has_end = false;
	if (!unit_of(g) && !is_absent(python) &&
	    (may(g, ACT_KILL) ? !is_dead : !ends_with_python(g)))
		step(s, may(g, ACT_KILL) ? "K end its python %lld" : "end its python %lld",
		     (long long)python);
}

static void see_ports(const struct again *g, bool with_python, struct arena *a, struct sentence *s)
{
	const struct jvm_ports *more = python_of(g->jvm).listens;
	const char *list = ports_words(g->jvm, PORTS_SHOWN, a);

	if (with_python && more)
		list = arena_printf(a, "%s%s", list, ports_in(more, PORTS_SHOWN, a));
	if (*list && s->has_end)
		step(s, may(g, ACT_KILL) && !unit_of(g) ? "see%s free" : "see%s free (ss -ltn)",
		     list);
}

static void end_steps(const struct again *g, struct arena *a, struct sentence *s)
{
	bool is_asked = g->cfg && g->cfg->restart.http.url; /* its Python: it has to stay */
	int64_t python = g->jvm && !is_asked ? python_of(g->jvm).pid : ABSENT;

	if (python <= 0)
		python = ABSENT;
	if (g->jvm) {
		end_processes(g, python, s);
		see_ports(g, !is_absent(python), a, s);
	} else if (!g->was_seen) {
		s->has_end = true;
		step(s, "log in where its driver runs and end what is left of it");
	} else if (!is_asked && g->python_pid > 0) {
		s->has_end = true;
		step(s, "see that python %lld has ended", (long long)g->python_pid);
	}
}

/* --- how it begins again --- */

/* Program and script; what stands behind them may be secret. */
static const char *command_words(const char *const *v, struct arena *a)
{
	bool has_script = v[1] && v[1][0] != '-';
	bool has_more = v[1] && (!has_script || v[2]);

	return arena_printf(a, "%.120s%s%.120s%s", v[0], has_script ? " " : "",
			    has_script ? v[1] : "", has_more ? " ..." : "");
}

/* What a hook does, in words; NULL: it is none. */
const char *hook_words(const struct config_hook *hook, struct arena *a)
{
	static const char user[] = "--user ";
	bool is_user = hook->systemd && strncmp(hook->systemd, user, sizeof(user) - 1) == 0;

	if (hook->http.url)
		return arena_printf(a, "%s %.*s", hook->http.method ? hook->http.method : "POST",
				    (int)strcspn(hook->http.url, "?"), hook->http.url);
	if (hook->command.argv && hook->command.argv[0])
		return arena_printf(a, "run %s", command_words(hook->command.argv, a));
	if (hook->systemd)
		return arena_printf(a, "systemctl %srestart %s", is_user ? user : "",
				    hook->systemd + (is_user ? sizeof(user) - 1 : 0));
	return NULL;
}

static void start_by_hand(const struct again *g, const char *with, struct arena *a,
			  struct sentence *s)
{
	const struct config_found *found = g->cfg ? g->cfg->found : NULL;
	const char *cwd = found && found->cwd ? found->cwd : "its folder";

	if (found && found->container)
		step(s, "start container %.12s again%s", found->container, with);
	else if (found && found->argv && found->argv[0])
		step(s, "start it again%s (in %s: %s)", with, cwd, command_words(found->argv, a));
	else if (g->command)
		step(s, "start it again%s (in %s: %s)", with, cwd, g->command);
	else
		step(s, "start it again%s", with);
}

static void start_step(const struct again *g, struct arena *a, struct sentence *s)
{
	static const struct config_hook none;
	const struct config_hook *hook = g->cfg ? &g->cfg->restart : &none;
	const char *with = g->memory ? arena_printf(a, " with %s", g->memory) : "";

	if (hook->http.url)
		step(s, "restart it by POST %.*s%s", (int)strcspn(hook->http.url, "?"),
		     hook->http.url, with);
	else if (hook->command.argv && hook->command.argv[0])
		step(s, "run its restart command%s (%s)", with,
		     command_words(hook->command.argv, a));
	else if (unit_of(g))
		step(s, "`systemctl %s%s %s`%s", user_flag(g), g->jvm ? "start" : "restart",
		     unit_of(g), with);
	else
		start_by_hand(g, with, a, s);
}

static int64_t wait_ms(const struct again *g)
{
	int64_t told = !g->cfg               ? 0
		       : g->is_out_of_memory ? g->cfg->restart.wait_after_oom_ms
					     : g->cfg->restart.wait_ms;

	if (told > 0)
		return told;
	return g->is_out_of_memory ? WAIT_AFTER_OOM_MS : WAIT_MS;
}

/* --- by one key --- */

static bool can_recover(const struct again *g)
{
	return may(g, ACT_RECOVER) && hook_is_set(&g->cfg->restart) && (g->jvm || g->was_seen);
}

static void recover_ends(const struct again *g, struct arena *a, struct sentence *s)
{
	struct python_half python = {.pid = ABSENT};
	const char *ports;

	if (!g->jvm)
		return;
	ports = ports_words(g->jvm, PORTS_SHOWN, a);
	if (!g->cfg->restart.http.url)
		python = python_of(g->jvm);
	if (!jvm_is_dead(g->jvm))
		step(s, "kill %lld", (long long)g->jvm->pid);
	if (python.pid > 0)
		step(s, "end python %lld", (long long)python.pid);
	if (python.pid > 0 && python.listens)
		ports = arena_printf(a, "%s%s", ports, ports_in(python.listens, PORTS_SHOWN, a));
	if (*ports)
		step(s, "prove%s free", ports);
}

static const struct text *recover_step(const struct again *g, struct arena *a)
{
	struct sentence s = {.n = 0};
	bool is_stopped = g->jvm && g->jvm->verdict == JVM_IS_STOPPED;
	bool resumes = hook_is_set(&g->cfg->resume);

	recover_ends(g, a, &s);
	step(&s, "wait %lld s", (long long)wait_ms(g) / 1000);
	step(&s, "restart%s%s%s", resumes ? " and resume" : "",
	     resumes && g->resume ? " from " : "", resumes && g->resume ? g->resume : "");
	return text_format(
		a, "%s%s%sV recover: %s%s%s%s", g->before ? g->before : "", g->before ? ", " : "",
		is_stopped ? arena_printf(a,
					  "continue it (kill -CONT %lld) if nobody stopped it on "
					  "purpose, else ",
					  (long long)g->jvm->pid)
			   : "",
		s.line, g->memory ? "; give it " : "", g->memory ? g->memory : "",
		g->memory ? " first, or it runs out again" : "");
}

const struct text *driver_again(const struct again *g, struct arena *a)
{
	const struct jvm_row *jvm = g->jvm;
	struct sentence s = {.n = 0};

	if (jvm && jvm->is_ours == TRI_FALSE && !jvm_is_dead(jvm) && jvm->user)
		return text_format(a,
				   "run `sudo -u %s sparkops` to see the ports of java %lld "
				   "and end it",
				   text_str(jvm->user), (long long)jvm->pid);
	if (can_recover(g))
		return recover_step(g, a);
	if (g->before)
		step(&s, "%s", g->before);
	end_steps(g, a, &s);
	if (s.has_end || g->is_out_of_memory)
		step(&s, "wait %lld s", (long long)wait_ms(g) / 1000);
	start_step(g, a, &s);
	if (g->resume)
		step(&s, "resume from %s", g->resume);
	if (may(g, ACT_RECOVER) && !hook_is_set(&g->cfg->restart) && (g->jvm || g->was_seen))
		step(&s, "or write `restart:` for it (B shows the line): then V does all that");
	return text_clean(a, s.line, strlen(s.line));
}

/* What is to be known before it is started again, where nothing else tells why it ended. */
static const char *look_first(const struct job_facts *f)
{
	int64_t code = f->jvm ? f->jvm->exit_code : f->driver_exit_code;
	bool is_over = !f->jvm || f->jvm->verdict == JVM_IS_DEAD;

	if (!is_over || f->is_out_of_memory)
		return NULL;
	return code == 137 ? "it was killed (SIGKILL): see who did it (the kernel's log: dmesg)"
			   : "read the end of its driver's log";
}

const struct text *next_driver(const struct job_facts *f, struct arena *a)
{
	struct again g = {.jvm = f->jvm,
			  .cfg = f->cfg,
			  .python_pid = f->python_pid,
			  .was_seen = true,
			  .command = f->driver_command,
			  .may_act = f->may_act,
			  .is_out_of_memory = f->is_out_of_memory,
			  .memory = f->is_out_of_memory ? driver_memory_words(f->jvm, a) : NULL,
			  .before = look_first(f)};

	return driver_again(&g, a);
}

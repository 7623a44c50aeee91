/* rule/next_driver.c - the next step for a driver that hangs, is over or is an orphan: which
 * process to end, which ports to see free, and how it is started again as far as that is known.
 * Literal commands, since nothing here can act yet. */
#include <stdio.h>
#include <string.h>

#include "errors.h"
#include "jvms.h"
#include "verdict.h"

static void list_ports(const struct jvm_ports *ports, char *out, size_t size)
{
	size_t len = strlen(out);

	for (size_t i = 0; i < ports->n && len + 10 < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s:%lld", len ? " " : "",
					(long long)ports->v[i].port);
}

/* `, see that :4040 :40417 are free`, with those of its Python where that ends, too. */
static const char *ports_free(const struct jvm_row *jvm, bool with_python, struct arena *a)
{
	char list[120] = "";

	list_ports(&jvm->listens, list, sizeof(list));
	if (with_python)
		list_ports(python_of(jvm).listens, list, sizeof(list));
	if (!list[0])
		return "";
	return arena_printf(a, ", see that %s %s free", list, strchr(list, ' ') ? "are" : "is");
}

/* How it is started again, as far as somebody told or the process showed it. */
static const char *restart(const struct job_facts *f, struct arena *a)
{
	const struct config_found *found = f->cfg ? f->cfg->found : NULL;
	const struct jvm_row *jvm = f->jvm;
	const char *unit = found ? found->restart_unit : NULL;
	bool is_user = jvm && jvm->is_user_unit;

	if (f->cfg && f->cfg->rest && strstr(f->cfg->rest, "restart:"))
		return "start it again as `restart:` of the configuration says";
	if (!unit && jvm && jvm->owner == OWNER_SYSTEMD && jvm->owner_name)
		unit = text_str(jvm->owner_name);
	if (unit)
		return arena_printf(a, "start it again: systemctl %srestart %s",
				    is_user ? "--user " : "", unit);
	if (found && found->container)
		return arena_printf(a, "start its container %.12s again", found->container);
	if (f->driver_command)
		return arena_printf(a, "start it again: %s%s%s", f->driver_command,
				    found && found->cwd ? " in " : "",
				    found && found->cwd ? found->cwd : "");
	return "start it again";
}

/* SIGKILL, and nothing says that it was for lack of memory. */
static bool is_killed(const struct job_facts *f)
{
	int64_t code = f->jvm ? f->jvm->exit_code : f->driver_exit_code;

	return code == 137 && !f->is_out_of_memory;
}

/* A dead JVM, and one without its context, end with the Python that holds them. */
static const struct text *end_python_step(const struct job_facts *f, struct arena *a)
{
	const struct jvm_row *jvm = f->jvm;
	long long python = python_of(jvm).pid;
	const char *memory = f->is_out_of_memory ? ", raise spark.driver.memory"
			     : is_killed(f)
				     ? ", see who killed it (SIGKILL; the kernel's log: dmesg)"
				     : "";

	return text_format(a, "end python %lld (kill %lld): java %lld %s%s%s, then %s", python,
			   python, (long long)jvm->pid,
			   jvm->verdict == JVM_IS_DEAD ? "is dead already and goes with it"
						       : "goes with it",
			   ports_free(jvm, true, a), memory, restart(f, a));
}

static const struct text *kill_step(const struct job_facts *f, const char *before, struct arena *a)
{
	const struct jvm_row *jvm = f->jvm;

	return text_format(a, "%skill %lld%s, then %s", before, (long long)jvm->pid,
			   ports_free(jvm, false, a), restart(f, a));
}

const struct text *next_driver(const struct job_facts *f, struct arena *a)
{
	const struct jvm_row *jvm = f->jvm;
	bool has_python = jvm && !is_absent(python_of(jvm).pid) && python_of(jvm).pid > 0;

	if (!jvm || (jvm->verdict == JVM_IS_DEAD && !has_python))
		return text_format(
			a, "%s%s",
			f->is_out_of_memory
				? "it ran out of memory: raise spark.driver.memory, then "
			: is_killed(f) ? "it was killed (SIGKILL): see who did it (the kernel's "
					 "log: dmesg), then "
				       : "read the end of its driver's log, then ",
			restart(f, a));
	switch (jvm->verdict) {
	case JVM_IS_DEAD:
		return end_python_step(f, a);
	case JVM_IS_STRANDED:
		return has_python ? end_python_step(f, a) : kill_step(f, "", a);
	case JVM_IS_STOPPED:
		return text_format(a,
				   "continue it (kill -CONT %lld) if nobody stopped it on "
				   "purpose; else kill %lld%s, then %s",
				   (long long)jvm->pid, (long long)jvm->pid,
				   ports_free(jvm, false, a), restart(f, a));
	case JVM_IS_HUNG:
		return kill_step(f,
				 arena_printf(a, "take a thread dump of java %lld, then ",
					      (long long)jvm->pid),
				 a);
	default:
		return kill_step(f, "", a);
	}
}

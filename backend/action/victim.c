/* action/victim.c - who may be ended: a Spark JVM of our own user, or the Python that is left of a
 * pair whose JVM is dead.
 *
 * DESIGN. The pidfd is opened first, and what /proc says is read after it. While a pidfd is not
 * readable its number belongs to that process and no other, so a look between opening it and
 * finding it unreadable is a look at the process that is held; the signal then goes through the
 * pidfd. Where no pidfd is to be had (an old kernel, a seccomp filter, no descriptor left) nothing
 * is sent: the number alone could be anybody's by then. */
#include "victim.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../failpoint.h"
#include "../jvm/command.h"
#include "../jvm/hold.h"
#include "../jvm/python.h"
#include "victim_ports.h"

enum { ENDING_LOOKS = 100 };

static const char livy_driver[] = "org.apache.livy.rsc.driver.RSCDriverBootstrapper";

const char *victim_name(const struct victim *v, char out[static 48])
{
	snprintf(out, 48, "%s %" PRId64, v->kind == VICTIM_JVM ? "java" : "python", v->pid);
	return out;
}

static void copy(char *out, size_t size, const struct text *t)
{
	snprintf(out, size, "%s", t ? text_str(t) : "");
}

/* --- held --- */

static bool has_ended(const struct victim *v)
{
	struct pollfd fd = {.fd = v->pidfd, .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

static int gone(const struct victim *v, struct err *err)
{
	char name[48];

	return err_set(err, ERR_MISSING, "%s has ended", victim_name(v, name));
}

static int another_has_its_number(const struct victim *v, struct err *err)
{
	return err_set(err, ERR_REFUSED,
		       "the process that was shown is gone: another one has its number %" PRId64
		       " now; nothing was sent",
		       v->pid);
}

static int hold(struct victim *v, struct err *err)
{
	char name[48];

	v->pidfd = (int)syscall(SYS_pidfd_open, (pid_t)v->pid, 0);
	failpoint("kill.held");
	if (v->pidfd >= 0)
		return 0;
	victim_name(v, name);
	if (errno == ESRCH)
		return gone(v, err);
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		return err_set(err, ERR_REFUSED,
			       "%s cannot be held by a pidfd just now (%s), and nothing is sent to "
			       "a bare number: try again, or raise the limit (ulimit -n)",
			       name, strerror(errno));
	if (errno == ENOSYS || errno == EPERM)
		return err_set(
			err, ERR_REFUSED,
			"%s cannot be held by a pidfd (%s: a kernel before 5.3, or a seccomp "
			"filter of this container), and nothing is sent to a bare number",
			name, strerror(errno));
	return err_set(err, ERR_REFUSED, "%s cannot be held by a pidfd: %s", name, strerror(errno));
}

static bool parse_id(const char *id, struct victim *v)
{
	char *end;

	v->pid = strtoll(id, &end, 10);
	if (*end != '@' || v->pid <= 0 || v->pid > INT32_MAX)
		return false;
	v->start_ticks = strtoll(end + 1, &end, 10);
	return !*end && v->start_ticks >= 0;
}

static void begin(struct victim *v)
{
	memset(v, 0, sizeof(*v));
	v->pidfd = -1;
	v->ended_at = v->started_at = ABSENT;
	v->shown = v->now = -1;
}

void victim_release(struct victim *v)
{
	if (v->pidfd >= 0)
		close(v->pidfd);
	v->pidfd = -1;
}

/* --- what must be true of whoever it is --- */

static int check_family(const struct victim *v, struct err *err)
{
	if (v->pid == 1)
		return err_set(err, ERR_REFUSED,
			       "process 1 holds this whole system or container: "
			       "sparkops never signals it");
	if (sight_is_above_us(v->pid))
		return err_set(err, ERR_REFUSED,
			       "sparkops itself runs below process %" PRId64
			       ": ending that would end the console with it; act from a terminal "
			       "that does not hang on it",
			       v->pid);
	return 0;
}

static int check_user(const struct victim *v, const struct sight *s, struct err *err)
{
	char its[64], name[48];

	if (s->uid == (int64_t)geteuid() && s->is_one_user)
		return 0;
	victim_name(v, name);
	if (s->uid == (int64_t)geteuid())
		return err_set(err, ERR_REFUSED,
			       "%s has changed its user (setuid): it is not wholly ours", name);
	sight_user(s->uid, its, sizeof(its));
	return err_set(err, ERR_REFUSED,
		       "%s belongs to %s, and sparkops ends only what is its own user's: run "
		       "`sudo -u %s sparkops kill --pid %s`",
		       name, its, its, v->id);
}

static int check_place(const struct victim *v, const struct sight *s, struct err *err)
{
	char name[48];

	if (!s->has_own_ns)
		return 0;
	return err_set(err, ERR_REFUSED,
		       "%s runs in another PID namespace%s%s (number %" PRId64
		       " there): run sparkops inside it%s%s",
		       victim_name(v, name), *v->owner ? ", " : "", v->owner, s->ns_pid,
		       *v->instead ? ", or " : "", v->instead);
}

static int check_alive(const struct victim *v, const struct sight *s, struct err *err)
{
	char name[48], parent[64];

	if (s->stat.state != 'Z' && s->stat.state != 'X')
		return 0;
	sight_line(s->stat.ppid, "comm", parent, sizeof(parent));
	return err_set(err, ERR_MISSING,
		       "%s is dead already: a zombie, which no signal reaches, until its parent %s "
		       "%" PRId64 " fetches its exit code or ends",
		       victim_name(v, name), parent, s->stat.ppid);
}

static int look(const struct victim *v, struct sight *s, struct err *err)
{
	char name[48];
	int rc;

	if (!sight_take(v->pid, s) && has_ended(v))
		return gone(v, err);
	if (!s->is_whole)
		return err_set(err, ERR_REFUSED,
			       "%s lives and cannot be looked at (is /proc readable, and are there "
			       "descriptors left?): nothing was sent",
			       victim_name(v, name));
	if (s->stat.start_ticks != v->start_ticks)
		return another_has_its_number(v, err);
	rc = check_user(v, s, err);
	if (rc == 0)
		rc = check_place(v, s, err);
	return rc == 0 ? check_alive(v, s, err) : rc;
}

/* --- a JVM --- */

/* The row's command line, where it was read whole, is the process's: a number may be given away
 * within one tick of the clock that start times are told in. */
static bool is_rows(const struct jvm_row *row, struct arena *a, const char *line, ssize_t len)
{
	return !row || !row->command ||
	       text_cmp(row->command, command_text(a, line, (size_t)len)) == 0;
}

static void keep_class(struct victim *v, const struct text *name)
{
	const char *dot = name ? strrchr(text_str(name), '.') : NULL;

	if (dot)
		snprintf(v->main_class, sizeof(v->main_class), "%s", dot + 1);
	else
		copy(v->main_class, sizeof(v->main_class), name);
}

static int check_command(struct victim *v, const struct jvm_row *row, struct err *err)
{
	ssize_t len;
	char *line = proc_read_all(sight_proc(), v->pid, "cmdline", COMMAND_BYTES_MAX, &len);
	struct command command;
	struct arena a;
	bool is_spark, is_other;

	arena_init(&a);
	is_spark = line && command_parse(&a, line, (size_t)len, &command);
	if (is_spark)
		keep_class(v, command.main_class);
	if (is_spark && text_is(command.user_class, livy_driver) && !*v->owner) {
		snprintf(v->owner, sizeof(v->owner), "Livy");
		snprintf(v->instead, sizeof(v->instead), "delete its session in Livy");
	}
	is_other = is_spark && !is_rows(row, &a, line, len);
	arena_release(&a);
	free(line);
	if (is_other)
		return another_has_its_number(v, err);
	if (is_spark)
		return 0;
	return err_set(err, ERR_REFUSED,
		       "the main class of java %" PRId64
		       " is none of Spark's: sparkops ends Spark JVMs and nothing else",
		       v->pid);
}

/* A JVM forks to run a helper: until that execs it looks like the JVM. */
static int check_likeness(const struct victim *v, const struct sight *s, struct err *err)
{
	struct sight above;

	if (s->stat.ppid <= 1 || !sight_take(s->stat.ppid, &above) ||
	    memcmp(above.arguments, s->arguments, sizeof(s->arguments)) != 0)
		return 0;
	return err_set(err, ERR_REFUSED,
		       "%" PRId64 " is a child that java %" PRId64
		       " forked for a moment, no JVM of its own",
		       v->pid, s->stat.ppid);
}

static int check_jvm(struct victim *v, const struct sight *s, const struct jvm_row *row,
		     struct err *err)
{
	int rc;

	if (!hold_is_jvm(v->pid))
		return err_set(err, ERR_REFUSED,
			       "%" PRId64 " is no JVM: a program named java with libjvm.so in its "
			       "maps; nothing is sent to it",
			       v->pid);
	rc = check_command(v, row, err);
	return rc == 0 ? check_likeness(v, s, err) : rc;
}

static void keep_row(struct victim *v, const struct jvm_row *row)
{
	copy(v->job, sizeof(v->job), row->job);
	copy(v->application_id, sizeof(v->application_id), row->application_id);
	copy(v->name, sizeof(v->name), row->app_name ? row->app_name : row->script);
	v->started_at = row->started_at;
}

static void keep_sight(struct victim *v, const struct sight *s)
{
	v->uid = s->uid;
	v->ns_pid = s->ns_pid;
	v->has_own_net = s->has_own_net;
	memcpy(v->arguments, s->arguments, sizeof(v->arguments));
	memcpy(v->executable, s->executable, sizeof(v->executable));
}

/* --- the Python of a dead one --- */

/* Of its JVMs the dead one, if one is. */
static const struct jvm_row *row_of_parent(struct act *a, const char *id)
{
	const struct rowset *rows = dataset_rows(act_look(a)->jvms, &schema_jvm);
	const struct jvm_row *found = NULL;

	for (size_t i = 0; i < rows->n; i++) {
		const struct jvm_row *row = rows->rows[i];
		if (text_is(row->parent_id, id) && (!found || row->state == 'Z'))
			found = row;
	}
	return found;
}

/* A zombie with threads is a process whose first thread has ended, or one that is just ending: the
 * kernel tells of its end a moment before the last thread is counted off. That moment is waited
 * for. */
static bool jvm_lives(const struct victim *v)
{
	const struct timespec moment = {.tv_nsec = 10000000};
	struct proc_stat jvm;
	bool lives = true, is_ending = true;

	for (int i = 0; lives && is_ending && i < ENDING_LOOKS; i++) {
		if (i)
			nanosleep(&moment, NULL);
		lives = proc_stat(sight_proc(), v->jvm_pid, &jvm) &&
			jvm.start_ticks == v->jvm_start && (jvm.state != 'Z' || jvm.threads > 1);
		is_ending = lives && jvm.state == 'Z';
	}
	return lives;
}

/* The JVM is dead (its zombie may be fetched meanwhile), and no other lives below its Python. */
static int check_alone(const struct victim *v, struct err *err)
{
	int64_t other;

	if (jvm_lives(v))
		return err_set(err, ERR_REFUSED,
			       "the JVM %" PRId64 " of python %" PRId64
			       " lives: that one is ended first",
			       v->jvm_pid, v->pid);
	other = sight_jvm_below(v->pid);
	if (other)
		return err_set(err, ERR_REFUSED,
			       "another JVM (%" PRId64 ") lives below python %" PRId64
			       ": ending that Python would end it, too",
			       other, v->pid);
	return 0;
}

static int check_parent(const struct victim *v, struct err *err)
{
	struct proc_stat jvm;

	if (!python_is(sight_proc(), v->pid))
		return err_set(err, ERR_REFUSED, "%" PRId64 " is no Python any more", v->pid);
	if (proc_stat(sight_proc(), v->jvm_pid, &jvm) && jvm.start_ticks == v->jvm_start &&
	    jvm.ppid != v->pid)
		return err_set(err, ERR_REFUSED,
			       "python %" PRId64 " is not the direct parent of java %" PRId64,
			       v->pid, v->jvm_pid);
	return 0;
}

/* --- capture --- */

static int keep(struct victim *v, const struct sight *s, struct err *err)
{
	keep_sight(v, s);
	sight_folder(v->pid, v->folder, sizeof(v->folder));
	victim_see_ports(v);
	failpoint("kill.seen");
	if (has_ended(v))
		return gone(v, err);
	failpoint("kill.captured");
	return 0;
}

static int capture_parent(const struct jvm_row *row, bool is_dead, struct victim *v,
			  struct err *err)
{
	struct sight s;
	int rc;

	v->kind = VICTIM_PARENT;
	copy(v->jvm, sizeof(v->jvm), row->id);
	v->jvm_pid = row->pid;
	v->jvm_start = row->start_ticks;
	keep_row(v, row);
	rc = check_family(v, err);
	if (rc == 0)
		rc = hold(v, err);
	if (rc < 0)
		return rc;
	victim_find_owner(v);
	rc = look(v, &s, err);
	if (rc == 0)
		rc = check_parent(v, err);
	if (rc == 0 && is_dead)
		rc = check_alone(v, err);
	v->started_at = sight_proc()->boot_at + v->start_ticks * 1000 / sight_proc()->tick_hz;
	return rc == 0 ? keep(v, &s, err) : rc;
}

int victim_capture_parent(struct act *a, const struct victim *jvm, struct victim *v,
			  struct err *err)
{
	const struct jvm_row *row = act_jvm_row(a, jvm->id);

	begin(v);
	if (!row || !row->parent_id || !parse_id(text_str(row->parent_id), v))
		return err_set(err, ERR_MISSING, "java %" PRId64 " has no Python parent", jvm->pid);
	snprintf(v->id, sizeof(v->id), "%s", text_str(row->parent_id));
	return capture_parent(row, false, v, err);
}

static int capture_jvm(struct act *a, struct victim *v, struct err *err)
{
	const struct jvm_row *row;
	struct sight s;
	int rc = check_family(v, err);

	if (rc == 0)
		rc = hold(v, err);
	if (rc < 0)
		return rc;
	row = act_jvm_row(a, v->id);
	if (row)
		keep_row(v, row);
	victim_find_owner(v);
	rc = look(v, &s, err);
	if (rc == 0)
		rc = check_jvm(v, &s, row, err);
	if (rc == 0 && !row)
		rc = err_set(err, ERR_REFUSED,
			     "java %s is not among the JVMs that sparkops sees on this host; its "
			     "`id` in --json is what --pid takes",
			     v->id);
	return rc == 0 ? keep(v, &s, err) : rc;
}

int victim_capture(struct act *a, const char *id, struct victim *v, struct err *err)
{
	const struct jvm_row *parent;

	begin(v);
	if (!id || !parse_id(id, v))
		return err_set(err, ERR_REFUSED,
			       "%s names no process: PID@START is wanted, the `id` of a JVM in "
			       "--json",
			       id ? id : "nothing");
	snprintf(v->id, sizeof(v->id), "%" PRId64 "@%" PRId64, v->pid, v->start_ticks);
	parent = row_of_parent(a, v->id);
	return parent ? capture_parent(parent, true, v, err) : capture_jvm(a, v, err);
}

/* --- still the same --- */

int victim_verify(const struct victim *v, struct err *err)
{
	struct sight s;
	char name[48];
	int rc;

	if (has_ended(v))
		return gone(v, err);
	failpoint("kill.verify");
	rc = look(v, &s, err);
	if (rc == 0 && (strcmp(s.executable, v->executable) != 0 ||
			memcmp(s.arguments, v->arguments, sizeof(s.arguments)) != 0))
		rc = err_set(err, ERR_REFUSED,
			     "%s runs another program or command line than the one that was shown; "
			     "nothing was sent",
			     victim_name(v, name));
	if (rc == 0)
		rc = v->kind == VICTIM_JVM ? check_family(v, err) : check_alone(v, err);
	failpoint("kill.looked");
	if (has_ended(v))
		return gone(v, err);
	if (rc == 0)
		failpoint("kill.verified");
	return rc;
}

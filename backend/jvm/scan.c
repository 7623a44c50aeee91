/* jvm/scan.c - which Spark JVMs there are, look by look. */
#include "scan.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "scan_parts.h"

enum {
	DUMP_CPU_PCT = 10,    /* what writes a dump takes more, */
	DUMP_STILL_MS = 3000, /* and none of its counters moves for so long */
	YOUNG_MS = 30000,     /* a shell that prepares a java and execs it is younger, mostly */
	TURNS = 15,           /* looks until every old process was looked at again */
	TURN_MIN = 24,
	GAP_MS = 30000,
	NEAR_BUDGET_NS = 6 * 1000 * 1000,
	NEAR_FIRST_NS = 2000 * 1000 * 1000,
};

#define KERNEL_THREAD 0x00200000u /* PF_KTHREAD */

int64_t scan_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* --- users --- */

struct scan_users {
	struct scan_users *next;
	int64_t uid;
	char name[64];
};

const char *scan_user(struct scan *s, int64_t uid)
{
	struct scan_users *u;
	struct passwd entry, *found = NULL;
	char bytes[4096];

	for (u = s->users; u; u = u->next) {
		if (u->uid == uid)
			return u->name;
	}
	u = xcalloc(1, sizeof(*u));
	u->uid = uid;
	if (getpwuid_r((uid_t)uid, &entry, bytes, sizeof(bytes), &found) == 0 && found)
		snprintf(u->name, sizeof(u->name), "%s", entry.pw_name);
	else
		snprintf(u->name, sizeof(u->name), "%" PRId64, uid);
	u->next = s->users;
	s->users = u;
	return u->name;
}

/* --- life --- */

static uint64_t own_namespace(const struct scan *s, const char *name)
{
	char link[64];

	if (proc_link(&s->proc, (int64_t)getpid(), name, link, sizeof(link)) <= 0)
		return 0;
	return proc_link_inode(link);
}

/* With hidepid other users' processes are not even listed. proc(5). */
static void see_hidepid(struct scan *s)
{
	ssize_t len;
	char *mounts = proc_read_all(&s->proc, (int64_t)getpid(), "mountinfo", 1 << 20, &len), *at;

	s->note[0] = '\0';
	at = NULL; /* the last one mounted there is the one that is seen */
	for (char *next = mounts; next && (next = strstr(next, " /proc ")); next++)
		at = next;
	if (at && s->proc.self_uid != 0) {
		at[strcspn(at, "\n")] = '\0';
		at = strstr(at, "hidepid=");
		if (at && at[8] != '0' && at[8] != 'o')
			snprintf(s->note, sizeof(s->note),
				 "/proc hides other users' processes (hidepid=%.*s): only those of "
				 "%.40s are seen; sudo sparkops would see all",
				 (int)strspn(at + 8, "0123456789abcdefghijklmnopqrstuvwxyz"),
				 at + 8, scan_user(s, s->proc.self_uid));
	}
	free(mounts);
}

struct scan *scan_new(const char *dir)
{
	struct scan *s = xcalloc(1, sizeof(*s));

	s->dir = dir;
	s->is_real = strcmp(dir, "/proc") == 0;
	s->proc.fd = -1;
	return s;
}

static bool open_proc(struct scan *s, struct err *err)
{
	if (s->proc.fd >= 0)
		return true;
	if (proc_open(&s->proc, s->dir, err) < 0)
		return false;
	s->net = own_namespace(s, "ns/net");
	s->mnt = own_namespace(s, "ns/mnt");
	cgroup_mounts_read(&s->proc, &s->mounts);
	see_hidepid(s);
	return true;
}

void scan_free(struct scan *s)
{
	struct scan_users *next;

	if (!s)
		return;
	for (size_t i = 0; i < s->njvms; i++)
		jvm_free(s->jvms[i]);
	for (struct scan_users *u = s->users; u; u = next) {
		next = u->next;
		free(u);
	}
	for (size_t i = 0; i < s->nspaces; i++)
		sockets_free(&s->spaces[i].listening);
	free(s->spaces);
	sockets_free(&s->listening);
	sockets_free(&s->before);
	sockets_free(&s->connected);
	free(s->attached.v);
	free(s->pids.v);
	free(s->others);
	free(s->jvms);
	if (s->proc.fd >= 0)
		proc_close(&s->proc);
	free(s);
}

const char *scan_note(const struct scan *s)
{
	return s->note[0] ? s->note : NULL;
}

int64_t scan_busy_with(const struct scan *s)
{
	return __atomic_load_n(&s->busy, __ATOMIC_RELAXED);
}

/* --- processes --- */

/* The lists of the next look, while the old ones are walked. */
struct census {
	struct other *others;
	size_t nothers, old_other, old_jvm;
	struct jvm **jvms;
	size_t njvms;
	size_t share, share_from; /* the old ones looked at again now */
};

static void add_other(struct census *c, const struct other *o)
{
	c->others[c->nothers++] = *o;
}

/* A process we know nothing of, or that may have become something else. */
static void look_closely(struct scan *s, struct census *c, int32_t pid)
{
	struct proc_stat stat;
	struct other o = {.pid = pid};
	int64_t age_ms;
	struct jvm *j;

	if (!proc_stat(&s->proc, pid, &stat))
		return; /* gone already */
	o.ppid = (int32_t)stat.ppid;
	o.is_kernel = stat.flags & KERNEL_THREAD;
	if (o.is_kernel) {
		add_other(c, &o);
		return;
	}
	j = stat.state == 'Z' ? jvm_new_zombie(s, &stat) : jvm_new(s, &stat);
	if (j) {
		c->jvms[c->njvms++] = j;
		return;
	}
	age_ms = s->at.wall - s->proc.boot_at - stat.start_ticks * 1000 / s->proc.tick_hz;
	o.young_till = s->at.mono + YOUNG_MS - age_ms;
	add_other(c, &o);
}

static bool is_named_java(const struct scan *s, int32_t pid)
{
	char comm[32];

	return proc_read(&s->proc, pid, "comm", comm, sizeof(comm)) > 0 &&
	       strcmp(comm, "java\n") == 0;
}

static void look_again(struct scan *s, struct census *c, const struct other *o, size_t index)
{
	bool is_turn = index - c->share_from < c->share || /* a ring */
		       (c->share_from + c->share > s->nothers &&
			index < c->share_from + c->share - s->nothers);

	if (!o->is_kernel && (s->at.mono < o->young_till || is_turn) && is_named_java(s, o->pid))
		look_closely(s, c, o->pid);
	else
		add_other(c, o);
}

/* A JVM known: the same process, or another that got its number, or one that it became by exec. */
static void look_at_jvm(struct scan *s, struct census *c, struct jvm *j)
{
	struct proc_stat stat;

	if (!proc_stat(&s->proc, j->who.pid, &stat) || stat.start_ticks != j->who.start_ticks ||
	    strcmp(stat.comm, j->now.comm) != 0) {
		int32_t pid = (int32_t)j->who.pid;

		jvm_free(j);
		look_closely(s, c, pid);
		return;
	}
	j->now = stat;
	j->is_dead = stat.state == 'Z' && stat.threads <= 1;
	c->jvms[c->njvms++] = j;
}

static void take_census(struct scan *s)
{
	struct census c = {0};
	size_t n = s->pids.n;

	c.others = xcalloc(n + 1, sizeof(*c.others));
	c.jvms = xcalloc(n + 1, sizeof(struct jvm *));
	c.share = s->nothers / TURNS > TURN_MIN ? s->nothers / TURNS : TURN_MIN;
	c.share = min_size(c.share, s->nothers);
	c.share_from = s->nothers ? s->turn % s->nothers : 0;
	s->turn = c.share_from + c.share;
	for (size_t i = 0; i < n; i++) {
		int32_t pid = s->pids.v[i];

		while (c.old_other < s->nothers && s->others[c.old_other].pid < pid)
			c.old_other++;
		while (c.old_jvm < s->njvms && s->jvms[c.old_jvm]->who.pid < pid)
			jvm_free(s->jvms[c.old_jvm++]);
		if (c.old_jvm < s->njvms && s->jvms[c.old_jvm]->who.pid == pid) {
			look_at_jvm(s, &c, s->jvms[c.old_jvm++]);
		} else if (c.old_other < s->nothers && s->others[c.old_other].pid == pid) {
			look_again(s, &c, &s->others[c.old_other], c.old_other);
			c.old_other++;
		} else {
			look_closely(s, &c, pid);
		}
	}
	while (c.old_jvm < s->njvms)
		jvm_free(s->jvms[c.old_jvm++]);
	free(s->others);
	free(s->jvms);
	s->others = c.others;
	s->nothers = c.nothers;
	s->jvms = c.jvms;
	s->njvms = c.njvms;
}

/* --- sockets --- */

const struct sockets *scan_listening(struct scan *s, const struct jvm *j)
{
	struct net_space *space = NULL;

	if (!j->who.net)
		return &s->listening;
	for (size_t i = 0; i < s->nspaces && !space; i++) {
		if (s->spaces[i].net == j->who.net)
			space = &s->spaces[i];
	}
	if (!space) {
		s->spaces = xrealloc(s->spaces, (s->nspaces + 1) * sizeof(*s->spaces));
		space = &s->spaces[s->nspaces++];
		*space = (struct net_space){.net = j->who.net};
	}
	if (space->look != s->looks) {
		space->look = s->looks;
		if (!sockets_read(&s->proc, j->who.pid, &space->listening, NULL))
			space->listening.n = 0;
	}
	return &space->listening;
}

/* A listening socket that was not there at the last look may be any JVM's of that user. */
static void find_new_listeners(struct scan *s)
{
	for (size_t i = 0; i < s->listening.n; i++) {
		const struct socket *one = &s->listening.v[i];

		if (sockets_find(&s->before, one->inode))
			continue;
		for (size_t k = 0; k < s->njvms; k++) {
			struct jvm *j = s->jvms[k];

			if (j->who.uid == one->uid && !j->who.net)
				j->near.due = min_i64(j->near.due, s->at.mono);
		}
	}
}

static void read_listeners(struct scan *s)
{
	struct sockets swap = s->before;

	s->before = s->listening;
	s->listening = swap;
	s->listening.n = 0;
	if (!(s->is_real && sockets_listening(&s->listening)) &&
	    !sockets_read(&s->proc, (int64_t)getpid(), &s->listening, NULL))
		s->listening.n = 0;
	find_new_listeners(s);
}

/* --- a look --- */

static bool is_near_due(const struct scan *s, const struct jvm *j)
{
	const struct jvm_watch *w = &j->watch;

	if (!j->near.kept || j->now.ppid != j->near.ppid)
		return true;
	/* CPU, but nothing moves in its counters: it may write a dump */
	return s->at.mono >= j->near.due || (w->has_counters && w->cpu_pct > DUMP_CPU_PCT &&
					     s->at.wall - w->moved_at > DUMP_STILL_MS);
}

/* Those due, from where the last look's budget ended; false: it ended again. */
static bool read_turn(struct scan *s, int64_t until, bool only_young)
{
	size_t n = s->njvms, from = n ? s->near_turn % n : 0;

	for (size_t i = 0; i < n; i++) {
		struct jvm *j = s->jvms[(from + i) % n];
		bool is_young = s->at.wall - j->who.started_at < YOUNG_MS;

		if ((only_young && !is_young) || !is_near_due(s, j) || j->near.look == s->looks)
			continue;
		if (scan_cpu_ns() >= until) {
			s->near_turn = (from + i) % n;
			return false;
		}
		near_read(s, j);
	}
	return true;
}

/* What was never read first, then the young, then the rest, as far as the budget goes. */
static void read_near(struct scan *s)
{
	int64_t began = scan_cpu_ns();

	for (size_t i = 0; i < s->njvms; i++) {
		struct jvm *j = s->jvms[i];

		if (!j->near.kept && scan_cpu_ns() - began < NEAR_FIRST_NS)
			near_read(s, j);
	}
	began = scan_cpu_ns();
	if (read_turn(s, began + NEAR_BUDGET_NS, true))
		(void)read_turn(s, began + NEAR_BUDGET_NS, false);
}

struct dataset *scan_look(struct scan *s, const struct scan_time *at, struct err *err)
{
	if (!open_proc(s, err) || proc_pids(&s->proc, &s->pids, err) < 0)
		return NULL;
	s->had_gap = s->looks > 0 && at->mono - s->at.mono > GAP_MS;
	s->at = *at;
	s->looks++;
	take_census(s);
	s->attached.n = 0;
	if (s->njvms) {
		read_listeners(s);
		if (s->is_real && !sockets_attached(&s->attached))
			s->attached.n = 0;
	}
	read_near(s);
	for (size_t i = 0; i < s->njvms; i++) {
		near_ports(s, s->jvms[i]);
		near_memory(s, s->jvms[i]);
		watch_look(s, s->jvms[i]);
	}
	return rows_make(s);
}

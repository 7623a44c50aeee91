/* jvm/known.h - a Spark JVM as the scan knows it: what was read once, what is near it, and the
 * windows that are watched. Private to jvm/. */
#ifndef SPARKOPS_JVM_KNOWN_H
#define SPARKOPS_JVM_KNOWN_H

#include "../../include/snapshot.h"
#include "cgroup.h"
#include "command.h"
#include "files.h"
#include "hsperf.h"
#include "live.h"
#include "scan.h"
#include "sockets.h"

/* Who it is. Read once; texts live in kept. */
struct jvm_identity {
	const struct dataset *kept;
	int64_t pid, start_ticks, started_at, uid, ns_pid;
	bool is_ours;           /* its files may be read */
	bool has_own_files;     /* another mount namespace: paths through /proc/PID/root */
	uint64_t net;           /* its network namespace; 0: ours */
	struct command command; /* of a zombie first seen as one: nothing but the role */
	const struct text *id, *user, *line, *unseen;
	char hsperf[128]; /* path; "" until it was found */
};

struct jvm_port_state {
	uint64_t inode;
	struct jvm_port port;
};
struct jvm_ports_state {
	struct jvm_port_state *v;
	size_t n, size;
};

/* The Python above it; pid ABSENT: the parent is none. */
struct jvm_python {
	int64_t pid, start_ticks;
	const struct text *id, *line, *cwd, *script;
};

/* What is around it. Read anew when something says so, or every 30 s; texts live in kept. */
struct jvm_near {
	const struct dataset *kept; /* NULL: not read yet */
	int64_t due;                /* mono ms */
	int64_t look;               /* number of the look it was read at */
	int64_t ppid;               /* when python was looked for */
	const struct text *cwd;
	struct jvm_python python;
	struct texts logs, dlq;
	const struct text *child; /* id of the Python that `spark-submit SCRIPT.py` runs below it */
	struct jvm_ports_state ports, python_ports, child_ports;
	const struct text *dump;
	int64_t dump_bytes, dump_at; /* at: mono ms of that size */
	double dump_per_s;
	struct cgroup_place *group; /* NULL: not readable */
	struct cgroup_memory memory;
	int64_t memory_at; /* mono ms */
};

enum { WATCH_WINDOW_MS = 90000, WATCH_STEP_MS = 3000, WATCH_STEPS = 32 };

struct watch_step {
	int64_t mono, cpu_ticks, full_gcs;
};

/* What is watched from look to look. Times without another word are wall ms, or ABSENT. */
struct jvm_watch {
	int64_t since;
	struct watch_step step[WATCH_STEPS]; /* a ring, a step every WATCH_STEP_MS */
	size_t nsteps, at;
	int64_t base_mono, base_ticks; /* of the shares of the last looks */
	double base_gc_s, base_gc_cpu_s;
	double cpu_pct, gc_pct;
	int64_t busy_at, idle_since;
	int64_t state_since;
	int last_state;
	bool has_counters;
	struct hsperf counters;
	const char *problem;
	char problem_text[sizeof(((struct err *)0)->message)];
	int64_t moved_at;
	struct live live;
	int64_t oom_kills_first;
	int64_t threads_mono, threads_ticks, threads_gc;
	double gc_cpu_pct;
	bool is_attached;
	char application[128]; /* learned from its executors */
};

struct jvm {
	struct jvm_identity who;
	struct proc_stat now;
	bool is_dead; /* a zombie with no thread left */
	struct jvm_near near;
	struct jvm_watch watch;
};

/* identity.c: false: it is no Spark JVM, or not any more. stat is of this look. */
struct jvm *jvm_new(struct scan *s, const struct proc_stat *stat);
/* A zombie `java` below a Python that runs Spark; else NULL. */
struct jvm *jvm_new_zombie(struct scan *s, const struct proc_stat *stat);
void jvm_free(struct jvm *j);

/* near.c */
void near_init(struct jvm_near *n);
void near_read(struct scan *s, struct jvm *j);  /* open files, Python, group */
void near_ports(struct scan *s, struct jvm *j); /* queues of the ports known */
void near_memory(struct scan *s, struct jvm *j);
void near_release(struct jvm_near *n);

/* counters.c: finds the file of the counters, if there is one by now. */
void counters_find(struct scan *s, struct jvm *j);

/* watch.c */
void watch_init(struct jvm_watch *w, const struct scan_time *at);
void watch_look(struct scan *s, struct jvm *j);

/* rows.c */
struct dataset *rows_make(struct scan *s);

#endif

/* row/jvm.h - a Spark JVM of this host: `jvms` of --json.
 *
 * The jvm source (backend/source/jvm.c) fills everything it can see, with job and verdict left
 * absent; backend/rule/jvms.c makes the derived rows: it finds the job each belongs to, and judges
 * it from these numbers and from what the job's other sources say. Windows ("no CPU for 90 s") are
 * kept by the source, so that rules stay pure: a number here that names a time is wall ms. What
 * could not be seen is ABSENT, NaN or NULL, and `unseen` says what and how it could be. Facts and
 * paths: proc(5); OpenJDK hotspot/share/runtime/perfMemory.hpp for the hsperfdata counters;
 * Spark's launcher for command lines (core/src/main/scala/org/apache/spark/deploy/). */
#ifndef SPARKOPS_ROW_JVM_H
#define SPARKOPS_ROW_JVM_H

#include "../field.h"

/* gateway: SparkSubmit ... pyspark-shell without a SparkContext seen yet is a driver too; a gateway
 * is a py4j gateway server of another launcher. */
#define JVM_ROLE_LIST(X)                                                                           \
	X(DRIVER, driver)                                                                          \
	X(EXECUTOR, executor)                                                                      \
	X(MASTER, master)                                                                          \
	X(WORKER, worker)                                                                          \
	X(HISTORY, history)                                                                        \
	X(LIVY, livy)                                                                              \
	X(GATEWAY, gateway)                                                                        \
	X(OTHER, other)
enum jvm_role {
#define X(id, name) JVM_##id,
	JVM_ROLE_LIST(X)
#undef X
};
extern const char *const jvm_role_names[];

#define JVM_VERDICT_LIST(X)                                                                        \
	X(BUSY, busy)                                                                              \
	X(IDLE, idle)                                                                              \
	X(THRASHING, thrashing)                                                                    \
	X(HUNG, hung)                                                                              \
	X(STOPPED, stopped)                                                                        \
	X(STRANDED, stranded)                                                                      \
	X(ORPHAN, orphan)                                                                          \
	X(DEAD, dead)                                                                              \
	X(UNKNOWN, unknown)
enum jvm_verdict {
#define X(id, name) JVM_IS_##id,
	JVM_VERDICT_LIST(X)
#undef X
};
extern const char *const jvm_verdict_names[];

/* Who starts it again when it ends, by its control group. */
enum jvm_owner { OWNER_NONE, OWNER_SYSTEMD, OWNER_CONTAINER, OWNER_POD, OWNER_YARN };

/* A TCP socket the process listens on. */
struct jvm_port {
	int64_t port;
	int64_t backlog;     /* as given to listen(2); ABSENT where only /proc/net is readable */
	int64_t queue;       /* connections the kernel completed and nobody accepted, ABSENT */
	int64_t queue_since; /* wall ms since when that is above 0 without a break, ABSENT */
	bool is_loopback;    /* bound to 127.0.0.0/8 or ::1 only */
	bool is_linked;      /* a socket of the pair itself is connected to it (py4j and friends) */
};
struct jvm_ports {
	size_t n;
	const struct jvm_port *v;
};

struct jvm_row {
	/* of --json */
	const struct text *id; /* PID@START, START is field 22 of /proc/PID/stat */
	int64_t pid, started_at;
	const struct text *user;
	int role; /* enum jvm_role */
	const struct text *main_class, *application_id, *executor_id, *job;
	struct ints ports;
	int64_t heap_used_bytes, heap_max_bytes; /* without hsperfdata: max is the configured one */
	double gc_pct, cpu_pct;                  /* over about the last two looks */
	int64_t rss_bytes, limit_bytes;
	int verdict;       /* enum jvm_verdict; -1 until the rules have judged */
	int64_t exit_code; /* of a zombie: 52, 3, 137 (128 + signal) */
	struct texts evidence;

	/* not in --json: who it is */
	int64_t start_ticks, ppid, uid, ns_pid; /* ns_pid: in its own PID namespace */
	int is_ours; /* enum tri: we run as this user, or as root: its files can be read */
	const struct text *app_name; /* spark.app.name, --name, else NULL */
	const struct text *command;  /* the command line, cut at 4 kB, cleaned */
	const struct text *cwd;
	const struct text *user_class;   /* --class */
	const struct text *script;       /* primary resource, or the script of its Python parent */
	const struct text *master;       /* --master or spark.master */
	const struct text *java_version; /* hsperfdata: java.property.java.version */
	int64_t ui_port;                 /* spark.ui.port if configured; 0: none is wanted */
	int64_t driver_port, cores;      /* executor: the port of --driver-url; --cores */
	const struct text *driver_host;  /* executor: its host */
	int64_t heap_configured_bytes;   /* -Xmx or spark.driver.memory of the command line */
	int is_pyspark;                  /* enum tri: last argument is pyspark-shell */
	/* the Python half of the pair, while it is the direct parent */
	int64_t parent_pid;           /* ABSENT: the parent is no Python */
	const struct text *parent_id; /* PID@START */
	const struct text *parent_command, *parent_cwd;
	int parent_gone; /* enum tri: pyspark-shell whose Python is not there any more */
	const struct text *child_id; /* PID@START of the Python below it: `spark-submit JOB.py` */
	struct jvm_ports listens, parent_listens, child_listens;
	/* owner */
	int owner;                     /* enum jvm_owner */
	const struct text *owner_name; /* migration-api.service, container id, pod uid */
	bool is_user_unit;             /* systemd --user */

	/* how it runs */
	int state;           /* R S D Z T t X I of /proc/PID/stat */
	int64_t state_since; /* wall ms since when it is seen in T, t, D or Z; ABSENT */
	int64_t threads;
	double cpu_window_s, cpu_in_window_s; /* CPU seconds used in the last <= 90 s watched */
	int64_t cpu_idle_since; /* wall ms of the last look at which it had used CPU (over 1 % of a
				   core); ABSENT: it uses more now */
	double gc_cpu_pct;      /* CPU of GC and VM threads, share of what the process used; NaN */
	/* hsperfdata */
	const struct text *collector; /* G1, Parallel, Serial, ZGC, Shenandoah; NULL */
	int64_t old_used_bytes, old_max_bytes;
	int64_t live_bytes, live_at;     /* heap in use right after the last collection; wall ms */
	bool is_live_settled;            /* an old collection was seen: no garbage in live_bytes */
	int64_t gc_count, full_gc_count; /* since its start */
	double full_gc_per_min;          /* over the window */
	double longest_pause_s;          /* a collection that began and has not ended; NaN */
	const struct text *gc_cause;     /* what collects now; NULL: nothing */
	int64_t gc_moved_at; /* wall ms of the last look at which a GC or safepoint counter rose */
	int64_t counters_since; /* wall ms of the first look at it: how long it was watched */
	const struct text *hsperf_problem; /* why there are no counters; NULL: there are */
	/* control group */
	int64_t cgroup_used_bytes, oom_kills; /* oom_kills of its group, since the group exists */
	int64_t oom_kills_seen;               /* of these, since we watch it */
	/* busy with that */
	const struct text *dump_file; /* an open .hprof that grows */
	int64_t dump_bytes;
	double dump_bytes_per_s;
	int is_attached; /* enum tri: a tool attaches to it right now */

	/* near it */
	struct texts log_files;    /* open log files and redirected output, of it and its Python */
	struct texts dlq_folders;  /* folders of open failed_batches files, and cwd/dlq */
	const struct text *unseen; /* what could not be seen and the command that would; NULL */
	/* by the rules */
	double heap_pct;                  /* screen only */
	int64_t silent_probes, silent_ms; /* of its UI */
	const struct text *belongs;       /* "driver of migration", "executor 3 of migration" */
};

extern const struct schema schema_jvm;

#endif

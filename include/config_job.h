/* config_job.h - a job as configured or found, and what else may be written about logs and
 * services. Part of config.h; strings and lists live in the configuration's arena. */
#ifndef SPARKOPS_CONFIG_JOB_H
#define SPARKOPS_CONFIG_JOB_H

#include "config_hook.h"
#include "text.h"

enum { ACT_KILL = 1, ACT_REPLAY = 2, ACT_RESTART = 4, ACT_RECOVER = 8 };

/* Where a log is read. */
struct config_log {
	const char *const *files;   /* NULL-terminated; patterns of glob(7) are not expanded */
	const char *found_by;       /* how files were found; NULL: as the job */
	const char *journal;        /* systemd unit; NULL */
	const char *const *command; /* argv, NULL-terminated; NULL */
	/* found: URLs of a worker's tail, NULL-terminated, like
	 * http://127.0.0.1:8081/log/?appId=..&executorId=0&logType=stderr */
	const char *const *workers;
};

/* A text that marks a line of a log, from `signatures:`. */
struct config_signature {
	const char *match; /* literal text */
	const char *kind;  /* a name of LOG_KIND_LIST; default other */
	const char *means, *next;
};

/* How a discovered job was found, and what would start it again: for --print-config and `next`. */
struct config_found {
	const char *jvm_id;       /* PID@START of its driver, or of the last one */
	const char *restart_unit; /* systemd unit that owns it; NULL */
	const char *container;    /* id of the container or pod that owns it; NULL */
	const char *const *argv; /* its command line: of the Python parent, else of the JVM; NULL */
	const char *const *environment; /* names of Spark's variables it began with; NULL */
	bool is_orphan;                 /* its Python went unseen, and with it what began it */
	bool is_ui_given;               /* its UI's port comes from the kernel, not from a person */
	int64_t waiting_ui; /* port that would be its UI: not asked, a queue waits there; 0 */
	const char *cwd;
	const char *user;
	int64_t gone_at;    /* wall ms since when its process is not there; ABSENT: it is */
	int64_t restarts;   /* seen: a new driver of the same job */
	const char *unseen; /* what cannot be seen of it, and the literal command; NULL */
};

struct config_job {
	const struct text *name;
	const char *health; /* base URL without a trailing slash, as configured; NULL */
	const char *ui;
	const char *dlq;      /* folder */
	const char *found_by; /* "config", "argv" */
	bool expect_always;
	int64_t stale_after_ms;      /* 300 s or 3 x trigger_interval, the longer, unless set */
	int64_t quiet_after_ms;      /* ABSENT: 10 x the usual gap, at least 15 min */
	int64_t trigger_interval_ms; /* ABSENT */
	int64_t task_memory_bytes;   /* ABSENT: no estimate */
	double safety_factor;        /* 1.5 */
	unsigned actions;            /* ACT_... */
	struct config_log log;       /* all NULL: found from open files */
	const char *match_main_class, *match_app_name; /* which local JVM is its driver; NULL */
	const struct config_found *found;              /* NULL: configured */
	struct config_hook restart, resume;
	struct config_ready ready;
	struct config_replay replay;
	size_t nfacts;
	const struct config_fact *facts;
	const char *rest; /* its mappings as YAML lines, for config_print(); NULL: none */
};

#endif

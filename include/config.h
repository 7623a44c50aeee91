/* config.h - the configuration, read once and then never changed (a changed file makes a new one).
 *
 * defaults < /etc/sparkops/config.yaml < the user's file < environment < argv. The option table of
 * backend/config_option.c is the only list of options; it reports every mistake of a file at once
 * as FILE:LINE:COLUMN. The keys: sparkops(1), CONFIGURATION KEYS. */
#ifndef SPARKOPS_CONFIG_H
#define SPARKOPS_CONFIG_H

#include "buf.h"
#include "err.h"
#include "config_job.h"
#include "text.h"

struct config_cluster {
	const struct text *name;
	const char *master, *history; /* URLs or NULL */
	const char *found_by;         /* "config", or how it was found */
};

struct config_service {
	const char *kind; /* worker history livy */
	const char *url, *found_by;
};

struct config_auth {
	const char *match; /* URL prefix */
	const char *user;  /* with password_file */
	const char *password_file, *bearer_file, *bearer_env;
};

struct config_key {
	const char *scope, *key, *command;
};

struct config_args;

struct config {
	int64_t interval_ms;
	bool discover, read_only, is_wall, is_demo;
	const struct text *label;
	unsigned actions; /* ACT_...: what may be done to any job; those of the jobs are within */
	size_t njobs, nclusters, nauths, nkeys, nsignatures;
	const struct config_job *jobs;
	const struct config_cluster *clusters;
	const struct config_auth *auths;
	const struct config_key *keys;
	const struct config_signature *signatures;
	const struct config_job *const *by_name; /* the jobs in that order; NULL: made by hand */
	const struct config_service *services;   /* found: workers, history servers, Livy */
	size_t nservices;
	const char *looked;    /* what was looked at to find them, for --once; NULL */
	const char *file;      /* the user's file that was read, or NULL */
	const char *state_dir; /* where history.db lives; NULL: none writable */
	const char *log_file;
	const char *theme; /* name or NULL */
	const char *view;  /* first view or NULL */
	bool is_ascii, no_color;
	int64_t timeout_ms; /* --timeout, for --once */
	bool is_once;       /* every target is asked everything once */
	bool is_look;       /* and only those of which discovery learns: --print-config */
	bool is_verb;       /* asked at once, then as ever */
	const char *only;   /* a verb's job: no other is polled; NULL: all are */
	int64_t dlq_limit;  /* rows per job in a snapshot: 1,000; --limit; 0: all */
	/* private */
	const struct config_args *args; /* what it was loaded with; NULL after config_parse() */
	uint64_t stamp;                 /* of the files it was read from */
	const struct config *base; /* config_with_found(): what it was made from, one reference */
	struct arena arena;
	int refs;
};

/* What the front end knows by name, so that a file naming it is checked where it is read. Lists end
 * with NULL; all of it lives as long as the process and may be used by any thread. */
struct config_names {
	const char *const *themes, *const *views;
	const char *const *later;    /* views not built yet; fine as a scope of keys */
	const char *const *commands; /* first words of command lines, of all views */
	bool (*is_key)(const char *name);
	bool (*has_command)(const char *scope, const char *name);
	/* NULL: they may follow that word; else what may. */
	const char *const *(*arguments)(const char *command, const char *args);
};

/* What the command line adds; strings live as long as the process. */
struct config_args {
	const char *config; /* --config FILE */
	const char *const *health, *const *ui, *const *dlq;
	size_t nhealth, nui, ndlq;
	bool no_discover, read_only, wall, ascii, no_color, once, look, verb;
	int64_t interval_ms, timeout_ms, limit; /* ABSENT: not given */
	const char *view, *theme, *state_dir, *log_file;
	const char *only;                 /* with verb: its --job */
	const struct config_names *names; /* NULL: names are not checked */
};

/* Reads the files, adds argv, checks. 0; -ERR_CONFIG with every mistake of each file, one per line
 * in line order, in `mistakes`; or -ERR_USAGE with what is wrong in argv. *out has one reference
 * and borrows args. */
MUST_CHECK int config_load(const struct config_args *args, const struct config **out,
			   struct buf *mistakes);
/* The same again with the same args, when config_has_changed(): looks at the files' inode, size and
 * time only. What was read-only stays it. */
MUST_CHECK int config_reload(const struct config *old, const struct config **out,
			     struct buf *mistakes);
bool config_has_changed(const struct config *c);
/* The file of the user when --config names none; NULL without a home. */
const char *config_default_file(struct arena *a);
#define CONFIG_SYSTEM_FILE "/etc/sparkops/config.yaml"

/* From bytes, for tests and fuzzing: name stands for the file in messages. */
MUST_CHECK int config_parse(const char *name, const char *bytes, size_t len,
			    const struct config **out, struct buf *mistakes);
/* The job of that name; NULL: none has it, or the name is NULL. */
const struct config_job *config_job(const struct config *c, const char *name);
const struct config *config_ref(const struct config *c);
void config_unref(const struct config *c);

/* The same configuration and, behind its own, these jobs, clusters and services that were found;
 * copies them. One reference. Of a found job only its name, places, found_by and found count, the
 * rest is by default. A found job whose name a configured one has is left out. What a job of
 * `completes` has and the configured one of its name leaves out, that one gets. */
struct config_finds {
	size_t njobs, nclusters, nservices, ncompletes;
	const struct config_job *jobs, *completes;
	const struct config_cluster *clusters;
	const struct config_service *services;
	const char *looked;
};
const struct config *config_with_found(const struct config *base, const struct config_finds *f);

/* A commented configuration made from what is known (`--print-config`). */
void config_print(const struct config *c, struct buf *out);

/* Durations `250ms 2s 10m 6h 7d`, sizes `512MiB 4g`, rates `30/min` (one a month at least); false
 * when it is none. */
MUST_CHECK bool config_duration(const char *s, size_t len, int64_t *ms);
MUST_CHECK bool config_size(const char *s, size_t len, int64_t *bytes);
MUST_CHECK bool config_rate(const char *s, size_t len, double *per_s);
/* Nearest name for a misspelled one, or NULL: at most three edits, and at most a third of what was
 * written. */
const char *config_nearest(const char *name, const char *const *names, size_t n);

#endif

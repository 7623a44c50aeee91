/* config_hook.h - what may be called to restart, resume and replay a job, as configured
 * (sparkops(1), HOOKS). Part of config.h; everything lives in the configuration's
 * arena. Texts are templates: a placeholder is {[a-z_][a-z0-9_.]*}, every other
 * brace is literal. */
#ifndef SPARKOPS_CONFIG_HOOK_H
#define SPARKOPS_CONFIG_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_pair {
	const char *name, *value;
};

struct config_http {
	const char *method; /* POST unless written */
	const char *url;    /* NULL: this form is not used */
	const char *body;   /* NULL: replay sends the entry's exact bytes, others send nothing */
	int64_t timeout_ms; /* 30 s unless written */
	bool answers_later; /* sent whole and silent at the deadline means started */
};

struct config_command {
	const char *const *argv; /* NULL-terminated; NULL: this form is not used */
	const char *cwd;         /* NULL: the folder of argv[0] */
	size_t nenv;
	const struct config_pair *env;
	int64_t timeout_ms; /* 5 min unless written */
	bool is_detached;   /* the command is the job: own session, output appended to `output` */
	const char *output; /* NULL: STATE/output/JOB.log */
};

struct config_value {
	const char *name, *ask, *fallback; /* ask, fallback: NULL if not written */
};

/* restart or resume: exactly one of systemd, http.url, command.argv. */
struct config_hook {
	const char *systemd;
	struct config_http http;
	struct config_command command;
	int64_t wait_ms, wait_after_oom_ms; /* 5 s, 10 s */
	size_t nvalues;
	const struct config_value *values;
};

struct config_ready {
	const char *url; /* NULL: /health/ready, or a new application at `ui` */
	int64_t status;  /* 200 */
	int64_t within_ms;
};

struct config_probe {
	struct config_http http;
	struct config_command command;
	int64_t done, missing; /* 200, 404 */
	bool is_first;         /* asked before anything is sent */
};

struct config_replay {
	struct config_http http;
	struct config_command command;
	const char *const *unit; /* templates, NULL-terminated; NULL: the line is the unit */
	struct config_probe probe;
	double per_s;              /* 30/min */
	int64_t settle_ms;         /* 10 s */
	int64_t returns_within_ms; /* 2 min */
	int64_t max_age_ms;        /* 7 d */
};

/* A value taken from the log: group 1 of the last match before the incident's first error. */
struct config_fact {
	const char *name, *log;
};

static inline bool hook_is_set(const struct config_hook *h)
{
	return h->systemd || h->http.url || h->command.argv;
}

#endif

/* config_option.c - the option table. Every key of a configuration file is one row here, also those
 * whose use comes later: a file that is right today stays right. */
#include <string.h>

#include "../include/row/log.h"
#include "config_option.h"

/* By hand: clang-format 14 crashes on arrays of structs whose rows differ in length. */
/* clang-format off */

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

const char *const option_action_words[] = {"kill", "replay", "restart", "recover", NULL};
static const char *const expect_words[] = {"sometimes", "always", NULL};
static const char *const method_words[] = {"POST", "PUT", "PATCH", "DELETE", "GET", NULL};
static const char *const answer_words[] = {"now", "later", NULL};

#define TABLE(list, what, row_size)                                                                \
	{                                                                                          \
		.title = (what), .options = (list), .n = ARRAY_LEN(list), .size = (row_size)       \
	}
#define YEAR_MS (366 * 24 * (int64_t)HOUR)

/* --- hooks --- */

#define HTTP(member) AT(struct config_http, member)
static const struct option http_options[] = {
	{.name = "method",
	 .type = OPT_WORD,
	 .at = HTTP(method),
	 .fallback = "POST",
	 .words = method_words},
	{.name = "url", .type = OPT_URL, .flags = OPT_REQUIRED | OPT_TEMPLATE, .at = HTTP(url)},
	{.name = "body", .type = OPT_STRING, .flags = OPT_TEMPLATE, .at = HTTP(body)},
	{.name = "timeout",
	 .type = OPT_DURATION,
	 .at = HTTP(timeout_ms),
	 .min = SECOND,
	 .max = HOUR,
	 .fallback = "30s"},
	{.name = "answer",
	 .type = OPT_EITHER,
	 .at = HTTP(answers_later),
	 .words = answer_words},
};
static const struct option_table http_table = TABLE(http_options, "http", 0);

static const struct option value_options[] = {
	{.name = "ask", .type = OPT_STRING, .flags = OPT_ANY, .at = AT(struct config_value, ask)},
	{.name = "default",
	 .type = OPT_STRING,
	 .flags = OPT_ANY | OPT_TEMPLATE,
	 .at = AT(struct config_value, fallback)},
};
static const struct option_table value_table =
	TABLE(value_options, "a value", sizeof(struct config_value));

/* How a command runs, in a struct that holds a config_command. */
#define COMMAND_OPTIONS(row)                                                                       \
	{.name = "cwd", .type = OPT_PATH, .at = AT(row, command.cwd), .needs = "command"},         \
	{.name = "env",                                                                            \
	 .type = OPT_ENV,                                                                          \
	 .flags = OPT_TEMPLATE,                                                                    \
	 .at = AT(row, command.env),                                                               \
	 .count_at = AT(row, command.nenv),                                                        \
	 .needs = "command"},                                                                      \
	{.name = "timeout",                                                                        \
	 .type = OPT_DURATION,                                                                     \
	 .at = AT(row, command.timeout_ms),                                                        \
	 .min = SECOND,                                                                            \
	 .max = HOUR,                                                                              \
	 .fallback = "5m",                                                                         \
	 .needs = "command"}
#define COMMAND(row)                                                                               \
	{.name = "command",                                                                        \
	 .type = OPT_ARGV,                                                                         \
	 .flags = OPT_ONE | OPT_TEMPLATE,                                                          \
	 .at = AT(row, command.argv)}

#define HOOK(member) AT(struct config_hook, member)
static const struct option restart_options[] = {
	{.name = "systemd", .type = OPT_STRING, .flags = OPT_ONE, .at = HOOK(systemd)},
	COMMAND(struct config_hook),
	{.name = "http", .type = OPT_MAP, .flags = OPT_ONE, .at = HOOK(http), .sub = &http_table},
	COMMAND_OPTIONS(struct config_hook),
	{.name = "detach",
	 .type = OPT_BOOL,
	 .at = HOOK(command.is_detached),
	 .needs = "command"},
	{.name = "output", .type = OPT_PATH, .at = HOOK(command.output), .needs = "detach"},
	{.name = "wait",
	 .type = OPT_DURATION,
	 .at = HOOK(wait_ms),
	 .max = HOUR,
	 .fallback = "5s"},
	{.name = "wait_after_oom",
	 .type = OPT_DURATION,
	 .at = HOOK(wait_after_oom_ms),
	 .max = HOUR,
	 .fallback = "10s"},
	{.name = "values",
	 .type = OPT_NAMED,
	 .at = HOOK(values),
	 .count_at = HOOK(nvalues),
	 .sub = &value_table},
};
static const struct option_table restart_table = TABLE(restart_options, "a restart hook", 0);

static const struct option ready_options[] = {
	{.name = "url",
	 .type = OPT_URL,
	 .flags = OPT_ANY | OPT_TEMPLATE,
	 .at = AT(struct config_ready, url)},
	{.name = "status",
	 .type = OPT_INT,
	 .flags = OPT_ANY,
	 .at = AT(struct config_ready, status),
	 .min = 100,
	 .max = 599,
	 .fallback = "200"},
	{.name = "within",
	 .type = OPT_DURATION,
	 .flags = OPT_ANY,
	 .at = AT(struct config_ready, within_ms),
	 .min = SECOND,
	 .max = 24 * (int64_t)HOUR},
};
static const struct option_table ready_table = TABLE(ready_options, "ready", 0);

static const struct option fact_options[] = {
	{.name = "log",
	 .type = OPT_REGEX,
	 .flags = OPT_REQUIRED,
	 .at = AT(struct config_fact, log)},
};
static const struct option_table fact_table =
	TABLE(fact_options, "a fact", sizeof(struct config_fact));

#define PROBE(member) AT(struct config_probe, member)
static const struct option probe_options[] = {
	{.name = "url",
	 .type = OPT_URL,
	 .flags = OPT_ONE | OPT_TEMPLATE,
	 .at = PROBE(http.url)},
	COMMAND(struct config_probe),
	{.name = "done",
	 .type = OPT_INT,
	 .at = PROBE(done),
	 .min = 100,
	 .max = 599,
	 .fallback = "200",
	 .needs = "url"},
	{.name = "missing",
	 .type = OPT_INT,
	 .at = PROBE(missing),
	 .min = 100,
	 .max = 599,
	 .fallback = "404",
	 .needs = "url"},
	{.name = "first", .type = OPT_BOOL, .at = PROBE(is_first)},
	COMMAND_OPTIONS(struct config_probe),
};
static const struct option_table probe_table = TABLE(probe_options, "a probe", 0);

#define REPLAY(member) AT(struct config_replay, member)
static const struct option replay_options[] = {
	{.name = "http",
	 .type = OPT_MAP,
	 .flags = OPT_ONE,
	 .at = REPLAY(http),
	 .sub = &http_table},
	COMMAND(struct config_replay),
	COMMAND_OPTIONS(struct config_replay),
	{.name = "unit", .type = OPT_ARGV, .flags = OPT_TEMPLATE, .at = REPLAY(unit)},
	{.name = "probe", .type = OPT_MAP, .at = REPLAY(probe), .sub = &probe_table},
	{.name = "rate", .type = OPT_RATE, .at = REPLAY(per_s), .fallback = "30/min"},
	{.name = "settle",
	 .type = OPT_DURATION,
	 .at = REPLAY(settle_ms),
	 .max = HOUR,
	 .fallback = "10s"},
	{.name = "returns_within",
	 .type = OPT_DURATION,
	 .at = REPLAY(returns_within_ms),
	 .max = 24 * (int64_t)HOUR,
	 .fallback = "2m"},
	{.name = "max_age",
	 .type = OPT_DURATION,
	 .at = REPLAY(max_age_ms),
	 .min = MINUTE,
	 .max = 10 * YEAR_MS,
	 .fallback = "7d"},
};
static const struct option_table replay_table = TABLE(replay_options, "a replay hook", 0);

/* --- jobs --- */

static const struct option match_options[] = {
	{.name = "main_class",
	 .type = OPT_TEXT,
	 .flags = OPT_ANY,
	 .at = AT(struct config_job, match_main_class)},
	{.name = "app_name",
	 .type = OPT_TEXT,
	 .flags = OPT_ANY,
	 .at = AT(struct config_job, match_app_name)},
};
static const struct option_table match_table = TABLE(match_options, "match", 0);

static const struct option job_options[] = {
	{.name = "name",
	 .type = OPT_TEXT,
	 .flags = OPT_REQUIRED,
	 .at = AT(struct config_job, name),
	 .example = "health-analytics",
	 .help = "what it is called here"},
	{.name = "health",
	 .type = OPT_URL,
	 .flags = OPT_ANY | OPT_BASE,
	 .at = AT(struct config_job, health),
	 .example = "http://127.0.0.1:5001",
	 .help = "base of the five health endpoints"},
	{.name = "ui",
	 .type = OPT_URL,
	 .flags = OPT_ANY | OPT_BASE,
	 .at = AT(struct config_job, ui),
	 .example = "http://127.0.0.1:4040",
	 .help = "the driver's UI"},
	{.name = "dlq",
	 .type = OPT_PATH,
	 .flags = OPT_ANY,
	 .at = AT(struct config_job, dlq),
	 .example = "/srv/jobs/health/dlq",
	 .help = "folder of failed_batches_YYYYMMDD.json"},
	{.name = "log",
	 .type = OPT_LOG,
	 .flags = OPT_ANY,
	 .at = AT(struct config_job, log),
	 .example = "/srv/jobs/health/job.log",
	 .help = "FILE, [FILE, ...], {journal: UNIT} or {command: [docker, logs, -f, NAME]}"},
	{.name = "match",
	 .type = OPT_MAP,
	 .flags = OPT_ANY,
	 .sub = &match_table,
	 .example = "{main_class: org.example.Main, app_name: health}",
	 .help = "which local JVM is its driver, when it is not plain"},
	{.name = "expect",
	 .type = OPT_EITHER,
	 .at = AT(struct config_job, expect_always),
	 .fallback = "always",
	 .example = "always",
	 .words = expect_words,
	 .help = "or sometimes: its end is no alarm"},
	{.name = "stale_after",
	 .type = OPT_DURATION,
	 .at = AT(struct config_job, stale_after_ms),
	 .min = SECOND,
	 .max = 30 * 24 * (int64_t)HOUR,
	 .example = "300s",
	 .help = "default: 300s or 3 x trigger_interval, the longer"},
	{.name = "quiet_after",
	 .type = OPT_DURATION,
	 .at = AT(struct config_job, quiet_after_ms),
	 .min = SECOND,
	 .max = 30 * 24 * (int64_t)HOUR,
	 .example = "15m",
	 .help = "batches without a single record, where records are usual"},
	{.name = "trigger_interval",
	 .type = OPT_DURATION,
	 .at = AT(struct config_job, trigger_interval_ms),
	 .max = 30 * 24 * (int64_t)HOUR,
	 .example = "60s",
	 .help = "of its streaming query"},
	{.name = "task_memory",
	 .type = OPT_SIZE,
	 .at = AT(struct config_job, task_memory_bytes),
	 .min = 1 << 20,
	 .max = (int64_t)1 << 44,
	 .example = "512MiB",
	 .help = "the estimate for headroom; without it there is none"},
	{.name = "safety_factor",
	 .type = OPT_REAL,
	 .at = AT(struct config_job, safety_factor),
	 .min = 1,
	 .max = 10,
	 .fallback = "1.5",
	 .example = "1.5",
	 .help = "for headroom"},
	{.name = "actions",
	 .type = OPT_ACTIONS,
	 .at = AT(struct config_job, actions),
	 .fallback = "[kill, replay, restart, recover]",
	 .example = "[kill, replay, restart, recover]",
	 .words = option_action_words,
	 .help = "what may be done to it at all"},
	{.name = "restart",
	 .type = OPT_MAP,
	 .at = AT(struct config_job, restart),
	 .sub = &restart_table,
	 .example = "{systemd: migration-api.service, wait: 5s, wait_after_oom: 10s}",
	 .help = "or command: [FILE, ARG...], or http: {method: POST, url: URL, body: '{}'}"},
	{.name = "ready",
	 .type = OPT_MAP,
	 .at = AT(struct config_job, ready),
	 .sub = &ready_table,
	 .example = "{url: \"http://127.0.0.1:8000/docs\", status: 200, within: 120s}",
	 .help = "when it is up; default /health/ready"},
	{.name = "resume",
	 .type = OPT_MAP,
	 .at = AT(struct config_job, resume),
	 .sub = &restart_table,
	 .example = "{http: {method: POST, url: \"http://127.0.0.1:8000/resume\", body: '{}'}}",
	 .help = "a second step, after ready: same forms as restart"},
	{.name = "facts",
	 .type = OPT_NAMED,
	 .at = AT(struct config_job, facts),
	 .count_at = AT(struct config_job, nfacts),
	 .sub = &fact_table,
	 .example = "{failed_table: {log: 'Migrating table (\\S+) \\(attempt'}}",
	 .help = "values taken from the log"},
	{.name = "replay",
	 .type = OPT_MAP,
	 .at = AT(struct config_job, replay),
	 .sub = &replay_table,
	 .example = "{http: {url: \"http://127.0.0.1:5001/replay/{batch_id}\"}, rate: 30/min}",
	 .help = "how a failed batch is run again"},
};
const struct option_table option_job = TABLE(job_options, "a job", sizeof(struct config_job));

/* --- the rest of the file --- */

static const struct option cluster_options[] = {
	{.name = "name",
	 .type = OPT_TEXT,
	 .flags = OPT_REQUIRED,
	 .at = AT(struct config_cluster, name)},
	{.name = "master",
	 .type = OPT_URL,
	 .flags = OPT_ANY | OPT_BASE,
	 .at = AT(struct config_cluster, master)},
	{.name = "history",
	 .type = OPT_URL,
	 .flags = OPT_ANY | OPT_BASE,
	 .at = AT(struct config_cluster, history)},
};
const struct option_table option_cluster =
	TABLE(cluster_options, "a cluster", sizeof(struct config_cluster));

static const struct option auth_options[] = {
	{.name = "match",
	 .type = OPT_STRING,
	 .flags = OPT_REQUIRED | OPT_PREFIX,
	 .at = AT(struct config_auth, match)},
	{.name = "user", .type = OPT_STRING, .flags = OPT_ONE, .at = AT(struct config_auth, user),
	 .needs = "password_file"},
	{.name = "password_file",
	 .type = OPT_PATH,
	 .at = AT(struct config_auth, password_file),
	 .needs = "user"},
	{.name = "bearer_file",
	 .type = OPT_PATH,
	 .flags = OPT_ONE,
	 .at = AT(struct config_auth, bearer_file)},
	{.name = "bearer_env",
	 .type = OPT_STRING,
	 .flags = OPT_ONE,
	 .at = AT(struct config_auth, bearer_env)},
	{.name = "password", .type = OPT_NEVER, .help = "password_file: FILE"},
	{.name = "bearer", .type = OPT_NEVER, .help = "bearer_file: FILE or bearer_env: NAME"},
	{.name = "token", .type = OPT_NEVER, .help = "bearer_file: FILE or bearer_env: NAME"},
};
const struct option_table option_auth =
	TABLE(auth_options, "an auth entry", sizeof(struct config_auth));

static const struct option signature_options[] = {
	{.name = "match",
	 .type = OPT_STRING,
	 .flags = OPT_REQUIRED | OPT_LITERAL,
	 .at = AT(struct config_signature, match)},
	{.name = "kind",
	 .type = OPT_WORD,
	 .at = AT(struct config_signature, kind),
	 .words = log_kind_names},
	{.name = "means", .type = OPT_TEXT, .at = AT(struct config_signature, means)},
	{.name = "next", .type = OPT_TEXT, .at = AT(struct config_signature, next)},
};
const struct option_table option_signature =
	TABLE(signature_options, "a signature", sizeof(struct config_signature));

static const struct option top_options[] = {
	{.name = "interval",
	 .type = OPT_DURATION,
	 .at = AT(struct config, interval_ms),
	 .min = 200,
	 .max = HOUR,
	 .fallback = "2s",
	 .example = "2s",
	 .help = "how often every target is asked, 0.2s to 1h"},
	{.name = "discover",
	 .type = OPT_BOOL,
	 .at = AT(struct config, discover),
	 .fallback = "true",
	 .example = "true",
	 .help = "look for Spark JVMs, health endpoints and DLQ folders of this host"},
	{.name = "read_only",
	 .type = OPT_BOOL,
	 .at = AT(struct config, read_only),
	 .fallback = "false",
	 .example = "false",
	 .help = "true: no action can happen"},
	{.name = "label",
	 .type = OPT_TEXT,
	 .at = AT(struct config, label),
	 .example = "PROD",
	 .help = "in the top line"},
	{.name = "actions",
	 .type = OPT_ACTIONS,
	 .at = AT(struct config, actions),
	 .fallback = "[kill, replay, restart, recover]",
	 .example = "[kill, replay, restart, recover]",
	 .words = option_action_words,
	 .help = "what may be done to any job at all"},
	{.name = "theme",
	 .type = OPT_STRING,
	 .flags = OPT_THEME,
	 .at = AT(struct config, theme),
	 .example = "default",
	 .help = "default, light, mono, colourblind or wall"},
	{.name = "view",
	 .type = OPT_STRING,
	 .flags = OPT_VIEW,
	 .at = AT(struct config, view),
	 .example = "overview",
	 .help = "the first view"},
	{.name = "ascii",
	 .type = OPT_BOOL,
	 .at = AT(struct config, is_ascii),
	 .fallback = "false",
	 .example = "false",
	 .help = "draw with ASCII only"},
	{.name = "jobs",
	 .type = OPT_ROWS,
	 .at = AT(struct config, jobs),
	 .count_at = AT(struct config, njobs),
	 .sub = &option_job,
	 .help = "a job needs a name and one of health, ui, dlq, log, match"},
	{.name = "clusters",
	 .type = OPT_ROWS,
	 .at = AT(struct config, clusters),
	 .count_at = AT(struct config, nclusters),
	 .sub = &option_cluster,
	 .example = "[{name: prod, master: \"http://spark-master:8080\"}]",
	 .help = "standalone masters and history servers"},
	{.name = "auth",
	 .type = OPT_ROWS,
	 .at = AT(struct config, auths),
	 .count_at = AT(struct config, nauths),
	 .sub = &option_auth,
	 .example = "[{match: \"https://spark.example/\", bearer_file: /etc/sparkops/token}]",
	 .help = "or user + password_file, or bearer_env"},
	{.name = "signatures",
	 .type = OPT_ROWS,
	 .at = AT(struct config, signatures),
	 .count_at = AT(struct config, nsignatures),
	 .sub = &option_signature,
	 .example = "[{match: \"Table is locked\", kind: dependency, means: \"a writer holds it\"}]",
	 .help = "texts that mark a line of a log, before the built-in ones; kind, means and next are optional"},
	{.name = "keys",
	 .type = OPT_KEYS,
	 .example = "{overview: {o: open job}}",
	 .help = "other keys: view or global, key, command line"},
};
const struct option_table option_top = TABLE(top_options, "a configuration", sizeof(struct config));

/* clang-format on */

const struct option *option_find(const struct option_table *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->options[i].name, name) == 0)
			return &t->options[i];
	return NULL;
}

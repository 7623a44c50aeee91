/* options_table.c - the table of options and verbs: what there is, what goes with what, and what is
 * said about it. Parsing, --help, the man page and the completions walk it. */
#include "options.h"

#define AT(member) offsetof(struct options, member)
#define ARG(member) offsetof(struct options, args.member)
#define VERB(member) offsetof(struct options, verb.member)

enum { SECOND = 1000, HOUR = 3600 * SECOND, WEEK = 7 * 24 * HOUR };
enum {
	ENTRIES = WITH_REPLAY | WITH_MARK,
	RUNS = WITH_KILL | WITH_REPLAY | WITH_RESTART | WITH_RECOVER,
	ACTS = RUNS | WITH_MARK | WITH_HOLD,
	POLLS = WITH_NONE | ACTS,
	ALL = POLLS | WITH_AUDIT,
};

/* By hand: clang-format 14 crashes on arrays of structs whose rows differ in length. */
/* clang-format off */
const struct cli_option cli_options[] = {
	{.name = "config", .type = CLI_STRING, .argument = "FILE", .at = ARG(config), .with = ALL, .complete = "file",
	 .help = "the configuration, default $XDG_CONFIG_HOME/sparkops/config.yaml; "
		 "/etc/sparkops/config.yaml is always read first"},
	{.name = "health", .type = CLI_LIST, .argument = "URL", .at = ARG(health), .with = POLLS,
	 .count_at = ARG(nhealth), .help = "a job by the base of its health endpoints; may be repeated"},
	{.name = "ui", .type = CLI_LIST, .argument = "URL", .at = ARG(ui), .count_at = ARG(nui), .with = POLLS,
	 .help = "a job by its driver's UI; may be repeated"},
	{.name = "dlq", .type = CLI_LIST, .argument = "DIR", .at = ARG(dlq), .count_at = ARG(ndlq), .with = POLLS,
	 .complete = "folder", .help = "a job by its dead-letter folder; may be repeated"},
	{.name = "no-discover", .type = CLI_FLAG, .at = ARG(no_discover), .with = POLLS,
	 .help = "only what is configured"},
	{.name = "interval", .type = CLI_DURATION, .argument = "TIME", .at = ARG(interval_ms), .with = POLLS,
	 .min = 200, .max = HOUR, .help = "how often every target is asked, default 2s"},
	{.name = "once", .type = CLI_FLAG, .at = AT(once),
	 .help = "poll every target once, print, leave with the worst job's exit code"},
	{.name = "json", .type = CLI_FLAG, .at = AT(json), .with = ALL,
	 .help = "print one JSON object; with --every one line each until ended; of a verb, its outcome"},
	{.name = "text", .type = CLI_FLAG, .at = AT(text),
	 .help = "print a monitoring plug-in's line and the view as columns (the default of --once)"},
	{.name = "every", .type = CLI_DURATION, .argument = "TIME", .at = AT(every_ms), .min = 200,
	 .max = HOUR, .help = "with --json: the same object again and again"},
	{.name = "job", .type = CLI_STRING, .argument = "NAME", .at = AT(job), .with = POLLS,
	 .help = "with --once: only this job; with a verb: the job that is meant"},
	{.name = "limit", .type = CLI_COUNT, .argument = "N", .at = ARG(limit), .max = 1000000000,
	 .with = WITH_NONE | WITH_REPLAY | WITH_AUDIT,
	 .help = "with --once: newest dead-letter entries per job, default 1000; 0 is all; of replay: at "
		 "most so many units, each whole; of audit list: the newest rows"},
	{.name = "timeout", .type = CLI_DURATION, .argument = "TIME", .at = ARG(timeout_ms), .min = 100, .with = POLLS,
	 .max = HOUR, .help = "with --once: how long to wait for the slowest target, default 3s; with a "
			      "verb: how long to look before a refusal counts"},
	{.name = "read-only", .alias = "readonly", .type = CLI_FLAG, .at = ARG(read_only), .with = POLLS,
	 .help = "no action can happen"},
	{.name = "wall", .type = CLI_FLAG, .at = ARG(wall), .help = "the same, for a wall display"},
	{.name = "view", .type = CLI_STRING, .argument = "NAME", .at = ARG(view), .help = "first view"},
	{.name = "theme", .type = CLI_STRING, .argument = "NAME", .at = ARG(theme),
	 .complete = "default light mono colourblind wall", .help = "colours: default, light, mono, colourblind or wall, or an own file (see THEMES)"},
	{.name = "ascii", .type = CLI_FLAG, .at = ARG(ascii), .help = "draw with ASCII only"},
	{.name = "no-color", .type = CLI_FLAG, .at = ARG(no_color),
	 .help = "no colours; NO_COLOR in the environment does the same"},
	{.name = "state-dir", .type = CLI_STRING, .argument = "DIR", .at = ARG(state_dir), .with = ALL,
	 .complete = "folder", .help = "ledger, audit and history, default /var/lib/sparkops where that "
				       "exists and is writable, else $XDG_STATE_HOME/sparkops"},
	{.name = "log", .type = CLI_STRING, .argument = "FILE", .at = ARG(log_file), .with = ALL, .complete = "file",
	 .help = "sparkops's own log"},
	{.name = "check", .type = CLI_FLAG, .at = AT(check),
	 .help = "read the configuration, say every mistake, ask nothing of the network"},
	{.name = "print-config", .type = CLI_FLAG, .at = AT(print_config),
	 .help = "print a commented configuration made from what is known"},
	{.name = "version", .letter = 'V', .type = CLI_FLAG, .at = AT(version), .help = "print the version"},
	{.name = "help", .letter = 'h', .type = CLI_FLAG, .at = AT(help), .with = ALL,
	 .help = "this; behind a verb: its options"},
	{.name = "generate", .type = CLI_STRING, .argument = "KIND", .at = AT(generate)},

	{.name = "pid", .type = CLI_STRING, .argument = "PID@START", .at = VERB(pid), .with = WITH_KILL,
	 .help = "the id of the JVM as --json says it; START may be left out where kill asks"},
	{.name = "spark-job", .type = CLI_STRING, .argument = "N", .at = VERB(spark_job), .with = WITH_KILL,
	 .help = "of that job: only the Spark job N, through the driver's UI"},
	{.name = "stage", .type = CLI_STRING, .argument = "N", .at = VERB(stage), .with = WITH_KILL,
	 .help = "of that job: only the stage N, through the driver's UI"},
	{.name = "application", .type = CLI_STRING, .argument = "ID", .at = VERB(application), .with = WITH_KILL,
	 .help = "an application of a standalone master, through the master; sparkops --once --json cluster-app "
		 "lists them"},
	{.name = "driver", .type = CLI_STRING, .argument = "ID", .at = VERB(driver), .with = WITH_KILL,
	 .help = "a driver that a standalone master runs (cluster mode), through the master; sparkops --once "
		 "--json cluster-driver lists them"},
	{.name = "if", .type = CLI_STRING, .argument = "VERDICT,...", .at = VERB(only_if),
	 .with = WITH_KILL | WITH_RECOVER,
	 .help = "with --yes: act on these verdicts, too; without: on hung, crashed, stranded, orphan, dead "
		 "and thrashing"},
	{.name = "force-after", .type = CLI_DURATION, .argument = "TIME", .at = VERB(force_after_ms), .min = SECOND,
	 .max = HOUR, .with = WITH_KILL,
	 .help = "send SIGKILL to what lives so long after SIGTERM; without it SIGKILL is never sent unasked"},
	{.name = "hash", .type = CLI_LIST, .argument = "H...", .at = VERB(hashes), .count_at = VERB(nhashes),
	 .with = ENTRIES, .takes_more = true,
	 .help = "dead-letter entries by their hashes or the first 8 digits and more; may be repeated"},
	{.name = "type", .type = CLI_STRING, .argument = "T", .at = VERB(error_type), .with = ENTRIES,
	 .help = "entries of this error type"},
	{.name = "group", .type = CLI_STRING, .argument = "ID", .at = VERB(group), .with = ENTRIES,
	 .help = "entries of this group; sparkops --once --json dlq_group lists them"},
	{.name = "all", .type = CLI_FLAG, .at = VERB(all), .with = WITH_REPLAY,
	 .help = "all pending and failed entries, oldest first, never doubtful ones"},
	{.name = "since", .type = CLI_STRING, .argument = "T", .at = VERB(since), .with = WITH_REPLAY,
	 .help = "only entries from then on: 2h (ago), 2026-11-20 14:03 (here), 2026-11-20T14:03:00Z; takes "
		 "old ones along"},
	{.name = "until", .type = CLI_STRING, .argument = "T", .at = VERB(until), .with = WITH_REPLAY,
	 .help = "only entries before then"},
	{.name = "max-attempts", .type = CLI_COUNT, .argument = "N", .at = VERB(max_attempts), .min = 1, .max = 1000,
	 .with = WITH_REPLAY, .help = "leave out what was tried so often, default 3"},
	{.name = "rate", .type = CLI_STRING, .argument = "N/min", .at = VERB(rate), .with = WITH_REPLAY,
	 .help = "at most so many a second, minute or hour, like 30/min"},
	{.name = "set", .type = CLI_LIST, .argument = "KEY=VALUE...", .at = VERB(sets), .count_at = VERB(nsets),
	 .with = WITH_RESTART | WITH_RECOVER, .takes_more = true,
	 .help = "values that the job's hooks ask for; may be repeated"},
	{.name = "as", .type = CLI_STRING, .argument = "STATE", .at = VERB(as), .with = WITH_MARK,
	 .complete = "done given-up pending", .help = "done, given-up or pending"},
	{.name = "for", .type = CLI_DURATION, .argument = "TIME", .at = VERB(for_ms), .min = SECOND, .max = 52 * (int64_t)WEEK,
	 .with = WITH_HOLD, .help = "how long, like 4h; without it until it is taken off"},
	{.name = "off", .type = CLI_FLAG, .at = VERB(off), .with = WITH_HOLD, .help = "take the hold off"},
	{.name = "reason", .type = CLI_STRING, .argument = "TEXT", .at = VERB(reason),
	 .with = ACTS, .help = "why, for the audit"},
	{.name = "dry-run", .type = CLI_FLAG, .at = VERB(dry_run), .with = ACTS,
	 .help = "show what would be done and leave: 0 it would, 1 it is refused"},
	{.name = "yes", .type = CLI_FLAG, .at = VERB(yes), .with = ACTS, .help = "do not ask"},

	{.name = "prometheus", .type = CLI_LATER},
	{.name = "listen", .type = CLI_LATER},
	{.name = "record", .type = CLI_LATER},
	{.name = "play", .type = CLI_LATER},
};

const struct cli_verb cli_verbs[] = {
	{"kill", WITH_KILL, ACTION_KILL,
	 "--pid PID@START | --job NAME [--spark-job N | --stage N] | --application ID | --driver ID",
	 "end a Spark JVM of this host, or something through Spark, and prove it"},
	{"replay", WITH_REPLAY, ACTION_REPLAY, "--job NAME (--hash H... | --type T | --group ID | --all)",
	 "run failed batches again through the job's hook"},
	{"restart", WITH_RESTART, ACTION_RESTART, "--job NAME [--set KEY=VALUE...]",
	 "start a job again as configured, and prove that it came"},
	{"recover", WITH_RECOVER, ACTION_RECOVER, "--job NAME [--set KEY=VALUE...] [--if VERDICT,...]",
	 "kill, prove every port free, wait, restart, resume"},
	{"mark", WITH_MARK, ACTION_MARK,
	 "--job NAME (--hash H... | --type T | --group ID) --as STATE --reason TEXT",
	 "say what became of failed batches"},
	{"hold", WITH_HOLD, ACTION_HOLD, "--job NAME [--for 4h | --off] --reason TEXT",
	 "refuse every action on a job, or allow them again"},
	{"audit", WITH_AUDIT, -1, "[verify | list]",
	 "what was done, by whom (list), and whether a row was changed since (verify)"},
};
/* clang-format on */

const size_t cli_noptions = ARRAY_LEN(cli_options);
const size_t cli_nverbs = ARRAY_LEN(cli_verbs);

_Static_assert(ARRAY_LEN(cli_options) <= OPTIONS_MAX, "struct options counts which were given");

/* options.h - the command line: one table of options and verbs, from which parsing, --help, the man
 * page and the completions are made.
 *
 * To add an option: one row in options_table.c and a member below or in struct config_args. */
#ifndef SPARKOPS_OPTIONS_H
#define SPARKOPS_OPTIONS_H

#include "../include/action.h"
#include "../include/buf.h"
#include "../include/config.h"
#include "../include/err.h"

enum mode {
	MODE_CONSOLE,
	MODE_ONCE,
	MODE_EVERY,
	MODE_CHECK,
	MODE_PRINT_CONFIG,
	MODE_VERSION,
	MODE_HELP,
	MODE_GENERATE,
	MODE_VERB,
};

enum { OPTIONS_LIST_MAX = 4096, OPTIONS_MAX = 64, VERB_SPARK_MAX = 160 };

/* What a verb was told, as it was written; verb_args.c makes a request of it. */
struct verb_options {
	const struct cli_verb *is;                            /* NULL: none */
	const char *spark_job, *stage, *application, *driver; /* of kill: through Spark */
	const char *pid, *only_if, *error_type, *group, *since, *until, *rate, *as, *reason;
	int64_t force_after_ms, max_attempts, for_ms, limit; /* ABSENT: not given */
	const char *const *hashes, *const *sets;
	size_t nhashes, nsets;
	bool all, off, dry_run, yes;
	bool is_patient;               /* --timeout was given */
	struct action_request request; /* PLAN; texts are those above */
	struct action_value *values;   /* of --set */
	char spark[VERB_SPARK_MAX];    /* of kill: what the request names */
};

struct options {
	struct config_args args;
	enum mode mode;
	bool once, json, text, check, print_config, version, help;
	int64_t every_ms;     /* ABSENT: not given */
	const char *job;      /* --job */
	const char *what;     /* VIEW of --once, what audit does */
	const char *more;     /* a word behind it */
	const char *generate; /* man, bash, zsh, markdown, keys */
	struct verb_options verb;
	bool given[OPTIONS_MAX]; /* by row of the table */
};

enum cli_type {
	CLI_FLAG,     /* bool */
	CLI_STRING,   /* const char * */
	CLI_LIST,     /* const char *const * and a size_t; may be repeated */
	CLI_DURATION, /* int64_t, ms */
	CLI_COUNT,    /* int64_t */
	CLI_LATER,    /* a name that is kept; answers "not built yet" */
};

/* With which verbs an option goes; 0: with none. */
enum cli_with {
	WITH_NONE = 1, /* without a verb, too */
	WITH_KILL = 2,
	WITH_REPLAY = 4,
	WITH_RESTART = 8,
	WITH_RECOVER = 16,
	WITH_MARK = 32,
	WITH_HOLD = 64,
	WITH_AUDIT = 128,
};

struct cli_option {
	const char *name;  /* without its dashes */
	const char *alias; /* another name, or NULL */
	char letter;       /* -h, or 0 */
	enum cli_type type;
	unsigned with;        /* enum cli_with */
	const char *argument; /* FILE, or NULL */
	const char *help;     /* NULL: not in --help */
	size_t at, count_at;  /* in struct options */
	int64_t min, max;
	const char *complete; /* for the completions: file, folder, or words */
	bool takes_more;      /* CLI_LIST, behind a verb: --hash H1 H2, up to the next option */
};

struct cli_verb {
	const char *name;
	enum cli_with with;
	int action; /* enum action_id; -1: none */
	const char *usage, *help;
};

extern const struct cli_option cli_options[];
extern const size_t cli_noptions;
extern const struct cli_verb cli_verbs[];
extern const size_t cli_nverbs;

/* Does it go with that verb (NULL: with none)? */
bool option_goes_with(const struct cli_option *c, const struct cli_verb *verb);

/* 0, or -ERR_USAGE with what is wrong and what would be right. */
MUST_CHECK int options_parse(struct options *o, int argc, char *const *argv, struct err *err);
void options_release(struct options *o);

/* Of the program, or of one verb. */
void options_help(const struct cli_verb *verb, struct buf *out);
/* The key table of the README, from the bindings. */
void generate_keys(struct buf *out);
/* bash or zsh */
void generate_bash(struct buf *out);
void generate_zsh(struct buf *out);
/* man, bash, zsh, markdown or keys; false: there is no such kind. */
MUST_CHECK bool options_generate(const char *kind, struct buf *out);

#endif

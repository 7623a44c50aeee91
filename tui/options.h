/* options.h - the command line: one table of options, from which parsing, --help, the man page and
 * the completions are made.
 *
 * To add an option: one row in options.c and a member below or in struct config_args. */
#ifndef SPARKOPS_OPTIONS_H
#define SPARKOPS_OPTIONS_H

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
};

enum { OPTIONS_LIST_MAX = 4096 };

struct options {
	struct config_args args;
	enum mode mode;
	bool once, json, text, check, print_config, version, help;
	int64_t every_ms;     /* ABSENT: not given */
	const char *job;      /* --job */
	const char *what;     /* VIEW of --once */
	const char *more;     /* a word behind it */
	const char *generate; /* man, bash, zsh, markdown */
	/* private: what args points at */
	const char **lists[3];
};

enum cli_type {
	CLI_FLAG,     /* bool */
	CLI_STRING,   /* const char * */
	CLI_LIST,     /* const char *const * and a size_t; may be repeated */
	CLI_DURATION, /* int64_t, ms */
	CLI_COUNT,    /* int64_t */
	CLI_VERB,     /* means something only beside a verb */
	CLI_LATER,    /* a name that is kept; answers "not built yet" */
};

struct cli_option {
	const char *name;  /* without its dashes */
	const char *alias; /* another name, or NULL */
	char letter;       /* -h, or 0 */
	enum cli_type type;
	const char *argument; /* FILE, or NULL */
	const char *help;     /* NULL: not in --help */
	size_t at, count_at;  /* in struct options */
	int64_t min, max;
	const char *complete; /* for the completions: file, folder, or words */
};

struct cli_verb {
	const char *name, *usage, *help;
};

extern const struct cli_option cli_options[];
extern const size_t cli_noptions;
extern const struct cli_verb cli_verbs[];
extern const size_t cli_nverbs;

/* 0, or -ERR_USAGE with what is wrong and what would be right. */
MUST_CHECK int options_parse(struct options *o, int argc, char *const *argv, struct err *err);
void options_release(struct options *o);

void options_help(struct buf *out);
/* The key table of the README, from the bindings. */
void generate_keys(struct buf *out);
/* man, bash, zsh, markdown or keys; false: there is no such kind. */
MUST_CHECK bool options_generate(const char *kind, struct buf *out);

#endif

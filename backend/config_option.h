/* config_option.h - the option table: the only list of what a configuration may say.
 *
 * To add an option: one row in config_option.c and, if something uses it, a member in
 * include/config.h. The file, its checks and their sentences, the default, and --print-config come
 * without more code. */
#ifndef SPARKOPS_CONFIG_OPTION_H
#define SPARKOPS_CONFIG_OPTION_H

#include "../include/config.h"

enum option_type {
	OPT_BOOL,     /* bool */
	OPT_INT,      /* int64_t */
	OPT_REAL,     /* double */
	OPT_DURATION, /* int64_t, ms */
	OPT_SIZE,     /* int64_t, bytes */
	OPT_RATE,     /* double, per second */
	OPT_TEXT,     /* const struct text *, one line, cleaned */
	OPT_STRING,   /* const char *, sent or used as it is */
	OPT_PATH,     /* const char *; a relative one begins at the file's folder */
	OPT_URL,      /* const char * without a trailing slash */
	OPT_REGEX,    /* checked only */
	OPT_EITHER,   /* bool: the second of two words? */
	OPT_WORD,     /* one of `words`: const char *, the word */
	OPT_ACTIONS,  /* unsigned, ACT_... */
	OPT_ARGV,     /* a list of texts: const char *const *, NULL-terminated */
	OPT_ENV,      /* a mapping of names to texts: const struct config_pair * and a count */
	OPT_MAP,   /* a mapping by `sub`, which stores into the struct at `at`, or the same row */
	OPT_NAMED, /* a mapping of free names to mappings by `sub`: rows whose first member is the
		      name, and a count */
	OPT_ROWS,  /* a list of mappings by `sub`, each a row of its own */
	OPT_LOG,   /* FILE, [FILE, ...], {journal: UNIT} or {command: ARGV}: struct config_log */
	OPT_KEYS,  /* scope -> key -> command line */
	OPT_NEVER, /* what people write by mistake; `help` says what would be right */
};

enum option_flags {
	OPT_REQUIRED = 1,
	OPT_ANY = 2,       /* at least one of those so marked in its table */
	OPT_ONE = 4,       /* exactly one of them */
	OPT_TEMPLATE = 8,  /* placeholders may stand in it */
	OPT_BASE = 16,     /* of a URL: paths are added to it */
	OPT_PREFIX = 32,   /* of a URL: others are compared with its beginning */
	OPT_THEME = 64,    /* names a theme */
	OPT_VIEW = 128,    /* names a view */
	OPT_LITERAL = 256, /* a text to find in lines: long enough, one line */
};

struct option_table;

struct option {
	const char *name;
	enum option_type type;
	unsigned flags;
	size_t at;            /* AT(struct, member); 0: nothing uses it yet */
	size_t count_at;      /* OPT_ROWS, OPT_ENV, OPT_NAMED: the member that counts them */
	int64_t min, max;     /* of numbers, in the unit of their type; both 0: no limits */
	const char *fallback; /* the default as a user would write it; NULL: absent */
	const char *example;  /* for --print-config, one line of YAML */
	const char *help;     /* one line */
	const char *needs;    /* has a meaning only beside this option */
	const char *const *words;
	const struct option_table *sub;
};

struct option_table {
	const char *title; /* "a job" */
	const struct option *options;
	size_t n;
	size_t size; /* of a row, for OPT_ROWS */
};

#define AT(type, member) (offsetof(type, member) + 1)
#define OPTION_MEMBER(row, option) ((void *)((char *)(row) + (option)->at - 1))

extern const struct option_table option_top, option_job, option_cluster, option_auth,
	option_signature;
extern const char *const option_action_words[]; /* by bit of ACT_..., NULL-terminated */

const struct option *option_find(const struct option_table *t, const char *name);

#endif

/* options.c - the table of options, and argv read by it. By hand instead of getopt_long, because an
 * unknown option is answered with the nearest name and nothing may be abbreviated: a script that
 * says --re must not turn from --read-only into something else with the next release. */
#include "options.h"

#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct options, member)
#define ARG(member) offsetof(struct options, args.member)

enum { SECOND = 1000, HOUR = 3600 * SECOND };

/* By hand: clang-format 14 crashes on arrays of structs whose rows differ in length. */
/* clang-format off */
const struct cli_option cli_options[] = {
	{.name = "config", .type = CLI_STRING, .argument = "FILE", .at = ARG(config), .complete = "file",
	 .help = "the configuration, default $XDG_CONFIG_HOME/sparkops/config.yaml; "
		 "/etc/sparkops/config.yaml is always read first"},
	{.name = "health", .type = CLI_LIST, .argument = "URL", .at = ARG(health),
	 .count_at = ARG(nhealth), .help = "a job by the base of its health endpoints; may be repeated"},
	{.name = "ui", .type = CLI_LIST, .argument = "URL", .at = ARG(ui), .count_at = ARG(nui),
	 .help = "a job by its driver's UI; may be repeated"},
	{.name = "dlq", .type = CLI_LIST, .argument = "DIR", .at = ARG(dlq), .count_at = ARG(ndlq),
	 .complete = "folder", .help = "a job by its dead-letter folder; may be repeated"},
	{.name = "no-discover", .type = CLI_FLAG, .at = ARG(no_discover),
	 .help = "only what is configured"},
	{.name = "interval", .type = CLI_DURATION, .argument = "TIME", .at = ARG(interval_ms),
	 .min = 200, .max = HOUR, .help = "how often every target is asked, default 2s"},
	{.name = "once", .type = CLI_FLAG, .at = AT(once),
	 .help = "poll every target once, print, leave with the worst job's exit code"},
	{.name = "json", .type = CLI_FLAG, .at = AT(json),
	 .help = "print one JSON object; with --every one line each until ended"},
	{.name = "text", .type = CLI_FLAG, .at = AT(text),
	 .help = "print a monitoring plug-in's line and the view as columns (the default of --once)"},
	{.name = "every", .type = CLI_DURATION, .argument = "TIME", .at = AT(every_ms), .min = 200,
	 .max = HOUR, .help = "with --json: the same object again and again"},
	{.name = "job", .type = CLI_STRING, .argument = "NAME", .at = AT(job),
	 .help = "with --once: only this job"},
	{.name = "limit", .type = CLI_COUNT, .argument = "N", .at = ARG(limit), .max = 1000000000,
	 .help = "with --once: newest dead-letter entries per job, default 1000; 0 is all"},
	{.name = "timeout", .type = CLI_DURATION, .argument = "TIME", .at = ARG(timeout_ms), .min = 100,
	 .max = HOUR, .help = "with --once: how long to wait for the slowest target, default 3s"},
	{.name = "read-only", .alias = "readonly", .type = CLI_FLAG, .at = ARG(read_only),
	 .help = "no action can happen"},
	{.name = "wall", .type = CLI_FLAG, .at = ARG(wall), .help = "the same, for a wall display"},
	{.name = "view", .type = CLI_STRING, .argument = "NAME", .at = ARG(view), .help = "first view"},
	{.name = "theme", .type = CLI_STRING, .argument = "NAME", .at = ARG(theme),
	 .complete = "default light mono colourblind wall", .help = "colours: default, light, mono, colourblind or wall"},
	{.name = "ascii", .type = CLI_FLAG, .at = ARG(ascii), .help = "draw with ASCII only"},
	{.name = "no-color", .type = CLI_FLAG, .at = ARG(no_color),
	 .help = "no colours; NO_COLOR in the environment does the same"},
	{.name = "state-dir", .type = CLI_STRING, .argument = "DIR", .at = ARG(state_dir),
	 .complete = "folder", .help = "history and the like, default /var/lib/sparkops where that "
				       "exists and is writable, else $XDG_STATE_HOME/sparkops"},
	{.name = "log", .type = CLI_STRING, .argument = "FILE", .at = ARG(log_file), .complete = "file",
	 .help = "sparkops's own log"},
	{.name = "check", .type = CLI_FLAG, .at = AT(check),
	 .help = "read the configuration, say every mistake, ask nothing of the network"},
	{.name = "print-config", .type = CLI_FLAG, .at = AT(print_config),
	 .help = "print a commented configuration made from what is known"},
	{.name = "version", .letter = 'V', .type = CLI_FLAG, .at = AT(version), .help = "print the version"},
	{.name = "help", .letter = 'h', .type = CLI_FLAG, .at = AT(help), .help = "this"},
	{.name = "generate", .type = CLI_STRING, .argument = "KIND", .at = AT(generate)},
	{.name = "dry-run", .type = CLI_VERB},
	{.name = "yes", .type = CLI_VERB},
	{.name = "prometheus", .type = CLI_LATER},
	{.name = "listen", .type = CLI_LATER},
	{.name = "record", .type = CLI_LATER},
	{.name = "play", .type = CLI_LATER},
};

const struct cli_verb cli_verbs[] = {
	{"kill", "--pid PID@START | --job NAME", "end a Spark JVM"},
	{"replay", "--job NAME (--hash H... | --type T | --group ID | --all)", "run failed batches again"},
	{"restart", "--job NAME", "start a job again"},
	{"recover", "--job NAME", "kill, prove, wait, restart, resume"},
	{"mark", "--job NAME (--hash H... | --type T | --group ID) --as STATE --reason TEXT",
	 "say what became of failed batches"},
	{"hold", "--job NAME [--for 4h | --off] --reason TEXT", "refuse every action on a job"},
	{"audit", "[verify | list]", "what was done, by whom"},
};
/* clang-format on */

const size_t cli_noptions = ARRAY_LEN(cli_options);
const size_t cli_nverbs = ARRAY_LEN(cli_verbs);

/* Names that are kept for later and stand in no help. */
static const char *const kept_verbs[] = {"archive", "delete"};

static const char *clean(const char *s)
{
	static char shown[200];

	text_clean_to(shown, sizeof(shown), s, strlen(s));
	return shown;
}

static const struct cli_option *find(const char *name, size_t len)
{
	for (size_t i = 0; i < cli_noptions; i++) {
		const struct cli_option *c = &cli_options[i];
		if ((strlen(c->name) == len && memcmp(c->name, name, len) == 0) ||
		    (c->alias != NULL && strlen(c->alias) == len &&
		     memcmp(c->alias, name, len) == 0))
			return c;
	}
	return NULL;
}

static int unknown_option(const char *word, size_t len, struct err *err)
{
	const char *names[ARRAY_LEN(cli_options)], *near;
	char bare[64] = "";
	size_t n = 0;

	for (size_t i = 0; i < cli_noptions; i++)
		if (cli_options[i].help != NULL)
			names[n++] = cli_options[i].name;
	if (len > 2 && len - 2 < sizeof(bare))
		memcpy(bare, word + 2, len - 2);
	near = config_nearest(bare, names, n);
	if (near != NULL)
		return err_set(err, ERR_USAGE, "unknown option %s; did you mean --%s?", clean(word),
			       near);
	return err_set(err, ERR_USAGE, "unknown option %s; see sparkops --help", clean(word));
}

static int add_to_list(struct options *o, const struct cli_option *c, const char *value,
		       struct err *err)
{
	size_t which = c->at == ARG(health) ? 0 : c->at == ARG(ui) ? 1 : 2;
	size_t *count = (size_t *)(void *)((char *)o + c->count_at);
	const char *const *list;

	if (o->lists[which] == NULL)
		o->lists[which] = xcalloc(OPTIONS_LIST_MAX, sizeof(char *));
	if (*count == OPTIONS_LIST_MAX)
		return err_set(err, ERR_USAGE, "--%s more than %d times; write a configuration",
			       c->name, OPTIONS_LIST_MAX);
	o->lists[which][(*count)++] = value;
	list = o->lists[which];
	memcpy((char *)o + c->at, &list, sizeof(list));
	return 0;
}

static int read_number(const struct cli_option *c, const char *value, int64_t *out, struct err *err)
{
	bool is_right = true;

	if (c->type == CLI_DURATION) {
		is_right = config_duration(value, strlen(value), out);
	} else {
		*out = 0;
		for (const char *p = value; *p != '\0' && is_right; p++) {
			is_right = *p >= '0' && *p <= '9' && *out <= c->max;
			*out = *out * 10 + (*p - '0');
		}
		is_right = is_right && *value != '\0';
	}
	if (!is_right)
		return err_set(err, ERR_USAGE, "--%s: \"%s\" is wrong; it would be %s", c->name,
			       clean(value),
			       c->type == CLI_DURATION ? "a duration like 250ms, 2s or 10m"
						       : "a whole number");
	if (*out >= c->min && *out <= c->max)
		return 0;
	if (c->type == CLI_DURATION)
		return err_set(err, ERR_USAGE,
			       "--%s: \"%s\" is out of limits; it would be %gs to 1h", c->name,
			       clean(value), (double)c->min / SECOND);
	return err_set(err, ERR_USAGE, "--%s: \"%s\" is out of limits; it would be at most %lld",
		       c->name, clean(value), (long long)c->max);
}

static int store(struct options *o, const struct cli_option *c, const char *value, struct err *err)
{
	void *at = (char *)o + c->at;

	switch (c->type) {
	case CLI_FLAG:
		*(bool *)at = true;
		return 0;
	case CLI_STRING:
		if (*value == '\0')
			return err_set(err, ERR_USAGE, "--%s is empty; it would be %s", c->name,
				       c->argument);
		*(const char **)at = value;
		return 0;
	case CLI_LIST:
		return add_to_list(o, c, value, err);
	case CLI_DURATION:
	case CLI_COUNT:
		return read_number(c, value, at, err);
	case CLI_VERB:
		return err_set(err, ERR_USAGE,
			       "--%s belongs to a verb: kill, replay, restart, recover", c->name);
	default:
		return err_set(err, ERR_USAGE, "--%s: not built yet", c->name);
	}
}

/* One word beginning with a dash; *i moves to the value it took. */
static int read_option(struct options *o, int argc, char *const *argv, int *i, struct err *err)
{
	const char *word = argv[*i], *equals = strchr(word, '=');
	size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);
	const struct cli_option *c = NULL;
	const char *value = equals == NULL ? NULL : equals + 1;

	if (len > 2 && word[1] == '-')
		c = find(word + 2, len - 2);
	else if (len == 2)
		for (size_t k = 0; k < cli_noptions && c == NULL; k++)
			c = cli_options[k].letter == word[1] ? &cli_options[k] : NULL;
	if (c == NULL)
		return unknown_option(word, len, err);
	if (c->argument == NULL && value != NULL)
		return err_set(err, ERR_USAGE, "--%s takes no value", c->name);
	if (c->argument != NULL && value == NULL) {
		if (*i + 1 >= argc)
			return err_set(err, ERR_USAGE, "--%s needs a value: --%s %s", c->name,
				       c->name, c->argument);
		value = argv[++*i];
	}
	return store(o, c, value, err);
}

static int read_word(struct options *o, const char *word, struct err *err)
{
	for (size_t i = 0; i < cli_nverbs; i++)
		if (strcmp(cli_verbs[i].name, word) == 0)
			return err_set(err, ERR_USAGE, "%s: not built yet", word);
	for (size_t i = 0; i < ARRAY_LEN(kept_verbs); i++)
		if (strcmp(kept_verbs[i], word) == 0)
			return err_set(err, ERR_USAGE, "%s: not built yet", word);
	if (o->what == NULL)
		o->what = word;
	else if (o->more == NULL)
		o->more = word;
	return 0;
}

/* The options that each choose another front end; the first two that were given. */
static int check_modes(const struct options *o, struct err *err)
{
	const struct {
		bool is_given;
		const char *name;
	} modes[] = {{o->check, "check"},
		     {o->print_config, "print-config"},
		     {o->once, "once"},
		     {o->json && !o->once, "json"},
		     {o->text && !o->once, "text"},
		     {!is_absent(o->every_ms) && !o->json, "every"}};
	const char *first = NULL;

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		if (!modes[i].is_given)
			continue;
		if (first != NULL)
			return err_set(err, ERR_USAGE, "--%s and --%s at once; choose one", first,
				       modes[i].name);
		first = i < 2 ? modes[i].name : first;
	}
	return 0;
}

static int check_words(const struct options *o, struct err *err)
{
	if (o->what == NULL)
		return 0;
	if (o->mode == MODE_CHECK || o->mode == MODE_PRINT_CONFIG || o->mode == MODE_GENERATE)
		return err_set(err, ERR_USAGE,
			       "unknown word \"%s\"; --%s takes none, a file is named by --config",
			       clean(o->what),
			       o->mode == MODE_CHECK          ? "check"
			       : o->mode == MODE_PRINT_CONFIG ? "print-config"
							      : "generate");
	if (o->mode == MODE_CONSOLE)
		return err_set(err, ERR_USAGE,
			       "unknown word \"%s\"; a VIEW belongs to --once, see "
			       "sparkops --help",
			       clean(o->what));
	if (o->more != NULL)
		return err_set(err, ERR_USAGE, "\"%s\" is one word too many; there is one VIEW",
			       clean(o->more));
	return 0;
}

static int decide(struct options *o, struct err *err)
{
	bool is_every = !is_absent(o->every_ms);
	int rc;

	o->mode = o->help                         ? MODE_HELP
		  : o->version                    ? MODE_VERSION
		  : o->generate != NULL           ? MODE_GENERATE
		  : o->check                      ? MODE_CHECK
		  : o->print_config               ? MODE_PRINT_CONFIG
		  : is_every                      ? MODE_EVERY
		  : o->once || o->json || o->text ? MODE_ONCE
						  : MODE_CONSOLE;
	if (o->mode == MODE_HELP || o->mode == MODE_VERSION)
		return 0;
	rc = check_modes(o, err);
	if (rc == 0)
		rc = check_words(o, err);
	if (rc != 0)
		return rc;
	if (o->json && o->text)
		return err_set(err, ERR_USAGE, "--json and --text at once; choose one");
	if (is_every && !o->json)
		return err_set(err, ERR_USAGE,
			       "--every belongs to --json: sparkops --json --every 2s");
	if (is_every && o->once)
		return err_set(err, ERR_USAGE, "--once and --every at once; choose one");
	if (o->mode != MODE_ONCE && o->mode != MODE_EVERY && o->job != NULL)
		return err_set(err, ERR_USAGE, "--job belongs to --once");
	o->args.once = o->mode == MODE_ONCE;
	o->args.look = o->mode == MODE_PRINT_CONFIG;
	if (o->what == NULL && (o->mode == MODE_ONCE || o->mode == MODE_EVERY))
		o->what = o->args.view;
	return 0;
}

int options_parse(struct options *o, int argc, char *const *argv, struct err *err)
{
	bool is_over = false;
	int rc = 0;

	*o = (struct options){.every_ms = ABSENT};
	o->args.interval_ms = o->args.timeout_ms = o->args.limit = ABSENT;
	for (int i = 1; i < argc && rc == 0; i++) {
		if (!is_over && strcmp(argv[i], "--") == 0)
			is_over = true;
		else if (!is_over && argv[i][0] == '-' && argv[i][1] != '\0')
			rc = read_option(o, argc, argv, &i, err);
		else
			rc = read_word(o, argv[i], err);
	}
	return rc != 0 ? rc : decide(o, err);
}

void options_release(struct options *o)
{
	for (size_t i = 0; i < ARRAY_LEN(o->lists); i++)
		free(o->lists[i]);
}

/* options.c - argv, read by the table of options. By hand instead of getopt_long, because an
 * unknown option is answered with the nearest name and nothing may be abbreviated: a script that
 * says --re must not turn from --read-only into something else with the next release. */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../include/clock.h"
#include "verb_args.h"

enum { SECOND = 1000, HOUR = 3600 * SECOND, LOOK_MS = 10 * SECOND };

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
	const char *names[OPTIONS_MAX], *near;
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
	size_t *count = (size_t *)(void *)((char *)o + c->count_at);
	const char **list;

	memcpy(&list, (char *)o + c->at, sizeof(list));
	if (list == NULL)
		list = xcalloc(OPTIONS_LIST_MAX, sizeof(char *));
	memcpy((char *)o + c->at, &list, sizeof(list));
	if (*count == OPTIONS_LIST_MAX)
		return err_set(err, ERR_USAGE, "--%s more than %d times; write a configuration",
			       c->name, OPTIONS_LIST_MAX);
	list[(*count)++] = value;
	return 0;
}

static const char *hours(int64_t ms)
{
	return ms > HOUR ? "52 weeks" : "1h";
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
			       "--%s: \"%s\" is out of limits; it would be %gs to %s", c->name,
			       clean(value), (double)c->min / SECOND, hours(c->max));
	if (c->min > 0)
		return err_set(err, ERR_USAGE,
			       "--%s: \"%s\" is out of limits; it would be %lld to %lld", c->name,
			       clean(value), (long long)c->min, (long long)c->max);
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
	default:
		return err_set(err, ERR_USAGE, "--%s: not built yet", c->name);
	}
}

/* One word beginning with a dash; *i moves to the last value it took. */
static int read_option(struct options *o, int argc, char *const *argv, int *i, struct err *err)
{
	const char *word = argv[*i], *equals = strchr(word, '=');
	size_t len = equals == NULL ? strlen(word) : (size_t)(equals - word);
	const struct cli_option *c = NULL;
	const char *value = equals == NULL ? NULL : equals + 1;
	int rc;

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
	o->given[c - cli_options] = true;
	rc = store(o, c, value, err);
	while (rc == 0 && c->takes_more && o->verb.is != NULL && *i + 1 < argc &&
	       argv[*i + 1][0] != '-')
		rc = store(o, c, argv[++*i], err);
	return rc;
}

static int read_word(struct options *o, const char *word, struct err *err)
{
	for (size_t i = 0; i < cli_nverbs && o->verb.is == NULL && o->what == NULL; i++)
		if (strcmp(cli_verbs[i].name, word) == 0) {
			o->verb.is = &cli_verbs[i];
			return 0;
		}
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

bool option_goes_with(const struct cli_option *c, const struct cli_verb *verb)
{
	return verb != NULL ? (c->with & verb->with) != 0 : c->with == 0 || c->with & WITH_NONE;
}

static int belongs_to(const struct cli_option *c, struct err *err)
{
	const struct cli_verb *of[OPTIONS_MAX];
	char list[200];
	size_t n = 0, len = 0;

	for (size_t i = 0; i < cli_nverbs; i++)
		if (option_goes_with(c, &cli_verbs[i]))
			of[n++] = &cli_verbs[i];
	for (size_t i = 0; i < n && len < sizeof(list); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
					i == 0       ? ""
					: i + 1 == n ? " and "
						     : ", ",
					of[i]->name);
	return err_set(err, ERR_USAGE, "--%s belongs to %s: sparkops %s ... --%s", c->name, list,
		       of[0]->name, c->name);
}

/* Does all that was given go together with the verb, or with none? */
static int check_given(const struct options *o, struct err *err)
{
	for (size_t i = 0; i < cli_noptions; i++) {
		if (!o->given[i] || option_goes_with(&cli_options[i], o->verb.is))
			continue;
		if (o->verb.is != NULL)
			return err_set(err, ERR_USAGE,
				       "--%s does not go with %s; see sparkops %s --help",
				       cli_options[i].name, o->verb.is->name, o->verb.is->name);
		return belongs_to(&cli_options[i], err);
	}
	return 0;
}

static int decide_verb(struct options *o, struct err *err)
{
	int rc = check_given(o, err);

	o->mode = o->help ? MODE_HELP : MODE_VERB;
	if (rc != 0 || o->help)
		return rc;
	o->verb.is_patient = !is_absent(o->args.timeout_ms);
	if (!o->verb.is_patient)
		o->args.timeout_ms = LOOK_MS;
	o->verb.limit = o->args.limit;
	o->args.limit = ABSENT;
	o->args.verb = true;
	o->args.only = o->job;
	return verb_args(o, clock_wall(&clock_real), err);
}

static int decide(struct options *o, struct err *err)
{
	bool is_every = !is_absent(o->every_ms);
	int rc;

	if (o->verb.is != NULL)
		return decide_verb(o, err);
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
	rc = check_given(o, err);
	if (rc == 0)
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
	if (o->mode == MODE_CONSOLE && o->args.wall && o->args.view != NULL)
		return err_set(
			err, ERR_USAGE,
			"--wall shows the wall and nothing else; --read-only --view %s would "
			"be a console that cannot act",
			clean(o->args.view));
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
	o->verb.force_after_ms = o->verb.max_attempts = o->verb.for_ms = o->verb.limit = ABSENT;
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
	for (size_t i = 0; i < cli_noptions; i++) {
		char **list;

		if (cli_options[i].type != CLI_LIST)
			continue;
		memcpy(&list, (char *)o + cli_options[i].at, sizeof(list));
		free(list);
	}
	verb_args_release(o);
}

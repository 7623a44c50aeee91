/* generate.c - everything that lists the options, made from the one table: --help, the man page,
 * the completions of bash and zsh, and the table of the README. */
#include <stdio.h>
#include <string.h>

#include "manual.h"
#include "options.h"

enum { HELP_COLUMN = 24, HELP_WIDTH = 78 };

static bool is_shown(const struct cli_option *c)
{
	return c->help != NULL;
}

/* `--read-only, --readonly` or `--config FILE`. */
static void spelling(const struct cli_option *c, char *out, size_t size)
{
	char letter[8] = "";

	if (c->letter != 0)
		snprintf(letter, sizeof(letter), "-%c, ", c->letter);
	snprintf(out, size, "%s--%s%s%s%s%s", letter, c->name, c->alias == NULL ? "" : ", --",
		 c->alias == NULL ? "" : c->alias, c->argument == NULL ? "" : " ",
		 c->argument == NULL ? "" : c->argument);
}

static void wrapped(const char *text, size_t column, struct buf *out)
{
	size_t at = column;

	while (*text != '\0') {
		size_t word = strcspn(text, " ");
		if (at > column && at + word + 1 > HELP_WIDTH) {
			buf_printf(out, "\n%*s", (int)column, "");
			at = column;
		}
		if (at > column)
			buf_putc(out, ' ');
		at += word + (at > column);
		buf_putn(out, text, word);
		text += word;
		text += strspn(text, " ");
	}
	buf_putc(out, '\n');
}

static void help_option(const struct cli_option *c, struct buf *out)
{
	char words[80];

	spelling(c, words, sizeof(words));
	if (strlen(words) + 4 > HELP_COLUMN)
		buf_printf(out, "  %s\n%*s", words, HELP_COLUMN, "");
	else
		buf_printf(out, "  %-*s", HELP_COLUMN - 2, words);
	wrapped(c->help, HELP_COLUMN, out);
}

/* Of a verb: its own, or those that go without one as well. */
static void help_options(const struct cli_verb *verb, bool is_own, struct buf *out)
{
	for (size_t i = 0; i < cli_noptions; i++) {
		const struct cli_option *c = &cli_options[i];
		if (is_shown(c) && option_goes_with(c, verb) && option_goes_with(c, NULL) != is_own)
			help_option(c, out);
	}
}

static void help_verb(const struct cli_verb *verb, struct buf *out)
{
	buf_printf(out, "sparkops %s ", verb->name);
	wrapped(verb->usage, strlen("sparkops ") + strlen(verb->name) + 1, out);
	wrapped(verb->help, 0, out);
	buf_putc(out, '\n');
	help_options(verb, true, out);
	help_options(verb, false, out);
	if (verb->action < 0)
		buf_puts(out, "\nExit: 0 whole, 1 it cannot be read, 2 a row was changed or is "
			      "missing.\n64 usage, 78 configuration.\n");
	else
		buf_puts(out, "\nExit: 0 done and proved, or nothing to do; 1 refused; 2 tried and "
			      "failed;\n3 in doubt. 64 usage, 70 a bug, 78 configuration.\n");
}

void options_help(const struct cli_verb *verb, struct buf *out)
{
	if (verb != NULL) {
		help_verb(verb, out);
		return;
	}
	buf_puts(out, "sparkops " SPARKOPS_VERSION " - a console for running Apache Spark jobs\n\n"
		      "  sparkops [options]                            the console\n"
		      "  sparkops --once [--json | --text] [--job NAME] [VIEW]\n"
		      "  sparkops --json --every 2s\n"
		      "  sparkops VERB [options]                       see sparkops VERB --help\n"
		      "  sparkops --check | --print-config | --version | --help\n\n");
	help_options(NULL, false, out);
	buf_puts(out, "\nVerbs:\n");
	for (size_t i = 0; i < cli_nverbs; i++) {
		buf_printf(out, "  %-*s", HELP_COLUMN - 2, cli_verbs[i].name);
		wrapped(cli_verbs[i].help, HELP_COLUMN, out);
	}
	buf_puts(out,
		 "\nExit of --once: 0 healthy, 1 degraded or stale, 2 crashed, hung, unhealthy "
		 "or\n"
		 "refused, 3 unknown or nothing found. Of verbs: 0 done, 1 refused, 2 failed,\n"
		 "3 in doubt. 64 usage, 70 a bug, 78 configuration.\n"
		 "Keys are shown by ? in the console; everything else stands in sparkops(1).\n");
}

/* --- man --- */

static void roff(const char *s, struct buf *out)
{
	if (*s == '.' || *s == '\'')
		buf_puts(out, "\\&");
	for (; *s != '\0'; s++) {
		if (*s == '\\')
			buf_puts(out, "\\e");
		else if (*s == '-')
			buf_puts(out, "\\-");
		else
			buf_putc(out, *s);
	}
}

/* Every key of the file, as --print-config shows it when nothing is known. */
static void man_keys(struct buf *out)
{
	const struct config *c = NULL;
	struct buf text, mistakes;
	char *line, *save = NULL;

	buf_init(&text, 1 << 20);
	buf_init(&mistakes, 1 << 16);
	if (config_parse("defaults", "", 0, &c, &mistakes) != 0)
		BUG("an empty configuration is wrong");
	config_print(c, &text);
	config_unref(c);
	buf_puts(out, ".SH \"CONFIGURATION KEYS\"\n.nf\n");
	for (line = strtok_r(text.data, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		roff(line, out);
		buf_putc(out, '\n');
	}
	buf_puts(out, ".fi\n");
	buf_release(&text);
	buf_release(&mistakes);
}

static void man_option(const struct cli_option *c, struct buf *out)
{
	buf_puts(out, ".TP\n.B ");
	if (c->letter != 0)
		buf_printf(out, "\\-%c, ", c->letter);
	buf_puts(out, "\\-\\-");
	roff(c->name, out);
	if (c->alias != NULL) {
		buf_puts(out, ", \\-\\-");
		roff(c->alias, out);
	}
	if (c->argument != NULL)
		buf_printf(out, " \\fI%s\\fR", c->argument);
	buf_putc(out, '\n');
	roff(c->help, out);
	buf_putc(out, '\n');
}

/* Those that go without a verb, then those that only verbs take. */
static void man_options(bool is_of_verbs, struct buf *out)
{
	for (size_t i = 0; i < cli_noptions; i++)
		if (is_shown(&cli_options[i]) &&
		    option_goes_with(&cli_options[i], NULL) != is_of_verbs)
			man_option(&cli_options[i], out);
}

static void man_verbs(struct buf *out)
{
	for (size_t i = 0; i < cli_nverbs; i++) {
		buf_printf(out, ".TP\n.B %s\n", cli_verbs[i].name);
		roff(cli_verbs[i].usage, out);
		buf_puts(out, "\n.br\n");
		roff(cli_verbs[i].help, out);
		buf_puts(out, cli_verbs[i].action < 0 ? "" : "\n.br\nOptions:");
		for (size_t k = 0; k < cli_noptions; k++) {
			const struct cli_option *c = &cli_options[k];
			if (!is_shown(c) || option_goes_with(c, NULL) ||
			    !option_goes_with(c, &cli_verbs[i]))
				continue;
			buf_puts(out, " \\-\\-");
			roff(c->name, out);
		}
		buf_putc(out, '\n');
	}
}

/* A file to copy: between the marks, unescaped, it is what the constant holds. */
static void man_file(const char *name, const char *text, struct buf *out)
{
	buf_printf(out, ".PP\n.nf\n.\\\" begin %s\n", name);
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		char line[200];

		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		roff(line, out);
		buf_putc(out, '\n');
		text += len + (text[len] == '\n');
	}
	buf_printf(out, ".\\\" end %s\n.fi\n", name);
}

static void man(struct buf *out)
{
	buf_puts(out, ".TH SPARKOPS 1 \"\" \"sparkops " SPARKOPS_VERSION "\" \"User Commands\"\n");
	buf_puts(out, manual_head);
	buf_puts(out, ".SH OPTIONS\n");
	man_options(false, out);
	buf_puts(out, ".SH VERBS\n");
	buf_puts(out, manual_verbs);
	man_verbs(out);
	buf_puts(out, ".SS \"Options of verbs\"\n");
	man_options(true, out);
	buf_puts(out, manual_hooks);
	man_file("hook-command", manual_hook_command, out);
	buf_puts(out, manual_hook_between);
	man_file("hook-http", manual_hook_http, out);
	buf_puts(out, manual_restart);
	buf_puts(out, manual_read_only);
	buf_puts(out, manual_themes);
	buf_puts(out, manual_tail);
	man_keys(out);
}

static void markdown(struct buf *out)
{
	char words[80];

	buf_puts(out, "| option | meaning |\n|---|---|\n");
	for (size_t i = 0; i < cli_noptions; i++) {
		if (!is_shown(&cli_options[i]))
			continue;
		spelling(&cli_options[i], words, sizeof(words));
		buf_printf(out, "| `%s` | %s |\n", words, cli_options[i].help);
	}
}

bool options_generate(const char *kind, struct buf *out)
{
	static const struct {
		const char *kind;
		void (*make)(struct buf *out);
	} kinds[] = {{"man", man},
		     {"bash", generate_bash},
		     {"zsh", generate_zsh},
		     {"markdown", markdown},
		     {"keys", generate_keys}};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].kind, kind) == 0) {
			kinds[i].make(out);
			return true;
		}
	return false;
}

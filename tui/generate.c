/* generate.c - everything that lists the options, made from the one table: --help, the man page,
 * the completions of bash and zsh, and the table of the README. */
#include <stdio.h>
#include <string.h>

#include "../include/out.h"
#include "manual.h"
#include "options.h"
#include "view.h"

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

void options_help(struct buf *out)
{
	char words[80];

	buf_puts(out, "sparkops " SPARKOPS_VERSION " - a console for running Apache Spark jobs\n\n"
		      "  sparkops [options]                            the console\n"
		      "  sparkops --once [--json | --text] [--job NAME] [VIEW]\n"
		      "  sparkops --json --every 2s\n"
		      "  sparkops --check | --print-config | --version | --help\n\n");
	for (size_t i = 0; i < cli_noptions; i++) {
		const struct cli_option *c = &cli_options[i];
		if (!is_shown(c))
			continue;
		spelling(c, words, sizeof(words));
		if (strlen(words) + 4 > HELP_COLUMN)
			buf_printf(out, "  %s\n%*s", words, HELP_COLUMN, "");
		else
			buf_printf(out, "  %-*s", HELP_COLUMN - 2, words);
		wrapped(c->help, HELP_COLUMN, out);
	}
	buf_puts(out, "\nVerbs, not built yet: ");
	for (size_t i = 0; i < cli_nverbs; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : ", ", cli_verbs[i].name);
	buf_puts(out,
		 "\n\nExit of --once: 0 healthy, 1 degraded or stale, 2 crashed, hung, unhealthy "
		 "or\n"
		 "refused, 3 unknown or nothing found. 64 usage, 70 a bug, 78 configuration.\n"
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

static void man(struct buf *out)
{
	buf_puts(out, ".TH SPARKOPS 1 \"\" \"sparkops " SPARKOPS_VERSION "\" \"User Commands\"\n");
	buf_puts(out, manual_head);
	buf_puts(out, ".SH OPTIONS\n");
	for (size_t i = 0; i < cli_noptions; i++) {
		const struct cli_option *c = &cli_options[i];
		if (!is_shown(c))
			continue;
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
	buf_puts(out,
		 ".SH VERBS\nTheir names are kept; each answers \"not built yet\" and exit 64.\n");
	for (size_t i = 0; i < cli_nverbs; i++) {
		buf_printf(out, ".TP\n.B %s ", cli_verbs[i].name);
		roff(cli_verbs[i].usage, out);
		buf_putc(out, '\n');
		roff(cli_verbs[i].help, out);
		buf_putc(out, '\n');
	}
	buf_puts(out, manual_tail);
	man_keys(out);
}

/* --- completions --- */

/* Separated by blanks; the list lives as long as the program. */
static const char *console_views(void)
{
	static char names[1024];
	size_t len = 0;

	for (size_t i = 0; views[i] != NULL && len < sizeof(names); i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", i == 0 ? "" : " ",
					views[i]->name);
	return names;
}

static void once_views(struct buf *out)
{
	out_view_names(out);
	for (char *p = out->data; (p = strchr(p, ',')) != NULL;)
		memmove(p, p + 1, strlen(p));
}

static void bash_words(struct buf *out)
{
	for (size_t i = 0; i < cli_noptions; i++)
		if (is_shown(&cli_options[i]))
			buf_printf(out, "%s--%s", i == 0 ? "" : " ", cli_options[i].name);
}

static void bash(struct buf *out)
{
	struct buf names;

	buf_init(&names, 1 << 16);
	once_views(&names);
	buf_puts(out, "# bash completion of sparkops, generated from its option table\n"
		      "_sparkops() {\n"
		      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		      "\tCOMPREPLY=()\n"
		      "\tcase $prev in\n");
	for (size_t i = 0; i < cli_noptions; i++) {
		const struct cli_option *c = &cli_options[i];
		const char *how = c->complete;
		if (!is_shown(c) || c->argument == NULL)
			continue;
		buf_printf(out, "\t--%s)\n", c->name);
		if (how == NULL && strcmp(c->name, "view") != 0)
			buf_puts(out, "\t\treturn ;;\n");
		else if (how != NULL && strcmp(how, "file") == 0)
			buf_puts(out, "\t\tCOMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n");
		else if (how != NULL && strcmp(how, "folder") == 0)
			buf_puts(out, "\t\tCOMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n");
		else
			buf_printf(out,
				   "\t\tCOMPREPLY=($(compgen -W \"%s\" -- \"$cur\")); return ;;\n",
				   how == NULL ? console_views() : how);
	}
	buf_puts(out, "\tesac\n"
		      "\tif [[ $cur == -* ]]; then\n"
		      "\t\tCOMPREPLY=($(compgen -W \"");
	bash_words(out);
	buf_printf(out,
		   "\" -- \"$cur\"))\n"
		   "\telse\n"
		   "\t\tCOMPREPLY=($(compgen -W \"%s\" -- \"$cur\"))\n"
		   "\tfi\n"
		   "}\n"
		   "complete -F _sparkops sparkops\n",
		   names.data);
	buf_release(&names);
}

/* Inside '...[...]': a quote ends the word, brackets and colons mean something to _arguments. */
static void zsh_text(const char *s, struct buf *out)
{
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			buf_puts(out, "'\\'");
		else if (*s == '[' || *s == ']' || *s == ':')
			buf_putc(out, '\\');
		buf_putc(out, *s);
	}
}

static void zsh_option(const struct cli_option *c, const char *name, struct buf *out)
{
	const char *how = c->complete;

	buf_printf(out, "\t'%s--%s%s[", c->type == CLI_LIST ? "*" : "", name,
		   c->argument == NULL ? "" : "=");
	zsh_text(c->help, out);
	buf_puts(out, "]");
	if (c->argument != NULL) {
		buf_printf(out, ":%s:", c->argument);
		if (how != NULL && strcmp(how, "file") == 0)
			buf_puts(out, "_files");
		else if (how != NULL && strcmp(how, "folder") == 0)
			buf_puts(out, "_files -/");
		else if (how != NULL || strcmp(c->name, "view") == 0)
			buf_printf(out, "(%s)", how == NULL ? console_views() : how);
	}
	buf_puts(out, "' \\\n");
}

static void zsh(struct buf *out)
{
	struct buf names;

	buf_init(&names, 1 << 16);
	once_views(&names);
	buf_puts(out, "#compdef sparkops\n"
		      "# zsh completion of sparkops, generated from its option table\n"
		      "_arguments \\\n");
	for (size_t i = 0; i < cli_noptions; i++) {
		if (!is_shown(&cli_options[i]))
			continue;
		zsh_option(&cli_options[i], cli_options[i].name, out);
		if (cli_options[i].alias != NULL)
			zsh_option(&cli_options[i], cli_options[i].alias, out);
	}
	buf_printf(out, "\t'::view:(%s)'\n", names.data);
	buf_release(&names);
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
		     {"bash", bash},
		     {"zsh", zsh},
		     {"markdown", markdown},
		     {"keys", generate_keys}};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].kind, kind) == 0) {
			kinds[i].make(out);
			return true;
		}
	return false;
}

/* generate_shell.c - the completions of bash and zsh, from the table of options and verbs: before a
 * verb what goes without one, behind it what goes with it. */
#include <stdio.h>
#include <string.h>

#include "../include/out.h"
#include "options.h"
#include "view.h"

enum { NAMES_CAP = 1 << 16 };

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

static bool goes(const struct cli_option *c, const struct cli_verb *verb)
{
	return c->help != NULL && option_goes_with(c, verb);
}

/* --- bash --- */

static void bash_value(const struct cli_option *c, struct buf *out)
{
	const char *how = c->complete;

	buf_printf(out, "\t--%s)\n", c->name);
	if (how == NULL && strcmp(c->name, "view") != 0)
		buf_puts(out, "\t\treturn ;;\n");
	else if (how != NULL && strcmp(how, "file") == 0)
		buf_puts(out, "\t\tCOMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n");
	else if (how != NULL && strcmp(how, "folder") == 0)
		buf_puts(out, "\t\tCOMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n");
	else
		buf_printf(out, "\t\tCOMPREPLY=($(compgen -W \"%s\" -- \"$cur\")); return ;;\n",
			   how == NULL ? console_views() : how);
}

static void bash_options(const struct cli_verb *verb, struct buf *out)
{
	bool is_first = true;

	for (size_t i = 0; i < cli_noptions; i++) {
		if (!goes(&cli_options[i], verb))
			continue;
		buf_printf(out, "%s--%s", is_first ? "" : " ", cli_options[i].name);
		is_first = false;
	}
}

static void bash_verbs(const char *indent, struct buf *out)
{
	for (size_t i = 0; i < cli_nverbs; i++) {
		buf_printf(out, "%s%s) options=\"", indent, cli_verbs[i].name);
		bash_options(&cli_verbs[i], out);
		buf_printf(out, "\" words=\"%s\" ;;\n",
			   cli_verbs[i].with == WITH_AUDIT ? "list verify" : "");
	}
}

void generate_bash(struct buf *out)
{
	struct buf names;

	buf_init(&names, NAMES_CAP);
	once_views(&names);
	buf_puts(out, "# bash completion of sparkops, generated from its option table\n"
		      "_sparkops() {\n"
		      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		      "\tlocal word options words\n"
		      "\tCOMPREPLY=()\n"
		      "\tcase $prev in\n");
	for (size_t i = 0; i < cli_noptions; i++)
		if (cli_options[i].help != NULL && cli_options[i].argument != NULL)
			bash_value(&cli_options[i], out);
	buf_puts(out, "\tesac\n\toptions=\"");
	bash_options(NULL, out);
	buf_printf(out, "\" words=\"%s", names.data);
	for (size_t i = 0; i < cli_nverbs; i++)
		buf_printf(out, " %s", cli_verbs[i].name);
	buf_puts(out, "\"\n"
		      "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
		      "\t\tcase $word in\n");
	bash_verbs("\t\t", out);
	buf_puts(out, "\t\t*) continue ;;\n"
		      "\t\tesac\n"
		      "\t\tbreak\n"
		      "\tdone\n"
		      "\t[[ $cur == -* ]] && words=$options\n"
		      "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
		      "}\n"
		      "complete -F _sparkops sparkops\n");
	buf_release(&names);
}

/* --- zsh --- */

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

	buf_printf(out, "\t\t'%s--%s%s[", c->type == CLI_LIST ? "*" : "", name,
		   c->argument == NULL ? "" : "=");
	zsh_text(c->help, out);
	buf_puts(out, "]");
	if (c->argument != NULL) {
		buf_putc(out, ':');
		zsh_text(c->argument, out);
		buf_putc(out, ':');
		if (how != NULL && strcmp(how, "file") == 0)
			buf_puts(out, "_files");
		else if (how != NULL && strcmp(how, "folder") == 0)
			buf_puts(out, "_files -/");
		else if (how != NULL || strcmp(c->name, "view") == 0)
			buf_printf(out, "(%s)", how == NULL ? console_views() : how);
	}
	buf_puts(out, "' \\\n");
}

static void zsh_arguments(const struct cli_verb *verb, const char *words, struct buf *out)
{
	buf_puts(out, "\t_arguments \\\n");
	for (size_t i = 0; i < cli_noptions; i++) {
		if (!goes(&cli_options[i], verb))
			continue;
		zsh_option(&cli_options[i], cli_options[i].name, out);
		if (cli_options[i].alias != NULL)
			zsh_option(&cli_options[i], cli_options[i].alias, out);
	}
	buf_printf(out, "\t\t%s\n", words);
}

void generate_zsh(struct buf *out)
{
	struct buf words;

	buf_init(&words, NAMES_CAP);
	buf_puts(&words, "'::view or verb:(");
	once_views(&words);
	buf_puts(out, "#compdef sparkops\n"
		      "# zsh completion of sparkops, generated from its option table\n"
		      "local verb=${words[(r)(");
	for (size_t i = 0; i < cli_nverbs; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : "|", cli_verbs[i].name);
	buf_puts(out, ")]}\ncase $verb in\n");
	for (size_t i = 0; i < cli_nverbs; i++) {
		buf_printf(out, "%s)\n", cli_verbs[i].name);
		zsh_arguments(&cli_verbs[i],
			      cli_verbs[i].with == WITH_AUDIT
				      ? "':verb:(audit)' ':what:(list verify)'"
				      : "':verb:'",
			      out);
		buf_puts(out, "\t;;\n");
	}
	buf_puts(out, "*)\n");
	for (size_t i = 0; i < cli_nverbs; i++)
		buf_printf(&words, " %s", cli_verbs[i].name);
	buf_puts(&words, ")'");
	zsh_arguments(NULL, words.data, out);
	buf_puts(out, "\t;;\nesac\n");
	buf_release(&words);
}

/* commandrun.c - from a command line to a call, and what Tab offers. */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../include/config.h"
#include "names.h"
#include "ui.h"

const struct command *command_find(const struct command *list, const char *name, size_t len)
{
	for (const struct command *c = list; c && c->name; c++)
		if (strlen(c->name) == len && !memcmp(c->name, name, len))
			return c;
	return NULL;
}

static int unknown(const char *name, struct err *err)
{
	const char *names[128], *near;
	size_t n = 0;

	if (names_is_later(name))
		return err_set(err, ERR_MISSING, "%s is not built yet", name);
	for (const struct command *c = commands; c->name && n < ARRAY_LEN(names); c++)
		if (!c->is_hidden)
			names[n++] = c->name;
	for (const struct view *const *v = views; *v && n < ARRAY_LEN(names); v++)
		names[n++] = (*v)->name;
	near = config_nearest(name, names, n);
	return err_set(err, ERR_MISSING, "no view and no command \"%.60s\"%s%s", name,
		       near ? ", nearest: " : "", near ? near : "");
}

int command_run(struct ui *ui, const char *line, struct err *err)
{
	const struct command *c;
	char name[PROMPT_MAX], *args, *end;

	line += strspn(line, " ");
	snprintf(name, sizeof(name), "%s", line);
	end = name + strlen(name);
	while (end > name && end[-1] == ' ')
		*--end = '\0';
	if (!*name)
		return 0;
	args = name + strcspn(name, " ");
	if (*args) {
		*args++ = '\0';
		args += strspn(args, " ");
	}
	c = command_find(ui->view->view->commands, name, strlen(name));
	if (!c)
		c = command_find(commands, name, strlen(name));
	if (c)
		return c->run(ui, args, err);
	if (view_find(name)) {
		if (*args && !ui_job_row(ui, args))
			return err_set(err, ERR_MISSING, "there is no job \"%.60s\"", args);
		ui_go(ui, view_find(name), *args ? args : NULL);
		return 0;
	}
	return unknown(name, err);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t offer(const struct command *list, const char *line, const char **out, size_t n,
		    size_t max)
{
	for (const struct command *c = list; c && c->name && n < max; c++)
		if (!c->is_hidden && !strncmp(c->name, line, strlen(line)))
			out[n++] = c->name;
	return n;
}

static size_t complete_args(struct ui *ui, const char *line, const char **out, size_t max)
{
	size_t len = strcspn(line, " ");
	const char *args = line + len + strspn(line + len, " ");
	const struct command *c = command_find(ui->view->view->commands, line, len);
	size_t n;

	if (!c)
		c = command_find(commands, line, len);
	if (!c || !c->complete)
		return 0;
	n = c->complete(ui, args, out, max);
	for (size_t i = 0; i < n; i++)
		out[i] = arena_printf(&ui->frame, "%.*s %s", (int)len, line, out[i]);
	return n;
}

size_t command_complete(struct ui *ui, const char *line, const char **out, size_t max)
{
	size_t n = 0, kept = 0;

	line += strspn(line, " ");
	if (strchr(line, ' ')) {
		n = complete_args(ui, line, out, max);
	} else {
		n = offer(ui->view->view->commands, line, out, n, max);
		n = offer(commands, line, out, n, max);
		for (const struct view *const *v = views; *v && n < max; v++)
			if (!strncmp((*v)->name, line, strlen(line)))
				out[n++] = (*v)->name;
	}
	qsort(out, n, sizeof(*out), by_name);
	for (size_t i = 0; i < n; i++)
		if (!kept || strcmp(out[kept - 1], out[i]))
			out[kept++] = out[i];
	return kept;
}

/* names.c - the lists of names, gathered from the tables that own them. Names of later issues stand
 * here alone, so that every door answers them alike: "not built yet". */
#include "names.h"

#include <string.h>

#include "../include/action.h"
#include "theme.h"
#include "view.h"

enum { NAMES_MAX = 256 };

static const char *const later_views[] = {"livy", "streams", "growth", "alerts", NULL};
static const char *const later_commands[] = {"archive", "delete", NULL};
static const struct {
	uint32_t key;
	const char *name;
} later_keys[] = {{'D', "delete"}, {'A', "archive"}};

static const char *theme_names[NAMES_MAX], *view_names[NAMES_MAX], *command_names[NAMES_MAX],
	*action_names[NAMES_MAX];

static bool has_name(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

/* The last place of a list stays NULL. */
static void add(const char **names, const char *name)
{
	size_t n = 0;

	while (names[n])
		n++;
	if (n + 1 == NAMES_MAX)
		BUG("more than %d names", NAMES_MAX - 1);
	if (!has_name(names, name))
		names[n] = name;
}

static void add_commands(const struct command *list)
{
	for (; list && list->name; list++)
		add(command_names, list->name);
}

static bool is_key(const char *name)
{
	return key_parse(name) != KEY_NONE;
}

/* A global key works in every view that has the command. */
static bool has_command(const char *scope, const char *name)
{
	size_t len = strlen(name);

	if (command_find(commands, name, len) || view_find(name) || names_is_later(name))
		return true;
	for (const struct view *const *v = views; *v; v++)
		if ((!view_find(scope) || !strcmp((*v)->name, scope)) &&
		    command_find((*v)->commands, name, len))
			return true;
	return false;
}

static const char *const *arguments(const char *command, const char *args)
{
	if (!strcmp(command, "action"))
		return has_name(action_names, args) ? NULL : action_names;
	if (!strcmp(command, "theme"))
		return !*args || has_name(theme_names, args) ? NULL : theme_names;
	if (strcmp(command, "view") || has_name(view_names, args) || has_name(later_views, args))
		return NULL;
	return *args && !args[strspn(args, "0123456789")] ? NULL : view_names;
}

const struct config_names *names_known(void)
{
	static const struct config_names known = {.themes = theme_names,
						  .views = view_names,
						  .later = later_views,
						  .commands = command_names,
						  .is_key = is_key,
						  .has_command = has_command,
						  .arguments = arguments};

	for (size_t i = 0; theme_name(i); i++)
		add(theme_names, theme_name(i));
	for (int i = 0; i < ACTION_COUNT; i++)
		add(action_names, action_words[i]);
	add(action_names, "kill-jvm");
	add_commands(commands);
	for (const struct view *const *v = views; *v; v++) {
		add(view_names, (*v)->name);
		add(command_names, (*v)->name);
		add_commands((*v)->commands);
	}
	return &known;
}

bool names_is_later(const char *name)
{
	return has_name(later_views, name) || has_name(later_commands, name);
}

const char *names_later_key(uint32_t key)
{
	for (size_t i = 0; i < ARRAY_LEN(later_keys); i++)
		if (later_keys[i].key == key)
			return later_keys[i].name;
	return NULL;
}

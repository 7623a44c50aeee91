/* config_names.c - what a configuration may call by the console's names: themes, views, and keys
 * with their scopes and commands. The names come from the front end (struct config_names), because
 * nothing here may know it; without them everything is taken as it stands. */
#include <string.h>

#include "config_read.h"

static bool has_name(const char *const *names, const char *name)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

/* `did you mean "light"?`, or `there are default, light, mono`. */
static const char *what_there_is(struct reader *r, const char *const *names, const char *name)
{
	const char *near, *list = "";
	size_t n = 0;

	while (names[n] != NULL)
		n++;
	near = config_nearest(name, names, n);
	if (near != NULL)
		return arena_printf(&r->scratch, "did you mean \"%s\"?", near);
	for (size_t i = 0; i < n; i++)
		list = arena_printf(&r->scratch, "%s%s%s", list, i == 0 ? "" : ", ", names[i]);
	return arena_printf(&r->scratch, "there are %s", list);
}

void reader_known(struct reader *r, const struct option *o, const yaml_node_t *n)
{
	const char *s = (const char *)n->data.scalar.value;
	const char *const *names;

	if (r->known == NULL)
		return;
	names = (o->flags & OPT_THEME) != 0 ? r->known->themes : r->known->views;
	if (has_name(names, s))
		return;
	if ((o->flags & OPT_VIEW) != 0 && has_name(r->known->later, s))
		reader_mistake(r, &n->start_mark, "%s: \"%s\" is not built yet; %s", o->name, s,
			       what_there_is(r, names, ""));
	else
		reader_mistake(r, &n->start_mark, "%s: unknown %s %s; %s", o->name, o->name,
			       reader_quote(r, s, n->data.scalar.length),
			       what_there_is(r, names, s));
}

/* --- keys --- */

static void check_scope(struct reader *r, const yaml_node_t *at, const char *scope)
{
	const char **all;
	size_t n = 0, k = 0;

	if (r->known == NULL || has_name(r->known->views, scope) ||
	    has_name(r->known->later, scope) || strcmp(scope, "global") == 0)
		return;
	while (r->known->views[n] != NULL)
		n++;
	all = ARENA_ARRAY(&r->scratch, const char *, n + 2);
	all[k++] = "global";
	for (size_t i = 0; i < n; i++)
		all[k++] = r->known->views[i];
	reader_mistake(r, &at->start_mark, "keys: unknown view %s; %s",
		       reader_quote(r, scope, strlen(scope)), what_there_is(r, all, scope));
}

static void check_key(struct reader *r, const yaml_node_t *at, const char *key)
{
	if (*key == '\0')
		reader_mistake(r, &at->start_mark, "a key has no name; it would be like K or <F5>");
	else if (r->known != NULL && !r->known->is_key(key))
		reader_mistake(r, &at->start_mark,
			       "%s is no key; it would be a character, Enter, Space, Tab, Esc, "
			       "PgUp, F1 to F12, C-a or M-a",
			       reader_quote(r, key, strlen(key)));
}

/* What follows the first word, where the front end knows all that may. */
static void check_arguments(struct reader *r, const yaml_node_t *at, const char *word,
			    const char *args)
{
	const char *const *names;
	size_t len;

	args += strspn(args, " ");
	len = strlen(args);
	while (len > 0 && args[len - 1] == ' ')
		len--;
	args = arena_strndup(&r->scratch, args, len);
	names = r->known->arguments(word, args);
	if (names != NULL)
		reader_mistake(r, &at->start_mark, "unknown %s %s; %s", word,
			       reader_quote(r, args, len), what_there_is(r, names, args));
}

/* A line without a word takes a key away. */
static void check_command(struct reader *r, const yaml_node_t *at, const char *scope,
			  const char *line)
{
	const char *word, *near;
	size_t n = 0;

	line += strspn(line, " ");
	word = arena_strndup(&r->scratch, line, strcspn(line, " "));
	if (r->known == NULL || *word == '\0')
		return;
	if (r->known->has_command(scope, word)) {
		check_arguments(r, at, word, line + strlen(word));
		return;
	}
	if (has_name(r->known->commands, word)) {
		reader_mistake(r, &at->start_mark,
			       "command \"%s\" does nothing in %s; bind it in the view it is of",
			       word, reader_quote(r, scope, strlen(scope)));
		return;
	}
	while (r->known->commands[n] != NULL)
		n++;
	near = config_nearest(word, r->known->commands, n);
	reader_mistake(r, &at->start_mark, "unknown command %s; %s%s%s",
		       reader_quote(r, word, strlen(word)),
		       near == NULL ? "it would be like open, view dlq or filter WORD"
				    : "did you mean \"",
		       near == NULL ? "" : near, near == NULL ? "" : "\"?");
}

static void add_keys(struct reader *r, const char *scope, yaml_node_t *map)
{
	struct config *c = r->cfg;
	size_t count = (size_t)(map->data.mapping.pairs.top - map->data.mapping.pairs.start), len;
	struct config_key *all = ARENA_ARRAY(&c->arena, struct config_key, c->nkeys + count);

	if (c->nkeys > 0)
		memcpy(all, c->keys, c->nkeys * sizeof(*all));
	for (size_t i = 0; i < count; i++) {
		yaml_node_pair_t *p = &map->data.mapping.pairs.start[i];
		yaml_node_t *key, *value = reader_node(r, p->value);
		const char *name = reader_pair_name(r, "a key", p, &key);
		const char *line =
			value == NULL ? NULL : reader_scalar(r, "a binding", value, &len);
		if (name == NULL || line == NULL)
			continue;
		check_key(r, key, name);
		check_command(r, value, scope, line);
		all[c->nkeys++] = (struct config_key){
			.scope = scope,
			.key = arena_strdup(&c->arena, name),
			.command = arena_strdup(&c->arena, line),
		};
	}
	c->keys = all;
}

void reader_keys(struct reader *r, yaml_node_t *n)
{
	if (n->type == YAML_SCALAR_NODE && n->data.scalar.length == 0)
		return;
	if (!reader_is_mapping(r, "keys", n, "{overview: {o: open job}}"))
		return;
	for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top;
	     p++) {
		yaml_node_t *key, *value = reader_node(r, p->value);
		const char *scope = reader_pair_name(r, "keys", p, &key);
		if (scope == NULL || value == NULL)
			continue;
		check_scope(r, key, scope);
		if (reader_is_mapping(r, scope, value, "{o: open job}"))
			add_keys(r, arena_strdup(&r->cfg->arena, scope), value);
	}
}

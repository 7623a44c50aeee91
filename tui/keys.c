/* keys.c - names of keys, and the table of what they do. Decoding bytes is in keyread.c. */
#include "keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../include/text.h"

struct named {
	uint32_t key;
	size_t len;
	const char *name;
};

static const struct named key_names[] = {
#define X(id, name) {KEY_##id, sizeof(name) - 1, name},
	KEY_NAME_LIST(X)
#undef X
};

static const struct named other_names[] = {
	{KEY_ENTER, 2, "CR"},      {KEY_ENTER, 6, "Return"},    {KEY_ESC, 6, "Escape"},
	{KEY_BACKSPACE, 2, "BS"},  {KEY_DELETE, 3, "Del"},      {KEY_PGUP, 6, "PageUp"},
	{KEY_PGDN, 8, "PageDown"}, {KEY_BACKTAB, 7, "BackTab"}, {'<', 2, "lt"},
};

static uint32_t key_among(const struct named *list, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].len == len && !strncasecmp(list[i].name, name, len))
			return list[i].key;
	return KEY_NONE;
}

static uint32_t special_key(const char *name, size_t len)
{
	uint32_t key = key_among(key_names, ARRAY_LEN(key_names), name, len);

	return key ? key : key_among(other_names, ARRAY_LEN(other_names), name, len);
}

/* One character, if the name is one. */
static uint32_t single(const char *name, size_t n)
{
	uint32_t cp = 0;
	int columns = 0;

	if (!n || (unsigned char)name[0] < 0x20 || name[0] == 0x7F)
		return KEY_NONE;
	if ((unsigned char)name[0] < 0x80)
		return n == 1 ? (name[0] == ' ' ? (uint32_t)KEY_SPACE : (uint32_t)name[0])
			      : KEY_NONE;
	if (text_next(name, &cp, &columns) != n || !columns)
		return KEY_NONE;
	return cp;
}

uint32_t key_parse(const char *name)
{
	size_t n = strlen(name);
	uint32_t key, flags = 0;
	char clean[24];

	if (n == 1) /* most keys are, and the bottom line asks for all of them */
		return single(name, n);
	if (!n || n > 20)
		return KEY_NONE;
	text_clean_to(clean, sizeof(clean), name, n);
	if (strcmp(clean, name))
		return KEY_NONE;
	if (n > 2 && name[0] == '<' && name[n - 1] == '>') {
		name++;
		n -= 2;
		memmove(clean, name, n);
		clean[n] = '\0';
		name = clean;
	}
	while (n > 2 && name[1] == '-' && strchr("CcMmAa", name[0])) {
		flags |= name[0] == 'C' || name[0] == 'c' ? KEY_CTRL : KEY_ALT;
		name += 2;
		n -= 2;
	}
	key = single(name, n);
	if (!key)
		key = special_key(name, n);
	if (!key)
		return KEY_NONE;
	if (flags & KEY_CTRL) {
		if (key >= 'A' && key <= 'Z')
			key += 'a' - 'A';
		if (key < 'a' || key > 'z')
			return KEY_NONE;
		/* These three cannot be told apart on a terminal. */
		if (key == 'i' || key == 'm' || key == 'h')
			return (flags & KEY_ALT) | (key == 'i'   ? (uint32_t)KEY_TAB
						    : key == 'm' ? (uint32_t)KEY_ENTER
								 : (uint32_t)KEY_BACKSPACE);
	}
	return key | flags;
}

void key_name(uint32_t key, char out[static 24])
{
	uint32_t plain = key & ~(uint32_t)(KEY_CTRL | KEY_ALT);
	char one[8];

	snprintf(out, 24, "%s%s", key & KEY_CTRL ? "C-" : "", key & KEY_ALT ? "M-" : "");
	for (size_t i = 0; i < ARRAY_LEN(key_names); i++)
		if (key_names[i].key == plain) {
			snprintf(out + strlen(out), 24 - strlen(out), "%s", key_names[i].name);
			return;
		}
	one[text_encode(plain, one)] = '\0';
	snprintf(out + strlen(out), 24 - strlen(out), "%s", one);
}

struct keymap {
	size_t n;
	struct {
		char scope[32];
		uint32_t key;
		char command[256];
	} own[];
};

struct keymap *keymap_new(const struct config_key *keys, size_t n, struct err *err)
{
	struct keymap *m = xcalloc(1, sizeof(*m) + n * sizeof(m->own[0]));

	m->n = n;
	for (size_t i = 0; i < n; i++) {
		m->own[i].key = key_parse(keys[i].key);
		if (!m->own[i].key) {
			char clean[64];

			text_clean_to(clean, sizeof(clean), keys[i].key, strlen(keys[i].key));
			err_set(err, ERR_CONFIG,
				"keys: \"%s\" is no key; a character, Enter, Space, Tab, Esc, "
				"PgUp, "
				"F1 to F12, C-a, M-a are",
				clean);
			free(m);
			return NULL;
		}
		snprintf(m->own[i].scope, sizeof(m->own[i].scope), "%s", keys[i].scope);
		snprintf(m->own[i].command, sizeof(m->own[i].command), "%s", keys[i].command);
	}
	return m;
}

void keymap_free(struct keymap *m)
{
	free(m);
}

static const char *remapped(const struct keymap *m, const char *scope, uint32_t key)
{
	for (size_t i = m ? m->n : 0; i-- > 0;)
		if (m->own[i].key == key && !strcmp(m->own[i].scope, scope))
			return m->own[i].command;
	return NULL;
}

static const char *bound(const struct binding *list, uint32_t key)
{
	for (const struct binding *b = list; b && b->key; b++)
		if (key_parse(b->key) == key)
			return b->command;
	return NULL;
}

const char *keymap_command(const struct keymap *m, const char *scope, const struct binding *own,
			   uint32_t key)
{
	const char *command = scope ? remapped(m, scope, key) : NULL;

	if (!command)
		command = bound(own, key);
	if (!command)
		command = remapped(m, "global", key);
	if (!command)
		command = bound(bindings_global, key);
	return command && *command ? command : NULL;
}

/* Does the key still do that, or did a remap or the view take it away? */
static bool is_live(const struct keymap *m, const char *scope, const struct binding *own,
		    uint32_t key, const char *command)
{
	const char *now = keymap_command(m, scope, own, key);

	return now && !strcmp(now, command);
}

bool keymap_key(const struct keymap *m, const char *scope, const struct binding *own,
		const char *command, char out[static 24])
{
	const struct binding *lists[] = {own, bindings_global};

	for (size_t i = 0; i < (m ? m->n : 0); i++)
		if (!strcmp(m->own[i].command, command) &&
		    is_live(m, scope, own, m->own[i].key, command)) {
			key_name(m->own[i].key, out);
			return true;
		}
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (const struct binding *b = lists[i]; b && b->key; b++)
			if (!strcmp(b->command, command) &&
			    is_live(m, scope, own, key_parse(b->key), command)) {
				key_name(key_parse(b->key), out);
				return true;
			}
	return false;
}

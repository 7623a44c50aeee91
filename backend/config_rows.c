/* config_rows.c - the collections of a configuration: rows (jobs, clusters, auth), argument lists,
 * environments, named values, logs and actions. */
#include <stdlib.h>
#include <string.h>

#include "../include/field.h"
#include "config_read.h"
#include "config_value.h"

/* --- names that occur twice --- */

struct named {
	const char *name;
	yaml_mark_t at;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c != 0 ? c : x->at.index < y->at.index ? -1 : x->at.index > y->at.index;
}

static void check_twice(struct reader *r, struct named *v, size_t n, const char *what)
{
	if (n > 0)
		qsort(v, n, sizeof(*v), by_name);
	for (size_t i = 1; i < n; i++) {
		size_t first = i - 1;
		while (first > 0 && strcmp(v[first - 1].name, v[i].name) == 0)
			first--;
		if (strcmp(v[first].name, v[i].name) == 0)
			reader_mistake(r, &v[i].at,
				       "%s %s is named twice; the first is in line %zu", what,
				       reader_quote(r, v[i].name, strlen(v[i].name)),
				       v[first].at.line + 1);
	}
}

/* --- a job's own placeholders --- */

static yaml_node_t *find_key(struct reader *r, yaml_node_t *map, const char *name)
{
	if (map == NULL || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
	     p++) {
		yaml_node_t *key = yaml_document_get_node(r->doc, p->key);
		if (key != NULL && key->type == YAML_SCALAR_NODE &&
		    strcmp((const char *)key->data.scalar.value, name) == 0)
			return yaml_document_get_node(r->doc, p->value);
	}
	return NULL;
}

static void collect_names(struct reader *r, yaml_node_t *map)
{
	if (map == NULL || map->type != YAML_MAPPING_NODE)
		return;
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top;
	     p++) {
		yaml_node_t *key = reader_node(r, p->key);
		if (key == NULL || key->type != YAML_SCALAR_NODE)
			continue;
		if (r->nnames == r->names_size) {
			size_t size = r->names_size == 0 ? 16 : r->names_size * 2;
			const char **more = ARENA_ARRAY(&r->scratch, const char *, size);
			for (size_t i = 0; i < r->nnames; i++)
				more[i] = r->names[i];
			r->names = more;
			r->names_size = size;
		}
		r->names[r->nnames++] = (const char *)key->data.scalar.value;
	}
}

/* What stands under facts and values is known in every hook of the job, wherever it stands. */
static void begin_job(struct reader *r, yaml_node_t *job)
{
	r->nnames = 0;
	collect_names(r, find_key(r, job, "facts"));
	collect_names(r, find_key(r, find_key(r, job, "restart"), "values"));
	collect_names(r, find_key(r, find_key(r, job, "resume"), "values"));
}

/* --- what --print-config repeats --- */

static void print_node(struct reader *r, int id, struct buf *out)
{
	yaml_node_t *n = reader_node(r, id);

	if (n == NULL)
		return;
	if (n->type == YAML_SCALAR_NODE) {
		field_json_string((const char *)n->data.scalar.value, out);
	} else if (n->type == YAML_SEQUENCE_NODE) {
		buf_putc(out, '[');
		for (yaml_node_item_t *i = n->data.sequence.items.start;
		     i < n->data.sequence.items.top; i++) {
			buf_puts(out, i > n->data.sequence.items.start ? ", " : "");
			print_node(r, *i, out);
		}
		buf_putc(out, ']');
	} else {
		buf_putc(out, '{');
		for (yaml_node_pair_t *p = n->data.mapping.pairs.start;
		     p < n->data.mapping.pairs.top; p++) {
			buf_puts(out, p > n->data.mapping.pairs.start ? ", " : "");
			print_node(r, p->key, out);
			buf_puts(out, ": ");
			print_node(r, p->value, out);
		}
		buf_putc(out, '}');
	}
}

/* Only for a job without a mistake: its shape is then as deep as the option table and no deeper. */
static void keep_rest(struct reader *r, yaml_node_t *job, struct config_job *row)
{
	struct buf out;

	buf_init(&out, 128 << 20);
	for (yaml_node_pair_t *p = job->data.mapping.pairs.start; p < job->data.mapping.pairs.top;
	     p++) {
		yaml_node_t *key = yaml_document_get_node(r->doc, p->key);
		const struct option *o =
			option_find(&option_job, (const char *)key->data.scalar.value);
		if (o->type != OPT_MAP && o->type != OPT_LOG && o->type != OPT_NAMED)
			continue;
		buf_printf(&out, "    %s: ", o->name);
		print_node(r, p->value, &out);
		buf_putc(&out, '\n');
	}
	if (out.len > 0)
		row->rest = arena_strndup(&r->cfg->arena, out.data, out.len);
	buf_release(&out);
}

/* --- rows --- */

static bool is_list(struct reader *r, const char *name, const yaml_node_t *n)
{
	/* `jobs:` with everything below it commented out. */
	if (n->type == YAML_SCALAR_NODE && n->data.scalar.length == 0)
		return false;
	if (n->type == YAML_SEQUENCE_NODE)
		return true;
	reader_mistake(r, &n->start_mark, "%s is %s; it would be a list, each line begun with -",
		       name, reader_kind(n));
	return false;
}

static const char *row_name(const struct option_table *t, void *row)
{
	const struct option *o = option_find(t, "name");

	return o == NULL || *(const struct text *const *)OPTION_MEMBER(row, o) == NULL
		       ? NULL
		       : text_str(*(const struct text *const *)OPTION_MEMBER(row, o));
}

/* Later files: a row of the same name takes the place of the earlier one. */
static void merge_rows(struct reader *r, const struct option *o, void *owner, char *rows, size_t n)
{
	const struct option_table *t = o->sub;
	void *old, *list = OPTION_MEMBER(owner, o);
	size_t *count = (size_t *)(void *)((char *)owner + o->count_at - 1), kept = 0;
	char *all = arena_alloc(&r->cfg->arena, (*count + n + 1) * t->size);
	struct named *names = ARENA_ARRAY(&r->scratch, struct named, n);
	size_t nnames = 0;

	memcpy(&old, list, sizeof(old));
	for (size_t i = 0; i < n; i++) {
		const char *name = row_name(t, rows + i * t->size);
		if (name != NULL)
			names[nnames++].name = name;
	}
	if (nnames > 0)
		qsort(names, nnames, sizeof(*names), by_name);
	for (size_t i = 0; i < *count; i++) {
		struct named key = {.name = row_name(t, (char *)old + i * t->size)};
		if (key.name != NULL && nnames > 0 &&
		    bsearch(&key, names, nnames, sizeof(*names), by_name) != NULL)
			continue;
		memcpy(all + kept++ * t->size, (char *)old + i * t->size, t->size);
	}
	if (n > 0)
		memcpy(all + kept * t->size, rows, n * t->size);
	memcpy(list, &all, sizeof(all));
	*count = kept + n;
}

void reader_rows(struct reader *r, const struct option *o, yaml_node_t *n, void *owner)
{
	const struct option_table *t = o->sub;
	size_t count, done = 0, nnames = 0;
	struct named *names;
	char *rows;

	if (!is_list(r, o->name, n))
		return;
	count = (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
	rows = arena_alloc(&r->scratch, (count + 1) * t->size);
	names = ARENA_ARRAY(&r->scratch, struct named, count + 1);
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item = reader_node(r, n->data.sequence.items.start[i]);
		void *row = rows + done * t->size;
		size_t mistakes = r->nmistakes;
		if (item == NULL)
			return;
		reader_defaults(r, t, row);
		if (t == &option_job)
			begin_job(r, item);
		reader_map(r, t, item, row);
		if (row_name(t, row) != NULL)
			names[nnames++] = (struct named){row_name(t, row), item->start_mark};
		if (t == &option_job && r->nmistakes == mistakes && r->left_out == 0)
			keep_rest(r, item, row);
		done++;
	}
	r->nnames = 0;
	check_twice(r, names, nnames, t == &option_job ? "job" : "cluster");
	merge_rows(r, o, owner, rows, done);
}

/* --- smaller collections --- */

void reader_strings(struct reader *r, const struct option *o, yaml_node_t *n, void *row)
{
	const char **list = NULL;
	size_t len, count = 0;

	if (n->type != YAML_SEQUENCE_NODE ||
	    n->data.sequence.items.start == n->data.sequence.items.top) {
		reader_mistake(r, &n->start_mark,
			       "%s is %s; it would be a list of texts like [\"a\", \"b\"]", o->name,
			       n->type == YAML_SEQUENCE_NODE ? "empty" : reader_kind(n));
		return;
	}
	if (o->at != 0 && row != NULL) {
		count = (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
		list = ARENA_ARRAY(&r->cfg->arena, const char *, count + 1);
		*(const char ***)OPTION_MEMBER(row, o) = list;
		count = 0;
	}
	for (yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top;
	     i++) {
		yaml_node_t *item = reader_node(r, *i);
		const char *s = item == NULL ? NULL : reader_scalar(r, o->name, item, &len);
		if (s == NULL)
			continue;
		if (list != NULL)
			list[count++] = arena_strndup(&r->cfg->arena, s, len);
		if ((o->flags & OPT_TEMPLATE) != 0)
			reader_template(r, item);
		if (len == 0 && i == n->data.sequence.items.start)
			reader_mistake(r, &item->start_mark,
				       "%s begins with an empty text; write what "
				       "it begins with",
				       o->name);
	}
}

const char *reader_pair_name(struct reader *r, const char *what, const yaml_node_pair_t *p,
			     yaml_node_t **key)
{
	size_t len;

	*key = reader_node(r, p->key);
	return *key == NULL ? NULL : reader_scalar(r, what, *key, &len);
}

bool reader_is_mapping(struct reader *r, const char *name, const yaml_node_t *n, const char *like)
{
	if (n->type == YAML_MAPPING_NODE)
		return true;
	reader_mistake(r, &n->start_mark, "%s is %s; it would be a mapping like %s", name,
		       reader_kind(n), like);
	return false;
}

static bool is_identifier(const char *s, bool upper)
{
	if (*s >= '0' && *s <= '9')
		return false;
	for (const char *p = s; *p != '\0'; p++) {
		bool is_letter = (*p >= 'a' && *p <= 'z') || (upper && *p >= 'A' && *p <= 'Z');
		if (!is_letter && *p != '_' && (*p < '0' || *p > '9'))
			return false;
	}
	return *s != '\0';
}

/* An array for as many items as the mapping has pairs, in its member; its count is set by each
 * item that is taken. NULL: nothing keeps them. */
static void *keep_items(struct reader *r, const struct option *o, void *row, size_t n, size_t size)
{
	void *items;

	if (o->at == 0 || row == NULL)
		return NULL;
	items = arena_alloc(&r->cfg->arena, (n + 1) * size);
	memcpy(OPTION_MEMBER(row, o), &items, sizeof(items));
	return items;
}

static size_t *item_count(const struct option *o, void *row)
{
	return (size_t *)(void *)((char *)row + o->count_at - 1);
}

void reader_env(struct reader *r, const struct option *o, yaml_node_t *n, void *row)
{
	struct config_pair *kept;
	size_t count, len, nnames = 0;
	struct named *names;

	if (!reader_is_mapping(r, o->name, n, "{NAME: text}"))
		return;
	count = (size_t)(n->data.mapping.pairs.top - n->data.mapping.pairs.start);
	names = ARENA_ARRAY(&r->scratch, struct named, count + 1);
	kept = keep_items(r, o, row, count, sizeof(*kept));
	for (size_t i = 0; i < count; i++) {
		yaml_node_pair_t *p = &n->data.mapping.pairs.start[i];
		yaml_node_t *key, *value = reader_node(r, p->value);
		const char *name = reader_pair_name(r, o->name, p, &key), *text;
		if (name == NULL || value == NULL)
			continue;
		if (!is_identifier(name, true))
			reader_mistake(r, &key->start_mark,
				       "%s is no name of a variable; it would be "
				       "like SPARK_HOME",
				       reader_quote(r, name, strlen(name)));
		names[nnames++] = (struct named){name, key->start_mark};
		text = reader_scalar(r, name, value, &len);
		if (text == NULL)
			continue;
		reader_template(r, value);
		if (kept != NULL)
			kept[(*item_count(o, row))++] =
				(struct config_pair){arena_strdup(&r->cfg->arena, name),
						     arena_strndup(&r->cfg->arena, text, len)};
	}
	check_twice(r, names, nnames, "variable");
}

/* Rows of free names: the first member of each is its name. */
void reader_named(struct reader *r, const struct option *o, yaml_node_t *n, void *row)
{
	size_t count, nnames = 0;
	struct named *names;
	char *kept;

	if (!reader_is_mapping(r, o->name, n, "{name: {...}}"))
		return;
	count = (size_t)(n->data.mapping.pairs.top - n->data.mapping.pairs.start);
	names = ARENA_ARRAY(&r->scratch, struct named, count + 1);
	kept = keep_items(r, o, row, count, o->sub->size);
	for (size_t i = 0; i < count; i++) {
		yaml_node_pair_t *p = &n->data.mapping.pairs.start[i];
		yaml_node_t *key, *value = reader_node(r, p->value);
		const char *name = reader_pair_name(r, o->name, p, &key);
		void *one;
		if (name == NULL || value == NULL)
			continue;
		if (!is_identifier(name, false))
			reader_mistake(r, &key->start_mark,
				       "%s can be no placeholder; it would be "
				       "like failed_table",
				       reader_quote(r, name, strlen(name)));
		else if (value_placeholder_known(name, strlen(name)))
			reader_mistake(r, &key->start_mark,
				       "{%s} means something else already; take another name",
				       name);
		names[nnames++] = (struct named){name, key->start_mark};
		one = kept == NULL ? NULL : kept + o->sub->size * (*item_count(o, row))++;
		if (one != NULL)
			*(const char **)one = arena_strdup(&r->cfg->arena, name);
		reader_map(r, o->sub, value, one);
	}
	check_twice(r, names, nnames, "name");
}

static const struct option log_options[] = {
	{.name = "journal",
	 .type = OPT_STRING,
	 .flags = OPT_ONE,
	 .at = AT(struct config_log, journal)},
	{.name = "command",
	 .type = OPT_ARGV,
	 .flags = OPT_ONE,
	 .at = AT(struct config_log, command)},
};
static const struct option_table log_table = {"a log", log_options, ARRAY_LEN(log_options), 0};
static const struct option log_file = {.name = "log", .type = OPT_PATH, .at = 1};

void reader_log(struct reader *r, const struct option *o, yaml_node_t *n, void *row)
{
	struct config_log none, *log = row && o->at ? OPTION_MEMBER(row, o) : &none;
	size_t count = n->type == YAML_SEQUENCE_NODE
			       ? (size_t)(n->data.sequence.items.top - n->data.sequence.items.start)
			       : 1;
	const char **files;

	memset(log, 0, sizeof(*log));
	if (n->type == YAML_MAPPING_NODE) {
		reader_map(r, &log_table, n, log);
		return;
	}
	files = ARENA_ARRAY(&r->cfg->arena, const char *, count + 1);
	log->files = files;
	if (n->type == YAML_SCALAR_NODE) {
		reader_value(r, &log_file, n, files);
		return;
	}
	if (count == 0)
		reader_mistake(r, &n->start_mark, "%s is empty; it would be [FILE, ...]", o->name);
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item = reader_node(r, n->data.sequence.items.start[i]);
		if (item != NULL)
			reader_value(r, &log_file, item, &files[i]);
	}
}

void reader_actions(struct reader *r, const struct option *o, yaml_node_t *n, void *row)
{
	unsigned actions = 0;
	size_t len;

	if (n->type != YAML_SEQUENCE_NODE) {
		reader_mistake(r, &n->start_mark,
			       "%s is %s; it would be a list like [kill, replay] or []", o->name,
			       reader_kind(n));
		return;
	}
	for (yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top;
	     i++) {
		yaml_node_t *item = reader_node(r, *i);
		const char *s = item == NULL ? NULL : reader_scalar(r, o->name, item, &len);
		unsigned bit = 0;
		if (s == NULL)
			continue;
		while (o->words[bit] != NULL && strcmp(o->words[bit], s) != 0)
			bit++;
		if (o->words[bit] != NULL) {
			actions |= 1U << bit;
			continue;
		}
		reader_mistake(r, &item->start_mark,
			       "unknown action %s; there are kill, replay, "
			       "restart and recover",
			       reader_quote(r, s, len));
	}
	*(unsigned *)OPTION_MEMBER(row, o) = actions;
}

/* config_read.c - one YAML text: its syntax, its mappings by the option table, and its mistakes.
 *
 * libyaml's document API gives every node its line and column, so all mistakes of a file are found
 * in one walk. The document is a graph, not a tree: an alias may point anywhere, also at a node
 * around itself. The walk is therefore bounded twice, in depth by the option table and in number by
 * a budget of nodes. What a scalar must be is in config_scalar.c, lists are in config_rows.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_read.h"

enum { MAX_MISTAKES = 1000, MAX_NODES = 1000000, MAX_DEPTH = 64 };

void reader_init(struct reader *r, const char *file, const char *folder, struct config *cfg)
{
	char clean[512];

	*r = (struct reader){.folder = folder, .cfg = cfg};
	arena_init(&r->scratch);
	text_clean_to(clean, sizeof(clean), file, strlen(file));
	r->file = arena_strdup(&r->scratch, clean);
}

void reader_release(struct reader *r)
{
	arena_release(&r->scratch);
}

void reader_mistake(struct reader *r, const yaml_mark_t *at, const char *fmt, ...)
{
	char message[600];
	va_list ap;

	if (r->nmistakes == MAX_MISTAKES) {
		r->left_out++;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	if (r->nmistakes == r->size) {
		size_t size = r->size == 0 ? 16 : r->size * 2;
		struct mistake *more = ARENA_ARRAY(&r->scratch, struct mistake, size);
		if (r->nmistakes > 0)
			memcpy(more, r->mistakes, r->nmistakes * sizeof(*more));
		r->mistakes = more;
		r->size = size;
	}
	r->mistakes[r->nmistakes++] = (struct mistake){
		.line = at->line + 1,
		.column = at->column + 1,
		.message = arena_strdup(&r->scratch, message),
	};
}

static int by_place(const void *a, const void *b)
{
	const struct mistake *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->column < y->column ? -1 : x->column > y->column;
}

void reader_report(struct reader *r, struct buf *out)
{
	if (r->nmistakes > 0)
		qsort(r->mistakes, r->nmistakes, sizeof(*r->mistakes), by_place);
	for (size_t i = 0; i < r->nmistakes; i++) {
		const struct mistake *m = &r->mistakes[i];
		const char *line = arena_printf(&r->scratch, "%s:%zu:%zu: %s\n", r->file, m->line,
						m->column, m->message);
		if (!buf_add(out, line, strlen(line)))
			return;
	}
	if (r->left_out > 0) {
		const char *line =
			arena_printf(&r->scratch, "%s: %zu more mistakes\n", r->file, r->left_out);
		if (!buf_add(out, line, strlen(line)))
			return;
	}
}

const char *reader_kind(const yaml_node_t *n)
{
	return n->type == YAML_SEQUENCE_NODE  ? "a list"
	       : n->type == YAML_MAPPING_NODE ? "a mapping"
					      : "one value";
}

const char *reader_quote(struct reader *r, const char *s, size_t len)
{
	const struct text *t = text_clean_max(&r->scratch, s, len, 80);

	return arena_printf(&r->scratch, "\"%s\"", text_str(t));
}

yaml_node_t *reader_node(struct reader *r, int id)
{
	yaml_node_t *n = yaml_document_get_node(r->doc, id);

	r->visited++;
	if (n != NULL && n->type == YAML_SCALAR_NODE)
		r->bytes += n->data.scalar.length;
	if (r->is_over)
		return NULL;
	if (r->visited > MAX_NODES || r->bytes > 4 * (size_t)CONFIG_MAX_BYTES) {
		r->is_over = true;
		reader_mistake(r, &(yaml_mark_t){0},
			       "aliases make this too much (%d values, %d MiB); write them out",
			       MAX_NODES, 4 * CONFIG_MAX_BYTES >> 20);
		return NULL;
	}
	if (n != NULL && n->tag != NULL &&
	    strncmp((const char *)n->tag, "tag:yaml.org,2002:", 18) != 0)
		reader_mistake(r, &n->start_mark, "unknown tag %s; leave the tag out",
			       reader_quote(r, (const char *)n->tag, strlen((char *)n->tag)));
	return n;
}

/* --- mappings --- */

static void list_names(const struct option_table *t, struct buf *out)
{
	for (size_t i = 0; i < t->n; i++) {
		if (t->options[i].type == OPT_NEVER)
			continue;
		if (out->len > 0)
			buf_puts(out, ", ");
		buf_puts(out, t->options[i].name);
	}
}

static void unknown_key(struct reader *r, const struct option_table *t, const yaml_node_t *key)
{
	const char *s = (const char *)key->data.scalar.value;
	size_t len = key->data.scalar.length;
	const char *names[64], *near;
	struct buf list;

	if (r->nmistakes == MAX_MISTAKES) {
		r->left_out++;
		return;
	}
	for (size_t i = 0; i < t->n && i < ARRAY_LEN(names); i++)
		names[i] = t->options[i].name;
	near = strlen(s) == len ? config_nearest(s, names, min_size(t->n, ARRAY_LEN(names))) : NULL;
	if (near != NULL) {
		reader_mistake(r, &key->start_mark, "unknown key %s; did you mean \"%s\"?",
			       reader_quote(r, s, len), near);
		return;
	}
	buf_init(&list, 4096);
	list_names(t, &list);
	reader_mistake(r, &key->start_mark, "unknown key %s; %s takes %s", reader_quote(r, s, len),
		       t->title, list.data);
	buf_release(&list);
}

static size_t count_flag(const struct option_table *t, const bool *seen, unsigned flag, size_t *of,
			 const char **names, struct arena *a)
{
	size_t n = 0;

	*of = 0;
	*names = "";
	for (size_t i = 0; i < t->n; i++) {
		if ((t->options[i].flags & flag) == 0)
			continue;
		*names = *of == 0 ? t->options[i].name
				  : arena_printf(a, "%s, %s", *names, t->options[i].name);
		(*of)++;
		n += seen[i];
	}
	return n;
}

static const struct option *option_named(const struct option_table *t, const char *name, size_t *i)
{
	const struct option *o = option_find(t, name);

	if (o != NULL)
		*i = (size_t)(o - t->options);
	return o;
}

/* What one key needs of the others. */
static void check_company(struct reader *r, const struct option_table *t, const yaml_node_t *n,
			  const bool *seen, const yaml_mark_t *marks)
{
	const char *names;
	size_t of, i, here;

	for (i = 0; i < t->n; i++) {
		const struct option *o = &t->options[i];
		if ((o->flags & OPT_REQUIRED) != 0 && !seen[i])
			reader_mistake(r, &n->start_mark, "%s has no %s; write %s: ...", t->title,
				       o->name, o->name);
		if (seen[i] && o->needs != NULL && option_named(t, o->needs, &here) != NULL &&
		    !seen[here])
			reader_mistake(r, &marks[i],
				       "%s has a meaning only with %s; write that too", o->name,
				       o->needs);
	}
	if (count_flag(t, seen, OPT_ANY, &of, &names, &r->scratch) == 0 && of > 0)
		reader_mistake(r, &n->start_mark, "%s has nothing to go by; it needs one of %s",
			       t->title, names);
	here = count_flag(t, seen, OPT_ONE, &of, &names, &r->scratch);
	if (of > 0 && here != 1)
		reader_mistake(r, &n->start_mark, "%s has %s of %s; it needs exactly one", t->title,
			       here == 0 ? "none" : "more than one", names);
}

/* False when it was reported instead. */
static bool is_key(struct reader *r, const struct option_table *t, const yaml_node_t *key)
{
	if (key->type != YAML_SCALAR_NODE) {
		reader_mistake(r, &key->start_mark, "a key is %s; it would be a name",
			       reader_kind(key));
		return false;
	}
	if (strcmp((const char *)key->data.scalar.value, "<<") == 0) {
		reader_mistake(r, &key->start_mark,
			       "merge keys are not read; write the keys of %s out", t->title);
		return false;
	}
	return true;
}

void reader_map(struct reader *r, const struct option_table *t, yaml_node_t *n, void *row)
{
	bool *seen = ARENA_ARRAY(&r->scratch, bool, t->n);
	yaml_mark_t *marks = ARENA_ARRAY(&r->scratch, yaml_mark_t, t->n);

	if (n->type != YAML_MAPPING_NODE) {
		reader_mistake(r, &n->start_mark, "%s is %s; it would be a mapping, name: value",
			       t->title, reader_kind(n));
		return;
	}
	for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top;
	     p++) {
		yaml_node_t *key = reader_node(r, p->key), *value = reader_node(r, p->value);
		const struct option *o;
		size_t i = 0;
		if (key == NULL || value == NULL)
			return;
		if (!is_key(r, t, key))
			continue;
		o = option_named(t, (const char *)key->data.scalar.value, &i);
		if (o == NULL || strlen(o->name) != key->data.scalar.length) {
			unknown_key(r, t, key);
			continue;
		}
		if (seen[i]) {
			reader_mistake(r, &key->start_mark,
				       "%s stands here twice; the first is in line %zu", o->name,
				       marks[i].line + 1);
			continue;
		}
		seen[i] = true;
		marks[i] = key->start_mark;
		if (o->type == OPT_NEVER)
			reader_mistake(r, &key->start_mark,
				       "%s: a secret never stands here; write %s", o->name,
				       o->help);
		else
			reader_value(r, o, value, row);
	}
	check_company(r, t, n, seen, marks);
}

/* --- the text --- */

static yaml_mark_t mark_of(const char *bytes, size_t offset)
{
	yaml_mark_t m = {.index = offset};

	for (size_t i = 0; i < offset; i++) {
		if (bytes[i] == '\n') {
			m.line++;
			m.column = 0;
		} else if (((unsigned char)bytes[i] & 0xc0) != 0x80) {
			m.column++;
		}
	}
	return m;
}

/* The offset of the first byte that is no UTF-8 or a NUL, or len. */
static size_t bad_byte(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len;) {
		unsigned char c = (unsigned char)bytes[i];
		size_t more = c < 0x80 ? 0 : c < 0xc2 ? 9 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
		if (c == 0 || c > 0xf4 || more == 9 || i + more >= len)
			return i;
		for (size_t k = 1; k <= more; k++)
			if (((unsigned char)bytes[i + k] & 0xc0) != 0x80)
				return i;
		i += more + 1;
	}
	return len;
}

static bool is_readable(struct reader *r, const char *bytes, size_t len)
{
	size_t bad;
	yaml_mark_t at;

	if (len > CONFIG_MAX_BYTES) {
		reader_mistake(r, &(yaml_mark_t){0}, "larger than %d MiB; is this the right file?",
			       CONFIG_MAX_BYTES >> 20);
		return false;
	}
	bad = bad_byte(bytes, len);
	if (bad == len)
		return true;
	at = mark_of(bytes, bad);
	reader_mistake(r, &at, "byte 0x%02x is no UTF-8 text; save the file as UTF-8",
		       (unsigned char)bytes[bad]);
	return false;
}

static void syntax_mistake(struct reader *r, const yaml_parser_t *p, const char *bytes, size_t len)
{
	yaml_mark_t at = p->problem_mark;

	if (p->error == YAML_READER_ERROR)
		at = mark_of(bytes, min_size(p->problem_offset, len));
	if (p->context != NULL)
		reader_mistake(r, &at,
			       "no YAML: %s (%s, begun in line %zu); indent with blanks, "
			       "write name: value",
			       p->problem, p->context, p->context_mark.line + 1);
	else
		reader_mistake(r, &at, "no YAML: %s; indent with blanks, write name: value",
			       p->problem == NULL ? "not readable" : p->problem);
}

static void walk(struct reader *r, yaml_document_t *doc)
{
	yaml_node_t *root;

	r->doc = doc;
	root = reader_node(r, 1);
	/* An empty file, or one of comments only, is a configuration without a word. */
	if (root == NULL || (root->type == YAML_SCALAR_NODE && root->data.scalar.length == 0))
		return;
	reader_map(r, &option_top, root, r->cfg);
}

static void begin_parser(yaml_parser_t *p, const char *bytes, size_t len)
{
	if (!yaml_parser_initialize(p))
		BUG("yaml_parser_initialize");
	yaml_parser_set_encoding(p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(p, (const unsigned char *)bytes, len);
}

/* A first pass by events, which stops in time: libyaml's scanner is quadratic in the depth. Finds
 * syntax errors too. */
static bool is_sound(struct reader *r, const char *bytes, size_t len)
{
	yaml_parser_t parser;
	bool is_end = false, is_right = true;
	int depth = 0;

	begin_parser(&parser, bytes, len);
	while (!is_end && is_right) {
		yaml_event_t e;
		if (!yaml_parser_parse(&parser, &e)) {
			syntax_mistake(r, &parser, bytes, len);
			is_right = false;
			break;
		}
		is_end = e.type == YAML_STREAM_END_EVENT;
		depth += e.type == YAML_SEQUENCE_START_EVENT || e.type == YAML_MAPPING_START_EVENT;
		depth -= e.type == YAML_SEQUENCE_END_EVENT || e.type == YAML_MAPPING_END_EVENT;
		if (depth > MAX_DEPTH) {
			reader_mistake(r, &e.start_mark, "nested deeper than %d; nothing here is",
				       MAX_DEPTH);
			is_right = false;
		}
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&parser);
	return is_right;
}

void reader_run(struct reader *r, const char *bytes, size_t len)
{
	yaml_parser_t parser;
	yaml_document_t doc;

	if (!is_readable(r, bytes, len) || !is_sound(r, bytes, len))
		return;
	begin_parser(&parser, bytes, len);
	if (!yaml_parser_load(&parser, &doc)) {
		syntax_mistake(r, &parser, bytes, len); /* an alias without its anchor */
	} else {
		walk(r, &doc);
		yaml_document_delete(&doc);
		if (yaml_parser_load(&parser, &doc)) {
			yaml_node_t *second = yaml_document_get_root_node(&doc);
			if (second != NULL)
				reader_mistake(r, &second->start_mark,
					       "a second document; a "
					       "configuration is one, leave --- out");
			yaml_document_delete(&doc);
		}
	}
	yaml_parser_delete(&parser);
}

/* config_read.h - a YAML text walked by the option table. */
#ifndef SPARKOPS_CONFIG_READ_H
#define SPARKOPS_CONFIG_READ_H

#include <yaml.h>

#include "config_option.h"

enum { CONFIG_MAX_BYTES = 4 << 20 }; /* of a file */

struct mistake {
	size_t line, column; /* 1 is the first */
	const char *message;
};

/* What reading one file needs to know. */
struct reader {
	const char *file;     /* its name in messages, cleaned */
	const char *folder;   /* relative paths begin there; NULL: they stay as they are */
	struct config *cfg;   /* read into; its arena holds what is kept */
	struct arena scratch; /* mistakes and the like */
	yaml_document_t *doc;
	struct mistake *mistakes;
	size_t nmistakes, size, left_out;
	size_t bytes;
	bool is_over;
	size_t visited;     /* nodes walked, aliases counted each time */
	const char **names; /* of the job's values and facts: its own placeholders */
	size_t nnames, names_size;
	const struct config_names *known; /* themes, views and the like; NULL: not checked */
};

/* Reads the bytes into r->cfg (whose defaults are set). Mistakes are in r afterwards. */
void reader_init(struct reader *r, const char *file, const char *folder, struct config *cfg);
void reader_release(struct reader *r);
void reader_run(struct reader *r, const char *bytes, size_t len);
/* All mistakes in line order, a line each. */
void reader_report(struct reader *r, struct buf *out);

/* Sets a row to its defaults by the table. */
void reader_defaults(struct reader *r, const struct option_table *t, void *row);

/* For config_check.c and config_rows.c */
void reader_mistake(struct reader *r, const yaml_mark_t *at, const char *fmt, ...)
	ATTR_PRINTF(3, 4);
/* The node, or NULL when the aliases of the file make it too much. */
yaml_node_t *reader_node(struct reader *r, int id);
const char *reader_kind(const yaml_node_t *n); /* "a list" */
/* A scalar's bytes for a message: cleaned, short, in quotes. */
const char *reader_quote(struct reader *r, const char *s, size_t len);
void reader_map(struct reader *r, const struct option_table *t, yaml_node_t *n, void *row);
void reader_value(struct reader *r, const struct option *o, yaml_node_t *n, void *row);
/* A scalar without NUL; NULL after a mistake. */
const char *reader_scalar(struct reader *r, const char *name, yaml_node_t *n, size_t *len);
/* Collections: config_rows.c. */
void reader_rows(struct reader *r, const struct option *o, yaml_node_t *n, void *row);
void reader_strings(struct reader *r, const struct option *o, yaml_node_t *n, void *row);
void reader_env(struct reader *r, const struct option *o, yaml_node_t *n, void *row);
void reader_named(struct reader *r, const struct option *o, yaml_node_t *n, void *row);
void reader_log(struct reader *r, const struct option *o, yaml_node_t *n, void *row);
void reader_actions(struct reader *r, const struct option *o, yaml_node_t *n, void *row);
/* The name before a colon, as text; NULL after a mistake. */
const char *reader_pair_name(struct reader *r, const char *what, const yaml_node_pair_t *p,
			     yaml_node_t **key);
MUST_CHECK bool reader_is_mapping(struct reader *r, const char *name, const yaml_node_t *n,
				  const char *like);
/* What the console knows by name: config_names.c. */
void reader_keys(struct reader *r, yaml_node_t *n);
void reader_known(struct reader *r, const struct option *o, const yaml_node_t *n);
/* Placeholders of a template: each must be known. */
void reader_template(struct reader *r, const yaml_node_t *n);

#endif

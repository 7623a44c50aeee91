/* config_print.c - a configuration as a person would write it, by the option table: what is known
 * as values, everything else as comments with its default or an example. Taking the `# ` off any
 * commented line leaves a right file. */
#include <stdio.h>
#include <string.h>

#include "../include/field.h"
#include "config_file.h"
#include "config_option.h"
#include "config_value.h"

static void actions(unsigned bits, struct buf *out)
{
	bool is_first = true;

	buf_putc(out, '[');
	for (unsigned i = 0; option_action_words[i] != NULL; i++) {
		if ((bits & (1U << i)) == 0)
			continue;
		buf_printf(out, "%s%s", is_first ? "" : ", ", option_action_words[i]);
		is_first = false;
	}
	buf_putc(out, ']');
}

static void list(const char *const *v, struct buf *out)
{
	buf_putc(out, '[');
	for (size_t i = 0; v[i] != NULL; i++) {
		buf_puts(out, i == 0 ? "" : ", ");
		field_json_string(v[i], out);
	}
	buf_putc(out, ']');
}

/* Only one form fits into a file: the first of what was found. */
static bool print_log(const struct config_log *log, struct buf *out)
{
	if (log->files != NULL && log->files[0] != NULL && log->files[1] == NULL) {
		field_json_string(log->files[0], out);
	} else if (log->files != NULL && log->files[0] != NULL) {
		list(log->files, out);
	} else if (log->journal != NULL) {
		buf_puts(out, "{journal: ");
		field_json_string(log->journal, out);
		buf_putc(out, '}');
	} else if (log->command != NULL && log->command[0] != NULL) {
		buf_puts(out, "{command: ");
		list(log->command, out);
		buf_putc(out, '}');
	} else {
		return false;
	}
	return true;
}

/* Appends the value; false, and nothing appended, when there is none. */
static bool print_value(const struct option *o, const void *row, struct buf *out)
{
	const void *at = (const char *)row + o->at - 1;
	char text[40];

	switch (o->type) {
	case OPT_BOOL:
		buf_puts(out, *(const bool *)at ? "true" : "false");
		return true;
	case OPT_EITHER:
		buf_puts(out, o->words[*(const bool *)at]);
		return true;
	case OPT_DURATION:
		if (is_absent(*(const int64_t *)at))
			return false;
		value_duration_text(*(const int64_t *)at, text, sizeof(text));
		buf_puts(out, text);
		return true;
	case OPT_SIZE:
		if (is_absent(*(const int64_t *)at))
			return false;
		value_size_text(*(const int64_t *)at, text, sizeof(text));
		buf_puts(out, text);
		return true;
	case OPT_REAL:
		buf_printf(out, "%g", *(const double *)at);
		return true;
	case OPT_ACTIONS:
		actions(*(const unsigned *)at, out);
		return true;
	case OPT_LOG:
		return print_log(at, out);
	case OPT_TEXT:
	case OPT_STRING:
	case OPT_WORD:
	case OPT_PATH:
	case OPT_URL:
		if (*(const char *const *)at == NULL)
			return false;
		field_json_string(*(const char *const *)at, out);
		return true;
	default:
		return false;
	}
}

static void comment(const struct option *o, struct buf *out)
{
	if (o->help != NULL)
		buf_printf(out, "  # %s", o->help);
	buf_putc(out, '\n');
}

static void print_option(const struct option *o, const void *row, const char *indent,
			 struct buf *out)
{
	struct buf value;

	buf_init(&value, 1 << 20);
	if (o->at != 0 && print_value(o, row, &value) &&
	    (o->fallback == NULL || strcmp(value.data, o->fallback) != 0)) {
		buf_printf(out, "%s%s: %s", indent, o->name, value.data);
		comment(o, out);
	} else if (o->example != NULL) {
		buf_printf(out, "%s# %s: %s", indent, o->name, o->example);
		comment(o, out);
	}
	buf_release(&value);
}

static bool is_kept(const struct config_job *j, const struct option *o)
{
	char key[64];

	if (j->rest == NULL)
		return false;
	snprintf(key, sizeof(key), "    %s: ", o->name);
	for (const char *p = j->rest; p != NULL; p = strchr(p, '\n'), p = p == NULL ? p : p + 1)
		if (strncmp(p, key, strlen(key)) == 0)
			return true;
	return false;
}

static void print_job(const struct config_job *j, struct buf *out)
{
	config_print_found(j, NULL, out);
	buf_puts(out, "  - name: ");
	field_json_string(text_str(j->name), out);
	buf_putc(out, '\n');
	for (size_t i = 1; i < option_job.n; i++) {
		const struct option *o = &option_job.options[i];
		if (!is_kept(j, o) && !config_print_found(j, o->name, out))
			print_option(o, j, "    ", out);
	}
	if (j->rest != NULL)
		buf_puts(out, j->rest);
}

static void print_jobs(const struct config *c, const struct option *o, struct buf *out)
{
	buf_printf(out, "\n# %s\n%sjobs:\n", o->help, c->njobs == 0 ? "# " : "");
	for (size_t i = 0; i < c->njobs; i++)
		print_job(&c->jobs[i], out);
	if (c->njobs > 0)
		return;
	for (size_t i = 0; i < option_job.n; i++) {
		const struct option *j = &option_job.options[i];
		buf_printf(out, "# %s%s: %s", i == 0 ? "  - " : "    ", j->name, j->example);
		comment(j, out);
	}
}

static void print_rows(const struct option *o, const char *rows, size_t n, struct buf *out)
{
	if (n == 0) {
		buf_printf(out, "\n# %s: %s", o->name, o->example);
		comment(o, out);
		return;
	}
	buf_printf(out, "\n%s:", o->name);
	comment(o, out);
	for (size_t i = 0; i < n; i++) {
		bool is_first = true;
		for (size_t k = 0; k < o->sub->n; k++) {
			const struct option *f = &o->sub->options[k];
			size_t before = out->len;
			buf_printf(out, "  %s %s: ", is_first ? "-" : " ", f->name);
			if (f->at == 0 || !print_value(f, rows + i * o->sub->size, out)) {
				out->len = before;
				out->data[before] = '\0';
				continue;
			}
			buf_putc(out, '\n');
			is_first = false;
		}
	}
}

static void print_keys(const struct config *c, const struct option *o, struct buf *out)
{
	if (c->nkeys == 0) {
		buf_printf(out, "\n# %s: %s", o->name, o->example);
		comment(o, out);
		return;
	}
	buf_puts(out, "\nkeys:\n");
	for (size_t i = 0; i < c->nkeys; i++) {
		bool is_new = true;
		for (size_t k = 0; k < i; k++)
			is_new = is_new && strcmp(c->keys[k].scope, c->keys[i].scope) != 0;
		if (!is_new)
			continue;
		buf_puts(out, "  ");
		field_json_string(c->keys[i].scope, out);
		buf_puts(out, ":\n");
		for (size_t k = i; k < c->nkeys; k++) {
			if (strcmp(c->keys[k].scope, c->keys[i].scope) != 0)
				continue;
			buf_puts(out, "    ");
			field_json_string(c->keys[k].key, out);
			buf_puts(out, ": ");
			field_json_string(c->keys[k].command, out);
			buf_putc(out, '\n');
		}
	}
}

/* They are found each time anew; there is no key for them. */
static void print_services(const struct config *c, struct buf *out)
{
	if (c->nservices > 0)
		buf_puts(out, "\n# Also found, and shown without being configured:\n");
	for (size_t i = 0; i < c->nservices; i++)
		buf_printf(out, "#   %s %s (%s)\n", c->services[i].kind, c->services[i].url,
			   c->services[i].found_by);
}

void config_print(const struct config *c, struct buf *out)
{
	buf_puts(out, "# A configuration of sparkops. What is commented out is a default or an "
		      "example.\n# `sparkops --check --config FILE` says whether it is right.\n");
	if (c->looked != NULL && c->njobs == 0)
		buf_printf(out, "# Looked at %s.\n", c->looked);
	buf_putc(out, '\n');
	for (size_t i = 0; i < option_top.n; i++) {
		const struct option *o = &option_top.options[i];
		if (o->type == OPT_KEYS)
			print_keys(c, o, out);
		else if (o->sub == &option_job)
			print_jobs(c, o, out);
		else if (o->sub == &option_cluster)
			print_rows(o, (const char *)c->clusters, c->nclusters, out);
		else if (o->sub == &option_auth)
			print_rows(o, (const char *)c->auths, c->nauths, out);
		else if (o->sub == &option_signature)
			print_rows(o, (const char *)c->signatures, c->nsignatures, out);
		else
			print_option(o, c, "", out);
	}
	print_services(c, out);
}

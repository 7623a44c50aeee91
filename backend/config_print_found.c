/* config_print_found.c - what --print-config says of a job that was found: how, by which JVM it is
 * known again, and what would start it again.
 *
 * The restart is commented out: nobody wrote it, so nobody said that it is right. Values that look
 * like secrets are left out of its command line; this text is made to be stored in a file. */
#include <string.h>

#include "../include/field.h"
#include "config_file.h"
#include "config_value.h"
#include "redact.h"

/* In a hook a brace with a name in it means a value. */
static bool has_placeholder(const char *const *argv)
{
	for (; *argv != NULL; argv++) {
		const char *s = *argv, *name;
		size_t len;

		if (value_placeholder(&s, s + strlen(s), &name, &len))
			return true;
	}
	return false;
}

static bool is_deleted(const struct config_found *f)
{
	static const char mark[] = " (deleted)";
	size_t len = f->cwd == NULL ? 0 : strlen(f->cwd);

	return len >= sizeof(mark) && strcmp(f->cwd + len - (sizeof(mark) - 1), mark) == 0;
}

static bool has_folder(const struct config_found *f)
{
	return f->cwd != NULL && f->cwd[0] == '/' && !is_deleted(f);
}

/* What makes the job and is not in its command line. */
static void print_lacks(const struct config_found *f, struct buf *out)
{
	if (is_deleted(f))
		buf_puts(out, "; its folder is not there any more: it needs another cwd");
	else if (!has_folder(f))
		buf_puts(out, "; the folder it runs in was not seen: it may need a cwd");
	buf_puts(out, "; its environment is not part of that");
	for (size_t i = 0; f->environment != NULL && f->environment[i] != NULL; i++)
		buf_printf(out, "%s%s", i == 0 ? ": " : ", ", f->environment[i]);
	buf_putc(out, '\n');
}

static void print_command(const struct config_found *f, struct buf *out)
{
	bool is_masked = false, hides = false;
	struct buf arg;

	if (has_placeholder(f->argv)) {
		buf_puts(out, "    # its command line holds {names}, which would be placeholders "
			      "here: write its restart by hand\n");
		return;
	}
	buf_puts(out, "    # restart: {command: [");
	buf_init(&arg, 1 << 20);
	for (size_t i = 0; f->argv[i] != NULL; i++) {
		buf_clear(&arg);
		buf_puts(&arg, "");
		hides = redact_arg(f->argv[i], strlen(f->argv[i]), hides, &arg);
		is_masked = is_masked || strcmp(arg.data, f->argv[i]) != 0;
		buf_puts(out, i == 0 ? "" : ", ");
		field_json_string(arg.data, out);
	}
	buf_release(&arg);
	buf_putc(out, ']');
	if (has_folder(f)) {
		buf_puts(out, ", cwd: ");
		field_json_string(f->cwd, out);
	}
	buf_printf(out, ", detach: true}  # as it runs now%s",
		   is_masked ? "; *** stands for what looks like a secret" : "");
	print_lacks(f, out);
}

void config_print_restart(const struct config_found *f, struct buf *out)
{
	if (f->restart_unit != NULL) {
		buf_puts(out, "    # restart: {systemd: ");
		field_json_string(f->restart_unit, out);
		buf_puts(out, "}  # the unit that runs it\n");
	} else if (f->container != NULL) {
		buf_puts(out, "    # restart: {command: [docker, restart, ");
		field_json_string(f->container, out);
		buf_puts(out, "]}  # or what else runs its container\n");
	} else if (f->argv != NULL && f->argv[0] != NULL) {
		print_command(f, out);
	} else if (f->is_orphan) {
		buf_puts(out,
			 "    # its Python has gone, and with it the command that began it: its "
			 "restart is not known\n");
	}
}

/* False: there is nothing to say beside its address. */
static bool print_ui(const struct config_job *j, struct buf *out)
{
	const struct config_found *f = j->found;

	if (j->ui != NULL && f->is_ui_given) {
		buf_puts(out, "    ui: ");
		field_json_string(j->ui, out);
		buf_puts(out,
			 "  # the system gave it that port: it is another one at each start\n");
		return true;
	}
	if (j->ui != NULL || f->waiting_ui <= 0)
		return false;
	buf_printf(
		out,
		"    ui: \"http://127.0.0.1:%lld\"  # by its port: it was not asked, others wait "
		"there unanswered\n",
		(long long)f->waiting_ui);
	return true;
}

static void print_match(const struct config_job *j, struct buf *out)
{
	const char *names[] = {"main_class", "app_name"};
	const char *values[] = {j->match_main_class, j->match_app_name};
	bool is_first = true;

	buf_puts(out, "    match: {");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (values[i] == NULL)
			continue;
		buf_printf(out, "%s%s: ", is_first ? "" : ", ", names[i]);
		field_json_string(values[i], out);
		is_first = false;
	}
	buf_puts(out, "}\n");
}

static void print_how(const struct config_job *j, struct buf *out)
{
	buf_printf(out, "  # %s\n", j->found_by);
	if (j->found->unseen != NULL)
		buf_printf(out, "  # not seen: %s\n", j->found->unseen);
}

bool config_print_found(const struct config_job *j, const char *key, struct buf *out)
{
	if (j->found == NULL)
		return false;
	if (key == NULL) {
		print_how(j, out);
		return true;
	}
	if (strcmp(key, "match") == 0 && (j->match_main_class || j->match_app_name)) {
		print_match(j, out);
		return true;
	}
	if (strcmp(key, "ui") == 0)
		return print_ui(j, out);
	if (strcmp(key, "restart") == 0) {
		config_print_restart(j->found, out);
		return true;
	}
	return false;
}

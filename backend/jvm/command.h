/* jvm/command.h - what a command line says: is it a Spark JVM, in which role, with which settings.
 *
 * Input is /proc/PID/cmdline: arguments with a NUL behind each, of another user's process, up to
 * what we care to read. Exact tokens only: class names in the values of -cp and --conf are no main
 * classes. Role names and classes: Spark's org.apache.spark.deploy, launcher/, docs
 * submitting-applications; java(1) for the launcher's own options. Pure; any thread. */
#ifndef SPARKOPS_JVM_COMMAND_H
#define SPARKOPS_JVM_COMMAND_H

#include "../../include/row/jvm.h"

enum { COMMAND_BYTES_MAX = 1 << 20, COMMAND_SHOWN_MAX = 4096 };

struct command {
	int role; /* enum jvm_role */
	const struct text *main_class, *application_id, *executor_id, *app_name, *user_class;
	const struct text *script, *master, *driver_host;
	int64_t driver_port, cores, ui_port, heap_bytes;
	bool is_pyspark_shell;
};

/* Is it a Spark JVM by its arguments? Fills out, with texts in the arena. */
bool command_parse(struct arena *a, const char *bytes, size_t len, struct command *out);
/* The whole line for people: blanks between the arguments, without secrets, cut and cleaned; NULL:
 * empty. */
const struct text *command_text(struct arena *a, const char *bytes, size_t len);
/* Of a Python's command line: the script or `-m module`; NULL. */
const struct text *command_script(struct arena *a, const char *bytes, size_t len);
/* The last part of the path in the first argument. */
void command_program(const char *bytes, size_t len, char *out, size_t size);

#endif

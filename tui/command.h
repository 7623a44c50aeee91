/* command.h - the command table: everything a key, or a line after `:`, can make happen.
 *
 * To add a command: a function and one row in the table of command.c (or in the list of the view
 * that alone has it). Prompt, completion, help page and bindability come without more code. Main
 * thread. */
#ifndef SPARKOPS_COMMAND_H
#define SPARKOPS_COMMAND_H

#include "../include/arena.h"
#include "../include/err.h"

struct ui;

/* 0, or a negative code with a line for the operator in err. args: what follows the name, trimmed,
 * never NULL. */
typedef int command_fn(struct ui *ui, const char *args, struct err *err);
/* Fills out with at most max completions of the last argument, in the arena. */
typedef size_t command_complete_fn(struct ui *ui, const char *prefix, const char **out, size_t max);

struct command {
	const char *name; /* NULL ends a list */
	const char *args; /* for help: "[FIELD]", "" */
	const char *help;
	command_fn *run;
	command_complete_fn *complete; /* optional */
	bool is_hidden;                /* only for keys (movement): not offered by completion */
};

extern const struct command commands[];

/* Runs a command line: the view's own commands first, then the table, then a view's name. */
MUST_CHECK int command_run(struct ui *ui, const char *line, struct err *err);
/* Whole lines that begin with `line`, sorted, in the frame arena. */
size_t command_complete(struct ui *ui, const char *line, const char **out, size_t max);
const struct command *command_find(const struct command *list, const char *name, size_t len);

#endif

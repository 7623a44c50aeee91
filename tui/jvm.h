/* jvm.h - how a JVM looks and what is told of it, wherever it stands: the jvms view, a job's own
 * view, a thread dump. */
#ifndef SPARKOPS_TUI_JVM_H
#define SPARKOPS_TUI_JVM_H

#include "../include/row/jvm.h"
#include "ui.h"

/* A JVM's verdict has the mark and role of the job's verdict that it leads to. */
const char *jvm_mark(const struct glyphs *g, int verdict);
enum style jvm_style(int verdict);
const char *jvm_word(int verdict); /* "-" while nobody has judged it */
int jvm_rank(int verdict);         /* 0 is the worst */

/* `executor 3`, `driver`. */
void jvm_role(const struct jvm_row *j, char *out, size_t size);
/* The job it belongs to, else what names it best: application, class; never NULL. */
const char *jvm_whose(const struct jvm_row *j);
/* Everything known of it, a labelled line each, in the view's arena: why it is judged so first. */
size_t jvm_lines(struct ui *ui, struct view_state *v, const struct jvm_row *j,
		 const struct line **out);
/* In the shown snapshot, or NULL: by its id; the driver of a job, of several the one whose pid the
 * job has, else the youngest that lives. */
const struct jvm_row *jvm_by_id(const struct ui *ui, const char *id);
const struct jvm_row *jvm_driver_of(const struct ui *ui, const char *job);
/* It drove its job before another one was started. */
bool jvm_is_earlier(const struct jvm_row *j);

#endif

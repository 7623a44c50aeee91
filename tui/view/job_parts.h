/* job_parts.h - parts of the job view: its charts; what it shows of its host: the driver's JVM, how
 * the job was found, and the known failures of its logs among what happened. */
#ifndef SPARKOPS_VIEW_JOB_PARTS_H
#define SPARKOPS_VIEW_JOB_PARTS_H

#include "../ui.h"

enum { JOB_LABEL_W = 11, JOB_EVENTS_SHOWN = 14 };

/* Its events and the marks of its logs, by time, as lines; j may be NULL. */
void job_gather_events(struct ui *ui, struct view_state *v, const struct job_row *j,
		       struct pager *p);
/* `jvm` and `found`: returns the line after them; draws nothing when a has no height. */
int job_draw_host(struct ui *ui, const struct job_row *j, struct area a, int y);
/* As many side by side as find room; their names are bright when they have the focus. */
void job_draw_charts(const struct job_row *j, struct area a, bool is_focused);

#endif

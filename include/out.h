/* out.h - a snapshot as text for other programs, by schema. Pure; any thread. Implemented in
 * backend/out/. */
#ifndef SPARKOPS_OUT_H
#define SPARKOPS_OUT_H

#include "snapshot.h"

struct out_options {
	const char *view; /* member name; NULL: everything */
	const char *job;  /* only this job's rows; NULL: all */
	const char *host;
};

/* One JSON object (INTERFACES.md section 4), no newline. */
void out_json(const struct snapshot *s, const struct out_options *o, struct buf *out);
/* The first line is a monitoring plug-in's, then the view as plain columns. */
void out_text(const struct snapshot *s, const struct out_options *o, struct buf *out);
/* Exit code of --once: the worst of all jobs (INTERFACES.md section 1). */
int out_exit_code(const struct snapshot *s);

#endif

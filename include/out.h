/* out.h - a snapshot as text for other programs, by schema. Pure; any thread. Implemented in
 * backend/out/. */
#ifndef SPARKOPS_OUT_H
#define SPARKOPS_OUT_H

#include "snapshot.h"

struct out_options {
	const char *view; /* a view's, member's or row type's name; NULL: everything */
	const char *job;  /* only this job's rows; NULL: all */
	const char *host;
	bool is_whole; /* text: no cell is cut, however wide that makes its column */
};

/* False: stop, nobody reads any more. */
typedef bool out_write_fn(void *data, const char *bytes, size_t len);

/* One JSON object, no newline. Its members are those of out/json.c, keys those of the schemas. */
void out_json(const struct snapshot *s, const struct out_options *o, struct buf *out);
/* The same in pieces, so that a million rows need no memory. False: write said stop. */
MUST_CHECK bool out_json_write(const struct snapshot *s, const struct out_options *o,
			       out_write_fn *write, void *data);
/* The first line is a monitoring plug-in's, then the view as plain columns. */
void out_text(const struct snapshot *s, const struct out_options *o, struct buf *out);
/* Exit code of --once, sparkops(1), EXIT STATUS: the worst of all jobs, or that of one. */
int out_exit_code(const struct snapshot *s);
int out_exit_code_job(const struct snapshot *s, const char *job);

/* What a VIEW on the command line shows: `overview` and `job` are jobs, `sources` targets, else a
 * member or a row type by its name. NULL: there is none. */
const struct schema *out_view(const char *name);
/* The views and members that out_view() knows, for a message: `overview, jobs, executors, ...`. */
void out_view_names(struct buf *out);
bool out_has_job(const struct snapshot *s, const char *name);

#endif

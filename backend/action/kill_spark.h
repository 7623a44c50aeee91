/* action/kill_spark.h - what is killed through Spark itself, and the requests that do it. Private
 * to kill_spark*.c. */
#ifndef SPARKOPS_ACTION_KILL_SPARK_H
#define SPARKOPS_ACTION_KILL_SPARK_H

#include "act.h"

enum spark_kind { SPARK_JOB, SPARK_STAGE, SPARK_APPLICATION, SPARK_DRIVER };

struct spark_thing {
	enum spark_kind kind;
	char id[128];          /* "12", "app-2026...-0000": letters, digits, - and _ only */
	char application[128]; /* job, stage: of the UI; "" for the others */
	char where[512];       /* URL of the driver's UI or of the master, no slash behind it */
	char says[160];        /* "job 12" */
	bool has_no_token;     /* Spark before 4.0: its forms carry none */
};

/* A sentence that stops it: it is another application there, or the thing does not run (any more).
 * One GET or two; -ERR_REFUSED, or -ERR_NET: nothing can be said. */
MUST_CHECK int spark_check(struct act *a, const struct spark_thing *t, struct err *err);
/* Asked once, by POST, then looked at until it is gone. */
MUST_CHECK enum action_state spark_kill(struct act *a, const struct spark_thing *t);
/* The value of a page's hidden field csrfToken: letters, digits, - and _; "": it has none. */
enum { SPARK_TOKEN_MAX = 128 };
void spark_token(const char *page, char out[static SPARK_TOKEN_MAX]);
/* "POST http://...": what will be sent. */
const char *spark_line(const struct spark_thing *t, struct arena *a);

#endif

/* action/kill_spark.h - what is killed through Spark itself, and the requests that do it. Private
 * to kill_spark*.c. */
#ifndef SPARKOPS_ACTION_KILL_SPARK_H
#define SPARKOPS_ACTION_KILL_SPARK_H

#include "../../include/row/spark.h"
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

/* What its place says of it; NULL: nothing. */
struct spark_found {
	const struct spark_job_row *job;
	const struct stage_row *stage;
	const struct cluster_app_row *app;
	const struct cluster_driver_row *driver;
};

bool spark_is_of_ui(const struct spark_thing *t); /* else of a master */
/* Of the request; -ERR_REFUSED: it is not plain, or not known (yet). t->says may be empty then. */
MUST_CHECK int spark_find(struct act *a, struct spark_thing *t, struct err *err);
/* The job of it that is known now: act_is_of(). */
void spark_find_job(struct act *a, const struct spark_thing *t);
/* What was heard from its place, NULL: there is no such target; and its row there. */
const struct section *spark_section(const struct snapshot *s, const struct spark_thing *t);
struct spark_found spark_row(const struct section *s, const struct spark_thing *t);

/* A sentence that stops it: it is another application there (-ERR_REFUSED), the thing does not run
 * any more (-ERR_MISSING), or nothing can be said (-ERR_NET). One GET or two. */
MUST_CHECK int spark_check(struct act *a, const struct spark_thing *t, struct err *err);
/* Asked once, by POST, then looked at until it is gone. */
MUST_CHECK enum action_state spark_kill(struct act *a, const struct spark_thing *t);
/* The value of a page's hidden field csrfToken: letters, digits, - and _; "": it has none. */
enum { SPARK_TOKEN_MAX = 128 };
void spark_token(const char *page, char out[static SPARK_TOKEN_MAX]);
/* "POST http://...": what will be sent. */
const char *spark_line(const struct spark_thing *t, struct arena *a);

#endif

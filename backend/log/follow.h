/* log/follow.h - one place where a log is read, whatever it is, and the rows made of it.
 *
 * A place is written as it is shown, without secrets: `/srv/jobs/job.log`,
 * `journal migration-api.service`, `command docker logs -f etl`, `worker http://...`.
 * Blocking: on a pool thread, one owner at a time. */
#ifndef SPARKOPS_LOG_FOLLOW_H
#define SPARKOPS_LOG_FOLLOW_H

#include "../../include/backend.h"
#include "signature.h"

struct log_follow;

struct follow_spec { /* all copied */
	const char *job, *place, *whose, *found_by;
	const char *const *command; /* of a `command` place */
};

/* Takes the reference. */
struct log_follow *follow_new(const struct follow_spec *spec, struct signatures *signatures);
void follow_free(struct log_follow *f);
/* Reads what is new. True: there is more, look again soon. */
bool follow_look(struct log_follow *f, int64_t now);
/* Bytes that came otherwise (of a worker's tail). */
void follow_add(struct log_follow *f, const char *p, size_t len);
/* That many bytes of it were never asked for: it grew too fast. */
void follow_skip(struct log_follow *f, int64_t bytes);
/* Has anything changed since the last rows? */
bool follow_has_news(const struct log_follow *f);
/* log_file, log_mark and the newest log_line rows; one reference. */
struct dataset *follow_rows(struct log_follow *f);
/* A page for REQUEST_LOG_PAGE; one reference. */
struct dataset *follow_page(struct log_follow *f, const struct request *r);
/* Why it is not followed; NULL: it is. */
const char *follow_problem(const struct log_follow *f);

/* What follows a unit. The first start asks for what is there already (since ABSENT), later ones
 * for what came since. */
struct journal_argv {
	char last[40];
	const char *v[10];
};
void follow_journal_argv(const char *unit, int64_t since, struct journal_argv *out);

/* The kinds of place. */
extern const char follow_journal[], follow_command[], follow_worker[]; /* "journal " ... */

#endif

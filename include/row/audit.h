/* row/audit.h - one row of the audit, as `sparkops audit` lists it: an intent, a step or an
 * outcome, and who it was. */
#ifndef SPARKOPS_ROW_AUDIT_H
#define SPARKOPS_ROW_AUDIT_H

#include "../field.h"

struct audit_row {
	int64_t number;            /* 1 is the first ever */
	int64_t intent;            /* number of the intent it belongs to; ABSENT: it is one */
	int64_t at;                /* wall ms */
	const struct text *kind;   /* intent step outcome attempt reveal hold mark */
	const struct text *action; /* kill replay ... */
	const struct text *job, *target, *state, *says, *proof;
	const struct text *user, *host, *tty, *client;
	int64_t uid, login_uid, pid;
	const struct text *hash; /* of this row and the hash before it; syslog has it, too */
};
extern const struct schema schema_audit;

#endif

/* audit.h - the door to the audit for a front end without a backend: read only, also while consoles
 * run. Main thread; blocks for a short read. Implemented in backend/store/. */
#ifndef SPARKOPS_AUDIT_H
#define SPARKOPS_AUDIT_H

#include "err.h"
#include "row/audit.h"
#include "snapshot.h"

/* Rows of schema_audit, newest first, at most that many (ABSENT: all). Where nothing was ever done
 * there are none. One reference. */
MUST_CHECK int audit_rows(const char *state_dir, int64_t most, struct dataset **out,
			  struct err *err);

struct audit_proof {
	int64_t rows, first_bad; /* ABSENT: none is */
	bool is_whole;
	char kind[16];  /* whole changed missing cut added attempt mark hold */
	char head[65];  /* hash of the last row, to be compared with what syslog has; "" */
	char says[200]; /* a sentence */
};
MUST_CHECK int audit_proved(const char *state_dir, struct audit_proof *out, struct err *err);

#endif

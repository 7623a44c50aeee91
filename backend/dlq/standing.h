/* dlq/standing.h - how the entries of a folder stand by the ledger: state, attempts, proof.
 *
 * An entry's own word counts first; what its unit's attempt did holds for it where that includes
 * it. Pure but for the name of the folder. */
#ifndef SPARKOPS_DLQ_STANDING_H
#define SPARKOPS_DLQ_STANDING_H

#include "../../include/ledger_view.h"
#include "../../include/row/dlq.h"
#include "folder.h"

struct standing {
	const struct ledger_view *view;         /* borrowed; NULL: nothing is known */
	const struct ledger_view_state **units; /* attempts at units, by unit */
	/* attempts at lines: whose failure came back, and that were not the first at theirs */
	const struct ledger_view_state **back, **again;
	size_t nunits, nback, nagain;
	const char *job;
	char *path; /* of the folder, as the ledger knows it */
};

/* Units and batches mean something within their job only: of other jobs and folders they do not
 * count. */
void standing_init(struct standing *s, const struct ledger_view *view, const struct folder *f,
		   const char *job);
void standing_release(struct standing *s);
/* A row that is pending or old becomes what the ledger says of it. */
void standing_fill(const struct standing *s, struct dlq_entry_row *row);
/* Entries of the folder that are done, covered or given up, as far as the ledger knows where they
 * lay; of those marked by hand, those of the job. */
int64_t standing_closed(const struct standing *s, const struct folder *f);
/* Where a state stands among states: what is open first, done last. */
int standing_rank(int state);

#endif

/* action/replay_stand.h - how the entries of a queue stand by the ledger; for replay and mark.
 *
 * dlq/standing.h says the same of the rows of a view; whose word counts is dlq/word.h in both. */
#ifndef SPARKOPS_ACTION_REPLAY_STAND_H
#define SPARKOPS_ACTION_REPLAY_STAND_H

#include "../dlq/word.h"
#include "../store/ledger.h"
#include "replay_queue.h"

/* What a failed attempt's outcome begins with when its failure came back. */
#define REPLAY_CAME_BACK "came back as line "

struct stand {
	const struct queue *q;
	const struct ledger_list *known;
	const struct ledger_attempt **units; /* by number of a unit's first entry; NULL */
	/* attempts at lines: whose failure came back, and that were not the first at theirs */
	const struct ledger_attempt **returned, **again;
	size_t nreturned, nagain;
};

/* known: see replay_read_known(). Both are borrowed. */
void stand_init(struct stand *s, const struct queue *q, const struct ledger_list *known);
void stand_release(struct stand *s);
/* The key under which the unit of that first entry is sent: that of the entry that was first when
 * it was sent first, which may have left the folder since. */
void stand_key(const struct stand *s, uint32_t first, char key[33]);
/* What is known of that key; NULL. */
const struct ledger_attempt *stand_unit(const struct stand *s, uint32_t first);
/* enum dlq_state; DLQ_DOUBT also while it is being sent. own: what is known of its own key. */
int stand_state(const struct stand *s, uint32_t i, const struct ledger_attempt **own);
/* Attempts of the failure that came back as this one, where lines and not units count. */
int64_t stand_inherited(const struct stand *s, const struct queue_entry *e);
/* Whose word counts for an entry of that time; own, unit: NULL, nothing is known. */
enum dlq_whose stand_whose(const struct ledger_attempt *own, const struct ledger_attempt *unit,
			   int64_t at);
bool stand_has_come_back(const struct ledger_attempt *t); /* NULL: no */

/* How every key stands, whatever the job was called then; the list may be changed. Units and
 * batches mean something within their job only: of other jobs and folders they are left out. */
MUST_CHECK int replay_read_known(struct ledger *l, const char *job, const char *folder,
				 struct arena *a, struct ledger_list *out, struct err *err);
/* How a key stands in the list; NULL: nothing is known of it. */
const struct ledger_attempt *replay_known(const struct ledger_list *known, const char *key);

#endif

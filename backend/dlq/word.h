/* dlq/word.h - whose word counts for an entry: its own, or that of its unit.
 *
 * The ledger knows entries by key. What is sent for a unit has the key of the unit's first entry;
 * the others have a row of their own where they were covered by it, or marked by a person. */
#ifndef SPARKOPS_DLQ_WORD_H
#define SPARKOPS_DLQ_WORD_H

#include <stdbool.h>
#include <stdint.h>

/* What the ledger says of a key. */
struct dlq_word {
	int64_t id;         /* of its last attempt; 0: none, it is only marked */
	int64_t covered_by; /* id of the attempt of its unit that did it; 0 */
	int64_t began_at;   /* of that attempt, wall ms */
	int state;          /* enum dlq_state */
	int64_t mark;       /* that is what a person said since: its id; 0: nobody did */
};

enum dlq_whose { WORD_OF_NONE, WORD_OF_ENTRY, WORD_OF_UNIT };
/* own, unit: NULL, nothing is known of it; the same: it is the unit's first. at: of the entry, wall
 * ms, ABSENT. WORD_OF_NONE: it is pending. Pure. */
enum dlq_whose dlq_whose(const struct dlq_word *own, const struct dlq_word *unit, int64_t at);

#endif

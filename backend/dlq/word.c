/* dlq/word.c - see word.h.
 *
 * A person's mark is given to all entries of a unit, so where only the others have one, the unit
 * was sent after it. Ids of attempts grow, so the order of two attempts is known whatever the clock
 * did; an entry of which nothing was written is told by its time. */
#include "word.h"

#include "../../include/row/dlq.h"

static bool is_closed(int state)
{
	return state == DLQ_DONE || state == DLQ_GIVEN_UP;
}

/* Was the unit done after what is said of the entry? */
static bool is_done_since(const struct dlq_word *own, const struct dlq_word *unit)
{
	if (!unit->id || unit->state != DLQ_DONE)
		return false;
	return own->is_marked ? own->state == DLQ_PENDING && !unit->is_marked : own->id < unit->id;
}

enum dlq_whose dlq_whose(const struct dlq_word *own, const struct dlq_word *unit, int64_t at)
{
	if (!unit || own == unit)
		return own ? WORD_OF_ENTRY : WORD_OF_NONE;
	if (unit->state == DLQ_DOUBT)
		return WORD_OF_UNIT;
	if (!own)
		return unit->id && is_closed(unit->state) && !is_absent(at) && at <= unit->began_at
			       ? WORD_OF_UNIT
			       : WORD_OF_NONE;
	if (own->state == DLQ_DOUBT)
		return WORD_OF_ENTRY;
	if ((own->covered_by && !own->is_marked) || is_done_since(own, unit))
		return WORD_OF_UNIT;
	return WORD_OF_ENTRY;
}

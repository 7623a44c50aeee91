/* dlq/word.c - see word.h.
 *
 * Ids grow: the order of two attempts, and of two marks, is known whatever the clock did. A
 * person's mark is given to all entries of a unit, so where only another one has it, the unit was
 * sent after it. An entry of which nothing was written is told by its time. */
#include "word.h"

#include "../../include/row/dlq.h"

static bool is_closed(int state)
{
	return state == DLQ_DONE || state == DLQ_GIVEN_UP;
}

/* Was the unit closed after what leaves the entry open? */
static bool is_closed_since(const struct dlq_word *own, const struct dlq_word *unit)
{
	if (is_closed(own->state) || !is_closed(unit->state))
		return false;
	if (own->mark)
		return !unit->mark || own->mark < unit->mark;
	return own->id < unit->id;
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
	if ((own->covered_by && !own->mark) || is_closed_since(own, unit))
		return WORD_OF_UNIT;
	return WORD_OF_ENTRY;
}

/* rule/acting.c - what is being done to a job at this moment, by this sparkops or by another one
 * that shares the ledger: said in the job's row, so that nobody begins a second thing. */
#include "../../include/row/action.h"
#include "state.h"
#include "verdict.h"

static const char *const doing[] = {
	[ACTION_KILL] = "killing",       [ACTION_KILL_SPARK] = "killing in Spark",
	[ACTION_REPLAY] = "replaying",   [ACTION_RESTART] = "restarting",
	[ACTION_RECOVER] = "recovering", [ACTION_MARK] = "marking entries",
	[ACTION_HOLD] = "holding",
};

_Static_assert(ARRAY_LEN(doing) == ACTION_COUNT, "each action has a word for it while it runs");

static bool is_running(const struct action_row *a)
{
	return (a->state == ACTION_STATE_RUNS || a->state == ACTION_STATE_ASKS) && a->job &&
	       a->action >= 0 && a->action < ACTION_COUNT;
}

void acting_look(struct rules *r, const struct dataset *actions)
{
	const struct rowset *rows = dataset_rows(actions, &schema_action);

	r->nacting = 0;
	for (size_t i = 0; i < rows->n && r->nacting < ARRAY_LEN(r->acting); i++) {
		const struct action_row *a = rows->rows[i];

		if (is_running(a))
			r->acting[r->nacting++] = a;
	}
}

const struct action_row *acting_on(const struct rules *r, const struct text *job)
{
	for (size_t i = 0; i < r->nacting; i++)
		if (text_cmp(r->acting[i]->job, job) == 0)
			return r->acting[i];
	return NULL;
}

void acting_fill(const struct rules *r, int64_t at, struct arena *a, struct job_row *row)
{
	const struct action_row *one = acting_on(r, row->name);
	const struct text *step;

	if (!one)
		return;
	step = one->state == ACTION_STATE_ASKS && one->asks ? one->asks : one->step;
	row->action = text_format(a, "%s", action_words[one->action]);
	row->action_says =
		text_format(a, "%s for %s%s%s%s%s", doing[one->action],
			    is_absent(one->began_at) ? "a moment"
						     : age_words(a, max_i64(at - one->began_at, 0)),
			    one->who ? " by " : "", one->who ? text_str(one->who) : "",
			    step ? ": " : "", step ? text_str(step) : "");
}

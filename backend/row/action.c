/* row/action.c - the field tables of an action (`actions` of --json) and of a plan. */
#include "../../include/row/action.h"
#include "row.h"

#define X(id, symbol, word, key, permission, title) word,
const char *const action_words[] = {ACTION_LIST(X) NULL};
#undef X

#define X(id, name) name,
const char *const action_state_names[] = {ACTION_STATE_LIST(X) NULL};
#undef X

#define F(...) ROW_FIELD(struct action_row, __VA_ARGS__)
#define E(...) ROW_ENUM(struct action_row, __VA_ARGS__)

static const struct field fields[] = {
	F(number, INT, NONE, FIELD_KEY, NULL, "NO", "its number in the audit"),
	F(began_at, TIME, NONE, 0, NULL, "BEGAN", "when it was asked for"),
	F(ended_at, TIME, NONE, 0, NULL, "ENDED", "when its outcome was written"),
	F(word, TEXT, NONE, 0, NULL, "ACTION", "kill, replay, restart ..."),
	F(job, TEXT, NONE, 0, NULL, "JOB", "the job it was done to"),
	F(target, TEXT, NONE, 0, NULL, "TARGET", "what it was done to"),
	E(state, action_state_names, 0, "STATE", "how it stands or ended"),
	F(who, TEXT, NONE, 0, NULL, "WHO", "who asked for it"),
	F(host, TEXT, NONE, 0, NULL, "HOST", "where it was asked for"),
	F(step, TEXT, NONE, 0, NULL, "STEP", "what it does now"),
	F(outcome, TEXT, NONE, 0, NULL, "OUTCOME", "what came of it"),
	F(proof, TEXT, NONE, 0, NULL, "PROOF", "what shows that it worked"),
	F(steps, TEXTS, NONE, 0, NULL, "STEPS", "what was done, in order"),
	F(plan, INT, NONE, FIELD_NO_JSON | FIELD_KEY, NULL, "PLAN", "number of its question"),
	F(asks, TEXT, NONE, FIELD_NO_JSON, NULL, "ASKS", "the decision it waits for"),
};

const struct schema schema_action = {
	.name = "action",
	.title = "actions",
	.member = "actions",
	.size = sizeof(struct action_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

#undef F
#define F(...) ROW_FIELD(struct plan_row, __VA_ARGS__)

static const struct field plan_fields[] = {
	F(number, INT, NONE, FIELD_KEY, NULL, "NO", "its number"),
	F(job, TEXT, NONE, 0, NULL, "JOB", "the job"),
	F(title, TEXT, NONE, 0, NULL, "WHAT", "what is asked"),
	F(target, TEXTS, NONE, 0, NULL, "TARGET", "who is meant"),
	F(verdict, TEXT, NONE, 0, NULL, "VERDICT", "what sparkops concludes about it"),
	F(steps, TEXTS, NONE, 0, NULL, "STEPS", "what would be done, in order"),
	F(facts, TEXTS, NONE, 0, NULL, "FACTS", "how much it is"),
	F(loses, TEXTS, NONE, 0, NULL, "LOSES", "what is lost"),
	F(stays, TEXTS, NONE, 0, NULL, "STAYS", "what stays"),
	F(warning, TEXT, NONE, 0, NULL, "WARNING", "what speaks against it"),
	F(refused, TEXT, NONE, 0, NULL, "REFUSED", "why it is not possible"),
	F(paste, TEXTS, NONE, 0, NULL, "PASTE", "lines to run"),
	F(to_type, TEXT, NONE, FIELD_NO_JSON, NULL, "TYPE", "what confirms it"),
	F(says, TEXT, NONE, FIELD_NO_JSON, NULL, "SAYS", "what changed meanwhile"),
};

const struct schema schema_plan = {
	.name = "plan",
	.title = "plans",
	.size = sizeof(struct plan_row),
	.fields = plan_fields,
	.nfields = ARRAY_LEN(plan_fields),
};

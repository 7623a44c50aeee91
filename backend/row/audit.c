/* row/audit.c - the field table of the audit. */
#include "../../include/row/audit.h"
#include "row.h"

#define F(...) ROW_FIELD(struct audit_row, __VA_ARGS__)

static const struct field fields[] = {
	F(number, INT, NONE, FIELD_KEY, NULL, "NO", "its number, 1 is the first ever"),
	F(intent, INT, NONE, 0, NULL, "OF", "number of the intent it belongs to"),
	F(at, TIME, NONE, 0, NULL, "AT", "when it was written"),
	F(kind, TEXT, NONE, 0, NULL, "KIND", "intent, step, outcome, attempt, reveal, hold, mark"),
	F(action, TEXT, NONE, 0, NULL, "ACTION", "kill, replay, restart ..."),
	F(job, TEXT, NONE, 0, NULL, "JOB", "the job it was done to"),
	F(target, TEXT, NONE, 0, NULL, "TARGET", "what it was done to"),
	F(state, TEXT, NONE, 0, NULL, "STATE", "how it ended"),
	F(says, TEXT, NONE, 0, NULL, "SAYS", "what was asked, done, or came of it"),
	F(proof, TEXT, NONE, 0, NULL, "PROOF", "what shows that it worked"),
	F(user, TEXT, NONE, 0, NULL, "WHO", "who asked for it"),
	F(host, TEXT, NONE, 0, NULL, "HOST", "where it was asked for"),
	F(tty, TEXT, NONE, 0, NULL, "TTY", "at which terminal"),
	F(client, TEXT, NONE, 0, NULL, "FROM", "over ssh from where"),
	F(uid, INT, NONE, 0, NULL, "UID", "user id"),
	F(login_uid, INT, NONE, 0, NULL, "LOGIN", "user id of the login, also behind sudo"),
	F(pid, INT, NONE, 0, NULL, "PID", "process of sparkops"),
	F(hash, TEXT, NONE, 0, NULL, "HASH", "of this row and the hash before it"),
};

const struct schema schema_audit = {
	.name = "audit",
	.title = "audit",
	.member = "audit",
	.size = sizeof(struct audit_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

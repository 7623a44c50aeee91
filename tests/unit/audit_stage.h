/* audit_stage.h - rows for a ledger of its own, a hand that changes them, and what verify says. */
#ifndef SPARKOPS_TESTS_AUDIT_STAGE_H
#define SPARKOPS_TESTS_AUDIT_STAGE_H

#include "ledger_stage.h"

#include <sqlite3.h>

static inline int64_t put(struct ledger *l, const char *kind, int64_t intent, const char *says)
{
	struct audit_entry e = {.at = ABSENT,
				.kind = kind,
				.intent = intent,
				.action = "kill",
				.job = "migration",
				.target = "java 18423",
				.says = says};
	struct err err = {0};
	int64_t seq = 0;

	if (audit_put(l, &e, &seq, &err) != 0)
		fail_msg("%s", err.message);
	return seq;
}

/* By a hand that knows SQLite. */
static inline void tamper(const char *sql)
{
	char path[200], *why = NULL;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/ledger.db", stage_state());
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s", why);
	sqlite3_close(db);
}

static inline struct audit_verdict verify(void)
{
	struct ledger *l = ledger_open(stage_state(), true, NULL);
	struct audit_verdict v;
	struct err err;

	assert_non_null(l);
	assert_int_equal(audit_verify(l, &v, &err), 0);
	ledger_close(l);
	return v;
}

#endif

/* audit_door.c - the audit as rows, for `sparkops audit` (include/audit.h). A ledger that is not
 * there yet is an empty one, and is not made by looking. */
#include "../../include/audit.h"

#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "ledger.h"

static const struct text *word(struct arena *a, const char *s)
{
	return s && *s ? text_clean(a, s, strlen(s)) : NULL;
}

static void fill(struct audit_row *r, const struct audit_entry *e, struct arena *a)
{
	field_clear_row(&schema_audit, r);
	r->number = e->seq;
	r->intent = e->intent ? e->intent : ABSENT;
	r->at = e->at;
	r->kind = word(a, e->kind);
	r->action = word(a, e->action);
	r->job = word(a, e->job);
	r->target = word(a, e->target);
	r->state = word(a, e->state);
	r->says = word(a, e->says);
	r->proof = word(a, e->proof);
	r->user = word(a, e->user);
	r->host = word(a, e->host);
	r->tty = word(a, e->tty);
	r->client = word(a, e->client);
	r->uid = e->uid;
	r->login_uid = e->login_uid;
	r->pid = e->pid;
	r->hash = word(a, e->hash);
}

/* *out NULL: there is none yet. */
static int open_ledger(const char *state_dir, struct ledger **out, struct err *err)
{
	*out = NULL;
	if (!state_dir)
		return err_set(err, ERR_MISSING,
			       "there is no state folder: neither HOME nor XDG_STATE_HOME is set; "
			       "--state-dir names one");
	err->code = ERR_NONE;
	*out = ledger_open(state_dir, true, err);
	return *out || err->code == ERR_MISSING ? 0 : -ERR_IO;
}

int audit_rows(const char *state_dir, int64_t most, struct dataset **out, struct err *err)
{
	struct audit_list list = {0};
	struct audit_row *rows;
	struct dataset *d;
	struct ledger *l;
	struct arena a;
	int rc = open_ledger(state_dir, &l, err);

	if (rc != 0)
		return rc;
	arena_init(&a);
	if (l)
		rc = audit_list(l, &a, is_absent(most) ? INT64_MAX : most, &list, err);
	if (rc == 0) {
		d = dataset_new();
		rows = ARENA_ARRAY(&d->arena, struct audit_row, list.n + 1);
		for (size_t i = 0; i < list.n; i++)
			fill(&rows[i], &list.v[i], &d->arena);
		dataset_add(d, &schema_audit, rows, list.n);
		*out = d;
	}
	arena_release(&a);
	ledger_close(l);
	return rc;
}

int audit_proved(const char *state_dir, struct audit_proof *out, struct err *err)
{
	static const char *const kinds[] = {
		[AUDIT_WHOLE] = "whole", [AUDIT_CHANGED] = "changed", [AUDIT_MISSING] = "missing",
		[AUDIT_CUT] = "cut",     [AUDIT_ADDED] = "added",     [AUDIT_ATTEMPT] = "attempt",
		[AUDIT_MARK] = "mark",   [AUDIT_HOLD] = "hold"};
	struct audit_verdict verdict;
	struct ledger *l;
	int rc = open_ledger(state_dir, &l, err);

	if (rc != 0)
		return rc;
	*out = (struct audit_proof){.first_bad = ABSENT, .is_whole = true, .kind = "whole"};
	snprintf(out->says, sizeof(out->says), "0 rows: nothing was done yet");
	if (!l)
		return 0;
	rc = audit_verify(l, &verdict, err);
	ledger_close(l);
	if (rc != 0)
		return rc;
	out->rows = verdict.rows;
	out->first_bad = verdict.first_bad;
	out->is_whole = verdict.is_whole;
	snprintf(out->kind, sizeof(out->kind), "%s", kinds[verdict.kind]);
	snprintf(out->head, sizeof(out->head), "%s", verdict.head);
	snprintf(out->says, sizeof(out->says), "%s", verdict.says);
	return 0;
}

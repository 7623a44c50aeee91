/* store/audit_verify.c - the chain: how a row is hashed, and what a look at all rows says.
 *
 * DESIGN. A row's hash covers the hash of the row before it and every column, each with its length,
 * so that no two contents are written alike. Numbers grow by one, which tells a row that is missing
 * from one that was changed. */
#include "audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "ledger_parts.h"

static void hash_bytes(EVP_MD_CTX *md, const char *s, size_t len)
{
	if (!EVP_DigestUpdate(md, s, len))
		BUG("no SHA-256");
}

static void hash_int(EVP_MD_CTX *md, int64_t v)
{
	char text[24] = "-;";

	if (!is_absent(v))
		snprintf(text, sizeof(text), "%lld;", (long long)v);
	hash_bytes(md, text, strlen(text));
}

/* As long as it may be: a row that another hand wrote is hashed, too. */
static void hash_text(EVP_MD_CTX *md, const char *s)
{
	char length[24];

	if (s == NULL) {
		hash_bytes(md, "-;", 2);
		return;
	}
	snprintf(length, sizeof(length), "%zu:", strlen(s));
	hash_bytes(md, length, strlen(length));
	hash_bytes(md, s, strlen(s));
	hash_bytes(md, ";", 1);
}

void audit_hash(const struct audit_entry *e, const char *before, char out[static 65])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!md || !EVP_DigestInit_ex(md, EVP_sha256(), NULL))
		BUG("no SHA-256");
	hash_text(md, before);
#define INT(name) hash_int(md, e->name);
#define TEXT_(name) hash_text(md, e->name);
	AUDIT_COLUMNS(INT, TEXT_)
#undef INT
#undef TEXT_
	if (!EVP_DigestFinal_ex(md, sum, &len))
		BUG("no SHA-256");
	EVP_MD_CTX_free(md);
	for (unsigned i = 0; i < 32; i++)
		snprintf(out + (size_t)2 * i, 3, "%02x", sum[i]);
}

static int say(struct audit_verdict *v, enum audit_kind kind, int64_t row, const char *says)
{
	v->kind = kind;
	v->first_bad = row;
	v->is_whole = false;
	snprintf(v->says, sizeof(v->says), "%s", says);
	return 1;
}

/* A text with a NUL in it would be shown and hashed only up to there. */
static bool has_nul(sqlite3_stmt *q)
{
	for (int i = 0; i < sqlite3_column_count(q); i++) {
		int type = sqlite3_column_type(q, i);
		if (type == SQLITE_BLOB || type == SQLITE_FLOAT)
			return true;
		if (type == SQLITE_TEXT && strlen((const char *)sqlite3_column_text(q, i)) !=
						   (size_t)sqlite3_column_bytes(q, i))
			return true;
	}
	return false;
}

/* 0: it follows from the row before it. */
static int check_row(sqlite3_stmt *q, struct audit_verdict *v, struct attempt_check *attempts,
		     int64_t *last)
{
	struct audit_entry e;
	char hash[65], text[200];
	struct arena a;
	bool is_right;

	arena_init(&a);
	audit_read(q, &a, &e);
	v->rows++;
	if (e.seq != *last + 1) {
		snprintf(text, sizeof(text),
			 e.seq == *last + 2 ? "row %lld is missing"
					    : "rows %lld to %lld are missing",
			 (long long)*last + 1, (long long)e.seq - 1);
		arena_release(&a);
		return say(v, AUDIT_MISSING, *last + 1, text);
	}
	audit_hash(&e, v->head, hash);
	is_right = e.hash != NULL && strcmp(hash, e.hash) == 0 && !has_nul(q);
	snprintf(v->head, sizeof(v->head), "%s", e.hash == NULL ? "" : e.hash);
	attempt_check_row(attempts, &e);
	arena_release(&a);
	*last = e.seq;
	if (is_right)
		return 0;
	snprintf(text, sizeof(text), "row %lld was changed after it was written", (long long)*last);
	return say(v, AUDIT_CHANGED, *last, text);
}

/* The head noted at the last write, against the last row that is there. */
static int check_head(struct ledger *l, struct audit_verdict *v, int64_t last)
{
	sqlite3_stmt *q =
		store_query(l->db, NULL, "SELECT value FROM meta WHERE name = 'head'", "");
	char head[100] = "0 ", text[200], *hash;
	long long noted;

	if (q != NULL && sqlite3_step(q) == SQLITE_ROW)
		snprintf(head, sizeof(head), "%s", (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	noted = strtoll(head, &hash, 10);
	hash += *hash == ' ';
	if (noted > last) {
		snprintf(text, sizeof(text),
			 "the end is cut off: %lld rows are there, %lld were written",
			 (long long)last, noted);
		return say(v, AUDIT_CUT, last + 1, text);
	}
	if (noted == last && strcmp(hash, v->head) == 0)
		return 0;
	snprintf(text, sizeof(text),
		 "the last row is not the one that sparkops wrote last (row %lld)", noted);
	return say(v, AUDIT_ADDED, last, text);
}

static int walk(struct ledger *l, struct audit_verdict *v, struct err *err)
{
	sqlite3_stmt *q = store_query(l->db, err, AUDIT_SELECT "ORDER BY seq", "");
	struct attempt_check attempts = {0};
	int64_t last = 0;
	int step, bad = 0, rc;

	if (q == NULL)
		return -ERR_IO;
	while ((step = sqlite3_step(q)) == SQLITE_ROW && bad == 0)
		bad = check_row(q, v, &attempts, &last);
	sqlite3_finalize(q);
	if (bad == 0 && step == SQLITE_DONE)
		bad = check_head(l, v, last);
	rc = attempt_check_end(l, &attempts, bad == 0 ? v : NULL, err);
	if (bad != 0)
		return 0;
	if (step != SQLITE_DONE)
		return store_failed(l->db, l->path, err);
	if (rc == 0)
		rc = marks_check(l, v, err);
	if (rc == 0)
		snprintf(v->says, sizeof(v->says),
			 "%lld rows, unbroken; a file rewritten as a whole shows only in syslog: "
			 "compare row %lld there, hash %.16s",
			 (long long)v->rows, (long long)last, v->head);
	if (v->is_whole && last == 0)
		snprintf(v->says, sizeof(v->says), "no rows: nothing was done yet");
	return rc < 0 ? rc : 0;
}

int audit_verify(struct ledger *l, struct audit_verdict *out, struct err *err)
{
	int rc;

	*out = (struct audit_verdict){.first_bad = ABSENT, .is_whole = true};
	rc = ledger_check(l, err);
	rc = rc != 0 ? rc : store_exec(l->db, "BEGIN", err);
	if (rc != 0)
		return rc;
	rc = walk(l, out, err);
	(void)!store_exec(l->db, "COMMIT", NULL);
	return rc;
}

/* store/ledger.c - ledger.db opened, or refused with the reason and what would be right.
 *
 * DESIGN. Whoever acts has a connection of his own; SQLite's write lock makes one order of all
 * processes. Commits are FULL: a row that was committed is there after a power cut. Where the disk
 * said that it did not keep what was written (fsync), nothing that this process writes later proves
 * anything - Linux marks the pages clean - so it does not write again until it is started anew. */
#include "ledger_parts.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { BUSY_MS = 5000, CHECKED_MAX = 64 << 20, MIRROR_CAP = 64 << 20 };

static atomic_bool is_disk_lying;

/* Append only. blocks: an attempt that is open or in doubt. */
static const char *const migrations[] = {
	"CREATE TABLE audit (seq INTEGER PRIMARY KEY, intent INTEGER, continues INTEGER,"
	" at INTEGER, kind TEXT, action TEXT, job TEXT, target TEXT, says TEXT, detail TEXT,"
	" state TEXT, proof TEXT, uid INTEGER, login_uid INTEGER, user TEXT, host TEXT, tty TEXT,"
	" client TEXT, boot TEXT, pid INTEGER, start_ticks INTEGER, hash TEXT NOT NULL);"
	"CREATE INDEX audit_intent ON audit (intent) WHERE intent > 0;"
	"CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE attempt (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, hash TEXT,"
	" job TEXT, unit TEXT, batch_id TEXT, error_type TEXT, file TEXT, line INTEGER,"
	" number INTEGER NOT NULL, began_at INTEGER NOT NULL, ended_at INTEGER,"
	" state INTEGER NOT NULL, proof TEXT, outcome TEXT, output TEXT,"
	" covered_by INTEGER NOT NULL DEFAULT 0, intent INTEGER NOT NULL DEFAULT 0, reason TEXT,"
	" user TEXT, pid INTEGER, start_ticks INTEGER, boot TEXT, blocks INTEGER NOT NULL,"
	" UNIQUE (key, number));"
	"CREATE UNIQUE INDEX attempt_open ON attempt (key) WHERE blocks = 1;"
	"CREATE INDEX attempt_key ON attempt (key, id);"
	"CREATE TABLE mark (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, job TEXT,"
	" state INTEGER NOT NULL, reason TEXT, at INTEGER NOT NULL, user TEXT,"
	" after INTEGER NOT NULL);" /* id of the last attempt of the key by then, 0 */
	"CREATE INDEX mark_key ON mark (key, id);"
	"CREATE TABLE hold (id INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL,"
	" until INTEGER, reason TEXT, at INTEGER NOT NULL, user TEXT, released_at INTEGER,"
	" released_by TEXT);"
	"CREATE INDEX hold_job ON hold (job, id);",
	NULL,
};

const char *ledger_unfit(int64_t f_type)
{
	static const struct {
		int64_t type;
		const char *name;
	} unfit[] = {
		{0x6969, "nfs"},       {0xff534d42, "cifs"}, {0xfe534d42, "smb2"},
		{0x517b, "smb"},       {0x65735546, "fuse"}, {0x01021997, "9p"},
		{0x5346414f, "afs"},   {0x00c36400, "ceph"}, {0x0bd00bd0, "lustre"},
		{0x73757245, "coda"},  {0x564c, "ncp"},      {0x47504653, "gpfs"},
		{0x19830326, "fhgfs"},
	};

	for (size_t i = 0; i < ARRAY_LEN(unfit); i++)
		if (unfit[i].type == (f_type & 0xffffffff))
			return unfit[i].name;
	return NULL;
}

static int check_folder(const char *folder, struct err *err)
{
	struct statfs fs;
	struct stat st;
	const char *name;

	if (statfs(folder, &fs) != 0 || stat(folder, &st) != 0 || access(folder, W_OK | X_OK) != 0)
		return err_set(err, ERR_IO, "%s: %s", folder, strerror(errno));
	name = ledger_unfit((int64_t)fs.f_type);
	if (name != NULL)
		return err_set(err, ERR_REFUSED,
			       "%.200s lies on a %s file system, where its locks cannot be relied "
			       "on: name a local folder with --state-dir",
			       folder, name);
	if ((st.st_mode & S_IWOTH) != 0)
		return err_set(err, ERR_REFUSED,
			       "%.200s may be written to by everybody, so the ledger in it proves "
			       "nothing: chmod 700 it, or name another folder with --state-dir",
			       folder);
	return 0;
}

/* SQLite's own files beside the ledger take its mode. */
static int check_file(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return err_set(err, ERR_REFUSED,
			       "%.200s may be written to by others than its owner, so it proves "
			       "nothing: look at it with sparkops audit verify, then chmod 600 it",
			       path);
	return 0;
}

static int say_damaged(const char *path, const char *why, struct err *err)
{
	return err_set(
		err, ERR_FORMAT,
		"%.150s is damaged (%.60s): it is left as it is. Copy it with its -wal, look: "
		"sqlite3 ledger.db 'PRAGMA integrity_check'; put a backup in its place, or "
		"what sqlite3 ledger.db .recover reads",
		path, why);
}

static bool is_damage(const char *message)
{
	return strstr(message, sqlite3_errstr(SQLITE_NOTADB)) != NULL ||
	       strstr(message, sqlite3_errstr(SQLITE_CORRUPT)) != NULL;
}

/* All pages of a ledger of usual size are looked at; a huge one is trusted until it fails. */
static int check_pages(struct ledger *l, struct err *err)
{
	struct stat st;
	sqlite3_stmt *q;
	char why[100] = "cannot be read";
	bool is_whole;

	if (stat(l->path, &st) != 0 || st.st_size > CHECKED_MAX)
		return 0;
	q = store_query(l->db, err, "PRAGMA quick_check(1)", "");
	if (q != NULL && sqlite3_step(q) == SQLITE_ROW)
		snprintf(why, sizeof(why), "%s", (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	is_whole = strcmp(why, "ok") == 0;
	return is_whole ? 0 : say_damaged(l->path, why, err);
}

static sqlite3 *open_file(struct ledger *l, const char *folder, struct err *err)
{
	sqlite3 *db;

	if (l->is_read_only)
		return store_open_read(folder, "ledger.db", ARRAY_LEN(migrations) - 1, err);
	if (atomic_load(&is_disk_lying)) {
		err_set(err, ERR_IO,
			"the disk did not keep what was written to the ledger; look at "
			"it (dmesg), then start sparkops again");
		return NULL;
	}
	if (store_folder(folder, err) != 0 || check_folder(folder, err) != 0 ||
	    check_file(l->path, err) != 0)
		return NULL;
	db = store_open(folder, "ledger.db", migrations, err);
	if (db != NULL && (sqlite3_db_readonly(db, "main") != 0 ||
			   store_exec(db, "PRAGMA synchronous = FULL", err) != 0)) {
		err_set(err, ERR_IO, "%s is read-only", l->path);
		sqlite3_close(db);
		return NULL;
	}
	return db;
}

struct ledger *ledger_open(const char *state_dir, bool is_read_only, struct err *err)
{
	struct ledger *l = xcalloc(1, sizeof(*l));
	struct err why = {0};

	arena_init(&l->arena);
	buf_init(&l->mirror, MIRROR_CAP);
	l->is_read_only = is_read_only;
	if (state_dir == NULL) {
		err_set(&why, ERR_IO,
			"there is no folder for the ledger: name one with --state-dir");
	} else {
		l->path = arena_printf(&l->arena, "%s/ledger.db", state_dir);
		l->db = open_file(l, state_dir, &why);
	}
	if (l->db == NULL && is_damage(why.message))
		say_damaged(l->path, why.message + strcspn(why.message, ":") + 2, &why);
	if (l->db == NULL || check_pages(l, &why) != 0) {
		if (err != NULL)
			*err = why;
		ledger_close(l);
		return NULL;
	}
	sqlite3_busy_timeout(l->db, BUSY_MS);
	who_look(&l->who);
	return l;
}

void ledger_close(struct ledger *l)
{
	if (l == NULL)
		return;
	store_close(l->db);
	arena_release(&l->arena);
	buf_release(&l->mirror);
	free(l);
}

const char *ledger_user(const struct ledger *l)
{
	return l->who.user;
}

int64_t ledger_version(struct ledger *l)
{
	sqlite3_stmt *q = store_query(l->db, NULL, "PRAGMA data_version", "");
	int64_t version = ABSENT;

	if (q != NULL && sqlite3_step(q) == SQLITE_ROW)
		version = store_int(q, 0);
	sqlite3_finalize(q);
	return version;
}

/* A person reads it at the foot of a refused action. */
static int explain(struct ledger *l, int rc, struct err *err)
{
	int code = sqlite3_extended_errcode(l->db);

	if (rc != -ERR_IO || err == NULL)
		return rc;
	if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
		atomic_store(&is_disk_lying, true);
	if (is_damage(err->message))
		return say_damaged(l->path, sqlite3_errmsg(l->db), err);
	if ((code & 0xff) == SQLITE_BUSY)
		return err_set(err, ERR_IO,
			       "%s is being written to by another process for more than %d s",
			       l->path, BUSY_MS / 1000);
	err_prefix(err, "%s cannot be written", l->path);
	return rc;
}

int ledger_write(struct ledger *l, struct err *err)
{
	if (l->is_read_only)
		return err_set(err, ERR_REFUSED, "the ledger is open to read only");
	return explain(l, store_exec(l->db, "BEGIN IMMEDIATE", err), err);
}

int ledger_commit(struct ledger *l, int rc, struct err *err)
{
	if (rc == 0)
		rc = store_exec(l->db, "COMMIT", err);
	rc = explain(l, rc, err);
	/* A failed COMMIT leaves the transaction open, and some failures end it. */
	if (rc != 0 && sqlite3_get_autocommit(l->db) == 0)
		(void)!store_exec(l->db, "ROLLBACK", NULL);
	if (rc == 0)
		audit_mirror_send(&l->mirror);
	buf_clear(&l->mirror);
	return rc;
}

/* store/ledger.c - ledger.db opened, or refused with the reason and what would be right.
 *
 * DESIGN. Whoever acts has a connection of his own; SQLite's write lock makes one order of all
 * processes. Commits are FULL: a row that was committed is there after a power cut. Where the disk
 * said that it did not keep what was written (fsync), nothing that this process writes later proves
 * anything - Linux marks the pages clean - so it does not write again until it is started anew. */
#include "ledger_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { BUSY_MS = 5000, CHECKED_MAX = 64 << 20, MIRROR_CAP = 64 << 20 };

#define FILE_NAME "ledger.db"

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

#define TABLES "SELECT 1 FROM audit, meta, attempt, mark, hold LIMIT 0"

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
	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, W_OK) != 0)
		return err_set(err, ERR_IO, "%.200s: %s", path, strerror(errno));
	return 0;
}

/* why: may be the end of err->message. */
static int say_damaged(const char *path, const char *why, struct err *err)
{
	char text[61];

	snprintf(text, sizeof(text), "%.60s", why);
	return err_set(
		err, ERR_FORMAT,
		"%.120s is damaged (%s): it is left as it is. Copy it with its -wal, look: "
		"sqlite3 ledger.db 'PRAGMA integrity_check'; put a backup in its place, or "
		"what sqlite3 ledger.db .recover reads; if nothing was ever done here, remove it",
		path, text);
}

static bool is_damage(const char *message)
{
	return strstr(message, sqlite3_errstr(SQLITE_NOTADB)) != NULL ||
	       strstr(message, sqlite3_errstr(SQLITE_CORRUPT)) != NULL ||
	       strstr(message, STORE_EMPTY) != NULL;
}

static const char *last_part(const char *message)
{
	const char *colon = strrchr(message, ':');

	return colon == NULL || colon[1] != ' ' ? message : colon + 2;
}

/* A huge one is trusted until it fails. */
int ledger_check(struct ledger *l, struct err *err)
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

static int check_disk(struct err *err)
{
	if (!atomic_load(&is_disk_lying))
		return 0;
	return err_set(err, ERR_IO,
		       "the disk did not keep what was written to the ledger; look at it (dmesg), "
		       "then start sparkops again");
}

/* One that lost its tables is none that may be begun anew: what it said was sent would be sent
 * again. SQLite would take one of no bytes for new, and drop what its log still holds. */
static sqlite3 *open_read(const struct ledger *l, const char *folder, struct err *err)
{
	struct stat st;
	sqlite3 *db;

	if (lstat(l->path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0) {
		say_damaged(l->path, "it has no bytes", err);
		return NULL;
	}
	db = store_open_read(folder, FILE_NAME, ARRAY_LEN(migrations) - 1, err);
	if (db == NULL || store_exec(db, TABLES, err) == 0)
		return db;
	if (sqlite3_errcode(db) == SQLITE_ERROR)
		say_damaged(l->path, sqlite3_errmsg(db), err);
	sqlite3_close(db);
	return NULL;
}

static int sync_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int rc = fd < 0 || fsync(fd) != 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

/* A log without its file: that was removed alone, and the log would be read into a new one. */
static int check_log(const struct ledger *l, struct err *err)
{
	char log[PATH_MAX + 8];
	struct stat st, file;

	snprintf(log, sizeof(log), "%s-wal", l->path);
	if (lstat(log, &st) != 0 || st.st_size == 0 || lstat(l->path, &file) == 0)
		return 0;
	return say_damaged(l->path, "only its -wal is there", err);
}

/* Made under another name and given its own when it is whole: nobody ever sees a half of it. Who
 * comes second uses that of the first. */
static int make_new(const struct ledger *l, const char *folder, struct err *err)
{
	char path[PATH_MAX];
	sqlite3 *db;
	int fd, rc;

	if (snprintf(path, sizeof(path), "%s/.ledger.db-XXXXXX", folder) >= (int)sizeof(path))
		return err_set(err, ERR_IO, "%.200s: %s", folder, strerror(ENAMETOOLONG));
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return err_set(err, ERR_IO, "%s: %s", l->path, strerror(errno));
	close(fd);
	db = store_open(folder, path + strlen(folder) + 1, migrations, err);
	if (db == NULL || sqlite3_close(db) != SQLITE_OK) {
		unlink(path);
		return db == NULL ? -ERR_IO : err_set(err, ERR_IO, "%s cannot be made", l->path);
	}
	rc = sync_path(path);
	if (rc == 0 && link(path, l->path) != 0 && errno != EEXIST)
		rc = errno;
	unlink(path);
	rc = rc != 0 ? rc : sync_path(folder);
	return rc == 0 ? 0 : err_set(err, ERR_IO, "%s: %s", l->path, strerror(rc));
}

/* Nothing of the file is written before it is seen to be a ledger. */
static int check_there(const struct ledger *l, const char *folder, struct err *err)
{
	struct stat st;
	sqlite3 *db;

	if (check_log(l, err) != 0)
		return -ERR_FORMAT;
	if (lstat(l->path, &st) != 0)
		return make_new(l, folder, err);
	if (!S_ISREG(st.st_mode))
		return 0; /* store_open() says what it is */
	db = open_read(l, folder, err);
	sqlite3_close(db);
	return db != NULL ? 0 : -ERR_IO;
}

static sqlite3 *open_file(struct ledger *l, const char *folder, struct err *err)
{
	sqlite3 *db;

	if (l->is_read_only)
		return open_read(l, folder, err);
	if (check_disk(err) != 0 || store_folder(folder, err) != 0 ||
	    check_folder(folder, err) != 0 || check_file(l->path, err) != 0 ||
	    check_there(l, folder, err) != 0)
		return NULL;
	db = store_open(folder, FILE_NAME, migrations, err);
	if (db != NULL && (sqlite3_db_readonly(db, "main") != 0 ||
			   store_exec(db, "PRAGMA synchronous = FULL", err) != 0)) {
		err_set(err, ERR_IO, "%s is read-only", l->path);
		sqlite3_close(db);
		return NULL;
	}
	return db;
}

/* Has everything but its database. */
static struct ledger *ledger_new(const char *folder, bool is_read_only)
{
	struct ledger *l = xcalloc(1, sizeof(*l));

	arena_init(&l->arena);
	buf_init(&l->mirror, MIRROR_CAP);
	l->is_read_only = is_read_only;
	l->path = arena_printf(&l->arena, "%s/" FILE_NAME, folder);
	who_look(&l->who);
	return l;
}

struct ledger *ledger_open(const char *state_dir, bool is_read_only, struct err *err)
{
	struct err why = {0};
	struct ledger *l;

	if (state_dir == NULL) {
		err_set(err, ERR_IO,
			"there is no folder for the ledger: name one with --state-dir");
		return NULL;
	}
	l = ledger_new(state_dir, is_read_only);
	l->db = open_file(l, state_dir, &why);
	if (l->db == NULL && is_damage(why.message))
		say_damaged(l->path, last_part(why.message), &why);
	if (l->db == NULL || (!is_read_only && ledger_check(l, &why) != 0)) {
		if (err != NULL)
			*err = why;
		ledger_close(l);
		return NULL;
	}
	sqlite3_busy_timeout(l->db, BUSY_MS);
	return l;
}

/* --- before anything is written --- */

static struct ledger *open_empty(const char *state_dir, struct err *err)
{
	struct ledger *l = ledger_new(state_dir, true);

	if (sqlite3_open(":memory:", &l->db) == SQLITE_OK &&
	    store_exec(l->db, migrations[0], err) == 0)
		return l;
	ledger_close(l);
	return NULL;
}

/* Would ledger_open() find what it needs? Makes nothing; of folders that are missing the last one
 * above them counts. */
static int check_writable(const char *state_dir, struct err *err)
{
	char folder[PATH_MAX];
	struct stat st;
	size_t len = strlen(state_dir);

	if (len >= sizeof(folder))
		return err_set(err, ERR_IO, "%.200s: %s", state_dir, strerror(ENAMETOOLONG));
	memcpy(folder, state_dir, len + 1);
	while (len > 0 && stat(folder, &st) != 0 && errno == ENOENT) {
		while (len > 0 && folder[len - 1] != '/')
			len--;
		len -= len > 1; /* "/" stays; of a name alone "" is left: the folder it is in */
		folder[len] = '\0';
	}
	if (check_disk(err) != 0)
		return -ERR_IO;
	if (strcmp(folder, state_dir) == 0)
		return check_folder(folder, err);
	if (access(len == 0 ? "." : folder, W_OK | X_OK) != 0)
		return err_set(err, ERR_IO, "%.200s cannot be made: %s: %s", state_dir,
			       len == 0 ? "this folder" : folder, strerror(errno));
	return 0;
}

struct ledger *ledger_look(const char *state_dir, struct err *unwritable, struct err *err)
{
	struct err why = {0};
	struct ledger *l = ledger_open(state_dir, true, &why);

	if (l == NULL && why.code == ERR_MISSING)
		l = open_empty(state_dir, &why);
	else if (l != NULL && ledger_check(l, &why) != 0) {
		ledger_close(l);
		l = NULL;
	}
	if (l == NULL) {
		*err = why;
		return NULL;
	}
	unwritable->code = ERR_NONE;
	if (check_writable(state_dir, unwritable) == 0)
		(void)!check_file(l->path, unwritable);
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

/* store/store.c - SQLite the way this program uses it: write-ahead log, a short wait for other
 * processes, files that nobody else may read, and a schema that only ever grows by migrations. A
 * file from a newer sparkops is refused, never touched. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUSY_MS = 500 };

/* Like mkdir -p; what is made belongs to us alone. */
static int make_folder(const char *folder)
{
	char path[PATH_MAX];
	size_t len = strlen(folder);
	struct stat st;

	if (len == 0 || len >= sizeof(path))
		return ENAMETOOLONG;
	memcpy(path, folder, len + 1);
	for (char *p = path + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return errno;
		*p = '/';
	}
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return errno;
	if (stat(path, &st) != 0)
		return errno;
	return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

int store_failed(sqlite3 *db, const char *what, struct err *err)
{
	return err_set(err, ERR_IO, "%s: %s", what, db == NULL ? "no memory" : sqlite3_errmsg(db));
}

int store_exec(sqlite3 *db, const char *sql, struct err *err)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_failed(db, "database", err);
	return 0;
}

static int read_version(sqlite3 *db, int *version, struct err *err)
{
	sqlite3_stmt *q;
	int rc = 0;

	if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &q, NULL) != SQLITE_OK)
		return store_failed(db, "database", err);
	if (sqlite3_step(q) == SQLITE_ROW)
		*version = sqlite3_column_int(q, 0);
	else
		rc = store_failed(db, "database", err);
	sqlite3_finalize(q);
	return rc;
}

static int apply(sqlite3 *db, const char *const *migrations, struct err *err)
{
	int version = 0, count = 0, rc;
	char sql[64];

	while (migrations[count] != NULL)
		count++;
	rc = read_version(db, &version, err);
	if (rc == 0 && version == count)
		return 0;
	/* Read again inside the transaction: another process may have been faster. */
	rc = rc != 0 ? rc : store_exec(db, "BEGIN IMMEDIATE", err);
	rc = rc != 0 ? rc : read_version(db, &version, err);
	if (rc == 0 && version > count)
		rc = err_set(err, ERR_FORMAT,
			     "made by a newer sparkops (schema %d, this one knows %d)", version,
			     count);
	for (int i = version; i < count && rc == 0; i++)
		rc = store_exec(db, migrations[i], err);
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", count);
	rc = rc != 0 ? rc : store_exec(db, sql, err);
	if (sqlite3_get_autocommit(db) == 0 &&
	    store_exec(db, rc == 0 ? "COMMIT" : "ROLLBACK", rc == 0 ? err : NULL) != 0)
		rc = rc != 0 ? rc : -ERR_IO;
	return rc;
}

sqlite3 *store_open(const char *folder, const char *file, const char *const *migrations,
		    struct err *err)
{
	char path[PATH_MAX];
	sqlite3 *db = NULL;
	int fd, rc = make_folder(folder);

	if (rc == 0 && snprintf(path, sizeof(path), "%s/%s", folder, file) >= (int)sizeof(path))
		rc = ENAMETOOLONG;
	if (rc != 0) {
		err_set(err, ERR_IO, "%s: %s", folder, strerror(rc));
		return NULL;
	}
	/* SQLite would make it with the umask's mode; its -wal and -shm take the mode of this. */
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0) {
		err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
		return NULL;
	}
	close(fd);
	rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL);
	if (rc != SQLITE_OK)
		store_failed(db, "database", err);
	else
		sqlite3_busy_timeout(db, BUSY_MS);
	if (rc != SQLITE_OK || store_exec(db, "PRAGMA journal_mode = WAL", err) != 0 ||
	    store_exec(db, "PRAGMA synchronous = NORMAL", err) != 0 ||
	    apply(db, migrations, err) != 0) {
		err_prefix(err, "%s", path);
		sqlite3_close(db);
		return NULL;
	}
	return db;
}

void store_close(sqlite3 *db)
{
	sqlite3_close(db);
}

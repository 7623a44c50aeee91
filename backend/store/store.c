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

#define NEWER "made by a newer sparkops (schema %d, this one knows %d)"

/* Another process commits, or is the last to close the file. */
enum { BUSY_MS = 2000 };

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
		rc = err_set(err, ERR_FORMAT, NEWER, version, count);
	for (int i = version; i < count && rc == 0; i++)
		rc = store_exec(db, migrations[i], err);
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", count);
	rc = rc != 0 ? rc : store_exec(db, sql, err);
	if (sqlite3_get_autocommit(db) == 0 &&
	    store_exec(db, rc == 0 ? "COMMIT" : "ROLLBACK", rc == 0 ? err : NULL) != 0)
		rc = rc != 0 ? rc : -ERR_IO;
	return rc;
}

/* SQLite would make it with the umask's mode; its -wal and -shm take the mode of this. A file that
 * is there is looked at and not opened: to close a descriptor of it would drop the locks that
 * another connection of this process holds (sqlite.org/howtocorrupt.html, 2.2). */
static int make_file(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno != EEXIST || lstat(path, &st) != 0)
		return errno;
	if (S_ISLNK(st.st_mode))
		return ELOOP;
	return S_ISREG(st.st_mode) ? 0 : EINVAL;
}

int store_folder(const char *folder, struct err *err)
{
	int rc = make_folder(folder);

	return rc == 0 ? 0 : err_set(err, ERR_IO, "%s: %s", folder, strerror(rc));
}

sqlite3 *store_open(const char *folder, const char *file, const char *const *migrations,
		    struct err *err)
{
	char path[PATH_MAX];
	sqlite3 *db = NULL;
	int rc;

	if (store_folder(folder, err) != 0)
		return NULL;
	rc = snprintf(path, sizeof(path), "%s/%s", folder, file) >= (int)sizeof(path)
		     ? ENAMETOOLONG
		     : make_file(path);
	if (rc != 0) {
		err_set(err, ERR_IO, "%s/%s: %s", folder, file, strerror(rc));
		return NULL;
	}
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

/* A file whose last writer left it clean has no write-ahead log, and where none can be made beside
 * it, it is read as what it then is: one that nobody changes. */
static int open_reading(const char *path, sqlite3 **db)
{
	static const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW;
	char wal[PATH_MAX + 8], *uri;
	int rc = sqlite3_open_v2(path, db, flags, NULL);

	sqlite3_busy_timeout(*db, BUSY_MS);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(*db, "PRAGMA user_version", NULL, NULL, NULL);
	snprintf(wal, sizeof(wal), "%s-wal", path);
	if ((rc != SQLITE_CANTOPEN && rc != SQLITE_READONLY) || access(wal, F_OK) == 0)
		return rc;
	sqlite3_close(*db);
	*db = NULL;
	uri = sqlite3_mprintf("file:%s?immutable=1", path);
	rc = strpbrk(path, "?#%") != NULL ? SQLITE_CANTOPEN
					  : sqlite3_open_v2(uri, db, flags | SQLITE_OPEN_URI, NULL);
	sqlite3_free(uri);
	return rc;
}

sqlite3 *store_open_read(const char *folder, const char *file, int newest, struct err *err)
{
	char path[PATH_MAX];
	struct stat st;
	sqlite3 *db = NULL;
	int version = 0, rc;

	if (snprintf(path, sizeof(path), "%s/%s", folder, file) >= (int)sizeof(path) ||
	    lstat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
		err_set(err, ERR_MISSING, "%s/%s is not there", folder, file);
		return NULL;
	}
	rc = open_reading(path, &db) == SQLITE_OK ? 0 : store_failed(db, "database", err);
	if (rc == 0)
		sqlite3_busy_timeout(db, BUSY_MS);
	rc = rc != 0 ? rc : read_version(db, &version, err);
	if (rc == 0 && version > newest)
		rc = err_set(err, ERR_FORMAT, NEWER, version, newest);
	if (rc == 0 && version == 0)
		rc = err_set(err, ERR_FORMAT, STORE_EMPTY);
	if (rc == 0)
		return db;
	err_prefix(err, "%s", path);
	sqlite3_close(db);
	return NULL;
}

void store_close(sqlite3 *db)
{
	sqlite3_close(db);
}

sqlite3_stmt *store_query(sqlite3 *db, struct err *err, const char *sql, const char *types, ...)
{
	sqlite3_stmt *q = NULL;
	va_list ap;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK) {
		store_failed(db, "database", err);
		return NULL;
	}
	va_start(ap, types);
	for (int i = 1; types[i - 1] != '\0'; i++) {
		if (types[i - 1] == 's') {
			sqlite3_bind_text(q, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
			continue;
		}
		int64_t v = va_arg(ap, int64_t);
		if (is_absent(v))
			sqlite3_bind_null(q, i);
		else
			sqlite3_bind_int64(q, i, v);
	}
	va_end(ap);
	return q;
}

int store_run(sqlite3 *db, sqlite3_stmt *q, struct err *err)
{
	int rc = 0, step;

	if (q == NULL)
		return -ERR_IO;
	while ((step = sqlite3_step(q)) == SQLITE_ROW)
		continue;
	if (step != SQLITE_DONE)
		rc = store_failed(db, "database", err);
	sqlite3_finalize(q);
	return rc;
}

int64_t store_int(sqlite3_stmt *q, int column)
{
	return sqlite3_column_type(q, column) == SQLITE_NULL ? ABSENT
							     : sqlite3_column_int64(q, column);
}

const char *store_text(sqlite3_stmt *q, int column, struct arena *a)
{
	const char *s = (const char *)sqlite3_column_text(q, column);

	return s == NULL ? NULL : arena_strdup(a, s);
}

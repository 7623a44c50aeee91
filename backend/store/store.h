/* store/store.h - one SQLite file of the state folder: opened, secured, brought to the newest
 * schema. */
#ifndef SPARKOPS_STORE_STORE_H
#define SPARKOPS_STORE_STORE_H

#include <sqlite3.h>

#include "../../include/arena.h"
#include "../../include/err.h"

/* Opens FOLDER/FILE (mode 0600, the folder is made with 0700 if it is missing) and applies the
 * migrations that it has not seen: an append-only array of SQL, ended by NULL. NULL: err says why.
 * Several processes may have it open; each waits for the others for a short while. */
sqlite3 *store_open(const char *folder, const char *file, const char *const *migrations,
		    struct err *err);
#define STORE_EMPTY "it has no schema"
/* The same to read only, of a schema up to `newest`: makes nothing. NULL: -ERR_MISSING where there
 * is no such file; -ERR_FORMAT, STORE_EMPTY: nothing is in it. */
sqlite3 *store_open_read(const char *folder, const char *file, int newest, struct err *err);
void store_close(sqlite3 *db);
/* Makes a folder and those above it, mode 0700. */
MUST_CHECK int store_folder(const char *folder, struct err *err);
/* Fills err from the last failure of db; returns -ERR_IO. */
int store_failed(sqlite3 *db, const char *what, struct err *err);
int store_exec(sqlite3 *db, const char *sql, struct err *err);

/* A statement with its values bound: a letter each in `types`, i: int64_t (ABSENT becomes NULL), s:
 * text (NULL too). NULL: err. */
sqlite3_stmt *store_query(sqlite3 *db, struct err *err, const char *sql, const char *types, ...);
/* Steps to its end and finalizes it; q NULL: -ERR_IO, as store_query() has said why. */
MUST_CHECK int store_run(sqlite3 *db, sqlite3_stmt *q, struct err *err);
int64_t store_int(sqlite3_stmt *q, int column); /* ABSENT for NULL */
const char *store_text(sqlite3_stmt *q, int column, struct arena *a);

#endif

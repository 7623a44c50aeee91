/* store/store.h - one SQLite file of the state folder: opened, secured, brought to the newest
 * schema. */
#ifndef SPARKOPS_STORE_STORE_H
#define SPARKOPS_STORE_STORE_H

#include <sqlite3.h>

#include "../../include/err.h"

/* Opens FOLDER/FILE (mode 0600, the folder is made with 0700 if it is missing) and applies the
 * migrations that it has not seen: an append-only array of SQL, ended by NULL. NULL: err says why.
 * Several processes may have it open; each waits for the others for a short while. */
sqlite3 *store_open(const char *folder, const char *file, const char *const *migrations,
		    struct err *err);
void store_close(sqlite3 *db);
/* Fills err from the last failure of db; returns -ERR_IO. */
int store_failed(sqlite3 *db, const char *what, struct err *err);
int store_exec(sqlite3 *db, const char *sql, struct err *err);

#endif

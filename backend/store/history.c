/* store/history.c - the readings of --once, from run to run. */
#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "../../include/log.h"
#include "../../include/row/job.h"
#include "store.h"

enum { MINUTE_MS = 60000, FINE_MS = 65 * MINUTE_MS, OLDEST_MS = 24 * 60 * MINUTE_MS };
enum { STEP_MS = 10000, READINGS_MAX = 2000, TYPES_MAX = 1000 };

/* Append only. */
static const char *const migrations[] = {
	"CREATE TABLE reading (place TEXT NOT NULL, minute INTEGER NOT NULL, at INTEGER NOT NULL,"
	" errors INTEGER, batches INTEGER, records INTEGER, start_time INTEGER, restarts INTEGER,"
	" PRIMARY KEY (place, minute)) WITHOUT ROWID;"
	"CREATE TABLE reading_type (place TEXT NOT NULL, minute INTEGER NOT NULL,"
	" type TEXT NOT NULL, n INTEGER, PRIMARY KEY (place, minute, type)) WITHOUT ROWID;",
	"CREATE TABLE standing (place TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL,"
	" since INTEGER NOT NULL, verdict TEXT NOT NULL) WITHOUT ROWID;",
	/* One reading a minute lost what rose between two runs of the same minute. */
	"ALTER TABLE reading RENAME TO minutely;"
	"ALTER TABLE reading_type RENAME TO minutely_type;"
	"CREATE TABLE reading (place TEXT NOT NULL, at INTEGER NOT NULL,"
	" errors INTEGER, batches INTEGER, records INTEGER, start_time INTEGER, restarts INTEGER,"
	" PRIMARY KEY (place, at)) WITHOUT ROWID;"
	"CREATE TABLE reading_type (place TEXT NOT NULL, at INTEGER NOT NULL,"
	" type TEXT NOT NULL, n INTEGER, PRIMARY KEY (place, at, type)) WITHOUT ROWID;"
	"INSERT INTO reading SELECT place, at, errors, batches, records, start_time, restarts"
	" FROM minutely;"
	"INSERT INTO reading_type SELECT place, at, type, n"
	" FROM minutely_type JOIN minutely USING (place, minute);"
	"DROP TABLE minutely; DROP TABLE minutely_type;",
	NULL,
};

struct history {
	sqlite3 *db;
};

struct history *history_open(const char *state_dir, struct err *err)
{
	sqlite3 *db = store_open(state_dir, "history.db", migrations, err);
	struct history *h;

	if (db == NULL)
		return NULL;
	h = xcalloc(1, sizeof(*h));
	h->db = db;
	return h;
}

void history_close(struct history *h)
{
	if (h == NULL)
		return;
	store_close(h->db);
	free(h);
}

static void bind(sqlite3_stmt *q, int i, int64_t v)
{
	if (is_absent(v))
		sqlite3_bind_null(q, i);
	else
		sqlite3_bind_int64(q, i, v);
}

static int64_t column(sqlite3_stmt *q, int i)
{
	return sqlite3_column_type(q, i) == SQLITE_INTEGER ? sqlite3_column_int64(q, i) : ABSENT;
}

/* Prepares with the place as ?1; NULL after a failure. */
static sqlite3_stmt *prepare(struct history *h, const char *sql, const char *place, struct err *err)
{
	sqlite3_stmt *q = NULL;

	if (sqlite3_prepare_v2(h->db, sql, -1, &q, NULL) != SQLITE_OK ||
	    sqlite3_bind_text(q, 1, place, -1, SQLITE_STATIC) != SQLITE_OK) {
		store_failed(h->db, "history", err);
		sqlite3_finalize(q);
		return NULL;
	}
	return q;
}

static int run(struct history *h, sqlite3_stmt *q, struct err *err)
{
	int rc = 0;

	if (q == NULL)
		return -ERR_IO;
	if (sqlite3_step(q) != SQLITE_DONE)
		rc = store_failed(h->db, "history", err);
	sqlite3_finalize(q);
	return rc;
}

static int put_reading(struct history *h, const char *place, const struct rules_counters *c,
		       struct err *err)
{
	sqlite3_stmt *q =
		prepare(h, "REPLACE INTO reading VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", place, err);

	if (q == NULL)
		return -ERR_IO;
	sqlite3_bind_int64(q, 2, c->at);
	bind(q, 3, c->errors);
	bind(q, 4, c->batches);
	bind(q, 5, c->records);
	bind(q, 6, c->start_time);
	bind(q, 7, c->restarts);
	return run(h, q, err);
}

static int put_types(struct history *h, const char *place, const struct rules_counters *c,
		     struct err *err)
{
	sqlite3_stmt *q =
		prepare(h, "DELETE FROM reading_type WHERE place = ?1 AND at = ?2", place, err);
	int rc;

	if (q != NULL)
		sqlite3_bind_int64(q, 2, c->at);
	rc = run(h, q, err);
	for (size_t i = 0; i < c->errors_by_type.n && rc == 0; i++) {
		const struct count *t = &c->errors_by_type.v[i];
		q = prepare(h, "REPLACE INTO reading_type VALUES (?1, ?2, ?3, ?4)", place, err);
		if (q == NULL)
			return -ERR_IO;
		sqlite3_bind_int64(q, 2, c->at);
		sqlite3_bind_text(q, 3, text_str(t->key), -1, SQLITE_STATIC);
		bind(q, 4, t->n);
		rc = run(h, q, err);
	}
	return rc;
}

/* Of runs that follow each other closely the newest moves along; the one before it stays, so that
 * each finds what rose since. */
static int thin(struct history *h, const char *place, int64_t at, struct err *err)
{
	sqlite3_stmt *q =
		prepare(h,
			"DELETE FROM reading WHERE place = ?1 AND at < ?2 AND at > ?2 - ?3"
			" AND EXISTS (SELECT 1 FROM reading AS older WHERE older.place = ?1"
			" AND older.at < reading.at AND older.at > reading.at - ?3)",
			place, err);

	if (q != NULL) {
		sqlite3_bind_int64(q, 2, at);
		sqlite3_bind_int64(q, 3, STEP_MS);
	}
	return run(h, q, err);
}

/* No window needs more than the last hour step by step and one reading from before it. */
static int forget(struct history *h, const char *place, int64_t at, struct err *err)
{
	sqlite3_stmt *q =
		prepare(h,
			"DELETE FROM reading WHERE place = ?1 AND (at < ?2 OR at > ?4 OR at <"
			" (SELECT max(at) FROM reading WHERE place = ?1 AND at <= ?3))",
			place, err);
	int rc;

	if (q != NULL) {
		sqlite3_bind_int64(q, 2, at - OLDEST_MS);
		sqlite3_bind_int64(q, 3, at - FINE_MS);
		sqlite3_bind_int64(q, 4, at); /* the clock went back: no reading of the future */
	}
	rc = run(h, q, err);
	if (rc != 0)
		return rc;
	q = prepare(h,
		    "DELETE FROM reading_type WHERE place = ?1 AND at NOT IN"
		    " (SELECT at FROM reading WHERE place = ?1)",
		    place, err);
	rc = run(h, q, err);
	if (rc != 0)
		return rc;
	/* Jobs that nobody asks about any more. */
	q = prepare(h, "DELETE FROM reading WHERE place <> ?1 AND at < ?2", place, err);
	if (q != NULL)
		sqlite3_bind_int64(q, 2, at - OLDEST_MS);
	return run(h, q, err);
}

int history_put(struct history *h, const char *place, const struct rules_counters *c,
		struct err *err)
{
	int rc = store_exec(h->db, "BEGIN IMMEDIATE", err);

	if (rc != 0)
		return rc;
	rc = put_reading(h, place, c, err);
	rc = rc != 0 ? rc : put_types(h, place, c, err);
	rc = rc != 0 ? rc : thin(h, place, c->at, err);
	rc = rc != 0 ? rc : forget(h, place, c->at, err);
	if (rc == 0)
		return store_exec(h->db, "COMMIT", err);
	(void)!store_exec(h->db, "ROLLBACK", NULL);
	return rc;
}

static int get_types(struct history *h, const char *place, struct rules_counters *c,
		     struct arena *a, struct err *err)
{
	sqlite3_stmt *q = prepare(
		h, "SELECT type, n FROM reading_type WHERE place = ?1 AND at = ?2", place, err);
	struct count v[TYPES_MAX], *kept;
	size_t n = 0;
	int step;

	if (q == NULL)
		return -ERR_IO;
	sqlite3_bind_int64(q, 2, c->at);
	while ((step = sqlite3_step(q)) == SQLITE_ROW && n < TYPES_MAX) {
		const char *type = (const char *)sqlite3_column_text(q, 0);
		if (type == NULL)
			continue;
		v[n++] = (struct count){text_clean(a, type, strlen(type)), column(q, 1)};
	}
	kept = ARENA_ARRAY(a, struct count, n + 1);
	memcpy(kept, v, n * sizeof(*v));
	c->errors_by_type = (struct counts){n, kept};
	sqlite3_finalize(q);
	return step == SQLITE_DONE || step == SQLITE_ROW ? 0 : store_failed(h->db, "history", err);
}

int history_get(struct history *h, const char *place, int64_t at, struct arena *a,
		struct history_readings *out, struct err *err)
{
	sqlite3_stmt *q = prepare(h,
				  "SELECT at, errors, batches, records, start_time, restarts FROM"
				  " reading WHERE place = ?1 AND at >= ?2 AND at <= ?3 ORDER BY at",
				  place, err);
	struct rules_counters *v;
	int step, rc = 0;

	*out = (struct history_readings){0};
	if (q == NULL)
		return -ERR_IO;
	sqlite3_bind_int64(q, 2, at - OLDEST_MS);
	sqlite3_bind_int64(q, 3, at);
	v = ARENA_ARRAY(a, struct rules_counters, READINGS_MAX);
	while ((step = sqlite3_step(q)) == SQLITE_ROW && out->n < READINGS_MAX && rc == 0) {
		struct rules_counters *c = &v[out->n++];
		*c = (struct rules_counters){
			.at = column(q, 0),
			.errors = column(q, 1),
			.batches = column(q, 2),
			.records = column(q, 3),
			.start_time = column(q, 4),
			.restarts = column(q, 5),
		};
		rc = get_types(h, place, c, a, err);
	}
	sqlite3_finalize(q);
	out->v = v;
	if (rc == 0 && step != SQLITE_DONE && step != SQLITE_ROW)
		rc = store_failed(h->db, "history", err);
	return rc;
}

int history_put_standing(struct history *h, const char *place, const struct rules_standing *s,
			 struct err *err)
{
	sqlite3_stmt *q = prepare(h, "REPLACE INTO standing VALUES (?1, ?2, ?3, ?4)", place, err);
	int rc;

	if (q != NULL) {
		sqlite3_bind_int64(q, 2, s->at);
		sqlite3_bind_int64(q, 3, s->since);
		sqlite3_bind_text(q, 4, verdict_names[s->verdict], -1, SQLITE_STATIC);
	}
	rc = run(h, q, err);
	if (rc != 0)
		return rc;
	q = prepare(h, "DELETE FROM standing WHERE place <> ?1 AND at < ?2", place, err);
	if (q != NULL)
		sqlite3_bind_int64(q, 2, s->at - OLDEST_MS);
	return run(h, q, err);
}

int history_get_standing(struct history *h, const char *place, struct rules_standing *out,
			 struct err *err)
{
	sqlite3_stmt *q =
		prepare(h, "SELECT at, since, verdict FROM standing WHERE place = ?1", place, err);
	int step;

	*out = (struct rules_standing){.at = ABSENT};
	if (q == NULL)
		return -ERR_IO;
	step = sqlite3_step(q);
	for (int i = 0; step == SQLITE_ROW && i < VERDICT_COUNT; i++) {
		const char *verdict = (const char *)sqlite3_column_text(q, 2);

		if (verdict != NULL && strcmp(verdict, verdict_names[i]) == 0)
			*out = (struct rules_standing){column(q, 0), column(q, 1), i};
	}
	sqlite3_finalize(q);
	return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : store_failed(h->db, "history", err);
}

static const char *place_of(const struct config_job *j)
{
	return j->health != NULL ? j->health
	       : j->ui != NULL   ? j->ui
	       : j->dlq != NULL  ? j->dlq
				 : text_str(j->name);
}

static struct history *open_for(const struct config *cfg)
{
	struct err err = {0};
	struct history *h;

	if (!cfg->is_once || cfg->is_look || cfg->state_dir == NULL || cfg->njobs == 0)
		return NULL;
	h = history_open(cfg->state_dir, &err);
	if (h == NULL)
		log_msg(LOG_WARN, "history is not kept: %s", err.message);
	return h;
}

static bool has_job(const struct config *cfg, const struct config_job *j)
{
	for (size_t i = 0; cfg != NULL && i < cfg->njobs; i++)
		if (text_cmp(cfg->jobs[i].name, j->name) == 0)
			return true;
	return false;
}

void history_seed(const struct config *cfg, const struct config *before, struct rules *r,
		  int64_t at)
{
	struct history *h = open_for(cfg);
	struct err err = {0};
	int rc = 0;

	for (size_t i = 0; h != NULL && i < cfg->njobs && rc == 0; i++) {
		struct rules_standing stood;
		struct history_readings v;
		struct arena a;
		if (has_job(before, &cfg->jobs[i]))
			continue;
		arena_init(&a);
		rc = history_get(h, place_of(&cfg->jobs[i]), at, &a, &v, &err);
		for (size_t k = 0; k < v.n && rc == 0; k++)
			rules_seed(r, text_str(cfg->jobs[i].name), &v.v[k]);
		arena_release(&a);
		if (rc == 0)
			rc = history_get_standing(h, place_of(&cfg->jobs[i]), &stood, &err);
		if (rc == 0 && !is_absent(stood.at))
			rules_seed_standing(r, text_str(cfg->jobs[i].name), &stood);
	}
	if (rc != 0)
		log_msg(LOG_WARN, "history is not read: %s", err.message);
	history_close(h);
}

void history_keep(const struct config *cfg, const struct rules *r)
{
	struct history *h = open_for(cfg);
	struct rules_standing s;
	struct rules_counters c;
	struct err err = {0};
	int rc = 0;

	for (size_t i = 0; h != NULL && i < cfg->njobs && rc == 0; i++) {
		const char *name = text_str(cfg->jobs[i].name);
		const char *place = place_of(&cfg->jobs[i]);

		if (rules_counters(r, name, &c) && !is_absent(c.at))
			rc = history_put(h, place, &c, &err);
		if (rc == 0 && rules_standing(r, name, &s))
			rc = history_put_standing(h, place, &s, &err);
	}
	if (rc != 0)
		log_msg(LOG_WARN, "history is not kept: %s", err.message);
	history_close(h);
}

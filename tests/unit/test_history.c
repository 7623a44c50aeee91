/* What one run of --once leaves for the next: kept, thinned, shared, and never in the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../backend/store/history.h"
#include "../../backend/store/store.h"
#include "../../include/row/job.h"
#include "files.h"

static const int64_t now = 1763650000000;
static char folder[64], state[96];

static int setup(void **unused ATTR_UNUSED)
{
	snprintf(folder, sizeof(folder), "/tmp/sparkops-history-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(state, sizeof(state), "%s/a/state", folder);
	return 0;
}

static int teardown(void **unused ATTR_UNUSED)
{
	chmod(folder, 0700);
	folder_remove(folder);
	return 0;
}

static struct rules_counters reading(int64_t at, int64_t errors)
{
	return (struct rules_counters){.at = at,
				       .errors = errors,
				       .batches = 10 * errors,
				       .records = ABSENT,
				       .start_time = at - 5000000,
				       .restarts = ABSENT};
}

static struct history *open_state(void)
{
	struct err err = {0};
	struct history *h = history_open(state, &err);

	if (h == NULL)
		fail_msg("%s", err.message);
	return h;
}

static size_t get(struct history *h, const char *place, int64_t at, struct arena *a,
		  const struct rules_counters **v)
{
	struct history_readings readings;
	struct err err = {0};

	if (history_get(h, place, at, a, &readings, &err) != 0)
		fail_msg("%s", err.message);
	*v = readings.v;
	return readings.n;
}

static void what_was_put_comes_back(void **unused ATTR_UNUSED)
{
	const struct count types[] = {{TEXT("SchemaError"), 3}, {TEXT("It's; DROP \"x\""), ABSENT}};
	struct rules_counters c = reading(now - 60000, 7);
	const struct rules_counters *v;
	struct history *h = open_state();
	struct arena a;
	struct stat st;
	char path[160];

	arena_init(&a);
	assert_int_equal(get(h, "http://a", now, &a, &v), 0);
	c.errors_by_type = (struct counts){2, types};
	assert_int_equal(history_put(h, "http://a", &c, NULL), 0);
	history_close(h);

	h = open_state();
	assert_int_equal(get(h, "http://a", now, &a, &v), 1);
	assert_int_equal(v[0].at, now - 60000);
	assert_int_equal(v[0].errors, 7);
	assert_int_equal(v[0].batches, 70);
	assert_true(is_absent(v[0].records));
	assert_int_equal(v[0].start_time, c.start_time);
	assert_true(is_absent(v[0].restarts));
	assert_int_equal(v[0].errors_by_type.n, 2);
	assert_string_equal(text_str(v[0].errors_by_type.v[0].key), "It's; DROP \"x\"");
	assert_true(is_absent(v[0].errors_by_type.v[0].n));
	assert_int_equal(v[0].errors_by_type.v[1].n, 3);
	assert_int_equal(get(h, "http://b", now, &a, &v), 0);
	history_close(h);
	arena_release(&a);

	assert_int_equal(stat(state, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	snprintf(path, sizeof(path), "%s/history.db", state);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void how_it_stood_comes_back(void **unused ATTR_UNUSED)
{
	struct rules_standing s = {now - 60000, now - 400000, VERDICT_STALE};
	struct history *h = open_state();

	assert_int_equal(history_get_standing(h, "http://a", &s, NULL), 0);
	assert_true(is_absent(s.at));
	s = (struct rules_standing){now - 60000, now - 400000, VERDICT_STALE};
	assert_int_equal(history_put_standing(h, "http://a", &s, NULL), 0);
	s.verdict = VERDICT_HUNG;
	assert_int_equal(history_put_standing(h, "http://b", &s, NULL), 0);
	history_close(h);
	h = open_state();
	assert_int_equal(history_get_standing(h, "http://a", &s, NULL), 0);
	assert_int_equal(s.at, now - 60000);
	assert_int_equal(s.since, now - 400000);
	assert_int_equal(s.verdict, VERDICT_STALE);
	/* the last run counts, and after a day nobody asks for it any more */
	s = (struct rules_standing){now + 25 * 3600000LL, now, VERDICT_HUNG};
	assert_int_equal(history_put_standing(h, "http://a", &s, NULL), 0);
	assert_int_equal(history_get_standing(h, "http://a", &s, NULL), 0);
	assert_int_equal(s.verdict, VERDICT_HUNG);
	assert_int_equal(history_get_standing(h, "http://b", &s, NULL), 0);
	assert_true(is_absent(s.at));
	history_close(h);
}

static void old_and_superfluous_readings_go(void **unused ATTR_UNUSED)
{
	struct history *h = open_state();
	const struct rules_counters *v;
	struct rules_counters c;
	struct arena a;
	size_t n;

	arena_init(&a);
	/* A run each half hour for 28 hours, then each 2 s. */
	for (int64_t at = now - 30 * 3600000LL; at < now - 7200000; at += 1800000) {
		c = reading(at, 1);
		assert_int_equal(history_put(h, "p", &c, NULL), 0);
	}
	for (int64_t at = now - 4200000; at <= now; at += 2000) {
		c = reading(at, 2);
		assert_int_equal(history_put(h, "p", &c, NULL), 0);
	}
	n = get(h, "p", now, &a, &v);
	assert_in_range(n, 300, 800);
	assert_int_equal(v[n - 1].at, now);
	assert_true(v[0].at <= now - 3600000);
	for (size_t i = 1; i < n; i++)
		assert_true(v[i].at > v[i - 1].at);
	/* A reading from the future is not seen, and goes with the next one. */
	c = reading(now + 9000000, 3);
	assert_int_equal(history_put(h, "p", &c, NULL), 0);
	c = reading(now + 60000, 3);
	assert_int_equal(history_put(h, "p", &c, NULL), 0);
	n = get(h, "p", now + 90000000, &a, &v);
	for (size_t i = 0; i < n; i++)
		assert_true(v[i].at <= now + 60000);
	/* After a day nothing of it is used. */
	assert_int_equal(get(h, "p", now + 25 * 3600000LL, &a, &v), 0);
	history_close(h);
	arena_release(&a);
}

/* The first of runs that follow each other closely stays: the increase since is theirs, too. */
static void a_run_does_not_eat_what_the_one_before_read(void **unused ATTR_UNUSED)
{
	static const struct {
		int64_t at, errors;
		size_t n; /* readings that are left then */
	} runs[] = {{0, 0, 1},     {1000, 6, 2},  {1500, 6, 2},  {9000, 6, 2},
		    {11000, 7, 2}, {12000, 7, 3}, {20000, 9, 3}, {80000, 9, 4}};
	const struct count types[] = {{TEXT("Timeout"), 6}};
	struct history *h = open_state();
	const struct rules_counters *v;
	struct rules_counters c;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		c = reading(now + runs[i].at, runs[i].errors);
		c.errors_by_type = (struct counts){1, types};
		assert_int_equal(history_put(h, "p", &c, NULL), 0);
		assert_int_equal(get(h, "p", now + runs[i].at, &a, &v), runs[i].n);
		assert_int_equal(v[0].at, now);
		assert_int_equal(v[0].errors, 0);
		assert_int_equal(v[runs[i].n - 1].errors, runs[i].errors);
		assert_int_equal(v[runs[i].n - 1].errors_by_type.n, 1);
	}
	/* another job's readings are its own */
	c = reading(now + 81000, 1);
	assert_int_equal(history_put(h, "q", &c, NULL), 0);
	assert_int_equal(get(h, "p", now + 90000, &a, &v), 4);
	history_close(h);
	arena_release(&a);
}

/* As it was written while there was one reading a minute. */
static void a_file_of_before_is_taken_over(void **unused ATTR_UNUSED)
{
	static const char *const before[] = {
		"CREATE TABLE reading (place TEXT NOT NULL, minute INTEGER NOT NULL,"
		" at INTEGER NOT NULL, errors INTEGER, batches INTEGER, records INTEGER,"
		" start_time INTEGER, restarts INTEGER, PRIMARY KEY (place, minute)) WITHOUT ROWID;"
		"CREATE TABLE reading_type (place TEXT NOT NULL, minute INTEGER NOT NULL,"
		" type TEXT NOT NULL, n INTEGER, PRIMARY KEY (place, minute, type)) WITHOUT ROWID;",
		"CREATE TABLE standing (place TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL,"
		" since INTEGER NOT NULL, verdict TEXT NOT NULL) WITHOUT ROWID;",
		NULL,
	};
	const struct rules_counters *v;
	struct rules_standing stood;
	struct history *h;
	struct arena a;
	struct err err = {0};
	sqlite3 *db = store_open(state, "history.db", before, &err);

	assert_non_null(db);
	assert_int_equal(
		store_exec(db,
			   "INSERT INTO reading VALUES ('p', 29394166, 1763649960000, 3, 9, NULL,"
			   " 1763640000000, 1), ('p', 29394167, 1763650020000, 4, 10, 7, NULL, 1);"
			   "INSERT INTO reading_type VALUES ('p', 29394166, 'Timeout', 3),"
			   " ('p', 29394167, 'Timeout', 4), ('gone', 1, 'Timeout', 4);"
			   "INSERT INTO standing VALUES ('p', 1763650020000, 1763649960000,"
			   " 'stale')",
			   &err),
		0);
	store_close(db);
	arena_init(&a);
	h = open_state();
	assert_int_equal(get(h, "p", now + 60000, &a, &v), 2);
	assert_int_equal(v[0].at, 1763649960000);
	assert_int_equal(v[0].errors, 3);
	assert_true(is_absent(v[0].records));
	assert_int_equal(v[1].records, 7);
	assert_int_equal(v[1].errors_by_type.n, 1);
	assert_int_equal(v[1].errors_by_type.v[0].n, 4);
	assert_int_equal(history_get_standing(h, "p", &stood, NULL), 0);
	assert_int_equal(stood.verdict, VERDICT_STALE);
	history_close(h);
	arena_release(&a);
}

/* Four processes write at once; each reading is there afterwards. */
static void processes_share_it(void **unused ATTR_UNUSED)
{
	const struct rules_counters *v;
	struct history *h;
	struct arena a;
	pid_t pids[4];
	char place[16];

	for (int k = 0; k < 4; k++) {
		pids[k] = fork();
		assert_true(pids[k] >= 0);
		if (pids[k] == 0) {
			int failures = 0;
			snprintf(place, sizeof(place), "p%d", k);
			for (int i = 0; i < 20; i++) {
				struct rules_counters c = reading(now + i * 60000, i);
				struct history *mine = history_open(state, NULL);
				failures += mine == NULL || history_put(mine, place, &c, NULL) != 0;
				history_close(mine);
			}
			_exit(failures);
		}
	}
	for (int k = 0; k < 4; k++) {
		int status;
		assert_int_equal(waitpid(pids[k], &status, 0), pids[k]);
		assert_int_equal(status, 0);
	}
	arena_init(&a);
	h = open_state();
	for (int k = 0; k < 4; k++) {
		snprintf(place, sizeof(place), "p%d", k);
		assert_int_equal(get(h, place, now + 1200000, &a, &v), 20);
	}
	history_close(h);
	arena_release(&a);
}

static void what_cannot_be_used_is_said(void **unused ATTR_UNUSED)
{
	static const char *const newer[] = {"CREATE TABLE reading (x)", "CREATE TABLE y (x)",
					    "CREATE TABLE z (x)", "CREATE TABLE u (x)", NULL};
	struct err err = {0};
	char path[160];
	sqlite3 *db;
	FILE *f;

	/* A file where the folder should be. */
	snprintf(path, sizeof(path), "%s/file", folder);
	f = fopen(path, "w");
	fclose(f);
	assert_null(history_open(path, &err));
	assert_non_null(strstr(err.message, "Not a directory"));
	/* A newer schema is refused and left alone. */
	db = store_open(state, "history.db", newer, &err);
	assert_non_null(db);
	store_close(db);
	assert_null(history_open(state, &err));
	assert_non_null(strstr(err.message, "newer sparkops"));
	/* No database at all. */
	snprintf(path, sizeof(path), "%s/b", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/b/history.db", folder);
	f = fopen(path, "w");
	for (int i = 0; i < 1000; i++)
		fputs("this is no database ", f);
	fclose(f);
	snprintf(path, sizeof(path), "%s/b", folder);
	assert_null(history_open(path, &err));
	assert_non_null(strstr(err.message, "not a database"));
	/* A link to somewhere else is not followed. */
	snprintf(path, sizeof(path), "%s/b/history.db", folder);
	unlink(path);
	assert_int_equal(symlink("/tmp/sparkops-nowhere", path), 0);
	snprintf(path, sizeof(path), "%s/b", folder);
	assert_null(history_open(path, &err));
	assert_int_not_equal(access("/tmp/sparkops-nowhere", F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_put_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(how_it_stood_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(old_and_superfluous_readings_go, setup, teardown),
		cmocka_unit_test_setup_teardown(a_run_does_not_eat_what_the_one_before_read, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_file_of_before_is_taken_over, setup, teardown),
		cmocka_unit_test_setup_teardown(processes_share_it, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_used_is_said, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

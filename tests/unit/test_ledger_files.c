/* Where a ledger may lie and in what state: whatever else is refused with what to do, and left as
 * it is. */
#include "ledger_stage.h"

#include <dirent.h>
#include <fcntl.h>

#include "../../backend/store/store.h"

static void modes_are_private(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	struct ledger_attempt a = stage_attempt(STAGE_KEY);
	struct stat st;
	char path[200];

	assert_int_equal(ledger_begin(l, &a, NULL), 0);
	assert_int_equal(stat(stage_state(), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	for (size_t i = 0; i < 3; i++) {
		static const char *const files[] = {"ledger.db", "ledger.db-wal", "ledger.db-shm"};
		snprintf(path, sizeof(path), "%s/%s", stage_state(), files[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	ledger_close(l);
}

static void refused(const char *why)
{
	struct err err = {0};
	struct ledger *l = ledger_open(stage_state(), false, &err);

	if (l != NULL || strstr(err.message, why) == NULL)
		fail_msg("%s, and not \"%s\"", l != NULL ? "opened" : err.message, why);
}

static void what_others_may_write_proves_nothing(void **unused ATTR_UNUSED)
{
	char path[200];

	ledger_close(stage_ledger());
	snprintf(path, sizeof(path), "%s/ledger.db", stage_state());
	chmod(path, 0622);
	refused("chmod 600 it");
	chmod(path, 0600);
	chmod(stage_state(), 0777);
	refused("chmod 700 it");
	chmod(stage_state(), 0700);
	unlink(path);
	assert_int_equal(symlink("/tmp/sparkops-nowhere", path), 0);
	refused("symbolic link");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	refused("Invalid argument");
}

static void network_file_systems_are_refused(void **unused ATTR_UNUSED)
{
	static const int64_t fit[] = {0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630};

	assert_string_equal(ledger_unfit(0x6969), "nfs");
	assert_string_equal(ledger_unfit(0x65735546), "fuse");
	/* a 32-bit long would be negative */
	assert_string_equal(ledger_unfit((int64_t)(int32_t)0xff534d42), "cifs");
	for (size_t i = 0; i < ARRAY_LEN(fit); i++)
		assert_null(ledger_unfit(fit[i]));
}

static void a_damaged_file_stays_and_is_refused(void **unused ATTR_UNUSED)
{
	struct ledger_attempt a = stage_attempt(STAGE_KEY);
	struct ledger *l = stage_ledger();
	char path[200], before[4096], after[4096];
	struct stat st;
	int fd;

	assert_int_equal(ledger_begin(l, &a, NULL), 0);
	ledger_close(l);
	snprintf(path, sizeof(path), "%s/ledger.db", stage_state());
	assert_int_equal(stat(path, &st), 0);
	/* a page in the middle */
	fd = open(path, O_RDWR);
	memset(before, 0x5a, sizeof(before));
	assert_int_equal(pwrite(fd, before, sizeof(before), st.st_size / 2 / 4096 * 4096), 4096);
	refused("is damaged");
	refused("integrity_check");
	/* the head */
	assert_int_equal(pwrite(fd, before, sizeof(before), 0), 4096);
	refused("is damaged");
	assert_int_equal(pread(fd, after, sizeof(after), 0), 4096);
	assert_memory_equal(before, after, sizeof(after));
	close(fd);
}

static void read_refused(const char *why)
{
	struct err err = {0};

	assert_null(ledger_open(stage_state(), true, &err));
	if (err.code == ERR_MISSING || strstr(err.message, why) == NULL)
		fail_msg("%s, and not \"%s\"", err.message, why);
}

/* To begin anew would be to send everything again. */
static void what_lost_its_tables_is_no_new_one(void **unused ATTR_UNUSED)
{
	char path[200], log[210];
	struct stat st;
	sqlite3 *db;

	ledger_close(stage_ledger());
	snprintf(path, sizeof(path), "%s/ledger.db", stage_state());
	snprintf(log, sizeof(log), "%s-wal", path);
	assert_int_equal(truncate(path, 0), 0);
	refused("if nothing was ever done here, remove it");
	read_refused("is damaged (it has no bytes)");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 0);
	/* another program's */
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(store_exec(db, "CREATE TABLE x (y)", NULL), 0);
	refused("is damaged (it has no schema)");
	read_refused("is damaged (it has no schema)");
	assert_int_equal(store_exec(db, "PRAGMA user_version = 1", NULL), 0);
	refused("no such table");
	read_refused("no such table");
	sqlite3_close(db);
	/* the file removed, its log not */
	unlink(path);
	close(open(log, O_WRONLY | O_CREAT, 0600));
	assert_int_equal(truncate(log, 100), 0);
	refused("only its -wal is there");
	unlink(log);
	ledger_close(stage_ledger());
	stage_verify();
}

static void what_is_no_database_is_said_in_words(void **unused ATTR_UNUSED)
{
	stage_spoil();
	refused("ledger.db is damaged (file is not a database): it is left as it is");
}

/* Many begin at once: one file, and no other is left beside it. */
static void a_new_one_is_made_once(void **unused ATTR_UNUSED)
{
	pid_t child[6];
	int status, n = 0;
	DIR *dir;

	for (size_t i = 0; i < ARRAY_LEN(child); i++) {
		child[i] = fork();
		if (child[i] == 0) {
			struct ledger *l = ledger_open(stage_state(), false, NULL);
			_exit(l == NULL || ledger_hold(l, "health", ABSENT, "x", NULL) != 0);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(child); i++) {
		assert_int_equal(waitpid(child[i], &status, 0), child[i]);
		assert_int_equal(status, 0);
	}
	stage_verify();
	dir = opendir(stage_state());
	for (const struct dirent *e; (e = readdir(dir)) != NULL;)
		n += strncmp(e->d_name, ".ledger", 7) == 0;
	closedir(dir);
	assert_int_equal(n, 0);
}

static void no_folder_is_said(void **unused ATTR_UNUSED)
{
	struct err err = {0};

	assert_null(ledger_open(NULL, false, &err));
	assert_non_null(strstr(err.message, "--state-dir"));
	assert_null(ledger_open("/proc/nothing/here", false, &err));
	assert_non_null(strstr(err.message, "/proc/nothing"));
	assert_null(ledger_open(stage_state(), true, &err));
	assert_int_equal(err.code, ERR_MISSING);
	assert_int_equal(access(stage_state(), F_OK), -1); /* and nothing was made */
}

static void reading_writes_nothing(void **unused ATTR_UNUSED)
{
	struct ledger_attempt a = stage_attempt(STAGE_KEY);
	struct ledger *l = stage_ledger();
	struct ledger_list list;
	struct arena arena;
	struct err err;

	arena_init(&arena);
	assert_int_equal(ledger_begin(l, &a, &err), 0);
	ledger_close(l);
	l = ledger_open(stage_state(), true, &err);
	assert_non_null(l);
	assert_int_equal(ledger_states(l, NULL, &arena, &list, &err), 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(ledger_mark(l, STAGE_KEY, "health", DLQ_DONE, "x", &err), -ERR_REFUSED);
	ledger_close(l);
	arena_release(&arena);
}

static void others_writes_are_noticed(void **unused ATTR_UNUSED)
{
	struct ledger *writer = stage_ledger(), *reader;
	int64_t before;

	reader = ledger_open(stage_state(), true, NULL);
	assert_non_null(reader);
	before = ledger_version(reader);
	assert_int_equal(ledger_version(reader), before);
	assert_int_equal(ledger_hold(writer, "health", ABSENT, "x", NULL), 0);
	assert_int_not_equal(ledger_version(reader), before);
	ledger_close(reader);
	ledger_close(writer);
}

/* A disk that is full: nothing is begun, and when there is room again it goes on. */
static void a_full_disk_is_refused(void **unused ATTR_UNUSED)
{
	struct ledger_attempt a = stage_attempt(STAGE_KEY);
	struct ledger *l;
	struct err err = {0};
	int fd, rc = 0;

	if (!stage_tmpfs("size=400k"))
		skip();
	l = stage_ledger();
	fd = stage_fill();
	for (int i = 0; i < 200 && rc == 0; i++)
		rc = ledger_hold(l, "health", ABSENT, "a reason that takes some room", &err);
	assert_int_equal(rc, -ERR_IO);
	assert_non_null(strstr(err.message, "full"));
	assert_int_not_equal(ledger_begin(l, &a, &err), 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
	assert_int_equal(ledger_release(l, "health", &err), 0);
	assert_int_equal(ledger_begin(l, &a, &err), 0);
	ledger_close(l);
	stage_verify();
}

static void a_read_only_folder_is_refused(void **unused ATTR_UNUSED)
{
	struct err err = {0};

	if (!stage_tmpfs("size=1m"))
		skip();
	assert_int_equal(mount(NULL, stage_state(), NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	refused("Read-only file system");
	assert_int_equal(mount(NULL, stage_state(), NULL, MS_REMOUNT, NULL), 0);
	ledger_close(stage_ledger());
	assert_int_equal(mount(NULL, stage_state(), NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	refused("Read-only file system");
	/* to look at it is possible */
	ledger_close(ledger_open(stage_state(), true, &err));
	assert_string_equal(err.message, "");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, stage_begin, stage_end)
	const struct CMUnitTest tests[] = {
		T(modes_are_private),
		T(what_others_may_write_proves_nothing),
		T(network_file_systems_are_refused),
		T(a_damaged_file_stays_and_is_refused),
		T(what_lost_its_tables_is_no_new_one),
		T(what_is_no_database_is_said_in_words),
		T(a_new_one_is_made_once),
		T(no_folder_is_said),
		T(reading_writes_nothing),
		T(others_writes_are_noticed),
		T(a_full_disk_is_refused),
		T(a_read_only_folder_is_refused),
	};

	audit_mirror_to(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The ledger: attempts that nobody sends twice, doubt that nothing but a decision ends, marks and
 * holds, and files that cannot be used, each refused with what to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../include/clock.h"
#include "ledger_stage.h"

#define KEY "0123456789abcdef0123456789abcdef"
#define OTHER "ffffffffffffffffffffffffffffffff"

static struct ledger_attempt attempt(const char *key)
{
	return (struct ledger_attempt){.key = key,
				       .hash = key,
				       .job = "health",
				       .batch_id = "42",
				       .error_type = "SchemaError",
				       .file = "/dlq/failed_batches_20261120.json",
				       .line = 7};
}

static void attempts_are_numbered(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	struct ledger_attempt a = attempt(KEY), b = attempt(KEY);
	struct err err = {0};

	assert_int_equal(ledger_begin(l, &a, &err), 0);
	assert_int_equal(a.number, 1);
	assert_int_equal(ledger_begin(l, &b, &err), -ERR_REFUSED);
	assert_non_null(strstr(err.message, "attempt 1 of it is under way"));
	a.state = DLQ_FAILED;
	a.outcome = "500";
	a.output = "many words";
	a.ended_at = ABSENT;
	assert_int_equal(ledger_end(l, &a, &err), 0);
	assert_int_equal(ledger_begin(l, &b, &err), 0);
	assert_int_equal(b.number, 2);
	b.state = DLQ_DONE;
	b.proof = "probe";
	b.ended_at = ABSENT;
	assert_int_equal(ledger_end(l, &b, &err), 0);
	/* settled is settled */
	b.state = DLQ_DOUBT;
	assert_int_equal(ledger_end(l, &b, &err), -ERR_REFUSED);
	/* but what was done may come back */
	b.state = DLQ_FAILED;
	b.outcome = "came back as line 9";
	assert_int_equal(ledger_end(l, &b, &err), 0);

	struct ledger_list list;
	struct arena arena;
	arena_init(&arena);
	assert_int_equal(ledger_attempts(l, KEY, &arena, &list, &err), 0);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.v[0].output, "many words");
	assert_string_equal(list.v[1].outcome, "came back as line 9");
	assert_int_equal(ledger_states(l, "health", &arena, &list, &err), 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.v[0].state, DLQ_FAILED);
	assert_int_equal(list.v[0].number, 2);
	assert_int_equal(ledger_states(l, "another", &arena, &list, &err), 0);
	assert_int_equal(list.n, 0);
	arena_release(&arena);
	ledger_close(l);
}

static void inherited_attempts_count(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	struct ledger_attempt a = attempt(KEY);
	struct err err;

	a.number = 4;
	assert_int_equal(ledger_begin(l, &a, &err), 0);
	assert_int_equal(a.number, 4);
	ledger_close(l);
}

static void what_is_done_wants_a_reason(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	struct ledger_attempt a = attempt(KEY);
	struct err err;

	assert_int_equal(ledger_begin(l, &a, &err), 0);
	a.state = DLQ_DONE;
	a.ended_at = ABSENT;
	assert_int_equal(ledger_end(l, &a, &err), 0);
	a = attempt(KEY);
	assert_int_equal(ledger_begin(l, &a, &err), -ERR_REFUSED);
	assert_non_null(strstr(err.message, "only for a reason"));
	a.reason = "the table was restored from a backup";
	assert_int_equal(ledger_begin(l, &a, &err), 0);
	assert_int_equal(a.number, 2);

	a = attempt(OTHER);
	assert_int_equal(ledger_mark(l, OTHER, "health", DLQ_GIVEN_UP, "poison", &err), 0);
	assert_int_equal(ledger_begin(l, &a, &err), -ERR_REFUSED);
	assert_int_equal(ledger_mark(l, OTHER, "health", DLQ_PENDING, "no", &err), 0);
	assert_int_equal(ledger_begin(l, &a, &err), 0);
	assert_int_equal(a.number, 1);
	ledger_close(l);
}

/* A sparkops that ends between intent and outcome leaves doubt, and only a decision ends it. */
static void an_orphan_is_in_doubt(void **unused ATTR_UNUSED)
{
	struct ledger *l;
	struct ledger_attempt a = attempt(KEY);
	struct ledger_list list;
	struct arena arena;
	struct err err;
	pid_t child = fork();
	int64_t n = 0;

	if (child == 0) {
		l = stage_ledger();
		if (ledger_begin(l, &a, &err) == 0)
			raise(SIGKILL);
		_exit(1);
	}
	stage_wait_killed(child);
	arena_init(&arena);
	l = stage_ledger();
	/* seen as what it is before anybody wrote it down */
	assert_int_equal(ledger_states(l, NULL, &arena, &list, &err), 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.v[0].state, DLQ_DOUBT);
	assert_int_equal(ledger_begin(l, &a, &err), -ERR_REFUSED);
	assert_non_null(strstr(err.message, "in doubt"));
	assert_int_equal(ledger_settle_orphans(l, &n, &err), 0);
	assert_int_equal(n, 0); /* the refusal wrote it */
	assert_int_equal(ledger_begin(l, &a, &err), -ERR_REFUSED);
	assert_int_equal(
		ledger_mark(l, KEY, "health", DLQ_PENDING, "the job's log has it not", &err), 0);
	assert_int_equal(ledger_begin(l, &a, &err), 0);
	assert_int_equal(a.number, 2);
	assert_int_equal(ledger_mark(l, KEY, "health", DLQ_DONE, "?", &err), -ERR_REFUSED);
	assert_non_null(strstr(err.message, "under way"));
	assert_int_equal(ledger_attempts(l, KEY, &arena, &list, &err), 0);
	assert_int_equal(list.v[0].state, DLQ_FAILED);
	assert_non_null(strstr(list.v[0].outcome, "marked pending by"));
	ledger_close(l);
	arena_release(&arena);
	stage_verify();
}

static void orphans_are_settled_at_once(void **unused ATTR_UNUSED)
{
	struct ledger_attempt a;
	struct ledger *l;
	struct err err;
	char key[33];
	pid_t child = fork();
	int64_t n;

	if (child == 0) {
		l = stage_ledger();
		for (int i = 0; i < 5; i++) {
			snprintf(key, sizeof(key), "%032d", i);
			a = attempt(key);
			if (ledger_begin(l, &a, &err) != 0)
				_exit(1);
		}
		raise(SIGKILL);
	}
	stage_wait_killed(child);
	l = stage_ledger();
	a = attempt(KEY);
	assert_int_equal(ledger_begin(l, &a, &err), 0); /* ours is none */
	assert_int_equal(ledger_settle_orphans(l, &n, &err), 0);
	assert_int_equal(n, 5);
	assert_int_equal(ledger_settle_orphans(l, &n, &err), 0);
	assert_int_equal(n, 0);
	ledger_close(l);
	stage_verify();
}

static void a_unit_covers_its_entries(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	struct ledger_attempt a = attempt(KEY), entries[4], doubtful = attempt(OTHER);
	struct ledger_list list;
	struct arena arena;
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		entries[i] = attempt(NULL);
	entries[0].key = KEY; /* itself */
	entries[1].key = "00000000000000000000000000000001";
	entries[2].key = "00000000000000000000000000000002";
	entries[3].key = OTHER;
	assert_int_equal(ledger_begin(l, &doubtful, &err), 0);
	assert_int_equal(ledger_begin(l, &a, &err), 0);
	a.state = DLQ_DONE;
	a.proof = "hook";
	a.ended_at = ABSENT;
	assert_int_equal(ledger_end(l, &a, &err), 0);
	assert_int_equal(ledger_cover(l, &a, entries, 4, &err), 0);
	assert_int_equal(ledger_cover(l, &a, entries, 4, &err), 0); /* nothing is added */
	arena_init(&arena);
	assert_int_equal(ledger_states(l, "health", &arena, &list, &err), 0);
	assert_int_equal(list.n, 4);
	assert_int_equal(list.v[0].state, DLQ_DONE);
	assert_int_equal(list.v[0].covered_by, a.id);
	assert_string_equal(list.v[0].proof, "hook");
	assert_int_equal(list.v[1].number, 1);
	assert_string_equal(list.v[2].key, KEY);
	assert_int_equal(list.v[2].covered_by, 0);
	assert_int_equal(list.v[3].state, DLQ_PENDING);
	assert_true(is_absent(list.v[3].ended_at));
	arena_release(&arena);
	ledger_close(l);
}

static void marks_and_their_history(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	struct ledger_list list;
	struct arena arena;
	struct err err;
	struct ledger_attempt both[2] = {attempt(KEY), attempt(OTHER)};

	arena_init(&arena);
	assert_int_equal(ledger_mark_all(l, both, 2, DLQ_DONE, "by hand", &err), 0);
	assert_int_equal(ledger_mark(l, KEY, "health", DLQ_FAILED, "x", &err), -ERR_USAGE);
	assert_int_equal(ledger_states(l, "health", &arena, &list, &err), 0);
	assert_int_equal(list.n, 2);
	assert_int_equal(list.v[0].id, 0);
	assert_int_equal(list.v[0].state, DLQ_DONE);
	assert_string_equal(list.v[0].proof, "person");
	assert_non_null(strstr(list.v[0].outcome, "by hand"));
	ledger_close(l);
	arena_release(&arena);
	stage_verify();
}

static void holds_come_and_go(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	struct ledger_attempt a = attempt(KEY);
	struct ledger_holds holds;
	struct arena arena;
	struct err err;
	int64_t now = clock_wall(&clock_real);

	arena_init(&arena);
	assert_null(ledger_held(l, "health", &arena));
	assert_int_equal(ledger_hold(l, "health", now + 3600000, "vacuum runs", &err), 0);
	assert_non_null(strstr(ledger_held(l, "health", &arena), ": vacuum runs"));
	assert_non_null(strstr(ledger_held(l, "health", &arena), " until "));
	assert_null(ledger_held(l, "another", &arena));
	assert_int_equal(ledger_begin(l, &a, &err), -ERR_REFUSED);
	assert_non_null(strstr(err.message, "held by"));
	assert_int_equal(ledger_hold(l, "past", now - 1, "x", &err), 0);
	assert_null(ledger_held(l, "past", &arena));
	assert_int_equal(ledger_hold(l, "ever", ABSENT, NULL, &err), 0);
	assert_int_equal(ledger_holds(l, &arena, &holds, &err), 0);
	assert_int_equal(holds.n, 2);
	assert_string_equal(holds.v[0].job, "ever");
	assert_true(is_absent(holds.v[0].until));
	assert_int_equal(ledger_release(l, "health", &err), 0);
	assert_null(ledger_held(l, "health", &arena));
	assert_int_equal(ledger_begin(l, &a, &err), 0);
	ledger_close(l);
	arena_release(&arena);
	stage_verify();
}

/* Several processes, each as fast as it can, at the same keys: one each. */
static void a_race_has_one_winner(void **unused ATTR_UNUSED)
{
	enum { RACERS = 4, KEYS = 25 };
	pid_t racers[RACERS];
	int winners = 0, status;
	struct err err;

	ledger_close(stage_ledger());
	for (size_t i = 0; i < RACERS; i++) {
		racers[i] = fork();
		if (racers[i] != 0)
			continue;
		struct ledger *l = stage_ledger();
		int won = 0;
		for (int k = 0; k < KEYS; k++) {
			char key[33];
			struct ledger_attempt a;
			snprintf(key, sizeof(key), "%032d", k);
			a = attempt(key);
			int rc = ledger_begin(l, &a, &err);
			won += rc == 0;
			if (rc != 0 && rc != -ERR_REFUSED)
				_exit(99);
			if (rc == 0) {
				a.state = DLQ_DONE;
				a.ended_at = ABSENT;
				if (ledger_end(l, &a, &err) != 0)
					_exit(98);
			}
		}
		_exit(won);
	}
	for (size_t i = 0; i < RACERS; i++) {
		assert_int_equal(waitpid(racers[i], &status, 0), racers[i]);
		assert_true(WIFEXITED(status));
		assert_in_range(WEXITSTATUS(status), 0, KEYS);
		winners += WEXITSTATUS(status);
	}
	assert_int_equal(winners, KEYS);
	stage_verify();
}

/* --- files and folders that cannot be used ------------------------------------------------- */

static void modes_are_private(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	struct ledger_attempt a = attempt(KEY);
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
	struct ledger_attempt a = attempt(KEY);
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
	struct ledger_attempt a = attempt(KEY);
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
	assert_int_equal(ledger_mark(l, KEY, "health", DLQ_DONE, "x", &err), -ERR_REFUSED);
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
	struct ledger_attempt a = attempt(KEY);
	char filler[200], block[4096] = {0};
	struct ledger *l;
	struct err err = {0};
	int fd, rc = 0;

	if (!stage_tmpfs("size=400k"))
		skip();
	l = stage_ledger();
	snprintf(filler, sizeof(filler), "%s/filler", stage_state());
	fd = open(filler, O_WRONLY | O_CREAT, 0600);
	while (write(fd, block, sizeof(block)) > 0)
		continue;
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
		T(attempts_are_numbered),
		T(inherited_attempts_count),
		T(what_is_done_wants_a_reason),
		T(an_orphan_is_in_doubt),
		T(orphans_are_settled_at_once),
		T(a_unit_covers_its_entries),
		T(marks_and_their_history),
		T(holds_come_and_go),
		T(a_race_has_one_winner),
		T(modes_are_private),
		T(what_others_may_write_proves_nothing),
		T(network_file_systems_are_refused),
		T(a_damaged_file_stays_and_is_refused),
		T(no_folder_is_said),
		T(reading_writes_nothing),
		T(others_writes_are_noticed),
		T(a_full_disk_is_refused),
		T(a_read_only_folder_is_refused),
	};

	audit_mirror_to(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

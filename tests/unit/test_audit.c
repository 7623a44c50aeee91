/* The audit: what was changed, taken out, swapped or cut off is found; one chain of many. */
#include "audit_stage.h"

#include <fcntl.h>

#include "../../include/clock.h"

static char mirrored[4096];

static void keep_line(const char *line)
{
	snprintf(mirrored, sizeof(mirrored), "%s", line);
}

static void put_some(int n)
{
	struct ledger *l = stage_ledger();
	char says[64];

	for (int i = 0; i < n; i++) {
		snprintf(says, sizeof(says), "row with the number %d", i + 1);
		put(l, "intent", 0, says);
	}
	ledger_close(l);
}

static void rows_say_who(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	struct audit_list list;
	struct arena a;
	const struct audit_entry *e;
	int64_t now = clock_wall(&clock_real);

	arena_init(&a);
	assert_int_equal(put(l, "intent", 0, "asked for at a console"), 1);
	assert_int_equal(put(l, "step", 1, "SIGTERM sent"), 2);
	assert_int_equal(audit_list(l, &a, 10, &list, NULL), 0);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.v[0].says, "SIGTERM sent"); /* newest first */
	e = &list.v[1];
	assert_int_equal(e->uid, geteuid());
	assert_int_equal(e->pid, getpid());
	assert_true(e->start_ticks > 0);
	assert_non_null(e->user);
	assert_non_null(e->host);
	assert_non_null(strstr(e->boot, "pid:["));
	assert_in_range(e->at, now - 5000, now + 5000);
	assert_null(e->detail);
	assert_false(audit_is_gone(e));
	ledger_close(l);
	arena_release(&a);
}

static void an_untouched_chain_is_whole(void **unused ATTR_UNUSED)
{
	struct audit_verdict v;

	ledger_close(stage_ledger());
	v = verify();
	assert_true(v.is_whole);
	assert_int_equal(v.rows, 0);
	put_some(12);
	v = verify();
	assert_true(v.is_whole);
	assert_int_equal(v.rows, 12);
	assert_true(is_absent(v.first_bad));
	assert_non_null(strstr(v.says, "12 rows, unbroken"));
	assert_int_equal(strlen(v.head), 64);
	assert_non_null(strstr(mirrored, v.head)); /* the line that went to syslog has the head */
	assert_non_null(strstr(mirrored, "sparkops audit 12 intent"));
}

static void tampering_is_named(void **unused ATTR_UNUSED)
{
	static const struct {
		const char *sql;
		enum audit_kind kind;
		int64_t row;
		const char *says;
	} cases[] = {
		{"UPDATE audit SET says = 'nothing' WHERE seq = 5", AUDIT_CHANGED, 5,
		 "row 5 was changed"},
		{"UPDATE audit SET user = NULL WHERE seq = 1", AUDIT_CHANGED, 1, "row 1 was"},
		{"UPDATE audit SET uid = uid + 1 WHERE seq = 12", AUDIT_CHANGED, 12, "row 12 was"},
		{"UPDATE audit SET says = CAST(says || x'00' || 'more' AS TEXT) WHERE seq = 3",
		 AUDIT_CHANGED, 3, "row 3 was"},
		{"UPDATE audit SET says = hex(zeroblob(9000000)) WHERE seq = 5", AUDIT_CHANGED, 5,
		 "row 5 was changed"},
		{"UPDATE audit SET hash = lower(hex(randomblob(32))) WHERE seq = 4", AUDIT_CHANGED,
		 4, "row 4 was"},
		{"DELETE FROM audit WHERE seq = 6", AUDIT_MISSING, 6, "row 6 is missing"},
		{"DELETE FROM audit WHERE seq BETWEEN 6 AND 8", AUDIT_MISSING, 6, "rows 6 to 8"},
		{"DELETE FROM audit WHERE seq = 1", AUDIT_MISSING, 1, "row 1 is missing"},
		{"DELETE FROM audit WHERE seq = 6; UPDATE audit SET seq = seq - 1 WHERE seq > 6",
		 AUDIT_CHANGED, 6, "row 6 was"},
		{"UPDATE audit SET seq = 99 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4;"
		 "UPDATE audit SET seq = 4 WHERE seq = 99",
		 AUDIT_CHANGED, 3, "row 3 was"},
		{"DELETE FROM audit WHERE seq > 10", AUDIT_CUT, 11, "10 rows are there, 12 were"},
		{"DELETE FROM audit", AUDIT_CUT, 1, "0 rows are there, 12 were"},
		{"INSERT INTO audit SELECT 13, intent, continues, at, kind, action, job, target, "
		 "says,"
		 " detail, state, proof, uid, login_uid, user, host, tty, client, boot, pid,"
		 " start_ticks, hash FROM audit WHERE seq = 12",
		 AUDIT_CHANGED, 13, "row 13 was"},
		{"DELETE FROM audit WHERE seq = 12; UPDATE meta SET value = '11 ' || (SELECT hash "
		 "FROM"
		 " audit WHERE seq = 10)",
		 AUDIT_ADDED, 11, "not the one"},
		{"DELETE FROM meta", AUDIT_ADDED, 12, "not the one"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct audit_verdict v;
		if (i > 0) {
			stage_end(NULL);
			stage_begin(NULL);
		}
		put_some(12);
		tamper(cases[i].sql);
		v = verify();
		if (v.is_whole || v.kind != cases[i].kind || v.first_bad != cases[i].row ||
		    strstr(v.says, cases[i].says) == NULL)
			fail_msg("%s: %s (row %lld)", cases[i].sql, v.says, (long long)v.first_bad);
	}
}

/* Everything a reader would be shown, as one text. */
static char *contents(struct ledger *l, struct arena *a)
{
	struct audit_list list;
	char *all = arena_strdup(a, "");

	if (audit_list(l, a, 1000, &list, NULL) != 0)
		return NULL;
	for (size_t i = 0; i < list.n; i++) {
		const struct audit_entry *e = &list.v[i];
		all = arena_printf(a, "%s%lld|%lld|%lld|%s|%s|%s|%s|%lld|%s|%s\n", all,
				   (long long)e->seq, (long long)e->intent, (long long)e->at,
				   e->kind, e->job, e->target, e->says, (long long)e->uid, e->user,
				   e->boot);
	}
	return all;
}

/* Whatever byte of the file is another one: the file is refused, or the verdict says so, or what is
 * read is as it was. */
static void no_flipped_byte_lies(void **unused ATTR_UNUSED)
{
	enum { STRIDE = 97 };
	char path[200], *before;
	struct arena a;
	struct ledger *l;
	unsigned found = 0;
	struct stat st;
	int fd;

	arena_init(&a);
	put_some(40);
	l = ledger_open(stage_state(), true, NULL);
	before = contents(l, &a);
	ledger_close(l);
	snprintf(path, sizeof(path), "%s/ledger.db", stage_state());
	assert_int_equal(stat(path, &st), 0);
	fd = open(path, O_RDWR);
	for (off_t at = 0; at < st.st_size; at += STRIDE) {
		struct audit_verdict v;
		unsigned char was, now;
		struct arena b;
		arena_init(&b);
		assert_int_equal(pread(fd, &was, 1, at), 1);
		now = was ^ 0x15;
		assert_int_equal(pwrite(fd, &now, 1, at), 1);
		l = ledger_open(stage_state(), true, NULL);
		if (l == NULL || audit_verify(l, &v, NULL) != 0 || !v.is_whole) {
			found++;
		} else {
			const char *read = contents(l, &b);
			if (read == NULL || strcmp(read, before) != 0)
				fail_msg("byte %lld: \"%s\", but it was changed", (long long)at,
					 v.says);
		}
		ledger_close(l);
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
		arena_release(&b);
	}
	close(fd);
	assert_true(found > 100);
	arena_release(&a);
	stage_verify();
}

/* Cut at any length: never "whole" with fewer rows. */
static void no_cut_file_lies(void **unused ATTR_UNUSED)
{
	char path[200], *bytes;
	struct stat st;
	int fd;

	put_some(40);
	snprintf(path, sizeof(path), "%s/ledger.db", stage_state());
	assert_int_equal(stat(path, &st), 0);
	bytes = xmalloc((size_t)st.st_size);
	fd = open(path, O_RDWR);
	assert_int_equal(pread(fd, bytes, (size_t)st.st_size, 0), st.st_size);
	for (off_t at = st.st_size - 1; at > 0; at -= 1023) {
		struct audit_verdict v = {0};
		struct ledger *l;
		assert_int_equal(ftruncate(fd, at), 0);
		l = ledger_open(stage_state(), true, NULL);
		if (l != NULL && audit_verify(l, &v, NULL) == 0 && v.is_whole && v.rows != 40)
			fail_msg("cut to %lld bytes: \"%s\"", (long long)at, v.says);
		ledger_close(l);
	}
	assert_int_equal(pwrite(fd, bytes, (size_t)st.st_size, 0), st.st_size);
	close(fd);
	free(bytes);
	stage_verify();
}

static void actions_come_with_their_steps(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	struct audit_list list;
	struct arena a;
	int64_t one = put(l, "intent", 0, "one"), two = put(l, "intent", 0, "two");

	arena_init(&a);
	put(l, "step", one, "one.1");
	put(l, "step", two, "two.1");
	put(l, "outcome", one, "one is done");
	put(l, "attempt", two, "not shown");
	assert_int_equal(audit_actions(l, &a, 10, &list, NULL), 0);
	assert_int_equal(list.n, 5);
	assert_string_equal(list.v[0].says, "two");
	assert_string_equal(list.v[1].says, "two.1");
	assert_string_equal(list.v[2].says, "one");
	assert_string_equal(list.v[4].says, "one is done");
	assert_int_equal(audit_actions(l, &a, 1, &list, NULL), 0);
	assert_int_equal(list.n, 2);
	assert_int_equal(audit_of(l, one, &a, &list, NULL), 0);
	assert_int_equal(list.n, 3);
	assert_int_equal(audit_open_intents(l, &a, &list, NULL), 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.v[0].seq, two);
	ledger_close(l);
	arena_release(&a);
}

/* What goes on ends the one that was cut off, in the same transaction; a hold refuses both. */
static void an_intent_continues_or_is_held(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	const char *const jobs[] = {"another", "migration", NULL};
	struct audit_entry e = {.at = ABSENT, .kind = "intent", .action = "recover"};
	struct audit_list list;
	struct err err;
	struct arena a;
	int64_t seq = 0;

	arena_init(&a);
	e.continues = put(l, "intent", 0, "cut off");
	assert_int_equal(ledger_hold(l, "migration", ABSENT, "vacuum", NULL), 0);
	assert_int_equal(audit_intend(l, &e, jobs, &seq, &err), -ERR_REFUSED);
	assert_non_null(strstr(err.message, "vacuum"));
	assert_int_equal(ledger_release(l, "migration", NULL), 0);
	assert_int_equal(audit_intend(l, &e, jobs, &seq, &err), 0);
	assert_int_equal(audit_open_intents(l, &a, &list, NULL), 0);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.v[0].seq, seq);
	assert_int_equal(audit_of(l, e.continues, &a, &list, NULL), 0);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.v[1].state, "cut");
	ledger_close(l);
	arena_release(&a);
	stage_verify();
}

/* Two who heal one job would start it twice: the second waits for the first, in the same
 * transaction; one whose process is gone hinders nobody. */
static void one_at_a_time_acts_on_a_job(void **unused ATTR_UNUSED)
{
	const char *const jobs[] = {"good", NULL}, *const others[] = {"other", NULL};
	struct audit_entry e = {.at = ABSENT, .kind = "intent", .action = "recover", .job = "good"};
	int up[2], seen;
	char c, who[40];
	pid_t first;
	int64_t seq = 0;
	struct err err;

	ledger_close(stage_ledger());
	assert_int_equal(pipe(up), 0);
	first = fork();
	if (first == 0) {
		struct ledger *mine = stage_ledger();

		if (audit_intend(mine, &e, jobs, &seq, NULL) != 0 || write(up[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(up[1]);
	seen = (int)read(up[0], &c, 1);
	close(up[0]);
	struct ledger *l = stage_ledger();
	e.action = "restart";
	int beside = audit_intend(l, &e, jobs, &seq, &err);
	e.job = "other";
	int other = audit_intend(l, &e, others, &seq, NULL);
	e.job = "good";
	e.action = "replay";
	int replay = audit_intend(l, &e, jobs, &seq, NULL);
	kill(first, SIGKILL);
	stage_wait_killed(first);
	e.action = "restart";
	int after = audit_intend(l, &e, jobs, &seq, NULL);
	ledger_close(l);
	assert_int_equal(seen, 1);
	assert_int_equal(beside, -ERR_REFUSED);
	snprintf(who, sizeof(who), " (process %d) runs since ", (int)first);
	assert_non_null(strstr(err.message, "recover of good by "));
	assert_non_null(strstr(err.message, who));
	assert_non_null(strstr(err.message, ": wait for it"));
	assert_int_equal(other, 0);
	assert_int_equal(replay, 0);
	assert_int_equal(after, 0);
	stage_verify();
}

/* Processes that write as fast as they can, one of them killed again and again. */
static void many_processes_make_one_chain(void **unused ATTR_UNUSED)
{
	enum { WRITERS = 3, ROWS = 40, KILLS = 10 };
	pid_t writers[WRITERS];
	struct audit_verdict v;

	ledger_close(stage_ledger());
	for (size_t i = 0; i < WRITERS; i++) {
		writers[i] = fork();
		if (writers[i] != 0)
			continue;
		put_some(ROWS);
		_exit(0);
	}
	for (int i = 0; i < KILLS; i++) {
		int fds[2];
		char c;
		assert_int_equal(pipe(fds), 0);
		pid_t victim = fork();
		if (victim == 0) {
			struct ledger *l = stage_ledger();
			for (;;) {
				put(l, "intent", 0, "to be killed");
				if (write(fds[1], "x", 1) != 1)
					_exit(1);
			}
		}
		close(fds[1]);
		for (int k = 0; k < i % 4 + 1; k++)
			assert_int_equal(read(fds[0], &c, 1), 1);
		kill(victim, SIGKILL);
		stage_wait_killed(victim);
		close(fds[0]);
	}
	for (size_t i = 0; i < WRITERS; i++) {
		int status;
		assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
		assert_int_equal(status, 0);
	}
	v = verify();
	if (!v.is_whole)
		fail_msg("%s", v.says);
	assert_true(v.rows >= WRITERS * ROWS + KILLS);
}

/* What a process that was killed had begun is open, and known to be nobody's. */
static void the_dead_are_known(void **unused ATTR_UNUSED)
{
	struct audit_list list;
	struct ledger *l;
	struct arena a;
	pid_t child = fork();

	if (child == 0) {
		put(stage_ledger(), "intent", 0, "begun");
		raise(SIGKILL);
	}
	stage_wait_killed(child);
	arena_init(&a);
	l = stage_ledger();
	put(l, "intent", 0, "ours");
	assert_int_equal(audit_open_intents(l, &a, &list, NULL), 0);
	assert_int_equal(list.n, 2);
	assert_true(audit_is_gone(&list.v[0]));
	assert_false(audit_is_gone(&list.v[1]));
	ledger_close(l);
	arena_release(&a);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, stage_begin, stage_end)
	const struct CMUnitTest tests[] = {
		T(rows_say_who),
		T(an_untouched_chain_is_whole),
		T(tampering_is_named),
		T(no_flipped_byte_lies),
		T(no_cut_file_lies),
		T(actions_come_with_their_steps),
		T(an_intent_continues_or_is_held),
		T(one_at_a_time_acts_on_a_job),
		T(many_processes_make_one_chain),
		T(the_dead_are_known),
	};

	audit_mirror_to(keep_line);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

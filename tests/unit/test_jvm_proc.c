/* What /proc says: stat and status, recorded and hostile; exit codes; control groups and who owns
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../backend/jvm/cgroup.h"
#include "files.h"

static bool stat_of(const char *line, struct proc_stat *out)
{
	return proc_stat_parse(line, strlen(line), out);
}

static void test_stat(void **state)
{
	size_t n;
	char *bytes = file_read("tests/fixture/jvm/3.5-driver.stat", &n);
	struct proc_stat s;

	(void)state;
	assert_true(proc_stat_parse(bytes, n, &s));
	free(bytes);
	assert_int_equal(s.pid, 9756);
	assert_string_equal(s.comm, "java");
	assert_int_equal(s.state, 'S');
	assert_int_equal(s.ppid, 9751);
	assert_int_equal(s.cpu_ticks, 6045 + 661);
	assert_int_equal(s.threads, 271);
	assert_int_equal(s.start_ticks, 87518);
	assert_int_equal(s.rss_pages, 160969);
	assert_int_equal(s.wait_status, 0);
}

static void test_stat_hostile(void **state)
{
	struct proc_stat s;

	(void)state;
	assert_true(stat_of("7 (a) b) Z 1 ) R 5 1 1 0 -1 0 0 0 0 0 1 2 0 0 20 0 3 0 99 0 4 0", &s));
	assert_string_equal(s.comm, "a) b) Z 1 ");
	assert_int_equal(s.ppid, 5);
	assert_int_equal(s.start_ticks, 99);
	assert_true(is_absent(s.wait_status)); /* no field 52 */
	assert_false(stat_of("", &s));
	assert_false(stat_of("7 (java", &s));
	assert_false(stat_of("7 )java( S 1", &s));
	assert_false(stat_of("7 (java) S 1 1", &s));
	assert_false(stat_of("(java) S 5 1 1 0 -1 0 0 0 0 0 1 2 0 0 20 0 3 0 99 0 4 0", &s));
	assert_true(
		stat_of("7 (j) S 5 1 1 0 -1 0 0 0 0 0 99999999999999999999 99999999999999999999 "
			"0 0 20 0 3 0 -1 0 99999999999999999999 0",
			&s));
	assert_true(s.cpu_ticks >= 0 && s.start_ticks >= 0 && s.rss_pages >= 0);
}

static void test_exit_codes(void **state)
{
	(void)state;
	assert_int_equal(proc_exit_code(13312), 52);
	assert_int_equal(proc_exit_code(768), 3);
	assert_int_equal(proc_exit_code(9), 137);
	assert_int_equal(proc_exit_code(0x80 | 6), 134); /* with a core */
	assert_int_equal(proc_exit_code(0), 0);
}

static void test_status(void **state)
{
	static const char inner[] = "Name:\tx\nUid:\t1000\t1001\t1000\t1000\nNSpid:\t4711\t52\t7\n";
	struct proc_status s;
	char *bytes = file_read("tests/fixture/jvm/3.5-driver.status", NULL);

	(void)state;
	assert_true(proc_status_parse(bytes, &s));
	free(bytes);
	assert_int_equal(s.uid, 0);
	assert_int_equal(s.ns_pid, 9756);
	assert_true(proc_status_parse(inner, &s));
	assert_int_equal(s.uid, 1001);
	assert_int_equal(s.ns_pid, 7);
	assert_true(proc_status_parse("Uid:\t1\t2\t3\t4\n", &s));
	assert_true(is_absent(s.ns_pid));
	assert_false(proc_status_parse("Name:\tUid:\t1\n", &s));
}

/* --- control groups --- */

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_owners(void **state)
{
	static const struct {
		const char *line;
		int owner;
		const char *name;
		bool is_user;
	} all[] = {
		{"0::/system.slice/migration-api.service\n", OWNER_SYSTEMD, "migration-api.service",
		 0},
		{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/copy.service\n",
		 OWNER_SYSTEMD, "copy.service", 1},
		{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/vte-1.scope\n",
		 OWNER_NONE, "", 0},
		{"0::/user.slice/user-1000.slice/session-3.scope\n", OWNER_NONE, "", 0},
		{"0::/system.slice/ssh.service\n", OWNER_NONE, "", 0},
		{"0::/system.slice/cron.service\n", OWNER_NONE, "", 0},
		{"12:memory:/docker/" HEX64 "\n0::/\n", OWNER_CONTAINER, "0123456789ab", 0},
		{"0::/system.slice/docker-" HEX64 ".scope\n", OWNER_CONTAINER, "0123456789ab", 0},
		{"0::/docker/" HEX64 "/system.slice/job.service\n", OWNER_CONTAINER, "0123456789ab",
		 0},
		{"0::/machine.slice/libpod-" HEX64 ".scope/container\n", OWNER_CONTAINER,
		 "0123456789ab", 0},
		{"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-"
		 "pod8f3e2a10_1b2c_4d5e_8f90_a1b2c3d4e5f6.slice/cri-containerd-" HEX64 ".scope\n",
		 OWNER_POD, "8f3e2a10-1b2c-4d5e-8f90-a1b2c3d4e5f6", 0},
		{"9:memory:/kubepods/besteffort/pod8f3e2a10-1b2c-4d5e-8f90-a1b2c3d4e5f6/" HEX64
		 "\n",
		 OWNER_POD, "8f3e2a10-1b2c-4d5e-8f90-a1b2c3d4e5f6", 0},
		{"4:memory,cpu:/hadoop-yarn/container_e17_1700000000000_0001_01_000002\n",
		 OWNER_YARN, "container_e17_1700000000000_0001_01_000002", 0},
		{"9:name=systemd:/system.slice/a.service\n4:memory:/\n0::/\n", OWNER_SYSTEMD,
		 "a.service", 0},
		{"9:name=systemd:/\n8:pids:/\n4:memory:/process_api/963263787e3cee8c\n0::/\n",
		 OWNER_NONE, "", 0},
		{"no colons\n::\n:\n\n", OWNER_NONE, "", 0},
		{"", OWNER_NONE, "", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct cgroup_place p;

		cgroup_place_parse(all[i].line, strlen(all[i].line), &p);
		if (p.owner != all[i].owner || strcmp(p.name, all[i].name) != 0 ||
		    p.is_user_unit != all[i].is_user)
			fail_msg("%s is of %d %s", all[i].line, p.owner, p.name);
	}
}

/* The limit is the smallest on the way up; in version 1 a huge number is none. */
static void test_group_memory(void **state)
{
	char dir[] = "/tmp/sparkops-cgroup-XXXXXX", group[64], mounts[512];
	struct cgroup_mounts m;
	struct cgroup_place place;
	struct cgroup_memory got;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(group, sizeof(group), "%s/a", dir);
	mkdir(group, 0700);
	file_put(group, "memory.max", "2147483648\n");
	snprintf(group, sizeof(group), "%s/a/b.service", dir);
	mkdir(group, 0700);
	file_put(group, "memory.max", "max\n");
	file_put(group, "memory.current", "1048576\n");
	file_put(group, "memory.events", "low 0\nhigh 0\nmax 9\noom 2\noom_kill 3\n");
	snprintf(mounts, sizeof(mounts),
		 "31 23 0:28 / %s rw,relatime shared:4 - cgroup2 cgroup2 rw\n", dir);
	cgroup_mounts_parse(mounts, strlen(mounts), &m);
	assert_string_equal(m.v2, dir);
	cgroup_place_parse("0::/a/b.service\n", 16, &place);
	cgroup_memory_read(&m, &place, &got);
	assert_int_equal(got.limit, INT64_C(2) << 30);
	assert_int_equal(got.used, 1 << 20);
	assert_int_equal(got.oom_kills, 3);

	file_put(group, "memory.limit_in_bytes", "9223372036854771712\n");
	file_put(group, "memory.usage_in_bytes", "77\n");
	file_put(group, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
	snprintf(mounts, sizeof(mounts), "31 23 0:28 /x %s rw - cgroup cgroup rw,memory\nshort\n",
		 dir);
	cgroup_mounts_parse(mounts, strlen(mounts), &m);
	cgroup_place_parse("4:memory:/x/a/b.service\n0::/\n", 29, &place);
	cgroup_memory_read(&m, &place, &got);
	assert_true(is_absent(got.limit));
	assert_int_equal(got.used, 77);
	assert_int_equal(got.oom_kills, 1);

	cgroup_place_parse("4:memory:/../other\n", 19, &place);
	cgroup_memory_read(&m, &place, &got);
	assert_true(is_absent(got.used));
	folder_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stat),       cmocka_unit_test(test_stat_hostile),
		cmocka_unit_test(test_exit_codes), cmocka_unit_test(test_status),
		cmocka_unit_test(test_owners),     cmocka_unit_test(test_group_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

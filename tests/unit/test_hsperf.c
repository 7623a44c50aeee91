/* The counters of a JVM: recorded files of every collector on JDK 17 and 25 against what jcmd and
 * the recorded decodings say of the same moment, and files that are broken, hostile or somebody
 * else's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../backend/jvm/hsperf.h"
#include "files.h"

enum { K = 1024, FILE_MAX_BYTES = 65536 };

static unsigned char bytes[FILE_MAX_BYTES];

static size_t load(const char *name)
{
	char path[200];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "tests/fixture/%s", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("no fixture %s", path);
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	return n;
}

static struct hsperf read_recorded(const char *name)
{
	struct err err = {0};
	struct hsperf h;
	char file[100];

	snprintf(file, sizeof(file), "hsperf/%s.bin", name);
	if (hsperf_parse(bytes, load(file), &h, &err) < 0)
		fail_msg("%s: %s", name, err.message);
	return h;
}

/* --- figures --- */

struct expected {
	const char *file, *version, *collector;
	int64_t max, capacity, used, old_used, old_max; /* bytes */
	bool is_after_gc;
	int64_t gcs, full, gc_ms, safepoints, threads;
};

/* Columns from the recorded decoding (g1), heap_info and the recorded time line. */
static const struct expected recorded[] = {
	{"spark35-g1", "17.0.15", "G1", 536870912, 308281376, 193525872, 151582832, 536870912,
	 false, 260, 1, 2200, 364, 257},
	{"spark35-parallel", "17.0.15", "Parallel", 536870912, 443023360, 97577552, 44375680,
	 358088704, false, 10, 4, 505, 35, 63},
	{"spark43-zgc", "17.0.15", "ZGC", 536870912, 402653184, 402653184, 402653184, 536870912,
	 true, 18, ABSENT, 0, 69, 64},
	{"spark43-thrash", "17.0.15", "G1", 503316480, 503316512, 501205912, 501205912, 503316480,
	 false, 498, 268, 34709, 253, 78},
	{"jdk17-serial", "17.0.15", "Serial", 268435456, 268435456, 84584008, 63575384, 178978816,
	 false, 13, 1, 170, 13, 6},
	{"jdk17-shenandoah", "17.0.15", "Shenandoah", 268435456, 268435456, 66137232, 66137232,
	 268435456, false, 162, ABSENT, 130, 47, 6},
	{"jdk25-g1", "25.0.3", "G1", 268435456, 268435456, 147226592, 127303648, 268435456, false,
	 17, 1, 10, 17, 6},
	{"jdk25-parallel", "25.0.3", "Parallel", 268435456, 267386880, 64385056, 64385056,
	 179306496, true, 14, 1, 40, 14, 6},
	{"jdk25-serial", "25.0.3", "Serial", 268435456, 268435456, 64391840, 64391840, 178978816,
	 true, 13, 1, 43, 13, 6},
	{"jdk25-zgc", "25.0.3", "ZGC", 268435456, 268435456, 132120576, 132120576, 268435456, true,
	 72, ABSENT, 0, 72, 6},
	{"jdk25-shenandoah", "25.0.3", "Shenandoah", 268435456, 268435456, 64386744, 64386744,
	 268435456, false, 129, ABSENT, 95, 30, 6},
};

static void each_collector_as_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(recorded); i++) {
		const struct expected *e = &recorded[i];
		struct hsperf h = read_recorded(e->file);

		print_message("%s\n", e->file);
		assert_string_equal(h.java_version, e->version);
		assert_string_equal(h.collector, e->collector);
		assert_int_equal(h.heap_max, e->max);
		assert_int_equal(h.heap_capacity, e->capacity);
		assert_int_equal(h.heap_used, e->used);
		assert_int_equal(h.old_used, e->old_used);
		assert_int_equal(h.old_max, e->old_max);
		assert_int_equal(h.is_used_after_gc, e->is_after_gc);
		assert_int_equal(h.gc_count, e->gcs);
		assert_int_equal(h.full_gc_count, e->full);
		assert_int_equal((int64_t)(h.gc_time_s * 1000), e->gc_ms);
		assert_int_equal(h.safepoints, e->safepoints);
		assert_int_equal(h.threads_live, e->threads);
	}
}

/* What `jcmd GC.heap_info` said within the second: live figures agree within 2 MB (a region, a
 * thread's own buffer); those as of the last collection show the objects that are kept. */
static void agrees_with_heap_info(void **state)
{
	static const struct {
		const char *file;
		int64_t kb;
	} said[] = {
		{"jdk17-serial", 21915 + 62085}, {"jdk25-g1", 145507},
		{"jdk25-shenandoah", 63174},     {"jdk25-parallel", 62876},
		{"jdk25-serial", 62882},         {"jdk17-shenandoah", 64647},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		int64_t used = read_recorded(said[i].file).heap_used;
		int64_t off = used - said[i].kb * K;
		if (off < -2048 * K || off > 2048 * K)
			fail_msg("%s: %lld of %lld kB", said[i].file, (long long)(used / K),
				 (long long)said[i].kb);
	}
}

static void says_what_collects_and_since_when(void **state)
{
	struct hsperf thrash = read_recorded("spark43-thrash");
	struct hsperf calm = read_recorded("spark35-g1");

	(void)state;
	assert_string_equal(thrash.gc_cause, "G1 Compaction Pause");
	/* entered 61.284733 s after its begin; the ticks are sampled every 50 ms */
	assert_int_equal(thrash.gc_began_at, 1795208085447 + 61284);
	assert_true(thrash.in_gc_s >= 0 && thrash.in_gc_s < 0.1);
	assert_string_equal(calm.gc_cause, "");
	assert_true(isnan(calm.in_gc_s));
	assert_true(is_absent(calm.gc_began_at));
	assert_true(thrash.moving != calm.moving);
	assert_int_equal(calm.moving, read_recorded("spark35-g1").moving);
	assert_int_equal(calm.vm_began_at, 1795206161141);
	assert_int_equal(calm.metaspace_used, 130365840);
	assert_true(fabs(calm.application_s - 165.289840020) < 1e-9);
	assert_true(fabs(calm.safepoint_s - 2.606599286) < 1e-9);
	assert_true(strncmp(calm.args, "-Xmx512m -XX:+Ignore", 20) == 0);
	assert_true(isnan(calm.gc_cpu_s));
	assert_true(fabs(read_recorded("jdk25-g1").gc_cpu_s - 0.025331748) < 1e-9);
	assert_true(isnan(read_recorded("jdk25-serial").gc_cpu_s)); /* it says 0 */
}

/* --- hostile --- */

static void put(size_t at, uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		bytes[at + i] = (unsigned char)(v >> 8 * i);
}

struct damage {
	size_t at;
	uint32_t value;
	const char *says;
};

static void refuses_what_is_broken(void **state)
{
	static const struct damage list[] = {
		{0, 0xffffffff, "not the counters"},
		{4, 0x01000302, "not the counters"}, /* byte order 2 */
		{4, 0x01000301, "version 3.0: only 2.x"},
		{4, 0x00000201, "not finished"},
		{8, 31, "contradicts"},
		{8, 0x80000000, "contradicts"},
		{8, 0x7fffffff, "truncated: "},
		{24, 31, "contradicts"},
		{24, 0xffffff00, "contradicts"},
		{28, 0xffffffff, "contradicts"},
		{28, 0x7fffffff, "the file ends before it"}, /* more entries than bytes */
		{32, 0, "impossible length 0"},              /* would loop */
		{32, 0xffffffe0, "impossible length -32"},
		{32, 0x7fffffff, "impossible length 2147483647"},
		{32 + 4, 0x00100000, "outside itself"},
		{32 + 4, 0x80000000, "outside itself"},
		{32 + 16, 0x7fffffff, "outside itself"},
		{32 + 16, 0, "outside itself"},
		{32 + 8, 0x7fffffff, "its value leaves it"},
		{32 + 8, 0x80000001, "its value leaves it"},
	};
	struct err err;
	struct hsperf h;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(list); i++) {
		size_t n = load("hsperf/spark35-g1.bin");
		put(list[i].at, list[i].value);
		err = (struct err){0};
		assert_true(hsperf_parse(bytes, n, &h, &err) < 0);
		if (!strstr(err.message, list[i].says))
			fail_msg("%zu: \"%s\" does not say \"%s\"", i, err.message, list[i].says);
		assert_true(is_absent(h.heap_used) && isnan(h.gc_time_s));
		assert_string_equal(h.collector, "");
	}
}

static void refuses_every_shorter_file(void **state)
{
	size_t n = load("hsperf/jdk25-g1.bin");
	struct hsperf h;

	(void)state;
	for (size_t len = 0; len < n; len++) {
		unsigned char *copy = xmalloc(len + 1);
		memcpy(copy, bytes, len);
		assert_true(hsperf_parse(copy, len, &h, NULL) < 0);
		free(copy);
	}
	assert_int_equal(hsperf_parse(bytes, n, &h, NULL), 0);
}

static void impossible_numbers_are_absent(void **state)
{
	struct hsperf h;

	(void)state;
	assert_int_equal(hsperf_parse(bytes, load("fuzz/fuzz_hsperf/huge"), &h, NULL), 0);
	assert_true(is_absent(h.heap_used));
	assert_int_equal(hsperf_parse(bytes, load("fuzz/fuzz_hsperf/negative"), &h, NULL), 0);
	assert_true(is_absent(h.old_used) && isnan(h.gc_time_s));
	assert_int_equal(hsperf_parse(bytes, load("fuzz/fuzz_hsperf/escape"), &h, NULL), 0);
	assert_null(strchr(h.gc_cause, 27));
	assert_null(strchr(h.collector, 27));
}

/* An entry is 20 bytes, then its name; the last of the five words says where its number is. */
static void set_number(size_t n, const char *name, int64_t value)
{
	size_t len = strlen(name) + 1;

	for (size_t i = 20; i + len < n; i++) {
		int32_t offset;

		if (memcmp(bytes + i, name, len) != 0)
			continue;
		memcpy(&offset, bytes + i - 4, sizeof(offset));
		memcpy(bytes + i - 20 + offset, &value, sizeof(value));
	}
}

/* G1 counts a region when it is full: 0 of a JVM that runs is not yet counted. */
static void no_heap_is_empty(void **state)
{
	size_t n = load("hsperf/spark35-g1.bin");
	char name[64];
	struct hsperf h;

	(void)state;
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "sun.gc.generation.%d.space.%d.used", i / 4, i % 4);
		set_number(n, name, 0);
	}
	assert_int_equal(hsperf_parse(bytes, n, &h, NULL), 0);
	assert_string_equal(h.collector, "G1");
	assert_true(is_absent(h.heap_used));
	assert_int_equal(h.old_used, 0);
}

/* Ticks as large as they are believed, of which there is one a second. */
static void no_collection_takes_centuries(void **state)
{
	const int64_t most = ((int64_t)1 << 59) - 1;
	size_t n = load("hsperf/spark43-thrash.bin");
	struct hsperf h;

	(void)state;
	set_number(n, "sun.os.hrt.frequency", 1);
	set_number(n, "sun.rt.createVmBeginTime", most);
	set_number(n, "sun.gc.collector.1.lastEntryTime", most);
	set_number(n, "sun.gc.collector.1.time", most);
	assert_int_equal(hsperf_parse(bytes, n, &h, NULL), 0);
	assert_true(isnan(h.in_gc_s) && isnan(h.gc_time_s) && is_absent(h.gc_began_at));
	assert_int_equal(h.vm_began_at, most);
	/* what one JVM may have: 4 days */
	set_number(n, "sun.gc.collector.1.lastEntryTime", 345600);
	set_number(n, "sun.gc.collector.1.lastExitTime", 0);
	assert_int_equal(hsperf_parse(bytes, n, &h, NULL), 0);
	assert_int_equal(h.gc_began_at, most + 345600 * 1000);
}

static void reads_the_other_byte_order(void **state)
{
	static const char *const names[] = {"big-endian", "little"};
	struct hsperf h;
	char file[64];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		snprintf(file, sizeof(file), "fuzz/fuzz_hsperf/%s", names[i]);
		assert_int_equal(hsperf_parse(bytes, load(file), &h, NULL), 0);
		assert_string_equal(h.collector, "Parallel");
		assert_int_equal(h.heap_max, 536870912);
		assert_int_equal(h.heap_used, 44375680);
		assert_true(is_absent(h.gc_count) && is_absent(h.heap_capacity));
	}
}

/* --- files --- */

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/test_hsperf.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static const char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void expect_refused(const char *path, int64_t uid, const char *says)
{
	struct err err = {0};
	struct hsperf h;

	assert_true(hsperf_read(path, uid, &h, &err) < 0);
	if (!strstr(err.message, says))
		fail_msg("\"%s\" does not say \"%s\"", err.message, says);
	assert_true(is_absent(h.heap_used));
}

static void reads_only_that_users_regular_file(void **state)
{
	const char *path = in_folder("4711");
	struct hsperf h;
	struct err err;
	char link_to[128];

	(void)state;
	snprintf(link_to, sizeof(link_to), "%s/real", folder);
	expect_refused(path, getuid(), "no counters at");
	file_write(path, bytes, load("hsperf/jdk25-g1.bin"));
	assert_int_equal(hsperf_read(path, getuid(), &h, &err), 0);
	assert_int_equal(h.heap_max, 268435456);
	expect_refused(path, getuid() + 1, "belongs to user");
	assert_int_equal(truncate(path, 4000), 0);
	expect_refused(path, getuid(), "truncated: 4000 bytes of");
	assert_int_equal(truncate(path, HSPERF_BYTES_MAX + 1), 0);
	expect_refused(path, getuid(), "at most 1048576");
	assert_int_equal(rename(path, link_to), 0);
	assert_int_equal(symlink(link_to, path), 0);
	expect_refused(path, getuid(), "a symbolic link");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(link_to), 0);
	assert_int_equal(mkfifo(path, 0600), 0); /* would block a plain open for ever */
	expect_refused(path, getuid(), "not a regular file");
	assert_int_equal(unlink(path), 0);
	expect_refused(folder, getuid(), "not a regular file");
}

/* From JDK 25 on no clock is sampled into the file: a collection's length is by the wall clock. */
static void a_collection_is_timed_without_ticks(void **state)
{
	const char *path = in_folder("4711");
	size_t n = load("hsperf/jdk25-g1.bin");
	struct hsperf before, h;
	struct err err;
	unsigned char *at;

	(void)state;
	assert_int_equal(hsperf_parse(bytes, n, &before, NULL), 0);
	assert_true(isnan(before.in_gc_s));
	/* the name ends at the value of sun.gc.collector.1.lastExitTime: 0 means not left yet */
	at = memmem(bytes, n, "sun.gc.collector.1.lastExitTime", 32);
	assert_non_null(at);
	for (size_t i = 0; i < 8; i++)
		at[36 - ((size_t)(at - bytes) + 36) % 8 + i] = 0;
	assert_int_equal(hsperf_parse(bytes, n, &h, NULL), 0);
	assert_true(isnan(h.in_gc_s));
	assert_int_equal(h.gc_began_at, before.vm_began_at + 179);
	file_write(path, bytes, n);
	assert_int_equal(hsperf_read(path, getuid(), &h, &err), 0);
	assert_true(h.in_gc_s >= 0);
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_collector_as_recorded),
		cmocka_unit_test(agrees_with_heap_info),
		cmocka_unit_test(says_what_collects_and_since_when),
		cmocka_unit_test(refuses_what_is_broken),
		cmocka_unit_test(refuses_every_shorter_file),
		cmocka_unit_test(impossible_numbers_are_absent),
		cmocka_unit_test(no_heap_is_empty),
		cmocka_unit_test(no_collection_takes_centuries),
		cmocka_unit_test(reads_the_other_byte_order),
		cmocka_unit_test_setup_teardown(reads_only_that_users_regular_file, make_folder,
						drop_folder),
		cmocka_unit_test_setup_teardown(a_collection_is_timed_without_ticks, make_folder,
						drop_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

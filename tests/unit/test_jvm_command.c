/* Command lines of Spark JVMs, recorded and made up: main class, role, settings; and those that
 * only look like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/jvm/command.h"

struct line {
	struct arena a;
	struct command c;
	bool is_spark;
};

/* Arguments in one string, parted by blanks; `_` stands for an empty one. */
static struct line parse(const char *words)
{
	struct line l;
	size_t len = strlen(words) + 1;
	char *bytes = xstrdup(words);

	for (size_t i = 0; i < len; i++)
		bytes[i] = bytes[i] == ' ' ? '\0' : bytes[i];
	arena_init(&l.a);
	l.is_spark = command_parse(&l.a, bytes, len, &l.c);
	free(bytes);
	return l;
}

static struct line parse_file(const char *name)
{
	char path[128], bytes[65536];
	struct line l;
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "tests/fixture/jvm/%s.cmdline", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("%s is missing", path);
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	arena_init(&l.a);
	l.is_spark = command_parse(&l.a, bytes, len, &l.c);
	return l;
}

static void expect_role(const char *words, int role)
{
	struct line l = parse(words);

	if (l.is_spark != (role >= 0) || (l.is_spark && l.c.role != role))
		fail_msg("`%s` is %s", words, l.is_spark ? jvm_role_names[l.c.role] : "no Spark");
	arena_release(&l.a);
}

static void test_recorded_driver(void **state)
{
	struct line l = parse_file("3.5-driver");

	(void)state;
	assert_true(l.is_spark);
	assert_int_equal(l.c.role, JVM_DRIVER);
	assert_string_equal(text_str(l.c.main_class), "org.apache.spark.deploy.SparkSubmit");
	assert_string_equal(text_str(l.c.app_name), "health-analytics");
	assert_string_equal(text_str(l.c.master), "local[2]");
	assert_int_equal(l.c.ui_port, 4045);
	assert_int_equal(l.c.heap_bytes, 512 << 20);
	assert_true(l.c.is_pyspark_shell);
	assert_null(l.c.application_id);
	assert_null(l.c.script);
	assert_true(is_absent(l.c.driver_port));
	arena_release(&l.a);
}

static void test_recorded_roles(void **state)
{
	static const struct {
		const char *name;
		int role;
		int64_t ui_port;
	} all[] = {
		{"3.5-driver", JVM_DRIVER, 4045},
		{"4.3-driver", JVM_DRIVER, 4055},
		{"3.5-driver-standalone", JVM_DRIVER, 4049},
		{"4.3-driver-standalone", JVM_DRIVER, 4059},
		{"3.5-executor-0", JVM_EXECUTOR, ABSENT},
		{"4.3-executor-0", JVM_EXECUTOR, ABSENT},
		{"3.5-master", JVM_MASTER, 8080},
		{"4.3-master", JVM_MASTER, 8180},
		{"3.5-worker", JVM_WORKER, 8081},
		{"4.3-worker", JVM_WORKER, 8181},
		{"3.5-python", -1, ABSENT},
		{"4.3-python", -1, ABSENT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct line l = parse_file(all[i].name);

		if (l.is_spark != (all[i].role >= 0) || (l.is_spark && l.c.role != all[i].role))
			fail_msg("%s is not what it is", all[i].name);
		if (l.is_spark && l.c.ui_port != all[i].ui_port)
			fail_msg("%s has UI port %lld", all[i].name, (long long)l.c.ui_port);
		arena_release(&l.a);
	}
}

static void test_recorded_executor(void **state)
{
	struct line l = parse_file("3.5-executor-0");

	(void)state;
	assert_string_equal(text_str(l.c.application_id), "app-20261120203237-0000");
	assert_string_equal(text_str(l.c.executor_id), "0");
	assert_string_equal(text_str(l.c.driver_host), "127.0.0.1");
	assert_int_equal(l.c.driver_port, 42719);
	assert_int_equal(l.c.cores, 1);
	assert_int_equal(l.c.heap_bytes, 512 << 20);
	arena_release(&l.a);
}

#define SUBMIT "org.apache.spark.deploy.SparkSubmit"

static void test_main_class(void **state)
{
	(void)state;
	expect_role("java " SUBMIT " pyspark-shell", JVM_DRIVER);
	expect_role("java -cp /x:" SUBMIT " org.example.Main", -1);
	expect_role("java -classpath " SUBMIT " org.example.Main " SUBMIT, -1);
	expect_role("java --class-path /a -p /m --add-modules x,y --add-opens a/b=ALL " SUBMIT,
		    JVM_DRIVER);
	expect_role("java --add-modules=x --add-opens=java.base/java.lang=ALL-UNNAMED " SUBMIT,
		    JVM_DRIVER);
	expect_role("java @/etc/java.args -Xmx1g " SUBMIT, JVM_DRIVER);
	expect_role("java -m spark/" SUBMIT, JVM_DRIVER);
	expect_role("java --module " SUBMIT, JVM_DRIVER);
	expect_role("java -jar " SUBMIT " " SUBMIT, -1);
	expect_role("java -jar", -1);
	expect_role("java -cp", -1);
	expect_role("java", -1);
	expect_role("vi /src/deploy/SparkSubmit.scala", -1);
	expect_role("grep -r " SUBMIT, JVM_DRIVER); /* the program and its maps tell */
	expect_role("java org.apache.sparkling.Main", -1);
	expect_role("java org.apache.spark.launcher.Main " SUBMIT, -1);
}

static void test_roles(void **state)
{
	(void)state;
	expect_role("java org.apache.spark.deploy.worker.DriverWrapper spark://w:1 a.jar M",
		    JVM_DRIVER);
	expect_role("java -Dspark.submit.deployMode=cluster "
		    "org.apache.spark.deploy.yarn.ApplicationMaster --class x.Y",
		    JVM_DRIVER);
	expect_role("java org.apache.spark.deploy.yarn.ExecutorLauncher", JVM_OTHER);
	expect_role("java org.apache.spark.executor.YarnCoarseGrainedExecutorBackend --cores 2",
		    JVM_EXECUTOR);
	expect_role("java org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend",
		    JVM_EXECUTOR);
	expect_role("java org.apache.spark.deploy.history.HistoryServer", JVM_HISTORY);
	expect_role("java org.apache.livy.server.LivyServer", JVM_LIVY);
	expect_role("java py4j.GatewayServer 25333", JVM_GATEWAY);
	expect_role("java org.apache.spark.deploy.ExternalShuffleService", JVM_OTHER);
	expect_role("java " SUBMIT " --class "
		    "org.apache.spark.sql.connect.service.SparkConnectServer spark-internal",
		    JVM_DRIVER);
}

/* In cluster mode, and to kill or ask, SparkSubmit is a client: the driver is elsewhere. */
static void test_thin_clients(void **state)
{
	(void)state;
	expect_role("java " SUBMIT " --master yarn --deploy-mode cluster a.jar", JVM_OTHER);
	expect_role("java " SUBMIT " --deploy-mode=cluster a.jar", JVM_OTHER);
	expect_role("java " SUBMIT " --conf spark.submit.deployMode=cluster a.jar", JVM_OTHER);
	expect_role("java " SUBMIT " --kill driver-1 --master spark://m:6066", JVM_OTHER);
	expect_role("java " SUBMIT " --deploy-mode client a.jar --deploy-mode cluster", JVM_DRIVER);
}

static void test_settings(void **state)
{
	struct line l =
		parse("java -Xmx1g -Xmx3G " SUBMIT
		      " --name=copy --verbose --class org.example.Main -c spark.ui.port=4050 "
		      "--conf=spark.master=yarn --driver-memory 9g /srv/a.jar --name wrong");

	(void)state;
	assert_string_equal(text_str(l.c.app_name), "copy");
	assert_string_equal(text_str(l.c.user_class), "org.example.Main");
	assert_string_equal(text_str(l.c.master), "yarn");
	assert_string_equal(text_str(l.c.script), "/srv/a.jar");
	assert_int_equal(l.c.ui_port, 4050);
	assert_int_equal(l.c.heap_bytes, INT64_C(3) << 30);
	assert_false(l.c.is_pyspark_shell);
	arena_release(&l.a);
}

static void test_odd_values(void **state)
{
	struct line l = parse("java -Xmx1073741824 " SUBMIT " --conf spark.ui.port=99999 --conf "
			      "spark.app.name= --conf --conf");

	(void)state;
	assert_int_equal(l.c.heap_bytes, 1 << 30);
	assert_true(is_absent(l.c.ui_port));
	assert_null(l.c.app_name);
	arena_release(&l.a);

	l = parse("java " SUBMIT " --conf spark.ui.enabled=false --conf spark.ui.port=4040 x.py");
	assert_int_equal(l.c.ui_port, 0);
	assert_true(is_absent(l.c.heap_bytes));
	assert_string_equal(text_str(l.c.script), "x.py");
	arena_release(&l.a);

	l = parse("java " SUBMIT " --conf spark.ui.port=0 --driver-memory 2g x.py");
	assert_true(is_absent(l.c.ui_port));
	assert_int_equal(l.c.heap_bytes, INT64_C(2) << 30);
	arena_release(&l.a);

	l = parse("java org.apache.spark.executor.CoarseGrainedExecutorBackend --driver-url "
		  "spark://CoarseGrainedScheduler@[::1]:70 --executor-id 3");
	assert_string_equal(text_str(l.c.driver_host), "[::1]");
	assert_int_equal(l.c.driver_port, 70);
	arena_release(&l.a);
}

/* What proc(5) may give: no NUL at the end, nothing at all, 100 kB in one argument. */
static void test_shapes(void **state)
{
	static const char bare[] = "java\0-Xmx1g\0" SUBMIT "\0pyspark-shell";
	size_t size = 100 * 1024;
	char *long_line = xmalloc(size + sizeof(bare));
	struct command c;
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_true(command_parse(&a, bare, sizeof(bare) - 1, &c));
	assert_true(c.is_pyspark_shell);
	assert_false(command_parse(&a, "", 0, &c));
	assert_false(command_parse(&a, "\0\0\0", 3, &c));
	assert_null(command_text(&a, "", 0));

	memcpy(long_line, "java\0-cp", 9);
	memset(long_line + 9, 'j', size - 10);
	long_line[size - 1] = '\0';
	memcpy(long_line + size, SUBMIT, sizeof(SUBMIT));
	assert_true(command_parse(&a, long_line, size + sizeof(SUBMIT), &c));
	assert_int_equal(c.role, JVM_DRIVER);
	assert_true(text_len(command_text(&a, long_line, size + sizeof(SUBMIT))) <=
		    COMMAND_SHOWN_MAX);
	free(long_line);
	arena_release(&a);
}

static void test_text_is_clean(void **state)
{
	struct line l = parse("java " SUBMIT " --name \x1b]0;owned\a x.py");

	(void)state;
	assert_string_equal(text_str(l.c.app_name), "\\x1b]0;owned\\x07");
	arena_release(&l.a);
}

static void test_python_lines(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a);
#define SCRIPT(line) text_str(command_script(&a, line, sizeof(line)))
	assert_string_equal(SCRIPT("python3\0-u\0-W\0ignore\0/srv/job.py\0--x"), "/srv/job.py");
	assert_string_equal(SCRIPT("python3\0-m\0jobs.copy"), "jobs.copy");
	assert_null(SCRIPT("python3\0-c\0import pyspark"));
	assert_null(SCRIPT("python3"));
#undef SCRIPT
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded_driver),
		cmocka_unit_test(test_recorded_roles),
		cmocka_unit_test(test_recorded_executor),
		cmocka_unit_test(test_main_class),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_thin_clients),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_odd_values),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_text_is_clean),
		cmocka_unit_test(test_python_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

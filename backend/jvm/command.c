/* jvm/command.c - command lines of Spark JVMs and of their Pythons.
 *
 * Three parts follow each other: the java launcher's own options, the main class, and what that
 * class reads - for SparkSubmit its options, the primary resource, and the job's own arguments,
 * which say nothing to us. */
#include "command.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../include/config.h"
#include "../redact.h"

struct args {
	const char *at, *end;
};

/* The next argument, or NULL. The last one may lack its NUL. */
static const char *next_arg(struct args *args, size_t *len)
{
	const char *arg = args->at, *nul;

	if (arg >= args->end)
		return NULL;
	nul = memchr(arg, '\0', (size_t)(args->end - arg));
	*len = (size_t)((nul ? nul : args->end) - arg);
	args->at = nul ? nul + 1 : args->end;
	return arg;
}

static bool is(const char *arg, size_t len, const char *what)
{
	return len == strlen(what) && memcmp(arg, what, len) == 0;
}

static bool begins(const char *arg, size_t len, const char *what)
{
	return len >= strlen(what) && memcmp(arg, what, strlen(what)) == 0;
}

static bool is_one_of(const char *arg, size_t len, const char *const *names)
{
	for (; *names; names++) {
		if (is(arg, len, *names))
			return true;
	}
	return false;
}

/* --- settings, wherever they stand --- */

struct setting {
	const char *key;
	void (*take)(struct arena *a, struct command *c, const char *v, size_t len);
};

static int64_t number(const char *v, size_t len)
{
	int64_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (v[i] < '0' || v[i] > '9' || n > INT32_MAX)
			return ABSENT;
		n = n * 10 + (v[i] - '0');
	}
	return len ? n : ABSENT;
}

static void take_name(struct arena *a, struct command *c, const char *v, size_t len)
{
	if (len)
		c->app_name = text_clean_max(a, v, len, 512);
}

static void take_master(struct arena *a, struct command *c, const char *v, size_t len)
{
	c->master = text_clean_max(a, v, len, 512);
}

static void take_application(struct arena *a, struct command *c, const char *v, size_t len)
{
	c->application_id = text_clean_max(a, v, len, 128);
}

static void take_executor(struct arena *a, struct command *c, const char *v, size_t len)
{
	c->executor_id = text_clean_max(a, v, len, 64);
}

static void take_cores(struct arena *a, struct command *c, const char *v, size_t len)
{
	int64_t n = number(v, len);

	(void)a;
	if (n > 0)
		c->cores = n;
}

static void take_class(struct arena *a, struct command *c, const char *v, size_t len)
{
	c->user_class = text_clean_max(a, v, len, 512);
}

/* Port 0 means any free one: not known. That no UI is wanted at all wins over a port. */
static void take_ui_port(struct arena *a, struct command *c, const char *v, size_t len)
{
	int64_t port = number(v, len);

	(void)a;
	if (port > 0 && port < 65536 && c->ui_port != 0)
		c->ui_port = port;
}

static void take_ui_enabled(struct arena *a, struct command *c, const char *v, size_t len)
{
	(void)a;
	if (len == 5 && strncasecmp(v, "false", 5) == 0)
		c->ui_port = 0;
}

static void take_deploy_mode(struct arena *a, struct command *c, const char *v, size_t len)
{
	(void)a;
	if (is(v, len, "cluster") && c->role == JVM_DRIVER)
		c->role = JVM_OTHER;
}

/* spark://CoarseGrainedScheduler@host:port */
static void take_driver(struct arena *a, struct command *c, const char *v, size_t len)
{
	const char *at = memchr(v, '@', len), *end = v + len;
	const char *colon = at ? memrchr(at, ':', (size_t)(end - at)) : NULL;

	if (!colon)
		return;
	c->driver_host = text_clean_max(a, at + 1, (size_t)(colon - at - 1), 256);
	c->driver_port = number(colon + 1, (size_t)(end - colon - 1));
}

static void take_heap(struct arena *a, struct command *c, const char *v, size_t len)
{
	int64_t bytes;
	char *end;

	(void)a;
	/* java reads a bare number as bytes, Spark as MiB; Spark always writes a unit there */
	if (len && len < 24 && v[len - 1] >= '0' && v[len - 1] <= '9') {
		char digits[24] = "";

		memcpy(digits, v, len);
		bytes = strtoll(digits, &end, 10);
		if (*end == '\0')
			c->heap_bytes = bytes;
	} else if (config_size(v, len, &bytes)) {
		c->heap_bytes = bytes;
	}
}

/* -Xmx is what the JVM really has, so it wins. */
static void take_driver_memory(struct arena *a, struct command *c, const char *v, size_t len)
{
	int64_t bytes;

	(void)a;
	if (is_absent(c->heap_bytes) && config_size(v, len, &bytes))
		c->heap_bytes = bytes;
}

static const struct setting confs[] = {
	{"spark.app.name", take_name},
	{"spark.app.id", take_application},
	{"spark.master", take_master},
	{"spark.ui.port", take_ui_port},
	{"spark.history.ui.port", take_ui_port},
	{"spark.ui.enabled", take_ui_enabled},
	{"spark.submit.deployMode", take_deploy_mode},
	{"spark.driver.memory", take_driver_memory},
};

static const struct setting options[] = {
	{"--name", take_name},
	{"--class", take_class},
	{"--master", take_master},
	{"--deploy-mode", take_deploy_mode},
	{"--app-id", take_application},
	{"--executor-id", take_executor},
	{"--cores", take_cores},
	{"--driver-url", take_driver},
	{"--driver-memory", take_driver_memory},
	{"--webui-port", take_ui_port},
};

/* `key=value` */
static void take_conf(struct arena *a, struct command *c, const char *v, size_t len)
{
	const char *equals = memchr(v, '=', len);
	size_t key = equals ? (size_t)(equals - v) : 0;

	for (size_t i = 0; equals && i < ARRAY_LEN(confs); i++) {
		if (is(v, key, confs[i].key))
			confs[i].take(a, c, equals + 1, len - key - 1);
	}
}

/* --- the java launcher --- */

static void take_java_option(struct arena *a, struct command *c, const char *arg, size_t len)
{
	if (begins(arg, len, "-Xmx"))
		take_heap(a, c, arg + 4, len - 4);
	else if (begins(arg, len, "-XX:MaxHeapSize="))
		take_heap(a, c, arg + 16, len - 16);
	else if (begins(arg, len, "-Dspark."))
		take_conf(a, c, arg + 2, len - 2);
}

/* Finds the main class: the first argument that is neither an option nor the value of one. Of
 * `--module m/Class` it is Class; `-jar` has none that we could see. */
static const char *find_main(struct arena *a, struct args *args, struct command *c, size_t *len)
{
	static const char *const with_value[] = {"-cp",
						 "-classpath",
						 "--class-path",
						 "-p",
						 "--module-path",
						 "--upgrade-module-path",
						 "--add-modules",
						 "--limit-modules",
						 "--add-reads",
						 "--add-exports",
						 "--add-opens",
						 "--patch-module",
						 "--enable-native-access",
						 "--source",
						 NULL};
	static const char *const ends[] = {"-m", "--module", "-jar", NULL};
	const char *arg = next_arg(args, len), *slash; /* the program itself */

	while (arg && (arg = next_arg(args, len))) {
		if (is_one_of(arg, *len, ends)) {
			if (is(arg, *len, "-jar") || !(arg = next_arg(args, len)))
				return NULL;
			slash = memchr(arg, '/', *len);
			*len -= slash ? (size_t)(slash + 1 - arg) : 0;
			return slash ? slash + 1 : arg;
		}
		if (is_one_of(arg, *len, with_value))
			arg = next_arg(args, len);
		else if (*len && *arg == '-')
			take_java_option(a, c, arg, *len);
		else if (*len && *arg != '@') /* @FILE holds more options of the launcher */
			return arg;
	}
	return NULL;
}

/* --- main classes --- */

static const struct role_class {
	const char *name;
	int role;
} classes[] = {
	{"org.apache.spark.deploy.SparkSubmit", JVM_DRIVER},
	{"org.apache.spark.deploy.worker.DriverWrapper", JVM_DRIVER},
	{"org.apache.spark.deploy.yarn.ApplicationMaster", JVM_DRIVER},
	{"org.apache.spark.sql.connect.service.SparkConnectServer", JVM_DRIVER},
	{"org.apache.spark.sql.hive.thriftserver.HiveThriftServer2", JVM_DRIVER},
	{"org.apache.spark.repl.Main", JVM_DRIVER},
	{"org.apache.livy.rsc.driver.RSCDriverBootstrapper", JVM_DRIVER},
	{"org.apache.spark.executor.CoarseGrainedExecutorBackend", JVM_EXECUTOR},
	{"org.apache.spark.executor.YarnCoarseGrainedExecutorBackend", JVM_EXECUTOR},
	{"org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend", JVM_EXECUTOR},
	{"org.apache.spark.deploy.master.Master", JVM_MASTER},
	{"org.apache.spark.deploy.worker.Worker", JVM_WORKER},
	{"org.apache.spark.deploy.history.HistoryServer", JVM_HISTORY},
	{"org.apache.livy.server.LivyServer", JVM_LIVY},
	{"org.apache.spark.api.python.PythonGatewayServer", JVM_GATEWAY},
	{"py4j.GatewayServer", JVM_GATEWAY},
};

/* The role, or -1: no Spark. spark-class' own helper that prints a command line
 * and ends is none. */
static int role_of(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		if (is(name, len, classes[i].name))
			return classes[i].role;
	}
	if (is(name, len, "org.apache.spark.launcher.Main"))
		return -1;
	return begins(name, len, "org.apache.spark.") || begins(name, len, "org.apache.livy.")
		       ? JVM_OTHER
		       : -1;
}

/* --- what the main class reads --- */

static const struct setting *option_of(const char *arg, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		if (is(arg, len, options[i].key))
			return &options[i];
	}
	return NULL;
}

/* One option, its value taken along. */
static void take_option(struct arena *a, struct args *args, struct command *c, const char *arg,
			size_t len)
{
	static const char *const alone[] = {"--help", "-h",        "--supervise",   "--verbose",
					    "-v",     "--version", "--usage-error", NULL};
	static const char *const no_driver[] = {"--kill", "--status", NULL};
	const char *equals = memchr(arg, '=', len), *value;
	size_t key = equals ? (size_t)(equals - arg) : len, value_len = 0;
	const struct setting *s = option_of(arg, key);

	if (is_one_of(arg, len, alone))
		return;
	if (is_one_of(arg, key, no_driver))
		c->role = JVM_OTHER;
	value = equals ? equals + 1 : next_arg(args, &value_len);
	if (equals)
		value_len = len - key - 1;
	if (!value)
		return;
	if (is(arg, key, "--conf") || is(arg, key, "-c"))
		take_conf(a, c, value, value_len);
	else if (s)
		s->take(a, c, value, value_len);
}

static void take_rest(struct arena *a, struct args *args, struct command *c)
{
	size_t len;

	for (const char *arg; (arg = next_arg(args, &len));) {
		if (len && *arg == '-') {
			take_option(a, args, c, arg, len);
		} else if (len) { /* the primary resource; the job's own arguments follow */
			c->is_pyspark_shell = is(arg, len, "pyspark-shell");
			if (!c->is_pyspark_shell && !is(arg, len, "spark-internal"))
				c->script = text_clean_max(a, arg, len, 1024);
			return;
		}
	}
}

bool command_parse(struct arena *a, const char *bytes, size_t len, struct command *out)
{
	struct args args = {bytes, bytes + len};
	size_t n = 0;
	const char *name;

	memset(out, 0, sizeof(*out));
	out->driver_port = out->cores = out->ui_port = out->heap_bytes = ABSENT;
	out->role = -1;
	name = find_main(a, &args, out, &n);
	if (!name)
		return false;
	out->role = role_of(name, n);
	if (out->role < 0)
		return false;
	if (out->role != JVM_DRIVER) { /* executors carry settings of their driver */
		if (out->role == JVM_EXECUTOR)
			out->ui_port = ABSENT;
		out->master = out->app_name = NULL;
	}
	out->main_class = text_clean_max(a, name, n, 512);
	take_rest(a, &args, out);
	return true;
}

/* --- for people --- */

const struct text *command_text(struct arena *a, const char *bytes, size_t len)
{
	const struct text *shown = NULL;
	struct buf line;

	len = min_size(len, COMMAND_SHOWN_MAX);
	while (len && bytes[len - 1] == '\0')
		len--;
	buf_init(&line, 2 * COMMAND_SHOWN_MAX);
	redact_line(bytes, len, &line);
	if (line.len)
		shown = text_clean_max(a, line.data, line.len, COMMAND_SHOWN_MAX);
	buf_release(&line);
	return shown;
}

const struct text *command_script(struct arena *a, const char *bytes, size_t len)
{
	struct args args = {bytes, bytes + len};
	size_t n;
	const char *arg = next_arg(&args, &n); /* the program */

	while (arg && (arg = next_arg(&args, &n))) {
		if (is(arg, n, "-W") || is(arg, n, "-X"))
			arg = next_arg(&args, &n);
		else if (is(arg, n, "-c"))
			return NULL;
		else if (is(arg, n, "-m"))
			return (arg = next_arg(&args, &n)) ? text_clean_max(a, arg, n, 1024) : NULL;
		else if (n && *arg != '-')
			return text_clean_max(a, arg, n, 1024);
	}
	return NULL;
}

void command_program(const char *bytes, size_t len, char *out, size_t size)
{
	struct args args = {bytes, bytes + len};
	size_t n = 0;
	const char *arg = next_arg(&args, &n), *slash = arg ? memrchr(arg, '/', n) : NULL;

	if (slash) {
		n -= (size_t)(slash + 1 - arg);
		arg = slash + 1;
	}
	n = min_size(n, size - 1);
	if (arg)
		memcpy(out, arg, n);
	out[n] = '\0';
}

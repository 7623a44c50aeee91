/* self.c - see self.h. The main class is the first argument that is neither an option nor the
 * value of one; what follows it belongs to Spark, what stands before it to the JVM. */
#include "self.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_HEAP (INT64_C(1) << 30)

static const struct {
	const char *name;
	enum role role;
	int ui_port; /* -1: it has none */
} classes[] = {
	{"org.apache.spark.deploy.SparkSubmit", ROLE_DRIVER, 4040},
	{"org.apache.spark.deploy.worker.DriverWrapper", ROLE_DRIVER, 4040},
	{"org.apache.spark.deploy.yarn.ApplicationMaster", ROLE_DRIVER, 4040},
	{"org.apache.spark.executor.CoarseGrainedExecutorBackend", ROLE_EXECUTOR, -1},
	{"org.apache.spark.executor.YarnCoarseGrainedExecutorBackend", ROLE_EXECUTOR, -1},
	{"org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend", ROLE_EXECUTOR, -1},
	{"org.apache.spark.deploy.master.Master", ROLE_MASTER, 8080},
	{"org.apache.spark.deploy.worker.Worker", ROLE_WORKER, 8081},
	{"org.apache.spark.deploy.history.HistoryServer", ROLE_HISTORY, 18080},
	{"org.apache.livy.server.LivyServer", ROLE_LIVY, 8998},
	{"py4j.GatewayServer", ROLE_GATEWAY, -1},
};

static bool takes_value(const char *option)
{
	static const char *const options[] = {"-cp", "-classpath",    "--class-path",
					      "-p",  "--module-path", NULL};
	for (const char *const *o = options; *o; o++)
		if (strcmp(option, *o) == 0)
			return true;
	return false;
}

/* TEXT after PREFIX, or NULL. */
static const char *after(const char *text, const char *prefix)
{
	size_t size = strlen(prefix);
	return strncmp(text, prefix, size) == 0 ? text + size : NULL;
}

static const char *assigned(const char *text, const char *key)
{
	const char *rest = after(text, key);
	return rest && *rest == '=' ? rest + 1 : NULL;
}

const char *self_option(const struct self *self, const char *key)
{
	const char *value, *found = NULL;

	for (int i = 1; i < self->argc && !found; i++) {
		const char *arg = self->argv[i];
		const char *next = i + 1 < self->argc ? self->argv[i + 1] : "";
		if (i < self->main_at && (value = after(arg, "-D")))
			found = assigned(value, key);
		else if (strcmp(arg, "--conf") == 0)
			found = assigned(next, key);
		else if ((value = after(arg, "--")) && strcmp(value, key) == 0)
			found = next;
	}
	return found;
}

static int64_t read_bytes(const char *text)
{
	char *end;
	int64_t number = strtoll(text, &end, 10);
	switch (*end | 0x20) {
	case 'g':
		return number << 30;
	case 'm':
		return number << 20;
	case 'k':
		return number << 10;
	default:
		return number;
	}
}

static void read_jvm_options(struct self *self)
{
	static const struct {
		const char *option;
		enum collector collector;
	} options[] = {
		{"-XX:+UseG1GC", COLLECTOR_G1},
		{"-XX:+UseParallelGC", COLLECTOR_PARALLEL},
		{"-XX:+UseSerialGC", COLLECTOR_SERIAL},
		{"-XX:+UseZGC", COLLECTOR_Z},
	};
	self->collector = COLLECTOR_G1;
	self->heap_bytes = DEFAULT_HEAP;
	self->has_counters = true;
	for (int i = 1; i < self->main_at; i++) {
		const char *arg = self->argv[i];
		const char *heap = after(arg, "-Xmx");
		if (heap)
			self->heap_bytes = read_bytes(heap);
		if (strcmp(arg, "-XX:+DisableAttachMechanism") == 0)
			self->is_closed = true;
		if (strcmp(arg, "-XX:-UsePerfData") == 0 ||
		    strcmp(arg, "-XX:+PerfDisableSharedMem") == 0)
			self->has_counters = false;
		for (size_t o = 0; o < sizeof(options) / sizeof(*options); o++)
			if (strcmp(arg, options[o].option) == 0)
				self->collector = options[o].collector;
	}
}

static int read_port(const struct self *self, const char *key, int otherwise)
{
	const char *text = self_option(self, key);
	return text ? (int)strtol(text, NULL, 10) : otherwise;
}

static void read_ports(struct self *self, int usual)
{
	bool is_daemon = self->role == ROLE_MASTER || self->role == ROLE_WORKER;
	const char *key = is_daemon                    ? "webui-port"
			  : self->role == ROLE_HISTORY ? "spark.history.ui.port"
			  : self->role == ROLE_LIVY    ? "livy.server.port"
						       : "spark.ui.port";
	const char *wanted = self_option(self, "spark.ui.enabled");

	self->ui_port = usual < 0 ? -1 : read_port(self, key, usual);
	if (self->role == ROLE_DRIVER && wanted && strcmp(wanted, "false") == 0)
		self->ui_port = -1;
	self->rpc_port = is_daemon ? read_port(self, "port", self->role == ROLE_MASTER ? 7077 : 0)
				   : read_port(self, "spark.driver.port", 0);
	self->rest_port = -1;
	const char *rest = self_option(self, "spark.master.rest.enabled");
	if (self->role == ROLE_MASTER && rest && strcmp(rest, "true") == 0)
		self->rest_port = read_port(self, "spark.master.rest.port", 6066);
}

static void read_class_path(struct self *self)
{
	self->version = "3.5.9";
	for (int i = 1; i + 1 < self->main_at; i++)
		if (strcmp(self->argv[i], "-cp") == 0 && strstr(self->argv[i + 1], "slf4j-api-2"))
			self->version = "4.3.0";
}

bool self_read(struct self *self, int argc, char **argv)
{
	int usual_port = -1, i = 1;

	*self = (struct self){.argc = argc, .argv = argv, .role = ROLE_OTHER};
	while (i < argc && argv[i][0] == '-')
		i += 1 + takes_value(argv[i]);
	if (i >= argc)
		return false;
	self->main_at = i;
	for (size_t c = 0; c < sizeof(classes) / sizeof(*classes); c++)
		if (strcmp(argv[i], classes[c].name) == 0) {
			self->role = classes[c].role;
			usual_port = classes[c].ui_port;
		}
	self->is_pyspark = strcmp(argv[argc - 1], "pyspark-shell") == 0;
	self->app_name = self_option(self, "spark.app.name");
	if (!self->app_name)
		self->app_name = self_option(self, "name");
	if (!self->app_name)
		self->app_name = argv[i];
	read_jvm_options(self);
	read_class_path(self);
	read_ports(self, usual_port);
	return true;
}

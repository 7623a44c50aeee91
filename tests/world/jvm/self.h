/* self.h - what a stand-in JVM is, read from its own command line as Spark's launcher wrote it:
 * `java OPTIONS MAIN-CLASS ARGUMENTS`. */
#ifndef WORLD_JVM_SELF_H
#define WORLD_JVM_SELF_H

#include <stdbool.h>
#include <stdint.h>

enum role {
	ROLE_DRIVER,
	ROLE_EXECUTOR,
	ROLE_MASTER,
	ROLE_WORKER,
	ROLE_HISTORY,
	ROLE_LIVY,
	ROLE_GATEWAY,
	ROLE_OTHER
};

/* One bit each: tables say which of them they are about. */
enum collector { COLLECTOR_G1 = 1, COLLECTOR_PARALLEL = 2, COLLECTOR_SERIAL = 4, COLLECTOR_Z = 8 };

struct self {
	int argc;
	char **argv;
	int main_at; /* of argv: the main class */
	enum role role;
	enum collector collector;
	int64_t heap_bytes;   /* -Xmx, else 1 GiB */
	const char *app_name; /* spark.app.name or --name */
	const char *version;  /* of Spark, as the class path tells */
	bool is_pyspark;      /* the last argument is pyspark-shell */
	bool is_closed;       /* -XX:+DisableAttachMechanism */
	bool has_counters;    /* no -XX:-UsePerfData, no -XX:+PerfDisableSharedMem */
	int ui_port;          /* 0: the usual one or one of the next 16; -1: none */
	int rpc_port;         /* 0: any */
	int rest_port;        /* of a master; -1: none */
};

/* False: there is no main class. */
bool self_read(struct self *self, int argc, char **argv);

/* Is `--conf KEY=VALUE`, `-DKEY=VALUE` or `--KEY VALUE` given? NULL: it is not. */
const char *self_option(const struct self *self, const char *key);

#endif

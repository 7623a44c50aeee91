/* recorded_driver.h - the spark source before a driver's UI as it was recorded, served by a real
 * server. */
#ifndef SPARKOPS_TESTS_RECORDED_DRIVER_H
#define SPARKOPS_TESTS_RECORDED_DRIVER_H

#include "source_harness.h"

#define JSON "application/json"
#define FIXTURE "tests/fixture/spark/"

static struct path_server *server;
static char app_path[256];

static ATTR_UNUSED const char *api(const char *rest)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s%s", app_path, rest);
	return path;
}

static ATTR_UNUSED void serve(const char *target, const char *type, const char *folder,
			      const char *name)
{
	char path[256];
	size_t len;
	char *body;

	snprintf(path, sizeof(path), FIXTURE "%s/%s", folder, name);
	body = file_read(path, &len);
	path_set(server, target, 200, type, body, len);
	free(body);
}

/* A driver's UI as recorded. */
static ATTR_UNUSED struct target *new_driver(const char *folder, const char *id)
{
	server = path_start();
	path_set_other(server, 302, "text/plain", "");
	snprintf(app_path, sizeof(app_path), "/api/v1/applications/%s/", id);
	serve("/api/v1/version", JSON, folder, "version.json");
	serve("/api/v1/applications", JSON, folder, "applications.json");
	serve(api("environment"), JSON, folder, "environment.json");
	serve(api("allexecutors"), JSON, folder, "allexecutors.json");
	serve(api("jobs"), JSON, folder, "jobs.json");
	serve(api("jobs?status=running"), JSON, folder, "jobs-running.json");
	serve(api("stages?status=active&details=false"), JSON, folder, "stages-active.json");
	path_set_text(server, api("stages?status=failed&details=false"), 200, JSON, "[ ]");
	serve("/metrics/json/", "text/json;charset=utf-8", folder, "metrics.json");
	return harness_new(&source_spark, path_base(server));
}

static ATTR_UNUSED void free_driver(struct target *t)
{
	assert_int_equal(path_not_get(server), 0);
	assert_int_equal(path_most_at_once(server), 1);
	harness_free(t);
	path_stop(server);
}

#endif

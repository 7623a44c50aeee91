/* environment.c - what a driver says of its settings. Of Hadoop's thousand properties and the
 * class path only a few stand here; their shape is what counts. */
#include <stdio.h>

#include "answer.h"
#include "heap.h"
#include "job.h"

static void write_pair(struct writer *writer, const char *key, const char *value)
{
	writer_array(writer, NULL);
	writer_text(writer, NULL, key);
	writer_text(writer, NULL, value);
	writer_end(writer);
}

static void write_number(struct writer *writer, const char *key, int64_t value, const char *unit)
{
	char text[32];
	snprintf(text, sizeof(text), "%lld%s", (long long)value, unit);
	write_pair(writer, key, text);
}

static void write_pairs(struct writer *writer, const char *key, const char *const pairs[][2])
{
	writer_array(writer, key);
	for (; (*pairs)[0]; pairs++)
		write_pair(writer, (*pairs)[0], (*pairs)[1]);
	writer_end(writer);
}

static void write_fixed(struct writer *writer, const struct job *job)
{
	write_pair(writer, "spark.executor.id", "driver");
	write_pair(writer, "spark.local.dir", "/srv/jobs/runs/scratch");
	if (!job->is_v4)
		write_pair(writer, "spark.rdd.compress", "True");
	write_pair(writer, "spark.scheduler.mode", "FIFO");
	write_pair(writer, "spark.serializer.objectStreamReset", "100");
	if (job->is_v4)
		write_pair(writer, "spark.sql.artifact.isolation.enabled", "false");
	write_pair(writer, "spark.sql.shuffle.partitions", "2");
	write_pair(writer, "spark.sql.streaming.metricsEnabled", "true");
	write_pair(writer, "spark.sql.warehouse.dir", "/srv/jobs/runs/warehouse");
	write_pair(writer, "spark.submit.deployMode", "client");
	write_pair(writer, "spark.submit.pyFiles", "");
	write_pair(writer, "spark.ui.prometheus.enabled", "true");
	write_pair(writer, "spark.ui.showConsoleProgress", "true");
}

static void write_spark(struct writer *writer, const struct job *job, int port)
{
	static const char options[] = "-Djava.net.preferIPv6Addresses=false "
				      "-XX:+IgnoreUnrecognizedVMOptions "
				      "--add-opens=java.base/java.lang=ALL-UNNAMED";
	char text[JOB_ID];

	writer_array(writer, "sparkProperties");
	write_pair(writer, "spark.app.id", job_application(job, text));
	write_pair(writer, "spark.app.name", job->name);
	write_number(writer, "spark.app.startTime", job->start_at, "");
	write_number(writer, "spark.app.submitTime", job->start_at - 207, "");
	write_pair(writer, "spark.driver.bindAddress", "127.0.0.1");
	write_pair(writer, "spark.driver.extraJavaOptions", options);
	write_pair(writer, "spark.driver.host", "127.0.0.1");
	write_number(writer, "spark.driver.memory", job->memory_mb, "m");
	write_pair(writer, "spark.driver.port", "42719");
	write_pair(writer, "spark.eventLog.dir", "file:///srv/jobs/runs/events");
	write_pair(writer, "spark.eventLog.enabled", "true");
	write_pair(writer, "spark.executor.extraJavaOptions", options);
	if (job->is_standalone) {
		write_number(writer, "spark.cores.max", job->executors * job->cores, "");
		write_number(writer, "spark.executor.cores", job->cores, "");
		write_number(writer, "spark.executor.memory", job->memory_mb, "m");
		write_pair(writer, "spark.master", "spark://127.0.0.1:7077");
	} else {
		snprintf(text, sizeof(text), "local[%d]", job->cores);
		write_pair(writer, "spark.master", text);
	}
	write_number(writer, "spark.ui.port", port, "");
	write_fixed(writer, job);
	writer_end(writer);
}

static void write_resource(struct writer *writer, const char *name, int64_t amount)
{
	writer_object(writer, name);
	writer_text(writer, "resourceName", name);
	writer_int(writer, "amount", amount);
	writer_text(writer, "discoveryScript", "");
	writer_text(writer, "vendor", "");
	writer_end(writer);
}

static void write_profiles(struct writer *writer, const struct job *job)
{
	writer_array(writer, "resourceProfiles");
	writer_object(writer, NULL);
	writer_int(writer, "id", 0);
	writer_object(writer, "executorResources");
	write_resource(writer, "cores", job->is_standalone ? job->cores : 1);
	write_resource(writer, "memory", job->is_standalone ? job->memory_mb : 1024);
	write_resource(writer, "offHeap", 0);
	writer_end(writer);
	writer_object(writer, "taskResources");
	writer_object(writer, "cpus");
	writer_text(writer, "resourceName", "cpus");
	writer_real(writer, "amount", 1);
	writer_end(writer);
	writer_end(writer);
	writer_end(writer);
	writer_end(writer);
}

void answer_environment(struct answer *answer, const struct job *job, int port)
{
	static const char *const hadoop[][2] = {
		{"dfs.ha.fencing.ssh.connect-timeout", "30000"},
		{"file.blocksize", "67108864"},
		{"fs.AbstractFileSystem.file.impl", "org.apache.hadoop.fs.local.LocalFs"},
		{"io.file.buffer.size", "65536"},
		{NULL, NULL}};
	static const char *const java[][2] = {
		{"SPARK_SUBMIT", "true"}, {"file.encoding", "UTF-8"}, {"java.version", "17.0.15"},
		{"line.separator", "\n"}, {"os.name", "Linux"},       {NULL, NULL}};
	static const char *const sinks[][2] = {
		{"*.sink.servlet.class", "org.apache.spark.metrics.sink.MetricsServlet"},
		{"*.sink.servlet.path", "/metrics/json"},
		{"applications.sink.servlet.path", "/metrics/applications/json"},
		{"master.sink.servlet.path", "/metrics/master/json"},
		{NULL, NULL}};
	static const char *const path[][2] = {
		{"/opt/spark/conf", "System Classpath"},
		{"/opt/spark/jars/HikariCP-2.5.1.jar", "System Classpath"},
		{NULL, NULL}};
	struct writer *writer = &answer->body;

	writer_object(writer, NULL);
	writer_object(writer, "runtime");
	writer_text(writer, "javaVersion", "17.0.15 (Debian)");
	writer_text(writer, "javaHome", "/usr/lib/jvm/java-17-openjdk-amd64");
	writer_text(writer, "scalaVersion", job->is_v4 ? "version 2.13.18" : "version 2.12.18");
	writer_end(writer);
	write_spark(writer, job, port);
	write_pairs(writer, "hadoopProperties", hadoop);
	write_pairs(writer, "systemProperties", java);
	write_pairs(writer, "metricsProperties", sinks);
	write_pairs(writer, "classpathEntries", path);
	write_profiles(writer, job);
	writer_end(writer);
}

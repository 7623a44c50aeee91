/* jvm_command.c - see jvm_command.h. */
#include "jvm_command.h"

#include <stdio.h>
#include <stdlib.h>

#include "heap.h"
#include "job.h"

static const char *const collectors[] = {NULL, "-XX:+UseParallelGC", "-XX:+UseSerialGC",
					 "-XX:+UseZGC"};

static void add_conf(struct args *args, const char *key, const char *value)
{
	args_add(args, "--conf");
	args_add(args, "%s=%s", key, value);
}

static void add_number(struct args *args, const char *key, int64_t value, const char *unit)
{
	args_add(args, "--conf");
	args_add(args, "%s=%lld%s", key, (long long)value, unit);
}

static void add_settings(struct args *args, const struct job *job, const struct jvm_ports *ports)
{
	char master[64];

	if (job->is_standalone)
		snprintf(master, sizeof(master), "spark://127.0.0.1:%d",
			 ports->master_rpc ? ports->master_rpc : 7077);
	else
		snprintf(master, sizeof(master), "local[%d]", job->cores);
	add_conf(args, "spark.master", master);
	add_number(args, "spark.driver.memory", job->memory_mb, "m");
	add_conf(args, "spark.app.name", job->name);
	add_number(args, "spark.ui.port", ports->ui, "");
	add_conf(args, "spark.driver.bindAddress", "127.0.0.1");
	if (job->is_standalone) {
		add_number(args, "spark.executor.memory", job->memory_mb, "m");
		add_number(args, "spark.executor.cores", job->cores, "");
		add_number(args, "spark.cores.max", (int64_t)job->executors * job->cores, "");
	}
	add_conf(args, "spark.sql.streaming.metricsEnabled", "true");
}

static void begin(struct args *args, const char *options)
{
	char *java = launch_beside("world-jvm/java");

	launch_begin(args, java, options);
	free(java);
}

static void command_driver(struct args *args, const struct job *job, const struct jvm_ports *ports)
{
	begin(args, collectors[job->collector]);
	args_add(args, "-Xmx%lldm", (long long)job->memory_mb);
	launch_opens(args, true);
	args_add(args, "org.apache.spark.deploy.SparkSubmit");
	add_settings(args, job, ports);
	args_split(args, "--class lakehouse.Stream /srv/jobs/lakehouse.jar");
	args_add(args, "%s", job->name);
}

static void command_executor(struct args *args, const struct job *job,
			     const struct jvm_ports *ports, int64_t executor)
{
	char id[JOB_ID];

	begin(args, NULL);
	args_add(args, "-Xmx%lldM", (long long)job->memory_mb);
	args_add(args, "-Dspark.driver.port=%d", ports->driver_rpc);
	args_add(args, "-Dspark.ui.port=%d", ports->ui);
	args_add(args, "-Djava.net.preferIPv6Addresses=false");
	launch_opens(args, false);
	args_add(args, "org.apache.spark.executor.CoarseGrainedExecutorBackend");
	args_add(args, "--driver-url");
	args_add(args, "spark://CoarseGrainedScheduler@127.0.0.1:%d", ports->driver_rpc);
	args_add(args, "--executor-id");
	args_add(args, "%lld", (long long)executor);
	args_split(args, "--hostname 127.0.0.1 --cores");
	args_add(args, "%d", job->cores);
	args_add(args, "--app-id");
	args_add(args, "%s", job_application(job, id));
	args_add(args, "--worker-url");
	args_add(args, "spark://Worker@127.0.0.1:%d",
		 ports->worker_rpc ? ports->worker_rpc : 43365);
	args_split(args, "--resourceProfileId 0");
}

static void command_master(struct args *args, const struct jvm_ports *ports)
{
	begin(args, "-Dspark.ui.killEnabled=true -Xmx512m");
	if (args->is_v4)
		launch_opens(args, false);
	args_split(args, "org.apache.spark.deploy.master.Master --host 127.0.0.1 --port");
	args_add(args, "%d", ports->rpc);
	args_add(args, "--webui-port");
	args_add(args, "%d", ports->ui);
}

static void command_worker(struct args *args, const struct jvm_ports *ports)
{
	begin(args, "-Xmx512m");
	if (args->is_v4)
		launch_opens(args, false);
	args_split(args, "org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --webui-port 0 "
			 "--cores 8 --memory 16g");
	args_add(args, "spark://127.0.0.1:%d", ports->master_rpc);
}

static void command_python(struct args *args, const struct job *job)
{
	char *python = launch_beside("world-jvm/python3");

	args_add(args, "%s", python);
	args_add(args, "/srv/jobs/%s.py", job->name);
	free(python);
}

void jvm_command(struct args *args, enum jvm_kind kind, const struct job *job,
		 const struct jvm_ports *ports, int64_t executor)
{
	switch (kind) {
	case JVM_PAIR:
		command_python(args, job);
		break;
	case JVM_DRIVER:
		command_driver(args, job, ports);
		break;
	case JVM_EXECUTOR:
		command_executor(args, job, ports, executor);
		break;
	case JVM_MASTER:
		command_master(args, ports);
		break;
	case JVM_WORKER:
		command_worker(args, ports);
		break;
	}
}

/* PYSPARK_SUBMIT_ARGS and what else PySpark's launcher reads. */
static void add_pyspark(struct args *args, const struct job *job, const struct jvm_ports *ports)
{
	struct args settings = {.n = 0};
	char *line = heap_text("PYSPARK_SUBMIT_ARGS=");

	add_settings(&settings, job, ports);
	args_add(&settings, "pyspark-shell");
	for (size_t i = 0; i < settings.n; i++) {
		char *longer = heap_print("%s%s%s", line, i ? " " : "", settings.v[i]);
		heap_free(line);
		line = longer;
	}
	args_add(args, "%s", line);
	heap_free(line);
	args_free(&settings);
	args_add(args, "WORLD_HEAP=%lldm", (long long)job->memory_mb);
	args_add(args, "WORLD_SPARK=%s", job->is_v4 ? "4.3" : "3.5");
	if (collectors[job->collector])
		args_add(args, "SPARK_SUBMIT_OPTS=%s", collectors[job->collector]);
	if (ports->health)
		args_add(args, "WORLD_HEALTH=%d,%d", ports->health, ports->health_relay);
}

void jvm_environment(struct args *args, enum jvm_kind kind, const struct job *job,
		     const struct jvm_ports *ports)
{
	if (ports->ui_relay)
		args_add(args, "WORLD_UI=%d", ports->ui_relay);
	if (kind == JVM_PAIR)
		add_pyspark(args, job, ports);
}

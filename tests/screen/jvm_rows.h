/* jvm_rows.h - the JVMs of the drawn host: a pair of which Java hangs, a driver with two executors,
 * one of another user, daemons, an executor that died. Static functions, so that each golden test
 * is one file. */
#ifndef SPARKOPS_TESTS_JVM_ROWS_H
#define SPARKOPS_TESTS_JVM_ROWS_H

#include "../../include/row/jvm.h"
#include "cluster.h"

#define AGO_S(n) (CLUSTER_NOW - (n)*1000LL)
#define MIB(n) ((int64_t)(n) << 20)

struct drawn_jvm {
	int64_t pid;
	int role, verdict;
	const char *job, *executor, *user, *name, *belongs;
	int64_t ports[4];
	int64_t heap, heap_max, rss, limit;
	double gc, cpu;
	const char *why;
};

static const struct drawn_jvm drawn_jvms[] = {
	{20190,
	 JVM_MASTER,
	 JVM_IS_IDLE,
	 NULL,
	 NULL,
	 "spark",
	 NULL,
	 "master of spark://ops-box-1:7077",
	 {6066, 7077, 8080},
	 61,
	 1024,
	 310,
	 0,
	 0.1,
	 0.2,
	 NULL},
	{20311,
	 JVM_WORKER,
	 JVM_IS_IDLE,
	 NULL,
	 NULL,
	 "spark",
	 NULL,
	 "worker of spark://ops-box-1:7077",
	 {8081, 38211},
	 70,
	 1024,
	 322,
	 0,
	 0,
	 0.4,
	 NULL},
	{30501,
	 JVM_DRIVER,
	 JVM_IS_BUSY,
	 "health-analytics",
	 NULL,
	 "etl",
	 "health",
	 "driver of health-analytics",
	 {4041, 35011, 40001, 41873},
	 312,
	 1024,
	 690,
	 2048,
	 1.4,
	 64,
	 "5.5 s of CPU in the last 8 s"},
	{30777,
	 JVM_EXECUTOR,
	 JVM_IS_THRASHING,
	 "health-analytics",
	 "2",
	 "etl",
	 "health",
	 "executor 2 of health-analytics",
	 {33033},
	 478,
	 512,
	 702,
	 2048,
	 93,
	 198,
	 "93 % of the time in garbage collection for 1m30"},
	{30779,
	 JVM_EXECUTOR,
	 JVM_IS_BUSY,
	 "health-analytics",
	 "3",
	 "etl",
	 "health",
	 "executor 3 of health-analytics",
	 {33577},
	 203,
	 512,
	 611,
	 2048,
	 3,
	 112,
	 "8.9 s of CPU in the last 8 s"},
	{18423,
	 JVM_DRIVER,
	 JVM_IS_HUNG,
	 "migration",
	 NULL,
	 "etl",
	 "migration",
	 "driver of migration",
	 {4040, 40417, 42001, 45113},
	 506,
	 512,
	 731,
	 2048,
	 12,
	 0,
	 "no HTTP answer at :4040 for 118 s (12 probes)"},
	{41222,
	 JVM_DRIVER,
	 JVM_IS_UNKNOWN,
	 NULL,
	 NULL,
	 "alice",
	 "nightly-export",
	 NULL,
	 {0},
	 -1,
	 4096,
	 1433,
	 0,
	 -1,
	 41,
	 NULL},
	{30778,
	 JVM_EXECUTOR,
	 JVM_IS_DEAD,
	 "health-analytics",
	 "1",
	 "etl",
	 "health",
	 "executor 1 of health-analytics",
	 {0},
	 -1,
	 -1,
	 -1,
	 0,
	 -1,
	 -1,
	 "exit code 52: out of memory"},
};

static void hung_jvm(struct arena *a, struct jvm_row *j)
{
	static const struct text *const why[] = {
		TEXT("no HTTP answer at :4040 for 118 s (12 probes)"),
		TEXT("0.0 s of CPU in 90 s"),
		TEXT("2 connections wait at :4040, which takes 1, for 1m30"),
	};
	static const struct text *const logs[] = {TEXT("/srv/jobs/migration/job.log")};
	struct jvm_port *p = ARENA_ARRAY(a, struct jvm_port, 5);

	for (int i = 0; i < 5; i++)
		p[i] = (struct jvm_port){j->ports.v[i & 3], 50, 0, ABSENT, i > 0, i == 1};
	p[0].queue = 2;
	p[0].queue_since = AGO_S(90);
	p[4].port = 8000;
	j->evidence = (struct texts){3, why};
	j->listens = (struct jvm_ports){4, p};
	j->parent_listens = (struct jvm_ports){1, p + 4};
	j->log_files = (struct texts){1, logs};
	j->parent_pid = 18401;
	j->parent_command = TEXT("python /srv/jobs/migration/api.py");
	j->parent_cwd = TEXT("/srv/jobs/migration");
	j->owner = OWNER_SYSTEMD;
	j->owner_name = TEXT("migration-api.service");
	j->state = 'S';
	j->cpu_in_window_s = 0;
	j->cpu_window_s = 90;
	j->cpu_idle_since = AGO_S(93);
	j->threads = 61;
	j->collector = TEXT("G1");
	j->old_used_bytes = MIB(478);
	j->old_max_bytes = MIB(512);
	j->live_bytes = MIB(470);
	j->live_at = AGO_S(97);
	j->cgroup_used_bytes = MIB(812);
	j->oom_kills = 0;
	j->application_id = TEXT("local-1768000000000");
	j->java_version = TEXT("17.0.9");
	j->main_class = TEXT("org.apache.spark.deploy.SparkSubmit");
	j->cwd = TEXT("/srv/jobs/migration");
	j->command = TEXT("/usr/lib/jvm/java-17/bin/java -cp /opt/spark/conf:/opt/spark/jars/* "
			  "-Xmx512m org.apache.spark.deploy.SparkSubmit --conf "
			  "spark.app.name=migration pyspark-shell");
}

static void draw_jvm(struct arena *a, const struct drawn_jvm *w, struct jvm_row *j)
{
	int64_t *ports = ARENA_ARRAY(a, int64_t, 4);
	const struct text **why = ARENA_ARRAY(a, const struct text *, 1);
	size_t n = 0;

	field_clear_row(&schema_jvm, j);
	while (n < 4 && w->ports[n]) {
		ports[n] = w->ports[n];
		n++;
	}
	j->pid = w->pid;
	j->id = text_format(a, "%lld@%lld", (long long)w->pid, 8400000LL + w->pid);
	j->role = w->role;
	j->verdict = w->verdict;
	j->user = text_format(a, "%s", w->user);
	j->job = w->job ? text_format(a, "%s", w->job) : NULL;
	j->app_name = w->name ? text_format(a, "%s", w->name) : NULL;
	j->executor_id = w->executor ? text_format(a, "%s", w->executor) : NULL;
	j->belongs = w->belongs ? text_format(a, "%s", w->belongs) : NULL;
	j->ports = (struct ints){n, ports};
	j->heap_used_bytes = w->heap < 0 ? ABSENT : MIB(w->heap);
	j->heap_max_bytes = w->heap_max < 0 ? ABSENT : MIB(w->heap_max);
	j->heap_pct = w->heap < 0 ? ABSENT_REAL : 100.0 * (double)w->heap / (double)w->heap_max;
	j->rss_bytes = w->rss < 0 ? ABSENT : MIB(w->rss);
	j->limit_bytes = w->limit ? MIB(w->limit) : ABSENT;
	j->gc_pct = w->gc < 0 ? ABSENT_REAL : w->gc;
	j->cpu_pct = w->cpu < 0 ? ABSENT_REAL : w->cpu;
	j->started_at = AGO_S(17443);
	why[0] = w->why ? text_format(a, "%s", w->why) : NULL;
	j->evidence = (struct texts){w->why ? 1 : 0, why};
	j->parent_pid = j->state_since = j->cpu_idle_since = j->live_at = ABSENT;
	j->cpu_in_window_s = j->cpu_window_s = j->gc_cpu_pct = j->longest_pause_s = ABSENT_REAL;
	j->cgroup_used_bytes = j->oom_kills_seen = ABSENT;
	j->parent_gone = j->is_attached = TRI_ABSENT;
}

ATTR_UNUSED static struct dataset *jvm_rows(void)
{
	struct dataset *d = dataset_new();
	struct jvm_row *rows = ARENA_ARRAY(&d->arena, struct jvm_row, ARRAY_LEN(drawn_jvms));

	for (size_t i = 0; i < ARRAY_LEN(drawn_jvms); i++) {
		struct jvm_row *j = &rows[i];

		draw_jvm(&d->arena, &drawn_jvms[i], j);
		if (j->pid == 18423)
			hung_jvm(&d->arena, j);
		if (j->pid == 41222)
			j->unseen = TEXT("its ports, heap and log: it belongs to alice. Run "
					 "`sudo -u alice sparkops` to see them");
		if (j->verdict == JVM_IS_DEAD) {
			j->state = 'Z';
			j->exit_code = 52;
		}
	}
	dataset_add(d, &schema_jvm, rows, ARRAY_LEN(drawn_jvms));
	return d;
}

#endif

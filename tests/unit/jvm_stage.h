/* jvm_stage.h - JVMs on the stage of rule_stage.h: answers of the jvm source and
 * of a driver's UI. */
#ifndef SPARKOPS_TESTS_JVM_STAGE_H
#define SPARKOPS_TESTS_JVM_STAGE_H

#include "rule_stage.h"

#include "../../include/row/jvm.h"

/* A JVM of which nothing is known but that it lives and uses CPU. */
static inline void jvm_plain(struct jvm_row *row, const char *id, int64_t pid, int role)
{
	memset(row, 0, sizeof(*row));
	field_clear_row(&schema_jvm, row);
	row->id = (const struct text *)(const void *)id;
	row->pid = pid;
	row->role = role;
	row->state = 'S';
	row->started_at = NOW - 60 * MIN;
	row->start_ticks = 1000;
	row->threads = 71;
	row->cpu_pct = 40;
	row->ppid = 1;
	row->parent_gone = row->is_ours = row->is_pyspark = row->is_attached = TRI_ABSENT;
	row->state_since = row->cpu_idle_since = row->gc_moved_at = row->oom_kills_seen = ABSENT;
	row->counters_since = NOW - 10 * MIN;
	row->gc_cpu_pct = row->longest_pause_s = row->dump_bytes_per_s = ABSENT_REAL;
	row->old_used_bytes = row->old_max_bytes = row->live_bytes = ABSENT;
	row->silent_probes = row->silent_ms = row->cores = ABSENT;
}

/* n rows in the next answer of the jvm source; the test changes them before it looks. */
static inline struct jvm_row *jvm_rows(struct stage *s, size_t n)
{
	struct section *one = section(s, SOURCE_JVM, NULL, "/proc");
	struct dataset *d = dataset_new();
	struct jvm_row *rows = ARENA_ARRAY(&d->arena, struct jvm_row, n + 1);

	for (size_t i = 0; i < n; i++)
		jvm_plain(&rows[i], "", 0, JVM_OTHER);
	dataset_add(d, &schema_jvm, rows, n);
	one->data = d;
	put(s, one);
	return rows;
}

static inline void jvm_listens(struct jvm_row *row, struct jvm_port ports[static 2], int64_t ui,
			       int64_t gateway)
{
	size_t n = 0;

	if (ui)
		ports[n++] = (struct jvm_port){ui, 1, 0, ABSENT, false, false};
	ports[n++] = (struct jvm_port){gateway, 50, 0, ABSENT, true, true};
	row->listens = (struct jvm_ports){n, ports};
}

/* A good answer of its UI: an application that runs this many Spark jobs. */
static inline struct app_row *driver_answers(struct stage *s, const char *job, const char *id,
					     size_t running)
{
	struct section *one = section(s, SOURCE_SPARK, job, "http://127.0.0.1:4040");
	struct dataset *d = dataset_new();
	struct app_row *app = ARENA_NEW(&d->arena, struct app_row);
	struct spark_job_row *jobs = ARENA_ARRAY(&d->arena, struct spark_job_row, running + 1);

	field_clear_row(&schema_app, app);
	app->application_id = (const struct text *)(const void *)id;
	app->is_local = TRI_TRUE;
	for (size_t i = 0; i < running; i++) {
		field_clear_row(&schema_spark_job, &jobs[i]);
		jobs[i].job_id = (int64_t)i;
		jobs[i].status = TEXT("RUNNING");
		jobs[i].submitted_at = s->at - 30 * S;
		jobs[i].num_tasks = 4;
		jobs[i].num_completed_tasks = 1;
		jobs[i].batch.number = ABSENT;
	}
	dataset_add(d, &schema_app, app, 1);
	dataset_add(d, &schema_spark_job, jobs, running);
	one->data = d;
	put(s, one);
	return app;
}

static inline const struct jvm_row *jvm(const struct stage *s, int64_t pid)
{
	const struct rowset *set = dataset_rows(s->out.jvms, &schema_jvm);

	for (size_t i = 0; i < set->n; i++)
		if (((const struct jvm_row *)set->rows[i])->pid == pid)
			return set->rows[i];
	fail_msg("no java %lld", (long long)pid);
	return NULL;
}

static inline bool jvm_says(const struct jvm_row *row, const char *part)
{
	for (size_t i = 0; i < row->evidence.n; i++)
		if (strstr(text_str(row->evidence.v[i]), part))
			return true;
	return false;
}

#endif

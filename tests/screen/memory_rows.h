/* memory_rows.h - what the memory view of the drawn host starts from: the settings of migration,
 * its executors (three lost with a full heap), the workers of its cluster. Static functions, so
 * that each golden test is one file. */
#ifndef SPARKOPS_TESTS_MEMORY_ROWS_H
#define SPARKOPS_TESTS_MEMORY_ROWS_H

#include "../../include/row/executor.h"
#include "../../include/row/spark.h"
#include "jvm_rows.h"

/* The job runs with 32 partitions on 8 executors of 4 cores and 2 GiB. */
static struct app_row *memory_app(struct arena *a)
{
	struct app_row *app = ARENA_NEW(a, struct app_row);

	field_clear_row(&schema_app, app);
	app->application_id = TEXT("app-20251121090000-0007");
	app->master = TEXT("spark://10.0.0.2:7077");
	app->is_local = TRI_FALSE;
	app->driver_memory_bytes = MIB(1024);
	app->executor_memory_bytes = MIB(2048);
	app->executor_cores = 4;
	app->default_parallelism = 32;
	return app;
}

static struct section *memory_section(const char *job, enum source_id source, struct dataset *d)
{
	struct section *s = section_new();

	s->source = source;
	s->job = job;
	s->where = "http://10.0.0.2:4040";
	s->state = SECTION_OK;
	s->data = d;
	return s;
}

static void memory_workers(struct dataset *d)
{
	struct worker_row *w = ARENA_ARRAY(&d->arena, struct worker_row, 3);
	struct master_row *m = ARENA_NEW(&d->arena, struct master_row);

	for (int i = 0; i < 3; i++) {
		field_clear_row(&schema_worker, &w[i]);
		w[i].cluster = TEXT("prod");
		w[i].worker_id = text_format(&d->arena, "worker-%d", i);
		w[i].host = text_format(&d->arena, "10.0.0.%d", 11 + i);
		w[i].state = i == 2 ? TEXT("DEAD") : TEXT("ALIVE");
		w[i].cores = 16;
		w[i].cores_used = 16;
		w[i].memory_bytes = MIB(8192);
		w[i].memory_used_bytes = MIB(8192);
	}
	field_clear_row(&schema_master, m);
	m->cluster = TEXT("prod");
	m->url = TEXT("spark://10.0.0.2:7077");
	dataset_add(d, &schema_worker, w, 3);
	dataset_add(d, &schema_master, m, 1);
}

static const struct dataset *memory_executors(void)
{
	struct dataset *d = dataset_new();
	struct executor_row *rows = ARENA_ARRAY(&d->arena, struct executor_row, 11);

	for (int i = 0; i < 11; i++) {
		struct executor_row *e = &rows[i];

		field_clear_row(&schema_executor, e);
		e->job = TEXT("migration");
		e->executor_id = text_format(&d->arena, "%d", i);
		e->host = text_format(&d->arena, "10.0.0.%d:4%03d", 11 + i % 2, i);
		e->cores = 4;
		e->active = i < 8 ? TRI_TRUE : TRI_FALSE;
		e->gc_pct = 4 + i;
		e->configured_bytes = MIB(2048);
		if (i < 8) {
			e->needed_bytes = MIB(900 + 60 * i);
			e->headroom_ratio = 2048.0 / (900 + 60 * i);
			e->headroom_basis = BASIS_MEASURED;
		} else {
			e->removed_at = AGO_S(600 * (11 - i));
			e->removed_reason = TEXT("Command exited with code 52");
			e->exit_code = 52;
			e->exit_means = TEXT("out of memory");
		}
	}
	dataset_add(d, &schema_executor, rows, 11);
	return d;
}

struct memory_stage {
	struct section *sections[2];
	const struct section *list[2];
	struct app_row *app;
};

/* Adds it to a snapshot of the drawn cluster; memory_end() takes it away. */
ATTR_UNUSED static void memory_begin(struct memory_stage *m, struct snapshot *s)
{
	struct dataset *app = dataset_new(), *cluster = dataset_new();

	m->app = memory_app(&app->arena);
	dataset_add(app, &schema_app, m->app, 1);
	memory_workers(cluster);
	m->list[0] = m->sections[0] = memory_section("migration", SOURCE_SPARK, app);
	m->list[1] = m->sections[1] = memory_section(NULL, SOURCE_MASTER, cluster);
	s->sections = m->list;
	s->nsections = 2;
	s->executors = memory_executors();
}

ATTR_UNUSED static void memory_end(struct memory_stage *m, struct snapshot *s)
{
	s->nsections = 0;
	dataset_unref(s->executors);
	s->executors = NULL;
	section_unref(m->sections[0]);
	section_unref(m->sections[1]);
}

#endif

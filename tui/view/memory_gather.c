/* memory_gather.c - what the memory formula of a job starts from: its settings as its driver tells
 * them, its executors as they are and as they ended, the workers of its cluster. Each input knows
 * where it came from; one that nobody told is not known, and no guess. */
#include <stdio.h>
#include <string.h>

#include "../../include/row/log.h"
#include "../../include/row/spark.h"
#include "../jvm.h"
#include "memory_parts.h"

static const struct {
	const char *name, *setting;
	enum memory_kind kind;
} inputs[INPUTS] = {
	[IN_PARALLELISM] = {"parallelism", "spark.default.parallelism", MEMORY_COUNT},
	[IN_EXECUTORS] = {"executors", "spark.executor.instances", MEMORY_COUNT},
	[IN_CORES] = {"cores of each", "spark.executor.cores", MEMORY_COUNT},
	[IN_TASK] = {"memory of a task", NULL, MEMORY_BYTES},
	[IN_MEMORY] = {"executor memory", "spark.executor.memory", MEMORY_BYTES},
	[IN_OVERHEAD] = {"overhead", "spark.executor.memoryOverhead", MEMORY_BYTES},
	[IN_FRACTION] = {"memory fraction", "spark.memory.fraction", MEMORY_REAL},
	[IN_SAFETY] = {"safety factor", NULL, MEMORY_REAL},
	[IN_CONNECTIONS] = {"connections allowed", NULL, MEMORY_COUNT},
};

static int64_t *count_at(struct headroom_plan *p, enum memory_input in)
{
	switch (in) {
	case IN_PARALLELISM:
		return &p->parallelism;
	case IN_EXECUTORS:
		return &p->instances;
	case IN_CORES:
		return &p->cores;
	case IN_TASK:
		return &p->task_memory_bytes;
	case IN_MEMORY:
		return &p->memory_bytes;
	case IN_OVERHEAD:
		return &p->overhead_bytes;
	default:
		return &p->connections;
	}
}

double memory_get(const struct headroom_plan *p, enum memory_input in)
{
	struct headroom_plan copy = *p;
	int64_t n;

	if (in == IN_FRACTION || in == IN_SAFETY)
		return in == IN_FRACTION ? p->memory_fraction : p->safety_factor;
	n = *count_at(&copy, in);
	return is_absent(n) ? ABSENT_REAL : (double)n;
}

void memory_set(struct headroom_plan *p, enum memory_input in, double v)
{
	if (in == IN_FRACTION)
		p->memory_fraction = v;
	else if (in == IN_SAFETY)
		p->safety_factor = v;
	else
		*count_at(p, in) = isnan(v) ? ABSENT : (int64_t)llround(v);
}

/* A standalone cluster starts executors until spark.cores.max is reached. */
const char *memory_setting(const struct memory_facts *f, enum memory_input in)
{
	if (f->is_standalone && in == IN_EXECUTORS)
		return "spark.cores.max";
	if (!f->is_local)
		return inputs[in].setting;
	switch (in) {
	case IN_MEMORY:
		return "spark.driver.memory";
	case IN_CORES:
		return "spark.master";
	case IN_OVERHEAD:
	case IN_EXECUTORS:
		return NULL;
	default:
		return inputs[in].setting;
	}
}

const char *memory_name(const struct memory_facts *f, enum memory_input in)
{
	return f->is_local && in == IN_MEMORY  ? "driver memory"
	       : f->is_local && in == IN_CORES ? "cores"
					       : inputs[in].name;
}

enum memory_kind memory_kind(enum memory_input in)
{
	return inputs[in].kind;
}

void memory_format(enum memory_kind kind, double v, char *out, size_t size)
{
	if (isnan(v))
		snprintf(out, size, "-");
	else if (kind == MEMORY_REAL)
		snprintf(out, size, "%.2g", v);
	else
		format_number(v, kind == MEMORY_BYTES ? UNIT_BYTES : UNIT_COUNT, out, size);
}

void memory_spark_value(const struct memory_facts *f, enum memory_input in,
			const struct headroom_plan *p, char *out, size_t size)
{
	double v = memory_get(p, in);
	int64_t mib = isnan(v) ? 0 : (int64_t)ceil(v / 1048576);

	if (f->is_standalone && in == IN_EXECUTORS)
		v *= memory_get(p, IN_CORES);
	if (isnan(v))
		snprintf(out, size, "not set");
	else if (memory_kind(in) == MEMORY_BYTES && mib && mib % 1024 == 0)
		snprintf(out, size, "%lldg", (long long)(mib / 1024));
	else if (memory_kind(in) == MEMORY_BYTES)
		snprintf(out, size, "%lldm", (long long)mib);
	else if (memory_kind(in) == MEMORY_REAL)
		snprintf(out, size, "%.2g", v);
	else if (f->is_local && in == IN_CORES)
		snprintf(out, size, "local[%.0f]", v);
	else
		snprintf(out, size, "%.0f", v);
}

/* --- from rows --- */

static const struct app_row *app_of(const struct ui *ui, const char *job)
{
	for (size_t i = 0; ui->snap && i < ui->snap->nsections; i++) {
		const struct section *s = ui->snap->sections[i];

		if (s->source == SOURCE_SPARK && s->job && !strcmp(s->job, job) && s->data &&
		    dataset_one(s->data, &schema_app))
			return dataset_one(s->data, &schema_app);
	}
	return NULL;
}

static bool runs_tasks(const struct executor_row *e, bool is_local)
{
	return is_local || !e->executor_id || !text_is(e->executor_id, "driver");
}

static void count_end(struct memory_facts *f, const struct executor_row *e)
{
	bool is_heap = e->exit_code == 52 || e->exit_code == 3;
	bool is_limit = e->exit_code == 137 || e->exit_code == -103 || e->exit_code == -104;

	f->signs.lost_to_heap += is_heap;
	f->signs.lost_to_limit += is_limit;
	f->signs.lost_to_silence += e->exit_code == 56;
	if ((is_heap || is_limit) && !is_absent(e->removed_at))
		f->lost_at = max_i64(f->lost_at, e->removed_at);
}

static void from_executors(struct ui *ui, struct view_state *v, const char *job,
			   struct memory_facts *f)
{
	struct rowset all = view_rows(ui, v, &schema_executor, job);
	int64_t active = 0, cores = ABSENT;

	for (size_t i = 0; i < all.n; i++) {
		const struct executor_row *e = all.rows[i];

		if (!runs_tasks(e, f->is_local))
			continue;
		if (e->active != TRI_TRUE) {
			count_end(f, e);
			continue;
		}
		active++;
		cores = max_i64(cores, e->cores);
		if (e->gc_pct > f->gc_pct || (isnan(f->gc_pct) && !isnan(e->gc_pct))) {
			f->gc_pct = e->gc_pct;
			f->gc_of = e->executor_id;
		}
		if ((e->headroom_basis == BASIS_MEASURED || e->headroom_basis == BASIS_BOUND) &&
		    (!f->least || e->headroom_ratio < f->least->headroom_ratio))
			f->least = e;
	}
	if (active) {
		f->now.instances = active;
		f->origin[IN_EXECUTORS] = f->is_local ? TEXT("local mode") : TEXT("active now");
	}
	if (is_absent(f->now.cores) && cores > 0) {
		f->now.cores = cores;
		f->origin[IN_CORES] = f->is_local ? TEXT("local mode") : TEXT("as they have");
	}
}

/* In local mode the driver's heap is the one that fills: its end, and what its log says. */
static void from_driver(struct ui *ui, struct view_state *v, const char *job,
			struct memory_facts *f)
{
	const struct jvm_row *j = jvm_driver_of(ui, job);
	struct rowset marks = view_rows(ui, v, &schema_log_mark, job);

	if (!f->is_local)
		return;
	if (j && j->verdict == JVM_IS_DEAD && (j->exit_code == 52 || j->exit_code == 3))
		f->signs.lost_to_heap++;
	else if (j && j->verdict == JVM_IS_DEAD && j->exit_code == 137)
		f->signs.lost_to_limit++;
	for (size_t i = 0; i < marks.n && !f->signs.lost_to_heap; i++) {
		const struct log_mark_row *m = marks.rows[i];

		f->signs.lost_to_heap += m->kind == LOG_KIND_OOM;
	}
}

static void from_app(const struct app_row *app, struct memory_facts *f)
{
	struct headroom_plan *p = &f->now;

	f->application = app->application_id;
	f->master = app->master;
	f->is_local = app->is_local == TRI_TRUE;
	f->is_standalone = app->master && !strncmp(text_str(app->master), "spark://", 8);
	p->memory_bytes = f->is_local ? app->driver_memory_bytes : app->executor_memory_bytes;
	f->origin[IN_MEMORY] = is_absent(p->memory_bytes) ? NULL : TEXT("as it runs");
	p->cores = f->is_local ? ABSENT : app->executor_cores;
	f->origin[IN_CORES] = is_absent(p->cores) ? NULL : TEXT("as set");
	p->instances = app->executor_instances;
	f->origin[IN_EXECUTORS] = is_absent(p->instances) ? NULL : TEXT("as set");
	p->parallelism = app->default_parallelism;
	f->origin[IN_PARALLELISM] = is_absent(p->parallelism) ? NULL : TEXT("as set");
	p->memory_fraction = isnan(app->memory_fraction) ? 0.6 : app->memory_fraction;
	f->origin[IN_FRACTION] =
		isnan(app->memory_fraction) ? TEXT("Spark's default") : TEXT("as set");
	p->overhead_bytes = f->is_local ? 0 : app->executor_overhead_bytes;
	f->origin[IN_OVERHEAD] = f->is_local ? TEXT("none in local mode") : TEXT("as set");
	if (is_absent(p->overhead_bytes)) {
		p->overhead_bytes = headroom_overhead(p->memory_bytes);
		f->has_default_overhead = true;
		f->origin[IN_OVERHEAD] = TEXT("a tenth, at least 384M");
	}
}

/* What a task takes: as configured, else what the figures of the executor with the least room come
 * to, so that the formula begins where they stand. */
static void task_memory(const struct config_job *c, struct memory_facts *f)
{
	struct headroom_sum sum = headroom_sum(&f->now);

	if (c && c->task_memory_bytes > 0) {
		f->now.task_memory_bytes = c->task_memory_bytes;
		f->origin[IN_TASK] = TEXT("task_memory, configured");
	} else if (f->least && f->least->needed_bytes > 0 && sum.tasks > 0 &&
		   f->now.safety_factor > 0) {
		f->now.task_memory_bytes = (int64_t)((double)f->least->needed_bytes /
						     (f->now.safety_factor * (double)sum.tasks));
		f->origin[IN_TASK] = f->least->headroom_basis == BASIS_MEASURED
					     ? TEXT("from its live heap")
					     : TEXT("at least, from its peaks");
	}
}

static bool is_its_cluster(const struct rowset *masters, const struct memory_facts *f,
			   const struct text *cluster)
{
	for (size_t i = 0; i < masters->n; i++) {
		const struct master_row *m = masters->rows[i];

		if (m->url && cluster && m->cluster && !text_cmp(m->cluster, cluster))
			return masters->n == 1 || !text_cmp(m->url, f->master);
	}
	return false;
}

/* What it has on a worker now is free for it again when it starts anew. */
static void add_own(const struct rowset *executors, const struct worker_row *w,
		    const struct memory_facts *f, struct headroom_worker *out)
{
	size_t len = w->host ? text_len(w->host) : 0;

	for (size_t i = 0; len && i < executors->n; i++) {
		const struct executor_row *e = executors->rows[i];
		const char *host = e->host ? text_str(e->host) : "";

		if (e->active != TRI_TRUE || !runs_tasks(e, false) ||
		    strncmp(host, text_str(w->host), len) || (host[len] && host[len] != ':'))
			continue;
		out->memory_bytes += max_i64(f->now.memory_bytes, 0);
		out->cores += max_i64(e->cores, 0);
	}
}

static void from_workers(struct ui *ui, struct view_state *v, const char *job,
			 struct memory_facts *f)
{
	struct rowset all = view_rows(ui, v, &schema_worker, "");
	struct rowset masters = view_rows(ui, v, &schema_master, "");
	struct rowset executors = view_rows(ui, v, &schema_executor, job);
	struct headroom_worker *list = ARENA_ARRAY(&v->arena, struct headroom_worker, all.n + 1);

	for (size_t i = 0; f->is_standalone && i < all.n; i++) {
		const struct worker_row *w = all.rows[i];
		struct headroom_worker *out = &list[f->nworkers];

		if (!is_its_cluster(&masters, f, w->cluster) || !w->state ||
		    !text_is(w->state, "ALIVE") || is_absent(w->memory_bytes) ||
		    is_absent(w->cores))
			continue;
		out->memory_bytes = w->memory_bytes - max_i64(w->memory_used_bytes, 0);
		out->cores = w->cores - max_i64(w->cores_used, 0);
		add_own(&executors, w, f, out);
		f->nworkers++;
	}
	f->workers = list;
}

void memory_gather(struct ui *ui, struct view_state *v, const char *job, struct memory_facts *out)
{
	const struct app_row *app = app_of(ui, job);
	const struct config_job *c = config_job(ui->cfg, job);

	*out = (struct memory_facts){
		.now = {.safety_factor = c && c->safety_factor > 0 ? c->safety_factor : 1.5,
			.memory_fraction = 0.6,
			.parallelism = ABSENT,
			.instances = ABSENT,
			.cores = ABSENT,
			.task_memory_bytes = ABSENT,
			.memory_bytes = ABSENT,
			.overhead_bytes = ABSENT,
			.connections = ABSENT},
		.gc_pct = ABSENT_REAL,
		.lost_at = ABSENT};
	out->origin[IN_SAFETY] =
		out->now.safety_factor != 1.5 ? TEXT("configured") : TEXT("default");
	out->origin[IN_FRACTION] = TEXT("Spark's default");
	if (app)
		from_app(app, out);
	from_executors(ui, v, job, out);
	from_driver(ui, v, job, out);
	if (is_absent(out->now.parallelism) && out->now.instances > 0 && out->now.cores > 0) {
		out->has_all_cores = true;
		out->now.parallelism = out->now.instances * out->now.cores;
		out->origin[IN_PARALLELISM] = TEXT("not set: all cores");
	}
	task_memory(c, out);
	from_workers(ui, v, job, out);
}

/* source/spark_rows.c - bodies of a driver's UI to rows; the names are those
 * of Spark's status/api/v1. What is not in the answers is not made up: a setting that is not in
 * /environment has Spark's default, but without /environment it is absent. */
#include "spark_rows.h"

#include <stdlib.h>
#include <string.h>

#include "../../include/config.h"
#include "spark_jobs.h"
#include "spark_threads.h"

#define MIB (INT64_C(1) << 20)

int64_t spark_memory(const char *s, size_t len)
{
	int64_t bytes = 0;
	size_t digits = 0;

	while (digits < len && s[digits] >= '0' && s[digits] <= '9')
		digits++;
	if (digits < len || len == 0)
		return len && config_size(s, len, &bytes) ? bytes : ABSENT;
	if (len > 12)
		return ABSENT;
	for (size_t i = 0; i < len; i++)
		bytes = bytes * 10 + (s[i] - '0');
	return bytes * MIB;
}

/* A line break of the description: cleaned, as Spark 2 wrote it, or raw. */
static size_t line_break(const char *s)
{
	if (strncmp(s, "\\n", 2) == 0)
		return 2;
	if (strncmp(s, "<br/>", 5) == 0)
		return 5;
	return *s == '\n' ? 1 : 0;
}

void spark_batch(struct arena *a, const struct text *description, struct ident *batch,
		 const struct text **query)
{
	const char *s = description ? text_str(description) : "", *id = NULL, *run = NULL;
	size_t skip = 0;
	char *end;

	*batch = (struct ident){.number = ABSENT};
	*query = NULL;
	for (const char *p = s; *p; p++) {
		skip = p == s ? 0 : line_break(p);
		if (p != s && !skip)
			continue;
		if (!id && strncmp(p + skip, "id = ", 5) == 0)
			id = p;
		else if (id && strncmp(p + skip, "runId = ", 8) == 0)
			run = p;
		else if (run && strncmp(p + skip, "batch = ", 8) == 0) {
			const char *digits = p + skip + 8;
			long long n = strtoll(digits, &end, 10);

			if (end != digits && n >= 0)
				batch->number = n;
		}
	}
	if (run && id > s)
		*query = text_clean(a, s, (size_t)(id - s));
}

static void *mutable_row(const struct json_rows *rows, size_t i)
{
	return (void *)(uintptr_t)rows->rows[i]; /* ours until it is published */
}

static void on_version(void *data, const char *key, size_t len, const struct json_value *v)
{
	bool *found = data;

	if (len == 5 && memcmp(key, "spark", 5) == 0 && v->kind == JSON_IS_STRING)
		*found = true;
}

struct reading {
	const struct spark_body *body;
	struct dataset *data;
	struct json_flags *odd;
};

static int read_rows(struct reading *r, const struct schema *s, struct json_rows *rows,
		     struct err *err)
{
	struct json_body all = {r->body->bytes, r->body->len, ""};
	int rc = json_list(s, &all, &r->data->arena, rows, err);

	*r->odd = rows->flags;
	return rc;
}

static int read_version(struct reading *r, struct err *err)
{
	const struct spark_body *b = r->body;
	struct json_body all = {b->bytes, b->len, ""};
	bool found = false;
	int rc = json_each(&all, NULL, on_version, &found, err);

	if (rc == 0 && !found)
		rc = err_set(err, ERR_FORMAT, "no member `spark` in its version");
	return rc;
}

static int read_application(struct reading *r, struct err *err)
{
	struct dataset *d = r->data;
	struct json_rows rows;
	int rc = read_rows(r, &schema_app, &rows, err);

	if (rc < 0)
		return rc;
	if (rows.n == 0 && rows.flags.strays > 0)
		return err_set(err, ERR_FORMAT, "an application without `id`");
	if (rows.n == 0)
		return err_set(err, ERR_MISSING, "no application yet: its context is starting");
	if (rows.n > 1)
		return err_set(err, ERR_FORMAT,
			       "a history server with %zu applications, not a driver's UI", rows.n);
	dataset_add_pointers(d, &schema_app, rows.rows, 1);
	return 0;
}

struct settings {
	struct arena *arena;
	struct app_row *app;
	bool has_any;
};

static int64_t count_of(const struct json_value *v)
{
	char copy[24];

	if (v->len == 0 || v->len >= sizeof(copy))
		return ABSENT;
	memcpy(copy, v->text, v->len);
	copy[v->len] = '\0';
	return strspn(copy, "0123456789") == v->len ? strtoll(copy, NULL, 10) : ABSENT;
}

/* `0.6`; the C library would want the user's decimal sign. */
static double fraction_of(const struct json_value *v)
{
	double f = 0, place = 0.1;

	if (v->len < 3 || v->len > 16 || memcmp(v->text, "0.", 2) != 0)
		return ABSENT_REAL;
	for (size_t i = 2; i < v->len; i++, place /= 10) {
		if (v->text[i] < '0' || v->text[i] > '9')
			return ABSENT_REAL;
		f += place * (v->text[i] - '0');
	}
	return f;
}

static void on_setting(void *data, const char *key, size_t len, const struct json_value *v)
{
	struct settings *s = data;
	struct app_row *app = s->app;

	if (v->kind != JSON_IS_STRING || len < 6 || memcmp(key, "spark.", 6) != 0)
		return;
	key += 6;
	s->has_any = true;
	if (strcmp(key, "master") == 0) {
		app->master = text_clean(s->arena, v->text, v->len);
		app->is_local =
			strncmp(text_str(app->master), "local", 5) == 0 ? TRI_TRUE : TRI_FALSE;
	} else if (strcmp(key, "driver.memory") == 0) {
		app->driver_memory_bytes = spark_memory(v->text, v->len);
	} else if (strcmp(key, "executor.memory") == 0) {
		app->executor_memory_bytes = spark_memory(v->text, v->len);
	} else if (strcmp(key, "executor.cores") == 0) {
		app->executor_cores = count_of(v);
	} else if (strcmp(key, "executor.instances") == 0) {
		app->executor_instances = count_of(v);
	} else if (strcmp(key, "executor.memoryOverhead") == 0) {
		app->executor_overhead_bytes = spark_memory(v->text, v->len);
	} else if (strcmp(key, "default.parallelism") == 0) {
		app->default_parallelism = count_of(v);
	} else if (strcmp(key, "memory.fraction") == 0) {
		app->memory_fraction = fraction_of(v);
	}
}

static int read_environment(struct reading *r, struct err *err)
{
	const struct spark_body *b = r->body;
	struct dataset *d = r->data;
	struct app_row *app = ARENA_NEW(&d->arena, struct app_row);
	struct json_body properties = {b->bytes, b->len, "sparkProperties"};
	struct settings s = {&d->arena, app, false};
	int rc;

	field_clear_row(&schema_app, app);
	app->driver_memory_bytes = app->executor_memory_bytes = 1024 * MIB;
	rc = json_each(&properties, NULL, on_setting, &s, err);
	if (rc == 0 && !s.has_any) /* then its defaults are not known to hold */
		return err_set(err, ERR_FORMAT, "no setting of Spark among `sparkProperties`");
	if (rc == 0)
		dataset_add(d, &schema_app, app, 1);
	return rc;
}

static bool ends_with(const char *s, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && memcmp(s + len - n, end, n) == 0;
}

static double larger(double a, double b)
{
	return isnan(a) || b > a ? b : a;
}

/* Keys begin with a namespace that may hold dots: only their ends and middles mean something. */
static void on_gauge(void *data, const char *key, size_t len, const struct json_value *v)
{
	struct app_row *app = data;

	if (v->kind != JSON_IS_NUMBER || isnan(v->number))
		return;
	if (ends_with(key, len, ".driver.jvm.heap.used")) {
		app->driver_heap_used_bytes = v->integer;
	} else if (ends_with(key, len, ".driver.jvm.heap.max")) {
		app->driver_heap_max_bytes = v->integer > 0 ? v->integer : ABSENT;
	} else if (ends_with(key, len, ".driver.ExecutorMetrics.JVMHeapMemory")) {
		if (v->integer > 0 && is_absent(app->driver_heap_used_bytes))
			app->driver_heap_used_bytes = v->integer;
	} else if (strstr(key, ".driver.spark.streaming.")) {
		if (ends_with(key, len, ".latency")) {
			app->streaming_queries =
				is_absent(app->streaming_queries) ? 1 : app->streaming_queries + 1;
			if (v->number > 0)
				app->stream_latency_s =
					larger(app->stream_latency_s, v->number / 1000);
		} else if (ends_with(key, len, ".inputRate-total")) {
			app->stream_input_rate = isnan(app->stream_input_rate)
							 ? v->number
							 : app->stream_input_rate + v->number;
		}
	}
}

static void on_counter(void *data, const char *key, size_t len, const struct json_value *v)
{
	struct app_row *app = data;

	if (v->kind != JSON_IS_NUMBER || v->integer < 0 ||
	    !strstr(key, ".driver.LiveListenerBus.queue.") ||
	    !ends_with(key, len, ".numDroppedEvents"))
		return;
	if (is_absent(app->dropped_events))
		app->dropped_events = 0;
	if (v->integer < INT64_MAX / 64)
		app->dropped_events += v->integer;
}

static int read_metrics(struct reading *r, struct err *err)
{
	const struct spark_body *b = r->body;
	struct dataset *d = r->data;
	struct json_body gauges = {b->bytes, b->len, "gauges"};
	struct json_body counters = {b->bytes, b->len, "counters"};
	struct app_row *app = ARENA_NEW(&d->arena, struct app_row);
	int rc;

	field_clear_row(&schema_app, app);
	rc = json_each(&gauges, "value", on_gauge, app, err);
	if (rc == 0)
		rc = json_each(&counters, "count", on_counter, app, err);
	if (rc == 0)
		dataset_add(d, &schema_app, app, 1);
	return rc;
}

static double share(int64_t part, int64_t whole)
{
	if (is_absent(part) || is_absent(whole) || part < 0 || whole <= 0)
		return ABSENT_REAL;
	return 100.0 * (double)part / (double)whole;
}

static int read_executors(struct reading *r, struct err *err)
{
	const struct spark_body *b = r->body;
	struct dataset *d = r->data;
	const struct text *job = b->job ? text_clean(&d->arena, b->job, strlen(b->job)) : NULL;
	const struct text *app =
		text_clean(&d->arena, b->application_id, strlen(b->application_id));
	struct json_rows rows;
	int rc = read_rows(r, &schema_executor, &rows, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < rows.n; i++) {
		struct executor_row *x = mutable_row(&rows, i);

		x->job = job;
		x->application_id = app;
		x->gc_pct = share(x->total_gc_ms, x->total_duration_ms);
	}
	dataset_add_pointers(d, &schema_executor, rows.rows, rows.n);
	return 0;
}

static int read_jobs(struct reading *r, struct err *err)
{
	const struct spark_body *b = r->body;
	struct dataset *d = r->data, *decoded = dataset_new();
	const struct text *app =
		text_clean(&decoded->arena, b->application_id, strlen(b->application_id));
	struct json_rows rows;
	int rc;

	r->data = decoded;
	rc = read_rows(r, &schema_spark_job, &rows, err);
	r->data = d;
	for (size_t i = 0; rc >= 0 && i < rows.n; i++) {
		struct spark_job_row *x = mutable_row(&rows, i);

		x->application_id = app;
		spark_batch(&decoded->arena, x->description, &x->batch, &x->query);
	}
	if (rc >= 0 && b->part == SPARK_JOBS)
		spark_jobs_outcome(d, &(struct rowset){&schema_spark_job, rows.n, rows.rows},
				   b->now);
	if (rc >= 0)
		spark_jobs_recent(d, &(struct rowset){&schema_spark_job, rows.n, rows.rows},
				  b->now);
	dataset_unref(decoded);
	return rc < 0 ? rc : 0;
}

static int read_stages(struct reading *r, struct err *err)
{
	const struct spark_body *b = r->body;
	struct dataset *d = r->data;
	const struct text *app =
		text_clean(&d->arena, b->application_id, strlen(b->application_id));
	struct json_rows rows;
	int rc = read_rows(r, &schema_stage, &rows, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < rows.n; i++)
		((struct stage_row *)mutable_row(&rows, i))->application_id = app;
	dataset_add_pointers(d, &schema_stage, rows.rows, rows.n);
	return 0;
}

typedef int read_fn(struct reading *r, struct err *err);

static read_fn *const readers[SPARK_PARTS] = {
	[SPARK_VERSION] = read_version,
	[SPARK_APPLICATIONS] = read_application,
	[SPARK_ENVIRONMENT] = read_environment,
	[SPARK_EXECUTORS] = read_executors,
	[SPARK_JOBS] = read_jobs,
	[SPARK_RUNNING] = read_jobs,
	[SPARK_ACTIVE_STAGES] = read_stages,
	[SPARK_FAILED_STAGES] = read_stages,
	[SPARK_METRICS] = read_metrics,
};

struct dataset *spark_read(const struct spark_body *body, struct json_flags *odd, struct err *err)
{
	struct reading r = {body, dataset_new(), odd};
	struct dataset *d = r.data;

	memset(odd, 0, sizeof(*odd));
	if (body->part == SPARK_THREADS ? spark_threads_read(body, d, odd, err) == 0
					: readers[body->part](&r, err) == 0)
		return d;
	dataset_unref(d);
	return NULL;
}

/* The application's row of all that speaks of it. */
static struct app_row *merge_app(struct dataset *d, struct dataset *const parts[])
{
	static const enum spark_part order[] = {SPARK_APPLICATIONS, SPARK_ENVIRONMENT,
						SPARK_METRICS, SPARK_JOBS};
	struct app_row *row = ARENA_NEW(&d->arena, struct app_row);

	field_clear_row(&schema_app, row);
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		const struct app_row *from = dataset_one(parts[order[i]], &schema_app);

		for (size_t k = 0; from && k < schema_app.nfields; k++) {
			const struct field *f = &schema_app.fields[k];

			if (field_is_absent(f, row))
				memcpy((char *)row + f->offset, FIELD_OF(from, f),
				       json_field_size(f->type));
		}
	}
	return row;
}

static void merge_stages(struct dataset *d, struct dataset *const parts[])
{
	const struct rowset *active = dataset_rows(parts[SPARK_ACTIVE_STAGES], &schema_stage);
	const struct rowset *failed = dataset_rows(parts[SPARK_FAILED_STAGES], &schema_stage);
	const void **list = ARENA_ARRAY(&d->arena, const void *, active->n + failed->n + 1);

	if (active->n)
		memcpy(list, active->rows, active->n * sizeof(*list));
	if (failed->n)
		memcpy(list + active->n, failed->rows, failed->n * sizeof(*list));
	dataset_add_pointers(d, &schema_stage, list, active->n + failed->n);
}

/* The rows are the parts' own; the lists, and what is there once: the application's row and what
 * holds the parts and the lists. */
static size_t merged_bytes(struct dataset *const parts[])
{
	enum { ONCE = 736 };
	size_t rows = 0;

	for (int i = 0; i < SPARK_PARTS; i++)
		for (size_t k = 0; parts[i] && k < parts[i]->nsets; k++)
			rows += parts[i]->sets[k].n;
	return ONCE + rows * sizeof(void *);
}

struct dataset *spark_merge(struct dataset *const parts[static SPARK_PARTS], bool is_jobs_newer,
			    int64_t now)
{
	const struct rowset *executors = dataset_rows(parts[SPARK_EXECUTORS], &schema_executor);
	const struct rowset *signs = dataset_rows(parts[SPARK_THREADS], &schema_thread_sign);
	struct dataset *d = dataset_new();

	arena_expect(&d->arena, merged_bytes(parts));
	for (int i = 0; i < SPARK_PARTS; i++)
		if (parts[i])
			dataset_keep(d, parts[i]);
	dataset_add(d, &schema_app, merge_app(d, parts), 1);
	dataset_add_pointers(d, &schema_executor, executors->rows, executors->n);
	spark_jobs_merge(d, parts, is_jobs_newer, now);
	merge_stages(d, parts);
	dataset_add_pointers(d, &schema_thread_sign, signs->rows, signs->n);
	return d;
}

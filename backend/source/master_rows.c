/* source/master_rows.c - a standalone master's /json/ (Spark's deploy/JsonProtocol) to rows: memory
 * there is in MiB, durations in ms, and a driver's start time a string. */
#include "master_rows.h"

#include <string.h>

#include "../json.h"

struct reader {
	const char *body;
	size_t len;
	const struct text *cluster;
	struct dataset *data;
	size_t strays;
	struct err *err;
};

static void mib(int64_t *v)
{
	if (!is_absent(*v))
		*v = *v < 0 || *v > INT64_MAX >> 20 ? ABSENT : *v << 20;
}

static int read_root(struct reader *r, const struct schema *s, const char *root,
		     struct json_rows *rows)
{
	struct json_body body = {r->body, r->len, root};

	return json_rows(s, &body, &r->data->arena, rows, r->err);
}

static int read_list(struct reader *r, const struct schema *s, const char *root,
		     struct json_rows *rows)
{
	struct json_body body = {r->body, r->len, root};
	int rc = json_list(s, &body, &r->data->arena, rows, r->err);

	r->strays += rows->flags.strays;
	return rc;
}

static int read_master(struct reader *r)
{
	struct json_rows rows;
	struct master_row *m;
	int rc = read_root(r, &schema_master, "", &rows);

	if (rc < 0)
		return rc;
	m = rows.n ? (struct master_row *)(uintptr_t)rows.rows[0] : NULL;
	if (!m || !m->url || !m->status)
		return err_set(r->err, ERR_FORMAT,
			       "JSON without `url` and `status`: not a standalone master");
	m->cluster = r->cluster;
	mib(&m->memory_bytes);
	mib(&m->memory_used_bytes);
	if (text_is(m->status, "STANDBY"))
		m->alive_workers = m->cores = m->cores_used = m->memory_bytes =
			m->memory_used_bytes = ABSENT;
	dataset_add_pointers(r->data, &schema_master, rows.rows, 1);
	return 0;
}

static int read_workers(struct reader *r)
{
	struct json_rows rows;
	int rc = read_list(r, &schema_worker, "workers", &rows);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < rows.n; i++) {
		struct worker_row *w = (struct worker_row *)(uintptr_t)rows.rows[i];

		w->cluster = r->cluster;
		mib(&w->memory_bytes);
		mib(&w->memory_used_bytes);
	}
	dataset_add_pointers(r->data, &schema_worker, rows.rows, rows.n);
	return 0;
}

static void complete_app(const struct reader *r, void *row, enum tri is_active)
{
	struct cluster_app_row *a = row;

	a->cluster = r->cluster;
	a->is_active = is_active;
	a->duration_s /= 1000;
	mib(&a->memory_per_executor_bytes);
}

/* One that waits for a worker has `None`. */
static void complete_driver(const struct reader *r, void *row, enum tri is_active)
{
	struct cluster_driver_row *d = row;

	d->cluster = r->cluster;
	d->is_active = is_active;
	if (text_is(d->worker, "None"))
		d->worker = NULL;
	mib(&d->memory_bytes);
}

/* What is under way, and what has ended, each in a list of its own. */
struct lists {
	const struct schema *schema;
	const char *active, *completed;
	void (*complete)(const struct reader *r, void *row, enum tri is_active);
};

static int read_lists(struct reader *r, const struct lists *l)
{
	struct json_rows active, done;
	const void **list;
	int rc = read_list(r, l->schema, l->active, &active);

	if (rc == 0)
		rc = read_list(r, l->schema, l->completed, &done);
	if (rc < 0)
		return rc;
	list = ARENA_ARRAY(&r->data->arena, const void *, active.n + done.n + 1);
	for (size_t i = 0; i < active.n + done.n; i++) {
		bool is_active = i < active.n;

		list[i] = is_active ? active.rows[i] : done.rows[i - active.n];
		l->complete(r, (void *)(uintptr_t)list[i], is_active ? TRI_TRUE : TRI_FALSE);
	}
	dataset_add_pointers(r->data, l->schema, list, active.n + done.n);
	return 0;
}

static int read_apps(struct reader *r)
{
	static const struct lists apps = {&schema_cluster_app, "activeapps", "completedapps",
					  complete_app},
				  drivers = {&schema_cluster_driver, "activedrivers",
					     "completeddrivers", complete_driver};
	int rc = read_lists(r, &apps);

	return rc == 0 ? read_lists(r, &drivers) : rc;
}

struct dataset *master_read(const char *cluster, const char *body, size_t len, size_t *strays,
			    struct err *err)
{
	struct reader r = {.body = body, .len = len, .data = dataset_new(), .err = err};

	r.cluster = text_clean(&r.data->arena, cluster, strlen(cluster));
	if (read_master(&r) == 0 && read_workers(&r) == 0 && read_apps(&r) == 0) {
		*strays = r.strays;
		return r.data;
	}
	dataset_unref(r.data);
	return NULL;
}

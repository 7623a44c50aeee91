/* rule/executors.c - the executor rows of one job: what its driver's UI says of each, completed
 * with what the JVMs of this host show; and, where the UI does not answer or never did, rows made
 * from those JVMs alone. The rows lie in a piece of their own, which is made anew when the UI or
 * the JVMs brought something. */
#include <string.h>

#include "state.h"

/* Is there a row of it already? */
static bool is_listed(const struct executor_row *rows, size_t n, const struct jvm_row *jvm)
{
	for (size_t i = 0; i < n; i++) {
		bool is_other = rows[i].application_id && jvm->application_id &&
				text_cmp(rows[i].application_id, jvm->application_id) != 0;

		if (jvm->role != JVM_EXECUTOR && text_is(rows[i].executor_id, "driver"))
			return true;
		if (jvm->executor_id && !is_other &&
		    text_cmp(rows[i].executor_id, jvm->executor_id) == 0)
			return true;
	}
	return false;
}

static void fill(const struct jvm_row *jvm, const char *host, struct arena *a,
		 struct executor_row *row)
{
	bool is_driver = jvm->role != JVM_EXECUTOR;

	field_clear_row(&schema_executor, row);
	row->application_id = jvm->application_id;
	row->executor_id = is_driver ? TEXT("driver") : jvm->executor_id;
	row->host = host ? text_clean(a, host, strlen(host)) : NULL;
	row->active = jvm_is_dead(jvm) ? TRI_FALSE : TRI_TRUE;
	row->cores = is_driver ? ABSENT : jvm->cores;
	row->added_at = jvm->started_at;
	row->exit_code = jvm->exit_code;
	row->total_duration_ms = row->total_gc_ms = ABSENT;
	row->peak_onheap_execution_bytes = row->peak_onheap_storage_bytes = ABSENT;
	row->peak_offheap_execution_bytes = row->peak_offheap_storage_bytes = ABSENT;
	row->peak_heap_bytes = ABSENT;
}

/* Without a UI the JVM says how much of its time goes into collections. */
static void complete_gc(struct executor_row *rows, size_t n, const struct headroom_config *cfg)
{
	for (size_t i = 0; i < n; i++) {
		const struct jvm_row *jvm = headroom_jvm(&rows[i], cfg->jvms, cfg->njvms);

		if (jvm && isnan(rows[i].gc_pct))
			rows[i].gc_pct = jvm->gc_pct;
	}
}

/* Those of the last look that ran here: a few of thousands. */
static struct rowset ran_here(const struct rowset *before, struct arena *a)
{
	const void **rows;
	size_t n = 0;

	for (size_t i = 0; i < before->n; i++)
		n += ((const struct executor_row *)before->rows[i])->was_here;
	rows = ARENA_ARRAY(a, const void *, n + 1);
	n = 0;
	for (size_t i = 0; i < before->n; i++)
		if (((const struct executor_row *)before->rows[i])->was_here)
			rows[n++] = before->rows[i];
	return (struct rowset){&schema_executor, n, rows};
}

static bool is_among(const struct rowset *set, const struct executor_row *row)
{
	for (size_t i = 0; i < set->n; i++) {
		const struct executor_row *other = set->rows[i];

		if (text_cmp(other->executor_id, row->executor_id) == 0 &&
		    text_cmp(other->application_id, row->application_id) == 0)
			return true;
	}
	return false;
}

/* A driver lists an executor until its heartbeat is overdue; this host knows at once. */
static void note_gone(const struct job_state *j, const struct rowset *before, bool is_looked_at,
		      struct executor_row *rows, size_t n)
{
	const struct rowset here = ran_here(before, &j->executors->arena);

	for (size_t i = 0; i < n; i++) {
		struct executor_row *row = &rows[i];
		bool is_here = headroom_jvm(row, j->jvms, j->njvms) != NULL;
		bool is_listed = row->active == TRI_TRUE && row->executor_id;

		row->was_here = is_here || (is_listed && is_among(&here, row));
		row->is_gone = is_listed && is_looked_at && row->was_here && !is_here;
	}
}

/* The UI's rows and behind them those of JVMs that it does not list; returns their number. */
static size_t take_rows(const struct job_state *j, const struct rowset *set, const char *host,
			struct executor_row *rows)
{
	bool is_seen = j->now.ui && j->now.ui->state == SECTION_OK;
	size_t n = set->n;

	for (size_t i = 0; i < n; i++)
		memcpy(&rows[i], set->rows[i], sizeof(*rows));
	for (size_t i = 0; i < j->njvms && !is_seen; i++)
		if (!is_listed(rows, n, j->jvms[i]))
			fill(j->jvms[i], host, &j->executors->arena, &rows[n++]);
	return n;
}

bool build_executors(const struct build *b, struct job_state *j)
{
	const struct dataset *from = j->now.ui ? j->now.ui->data : NULL;
	const struct dataset *host = j->njvms ? b->r->host.out : NULL;
	bool is_due = !is_absent(j->sum.next_change_at) && b->in->at >= j->sum.next_change_at;
	const char *const *names = b->in->own_names;
	struct headroom_config cfg = {.at = b->in->at,
				      .task_memory_bytes = j->cfg->task_memory_bytes,
				      .safety_factor = j->cfg->safety_factor,
				      .jvms = j->jvms,
				      .njvms = j->njvms};
	const struct rowset *set = dataset_rows(from, &schema_executor);
	const struct dataset *before = j->executors;
	struct executor_row *rows;
	struct arena *a;
	size_t n;

	if (from == j->executors_from && host == j->executors_host && !is_due)
		return false;
	j->executors = dataset_new_after(before);
	if (from)
		dataset_keep(j->executors, from);
	if (host)
		dataset_keep(j->executors, host);
	a = &j->executors->arena;
	cfg.job = text_copy(a, j->cfg->name);
	cfg.marks = incident_marks(j->now.logs, j->now.nlogs, a, &cfg.nmarks);
	cfg.since = j->driver.started_at;
	rows = arena_alloc_raw(a, (set->n + j->njvms + 1) * sizeof(*rows), 16);
	n = take_rows(j, set, names ? names[0] : NULL, rows);
	executors_complete(rows, n, app_of(j), &cfg, &j->sum);
	complete_gc(rows, n, &cfg);
	note_gone(j, dataset_rows(before, &schema_executor), b->r->host.out, rows, n);
	dataset_unref(before);
	dataset_add(j->executors, &schema_executor, rows, n);
	j->executors_from = from;
	j->executors_host = host;
	j->executors_at = b->in->at;
	return true;
}

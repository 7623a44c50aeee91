/* rule/driver.c - what is remembered of a job's driver: which process it was, what it did when its
 * UI answered last, and since when it is not there any more. */
#include <stdio.h>
#include <string.h>

#include "state.h"

enum {
	QUERY_MS = 90000, /* all jobs are listed once a minute */
	COMMAND_COLUMNS = 100,
};

void driver_init(struct driver *d)
{
	*d = (struct driver){.pid = ABSENT,
			     .started_at = ABSENT,
			     .python_pid = ABSENT,
			     .gone_at = ABSENT,
			     .exit_code = ABSENT,
			     .verdict = -1,
			     .answered_at = ABSENT,
			     .left_s = ABSENT_REAL,
			     .old_pct = ABSENT_REAL,
			     .oom_kills = ABSENT};
}

/* Another process than before: the earlier one is kept in mind, since it may still hold ports. */
static void begin(struct job_state *j, const struct jvm_row *jvm, int64_t at)
{
	struct driver *d = &j->driver;
	char earlier[JVM_ID_MAX];

	memcpy(earlier, d->id, sizeof(earlier));
	driver_init(d);
	memcpy(d->earlier_id, earlier, sizeof(earlier));
	snprintf(d->id, sizeof(d->id), "%s", jvm->id ? text_str(jvm->id) : "");
	if (jvm->parent_command)
		snprintf(d->command, sizeof(d->command), "%.*s",
			 (int)text_fit(text_str(jvm->parent_command), COMMAND_COLUMNS),
			 text_str(jvm->parent_command));
	if (earlier[0])
		job_restarted(j, at, "jvm", RESTART_BY_DRIVER);
}

/* How long it has to go, if its other tasks take as long as those that have ended. */
static double left_s(const struct spark_job_row *job, int64_t at)
{
	double passed = (double)max_i64(at - job->submitted_at, 0) / 1000;
	int64_t done = max_i64(job->num_completed_tasks, 0);
	int64_t left = job->num_tasks - done - max_i64(job->num_skipped_tasks, 0);

	if (is_absent(job->submitted_at) || is_absent(job->num_tasks))
		return 0;
	return passed * (double)max_i64(left, 0) / (double)max_i64(done, 1);
}

static void note_work(struct driver *d, const struct job_state *j)
{
	const struct section *ui = j->now.ui;
	const struct app_row *app = app_of(j);
	const struct rowset *jobs;

	if (!ui || ui->state != SECTION_OK || !app || ui->good_at == d->answered_at)
		return;
	jobs = dataset_rows(ui->data, &schema_spark_job);
	d->answered_at = ui->good_at;
	d->jobs_then = 0;
	d->left_s = ABSENT_REAL;
	d->had_query = app->streaming_queries > 0 || (!is_absent(j->batch_seen_at) &&
						      d->answered_at - j->batch_seen_at < QUERY_MS);
	for (size_t i = 0; i < jobs->n; i++) {
		const struct spark_job_row *one = jobs->rows[i];

		if (!text_is(one->status, "RUNNING"))
			continue;
		d->jobs_then++;
		d->left_s = fmax(d->left_s, left_s(one, d->answered_at));
	}
}

static const struct jvm_row *find(const struct host *h, const char *id)
{
	const struct rowset *set = dataset_rows(h->out, &schema_jvm);

	for (size_t i = 0; id[0] && i < set->n; i++) {
		const struct jvm_row *row = set->rows[i];

		if (row->id && text_is(row->id, id))
			return row;
	}
	return NULL;
}

void driver_look(struct job_state *j, const struct host *h)
{
	struct driver *d = &j->driver;
	const struct jvm_row *jvm = j->jvm;
	const struct jvm_memory *m;

	if (!jvm) {
		if (d->id[0] && is_absent(d->gone_at))
			d->gone_at = h->looked_at;
		return;
	}
	if (!jvm->id || !text_is(jvm->id, d->id))
		begin(j, jvm, h->looked_at);
	m = &h->memories[jvm - (const struct jvm_row *)dataset_one(h->out, &schema_jvm)];
	d->earlier = find(h, d->earlier_id);
	if (d->earlier && jvm_is_dead(d->earlier))
		d->earlier = NULL;
	d->gone_at = ABSENT;
	d->pid = jvm->pid;
	d->started_at = jvm->started_at;
	if (!is_absent(python_of(jvm).pid))
		d->python_pid = python_of(jvm).pid;
	d->exit_code = jvm->exit_code;
	d->verdict = jvm->verdict;
	d->oom_kills = jvm->oom_kills_seen;
	if (jvm_is_dead(jvm))
		return;
	if (jvm->old_used_bytes >= 0 && jvm->old_max_bytes > 0)
		d->old_pct = (double)jvm->old_used_bytes * 100 / (double)jvm->old_max_bytes;
	if (is_absent(m->closed_since))
		note_work(d, j);
	d->was_closed = !is_absent(m->closed_since) && jvm->parent_gone != TRI_TRUE;
}

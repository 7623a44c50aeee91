/* rule/gather_driver.c - what is known of the process of a job's driver, also when it is over: the
 * signs by which its end is told from an end that was wanted. */
#include <string.h>

#include "../../include/row/log.h"
#include "state.h"

enum {
	LAST_WORDS_MS = 300000, /* how long before its end a line of its log counts */
	ORDERLY_MS = 5000,      /* around an end that was in order: two looks and a flush */
	LEFT_LEAST_S = 12,      /* work that could not be done between two looks */
	MANY_ERRORS = 5,
	OLD_FULL_PCT = 95,
	WORDS_KEPT_MS = 24 * 3600000,
};

/* What a Python that ends well writes while its JVM goes: nobody retries behind it. */
static bool is_noise(const struct job_state *j, const struct log_mark_row *m, int64_t ended_at)
{
	bool is_orderly = j->driver.exit_code == 0 || j->driver.was_closed;

	return m->kind == LOG_KIND_DEAD_SESSION && is_orderly && m->at >= ended_at - ORDERLY_MS &&
	       m->at <= ended_at + ORDERLY_MS;
}

/* The newest line of its logs that tells of its death, shortly before it. That somebody still
 * calls a stopped context tells it of one that lives on; in an orderly end it is noise. */
static const struct log_mark_row *last_words(const struct job_state *j, int64_t ended_at)
{
	bool is_stranded = j->jvm && j->jvm->verdict == JVM_IS_STRANDED;
	int64_t from = max_i64(j->driver.started_at, ended_at - LAST_WORDS_MS);
	const struct log_mark_row *best = NULL;

	for (size_t i = 0; i < j->now.nlogs; i++) {
		const struct rowset *set = dataset_rows(j->now.logs[i]->data, &schema_log_mark);

		for (size_t k = 0; k < set->n; k++) {
			const struct log_mark_row *m = set->rows[k];
			bool is_fatal = m->kind == LOG_KIND_OOM || m->kind == LOG_KIND_KILLED ||
					m->kind == LOG_KIND_QUERY_DIED ||
					m->kind == LOG_KIND_DEAD_SESSION ||
					(is_stranded && m->kind == LOG_KIND_STOPPED_CONTEXT);

			if (is_fatal && !is_noise(j, m, ended_at) && m->at >= from && m->name &&
			    (!best || m->at > best->at))
				best = m;
		}
	}
	return best;
}

const struct log_mark_row *driver_words(const struct job_state *j, int64_t after)
{
	const struct log_mark_row *oom = NULL, *session = NULL;
	int64_t recovered = ABSENT;

	for (size_t i = 0; i < j->now.nlogs; i++) {
		const struct rowset *set = dataset_rows(j->now.logs[i]->data, &schema_log_mark);

		for (size_t k = 0; k < set->n; k++) {
			const struct log_mark_row *m = set->rows[k];

			if (m->at <= after || !m->name)
				continue;
			if (m->kind == LOG_KIND_RECOVERED)
				recovered = max_i64(recovered, m->at);
			else if (m->kind == LOG_KIND_OOM && (!oom || m->at < oom->at))
				oom = m;
			else if (m->kind == LOG_KIND_DEAD_SESSION &&
				 (!session || m->at < session->at))
				session = m;
		}
	}
	if (!oom)
		oom = session;
	return oom && recovered < oom->at ? oom : NULL;
}

/* What it did when its UI answered last, unless it had closed that in order. */
static const char *work_left(const struct driver *d, struct arena *a)
{
	if (d->was_closed)
		return NULL;
	if (d->had_query)
		return "it ended while a streaming query was active";
	if (!(d->left_s >= LEFT_LEAST_S))
		return NULL;
	return arena_printf(a, "it ended while %lld Spark job%s ran that had about %.0f s to go",
			    (long long)d->jobs_then, d->jobs_then == 1 ? "" : "s", d->left_s);
}

static const char *end_sign(const struct job_state *j, struct arena *a, const struct job_facts *f)
{
	const struct driver *d = &j->driver;
	const struct log_mark_row *mark = last_words(j, f->driver_ended_at);
	const struct text *means = is_absent(d->exit_code) ? NULL : exit_code_means(d->exit_code);

	if (d->exit_code > 0)
		return arena_printf(a, "it left with exit code %lld%s%s", (long long)d->exit_code,
				    means ? ": " : "", means ? text_str(means) : "");
	if (d->oom_kills > 0)
		return arena_printf(a,
				    "the kernel ended %lld process%s of its control group for "
				    "lack of memory",
				    (long long)d->oom_kills, d->oom_kills == 1 ? "" : "es");
	if (mark)
		return arena_printf(a, "its log said before: %s", text_str(mark->name));
	if (f->spark.lost_to_oom_1h > 0)
		return arena_printf(a, "%lld of its executors ran out of memory within the hour",
				    (long long)f->spark.lost_to_oom_1h);
	if (f->errors_5m.at_least >= MANY_ERRORS)
		return arena_printf(a, "%lld errors in its last 5 minutes",
				    (long long)f->errors_5m.at_least);
	if (f->crash_type &&
	    (f->errors_5m.at_least > 0 || !error_is_same(f->crash_type, "ConnectionRefusedError")))
		return arena_printf(a, "it counted %s in the last hour", f->crash_type);
	if (d->old_pct >= OLD_FULL_PCT)
		return arena_printf(a, "its old generation was %.0f %% full", d->old_pct);
	return work_left(d, a);
}

/* SIGKILL alone proves no lack of memory: anybody may have sent it. */
static bool is_out_of_memory(const struct job_state *j, const struct job_facts *f)
{
	const struct driver *d = &j->driver;
	int64_t from = max_i64(d->started_at, f->driver_ended_at - LAST_WORDS_MS);

	for (size_t i = 0; i < j->now.nlogs; i++) {
		const struct rowset *set = dataset_rows(j->now.logs[i]->data, &schema_log_mark);

		for (size_t k = 0; k < set->n; k++) {
			const struct log_mark_row *m = set->rows[k];

			if (m->kind == LOG_KIND_OOM && m->at >= from)
				return true;
		}
	}
	return d->exit_code == 52 || d->exit_code == 3 || d->oom_kills > 0 ||
	       (f->crash_type && error_is_same(f->crash_type, "OutOfMemoryError"));
}

/* Whoever answers at its UI's port lives; of a found job only its own process counts. */
static bool is_contradicted(const struct job_state *j, const struct job_facts *f)
{
	return f->ui.answer == ANSWER_GOOD && !(j->cfg->found && j->cfg->found->jvm_id);
}

void gather_driver(const struct job_state *j, struct arena *a, struct job_facts *f)
{
	const struct driver *d = &j->driver;
	const struct jvm_row *jvm = j->jvm;
	bool is_over = jvm && (jvm->verdict == JVM_IS_DEAD || jvm->verdict == JVM_IS_STRANDED);

	f->driver_pid = d->pid;
	f->driver_exit_code = d->exit_code;
	f->python_pid = d->python_pid;
	f->driver_command = d->command[0] ? d->command : NULL;
	f->driver_ended_at = ABSENT;
	f->earlier = d->earlier;
	if (f->ui.answer != ANSWER_GOOD && f->ui.answer != ANSWER_LATE)
		f->slid = j->slid;
	f->words = driver_words(
		j, max_i64(max_i64(d->started_at, f->last_batch_at), f->at - WORDS_KEPT_MS));
	f->is_driver_gone = !jvm && !is_absent(d->gone_at) && !is_contradicted(j, f);
	f->has_seen_end = f->is_driver_gone || (is_over && jvm->state_since > jvm->counters_since);
	if (f->is_driver_gone)
		f->driver_ended_at = d->gone_at;
	else if (is_over)
		f->driver_ended_at = is_absent(jvm->state_since) ? f->at : jvm->state_since;
	else if (jvm && isnan(f->uptime_s) && !is_absent(jvm->started_at))
		f->uptime_s = (double)max_i64(f->at - jvm->started_at, 0) / 1000;
	if (!f->is_driver_gone && !is_over)
		return;
	f->end_sign = end_sign(j, a, f);
	f->is_out_of_memory = is_out_of_memory(j, f);
}

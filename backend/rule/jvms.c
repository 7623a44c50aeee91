/* rule/jvms.c - the JVMs of this host as the rules see them: whose each is, how it is, and since
 * when the signs of trouble are seen. Works on each new answer of the jvm source, and once a second
 * on the same one, since what the jobs' other sources say moves meanwhile; ages are counted to the
 * moment when the JVMs were looked at, never to one at which nobody looked. Rows are made anew only
 * when something in them changed. */
#include <stdlib.h>
#include <string.h>

#include "../../include/row/log.h"
#include "state.h"

enum {
	FRESH_MS = 900, /* pictures come each second, a little early or late */
	LOST_MS = 180000,
	FORGET_MS = 30000, /* nobody looked: what was found to hang is found anew */
};

/* How much of the last minutes nobody looked. */
static int64_t lost_ms(const struct host *h, int64_t at)
{
	int64_t sum = 0;

	for (size_t i = 0; i < GAPS_KEPT; i++)
		if (h->gaps[i].ms > 0 && h->gaps[i].at > at - LOST_MS)
			sum += h->gaps[i].ms;
	return sum;
}

void host_gap(struct host *h, int64_t at, int64_t ms)
{
	h->gaps[h->next_gap].at = at;
	h->gaps[h->next_gap].ms = ms;
	h->next_gap = (h->next_gap + 1) % GAPS_KEPT;
	for (size_t i = 0; ms >= FORGET_MS && i < h->n; i++)
		h->memories[i].hung_since = ABSENT;
}

static const struct section *jvm_section(const struct rules_input *in)
{
	for (size_t i = 0; i < in->nsections; i++)
		if (in->sections[i]->source == SOURCE_JVM && in->sections[i]->data)
			return in->sections[i];
	return NULL;
}

static void memory_init(struct jvm_memory *m, const struct text *id)
{
	*m = (struct jvm_memory){id, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT};
}

/* Rows come in the same order as before, so each is looked for first behind the one found last. */
static const struct jvm_memory *memory_find(const struct host *h, const struct text *id,
					    size_t *behind)
{
	for (size_t i = 0; id && i < h->n; i++) {
		size_t k = (*behind + i) % h->n;

		if (text_cmp(h->memories[k].id, id) != 0)
			continue;
		*behind = k + 1;
		return &h->memories[k];
	}
	return NULL;
}

static void carry_memories(struct host *h, const struct rowset *set)
{
	struct jvm_memory *now = xcalloc(set->n + 1, sizeof(*now));
	size_t behind = 0;

	for (size_t i = 0; i < set->n; i++) {
		const struct jvm_row *row = set->rows[i];
		const struct jvm_memory *m = memory_find(h, row->id, &behind);

		memory_init(&now[i], row->id);
		if (!m)
			continue;
		now[i] = *m;
		now[i].id = row->id;
	}
	free(h->memories);
	h->memories = now;
	h->n = set->n;
}

static void take_rows(struct rules *r, const struct section *s)
{
	struct host *h = &r->host;
	const struct dataset *before = h->data;

	carry_memories(h, dataset_rows(s->data, &schema_jvm));
	h->data = dataset_ref(s->data);
	h->looked_at = s->good_at;
	dataset_unref(before);
}

static void join(struct rules *r, const struct rules_input *in)
{
	struct host *h = &r->host;
	const struct rowset *set = dataset_rows(h->data, &schema_jvm);
	struct join_job *jobs = xcalloc(r->njobs + 1, sizeof(*jobs));

	for (size_t i = 0; i < r->njobs; i++) {
		const struct job_state *j = &r->jobs[i];

		jobs[i] = (struct join_job){j->cfg,
					    j->driver.id,
					    j->application_id,
					    j->now.ui && j->now.ui->state == SECTION_OK,
					    in->own_names,
					    j->driver.gone_at};
	}
	free(h->job_of);
	h->job_of = xcalloc(set->n + 1, sizeof(*h->job_of));
	jvms_join((const struct jvm_row *const *)set->rows, set->n, jobs, r->njobs, h->job_of);
	free(jobs);
}

/* The newest line of its logs that says its context is stopped, since this JVM began and since its
 * UI answered last. */
static bool is_context_stopped(const struct job_state *j, int64_t after)
{
	for (size_t i = 0; i < j->now.nlogs; i++) {
		const struct section *s = j->now.logs[i];
		const struct rowset *set = dataset_rows(s->data, &schema_log_mark);

		for (size_t k = set->n; k-- > 0;) {
			const struct log_mark_row *m = set->rows[k];

			if (m->kind == LOG_KIND_STOPPED_CONTEXT && m->at > after)
				return true;
		}
	}
	return false;
}

static bool listens_at(const struct jvm_row *jvm, int64_t port)
{
	for (size_t i = 0; i < jvm->listens.n; i++)
		if (jvm->listens.v[i].port == port)
			return true;
	return false;
}

static int64_t running_jobs(const struct section *ui)
{
	const struct rowset *jobs = dataset_rows(ui->data, &schema_spark_job);
	int64_t n = 0;

	for (size_t i = 0; i < jobs->n; i++)
		n += text_is(((const struct spark_job_row *)jobs->rows[i])->status, "RUNNING");
	return n;
}

/* What its UI says, if it is this JVM that answers there. */
static void ask_ui(const struct job_state *j, struct jvm_memory *m, struct jvm_facts *f)
{
	const struct section *ui = j->now.ui;
	bool can_see = f->jvm->listens.n > 0 && f->ui_port > 0;
	bool is_its = !can_see || listens_at(f->jvm, f->ui_port);

	if (!ui)
		return;
	f->has_ui = true;
	f->ui_is_written = !j->cfg->found;
	f->ui_refused = ui->is_refused;
	if (ui->state == SECTION_OK && is_its && ui->good_at >= f->jvm->started_at)
		m->ui_seen_at = ui->good_at;
	f->ui_good_at = m->ui_seen_at;
	f->ui_was_seen = !is_absent(m->ui_seen_at);
	if (!is_its)
		return;
	f->is_common = j->is_ui_suspect;
	f->silent_probes = ui->silent_probes;
	f->silent_ms = ui->silent_ms;
	f->ui_answers = ui->state == SECTION_OK;
	if (!ui->data)
		return;
	f->threads = dataset_one(ui->data, &schema_thread_sign);
	if (f->threads && f->threads->asked_at < f->jvm->started_at)
		f->threads = NULL; /* of the driver before */
	if (!f->ui_answers)
		return;
	f->active_jobs = running_jobs(ui);
	f->active_tasks = j->sum.active_tasks;
}

/* Discovery asked the ports of this JVM and found its UI, which may never have given its data. */
static void note_found_ui(const struct job_state *j, struct jvm_memory *m, struct jvm_facts *f)
{
	const struct config_found *found = j->cfg->found;

	if (found && found->jvm_id && f->jvm->id && text_is(f->jvm->id, found->jvm_id) &&
	    f->ui_port > 0 && listens_at(f->jvm, f->ui_port))
		m->ui_open_at = f->at;
	f->ui_was_found = !is_absent(m->ui_open_at);
	if (is_absent(f->ui_good_at))
		f->ui_good_at = m->ui_open_at;
}

static void ask_job(const struct rules *r, const struct job_state *j, struct jvm_memory *m,
		    struct jvm_facts *f, const char *const *own_names)
{
	const struct health_row *h = health_of(j);
	int64_t last = j->row ? j->row->last_batch_at : ABSENT;
	double usual = h ? batch_gap_s(j, h) : ABSENT_REAL;

	f->job = text_str(j->cfg->name);
	f->ui_port = url_port_here(j->cfg->ui, own_names);
	f->is_work_due = !is_absent(j->cfg->trigger_interval_ms);
	f->progress_at = max_i64(j->progress_at, j->batch_rose_at);
	if (is_absent(f->progress_at))
		f->progress_at = max_i64(f->watched_since, r->gap_at);
	if (!is_absent(last))
		f->batch_age_s = max_i64(f->at - last, 0) / 1000;
	if (!isnan(usual))
		f->batch_usual_s = (int64_t)usual;
	ask_ui(j, m, f);
	note_found_ui(j, m, f);
	f->words = driver_words(j, max_i64(max_i64(f->jvm->started_at, m->ui_seen_at), last));
	f->context_stopped =
		!f->ui_answers && is_context_stopped(j, max_i64(f->jvm->started_at, m->ui_seen_at));
}

/* Begins or goes on while it is so; for how long, else ABSENT. */
static int64_t lasting(int64_t *since, bool is_so, int64_t at)
{
	if (!is_so) {
		*since = ABSENT;
		return ABSENT;
	}
	if (is_absent(*since))
		*since = at;
	return at - *since;
}

static void make_facts(const struct rules *r, const struct rules_input *in, size_t i,
		       const struct jvm_row *row, struct jvm_facts *f)
{
	struct jvm_memory *m = &r->host.memories[i];
	int job = r->host.job_of[i];
	int64_t at = r->host.looked_at;

	*f = (struct jvm_facts){.at = at,
				.jvm = row,
				.ui_good_at = ABSENT,
				.active_tasks = ABSENT,
				.active_jobs = ABSENT,
				.progress_at = ABSENT,
				.batch_age_s = ABSENT,
				.batch_usual_s = ABSENT,
				.scale = 1};
	f->watched_since = row->counters_since;
	f->lost_ms = lost_ms(&r->host, at);
	if (job >= 0 && row->role != JVM_EXECUTOR)
		ask_job(r, &r->jobs[job], m, f, in->own_names);
	f->orphan_ms = lasting(&m->orphan_since, jvm_is_orphan(row), at);
	f->closed_ms = lasting(&m->closed_since, jvm_ui_is_closed(f), at);
	f->strain_ms = lasting(&m->strain_since, jvm_is_strained(row), at);
	f->work_ms = lasting(&m->work_since, jvm_works(row), at);
	f->hung_ms = is_absent(m->hung_since) ? ABSENT : at - m->hung_since;
}

static const struct text *belongs(struct arena *a, const struct jvm_row *row,
				  const struct config_job *job)
{
	if (row->role != JVM_EXECUTOR)
		return text_format(a, "driver of %s", text_str(job->name));
	return text_format(a, "executor %s of %s",
			   row->executor_id ? text_str(row->executor_id) : "?",
			   text_str(job->name));
}

/* The job that it drove before another one was started; -1. */
static int earlier_job(const struct rules *r, const struct jvm_row *row)
{
	for (size_t i = 0; row->id && i < r->njobs; i++) {
		const char *id = r->jobs[i].driver.earlier_id;

		if (id[0] && text_is(row->id, id))
			return (int)i;
	}
	return -1;
}

static void make_row(const struct rules *r, const struct rules_input *in, size_t i, struct arena *a,
		     struct jvm_row *row)
{
	const struct jvm_row *from = dataset_rows(r->host.data, &schema_jvm)->rows[i];
	struct jvm_memory *m = &r->host.memories[i];
	int job = r->host.job_of[i];
	struct jvm_judgement judged;
	struct jvm_facts f;

	make_facts(r, in, i, from, &f);
	jvm_judge(&f, a, &judged);
	lasting(&m->hung_since, judged.verdict == JVM_IS_HUNG, f.at);
	*row = *from;
	row->verdict = (int)judged.verdict;
	row->evidence = judged.evidence;
	row->silent_probes = f.has_ui ? f.silent_probes : ABSENT;
	row->silent_ms = f.has_ui ? f.silent_ms : ABSENT;
	if (row->heap_used_bytes >= 0 && row->heap_max_bytes > 0)
		row->heap_pct = (double)row->heap_used_bytes * 100 / (double)row->heap_max_bytes;
	if (job >= 0) {
		const struct job_state *j = &r->jobs[job];

		row->job = text_copy(a, j->cfg->name);
		row->belongs = belongs(a, row, j->cfg);
		if (!row->application_id && !is_absent(m->ui_seen_at) && j->application_id[0])
			row->application_id =
				text_clean(a, j->application_id, strlen(j->application_id));
		return;
	}
	job = row->role == JVM_EXECUTOR ? -1 : earlier_job(r, row);
	if (job < 0)
		return;
	row->job = text_copy(a, r->jobs[job].cfg->name);
	row->belongs = text_format(a, "earlier driver of %s", text_str(row->job));
}

static bool is_same_text(const struct text *a, const struct text *b)
{
	return a == b || (a && b && text_cmp(a, b) == 0);
}

/* Of rows that came from the same answer only what is made here can differ. */
static bool is_same(const struct jvm_row *a, const struct jvm_row *b)
{
	if (a->verdict != b->verdict || a->evidence.n != b->evidence.n ||
	    a->silent_probes != b->silent_probes || !is_same_text(a->belongs, b->belongs) ||
	    !is_same_text(a->application_id, b->application_id))
		return false;
	for (size_t i = 0; i < a->evidence.n; i++)
		if (text_cmp(a->evidence.v[i], b->evidence.v[i]) != 0)
			return false;
	return true;
}

/* True: they are other rows than before. */
static bool make_rows(struct rules *r, const struct rules_input *in, bool is_new)
{
	struct host *h = &r->host;
	const struct rowset *before = dataset_rows(h->out, &schema_jvm);
	struct dataset *d = dataset_new();
	struct jvm_row *rows = arena_alloc_raw(&d->arena, (h->n + 1) * sizeof(*rows), 16);
	bool is_other = is_new || !h->out || before->n != h->n;

	for (size_t i = 0; i < h->n; i++) {
		make_row(r, in, i, &d->arena, &rows[i]);
		is_other = is_other || !is_same(&rows[i], before->rows[i]);
	}
	if (!is_other) {
		dataset_unref(d);
		return false;
	}
	dataset_keep(d, h->data);
	dataset_add(d, &schema_jvm, rows, h->n);
	dataset_unref(h->out);
	h->out = d;
	return true;
}

/* Each job's rows as one list, the driver first. */
static void hand_out(struct rules *r)
{
	struct host *h = &r->host;
	const struct rowset *set = dataset_rows(h->out, &schema_jvm);
	struct arena *a = &((struct dataset *)(uintptr_t)h->out)->arena; /* ours, not published */
	const struct jvm_row **v = ARENA_ARRAY(a, const struct jvm_row *, h->n + 1);
	size_t at = 0;

	for (size_t i = 0; i < r->njobs; i++) {
		r->jobs[i].jvm = r->jobs[i].driver.earlier = NULL;
		r->jobs[i].njvms = 0;
	}
	for (size_t i = 0; i < h->n; i++)
		if (h->job_of[i] >= 0)
			r->jobs[h->job_of[i]].njvms++;
	for (size_t i = 0; i < r->njobs; i++) {
		r->jobs[i].jvms = v + at;
		at += r->jobs[i].njvms;
		r->jobs[i].njvms = 0;
	}
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < h->n; i++) {
			const struct jvm_row *row = set->rows[i];
			struct job_state *j = h->job_of[i] < 0 ? NULL : &r->jobs[h->job_of[i]];

			if (!j || (row->role == JVM_EXECUTOR) != pass)
				continue;
			((const struct jvm_row **)(uintptr_t)j->jvms)[j->njvms++] = row;
			if (!pass)
				j->jvm = row;
		}
	}
}

/* What of its JVM makes a job worth a look before its second is over. */
static void note_changes(struct rules *r, const struct rules_input *in)
{
	for (size_t i = 0; i < r->njobs; i++) {
		struct job_state *j = &r->jobs[i];

		driver_look(j, &r->host);
		slid_look(r, j, in->own_names);
		j->jvm_print = j->jvm ? (uint64_t)j->jvm->pid * 64 + (uint64_t)j->jvm->verdict + 2
				      : (uint64_t)!is_absent(j->driver.gone_at);
	}
}

void host_look(struct rules *r, const struct rules_input *in)
{
	const struct section *s = jvm_section(in);
	struct host *h = &r->host;
	bool is_new;

	if (!s) {
		if (h->data)
			host_forget(r);
		return;
	}
	is_new = s->data != h->data || !h->job_of;
	/* who looks once does not come back when the second is over */
	if (!is_new && !r->cfg->is_once && !r->cfg->is_verb &&
	    in->mono_at - h->made_mono < FRESH_MS)
		return;
	h->made_mono = in->mono_at;
	if (s->data != h->data)
		take_rows(r, s);
	h->looked_at = s->good_at;
	if (is_new)
		join(r, in);
	if (make_rows(r, in, is_new)) {
		hand_out(r);
		note_changes(r, in);
	}
}

void host_forget(struct rules *r)
{
	struct host *h = &r->host;

	for (size_t i = 0; i < r->njobs; i++) {
		r->jobs[i].jvm = r->jobs[i].driver.earlier = NULL;
		r->jobs[i].jvms = NULL;
		r->jobs[i].slid.jvm = NULL;
		r->jobs[i].njvms = 0;
	}
	free(h->job_of);
	h->job_of = NULL;
	dataset_unref(h->out);
	h->out = NULL;
}

void host_release(struct host *h)
{
	dataset_unref(h->data);
	dataset_unref(h->out);
	free(h->job_of);
	free(h->memories);
}

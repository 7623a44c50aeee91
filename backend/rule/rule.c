/* rule/rule.c - from sections to what is shown: which section belongs to which job, whose rows must
 * be made anew, and the datasets of the next snapshot.
 *
 * DESIGN. It runs up to 20 times a second with up to 1,000 jobs. So a job is looked at only when
 * one of its sections brought something or a second has passed; its rows lie in a piece that every
 * snapshot shares until then; and a derived dataset is an array of pointers into pieces which it
 * keeps alive. When no piece changed it is the same dataset again. Nothing of a section is
 * remembered by address alone, except data that a piece keeps alive. */
#include "rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/row/incident.h"
#include "state.h"

enum {
	FRESH_MS = 900, /* pictures come each second, a little early or late */
	GAP_SHOWN_MS = 60000,
	STOOD_MS = 65 * 60000
};

static void jobs_make(struct rules *r)
{
	r->njobs = r->cfg->njobs;
	r->jobs = xcalloc(r->njobs ? r->njobs : 1, sizeof(*r->jobs));
	for (size_t i = 0; i < r->njobs; i++)
		job_state_init(&r->jobs[i], &r->cfg->jobs[i]);
}

struct rules *rules_new(const struct config *cfg, const struct clock *clk)
{
	struct rules *r = xcalloc(1, sizeof(*r));
	struct dataset *incidents = dataset_new();

	r->cfg = cfg;
	r->clk = clk;
	r->gap_at = r->gap_ms = ABSENT;
	jobs_make(r);
	dataset_add(incidents, &schema_incident, NULL, 0);
	r->out_incidents = incidents;
	return r;
}

static void drop_outputs(struct rules *r)
{
	dataset_unref(r->out_jobs);
	dataset_unref(r->out_errors);
	dataset_unref(r->out_executors);
	dataset_unref(r->out_dlq);
	dataset_unref(r->out_targets);
	r->out_jobs = r->out_errors = r->out_executors = r->out_dlq = r->out_targets = NULL;
}

void rules_free(struct rules *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->njobs; i++)
		job_state_release(&r->jobs[i]);
	free(r->jobs);
	free(r->job_of);
	drop_outputs(r);
	dataset_unref(r->out_incidents);
	dataset_unref(r->names);
	network_release(&r->network);
	host_release(&r->host);
	free(r);
}

/* The job's index, looking first behind the one found last: sections come in the order of jobs. */
static int job_find(const struct rules *r, const char *name, int behind)
{
	for (size_t i = 0; name && i < r->njobs; i++) {
		size_t k = ((size_t)(behind + 1) + i) % r->njobs;

		if (text_is(r->jobs[k].cfg->name, name))
			return (int)k;
	}
	return -1;
}

void rules_reconfigure(struct rules *r, const struct config *cfg)
{
	struct job_state *old = r->jobs;
	size_t nold = r->njobs;

	r->cfg = cfg;
	jobs_make(r);
	/* old names lie in the old configuration, which the caller still holds */
	for (size_t i = 0; i < nold; i++) {
		int k = job_find(r, text_str(old[i].cfg->name), (int)i - 1);

		if (k >= 0 && is_absent(r->jobs[k].made_mono)) {
			const struct config_job *mine = r->jobs[k].cfg;

			r->jobs[k] = old[i];
			r->jobs[k].cfg = mine;
			r->jobs[k].made_mono = ABSENT;
			r->jobs[k].executors_from = r->jobs[k].executors_host = NULL;
		} else {
			job_state_release(&old[i]);
		}
	}
	free(old);
	free(r->job_of);
	r->job_of = NULL;
	r->nsections = 0;
	drop_outputs(r);
	host_forget(r);
}

void rules_seed(struct rules *r, const char *job, const struct rules_counters *c)
{
	int k = job_find(r, job, -1);

	if (k >= 0 && !is_absent(c->at) && c->at <= clock_wall(r->clk))
		remember_seed(&r->jobs[k], c);
}

void rules_seed_standing(struct rules *r, const char *job, const struct rules_standing *s)
{
	int k = job_find(r, job, -1);
	int64_t now = clock_wall(r->clk);

	if (k >= 0 && s->at <= now && now - s->at <= STOOD_MS && s->since <= s->at)
		r->jobs[k].stood = *s;
}

bool rules_standing(const struct rules *r, const char *job, struct rules_standing *out)
{
	int k = job_find(r, job, -1);
	const struct job_row *row = k < 0 ? NULL : r->jobs[k].row;

	if (!row)
		return false;
	*out = (struct rules_standing){
		r->jobs[k].at, is_absent(row->since) ? r->jobs[k].at : row->since, row->verdict};
	return true;
}

bool rules_counters(const struct rules *r, const char *job, struct rules_counters *out)
{
	int k = job_find(r, job, -1);
	const struct job_state *j = k < 0 ? NULL : &r->jobs[k];

	if (!j || is_absent(j->health_read_at) || !j->row)
		return false;
	*out = (struct rules_counters){
		.at = j->health_read_at,
		.errors = j->errors.value,
		.batches = j->batches.value,
		.records = j->records.value,
		.start_time = j->start_time,
		.restarts = j->restarts,
		.errors_by_type = j->row->errors_by_type,
	};
	return true;
}

/* Whose section is which; found anew only when the list is another one. */
static void assign(struct rules *r, const struct rules_input *in)
{
	int last = -1;

	if (r->nsections != in->nsections || !r->job_of) {
		free(r->job_of);
		r->job_of = xcalloc(in->nsections + 1, sizeof(*r->job_of));
		for (size_t i = 0; i < in->nsections; i++)
			r->job_of[i] = -1;
	}
	for (size_t k = 0; k < r->njobs; k++) {
		memset(&r->jobs[k].now, 0, sizeof(r->jobs[k].now));
		r->jobs[k].is_suspect = r->jobs[k].is_ui_suspect = false;
	}
	for (size_t i = 0; i < in->nsections; i++) {
		const struct section *s = in->sections[i];
		int k = r->job_of[i];
		struct job_sections *now;
		bool is_in = r->network.of[i].is_in;

		if (k < 0 || !s->job || !text_is(r->jobs[k].cfg->name, s->job))
			k = r->job_of[i] = job_find(r, s->job, last);
		if (k < 0)
			continue;
		last = k;
		now = &r->jobs[k].now;
		if (s->source == SOURCE_HEALTH) {
			now->health = s;
			r->jobs[k].is_suspect = is_in;
		} else if (s->source == SOURCE_SPARK) {
			now->ui = s;
			r->jobs[k].is_ui_suspect = is_in;
		} else if (s->source == SOURCE_DLQ) {
			now->dlq = s;
		} else if (s->source == SOURCE_LOG && s->data && now->nlogs < LOGS_MAX) {
			now->logs[now->nlogs++] = s;
		}
	}
}

/* Not symmetric: two that are the same must not cancel each other. */
static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h * 0xff51afd7ed558ccdu + v + 1) * 0x9e3779b97f4a7c15u;
	return h ^ h >> 32;
}

static uint64_t print_of(const struct section *s)
{
	if (!s)
		return 1;
	return mix(mix((uint64_t)s->state + 2, (uint64_t)s->silent_probes),
		   mix((uint64_t)s->code, s->is_refused));
}

static const struct dataset *data_of(const struct section *s)
{
	return s ? s->data : NULL;
}

/* Anything new for this job, or a second gone by? Notes what was compared. */
static bool is_due(struct job_state *j, const struct build *b)
{
	const struct rules_input *in = b->in;
	const struct dataset *host = b->r->host.out;
	const struct action_row *acting = acting_on(b->r, j->cfg->name);
	const struct job_sections *n = &j->now;
	const struct ledger_view_hold *held =
		ledger_view_held(in->ledger, text_str(j->cfg->name), in->at);
	bool due;
	uint64_t print = mix(mix(print_of(n->health), print_of(n->ui)),
			     mix(print_of(n->dlq), (uint64_t)j->is_suspect * 2 + j->is_ui_suspect));

	print = mix(mix(print, j->jvm_print), (uint64_t)(uintptr_t)held);
	print = mix(print, acting ? (uint64_t)acting->began_at ^ (uint64_t)acting->state : 0);
	due = is_absent(j->made_mono) || in->mono_at - j->made_mono >= FRESH_MS ||
	      print != j->print || (j->njvms && host != j->executors_host) ||
	      data_of(n->health) != j->health_data || data_of(n->ui) != j->ui_data ||
	      data_of(n->dlq) != j->dlq_data;

	j->print = print;
	return due;
}

struct changes {
	bool jobs, executors, dlq;
};

static void look_at_job(const struct build *b, struct job_state *j, struct changes *c)
{
	if (!is_due(j, b))
		return;
	c->jobs = true;
	c->dlq = c->dlq || data_of(j->now.dlq) != j->dlq_data;
	if (build_executors(b, j))
		c->executors = true;
	remember_look(j, b->in->at);
	build_job(b, j);
	j->health_data = data_of(j->now.health);
	j->ui_data = data_of(j->now.ui);
	j->dlq_data = data_of(j->now.dlq);
	j->made_mono = b->in->mono_at;
}

/* One rowset of all jobs' rows of that schema, in the order given, sharing the rows. */
static void gather_rows(struct dataset *d, const struct dataset *const *from, size_t n,
			const struct schema *schema)
{
	const void **rows;
	size_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += dataset_rows(from[i], schema)->n;
	rows = arena_alloc_raw(&d->arena, (total + 1) * sizeof(*rows), sizeof(*rows));
	total = 0;
	for (size_t i = 0; i < n; i++) {
		const struct rowset *set = dataset_rows(from[i], schema);

		if (set->n)
			memcpy(rows + total, set->rows, set->n * sizeof(*rows));
		total += set->n;
	}
	dataset_add_pointers(d, schema, rows, total);
}

static int worse_first(const void *a, const void *b)
{
	const struct job_row *x = (*(const struct job_state *const *)a)->row;
	const struct job_row *y = (*(const struct job_state *const *)b)->row;

	if (x->verdict != y->verdict)
		return x->verdict < y->verdict ? -1 : 1;
	if (x->verdict < VERDICT_INITIALIZING && x->since != y->since)
		return x->since < y->since ? -1 : 1;
	return text_cmp(x->name, y->name);
}

/* In the place of *out, which goes. */
static void gather_pieces(const struct dataset **out, const struct dataset *const *pieces, size_t n,
			  const struct schema *schema)
{
	struct dataset *d = dataset_new_after(*out);

	for (size_t i = 0; i < n; i++)
		if (dataset_rows(pieces[i], schema)->n)
			dataset_keep(d, pieces[i]);
	gather_rows(d, pieces, n, schema);
	dataset_unref(*out);
	*out = d;
}

/* Jobs and incidents worst first, errors in the order of the configuration. */
static void make_jobs(struct rules *r)
{
	const struct dataset **pieces = xcalloc(r->njobs + 1, sizeof(*pieces));
	const struct job_state **order = xcalloc(r->njobs + 1, sizeof(*order));

	for (size_t i = 0; i < r->njobs; i++) {
		order[i] = &r->jobs[i];
		pieces[i] = r->jobs[i].piece;
	}
	gather_pieces(&r->out_errors, pieces, r->njobs, &schema_error);
	qsort(order, r->njobs, sizeof(*order), worse_first);
	for (size_t i = 0; i < r->njobs; i++)
		pieces[i] = order[i]->piece;
	gather_pieces(&r->out_jobs, pieces, r->njobs, &schema_job);
	gather_pieces(&r->out_incidents, pieces, r->njobs, &schema_incident);
	free(order);
	free(pieces);
}

static void make_executors(struct rules *r)
{
	const struct dataset **pieces = xcalloc(r->njobs + 1, sizeof(*pieces));
	struct dataset *d = dataset_new_after(r->out_executors);
	size_t n = 0;

	for (size_t i = 0; i < r->njobs; i++) {
		if (!r->jobs[i].executors)
			continue;
		pieces[n++] = r->jobs[i].executors;
		dataset_keep(d, r->jobs[i].executors);
	}
	gather_rows(d, pieces, n, &schema_executor);
	free(pieces);
	dataset_unref(r->out_executors);
	r->out_executors = d;
}

static void make_dlq(struct rules *r)
{
	const struct dataset **from = xcalloc(r->njobs + 1, sizeof(*from));
	struct dataset *d = dataset_new_after(r->out_dlq);
	size_t n = 0;

	for (size_t i = 0; i < r->njobs; i++) {
		const struct dataset *data = data_of(r->jobs[i].now.dlq);

		if (!data)
			continue;
		from[n++] = data;
		dataset_keep(d, data);
	}
	gather_rows(d, from, n, &schema_dlq_entry);
	gather_rows(d, from, n, &schema_dlq_group);
	gather_rows(d, from, n, &schema_dlq_folder);
	free(from);
	dataset_unref(r->out_dlq);
	r->out_dlq = d;
}

static const char *make_banner(struct rules *r, int64_t at)
{
	bool has_gap = !is_absent(r->gap_at) && at - r->gap_at <= GAP_SHOWN_MS;
	char age[16] = "";

	if (has_gap)
		format_age((double)r->gap_ms / 1000, age, sizeof(age));
	if (!has_gap && !r->network.banner[0])
		return NULL;
	snprintf(r->banner, sizeof(r->banner), "%s%s%s%s%s", r->network.banner,
		 has_gap && r->network.banner[0] ? "; " : "",
		 has_gap ? "sparkops did not look for " : "", age,
		 has_gap ? " (suspended or late): windows began again" : "");
	return r->banner;
}

void rules_apply(struct rules *r, const struct rules_input *in, struct rules_output *out)
{
	struct build b = {r, in};
	struct changes c = {
		.jobs = !r->out_jobs, .executors = !r->out_executors, .dlq = !r->out_dlq};

	if (in->loop_gap_ms > 0) {
		r->gap_at = in->at;
		r->gap_ms = in->loop_gap_ms;
		host_gap(&r->host, in->at, in->loop_gap_ms);
		for (size_t i = 0; i < r->njobs; i++) {
			remember_gap(&r->jobs[i], in->at, in->loop_gap_ms);
			r->jobs[i].made_mono = ABSENT;
		}
	}
	network_look(&r->network, in->sections, in->nsections, r->cfg->interval_ms);
	assign(r, in);
	host_look(r, in);
	acting_look(r, in->actions);
	for (size_t i = 0; i < r->njobs; i++)
		look_at_job(&b, &r->jobs[i], &c);
	if (c.jobs)
		make_jobs(r);
	if (c.executors)
		make_executors(r);
	if (c.dlq)
		make_dlq(r);
	targets_look(r, in);
	r->nsections = in->nsections;
	*out = (struct rules_output){
		.jobs = dataset_ref(r->out_jobs),
		.incidents = dataset_ref(r->out_incidents),
		.errors = dataset_ref(r->out_errors),
		.executors = dataset_ref(r->out_executors),
		.targets = dataset_ref(r->out_targets),
		.dlq = dataset_ref(r->out_dlq),
		.jvms = r->host.out ? dataset_ref(r->host.out) : NULL,
		.banner = make_banner(r, in->at),
	};
}

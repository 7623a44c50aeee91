/* rule/gather_errors.c - how many errors a job had in the last minutes, and of what type.
 *
 * DESIGN. Two count the same errors: the job its counter, its dead-letter queue its entries.
 * Neither is ever added to the other. The counter's windows are what the looks saw, and before the
 * first look what the queue dates; where the queue holds more than the counter tells, the queue is
 * right: an entry with a date is an error that happened, whoever counts it or not. The one thing
 * that has to wait is the word that the job does not count it: an entry is written a moment before
 * its counter rises, so that only what was there well before the last answer contradicts it. */
#include <string.h>

#include "state.h"

enum {
	UNREAD_MS = 60000,
	COUNTED_MS = 30000, /* a folder's count this old is brought up to date */
	SETTLED_MS = 5000,
};

/* Entries that were within the window when its folder was counted, and are not any more. */
static int64_t left_window(const struct job_state *j, int64_t at, int64_t window_ms)
{
	const struct rowset *rows = dataset_rows(j->now.dlq->data, &schema_dlq_entry);
	int64_t from = folder_of(j)->counted_at - window_ms, n = 0;

	for (size_t i = 0; i < rows->n; i++) {
		const struct dlq_entry_row *e = rows->rows[i];

		n += e->at > from && e->at <= at - window_ms;
	}
	return n;
}

/* What the dead-letter queue's folder dates within a window; ABSENT when it says nothing, or when
 * nobody has read it for a while: what came to it meanwhile is not known. */
static int64_t folder_count(const struct job_state *j, int64_t at, int64_t window_ms)
{
	const struct dlq_folder_row *d = folder_of(j);
	int64_t counted = window_ms == WINDOW_5M ? d->counted_5m : d->counted_1h, sum = 0;

	if (is_absent(counted) || is_absent(d->counted_at) || at - j->now.dlq->good_at > UNREAD_MS)
		return ABSENT;
	if (at - d->counted_at <= COUNTED_MS || counted == 0)
		return max_i64(0, counted - left_window(j, at, window_ms));
	/* counted a while ago: what left the window meanwhile is seen by its minutes */
	for (size_t i = 0; i < d->trend.n; i++) {
		int64_t end = d->trend.end_at - (int64_t)(d->trend.n - 1 - i) * d->trend.step_ms;

		if (end > at - window_ms && !isnan(d->trend.v[i]))
			sum += (int64_t)d->trend.v[i];
	}
	return min_i64(sum, counted);
}

/* Where part of the queue cannot be read: what the rest of it shows in whole minutes. */
static int64_t folder_at_least(const struct dlq_folder_row *d, int64_t at, int64_t window_ms)
{
	int64_t sum = 0;

	for (size_t i = 0; i < d->trend.n; i++) {
		int64_t ago = (int64_t)(d->trend.n - i) * d->trend.step_ms;

		if (d->trend.end_at - ago >= at - window_ms && !isnan(d->trend.v[i]))
			sum += (int64_t)d->trend.v[i];
	}
	return sum;
}

/* What /health/dlq proved at our first look: its newest entry was older than the window, or its
 * oldest younger. */
static int64_t health_dlq_count(const struct job_state *j, int64_t at, int64_t window_ms)
{
	if (is_absent(j->queue_then.total) || is_absent(j->queue_then.last_at) ||
	    j->queue_then.last_at > at + DATE_AHEAD_MS)
		return ABSENT;
	if (j->queue_then.last_at <= at - window_ms)
		return 0;
	if (!is_absent(j->queue_then.first_at) && j->queue_then.first_at > at - window_ms)
		return j->queue_then.total;
	return ABSENT;
}

/* Errors of a window from before our first look, by the dates of the queue. What came into the
 * queue since is counted by looking and taken off. Where it held fewer entries than the job counted
 * errors, an old newest date still proves that nothing was new; how many were new
 * it does not tell. */
static int64_t dated_before(const struct job_state *j, const struct job_facts *f, int64_t window_ms)
{
	const struct dlq_folder_row *d = folder_of(j);
	int64_t n = ABSENT;

	if (d && d->entries > 0 && !is_absent(j->entries_then))
		n = folder_count(j, f->at, window_ms);
	if (is_absent(n))
		return health_dlq_count(j, f->at, window_ms);
	n = max_i64(n - max_i64(d->entries - j->entries_then, 0), 0);
	return n > 0 && j->entries_then < j->errors_then ? ABSENT : n;
}

/* What an earlier run counted before our first look, the queue dates as well. */
static int64_t counted_since(const struct job_state *j, int64_t at, int64_t window_ms)
{
	int64_t own_ms = is_absent(j->looked_since) ? window_ms : at - j->looked_since;

	return counter_tally(&j->errors, at, min_i64(window_ms, own_ms)).at_least;
}

/* By its counter and, of the time before our first look, by dates. */
static struct tally counted_window(const struct job_state *j, const struct job_facts *f,
				   int64_t window_ms)
{
	struct tally t = counter_tally(&j->errors, f->at, window_ms);
	int64_t before = ABSENT;

	if (!is_up(&f->health)) {
		t.n = ABSENT;
		return t;
	}
	if (is_absent(t.n))
		before = dated_before(j, f, window_ms);
	if (!is_absent(before))
		t.n = max_i64(t.at_least,
			      min_i64(before, INT64_MAX / 2) +
				      min_i64(counted_since(j, f->at, window_ms), INT64_MAX / 2));
	if (!is_absent(t.n))
		t.at_least = max_i64(t.at_least, t.n);
	return t;
}

/* What /health/dlq dates: all of it where its oldest entry is within the window, else the newest.
 */
static struct tally health_dlq_window(const struct health_row *h, int64_t at, int64_t window_ms)
{
	struct tally t = {ABSENT, 0};

	if (!h || h->dlq_total_entries <= 0 || is_absent(h->dlq_last_at) ||
	    h->dlq_last_at > at + DATE_AHEAD_MS || h->dlq_last_at <= at - window_ms)
		return t;
	t.at_least = 1;
	if (h->dlq_first_at > at - window_ms && h->dlq_first_at <= h->dlq_last_at)
		t.n = t.at_least = h->dlq_total_entries;
	return t;
}

static struct tally queue_window(const struct job_state *j, const struct job_facts *f,
				 int64_t window_ms)
{
	const struct dlq_folder_row *d = folder_of(j);
	struct tally t = {ABSENT, 0};

	if (!d || d->entries <= 0)
		t = health_dlq_window(health_of(j), f->at, window_ms);
	if (!d || (d->entries <= 0 && (t.at_least > 0 || f->health.answer != ANSWER_NONE)))
		return t;
	t.n = folder_count(j, f->at, window_ms);
	t.at_least = is_absent(t.n) ? folder_at_least(d, f->at, window_ms) : t.n;
	return t;
}

static struct tally gather_window(const struct job_facts *f, struct tally counted,
				  struct tally queued)
{
	struct tally t = counted;

	if (!is_up(&f->health))
		t.n = queued.n;
	if (queued.at_least > t.at_least) {
		t.at_least = queued.at_least;
		if (!is_absent(t.n))
			t.n = queued.n;
	}
	if (!is_absent(t.n))
		t.n = t.at_least = max_i64(t.at_least, t.n);
	return t;
}

/* Entries of the last 5 minutes that its last answer need not have counted: of the last moment, of
 * the first (the counter rose before the window), or of a life before. */
static int64_t not_to_be_counted(const struct job_state *j, const struct job_facts *f)
{
	const struct health_row *h = health_of(j);
	const struct dlq_folder_row *d = folder_of(j);
	const struct rowset *rows;
	int64_t from = f->at - WINDOW_5M, to = j->health_read_at - SETTLED_MS, n = 0;
	int64_t born = isnan(f->uptime_s) ? from : f->at - (int64_t)(f->uptime_s * 1000);

	if (!d || d->entries <= 0)
		return h->dlq_first_at < born || h->dlq_last_at > to ? h->dlq_total_entries : 0;
	rows = dataset_rows(j->now.dlq->data, &schema_dlq_entry);
	for (size_t i = 0; i < rows->n; i++) {
		const struct dlq_entry_row *e = rows->rows[i];

		n += e->at > to || (e->at > from && e->at <= max_i64(born, from + SETTLED_MS));
	}
	return n;
}

/* Types that a driver leaves behind when it dies, the root before what follows from it. */
static const char *const crash_types[] = {"OutOfMemoryError", "Py4JNetworkError",
					  "IllegalStateException", "ConnectionRefusedError"};

static bool is_recent(const struct error_row *e)
{
	return e->count_1h > 0 || e->count_5m > 0 || (is_absent(e->count_1h) && e->count > 0);
}

static const struct error_row *crash_error(const struct gathering *g)
{
	for (size_t k = 0; k < ARRAY_LEN(crash_types); k++) {
		for (size_t i = 0; i < g->nerrors; i++) {
			if (is_recent(&g->errors[i]) && text_is(g->errors[i].alias, crash_types[k]))
				return &g->errors[i];
		}
	}
	return NULL;
}

/* The most telling type: how many of it, and when. */
static void gather_top(const struct error_row *top, struct arena *a, struct job_facts *f)
{
	struct error_kind kind;

	f->top_type = text_str(top->type);
	f->top_count = top->count;
	f->top_when = top->counted_by == ERRORS_BY_DLQ ? "in its dead-letter queue" : "since start";
	if (top->count_1h > 0) {
		f->top_count = top->count_1h;
		f->top_when = "in the last hour";
	} else if (top->count_5m > 0) {
		f->top_count = top->count_5m;
		f->top_when = "in the last 5 minutes";
	}
	kind = error_kind_of(f->top_type);
	if (top->recommendation == kind.recommendation)
		f->top_advice = text_str(kind.recommendation);
	else if (top->recommendation)
		f->top_advice = arena_printf(a, "the job says: %s", text_str(top->recommendation));
}

void gather_errors(const struct gathering *g, struct arena *a, struct job_facts *f)
{
	const struct error_row *root = crash_error(g);
	const struct error_row *top = root ? root : (g->nerrors ? &g->errors[0] : NULL);
	struct tally counted = counted_window(g->job, f, WINDOW_5M);
	struct tally queued = queue_window(g->job, f, WINDOW_5M);

	f->errors_5m = gather_window(f, counted, queued);
	f->errors_1h = gather_window(f, counted_window(g->job, f, WINDOW_1H),
				     queue_window(g->job, f, WINDOW_1H));
	/* the shorter window is part of the longer one */
	f->errors_1h.at_least = max_i64(f->errors_1h.at_least, f->errors_5m.at_least);
	if (!is_absent(f->errors_1h.n) && f->errors_1h.n < f->errors_1h.at_least)
		f->errors_1h.n = ABSENT;
	if (is_up(&f->health) && !is_absent(f->errors) && queued.at_least > counted.at_least)
		f->dlq_more_5m = max_i64(0, queued.at_least - counted.at_least -
						    not_to_be_counted(g->job, f));
	f->crash_type = root ? text_str(root->type) : NULL;
	f->crash_at = root ? root->last_at : ABSENT;
	if (top)
		gather_top(top, a, f);
}

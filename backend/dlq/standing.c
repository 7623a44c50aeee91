/* dlq/standing.c - see standing.h. */
#include "standing.h"

#include <stdlib.h>
#include <string.h>

#include "word.h"

enum { DAY_DIGITS = 8 };
static const char came_back[] = "came back as line ";

static int by_unit(const void *a, const void *b)
{
	const struct ledger_view_state *const *x = a, *const *y = b;

	return strcmp((*x)->unit, (*y)->unit);
}

/* Of two keys under which a unit was sent, what is in doubt comes first, then the older one. */
static int by_unit_and_age(const void *a, const void *b)
{
	const struct ledger_view_state *const *x = a, *const *y = b;
	int order = by_unit(a, b);

	if (order == 0)
		order = ((*y)->state == DLQ_DOUBT) - ((*x)->state == DLQ_DOUBT);
	return order != 0 ? order : ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

/* One state for each unit: that under which it is sent. */
static void sort_units(struct standing *s)
{
	size_t n = 0;

	if (s->nunits)
		qsort(s->units, s->nunits, sizeof(*s->units), by_unit_and_age);
	for (size_t i = 0; i < s->nunits; i++)
		if (!n || by_unit(&s->units[n - 1], &s->units[i]) != 0)
			s->units[n++] = s->units[i];
	s->nunits = n;
}

static bool has_come_back(const struct ledger_view_state *t)
{
	return t->state == DLQ_FAILED && t->outcome &&
	       !strncmp(t->outcome, came_back, sizeof(came_back) - 1);
}

static bool is_in_folder(const struct standing *s, const struct ledger_view_state *t)
{
	size_t n = strlen(s->path);

	return t->file && !strncmp(t->file, s->path, n) && t->file[n] == '/';
}

static void add_line(struct standing *s, const struct ledger_view_state *t)
{
	if (has_come_back(t))
		s->back[s->nback++] = t;
	if (t->attempts > 1)
		s->again[s->nagain++] = t;
}

void standing_init(struct standing *s, const struct ledger_view *view, const struct folder *f,
		   const char *job)
{
	*s = (struct standing){.view = view, .job = job};
	if (!view || !view->nstates)
		return;
	s->path = realpath(f->path, NULL);
	if (!s->path)
		s->path = xstrdup(f->path);
	s->units = xcalloc(view->nstates, sizeof(struct ledger_view_state *));
	s->back = xcalloc(view->nstates, sizeof(struct ledger_view_state *));
	s->again = xcalloc(view->nstates, sizeof(struct ledger_view_state *));
	for (size_t i = 0; i < view->nstates; i++) {
		const struct ledger_view_state *t = &view->states[i];
		bool is_ours = (t->job && !strcmp(t->job, job)) || is_in_folder(s, t);
		if (!is_ours || !t->attempts || t->covered_by)
			continue;
		if (t->unit)
			s->units[s->nunits++] = t;
		else
			add_line(s, t);
	}
	sort_units(s);
}

void standing_release(struct standing *s)
{
	free(s->units);
	free(s->back);
	free(s->again);
	free(s->path);
}

static const struct ledger_view_state *unit_of(const struct standing *s, const struct text *unit)
{
	struct ledger_view_state want = {.unit = unit ? text_str(unit) : NULL};
	const struct ledger_view_state *key = &want;
	const struct ledger_view_state **found;

	if (!unit || !s->nunits)
		return NULL;
	found = bsearch(&key, s->units, s->nunits, sizeof(*s->units), by_unit);
	return found ? *found : NULL;
}

static bool is_same_batch(const struct dlq_entry_row *row, const char *batch_id)
{
	struct buf text;
	bool is_it;

	if (!batch_id || (is_absent(row->batch_id.number) && !row->batch_id.text))
		return false;
	if (row->batch_id.text)
		return text_is(row->batch_id.text, batch_id);
	buf_init(&text, 32);
	buf_printf(&text, "%lld", (long long)row->batch_id.number);
	is_it = !strcmp(text.data, batch_id);
	buf_release(&text);
	return is_it;
}

/* A line inherits the attempts of the one whose failure came back as it. */
static int64_t inherited(const struct standing *s, const struct dlq_entry_row *row)
{
	const char *type = row->error_type ? text_str(row->error_type) : "";
	int64_t most = 0;

	for (size_t i = 0; i < s->nback && !row->unit; i++) {
		const struct ledger_view_state *t = s->back[i];
		if (!is_absent(row->at) && row->at > t->began_at &&
		    is_same_batch(row, t->batch_id) &&
		    !strcmp(t->error_type ? t->error_type : "", type))
			most = max_i64(most, t->attempts);
	}
	return most;
}

static bool is_text(const char *a, const char *b)
{
	return !strcmp(a ? a : "", b ? b : "");
}

static bool is_closed(const struct ledger_view_state *t)
{
	return t->state == DLQ_DONE || t->state == DLQ_GIVEN_UP;
}

/* What came back and was closed as the line that it came back as is closed, too. */
static const struct ledger_view_state *at_last(const struct standing *s,
					       const struct ledger_view_state *t)
{
	const struct ledger_view_state *last = t;

	for (size_t i = 0; i < s->nagain && has_come_back(t) && !t->unit && t->batch_id; i++) {
		const struct ledger_view_state *u = s->again[i];
		if (u->id > last->id && u->attempts > last->attempts && u->batch_id &&
		    is_text(u->batch_id, t->batch_id) && is_text(u->error_type, t->error_type))
			last = u;
	}
	return is_closed(last) ? last : t;
}

static struct dlq_word word_of(const struct ledger_view_state *t)
{
	if (!t)
		return (struct dlq_word){0};
	return (struct dlq_word){t->id, t->covered_by, t->began_at, t->state, t->mark};
}

/* What counts of an entry of that time; NULL: it is pending. */
static const struct ledger_view_state *counting(const struct standing *s,
						const struct ledger_view_state *own,
						const struct ledger_view_state *unit, int64_t at)
{
	struct dlq_word mine = word_of(own), its = word_of(unit);
	enum dlq_whose whose = dlq_whose(own ? &mine : NULL,
					 !unit         ? NULL
					 : own == unit ? &mine
						       : &its,
					 at);

	return whose == WORD_OF_UNIT ? unit : whose == WORD_OF_ENTRY ? at_last(s, own) : NULL;
}

void standing_fill(const struct standing *s, struct dlq_entry_row *row)
{
	const struct ledger_view_state *own, *unit, *t;

	if (!s->view || !row->hash)
		return;
	own = ledger_view_find(s->view, text_str(row->hash));
	unit = unit_of(s, row->unit);
	t = own && !own->covered_by ? own : unit ? unit : own;
	row->attempts = max_i64(t ? t->attempts : 0, inherited(s, row));
	t = counting(s, own, unit, row->at);
	if (!t || t->state == DLQ_PENDING)
		return;
	row->state = t->state;
	if (t->proof && t->state == DLQ_DONE)
		row->proof = (const struct text *)(const void *)t->proof;
}

/* --- of the folder as a whole --- */

static int64_t day_of(const char *file)
{
	static const char head[] = "failed_batches_";
	const char *name = strrchr(file, '/'), *digits;

	name = name ? name + 1 : file;
	if (strncmp(name, head, sizeof(head) - 1) != 0)
		return 0;
	digits = name + sizeof(head) - 1;
	return strspn(digits, "0123456789") == DAY_DIGITS ? strtol(digits, NULL, 10) : 0;
}

static bool has_day(const struct folder *f, int64_t day)
{
	for (size_t i = 0; i < f->nfiles; i++)
		if (f->files[i]->day == day)
			return true;
	return false;
}

static bool is_here(const struct standing *s, const struct ledger_view_state *t,
		    const struct folder *f)
{
	if (!t->file)
		return t->job && !strcmp(t->job, s->job);
	return is_in_folder(s, t) && has_day(f, day_of(t->file));
}

int64_t standing_closed(const struct standing *s, const struct folder *f)
{
	size_t n = s->view ? s->view->nstates : 0;
	int64_t closed = 0;

	for (size_t i = 0; i < n; i++) {
		const struct ledger_view_state *t = &s->view->states[i];
		const struct text *unit = (const struct text *)(const void *)t->unit;
		if (!is_here(s, t, f))
			continue;
		t = counting(s, t, unit_of(s, unit), ABSENT);
		closed += t && is_closed(t);
	}
	return closed;
}

int standing_rank(int state)
{
	switch (state) {
	case DLQ_DOUBT:
		return 0;
	case DLQ_FAILED:
		return 1;
	case DLQ_PENDING:
		return 2;
	case DLQ_OLD:
		return 3;
	case DLQ_GIVEN_UP:
		return 4;
	default:
		return 5;
	}
}

/* rule/incident.c - the life of incidents: one per job and kind.
 *
 * A rule is a function of the moment; its signs go one by one (a mark leaves the log's newest two
 * hundred, an error its hour), so what it began with and when is kept from the first look. An
 * incident that is over stays for a while with what it ended in, and comes back only when its rule
 * says that it began later than the last one ended. */
#include "incident.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/clock.h"

incident_fn *const incident_rules[] = {
#define X(symbol) incident_##symbol,
	INCIDENT_LIST(X)
#undef X
		NULL,
};

enum { FIRST_LOOKS_MS = 10000 };

static const struct text *const kinds[] = {
#define X(symbol) TEXT(#symbol),
	INCIDENT_LIST(X)
#undef X
};

static void forget(struct incident_memory *m)
{
	m->opened_at = m->closed_at = ABSENT;
	m->root[0] = m->over[0] = '\0';
}

void incidents_forget(struct incident_memory memory[INCIDENT_COUNT])
{
	for (size_t i = 0; i < INCIDENT_COUNT; i++) {
		forget(&memory[i]);
		memory[i].looked_at = ABSENT;
	}
}

/* The story as lines for other programs: `2026-11-20T20:28:23.000Z what (where)`. */
static void write_events(struct incident_row *row, struct arena *a)
{
	const struct text **v = ARENA_ARRAY(a, const struct text *, row->nstory + 1);

	for (size_t i = 0; i < row->nstory; i++) {
		const struct job_event *e = &row->story[i];
		const char *where = e->where ? text_str(e->where) : "";
		char at[32] = "";

		if (!is_absent(e->at))
			clock_rfc3339(e->at, at);
		v[i] = text_format(a, "%s%s%s%s%s%s", at, *at ? " " : "", text_str(e->what),
				   *where ? " (" : "", where, *where ? ")" : "");
	}
	row->events = (struct texts){row->nstory, v};
}

/* One that is over and forgotten by the screen is not opened again by its own old signs. */
static bool is_of_before(const struct incident_memory *m, const struct incident_row *row)
{
	return !is_absent(m->closed_at) && row->opened_at <= m->closed_at;
}

static bool is_open(const struct incident_memory *m)
{
	return !is_absent(m->opened_at) && is_absent(m->closed_at);
}

/* What the first answers of a start bring and take again is no news. */
static void say_over(struct incident_memory *m, int64_t at, const char *why, const char *root)
{
	if (at - m->looked_at < FIRST_LOOKS_MS)
		return;
	snprintf(m->over, sizeof(m->over), "incident over: %s%s%s", why,
		 *root ? "; it began with " : "", root);
}

/* Signs go one by one, so the earliest that was seen stays; but while the first answers of a start
 * come, each look knows better than the one before. */
static void keep_beginning(struct incident_memory *m, int64_t at, struct incident_row *row)
{
	bool is_first = at - m->looked_at < FIRST_LOOKS_MS;

	if (row->root && (is_first || !m->root[0] || row->opened_at < m->opened_at))
		snprintf(m->root, sizeof(m->root), "%s", text_str(row->root));
	m->opened_at = is_first ? row->opened_at : min_i64(m->opened_at, row->opened_at);
	row->opened_at = m->opened_at;
}

static bool live(struct incident_memory *m, int64_t at, struct incident_row *row)
{
	bool is_same =
		!is_absent(m->opened_at) && (is_absent(m->closed_at) || is_of_before(m, row));
	bool was_open = is_same && is_open(m);

	if (!is_same) {
		forget(m);
		m->opened_at = row->opened_at;
	}
	keep_beginning(m, at, row);
	if (is_absent(row->closed_at))
		m->closed_at = ABSENT;
	else if (is_absent(m->closed_at))
		m->closed_at = row->closed_at;
	if (was_open && !is_open(m) && row->ended_by)
		say_over(m, at, text_str(row->ended_by), m->root);
	row->closed_at = m->closed_at;
	return is_absent(row->closed_at) || at - row->closed_at <= INCIDENT_KEPT_MS;
}

/* Its rule sees nothing any more. A closed one is kept: it is what its signs belonged to. */
static void leave(struct incident_memory *m, int64_t at)
{
	char root[sizeof(m->root)];

	if (!is_absent(m->closed_at))
		return;
	snprintf(root, sizeof(root), "%s", m->root);
	bool was_open = is_open(m);
	forget(m);
	if (was_open)
		say_over(m, at, "no sign of it is left", root);
}

size_t incidents_look(struct incident_facts *f, struct incident_memory memory[INCIDENT_COUNT],
		      struct arena *a, struct incident_row *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < INCIDENT_COUNT; i++) {
		struct incident_row *row = &rows[n];
		struct incident_memory *m = &memory[i];

		field_clear_row(&schema_incident, row);
		row->nstory = 0;
		row->ended_by = NULL;
		m->over[0] = '\0';
		f->before = m;
		if (is_absent(m->looked_at))
			m->looked_at = f->at;
		if (!incident_rules[i](f, a, row)) {
			leave(m, f->at);
			continue;
		}
		row->job = text_clean(a, f->name, strlen(f->name));
		row->kind = kinds[i];
		if (!live(m, f->at, row))
			continue;
		write_events(row, a);
		n++;
	}
	return n;
}

/* --- marks in order --- */

enum { WHOLE_SECOND_MS = 1000, BEHIND_EXECUTORS = 1 << 20 };

struct placed {
	struct log_mark_row *mark;
	size_t order; /* in its place, and of places */
};

static int by_time(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	if (x->mark->at != y->mark->at)
		return x->mark->at < y->mark->at ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

/* Lines of one place happened in the order in which they stand there: one without a time stamp
 * neither after the dated one behind it nor before the one before it; and some stamps have no
 * milliseconds. */
static void keep_order(struct placed *v, size_t n)
{
	int64_t bound = INT64_MAX;

	for (size_t i = n; i-- > 0;) {
		struct log_mark_row *m = v[i].mark;

		if (m->is_dated == TRI_FALSE)
			m->at = min_i64(m->at, bound);
		else
			bound = m->at;
	}
	for (size_t i = 1; i < n; i++) {
		const struct log_mark_row *last = v[i - 1].mark;
		struct log_mark_row *m = v[i].mark;
		int64_t least = max_i64(last->at, last->last_at);

		if (m->is_dated == TRI_FALSE || least - m->at < WHOLE_SECOND_MS)
			m->at = max_i64(m->at, least);
		m->last_at = max_i64(m->last_at, m->at);
	}
}

static size_t marks_of(const struct section *log, struct arena *a, size_t order, struct placed *v)
{
	const struct rowset *set = dataset_rows(log->data, &schema_log_mark);
	size_t n = 0;

	for (size_t k = 0; k < set->n; k++) {
		const struct log_mark_row *m = set->rows[k];

		if (is_absent(m->at)) /* a line of no known time proves nothing of now */
			continue;
		v[n].mark = ARENA_NEW(a, struct log_mark_row);
		*v[n].mark = *m;
		v[n].order = order + n;
		if (!m->whose || strncmp(text_str(m->whose), "executor", 8) != 0)
			v[n].order += BEHIND_EXECUTORS; /* the driver repeats what they say */
		n++;
	}
	keep_order(v, n);
	return n;
}

const struct log_mark_row **incident_marks(const struct section *const *logs, size_t nlogs,
					   struct arena *a, size_t *n)
{
	const struct log_mark_row **out;
	struct placed *v;
	size_t most = 0;

	for (size_t i = 0; i < nlogs; i++)
		most += dataset_rows(logs[i]->data, &schema_log_mark)->n;
	v = ARENA_ARRAY(a, struct placed, most + 1);
	out = ARENA_ARRAY(a, const struct log_mark_row *, most + 1);
	*n = 0;
	for (size_t i = 0; i < nlogs; i++)
		*n += marks_of(logs[i], a, *n, v + *n);
	qsort(v, *n, sizeof(*v), by_time);
	for (size_t i = 0; i < *n; i++)
		out[i] = v[i].mark;
	return out;
}

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

static bool live(struct incident_memory *m, int64_t at, struct incident_row *row)
{
	bool is_same =
		!is_absent(m->opened_at) && (is_absent(m->closed_at) || is_of_before(m, row));
	bool was_open = is_same && is_open(m);

	if (!is_same) {
		forget(m);
		m->opened_at = row->opened_at;
	}
	row->opened_at = m->opened_at = min_i64(m->opened_at, row->opened_at);
	if (!m->root[0] && row->root)
		snprintf(m->root, sizeof(m->root), "%s", text_str(row->root));
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

static int by_time(const void *a, const void *b)
{
	const struct log_mark_row *x = *(const struct log_mark_row *const *)a;
	const struct log_mark_row *y = *(const struct log_mark_row *const *)b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

const struct log_mark_row **incident_marks(const struct section *const *logs, size_t nlogs,
					   struct arena *a, size_t *n)
{
	const struct log_mark_row **v;
	size_t most = 0;

	for (size_t i = 0; i < nlogs; i++)
		most += dataset_rows(logs[i]->data, &schema_log_mark)->n;
	v = ARENA_ARRAY(a, const struct log_mark_row *, most + 1);
	*n = 0;
	for (size_t i = 0; i < nlogs; i++) {
		const struct rowset *set = dataset_rows(logs[i]->data, &schema_log_mark);

		for (size_t k = 0; k < set->n; k++) {
			const struct log_mark_row *m = set->rows[k];
			if (!is_absent(m->at)) /* a line of no known time proves nothing of now */
				v[(*n)++] = m;
		}
	}
	qsort(v, *n, sizeof(*v), by_time);
	return v;
}

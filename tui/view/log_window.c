/* log_window.c - the lines that the log view holds. At the end of a log it shows what the log's
 * section holds and follows it; elsewhere pages are asked for before the cursor reaches the edge,
 * and the window moves over the log without a hole. A line that is not shown is either outside the
 * window, where it is fetched, or named by the filter in the title: none is dropped in silence. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "log_parts.h"

enum { PATIENCE_MS = 10000 };

static const struct rowset *lines_of(const struct dataset *d)
{
	for (size_t i = 0; d && i < d->nsets; i++)
		if (d->sets[i].schema == &schema_log_line)
			return &d->sets[i];
	return NULL;
}

static const struct log_line_row *line_at(const struct rowset *rows, size_t i)
{
	return rows->rows[i];
}

static bool holds(const struct text *line, const char *filter)
{
	bool is_inverted = *filter == '!';
	const char *word = filter + is_inverted;

	return !*word || (line && strcasestr(text_str(line), word)) != is_inverted;
}

void log_forget(struct log_own *o)
{
	for (size_t i = 0; i < o->nparts; i++)
		dataset_unref(o->parts[i]);
	o->nparts = o->nrows = o->cursor = o->top = 0;
	o->is_at_begin = o->is_at_end = false;
	o->covered = o->search_from = o->top_at = ABSENT;
}

void log_release(struct log_own *o)
{
	log_forget(o);
	dataset_unref(o->before);
	o->before = NULL;
	o->want = LOG_WANT_NOTHING;
}

const struct log_line_row *log_cursor(const struct log_own *o)
{
	return o->cursor < o->nrows ? o->rows[o->cursor] : NULL;
}

/* --- asking --- */

static int ask(struct ui *ui, struct view_state *v, enum log_want want, struct request *r,
	       struct err *err)
{
	struct log_own *o = log_own(v);
	int rc;

	r->kind = REQUEST_LOG_PAGE;
	r->count = r->count ? r->count : LOG_PAGE;
	snprintf(r->job, sizeof(r->job), "%s", o->job);
	snprintf(r->file, sizeof(r->file), "%s", o->place);
	if (want != LOG_WANT_FOUND)
		snprintf(r->filter, sizeof(r->filter), "%s", o->filter);
	rc = ui_request(ui, r, err);
	if (rc)
		return rc;
	dataset_unref(o->before);
	o->before = ui->snap && ui->snap->detail ? dataset_ref(ui->snap->detail) : NULL;
	o->want = want;
	o->asked_at = clock_wall(ui->clock);
	return 0;
}

static void ask_or_say(struct ui *ui, struct view_state *v, enum log_want want, struct request r)
{
	struct err err = {0};

	if (ask(ui, v, want, &r, &err) < 0)
		ui_say(ui, "%s", err.message);
}

/* Where what comes after it begins; at a note the search stopped, nothing was looked at there. */
static int64_t behind(const struct log_line_row *r)
{
	return r->offset + (r->level != LOG_LINE_NOTE);
}

/* Before the cursor stands at an edge of what is held. */
static void ask_around(struct ui *ui, struct view_state *v)
{
	struct log_own *o = log_own(v);

	if (o->want != LOG_WANT_NOTHING)
		return;
	if (!o->nrows) {
		/* Nothing from there on: perhaps before it. */
		if (o->nparts && !o->is_at_begin && o->wanted_at > 0)
			ask_or_say(ui, v, LOG_WANT_OLDER,
				   (struct request){.from = o->wanted_at, .flag = true});
		return;
	}
	if (o->cursor < LOG_NEAR && !o->is_at_begin && o->rows[0]->offset > 0)
		ask_or_say(ui, v, LOG_WANT_OLDER,
			   (struct request){.from = o->rows[0]->offset, .flag = true});
	else if (!o->is_following && !o->is_at_end && o->cursor + LOG_NEAR >= o->nrows)
		ask_or_say(ui, v, LOG_WANT_NEWER,
			   (struct request){.from = behind(o->rows[o->nrows - 1])});
}

/* --- the window --- */

/* A search that stopped between two parts went on in the next one. */
static bool is_past_note(const struct log_own *o, size_t part, const struct rowset *rows, size_t k)
{
	return line_at(rows, k)->level == LOG_LINE_NOTE &&
	       ((k + 1 == rows->n && part + 1 < o->nparts) || (k == 0 && part > 0));
}

/* The rows of all parts, each part from where the one before it ends. */
static void make_rows(struct view_state *v)
{
	struct log_own *o = log_own(v);
	int64_t last = INT64_MIN;
	size_t n = 0;

	for (size_t i = 0; i < o->nparts; i++)
		n += lines_of(o->parts[i])->n;
	o->rows = ARENA_ARRAY(&v->arena, const struct log_line_row *, n + 1);
	o->nrows = 0;
	for (size_t i = 0; i < o->nparts; i++) {
		const struct rowset *rows = lines_of(o->parts[i]);
		int64_t from = last;

		for (size_t k = 0; k < rows->n; k++) {
			const struct log_line_row *r = line_at(rows, k);

			if ((i && r->offset <= from) || is_past_note(o, i, rows, k) ||
			    (r->level != LOG_LINE_NOTE && !holds(r->text, o->filter)))
				continue;
			o->rows[o->nrows++] = r;
			last = max_i64(last, r->offset);
		}
	}
}

/* The line of that offset, or the first behind it. */
static size_t row_of(const struct log_own *o, int64_t offset)
{
	size_t lo = 0, hi = o->nrows;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (o->rows[mid]->offset < offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < o->nrows ? lo : o->nrows ? o->nrows - 1 : 0;
}

static void rebuild(struct view_state *v)
{
	struct log_own *o = log_own(v);

	make_rows(v);
	if (o->is_following && o->nrows) {
		o->cursor = o->nrows - 1;
		o->cursor_at = o->rows[o->cursor]->offset;
		return;
	}
	o->cursor = row_of(o, o->cursor_at);
	o->top = is_absent(o->top_at) ? 0 : row_of(o, o->top_at);
}

/* At most LOG_PARTS are held: the one farthest from the new one goes. */
static void add_part(struct log_own *o, const struct dataset *d, bool is_before)
{
	if (o->nparts == LOG_PARTS) {
		dataset_unref(o->parts[is_before ? LOG_PARTS - 1 : 0]);
		if (!is_before)
			memmove(o->parts, o->parts + 1, (LOG_PARTS - 1) * sizeof(o->parts[0]));
		o->nparts--;
		if (is_before)
			o->is_at_end = false;
		else
			o->is_at_begin = false;
	}
	if (is_before)
		memmove(o->parts + 1, o->parts, o->nparts * sizeof(o->parts[0]));
	o->parts[is_before ? 0 : o->nparts] = dataset_ref(d);
	o->nparts++;
}

static void only_part(struct log_own *o, const struct dataset *d)
{
	log_forget(o);
	o->parts[o->nparts++] = dataset_ref(d);
}

void log_move_to(struct ui *ui, struct view_state *v, int64_t row)
{
	struct log_own *o = log_own(v);
	bool was_end = o->nrows && o->cursor + 1 == o->nrows;

	if (!o->nrows)
		return;
	o->search_from = ABSENT;
	if (row >= (int64_t)o->nrows - 1 && was_end && o->is_at_end) {
		log_follow(ui, v); /* below the end of the log there is what comes next */
		return;
	}
	o->cursor = (size_t)max_i64(min_i64(row, (int64_t)o->nrows - 1), 0);
	o->cursor_at = o->rows[o->cursor]->offset;
	if (o->cursor + 1 < o->nrows)
		o->is_following = false;
	ask_around(ui, v);
}

void log_go_to(struct ui *ui, struct view_state *v, int64_t offset)
{
	struct log_own *o = log_own(v);
	int64_t from = max_i64(offset - LOG_CONTEXT_BYTES, 0);

	o->is_following = false;
	o->is_jump = true;
	if (o->nrows && offset >= o->rows[0]->offset && offset <= o->rows[o->nrows - 1]->offset) {
		log_move_to(ui, v, (int64_t)row_of(o, offset));
		return;
	}
	o->wanted_at = offset;
	ask_or_say(ui, v, LOG_WANT_AT, (struct request){.from = from});
}

/* --- following --- */

/* What is shown at the end: without a filter what the section holds; with one what was searched
 * for, again when something new holds it. */
static void follow(struct ui *ui, struct view_state *v)
{
	struct log_own *o = log_own(v);
	const struct dataset *d = o->section ? o->section->data : NULL;
	const struct rowset *rows = lines_of(d);
	bool is_news = false;

	if (!rows)
		return;
	if (!*o->filter) {
		if (o->nparts != 1 || o->parts[0] != d)
			only_part(o, d);
		o->is_at_end = true;
		return;
	}
	for (size_t i = 0; i < rows->n && !is_news; i++)
		is_news = line_at(rows, i)->offset > o->covered &&
			  (i == 0 || holds(line_at(rows, i)->text, o->filter));
	if ((is_absent(o->covered) || is_news) && o->want == LOG_WANT_NOTHING) {
		ask_or_say(ui, v, LOG_WANT_END, (struct request){.from = ABSENT, .flag = true});
		o->covered = rows->n ? line_at(rows, rows->n - 1)->offset : 0;
	}
}

void log_follow(struct ui *ui, struct view_state *v)
{
	struct log_own *o = log_own(v);

	o->is_following = true;
	o->covered = ABSENT;
	if (o->want == LOG_WANT_OLDER || o->want == LOG_WANT_NEWER)
		o->want = LOG_WANT_NOTHING; /* its answer would be of another window */
	follow(ui, v);
	ui_refresh(ui);
}

/* --- finding --- */

static bool is_error(const struct log_line_row *r)
{
	return r->level == LOG_LINE_ERROR || r->level == LOG_LINE_MARK;
}

int log_find(struct ui *ui, struct view_state *v, const char *text, int direction, struct err *err)
{
	struct log_own *o = log_own(v);
	struct request r = {.count = 1, .flag = direction < 0, .group = text ? 0 : 1};
	const struct log_line_row *here = log_cursor(o);

	if (!here)
		return err_set(err, ERR_MISSING, "no lines yet");
	snprintf(o->what, sizeof(o->what), "%s", text ? "match" : "error or mark");
	for (size_t i = o->cursor + (size_t)direction; i < o->nrows; i += (size_t)direction) {
		const struct log_line_row *row = o->rows[i];

		if (row->level == LOG_LINE_NOTE ||
		    (text ? !holds(row->text, text) : !is_error(row)))
			continue;
		o->is_jump = i < o->top || i >= o->top + (size_t)max_i64(o->page, 1);
		log_move_to(ui, v, (int64_t)i);
		return 0;
	}
	r.from = direction < 0 ? o->rows[0]->offset : behind(o->rows[o->nrows - 1]);
	if (!is_absent(o->search_from) && o->direction == direction)
		r.from = o->search_from;
	snprintf(r.filter, sizeof(r.filter), "%s", text ? text : o->filter);
	o->direction = direction;
	return ask(ui, v, LOG_WANT_FOUND, &r, err);
}

static void found(struct ui *ui, struct view_state *v, const struct rowset *rows)
{
	struct log_own *o = log_own(v);
	const struct log_line_row *r = rows->n ? line_at(rows, 0) : NULL;

	if (r && r->level != LOG_LINE_NOTE) {
		log_go_to(ui, v, r->offset);
		return;
	}
	o->search_from = r ? r->offset : ABSENT;
	if (r)
		ui_say(ui, "no %s up to byte %lld; the same key searches on", o->what,
		       (long long)r->offset);
	else
		ui_say(ui, "no further %s %s", o->what, o->direction > 0 ? "below" : "above");
}

/* --- answers --- */

static void take(struct ui *ui, struct view_state *v, const struct dataset *d)
{
	struct log_own *o = log_own(v);
	const struct rowset *rows = lines_of(d);
	enum log_want want = o->want;

	o->want = LOG_WANT_NOTHING;
	switch (want) {
	case LOG_WANT_NOTHING:
		break;
	case LOG_WANT_OLDER:
		o->is_at_begin = !rows->n;
		if (rows->n)
			add_part(o, d, true);
		break;
	case LOG_WANT_NEWER:
		o->is_at_end = !rows->n;
		if (rows->n)
			add_part(o, d, false);
		break;
	case LOG_WANT_END:
		only_part(o, d);
		o->is_at_end = true;
		o->covered = o->section && lines_of(o->section->data)->n
				     ? line_at(lines_of(o->section->data),
					       lines_of(o->section->data)->n - 1)
					       ->offset
				     : 0;
		break;
	case LOG_WANT_AT:
		only_part(o, d);
		o->cursor_at = o->wanted_at;
		o->is_jump = true;
		break;
	case LOG_WANT_FOUND:
		found(ui, v, rows);
		break;
	}
}

/* An answer is a detail that was not there when it was asked for, and of this place. */
static void receive(struct ui *ui, struct view_state *v)
{
	struct log_own *o = log_own(v);
	const struct dataset *d = ui->snap ? ui->snap->detail : NULL;
	const struct rowset *rows = lines_of(d);

	if (o->want == LOG_WANT_NOTHING)
		return;
	if (d == o->before || !rows ||
	    (rows->n &&
	     (!line_at(rows, 0)->place || !text_is(line_at(rows, 0)->place, o->place)))) {
		if (ui->now - o->asked_at > PATIENCE_MS)
			o->want = LOG_WANT_NOTHING;
		return;
	}
	take(ui, v, d);
}

/* --- the place --- */

static void find_section(struct ui *ui, struct log_own *o)
{
	o->section = NULL;
	for (size_t i = 0; ui->snap && i < ui->snap->nsections; i++) {
		const struct section *s = ui->snap->sections[i];
		const struct log_file_row *f = s->source == SOURCE_LOG && s->data
						       ? dataset_one(s->data, &schema_log_file)
						       : NULL;

		if (f && f->place && text_is(f->place, o->place) && f->job &&
		    text_is(f->job, o->job) && lines_of(s->data))
			o->section = s;
	}
}

static void find_file(struct ui *ui, struct view_state *v)
{
	struct log_own *o = log_own(v);
	struct rowset files = view_rows(ui, v, &schema_log_file, o->job);

	o->file = NULL;
	o->nplaces = *o->job ? files.n : 0;
	for (size_t i = 0; i < o->nplaces; i++) {
		const struct log_file_row *f = files.rows[i];

		if (f->place && text_is(f->place, o->place)) {
			o->file = f;
			o->place_at = i;
		}
	}
}

void log_choose(struct ui *ui, struct view_state *v, int step)
{
	struct log_own *o = log_own(v);
	struct rowset files = view_rows(ui, v, &schema_log_file, ui->job);
	const struct log_file_row *f;
	size_t at = 0;

	log_release(o);
	if (step && files.n)
		at = (o->place_at + (step > 0 ? 1 : files.n - 1)) % files.n;
	f = files.n && *ui->job ? files.rows[at] : NULL;
	snprintf(o->job, sizeof(o->job), "%s", ui->job);
	snprintf(o->place, sizeof(o->place), "%.1000s", f && f->place ? text_str(f->place) : "");
	*o->filter = *o->search = '\0';
	o->is_following = true;
}

void log_refresh(struct ui *ui, struct view_state *v)
{
	struct log_own *o = log_own(v);

	if (strcmp(o->job, ui->job) || !*o->place)
		log_choose(ui, v, 0);
	/* The arena was emptied: the rows of the parts are listed again. */
	make_rows(v);
	find_file(ui, v);
	find_section(ui, o);
	if (o->file && o->file->bytes != o->bytes) {
		o->bytes = o->file->bytes;
		o->is_at_end = o->is_following;
	}
	receive(ui, v);
	if (o->is_following)
		follow(ui, v);
	rebuild(v);
	/* A filter leaves little of a page: the rest of the screen is filled as well. */
	if (!o->is_following && o->nrows < (size_t)max_i64(o->page, 1))
		ask_around(ui, v);
}

const struct log_mark_row *log_mark_of(const struct log_own *o, const struct log_line_row *line)
{
	const struct rowset *marks =
		o->section ? dataset_rows(o->section->data, &schema_log_mark) : NULL;

	for (size_t i = marks ? marks->n : 0; line && i-- > 0;) {
		const struct log_mark_row *m = marks->rows[i];

		if (m->offset == line->offset)
			return m;
	}
	return NULL;
}

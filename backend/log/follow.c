/* log/follow.c - a file or a stream under one roof: reads it, and makes rows of what is known. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../include/snapshot.h"
#include "child.h"
#include "file.h"
#include "follow.h"
#include "stream.h"

enum {
	LINES = 500,
	LINE_BYTES = 4096,
	LINES_BYTES = 512 * 1024,
	PAGE_BYTES = 8 << 20,
	LOOK_MS = 300,
	PIECE = 256 * 1024,
	QUIET_MS = 10,  /* a child that writes is waited for that long ... */
	FIRST_MS = 500, /* ... and for its first bytes that long */
};

const char follow_journal[] = "journal ", follow_command[] = "command ",
	   follow_worker[] = "worker ";

/* What the last rows said; when it differs there is news. */
struct said {
	int64_t read, bytes, errors, marks, lines, skipped, gaps;
	const char *problem;
	bool is_growing;
};

struct log_follow {
	char *job, *place, *whose, *found_by;
	struct log_file *file; /* NULL: a stream */
	struct log_stream stream;
	struct log_child child; /* argv NULL: none */
	bool is_journal;
	int64_t skipped;            /* of a worker's tail */
	int64_t read;               /* bytes in all, for the speed */
	int64_t looked_at, grew_at; /* wall ms; ABSENT */
	double speed;
	struct said said;
	bool has_said;
};

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

void follow_journal_argv(const char *unit, int64_t since, struct journal_argv *out)
{
	const char *const argv[] = {"journalctl",
				    "--follow",
				    "--output=short-unix",
				    "--no-hostname",
				    "--no-pager",
				    "--quiet",
				    out->last,
				    "--unit",
				    unit,
				    NULL};

	_Static_assert(sizeof(argv) == sizeof(out->v), "room for every argument");
	snprintf(out->last, sizeof(out->last), "--lines=10000");
	if (!is_absent(since))
		snprintf(out->last, sizeof(out->last), "--since=@%lld", (long long)(since / 1000));
	memcpy(out->v, argv, sizeof(argv));
}

static void init_journal(struct log_child *c, const char *unit, int64_t since)
{
	struct journal_argv argv;

	follow_journal_argv(unit, since, &argv);
	log_child_init(c, argv.v);
}

struct log_follow *follow_new(const struct follow_spec *spec, struct signatures *signatures)
{
	struct log_follow *f = xcalloc(1, sizeof(*f));

	f->job = xstrdup(spec->job);
	f->place = xstrdup(spec->place);
	f->whose = xstrdup(spec->whose);
	f->found_by = xstrdup(spec->found_by);
	f->looked_at = f->grew_at = ABSENT;
	f->speed = ABSENT_REAL;
	f->is_journal = begins(spec->place, follow_journal);
	if (f->is_journal)
		init_journal(&f->child, spec->place + strlen(follow_journal), ABSENT);
	else if (begins(spec->place, follow_command) && spec->command)
		log_child_init(&f->child, spec->command);
	else if (!begins(spec->place, follow_worker))
		f->file = log_file_new(spec->place, signatures);
	if (!f->file)
		log_stream_init(&f->stream, signatures);
	return f;
}

void follow_free(struct log_follow *f)
{
	if (!f)
		return;
	log_file_free(f->file);
	if (!f->file)
		log_stream_release(&f->stream);
	if (f->child.argv)
		log_child_release(&f->child);
	free(f->job);
	free(f->place);
	free(f->whose);
	free(f->found_by);
	free(f);
}

static const struct log_scan *scan_of(const struct log_follow *f)
{
	return f->file ? &f->file->scan : &f->stream.scan;
}

/* --- reading --- */

static int64_t mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void start_again(struct log_follow *f, int64_t now)
{
	struct log_child *c = &f->child;

	if (c->pid || now < c->again_at)
		return;
	if (c->starts && f->is_journal) {
		struct log_child old = *c;
		init_journal(c, f->place + strlen(follow_journal), f->stream.scan.last_at);
		c->wait_ms = old.wait_ms;
		c->starts = old.starts;
		old.pid = 0;
		log_child_release(&old);
	}
	if (log_child_run(c, now) && c->starts > 1)
		log_stream_restart(&f->stream);
}

static bool read_child(struct log_follow *f, int64_t now)
{
	int64_t until = mono_ms() + LOOK_MS;
	int wait = f->child.starts ? QUIET_MS : FIRST_MS;
	size_t n, all = 0;

	start_again(f, now);
	do {
		char *room = log_stream_room(&f->stream, PIECE);
		n = log_child_read(&f->child, room, PIECE, f->stream.end ? QUIET_MS : wait, now);
		if (n)
			log_stream_add(&f->stream, n);
		all += n;
	} while (n && mono_ms() < until);
	if (!all)
		log_stream_peek(&f->stream);
	return n > 0;
}

void follow_add(struct log_follow *f, const char *p, size_t len)
{
	memcpy(log_stream_room(&f->stream, len), p, len);
	log_stream_add(&f->stream, len);
}

void follow_skip(struct log_follow *f, int64_t bytes)
{
	f->skipped += bytes;
}

bool follow_look(struct log_follow *f, int64_t now)
{
	int64_t before = f->file ? f->file->rotations : 0, from = f->file ? f->file->at : 0;
	bool is_first = is_absent(f->looked_at), has_more = false;

	f->stream.scan.undated_at = now;
	f->stream.scan.not_after = now + DATE_AHEAD_MS;
	if (f->file)
		has_more = log_file_look(f->file, now);
	else if (f->child.argv)
		has_more = read_child(f, now);
	int64_t grown = f->file ? f->file->at - (f->file->rotations == before ? from : 0)
				: f->stream.end - f->read;
	f->read += grown;
	if (grown > 0)
		f->grew_at = now;
	if (!is_first && now > f->looked_at)
		f->speed = (double)grown * 1000 / (double)(now - f->looked_at);
	f->looked_at = now;
	return has_more;
}

const char *follow_problem(const struct log_follow *f)
{
	const char *problem = f->file ? f->file->problem : f->child.problem;

	return problem[0] ? problem : NULL;
}

/* --- rows --- */

static struct said say(const struct log_follow *f)
{
	const struct log_scan *s = scan_of(f);
	struct said said = {.read = f->read,
			    .errors = s->errors,
			    .marks = s->nmarks,
			    .lines = s->lines,
			    .skipped = f->skipped,
			    .problem = follow_problem(f),
			    .is_growing = f->speed > 0};

	if (f->file) {
		said.bytes = f->file->size;
		said.errors += f->file->before.errors;
		said.marks += f->file->before.nmarks;
		said.lines = log_file_lines(f->file);
		said.skipped = f->file->skipped_bytes;
		said.gaps = f->file->gaps;
	}
	return said;
}

bool follow_has_news(const struct log_follow *f)
{
	struct said now = say(f);

	return !f->has_said || now.read != f->said.read || now.bytes != f->said.bytes ||
	       now.errors != f->said.errors || now.marks != f->said.marks ||
	       now.lines != f->said.lines || now.skipped != f->said.skipped ||
	       now.gaps != f->said.gaps || !now.problem != !f->said.problem ||
	       now.is_growing != f->said.is_growing;
}

static const struct text *clean(struct arena *a, const char *s)
{
	return text_clean(a, s, strlen(s));
}

static void add_file(struct dataset *d, const struct log_follow *f)
{
	struct log_file_row *row = ARENA_NEW(&d->arena, struct log_file_row);
	const struct said *said = &f->said;
	int64_t last_at = scan_of(f)->last_at;

	field_clear_row(&schema_log_file, row);
	row->job = clean(&d->arena, f->job);
	row->place = clean(&d->arena, f->place);
	row->found_by = clean(&d->arena, f->found_by);
	row->whose = clean(&d->arena, f->whose);
	row->problem = said->problem ? clean(&d->arena, said->problem) : NULL;
	row->last_at = is_absent(last_at) ? f->grew_at : last_at;
	row->bytes_per_s = f->speed;
	row->rotations = f->file ? f->file->rotations : max_i64(f->child.starts - 1, 0);
	if (f->file && f->file->fd < 0) { /* never seen */
		dataset_add(d, &schema_log_file, row, 1);
		return;
	}
	row->bytes = f->file ? said->bytes : f->stream.end;
	row->lines = said->lines;
	row->errors = said->errors;
	row->marks = said->marks;
	row->skipped_bytes = said->skipped;
	row->gaps = said->gaps;
	row->skipped_lines = f->file ? f->file->skipped_lines : f->skipped ? ABSENT : 0;
	dataset_add(d, &schema_log_file, row, 1);
}

static void fill_mark(struct log_mark_row *row, struct dataset *d, const struct log_follow *f,
		      const struct scan_mark *m)
{
	struct arena *a = &d->arena;

	field_clear_row(&schema_log_mark, row);
	row->job = clean(a, f->job);
	row->place = clean(a, f->place);
	row->whose = clean(a, f->whose);
	row->at = m->at;
	row->last_at = m->last_at;
	row->is_dated = m->is_dated ? TRI_TRUE : TRI_FALSE;
	row->offset = m->offset;
	row->kind = (int)m->what->kind;
	row->name = signature_name(a, m->what, m->exit_code);
	row->means = signature_means(a, m->what, m->exit_code);
	row->next = signature_next(a, m->what, m->exit_code);
	row->text = text_clean_max(a, m->text, m->len, SCAN_TEXT);
	row->count = m->count;
	row->exit_code = m->exit_code;
}

static void add_roots(struct dataset *d, const struct log_follow *f, const struct scan_roots *r,
		      struct log_mark_row *rows)
{
	for (size_t i = 0; i < r->n; i++) {
		fill_mark(&rows[i], d, f, &r->v[i]);
		rows[i].story_to = r->last_at;
	}
}

static void add_marks(struct dataset *d, const struct log_follow *f)
{
	const struct log_scan *scan = scan_of(f), *before = f->file ? &f->file->before : NULL;
	size_t old = before ? min_size(before->n, SCAN_MARKS - scan->n) : 0;
	struct scan_roots roots = log_scan_roots(before, old, scan);
	size_t n = roots.n + old + scan->n;
	struct log_mark_row *rows = ARENA_ARRAY(&d->arena, struct log_mark_row, n + 1), *row;
	bool is_numbered = !f->file || !is_absent(log_file_lines(f->file));

	add_roots(d, f, &roots, rows);
	row = rows + roots.n;
	for (size_t i = 0; i < old; i++, row++) {
		const struct scan_mark *m = log_scan_mark_at(before, before->n - old + i);
		fill_mark(row, d, f, m);
		row->line = m->line + 1;
	}
	for (size_t i = 0; i < scan->n; i++, row++) {
		const struct scan_mark *m = log_scan_mark_at(scan, i);
		fill_mark(row, d, f, m);
		if (is_numbered && !is_absent(m->line))
			row->line = m->line + 1 + (before ? before->lines : 0);
	}
	scan_roots_release(&roots);
	dataset_add(d, &schema_log_mark, rows, n);
}

static struct lines_from bytes_of(struct log_follow *f)
{
	return f->file ? log_file_bytes(f->file) : log_stream_bytes(&f->stream);
}

struct dataset *follow_rows(struct log_follow *f)
{
	struct dataset *d = dataset_new();
	struct lines_from from = bytes_of(f);
	struct lines_wish wish = {
		.job = f->job,
		.place = f->place,
		.signatures = scan_of(f)->signatures,
		.from = ABSENT,
		.count = LINES,
		.filter = "",
		.max_line = LINE_BYTES,
		.max_bytes = LINES_BYTES,
	};

	f->said = say(f);
	f->has_said = true;
	add_file(d, f);
	add_marks(d, f);
	lines_page(d, &from, &wish);
	return d;
}

struct dataset *follow_page(struct log_follow *f, const struct request *r)
{
	struct dataset *d = dataset_new();
	struct lines_from from = bytes_of(f);
	struct lines_wish wish = {
		.job = f->job,
		.place = f->place,
		.signatures = scan_of(f)->signatures,
		.from = r->from,
		.count = r->count,
		.is_backwards = r->flag,
		.only_marked = r->group == 1,
		.filter = r->filter,
		.max_line = TEXT_MAX,
		.max_bytes = PAGE_BYTES,
	};

	lines_page(d, &from, &wish);
	return d;
}

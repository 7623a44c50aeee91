/* log/scan.c - finds the marks in a stream of lines.
 *
 * DESIGN: the search for known texts runs over whole blocks and knows no lines; only where it finds
 * one is the line around it cut out, judged and dated. Newlines are counted by themselves, many
 * at a time. A mark without a time stamp takes that of the nearest line before it, which is looked
 * for backwards and never twice over the same bytes. What a failing job repeats is one mark with a
 * count. */
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "scan.h"

enum { BACK_LINES = 2000 };
static const int64_t same_event_ms = 5 * 60 * 1000, after_ms = 30 * 60 * 1000;

void log_scan_init(struct log_scan *s, struct signatures *signatures)
{
	*s = (struct log_scan){
		.signatures = signatures,
		.last_at = ABSENT,
		.peeked = {.offset = ABSENT, .at = ABSENT},
		.not_before = ABSENT,
		.known_to = ABSENT,
		.undated_at = ABSENT,
		.written_after = ABSENT,
		.not_after = ABSENT,
		.roots = {.last_at = ABSENT},
	};
}

void log_scan_release(struct log_scan *s)
{
	signatures_unref(s->signatures);
	free(s->marks);
	scan_roots_release(&s->roots);
	memset(s, 0, sizeof(*s));
}

int64_t count_newlines(const char *p, size_t len)
{
	/* 16 bytes: what every 64-bit processor has; wider ones the compiler would take apart. */
	typedef int8_t lanes __attribute__((vector_size(16)));
	int64_t n = 0;
	size_t at = 0;

	while (at + 2 * sizeof(lanes) <= len) {
		lanes a, b, sum_a = {0}, sum_b = {0};
		/* A lane counts to 127 at most. */
		for (int i = 0; i < 127 && at + 2 * sizeof(lanes) <= len;
		     i++, at += 2 * sizeof(lanes)) {
			memcpy(&a, p + at, sizeof(a));
			memcpy(&b, p + at + sizeof(a), sizeof(b));
			sum_a -= a == '\n';
			sum_b -= b == '\n';
		}
		for (size_t i = 0; i < sizeof(lanes); i++)
			n += sum_a[i] + sum_b[i];
	}
	for (; at < len; at++)
		n += p[at] == '\n';
	return n;
}

static size_t shown(size_t len)
{
	return min_size(len, SCAN_LINE);
}

int64_t log_scan_last_stamp(const char *p, size_t len, int most)
{
	while (len && most--) {
		size_t end = len - (p[len - 1] == '\n');
		const char *newline = memrchr(p, '\n', end);
		size_t from = newline ? (size_t)(newline + 1 - p) : 0;
		struct log_record r = log_record_read(p + from, shown(end - from));
		if (!is_absent(r.at))
			return r.at;
		len = from;
	}
	return ABSENT;
}

/* --- marks --- */

static struct scan_mark *newest(const struct log_scan *s)
{
	return s->n ? log_scan_mark_at(s, s->n - 1) : NULL;
}

static struct scan_mark *add_mark(struct log_scan *s)
{
	if (s->n < SCAN_MARKS && s->n == s->size) {
		s->size = s->size ? min_size(s->size * 2, SCAN_MARKS) : 8;
		s->marks = xrealloc(s->marks, s->size * sizeof(*s->marks));
	}
	if (s->n == SCAN_MARKS) {
		scan_roots_add(&s->roots, log_scan_mark_at(s, 0));
		s->first = (s->first + 1) % SCAN_MARKS;
	} else {
		s->n++;
	}
	return newest(s);
}

static bool is_repeated(const struct scan_mark *last, const struct scan_mark *m)
{
	if (!last || last->what->kind != m->what->kind || last->exit_code != m->exit_code ||
	    strcmp(last->what->name, m->what->name) != 0)
		return false;
	return is_absent(last->last_at) || is_absent(m->at) ||
	       m->at - last->last_at <= same_event_ms;
}

static bool is_behind_failure(const struct log_scan *s, int64_t at)
{
	const struct scan_mark *last = newest(s);

	return last && (is_absent(at) || is_absent(last->last_at) || at - last->last_at < after_ms);
}

/* A date in the future (a clock that is wrong, a zone that is not named) dates nothing: its mark
 * would be the newest of all for as long as that future lasts. */
static int64_t believed(const struct log_scan *s, int64_t at)
{
	return !is_absent(s->not_after) && at > s->not_after ? ABSENT : at;
}

/* Of a line without a time stamp: that of the nearest one before it, which stands in p[0..len) -
 * but no line is older than the look that did not see it yet. */
static int64_t date_before(struct log_scan *s, const char *p, size_t len, int64_t offset)
{
	size_t known = s->dated_to > offset ? (size_t)(s->dated_to - offset) : 0;
	int64_t at = known < len ? log_scan_last_stamp(p + known, len - known, BACK_LINES) : ABSENT;

	at = believed(s, at);
	s->dated_to = offset + (int64_t)len;
	if (!is_absent(at))
		s->last_at = at;
	return is_absent(s->last_at) ? s->undated_at : max_i64(s->last_at, s->written_after);
}

/* What a line gave before it was complete goes; it is judged again. */
static void withdraw(struct log_scan *s)
{
	struct scan_peeked *p = &s->peeked;

	s->nmarks -= p->did != MARK_NONE;
	if (p->did == MARK_ADDED)
		s->n--;
	if (p->did == MARK_REPEATED) {
		newest(s)->count--;
		newest(s)->last_at = p->last_at;
	}
	p->did = MARK_NONE;
}

static void forget_peeked(struct log_scan *s)
{
	s->peeked = (struct scan_peeked){.offset = ABSENT, .at = ABSENT};
}

struct line {
	const char *p; /* of the block */
	size_t from, to;
	int64_t offset; /* of the block */
	int64_t number;
};

static void take_mark(struct log_scan *s, const struct line *l, const struct signature *what,
		      const struct log_record *r)
{
	const char *text = l->p + l->from + r->from;
	size_t len = l->to - l->from - r->from;
	struct scan_mark m = {
		.is_dated = !is_absent(r->at),
		.line = l->number,
		.offset = l->offset + (int64_t)l->from,
		.what = what,
		.count = 1,
		.len = min_size(len, SCAN_TEXT),
	};
	(void)signatures_mark(s->signatures, l->p + l->from, l->to - l->from, &m.exit_code);
	bool is_known = m.offset == s->peeked.offset && !is_absent(s->peeked.at);
	m.at = m.is_dated ? r->at
	       : is_known ? s->peeked.at
			  : date_before(s, l->p, l->from, l->offset);
	m.last_at = m.at;
	if (m.exit_code == 0 ||
	    (!is_absent(s->known_to) && !is_absent(m.at) && m.at <= s->known_to) ||
	    ((what->flags & SIGNATURE_AFTER) && !is_behind_failure(s, m.at)))
		return;
	s->nmarks++;
	s->peeked.at = m.at;
	s->peeked.did = MARK_COUNTED;
	if (!is_absent(s->not_before) && !is_absent(m.at) && m.at < s->not_before)
		return;
	if (is_repeated(newest(s), &m)) {
		s->peeked.did = MARK_REPEATED;
		s->peeked.last_at = newest(s)->last_at;
		newest(s)->count++;
		newest(s)->last_at = is_absent(m.at) ? newest(s)->last_at : m.at;
		return;
	}
	s->peeked.did = MARK_ADDED;
	memcpy(m.text, text, m.len);
	*add_mark(s) = m;
}

static void take_line(struct log_scan *s, const struct line *l, bool is_counted)
{
	const char *p = l->p + l->from;
	size_t len = l->to - l->from;
	const struct signature *what = signatures_judge(s->signatures, p, len);

	if (!what || (what->flags & SIGNATURE_QUIET))
		return;
	struct log_record r = log_record_read(p, shown(len));
	r.at = believed(s, r.at);
	s->errors += is_counted && r.level == LOG_LINE_ERROR;
	if (!(what->flags & SIGNATURE_LEVEL))
		take_mark(s, l, what, &r);
	if (!is_absent(r.at)) {
		s->last_at = r.at;
		s->dated_to = l->offset + (int64_t)l->to;
	}
}

static void take_block(struct log_scan *s, const char *p, size_t len, int64_t offset,
		       bool is_counted)
{
	int64_t number = s->lines;
	size_t done = 0, at;

	while ((at = done + signatures_find(s->signatures, p + done, len - done)) < len) {
		const char *before = memrchr(p + done, '\n', at - done);
		const char *after = memchr(p + at, '\n', len - at);
		struct line l = {.p = p, .offset = offset};
		l.from = before ? (size_t)(before + 1 - p) : done;
		l.to = after ? (size_t)(after - p) : len;
		number += count_newlines(p + done, l.from - done);
		l.number = number;
		take_line(s, &l, is_counted);
		done = l.to;
	}
	if (is_counted)
		s->lines = number + count_newlines(p + done, len - done);
}

void log_scan_feed(struct log_scan *s, const char *p, size_t len, int64_t offset)
{
	if (s->watch)
		s->watch(s->watch_data, p, len);
	withdraw(s);
	take_block(s, p, len, offset, true);
	forget_peeked(s);
	(void)date_before(s, p, len, offset);
}

void log_scan_peek(struct log_scan *s, const char *p, size_t len, int64_t offset)
{
	if (offset == s->peeked.offset && len == s->peeked.len)
		return;
	withdraw(s);
	take_block(s, p, len, offset, false);
	s->peeked.offset = offset;
	s->peeked.len = len;
}

void log_scan_rotate(struct log_scan *s, int64_t size)
{
	for (size_t i = 0; i < s->n; i++) {
		log_scan_mark_at(s, i)->offset -= size;
		log_scan_mark_at(s, i)->line = ABSENT;
	}
	for (size_t i = 0; i < s->roots.n; i++)
		s->roots.v[i].offset -= size;
	s->lines = s->dated_to = 0;
	forget_peeked(s);
}

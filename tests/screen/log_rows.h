/* log_rows.h - a log of the drawn host, as long as wished: ordinary lines, and an OutOfMemoryError
 * with its consequences near the end. It answers page requests as the log source does. Static
 * functions, so that each test is one file. */
#ifndef SPARKOPS_TESTS_LOG_ROWS_H
#define SPARKOPS_TESTS_LOG_ROWS_H

#include <stdio.h>

#include "../../include/backend.h"
#include "../../include/row/log.h"
#include "cluster.h"

enum { LOG_WIDTH = 100 }; /* bytes of each line: line i begins at i * LOG_WIDTH */
#define LOG_PLACE "/srv/jobs/migration/job.log"

struct drawn_line {
	int64_t from_end; /* line number counted from the last, which is 0 */
	int level, kind;
	const char *text, *means;
};

static const struct drawn_line drawn_lines[] = {
	{14, LOG_LINE_WARN, -1,
	 "25/11/21 14:01:20 WARN TaskMemoryManager: Failed to allocate a page (67108864 bytes), "
	 "try "
	 "again.",
	 NULL},
	{12, LOG_LINE_ERROR, -1,
	 "25/11/21 14:01:23 ERROR Executor: Exception in task 2.0 in stage 41.0 (TID 1873)", NULL},
	{11, LOG_LINE_MARK, LOG_KIND_OOM, "java.lang.OutOfMemoryError: Java heap space",
	 "the heap is full; the thread dies, in a Spark task the JVM too (exit 52)"},
	{10, LOG_LINE_PLAIN, -1, "\tat java.base/java.util.Arrays.copyOf(Arrays.java:3537)", NULL},
	{8, LOG_LINE_MARK, LOG_KIND_DEAD_SESSION,
	 "2025-11-21 14:01:24,310 retry 2: Answer from Java side is empty",
	 "the JVM closed the connection: it died, or the thread that served it ran out of memory"},
	{5, LOG_LINE_MARK, LOG_KIND_REFUSED,
	 "ConnectionRefusedError: [Errno 111] Connection refused 127.0.0.1:40417",
	 "nothing listens there any more"},
	{3, LOG_LINE_MARK, LOG_KIND_RETRY, "2025-11-21 14:01:31,882 retry 3 of 5 in 30 s",
	 "the job tries again"},
};

/* Text of line i of n. */
static void log_line(struct arena *a, int64_t i, int64_t n, struct log_line_row *r)
{
	field_clear_row(&schema_log_line, r);
	r->job = TEXT("migration");
	r->place = TEXT(LOG_PLACE);
	r->offset = i * LOG_WIDTH;
	r->line = i + 1;
	r->at = CLUSTER_NOW - (n - i) * 1000;
	r->level = LOG_LINE_INFO;
	r->kind = -1;
	r->text = text_format(
		a,
		"25/11/21 13:%02lld:%02lld INFO TaskSetManager: Finished task %lld.0 in "
		"stage 41.0 in 212 ms",
		(long long)(i / 60 % 60), (long long)(i % 60), (long long)i);
	for (size_t k = 0; k < ARRAY_LEN(drawn_lines); k++) {
		const struct drawn_line *d = &drawn_lines[k];

		if (n - 1 - i != d->from_end)
			continue;
		r->level = d->level;
		r->kind = d->kind;
		r->text = text_clean(a, d->text, strlen(d->text));
		r->means = d->means ? text_clean(a, d->means, strlen(d->means)) : NULL;
		if (d->kind != LOG_KIND_OOM)
			continue;
		r->name = TEXT("OutOfMemoryError: Java heap space");
		r->next =
			TEXT("raise the memory of the JVM that wrote this (driver or executor) or "
			     "let it do less at once");
	}
}

static bool log_wished(const struct request *r, const struct log_line_row *l)
{
	bool is_inverted = r->filter[0] == '!';

	if (r->group == 1 && l->level != LOG_LINE_ERROR && l->level != LOG_LINE_MARK)
		return false;
	return !r->filter[is_inverted] ||
	       !!strstr(text_str(l->text), r->filter + is_inverted) != is_inverted;
}

/* What the source would answer for a log of n lines. */
ATTR_UNUSED static struct dataset *log_page(const struct request *r, int64_t n)
{
	struct dataset *d = dataset_new();
	struct log_line_row *rows =
		ARENA_ARRAY(&d->arena, struct log_line_row, (size_t)r->count + 1);
	int64_t i = is_absent(r->from) ? n : (r->from + LOG_WIDTH - 1) / LOG_WIDTH;
	int step = r->flag || is_absent(r->from) ? -1 : 1;
	size_t k = 0;

	for (i -= step < 0; i >= 0 && i < n && k < (size_t)r->count; i += step) {
		struct log_line_row l;

		log_line(&d->arena, i, n, &l);
		if (log_wished(r, &l))
			rows[k++] = l;
	}
	for (size_t m = 0; step < 0 && m < k / 2; m++) {
		struct log_line_row swap = rows[m];

		rows[m] = rows[k - 1 - m];
		rows[k - 1 - m] = swap;
	}
	dataset_add(d, &schema_log_line, rows, k);
	return d;
}

static void log_marks(struct dataset *d, int64_t n)
{
	struct log_mark_row *m = ARENA_ARRAY(&d->arena, struct log_mark_row, 1);

	field_clear_row(&schema_log_mark, m);
	m->job = TEXT("migration");
	m->place = TEXT(LOG_PLACE);
	m->offset = (n - 1 - 11) * LOG_WIDTH;
	m->kind = LOG_KIND_OOM;
	m->whose = TEXT("job");
	m->at = m->last_at = CLUSTER_NOW - 124000;
	m->name = TEXT("OutOfMemoryError: Java heap space");
	m->means = TEXT("the heap is full; the thread dies, in a Spark task the JVM too (exit 52)");
	m->next = TEXT(
		"raise the memory of the JVM that wrote this (driver or executor) or let it do "
		"less at once");
	m->count = 1;
	dataset_add(d, &schema_log_mark, m, 1);
}

/* The section of a log of n lines: what is known of it and its newest lines. */
ATTR_UNUSED static struct section *log_section(const char *place, int64_t n)
{
	struct request r = {.from = ABSENT, .flag = true, .count = min_i64(n, 500)};
	struct dataset *d = log_page(&r, n);
	struct log_file_row *f = ARENA_NEW(&d->arena, struct log_file_row);
	struct section *s = section_new();

	field_clear_row(&schema_log_file, f);
	f->job = TEXT("migration");
	f->place = text_clean(&d->arena, place, strlen(place));
	f->whose = strcmp(place, LOG_PLACE) ? TEXT("executor 3") : TEXT("job");
	f->found_by = TEXT("open file of java 18423");
	f->bytes = n * LOG_WIDTH;
	f->lines = n;
	f->errors = 1;
	f->marks = 4;
	f->skipped_lines = 0;
	f->bytes_per_s = 4200;
	dataset_add(d, &schema_log_file, f, 1);
	log_marks(d, n);
	s->source = SOURCE_LOG;
	s->job = "migration";
	s->where = place;
	s->state = SECTION_OK;
	s->good_at = CLUSTER_NOW;
	s->data = d;
	return s;
}

#endif

/* action/facts.c - the last line before the first error, read from the end of the log.
 *
 * Where the error stands is known from the marks that the log source set: an offset in the same
 * file. A log without such a mark (the driver's has it, the job's own has the table) is cut by
 * time. Only so much of a log's end is looked at; a line older than that is no news of this run. */
#include "facts.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../include/row/incident.h"
#include "../../include/row/log.h"
#include "../log/file.h"

enum {
	LOOK_MAX = 32 << 20, /* bytes before the error */
	BLOCK = 1 << 20,
	LINE_MAX_BYTES = 4096, /* of a line that are matched */
	VALUE_MAX = 256,
	EARLY_MS = 60000, /* consequences are dated that much before their root at most */
	STAMP_LINES = 200,
};

/* --- one line --- */

/* A value goes into requests and command lines: one that would be shown otherwise than it is sent
 * is none. */
static const char *clean_value(const char *p, size_t len, struct arena *a)
{
	const struct text *shown;

	if (!len || len > VALUE_MAX)
		return NULL;
	shown = text_clean(a, p, len);
	return text_len(shown) == len && !memcmp(text_str(shown), p, len) ? text_str(shown) : NULL;
}

static bool match_line(const regex_t *re, const char *p, size_t len, struct arena *a,
		       struct fact *out)
{
	char line[LINE_MAX_BYTES + 1];
	regmatch_t group[2];

	len = min_size(len, LINE_MAX_BYTES);
	if (len && p[len - 1] == '\r')
		len--;
	memcpy(line, p, len);
	line[len] = '\0';
	if (memchr(line, '\0', len) || regexec(re, line, 2, group, 0) || group[1].rm_so < 0)
		return false;
	out->value =
		clean_value(line + group[1].rm_so, (size_t)(group[1].rm_eo - group[1].rm_so), a);
	if (!out->value)
		return false;
	out->line = text_str(text_clean(a, line, len));
	return true;
}

/* --- a file, backwards --- */

struct search {
	int fd;
	const regex_t *re;
	int64_t until;
	struct arena *a;
	struct fact *out;
	char *block;
};

static bool is_too_late(const struct search *s, size_t end_of_line)
{
	int64_t at;

	if (is_absent(s->until))
		return false;
	at = log_scan_last_stamp(s->block, end_of_line, STAMP_LINES);
	return !is_absent(at) && at > s->until;
}

/* The lines of block[from, len), the last one first. */
static bool search_lines(struct search *s, size_t from, size_t len)
{
	while (len > from) {
		size_t end = s->block[len - 1] == '\n' ? len - 1 : len;
		const char *newline =
			end > from ? memrchr(s->block + from, '\n', end - from) : NULL;
		size_t begin = newline ? (size_t)(newline - s->block) + 1 : from;

		if (match_line(s->re, s->block + begin, end - begin, s->a, s->out) &&
		    !is_too_late(s, len))
			return true;
		s->out->value = NULL;
		len = begin;
	}
	return false;
}

static bool search_back(struct search *s, int64_t end)
{
	int64_t lowest = max_i64(0, end - LOOK_MAX);

	while (end > lowest) {
		int64_t begin = max_i64(lowest, end - BLOCK);
		ssize_t n = pread(s->fd, s->block, (size_t)(end - begin), begin);
		const char *newline;
		size_t from = 0;

		if (n != end - begin)
			return false; /* it was cut meanwhile */
		newline = begin > 0 ? memchr(s->block, '\n', (size_t)n) : NULL;
		if (newline)
			from = (size_t)(newline - s->block) + 1;
		if (search_lines(s, begin > 0 && !newline ? (size_t)n : from, (size_t)n))
			return true;
		/* a line longer than a block is left out */
		end = from ? begin + (int64_t)from : begin;
		if (from == (size_t)n)
			end = begin;
	}
	return false;
}

bool fact_in_file(const char *path, const char *expression, int64_t end, int64_t until,
		  struct arena *a, struct fact *out)
{
	struct search s = {.until = until, .a = a, .out = out};
	const char *why;
	struct stat st;
	regex_t re;
	bool found;

	out->value = NULL;
	if (regcomp(&re, expression, REG_EXTENDED))
		return false; /* the configuration was checked: it is none of ours */
	s.re = &re;
	s.fd = file_open(path, &st, &why);
	found = s.fd >= 0;
	if (found) {
		s.block = xmalloc(BLOCK);
		found = search_back(&s, is_absent(end) ? st.st_size : min_i64(end, st.st_size));
		free(s.block);
		close(s.fd);
	}
	if (found)
		out->place = arena_strdup(a, path);
	regfree(&re);
	return found;
}

/* --- where to look, and up to where --- */

const struct incident_row *facts_incident(const struct snapshot *s, const char *job)
{
	const struct rowset *rows = dataset_rows(s->incidents, &schema_incident);
	const struct incident_row *best = NULL;

	for (size_t i = 0; i < rows->n; i++) {
		const struct incident_row *one = rows->rows[i];
		bool is_open = is_absent(one->closed_at);

		if (!text_is(one->job, job))
			continue;
		if (!best || is_open > is_absent(best->closed_at) ||
		    (is_open == is_absent(best->closed_at) && one->opened_at > best->opened_at))
			best = one;
	}
	return best;
}

static bool is_error(const struct log_mark_row *m)
{
	return m->kind == LOG_KIND_OOM || m->kind == LOG_KIND_DEAD_SESSION ||
	       m->kind == LOG_KIND_REFUSED || m->kind == LOG_KIND_STOPPED_CONTEXT ||
	       m->kind == LOG_KIND_EXECUTOR_LOST || m->kind == LOG_KIND_KILLED ||
	       m->kind == LOG_KIND_QUERY_DIED;
}

/* Offset of the incident's first error in that log; ABSENT: it holds none. A mark that began with
 * an earlier incident and was repeated since does not say where. */
static int64_t first_error(const struct rowset *marks, const char *job, const char *place,
			   int64_t since)
{
	int64_t first = ABSENT;

	for (size_t i = 0; i < marks->n; i++) {
		const struct log_mark_row *m = marks->rows[i];

		if (!text_is(m->job, job) || !text_is(m->place, place) || !is_error(m) ||
		    m->at < since - EARLY_MS)
			continue;
		if (is_absent(first) || m->offset < first)
			first = m->offset;
	}
	return first;
}

struct places {
	const struct rowset *files, *marks, *lines;
	const struct config_job *job;
	int64_t since; /* of the incident; ABSENT: there is none */
	struct arena *a;
};

/* A log that is no file: what of it the console holds. */
static bool find_in_lines(const struct places *p, const char *place, const char *expression,
			  struct fact *out)
{
	bool found = false;
	regex_t re;

	if (regcomp(&re, expression, REG_EXTENDED))
		return false;
	for (size_t i = p->lines->n; i-- > 0 && !found;) {
		const struct log_line_row *l = p->lines->rows[i];

		if (text_is(l->job, text_str(p->job->name)) && text_is(l->place, place) &&
		    (is_absent(p->since) || is_absent(l->at) || l->at <= p->since))
			found = match_line(&re, text_str(l->text), text_len(l->text), p->a, out);
	}
	if (found)
		out->place = arena_strdup(p->a, place);
	regfree(&re);
	return found;
}

static bool find_at(const struct places *p, const char *place, bool only_with_error,
		    const char *expression, struct fact *out)
{
	const char *job = text_str(p->job->name);
	int64_t end = is_absent(p->since) ? ABSENT : first_error(p->marks, job, place, p->since);

	if (is_absent(end) == only_with_error)
		return false;
	if (place[0] != '/')
		return find_in_lines(p, place, expression, out);
	/* an error below 0 stands in a file that was rotated away, and so does all before it */
	return fact_in_file(place, expression, is_absent(end) ? ABSENT : max_i64(end, 0),
			    is_absent(end) ? p->since : ABSENT, p->a, out);
}

static bool find_one(const struct places *p, const char *expression, struct fact *out)
{
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < p->files->n; i++) {
			const struct log_file_row *f = p->files->rows[i];

			if (text_is(f->job, text_str(p->job->name)) && f->place &&
			    find_at(p, text_str(f->place), round == 0, expression, out))
				return true;
		}
	}
	return false;
}

void facts_find(const struct snapshot *s, const struct config_job *job, struct arena *a,
		struct fact *out)
{
	const struct incident_row *incident = facts_incident(s, text_str(job->name));
	struct rowset files = snapshot_rows(s, &schema_log_file, a);
	struct rowset marks = snapshot_rows(s, &schema_log_mark, a);
	struct rowset lines = snapshot_rows(s, &schema_log_line, a);
	struct places p = {.files = &files,
			   .marks = &marks,
			   .lines = &lines,
			   .job = job,
			   .since = incident ? incident->opened_at : ABSENT,
			   .a = a};

	for (size_t i = 0; i < job->nfacts; i++) {
		out[i] = (struct fact){.name = job->facts[i].name};
		if (!find_one(&p, job->facts[i].log, &out[i]))
			out[i].value = NULL;
	}
}

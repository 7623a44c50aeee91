/* log/record.c - level, time and text of one line.
 *
 * DESIGN: what stands in front of a record is taken off first: NULs (a file that was truncated
 * under a writer has a hole at its beginning), carriage returns, blanks and the console progress
 * bar, which shares its line with the next record. A time stamp may be followed by journalctl's or
 * a container's own words and then by the record proper. The level is the first word behind the
 * stamp that is one, among the first few; a line without a stamp has a level only where the word
 * opens it as in Python's `ERROR:root:`. */
#include <string.h>

#include "record.h"

enum { WORDS_MAX = 8, HEAD_MAX = 256 };

struct word {
	const char *text;
	enum log_line_level level;
};

static const struct word words[] = {
	{"INFO", LOG_LINE_INFO},    {"WARN", LOG_LINE_WARN},      {"ERROR", LOG_LINE_ERROR},
	{"WARNING", LOG_LINE_WARN}, {"DEBUG", LOG_LINE_DEBUG},    {"TRACE", LOG_LINE_DEBUG},
	{"FATAL", LOG_LINE_ERROR},  {"CRITICAL", LOG_LINE_ERROR}, {"SEVERE", LOG_LINE_ERROR},
	{"NOTICE", LOG_LINE_INFO},
};

/* What opens a block that is an error without the word. */
static const char *const openers[] = {
	"Traceback (most recent call last)",
	"Exception in thread ",
	"Exception: ",
};

struct rest {
	const char *p, *end;
};

static size_t left(struct rest r)
{
	return (size_t)(r.end - r.p);
}

static bool begins(struct rest r, const char *with)
{
	size_t n = strlen(with);

	return left(r) >= n && memcmp(r.p, with, n) == 0;
}

static struct rest skip_any(struct rest r, const char *set, size_t n)
{
	while (r.p < r.end && memchr(set, *r.p, n))
		r.p++;
	return r;
}

/* `[Stage 6:>      (0 + 2) / 4]`, one or several, each drawn over the last one;
 * blanks wipe them. */
static struct rest skip_bars(struct rest all)
{
	struct rest r = skip_any(all, "\0\r", 2), after = skip_any(r, "\0\r ", 3);

	while (begins(after, "[Stage ")) {
		const char *end = memchr(after.p, ']', left(after));
		if (!end)
			break;
		r.p = end + 1;
		r = after = skip_any(r, "\0\r ", 3);
	}
	/* A wiped bar is a whole screen line of blanks; what is indented less is meant so. */
	return after.p - all.p >= 60 || after.p == after.end ? after : r;
}

static enum log_line_level level_of(const char *p, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i].text) == len && memcmp(words[i].text, p, len) == 0)
			return words[i].level;
	return LOG_LINE_PLAIN;
}

static size_t word_len(struct rest r)
{
	const char *p = r.p;

	while (p < r.end && *p >= 'A' && *p <= 'Z')
		p++;
	return (size_t)(p - r.p);
}

/* The first word among the first few that is a level: `INFO`, `[main] ERROR`, `-
 * name - WARNING -`. */
static enum log_line_level find_level(struct rest r)
{
	if (left(r) > HEAD_MAX)
		r.end = r.p + HEAD_MAX;
	for (int i = 0; i < WORDS_MAX && r.p < r.end; i++) {
		r = skip_any(r, " []-|\t", 6);
		size_t n = word_len(r);
		enum log_line_level level = level_of(r.p, n);
		bool is_whole = r.p + n == r.end || memchr(" ]:|-\t", r.p[n], 6);
		if (level != LOG_LINE_PLAIN && is_whole)
			return level;
		while (r.p < r.end && !memchr(" ]\t", *r.p, 3))
			r.p++;
	}
	return LOG_LINE_PLAIN;
}

/* Of a line without a time stamp. */
static enum log_line_level opening_level(struct rest r)
{
	size_t n = word_len(r);

	for (size_t i = 0; i < ARRAY_LEN(openers); i++)
		if (begins(r, openers[i]))
			return LOG_LINE_ERROR;
	if (r.p + n < r.end && (r.p[n] == ':' || r.p[n] == ' '))
		return level_of(r.p, n);
	return LOG_LINE_PLAIN;
}

/* --- structured lines --- */

/* The string value of a key of a JSON line, found by its text; len 0: not there. */
static struct rest json_text(struct rest r, const char *key)
{
	const char *at = memmem(r.p, left(r), key, strlen(key));
	struct rest none = {r.end, r.end}, v = {at ? at + strlen(key) : r.end, r.end};

	if (!at)
		return none;
	v = skip_any(v, " :", 2);
	if (v.p == v.end || *v.p != '"')
		return none;
	v.p++;
	const char *quote = memchr(v.p, '"', left(v));
	v.end = quote ? quote : v.end;
	return v;
}

static struct log_record read_record(const char *p, size_t len, bool is_inner);

static void read_json(struct rest r, struct log_record *record, bool is_inner)
{
	static const char *const keys[] = {"\"ts\"", "\"timestamp\"", "\"@timestamp\"", "\"time\""};
	struct rest level = json_text(r, "\"level\""), log = json_text(r, "\"log\"");

	for (size_t i = 0; i < ARRAY_LEN(keys) && is_absent(record->at); i++) {
		struct rest at = json_text(r, keys[i]);
		(void)log_stamp_read(at.p, left(at), &record->at);
	}
	record->level = level_of(level.p, left(level));
	if (left(log) && !is_inner) { /* a container's line around a line */
		struct log_record inner = read_record(log.p, left(log), true);
		record->level = inner.level;
		record->at = is_absent(record->at) ? inner.at : record->at;
	}
}

/* --- lines --- */

/* Behind `1795206600.123456`: journalctl's `python[18401]: `. Behind an ISO stamp: a container's
 * `stderr F `. The record proper, or an empty rest. */
static struct rest behind_prefix(struct rest r, bool is_journal)
{
	struct rest none = {r.end, r.end};

	if (is_journal) {
		const char *colon = memmem(r.p, min_size(left(r), HEAD_MAX), ": ", 2);
		return colon ? (struct rest){colon + 2, r.end} : none;
	}
	if (begins(r, " stdout ") || begins(r, " stderr ")) {
		r.p += 8;
		if (begins(r, "F ") || begins(r, "P "))
			return (struct rest){r.p + 2, r.end};
	}
	return none;
}

static struct log_record read_record(const char *p, size_t len, bool is_inner)
{
	struct rest r = skip_bars((struct rest){p, p + len}), stamped = r;
	struct log_record record = {(size_t)(r.p - p), ABSENT, LOG_LINE_PLAIN};

	if (begins(r, "{")) {
		read_json(r, &record, is_inner);
		return record;
	}
	if (begins(r, "[") && left(r) > 1)
		stamped.p++;
	size_t n = log_stamp_read(stamped.p, left(stamped), &record.at);
	if (!n) {
		record.level = opening_level(r);
		return record;
	}
	struct rest behind = {stamped.p + n, r.end};
	bool is_journal = n == 17 && stamped.p[10] == '.';
	struct rest inner = behind_prefix(behind, is_journal);
	if (left(inner) && !is_inner) {
		struct log_record own = read_record(inner.p, left(inner), true);
		record.from = (size_t)(inner.p - p) + own.from;
		record.level = own.level;
	} else {
		record.level = find_level(behind);
	}
	return record;
}

struct log_record log_record_read(const char *p, size_t len)
{
	return read_record(p, len, false);
}

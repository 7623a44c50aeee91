/* test_facts.c - the value a job is resumed with stands in the last line before the first error,
 * and nowhere else: retries behind it name what was never worked on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../backend/action/facts.h"
#include "../../include/clock.h"
#include "../../include/row/log.h"

static const char table[] = "Migrating table (\\S+) \\(attempt";

struct stage {
	char path[64], other[64];
	struct arena arena;
	struct log_file_row files[2];
	struct log_mark_row marks[4];
	struct incident_row incident;
	struct config_fact fact;
	struct config_job job;
	struct snapshot snap;
	struct section *section;
	struct dataset *incidents;
};

static void write_log(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
}

static int setup(void **state)
{
	struct stage *s = xcalloc(1, sizeof(*s));

	snprintf(s->path, sizeof(s->path), "/tmp/sparkops-facts-XXXXXX");
	snprintf(s->other, sizeof(s->other), "/tmp/sparkops-facts-XXXXXX");
	close(mkstemp(s->path));
	close(mkstemp(s->other));
	arena_init(&s->arena);
	s->fact = (struct config_fact){"failed_table", table};
	s->job = (struct config_job){.name = TEXT("migration"), .facts = &s->fact, .nfacts = 1};
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct stage *s = *state;

	unlink(s->path);
	unlink(s->other);
	arena_release(&s->arena);
	section_unref(s->section);
	dataset_unref(s->incidents);
	free(s);
	return 0;
}

static struct fact in_file(struct stage *s, const char *text, int64_t end)
{
	struct fact f = {.name = "x"};

	write_log(s->path, text);
	if (!fact_in_file(s->path, table, end, ABSENT, &s->arena, &f))
		f.value = NULL;
	return f;
}

/* --- one file --- */

static void the_last_line_counts(void **state)
{
	struct stage *s = *state;
	struct fact f =
		in_file(s,
			"a\nMigrating table ONE (attempt 1/3)\nMigrating table TWO (attempt "
			"1/3)\nz\n",
			ABSENT);

	assert_string_equal(f.value, "TWO");
	assert_string_equal(f.line, "Migrating table TWO (attempt 1/3)");
	assert_string_equal(f.place, s->path);
	assert_null(in_file(s, "nothing\nof it\n", ABSENT).value);
	assert_null(in_file(s, "", ABSENT).value);
	/* without a newline at the end, and with that of Windows */
	assert_string_equal(in_file(s, "Migrating table A (attempt", ABSENT).value, "A");
	assert_string_equal(in_file(s, "Migrating table B (attempt\r\nx\r\n", ABSENT).value, "B");
}

static void what_stands_behind_the_error_does_not(void **state)
{
	static const char text[] = "Migrating table ONE (attempt 1/3)\n"
				   "java.lang.OutOfMemoryError: Java heap space\n"
				   "Migrating table TWO (attempt 1/3)\n";
	struct stage *s = *state;

	assert_string_equal(in_file(s, text, 34).value, "ONE");
	assert_null(in_file(s, text, 0).value);
	/* half a line is none */
	assert_null(in_file(s, text, 20).value);
}

static void it_is_found_far_back(void **state)
{
	struct stage *s = *state;
	FILE *f = fopen(s->path, "w");
	struct fact found = {.name = "x"};

	fputs("Migrating table FAR (attempt 1/3)\n", f);
	for (int i = 0; i < 60000; i++)
		fputs("INFO TaskSetManager: Finished task 1.0 in stage 1.0\n", f);
	for (int i = 0; i < 3 << 20; i++) /* one line, longer than what is read at once */
		fputc('x', f);
	fputs("\nthe end\n", f);
	fclose(f);
	assert_true(fact_in_file(s->path, table, ABSENT, ABSENT, &s->arena, &found));
	assert_string_equal(found.value, "FAR");
}

/* What would be sent otherwise than it is shown is no value. */
static void an_odd_value_is_none(void **state)
{
	struct stage *s = *state;

	assert_null(in_file(s, "Migrating table A\x1b[2J (attempt\n", ABSENT).value);
	assert_null(in_file(s, "Migrating table \xff\xfe (attempt\n", ABSENT).value);
	assert_string_equal(
		in_file(s, "Migrating table OK (attempt\nMigrating table \x07 (attempt\n", ABSENT)
			.value,
		"OK");
}

static void a_log_is_cut_by_time_where_no_mark_is(void **state)
{
	struct stage *s = *state;
	struct fact f = {.name = "x"};
	int64_t at = clock_utc_ms(2026, 11, 20, ((14 * 60 + 1) * 60 + 23) * 1000) -
		     clock_local_offset_ms(clock_utc_ms(2026, 11, 20, 0));

	write_log(s->path, "2026-11-20 14:00:00,000 INFO Migrating table ONE (attempt 1/3)\n"
			   "2026-11-20 14:05:00,000 INFO Migrating table TWO (attempt 1/3)\n");
	assert_true(fact_in_file(s->path, table, ABSENT, at, &s->arena, &f));
	assert_string_equal(f.value, "ONE");
	assert_false(fact_in_file("/no/such/file", table, ABSENT, ABSENT, &s->arena, &f));
	assert_false(fact_in_file("/tmp", table, ABSENT, ABSENT, &s->arena, &f));
}

/* --- a job's logs and its incident --- */

static void add_mark(struct stage *s, size_t i, const char *place, int kind, int64_t at,
		     int64_t offset)
{
	s->marks[i] = (struct log_mark_row){.job = TEXT("migration"),
					    .place = text_format(&s->arena, "%s", place),
					    .kind = kind,
					    .at = at,
					    .last_at = at,
					    .offset = offset};
}

static struct fact find(struct stage *s, size_t nfiles, size_t nmarks, bool has_incident)
{
	struct dataset *d = dataset_new();
	struct fact f;

	dataset_add(d, &schema_log_file, s->files, nfiles);
	dataset_add(d, &schema_log_mark, s->marks, nmarks);
	s->incidents = dataset_new();
	dataset_add(s->incidents, &schema_incident, &s->incident, has_incident);
	s->snap.incidents = s->incidents;
	s->section = section_new();
	s->section->data = d;
	s->snap.sections = (const struct section *const *)&s->section;
	s->snap.nsections = 1;
	facts_find(&s->snap, &s->job, &s->arena, &f);
	return f;
}

static void place(struct stage *s, size_t i, const char *path)
{
	s->files[i] = (struct log_file_row){.job = TEXT("migration"),
					    .place = text_format(&s->arena, "%s", path)};
}

static void the_first_error_of_the_incident_is_the_end(void **state)
{
	static const char text[] = "Migrating table ONE (attempt 1/3)\n"
				   "java.lang.OutOfMemoryError: Java heap space\n"
				   "Migrating table TWO (attempt 1/3)\n"
				   "Connection refused\n";
	struct stage *s = *state;
	struct fact f;

	write_log(s->path, text);
	place(s, 0, s->path);
	s->incident = (struct incident_row){
		.job = TEXT("migration"), .opened_at = 1000000, .closed_at = ABSENT};
	add_mark(s, 0, s->path, LOG_KIND_REFUSED, 1000000 - 3600000, 0); /* an hour before */
	add_mark(s, 1, s->path, LOG_KIND_OOM, 1000000, 34);
	add_mark(s, 2, s->path, LOG_KIND_REFUSED, 1010000, 113);
	f = find(s, 1, 3, true);
	assert_string_equal(f.name, "failed_table");
	assert_string_equal(f.value, "ONE");
}

static void without_an_incident_the_whole_log_counts(void **state)
{
	struct stage *s = *state;

	write_log(s->path,
		  "Migrating table ONE (attempt 1/3)\nMigrating table TWO (attempt 1/3)\n");
	place(s, 0, s->path);
	assert_string_equal(find(s, 1, 0, false).value, "TWO");
}

static void what_was_rotated_away_is_not_guessed(void **state)
{
	struct stage *s = *state;

	write_log(s->path, "Migrating table TWO (attempt 1/3)\n");
	place(s, 0, s->path);
	s->incident = (struct incident_row){
		.job = TEXT("migration"), .opened_at = 1000000, .closed_at = ABSENT};
	add_mark(s, 0, s->path, LOG_KIND_OOM, 1000000, -500);
	assert_null(find(s, 1, 1, true).value);
}

/* The error stands in the driver's log, the table in the job's own. */
static void the_log_with_the_error_is_asked_first(void **state)
{
	struct stage *s = *state;

	write_log(s->path, "Migrating table OWN (attempt 1/3)\n");
	write_log(s->other, "java.lang.OutOfMemoryError: Java heap space\n");
	place(s, 0, s->path);
	place(s, 1, s->other);
	s->incident = (struct incident_row){
		.job = TEXT("migration"), .opened_at = 1000000, .closed_at = ABSENT};
	add_mark(s, 0, s->other, LOG_KIND_OOM, 1000000, 0);
	assert_string_equal(find(s, 2, 1, true).value, "OWN");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(the_last_line_counts),
		T(what_stands_behind_the_error_does_not),
		T(it_is_found_far_back),
		T(an_odd_value_is_none),
		T(a_log_is_cut_by_time_where_no_mark_is),
		T(the_first_error_of_the_incident_is_the_end),
		T(without_an_incident_the_whole_log_counts),
		T(what_was_rotated_away_is_not_guessed),
		T(the_log_with_the_error_is_asked_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

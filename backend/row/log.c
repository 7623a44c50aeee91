/* row/log.c - the field tables of a log, of its marks and of its lines. */
#include "../../include/row/log.h"
#include "row.h"

#define X(id, name) name,
const char *const log_kind_names[] = {LOG_KIND_LIST(X) NULL};
#undef X
static const char *const level_names[] = {"plain", "debug", "info", "warn",
					  "error", "mark",  "note", NULL};

#define F(...) ROW_FIELD(struct log_file_row, __VA_ARGS__)
static const struct field file_fields[] = {
	F(job, TEXT, NONE, FIELD_KEY, NULL, "JOB", "name of the job"),
	F(place, TEXT, NONE, FIELD_KEY, NULL, "PLACE", "file, journal, command or URL"),
	F(whose, TEXT, NONE, 0, NULL, "WHOSE", "driver, executor or job"),
	F(found_by, TEXT, NONE, 0, NULL, "FOUND BY", "how it became known"),
	F(bytes, INT, BYTES, 0, NULL, "SIZE", "bytes in it"),
	F(lines, INT, COUNT, 0, NULL, "LINES", "lines in it"),
	F(errors, INT, COUNT, 0, NULL, "ERRORS", "lines of level ERROR"),
	F(marks, INT, COUNT, 0, NULL, "MARKS", "known failure texts"),
	F(skipped_lines, INT, COUNT, 0, NULL, "SKIPPED", "lines nobody looked at"),
	F(skipped_bytes, INT, BYTES, 0, NULL, "SKIPPED", "bytes nobody looked at"),
	F(gaps, INT, COUNT, 0, NULL, "GAPS", "times it was cut and no copy holds what was lost"),
	F(bytes_per_s, REAL, BYTES, 0, NULL, "GROWS/S", "bytes a second"),
	F(last_at, TIME, NONE, 0, NULL, "LAST", "time of the last line"),
	F(rotations, INT, COUNT, 0, NULL, "ROTATED", "times it was rotated"),
	F(problem, TEXT, NONE, 0, NULL, "PROBLEM", "why it is not followed"),
};
const struct schema schema_log_file = {
	.name = "log_file",
	.title = "logs",
	.size = sizeof(struct log_file_row),
	.fields = file_fields,
	.nfields = ARRAY_LEN(file_fields),
};
#undef F

#define F(...) ROW_FIELD(struct log_mark_row, __VA_ARGS__)
#define E(...) ROW_ENUM(struct log_mark_row, __VA_ARGS__)
static const struct field mark_fields[] = {
	F(job, TEXT, NONE, FIELD_KEY, NULL, "JOB", "name of the job"),
	F(place, TEXT, NONE, FIELD_KEY, NULL, "PLACE", "file, journal, command or URL"),
	F(offset, INT, NONE, FIELD_KEY, NULL, "OFFSET",
	  "byte of the place at which the line begins"),
	F(at, TIME, NONE, 0, NULL, "AT", "when"),
	F(last_at, TIME, NONE, 0, NULL, "LAST", "when it came last"),
	F(is_dated, BOOL, NONE, 0, NULL, "DATED", "by a time stamp of its own"),
	F(line, INT, NONE, 0, NULL, "LINE", "its number"),
	E(kind, log_kind_names, 0, "KIND", "what it is a sign of"),
	F(name, TEXT, NONE, 0, NULL, "WHAT", "its short name"),
	F(count, INT, COUNT, 0, NULL, "COUNT", "times in a row"),
	F(whose, TEXT, NONE, 0, NULL, "WHOSE", "driver, executor or job"),
	F(text, TEXT, NONE, 0, NULL, "TEXT", "the line"),
	F(means, TEXT, NONE, 0, NULL, "MEANS", "what it means"),
	F(next, TEXT, NONE, 0, NULL, "NEXT", "what to do"),
	F(exit_code, INT, NONE, 0, NULL, "EXIT", "exit code named in it"),
	F(story_to, TIME, NONE, FIELD_NO_JSON, NULL, "UNTIL",
	  "when the last mark came that is not kept and stood behind it"),
};
const struct schema schema_log_mark = {
	.name = "log_mark",
	.title = "marks",
	.size = sizeof(struct log_mark_row),
	.fields = mark_fields,
	.nfields = ARRAY_LEN(mark_fields),
};
#undef F
#undef E

#define F(...) ROW_FIELD(struct log_line_row, __VA_ARGS__)
#define E(...) ROW_ENUM(struct log_line_row, __VA_ARGS__)
static const struct field line_fields[] = {
	F(job, TEXT, NONE, FIELD_KEY, NULL, "JOB", "name of the job"),
	F(place, TEXT, NONE, FIELD_KEY, NULL, "PLACE", "file, journal, command or URL"),
	F(offset, INT, NONE, FIELD_KEY, NULL, "OFFSET", "byte of the place at which it begins"),
	F(line, INT, NONE, 0, NULL, "LINE", "its number"),
	F(at, TIME, NONE, 0, NULL, "AT", "its time stamp"),
	E(level, level_names, 0, "LEVEL", "its level"),
	E(kind, log_kind_names, 0, "KIND", "of a known text"),
	F(text, TEXT, NONE, 0, NULL, "TEXT", "the line"),
	F(means, TEXT, NONE, 0, NULL, "MEANS", "what a known text means"),
	F(name, TEXT, NONE, 0, NULL, "WHAT", "its short name"),
	F(next, TEXT, NONE, 0, NULL, "NEXT", "what to do about it"),
};
const struct schema schema_log_line = {
	.name = "log_line",
	.title = "lines",
	.size = sizeof(struct log_line_row),
	.fields = line_fields,
	.nfields = ARRAY_LEN(line_fields),
};

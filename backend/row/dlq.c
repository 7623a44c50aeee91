/* row/dlq.c - the field tables of the dead-letter queue: entries, groups of like failures, folders,
 * and the lines of a detail answer. */
#include "../../include/row/dlq.h"
#include "row.h"

const char *const dlq_state_names[] = {"pending",  "doubt", "done", "failed",
				       "given-up", "old",   NULL};
static const char *const detail_kinds[] = {"plain", "label", "masked", "problem", NULL};

#define F(...) ROW_FIELD(struct dlq_entry_row, __VA_ARGS__)
static const struct field entry_fields[] = {
	F(job, TEXT, NONE, FIELD_KEY, NULL, "JOB", "the job whose queue it is"),
	F(file, TEXT, NONE, FIELD_KEY, NULL, "FILE", "file inside the folder"),
	F(line, INT, NONE, FIELD_KEY, NULL, "LINE", "line of the file, 1 is the first"),
	F(hash, TEXT, NONE, FIELD_KEY, NULL, "HASH", "SHA-256 of the line without its line end"),
	F(batch_id, IDENT, NONE, 0, NULL, "BATCH", "id of the failed batch"),
	F(at, TIME, NONE, 0, NULL, "AT", "when it failed; in the job's zone if it names none"),
	F(error_type, TEXT, NONE, 0, NULL, "TYPE", "error type, the job's own word"),
	F(message, TEXT, NONE, 0, NULL, "MESSAGE", "error message; of a bad line its text"),
	F(unit, TEXT, NONE, 0, NULL, "UNIT", "entries with the same unit are one replay"),
	ROW_ENUM(struct dlq_entry_row, state, dlq_state_names, 0, "STATE",
		 "pending, or old when older than max_age"),
	F(attempts, INT, COUNT, 0, NULL, "TRIES", "attempts to replay it"),
	F(proof, TEXT, NONE, 0, NULL, "PROOF", "what shows that it is done"),
	F(recommendation, TEXT, NONE, FIELD_NO_JSON, NULL, "ADVICE", "said by the job"),
	F(offset, INT, NONE, FIELD_NO_JSON, NULL, "OFFSET", "of the line in its (unpacked) file"),
};
#undef F

const struct schema schema_dlq_entry = {
	.name = "dlq_entry",
	.title = "dead-letter entries",
	.member = "dlq",
	.size = sizeof(struct dlq_entry_row),
	.fields = entry_fields,
	.nfields = ARRAY_LEN(entry_fields),
};

const struct schema schema_dlq_bad = {
	.name = "dlq_bad",
	.title = "bad dead-letter lines",
	.size = sizeof(struct dlq_entry_row),
	.fields = entry_fields,
	.nfields = ARRAY_LEN(entry_fields),
};

#define F(...) ROW_FIELD(struct dlq_group_row, __VA_ARGS__)
static const struct field group_fields[] = {
	F(job, TEXT, NONE, FIELD_KEY, NULL, "JOB", "the job whose queue it is"),
	ROW_ENUM(struct dlq_group_row, state, dlq_state_names, 0, "STATE", "of its worst entry"),
	F(error_type, TEXT, NONE, FIELD_KEY, NULL, "TYPE", "error type, the job's own word"),
	F(message, TEXT, NONE, 0, NULL, "FAILURE", "message of its newest entry"),
	F(count, INT, COUNT, 0, NULL, "COUNT", "entries"),
	F(first_at, TIME, NONE, 0, NULL, "FIRST", "date of its first entry"),
	F(last_at, TIME, NONE, 0, NULL, "LAST", "date of its last entry that is not in the future"),
	F(trend, SERIES, NONE, 0, NULL, "15 MIN", "entries per minute"),
	F(recommendation, TEXT, NONE, 0, NULL, "ADVICE", "said by the job"),
	F(group, INT, NONE, FIELD_KEY, NULL, "GROUP",
	  "its id: type and message without ids, times and numbers"),
};
#undef F

const struct schema schema_dlq_group = {
	.name = "dlq_group",
	.title = "dead-letter groups",
	.size = sizeof(struct dlq_group_row),
	.fields = group_fields,
	.nfields = ARRAY_LEN(group_fields),
};

#define F(...) ROW_FIELD(struct dlq_folder_row, __VA_ARGS__)
static const struct field folder_fields[] = {
	F(job, TEXT, NONE, FIELD_KEY, NULL, "JOB", "the job whose queue it is"),
	F(folder, TEXT, NONE, FIELD_KEY, NULL, "FOLDER", "where the files are"),
	F(files, INT, COUNT, 0, NULL, "FILES", "files of the queue"),
	F(entries, INT, COUNT, FIELD_METRIC, NULL, "ENTRIES", "lines that hold a failed batch"),
	F(pending, INT, COUNT, FIELD_METRIC, NULL, "PENDING",
	  "entries not done, covered or given up"),
	F(bad_lines, INT, COUNT, FIELD_METRIC, NULL, "BAD", "lines that are no JSON object"),
	F(today, INT, COUNT, 0, NULL, "TODAY", "entries dated today"),
	F(bytes, INT, BYTES, FIELD_METRIC, NULL, "SIZE", "of all files"),
	F(indexed_pct, REAL, PCT, 0, NULL, "READ", "share that is in the index"),
	F(first_at, TIME, NONE, 0, NULL, "FIRST", "date of the oldest entry"),
	F(last_at, TIME, NONE, 0, NULL, "LAST",
	  "date of the newest entry that is not in the future"),
	F(future, INT, COUNT, 0, NULL, "FUTURE", "entries dated in the future"),
	F(counted_5m, INT, COUNT, 0, NULL, "5 MIN", "entries dated within five minutes"),
	F(counted_1h, INT, COUNT, 0, NULL, "1 H", "entries dated within an hour"),
	F(counted_at, TIME, NONE, 0, NULL, "COUNTED", "when those two were counted"),
	F(error_types, COUNTS, NONE, 0, NULL, "TYPES", "entries by error type"),
	F(error_types_5m, COUNTS, NONE, 0, NULL, "TYPES 5M", "the same within five minutes"),
	F(error_types_1h, COUNTS, NONE, 0, NULL, "TYPES 1H", "the same within an hour"),
	F(trend, SERIES, NONE, 0, NULL, "HOUR", "entries per minute"),
	F(has_unfinished, BOOL, NONE, 0, NULL, "OPEN", "the newest file ends in half a line"),
};
#undef F

const struct schema schema_dlq_folder = {
	.name = "dlq_folder",
	.title = "dead-letter folders",
	.size = sizeof(struct dlq_folder_row),
	.fields = folder_fields,
	.nfields = ARRAY_LEN(folder_fields),
};

#define F(...) ROW_FIELD(struct detail_row, __VA_ARGS__)
static const struct field detail_fields[] = {
	F(index, INT, NONE, FIELD_KEY, NULL, "N", "line of the answer"),
	F(line, TEXT, NONE, 0, NULL, "LINE", "its text"),
	ROW_ENUM(struct detail_row, kind, detail_kinds, 0, "KIND", "what the line is"),
};
#undef F

const struct schema schema_detail = {
	.name = "detail",
	.title = "details",
	.size = sizeof(struct detail_row),
	.fields = detail_fields,
	.nfields = ARRAY_LEN(detail_fields),
};

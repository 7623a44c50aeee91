/* field.h - one schema, many mouths.
 *
 * Each row type is a plain C struct and a `static const struct field[]` beside it. The JSON
 * decoder, the tables on the screen, sorting, filtering and `--json` all walk that list; nothing
 * else in the program lists a row's members. Pure; any thread. */
#ifndef SPARKOPS_FIELD_H
#define SPARKOPS_FIELD_H

#include "buf.h"
#include "text.h"

enum field_type {
	FIELD_TEXT,   /* const struct text * */
	FIELD_INT,    /* int64_t, ABSENT */
	FIELD_REAL,   /* double, NaN */
	FIELD_BOOL,   /* enum tri */
	FIELD_TIME,   /* int64_t wall ms, ABSENT; JSON: RFC 3339 */
	FIELD_ENUM,   /* int, names[] in the field; a negative value is absent */
	FIELD_IDENT,  /* struct ident: a number if 64 bits hold it, else its exact text */
	FIELD_TEXTS,  /* struct texts; JSON list of strings */
	FIELD_COUNTS, /* struct counts; JSON object of numbers */
	FIELD_SERIES, /* struct series; a sparkline; JSON list, null for a gap */
	FIELD_INTS,   /* struct ints; JSON list */
};

/* What a number counts; decides how it is printed (`1.2k`, `6m12`, `512M`, `61%`, `2.4x`). */
enum unit {
	UNIT_NONE,
	UNIT_COUNT,
	UNIT_BYTES,
	UNIT_SECONDS,
	UNIT_MS,
	UNIT_PCT,
	UNIT_RATIO,
	UNIT_PER_S
};

enum field_flags {
	FIELD_KEY = 1,      /* part of the row's identity */
	FIELD_METRIC = 2,   /* worth a metric; nothing exports it yet */
	FIELD_HISTORY = 4,  /* worth a history of its own; nothing keeps it yet */
	FIELD_SECRET = 8,   /* never leaves the process */
	FIELD_NO_JSON = 16, /* for the screen only */
	/* for the decoder: */
	FIELD_NUMERIC_STRING = 32, /* a number may come as a string ("NaN", master's starttime) */
	FIELD_EPOCH_MS = 64,       /* a time given as milliseconds since 1970 */
};

enum tri { TRI_ABSENT = -1, TRI_FALSE = 0, TRI_TRUE = 1 };

struct ident {
	int64_t number;          /* ABSENT if it is none, or too large for 64 bits */
	const struct text *text; /* exact text when it is not a 64-bit number; else NULL */
};
struct series {
	int64_t end_at;  /* wall ms of the end of the last bucket */
	int64_t step_ms; /* length of a bucket */
	size_t n;
	const float *v; /* oldest first; NaN is a gap */
};
struct ints {
	size_t n;
	const int64_t *v;
};

struct field {
	const char *name;  /* key in --json, in filters (`verdict:stale`) and for sorting */
	const char *title; /* column heading */
	const char *help;  /* one line for the help page */
	const char *json;  /* path of the value in what the source answers, e.g.
			      `memoryMetrics.usedOnHeapStorageMemory`;  NULL: not decoded */
	enum field_type type;
	enum unit unit;
	unsigned flags;
	size_t offset;
	const char *const *names; /* FIELD_ENUM: NULL-terminated */
};

struct schema {
	const char *name;   /* `executor`; unique */
	const char *title;  /* `executors` */
	const char *member; /* its member of --json, or NULL */
	size_t size;        /* of the row struct */
	const struct field *fields;
	size_t nfields;
};

#define FIELD_OF(row, f) ((const void *)((const char *)(row) + (f)->offset))

/* Sets every member to its absent value (0 bytes would mean zero, not "not collected"). */
void field_clear_row(const struct schema *s, void *row);
const struct field *field_find(const struct schema *s, const char *name);
bool field_is_absent(const struct field *f, const void *row);

/* For people: at most four digits and a unit; `-` when absent. Returns its length in bytes. */
size_t field_format(const struct field *f, const void *row, char *out, size_t size);
/* For people in full (detail panes): whole numbers, full dates in UTC. Appends. */
void field_format_long(const struct field *f, const void *row, struct buf *out);
/* For programs: one JSON value, appended. */
void field_json(const struct field *f, const void *row, struct buf *out);
/* One whole row as a JSON object, SECRET and NO_JSON fields left out. */
void field_json_row(const struct schema *s, const void *row, struct buf *out);
void field_json_string(const char *s, struct buf *out);

/* Order for sorting: absent values last, whichever direction the caller then uses. */
int field_compare(const struct field *f, const void *a, const void *b);
bool field_same_key(const struct schema *s, const void *a, const void *b);
uint64_t field_key_hash(const struct schema *s, const void *row);
void field_key_hashes(const struct schema *s, const void *const *rows, size_t n, uint64_t *out);

/* The filter language: words that must all match somewhere in the row, case-insensitive;
 * `name:word` asks one field; `name>5` and `name<5` compare numbers (units as printed); a leading
 * `!` inverts the whole. The value of an enum matches from its beginning only: `healthy` is not
 * `unhealthy`. Compile once, match often. */
struct filter;
struct filter *filter_new(const char *expression);
void filter_free(struct filter *f);
bool filter_match(const struct filter *f, const struct schema *s, const void *row);

/* What a table shows of a row. */
struct filter_column {
	const struct field *field;
	const char *title;                                         /* its heading */
	bool is_subject;                                           /* what the row is about */
	size_t (*format)(const void *row, char *out, size_t size); /* NULL: field_format */
};
/* From now on plain words look only at what these columns show, and headings are names too, in any
 * case, short ones (`err` for ERR 5M) as well. A word that is a whole value of an enum shown
 * (`healthy`, `failed`) asks for that value: of the other columns only the subject may match it, as
 * a whole word. The columns must outlive the filter. False: a name or number in it is none, and
 * `why` says so; a `name:word` without such a field is looked for as it stands. */
bool filter_bind(struct filter *f, const struct schema *s, const struct filter_column *columns,
		 size_t n, char why[static 160]);

/* The number formats by themselves, for texts that are no rows: `1.2k`, `6m12`, `512M`. */
size_t format_number(double v, enum unit unit, char *out, size_t size);
size_t format_age(double seconds, char *out, size_t size);
/* A clock may be that far ahead of ours; what is dated later lies in the future: it is in no window
 * and never the newest. */
enum { DATE_AHEAD_MS = 300000 };
/* A time beside `now`, in the zone offset given: `09:41:02` today, `nov 12` this year, else
 * `2024-11`; `future` where it lies farther ahead than clocks differ. */
size_t format_time(int64_t at, int64_t now, int64_t zone_offset_ms, char *out, size_t size);
/* Reads what a person types for a number of that kind: `5`, `1.2k`, `512M`, `6m`, `80%`; NaN when
 * it is none. */
double format_parse(const char *s, size_t len, enum unit unit);

#endif

/* json.h - polled JSON, decoded by the schema straight into rows.
 *
 * One pass over the bytes, no tree, no allocation per value; texts go through the one door into the
 * arena. What others write wrongly but meaningfully is taken and counted (struct json_flags), what
 * is no JSON is refused in one sentence with the byte at which it stops making sense. Any thread,
 * as long as the arena is private to it. jansson does all other JSON of the program. */
#ifndef SPARKOPS_JSON_H
#define SPARKOPS_JSON_H

#include "../include/arena.h"
#include "../include/err.h"
#include "../include/field.h"

/* What was odd in a document that was taken all the same. */
struct json_flags {
	uint32_t nonfinite;  /* NaN, Infinity: absent */
	uint32_t huge;       /* a number that 64 bits cannot hold: absent, FIELD_IDENT its text */
	uint32_t surrogates; /* lone ones: U+FFFD */
	uint32_t nuls;       /* \u0000 in a string */
	uint32_t duplicates; /* a member given twice: the last one counts */
	uint32_t mismatches; /* a value of another type than the field's: absent */
	uint32_t strays;     /* items of a list of rows that are none */
	uint32_t dropped;    /* items of a list beyond JSON_ITEMS_MAX */
	uint64_t wrong;      /* bit i: field i of the schema came with a value of another type */
	uint64_t negative;   /* bit i: field i counts, and came below 0: who uses it says so */
	uint64_t naive;      /* bit i: the time in field i of the schema came without a zone */
};

enum {
	JSON_NESTING = 4096,   /* deeper documents are refused; skipping does not recurse */
	JSON_ITEMS_MAX = 1024, /* of a FIELD_TEXTS, FIELD_INTS or FIELD_COUNTS */
};

/* Bytes to decode and where in them. bytes[len] must be NUL (http and buf give that). root "" is
 * the document itself, else a dotted path of members (`workers`, `dlq.last_error`); one that is not
 * there is no error. */
struct json_body {
	const char *bytes;
	size_t len;
	const char *root;
};

struct json_rows {
	const void *const *rows; /* pointers and rows lie in the arena */
	size_t n;
	bool has_root; /* the root was there (it may be empty) */
	bool is_list;  /* and is an array */
	struct json_flags flags;
};

/* Decodes the objects at the root into rows of the schema: an array gives a row per object, one
 * object one row. A field's path (struct field.json) is dotted, too; where it leads through a list,
 * the list's first object is meant (`attempts.startTime`). 0, -ERR_FORMAT, or -ERR_LIMIT when there
 * are more rows than a body of that size can sensibly hold (rows take at most twice the text). */
MUST_CHECK int json_rows(const struct schema *s, const struct json_body *body, struct arena *a,
			 struct json_rows *out, struct err *err);

/* The same where only an array will do; a root that is not there is an empty one. What is no row -
 * no object, or one without its key (the fields of FIELD_KEY with a path) - is left out and counted
 * in flags.strays. */
MUST_CHECK int json_list(const struct schema *s, const struct json_body *body, struct arena *a,
			 struct json_rows *out, struct err *err);

/* One value of a map, its string unescaped but not cleaned. */
enum json_kind { JSON_IS_NULL, JSON_IS_BOOL, JSON_IS_NUMBER, JSON_IS_STRING, JSON_IS_OTHER };
struct json_value {
	enum json_kind kind;
	bool truth;
	int64_t integer;  /* ABSENT when it is none, or over 64 bits */
	double number;    /* NaN when it is none */
	const char *text; /* JSON_IS_STRING: len bytes without an end mark, valid during the call */
	size_t len;
};
typedef void json_pair_fn(void *data, const char *key, size_t key_len, const struct json_value *v);

/* Walks the map at the root, which is an object, or a list of [key, value] as Spark's environment
 * has. With `inner`, what counts of a value that is an object is its member of that name
 * (gauges: "value"). A root that is not there gives nothing. */
MUST_CHECK int json_each(const struct json_body *body, const char *inner, json_pair_fn *fn,
			 void *data, struct err *err);

/* Bytes a field of that type takes in its row. */
size_t json_field_size(enum field_type type);

/* Adds one document's flags to a sum. */
void json_flags_add(struct json_flags *sum, const struct json_flags *f);

#endif

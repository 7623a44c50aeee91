/* json_sample.h - a row type with a field of each kind, for the tests of the decoder. Include it in
 * one file of a test only. */
#ifndef SPARKOPS_TESTS_JSON_SAMPLE_H
#define SPARKOPS_TESTS_JSON_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/json.h"

struct sample {
	const struct text *id, *deep;
	int64_t n, at, epoch, numeric, inner;
	double real;
	int flag, state;
	struct ident batch;
	struct texts texts;
	struct counts counts;
	struct ints ints;
};

static const char *const states[] = {"RUNNING", "FAILED", NULL};

#define F(member, path, ftype, fflags)                                                             \
	{                                                                                          \
		.name = #member, .json = path, .type = FIELD_##ftype, .flags = fflags,             \
		.offset = offsetof(struct sample, member), .names = states                         \
	}

static const struct field fields[] = {
	F(id, "id", TEXT, 0),
	F(n, "n", INT, 0),
	F(at, "at", TIME, 0),
	F(epoch, "epoch", TIME, FIELD_EPOCH_MS),
	F(numeric, "numeric", INT, FIELD_NUMERIC_STRING),
	F(inner, "m.n", INT, 0),
	F(deep, "m.x.deep", TEXT, 0),
	F(real, "r", REAL, FIELD_NUMERIC_STRING),
	F(flag, "flag", BOOL, 0),
	F(state, "state", ENUM, 0),
	F(batch, "batch", IDENT, 0),
	F(texts, "texts", TEXTS, 0),
	F(counts, "counts", COUNTS, 0),
	F(ints, "ints", INTS, 0),
};
static const struct schema schema = {"sample", "samples",        NULL, sizeof(struct sample),
				     fields,   ARRAY_LEN(fields)};

static struct arena arena;
static struct err err;

static int begin(void **state ATTR_UNUSED)
{
	arena_init(&arena);
	memset(&err, 0, sizeof(err));
	return 0;
}

static int end(void **state ATTR_UNUSED)
{
	arena_release(&arena);
	return 0;
}

static ATTR_UNUSED struct json_rows rows_at(const char *root, const char *body)
{
	struct json_body doc = {body, strlen(body), root};
	struct json_rows rows;

	if (json_rows(&schema, &doc, &arena, &rows, &err) != 0)
		fail_msg("%s: %s", body, err.message);
	return rows;
}

static ATTR_UNUSED const struct sample *one(const char *body, struct json_flags *flags)
{
	struct json_rows rows = rows_at("", body);

	assert_int_equal(rows.n, 1);
	if (flags)
		*flags = rows.flags;
	return rows.rows[0];
}

/* What json_rows() says to a body. */
static ATTR_UNUSED int decode(const char *body, size_t len, struct json_rows *rows)
{
	struct json_body doc = {body, len, ""};

	return json_rows(&schema, &doc, &arena, rows, &err);
}

#endif

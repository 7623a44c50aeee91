/* writer.h - writes JSON as the played programs do, byte for byte: Jackson's pretty printer for
 * Spark, Python's json.dumps for DLQ lines, compact for Flask and Dropwizard. It does not build a
 * tree: 10,000 executors are written in one pass. Every string goes through one place, which is
 * where a poisoned world gets its poison; every value through one, where wrong types come from. */
#ifndef WORLD_WRITER_H
#define WORLD_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct poison;

#define WRITER_DEPTH 32

enum writer_style {
	WRITER_JACKSON, /* "a" : 1, one member a line, arrays on one line */
	WRITER_COMPACT, /* "a":1 */
	WRITER_PYTHON,  /* "a": 1, "b": 2 */
};

struct writer {
	char *text;        /* owned until writer_take; not terminated */
	size_t size, room; /* bytes written, bytes allocated */
	enum writer_style style;
	struct poison *poison; /* NULL: clean strings */
	bool is_wrong;         /* every value of another type than it should be */
	int depth;
	struct {
		bool is_object, is_map, has_member;
	} levels[WRITER_DEPTH];
};

void writer_init(struct writer *writer, enum writer_style style);
void writer_release(struct writer *writer);

/* KEY is NULL inside an array and at the top. A map is an object whose keys are data (and are
 * poisoned like any other string). */
void writer_object(struct writer *writer, const char *key);
void writer_map(struct writer *writer, const char *key);
void writer_array(struct writer *writer, const char *key);
void writer_end(struct writer *writer);

void writer_text(struct writer *writer, const char *key, const char *value); /* NULL: null */
void writer_int(struct writer *writer, const char *key, int64_t value);
void writer_real(struct writer *writer, const char *key, double value); /* always with a point */
void writer_bool(struct writer *writer, const char *key, bool value);

/* Bytes as they are: for pages, line ends and broken lines. */
void writer_raw(struct writer *writer, const char *bytes, size_t size);
void writer_print(struct writer *writer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif

/* writer.c - see writer.h. Indentation counts objects only, as Jackson's default printer does. */
#include "writer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "heap.h"
#include "poison.h"

void writer_init(struct writer *writer, enum writer_style style)
{
	memset(writer, 0, sizeof(*writer));
	writer->style = style;
}

void writer_release(struct writer *writer)
{
	heap_free(writer->text);
	writer->text = NULL;
	writer->size = writer->room = 0;
}

static char *make_room(struct writer *writer, size_t size)
{
	if (writer->room - writer->size < size) {
		size_t room = writer->room ? writer->room * 2 : 1024;
		while (room - writer->size < size)
			room *= 2;
		writer->text = heap_grow(writer->text, room, 1);
		writer->room = room;
	}
	return writer->text + writer->size;
}

void writer_raw(struct writer *writer, const char *bytes, size_t size)
{
	memcpy(make_room(writer, size), bytes, size);
	writer->size += size;
}

static void put(struct writer *writer, const char *text)
{
	writer_raw(writer, text, strlen(text));
}

void writer_print(struct writer *writer, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *end = make_room(writer, (size_t)size + 1);
	va_start(args, format);
	vsnprintf(end, (size_t)size + 1, format, args);
	va_end(args);
	writer->size += (size_t)size;
}

static void put_line(struct writer *writer)
{
	int objects = 0;
	for (int i = 0; i < writer->depth; i++)
		objects += writer->levels[i].is_object;
	char *end = make_room(writer, (size_t)objects * 2 + 1);
	end[0] = '\n';
	memset(end + 1, ' ', (size_t)objects * 2);
	writer->size += (size_t)objects * 2 + 1;
}

static void put_string(struct writer *writer, const char *text, bool is_data)
{
	put(writer, "\"");
	for (const char *from = text; *from;) {
		size_t plain = strcspn(from, "\"\\\n\r\t");
		writer_raw(writer, from, plain);
		from += plain;
		if (!*from)
			break;
		const char escaped[] = {'\\', *from == '\n'   ? 'n'
					      : *from == '\r' ? 'r'
					      : *from == '\t' ? 't'
							      : *from};
		writer_raw(writer, escaped, 2);
		from++;
	}
	if (is_data && writer->poison)
		poison_write(writer->poison, text, writer);
	put(writer, "\"");
}

/* Everything that stands before a value: the comma, the line or blank, the key. */
static void put_before(struct writer *writer, const char *key)
{
	if (writer->depth == 0)
		return;
	bool is_object = writer->levels[writer->depth - 1].is_object;
	bool has_member = writer->levels[writer->depth - 1].has_member;
	writer->levels[writer->depth - 1].has_member = true;
	assert(is_object == (key != NULL));
	if (has_member)
		put(writer, ",");
	if (writer->style == WRITER_JACKSON && is_object)
		put_line(writer);
	else if (writer->style == WRITER_JACKSON || (writer->style == WRITER_PYTHON && has_member))
		put(writer, " ");
	if (key) {
		put_string(writer, key, writer->levels[writer->depth - 1].is_map);
		put(writer, writer->style == WRITER_JACKSON  ? " : "
			    : writer->style == WRITER_PYTHON ? ": "
							     : ":");
	}
}

static void begin(struct writer *writer, const char *key, bool is_object, bool is_map)
{
	put_before(writer, key);
	assert(writer->depth < WRITER_DEPTH);
	put(writer, is_object ? "{" : "[");
	writer->levels[writer->depth].is_object = is_object;
	writer->levels[writer->depth].is_map = is_map;
	writer->levels[writer->depth].has_member = false;
	writer->depth++;
}

void writer_object(struct writer *writer, const char *key)
{
	begin(writer, key, true, false);
}

void writer_map(struct writer *writer, const char *key)
{
	begin(writer, key, true, true);
}

void writer_array(struct writer *writer, const char *key)
{
	begin(writer, key, false, false);
}

void writer_end(struct writer *writer)
{
	assert(writer->depth > 0);
	writer->depth--;
	bool is_object = writer->levels[writer->depth].is_object;
	bool has_member = writer->levels[writer->depth].has_member;
	if (writer->style == WRITER_JACKSON) {
		if (is_object && has_member)
			put_line(writer);
		else
			put(writer, " ");
	}
	put(writer, is_object ? "}" : "]");
}

void writer_text(struct writer *writer, const char *key, const char *value)
{
	put_before(writer, key);
	if (writer->is_wrong)
		put(writer, "{\"unexpected\":[7]}");
	else if (value)
		put_string(writer, value, true);
	else
		put(writer, "null");
}

void writer_int(struct writer *writer, const char *key, int64_t value)
{
	char digits[24];
	char *from = digits + sizeof(digits);
	uint64_t left = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;

	put_before(writer, key);
	if (writer->is_wrong) {
		put(writer, "\"many\"");
		return;
	}
	do {
		*--from = (char)('0' + left % 10);
		left /= 10;
	} while (left);
	if (value < 0)
		*--from = '-';
	writer_raw(writer, from, (size_t)(digits + sizeof(digits) - from));
}

void writer_real(struct writer *writer, const char *key, double value)
{
	char digits[40];
	put_before(writer, key);
	if (writer->is_wrong) {
		put(writer, "[\"fast\"]");
		return;
	}
	snprintf(digits, sizeof(digits), "%.12g", value);
	put(writer, digits);
	if (!strpbrk(digits, ".e"))
		put(writer, ".0");
}

void writer_bool(struct writer *writer, const char *key, bool value)
{
	put_before(writer, key);
	put(writer, writer->is_wrong ? "\"perhaps\"" : value ? "true" : "false");
}

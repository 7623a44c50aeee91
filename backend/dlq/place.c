/* dlq/place.c - where in an entry a value counts, and which place wins when several say the same:
 * the error object before words at the top, a later key before an earlier one. */
#include <string.h>

#include "line.h"

/* By length first, and with lengths that are known when it is compiled: a million lines have ten
 * keys each. */
#define IS(word) (!memcmp(key, word, sizeof(word) - 1))
static int place_of(const char *key, size_t len, bool is_error)
{
	switch (len) {
	case 4:
		return is_error && IS("type") ? LINE_ERROR_TYPE : -1;
	case 5:
		return !is_error && IS("error") ? LINE_ERROR : -1;
	case 7:
		if (IS("message"))
			return is_error ? LINE_ERROR_MESSAGE : LINE_TOP_WORDS;
		return !is_error && IS("context") ? LINE_CONTEXT : -1;
	case 8:
		return !is_error && IS("batch_id") ? LINE_BATCH_ID : -1;
	case 9:
		return !is_error && IS("timestamp") ? LINE_TIMESTAMP : -1;
	case 10:
		return !is_error && IS("error_type") ? LINE_TOP_TYPE : -1;
	case 13:
		return !is_error && IS("error_message") ? LINE_TOP_MESSAGE : -1;
	case 14:
		if (IS("recommendation"))
			return is_error ? LINE_ERROR_ADVICE : LINE_TOP_ADVICE;
		return -1;
	default:
		return -1;
	}
}

int line_place_of(struct span key, bool is_error)
{
	int place = place_of(key.p + 1, key.len - 2, is_error);
	struct buf plain;

	if (place >= 0 || !memchr(key.p, '\\', key.len))
		return place;
	buf_init(&plain, key.len * 3 + 16);
	token_decode(key, &plain);
	place = place_of(plain.data, plain.len, is_error);
	buf_release(&plain);
	return place;
}

void line_forget(struct span places[static LINE_PLACES], int place)
{
	places[place].len = 0;
	if (place != LINE_ERROR)
		return;
	places[LINE_ERROR_TYPE].len = 0;
	places[LINE_ERROR_MESSAGE].len = 0;
	places[LINE_ERROR_ADVICE].len = 0;
}

static bool has_text(struct span t)
{
	return t.len && t.p[0] != 'n' && t.p[0] != '{' && t.p[0] != '[';
}

static struct span first_text(struct span a, struct span b)
{
	return has_text(a) ? a : b;
}

struct line_fields line_choose(const struct span at[static LINE_PLACES])
{
	struct span said = first_text(at[LINE_TOP_WORDS], at[LINE_ERROR]);
	struct line_fields f = {
		.batch_id = at[LINE_BATCH_ID],
		.at = at[LINE_TIMESTAMP],
		.type = first_text(at[LINE_ERROR_TYPE], at[LINE_TOP_TYPE]),
		.message =
			first_text(at[LINE_ERROR_MESSAGE], first_text(at[LINE_TOP_MESSAGE], said)),
		.advice = first_text(at[LINE_ERROR_ADVICE], at[LINE_TOP_ADVICE]),
		.context = at[LINE_CONTEXT],
	};
	return f;
}

/* source/spark_stranger.c - something answers where a driver's UI was looked for, and it is none:
 * the sentence that says what it is. */
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "spark_stranger.h"

/* Whose page is it that came for an API call? */
static const char *known_page(const struct http_reply *r)
{
	size_t len = min_size(r->len, 65536);

	if (memmem(r->body, len, "Spark Master at", 15))
		return "a standalone master, not a driver's UI: put it under `clusters:`";
	if (memmem(r->body, len, "Spark Worker at", 15))
		return "a worker's UI, not a driver's";
	if (memmem(r->body, len, "Spark is starting up", 20))
		return "a driver that is still starting up";
	return NULL;
}

void spark_fail_stranger(struct target *t, const struct http_reply *r, const char *path,
			 const char *application_id)
{
	char type[64], code[160];
	const char *page = known_page(r), *why = answer_code_problem(r, code);

	answer_type(r, type);
	if (page && strstr(page, "starting"))
		source_again(t, 1000);
	if (page)
		source_failed(t, r, "answers as %s", page);
	else if (why)
		source_failed(t, r, "%s", why);
	else if (application_id)
		source_failed(t, r, "answers %ld to %s of %s: has the application just ended?",
			      r->code, path, application_id);
	else if (answer_is_json(r))
		source_failed(t, r, "answers %ld to %s: not a Spark driver's UI", r->code, path);
	else
		source_failed(t, r,
			      "answers, but not as a Spark driver's UI: got %s; is this the right "
			      "address and port?",
			      type);
}

void spark_note(struct target *t, const uint32_t left_out[static SPARK_PARTS],
		const char *const paths[static SPARK_PARTS])
{
	char note[120] = "";

	for (int i = 0; i < SPARK_PARTS && !note[0]; i++) {
		if (left_out[i] == SPARK_ALL_OF_IT)
			snprintf(note, sizeof(note), "its answer to %s is not what belongs there",
				 paths[i]);
		else if (left_out[i] > 0)
			snprintf(note, sizeof(note), "%u rows of its %s have no id: left out",
				 (unsigned)left_out[i], paths[i]);
	}
	source_note(t, note);
}

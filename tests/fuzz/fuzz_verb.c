/* fuzz_verb.c - what may stand behind a verb: words separated by line breaks, as argv. It becomes a
 * request or one sentence, and a time that was read is one that can be written. */
#include <stdlib.h>
#include <string.h>

#include "../../include/clock.h"
#include "../../tui/options.h"
#include "../../tui/verb_args.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORDS_MAX = 64 };

static void check_text(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xmalloc(size + 1), *argv[WORDS_MAX] = {text}, *save = NULL;
	struct err err = {0};
	struct options o;
	int64_t pid, start;
	int argc = 1;

	memcpy(text, data, size);
	text[size] = '\0';
	(void)verb_time(text, 0);
	if (verb_pid(text, &pid, &start) && (pid <= 0 || start < 0))
		abort();
	for (char *w = strtok_r(text, "\n", &save); w && argc < WORDS_MAX;
	     w = strtok_r(NULL, "\n", &save))
		argv[argc++] = w;
	if (options_parse(&o, argc, argv, &err) != 0)
		check_text(err.message);
	else if (o.mode == MODE_VERB && o.verb.request.nvalues != o.verb.nsets)
		abort();
	options_release(&o);
	free(text);
	return 0;
}

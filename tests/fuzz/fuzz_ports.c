/* fuzz_ports.c - whatever a port answers to discovery: it is one of the things it may be, said in
 * texts that can act on nobody. The first byte says which question was asked. */
#include <stdlib.h>
#include <string.h>

#include "../../backend/discover/ask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { QUESTIONS = 7 };

static void check_text(const char *s, size_t size)
{
	if (memchr(s, '\0', size) == NULL)
		abort();
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct port_answer answer = {.is = PORT_IS_OTHER};
	struct http_reply reply = {.code = 200, .content_type = "application/json"};
	enum reading reading;
	char *body;

	if (size < 2)
		return 0;
	reply.code = data[0] & 0x80 ? 404 : 200;
	body = xmalloc(size);
	memcpy(body, data + 1, size - 1);
	body[size - 1] = '\0';
	reply.body = body;
	reply.len = size - 1;
	reading = ask_questions[data[0] % QUESTIONS].read(&reply, &answer);
	check_text(answer.name, sizeof(answer.name));
	check_text(answer.application_id, sizeof(answer.application_id));
	if (reading == READ_MORE && answer.is != PORT_IS_UI)
		abort();
	if (answer.is != PORT_IS_OTHER && answer.is > PORT_IS_STARTING)
		abort();
	free(body);
	return 0;
}

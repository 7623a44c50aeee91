/* fuzz_kill.c - the token of a page's kill form: whatever the page holds, what is taken goes into a
 * form as it is, so nothing in it may end a field or begin another. */
#include <stdlib.h>
#include <string.h>

#include "../../backend/action/kill_spark.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char fine[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
	char token[SPARK_TOKEN_MAX];
	struct arena a;

	arena_init(&a);
	spark_token(arena_strndup(&a, (const char *)data, size), token);
	if (token[strspn(token, fine)])
		abort();
	if (*token && !memmem(data, size, token, strlen(token)))
		abort();
	arena_release(&a);
	return 0;
}

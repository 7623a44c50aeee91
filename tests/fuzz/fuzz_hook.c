/* fuzz_hook.c - whatever an entry holds: it stays one piece of the place it is put into. The first
 * byte says which place, the first line is the template, the others are values. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../../backend/action/hook.h"
#include "../../backend/config_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VALUES = 4 };
static const char *const names[VALUES] = {"batch_id", "job", "context.a", "context.b"};
static const struct config_pair ones[VALUES] = {
	{"batch_id", "1"}, {"job", "1"}, {"context.a", "1"}, {"context.b", "1"}};
static const struct hook_values harmless = {VALUES, ones};

static size_t count(const char *s, const char *which)
{
	size_t n = 0;

	for (; *s; s++)
		n += strchr(which, *s) != NULL;
	return n;
}

/* The same shape: types, lengths and keys; texts may differ. */
static bool is_alike(const json_t *a, const json_t *b)
{
	if (json_is_array(a)) {
		if (!json_is_array(b) || json_array_size(a) != json_array_size(b))
			return false;
		for (size_t i = 0; i < json_array_size(a); i++)
			if (!is_alike(json_array_get(a, i), json_array_get(b, i)))
				return false;
		return true;
	}
	if (json_is_object(a))
		return json_is_object(b);
	return !json_is_array(b) && !json_is_object(b);
}

static void check(const char *text, enum hook_place place, const char *out, struct arena *a)
{
	const char *plain;
	struct err err;

	if (hook_fill(text, place, &harmless, a, &plain, &err))
		return;
	if (place == HOOK_URL && count(out, "/?#&\"<> ") != count(plain, "/?#&\"<> "))
		abort();
	if (place == HOOK_ARGUMENT && *out == '-' && *text != '-' &&
	    !(out[1] >= '0' && out[1] <= '9'))
		abort();
	if (place != HOOK_JSON)
		return;
	json_t *was = json_loads(plain, JSON_DECODE_ANY, NULL);
	json_t *is = json_loads(out, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	/* jansson has no numbers that 64 bits do not hold: those are no mistake of ours */
	if (was && is && !is_alike(was, is))
		abort();
	if (was && !is && !strpbrk(out, "0123456789"))
		abort();
	json_decref(was);
	json_decref(is);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_pair pairs[VALUES];
	struct hook_values values = {VALUES, pairs};
	struct arena a;
	struct err err;
	char *all, *rest;
	const char *out;

	if (!size)
		return 0;
	all = rest = xmalloc(size);
	memcpy(all, data + 1, size - 1);
	all[size - 1] = '\0';
	const char *text = strsep(&rest, "\n");
	for (size_t i = 0; i < VALUES; i++) {
		const char *value = rest ? strsep(&rest, "\n") : NULL;
		pairs[i] = (struct config_pair){names[i], value ? value : ""};
	}
	arena_init(&a);
	enum hook_place place = (enum hook_place)(data[0] % 3);
	if (!hook_fill(text, place, &values, &a, &out, &err))
		check(text, place, out, &a);
	else if (!err.message[0])
		abort();
	arena_release(&a);
	free(all);
	return 0;
}

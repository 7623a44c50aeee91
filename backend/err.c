/* err.c - error values: a code and one sentence. */
#include "../include/err.h"

#include <stdio.h>
#include <string.h>

int err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (err) {
		err->code = code;
		va_start(ap, fmt);
		vsnprintf(err->message, sizeof(err->message), fmt, ap);
		va_end(ap);
	}
	return -(int)code;
}

void err_prefix(struct err *err, const char *fmt, ...)
{
	char text[sizeof(err->message)];
	size_t len, keep;
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text) - 2, fmt, ap);
	va_end(ap);
	len = strlen(text);
	memcpy(text + len, ": ", 3);
	len += 2;
	keep = min_size(strlen(err->message), sizeof(err->message) - 1 - len);
	memmove(err->message + len, err->message, keep);
	memcpy(err->message, text, len);
	err->message[len + keep] = '\0';
}

const char *err_name(enum err_code code)
{
	switch (code) {
	case ERR_NONE:
		return "no error";
#define X(id, text)                                                                                \
	case ERR_##id:                                                                             \
		return text;
		ERR_LIST(X)
#undef X
	}
	return "unknown error";
}

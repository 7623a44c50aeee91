/* json_store.h - one JSON value into one field of a row; private to json.c. */
#ifndef SPARKOPS_JSON_STORE_H
#define SPARKOPS_JSON_STORE_H

#include "json_scan.h"

/* At a value. index is the field's in its schema. The field must be absent before. */
MUST_CHECK bool json_store(struct json_scan *in, struct arena *a, const struct field *f,
			   size_t index, void *row);
/* A string at p as a cleaned text. */
MUST_CHECK bool json_store_text(struct json_scan *in, struct arena *a, const struct text **out);

#endif

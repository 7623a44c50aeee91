/* source/answer.c - what the HTTP sources have in common. A service is never known by its status
 * code: Spark's daemons answer 200 and HTML to any path, drivers redirect to /jobs/. So the type
 * decides whether a body is worth reading and a field in it whether it is the service looked for;
 * the code only explains. */
#include "answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool kept_is(const struct kept_body *k, const struct http_reply *r)
{
	return k->is_set && k->len == r->len && memcmp(k->bytes, r->body, r->len) == 0;
}

void kept_set(struct kept_body *k, const struct http_reply *r)
{
	if (k->len != r->len)
		k->bytes = xrealloc(k->bytes, r->len + 1);
	if (!k->bytes)
		k->bytes = xmalloc(1);
	memcpy(k->bytes, r->body, r->len);
	k->bytes[r->len] = '\0';
	k->len = r->len;
	k->is_set = true;
}

void kept_drop(struct kept_body *k)
{
	free(k->bytes);
	*k = (struct kept_body){0};
}

static bool is_type(const char *given, const char *type)
{
	size_t n = strlen(type);

	return strncasecmp(given, type, n) == 0 &&
	       (given[n] == '\0' || given[n] == ';' || given[n] == ' ');
}

bool answer_is_json(const struct http_reply *r)
{
	return r->content_type && (is_type(r->content_type, "application/json") ||
				   is_type(r->content_type, "text/json"));
}

void answer_type(const struct http_reply *r, char out[static 64])
{
	size_t n = r->content_type ? strcspn(r->content_type, "; ") : 0;

	if (n == 0)
		snprintf(out, 64, r->len ? "no content type" : "an empty answer");
	else
		text_clean_to(out, 64, r->content_type, n);
}

const char *answer_code_problem(const struct http_reply *r, char out[static 160])
{
	if (r->code >= 300 && r->code < 400)
		snprintf(out, 160,
			 "answers %ld, a redirect, which is not followed: configure the address it "
			 "leads to",
			 r->code);
	else if (r->code == 401 || r->code == 407)
		snprintf(out, 160, "answers %ld: it wants credentials, put them under `auth:`",
			 r->code);
	else if (r->code == 403)
		snprintf(out, 160, "answers 403: these credentials may not read it");
	else if (r->code >= 500)
		snprintf(out, 160, "answers %ld, an error of its own", r->code);
	else
		return NULL;
	return out;
}

bool answer_url(char *out, size_t size, const char *where, const char *path)
{
	int n = snprintf(out, size, "%s%s", where, path);

	return n > 0 && (size_t)n < size;
}

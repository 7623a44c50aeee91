/* config_value.h - one configured value: is it what it should be, and what does it say? Pure; every
 * `problem` function returns NULL or the end of a sentence that begins with the value. */
#ifndef SPARKOPS_CONFIG_VALUE_H
#define SPARKOPS_CONFIG_VALUE_H

#include "../include/arena.h"
#include "../include/config.h"

enum {
	URL_BASE = 1,     /* paths are added to it: no query */
	URL_TEMPLATE = 2, /* placeholders may stand behind the host */
	URL_PREFIX = 4
}; /* must end the host with a slash */

MUST_CHECK bool value_bool(const char *s, size_t len, bool *out);
MUST_CHECK bool value_int(const char *s, size_t len, int64_t *out);
MUST_CHECK bool value_real(const char *s, size_t len, double *out);

/* As a person would write them: `90s` is 90s, `120s` is 2m. */
void value_duration_text(int64_t ms, char *out, size_t size);
void value_size_text(int64_t bytes, char *out, size_t size);

const char *value_url_problem(const char *url, size_t len, unsigned flags);
/* `host:port` of a checked URL, the port also where the scheme implies it. */
const char *value_url_place(struct arena *a, const char *url);
/* The path of a checked URL without a trailing slash, "" if none. */
const char *value_url_path(const char *url);

/* A regular expression that is cheap enough to try and holds one group. */
const char *value_regex_problem(const char *s, size_t len);

/* Finds the next placeholder `{name}` at or behind *s; moves *s behind it. */
MUST_CHECK bool value_placeholder(const char **s, const char *end, const char **name, size_t *len);
/* One of those that every hook may use (sparkops(1), HOOKS)? */
bool value_placeholder_known(const char *name, size_t len);
extern const char *const value_placeholders[];
extern const size_t value_nplaceholders;

#endif

/* config_value.c - durations, sizes, rates, URLs, expressions and placeholders as people write
 * them. Small hand-written readers, because each of them must refuse what strtod and friends let
 * through: signs, hexadecimal, "inf", trailing rubbish. Nothing here knows where a value stands. */
#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config_value.h"

struct unit_name {
	const char *name;
	double factor;
};

static const struct unit_name duration_units[] = {
	{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000},
};

#define KIB 1024.0
static const struct unit_name size_units[] = {
	{"b", 1},
	{"k", KIB},
	{"kb", KIB},
	{"kib", KIB},
	{"m", KIB *KIB},
	{"mb", KIB *KIB},
	{"mib", KIB *KIB},
	{"g", KIB *KIB *KIB},
	{"gb", KIB *KIB *KIB},
	{"gib", KIB *KIB *KIB},
	{"t", KIB *KIB *KIB *KIB},
	{"tb", KIB *KIB *KIB *KIB},
	{"tib", KIB *KIB *KIB *KIB},
};

static const struct unit_name rate_units[] = {
	{"s", 1.0},      {"sec", 1.0},      {"min", 1.0 / 60},
	{"m", 1.0 / 60}, {"h", 1.0 / 3600}, {"hour", 1.0 / 3600},
};

/* One in a month. What is slower comes to nothing, and its pace to more than 64 bits. */
static const double rate_least = 1.0 / (30 * 86400);

const char *const value_placeholders[] = {
	"job",
	"batch_id",
	"timestamp",
	"error_type",
	"key",
	"hash",
	"file",
	"line",
	"last_batch_id",
	"driver_memory",
	"suggested_driver_memory",
};
const size_t value_nplaceholders = ARRAY_LEN(value_placeholders);

/* Digits, at most one point; the number of bytes used, 0 if it is no number. */
static size_t decimal(const char *s, size_t len, double *out)
{
	double v = 0, scale = 0;
	size_t i, digits = 0;

	for (i = 0; i < len && i < 24; i++) {
		if (s[i] == '.' && scale == 0 && digits > 0) {
			scale = 1;
			continue;
		}
		if (s[i] < '0' || s[i] > '9')
			break;
		digits++;
		if (scale > 0) {
			scale /= 10;
			v += scale * (s[i] - '0');
		} else {
			v = v * 10 + (s[i] - '0');
		}
	}
	if (digits == 0 || s[i - 1] == '.')
		return 0;
	*out = v;
	return i;
}

static bool with_unit(const char *s, size_t len, const struct unit_name *units, size_t n,
		      double *out)
{
	double v;
	size_t used = decimal(s, len, &v);

	if (used == 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *name = units[i].name;
		if (strlen(name) == len - used && strncasecmp(name, s + used, len - used) == 0) {
			*out = v * units[i].factor;
			return true;
		}
	}
	return false;
}

bool config_duration(const char *s, size_t len, int64_t *ms)
{
	double v;

	if (!with_unit(s, len, duration_units, ARRAY_LEN(duration_units), &v) || v > 1e15)
		return false;
	*ms = (int64_t)(v + 0.5);
	return true;
}

bool config_size(const char *s, size_t len, int64_t *bytes)
{
	double v;

	if (!with_unit(s, len, size_units, ARRAY_LEN(size_units), &v) || v > 9e18)
		return false;
	*bytes = (int64_t)(v + 0.5);
	return true;
}

void value_duration_text(int64_t ms, char *out, size_t size)
{
	size_t i = ARRAY_LEN(duration_units) - 1;

	while (i > 0 && (ms % (int64_t)duration_units[i].factor != 0 || ms == 0) &&
	       !(ms == 0 && i == 1))
		i--;
	snprintf(out, size, "%lld%s", (long long)(ms / (int64_t)duration_units[i].factor),
		 duration_units[i].name);
}

void value_size_text(int64_t bytes, char *out, size_t size)
{
	if (bytes % (1 << 30) == 0)
		snprintf(out, size, "%lldGiB", (long long)(bytes >> 30));
	else if (bytes % (1 << 20) == 0)
		snprintf(out, size, "%lldMiB", (long long)(bytes >> 20));
	else
		snprintf(out, size, "%lldb", (long long)bytes);
}

bool config_rate(const char *s, size_t len, double *per_s)
{
	const char *slash = memchr(s, '/', len);
	double v;

	if (slash == NULL || decimal(s, (size_t)(slash - s), &v) != (size_t)(slash - s))
		return false;
	slash++;
	for (size_t i = 0; i < ARRAY_LEN(rate_units); i++) {
		size_t rest = len - (size_t)(slash - s);
		if (strlen(rate_units[i].name) == rest &&
		    strncasecmp(rate_units[i].name, slash, rest) == 0) {
			*per_s = v * rate_units[i].factor;
			return *per_s >= rate_least;
		}
	}
	return false;
}

bool value_bool(const char *s, size_t len, bool *out)
{
	static const char *const words[] = {"false", "no", "off", "true", "yes", "on"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strlen(words[i]) == len && strncasecmp(words[i], s, len) == 0) {
			*out = i >= 3;
			return true;
		}
	}
	return false;
}

bool value_int(const char *s, size_t len, int64_t *out)
{
	int64_t v = 0;

	if (len == 0 || len > 15)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (s[i] - '0');
	}
	*out = v;
	return true;
}

bool value_real(const char *s, size_t len, double *out)
{
	return len > 0 && len < 24 && decimal(s, len, out) == len;
}

/* --- URLs --- */

static size_t scheme_length(const char *url)
{
	if (strncasecmp(url, "http://", 7) == 0)
		return 7;
	if (strncasecmp(url, "https://", 8) == 0)
		return 8;
	return 0;
}

static size_t authority_length(const char *rest)
{
	return strcspn(rest, "/?#");
}

/* Splits `host[:port]`; the host with its brackets. False: not well-formed. */
static bool split_authority(const char *s, size_t len, size_t *host, const char **port)
{
	const char *colon;

	*port = NULL;
	if (len > 0 && s[0] == '[') {
		const char *end = memchr(s, ']', len);
		if (end == NULL || end == s + 1)
			return false;
		for (const char *p = s + 1; p < end; p++)
			if (!isxdigit((unsigned char)*p) && strchr(":.%", *p) == NULL)
				return false;
		*host = (size_t)(end - s) + 1;
		colon = *host < len ? end + 1 : NULL;
		if (colon != NULL && *colon != ':')
			return false;
	} else {
		colon = memchr(s, ':', len);
		*host = colon == NULL ? len : (size_t)(colon - s);
		for (size_t i = 0; i < *host; i++)
			if (!isalnum((unsigned char)s[i]) && strchr("-._", s[i]) == NULL)
				return false;
	}
	if (colon != NULL)
		*port = colon + 1;
	return *host > 0 && *host < 256;
}

const char *value_url_problem(const char *url, size_t len, unsigned flags)
{
	size_t scheme, auth, host;
	const char *port;
	int64_t number;

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)url[i] < 0x21 || (unsigned char)url[i] > 0x7e)
			return "holds a blank, control or non-ASCII character; write it as %XX";
	}
	scheme = scheme_length(url);
	if (scheme == 0)
		return "is no http or https URL; it would be like http://127.0.0.1:4040";
	auth = authority_length(url + scheme);
	if (memchr(url + scheme, '@', auth) != NULL)
		return "carries a user or password; name them under auth: by file";
	if (auth == 0 || !split_authority(url + scheme, auth, &host, &port))
		return "has no proper host; it would be like http://127.0.0.1:4040";
	if (port != NULL && (!value_int(port, auth - (size_t)(port - (url + scheme)), &number) ||
			     number < 1 || number > 65535))
		return "has no proper port; it would be 1 to 65535";
	if (strchr(url, '#') != NULL)
		return "has a fragment (#...); leave that out";
	if ((flags & URL_BASE) != 0 && strchr(url, '?') != NULL)
		return "has a query (?...); write the base that paths are added to";
	if ((flags & URL_PREFIX) != 0 && url[scheme + auth] != '/')
		return "could match other hosts; end the host with a slash";
	if ((flags & URL_TEMPLATE) == 0 && strpbrk(url, "{}\\^`|<>\"") != NULL)
		return "holds a character that no URL has; write it as %XX";
	return NULL;
}

const char *value_url_place(struct arena *a, const char *url)
{
	size_t scheme = scheme_length(url), len = authority_length(url + scheme), host;
	const char *port;

	if (!split_authority(url + scheme, len, &host, &port))
		return arena_strdup(a, url);
	if (port != NULL)
		return arena_strndup(a, url + scheme, len);
	return arena_printf(a, "%.*s:%d", (int)host, url + scheme, scheme == 7 ? 80 : 443);
}

const char *value_url_path(const char *url)
{
	size_t scheme = scheme_length(url);

	return url + scheme + authority_length(url + scheme);
}

/* --- expressions --- */

/* Counted repetitions multiply: x{99}{99}{99} would ask regcomp for a million states. */
static bool is_repetition_small(const char *s, size_t len)
{
	double product = 1;

	for (size_t i = 0; i < len; i++) {
		double count = 0, worst = 1;
		if (s[i] != '{')
			continue;
		for (i++; i < len && s[i] != '}'; i++) {
			if (s[i] >= '0' && s[i] <= '9')
				count = count * 10 + (s[i] - '0');
			else
				count = 0;
			worst = count > worst ? count : worst;
		}
		product *= worst;
	}
	return product <= 1000;
}

const char *value_regex_problem(const char *s, size_t len)
{
	regex_t re;
	size_t groups;

	if (len == 0 || len > 500)
		return "is no expression of 1 to 500 bytes";
	if (!is_repetition_small(s, len))
		return "repeats too much; counted repetitions may make 1000 copies at most";
	if (regcomp(&re, s, REG_EXTENDED) != 0)
		return "is no regular expression; it would be like 'table (\\S+) failed'";
	groups = re.re_nsub;
	regfree(&re);
	if (groups != 1)
		return "needs exactly one group in parentheses: the value it finds";
	return NULL;
}

/* --- placeholders --- */

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_';
}

bool value_placeholder(const char **s, const char *end, const char **name, size_t *len)
{
	for (const char *p = *s; p < end; p++) {
		const char *q = p + 1;
		if (*p != '{' || q >= end || !is_name_start(*q))
			continue;
		while (q < end && (is_name_start(*q) || (*q >= '0' && *q <= '9') || *q == '.'))
			q++;
		if (q >= end || *q != '}')
			continue;
		*name = p + 1;
		*len = (size_t)(q - p) - 1;
		*s = q + 1;
		return true;
	}
	*s = end;
	return false;
}

bool value_placeholder_known(const char *name, size_t len)
{
	if (len > 8 && memcmp(name, "context.", 8) == 0)
		return true;
	for (size_t i = 0; i < value_nplaceholders; i++)
		if (strlen(value_placeholders[i]) == len &&
		    memcmp(value_placeholders[i], name, len) == 0)
			return true;
	return false;
}

/* --- nearest name --- */

/* Edits between two names, a swap of neighbours counted as one, letters without case; more than 3
 * is 4. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), rows[3][34];

	if (la > 32 || lb > 32)
		return 4;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t *now = rows[i % 3], *before = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];
		now[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			int ca = tolower((unsigned char)a[i - 1]);
			int cb = tolower((unsigned char)b[j - 1]);
			size_t best = before[j - 1] + (ca != cb);
			best = min_size(best, min_size(before[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) &&
			    tolower((unsigned char)a[i - 2]) == cb)
				best = min_size(best, older[j - 2] + 1);
			now[j] = best;
		}
	}
	return min_size(rows[la % 3][lb], 4);
}

const char *config_nearest(const char *name, const char *const *names, size_t n)
{
	const char *best = NULL;
	/* A short name has few letters to be recognised by. */
	size_t limit = min_size(3, strlen(name) / 3), best_distance = limit + 1;

	for (size_t i = 0; i < n; i++) {
		size_t d = edit_distance(name, names[i]);
		if (d < best_distance) {
			best = names[i];
			best_distance = d;
		}
	}
	return best;
}

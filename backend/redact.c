/* redact.c - finds secrets by the key before them, or by their own shape. What is hidden too much
 * costs a glance into the process; what is hidden too little cannot be taken back. */
#include "redact.h"

#include <ctype.h>
#include <string.h>

/* In any case; a dot stands for any character or none. */
static const char *const secret_words[] = {
	"secret",  "passw",   "pwd",  "token",    "credential", "access.key",
	"api.key", "private", "jaas", "keystore", "signature",  "sas.key",
};

/* How long what begins at s with that word is; 0: it does not. */
static size_t begins(const char *s, const char *end, const char *word)
{
	const char *p = s;

	for (; *word; word++) {
		if (*word == '.') {
			if (p < end && !isalnum((unsigned char)*p))
				p++;
			continue;
		}
		if (p == end || tolower((unsigned char)*p) != *word)
			return 0;
		p++;
	}
	return (size_t)(p - s);
}

static bool is_secret_key(const char *key, size_t len)
{
	for (size_t w = 0; w < ARRAY_LEN(secret_words); w++)
		for (size_t i = 0; i < len; i++)
			if (begins(key + i, key + len, secret_words[w]))
				return true;
	return false;
}

static bool is_key_char(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '_' || c == '-';
}

/* AWS key ids and JSON web tokens show themselves. */
static size_t shaped_length(const char *s, const char *end)
{
	size_t n = 0;

	if (!begins(s, end, "akia") && !begins(s, end, "asia") && !begins(s, end, "eyj"))
		return 0;
	while (s + n < end && (is_key_char(s[n]) || s[n] == '/' || s[n] == '+'))
		n++;
	return (*s == 'e' ? n >= 40 && memchr(s, '.', n) : n == 20) ? n : 0;
}

/* `name:word@` behind `://`: where the word begins and ends; NULL: there is none. */
static const char *userinfo(const char *s, const char *end, const char **word_end)
{
	const char *colon = NULL;

	for (const char *p = s; p < end && *p != '/' && *p != '?'; p++) {
		if (*p == ':' && !colon)
			colon = p + 1;
		if (*p == '@') {
			*word_end = p;
			return colon;
		}
	}
	return NULL;
}

/* The value behind a key ends where the next pair of a JDBC address or query begins. */
static const char *value_end(const char *s, const char *end, bool is_whole)
{
	while (s < end && (is_whole || !strchr(";&, ", *s)))
		s++;
	return s;
}

static const char *hide(const char *from, const char *to, struct buf *out)
{
	if (to > from)
		buf_puts(out, "***");
	return to;
}

bool redact_arg(const char *arg, size_t len, bool hides_all, struct buf *out)
{
	const char *end = arg + len, *key = arg, *p = arg, *word, *stop;
	size_t n;

	if (hides_all && (!len || *arg != '-')) {
		hide(arg, end, out);
		return false;
	}
	while (p < end) {
		if (p == key && (n = shaped_length(p, end)) > 0) {
			p = hide(p, p + n, out);
		} else if (*p == '=' && is_secret_key(key, (size_t)(p - key))) {
			buf_putc(out, '=');
			/* the first pair of an argument is the whole of it */
			p = hide(p + 1, value_end(p + 1, end, key == arg), out);
		} else if (p + 3 <= end && !memcmp(p, "://", 3) &&
			   (word = userinfo(p + 3, end, &stop)) != NULL) {
			buf_putn(out, p, (size_t)(word - p));
			p = hide(word, stop, out);
		} else {
			key = is_key_char(*p) ? key : p + 1;
			buf_putc(out, *p++);
			continue;
		}
		key = p;
	}
	return *arg == '-' && len && !memchr(arg, '=', len) && is_secret_key(arg, len);
}

void redact_line(const char *args, size_t len, struct buf *out)
{
	bool hides = false;

	for (const char *p = args, *end = args + len; p < end;) {
		size_t n = strnlen(p, (size_t)(end - p));

		if (p > args)
			buf_putc(out, ' ');
		hides = redact_arg(p, n, hides, out);
		p += n + 1;
	}
}

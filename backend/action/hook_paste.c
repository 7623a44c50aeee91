/* action/hook_paste.c - a hook's call as a line to paste into a shell: the dry run. */
#include "hook.h"

#include <string.h>

#include "../redact.h"
#include "hook_parts.h"

/* Of a word: what hook_fill() makes at most, and a name. Of a line: what is worth pasting; a word
 * that passes it may grow to five times its length by quoting. */
enum { WORD_BYTES_MAX = 4 << 20, LINE_BYTES_MAX = 1 << 20, BYTES_MAX = 32 << 20 };

static bool is_plain_word(const char *s)
{
	return *s && !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "%+,-./:=@_")];
}

/* Would anything of it be changed for a screen? */
static bool is_clean(const char *s)
{
	struct arena a;
	bool same;

	arena_init(&a);
	same = text_is(text_clean(&a, s, strlen(s)), s);
	arena_release(&a);
	return same;
}

static void quote_plain(const char *s, struct buf *out)
{
	buf_putc(out, '\'');
	for (; *s; s++)
		if (*s == '\'')
			buf_puts(out, "'\\''");
		else
			buf_putc(out, *s);
	buf_putc(out, '\'');
}

/* What a screen would change is told in octal to the shell's own printf: any sh knows that. */
static void quote_odd(const char *s, struct buf *out)
{
	buf_puts(out, "\"$(printf '");
	for (const char *p = s; *p; p++) {
		unsigned char c = (unsigned char)*p;
		if (c < 0x20 || c > 0x7e || c == '\'' || (c == '-' && p == s))
			buf_printf(out, "\\%03o", c);
		else if (c == '\\' || c == '%')
			buf_printf(out, "%c%c", c, c);
		else
			buf_putc(out, *p);
	}
	buf_puts(out, "')\"");
}

/* A substitution would lose the line breaks at its end. This spelling is of POSIX, too, but so late
 * (2024) that not every sh reads it. */
static void quote_dollar(const char *s, struct buf *out)
{
	buf_puts(out, "$'");
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c < 0x20 || c > 0x7e || c == '\'' || c == '\\')
			buf_printf(out, "\\%03o", c);
		else
			buf_putc(out, *s);
	}
	buf_putc(out, '\'');
}

void hook_quote(const char *s, struct buf *out)
{
	size_t len = strlen(s);

	if (is_plain_word(s))
		buf_puts(out, s);
	else if (is_clean(s))
		quote_plain(s, out);
	else if (len && s[len - 1] == '\n')
		quote_dollar(s, out);
	else
		quote_odd(s, out);
}

/* With its secrets hidden, and a blank before it. */
static void put_word(const char *word, bool *hides_next, struct buf *out)
{
	struct buf shown;

	if (out->len > LINE_BYTES_MAX)
		return;
	buf_init(&shown, WORD_BYTES_MAX);
	*hides_next = redact_arg(word, strlen(word), *hides_next, &shown);
	if (out->len)
		buf_putc(out, ' ');
	hook_quote(shown.data ? shown.data : "", out);
	buf_release(&shown);
}

/* A line of a file comes through a pipe, which stands in front. */
static void put_source(const struct hook_body *b, struct buf *out)
{
	if (!b->file || is_absent(b->line))
		return;
	buf_puts(out, b->is_gz ? "zcat -- " : "cat -- ");
	hook_quote(b->file, out);
	buf_printf(out, " | sed -n '%lld{s/\\r$//;p;q}' | head -c -1 | ", (long long)b->line);
}

static void put_input(const struct hook_body *b, struct buf *out)
{
	if (!b->file || !is_absent(b->line))
		return;
	buf_puts(out, " < ");
	hook_quote(b->file, out);
}

static void put_pair(const struct config_pair *p, const char *between, struct buf *out)
{
	struct buf word;
	bool hides = false;

	buf_init(&word, WORD_BYTES_MAX);
	buf_puts(&word, p->name);
	buf_puts(&word, between);
	buf_puts(&word, p->value);
	put_word(word.data, &hides, out);
	buf_release(&word);
}

static int paste_http(const struct hook_send *h, const struct hook_body *body, struct arena *a,
		      struct buf *out, struct err *err)
{
	struct call call;
	bool hides = false;
	int rc = hook_http(h, a, &call, err);

	if (rc)
		return rc;
	if (call.body && !h->http->body)
		put_source(body, out);
	buf_printf(out, "curl -sS -X %s -m %lld", call.method, (long long)(call.total_ms / 1000));
	for (size_t i = 0; i < call.nheaders; i++) {
		buf_puts(out, " -H");
		put_pair(&call.headers[i], ": ", out);
	}
	if (call.body && h->http->body) {
		buf_puts(out, " --data-raw");
		put_word(call.body, &hides, out);
	} else if (call.body) {
		buf_puts(out, " --data-binary @-");
	}
	put_word(call.url, &hides, out);
	if (call.body && !h->http->body)
		put_input(body, out);
	return 0;
}

static int paste_command(const struct hook_send *h, const struct hook_body *body, struct arena *a,
			 struct buf *out, struct err *err)
{
	struct exec exec;
	bool hides = false;
	int rc = hook_command(h, a, &exec, err);

	if (rc)
		return rc;
	put_source(body, out);
	buf_puts(out, "env");
	if (exec.cwd) {
		buf_puts(out, " -C ");
		hook_quote(exec.cwd, out);
	}
	for (size_t i = 0; i < exec.nenv; i++)
		put_pair(&exec.env[i], "=", out);
	for (size_t i = 0; exec.argv[i]; i++)
		put_word(exec.argv[i], &hides, out);
	put_input(body, out);
	return 0;
}

int hook_paste(const struct hook_send *h, const struct hook_body *body, struct arena *a,
	       const char **out, struct err *err)
{
	struct buf line;
	int rc;

	buf_init(&line, BYTES_MAX);
	rc = h->http ? paste_http(h, body, a, &line, err) : paste_command(h, body, a, &line, err);
	if (!rc && line.len > LINE_BYTES_MAX)
		rc = err_set(err, ERR_LIMIT, "longer than 1 MiB, which is too long to paste");
	*out = rc ? NULL : arena_strndup(a, line.data, line.len);
	buf_release(&line);
	return rc;
}

int hook_target(const struct hook_send *h, struct arena *a, const char **out, struct err *err)
{
	struct call call;
	struct exec exec;
	struct buf line;
	bool hides = false;
	int rc = h->http ? hook_http(h, a, &call, err) : hook_command(h, a, &exec, err);

	*out = NULL;
	if (rc)
		return rc;
	buf_init(&line, BYTES_MAX);
	if (h->http)
		put_word(call.url, &hides, &line);
	for (size_t i = 0; !h->http && exec.argv[i]; i++)
		put_word(exec.argv[i], &hides, &line);
	*out = arena_strndup(a, line.data ? line.data : "", line.len);
	buf_release(&line);
	return 0;
}

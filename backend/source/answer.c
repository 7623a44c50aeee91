/* source/answer.c - what the HTTP sources have in common. A service is never known by its status
 * code: Spark's daemons answer 200 and HTML to any path, drivers redirect to /jobs/. So the type
 * decides whether a body is worth reading and a field in it whether it is the service looked for;
 * the code only explains. */
#include "answer.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../../include/log.h"

/* Four lanes of eight bytes, which do not wait for each other: as fast as memory is read. */
struct lanes {
	uint64_t v[4];
};

static uint64_t mix(uint64_t h, const char *bytes, uint64_t odd)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	h = (h ^ word) * odd;
	return h ^ h >> 32;
}

static struct lanes take_block(struct lanes l, const char *bytes)
{
	return (struct lanes){{mix(l.v[0], bytes, UINT64_C(0x9e3779b97f4a7c15)),
			       mix(l.v[1], bytes + 8, UINT64_C(0xbf58476d1ce4e5b9)),
			       mix(l.v[2], bytes + 16, UINT64_C(0x94d049bb133111eb)),
			       mix(l.v[3], bytes + 24, UINT64_C(0xff51afd7ed558ccd))}};
}

static struct kept_body body_print(const struct http_reply *r)
{
	struct lanes l = {{1, 2, 3, 4}};
	char last[sizeof(l)] = "";
	size_t whole = r->len - r->len % sizeof(l);

	for (size_t at = 0; at < whole; at += sizeof(l))
		l = take_block(l, r->body + at);
	memcpy(last, r->body + whole, r->len - whole);
	l = take_block(l, last);
	return (struct kept_body){.print = {l.v[0] ^ (l.v[1] << 32 | l.v[1] >> 32),
					    l.v[2] ^ (l.v[3] << 32 | l.v[3] >> 32)},
				  .len = r->len,
				  .is_set = true};
}

bool kept_is(const struct kept_body *k, const struct http_reply *r)
{
	struct kept_body now;

	if (!k->is_set || k->len != r->len)
		return false;
	now = body_print(r);
	return k->print[0] == now.print[0] && k->print[1] == now.print[1];
}

void kept_set(struct kept_body *k, const struct http_reply *r)
{
	*k = body_print(r);
}

void kept_drop(struct kept_body *k)
{
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

static void put_count(struct buf *b, uint32_t n, const char *what)
{
	if (n > 0)
		buf_printf(b, "%s%u %s", b->len ? ", " : "", (unsigned)n, what);
}

static unsigned kinds_of(const struct json_flags *f)
{
	const uint32_t counts[] = {f->nonfinite,  f->huge,   f->surrogates, f->nuls,
				   f->duplicates, f->strays, f->dropped};
	unsigned kinds = 0;

	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		kinds |= (unsigned)(counts[i] > 0) << i;
	return kinds;
}

void answer_log_odd(const char *where, const char *path, const struct schema *s,
		    const struct json_flags *f, struct odd_said *said)
{
	uint64_t wrong = f->wrong | f->negative;
	unsigned kinds = kinds_of(f);
	struct buf b;

	if (!(kinds & ~said->kinds) && !(wrong & ~said->wrong))
		return;
	buf_init(&b, 8192);
	for (size_t i = 0; i < s->nfields && i < 64; i++)
		if (wrong >> i & 1)
			buf_printf(&b, "%s`%s` %s", b.len ? ", " : "", s->fields[i].json,
				   f->wrong >> i & 1 ? "of another type" : "below 0");
	put_count(&b, f->nonfinite, "NaN or Infinity");
	put_count(&b, f->huge, "numbers over 64 bits");
	put_count(&b, f->surrogates, "lone surrogates");
	put_count(&b, f->nuls, "NUL characters");
	put_count(&b, f->duplicates, "members given twice (the last one counts)");
	put_count(&b, f->strays, "items that are no row or have no key (left out)");
	put_count(&b, f->dropped, "items beyond the longest list");
	log_msg(LOG_WARN, "%s%s%s answers with odd values: %s", where, *path == '/' ? "" : " ",
		path, b.data);
	buf_release(&b);
	said->wrong |= wrong;
	said->kinds |= kinds;
}

void answer_segment(char *out, size_t size, const char *s)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t n = 0;

	for (; *s && n + 4 <= size; s++) {
		if (strchr(plain, *s))
			out[n++] = *s;
		else
			n += (size_t)snprintf(out + n, 4, "%%%02X", (unsigned char)*s);
	}
	out[n] = '\0';
}

bool answer_url(char *out, size_t size, const char *where, const char *path)
{
	int n = snprintf(out, size, "%s%s", where, path);

	return n > 0 && (size_t)n < size;
}

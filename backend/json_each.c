/* json_each.c - ways through a document that are no rows: to the root of the rows and past it, and
 * over maps whose keys are data (the gauges of /metrics/json, the pairs of /environment). Of a root
 * given twice the first one counts. */
#include "json_scan.h"

#include <stdlib.h>

/* In an object behind its `{` or a value: moves to the value of that key; false in *found when the
 * object ended. */
static bool find_key(struct json_scan *in, const char *key, size_t len, bool *found)
{
	bool is_end, is_first = true;
	struct json_slice k;

	*found = false;
	in->p++;
	for (;; is_first = false) {
		if (!scan_next(in, '}', is_first, &is_end))
			return false;
		if (is_end)
			return true;
		if (!scan_key(in, &k))
			return false;
		*found = k.len == len && memcmp(k.s, key, len) == 0;
		if (*found)
			return true;
		if (!scan_skip(in))
			return false;
	}
}

bool scan_root(struct json_scan *in, const char *root, bool *found, int *depth)
{
	*depth = 0;
	*found = true;
	while (*root) {
		size_t len = strcspn(root, ".");

		if (*in->p != '{') {
			*found = false;
			return scan_skip(in);
		}
		if (!find_key(in, root, len, found))
			return false;
		if (!*found)
			return true;
		(*depth)++;
		root += len + (root[len] == '.');
	}
	return true;
}

bool scan_rest(struct json_scan *in, int depth)
{
	bool is_end;

	while (depth > 0) {
		if (!scan_next(in, '}', false, &is_end))
			return false;
		if (is_end)
			depth--;
		else if (!scan_skip_key(in) || !scan_skip(in))
			return false;
	}
	in->p = scan_blanks(in->p);
	return in->p == in->end || scan_fail(in, in->p, "the end");
}

struct walk {
	struct json_scan in;
	const char *inner;
	json_pair_fn *fn;
	void *data;
	char *key; /* JSON_SCRATCH bytes */
};

static bool read_scalar(struct json_scan *in, struct json_value *v)
{
	struct scan_number n;
	struct json_slice s;

	*v = (struct json_value){.integer = ABSENT, .number = ABSENT_REAL};
	if (*in->p == '"') {
		v->kind = JSON_IS_STRING;
		if (!scan_string(in, &s))
			return false;
		v->text = s.s;
		v->len = s.len;
		return true;
	}
	if (scan_is_number_start(*in->p)) {
		v->kind = JSON_IS_NUMBER;
		if (!scan_number(in, &n))
			return false;
		v->integer = n.is_integer ? n.integer : ABSENT;
		v->number = n.real;
		return true;
	}
	v->truth = *in->p == 't';
	v->kind = *in->p == 'n'               ? JSON_IS_NULL
		  : v->truth || *in->p == 'f' ? JSON_IS_BOOL
					      : JSON_IS_OTHER;
	return scan_skip(in);
}

/* A value, or its member `inner` when it is an object; is_open: that object's end is still to
 * come. */
static bool read_value(struct walk *w, struct json_value *v, bool *is_open)
{
	*is_open = false;
	if (*w->in.p != '{' || !w->inner)
		return read_scalar(&w->in, v);
	*v = (struct json_value){.kind = JSON_IS_OTHER, .integer = ABSENT, .number = ABSENT_REAL};
	if (!find_key(&w->in, w->inner, strlen(w->inner), is_open))
		return false;
	return !*is_open || read_scalar(&w->in, v);
}

/* The rest of an open object. A string in v may live in the scratch, so nothing here unescapes. */
static bool end_value(struct walk *w)
{
	bool is_end;

	for (;;) {
		if (!scan_next(&w->in, '}', false, &is_end))
			return false;
		if (is_end)
			return true;
		if (!scan_skip_key(&w->in) || !scan_skip(&w->in))
			return false;
	}
}

static size_t keep_key(struct walk *w, const struct json_slice *key)
{
	size_t len = min_size(key->len, JSON_SCRATCH - 1);

	memcpy(w->key, key->s, len);
	w->key[len] = '\0';
	return len;
}

static bool take_member(struct walk *w)
{
	struct json_slice key;
	struct json_value v;
	bool is_open;
	size_t len;

	if (!scan_key(&w->in, &key))
		return false;
	len = keep_key(w, &key);
	if (!read_value(w, &v, &is_open) || (is_open && !end_value(w)))
		return false;
	w->fn(w->data, w->key, len, &v);
	return true;
}

/* [key, value]; anything else is passed over. */
static bool take_pair(struct walk *w)
{
	struct json_slice key;
	struct json_value v;
	bool is_end;
	size_t len;

	if (*w->in.p != '[' || *scan_blanks(w->in.p + 1) != '"')
		return scan_skip(&w->in);
	w->in.p = scan_blanks(w->in.p + 1);
	if (!scan_string(&w->in, &key))
		return false;
	len = keep_key(w, &key);
	if (!scan_next(&w->in, ']', false, &is_end))
		return false;
	if (is_end)
		return true;
	if (!read_scalar(&w->in, &v))
		return false;
	w->fn(w->data, w->key, len, &v);
	while (!is_end) {
		if (!scan_next(&w->in, ']', false, &is_end))
			return false;
		if (!is_end && !scan_skip(&w->in))
			return false;
	}
	return true;
}

static bool walk(struct walk *w)
{
	bool is_object = *w->in.p == '{', is_end;

	if (!is_object && *w->in.p != '[')
		return scan_skip(&w->in);
	w->in.p++;
	for (bool is_first = true;; is_first = false) {
		if (!scan_next(&w->in, is_object ? '}' : ']', is_first, &is_end))
			return false;
		if (is_end)
			return true;
		if (!(is_object ? take_member(w) : take_pair(w)))
			return false;
	}
}

int json_each(const struct json_body *body, const char *inner, json_pair_fn *fn, void *data,
	      struct err *err)
{
	struct walk w = {.inner = inner, .fn = fn, .data = data};
	bool found;
	int depth, rc = 0;

	scan_init(&w.in, body->bytes, body->len);
	w.key = xmalloc(JSON_SCRATCH);
	if (!scan_root(&w.in, body->root, &found, &depth) || (found && !walk(&w)) ||
	    !scan_rest(&w.in, depth))
		rc = scan_report(&w.in, err);
	scan_release(&w.in);
	free(w.key);
	return rc;
}

/* json.c - polled JSON straight into rows by the schema.
 *
 * The paths of a schema's fields are compiled into levels (the row's own object, then
 * `memoryMetrics`, ...), each with the members of interest. Programs write the members of each
 * object in the same order and spacing every time, so a level remembers the bytes that stood
 * between two values in the objects before - `,\n  "hostPort" : ` - together with what the member
 * is: mostly one comparison takes the comma, the blanks, the key and the colon at once. The
 * prediction is only ever a short cut: where it fails the key is read and looked up. */
#include "json.h"

#include <stdlib.h>

#include "json_store.h"

enum { LEVELS_MAX = 12, MEMBERS_MAX = 64, GUESSES_MAX = 64, GUESS_BYTES_MAX = 64, LOOK_AHEAD = 4 };
enum { NO_MEMBER = -1, NO_MORE = -2 }; /* what a guess may stand for, besides a member */

struct member {
	const char *key;
	size_t len;
	int field; /* its index, or -1 */
	int level; /* the object behind it, or -1 */
	int next;  /* of the same level, or -1 */
};

struct guess {
	const char *bytes; /* in the document, further up */
	uint16_t len;
	int16_t member;
};

struct level {
	int first; /* member, or -1 */
	int nguesses;
	struct guess guesses[GUESSES_MAX];
};

struct decoder {
	struct json_scan in;
	struct arena *arena;
	const struct schema *schema;
	bool is_list;        /* rows stand in an array */
	void *blank;         /* a row with every field absent */
	uint64_t seen;       /* members met in this row */
	uint64_t room_bytes; /* bytes the rows may take */
	const void **rows;
	size_t n, room;
	int nlevels, nmembers;
	struct member members[MEMBERS_MAX];
	struct level levels[LEVELS_MAX];
};

void json_flags_add(struct json_flags *sum, const struct json_flags *f)
{
	sum->nonfinite += f->nonfinite;
	sum->huge += f->huge;
	sum->surrogates += f->surrogates;
	sum->nuls += f->nuls;
	sum->duplicates += f->duplicates;
	sum->mismatches += f->mismatches;
	sum->strays += f->strays;
	sum->dropped += f->dropped;
	sum->wrong |= f->wrong;
	sum->naive |= f->naive;
}

static int find_member(const struct decoder *d, int level, const char *key, size_t len)
{
	int m = d->levels[level].first;

	while (m >= 0 && (d->members[m].len != len || memcmp(d->members[m].key, key, len) != 0))
		m = d->members[m].next;
	return m;
}

static int add_level(struct decoder *d)
{
	if (d->nlevels == LEVELS_MAX)
		BUG("schema %s has more than %d levels of JSON", d->schema->name, LEVELS_MAX);
	d->levels[d->nlevels].first = -1;
	d->levels[d->nlevels].nguesses = 0;
	return d->nlevels++;
}

static int add_member(struct decoder *d, int level, const char *key, size_t len)
{
	int m = find_member(d, level, key, len);

	if (m >= 0)
		return m;
	if (d->nmembers == MEMBERS_MAX)
		BUG("schema %s has more than %d JSON members", d->schema->name, MEMBERS_MAX);
	m = d->nmembers++;
	d->members[m] = (struct member){key, len, -1, -1, d->levels[level].first};
	d->levels[level].first = m;
	return m;
}

static void compile(struct decoder *d)
{
	add_level(d);
	for (size_t i = 0; i < d->schema->nfields; i++) {
		const char *key = d->schema->fields[i].json, *dot;
		int level = 0, m;

		if (!key)
			continue;
		while ((dot = strchr(key, '.')) != NULL) {
			m = add_member(d, level, key, (size_t)(dot - key));
			if (d->members[m].level < 0)
				d->members[m].level = add_level(d);
			level = d->members[m].level;
			key = dot + 1;
		}
		m = add_member(d, level, key, strlen(key));
		if (d->members[m].field >= 0)
			BUG("schema %s has two fields of one JSON path", d->schema->name);
		d->members[m].field = (int)i;
	}
}

/* The bytes from `from` to p stood between two values: found again further down, or remembered at
 * this place in the order. *g becomes the place behind it. */
static void learn(struct level *lv, int *g, const char *from, const char *p, int member)
{
	size_t len = (size_t)(p - from);

	if (len > GUESS_BYTES_MAX)
		return;
	for (int i = *g; i < lv->nguesses; i++) {
		const struct guess *x = &lv->guesses[i];

		if (x->len == len && memcmp(x->bytes, from, len) == 0) {
			*g = i + 1;
			return;
		}
	}
	if (lv->nguesses == GUESSES_MAX)
		return;
	memmove(&lv->guesses[*g + 1], &lv->guesses[*g],
		(size_t)(lv->nguesses - *g) * sizeof(lv->guesses[0]));
	lv->guesses[*g] = (struct guess){from, (uint16_t)len, (int16_t)member};
	lv->nguesses++;
	(*g)++;
}

/* Reads what stands between two values: the next member, NO_MEMBER for one of no interest, or
 * NO_MORE at the end of the object. p is left at the value or behind the object. */
static bool read_member(struct decoder *d, int level, int *g, bool is_first, int *member)
{
	struct level *lv = &d->levels[level];
	const char *from = d->in.p;
	struct json_slice key;
	bool is_end;

	if (is_first)
		d->in.p++;
	if (!scan_next(&d->in, '}', is_first, &is_end))
		return false;
	if (is_end) {
		*member = NO_MORE;
	} else {
		if (!scan_key(&d->in, &key))
			return false;
		*member = find_member(d, level, key.s, key.len);
	}
	learn(lv, g, from, d->in.p, *member);
	return true;
}

static void clear_field(struct decoder *d, int field, void *row)
{
	const struct field *f = &d->schema->fields[field];

	memcpy((char *)row + f->offset, (char *)d->blank + f->offset, json_field_size(f->type));
}

/* A member given twice: the last one counts, so what the first one left goes. */
static void forget(struct decoder *d, int member, void *row)
{
	const struct member *m = &d->members[member];

	if (m->field >= 0)
		clear_field(d, m->field, row);
	if (m->level < 0)
		return;
	for (int i = d->levels[m->level].first; i >= 0; i = d->members[i].next) {
		d->seen &= ~(UINT64_C(1) << i);
		forget(d, i, row);
	}
}

static bool take_object(struct decoder *d, int level, void *row);

/* The object behind a member, or the first object of the list there. */
static bool take_inner(struct decoder *d, int level, void *row)
{
	bool is_end, is_taken = false;

	if (*d->in.p == '{')
		return take_object(d, level, row);
	if (*d->in.p == 'n')
		return scan_word(&d->in, "null");
	if (*d->in.p != '[') {
		d->in.flags.mismatches++;
		return scan_skip(&d->in);
	}
	d->in.p++;
	for (bool is_first = true;; is_first = false) {
		bool is_object;

		if (!scan_next(&d->in, ']', is_first, &is_end))
			return false;
		if (is_end)
			return true;
		is_object = *d->in.p == '{' && !is_taken;
		is_taken = is_taken || is_object;
		if (!(is_object ? take_object(d, level, row) : scan_skip(&d->in)))
			return false;
	}
}

static bool take_value(struct decoder *d, int member, void *row)
{
	const struct member *m = &d->members[member];

	if (d->seen >> member & 1) {
		d->in.flags.duplicates++;
		forget(d, member, row);
	}
	d->seen |= UINT64_C(1) << member;
	/* One path may be a field and lead on to others; then the value's type decides. */
	if (m->level >= 0 && (m->field < 0 || *d->in.p == '{' || *d->in.p == '['))
		return take_inner(d, m->level, row);
	return json_store(&d->in, d->arena, &d->schema->fields[m->field], (size_t)m->field, row);
}

/* Takes what stands between two values when it is what stood there before; members that may be
 * missing (removeTime) make it look a little further. */
static inline bool guess_member(struct decoder *d, const struct level *lv, int *g, int *member)
{
	int last = *g + LOOK_AHEAD < lv->nguesses ? *g + LOOK_AHEAD : lv->nguesses;

	for (int i = *g; i < last; i++) {
		const struct guess *x = &lv->guesses[i];

		if (!scan_same(d->in.p, x->bytes, x->len, d->in.end))
			continue;
		d->in.p += x->len;
		if (*d->in.p <= ' ')
			d->in.p = scan_blanks(d->in.p);
		*member = x->member;
		*g = i + 1;
		return true;
	}
	return false;
}

/* Depth of recursion: that of the schema's paths, whatever the document does. */
static bool take_object(struct decoder *d, int level, void *row)
{
	const struct level *lv = &d->levels[level];
	bool is_first = true;
	int g = 0, member;

	for (;; is_first = false) {
		if (!guess_member(d, lv, &g, &member) &&
		    !read_member(d, level, &g, is_first, &member))
			return false;
		if (member == NO_MORE)
			return true;
		if (!(member == NO_MEMBER ? scan_skip(&d->in) : take_value(d, member, row)))
			return false;
	}
}

static bool add_row(struct decoder *d, void **row)
{
	if ((d->n + 1) * (d->schema->size + sizeof(void *)) > d->room_bytes)
		return scan_fail(&d->in, d->in.p, NULL);
	if (d->n == d->room) {
		d->room = d->room ? d->room * 2 : 64;
		d->rows = xrealloc(d->rows, d->room * sizeof(*d->rows));
	}
	*row = arena_alloc_raw(d->arena, d->schema->size, 16);
	memcpy(*row, d->blank, d->schema->size);
	d->rows[d->n++] = *row;
	d->seen = 0;
	return true;
}

static bool take_row(struct decoder *d)
{
	void *row;

	if (*d->in.p != '{') {
		d->in.flags.strays += d->is_list;
		if (*d->in.p != 'n')
			d->in.flags.mismatches++;
		return scan_skip(&d->in);
	}
	return add_row(d, &row) && take_object(d, 0, row);
}

static bool take_rows(struct decoder *d)
{
	bool is_end;

	d->is_list = *d->in.p == '[';
	if (!d->is_list)
		return take_row(d);
	d->in.p++;
	for (bool is_first = true;; is_first = false) {
		if (!scan_next(&d->in, ']', is_first, &is_end))
			return false;
		if (is_end)
			return true;
		if (!take_row(d))
			return false;
	}
}

static bool decode(struct decoder *d, const char *root, bool *has_root)
{
	int depth;

	if (!scan_root(&d->in, root, has_root, &depth))
		return false;
	return (!*has_root || take_rows(d)) && scan_rest(&d->in, depth);
}

int json_rows(const struct schema *s, const struct json_body *body, struct arena *a,
	      struct json_rows *out, struct err *err)
{
	struct decoder *d = xmalloc(sizeof(*d));
	const void **rows;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	memset(d, 0, offsetof(struct decoder, members));
	d->arena = a;
	d->schema = s;
	d->room_bytes = 2 * (uint64_t)body->len + (1 << 20);
	d->blank = xmalloc(s->size);
	field_clear_row(s, d->blank);
	compile(d);
	scan_init(&d->in, body->bytes, body->len);
	if (!decode(d, body->root, &out->has_root)) {
		rc = d->in.problem ? scan_report(&d->in, err)
				   : err_set(err, ERR_LIMIT,
					     "over %zu rows in %zu bytes: not what %s look like",
					     d->n, body->len, s->title);
	} else if (d->n > 0) {
		rows = arena_alloc_raw(a, d->n * sizeof(*rows), 16);
		memcpy(rows, d->rows, d->n * sizeof(*rows));
		out->rows = rows;
		out->n = d->n;
	}
	out->is_list = d->is_list;
	out->flags = d->in.flags;
	scan_release(&d->in);
	free(d->rows);
	free(d->blank);
	free(d);
	return rc;
}

static bool has_key(const struct schema *s, const void *row)
{
	for (size_t i = 0; i < s->nfields; i++) {
		const struct field *f = &s->fields[i];

		if (f->json && (f->flags & FIELD_KEY) && field_is_absent(f, row))
			return false;
	}
	return true;
}

int json_list(const struct schema *s, const struct json_body *body, struct arena *a,
	      struct json_rows *out, struct err *err)
{
	int rc = json_rows(s, body, a, out, err);
	const void **kept;
	size_t n = 0;

	if (rc < 0)
		return rc;
	if (out->has_root && !out->is_list)
		return err_set(err, ERR_FORMAT, "%s%s%s where an array of %s belongs",
			       body->root[0] ? "`" : "", body->root,
			       body->root[0] ? "` is no array" : "no array", s->title);
	kept = ARENA_ARRAY(a, const void *, out->n + 1);
	for (size_t i = 0; i < out->n; i++)
		if (has_key(s, out->rows[i]))
			kept[n++] = out->rows[i];
	out->flags.strays += (uint32_t)(out->n - n);
	out->rows = kept;
	out->n = n;
	return 0;
}

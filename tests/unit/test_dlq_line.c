/* Which lines are entries, bad or blank, and what they say: both readers against a list of lines
 * written by Python's json.dumps and by hand, against each other on mutations of them, and against
 * jansson wherever jansson can judge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "../../backend/dlq/fast.h"
#include "../../include/clock.h"

enum { LINES_MAX = 400, ROUNDS = 60000, MUTANT_MAX = 16384 };

struct sample {
	char *line;
	size_t len;
	enum line_kind kind;
};

static struct sample samples[LINES_MAX];
static size_t nsamples;

static int read_samples(void **state)
{
	FILE *in = fopen("tests/fixture/dlq/lines.txt", "rb");
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	(void)state;
	if (!in)
		return -1;
	while ((n = getline(&line, &size, in)) > 2 && nsamples < LINES_MAX) {
		struct sample *s = &samples[nsamples++];
		s->kind = *line == 'e' ? LINE_ENTRY : *line == 'b' ? LINE_BAD : LINE_BLANK;
		s->len = (size_t)n - 3;
		s->line = xmalloc(s->len + 1);
		memcpy(s->line, line + 2, s->len);
	}
	free(line);
	fclose(in);
	return 0;
}

static int free_samples(void **state)
{
	(void)state;
	for (size_t i = 0; i < nsamples; i++)
		free(samples[i].line);
	return 0;
}

static uint64_t random_state;
static size_t pick(size_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(random_state >> 33) % n;
}

/* In pieces of random length, or byte by byte. */
static enum line_kind slow(struct line_scan *s, const char *p, size_t len, size_t piece)
{
	line_scan_begin(s, false);
	for (size_t at = 0; at < len;) {
		size_t n = min_size(len - at, 1 + pick(piece));
		char *copy = xmalloc(n); /* so that reading past a piece is seen */
		memcpy(copy, p + at, n);
		line_scan_feed(s, copy, n);
		free(copy);
		at += n;
	}
	return line_scan_end(s);
}

static void same_text(struct span a, struct span b, const char *what, const char *line)
{
	struct arena arena;

	arena_init(&arena);
	const struct text *x = token_text(a, &arena), *y = token_text(b, &arena);
	if ((x == NULL) != (y == NULL) || (x && text_cmp(x, y)))
		fail_msg("%s differs in %s: <%s> <%s>", what, line, x ? text_str(x) : "nothing",
			 y ? text_str(y) : "nothing");
	arena_release(&arena);
}

static void same_fields(struct line_fields a, struct line_fields b, const char *line)
{
	int64_t x = 0, y = 0;

	same_text(a.type, b.type, "type", line);
	same_text(a.message, b.message, "message", line);
	same_text(a.advice, b.advice, "advice", line);
	same_text(a.at, b.at, "time", line);
	assert_int_equal(token_id(a.batch_id, &x), token_id(b.batch_id, &y));
	assert_int_equal(x, y);
	same_text(a.batch_id, b.batch_id, "batch id", line);
}

static void both(struct fast *fast, struct line_scan *scan, const char *p, size_t len, size_t piece)
{
	static char buf[FAST_MAX + FAST_PAD];
	struct fast_line line;

	/* Between other lines, so that nothing leaks from one to the next. */
	static const char before[] = "{\"open\": \"\n", after[] = "\n{\"batch_id\": 3}\n";
	size_t n = sizeof(before) - 1;
	memcpy(buf, before, n);
	memcpy(buf + n, p, len);
	n += len;
	memcpy(buf + n, after, sizeof(after) - 1);
	n += sizeof(after) - 1;
	fast_begin(fast, buf, n);
	assert_true(fast_next(fast, &line));
	assert_int_equal(line.kind, LINE_BAD);
	assert_true(fast_next(fast, &line));
	enum line_kind kind = slow(scan, p, len, piece);
	if (line.kind != kind)
		fail_msg("fast says %d, slow %d: %zu bytes %.*s", line.kind, kind, len, (int)len,
			 p);
	assert_int_equal(line.len, len);
	if (kind == LINE_ENTRY)
		same_fields(line_choose(line.places), line_scan_fields(scan), p);
	assert_true(fast_next(fast, &line));
	assert_int_equal(line.kind, LINE_ENTRY);
	assert_false(fast_next(fast, &line));
}

static void test_list(void **state)
{
	struct line_scan scan;
	struct fast *fast = fast_new(FAST_WIDEST);

	(void)state;
	line_scan_init(&scan);
	assert_true(nsamples > 100);
	for (size_t i = 0; i < nsamples; i++) {
		struct sample *s = &samples[i];
		if (slow(&scan, s->line, s->len, 1) != s->kind)
			fail_msg("line %zu is not %d: %.*s", i + 1, s->kind, (int)s->len, s->line);
		both(fast, &scan, s->line, s->len, 7);
	}
	line_scan_release(&scan);
	fast_free(fast);
}

/* A mutant of a sample: bytes changed, left out, put in, two samples joined. */
static size_t mutate(char *out)
{
	static const char bytes[] = "\"\\{}[]:,01e.-+tfnNIu \t\r\x01\x80\xc3\xbc\xff";
	const struct sample *s = &samples[pick(nsamples)], *t = &samples[pick(nsamples)];
	size_t len = min_size(s->len, MUTANT_MAX / 2), more = min_size(t->len, MUTANT_MAX / 4);

	memcpy(out, s->line, len);
	if (pick(4) == 0) {
		size_t from = pick(len + 1);
		memcpy(out + from, t->line, more);
		len = from + more;
	}
	for (size_t k = pick(4); k > 0 && len; k--) {
		size_t at = pick(len);
		switch (pick(3)) {
		case 0:
			out[at] = bytes[pick(sizeof(bytes) - 1)];
			break;
		case 1:
			memmove(out + at, out + at + 1, --len - at);
			break;
		default:
			memmove(out + at + 1, out + at, len++ - at);
			out[at] = bytes[pick(sizeof(bytes) - 1)];
		}
	}
	return len;
}

static void test_readers_agree(void **state)
{
	struct line_scan scan;
	struct fast *fast[] = {fast_new(FAST_NARROW), fast_new(FAST_WIDE), fast_new(FAST_WIDEST)};
	char *mutant = xmalloc(MUTANT_MAX * 2);

	(void)state;
	line_scan_init(&scan);
	for (random_state = 1; random_state < 4; random_state++) {
		uint64_t seed = random_state;
		for (int i = 0; i < ROUNDS / 3; i++)
			both(fast[i % 3], &scan, mutant, mutate(mutant), 40);
		random_state = seed;
	}
	free(mutant);
	line_scan_release(&scan);
	for (size_t i = 0; i < ARRAY_LEN(fast); i++)
		fast_free(fast[i]);
}

/* jansson refuses what Python writes (NaN, integers over 64 bits, lone surrogates, 1e999), depth
 * over 2048 and NUL in a key: there it is no judge. */
static bool can_judge(const char *p, size_t len)
{
	size_t digits = 0, depth = 0;

	for (size_t i = 0; i < len; i++) {
		digits = p[i] >= '0' && p[i] <= '9' ? digits + 1 : 0;
		depth += p[i] == '[' || p[i] == '{';
		if (digits > 18 || p[i] == 'N' || p[i] == 'I' ||
		    (p[i] == '\\' && i + 1 < len && p[i + 1] == 'u') || !p[i])
			return false;
		if ((p[i] | 0x20) == 'e' && i && p[i - 1] >= '0' && p[i - 1] <= '9')
			return false;
	}
	return depth < 2000;
}

static void test_jansson_agrees(void **state)
{
	struct line_scan scan;
	char *mutant = xmalloc(MUTANT_MAX * 2);
	size_t judged = 0, entries = 0;

	(void)state;
	random_state = 99;
	line_scan_init(&scan);
	for (int i = 0; i < ROUNDS; i++) {
		size_t len = mutate(mutant);
		if (!can_judge(mutant, len))
			continue;
		json_error_t error;
		json_t *tree = json_loadb(mutant, len, JSON_DECODE_ANY, &error);
		enum line_kind kind = slow(&scan, mutant, len, 500);
		bool is_object = json_is_object(tree);
		json_decref(tree);
		judged++;
		entries += is_object;
		if (is_object != (kind == LINE_ENTRY))
			fail_msg("jansson says %d (%s), we say %d: %.*s", is_object, error.text,
				 kind, (int)len, mutant);
	}
	assert_true(judged > ROUNDS / 4 && entries > judged / 20);
	free(mutant);
	line_scan_release(&scan);
}

static struct line_fields fields_of(struct line_scan *s, const char *line)
{
	assert_int_equal(slow(s, line, strlen(line), 5), LINE_ENTRY);
	return line_scan_fields(s);
}

static void assert_text(struct span t, const char *want)
{
	struct arena a;

	arena_init(&a);
	const struct text *got = token_text(t, &a);
	if (want)
		assert_non_null(got);
	if (got)
		assert_string_equal(text_str(got), want ? want : "nothing");
	arena_release(&a);
}

static void test_places(void **state)
{
	struct line_scan s;
	int64_t id = 0;

	(void)state;
	line_scan_init(&s);
	struct line_fields f = fields_of(
		&s, "{\"sample_records\": [{\"batch_id\": 9, \"error\": {\"type\": \"No\"}}], "
		    "\"context\": {\"batch_id\": 8, \"timestamp\": \"no\"}, \"batch_id\": 7}");
	assert_int_equal(token_id(f.batch_id, &id), TOKEN_ID_NUMBER);
	assert_int_equal(id, 7);
	assert_text(f.type, NULL);
	assert_int_equal(f.at.len, 0);
	f = fields_of(
		&s,
		"{\"error\": {\"type\": \"A\", \"message\": \"a\"}, \"error\": {\"type\": \"B\"}}");
	assert_text(f.type, "B");
	assert_text(f.message, NULL);
	f = fields_of(
		&s,
		"{\"error_type\": \"T\", \"error_message\": \"m\\u00fc\\ud800\", \"error\": null}");
	assert_text(f.type, "T");
	assert_text(f.message, "m\xc3\xbc\xef\xbf\xbd");
	f = fields_of(&s, "{\"batch_id\": 9223372036854775808, \"error\": \"words\"}");
	assert_int_equal(token_id(f.batch_id, &id), TOKEN_ID_TEXT);
	assert_text(f.batch_id, "9223372036854775808");
	assert_text(f.message, "words");
	f = fields_of(&s, "{\"b\\u0061tch_id\": \"b-1\"}");
	assert_text(f.batch_id, "b-1");
	line_scan_release(&s);
}

static void test_long_and_deep(void **state)
{
	enum { DEPTH = 3000000 };
	struct line_scan s;
	char *p = xmalloc(DEPTH);

	(void)state;
	line_scan_init(&s);
	line_scan_begin(&s, false);
	line_scan_feed(&s, "{\"a\":", 5);
	memset(p, '[', DEPTH);
	line_scan_feed(&s, p, DEPTH);
	memset(p, ']', DEPTH);
	line_scan_feed(&s, p, DEPTH);
	line_scan_feed(&s, ",\"batch_id\":5}", 14);
	assert_int_equal(line_scan_end(&s), LINE_ENTRY);
	/* A text of 60 MB is cut where it is kept, and still an entry. */
	line_scan_begin(&s, false);
	line_scan_feed(&s, "{\"error\":{\"message\":\"", 21);
	memset(p, 'x', DEPTH);
	for (int i = 0; i < 20; i++)
		line_scan_feed(&s, p, DEPTH);
	line_scan_feed(&s, "\"},\"batch_id\":5}", 16);
	assert_int_equal(line_scan_end(&s), LINE_ENTRY);
	assert_true(line_scan_fields(&s).message.len <= TEXT_MAX);
	assert_string_equal(line_scan_fields(&s).batch_id.p, "5");
	line_scan_release(&s);
	free(p);
}

static void test_times(void **state)
{
	static const struct {
		const char *token;
		int64_t ms;
		bool is_naive;
	} cases[] = {
		{"\"2025-11-21T09:45:30.123456\"", 1763718330123, true},
		{"\"2025-11-21T09:45:30\"", 1763718330000, true},
		{"\"2025-11-21 09:45:30.5\"", 1763718330500, true},
		{"\"2025-11-21T09:45:30.123Z\"", 1763718330123, false},
		{"\"2025-11-21T10:45:30.123456+01:00\"", 1763718330123, false},
		{"\"2024-02-29T00:00:00.000000\"", 1709164800000, true},
		{"\"2025-02-29T00:00:00.000000\"", ABSENT, false},
		{"\"2025-13-01T00:00:00.000000\"", ABSENT, false},
		{"\"yesterday\"", ABSENT, false},
		{"\"\"", ABSENT, false},
		{"1763718330", 1763718330000, false},
		{"1763718330123", 1763718330123, false},
		{"12", ABSENT, false},
		{"null", ABSENT, false},
		{"{", ABSENT, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool is_naive;
		struct span t = {cases[i].token, strlen(cases[i].token)};
		int64_t ms = token_time(t, &is_naive);
		if (ms != cases[i].ms || (!is_absent(ms) && is_naive != cases[i].is_naive))
			fail_msg("%s is %lld, %d", cases[i].token, (long long)ms, is_naive);
	}
}

/* The usual time is read by words: it must be so with one byte changed to any other, too. */
static void test_nearly_times(void **state)
{
	static const char usual[] = "\"2025-11-21T09:45:30.123456\"";
	char near[sizeof(usual)];

	(void)state;
	for (size_t at = 1; at + 2 < sizeof(usual); at++) {
		for (int c = 1; c < 256; c++) {
			enum time_zone_kind kind = TIME_HAS_ZONE;
			bool is_naive;

			memcpy(near, usual, sizeof(near));
			near[at] = (char)c;
			if (c == '\\')
				continue;
			int64_t want = clock_parse(near + 1, sizeof(near) - 3, &kind);
			struct span t = {near, sizeof(near) - 1};

			assert_int_equal(token_time(t, &is_naive), want);
			if (!is_absent(want))
				assert_int_equal(is_naive, kind == TIME_NAIVE);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),           cmocka_unit_test(test_readers_agree),
		cmocka_unit_test(test_jansson_agrees), cmocka_unit_test(test_places),
		cmocka_unit_test(test_long_and_deep),  cmocka_unit_test(test_times),
		cmocka_unit_test(test_nearly_times),
	};

	return cmocka_run_group_tests(tests, read_samples, free_samples);
}

/* The classifier: every recorded log of a real failure against the marks it must give, every known
 * text one by one, ordinary lines that give none, and the matcher against the plain search. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/log/match.h"
#include "../../backend/log/record.h"
#include "../../backend/log/scan.h"
#include "files.h"

static void feed(struct log_scan *s, const char *text)
{
	log_scan_feed(s, text, strlen(text), 0);
}

static struct log_scan scan_new(void)
{
	struct log_scan s;

	log_scan_init(&s, signatures_new(NULL, 0));
	return s;
}

/* --- recorded logs --- */

static const char *const recorded[] = {
	"35-app-kill-driver",
	"35-app-kill-stdout",
	"35-context-stopped-streaming-driver",
	"35-executor-oom-driver",
	"35-executor-oom-executor-1-stderr",
	"35-executor-oom-master",
	"35-executor-oom-stdout",
	"35-executor-oom-worker",
	"35-kills-driver",
	"35-oom-context-stderr",
	"35-oom-context-stdout",
	"35-oom-gateway-stderr",
	"35-oom-task-stderr",
	"35-python-killed-driver-stderr-after",
	"35-worker-master-lost-driver",
	"35-worker-master-lost-master",
	"35-worker-master-lost-worker",
	"43-driver-streaming-driver",
	"43-executor-oom-driver",
	"43-oom-task-stderr",
};

static void print_marks(const char *name, const struct log_scan *s, struct buf *out)
{
	buf_printf(out, "%s: %lld lines, %lld errors, %lld marks\n", name, (long long)s->lines,
		   (long long)s->errors, (long long)s->nmarks);
	for (size_t i = 0; i < s->n; i++) {
		const struct scan_mark *m = log_scan_mark_at(s, i);
		buf_printf(out, "%5lld x%lld %s: %s", (long long)m->line + 1, (long long)m->count,
			   log_kind_names[m->what->kind], m->what->name);
		if (!is_absent(m->exit_code))
			buf_printf(out, ", exit %lld", (long long)m->exit_code);
		buf_printf(out, "%s\n", m->is_dated ? "" : ", dated by a line before it");
	}
}

static void recorded_failures_give_their_marks(void **state)
{
	struct buf out;
	size_t len;

	(void)state;
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < ARRAY_LEN(recorded); i++) {
		char file[200];
		snprintf(file, sizeof(file), "tests/fixture/log/%s.log", recorded[i]);
		char *text = file_read(file, &len);
		struct log_scan s = scan_new();
		log_scan_feed(&s, text, len, 0);
		print_marks(recorded[i], &s, &out);
		log_scan_release(&s);
		free(text);
	}
	file_golden("tests/fixture/log/marks.txt", out.data);
	buf_release(&out);
}

/* Fed in pieces of any size the marks are the same. */
static void pieces_make_no_difference(void **state)
{
	size_t len;
	char *text = file_read("tests/fixture/log/35-oom-context-stderr.log", &len);
	struct log_scan whole = scan_new();

	(void)state;
	log_scan_feed(&whole, text, len, 0);
	for (size_t lines = 1; lines < 9; lines += 3) {
		struct log_scan s = scan_new();
		for (size_t at = 0; at < len;) {
			const char *end = text + at;
			for (size_t i = 0; i < lines && end < text + len; i++) {
				const char *n = memchr(end, '\n', (size_t)(text + len - end));
				end = n ? n + 1 : text + len;
			}
			if (lines == 1) /* also as a line that is not complete yet */
				log_scan_peek(&s, text + at, (size_t)(end - text) - at - 1,
					      (int64_t)at);
			log_scan_feed(&s, text + at, (size_t)(end - text) - at, (int64_t)at);
			at = (size_t)(end - text);
		}
		assert_int_equal(s.lines, whole.lines);
		assert_int_equal(s.errors, whole.errors);
		assert_int_equal(s.nmarks, whole.nmarks);
		assert_int_equal(s.n, whole.n);
		for (size_t i = 0; i < s.n; i++) {
			const struct scan_mark *a = log_scan_mark_at(&s, i);
			const struct scan_mark *b = log_scan_mark_at(&whole, i);
			assert_int_equal(a->offset, b->offset);
			assert_int_equal(a->line, b->line);
			assert_int_equal(a->at, b->at);
			assert_int_equal(a->count, b->count);
			assert_string_equal(a->what->name, b->what->name);
		}
		log_scan_release(&s);
	}
	log_scan_release(&whole);
	free(text);
}

static void peek(struct log_scan *s, const char *text)
{
	log_scan_peek(s, text, strlen(text), 0);
}

/* What a line says before it is complete is not the last word. */
static void the_complete_line_decides(void **state)
{
	static const char lost[] = "26/11/20 20:41:47 ERROR TaskSchedulerImpl: Lost executor 1 on "
				   "10.0.0.7: Command exited with code 52";
	struct log_scan s = scan_new();
	char part[sizeof(lost)];

	(void)state;
	snprintf(part, sizeof(part), "%.*s", (int)sizeof(lost) - 2, lost);
	peek(&s, part);
	assert_int_equal(log_scan_mark_at(&s, 0)->exit_code, 5);
	peek(&s, lost);
	assert_int_equal(s.n, 1);
	assert_int_equal(log_scan_mark_at(&s, 0)->exit_code, 52);
	feed(&s, "26/11/20 20:41:47 ERROR TaskSchedulerImpl: Lost executor 1: java.lang."
		 "OutOfMemoryError, Worker lost\n");
	assert_int_equal(s.n, 0);
	assert_int_equal(s.nmarks, 0);
	assert_int_equal(s.lines, 1);
	log_scan_release(&s);
}

/* Also where it only repeats another: that one's count and time go back. */
static void a_repetition_is_withdrawn(void **state)
{
	static const char oom[] = "26/11/20 20:41:47 ERROR X: java.lang.OutOfMemoryError\n";
	static const char again[] = "26/11/20 20:41:50 ERROR X: java.lang.OutOfMemoryError";
	struct log_scan s = scan_new();
	char harmless[200];

	(void)state;
	feed(&s, oom);
	int64_t at = log_scan_mark_at(&s, 0)->last_at;
	log_scan_peek(&s, again, strlen(again), (int64_t)strlen(oom));
	assert_int_equal(log_scan_mark_at(&s, 0)->count, 2);
	assert_int_equal(log_scan_mark_at(&s, 0)->last_at, at + 3000);
	snprintf(harmless, sizeof(harmless), "%s; Worker lost\n", again);
	log_scan_feed(&s, harmless, strlen(harmless), (int64_t)strlen(oom));
	assert_int_equal(s.nmarks, 1);
	assert_int_equal(log_scan_mark_at(&s, 0)->count, 1);
	assert_int_equal(log_scan_mark_at(&s, 0)->last_at, at);
	log_scan_release(&s);
}

/* An undated mark keeps the time at which it was first seen. */
static void an_undated_mark_stays_where_it_was_seen(void **state)
{
	static const char half[] = "java.lang.OutOfMemoryError: Java heap space";
	struct log_scan s = scan_new();

	(void)state;
	s.undated_at = 1000;
	peek(&s, half);
	s.undated_at = 2000;
	feed(&s, "java.lang.OutOfMemoryError: Java heap space, and more\n");
	assert_int_equal(s.n, 1);
	assert_int_equal(log_scan_mark_at(&s, 0)->at, 1000);
	log_scan_release(&s);
}

/* --- one by one --- */

static void every_signature_marks_its_line(void **state)
{
	struct signatures *s = signatures_new(NULL, 0);

	(void)state;
	for (size_t i = 0; i < signatures_nbuilt_in; i++) {
		const struct signature *want = &signatures_built_in[i];
		char line[400];
		int64_t code;
		snprintf(line, sizeof(line), "26/11/20 20:41:47 WARN X: %s52 and so on",
			 want->match);
		const struct signature *got = signatures_judge(s, line, strlen(line));
		assert_non_null(got);
		assert_string_equal(got->match, want->match);
		bool is_mark = !(want->flags & (SIGNATURE_QUIET | SIGNATURE_LEVEL));
		assert_int_equal(signatures_mark(s, line, strlen(line), &code) != NULL, is_mark);
		if (!is_mark)
			continue;
		assert_true(strlen(want->name) > 0 && strlen(want->name) < 40);
		assert_true(strlen(want->means) > 0);
	}
	signatures_unref(s);
}

static void the_configuration_comes_first(void **state)
{
	const struct config_signature own[] = {
		{"Java heap space", "dependency", "ours", "do this"},
		{"Table is locked", NULL, NULL, NULL},
	};
	struct signatures *s = signatures_new(own, 2);
	const char *a = "java.lang.OutOfMemoryError: Java heap space";
	const char *b = "INFO X: Table is locked by Y, Command exited with code 52";
	int64_t code;

	(void)state;
	const struct signature *what = signatures_mark(s, a, strlen(a), &code);
	assert_int_equal(what->kind, LOG_KIND_DEPENDENCY);
	assert_string_equal(what->means, "ours");
	assert_string_equal(what->next, "do this");
	what = signatures_mark(s, b, strlen(b), &code);
	assert_int_equal(what->kind, LOG_KIND_OTHER);
	assert_string_equal(what->name, "Table is locked");
	assert_null(what->next);
	signatures_unref(s);
}

static void exit_codes_speak(void **state)
{
	struct signatures *s = signatures_new(NULL, 0);
	const char *line = "ERROR TaskSchedulerImpl: Lost executor 0 on h: Command exited with "
			   "code 56";
	const char *none = "INFO Worker: Executor app-1/0 finished with state EXITED message "
			   "Command exited with code 0 exitStatus 0";
	struct arena a;
	int64_t code;

	(void)state;
	arena_init(&a);
	const struct signature *what = signatures_mark(s, line, strlen(line), &code);
	assert_int_equal(code, 56);
	assert_string_equal(text_str(signature_name(&a, what, code)), "executor lost: exit 56");
	assert_non_null(strstr(text_str(signature_means(&a, what, code)), "heartbeats"));
	assert_non_null(strstr(text_str(signature_next(&a, what, code)), "garbage collection"));
	assert_null(signatures_mark(s, none, strlen(none), &code));
	assert_true(is_absent(log_exit_code("exit code none", 14)));
	assert_int_equal(log_exit_code("Exit status: 137. Diag", 22), 137);
	arena_release(&a);
	signatures_unref(s);
}

/* What a failing job repeats is one mark; after a while, or behind another mark,
 * it is a new one. */
static void retry_noise_is_counted(void **state)
{
	struct log_scan s = scan_new();

	(void)state;
	feed(&s, "26/11/20 20:00:00 ERROR A: java.lang.OutOfMemoryError: Java heap space\n"
		 "26/11/20 20:00:01 ERROR A: java.lang.OutOfMemoryError: Java heap space\n"
		 "java.lang.OutOfMemoryError: Java heap space\n"
		 "26/11/20 20:00:02 ERROR A: Connection refused\n"
		 "26/11/20 20:00:03 ERROR A: java.lang.OutOfMemoryError: Java heap space\n"
		 "26/11/20 20:30:03 ERROR A: java.lang.OutOfMemoryError: Java heap space\n");
	assert_int_equal(s.n, 4);
	assert_int_equal(log_scan_mark_at(&s, 0)->count, 3);
	assert_int_equal(log_scan_mark_at(&s, 0)->last_at - log_scan_mark_at(&s, 0)->at, 1000);
	assert_int_equal(log_scan_mark_at(&s, 1)->what->kind, LOG_KIND_REFUSED);
	assert_int_equal(log_scan_mark_at(&s, 2)->count, 1);
	assert_int_equal(s.nmarks, 6);
	assert_int_equal(s.errors, 5);
	log_scan_release(&s);
}

/* A session that comes up is news only behind a failure. */
static void good_news_needs_bad_news(void **state)
{
	struct log_scan s = scan_new();

	(void)state;
	feed(&s, "26/11/20 20:00:00 INFO A: Spark session initialized successfully\n");
	assert_int_equal(s.n, 0);
	feed(&s, "26/11/20 20:00:01 ERROR A: java.lang.OutOfMemoryError: Java heap space\n"
		 "26/11/20 20:00:09 INFO A: Spark session initialized successfully\n");
	assert_int_equal(s.n, 2);
	assert_int_equal(log_scan_mark_at(&s, 1)->what->kind, LOG_KIND_RECOVERED);
	log_scan_release(&s);
}

static void only_the_newest_marks_are_kept(void **state)
{
	struct log_scan s = scan_new();
	int64_t offset = 0;

	(void)state;
	for (int i = 0; i < 500; i++) {
		const char *line = i % 2 ? "x OOMKilled\n" : "x Connection refused\n";
		log_scan_feed(&s, line, strlen(line), offset);
		offset += (int64_t)strlen(line);
	}
	assert_int_equal(s.nmarks, 500);
	assert_int_equal(s.n, SCAN_MARKS);
	assert_int_equal(log_scan_mark_at(&s, SCAN_MARKS - 1)->line, 499);
	assert_int_equal(log_scan_mark_at(&s, 0)->line, 300);
	log_scan_rotate(&s, offset);
	assert_true(log_scan_mark_at(&s, SCAN_MARKS - 1)->offset < 0);
	log_scan_release(&s);
}

/* --- nothing wrong --- */

static const char *const ordinary[] = {
	"INFO TaskSetManager: Starting task 0.0 in stage 2.0 (TID 2) (127.0.0.1, executor 1, "
	"partition 0, NODE_LOCAL, 8992 bytes) ",
	"INFO TaskSchedulerImpl: Killing all running tasks in stage 5: Stage finished",
	"INFO DAGScheduler: failed: Set()",
	"INFO StandaloneSchedulerBackend: Executor app-1/0 removed: Command exited with code 0",
	"ERROR TaskSchedulerImpl: Lost executor 3 on h: Executor killed by driver.",
	"INFO DAGScheduler: Job 2 is finished. Cancelling potential speculative or zombie tasks "
	"for "
	"this job",
	"WARN ProcessingTimeExecutor: Current batch is falling behind. The trigger interval is "
	"2000 "
	"milliseconds, but spent 4059 milliseconds",
	"WARN TaskSetManager: Lost task 0.0 in stage 8.0 (TID 31) (h executor 1): TaskKilled "
	"(Stage "
	"cancelled)",
	"INFO TaskSetManager: task 2.0 in stage 6.0 (TID 7) failed because while it was being "
	"computed, its executor exited for a reason unrelated to the task. Not counting this "
	"failure towards the maximum number of failures for the task.",
	"INFO ExecutorRunner: Launch command: \"java\" \"-XX:OnOutOfMemoryError=kill -9 %p\" "
	"\"-Dx=java.lang.OutOfMemoryError\"",
	"INFO MicroBatchExecution: Streaming query made progress: {",
	"  \"numInputRows\" : 120,",
	"\tat org.apache.spark.scheduler.Task.run(Task.scala:141)",
	"batch 12 ok, 1200 records",
};

static void an_ordinary_hour_gives_no_mark(void **state)
{
	struct log_scan s = scan_new();
	int64_t offset = 0;

	(void)state;
	for (int second = 0; second < 3600; second++) {
		for (size_t i = 0; i < ARRAY_LEN(ordinary); i++) {
			char line[600];
			int n = snprintf(line, sizeof(line), "26/11/20 %02d:%02d:%02d %s\n", 9,
					 second / 60, second % 60, ordinary[i]);
			log_scan_feed(&s, line, (size_t)n, offset);
			offset += n;
		}
	}
	assert_int_equal(s.nmarks, 0);
	assert_int_equal(s.lines, 3600 * (int64_t)ARRAY_LEN(ordinary));
	log_scan_release(&s);
}

/* --- the matcher --- */

static void the_matcher_finds_what_memmem_finds(void **state)
{
	static const char *const sets[][4] = {
		{"abcd", "bcda", "abab", NULL},
		{"aaaa", "aaab", NULL},
		{"OutOfMemory", "of memory error", "Memory", NULL},
		{"dabcabcabca", "cabcabcabcab", NULL},
	};
	char text[256];
	uint32_t random = 1;

	(void)state;
	for (size_t round = 0; round < 20000; round++) {
		const char *const *set = sets[round % ARRAY_LEN(sets)];
		size_t n = 0, len = round % 200, best = SIZE_MAX;
		for (size_t i = 0; i < len; i++) {
			random = random * 1664525 + 1013904223;
			text[i] = "abcdabcOutOfMemory or"[(random >> 24) % (round % 3 ? 4 : 21)];
		}
		for (; set[n]; n++)
			if (best == SIZE_MAX && memmem(text, len, set[n], strlen(set[n])))
				best = n;
		struct matcher *m = matcher_new(set, n);
		assert_int_equal(matcher_rank(m, text, len), best == SIZE_MAX ? n : best);
		size_t at = matcher_find(m, text, len);
		assert_int_equal(at < len, best != SIZE_MAX);
		matcher_free(m);
	}
}

static void newlines_are_counted(void **state)
{
	char text[9000];

	(void)state;
	memset(text, '\n', sizeof(text));
	for (size_t len = 0; len < sizeof(text); len += len / 3 + 1)
		assert_int_equal(count_newlines(text, len), len);
	memset(text, 'x', sizeof(text));
	text[8999] = text[31] = '\n';
	assert_int_equal(count_newlines(text, sizeof(text)), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_failures_give_their_marks),
		cmocka_unit_test(pieces_make_no_difference),
		cmocka_unit_test(the_complete_line_decides),
		cmocka_unit_test(a_repetition_is_withdrawn),
		cmocka_unit_test(an_undated_mark_stays_where_it_was_seen),
		cmocka_unit_test(every_signature_marks_its_line),
		cmocka_unit_test(the_configuration_comes_first),
		cmocka_unit_test(exit_codes_speak),
		cmocka_unit_test(retry_noise_is_counted),
		cmocka_unit_test(good_news_needs_bad_news),
		cmocka_unit_test(only_the_newest_marks_are_kept),
		cmocka_unit_test(an_ordinary_hour_gives_no_mark),
		cmocka_unit_test(the_matcher_finds_what_memmem_finds),
		cmocka_unit_test(newlines_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The pure half of the spark source: executors that ran out of heap as recorded, answers cut at any
 * place, descriptions of micro-batches, memory settings. */
#include "source_harness.h"

#include "../../backend/source/spark_rows.h"

#define FIXTURE "tests/fixture/spark/"

static struct dataset *read_file(const char *name, enum spark_part part)
{
	/* when the recorded ones failed, or so */
	int64_t now = clock_utc_ms(2026, 11, 20, (20 * 60 + 47) * 60000LL);
	struct spark_body body = {
		.part = part, .job = "copy", .application_id = "app-1", .now = now};
	struct json_flags odd;
	struct err err = {0};
	char path[512], *bytes;
	struct dataset *d;

	snprintf(path, sizeof(path), FIXTURE "%s", name);
	bytes = file_read(path, &body.len);
	body.bytes = bytes;
	d = spark_read(&body, &odd, &err);
	if (!d)
		fail_msg("%s: %s", name, err.message);
	free(bytes);
	return d;
}

static struct dataset *read_text(enum spark_part part, const char *text, struct json_flags *odd,
				 struct err *err)
{
	struct spark_body body = {
		.part = part, .bytes = text, .len = strlen(text), .application_id = "a"};

	return spark_read(&body, odd, err);
}

/* Executors that died of heap, and the stage that failed for it. */
static void executors_lost_to_memory(void **state ATTR_UNUSED)
{
	static const char *const versions[] = {"3.5", "4.3"};

	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		static const char *const files[] = {"allexecutors.json", "stages-failed.json",
						    "jobs.json"};
		static const enum spark_part parts[] = {SPARK_EXECUTORS, SPARK_FAILED_STAGES,
							SPARK_JOBS};
		char name[200], *json;
		struct buf all;

		buf_init(&all, 1 << 20);
		for (size_t k = 0; k < ARRAY_LEN(files); k++) {
			struct dataset *d;

			snprintf(name, sizeof(name), "%s/executor-oom/%s", versions[i], files[k]);
			d = read_file(name, parts[k]);
			json = harness_json(d);
			buf_puts(&all, json);
			free(json);
			dataset_unref(d);
		}
		assert_non_null(strstr(all.data, "exited with code 52"));
		snprintf(name, sizeof(name), FIXTURE "%s/executor-oom/rows.jsonl", versions[i]);
		file_golden(name, all.data);
		buf_release(&all);
	}
}

static void every_beginning_is_refused(void **state ATTR_UNUSED)
{
	static const enum spark_part parts[] = {SPARK_EXECUTORS, SPARK_JOBS, SPARK_ENVIRONMENT,
						SPARK_METRICS, SPARK_APPLICATIONS};
	static const char *const files[] = {"allexecutors.json", "jobs.json", "environment.json",
					    "metrics.json", "applications.json"};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct spark_body body = {.part = parts[i], .job = "j", .application_id = "a"};
		char path[256], *bytes, *copy;
		size_t len;

		snprintf(path, sizeof(path), FIXTURE "3.5/driver-streaming/%s", files[i]);
		bytes = file_read(path, &len);
		while (len > 0 && (bytes[len - 1] == '\n' || bytes[len - 1] == ' '))
			len--;
		for (size_t n = 0; n < len; n += 1 + n / 97) {
			struct json_flags odd;
			struct err err = {0};

			copy = xstrndup(bytes, n);
			body.bytes = copy;
			body.len = n;
			assert_null(spark_read(&body, &odd, &err));
			assert_true(err.message[0] != '\0');
			free(copy);
		}
		free(bytes);
	}
}

static void other_shapes_are_refused(void **state ATTR_UNUSED)
{
	static const struct {
		enum spark_part part;
		const char *body, *problem;
	} table[] = {
		{SPARK_EXECUTORS, "{}", "no array where an array of executors belongs"},
		{SPARK_EXECUTORS, "{\"id\":\"1\"}", "no array where an array of executors belongs"},
		{SPARK_EXECUTORS, "null", "no array where"},
		{SPARK_EXECUTORS, "5", "no array where"},
		{SPARK_JOBS, "{\"jobId\":1}", "an array of Spark jobs belongs"},
		{SPARK_RUNNING, "{}", "an array of Spark jobs belongs"},
		{SPARK_ACTIVE_STAGES, "{}", "an array of stages belongs"},
		{SPARK_APPLICATIONS, "{\"id\":\"a\"}", "an array of applications belongs"},
		{SPARK_APPLICATIONS, "[{}]", "an application without `id`"},
		{SPARK_APPLICATIONS, "[]", "its context is starting"},
		{SPARK_ENVIRONMENT, "[]", "no setting of Spark among `sparkProperties`"},
		{SPARK_ENVIRONMENT, "{}", "no setting of Spark"},
		{SPARK_ENVIRONMENT, "{\"sparkProperties\":{}}", "no setting of Spark"},
		{SPARK_ENVIRONMENT, "{\"sparkProperties\":[[\"a\",\"b\"]]}", "no setting of Spark"},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct json_flags odd;
		struct err err = {0};

		assert_null(read_text(table[i].part, table[i].body, &odd, &err));
		if (!strstr(err.message, table[i].problem))
			fail_msg("%s: %s", table[i].body, err.message);
	}
}

/* Rows without their key are none. */
static void strays_are_left_out(void **state ATTR_UNUSED)
{
	static const struct {
		enum spark_part part;
		const struct schema *schema;
		const char *body;
		size_t rows, strays;
	} table[] = {
		{SPARK_EXECUTORS, &schema_executor,
		 "[{},5,{\"id\":\"1\"},null,{\"id\":7},{\"hostPort\":\"h:1\"}]", 1, 5},
		{SPARK_EXECUTORS, &schema_executor, "[]", 0, 0},
		{SPARK_ACTIVE_STAGES, &schema_stage,
		 "[{\"stageId\":3,\"attemptId\":0},{\"stageId\":4},{}]", 1, 2},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct json_flags odd;
		struct err err = {0};
		struct dataset *d = read_text(table[i].part, table[i].body, &odd, &err);

		assert_non_null(d);
		assert_int_equal(dataset_rows(d, table[i].schema)->n, table[i].rows);
		assert_int_equal(odd.strays, table[i].strays);
		dataset_unref(d);
	}
}

static void descriptions(void **state ATTR_UNUSED)
{
	static const struct {
		const char *raw, *query;
		int64_t batch;
	} cases[] = {
		{"health\nid = 1-2\nrunId = 3-4\nbatch = 38", "health", 38},
		{"id = 1-2\nrunId = 3-4\nbatch = 0", NULL, 0},
		{"a\nb\nid = 1\nrunId = 2\nbatch = 9", "a\\nb", 9},
		{"q<br/>id = 1<br/>runId = 2<br/>batch = 7", "q", 7},
		{"id = 1\nrunId = 2\nbatch = init", NULL, ABSENT},
		{"batch = 5", NULL, ABSENT},
		{"copy table 0", NULL, ABSENT},
		{"", NULL, ABSENT},
		{"n\nid = 1\nrunId = 2\nbatch = 99999999999999999999", "n", INT64_MAX},
	};
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct text *t = text_clean(&a, cases[i].raw, strlen(cases[i].raw)), *query;
		struct ident batch;

		spark_batch(&a, t, &batch, &query);
		if (batch.number != cases[i].batch)
			fail_msg("batch %lld of `%s`", (long long)batch.number, cases[i].raw);
		if (cases[i].query)
			assert_string_equal(text_str(query), cases[i].query);
		else
			assert_null(query);
	}
	spark_batch(&a, NULL, &(struct ident){0}, &(const struct text *){NULL});
	arena_release(&a);
}

static void memory_settings(void **state ATTR_UNUSED)
{
	static const struct {
		const char *s;
		int64_t bytes;
	} cases[] = {
		{"512m", INT64_C(512) << 20},
		{"4g", INT64_C(4) << 30},
		{"1024", INT64_C(1) << 30},
		{"2G", INT64_C(2) << 30},
		{"", ABSENT},
		{"m", ABSENT},
		{"lots", ABSENT},
		{"-1g", ABSENT},
		{"99999999999999", ABSENT},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t got = spark_memory(cases[i].s, strlen(cases[i].s));

		if (got != cases[i].bytes)
			fail_msg("`%s` is %lld", cases[i].s, (long long)got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(executors_lost_to_memory),
		cmocka_unit_test(every_beginning_is_refused),
		cmocka_unit_test(other_shapes_are_refused),
		cmocka_unit_test(strays_are_left_out),
		cmocka_unit_test(descriptions),
		cmocka_unit_test(memory_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

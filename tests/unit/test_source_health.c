/* The health source against a real server: what is asked when, what becomes of answers that are no
 * health contract, zones of naive times, and the row that comes out. */
#include "source_harness.h"

#include "../../backend/source/answer.h"
#include "../../backend/source/health_rows.h"
#include "../../include/log.h"

#define JSON "application/json"

static const char detailed[] =
	"{\"status\":\"healthy\",\"last_batch_id\":42,"
	"\"last_processed_at\":\"2026-11-20T20:29:45.123456\",\"errors_count\":2,"
	"\"errors_by_type\":{\"Timeout\":2},\"batches_processed\":100,\"records_processed\":15000,"
	"\"start_time\":\"2026-11-20T19:44:30.000000\",\"uptime_seconds\":2730,"
	"\"avg_batch_processing_time_sec\":27.3,\"records_per_second\":5.49,"
	"\"seconds_since_last_batch\":15,\"recommendations\":[\"All \\u001b[31mgood\"],"
	"\"version\":\"1.0\"}";

static const char dlq[] =
	"{\"dlq\":{\"total_entries\":3,\"error_types\":{\"ServerSelectionTimeoutError\":2,"
	"\"AnalysisException\":1},\"first_error\":{\"batch_id\":5,\"timestamp\":"
	"\"2026-11-20T18:30:00.000000\",\"error_type\":\"ServerSelectionTimeoutError\"},"
	"\"last_error\":{\"batch_id\":42,\"timestamp\":\"2026-11-20T20:20:00.5\",\"error_type\":"
	"\"AnalysisException\"},\"dlq_directory\":\"/srv/jobs/dlq\"},"
	"\"timestamp\":\"2026-11-20T20:30:00.004\"}";

static struct path_server *server;

static struct target *new_job(void)
{
	server = path_start();
	path_set_text(server, "/health", 200, JSON, detailed);
	path_set_text(server, "/health/detailed", 200, JSON, detailed);
	path_set_text(server, "/health/dlq", 200, JSON, dlq);
	path_set_text(server, "/health/ready", 503, JSON,
		      "{\"ready\":false,\"reason\":\"Job initializing or unhealthy\"}");
	path_set_text(server, "/health/live", 200, JSON, "{\"alive\":true}");
	return harness_new(&source_health, path_base(server));
}

static void free_job(struct target *t)
{
	assert_int_equal(path_not_get(server), 0);
	harness_free(t);
	path_stop(server);
}

static const struct health_row *row_of(const struct target *t)
{
	const struct health_row *row = dataset_one(t->rows, &schema_health);

	assert_non_null(row);
	return row;
}

static void all_five_make_one_row(void **state ATTR_UNUSED)
{
	struct target *t = new_job();
	char *json;

	harness_poll(t);
	assert_false(t->is_failed);
	json = harness_json(t->rows);
	file_golden("tests/fixture/health/row.jsonl", json);
	free(json);
	assert_int_equal(path_total(server), 5);
	assert_int_equal(path_connections(server), 1);
	assert_int_equal(t->code, 200);
	free_job(t);
}

/* One request an interval; the rest every 30 s or when the status changes. */
static void asks_little(void **state ATTR_UNUSED)
{
	static const char worse[] = "{\"status\":\"degraded\",\"last_batch_id\":43,"
				    "\"uptime_seconds\":2737}";
	struct target *t = new_job();

	harness_poll(t);
	harness_later(t, 2000);
	harness_poll(t);
	assert_int_equal(path_total(server), 6);
	assert_true(t->is_same);
	harness_later(t, 5000);
	path_set_text(server, "/health/detailed", 200, JSON, worse);
	path_set_text(server, "/health/ready", 200, JSON, "{\"ready\":true}");
	harness_poll(t);
	assert_int_equal(path_total(server), 11);
	assert_string_equal(text_str(row_of(t)->status), "degraded");
	assert_int_equal(row_of(t)->ready, TRI_TRUE);
	assert_null(row_of(t)->not_ready_reason);
	assert_int_equal(row_of(t)->asked_at, HARNESS_NOW + 7000);
	harness_later(t, 29000);
	harness_poll(t);
	assert_int_equal(path_total(server), 12);
	harness_later(t, 2000);
	harness_poll(t);
	assert_int_equal(path_total(server), 17);
	assert_false(t->is_same);
	/* The main answer is the same since: its row says since when. */
	assert_int_equal(row_of(t)->asked_at, HARNESS_NOW + 7000);
	assert_int_equal(row_of(t)->dlq_asked_at, HARNESS_NOW + 38000);
	assert_int_equal(path_connections(server), 1);
	free_job(t);
}

static void once_asks_all_each_time(void **state ATTR_UNUSED)
{
	struct target *t = new_job();

	t->cfg.is_once = true;
	harness_poll(t);
	harness_poll(t);
	assert_int_equal(path_total(server), 10);
	assert_int_equal(path_connections(server), 1);
	free_job(t);
}

static void falls_back_to_health(void **state ATTR_UNUSED)
{
	static const struct {
		int code;
		const char *type, *body;
	} others[] = {
		{404, "text/html", "<html>Not Found</html>"},
		{404, JSON, "{\"detail\":\"Not Found\"}"},
		{200, "text/html", "<html>Welcome</html>"},
		{200, JSON, "{\"hello\":1}"},
		{200, JSON, "{\"status\":"},
		{500, "text/plain", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct target *t = new_job();

		path_set_text(server, "/health/detailed", others[i].code, others[i].type,
			      others[i].body);
		harness_poll(t);
		assert_false(t->is_failed);
		assert_int_equal(row_of(t)->has_detailed, TRI_FALSE);
		assert_int_equal(row_of(t)->last_batch_id.number, 42);
		harness_later(t, 2000);
		harness_poll(t);
		/* Remembered for ten minutes. */
		assert_int_equal(path_asked(server, "/health/detailed"), 1);
		assert_int_equal(path_asked(server, "/health"), 2);
		path_set_text(server, "/health/detailed", 200, JSON, detailed);
		harness_later(t, 600 * 1000);
		harness_poll(t);
		assert_int_equal(row_of(t)->has_detailed, TRI_TRUE);
		free_job(t);
	}
}

/* Known by a field, not by its code: 503 with the contract's words is an answer. */
static void an_unhealthy_code_is_an_answer(void **state ATTR_UNUSED)
{
	struct target *t = new_job();

	path_set_text(server, "/health/detailed", 503, JSON,
		      "{\"status\":\"unhealthy\",\"last_batch_id\":null,\"errors_count\":7}");
	harness_poll(t);
	assert_false(t->is_failed);
	assert_int_equal(t->code, 503);
	assert_string_equal(text_str(row_of(t)->status), "unhealthy");
	assert_true(is_absent(row_of(t)->last_batch_id.number));
	free_job(t);
}

static void strangers_are_named(void **state ATTR_UNUSED)
{
	static const struct {
		int code;
		const char *type, *body, *want;
	} cases[] = {
		{200, "text/html; charset=utf-8", "<!DOCTYPE html>",
		 "answers, but not the health contract: got text/html; is this the right port?"},
		{404, "text/plain", "no", "answers 404 to /health"},
		{302, "text/plain", "", "a redirect"},
		{401, "text/plain", "", "credentials"},
		{200, JSON, "{\"a\":1}", "without `status`"},
		{200, JSON, "{\"status\":5,\"last_batch_id\":1}", "`status` (a text)"},
		{200, JSON, "[1,2", "half an answer"},
		{200, JSON, "[]", "no object"},
		{200, JSON, "", "an empty answer"},
		{500, "text/html", "<h1>", "an error of its own"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct target *t;

		server = path_start();
		path_set_other(server, cases[i].code, cases[i].type, cases[i].body);
		t = harness_new(&source_health, path_base(server));
		harness_poll(t);
		assert_true(t->is_failed);
		if (!strstr(t->problem, cases[i].want))
			fail_msg("`%s` instead of `%s`", t->problem, cases[i].want);
		/* It becomes a health endpoint later. */
		path_set_other(server, 200, JSON, detailed);
		harness_poll(t);
		assert_false(t->is_failed);
		free_job(t);
	}
}

/* What fails beside the main answer is unknown, and the poll still good. */
static void a_broken_side_endpoint_harms_nothing(void **state ATTR_UNUSED)
{
	struct target *t = new_job();

	path_set_text(server, "/health/ready", 0, JSON, "");
	harness_poll(t);
	assert_false(t->is_failed);
	assert_int_equal(row_of(t)->ready, TRI_ABSENT);
	assert_int_equal(row_of(t)->live, TRI_ABSENT); /* not asked after that */
	assert_int_equal(row_of(t)->dlq_total_entries, 3);
	assert_int_equal(row_of(t)->last_batch_id.number, 42);
	free_job(t);
}

static void a_silent_job_fails(void **state ATTR_UNUSED)
{
	struct target *t = new_job();

	harness_poll(t);
	path_set_text(server, "/health/detailed", 0, JSON, "");
	harness_poll(t);
	assert_true(t->is_failed);
	assert_true(t->problem[0] != '\0');
	free_job(t);
}

static void an_aborted_poll_is_told_later(void **state ATTR_UNUSED)
{
	struct target *t = new_job();

	harness_poll(t);
	t->ops->abort(t);
	harness_later(t, 2000);
	harness_poll(t);
	assert_false(t->is_same);
	free_job(t);
}

/* What was taken although it is odd stands in the log, once. */
static void odd_values_are_logged(void **state ATTR_UNUSED)
{
	static const char *const bodies[] = {
		"{\"status\":\"x\",\"errors_count\":\"many\",\"uptime_seconds\":NaN}",
		"{\"status\":\"x\",\"errors_count\":\"more\",\"uptime_seconds\":NaN,\"version\":"
		"\"1\"}",
		"{\"status\":\"x\",\"errors_count\":[],\"version\":1}",
		"{\"status\":\"x\",\"errors_count\":-3,\"batches_processed\":-1}",
	};
	static const unsigned want[] = {1, 1, 2, 2};
	struct target *t = new_job();
	const struct log_line *lines;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		unsigned found = 0;
		size_t n;

		path_set_text(server, "/health/detailed", 200, JSON, bodies[i]);
		harness_poll(t);
		assert_false(t->is_failed);
		n = log_tail(&a, 100, &lines);
		for (size_t k = 0; k < n; k++)
			found += strstr(lines[k].message, path_base(server)) &&
				 strstr(lines[k].message, "`errors_count` of another type");
		assert_int_equal(found, want[i]);
	}
	arena_release(&a);
	free_job(t);
}

static struct health_row read_in_zone(const char *body, const char *dlq_body, int64_t *zone)
{
	struct health_answer parts[PART_COUNT] = {0};
	struct health_row row;
	struct dataset *d;
	struct err err;

	assert_int_equal(health_read(body, strlen(body), HARNESS_NOW, &parts[PART_DETAILED], &err),
			 0);
	if (dlq_body)
		assert_int_equal(health_read(dlq_body, strlen(dlq_body), HARNESS_NOW,
					     &parts[PART_DLQ], &err),
				 0);
	*zone = health_zone(parts);
	d = health_merge(parts, *zone, 2 * 3600 * 1000, TRI_TRUE);
	row = *(const struct health_row *)dataset_one(d, &schema_health);
	dataset_unref(d);
	health_drop(&parts[PART_DETAILED]);
	health_drop(&parts[PART_DLQ]);
	return row;
}

/* Now is 20:30 UTC; the last batch ended 15 s ago in all of them. */
static void zones(void **state ATTR_UNUSED)
{
	static const struct {
		const char *body, *dlq;
		int64_t zone_min, last_before_ms; /* ABSENT: unknown; last batch so long ago */
		bool is_zoneless;
	} cases[] = {
		/* Kolkata, by start and uptime */
		{"{\"status\":\"x\",\"last_processed_at\":\"2026-11-21T01:59:45\","
		 "\"start_time\":\"2026-11-21T01:00:01\",\"uptime_seconds\":3600.4}",
		 NULL, 330, 15000, false},
		/* New York, by the last batch */
		{"{\"status\":\"x\",\"last_processed_at\":\"2026-11-20 15:29:45.5\","
		 "\"seconds_since_last_batch\":15}",
		 NULL, -300, 14500, false},
		/* frozen: uptime belongs to an hour ago, so no zone fits; the host's (+2 h) is
		 * taken */
		{"{\"status\":\"x\",\"last_processed_at\":\"2026-11-20T22:29:45\","
		 "\"start_time\":\"2026-11-20T21:00:00\",\"uptime_seconds\":1234}",
		 NULL, ABSENT, 15000, false},
		/* frozen for exactly an hour, but /health/dlq is stamped now */
		{"{\"status\":\"x\",\"last_processed_at\":\"2026-11-20T19:29:45\","
		 "\"start_time\":\"2026-11-20T19:00:00\",\"uptime_seconds\":1800}",
		 "{\"timestamp\":\"2026-11-20T20:30:00.1\"}", 0, 3615000, false},
		/* Los Angeles; only /health/dlq is stamped in UTC: the pairs agree and win */
		{"{\"status\":\"x\",\"last_processed_at\":\"2026-11-20T12:29:45\","
		 "\"seconds_since_last_batch\":15,"
		 "\"start_time\":\"2026-11-20T12:00:00\",\"uptime_seconds\":1800}",
		 "{\"timestamp\":\"2026-11-20T20:30:00.1\"}", -480, 15000, false},
		/* with zones nothing is to be found out */
		{"{\"status\":\"x\",\"last_processed_at\":\"2026-11-20T21:29:45+01:00\","
		 "\"start_time\":\"2026-11-20T20:00:00Z\",\"uptime_seconds\":1800}",
		 NULL, ABSENT, 15000, false},
		/* nothing but the time: the host's zone, and that is said */
		{"{\"status\":\"x\",\"last_processed_at\":\"2026-11-20T22:29:45\"}", NULL, ABSENT,
		 15000, true},
		{"{\"status\":\"x\",\"last_processed_at\":\"2026-11-20T22:29:45\","
		 "\"start_time\":\"2026-11-20T12:00:00\",\"uptime_seconds\":-5}",
		 NULL, ABSENT, 15000, true},
		{"{\"status\":\"x\",\"last_processed_at\":\"2026-11-20T20:29:45Z\"}", NULL, ABSENT,
		 15000, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t zone;
		struct health_row row = read_in_zone(cases[i].body, cases[i].dlq, &zone);

		if (is_absent(cases[i].zone_min))
			assert_true(is_absent(zone));
		else
			assert_int_equal(zone, cases[i].zone_min * 60000);
		assert_int_equal(row.last_processed_at, HARNESS_NOW - cases[i].last_before_ms);
		assert_int_equal(row.is_zoneless == TRI_TRUE, cases[i].is_zoneless);
	}
}

/* What is counted is not below 0. */
static void negative_numbers(void **state ATTR_UNUSED)
{
	static const char odd[] =
		"{\"status\":\"x\",\"errors_count\":-3,\"batches_processed\":-1,"
		"\"records_processed\":0,\"records_per_second\":-5,\"uptime_seconds\":-100,"
		"\"seconds_since_last_batch\":-1e9,\"errors_by_type\":{\"A\":-2,\"B\":3,\"C\":0}}";
	const struct log_line *lines;
	struct odd_said said = {0};
	struct health_answer a;
	struct arena tail;
	struct err err;

	assert_int_equal(health_read(odd, strlen(odd), HARNESS_NOW, &a, &err), 0);
	assert_true(is_absent(a.row->errors_count) && is_absent(a.row->batches_processed));
	assert_int_equal(a.row->records_processed, 0);
	assert_true(isnan(a.row->records_per_second) && isnan(a.row->uptime_seconds));
	assert_true(isnan(a.row->seconds_since_last_batch));
	assert_int_equal(a.row->errors_by_type.n, 2);
	assert_string_equal(text_str(a.row->errors_by_type.v[0].key), "B");
	assert_int_equal(a.row->errors_by_type.v[1].n, 0);
	answer_log_odd("negative_numbers", "/health", &schema_health, &a.flags, &said);
	health_drop(&a);
	arena_init(&tail);
	assert_int_equal(log_tail(&tail, 1, &lines), 1);
	assert_non_null(
		strstr(lines[0].message, "`errors_count` below 0, `errors_by_type` below 0"));
	arena_release(&tail);
}

/* Wrong types are absent, and every beginning of an answer is refused with a reason. */
static void hostile_bodies(void **state ATTR_UNUSED)
{
	static const char odd[] =
		"{\"status\":5,\"last_batch_id\":123456789012345678901234567890,"
		"\"errors_count\":\"many\",\"uptime_seconds\":NaN,\"errors_by_type\":[1],"
		"\"recommendations\":{\"a\":1},\"records_per_second\":-Infinity,"
		"\"start_time\":17,\"version\":\"\\ud800\\u0000\"}";
	struct health_answer a;
	struct err err;
	char copy[sizeof(detailed)];

	assert_int_equal(health_read(odd, strlen(odd), HARNESS_NOW, &a, &err), 0);
	assert_null(a.row->status);
	assert_string_equal(text_str(a.row->last_batch_id.text), "123456789012345678901234567890");
	assert_true(is_absent(a.row->errors_count));
	assert_true(isnan(a.row->uptime_seconds));
	assert_true(isnan(a.row->records_per_second));
	assert_true(is_absent(a.row->start_time));
	assert_int_equal(a.row->errors_by_type.n + a.row->recommendations.n, 0);
	assert_string_equal(text_str(a.row->version), "\xef\xbf\xbd\\x00");
	health_drop(&a);
	for (size_t n = 0; n < sizeof(detailed) - 1; n++) {
		memcpy(copy, detailed, n);
		copy[n] = '\0';
		memset(&err, 0, sizeof(err));
		assert_int_equal(health_read(copy, n, HARNESS_NOW, &a, &err), -ERR_FORMAT);
		assert_true(err.message[0] != '\0');
		assert_null(a.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_five_make_one_row),
		cmocka_unit_test(asks_little),
		cmocka_unit_test(once_asks_all_each_time),
		cmocka_unit_test(falls_back_to_health),
		cmocka_unit_test(an_unhealthy_code_is_an_answer),
		cmocka_unit_test(strangers_are_named),
		cmocka_unit_test(a_broken_side_endpoint_harms_nothing),
		cmocka_unit_test(a_silent_job_fails),
		cmocka_unit_test(an_aborted_poll_is_told_later),
		cmocka_unit_test(odd_values_are_logged),
		cmocka_unit_test(zones),
		cmocka_unit_test(negative_numbers),
		cmocka_unit_test(hostile_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

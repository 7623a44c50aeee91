/* Killing through Spark: the stand-in cluster in the manner of 3.5 and of 4.3, and servers that are
 * wrong. What counts is what was sent: its trace has a line for each request. */
#include "kill_spark_stage.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "fault_server.h"
#include "path_server.h"

/* --- what is known of it --- */

static size_t keep(void *bytes, size_t size, size_t n, void *data)
{
	buf_putn(data, bytes, size * n);
	return size * n;
}

static json_t *ask(const char *base, const char *path)
{
	char url[512];
	struct buf body;
	CURL *curl = curl_easy_init();
	json_t *answer;

	buf_init(&body, 4 << 20);
	snprintf(url, sizeof(url), "%s%s", base, path);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
	assert_int_equal(curl_easy_perform(curl), CURLE_OK);
	curl_easy_cleanup(curl);
	answer = json_loadb(body.data, body.len, 0, NULL);
	assert_non_null(answer);
	buf_release(&body);
	return answer;
}

static const char *text_of(json_t *array, const char *key)
{
	return json_string_value(json_object_get(json_array_get(array, 0), key));
}

static void learn(struct cluster *c)
{
	char path[160];
	json_t *answer = ask(c->ui, "/api/v1/applications");

	snprintf(c->application, sizeof(c->application), "%s", text_of(answer, "id"));
	json_decref(answer);
	snprintf(path, sizeof(path), "/api/v1/applications/%s/jobs?status=running", c->application);
	answer = ask(c->ui, path);
	c->job = json_integer_value(json_object_get(json_array_get(answer, 0), "jobId"));
	assert_true(c->job > 0);
	json_decref(answer);
}

/* --- the action --- */

static const char *const versions[] = {"3.5", "4.3"};

static void a_job_in_both_manners(void **state)
{
	char what[32];
	struct cluster c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		cluster_start(&c, versions[i]);
		learn(&c);
		snprintf(what, sizeof(what), "job %lld", (long long)c.job);
		stage_kill(&c, versions[i], what, c.ui);
		if (act_now() != ACTION_STATE_DONE)
			fail_msg("%s: %s", versions[i], stage.outcome);
		expect(text_str(plan.loses.v[0]), "at 62 %");
		assert_string_equal(text_str(plan.to_type), "migr");
		expect(stage.steps, i ? "with its page's token" : "ask: POST http://127.0.0.1");
		expect(stage.proof, "is FAILED 0.");
		assert_int_equal(traced(&c, " POST ", "/jobs/job/kill/ 302"), 1);
		assert_int_equal(traced(&c, "csrfToken", ""), 0); /* not where logs show it */
		assert_int_equal(changes(&c), 1);
		assert_int_equal(action_kill_spark.run(&stage), ACTION_STATE_DONE);
		expect(stage.outcome, "nothing to do: job ");
		expect(stage.outcome, " is FAILED; nothing was asked");
		assert_int_equal(changes(&c), 1);
		stage_end();
		cluster_stop(&c);
	}
}

static void a_stage_in_both_manners(void **state)
{
	char what[32];
	struct cluster c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		cluster_start(&c, versions[i]);
		learn(&c);
		snprintf(what, sizeof(what), "stage %lld", (long long)c.job);
		stage_kill(&c, versions[i], what, NULL);
		if (act_now() != ACTION_STATE_DONE)
			fail_msg("%s: %s", versions[i], stage.outcome);
		assert_int_equal(traced(&c, " POST ", "/stages/stage/kill/ 302"), 1);
		assert_int_equal(changes(&c), 1);
		stage_end();
		cluster_stop(&c);
	}
}

static void an_application_in_both_manners(void **state)
{
	char what[96];
	struct cluster c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		cluster_start(&c, versions[i]);
		learn(&c);
		snprintf(what, sizeof(what), "application %s", c.application);
		stage_kill(&c, versions[i], what, c.master);
		if (act_now() != ACTION_STATE_DONE)
			fail_msg("%s: %s", versions[i], stage.outcome);
		expect(stage.proof, "is KILLED");
		assert_int_equal(traced(&c, " POST ", "/app/kill/ 302"), 1);
		assert_int_equal(changes(&c), 1);
		stage_end();
		cluster_stop(&c);
	}
}

/* Cluster mode: the master runs the driver, and its application goes with it. */
static void a_driver_in_both_manners(void **state)
{
	char what[160], steps[300];
	struct cluster c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		json_t *said;

		cluster_start(&c, versions[i]);
		learn(&c);
		said = ask(c.master, "/json/");
		snprintf(what, sizeof(what), "driver %s",
			 text_of(json_object_get(said, "activedrivers"), "id"));
		json_decref(said);
		stage_kill(&c, versions[i], what, c.master);
		if (act_now() != ACTION_STATE_DONE)
			fail_msg("%s: %s", versions[i], stage.outcome);
		assert_string_equal(text_str(plan.title), "Kill this driver?");
		assert_string_equal(text_str(plan.loses.v[0]), "all its executors");
		snprintf(steps, sizeof(steps), "ask: POST %s/driver/kill/ id=%s", c.master,
			 what + strlen("driver "));
		expect(stage.steps, steps);
		expect(stage.proof, "is KILLED");
		assert_int_equal(traced(&c, " POST ", "/driver/kill/ 302"), 1);
		assert_int_equal(traced(&c, "csrfToken", ""), 0);
		assert_int_equal(changes(&c), 1);
		assert_int_equal(action_kill_spark.run(&stage), ACTION_STATE_DONE);
		expect(stage.outcome, " is KILLED; nothing was asked");
		said = ask(c.master, "/json/");
		assert_int_equal(json_array_size(json_object_get(said, "activeapps")), 0);
		assert_string_equal(text_of(json_object_get(said, "completedapps"), "state"),
				    "FINISHED");
		json_decref(said);
		stage_end();
		cluster_stop(&c);
	}
}

/* One that the master does not know, or that is another one's. */
static void a_driver_that_is_not_there(void **state)
{
	struct cluster c;

	(void)state;
	cluster_start(&c, "3.5");
	learn(&c);
	stage_kill(&c, "3.5", "driver driver-20200101000000-0000", c.master);
	assert_null(refused());
	assert_int_equal(action_kill_spark.run(&stage), ACTION_STATE_REFUSED);
	expect(stage.outcome, "does not know driver driver-20200101000000-0000");
	assert_int_equal(changes(&c), 0);
	stage_end();
	cluster_stop(&c);
}

/* The port was given to another application since. */
static void another_application_answers_there(void **state)
{
	struct cluster c;

	(void)state;
	cluster_start(&c, "3.5");
	learn(&c);
	snprintf(c.application, sizeof(c.application), "app-20200101000000-0000");
	stage_kill(&c, "3.5", "job 1", c.ui);
	assert_null(refused());
	assert_int_equal(action_kill_spark.run(&stage), ACTION_STATE_REFUSED);
	expect(stage.outcome, "is of another application now");
	assert_int_equal(changes(&c), 0);
	stage_end();
	cluster_stop(&c);
}

static void what_is_refused_before_anything_is_asked(void **state)
{
	struct cluster c = {.ui = "http://127.0.0.1:1", .master = "http://127.0.0.1:2", .job = 7};
	static const struct {
		const char *what, *where, *says;
	} cases[] = {
		{"job 7; rm", "http://127.0.0.1:1", "is not plain"},
		{"application ../../x", "http://127.0.0.1:2", "is not plain"},
		{"everything", NULL, "is not plain"},
		{NULL, NULL, "is not plain"},
		{"job 7", "http://127.0.0.1:11", "is not known here"},
		{"application app-1", "http://127.0.0.1:1", "the master is not known here"},
		{"driver driver-1", NULL, "clusters: - {name"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		stage_kill(&c, "3.5", cases[i].what, cases[i].where);
		expect(refused(), cases[i].says);
		stage_end();
	}
}

/* A silent UI has one place in its queue: it is not taken. */
static void a_silent_one_is_not_asked(void **state)
{
	struct cluster c = {.master = "http://127.0.0.1:2", .job = 7, .application = "app-1"};
	struct fault_server *server = fault_start();
	int port = fault_port(server, FAULT_DEAF, 0, NULL, 0);

	(void)state;
	snprintf(c.ui, sizeof(c.ui), "http://127.0.0.1:%d", port);
	stage_kill(&c, "3.5", "job 7", c.ui);
	sections[0]->state = SECTION_LATE;
	sections[0]->silent_probes = 4;
	sections[0]->silent_ms = 118000;
	expect(refused(), "does not answer for 118 s: Spark cannot be asked; K on its JVM");
	assert_int_equal(fault_clients(port), 0);
	stage_end();
	fault_stop(server);
}

/* --- servers that are not as recorded --- */

static struct path_server *tricky(struct cluster *c, const char *environment, const char *job)
{
	struct path_server *s = path_start();
	const char *const json = "application/json";

	memset(c, 0, sizeof(*c));
	snprintf(c->ui, sizeof(c->ui), "%s", path_base(s));
	snprintf(c->master, sizeof(c->master), "http://127.0.0.1:2");
	snprintf(c->application, sizeof(c->application), "app-1");
	c->job = 7;
	path_set_text(s, "/api/v1/applications", 200, json, "[{\"id\":\"app-1\"}]");
	path_set_text(s, "/api/v1/applications/app-1/environment", 200, json, environment);
	path_set_text(s, "/api/v1/applications/app-1/jobs/7", 200, json, job);
	path_set_text(s, "/jobs/", 200, "text/html", "<html>no form</html>");
	return s;
}

static void expect_outcome(const char *version, const char *environment, int code,
			   enum action_state want, const char *says, unsigned posts)
{
	struct cluster c;
	struct path_server *s = tricky(&c, environment, "{\"jobId\":7,\"status\":\"RUNNING\"}");

	path_set_text(s, "/jobs/job/kill/", code, "text/html", "");
	stage_kill(&c, version, "job 7", c.ui);
	assert_null(refused());
	assert_int_equal(action_kill_spark.run(&stage), want);
	expect(stage.outcome, says);
	assert_int_equal(path_not_get(s), posts);
	stage_end();
	path_stop(s);
}

static void what_an_answer_proves(void **state)
{
	static const char on[] = "{\"sparkProperties\":[[\"spark.app.name\",\"x\"]]}",
			  off[] = "{\"sparkProperties\":[[\"spark.ui.killEnabled\",\"false\"]]}";

	(void)state;
	expect_outcome("3.5", off, 302, ACTION_STATE_REFUSED, "spark.ui.killEnabled=false", 0);
	expect_outcome("3.5", on, 302, ACTION_STATE_FAILED, "not confirmed: job 7 still runs", 1);
	expect_outcome("4.3", on, 403, ACTION_STATE_FAILED, "wants the token", 1);
	expect_outcome("4.3", on, 405, ACTION_STATE_FAILED, "does not take it (405)", 1);
	expect_outcome("3.5", on, 500, ACTION_STATE_FAILED, "not confirmed", 1);
	expect_outcome("3.5", on, 0, ACTION_STATE_FAILED, "not confirmed", 1);
}

/* As 4.3 writes it, and pages that only look like it. */
static void the_token_of_a_page(void **state)
{
	static const char *const pages[][2] = {
		{"<input type=\"hidden\" name=\"id\" value=\"3\"/>\n  <input type=\"hidden\" "
		 "name=\"csrfToken\" value=\"da9e77de282486327d07f19bdc794727\"/>",
		 "da9e77de282486327d07f19bdc794727"},
		{"<html>nothing runs</html>", ""},
		{"<input name=\"csrfToken\" value=\"", ""},
		{"<input name=\"csrfToken\"/> <b value=\"0123\">", ""},
		{"<input name=\"csrfToken\" value=\"a&id=9\"/>", ""},
	};
	char token[SPARK_TOKEN_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		spark_token(pages[i][0], token);
		assert_string_equal(token, pages[i][1]);
	}
}

static void its_own_word_is_believed_not_the_answer(void **state)
{
	struct cluster c;
	struct path_server *s = tricky(&c, "{}", "{\"jobId\":7,\"status\":\"SUCCEEDED\"}");

	(void)state;
	stage_kill(&c, "3.5", "job 7", c.ui);
	assert_null(refused());
	assert_int_equal(action_kill_spark.run(&stage), ACTION_STATE_DONE);
	expect(stage.outcome, "nothing to do: job 7 is SUCCEEDED; nothing was asked");
	assert_int_equal(path_not_get(s), 0);
	stage.is_unwritable = true;
	path_set_text(s, "/api/v1/applications/app-1/jobs/7", 200, "application/json",
		      "{\"jobId\":7,\"status\":\"RUNNING\"}");
	assert_int_equal(action_kill_spark.run(&stage), ACTION_STATE_FAILED);
	expect(stage.outcome, "could not be written");
	assert_int_equal(path_not_get(s), 0);
	stage_end();
	path_stop(s);
}

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	stage_speed = 20;
	return curl_global_init(CURL_GLOBAL_ALL) != 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	curl_global_cleanup();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_in_both_manners),
		cmocka_unit_test(a_stage_in_both_manners),
		cmocka_unit_test(an_application_in_both_manners),
		cmocka_unit_test(a_driver_in_both_manners),
		cmocka_unit_test(a_driver_that_is_not_there),
		cmocka_unit_test(another_application_answers_there),
		cmocka_unit_test(what_is_refused_before_anything_is_asked),
		cmocka_unit_test(a_silent_one_is_not_asked),
		cmocka_unit_test(what_an_answer_proves),
		cmocka_unit_test(the_token_of_a_page),
		cmocka_unit_test(its_own_word_is_believed_not_the_answer),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

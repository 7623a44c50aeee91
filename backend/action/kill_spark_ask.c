/* action/kill_spark_ask.c - the requests: who is there, the one POST, and whether it worked.
 *
 * Spark 3.5 answers the POST with 302 whether or not it did anything, and would take a GET or a
 * HEAD as well; 4.x wants the token of the page's own form and answers 403 without. So the answer
 * proves nothing either way, the redirect is not followed, nothing is sent twice, and the proof is
 * what /api/v1 (or the master's /json/) says afterwards. Facts: JobsTab, StagesTab, MasterPage and
 * JettyUtils of Spark, as 3.5.9 and 4.3.0 were seen to answer. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/clock.h"
#include "../failpoint.h"
#include "../json.h"
#include "../net/call.h"
#include "kill_spark.h"

enum { CONNECT_MS = 2000, ANSWER_MS = 5000, PROVE_MS = 15000, EVERY_MS = 500 };

/* --- requests --- */

static bool get(struct act *a, const char *url, struct arena *arena, struct call_answer *out,
		struct err *err)
{
	const struct call call = {
		.method = "GET",
		.url = url,
		.connect_ms = CONNECT_MS,
		.total_ms = ANSWER_MS,
		.cancel_fd = -1,
	};

	if (call_http(&call, act_config(a), arena, out, err) < 0)
		return false;
	if (out->fate == CALL_ANSWERED && out->code == 200)
		return true;
	if (out->fate == CALL_ANSWERED)
		err_set(err, ERR_NET, "%.200s answered %ld", url, out->code);
	else
		err_set(err, ERR_NET, "%.200s: %s", url, out->problem);
	return false;
}

static bool rows_of(const struct schema *schema, const char *root, const struct call_answer *from,
		    struct arena *arena, struct json_rows *out)
{
	const struct json_body body = {from->body, from->len, root};
	struct err err;

	return json_rows(schema, &body, arena, out, &err) == 0 && out->has_root;
}

static const char *url_of(const struct spark_thing *t, struct arena *a, const char *path)
{
	return arena_printf(a, "%s%s", t->where, path);
}

/* --- is it still the one that was shown --- */

static int check_application(struct act *a, const struct spark_thing *t, struct arena *arena,
			     struct err *err)
{
	struct call_answer answer;
	struct json_rows apps;
	const struct app_row *app;

	if (!get(a, url_of(t, arena, "/api/v1/applications"), arena, &answer, err))
		return -ERR_NET;
	if (!rows_of(&schema_app, "", &answer, arena, &apps) || !apps.n)
		return err_set(err, ERR_NET, "%.300s does not say which application it is of",
			       t->where);
	app = apps.rows[0];
	if (text_is(app->application_id, t->application))
		return 0;
	return err_set(err, ERR_REFUSED, "%.200s is of another application now: %.60s, not %.60s",
		       t->where, app->application_id ? text_str(app->application_id) : "unnamed",
		       t->application);
}

struct setting {
	bool is_off;
};

static void take_setting(void *data, const char *key, size_t len, const struct json_value *v)
{
	static const char name[] = "spark.ui.killEnabled";
	struct setting *s = data;

	if (len == sizeof(name) - 1 && memcmp(key, name, len) == 0 && v->kind == JSON_IS_STRING)
		s->is_off = v->len == 5 && strncasecmp(v->text, "false", 5) == 0;
}

/* Where it is off, 3.5 answers as if it had done it. */
static int check_enabled(struct act *a, const struct spark_thing *t, struct arena *arena,
			 struct err *err)
{
	struct setting setting = {false};
	struct call_answer answer;
	struct json_body body;

	if (!get(a,
		 arena_printf(arena, "%s/api/v1/applications/%s/environment", t->where,
			      t->application),
		 arena, &answer, err))
		return -ERR_NET;
	body = (struct json_body){answer.body, answer.len, "sparkProperties"};
	if (json_each(&body, NULL, take_setting, &setting, err) == 0 && setting.is_off)
		return err_set(err, ERR_REFUSED,
			       "this application runs with spark.ui.killEnabled=false: its UI "
			       "kills nothing");
	return 0;
}

/* --- does it run --- */

enum running { RUNS, OVER, NOT_SAID };

static enum running of_job(const struct spark_thing *t, const struct call_answer *answer,
			   struct arena *arena, const char **state)
{
	struct json_rows rows;

	if (t->kind == SPARK_JOB && rows_of(&schema_spark_job, "", answer, arena, &rows) &&
	    rows.n) {
		const struct spark_job_row *job = rows.rows[0];
		*state = job->status ? text_str(job->status) : "";
		return text_is(job->status, "RUNNING") ? RUNS : job->status ? OVER : NOT_SAID;
	}
	if (t->kind != SPARK_STAGE || !rows_of(&schema_stage, "", answer, arena, &rows) || !rows.n)
		return NOT_SAID;
	for (size_t i = 0; i < rows.n; i++) {
		const struct stage_row *stage = rows.rows[i];
		*state = stage->status ? text_str(stage->status) : "";
		if (text_is(stage->status, "ACTIVE") || text_is(stage->status, "PENDING"))
			return RUNS;
	}
	return OVER;
}

static bool is_listed(const struct spark_thing *t, const char *root,
		      const struct call_answer *answer, struct arena *arena, const char **state)
{
	bool is_app = t->kind == SPARK_APPLICATION;
	struct json_rows rows;

	if (!rows_of(is_app ? &schema_cluster_app : &schema_cluster_driver, root, answer, arena,
		     &rows))
		return false;
	for (size_t i = 0; i < rows.n; i++) {
		const struct cluster_app_row *app = rows.rows[i];
		const struct cluster_driver_row *driver = rows.rows[i];
		const struct text *says = is_app ? app->state : driver->state;

		if (!text_is(is_app ? app->application_id : driver->driver_id, t->id))
			continue;
		*state = says ? text_str(says) : "";
		return true;
	}
	return false;
}

static enum running of_master(const struct spark_thing *t, const struct call_answer *answer,
			      struct arena *arena, const char **state)
{
	bool is_app = t->kind == SPARK_APPLICATION;

	if (is_listed(t, is_app ? "activeapps" : "activedrivers", answer, arena, state))
		return RUNS;
	if (is_listed(t, is_app ? "completedapps" : "completeddrivers", answer, arena, state))
		return OVER;
	return NOT_SAID;
}

static const char *state_url(const struct spark_thing *t, struct arena *a)
{
	if (t->kind == SPARK_APPLICATION || t->kind == SPARK_DRIVER)
		return url_of(t, a, "/json/");
	return arena_printf(a, "%s/api/v1/applications/%s/%s/%s", t->where, t->application,
			    t->kind == SPARK_JOB ? "jobs" : "stages", t->id);
}

/* Its own word for how it is, in *state; answer: why nothing is said. */
static enum running look(struct act *a, const struct spark_thing *t, struct arena *arena,
			 const char **state, struct call_answer *answer, struct err *err)
{
	*state = "";
	if (!get(a, state_url(t, arena), arena, answer, err))
		return NOT_SAID;
	if (spark_is_of_ui(t))
		return of_job(t, answer, arena, state);
	return of_master(t, answer, arena, state);
}

static int check_running(struct act *a, const struct spark_thing *t, struct arena *arena,
			 struct err *err)
{
	struct call_answer answer;
	const char *state;

	switch (look(a, t, arena, &state, &answer, err)) {
	case RUNS:
		return 0;
	case OVER:
		return err_set(err, ERR_MISSING, "nothing to do: %s is %.40s", t->says, state);
	default:
		return err->code ? -(int)err->code
				 : err_set(err, ERR_REFUSED, "%.300s does not know %s", t->where,
					   t->says);
	}
}

int spark_check(struct act *a, const struct spark_thing *t, struct err *err)
{
	bool is_ui = spark_is_of_ui(t);
	struct arena arena;
	int rc;

	arena_init(&arena);
	failpoint("spark.check");
	rc = is_ui ? check_application(a, t, &arena, err) : 0;
	if (rc == 0 && is_ui)
		rc = check_enabled(a, t, &arena, err);
	if (rc == 0)
		rc = check_running(a, t, &arena, err);
	arena_release(&arena);
	return rc;
}

/* --- the one request --- */

static const char *path_of(const struct spark_thing *t)
{
	static const char *const paths[] = {
		[SPARK_JOB] = "/jobs/job/kill/",
		[SPARK_STAGE] = "/stages/stage/kill/",
		[SPARK_APPLICATION] = "/app/kill/",
		[SPARK_DRIVER] = "/driver/kill/",
	};

	return paths[t->kind];
}

const char *spark_line(const struct spark_thing *t, struct arena *a)
{
	return arena_printf(a, "POST %s%s id=%s", t->where, path_of(t), t->id);
}

void spark_token(const char *page, char out[static SPARK_TOKEN_MAX])
{
	const char *field = strstr(page, "name=\"csrfToken\""), *value, *end;
	size_t len;

	out[0] = '\0';
	end = field ? strchr(field, '>') : NULL;
	value = field ? strstr(field, "value=\"") : NULL;
	if (!end || !value || value > end)
		return;
	value += strlen("value=\"");
	len = strspn(value, "0123456789abcdefABCDEFghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ-_");
	if (value[len] == '"' && len < SPARK_TOKEN_MAX) {
		memcpy(out, value, len);
		out[len] = '\0';
	}
}

/* 4.x has it in the form of whatever can be killed; 3.5 has none and wants none. */
static bool get_token(struct act *a, const struct spark_thing *t, struct arena *arena,
		      char out[static SPARK_TOKEN_MAX], struct err *err)
{
	struct call_answer answer;

	out[0] = '\0';
	if (t->has_no_token)
		return true;
	if (!get(a, url_of(t, arena, spark_is_of_ui(t) ? "/jobs/" : "/"), arena, &answer, err))
		return false;
	spark_token(answer.body, out);
	return true;
}

/* A token never goes where access logs show it. */
static int post(struct act *a, const struct spark_thing *t, const char *token, struct arena *arena,
		struct call_answer *out, struct err *err)
{
	const struct config_pair type = {"Content-Type", "application/x-www-form-urlencoded"};
	const char *id = arena_printf(arena, "id=%s%s", t->id,
				      t->kind == SPARK_JOB ? "" : "&terminate=true");
	const char *form = *token ? arena_printf(arena, "%s&csrfToken=%s", id, token) : id;
	const struct call call = {
		.method = "POST",
		.url = url_of(t, arena, path_of(t)),
		.nheaders = 1,
		.headers = &type,
		.body = form,
		.len = strlen(form),
		.connect_ms = CONNECT_MS,
		.total_ms = ANSWER_MS,
		.cancel_fd = -1,
	};

	return call_http(&call, act_config(a), arena, out, err);
}

/* --- the proof --- */

static enum action_state gone(struct act *a, const struct spark_thing *t, const char *how,
			      int64_t ms)
{
	act_proof(a, "%s is %s %.1f s after it was asked", t->says, how, (double)ms / 1000);
	act_outcome(a, "%s was killed through %s", t->says, t->where);
	return ACTION_STATE_DONE;
}

/* code: of the answer to the POST, which says little; 0: there was none. */
static enum action_state not_confirmed(struct act *a, const struct spark_thing *t,
				       enum running last, const struct call_answer *posted)
{
	const char *answered = posted->fate == CALL_ANSWERED ? "answered" : posted->problem;

	if (last == RUNS)
		act_outcome(a,
			    "not confirmed: %s still runs %d s after it was asked (%s %ld). Its "
			    "user may lack the right to modify it, or %s",
			    t->says, PROVE_MS / 1000, answered, posted->code,
			    spark_is_of_ui(t) ? "its tasks are not interrupted "
						"(spark.job.interruptOnCancel)"
					      : "its worker does not answer the master");
	else
		act_outcome(a, "in doubt: %s was asked (%s %ld), and %s says no more how it is",
			    t->says, answered, posted->code, t->where);
	return last == RUNS ? ACTION_STATE_FAILED : ACTION_STATE_IN_DOUBT;
}

/* Nothing listens there: the UI closes with its SparkContext. */
static bool is_closed(const struct call_answer *answer)
{
	return answer->fate == CALL_NOT_SENT && answer->problem &&
	       strncmp(answer->problem, "connection refused", 18) == 0;
}

static enum action_state prove(struct act *a, const struct spark_thing *t,
			       const struct call_answer *posted)
{
	bool is_ui = spark_is_of_ui(t);
	int64_t began = clock_mono(&clock_real), past;
	enum running last = NOT_SAID;

	do {
		struct call_answer answer = {.fate = CALL_ANSWERED};
		struct err err = {0};
		const char *state;
		char how[64];
		struct arena arena;

		arena_init(&arena);
		last = look(a, t, &arena, &state, &answer, &err);
		snprintf(how, sizeof(how), "%s", state);
		arena_release(&arena);
		past = clock_mono(&clock_real) - began;
		if (last == OVER)
			return gone(a, t, how, past);
		if (is_ui && is_closed(&answer))
			return gone(a, t, "gone with its application (its UI is closed)", past);
		act_says(a, "asked; %s %s", t->says, last == RUNS ? "still runs" : "is silent");
	} while (past < failpoint_ms(PROVE_MS) && act_sleep(a, EVERY_MS));
	return not_confirmed(a, t, last, posted);
}

/* What the answer says for certain: that nothing was done. RUNS: it does not. */
static enum action_state judge(struct act *a, const struct spark_thing *t, bool has_token,
			       const struct call_answer *posted)
{
	if (posted->fate == CALL_NOT_SENT)
		act_outcome(a, "%s: %s", t->where, posted->problem);
	else if (posted->fate == CALL_ANSWERED && posted->code == 403)
		act_outcome(a, "%s forbids it (403): %s", t->where,
			    has_token ? "the user has no right to modify the application"
				      : "it wants the token of its page's kill form, and the page "
					"has none (spark.ui.killEnabled, or the user may not "
					"modify it)");
	else if (posted->fate == CALL_ANSWERED && posted->code >= 400 && posted->code < 500)
		act_outcome(a, "%s does not take it (%ld)", t->where, posted->code);
	else
		return ACTION_STATE_RUNS;
	return ACTION_STATE_FAILED;
}

static enum action_state ask(struct act *a, const struct spark_thing *t, struct arena *arena)
{
	struct call_answer posted;
	char token[SPARK_TOKEN_MAX];
	enum action_state state;
	struct err err = {0};

	if (!get_token(a, t, arena, token, &err)) {
		act_outcome(a, "%s; nothing was asked", err.message);
		return ACTION_STATE_FAILED;
	}
	failpoint("spark.ask");
	if (act_step(a, "ask", "%s%s", spark_line(t, arena),
		     *token ? ", with its page's token" : "") < 0) {
		act_outcome(a, "stopped: the step could not be written to the audit");
		return ACTION_STATE_FAILED;
	}
	if (post(a, t, token, arena, &posted, &err) < 0) {
		act_outcome(a, "%s", err.message);
		return ACTION_STATE_FAILED;
	}
	failpoint("spark.asked");
	state = judge(a, t, *token, &posted);
	return state == ACTION_STATE_RUNS ? prove(a, t, &posted) : state;
}

enum action_state spark_kill(struct act *a, const struct spark_thing *t)
{
	enum action_state state;
	struct arena arena;

	arena_init(&arena);
	state = ask(a, t, &arena);
	arena_release(&arena);
	return state;
}

/* What restarts, resumes and replays a job is kept as it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "../../include/config.h"

static const char text[] =
	"jobs:\n"
	"  - name: a\n"
	"    ui: http://h:1\n"
	"    restart: {command: [/srv/start, --resume], cwd: /srv, env: {A: \"1\", B: x},\n"
	"              detach: true, output: /srv/out.log, wait: 7s}\n"
	"    ready: {url: \"http://h:8000/docs\", status: 204}\n"
	"    resume: {http: {url: \"http://h:8000/m\", body: '{\"t\": \"{t}\"}', answer: "
	"later},\n"
	"             values: {t: {ask: \"from\", default: \"{failed}\"}, u: {default: "
	"\"no\"}}}\n"
	"    facts: {failed: {log: 'table (\\S+)'}}\n"
	"    replay: {command: [/srv/replay, \"{batch_id}\"], unit: [\"{context.ts}\", "
	"\"{job}\"],\n"
	"             probe: {url: \"http://h:1/r/{key}\", missing: 410, first: true}, "
	"rate: 2/s}\n"
	"  - {name: b, ui: \"http://h:2\"}\n";

static const struct config *hooks(void)
{
	const struct config *c;
	struct buf report;

	buf_init(&report, 1 << 16);
	if (config_parse("f", text, strlen(text), &c, &report))
		fail_msg("%s", report.data);
	buf_release(&report);
	return c;
}

static void how_it_is_started(void **state)
{
	const struct config *c = hooks();
	const struct config_job *j = c->jobs;

	(void)state;
	assert_true(hook_is_set(&j->restart));
	assert_string_equal(j->restart.command.argv[1], "--resume");
	assert_null(j->restart.command.argv[2]);
	assert_string_equal(j->restart.command.cwd, "/srv");
	assert_int_equal(j->restart.command.nenv, 2);
	assert_string_equal(j->restart.command.env[1].name, "B");
	assert_string_equal(j->restart.command.env[1].value, "x");
	assert_int_equal(j->restart.command.timeout_ms, 300000);
	assert_true(j->restart.command.is_detached);
	assert_string_equal(j->restart.command.output, "/srv/out.log");
	assert_int_equal(j->restart.wait_ms, 7000);
	assert_int_equal(j->restart.wait_after_oom_ms, 10000);
	assert_false(hook_is_set(&j[1].restart));
	config_unref(c);
}

static void how_it_goes_on(void **state)
{
	const struct config *c = hooks();
	const struct config_job *j = c->jobs;

	(void)state;
	assert_int_equal(j->ready.status, 204);
	assert_string_equal(j->ready.url, "http://h:8000/docs");
	assert_string_equal(j->resume.http.method, "POST");
	assert_string_equal(j->resume.http.body, "{\"t\": \"{t}\"}");
	assert_int_equal(j->resume.http.timeout_ms, 30000);
	assert_true(j->resume.http.answers_later);
	assert_int_equal(j->resume.nvalues, 2);
	assert_string_equal(j->resume.values[0].name, "t");
	assert_string_equal(j->resume.values[0].ask, "from");
	assert_string_equal(j->resume.values[1].fallback, "no");
	assert_null(j->resume.values[1].ask);
	assert_int_equal(j->nfacts, 1);
	assert_string_equal(j->facts[0].name, "failed");
	assert_string_equal(j->facts[0].log, "table (\\S+)");
	assert_string_equal(j->replay.command.argv[1], "{batch_id}");
	assert_string_equal(j->replay.unit[1], "{job}");
	assert_null(j->replay.unit[2]);
	assert_string_equal(j->replay.probe.http.url, "http://h:1/r/{key}");
	assert_int_equal(j->replay.probe.done, 200);
	assert_int_equal(j->replay.probe.missing, 410);
	assert_true(j->replay.probe.is_first);
	assert_true(j->replay.per_s == 2.0);
	assert_int_equal(j->replay.settle_ms, 10000);
	assert_null(j[1].replay.command.argv);
	config_unref(c);
}

static void rates_are_read(void **state ATTR_UNUSED)
{
	static const struct {
		const char *s;
		double per_s; /* NaN: none */
	} rates[] = {
		{"30/min", 0.5},
		{"2/s", 2},
		{"1.5/hour", 1.5 / 3600},
		{"0.002/h", 0.002 / 3600},
		{"30", NAN},
		{"0/s", NAN},
		{"-1/s", NAN},
		{"1/fortnight", NAN},
		{"0.000000000000000001/h", NAN},
	};

	for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
		double v = 0;

		assert_int_equal(config_rate(rates[i].s, strlen(rates[i].s), &v),
				 !isnan(rates[i].per_s));
		if (!isnan(rates[i].per_s))
			assert_float_equal(v, rates[i].per_s, 1e-9);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_it_is_started),
		cmocka_unit_test(how_it_goes_on),
		cmocka_unit_test(rates_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

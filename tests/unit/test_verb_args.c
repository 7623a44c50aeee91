/* What is written behind a verb becomes a request, or a sentence that says what would be right. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../../include/clock.h"
#include "../../tui/options.h"
#include "../../tui/verb_args.h"

enum { WORDS_MAX = 32 };

/* Splits at blanks; an underscore stands for a blank inside a word. */
static int parse(struct options *o, const char *line, struct err *err)
{
	static char text[1000];
	char *argv[WORDS_MAX] = {(char *)(uintptr_t) "sparkops"}, *save = NULL;
	int argc = 1, rc;

	snprintf(text, sizeof(text), "%s", line);
	for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		argv[argc++] = w;
		for (; *w; w++)
			*w = *w == '_' ? ' ' : *w;
	}
	*err = (struct err){0};
	rc = options_parse(o, argc, argv, err);
	return rc;
}

static void refuses(const char *line, const char *part)
{
	struct options o;
	struct err err;

	if (parse(&o, line, &err) != -ERR_USAGE)
		fail_msg("%s: accepted", line);
	if (!strstr(err.message, part))
		fail_msg("%s: \"%s\", not \"%s\"", line, err.message, part);
	options_release(&o);
}

static void test_kill(void **state)
{
	struct options o;
	struct err err;

	(void)state;
	assert_int_equal(parse(&o,
			       "--interval 1s kill --pid 18423@99 --if stale,unknown --yes "
			       "--force-after=30s",
			       &err),
			 0);
	assert_int_equal(o.mode, MODE_VERB);
	assert_int_equal(o.verb.request.action, ACTION_KILL);
	assert_int_equal(o.verb.request.step, ACTION_PLAN);
	assert_string_equal(o.verb.request.only_if, "stale,unknown");
	assert_int_equal(o.verb.request.force_after_ms, 30000);
	assert_true(o.verb.request.is_yes && !o.verb.is_patient && o.args.verb);
	assert_null(o.args.only);
	assert_int_equal(o.args.interval_ms, 1000);
	options_release(&o);
	assert_int_equal(parse(&o, "kill --job a --dry-run --timeout 2m --json", &err), 0);
	assert_string_equal(o.args.only, "a");
	assert_true(is_absent(o.verb.request.force_after_ms));
	assert_true(o.verb.is_patient && o.json && o.verb.dry_run);
	options_release(&o);

	refuses("kill", "kill needs to know whom");
	refuses("kill --pid 5 --yes", "needs the START");
	for (size_t i = 0; i < 6; i++) {
		static const char *const wrong[] = {"0",   "-5",    "5@",
						    "5@0", "5@6@7", "99999999999999999999"};
		char line[100];

		snprintf(line, sizeof(line), "kill --pid %s", wrong[i]);
		refuses(line, "is wrong; it would be PID@START");
	}
	refuses("kill --job a --if hnug", "did you mean \"hung\"?");
	refuses("kill --job a --if hung,", "is no verdict");
	refuses("kill --job a --force-after 1ms", "out of limits; it would be 1s to 1h");
	refuses("kill --job a b", "unknown word \"b\"");
	refuses("kill --job a --rate 5/min", "--rate does not go with kill");
	refuses("kill --job a --once", "--once does not go with kill");
	refuses("--yes", "--yes belongs to kill, replay, restart, recover, mark and hold");
	refuses("--pid 5@6", "--pid belongs to kill: sparkops kill ... --pid");
}

static void test_kill_in_spark(void **state)
{
	struct options o;
	struct err err;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		static const char *const things[][2] = {
			{"--driver driver-2026-0001 --yes", "driver driver-2026-0001"},
			{"--application app-1", "application app-1"},
			{"--job a --spark-job 12", "job 12"},
			{"--stage 0 --job a", "stage 0"},
		};
		char line[100];

		snprintf(line, sizeof(line), "kill %s", things[i][0]);
		assert_int_equal(parse(&o, line, &err), 0);
		assert_int_equal(o.verb.request.action, ACTION_KILL_SPARK);
		assert_string_equal(o.verb.request.spark, things[i][1]);
		assert_null(o.verb.request.where);
		assert_int_equal(o.verb.request.job != NULL, i > 1);
		options_release(&o);
	}
	refuses("kill --driver d --application a", "--application and --driver at once");
	refuses("kill --driver d --job a", "--job and --driver at once");
	refuses("kill --pid 5@6 --stage 3", "--pid and --stage at once");
	refuses("kill --stage 3", "--stage 3 needs --job, to know whose");
	refuses("kill --job a --stage three", "\"three\" is wrong; it would be a number");
	refuses("kill --driver ../d", "\"../d\" is wrong; it would be an id");
	refuses("kill --driver d --force-after 5s", "--force-after is for a JVM");
	refuses("replay --job a --driver d", "--driver does not go with replay");
	refuses("kill --pid 5@6 --job a", "--pid and --job at once");
}

static void test_replay(void **state)
{
	struct options o;
	struct err err;
	const struct action_request *r = &o.verb.request;

	(void)state;
	assert_int_equal(parse(&o,
			       "replay --job a --hash 0123abcd --hash 89abcdef01 --limit 5 "
			       "--max-attempts 2 --rate 30/min --since 2026-11-20T14:03:00Z "
			       "--until 2026-11-20T14:04:00+00:00",
			       &err),
			 0);
	assert_int_equal(r->nhashes, 2);
	assert_string_equal(r->hashes[1], "89abcdef01");
	assert_int_equal(r->limit, 5);
	assert_true(is_absent(o.args.limit));
	assert_int_equal(r->max_attempts, 2);
	assert_true(fabs(r->per_s - 0.5) < 1e-9);
	assert_int_equal(r->until_ms - r->since_ms, 60000);
	options_release(&o);
	assert_int_equal(parse(&o, "replay --job a --group 9007199254740991", &err), 0);
	assert_true(r->group == 9007199254740991u && !r->is_all && isnan(r->per_s));
	assert_true(is_absent(r->limit) && is_absent(r->max_attempts) && is_absent(r->since_ms));
	options_release(&o);
	assert_int_equal(parse(&o, "replay --job a --all", &err), 0);
	assert_true(r->is_all);
	options_release(&o);

	/* as it is written: --hash H..., up to the next option */
	assert_int_equal(parse(&o,
			       "replay --hash 0123abcd 89abcdef01 --job a --hash=22222222 33333333",
			       &err),
			 0);
	assert_int_equal(r->nhashes, 4);
	assert_string_equal(r->hashes[1], "89abcdef01");
	assert_string_equal(r->hashes[3], "33333333");
	assert_string_equal(r->job, "a");
	options_release(&o);
	assert_int_equal(parse(&o, "restart --job a --set x=1 y=2", &err), 0);
	assert_int_equal(r->nvalues, 2);
	assert_string_equal(r->values[1].name, "y");
	options_release(&o);

	refuses("replay --all", "replay needs --job");
	refuses("replay --job a --hash 0123abcd rest", "--hash: \"rest\" is no hash");
	refuses("replay --job a --type T U", "unknown word \"U\"");
	refuses("replay --job a", "needs to know which entries");
	refuses("replay --job a --all --type T", "one of --hash, --type, --group and --all");
	refuses("replay --job a --hash 0123abc", "too short");
	refuses("replay --job a --hash 0123ABCD", "is no hash");
	refuses("replay --job a --group x", "is no group");
	refuses("replay --job a --group 0", "is no group");
	refuses("replay --job a --all --since yesterday", "is no time");
	refuses("replay --job a --all --since 1h --until 2h", "not before --until");
	refuses("replay --job a --all --rate 0/min", "--rate: \"0/min\" is wrong");
	refuses("replay --job a --all --rate fast", "it would be a rate like 30/min");
	refuses("replay --job a --all --limit 0", "leave it out for all");
	refuses("replay --job a --all --max-attempts 0", "it would be 1 to 1000");
}

static void test_others(void **state)
{
	struct options o;
	struct err err;
	const struct action_request *r = &o.verb.request;

	(void)state;
	assert_int_equal(parse(&o, "restart --job a --set from=x=y --set n=", &err), 0);
	assert_int_equal(r->nvalues, 2);
	assert_string_equal(r->values[0].name, "from");
	assert_string_equal(r->values[0].value, "x=y");
	assert_string_equal(r->values[1].value, "");
	options_release(&o);
	assert_int_equal(parse(&o, "mark --job a --type T --as given-up --reason not_needed", &err),
			 0);
	assert_string_equal(r->as, "given-up");
	assert_string_equal(r->reason, "not needed");
	options_release(&o);
	assert_int_equal(parse(&o, "hold --job a --for 4h --reason vacuum", &err), 0);
	assert_int_equal(r->for_ms, 4 * 3600000);
	options_release(&o);
	assert_int_equal(parse(&o, "hold --job a --off --reason x", &err), 0);
	assert_true(r->is_off && is_absent(r->for_ms));
	options_release(&o);
	assert_int_equal(parse(&o, "audit verify --limit 3", &err), 0);
	assert_int_equal(o.verb.limit, 3);
	options_release(&o);
	assert_int_equal(parse(&o, "recover --help", &err), 0);
	assert_int_equal(o.mode, MODE_HELP);
	options_release(&o);

	refuses("restart", "restart needs --job");
	refuses("restart --job a --set x", "it would be KEY=VALUE");
	refuses("restart --job a --set =x", "it would be KEY=VALUE");
	refuses("restart --job a --set A=x", "it would be KEY=VALUE");
	refuses("mark --job a --type T --reason x", "mark needs --as");
	refuses("mark --job a --type T --as done", "mark needs --reason");
	refuses("mark --job a --type T --as gone --reason x",
		"it would be done, given-up or pending");
	refuses("mark --job a --as done --reason x", "which entries");
	refuses("mark --job a --all --as done --reason x", "--all does not go with mark");
	refuses("hold --job a", "hold needs --reason");
	refuses("hold --job a --for 4h --off --reason x", "--for and --off at once");
	refuses("audit look", "audit takes verify or list");
	refuses("audit list verify", "audit takes verify or list");
	refuses("audit --yes", "--yes does not go with audit");
	refuses("archive", "not built yet");
}

static void test_time(void **state)
{
	enum { NOW = 1000000000 };
	enum time_zone_kind kind;
	int64_t naive;

	(void)state;
	assert_int_equal(verb_time("2h", NOW), NOW - 2 * 3600000);
	assert_int_equal(verb_time("1970-01-01T00:00:01Z", NOW), 1000);
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	naive = clock_parse("2026-07-01 14:03", 16, &kind);
	assert_int_equal(verb_time("2026-07-01 14:03", NOW), naive - 2 * 3600000);
	assert_int_equal(verb_time("2026-12-01 14:03", NOW), naive + 153 * 86400000LL - 3600000);
	/* the hour after summer time ended, and the day alone */
	assert_int_equal(verb_time("2026-10-25 03:30", NOW),
			 clock_parse("2026-10-25T02:30:00Z", 20, &kind));
	assert_int_equal(verb_time("2026-07-01", NOW),
			 clock_parse("2026-06-30T22:00:00Z", 20, &kind));
	assert_true(is_absent(verb_time("", NOW)));
	assert_true(is_absent(verb_time("14:03", NOW)));
	assert_true(is_absent(verb_time("2026-13-01", NOW)));
	unsetenv("TZ");
	tzset();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill),   cmocka_unit_test(test_kill_in_spark),
		cmocka_unit_test(test_replay), cmocka_unit_test(test_others),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

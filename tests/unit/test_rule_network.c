/* test_rule_network.c - many targets fall silent at once: one line, and verdicts that stay unknown
 * from the first unanswered probe until they answer or are alone in it. */
#include "rule_stage.h"

static void one_line_when_the_network_is_silent(void **state)
{
	static const char *const names[] = {"alpha", "beta", "gamma", "delta"};
	struct stage s;

	(void)state;
	stage_init(&s, 4);
	for (size_t i = 0; i < 4; i++)
		healthy(&s, names[i]);
	look(&s);
	/* one of four: that job */
	s.at += 12 * S;
	fail_probe(&s, SOURCE_HEALTH, "alpha", "http://10.0.0.5:5001", 3, 8 * S);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNREACHABLE);
	assert_null(s.out.banner);
	/* two of four, within two intervals: the network? */
	fail_probe(&s, SOURCE_HEALTH, "beta", "http://10.0.0.6:5001", 3, 9 * S);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNKNOWN);
	assert_int_equal(job(&s, "beta")->verdict, VERDICT_UNKNOWN);
	assert_int_equal(job(&s, "gamma")->verdict, VERDICT_HEALTHY);
	assert_string_equal(s.out.banner,
			    "2 of 4 targets fell silent at once: this box or its network?");
	/* alpha is left when beta answers again: it is asked twice more before it counts */
	healthy(&s, "beta");
	look(&s);
	assert_null(s.out.banner);
	assert_int_equal(job(&s, "beta")->verdict, VERDICT_HEALTHY);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNKNOWN);
	s.at += 4 * S;
	fail_probe(&s, SOURCE_HEALTH, "alpha", "http://10.0.0.5:5001", 4, 12 * S);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNKNOWN);
	s.at += 4 * S;
	fail_probe(&s, SOURCE_HEALTH, "alpha", "http://10.0.0.5:5001", 5, 16 * S);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNREACHABLE);
	/* a second one that falls silent a minute later: two jobs */
	s.at += MIN;
	healthy(&s, "beta");
	s.at += 12 * S;
	fail_probe(&s, SOURCE_HEALTH, "beta", "http://10.0.0.6:5001", 3, 8 * S);
	look(&s);
	assert_int_equal(job(&s, "beta")->verdict, VERDICT_UNREACHABLE);
	assert_null(s.out.banner);
	/* refused is an answer of the host */
	healthy(&s, "alpha");
	s.at += 12 * S;
	healthy(&s, "beta");
	fail_probe(&s, SOURCE_HEALTH, "alpha", "http://10.0.0.5:5001", 3, 8 * S);
	fail_probe(&s, SOURCE_HEALTH, "beta", "http://10.0.0.6:5001", 0, 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNREACHABLE);
	assert_null(s.out.banner);
	stage_release(&s);
}

static void put_ui(struct stage *s, const char *name)
{
	struct section *one = section(s, SOURCE_SPARK, name, "http://127.0.0.1:4040");

	one->data = dataset_new();
	put(s, one);
}

/* Health endpoints time out after 4 s, UIs after 5 s and not all at once: the line and `unknown`
 * come with the first unanswered probes, before anything follows from the silence. */
static void the_line_comes_before_verdicts(void **state)
{
	static const char *const names[] = {"alpha", "beta", "gamma", "delta"};
	struct stage s;

	(void)state;
	stage_init(&s, 4);
	for (size_t i = 0; i < 4; i++) {
		healthy(&s, names[i]);
		put_ui(&s, names[i]);
		s.at += 500;
	}
	look(&s);
	/* a folder is no target on the network */
	put(&s, section(&s, SOURCE_DLQ, "alpha", "/var/dlq/alpha"));
	put(&s, section(&s, SOURCE_DLQ, "beta", "/var/dlq/beta"));
	s.at = NOW + 6 * S;
	for (size_t i = 0; i < 3; i++)
		fail_probe(&s, SOURCE_HEALTH, names[i], "http://127.0.0.1:5001", 1, 0);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_HEALTHY);
	s.at = NOW + 11 * S;
	for (size_t i = 0; i < 3; i++)
		fail_probe(&s, SOURCE_SPARK, names[i], "http://127.0.0.1:4040", 1, 0);
	look(&s);
	assert_string_equal(s.out.banner,
			    "6 of 8 targets fell silent at once: this box or its network?");
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(job(&s, names[i])->verdict, VERDICT_UNKNOWN);
		assert_true(says(job(&s, names[i]), "no answer to 1 probe"));
		/* health endpoint, who else, UI: each once */
		assert_int_equal(job(&s, names[i])->evidence.n, 3);
	}
	assert_int_equal(job(&s, "delta")->verdict, VERDICT_HEALTHY);
	/* they come back one by one: what is left of a job is no contradiction yet */
	s.at += 10 * S;
	for (size_t i = 0; i < 3; i++) {
		fail_probe(&s, SOURCE_HEALTH, names[i], "http://127.0.0.1:5001", 3, 15 * S);
		fail_probe(&s, SOURCE_SPARK, names[i], "http://127.0.0.1:4040", 3, 10 * S);
	}
	look(&s);
	healthy(&s, "alpha");
	put_ui(&s, "beta");
	s.at += S;
	look(&s);
	assert_null(s.out.banner == NULL ? NULL : strstr(s.out.banner, "6 of 8"));
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_HEALTHY);
	assert_true(says(job(&s, "alpha"), "no answer to 3 probes in 10s from its driver's UI"));
	assert_int_equal(job(&s, "beta")->verdict, VERDICT_UNKNOWN);
	assert_int_equal(job(&s, "gamma")->verdict, VERDICT_UNKNOWN);
	for (size_t i = 0; i < 3; i++) {
		s.at += S;
		healthy(&s, names[i]);
		put_ui(&s, names[i]);
		look(&s);
		assert_int_equal(job(&s, names[i])->verdict, VERDICT_HEALTHY);
	}
	assert_null(s.out.banner);
	stage_release(&s);
}

static void all_of_one_host(void **state)
{
	static const char *const names[] = {"alpha", "beta", "gamma", "delta", "eps", "zeta"};
	struct stage s;

	(void)state;
	stage_init(&s, 6);
	for (size_t i = 0; i < 6; i++)
		healthy(&s, names[i]);
	look(&s);
	s.at += 12 * S;
	fail_probe(&s, SOURCE_HEALTH, "alpha", "http://[fe80::1]:5001", 3, 8 * S);
	fail_probe(&s, SOURCE_HEALTH, "beta", "http://[fe80::1]:5002", 3, 9 * S);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNKNOWN);
	assert_string_equal(s.out.banner,
			    "all 2 targets on [fe80::1] fell silent at once: this box "
			    "or its network?");
	assert_true(says(job(&s, "beta"), "all 2 targets on [fe80::1]"));
	stage_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_when_the_network_is_silent),
		cmocka_unit_test(the_line_comes_before_verdicts),
		cmocka_unit_test(all_of_one_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

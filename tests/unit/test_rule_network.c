/* test_rule_network.c - many targets fall silent at once: one line, and verdicts that stay unknown
 * from the first unanswered probe until they answer or are alone in it. */
#include "jvm_stage.h"

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

static const char *const four[] = {"alpha", "beta", "gamma", "delta"};
static const char *const uis[] = {"http://127.0.0.1:4040", "http://127.0.0.1:4041",
				  "http://127.0.0.1:4042", "http://127.0.0.1:4043"};
static struct jvm_port listens[3][2];

/* The drivers of alpha, beta and gamma, which do nothing that is seen. */
static struct jvm_row *three_drivers(struct stage *s)
{
	static const char *const ids[] = {"18423@1", "18424@1", "18425@1"};
	struct jvm_row *rows = jvm_rows(s, 3);

	for (size_t i = 0; i < 3; i++) {
		jvm_plain(&rows[i], ids[i], 18423 + (int64_t)i, JVM_DRIVER);
		jvm_listens(&rows[i], listens[i], 4040 + (int64_t)i, 40417 + (int64_t)i);
		rows[i].cpu_pct = 0;
		rows[i].cpu_idle_since = rows[i].gc_moved_at = NOW;
	}
	return rows;
}

static void all_answer(struct stage *s)
{
	for (size_t i = 0; i < 4; i++) {
		healthy(s, four[i]);
		put_ui(s, four[i]);
	}
}

/* Four jobs, three of which have their driver here, and all of them fall silent. */
static struct jvm_row *nobody_answers(struct stage *s, int64_t probes)
{
	s->at += 8 * S * probes;
	for (size_t i = 0; i < 4; i++) {
		fail_probe(s, SOURCE_HEALTH, four[i], "http://127.0.0.1:5001", probes,
			   8 * S * (probes - 1));
		fail_probe(s, SOURCE_SPARK, four[i], uis[i], probes, 8 * S * (probes - 1));
	}
	return three_drivers(s);
}

static void begin_four(struct stage *s)
{
	stage_init(s, 4);
	for (size_t i = 0; i < 4; i++)
		s->jobs[i].ui = uis[i];
	three_drivers(s);
	all_answer(s);
	look(s);
}

/* That the process is there says nothing of the job: it is neither well nor hung while all are
 * silent, from the line on and for as long as it stands. */
static void a_process_is_no_news_in_an_outage(void **state)
{
	struct stage s;

	(void)state;
	begin_four(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_HEALTHY);
	for (int64_t probes = 1; probes < 12; probes++) {
		s.at = NOW;
		nobody_answers(&s, probes);
		look(&s);
		assert_non_null(s.out.banner);
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(job(&s, four[i])->verdict, VERDICT_UNKNOWN);
		assert_int_not_equal(jvm(&s, 18423)->verdict, JVM_IS_HUNG);
	}
	assert_true(says(job(&s, "alpha"), "8 of 8 targets fell silent at once"));
	assert_true(says(job(&s, "alpha"), "java 18423: "));
	/* they answer again but for one, which is asked twice more: that one hangs */
	all_answer(&s);
	fail_probe(&s, SOURCE_HEALTH, "alpha", "http://127.0.0.1:5001", 12, 88 * S);
	fail_probe(&s, SOURCE_SPARK, "alpha", uis[0], 12, 88 * S);
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNKNOWN);
	s.at += 8 * S;
	all_answer(&s);
	three_drivers(&s);
	fail_probe(&s, SOURCE_HEALTH, "alpha", "http://127.0.0.1:5001", 15, 112 * S);
	fail_probe(&s, SOURCE_SPARK, "alpha", uis[0], 15, 112 * S);
	look(&s);
	assert_int_equal(jvm(&s, 18423)->verdict, JVM_IS_HUNG);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_HUNG);
	assert_int_equal(job(&s, "beta")->verdict, VERDICT_HEALTHY);
	stage_release(&s);
}

/* A UI that answered last before the others fell silent is no witness: its probe is under way. */
static void an_answer_of_before_is_no_witness(void **state)
{
	struct stage s;

	(void)state;
	begin_four(&s);
	s.at += 8 * S;
	for (size_t i = 0; i < 4; i++)
		fail_probe(&s, SOURCE_HEALTH, four[i], "http://127.0.0.1:5001", 1, 0);
	for (size_t i = 1; i < 4; i++)
		fail_probe(&s, SOURCE_SPARK, four[i], uis[i], 1, 0);
	look(&s);
	assert_string_equal(s.out.banner,
			    "7 of 8 targets fell silent at once: this box or its network?");
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNKNOWN);
	s.at += S;
	put_ui(&s, "alpha");
	look(&s);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_HEALTHY);
	stage_release(&s);
}

/* What the kernel says of a process needs no answer of it. */
static void a_process_speaks_for_itself_in_an_outage(void **state)
{
	struct jvm_row *rows;
	struct stage s;

	(void)state;
	begin_four(&s);
	rows = nobody_answers(&s, 2);
	rows[0].state = 'T';
	rows[0].state_since = NOW;
	rows[1].state = 'Z';
	rows[1].threads = 1;
	rows[1].exit_code = 52;
	rows[2].gc_pct = 97;
	rows[2].full_gc_per_min = 40;
	look(&s);
	assert_non_null(s.out.banner);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_HUNG);
	assert_int_equal(job(&s, "beta")->verdict, VERDICT_CRASHED);
	assert_int_equal(job(&s, "gamma")->verdict, VERDICT_DEGRADED);
	assert_int_equal(job(&s, "delta")->verdict, VERDICT_UNKNOWN);
	/* and so does its absence: it had nothing to do and is not expected to run */
	jvm_rows(&s, 0);
	look(&s);
	assert_int_equal(job(&s, "gamma")->verdict, VERDICT_ENDED);
	stage_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_when_the_network_is_silent),
		cmocka_unit_test(the_line_comes_before_verdicts),
		cmocka_unit_test(all_of_one_host),
		cmocka_unit_test(a_process_is_no_news_in_an_outage),
		cmocka_unit_test(an_answer_of_before_is_no_witness),
		cmocka_unit_test(a_process_speaks_for_itself_in_an_outage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
